//! The front: all pairs of a table at or above a similarity, by the engine of the plan.

use lookalike_types::{NearPair, VectorTable};

use crate::collect::{Collected, Goal};
use crate::error::IndexError;
use crate::recall::Recall;
use crate::{exact, hnsw, recall, score};

/// How pairs are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Every row with every row, by blocked matrix products. Misses nothing.
    Exact,
    /// A navigable small-world graph (Malkov and Yashunin 2016). May miss pairs; [`Recall`] says
    /// how many.
    Hnsw,
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
            ef_construction: 100,
            ef_search: 50,
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
    /// Fixes the order of insertion and the sample of the recall; for [`Engine::Hnsw`] only.
    pub seed: u64,
    /// For [`Engine::Hnsw`] only.
    pub hnsw: HnswOptions,
    /// Rows that are compared with all others to measure the recall; for [`Engine::Hnsw`] only.
    pub recall_sample: usize,
    /// The recall is measured for pairs at or above it, or at or above the floor where that is
    /// higher; -1 to 1.
    pub threshold: f32,
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
}

/// Finds the pairs that `plan` wants. With `fresh`, one flag a row, only pairs with at least one
/// fresh row: what an earlier join of the other rows did not see. `progress` hears the done share,
/// 0 to 1, never falling.
///
/// # Errors
/// Where a row is no finite unit vector (the square of its length within 0.001 of 1), a value of
/// the plan is out of range, or `fresh` does not fit the table or the engine.
pub fn join(
    table: &dyn VectorTable,
    fresh: Option<&[bool]>,
    plan: &JoinPlan,
    progress: &dyn Fn(f64),
) -> Result<Joined, IndexError> {
    check(table, fresh, plan)?;
    score::check(table)?;
    let goal = Goal {
        floor: plan.floor,
        top: plan.top,
    };
    let (collected, recall) = match plan.engine {
        Engine::Exact => {
            let collected = exact::join(table, fresh, goal, plan.threads, progress);
            (collected, Recall::complete())
        }
        Engine::Hnsw => {
            let collected = hnsw::join(table, goal, plan, &|share| progress(share * 0.9));
            let recall = recall::measure(table, &collected.pairs, plan);
            progress(1.0);
            (collected, recall)
        }
    };
    let Collected { pairs, complete_to } = collected;
    Ok(Joined {
        pairs,
        complete_to,
        recall,
    })
}

fn check(
    table: &dyn VectorTable,
    fresh: Option<&[bool]>,
    plan: &JoinPlan,
) -> Result<(), IndexError> {
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
    if let Some(flags) = fresh {
        let (flags, rows) = (flags.len(), table.len());
        if flags != rows {
            return Err(IndexError::Fresh { flags, rows });
        }
    }
    if plan.engine == Engine::Exact {
        return Ok(());
    }
    if fresh.is_some() {
        return Err(IndexError::FreshNeedsExact);
    }
    check_graph(&plan.hnsw)
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
