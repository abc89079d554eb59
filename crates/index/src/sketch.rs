//! Small stand-ins for vectors, whose products bound the cosines of the vectors from above.
//!
//! The coordinates of a row along a [`Basis`] are quantised to bytes, level by level: a level holds
//! some more coordinates, and the length r of what none of the coordinates so far tells. By
//! `basis.rs` the product of two such tuples [Vx, r] is at least the cosine of the rows. Rounding
//! moves each tuple by a distance e, which is stored, so with s for the scale
//!
//! ```text
//! x·y  <=  s² q(x)·q(y) + w(x) + w(y),    w = |tuple| (e + e²/2)
//! ```
//!
//! (Cauchy and Schwarz for each of the three terms with an e; e(x) e(y) is at most the mean of the
//! squares). A pair is looked at only where this reaches the floor on every level, and no pair at or
//! above the floor is lost. Without a basis there is one level that holds the row itself.

use std::sync::Mutex;

use lookalike_types::VectorTable;

use crate::basis::Basis;
use crate::error::IndexError;
use crate::kernel::{Level, Record};
use crate::pool;
use crate::score::{dot, fault, slack};
use crate::shape::levels_of;

/// Rows that are sketched together.
const BATCH: usize = 256;
/// r is spread over the four values of one word, r/2 in each: so it sets no larger scale than the
/// coordinates do, and costs one word.
const SHARES: f64 = 4.0;
/// A bound of the length of a tuple: rows may be longer than 1 by the tolerance of the door.
const LENGTH: f64 = 1.001;
/// Rows that the scale is taken from.
const SCALED: usize = 2048;

/// Turns rows into sketches of one shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Sketcher {
    pub(crate) dimension: usize,
    /// Rows of the table that it was fitted to.
    pub(crate) fitted: usize,
    pub(crate) basis: Option<Basis>,
    /// Coordinates up to the end of each level, ascending.
    pub(crate) ends: Vec<usize>,
    /// The levels as the kernels take them.
    pub(crate) levels: Vec<Level>,
    pub(crate) scale: f64,
}

impl Sketcher {
    /// Sketches of levels that end after so many coordinates along `basis`, each a multiple of
    /// four and at most the width of the basis; of the rows themselves where there is no basis.
    /// The scale fits the rows that `sample` names.
    pub(crate) fn new(
        table: &dyn VectorTable,
        basis: Option<Basis>,
        ends: &[usize],
        sample: &[u32],
    ) -> Self {
        let dimension = table.dimension();
        let mut sketcher = Self {
            dimension,
            ends: ends.to_vec(),
            levels: levels_of(ends, basis.is_some()),
            fitted: table.len(),
            basis,
            scale: 1.0,
        };
        let mut largest = f64::MIN_POSITIVE;
        let mut scratch = Scratch::default();
        for rows in sample[..sample.len().min(SCALED)].chunks(BATCH) {
            sketcher.coordinates(table, rows.iter().map(|row| *row as usize), &mut scratch);
            for (coordinates, square) in sketcher.tuples(&scratch) {
                let sizes = coordinates.iter().map(|c| c.abs());
                largest = sizes.fold(largest, f64::max);
                for end in sketcher.ends.iter().filter(|_| sketcher.basis.is_some()) {
                    largest =
                        largest.max(sketcher.rest(&coordinates[..*end], square) / SHARES.sqrt());
                }
            }
        }
        sketcher.scale = largest / 127.0;
        sketcher
    }

    /// The levels as the kernels take them.
    pub(crate) fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Values that stay in the sum: the coordinates, each level filled up to whole words.
    pub(crate) fn values(&self) -> usize {
        self.levels.iter().map(|level| 4 * level.values).sum()
    }

    /// Whether it can sketch the rows of a table.
    pub fn fits(&self, table: &dyn VectorTable) -> bool {
        self.dimension == table.dimension()
    }

    /// Number of rows of the table that it was fitted to.
    pub fn fitted(&self) -> usize {
        self.fitted
    }

    /// Bytes of a sketch: its words, then a weight for each level.
    pub fn stride(&self) -> usize {
        let words: usize = self.levels.iter().map(Level::words).sum();
        4 * (words + self.ends.len())
    }

