//! Cells of rows that lie near each other: k-means on sketches (Lloyd 1982), seeded.
//!
//! Everything here is counted in whole numbers: the values of a sketch are bytes, a centre is the
//! rounded mean of such values, and their products stay below 2²⁴, where f32 is exact. So cells do
//! not depend on the machine or on the number of threads.

use std::sync::{Mutex, PoisonError};

use crate::pool;
use crate::product::add_products;
use crate::seed::Random;
use crate::sketch::Sketches;

/// Rows of the sample for each cell: enough for a mean.
const ROWS_A_CELL: usize = 40;
/// More moved fewer than one row of a hundred to another cell.
const ROUNDS: usize = 8;
/// Rows that are held against all centres together.
const BATCH: usize = 128;

/// The centres of the cells.
pub(crate) struct Cells {
    width: usize,
    centres: Vec<f32>,
    /// Half of the squared lengths of the centres.
    halves: Vec<f32>,
}

impl Cells {
    /// About `count` cells for these sketches.
    pub(crate) fn fit(
        sketches: Sketches<'_>,
        rows: usize,
        count: usize,
        (threads, seed): (usize, u64),
    ) -> Self {
        let mut random = Random::new(seed ^ 2);
        let sample = random.pick(rows, count * ROWS_A_CELL);
        let width = sketches.sketcher.values();
        let mut centres = Vec::with_capacity(count * width);
        for row in sample.iter().take(count) {
            sketches.values(*row, &mut centres);
        }
        let mut cells = Self::new(width, centres);
        for _ in 0..ROUNDS {
            let homes = cells.nearest(sketches, |i| sample[i], sample.len(), (1, threads));
            cells = cells.moved(sketches, &sample, &homes);
        }
        cells
    }

