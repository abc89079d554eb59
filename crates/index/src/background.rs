//! A threshold where nobody gave one: from how alike unrelated images are to this model.
//!
//! `docs/threshold.md` describes the method and what it was checked on.

use lookalike_types::VectorTable;

use crate::error::IndexError;
use crate::score::{fault, similarity};
use crate::tail::Tail;

/// Fewer rows show no tail.
const FEWEST_ROWS: usize = 40;
/// The threshold where there are too few rows to say.
const FALLBACK_THRESHOLD: f32 = 0.95;
/// The floor where there are too few rows to say.
const FALLBACK_FLOOR: f32 = 0.9;
/// No threshold above it: a picture saved again often stays below.
const HIGHEST: f64 = 0.9995;
/// False pairs that are expected per image at the threshold.
const FALSE_AT_THRESHOLD: f64 = 1e-3;
/// Unrelated pairs that are expected per image at the floor.
const FALSE_AT_FLOOR: f64 = 1.0;
/// Shares of the pairs between which the tail is fitted, stage after stage. Copies can hardly
/// reach the first; each stage finds more of them, so the next may look closer to the end.
const STAGES: [(f64, f64); 4] = [(0.1, 0.02), (0.03, 0.005), (1e-2, 1e-3), (1e-3, 1e-4)];
/// One stage more, for the threshold alone, which the stricter of the two ends gives. Where a
/// collection holds many pictures of a kind that the model knows, the tail gets heavier only here;
/// but so few pairs are left that the end alone would move too much.
const END: (f64, f64) = (1e-4, 1e-5);
/// A stage whose slope falls below this share of the former one has met copies that are left.
const SLOPE_KEPT: f64 = 0.8;
/// The same for the end, which may well be heavier. Left copies made it 0.56.
const END_SLOPE_KEPT: f64 = 0.7;
/// Pairs above the lower end of a stage, at the least.
const PAIRS_ABOVE: f64 = 30.0;
/// Multiplications spent on the sample at most: about 4,000 rows of 2,048 values.
const MULTIPLICATIONS: usize = 1 << 34;

/// How alike unrelated rows of a table are.
#[derive(Debug, Clone, PartialEq)]
pub struct Background {
    /// Rows that were compared with each other.
    pub sample: usize,
    /// Rows of them that were left after copies were taken out.
    pub distinct: usize,
    /// Mean similarity of the sampled pairs; 0 where there are none.
    pub mean: f32,
    /// How fast the tail falls: p = C (1 - s)^slope. `None` where the sample shows no tail and the
    /// documented constants are used.
    pub slope: Option<f64>,
    tail: Option<Tail>,
    /// The end of the tail, where the sample shows it undisturbed.
    end: Option<Tail>,
    /// The similarity that 2 % of the pairs reach: no threshold below it.
    lowest: f64,
}

impl Background {
    /// The similarity at which about one false pair per thousand images is expected among `n`.
    /// At most 0.9995; 0.95 where the sample shows no tail.
    pub fn threshold(&self, n: usize) -> f32 {
        let ends = [self.tail, self.end].into_iter().flatten();
        ends.map(|tail| self.at(tail, n, FALSE_AT_THRESHOLD))
            .reduce(f32::max)
            .unwrap_or(FALLBACK_THRESHOLD)
    }

    /// The similarity at which about one unrelated pair per image is expected among `n`, never
    /// above the threshold: a join down to it stores about `n` pairs more than there are copies.
    /// 0.9 where the sample shows no tail.
    pub fn floor(&self, n: usize) -> f32 {
        self.tail
            .map_or(FALLBACK_FLOOR, |tail| self.at(tail, n, FALSE_AT_FLOOR))
    }

    /// The similarity that so many pairs of unrelated rows per row are expected to reach.
    fn at(&self, tail: Tail, n: usize, per_row: f64) -> f32 {
        let share = (2.0 * per_row / (n.max(2) - 1) as f64).min(1.0);
        let similarity = tail.similarity(share);
        // Rounded to four digits: more would only be noise, and a person will read it.
        let similarity = similarity.clamp(self.lowest.min(HIGHEST), HIGHEST);
        ((similarity * 1e4).round() / 1e4) as f32
    }
}