    /// What product and weights of a pair must reach on every level for a cosine of `floor`.
    pub(crate) fn threshold(&self, floor: f32) -> i32 {
        let error = self.basis.as_ref().map_or(0.0, Basis::error);
        let margin = f64::from(slack(self.dimension)) + 2.0 * error + error * error;
        let wanted = (f64::from(floor) - margin) / (self.scale * self.scale);
        // Within range: |floor| is at most 1 and the scale at least that of a unit vector.
        wanted.floor() as i32 - 1
    }

    /// The bound below which the product of two last levels rules a pair out, whatever their
    /// weights: the floor less the most that quantising may hide of it.
    pub(crate) fn least_bound(&self, floor: f32) -> f64 {
        let values = self.values() + 4;
        let e = self.scale * (values as f64 / 12.0).sqrt();
        f64::from(floor) - 2.0 * (e + e * e / 2.0)
    }

    /// The bound that a product with its weights stands for.
    pub(crate) fn bound(&self, product: i32) -> f64 {
        f64::from(product) * self.scale * self.scale
    }

    /// The sketches of these rows of `table`, one after the other. Checks each row on the way.
    ///
    /// # Errors
    /// For the first row that is no unit vector.
    pub fn sketch(
        &self,
        table: &dyn VectorTable,
        rows: std::ops::Range<usize>,
        threads: usize,
        progress: &dyn Fn(f64),
    ) -> Result<Vec<u8>, IndexError> {
        let stride = self.stride();
        let mut records = vec![0u8; rows.len() * stride];
        let batches: Vec<_> = records.chunks_mut(BATCH * stride).map(Mutex::new).collect();
        let workers = pool::run(
            threads,
            batches.len(),
            || (Scratch::default(), None),
            |(scratch, bad): &mut (Scratch, Option<IndexError>), batch| {
                let mut records = batches[batch].lock().unwrap_or_else(|e| e.into_inner());
                let first = rows.start + batch * BATCH;
                let range = first..first + records.len() / stride;
                let found = self.batch(table, range, scratch, &mut records);
                *bad = earlier(bad.take(), found.err());
            },
            progress,
        );
        drop(batches);
        let bad = workers.into_iter().map(|(_, bad)| bad).fold(None, earlier);
        bad.map_or(Ok(records), Err)
    }

    fn batch(
        &self,
        table: &dyn VectorTable,
        rows: std::ops::Range<usize>,
        scratch: &mut Scratch,
        records: &mut [u8],
    ) -> Result<(), IndexError> {
        for row in rows.clone() {
            if let Some(fault) = fault(table.row(row), self.dimension) {
                return Err(IndexError::Row { row, fault });
            }
        }
        self.coordinates(table, rows, scratch);
        let stride = self.stride();
        for ((coordinates, square), record) in
            self.tuples(scratch).zip(records.chunks_exact_mut(stride))
        {
            self.quantise(coordinates, square, record);
        }
        Ok(())
    }

    /// The coordinates and the squared lengths of these rows.
    fn coordinates(
        &self,
        table: &dyn VectorTable,
        rows: impl Iterator<Item = usize>,
        scratch: &mut Scratch,
    ) {
        scratch.rows.clear();
        scratch.squares.clear();
        for row in rows {
            let row = table.row(row);
            scratch.rows.extend_from_slice(row);
            scratch.squares.push(f64::from(dot(row, row)));
        }
        match &self.basis {
            Some(basis) => basis.project(&scratch.rows, &mut scratch.coordinates),
            None => {
                scratch.coordinates.clear();
                scratch
                    .coordinates
                    .extend(scratch.rows.iter().map(|v| f64::from(*v)));
            }
        }
    }

    fn tuples<'a>(&self, scratch: &'a Scratch) -> impl Iterator<Item = (&'a [f64], f64)> {
        let width = self.basis.as_ref().map_or(self.dimension, Basis::width);
        let coordinates = scratch.coordinates.chunks_exact(width);
        coordinates.zip(scratch.squares.iter().copied())
    }

    /// The length of what these coordinates do not tell of a row, never less than the true one.
    fn rest(&self, coordinates: &[f64], square: f64) -> f64 {
        let told: f64 = coordinates.iter().map(|c| c * c).sum();
        let error = self.basis.as_ref().map_or(0.0, Basis::error);
        let slack = 2.0 * error + f64::from(slack(self.dimension));
        (square - told + slack).max(0.0).sqrt()
    }

    fn quantise(&self, coordinates: &[f64], square: f64, record: &mut [u8]) {
        let inverse = 1.0 / self.scale;
        let weights = record.len() - 4 * self.ends.len();
        let (values, weights) = record.split_at_mut(weights);
        let (mut start, mut place, mut moved) = (0, 0, 0.0);
        for (end, weight) in self.ends.iter().zip(weights.as_chunks_mut::<4>().0) {
            for c in &coordinates[start..*end] {
                let (q, off) = round(*c, inverse, self.scale);
                values[place] = q.cast_unsigned();
                place += 1;
                moved += off * off;
            }
            place = place.next_multiple_of(4);
            let mut own = 0.0;
            if self.basis.is_some() {
                let rest = self.rest(&coordinates[..*end], square) / SHARES.sqrt();
                let (q, off) = round(rest, inverse, self.scale);
                values[place..place + 4].fill(q.cast_unsigned());
                place += 4;
                own = SHARES * off * off;
            }
            let e = (moved + own).sqrt();
            let bound = LENGTH * (e + e * e / 2.0) * inverse * inverse;
            *weight = (bound.ceil() as i32 + 1).to_le_bytes();
            start = *end;
        }
    }
}

