//! Every kernel of this machine against a loop over the pairs.

use proptest::prelude::*;

use super::*;

/// A sketch of its own memory.
#[derive(Debug, Clone)]
struct Sketch {
    words: Vec<[u8; 4]>,
    weights: Vec<[u8; 4]>,
}

impl Sketch {
    fn record(&self) -> Record<'_> {
        Record {
            words: &self.words,
            weights: &self.weights,
        }
    }

    fn weight(&self, level: usize) -> i32 {
        i32::from_le_bytes(self.weights[level])
    }
}

fn product(a: &[[u8; 4]], b: &[[u8; 4]]) -> i32 {
    let values = |words: &[[u8; 4]]| words.as_flattened().to_vec();
    let pairs = values(a).into_iter().zip(values(b));
    pairs
        .map(|(x, y)| i32::from(x.cast_signed()) * i32::from(y.cast_signed()))
        .sum()
}

fn passes(levels: &[Level], a: &Sketch, b: &Sketch, threshold: i32) -> bool {
    let (mut start, mut sum) = (0, 0);
    for (level, shape) in levels.iter().enumerate() {
        let (values, end) = (start + shape.values, start + shape.words());
        sum += product(&a.words[start..values], &b.words[start..values]);
        let own = product(&a.words[values..end], &b.words[values..end]);
        if sum + own + a.weight(level) + b.weight(level) < threshold {
            return false;
        }
        start = end;
    }
    true
}

fn levels() -> impl Strategy<Value = Vec<Level>> {
    let level = (0usize..6, 0usize..2).prop_map(|(values, own)| Level { values, own });
    proptest::collection::vec(level, 1..4)
}

/// Values of all sizes, the extremes often.
fn sketch(levels: &[Level]) -> impl Strategy<Value = Sketch> + use<> {
    let words: usize = levels.iter().map(Level::words).sum();
    let value = prop_oneof![Just(127i8), Just(-127), Just(0), -127i8..=127];
    let word = proptest::array::uniform4(value.prop_map(i8::cast_unsigned));
    let weight = (0i32..20_000).prop_map(i32::to_le_bytes);
    (
        proptest::collection::vec(word, words),
        proptest::collection::vec(weight, levels.len()),
    )
        .prop_map(|(words, weights)| Sketch { words, weights })
}

proptest! {
    #[test]
    fn every_kernel_finds_what_a_double_loop_finds(
        (levels, rows, columns) in levels().prop_flat_map(|levels| {
            let rows = proptest::collection::vec(sketch(&levels), 0..20);
            let columns = proptest::collection::vec(sketch(&levels), 0..=PANEL);
            (Just(levels), rows, columns)
        }),
        threshold in -60_000i32..200_000,
    ) {
        let mut wanted = Vec::new();
        for (row, a) in rows.iter().enumerate() {
            for (column, b) in columns.iter().enumerate() {
                if passes(&levels, a, b, threshold) {
                    wanted.push(Hit { row: row as u32, column: column as u32 });
                }
            }
        }
        for kernel in Kernel::all() {
            let mut block = Block::new(kernel, &levels);
            block.fill(rows.iter().map(Sketch::record));
            let mut panel = Panel::new(kernel, &levels);
            panel.fill(columns.iter().map(Sketch::record), threshold);
            let mut hits = Vec::new();
            kernel.scan(&block, &panel, &mut hits);
            prop_assert_eq!(&hits, &wanted, "{:?}", kernel);
        }
    }
}

/// The longest sums that there are stay inside 32 bits, also with the bias.
#[test]
fn the_extremes_do_not_overflow() {
    let levels = [Level {
        values: 4096,
        own: 1,
    }];
    let of = |value: i8| Sketch {
        words: vec![[value.cast_unsigned(); 4]; 4097],
        weights: vec![[0; 4]],
    };
    let best = 4097 * 4 * 127 * 127;
    for kernel in Kernel::all() {
        for (row, column, threshold, found) in [
            (127, 127, best, 1),
            (127, 127, best + 1, 0),
            (-127, 127, -best, 1),
            (-127, 127, 1 - best, 0),
        ] {
            let mut block = Block::new(kernel, &levels);
            block.fill([of(row).record()].into_iter());
            let mut panel = Panel::new(kernel, &levels);
            panel.fill([of(column).record()].into_iter(), threshold);
            let mut hits = Vec::new();
            kernel.scan(&block, &panel, &mut hits);
            assert_eq!(hits.len(), found, "{kernel:?} {row} {column} {threshold}");
        }
    }
}
