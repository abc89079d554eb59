//! The similarity of two vectors: one function, one order of summation, for every engine.
//!
//! Rust never fuses or reorders floating-point operations by itself, so the result is the same on
//! every machine, however wide its registers are.

use lookalike_types::VectorTable;

use crate::error::{IndexError, RowFault};
use crate::pool;

const LANES: usize = 32;
/// Values of two vectors that are multiplied before it is asked whether the rest can matter.
pub(crate) const PIECE: usize = 512;
/// Rows that are checked together.
const CHECKED: usize = 1024;

/// How far the square of a row's length may be from 1. Features normalised in f32 stay below 1e-6.
const UNIT_TOLERANCE: f32 = 1e-3;

/// The inner product of two vectors of one length, in f32: value `i` goes to lane `i % 32`, and
/// the lanes are added pairwise, the upper half to the lower, until one is left.
///
/// For unit vectors of dimension d the result is within (d/32 + 6) · 2⁻²⁴ of the true value. Of
/// vectors of two lengths, the surplus of the longer one is left out.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the machine has the feature.
            return unsafe { dot_avx512(a, b) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the machine has the feature.
            return unsafe { dot_avx2(a, b) };
        }
    }
    lanes(a, b)
}

/// The same operations in the same order, in registers of sixteen values.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn dot_avx512(a: &[f32], b: &[f32]) -> f32 {
    lanes(a, b)
}

/// The same operations in the same order, in registers of eight values.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn dot_avx2(a: &[f32], b: &[f32]) -> f32 {
    lanes(a, b)
}

#[inline(always)]
fn lanes(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += x * y;
        }
    }
    if a_blocks.len() == b_blocks.len() {
        for ((lane, x), y) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
            *lane += x * y;
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        let (lower, upper) = lanes.split_at_mut(width);
        for (lane, other) in lower.iter_mut().zip(upper) {
            *lane += *other;
        }
        width /= 2;
    }
    lanes[0]
}

/// [`dot`] as a cosine: rounding above 1 or below -1 is cut off, and there is one zero only.
pub(crate) fn similarity(a: &[f32], b: &[f32]) -> f32 {
    dot(a, b).clamp(-1.0, 1.0) + 0.0
}

/// Whether the [`similarity`] of two unit vectors may reach `level`. Long vectors are read only as far
/// as it takes to know that it does not: of what is left of both, the product is at most that of
/// their lengths (Cauchy and Schwarz). `slack` is that of their dimension.
pub(crate) fn may_reach(a: &[f32], b: &[f32], level: f32, slack: f32) -> bool {
    // Lengths err by less than is added here, so the rests are never too short.
    const SQUARE: f32 = 1.0 + 1.1 * UNIT_TOLERANCE;
    let (mut product, mut of_a, mut of_b) = (0.0, SQUARE, SQUARE);
    a.chunks(PIECE).zip(b.chunks(PIECE)).all(|(x, y)| {
        product += dot(x, y);
        of_a -= dot(x, x);
        of_b -= dot(y, y);
        product + (of_a.max(0.0) * of_b.max(0.0)).sqrt() + slack >= level
    })
}

/// By how much two f32 inner products of unit vectors of dimension `d` may differ when one is
/// [`dot`] and the other sums in any order, with or without fused operations.
///
/// Any order errs by at most γ(d) · |a| · |b| with γ(k) = k·u / (1 − k·u) and u = 2⁻²⁴ (Higham,
/// Accuracy and Stability of Numerical Algorithms, section 3.1); `dot` by γ(d/32 + 6). The rows
/// may be longer than 1 by the tolerance.
pub(crate) fn slack(d: usize) -> f32 {
    let unit = f64::from(f32::EPSILON) / 2.0;
    let gamma = |k: f64| k * unit / (1.0 - (k * unit).min(0.5));
    let d = d as f64;
    let bound = (gamma(d) + gamma(d / LANES as f64 + 6.0)) * f64::from(1.0 + UNIT_TOLERANCE);
    (bound as f32).max(1e-5)
}

/// What keeps `vector` from being compared with rows of `dimension` values.
pub(crate) fn fault(vector: &[f32], dimension: usize) -> Option<RowFault> {
    if vector.len() != dimension {
        let found = vector.len();
        return Some(RowFault::Dimension {
            found,
            wanted: dimension,
        });
    }
    let square = dot(vector, vector);
    if !square.is_finite() {
        return Some(RowFault::NotFinite);
    }
    ((square - 1.0).abs() > UNIT_TOLERANCE).then_some(RowFault::NotUnit(square))
}