/// Measures the background on the first `sample` rows of `table`, fewer where rows are very long.
/// The first rows are a fair sample where the order of the rows has nothing to do with what they
/// show, such as the order of their digests.
///
/// # Errors
/// Where one of these rows is no finite unit vector.
pub fn background(table: &dyn VectorTable, sample: usize) -> Result<Background, IndexError> {
    let most = (2 * MULTIPLICATIONS / table.dimension().max(1)).isqrt();
    let rows = table.len().min(sample).min(most);
    for row in 0..rows {
        if let Some(fault) = fault(table.row(row), table.dimension()) {
            return Err(IndexError::Row { row, fault });
        }
    }
    Ok(Sample::new(table, rows).measure())
}

/// The similarities of some rows with each other.
struct Sample {
    rows: usize,
    /// Row by row, each with those after it.
    half: Vec<f32>,
}

impl Sample {
    fn new(table: &dyn VectorTable, rows: usize) -> Self {
        let mut half = Vec::with_capacity(rows * rows.saturating_sub(1) / 2);
        for i in 0..rows {
            half.extend((i + 1..rows).map(|j| similarity(table.row(i), table.row(j))));
        }
        Self { rows, half }
    }

    /// The similarities of row `i` with the rows after it.
    fn after(&self, i: usize) -> &[f32] {
        let start = i * (2 * self.rows - i - 1) / 2;
        &self.half[start..start + self.rows - i - 1]
    }

    fn measure(&self) -> Background {
        let (tails, distinct) = self.fit();
        let tail = tails.get(..STAGES.len()).unwrap_or(&tails).last().copied();
        let sum: f64 = self.half.iter().map(|s| f64::from(*s)).sum();
        let (_, low) = STAGES[0];
        Background {
            sample: self.rows,
            distinct,
            mean: (sum / self.half.len().max(1) as f64) as f32,
            slope: tail.map(|tail| tail.slope),
            tail,
            end: tails.get(STAGES.len()).copied(),
            lowest: tail.map_or(0.0, |tail| tail.similarity(low)),
        }
    }

    /// The tails of the stages up to the first that was disturbed, and the rows left for the last.
    fn fit(&self) -> (Vec<Tail>, usize) {
        let mut kept = vec![true; self.rows];
        let (mut tails, mut rows): (Vec<Tail>, _) = (Vec::new(), self.rows);
        let stages = STAGES.map(|stage| (stage, SLOPE_KEPT));
        for ((high, low), least) in stages.into_iter().chain([(END, END_SLOPE_KEPT)]) {
            let count = kept.iter().filter(|k| **k).count();
            let pairs = (count * count) as f64 / 2.0;
            let from = low.max(PAIRS_ABOVE / pairs.max(1.0));
            let to = high.max(from * high / low);
            if count < FEWEST_ROWS || to > 2.0 * STAGES[0].0 {
                break;
            }
            let Some(tail) = Tail::fit(&mut self.values(&kept), to, from) else {
                break;
            };
            let former = tails.last();
            if former.is_some_and(|former| tail.slope < least * former.slope) {
                break;
            }
            tails.push(tail);
            rows = count;
            let share = 2.0 * FALSE_AT_THRESHOLD / count as f64;
            kept = self.without_copies(tail.similarity(share) as f32);
        }
        (tails, rows)
    }

    fn values(&self, kept: &[bool]) -> Vec<f32> {
        let mut values = Vec::new();
        for i in (0..self.rows).filter(|i| kept[*i]) {
            let after = self.after(i).iter().zip(&kept[i + 1..]);
            values.extend(after.filter(|(_, kept)| **kept).map(|(s, _)| *s));
        }
        values
    }