    fn new(width: usize, centres: Vec<f32>) -> Self {
        let half = |centre: &[f32]| centre.iter().map(|v| v * v).sum::<f32>() / 2.0;
        let halves = centres.chunks_exact(width).map(half).collect();
        Self {
            width,
            centres,
            halves,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.halves.len()
    }

    /// Centres at the rounded means of their rows; those without rows stay.
    fn moved(&self, sketches: Sketches<'_>, rows: &[u32], homes: &[u32]) -> Self {
        let mut sums = vec![0i64; self.centres.len()];
        let mut counts = vec![0i64; self.len()];
        let mut values = Vec::new();
        for (row, home) in rows.iter().zip(homes) {
            let home = *home as usize;
            counts[home] += 1;
            values.clear();
            sketches.values(*row, &mut values);
            let sums = &mut sums[home * self.width..(home + 1) * self.width];
            for (sum, value) in sums.iter_mut().zip(&values) {
                *sum += *value as i64;
            }
        }
        let mut centres = self.centres.clone();
        for ((centre, sums), count) in centres
            .chunks_exact_mut(self.width)
            .zip(sums.chunks_exact(self.width))
            .zip(&counts)
            .filter(|(_, count)| **count > 0)
        {
            for (value, sum) in centre.iter_mut().zip(sums) {
                *value = (*sum as f64 / *count as f64).round_ties_even() as f32;
            }
        }
        Self::new(self.width, centres)
    }

    /// The `p` nearest cells of each of these rows, row after row, the nearest first; of equals the
    /// lower number. `p` is at most the number of cells.
    pub(crate) fn nearest(
        &self,
        sketches: Sketches<'_>,
        rows: impl Fn(usize) -> u32 + Sync,
        count: usize,
        (p, threads): (usize, usize),
    ) -> Vec<u32> {
        let mut ranked = vec![0u32; count * p];
        let batches: Vec<_> = ranked.chunks_mut(BATCH * p).map(Mutex::new).collect();
        pool::run(
            threads,
            batches.len(),
            Scratch::default,
            |scratch, batch| {
                let mut slots = batches[batch]
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                let first = batch * BATCH;
                let some: Vec<u32> = (first..first + slots.len() / p).map(&rows).collect();
                let mut slots = slots.chunks_exact_mut(p);
                self.rank(sketches, &some, p, scratch, &mut |cells| {
                    if let Some(slot) = slots.next() {
                        slot.copy_from_slice(cells);
                    }
                });
            },
            &|_| (),
        );
        drop(batches);
        ranked
    }

    /// Tells the `p` nearest cells of each of a few rows, in their order.
    pub(crate) fn rank(
        &self,
        sketches: Sketches<'_>,
        rows: &[u32],
        p: usize,
        scratch: &mut Scratch,
        told: &mut dyn FnMut(&[u32]),
    ) {
        self.score(sketches, rows, scratch);
        for scores in scratch.scores.chunks_exact(self.len()) {
            best(scores, p.min(self.len()), &mut scratch.best);
            scratch.cells.clear();
            scratch
                .cells
                .extend(scratch.best.iter().map(|(_, cell)| *cell));
            told(&scratch.cells);
        }
    }

    /// How many cells are nearer to `row` than each of these, which gives its place from 0 on.
    pub(crate) fn places(
        &self,
        sketches: Sketches<'_>,
        row: u32,
        cells: &[u32],
        scratch: &mut Scratch,
    ) -> Vec<usize> {
        self.score(sketches, &[row], scratch);
        let scores = &scratch.scores;
        let nearer = |cell: u32| {
            let (score, before) = (scores[cell as usize], &scores[..cell as usize]);
            let equal = before.iter().filter(|s| **s == score).count();
            equal + scores.iter().filter(|s| **s > score).count()
        };
        cells.iter().map(|cell| nearer(*cell)).collect()
    }

    /// The nearer the cell the higher: x·c - |c|²/2, for each of a few rows.
    fn score(&self, sketches: Sketches<'_>, rows: &[u32], scratch: &mut Scratch) {
        let Scratch { values, scores, .. } = scratch;
        values.clear();
        rows.iter().for_each(|row| sketches.values(*row, values));
        scores.clear();
        for _ in rows {
            scores.extend(self.halves.iter().map(|half| -half));
        }
        let sides = (
            (values.as_slice(), self.width),
            (self.centres.as_slice(), self.width),
        );
        add_products(sides.0, sides.1, 0..self.width, scores, self.len());
    }
}

/// Memory for ranking.
#[derive(Default)]
pub(crate) struct Scratch {
    values: Vec<f32>,
    scores: Vec<f32>,
    best: Vec<(f32, u32)>,
    cells: Vec<u32>,
}

/// The `p` highest scores and their places, the highest first; of equals the first place.
fn best(scores: &[f32], p: usize, best: &mut Vec<(f32, u32)>) {
    best.clear();
    let mut last = f32::NEG_INFINITY;
    for (chunk, scores) in scores.chunks(16).enumerate() {
        // The largest of a chunk is found by whole registers; most chunks end here.
        let most = scores
            .iter()
            .fold(f32::NEG_INFINITY, |most, s| most.max(*s));
        if best.len() == p && most <= last {
            continue;
        }
        for (i, score) in scores.iter().enumerate() {
            if best.len() == p && *score <= last {
                continue;
            }
            let place = best.partition_point(|(s, _)| s >= score);
            best.insert(place, (*score, (chunk * 16 + i) as u32));
            best.truncate(p);
            last = best[best.len() - 1].0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_best_are_the_first_of_a_sorted_list(
            scores in proptest::collection::vec(0u8..20, 1..80),
            p in 1usize..90,
        ) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            let mut wanted: Vec<(f32, u32)> = scores.iter().copied().zip(0..).collect();
            wanted.sort_by(|x, y| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1)));
            wanted.truncate(p);
            let mut found = Vec::new();
            best(&scores, p.min(scores.len()), &mut found);
            prop_assert_eq!(found, wanted);
        }
    }
}