/// Checks every row once, at the door; the engines then rely on it.
pub(crate) fn check(table: &dyn VectorTable, threads: usize) -> Result<(), IndexError> {
    let (rows, dimension) = (table.len(), table.dimension());
    let firsts = pool::run(
        threads,
        rows.div_ceil(CHECKED),
        || None,
        |first: &mut Option<(usize, RowFault)>, task| {
            let mut rows = task * CHECKED..rows.min((task + 1) * CHECKED);
            let here = rows.find_map(|row| Some((row, fault(table.row(row), dimension)?)));
            *first = first.take().into_iter().chain(here).min_by_key(|f| f.0);
        },
        &|_| (),
    );
    match firsts.into_iter().flatten().min_by_key(|f| f.0) {
        Some((row, fault)) => Err(IndexError::Row { row, fault }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vectors() -> impl Strategy<Value = (Vec<f32>, Vec<f32>)> {
        (0usize..300).prop_flat_map(|d| {
            let values = || proptest::collection::vec(-1.0f32..1.0, d);
            (values(), values())
        })
    }

    proptest! {
        #[test]
        fn dot_is_as_near_to_f64_as_its_bound_says((a, b) in vectors()) {
            let exact: f64 = a.iter().zip(&b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            let size: f64 = a.iter().zip(&b).map(|(x, y)| f64::from(x * y).abs()).sum();
            let bound = (a.len() as f64 / 32.0 + 6.0) * 2f64.powi(-24) * size * 1.01;
            prop_assert!((f64::from(dot(&a, &b)) - exact).abs() <= bound);
            prop_assert_eq!(dot(&a, &b).to_bits(), dot(&b, &a).to_bits());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Also where a vector is a hair longer than 1, and all of it lies in its first or last values.
        #[test]
        fn what_reaches_a_level_is_never_ruled_out(
            d in 1usize..4000, seed in 0u64..1000, mix in 0.0f32..1.0, zeros in 0usize..4000, length in 0.9996f32..1.0004,
        ) {
            let mut random = crate::seed::Random::new(seed);
            let mut values = |from: usize| -> Vec<f32> {
                let value = |i| if i < from { 0.0 } else { random.unit() - 0.3 };
                (0..d).map(value).collect()
            };
            let unit = |v: Vec<f32>| -> Vec<f32> {
                let size = v.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt().max(1e-9);
                v.iter().map(|x| (f64::from(*x) / size * f64::from(length)) as f32).collect()
            };
            let a = values(zeros.min(d - 1));
            let b: Vec<f32> = a.iter().zip(values(0)).map(|(x, y)| mix * x + (1.0 - mix) * y).collect();
            let (a, b) = (unit(a), unit(b));
            prop_assert!(may_reach(&a, &b, similarity(&a, &b), slack(d)));
            prop_assert!(may_reach(&a, &a, similarity(&a, &a), slack(d)));
        }
    }

    #[test]
    fn a_long_pair_is_ruled_out_by_its_beginning() {
        let unit = |from: usize| -> Vec<f32> {
            (0..4096)
                .map(|i| {
                    if i % 2 == from {
                        1.0 / 2048f32.sqrt()
                    } else {
                        0.0
                    }
                })
                .collect()
        };
        let (a, mut b) = (unit(0), unit(1));
        // Nobody looks at the end: it may hold anything.
        b[4095] = f32::NAN;
        assert!(!may_reach(&a, &b, 0.8, slack(4096)));
    }

    /// Wide registers change how many values are added at once, never which with which.
    #[test]
    fn the_width_of_the_registers_changes_no_bit() {
        let mut random = crate::seed::Random::new(11);
        for d in (0..200).chain([2048, 2049]) {
            let mut values = || (0..d).map(|_| random.unit() - 0.5).collect::<Vec<_>>();
            let (a, b) = (values(), values());
            let plain = lanes(&a, &b).to_bits();
            assert_eq!(dot(&a, &b).to_bits(), plain);
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                // SAFETY: the machine has the feature.
                assert_eq!(unsafe { dot_avx2(&a, &b) }.to_bits(), plain);
            }
        }
    }

    #[test]
    fn the_order_of_summation_is_the_documented_one() {
        let a: Vec<f32> = (0..70).map(|i| 1.0 / (1.0 + i as f32)).collect();
        let mut lanes: Vec<f32> = (0..32)
            .map(|lane| (lane..70).step_by(32).fold(0.0, |sum, i| sum + a[i] * a[i]))
            .collect();
        while lanes.len() > 1 {
            let upper = lanes.split_off(lanes.len() / 2);
            lanes = lanes.iter().zip(&upper).map(|(x, y)| x + y).collect();
        }
        assert_eq!(dot(&a, &a).to_bits(), lanes[0].to_bits());
    }

    #[test]
    fn a_fault_is_named() {
        assert_eq!(fault(&[0.6, 0.8], 2), None);
        assert_eq!(fault(&[0.0, 0.0], 2), Some(RowFault::NotUnit(0.0)));
        assert_eq!(fault(&[f32::NAN, 1.0], 2), Some(RowFault::NotFinite));
        assert_eq!(fault(&[f32::INFINITY, 0.0], 2), Some(RowFault::NotFinite));
        let short = RowFault::Dimension {
            found: 1,
            wanted: 2,
        };
        assert_eq!(fault(&[1.0], 2), Some(short));
    }
}