/// The nearest multiple of the scale in -127..=127, and how far it is.
fn round(value: f64, inverse: f64, scale: f64) -> (i8, f64) {
    let q = (value * inverse).round_ties_even().clamp(-127.0, 127.0);
    (q as i8, value - q * scale)
}

fn earlier(a: Option<IndexError>, b: Option<IndexError>) -> Option<IndexError> {
    let row = |error: &IndexError| match error {
        IndexError::Row { row, .. } => *row,
        _ => 0,
    };
    a.into_iter().chain(b).min_by_key(row)
}

#[derive(Default)]
struct Scratch {
    rows: Vec<f32>,
    squares: Vec<f64>,
    coordinates: Vec<f64>,
}

/// Bytes of sketches by row number, wherever they lie.
pub trait Records: Sync {
    /// The sketch of a row.
    fn record(&self, row: usize) -> &[u8];
}

/// Sketches that lie one after the other in memory.
pub(crate) struct InMemory<'a> {
    pub(crate) stride: usize,
    pub(crate) bytes: &'a [u8],
}

impl Records for InMemory<'_> {
    fn record(&self, row: usize) -> &[u8] {
        &self.bytes[row * self.stride..(row + 1) * self.stride]
    }
}

/// The sketches of a table, by row number.
#[derive(Clone, Copy)]
pub struct Sketches<'a> {
    /// What made them.
    pub sketcher: &'a Sketcher,
    /// One for each row of the table.
    pub records: &'a dyn Records,
}

impl<'a> Sketches<'a> {
    /// Appends what the last level tests: the values that stay in the sum, and its own.
    pub(crate) fn last(&self, row: u32, values: &mut Vec<i8>) {
        let mut words = self.record(row).words;
        for (i, level) in self.sketcher.levels.iter().enumerate() {
            let (own, rest) = words.split_at(level.words());
            let is_last = i + 1 == self.sketcher.levels.len();
            let kept = if is_last { own } else { &own[..level.values] };
            values.extend(kept.as_flattened().iter().map(|v| v.cast_signed()));
            words = rest;
        }
    }

    /// Appends the values of a row that stay in the sum.
    pub(crate) fn values(&self, row: u32, values: &mut Vec<f32>) {
        let mut words = self.record(row).words;
        for level in &self.sketcher.levels {
            let (own, rest) = words.split_at(level.words());
            let kept = own[..level.values].as_flattened().iter();
            values.extend(kept.map(|v| f32::from(v.cast_signed())));
            words = rest;
        }
    }

    /// The sketch of a row as a kernel takes it.
    pub(crate) fn record(self, row: u32) -> Record<'a> {
        let record = self.records.record(row as usize);
        let weights = record.len() - 4 * self.sketcher.ends.len();
        let (words, weights) = record.split_at(weights);
        Record {
            words: words.as_chunks().0,
            weights: weights.as_chunks().0,
        }
    }
}

/// The product of two lists of bytes.
pub(crate) fn product(a: &[i8], b: &[i8]) -> i32 {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the machine has the feature.
        return unsafe { product_avx2(a, b) };
    }
    sum_of_products(a, b)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn product_avx2(a: &[i8], b: &[i8]) -> i32 {
    sum_of_products(a, b)
}

#[inline(always)]
fn sum_of_products(a: &[i8], b: &[i8]) -> i32 {
    let pairs = a.iter().zip(b);
    pairs.map(|(x, y)| i32::from(*x) * i32::from(*y)).sum()
}
