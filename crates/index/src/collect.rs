//! Which pairs are kept: all at or above the floor, and the most alike where those are too few.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::Relaxed};

use lookalike_types::NearPair;

/// What a join is asked for: every pair at or above `floor`, and at least the `top` most alike, but
/// not more than `most` pairs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    pub(crate) floor: f32,
    pub(crate) top: usize,
    pub(crate) most: usize,
}

impl Goal {
    /// Every pair at or above a floor.
    pub(crate) fn above(floor: f32) -> Self {
        Self {
            floor,
            top: 0,
            most: usize::MAX,
        }
    }
}

/// What was collected: pairs by (a, b), and the similarity from which on none is missing.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) pairs: Vec<NearPair>,
    pub(crate) complete_to: f32,
    /// There are more pairs than may be: those that are here are some of them.
    pub(crate) over: bool,
}

/// What the collectors of all threads know together.
pub(crate) struct Shared {
    goal: Goal,
    /// Pairs at or above the floor so far.
    found: AtomicUsize,
    /// The key of a similarity that `top` pairs are known to reach.
    level: AtomicI32,
}

impl Shared {
    pub(crate) fn new(goal: Goal) -> Self {
        Self {
            goal,
            found: AtomicUsize::new(0),
            level: AtomicI32::new(key(-1.0)),
        }
    }

    /// The similarity below which no pair is wanted any more. It only ever rises.
    pub(crate) fn level(&self) -> f32 {
        if self.found.load(Relaxed) >= self.goal.top {
            self.goal.floor
        } else {
            value(self.level.load(Relaxed)).min(self.goal.floor)
        }
    }

    /// Whether there are more pairs than may be, so that the rest need not be looked for.
    pub(crate) fn is_over(&self) -> bool {
        self.found.load(Relaxed) > self.goal.most
    }

    /// The pairs of all collectors together, the same however they were dealt out.
    pub(crate) fn merge(&self, collectors: Vec<Collector<'_>>) -> Collected {
        let (found, best): (Vec<_>, Vec<_>) =
            collectors.into_iter().map(|c| (c.found, c.best)).unzip();
        let mut pairs = joined(found);
        let mut complete_to = self.goal.floor;
        if let Some(missing) = self.goal.top.checked_sub(pairs.len()).filter(|m| *m > 0) {
            let mut below: Vec<Ranked> = best.into_iter().flatten().map(|r| r.0).collect();
            below.sort_unstable_by(|x, y| y.cmp(x));
            // The last one may have equals that were cut off, so completeness starts above it.
            complete_to = match below.get(missing - 1) {
                Some(last) => last.0.similarity.next_up(),
                None => -1.0,
            };
            pairs.extend(below.iter().take(missing).map(|r| r.0));
        }
        pairs.sort_unstable_by_key(|p| (p.a, p.b));
        Collected {
            pairs,
            complete_to,
            over: self.is_over(),
        }
    }
}

/// The pairs that one thread met.
pub(crate) struct Collector<'a> {
    shared: &'a Shared,
    found: Vec<NearPair>,
    /// The most alike pairs below the floor, at most `top`, the least alike on top of the heap.
    best: BinaryHeap<Reverse<Ranked>>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        Self {
            shared,
            found: Vec::new(),
            best: BinaryHeap::new(),
        }
    }

    pub(crate) fn level(&self) -> f32 {
        self.shared.level()
    }

    /// Takes the pair where it is wanted. A pair must be offered once only, to one collector.
    pub(crate) fn offer(&mut self, a: u32, b: u32, similarity: f32) {
        let pair = NearPair {
            a: a.min(b),
            b: a.max(b),
            similarity,
        };
        if similarity >= self.shared.goal.floor {
            if self.shared.found.fetch_add(1, Relaxed) < self.shared.goal.most {
                self.found.push(pair);
            }
        } else if similarity >= self.level() {
            self.keep_best(Ranked(pair));
        }
    }

    fn keep_best(&mut self, pair: Ranked) {
        let top = self.shared.goal.top;
        self.best.push(Reverse(pair));
        if self.best.len() > top {
            self.best.pop();
        }
        if let Some(Reverse(last)) = self.best.peek().filter(|_| self.best.len() == top) {
            self.shared.level.fetch_max(key(last.0.similarity), Relaxed);
        }
    }
}

