//! The measured recall against the true one, where engines miss pairs.

use lookalike_index::{Engine, HnswOptions, IvfOptions, JoinPlan, Scope};
use lookalike_types::Rows;

use crate::support::{at_floor, clustered, plan, run, stacked};

const FLOOR: f32 = 0.85;
const SETS: u64 = 200;

/// Groups of two to twelve around their centres, and rows alone.
fn groups(seed: u64) -> Rows {
    let twos = clustered(160, 16, 80, 0.35, 4 * seed);
    let fives = clustered(100, 16, 20, 0.35, 4 * seed + 1);
    let twelves = clustered(36, 16, 3, 0.35, 4 * seed + 2);
    let alone = clustered(104, 16, 104, 0.0, 4 * seed + 3);
    stacked(16, &[&twos, &fives, &twelves, &alone])
}

/// What all the sets say together.
#[derive(Debug, Default)]
struct Figures {
    sets: u32,
    held: u32,
    estimates: f64,
    truths: f64,
    lowest: f64,
    width: f64,
}

fn figures(plan: impl Fn(u64) -> JoinPlan) -> Figures {
    let mut figures = Figures {
        lowest: 1.0,
        ..Figures::default()
    };
    for seed in 0..SETS {
        let table = groups(seed);
        let joined = run(&table, &plan(seed));
        let pairs = at_floor(&table, Scope::All, FLOOR).len();
        let truth = joined.pairs.len() as f64 / pairs as f64;
        let recall = joined.recall;
        assert!(recall.low <= recall.estimate && recall.estimate <= recall.high);
        if recall.sample > 0 {
            figures.sets += 1;
            figures.held += u32::from((recall.low..=recall.high).contains(&truth));
            figures.estimates += recall.estimate;
            figures.truths += truth;
            figures.lowest = figures.lowest.min(truth);
            figures.width += recall.high - recall.low;
        }
    }
    figures
}

fn assert_right(figures: &Figures) {
    let sets = f64::from(figures.sets);
    let (estimate, truth) = (figures.estimates / sets, figures.truths / sets);
    assert!(figures.sets > 190, "{figures:?}");
    assert!(f64::from(figures.held) >= 0.93 * sets, "{figures:?}");
    assert!((estimate - truth).abs() < 0.02, "{figures:?}");
    // An interval from 0 to 1 would hold everything.
    assert!(figures.width / sets < 0.65, "{figures:?}");
}

#[test]
fn the_interval_of_cells_holds_the_true_recall() {
    for sample in [20, 80] {
        let figures = figures(|seed| JoinPlan {
            seed,
            threads: 1,
            recall_sample: sample,
            ivf: IvfOptions {
                cells: 150,
                recall: 0.01,
            },
            ..plan(Engine::Ivf, FLOOR, 0)
        });
        assert_right(&figures);
        assert!(figures.lowest < 0.8, "it must miss pairs: {figures:?}");
    }
}

#[test]
fn the_interval_of_the_graph_holds_the_true_recall() {
    let figures = figures(|seed| JoinPlan {
        seed,
        threads: 1,
        recall_sample: 30,
        hnsw: HnswOptions {
            connections: 2,
            ef_construction: 1,
            ef_search: 1,
        },
        ..plan(Engine::Hnsw, FLOOR, 0)
    });
    assert_right(&figures);
    assert!(figures.lowest < 1.0, "it must miss pairs: {figures:?}");
}
