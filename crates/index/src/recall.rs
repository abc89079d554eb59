//! How many of the pairs an engine found, measured on a sample of rows.

use lookalike_types::NearPair;

use crate::collect::Goal;
use crate::filter::{self, Sketched};
use crate::group::group;
use crate::join::JoinPlan;
use crate::order::{Order, Scope};
use crate::seed::Random;

/// The share of the true pairs that were found, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recall {
    /// Found pairs over true pairs of the sample; 1 where the sample holds no pair.
    pub estimate: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
    /// True pairs that the sample holds. 0 with `low` 0 and `high` 1: nothing can be said. 0 with
    /// `low` 1: nothing had to be measured, the engine is exact.
    pub sample: u64,
}

impl Recall {
    /// The recall of an engine that compares all rows.
    pub(crate) fn complete() -> Self {
        Self {
            estimate: 1.0,
            low: 1.0,
            high: 1.0,
            sample: 0,
        }
    }
}

/// The wanted pairs at or above the threshold of the rows that the seed picks, with all others; none
/// where they are more than the memory of the plan holds.
pub(crate) fn truth(
    rows: Sketched<'_>,
    scope: Scope<'_>,
    plan: &JoinPlan,
    seed: u64,
) -> Vec<NearPair> {
    let n = rows.table.len();
    let mut sampled = vec![false; n];
    for row in Random::new(seed).pick(n, plan.recall_sample) {
        sampled[row as usize] = true;
    }
    let goal = Goal {
        most: plan.most(),
        ..Goal::above(plan.threshold.max(plan.floor))
    };
    let order = Order::new(n, Scope::Fresh(&sampled));
    let found = filter::join(rows, &order, goal, plan.threads, &|_| ());
    if found.over {
        return Vec::new();
    }
    let mut pairs = found.pairs;
    pairs.retain(|pair| scope.wants(pair.a, pair.b));
    pairs
}

/// The share of `truth` that is in `found`, which is sorted by (a, b); 1 where there is none.
pub(crate) fn share(truth: &[NearPair], found: &[NearPair]) -> f64 {
    hits(truth, found) as f64 / truth.len().max(1) as f64 + f64::from(truth.is_empty())
}

fn hits(truth: &[NearPair], found: &[NearPair]) -> usize {
    let is_found = |p: &&NearPair| {
        found
            .binary_search_by_key(&(p.a, p.b), |f| (f.a, f.b))
            .is_ok()
    };
    truth.iter().filter(is_found).count()
}

/// How many of the true pairs of a sample were found, sorted by (a, b).
///
/// Pairs of one group of copies are missed or found together, so they are no independent
/// observations. The interval is Wilson's (1927) for as many observations as Kish's (1965)
/// effective number of equal clusters, (Σe)² / Σe² over the groups, e being a group's pairs in the
/// sample. That takes the pairs of a group as one observation in the worst case, so the interval
/// is wide rather than wrong, and is still one where nothing was missed.
pub(crate) fn measure(rows: usize, truth: &[NearPair], found: &[NearPair]) -> Recall {
    estimate(hits(truth, found), truth.len(), effective(rows, truth))
}

/// Kish's effective number of clusters, the clusters being the groups that the pairs form.
fn effective(rows: usize, pairs: &[NearPair]) -> f64 {
    let groups = group(rows, pairs.iter().map(|p| (p.a, p.b, p.similarity)));
    let mut group_of = vec![0; rows];
    for (i, group) in groups.iter().enumerate() {
        for row in &group.members {
            group_of[*row as usize] = i;
        }
    }
    let mut sizes = vec![0.0f64; groups.len()];
    for pair in pairs {
        sizes[group_of[pair.a as usize]] += 1.0;
    }
    let squares: f64 = sizes.iter().map(|e| e * e).sum();
    (pairs.len() as f64).powi(2) / squares.max(1.0)
}

fn estimate(hits: usize, pairs: usize, observations: f64) -> Recall {
    if pairs == 0 {
        return Recall {
            low: 0.0,
            ..Recall::complete()
        };
    }
    let share = hits as f64 / pairs as f64;
    let (low, high) = wilson(share, observations);
    Recall {
        estimate: share,
        low,
        high,
        sample: pairs as u64,
    }
}

/// Wilson's score interval at 95 % for a share among so many observations.
fn wilson(share: f64, observations: f64) -> (f64, f64) {
    let z = 1.959_964;
    let z2 = z * z / observations;
    let middle = (share + z2 / 2.0) / (1.0 + z2);
    let spread = (share * (1.0 - share) / observations + z2 / (4.0 * observations)).sqrt();
    let half = z * spread / (1.0 + z2);
    // The ends are exact where everything or nothing was found, but for rounding.
    let low = (middle - half).clamp(0.0, share);
    let high = (middle + half).clamp(share, 1.0);
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(x: f64, y: f64) -> bool {
        (x - y).abs() < 5e-4
    }

    #[test]
    fn wilson_gives_the_textbook_values() {
        // Newcombe (1998), table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (hits, n, low, high) in [
            (81.0, 263.0, 0.2553, 0.3662),
            (15.0, 148.0, 0.0624, 0.1605),
            (0.0, 20.0, 0.0, 0.1611),
            (1.0, 29.0, 0.0061, 0.1718),
        ] {
            let (l, h) = wilson(hits / n, n);
            assert!(near(l, low) && near(h, high), "{hits} of {n}: {l} {h}");
        }
    }

    #[test]
    fn an_empty_sample_says_nothing() {
        let recall = estimate(0, 0, 0.0);
        assert_eq!((recall.low, recall.high, recall.sample), (0.0, 1.0, 0));
    }

    #[test]
    fn a_burst_counts_as_one_observation() {
        let pair = |a, b| NearPair {
            a,
            b,
            similarity: 1.0,
        };
        let burst: Vec<_> = (1..20).map(|b| pair(0, b)).collect();
        assert_eq!(effective(40, &burst), 1.0);
        let apart: Vec<_> = (0..20).map(|a| pair(a, a + 20)).collect();
        assert_eq!(effective(40, &apart), 20.0);
        assert!(estimate(19, 19, 1.0).low < 0.25);
        assert!(estimate(20, 20, 20.0).low > 0.8);
    }

    /// Groups of pairs are found or missed as a whole with a known probability; the interval must
    /// hold it about 95 times of 100. The seeds are fixed, so the number is.
    #[test]
    fn the_interval_holds_the_truth_under_clustering() {
        let mut held = 0;
        for trial in 0..400 {
            let order = Random::new(trial).pick(1000, 100);
            let (mut hits, mut pairs, mut squares) = (0, 0, 0.0);
            for (i, draw) in order.iter().enumerate() {
                let size = 1 + i % 4;
                pairs += size;
                squares += (size * size) as f64;
                hits += if *draw < 900 { size } else { 0 };
            }
            let recall = estimate(hits, pairs, (pairs * pairs) as f64 / squares);
            held += i32::from(recall.low <= 0.9 && 0.9 <= recall.high);
        }
        assert!((368..=397).contains(&held), "{held} of 400");
    }
}
