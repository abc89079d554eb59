//! Which pairs are to be judged.
//!
//! Strata at and above the threshold hold equal parts of the sum of the square roots of how many
//! pairs each small range of similarity has (Dalenius and Hodges, 1959): fine where many pairs lie,
//! and no wider than a share of the range where few do. Those below are equally wide. Two thirds of
//! the places above go by the number of pairs, so that few stand for many when removals are
//! bounded; the rest goes evenly, so that the curve is known everywhere.

use std::ops::Range;

/// A range of similarities of which each pair has the same chance of being drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stratum {
    /// The lowest cosine of it. The next stratum begins where this one ends.
    pub low: f32,
    /// The highest cosine of its pairs.
    pub high: f32,
    /// How many pairs it has.
    pub pairs: usize,
    /// How many of them are drawn.
    pub drawn: usize,
}

/// A drawn pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picked {
    /// Its place among the similarities that were given.
    pub index: usize,
    /// The place of its stratum.
    pub stratum: usize,
}

/// Pairs to be judged.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draw {
    /// The strata, from the lowest up; none is empty.
    pub strata: Vec<Stratum>,
    /// The pairs in the order in which they are to be shown: round by round through all strata, so
    /// that also the first half of them says something of all.
    pub picked: Vec<Picked>,
}

/// About so many judgements a stratum.
const PER_STRATUM: usize = 5;
/// The most strata above, and below, the threshold.
const MOST_STRATA: usize = 16;
/// One judgement of so many is below the threshold, where a lower one would begin.
const BELOW: usize = 4;
/// The small ranges that strata are made of, at least; they end at round numbers.
const RANGES: f64 = 100.0;

/// Draws `n` of the pairs with these similarities, or all of them where they are not more. The same
/// similarities in the same order, threshold and seed give the same pairs; none comes twice. A
/// similarity that is no number is never drawn.
pub fn draw(similarities: &[f32], threshold: f32, n: usize, seed: u64) -> Draw {
    let finite = |&index: &usize| similarities[index].is_finite();
    let mut order: Vec<usize> = (0..similarities.len()).filter(finite).collect();
    order.sort_by(|&a, &b| similarities[a].total_cmp(&similarities[b]).then(a.cmp(&b)));
    let sorted: Vec<f32> = order.iter().map(|&index| similarities[index]).collect();
    let cut = sorted.partition_point(|&s| s < threshold);
    let (below, above) = places(cut, sorted.len() - cut, n);
    let mut strata = cut_evenly(&sorted, 0..cut, below);
    strata.extend(cut_by_roots(&sorted, cut..sorted.len(), above, threshold));
    let lower = strata.iter().filter(|(_, range)| range.end <= cut).count();
    let sizes: Vec<usize> = strata.iter().map(|(_, range)| range.len()).collect();
    let mut drawn = allocate(&sizes[..lower], below, 0.0);
    drawn.extend(allocate(&sizes[lower..], above, 2.0 / 3.0));
    let mut random = Random(seed);
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for ((_, range), &drawn) in strata.iter().zip(&drawn) {
        let mut rows_of: Vec<usize> = order[range.clone()].to_vec();
        random.shuffle(&mut rows_of);
        rows_of.truncate(drawn);
        rows.push(rows_of);
    }
    let stratum = |((low, range), &drawn): (&(f32, Range<usize>), &usize)| Stratum {
        low: *low,
        high: sorted[range.end - 1],
        pairs: range.len(),
        drawn,
    };
    Draw {
        strata: strata.iter().zip(&drawn).map(stratum).collect(),
        picked: rounds(&rows, &mut random),
    }
}

/// How many of `n` go below and above the threshold. What one side has no pairs for goes to the
/// other.
fn places(below: usize, above: usize, n: usize) -> (usize, usize) {
    let wanted = (n / BELOW).min(below);
    let up = (n - wanted).min(above);
    ((n - up).min(below), up)
}

/// Where strata begin and which of the sorted similarities they have; equally wide.
fn cut_evenly(sorted: &[f32], range: Range<usize>, n: usize) -> Vec<(f32, Range<usize>)> {
    cut(sorted, range, n, None, &|_| 1.0)
}

/// The same, of equal sums of the roots of the numbers of pairs.
fn cut_by_roots(
    sorted: &[f32],
    range: Range<usize>,
    n: usize,
    low: f32,
) -> Vec<(f32, Range<usize>)> {
    cut(sorted, range, n, Some(low), &|pairs| (pairs as f64).sqrt())
}

