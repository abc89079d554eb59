//! The front: all pairs of a table at or above a similarity, by the engine of the plan.

use std::str::FromStr;

use lookalike_types::{NearPair, VectorTable};

use crate::choose::{self, Size, Way};
use crate::collect::{Collected, Goal};
use crate::error::IndexError;
use crate::filter::Sketched;
use crate::ivf::IvfOptions;
use crate::order::{Order, Scope};
use crate::recall::Recall;
use crate::sketch::{InMemory, Sketcher, Sketches};
use crate::survey::Survey;
use crate::{blocks, filter, hnsw, ivf, recall, score};

/// How pairs are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The cheapest one for the table, by the model of `choose.rs`.
    Auto,
    /// Every row with every row. Misses nothing.
    Exact,
    /// Every row with the rows of the cells near it. May miss pairs.
    Ivf,
    /// A navigable small-world graph (Malkov and Yashunin 2016). May miss pairs; [`Recall`] says
    /// how many.
    Hnsw,
}

impl Engine {
    /// The word for it in configurations and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Exact => "exact",
            Self::Ivf => "ivf",
            Self::Hnsw => "hnsw",
        }
    }
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Auto, Self::Exact, Self::Ivf, Self::Hnsw];
        let words = all.map(Self::as_str).join(", ");
        all.into_iter()
            .find(|engine| engine.as_str() == text)
            .ok_or_else(|| format!("`{text}` is none of: {words}"))
    }
}

/// Which engine was taken, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Never [`Engine::Auto`].
    pub engine: Engine,
    /// Why, and by which way, in a few words for people.
    pub reason: String,
    /// What the model of costs expected, in CPU seconds of the machine that it was made on.
    pub estimate: f64,
}

/// The parameters of the graph, as the paper names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HnswOptions {
    /// Links of a row per layer (M), 2 to 64.
    pub connections: usize,
    /// Candidates looked at when a row is inserted, 1 to 10,000.
    pub ef_construction: usize,
    /// Candidates looked at when a row is searched, at the least, 1 to 10,000.
    pub ef_search: usize,
}

impl Default for HnswOptions {
    fn default() -> Self {
        Self {
            connections: 16,
            ef_construction: 200,
            ef_search: 64,
        }
    }
}

/// What to find, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JoinPlan {
    /// How pairs are found.
    pub engine: Engine,
    /// All pairs with a similarity at or above it are wanted; -1 to 1.
    pub floor: f32,
    /// At least so many of the most alike pairs are wanted, also those below the floor.
    pub top: usize,
    /// Threads to work with. The result does not depend on it.
    pub threads: usize,
    /// Fixes every random choice: samples, cells, the order of insertion.
    pub seed: u64,
    /// For [`Engine::Hnsw`] only.
    pub hnsw: HnswOptions,
    /// For [`Engine::Ivf`] only.
    pub ivf: IvfOptions,
    /// Rows that are compared with all others to measure the recall, where pairs may be missed.
    pub recall_sample: usize,
    /// The recall is measured for pairs at or above it, or at or above the floor where that is
    /// higher; -1 to 1.
    pub threshold: f32,
    /// Bytes of memory that the join may take, the pairs it finds included. Rows of the table do
    /// not count.
    pub memory: u64,
}

impl JoinPlan {
    /// Pairs that its memory holds.
    pub(crate) fn most(&self) -> usize {
        (self.memory / PAIR_BYTES) as usize
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// The pairs, by (a, b), each once.
    pub pairs: Vec<NearPair>,
    /// Every pair of the table (with a fresh row, where those were given) whose similarity is at
    /// or above it is in `pairs`, as far as `recall` goes: the floor; or, where the most alike
    /// reach below it, the value next above the last of them, which may have equals that were cut
    /// off by row number; or -1 where every pair is in.
    pub complete_to: f32,
    /// How much may be missing.
    pub recall: Recall,
    /// How it was found.
    pub choice: Choice,
    /// The sketches that were made on the way, for [`join_kept`] and [`nearest`](crate::nearest);
    /// `None` where none were.
    pub sketches: Option<Made>,
}

/// Sketches of a table, row after row.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// What made them.
    pub sketcher: Sketcher,
    /// [`Sketcher::stride`] bytes for each row.
    pub records: Vec<u8>,
}

