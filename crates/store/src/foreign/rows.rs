//! Rows of numbers of any kind as f32 unit vectors.
//!
//! Lengths are measured and divided in f64 and rounded once. A row's result depends on that row
//! alone, so neither blocks nor threads change it.

use std::thread;

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::fault::{BadRow, BadRows};

/// How far the square of a row's length may be from 1 for the row to be taken as it is: what
/// `lookalike_index::join` takes for a unit vector (0.001), less what its sum in f32 may be off.
const UNIT_TOLERANCE: f64 = 0.95e-3;

/// What the numbers of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    F16,
    F32,
    F64,
}

impl Kind {
    /// Bytes of one number.
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// How rows lie in their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) kind: Kind,
    /// The most significant byte comes first.
    pub(crate) big_endian: bool,
    /// Numbers of a row; not 0.
    pub(crate) dimension: usize,
}

impl Layout {
    /// Bytes of one row.
    pub(crate) const fn row_bytes(&self) -> usize {
        self.kind.width() * self.dimension
    }

    /// Rows that take about so many bytes; one at least.
    pub(crate) fn rows_in(&self, bytes: usize) -> usize {
        (bytes / self.row_bytes()).max(1)
    }
}

/// What a pass over unit vectors found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Lengths {
    /// Rows without a direction.
    pub(crate) bad: BadRows,
    /// There is a row with a direction whose length is not 1.
    pub(crate) uneven: bool,
}

/// Measures rows of `dimension` numbers, the first of which has the number `first`.
pub(crate) fn measure(values: &[f32], dimension: usize, first: u64, threads: usize) -> Lengths {
    let share = share(values.len() / dimension, threads);
    let parts = thread::scope(|scope| {
        let parts = values
            .chunks(share * dimension)
            .zip((first..).step_by(share));
        let work = |(part, first)| scope.spawn(move || measure_part(part, dimension, first));
        let started: Vec<_> = parts.map(work).collect();
        started.into_iter().map(finished).collect::<Vec<_>>()
    });
    let mut all = Lengths::default();
    for part in parts {
        all.bad.append(part.bad);
        all.uneven |= part.uneven;
    }
    all
}

/// Turns the rows in `bytes` into unit vectors in `out`, which has room for all of them. Rows
/// without a direction come back; what `out` then holds for them means nothing.
pub(crate) fn normalise(
    bytes: &[u8],
    layout: &Layout,
    out: &mut [f32],
    first: u64,
    threads: usize,
) -> BadRows {
    let share = share(bytes.len() / layout.row_bytes(), threads);
    let parts = thread::scope(|scope| {
        let rows = bytes.chunks(share * layout.row_bytes());
        let parts = rows.zip(out.chunks_mut(share * layout.dimension));
        let work =
            |((rows, out), first)| scope.spawn(move || normalise_part(rows, layout, out, first));
        let started: Vec<_> = parts.zip((first..).step_by(share)).map(work).collect();
        started.into_iter().map(finished).collect::<Vec<_>>()
    });
    let mut all = BadRows::default();
    parts.into_iter().for_each(|part| all.append(part));
    all
}

/// Rows for each of so many threads.
fn share(rows: usize, threads: usize) -> usize {
    rows.div_ceil(threads.max(1)).max(1)
}

fn finished<T>(part: thread::ScopedJoinHandle<'_, T>) -> T {
    part.join()
        .expect("numbers of any value have a length or a fault")
}

fn measure_part(values: &[f32], dimension: usize, first: u64) -> Lengths {
    let mut lengths = Lengths::default();
    for (row, number) in values.chunks_exact(dimension).zip(first..) {
        let square = square(row);
        match fault(square) {
            Some(fault) => lengths.bad.push(number, fault),
            None => lengths.uneven |= (square - 1.0).abs() > UNIT_TOLERANCE,
        }
    }
    lengths
}