/// Small ranges that end at round numbers, put together to strata of about the same weight. The
/// first begins at `low`, where that is said and there are pairs below it, else at the round number below the lowest pair.
fn cut(
    sorted: &[f32],
    range: Range<usize>,
    n: usize,
    low: Option<f32>,
    weight: &dyn Fn(usize) -> f64,
) -> Vec<(f32, Range<usize>)> {
    if range.is_empty() {
        return Vec::new();
    }
    let (first, last) = (sorted[range.start], sorted[range.end - 1]);
    let low = low.filter(|low| low.is_finite() && range.start > 0);
    let wanted = (n / PER_STRATUM).clamp(1, MOST_STRATA);
    let edges = edges(low, first, last);
    let at = |edge: f32| range.start + sorted[range.clone()].partition_point(|&s| s < edge);
    let bounds: Vec<usize> = edges.iter().map(|&edge| at(edge)).collect();
    let ends = || bounds.iter().copied().skip(1).chain([range.end]);
    let weights: Vec<f64> = bounds
        .iter()
        .zip(ends())
        .map(|(&a, b)| weight(b - a))
        .collect();
    let total: f64 = weights.iter().sum();
    let mut strata: Vec<(f32, Range<usize>)> = vec![(edges[0], range.start..range.start)];
    let mut sum = 0.0;
    for ((&edge, end), weight) in edges.iter().zip(ends()).zip(weights) {
        let open = strata.len() - 1;
        let due = sum >= total * strata.len() as f64 / wanted as f64 - 1e-9;
        let filled = !strata[open].1.is_empty();
        if due && filled && end > strata[open].1.end {
            let begin = strata[open].1.end;
            strata.push((edge, begin..begin));
        }
        let open = strata.len() - 1;
        strata[open].1.end = end;
        sum += weight;
    }
    strata
}

/// `low`, or the round number at or below `first`, and the round numbers from there up to `last`,
/// about [`RANGES`] or a few times that.
fn edges(low: Option<f32>, first: f32, last: f32) -> Vec<f32> {
    let start = low.unwrap_or(first);
    let span = f64::from(last) - f64::from(start);
    let step = 10f64.powf((span / RANGES).log10().floor());
    if !step.is_normal() {
        return vec![start];
    }
    let round = |i: i64| (i as f64 * step) as f32;
    let mut place = (f64::from(start) / step).round() as i64;
    if round(place) > start {
        place -= 1;
    }
    let rest = (place + 1..).map(round).take_while(|&edge| edge <= last);
    let mut edges = vec![low.unwrap_or(round(place))];
    edges.extend(rest.filter(|&edge| edge > start));
    edges.dedup();
    edges
}

/// Shares `n` places out among strata of these sizes, one by one to the one that lacks most; a part
/// of them by size and the rest evenly. No stratum gets more than it has.
fn allocate(sizes: &[usize], n: usize, by_size: f64) -> Vec<usize> {
    let all: usize = sizes.iter().sum();
    let even = 1.0 / sizes.len().max(1) as f64;
    let wish = |size: usize| by_size * size as f64 / all.max(1) as f64 + (1.0 - by_size) * even;
    let mut drawn = vec![0usize; sizes.len()];
    for _ in 0..n.min(all) {
        let lacks = |&i: &usize| wish(sizes[i]) / (drawn[i] + 1) as f64;
        let open = (0..sizes.len()).filter(|&i| drawn[i] < sizes[i]);
        // Of equals the first.
        let next = open.rev().max_by(|a, b| lacks(a).total_cmp(&lacks(b)));
        if let Some(next) = next {
            drawn[next] += 1;
        }
    }
    drawn
}

fn rounds(rows: &[Vec<usize>], random: &mut Random) -> Vec<Picked> {
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut picked = Vec::new();
    for round in 0..longest {
        let mut turn: Vec<Picked> = rows
            .iter()
            .enumerate()
            .filter_map(|(stratum, rows)| {
                let index = *rows.get(round)?;
                Some(Picked { index, stratum })
            })
            .collect();
        random.shuffle(&mut turn);
        picked.extend(turn);
    }
    picked
}

