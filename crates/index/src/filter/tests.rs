//! Every kernel and every shape of sketch against a double loop.

use lookalike_types::{NearPair, Rows};
use proptest::prelude::*;

use super::*;
use crate::basis::Basis;
use crate::collect::Above;
use crate::order::Scope;
use crate::seed::Random;
use crate::sketch::{InMemory, Sketcher};

fn unit(mut row: Vec<f32>) -> Vec<f32> {
    let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
    row.iter_mut().for_each(|v| *v /= length);
    row
}

/// Rows around few centres, `noise` apart: 0 makes equal rows, 3 almost free ones.
fn table(n: usize, d: usize, noise: f32, seed: u64) -> Rows {
    let mut random = Random::new(seed);
    let mut vector = || -> Vec<f32> { (0..d).map(|_| random.unit() - 0.4).collect() };
    let centres: Vec<_> = (0..5).map(|_| vector()).collect();
    let row = |i: usize| {
        let moved = centres[i * 7 % 5].iter().zip(vector());
        unit(moved.map(|(c, v)| c + noise * v).collect())
    };
    let values = (0..n).map(row).collect::<Vec<_>>().concat();
    Rows::new(d, values).expect("whole rows")
}

/// A sketcher of these levels, without a basis where there are none.
fn sketched(table: &Rows, ends: &[usize], seed: u64) -> (Sketcher, Vec<u8>) {
    let sample: Vec<u32> = (0..table.len() as u32).step_by(3).collect();
    let basis = match ends.last() {
        Some(width) => Basis::fit(table, *width, (seed, 1 << 20)),
        None => None,
    };
    let ends = match &basis {
        Some(basis) => ends
            .iter()
            .copied()
            .filter(|e| *e <= basis.width())
            .collect(),
        None => vec![table.dimension()],
    };
    let sketcher = Sketcher::new(table, basis, &ends, &sample);
    let records = sketcher.sketch(table, 0..table.len(), 2, &|_| ());
    (sketcher, records.expect("unit rows"))
}

fn wanted(table: &Rows, floor: f32) -> Vec<NearPair> {
    let mut pairs = Vec::new();
    for a in 0..table.len() as u32 {
        for b in a + 1..table.len() as u32 {
            let similarity = similarity(table.row(a as usize), table.row(b as usize));
            if similarity >= floor {
                pairs.push(NearPair { a, b, similarity });
            }
        }
    }
    pairs
}

fn shapes() -> impl Strategy<Value = &'static [usize]> {
    let shapes: [&[usize]; 6] = [&[], &[16], &[4], &[16, 32], &[6, 16], &[16, 32, 48]];
    proptest::sample::select(shapes.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// The floor is the similarity of a pair of the table, a millionth beside it, or anything.
    #[test]
    fn every_kernel_and_shape_finds_what_a_double_loop_finds(
        (n, d, seed) in (0usize..90, 1usize..120, any::<u64>()),
        noise in prop_oneof![Just(0.0f32), Just(1e-4), Just(0.05), Just(0.5), Just(3.0)],
        shape in shapes(),
        (floor, beside) in (-1.0f32..1.0, -1i32..=1),
        pick in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let table = table(n, d, noise, seed);
        let all = wanted(&table, -1.0);
        let floor = match pick.filter(|_| !all.is_empty()) {
            Some(pick) => all[pick.index(all.len())].similarity + beside as f32 * 1e-6,
            None => floor,
        };
        let (sketcher, records) = sketched(&table, shape, seed);
        let records = InMemory { stride: sketcher.stride(), bytes: &records };
        let sketches = Sketches { sketcher: &sketcher, records: &records };
        let rows = Sketched { table: &table, sketches };
        let numbers: Vec<u32> = (0..n as u32).collect();
        let wanted = wanted(&table, floor);
        for kernel in Kernel::all() {
            let mut filter = Filter::with(kernel, rows, Above::new(Goal::above(floor)));
            filter.join(&numbers, &numbers, |x, y| x < y);
            let mut found = filter.into_sink().pairs;
            found.sort_by_key(|p| (p.a, p.b));
            prop_assert_eq!(&found, &wanted, "{:?}", kernel);
        }
        let order = Order::new(n, Scope::All);
        let found = join(rows, &order, Goal::above(floor), 3, &|_| ());
        prop_assert_eq!(&found.pairs, &wanted);
        let top = Goal { top: wanted.len() + 5, ..Goal::above(floor) };
        let found = join(rows, &order, top, 2, &|_| ());
        prop_assert_eq!(found.pairs.len(), all.len().min(wanted.len() + 5));
    }
}

/// 500 rows that differ in the last digits, among others: all their pairs, and no other is lost.
#[test]
fn a_burst_is_found_whole() {
    let (few, many) = (table(300, 64, 3.0, 1), table(500, 64, 0.0, 2));
    let mut random = Random::new(3);
    let burst = (0..500).map(|_| {
        let moved = many
            .row(0)
            .iter()
            .map(|v| v + 0.002 * (random.unit() - 0.5));
        unit(moved.collect())
    });
    let few = (0..300).map(|row| few.row(row).to_vec());
    let table = Rows::new(64, few.chain(burst).collect::<Vec<_>>().concat()).expect("whole rows");
    let wanted = wanted(&table, 0.9);
    assert!(wanted.len() >= 500 * 499 / 2);
    for shape in [[].as_slice(), &[16, 32]] {
        let (sketcher, records) = sketched(&table, shape, 4);
        let records = InMemory {
            stride: sketcher.stride(),
            bytes: &records,
        };
        let sketches = Sketches {
            sketcher: &sketcher,
            records: &records,
        };
        let rows = Sketched {
            table: &table,
            sketches,
        };
        let order = Order::new(table.len(), Scope::All);
        assert_eq!(
            join(rows, &order, Goal::above(0.9), 2, &|_| ()).pairs,
            wanted
        );
    }
}

/// A scale that fits the sample only: rows beyond it are clipped, and lose nothing by it.
#[test]
fn rows_that_the_sample_does_not_know_are_found() {
    let mut values = table(40, 24, 0.3, 5);
    for row in [0usize, 1] {
        let mut peak = vec![0.01f32; 24];
        peak[3] = 1.0;
        peak[4 + row] = 0.1;
        let rows: Vec<Vec<f32>> = (0..40).map(|i| values.row(i).to_vec()).collect();
        let mut rows = rows;
        rows[row] = unit(peak);
        values = Rows::new(24, rows.concat()).expect("whole rows");
    }
    for ends in [[].as_slice(), &[16]] {
        let basis = ends
            .last()
            .and_then(|w| Basis::fit(&values, *w, (6, 1 << 20)));
        let ends = if ends.is_empty() { &[24][..] } else { ends };
        let sketcher = Sketcher::new(&values, basis, ends, &[20, 30]);
        let records = sketcher
            .sketch(&values, 0..40, 1, &|_| ())
            .expect("unit rows");
        let records = InMemory {
            stride: sketcher.stride(),
            bytes: &records,
        };
        let sketches = Sketches {
            sketcher: &sketcher,
            records: &records,
        };
        let rows = Sketched {
            table: &values,
            sketches,
        };
        let order = Order::new(40, Scope::All);
        let found = join(rows, &order, Goal::above(0.95), 1, &|_| ()).pairs;
        assert_eq!(found, wanted(&values, 0.95));
        assert!(found.iter().any(|p| (p.a, p.b) == (0, 1)));
    }
}
