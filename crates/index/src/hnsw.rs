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
//!
//! Points are row numbers, so the vectors are not copied.

use hnsw_rs::prelude::{Distance, Hnsw};
use lookalike_types::VectorTable;

use crate::collect::{Collected, Collector, Goal, Shared};
use crate::join::JoinPlan;
use crate::score::similarity;
use crate::seed::Random;
use crate::view::View;
use crate::{exact, pool, repair};

/// The number of layers that `hnsw_rs` is written for.
const LAYERS: usize = 16;
/// Neighbours asked for at first.
const NEIGHBOURS: usize = 32;
/// Rows that one task searches.
const SEARCHES: usize = 256;
/// What `1 - similarity` in f32 may hide of the similarity.
const ROUNDING: f32 = 1e-6;

/// The pairs of `table` that `goal` wants, as far as the graph leads there. The rows and the plan
/// must have been checked.
pub(crate) fn join(
    table: &dyn VectorTable,
    goal: Goal,
    plan: &JoinPlan,
    progress: &dyn Fn(f64),
) -> Collected {
    let classes = repair::equal_rows(table);
    let firsts: Vec<u32> = classes.iter().map(|class| class[0]).collect();
    let view = View {
        table,
        rows: &firsts,
    };
    let mut edges = candidates(&view, goal, plan, progress);
    edges.mend(&view, goal.floor, plan.threads);
    let shared = Shared::new(goal);
    let mut collector = Collector::new(&shared);
    expand(&view, &classes, &edges.pairs, &mut collector);
    let collected = shared.merge(vec![collector]);
    let all = table.len() * table.len().saturating_sub(1) / 2;
    if collected.pairs.len() >= goal.top.min(all) {
        return collected;
    }
    // More of the most alike were asked for than the graph knows neighbours.
    exact::join(table, None, goal, plan.threads, &|_| ())
}

/// Offers each candidate pair of classes as all its pairs of rows, and the pairs inside a class.
fn expand(
    view: &View<'_>,
    classes: &[Vec<u32>],
    pairs: &[(u32, u32)],
    collector: &mut Collector<'_>,
) {
    for class in classes.iter().filter(|class| class.len() > 1) {
        let row = view.table.row(class[0] as usize);
        let same = similarity(row, row);
        for (i, a) in class.iter().enumerate() {
            for b in &class[i + 1..] {
                collector.offer(*a, *b, same);
            }
        }
    }
    for (a, b) in pairs {
        let similarity = similarity(view.row(*a as usize), view.row(*b as usize));
        for x in &classes[*a as usize] {
            for y in &classes[*b as usize] {
                collector.offer(*x, *y, similarity);
            }
        }
    }
}

/// Builds the graph and asks every row for its neighbours.
fn candidates(
    view: &View<'_>,
    goal: Goal,
    plan: &JoinPlan,
    progress: &dyn Fn(f64),
) -> repair::Candidates {
    let n = view.len();
    let graph = build(view, plan, &|share| progress(share * 0.6));
    let found = pool::run(
        plan.threads,
        n.div_ceil(SEARCHES),
        repair::Candidates::default,
        |found, task| {
            for row in task * SEARCHES..n.min((task + 1) * SEARCHES) {
                search(&graph, row, goal, plan.hnsw.ef_search, found);
            }
        },
        &|share| progress(0.6 + share * 0.4),
    );
    repair::Candidates::union(found)
}

fn build<'a>(
    view: &'a View<'a>,
    plan: &JoinPlan,
    progress: &dyn Fn(f64),
) -> Hnsw<'a, u32, ByRow<'a>> {
    let n = view.len();
    let options = &plan.hnsw;
    let graph = Hnsw::new(
        options.connections,
        n.max(1),
        LAYERS,
        options.ef_construction,
        ByRow(view),
    );
    for (i, row) in Random::new(plan.seed).pick(n, n).into_iter().enumerate() {
        graph.insert_slice((&[row], row as usize));
        if i % SEARCHES == 0 {
            progress(i as f64 / n as f64);
        }
    }
    graph
}

/// Adds the neighbours of `row` at or above the floor, or all that were met where the most alike
/// are wanted too.
fn search(
    graph: &Hnsw<'_, u32, ByRow<'_>>,
    row: usize,
    goal: Goal,
    ef: usize,
    found: &mut repair::Candidates,
) {
    let n = graph.get_nb_point();
    let reach = 1.0 - goal.floor + ROUNDING;
    let mut k = NEIGHBOURS.min(n);
    let hits = loop {
        let hits = graph.search(&[row as u32], k, ef.max(k));
        let ends = hits.last().is_none_or(|last| last.distance > reach);
        if ends || hits.len() < k || k == n {
            break hits;
        }
        k = (2 * k).min(n);
    };
    if !hits.iter().any(|hit| hit.d_id == row) {
        found.lost.push(row as u32);
    }
    for hit in hits {
        let other = hit.d_id;
        if other != row && (goal.top > 0 || hit.distance <= reach) {
            found.add(row as u32, other as u32);
        }
    }
}

/// Distance of two rows by their numbers: 1 - cosine, never below 0.
struct ByRow<'a>(&'a View<'a>);

impl Distance<u32> for ByRow<'_> {
    fn eval(&self, a: &[u32], b: &[u32]) -> f32 {
        1.0 - similarity(self.0.row(a[0] as usize), self.0.row(b[0] as usize))
    }
}
