//! What a sample says of a table: directions that may prune, and how many pairs each number of them
//! would leave.

use lookalike_types::VectorTable;

use crate::basis::{Basis, MIX};
use crate::product::{Matrix, add_products};
use crate::seed::Random;

/// Rows whose pairs are counted.
const ROWS: usize = 1024;
/// Numbers of a sample, at most: 64 MiB, and this share of the memory that the join may take.
const VALUES: usize = 16 << 20;
const MEMORY_SHARE: u64 = 16;
/// Coordinates a sketch may end after.
const ENDS: [usize; 9] = [16, 32, 48, 64, 96, 128, 192, 256, 384];
/// Rows of at most so many values may stand for themselves: longer ones are bounded better, and
/// cheaper, by their projections.
pub(crate) const WHOLE: usize = 1024;

/// One way to bound cosines, and how often it fails to rule a pair out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pass {
    /// Coordinates.
    pub(crate) end: usize,
    /// The share of the sample's pairs that may still reach the floor.
    pub(crate) share: f64,
}

/// The sample's answers.
pub(crate) struct Survey {
    /// The directions, where there are rows enough for any.
    pub(crate) basis: Option<Basis>,
    /// Rows that the seed picked.
    pub(crate) sample: Vec<u32>,
    /// For each number of directions, ascending.
    pub(crate) passes: Vec<Pass>,
    /// For the rows themselves, quantised; `None` where they are too long.
    pub(crate) whole: Option<Pass>,
    /// The share of the sample's pairs at or above the floor.
    pub(crate) near: f64,
}

impl Survey {
    pub(crate) fn of(table: &dyn VectorTable, floor: f32, (seed, memory): (u64, u64)) -> Self {
        let d = table.dimension();
        let values = (memory / MEMORY_SHARE) as usize / size_of::<f32>();
        let values = values.min(VALUES);
        let ends: Vec<usize> = ENDS.into_iter().filter(|end| 2 * end <= d).collect();
        let widest = ends.last().copied().unwrap_or(0);
        let basis = Basis::fit(table, widest, (seed, values));
        let sample = Random::new(seed ^ 1).pick(table.len(), ROWS.min(values / d.max(1)).max(2));
        let rows: Vec<f32> = sample
            .iter()
            .flat_map(|row| table.row(*row as usize).iter().copied())
            .collect();
        let mut passes = Vec::new();
        if let Some(basis) = &basis {
            let coordinates = Coordinates::new(basis, &rows, d);
            let ends = ends.into_iter().filter(|end| *end <= basis.width());
            passes.extend(coordinates.passes(ends, floor));
        }
        let cosines = Matrix::new(d, rows).gram();
        let largest = if d <= WHOLE {
            largest(table, &sample)
        } else {
            0.0
        };
        let whole = (d <= WHOLE).then(|| Pass {
            end: d,
            share: share(&cosines, floor - 2.0 * error(largest, d)),
        });
        Self {
            basis,
            sample,
            passes,
            whole,
            near: share(&cosines, floor),
        }
    }
}

fn largest(table: &dyn VectorTable, sample: &[u32]) -> f32 {
    let rows = sample.iter().flat_map(|row| table.row(*row as usize));
    rows.fold(0.0, |most, v| most.max(v.abs()))
}

/// About how far quantising moves a tuple of so many values of this size.
fn error(largest: f32, values: usize) -> f32 {
    largest / 127.0 * (values as f32 / 12.0).sqrt()
}

/// The share of the pairs of different rows whose product reaches `level`.
fn share(products: &Matrix, level: f32) -> f64 {
    let n = products.rows();
    if n < 2 {
        return 0.0;
    }
    let at = |(i, p): (usize, &f32)| *p >= level && i / n < i % n;
    let reached = products
        .values()
        .iter()
        .enumerate()
        .filter(|(i, p)| at((*i, p)))
        .count();
    reached as f64 / (n as f64 * (n as f64 - 1.0) / 2.0)
}

/// The sample along the directions.
struct Coordinates {
    width: usize,
    values: Vec<f32>,
    largest: f32,
}

impl Coordinates {
    fn new(basis: &Basis, rows: &[f32], d: usize) -> Self {
        let mut exact = Vec::new();
        basis.project(rows, &mut exact);
        debug_assert_eq!(rows.len() / d * basis.width(), exact.len());
        let values: Vec<f32> = exact.iter().map(|c| *c as f32).collect();
        // What is left of a row sets the scale too: half of it at the most.
        let largest = values.iter().fold(0.5f32, |most, c| most.max(c.abs()));
        Self {
            width: basis.width(),
            values,
            largest,
        }
    }

    fn passes(&self, ends: impl Iterator<Item = usize>, floor: f32) -> Vec<Pass> {
        let n = self.values.len() / self.width;
        let mut told = vec![0.0f32; n * n];
        let mut start = 0;
        ends.map(|end| {
            let side = (self.values.as_slice(), self.width);
            add_products(side, side, start..end, &mut told, n);
            start = end;
            let rests: Vec<f32> = (0..n)
                .map(|row| (1.0 - told[row * n + row]).max(0.0).sqrt())
                .collect();
            let bound = |i: usize| told[i] + rests[i / n] * rests[i % n];
            let bounds = Matrix::new(n.max(1), (0..n * n).map(bound).collect());
            let level = floor - 2.0 * error(self.largest, end + 4);
            Pass {
                end,
                share: share(&bounds, level),
            }
        })
        .collect()
    }
}

const _: () = assert!(ENDS[0] == MIX, "levels end where directions are mixed");
