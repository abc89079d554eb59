//! The graph engine: the only file that knows `hnsw_rs`.
//!
//! The graph gives candidates and nothing else; every pair is scored again by [`dot`](crate::dot).
//! Each guard below answers a fault of `hnsw_rs` 0.3.5 that was reproduced:
//!
//! | guard | because otherwise |
//! |---|---|
//! | rows are checked before ([`check`](crate::score::check)), the distance is clamped | a NaN row is at distance 0 from everything, or panics; rounding below 0 panics |
//! | parameters are checked before | more than 256 links end the process, 256 wrap to none |
//! | only `new`, `insert_slice`, `search` are called | others print to standard output; dump and reload change the graph, panic, or read past a buffer |
//! | bit-equal rows are one point | 500 equal rows push 27 others out of the graph |
//! | the order of insertion is shuffled | rows that come cluster by cluster leave clusters unlinked |
//! | one thread inserts | parallel insertion gives another graph each time |
//! | k grows until the last hit is below the floor | the k nearest of a burst are all in the burst |
//! | [`repair`](crate::repair) | near-equal bursts lose 30 % of their pairs, and neighbours |
//! | the sample's recall is looked at, and `ef` doubled where it is low | rows without structure need far more candidates than others |
//!
//! The points of the graph are sketches: they are a tenth of the size of the vectors, their distance
//! costs a tenth, and it never says "far" of a pair that is near.

use hnsw_rs::prelude::{Distance, Hnsw};

use crate::collect::{Collected, Collector, Goal, Shared};
use crate::filter::{self, Sketched};
use crate::join::JoinPlan;
use crate::order::{Order, Scope};
use crate::repair::{Candidates, Classes};
use crate::score::similarity;
use crate::seed::Random;
use crate::{pool, recall};

/// The number of layers that `hnsw_rs` is written for.
const LAYERS: usize = 16;
/// Rows that one task searches.
const SEARCHES: usize = 256;
/// The recall of the sample below which rows are searched again with more candidates.
const RECALL: f64 = 0.9995;
/// Rows whose pairs it is measured on: of 2,000 it did not see that 0.9988 was less.
const SAMPLED: usize = 20_000;
/// Candidates at the most.
const WIDEST: usize = 2048;
/// Neighbours asked for at the most: who has more is in a burst, whose pairs are found by mending.
const CROWD: usize = 1024;