/// SplitMix64 (Steele, Lea and Flood, 2014): a few lines whose numbers no update changes.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A number below `n`, each with a chance that differs by less than n / 2^64.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    fn spread(n: usize) -> Vec<f32> {
        (0..n)
            .map(|i| 0.7 + 0.3 * (i as f32 / n as f32).powi(2))
            .collect()
    }

    #[test]
    fn few_pairs_are_all_drawn() {
        let few = [0.9, 0.8, 0.75, 0.99, f32::NAN];
        let draw = draw(&few, 0.82, 100, 1);
        let picked: BTreeSet<usize> = draw.picked.iter().map(|picked| picked.index).collect();
        assert_eq!(picked, BTreeSet::from([0, 1, 2, 3]));
        assert_eq!(super::draw(&[], 0.8, 100, 1), Draw::default());
        assert_eq!(super::draw(&few, 0.8, 0, 1).picked, []);
    }

    #[test]
    fn strata_begin_at_the_threshold_and_at_round_numbers() {
        let draw = draw(&spread(20_000), 0.8237, 100, 7);
        assert_eq!(draw.picked.len(), 100);
        let lows: Vec<f32> = draw.strata.iter().map(|stratum| stratum.low).collect();
        assert_eq!(lows[0], 0.7);
        assert!(lows.contains(&0.8237));
        let round = |low: &&f32| ((**low * 1000.0).round() / 1000.0 - **low).abs() < 1e-6;
        assert_eq!(
            lows.iter().filter(round).count(),
            lows.len() - 1,
            "{lows:?}"
        );
        let at = lows
            .iter()
            .position(|&low| low == 0.8237)
            .expect("it is there");
        let below: usize = draw.strata[..at].iter().map(|stratum| stratum.drawn).sum();
        assert_eq!((below, draw.strata.len() > 12), (25, true));
    }

    #[test]
    fn every_pair_of_a_stratum_has_the_same_chance() {
        let pairs = spread(60);
        let mut times = vec![0; pairs.len()];
        for seed in 0..4000 {
            for picked in draw(&pairs, 0.8, 20, seed).picked {
                times[picked.index] += 1;
            }
        }
        for stratum in draw(&pairs, 0.8, 20, 0).strata {
            let expected = 4000.0 * stratum.drawn as f64 / stratum.pairs as f64;
            for (index, _) in pairs
                .iter()
                .enumerate()
                .filter(|(_, s)| (stratum.low..=stratum.high).contains(s))
            {
                let off = (f64::from(times[index]) - expected).abs();
                // Five standard deviations of a binomial count.
                assert!(
                    off < 5.0 * 1000f64.sqrt(),
                    "{index}: {} of {expected}",
                    times[index]
                );
            }
        }
    }

    #[test]
    fn the_first_half_says_something_of_all() {
        let draw = draw(&spread(5000), 0.8, 100, 3);
        let seen: BTreeSet<usize> = draw.picked[..50]
            .iter()
            .map(|picked| picked.stratum)
            .collect();
        assert_eq!(seen.len(), draw.strata.len());
    }

    proptest! {
        #[test]
        fn strata_hold_all_pairs_and_none_is_drawn_twice(
            pairs in prop::collection::vec(prop_oneof![
                0.7f32..1.0, Just(1.0f32), Just(0.82f32), -1.0f32..1.0, 0.99999f32..1.0
            ], 0..400),
            threshold in prop_oneof![0.7f32..1.0, Just(0.82f32), Just(-1.0f32), Just(2.0f32)],
            n in 0usize..150,
            seed in any::<u64>(),
        ) {
            let drawn = draw(&pairs, threshold, n, seed);
            prop_assert_eq!(drawn.picked.len(), n.min(pairs.len()));
            let places: BTreeSet<usize> = drawn.picked.iter().map(|p| p.index).collect();
            prop_assert_eq!(places.len(), drawn.picked.len());
            let lows: Vec<f32> = drawn.strata.iter().map(|stratum| stratum.low).collect();
            prop_assert!(lows.windows(2).all(|two| two[0] < two[1]), "{:?}", lows);
            let of = |s: f32| lows.partition_point(|&low| low <= s) - 1;
            let mut counts = vec![0; lows.len()];
            for &pair in &pairs {
                counts[of(pair)] += 1;
            }
            let sizes: Vec<usize> = drawn.strata.iter().map(|stratum| stratum.pairs).collect();
            prop_assert_eq!(counts, sizes.clone());
            prop_assert!(sizes.iter().all(|&size| size > 0));
            for (place, stratum) in drawn.strata.iter().enumerate() {
                let here = drawn.picked.iter().filter(|picked| picked.stratum == place);
                prop_assert_eq!(here.clone().count(), stratum.drawn);
                for picked in here {
                    prop_assert_eq!(of(pairs[picked.index]), place);
                }
            }
            prop_assert_eq!(draw(&pairs, threshold, n, seed), drawn);
        }
    }
}
