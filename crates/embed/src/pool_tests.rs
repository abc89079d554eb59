//! Pooling against PyTorch's stored numbers and against its definition.

use super::*;
use proptest::prelude::*;

const KINDS: [PoolKind; 5] = [
    PoolKind::Concat,
    PoolKind::Avg,
    PoolKind::Max,
    PoolKind::Gem,
    PoolKind::None,
];

/// One of the cases that `tests/golden/pool.py` wrote.
#[derive(serde::Deserialize)]
struct Case {
    shape: [usize; 3],
    kind: String,
    p: u32,
    want: Vec<f32>,
}

fn drawn(length: usize) -> Vec<f32> {
    let value = |i: usize| ((i * 37 + 11) % 101) as f32 / 16.0 - 2.0;
    (0..length).map(value).collect()
}

fn shape([channels, rows, columns]: [usize; 3]) -> Shape {
    Shape {
        channels,
        rows,
        columns,
    }
}

#[test]
fn pooling_is_that_of_pytorch() {
    let golden = include_str!("../tests/golden/pool.json");
    let cases: Vec<Case> = serde_json::from_str(golden).expect("the script writes this form");
    assert!(cases.len() > 50);
    for case in cases {
        let kind = case.kind.parse().expect("the script writes our words");
        let pooling = Pooling { kind, size: case.p };
        let shape = shape(case.shape);
        let vector = pool(&drawn(shape.len()), shape, &pooling);
        assert_eq!(vector.len(), case.want.len(), "{shape:?} {pooling:?}");
        for (index, (found, wanted)) in vector.iter().zip(&case.want).enumerate() {
            let near = (found - wanted).abs() < 2e-6;
            assert!(
                near,
                "{shape:?} {pooling:?} [{index}]: {found}, PyTorch {wanted}"
            );
        }
    }
}

#[test]
fn a_broken_activation_breaks_its_vector() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut activation = drawn(2 * 4 * 4);
        activation[9] = bad;
        for kind in KINDS {
            let vector = pool(&activation, shape([2, 4, 4]), &Pooling { kind, size: 1 });
            // A maximum and a clamp legitimately see no minus infinity.
            let unseen = bad < 0.0 && matches!(kind, PoolKind::Max | PoolKind::Gem);
            let failed = normalise(vector).is_err_and(|f| f.reason == Reason::NoFeatures);
            assert_eq!(failed, !unseen, "{kind:?} {bad}");
        }
    }
}

#[test]
fn the_zero_vector_has_no_direction() {
    let failed = normalise(vec![0.0; 8]).expect_err("there is nothing to scale");
    assert_eq!(failed.reason, Reason::NoFeatures);
}

#[test]
fn tiny_and_huge_vectors_become_unit_vectors() {
    for value in [1e-38, 1e-20, 1e20, 3e38] {
        let vector = normalise(vec![value; 4]).expect("it is finite and not zero");
        assert_eq!(vector, vec![0.5; 4], "{value}");
    }
}

proptest! {
    /// Against windows written down from their definition.
    #[test]
    fn pooling_is_its_definition(
        (c, h, w) in (1usize..4, 1usize..10, 1usize..10),
        p in 1usize..6,
        kind in prop::sample::select(KINDS.to_vec()),
    ) {
        let shape = shape([c, h, w]);
        let activation = drawn(shape.len());
        let pooling = Pooling { kind, size: p as u32 };
        let vector = pool(&activation, shape, &pooling);
        prop_assert_eq!(vector.len(), shape.pooled(&pooling));
        if kind == PoolKind::None {
            prop_assert_eq!(vector, activation);
            return Ok(());
        }
        let inside = |i: usize, cell: usize, side: usize| {
            i * p < (cell + 1) * side && (i + 1) * p > cell * side
        };
        for (index, &found) in vector.iter().enumerate() {
            let (row, column) = (index / p % p, index % p);
            let channel = index / (p * p) % c;
            let values: Vec<f64> = (0..h * w)
                .filter(|at| inside(at / w, row, h) && inside(at % w, column, w))
                .map(|at| f64::from(activation[channel * h * w + at]))
                .collect();
            let n = values.len() as f64;
            let max = values.iter().copied().fold(f64::MIN, f64::max);
            let mean = values.iter().sum::<f64>() / n;
            let gem = (values.iter().map(|v| v.max(1e-6).powi(3)).sum::<f64>() / n).cbrt();
            let wanted = match kind {
                PoolKind::Max => max,
                PoolKind::Concat if index < c * p * p => max,
                PoolKind::Gem => gem,
                _ => mean,
            };
            prop_assert!((f64::from(found) - wanted).abs() < 1e-5, "{} {}", found, wanted);
        }
    }

    #[test]
    fn every_vector_has_length_one(values in prop::collection::vec(-1e3f32..1e3, 1..300)) {
        prop_assume!(values.iter().any(|&value| value != 0.0));
        let vector = normalise(values).expect("finite and not zero");
        let square: f64 = vector.iter().map(|&v| f64::from(v).powi(2)).sum();
        prop_assert!((square - 1.0).abs() < 1e-6);
    }
}