/// All of these in one list, without a second copy of the largest.
pub(crate) fn joined(mut lists: Vec<Vec<NearPair>>) -> Vec<NearPair> {
    lists.sort_by_key(Vec::len);
    let mut all = lists.pop().unwrap_or_default();
    all.reserve_exact(lists.iter().map(Vec::len).sum());
    for mut list in lists {
        all.append(&mut list);
    }
    all
}

/// Keeps every pair at or above a floor, for those who may meet a pair twice; not more than `most`.
pub(crate) struct Above {
    floor: f32,
    most: usize,
    pub(crate) pairs: Vec<NearPair>,
}

impl Above {
    pub(crate) fn new(goal: Goal) -> Self {
        Self {
            floor: goal.floor,
            most: goal.most,
            pairs: Vec::new(),
        }
    }

    /// Whether this one alone has met more pairs than may be.
    pub(crate) fn is_over(&self) -> bool {
        self.pairs.len() > self.most
    }
}

/// Where scored pairs go.
pub(crate) trait Sink {
    /// Pairs below this similarity are not wanted. It only ever rises.
    fn level(&self) -> f32;
    /// Takes a pair where it is wanted.
    fn offer(&mut self, a: u32, b: u32, similarity: f32);
}

impl Sink for Above {
    fn level(&self) -> f32 {
        self.floor
    }

    fn offer(&mut self, a: u32, b: u32, similarity: f32) {
        if similarity >= self.floor && !self.is_over() {
            let (a, b) = (a.min(b), a.max(b));
            self.pairs.push(NearPair { a, b, similarity });
        }
    }
}

impl Sink for Collector<'_> {
    fn level(&self) -> f32 {
        Collector::level(self)
    }

    fn offer(&mut self, a: u32, b: u32, similarity: f32) {
        Collector::offer(self, a, b, similarity);
    }
}

/// A pair in the order of similarity; of equals, the one with the smaller rows is the greater.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranked(pub(crate) NearPair);

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let (x, y) = (&self.0, &other.0);
        x.similarity
            .total_cmp(&y.similarity)
            .then_with(|| (y.a, y.b).cmp(&(x.a, x.b)))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

/// An integer that orders as the float does; [`value`] takes it back.
fn key(value: f32) -> i32 {
    let bits = value.to_bits() as i32;
    bits ^ (((bits >> 31) as u32) >> 1) as i32
}

fn value(key: i32) -> f32 {
    f32::from_bits((key ^ (((key >> 31) as u32) >> 1) as i32) as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_order_as_their_values(x in -1.0f32..1.0, y in -1.0f32..1.0) {
            prop_assert_eq!(key(x).cmp(&key(y)), x.total_cmp(&y));
            prop_assert_eq!(value(key(x)).to_bits(), x.to_bits());
        }

        /// Few different similarities make many ties.
        #[test]
        fn any_share_of_the_pairs_gives_the_same(
            steps in proptest::collection::vec((0u8..6, 0usize..3), 0..60),
            top in 0usize..70,
        ) {
            let goal = Goal { top, ..Goal::above(0.7) };
            let shared = Shared::new(goal);
            let mut collectors: Vec<_> = (0..3).map(|_| Collector::new(&shared)).collect();
            let mut all = Vec::new();
            for (i, (step, thread)) in steps.iter().enumerate() {
                let similarity = f32::from(*step) / 5.0;
                collectors[*thread].offer(i as u32, 100, similarity);
                all.push(Ranked(NearPair { a: i as u32, b: 100, similarity }));
            }
            all.sort_by(|x, y| y.cmp(x));
            let at_floor = all.iter().filter(|r| r.0.similarity >= 0.7).count();
            let mut wanted: Vec<_> = all.iter().take(at_floor.max(top)).map(|r| r.0).collect();
            wanted.sort_by_key(|p| p.a);
            let merged = shared.merge(collectors);
            prop_assert_eq!(&merged.pairs, &wanted);
            let complete = all.iter().filter(|r| r.0.similarity >= merged.complete_to).count();
            let held = wanted.iter().filter(|p| p.similarity >= merged.complete_to).count();
            prop_assert_eq!(complete, held);
        }
    }
}