fn normalise_part(bytes: &[u8], layout: &Layout, out: &mut [f32], first: u64) -> BadRows {
    let mut bad = BadRows::default();
    let rows = bytes.chunks_exact(layout.row_bytes());
    for ((row, out), number) in rows
        .zip(out.chunks_exact_mut(layout.dimension))
        .zip(first..)
    {
        if let Some(fault) = unit(row, layout, out) {
            bad.push(number, fault);
        }
    }
    bad
}

/// One row as a unit vector.
fn unit(row: &[u8], layout: &Layout, out: &mut [f32]) -> Option<BadRow> {
    match layout.kind {
        Kind::F16 => load_f16(row, layout.big_endian, out),
        Kind::F32 if layout.big_endian => fill(row, out, f32::from_be_bytes),
        Kind::F32 => fill(row, out, f32::from_le_bytes),
        Kind::F64 if layout.big_endian => return unit_f64(row, out, f64::from_be_bytes),
        Kind::F64 => return unit_f64(row, out, f64::from_le_bytes),
    }
    let square = square(out);
    let length = square.sqrt();
    out.iter_mut()
        .for_each(|value| *value = (f64::from(*value) / length) as f32);
    fault(square)
}

fn fill<const N: usize>(row: &[u8], out: &mut [f32], number: impl Fn([u8; N]) -> f32) {
    for (out, bytes) in out.iter_mut().zip(row.as_chunks::<N>().0) {
        *out = number(*bytes);
    }
}

/// The processor converts a slice many times faster than `half` does one by one.
fn load_f16(row: &[u8], big_endian: bool, out: &mut [f32]) {
    const BLOCK: usize = 256;
    let mut halves = [f16::ZERO; BLOCK];
    let number = if big_endian {
        f16::from_be_bytes
    } else {
        f16::from_le_bytes
    };
    for (bytes, out) in row.chunks(2 * BLOCK).zip(out.chunks_mut(BLOCK)) {
        let halves = &mut halves[..out.len()];
        for (half, bytes) in halves.iter_mut().zip(bytes.as_chunks::<2>().0) {
            *half = number(*bytes);
        }
        halves.convert_to_f32_slice(out);
    }
}

/// As [`unit`], for numbers whose squares may be beyond f64: those are scaled by the largest.
fn unit_f64(row: &[u8], out: &mut [f32], number: impl Fn([u8; 8]) -> f64) -> Option<BadRow> {
    let values = || row.as_chunks::<8>().0.iter().map(|bytes| number(*bytes));
    let mut scale = 1.0;
    let mut square: f64 = values().map(|value| value * value).sum();
    if !square.is_normal() {
        // `max` passes over a NaN, but a NaN stays one in the square below.
        scale = values().map(f64::abs).fold(0.0, f64::max);
        if scale == 0.0 {
            return Some(if square.is_nan() {
                BadRow::NotFinite
            } else {
                BadRow::Zero
            });
        }
        square = values().map(|value| (value / scale).powi(2)).sum();
    }
    let length = square.sqrt();
    for (out, value) in out.iter_mut().zip(values()) {
        *out = (value / scale / length) as f32;
    }
    fault(square)
}

/// The square of a row's length. No f32 is so large or so small that its square is not in f64.
fn square(row: &[f32]) -> f64 {
    let mut lanes = [0.0; 8];
    let (blocks, rest) = row.as_chunks::<8>();
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane += f64::from(*value) * f64::from(*value);
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane += f64::from(*value) * f64::from(*value);
    }
    lanes.iter().sum()
}