/// Finds the pairs of `scope` that `plan` wants. `progress` hears the done share, 0 to 1, never
/// falling.
///
/// # Errors
/// Where a row is no finite unit vector (the square of its length within 0.001 of 1), a value of
/// the plan is out of range, or `scope` does not fit the table or the engine.
pub fn join(
    table: &dyn VectorTable,
    scope: Scope<'_>,
    plan: &JoinPlan,
    progress: &dyn Fn(f64),
) -> Result<Joined, IndexError> {
    check(table, scope, plan)?;
    let order = Order::new(table.len(), scope);
    let size = Size {
        rows: table.len(),
        dimension: table.dimension(),
        pairs: order.pairs(),
    };
    let job = Job::new(table, scope, &order, plan);
    let lasts = matches!(plan.engine, Engine::Auto | Engine::Exact);
    if size.pairs == 0.0 || lasts && choose::is_small(size) {
        let estimate = choose::blocks(size);
        return job.blocks(choose::small(size, estimate), progress);
    }
    let survey = Survey::of(table, plan.floor, (plan.seed, plan.memory));
    let chosen = choose::choose(plan, size, &survey)?;
    match chosen.way {
        Way::Blocks => job.blocks(chosen.choice, progress),
        Way::Projected(ends) => {
            let width = ends.last().copied().unwrap_or(0);
            let basis = survey.basis.map(|basis| basis.cut(width));
            let sketcher = Sketcher::new(table, basis, &ends, &survey.sample);
            job.sketched(sketcher, chosen.choice, progress)
        }
        Way::Whole => {
            let sketcher = Sketcher::new(table, None, &[size.dimension], &survey.sample);
            job.sketched(sketcher, chosen.choice, progress)
        }
    }
}

/// As [`join`], with sketches that were kept of every row, by the exact engine whatever the plan
/// says: no row is read but those of pairs that may reach the floor, and none is checked.
///
/// # Errors
/// As [`join`]; not for rows, which were checked when they were sketched.
pub fn join_kept(
    table: &dyn VectorTable,
    kept: Sketches<'_>,
    scope: Scope<'_>,
    plan: &JoinPlan,
    progress: &dyn Fn(f64),
) -> Result<Joined, IndexError> {
    check(table, scope, plan)?;
    let order = Order::new(table.len(), scope);
    let job = Job::new(table, scope, &order, plan);
    let rows = Sketched {
        table,
        sketches: kept,
    };
    let found = filter::join(rows, &order, job.goal, plan.threads, progress);
    let choice = choose::kept(kept.sketcher, order.pairs());
    job.joined(found, Recall::complete(), choice)
}

/// Bytes that a pair may take while the lists of several threads become one.
const PAIR_BYTES: u64 = 48;

/// One join to be done.
struct Job<'a> {
    table: &'a dyn VectorTable,
    scope: Scope<'a>,
    order: &'a Order,
    plan: &'a JoinPlan,
    goal: Goal,
}

impl<'a> Job<'a> {
    fn new(
        table: &'a dyn VectorTable,
        scope: Scope<'a>,
        order: &'a Order,
        plan: &'a JoinPlan,
    ) -> Self {
        let goal = Goal {
            floor: plan.floor,
            top: plan.top,
            most: plan.most(),
        };
        Self {
            table,
            scope,
            order,
            plan,
            goal,
        }
    }

    fn blocks(&self, choice: Choice, progress: &dyn Fn(f64)) -> Result<Joined, IndexError> {
        let threads = self.plan.threads;
        score::check(self.table, threads)?;
        let found = blocks::join(self.table, self.order, self.goal, threads, progress);
        self.joined(found, Recall::complete(), choice)
    }

