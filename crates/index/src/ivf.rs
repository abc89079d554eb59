//! The inverted-file engine: rows are put into cells, and each row is joined with the rows of the
//! few cells nearest to it.
//!
//! Every row has one home, the cell of the nearest centre, and is a guest of the next nearest. A cell
//! compares its members with each other and with its guests, so two rows meet where one of them
//! visits the home of the other. How many cells a row visits is not guessed: a sample of rows is
//! joined with all, and the number is the least at which the pairs of the sample would have been
//! found. A cell needs nothing but the rows that live in it and visit it, so cells may be dealt out
//! to as many machines as there are.

use lookalike_types::NearPair;

use crate::cells::{Cells, Scratch};
use crate::collect::{Above, Collected, Goal, joined};
use crate::filter::{self, Filter, Sketched};
use crate::join::JoinPlan;
use crate::order::{Order, Scope};
use crate::pool;
use crate::seed::Random;

/// Cells of one pass: the lists of guests are made for these at a time.
const PASSES: usize = 8;
/// Most cells a row visits. Beyond that the exact engine is cheaper.
const VISITS: usize = 64;

/// Rows whose pairs say how many cells to visit: enough pairs for a recall of 0.999 at one copy in
/// five rows.
const SAMPLED: usize = 20_000;

/// How the engine goes about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IvfOptions {
    /// Number of cells; 0 for the square root of the number of rows.
    pub cells: usize,
    /// The share of the true pairs that is aimed at, above 0 and at most 1.
    pub recall: f64,
}

impl Default for IvfOptions {
    fn default() -> Self {
        Self {
            cells: 0,
            recall: 0.999,
        }
    }
}

/// What is joined, and how.
#[derive(Clone, Copy)]
struct Work<'a> {
    rows: Sketched<'a>,
    scope: Scope<'a>,
    goal: Goal,
    plan: &'a JoinPlan,
}

/// The pairs of the rows that `goal` wants, as far as their cells meet. The rows and the plan must
/// have been checked.
pub(crate) fn join(
    rows: Sketched<'_>,
    order: &Order,
    (scope, goal): (Scope<'_>, Goal),
    plan: &JoinPlan,
    progress: &dyn Fn(f64),
) -> Collected {
    let work = Work {
        rows,
        scope,
        goal,
        plan,
    };
    let pairs = met(work, progress);
    if (pairs.len() as f64) < order.pairs().min(goal.top as f64) {
        // More of the most alike were asked for than lie at the floor.
        return filter::join(rows, order, goal, plan.threads, &|_| ());
    }
    Collected {
        over: pairs.len() > goal.most,
        pairs,
        complete_to: goal.floor,
    }
}

/// Pairs at or above the floor, sorted, each once.
fn met(work: Work<'_>, progress: &dyn Fn(f64)) -> Vec<NearPair> {
    let (n, sketches) = (work.rows.table.len(), work.rows.sketches);
    let (threads, seed) = (work.plan.threads, work.plan.seed);
    let count = match work.plan.ivf.cells {
        0 => (n as f64).sqrt().round() as usize,
        cells => cells,
    };
    let count = count.clamp(1, n);
    let cells = Cells::fit(sketches, n, count, (threads, seed));
    progress(0.1);
    let visits = visits(work, &cells);
    progress(0.2);
    let ranked = cells.nearest(sketches, |row| row as u32, n, (visits, threads));
    progress(0.3);
    let mut pairs = Vec::new();
    let width = count.div_ceil(PASSES);
    for (pass, first) in (0..count).step_by(width).enumerate() {
        let lists = Lists::of((&ranked, visits), first..count.min(first + width));
        let later = |share| progress(0.3 + 0.7 * (pass as f64 + share) / PASSES as f64);
        pairs.append(&mut meet(work, &lists, &later));
        if pairs.len() > work.goal.most {
            break;
        }
    }
    pairs.sort_unstable_by_key(|p| (p.a, p.b));
    pairs
}

/// How many visits a row may be given: half of the memory is left to the sketches and the pairs.
fn room(work: Work<'_>) -> usize {
    let sketches = work.rows.sketches.sketcher.stride() as u64;
    let left = (work.plan.memory / 2).saturating_sub(sketches * work.rows.table.len() as u64);
    let visit = size_of::<u32>() as u64 * work.rows.table.len() as u64;
    // A pass lists an eighth of the visits again.
    (left * 8 / 9 / visit.max(1)).max(1) as usize
}

/// The least number of cells to visit at which the sample's pairs would have met.
fn visits(work: Work<'_>, cells: &Cells) -> usize {
    let n = work.rows.table.len();
    let sampled = Random::new(work.plan.seed ^ 3).pick(n, SAMPLED);
    let mut flags = vec![false; n];
    sampled.iter().for_each(|row| flags[*row as usize] = true);
    let goal = Goal {
        top: 0,
        ..work.goal
    };
    let order = Order::new(n, Scope::Fresh(&flags));
    let found = filter::join(work.rows, &order, goal, work.plan.threads, &|_| ());
    let most = VISITS.min(room(work)).min(cells.len());
    if found.over {
        return most;
    }
    if found.pairs.is_empty() {
        return most.min(16);
    }
    let mut needed = needed(work, cells, &found.pairs);
    needed.sort_unstable();
    // Half of what may be missed is left to chance: the sample is not the table.
    let share = 1.0 - (1.0 - work.plan.ivf.recall) / 2.0;
    let last = (needed.len() as f64 * share).ceil() as usize;
    needed[last.clamp(1, needed.len()) - 1].clamp(1, most)
}

/// For each pair the number of cells that its rows must visit to meet.
fn needed(work: Work<'_>, cells: &Cells, pairs: &[NearPair]) -> Vec<usize> {
    let sketches = work.rows.sketches;
    let both = |i: usize| {
        let pair = &pairs[i / 2];
        if i.is_multiple_of(2) { pair.a } else { pair.b }
    };
    let homes = cells.nearest(sketches, both, 2 * pairs.len(), (1, work.plan.threads));
    let places = pool::run(
        work.plan.threads,
        pairs.len(),
        || (Vec::new(), Scratch::default()),
        |(found, scratch): &mut (Vec<usize>, Scratch), i| {
            let pair = &pairs[i];
            let (a, b) = (&homes[2 * i..=2 * i], &homes[2 * i + 1..2 * i + 2]);
            let from_a = cells.places(sketches, pair.a, b, scratch)[0];
            let from_b = cells.places(sketches, pair.b, a, scratch)[0];
            found.push(from_a.min(from_b) + 1);
        },
        &|_| (),
    );
    places.into_iter().flat_map(|(found, _)| found).collect()
}

/// For some cells: who lives there, and who visits.
struct Lists<'a> {
    members: Vec<Vec<u32>>,
    guests: Vec<Vec<u32>>,
    /// The cells of each row, its home first.
    ranked: &'a [u32],
    visits: usize,
}

