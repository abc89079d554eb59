//! From the settings of the join to the plan of the index.

use lookalike_index::{HnswOptions, IvfOptions, JoinPlan};

use super::Settings;

impl Settings {
    /// The plan to find all pairs down to `floor`, and to measure what is missing at or above
    /// `threshold`, within the whole budget.
    pub(crate) fn join_plan(&self, floor: f32, threshold: f32, threads: usize) -> JoinPlan {
        let join = &self.join;
        JoinPlan {
            engine: join.engine,
            floor,
            top: 0,
            threads,
            seed: join.seed,
            hnsw: HnswOptions {
                connections: join.hnsw.connections,
                ef_construction: join.hnsw.ef_construction,
                ef_search: join.hnsw.ef_search,
            },
            ivf: IvfOptions {
                cells: join.ivf.cells,
                recall: join.ivf.recall,
            },
            recall_sample: join.recall_sample,
            threshold,
            memory: self.runtime.memory_budget_mib << 20,
        }
    }
}