/// The pairs of the rows that `goal` wants, as far as the graph leads there. The rows and the plan
/// must have been checked.
pub(crate) fn join(
    rows: Sketched<'_>,
    order: &Order,
    (scope, goal): (Scope<'_>, Goal),
    plan: &JoinPlan,
    progress: &dyn Fn(f64),
) -> Collected {
    let classes = Classes::of(rows);
    let points = Points {
        sketched: rows,
        rows: &classes.firsts,
    };
    let graph = points.build(plan, &|share| progress(share * 0.6));
    let sampled = JoinPlan {
        recall_sample: SAMPLED,
        ..*plan
    };
    let truth = recall::truth(rows, scope, &sampled, plan.seed ^ 4);
    let mut ef = plan.hnsw.ef_search;
    let mut share = 0.6;
    let at_floor = Goal { top: 0, ..goal };
    let to_mend = to_mend(scope, at_floor);
    loop {
        let mut found = points.candidates(&graph, at_floor, (ef, plan.threads));
        share += (1.0 - share) / 2.0;
        progress(share);
        found.mend(rows, points.rows, to_mend, plan.threads);
        let collected = expand(rows, (scope, at_floor), &classes, &found.pairs);
        let enough = recall::share(&truth, &collected.pairs) >= RECALL || 2 * ef > WIDEST;
        if collected.over
            || enough && collected.pairs.len() as f64 >= order.pairs().min(goal.top as f64)
        {
            return collected;
        }
        if enough {
            // More of the most alike were asked for than lie at the floor. Below it the graph found
            // 56 % of them among rows of full rank, and nothing measures that.
            return filter::join(rows, order, goal, plan.threads, &|_| ());
        }
        ef *= 2;
    }
}

/// What is mended. A row stands for its equals, so what a part of the pairs wants of it is not known
/// before, and pairs that are not wanted must not count.
fn to_mend(scope: Scope<'_>, at_floor: Goal) -> Goal {
    match scope {
        Scope::All => at_floor,
        Scope::Fresh(_) | Scope::Between(_) => Goal::above(at_floor.floor),
    }
}

/// Scores each candidate pair of classes as all its pairs of rows, and the pairs inside a class.
fn expand(
    rows: Sketched<'_>,
    (scope, goal): (Scope<'_>, Goal),
    classes: &Classes,
    pairs: &[(u32, u32)],
) -> Collected {
    let shared = Shared::new(goal);
    let mut collector = Collector::new(&shared);
    let mut offer = |a: u32, b: u32, similarity: f32| {
        if scope.wants(a, b) {
            collector.offer(a, b, similarity);
        }
    };
    let row = |row: u32| rows.table.row(row as usize);
    for first in classes
        .firsts
        .iter()
        .filter(|row| classes.others.contains_key(row))
    {
        let same = similarity(row(*first), row(*first));
        let class: Vec<u32> = classes.members(*first).collect();
        for (i, a) in class.iter().enumerate() {
            class[i + 1..].iter().for_each(|b| offer(*a, *b, same));
        }
    }
    for (a, b) in pairs {
        let similarity = similarity(row(*a), row(*b));
        for x in classes.members(*a) {
            classes.members(*b).for_each(|y| offer(x, y, similarity));
        }
    }
    shared.merge(vec![collector])
}

/// Rows as points of a graph.
struct Points<'a> {
    sketched: Sketched<'a>,
    rows: &'a [u32],
}

impl Points<'_> {
    fn sketch(&self, row: u32, values: &mut Vec<i8>) {
        values.clear();
        self.sketched.sketches.last(row, values);
    }

    fn build(&self, plan: &JoinPlan, progress: &dyn Fn(f64)) -> Hnsw<'static, i8, Bounded> {
        let n = self.rows.len();
        let options = &plan.hnsw;
        let distance = Bounded {
            unit: self.sketched.sketches.sketcher.bound(1) as f32,
        };
        let graph = Hnsw::new(
            options.connections,
            n.max(1),
            LAYERS,
            options.ef_construction,
            distance,
        );
        let mut values = Vec::new();
        for (i, point) in Random::new(plan.seed).pick(n, n).into_iter().enumerate() {
            let row = self.rows[point as usize];
            self.sketch(row, &mut values);
            graph.insert_slice((&values, row as usize));
            if i % SEARCHES == 0 {
                progress(i as f64 / n as f64);
            }
        }
        graph
    }

    /// Asks every point for its neighbours.
    fn candidates(
        &self,
        graph: &Hnsw<'_, i8, Bounded>,
        goal: Goal,
        (ef, threads): (usize, usize),
    ) -> Candidates {
        let tasks: Vec<&[u32]> = self.rows.chunks(SEARCHES).collect();
        let found = pool::run(
            threads,
            tasks.len(),
            Candidates::default,
            |found, task| {
                for row in tasks[task] {
                    self.search(graph, (*row, ef), goal, found);
                }
            },
            &|_| (),
        );
        Candidates::union(found)
    }

    /// Adds the neighbours of a row that may reach the floor.
    fn search(
        &self,
        graph: &Hnsw<'_, i8, Bounded>,
        (row, ef): (u32, usize),
        goal: Goal,
        found: &mut Candidates,
    ) {
        let n = self.rows.len();
        let mut values = Vec::new();
        self.sketch(row, &mut values);
        let reach = 1.0 - self.sketched.sketches.sketcher.least_bound(goal.floor) as f32;
        // The graph has looked at `ef` of them anyway.
        let mut k = ef.min(n);
        let hits = loop {
            let hits = graph.search(&values, k, k);
            let ends = hits.last().is_none_or(|last| last.distance > reach);
            if ends || hits.len() < k || k == n || k >= CROWD {
                break hits;
            }
            k = (2 * k).min(n);
        };
        if !hits.iter().any(|hit| hit.d_id == row as usize) {
            found.lost.push(row);
        }
        for hit in hits {
            let other = hit.d_id as u32;
            if other != row && hit.distance <= reach {
                found.add(row, other);
            }
        }
    }
}

/// Distance of two sketches: 1 - the bound of their cosine, never below 0.
#[derive(Clone, Copy)]
struct Bounded {
    /// What a product of 1 stands for.
    unit: f32,
}

impl Distance<i8> for Bounded {
    fn eval(&self, a: &[i8], b: &[i8]) -> f32 {
        (1.0 - crate::sketch::product(a, b) as f32 * self.unit).max(0.0)
    }
}