    /// Which rows are left when each takes out those after it that are as alike as `level`.
    fn without_copies(&self, level: f32) -> Vec<bool> {
        let mut kept = vec![true; self.rows];
        for i in 0..self.rows {
            if kept[i] {
                for (similarity, kept) in self.after(i).iter().zip(&mut kept[i + 1..]) {
                    *kept &= *similarity < level;
                }
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use lookalike_types::Rows;

    use super::*;
    use crate::seed::Random;

    /// Rows like features after a ReLU: a cloud of ten dimensions, mapped to 24 and rectified.
    /// `copies` of each, with a little noise.
    fn rectified(rows: usize, copies: usize) -> Rows {
        rectified_with_kind(rows, 0, copies)
    }

    /// The same, where the last `kind` rows lie close to one point of the cloud: no copies, but
    /// pictures of one kind.
    fn rectified_with_kind(rows: usize, kind: usize, copies: usize) -> Rows {
        let mut random = Random::new(1);
        let mut uniform = || random.below(20_001) as f32 / 10_000.0 - 1.0;
        let mut normal = || (0..6).map(|_| uniform()).sum::<f32>() * 0.7;
        let map: Vec<f32> = (0..24 * 10).map(|_| normal()).collect();
        let mut values = Vec::new();
        for row in 0..rows {
            let reach = if row + kind < rows { 1.0 } else { 0.03 };
            let latent: Vec<f32> = (0..10).map(|_| reach * normal()).collect();
            for copy in 0..=copies {
                let noise = if copy == 0 { 0.0 } else { 0.05 };
                let moved: Vec<f32> = latent.iter().map(|v| v + noise * normal()).collect();
                let row: Vec<f32> = map
                    .chunks(10)
                    .map(|m| 0.5 + m.iter().zip(&moved).map(|(x, y)| x * y).sum::<f32>())
                    .map(|v| v.max(0.0) + 1e-3)
                    .collect();
                let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
                values.extend(row.iter().map(|v| v / length));
            }
        }
        Rows::new(24, values).expect("whole rows")
    }

    fn above(table: &Rows, level: f32) -> usize {
        let row = |i| table.row(i);
        (0..table.len())
            .map(|i| {
                (0..i)
                    .filter(|j| similarity(row(i), row(*j)) >= level)
                    .count()
            })
            .sum()
    }

    #[test]
    fn as_many_pairs_are_above_as_were_expected() {
        let table = rectified(3000, 0);
        let background = background(&table, 1000).expect("unit rows");
        assert!(background.distinct > 980, "{background:?}");
        let at_floor = above(&table, background.floor(3000));
        let at_threshold = above(&table, background.threshold(3000));
        assert!((1_500..6_000).contains(&at_floor), "{at_floor}");
        assert!(at_threshold <= 15, "{at_threshold}");
    }

    #[test]
    fn copies_do_not_move_the_threshold_far() {
        let plain = background(&rectified(250, 0), 4000).expect("unit rows");
        let copied = background(&rectified(250, 5), 4000).expect("unit rows");
        assert_eq!(copied.sample, 1500);
        assert!(copied.distinct < 600, "{copied:?}");
        let gap = |b: &Background| 1.0 - b.threshold(1500);
        let ratio = gap(&copied) / gap(&plain);
        assert!((0.4..2.5).contains(&ratio), "{plain:?} {copied:?}");
    }

    #[test]
    fn many_pictures_of_one_kind_raise_the_threshold() {
        let plain = rectified(3000, 0);
        let kind = rectified_with_kind(3000, 30, 0);
        let [plain, with] = [&plain, &kind].map(|table| background(table, 3000).expect("rows"));
        assert!(
            with.threshold(3000) > plain.threshold(3000),
            "{plain:?} {with:?}"
        );
        let four = |b: &Background| b.at(b.tail.expect("a tail"), 3000, FALSE_AT_THRESHOLD);
        assert!(
            above(&kind, with.threshold(3000)) < above(&kind, four(&with)),
            "{with:?}"
        );
    }

    #[test]
    fn thresholds_rise_with_the_number_of_images_and_stay_in_range() {
        let background = background(&rectified(400, 1), 4000).expect("unit rows");
        let mut last = 0.0;
        for n in [0, 1, 2, 10, 1000, 1_000_000, 4_000_000_000] {
            let (floor, threshold) = (background.floor(n), background.threshold(n));
            assert!(floor <= threshold && threshold <= 0.9995);
            assert!(threshold >= last);
            last = threshold;
        }
    }

    #[test]
    fn without_a_tail_the_constants_are_taken() {
        let few = background(&rectified(39, 0), 4000).expect("unit rows");
        let equal = Rows::new(2, [0.6, 0.8].repeat(100)).expect("rows of two");
        let equal = background(&equal, 4000).expect("unit rows");
        let none = Rows::new(2, Vec::new()).expect("no rows");
        let none = background(&none, 4000).expect("nothing wrong");
        for b in [few, equal, none] {
            assert_eq!((b.threshold(100), b.floor(100)), (0.95, 0.9));
        }
    }

    #[test]
    fn a_bad_row_is_named() {
        let bad = Rows::new(2, vec![1.0, 0.0, 2.0, 0.0]).expect("rows of two");
        assert!(matches!(
            background(&bad, 9),
            Err(IndexError::Row { row: 1, .. })
        ));
    }
}
