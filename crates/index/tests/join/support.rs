//! Tables with a seed, and what a double loop finds in them.

use lookalike_index::{Engine, HnswOptions, IvfOptions, JoinPlan, Joined, Scope, dot, join};
use lookalike_types::{NearPair, Rows, VectorTable};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};

pub const ENGINES: [Engine; 4] = [Engine::Auto, Engine::Exact, Engine::Ivf, Engine::Hnsw];

pub fn plan(engine: Engine, floor: f32, top: usize) -> JoinPlan {
    JoinPlan {
        engine,
        floor,
        top,
        threads: 2,
        seed: 5,
        hnsw: HnswOptions::default(),
        ivf: IvfOptions {
            recall: 1.0,
            ..IvfOptions::default()
        },
        recall_sample: 50,
        threshold: floor,
        memory: 1 << 30,
    }
}

pub fn run(table: &Rows, plan: &JoinPlan) -> Joined {
    run_in(table, Scope::All, plan)
}

pub fn run_in(table: &Rows, scope: Scope<'_>, plan: &JoinPlan) -> Joined {
    join(table, scope, plan, &|_| ()).expect("unit rows and a good plan")
}

fn pair(table: &Rows, a: usize, b: usize) -> NearPair {
    let similarity = dot(table.row(a), table.row(b)).clamp(-1.0, 1.0) + 0.0;
    let (a, b) = (a as u32, b as u32);
    NearPair { a, b, similarity }
}

/// All pairs by (a, b).
pub fn all_pairs(table: &Rows) -> Vec<NearPair> {
    at_floor(table, Scope::All, -1.0)
}

/// The pairs of a scope at or above a floor, by (a, b).
pub fn at_floor(table: &Rows, scope: Scope<'_>, floor: f32) -> Vec<NearPair> {
    let is_wanted = |a: usize, b: usize| match scope {
        Scope::All => true,
        Scope::Fresh(flags) => flags[a] || flags[b],
        Scope::Between(first) => a < first && first <= b,
    };
    let mut pairs = Vec::new();
    for a in 0..table.len() {
        let others = (a + 1..table.len()).filter(|b| is_wanted(a, *b));
        let near = others.map(|b| pair(table, a, b));
        pairs.extend(near.filter(|pair| pair.similarity >= floor));
    }
    pairs
}

pub fn wanted(table: &Rows, floor: f32, top: usize) -> Vec<NearPair> {
    wanted_in(table, Scope::All, floor, top)
}

pub fn wanted_in(table: &Rows, scope: Scope<'_>, floor: f32, top: usize) -> Vec<NearPair> {
    let mut pairs = at_floor(table, scope, -1.0);
    pairs.sort_by(|x, y| y.similarity.total_cmp(&x.similarity));
    let reached = pairs.iter().filter(|p| p.similarity >= floor).count();
    pairs.truncate(reached.max(top));
    pairs.sort_by_key(|p| (p.a, p.b));
    pairs
}

pub fn unit(mut row: Vec<f32>) -> Vec<f32> {
    let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
    row.iter_mut().for_each(|v| *v /= length);
    row
}

/// Values from -0.5 to 0.5.
pub fn values(seed: u64) -> impl FnMut() -> f32 {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    move || rng.next_u32() as f32 / u32::MAX as f32 - 0.5
}

/// Rows around few centres: `noise` 0 makes equal rows, 1 almost free ones.
pub fn clustered(rows: usize, d: usize, centres: usize, noise: f32, seed: u64) -> Rows {
    let mut value = values(seed);
    let mut vector = || (0..d).map(|_| value()).collect::<Vec<f32>>();
    let middles: Vec<_> = (0..centres).map(|_| vector()).collect();
    let row = |i: usize| {
        let middle = &middles[i * 7 % centres];
        let moved = middle.iter().zip(vector()).map(|(m, v)| m + noise * v);
        unit(moved.collect())
    };
    let values = (0..rows).map(row).collect::<Vec<_>>().concat();
    Rows::new(d, values).expect("whole rows")
}

/// Each `step`-th row of a table, moved by `noise` times its own length.
pub fn moved(table: &Rows, step: usize, noise: f32, seed: u64) -> Rows {
    let d = table.dimension();
    let mut value = values(seed);
    // A value of `values` has the variance 1/12.
    let scale = noise * (12.0 / d as f32).sqrt();
    let rows = (0..table.len()).step_by(step).map(|i| {
        let row = table.row(i).iter();
        unit(row.map(|v| v + scale * value()).collect())
    });
    Rows::new(d, rows.collect::<Vec<_>>().concat()).expect("whole rows")
}

pub fn stacked(d: usize, tables: &[&Rows]) -> Rows {
    let rows = tables.iter().flat_map(|t| (0..t.len()).map(|i| t.row(i)));
    Rows::new(d, rows.collect::<Vec<_>>().concat()).expect("whole rows")
}

pub fn tables() -> impl Strategy<Value = Rows> {
    (0usize..90, 1usize..40, 1usize..9, any::<u64>()).prop_flat_map(|(n, d, centres, seed)| {
        prop_oneof![Just(0.0f32), Just(0.02), Just(0.3), Just(3.0)]
            .prop_map(move |noise| clustered(n, d, centres, noise, seed))
    })
}

/// Clusters of three, a burst of 500 equal rows and one of 500 that are nearly so: 4,000 rows of 64
/// values, which is more than is multiplied out.
pub fn bursts() -> Rows {
    let clusters = clustered(3000, 64, 1000, 0.28, 21);
    let equal = clustered(500, 64, 1, 0.0, 22);
    let alike = clustered(500, 64, 1, 0.18, 23);
    stacked(64, &[&clusters, &equal, &alike])
}