impl<'a> Lists<'a> {
    fn of((ranked, visits): (&'a [u32], usize), cells: std::ops::Range<usize>) -> Self {
        let mut members = vec![Vec::new(); cells.len()];
        let mut guests = vec![Vec::new(); cells.len()];
        for (row, visited) in ranked.chunks_exact(visits).enumerate() {
            for (place, cell) in visited.iter().enumerate() {
                if let Some(cell) = (*cell as usize)
                    .checked_sub(cells.start)
                    .filter(|c| *c < cells.len())
                {
                    let list = if place == 0 {
                        &mut members
                    } else {
                        &mut guests
                    };
                    list[cell].push(row as u32);
                }
            }
        }
        Self {
            members,
            guests,
            ranked,
            visits,
        }
    }

    fn cells(&self, row: u32) -> &[u32] {
        &self.ranked[row as usize * self.visits..][..self.visits]
    }

    /// Whether a guest and a member meet in this cell. Where each visits the home of the other, one
    /// of the two cells is enough: a pair that is met once can be counted.
    fn meet_here(&self, guest: u32, member: u32) -> bool {
        let (guests, members) = (self.cells(guest)[0], self.cells(member));
        members[0] < guests || !members.contains(&guests)
    }
}

/// The pairs that meet in these cells.
fn meet(work: Work<'_>, lists: &Lists<'_>, progress: &dyn Fn(f64)) -> Vec<NearPair> {
    let workers = pool::run(
        work.plan.threads,
        lists.members.len(),
        || Filter::new(work.rows, Above::new(work.goal)),
        |filter, cell| {
            let (members, guests) = (&lists.members[cell], &lists.guests[cell]);
            let wanted = |a: u32, b: u32| work.scope.wants(a, b);
            filter.join(members, members, |x, y| {
                x < y && wanted(members[x], members[y])
            });
            filter.join(guests, members, |x, y| {
                let (guest, member) = (guests[x], members[y]);
                wanted(guest, member) && lists.meet_here(guest, member)
            });
        },
        progress,
    );
    joined(
        workers
            .into_iter()
            .map(|worker| worker.into_sink().pairs)
            .collect(),
    )
}