    fn sketched(
        &self,
        sketcher: Sketcher,
        choice: Choice,
        progress: &dyn Fn(f64),
    ) -> Result<Joined, IndexError> {
        let (table, threads) = (self.table, self.plan.threads);
        let early = |share| progress(0.2 * share);
        let records = sketcher.sketch(table, 0..table.len(), threads, &early)?;
        let bytes = InMemory {
            stride: sketcher.stride(),
            bytes: &records,
        };
        let rows = Sketched {
            table,
            sketches: Sketches {
                sketcher: &sketcher,
                records: &bytes,
            },
        };
        let later = |share| progress(0.2 + 0.7 * share);
        let (found, recall) = self.by(choice.engine, rows, &later);
        progress(1.0);
        let mut joined = self.joined(found, recall, choice)?;
        joined.sketches = Some(Made { sketcher, records });
        Ok(joined)
    }

    /// What an engine finds, and how much of it.
    fn by(
        &self,
        engine: Engine,
        rows: Sketched<'_>,
        progress: &dyn Fn(f64),
    ) -> (Collected, Recall) {
        let (order, plan, goal) = (self.order, self.plan, self.goal);
        let found = match engine {
            Engine::Auto | Engine::Exact => {
                let found = filter::join(rows, order, goal, plan.threads, progress);
                return (found, Recall::complete());
            }
            Engine::Ivf => ivf::join(rows, order, (self.scope, goal), plan, progress),
            Engine::Hnsw => hnsw::join(rows, order, (self.scope, goal), plan, progress),
        };
        // A seed of its own: the rows that the graph takes first are its best linked ones.
        let truth = recall::truth(rows, self.scope, plan, plan.seed ^ 5);
        let recall = recall::measure(rows.table.len(), &truth, &found.pairs);
        (found, recall)
    }

    fn joined(
        &self,
        found: Collected,
        recall: Recall,
        choice: Choice,
    ) -> Result<Joined, IndexError> {
        if found.over {
            let (most, memory) = (self.goal.most, self.plan.memory >> 20);
            return Err(IndexError::TooManyPairs { most, memory });
        }
        Ok(Joined {
            pairs: found.pairs,
            complete_to: found.complete_to,
            recall,
            choice,
            sketches: None,
        })
    }
}

fn check(table: &dyn VectorTable, scope: Scope<'_>, plan: &JoinPlan) -> Result<(), IndexError> {
    let rows = table.len();
    if u32::try_from(rows).is_err() {
        return Err(IndexError::TooManyRows { rows });
    }
    for (name, value) in [("floor", plan.floor), ("threshold", plan.threshold)] {
        if !(-1.0..=1.0).contains(&value) {
            let (value, wanted) = (value.to_string(), "a cosine from -1 to 1");
            return Err(IndexError::Plan {
                name,
                value,
                wanted,
            });
        }
    }
    if let Scope::Fresh(flags) = scope {
        let flags = flags.len();
        if flags != rows {
            return Err(IndexError::Fresh { flags, rows });
        }
    }
    match plan.engine {
        Engine::Hnsw => check_graph(&plan.hnsw),
        Engine::Ivf if !(plan.ivf.recall > 0.0 && plan.ivf.recall <= 1.0) => {
            Err(IndexError::Plan {
                name: "ivf.recall",
                value: plan.ivf.recall.to_string(),
                wanted: "above 0 and at most 1",
            })
        }
        _ => Ok(()),
    }
}

/// The limits of `hnsw_rs` are wider, but it ends the process above 256 links, wraps to none at
/// 256, and makes sixteen equal layers of one.
fn check_graph(options: &HnswOptions) -> Result<(), IndexError> {
    let candidates = "from 1 to 10000";
    let limits = [
        (
            "hnsw.connections",
            options.connections,
            2..=64,
            "from 2 to 64",
        ),
        (
            "hnsw.ef_construction",
            options.ef_construction,
            1..=10_000,
            candidates,
        ),
        ("hnsw.ef_search", options.ef_search, 1..=10_000, candidates),
    ];
    for (name, value, range, wanted) in limits {
        if !range.contains(&value) {
            let value = value.to_string();
            return Err(IndexError::Plan {
                name,
                value,
                wanted,
            });
        }
    }
    Ok(())
}