fn fault(square: f64) -> Option<BadRow> {
    match square {
        0.0 => Some(BadRow::Zero),
        square if square.is_finite() => None,
        _ => Some(BadRow::NotFinite),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn layout(kind: Kind, big_endian: bool, dimension: usize) -> Layout {
        Layout {
            kind,
            big_endian,
            dimension,
        }
    }

    fn one_row(bytes: &[u8], layout: &Layout) -> Result<Vec<f32>, BadRow> {
        let mut out = vec![0.0; layout.dimension];
        let bad = normalise(bytes, layout, &mut out, 0, 1);
        bad.first.first().map_or(Ok(out), |(_, fault)| Err(*fault))
    }

    fn of_f64(values: &[f64]) -> Result<Vec<f32>, BadRow> {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        one_row(&bytes, &layout(Kind::F64, false, values.len()))
    }

    /// np.array([0.1, -2.5, 65504, 6e-8], "<f2") divided by its length in f64, from NumPy 2.4.6.
    #[test]
    fn halves_are_read_as_numpy_reads_them() {
        let little = [0x66, 0x2e, 0x00, 0xc1, 0xff, 0x7b, 0x01, 0x00];
        let big: Vec<u8> = little.chunks(2).flat_map(|b| [b[1], b[0]]).collect();
        let expected = [1.526_251_6e-6, -3.816_560_6e-5, 1.0, 9.099_39e-13];
        assert_eq!(
            one_row(&little, &layout(Kind::F16, false, 4)),
            Ok(expected.to_vec())
        );
        assert_eq!(
            one_row(&big, &layout(Kind::F16, true, 4)),
            Ok(expected.to_vec())
        );
    }

    #[test]
    fn each_order_of_bytes_gives_the_same_row() {
        let values = [3.0f32, -4.0];
        let expected = Ok(vec![0.6, -0.8]);
        let le: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let be: Vec<u8> = values.iter().flat_map(|v| v.to_be_bytes()).collect();
        assert_eq!(one_row(&le, &layout(Kind::F32, false, 2)), expected);
        assert_eq!(one_row(&be, &layout(Kind::F32, true, 2)), expected);
        let be: Vec<u8> = values
            .iter()
            .flat_map(|v| f64::from(*v).to_be_bytes())
            .collect();
        assert_eq!(one_row(&be, &layout(Kind::F64, true, 2)), expected);
        assert_eq!(of_f64(&[3.0, -4.0]), expected);
    }

    #[test]
    fn squares_beyond_f64_do_not_matter() {
        assert_eq!(of_f64(&[3e200, -4e200]), Ok(vec![0.6, -0.8]));
        assert_eq!(of_f64(&[3e-320, 4e-320]).expect("a direction")[0], 0.6);
        assert_eq!(of_f64(&[0.0, 0.0]), Err(BadRow::Zero));
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(of_f64(&[1.0, bad]), Err(BadRow::NotFinite));
            assert_eq!(of_f64(&[bad, 0.0]), Err(BadRow::NotFinite));
            assert_eq!(of_f64(&[bad, 1e300]), Err(BadRow::NotFinite));
        }
    }

    #[test]
    fn only_unit_rows_are_taken_as_they_are() {
        let lengths = measure(&[0.6, 0.8, 1.0004, 0.0], 2, 0, 2);
        assert_eq!(lengths, Lengths::default());
        assert!(measure(&[0.6, 0.8, 1.0006, 0.0], 2, 0, 2).uneven);
        let bad = measure(&[f32::NAN, 0.0, 1.0, 0.0, 0.0, 0.0], 2, 7, 2).bad;
        assert_eq!(bad.first, [(7, BadRow::NotFinite), (9, BadRow::Zero)]);
    }

    proptest! {
        #[test]
        fn rows_become_unit_vectors_whatever_the_threads(
            values in proptest::collection::vec(-1e3f32..1e3, 3 * 11),
            threads in 1usize..20,
        ) {
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            let layout = layout(Kind::F32, false, 3);
            let mut out = vec![0.0; values.len()];
            let bad = normalise(&bytes, &layout, &mut out, 0, threads);
            prop_assert_eq!(bad.count, 0);
            for (row, unit) in values.chunks(3).zip(out.chunks(3)) {
                let length = row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
                for (value, unit) in row.iter().zip(unit) {
                    prop_assert!((f64::from(*value) / length - f64::from(*unit)).abs() < 1e-7);
                }
            }
            prop_assert_eq!(measure(&out, 3, 0, threads), Lengths::default());
        }
    }
}
