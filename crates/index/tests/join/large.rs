//! Sets that are too large to be multiplied out: sketches, cells and the graph are at work.

use lookalike_index::{Engine, IvfOptions, JoinPlan, Scope, group};
use lookalike_types::{NearPair, Rows, VectorTable};

use crate::support::{ENGINES, at_floor, bursts, clustered, moved, plan, run, stacked};

const FLOOR: f32 = 0.9;

/// Rows of full rank, every tenth of which has a near row, about half of those above the floor.
fn planted() -> Rows {
    let free = clustered(2700, 128, 2700, 0.0, 31);
    let near = moved(&free, 10, 0.47, 32);
    stacked(128, &[&free, &near])
}

/// The settings that people have unless they say something, and all rows as the sample.
fn defaults(engine: Engine, rows: usize) -> JoinPlan {
    JoinPlan {
        ivf: IvfOptions::default(),
        recall_sample: rows,
        ..plan(engine, FLOOR, 0)
    }
}

fn members(rows: usize, pairs: &[NearPair]) -> Vec<Vec<u32>> {
    let edges = pairs.iter().map(|p| (p.a, p.b, p.similarity));
    let groups = group(rows, edges);
    groups.into_iter().map(|group| group.members).collect()
}

/// Whether each pair is one of `truth`, with the same bits.
fn is_part(pairs: &[NearPair], truth: &[NearPair]) -> bool {
    let is_true = |pair: &NearPair| {
        let place = truth.binary_search_by_key(&(pair.a, pair.b), |t| (t.a, t.b));
        place.is_ok_and(|i| truth[i].similarity.to_bits() == pair.similarity.to_bits())
    };
    pairs.is_sorted_by(|x, y| (x.a, x.b) < (y.a, y.b)) && pairs.iter().all(is_true)
}

/// Every engine on one table; `pairs` is about how many there must be for this to say anything.
fn every_engine(table: &Rows, pairs: usize) {
    let truth = at_floor(table, Scope::All, FLOOR);
    assert!(truth.len() >= pairs, "{} pairs", truth.len());
    for engine in ENGINES {
        let joined = run(table, &defaults(engine, table.len()));
        assert!(joined.sketches.is_some(), "{}", joined.choice.reason);
        assert!(is_part(&joined.pairs, &truth), "{engine:?}");
        let share = joined.pairs.len() as f64 / truth.len() as f64;
        match engine {
            Engine::Auto | Engine::Exact => assert_eq!(joined.pairs.len(), truth.len()),
            _ => {
                assert!(share >= 0.999, "{engine:?}: {share}");
                assert_eq!(joined.choice.engine, engine);
                // A sample of all rows tells the truth.
                assert_eq!(joined.recall.estimate, share, "{engine:?}");
                assert_eq!(joined.recall.sample, truth.len() as u64);
            }
        }
        if joined.recall.estimate == 1.0 {
            let rows = table.len();
            assert_eq!(members(rows, &joined.pairs), members(rows, &truth));
        }
    }
}

#[test]
fn clusters_are_found() {
    every_engine(&clustered(4000, 64, 1300, 0.3, 41), 1000);
}

#[test]
fn planted_neighbours_among_rows_of_full_rank_are_found() {
    every_engine(&planted(), 100);
}

#[test]
fn bursts_of_equal_and_of_nearly_equal_rows_are_found() {
    every_engine(&bursts(), 250_000);
}

#[test]
fn rows_that_are_all_equal_are_all_pairs() {
    let table = clustered(800, 1600, 1, 0.0, 51);
    every_engine(&table, 800 * 799 / 2);
}

#[test]
fn threads_change_no_byte() {
    let table = bursts();
    for engine in ENGINES {
        let by = |threads| {
            let plan = JoinPlan {
                threads,
                recall_sample: 200,
                ..defaults(engine, 0)
            };
            run(&table, &plan)
        };
        let one = by(1);
        assert!(one.pairs.len() > 250_000);
        assert!(one == by(2) && one == by(5), "{engine:?}");
    }
}

#[test]
fn the_seed_changes_the_sketches_and_not_the_pairs() {
    let table = bursts();
    let by = |seed| {
        let plan = JoinPlan {
            seed,
            ..plan(Engine::Exact, FLOOR, 5)
        };
        run(&table, &plan)
    };
    let (one, other) = (by(1), by(2));
    assert_ne!(one.sketches, other.sketches);
    assert!(one.pairs == other.pairs);
}

/// The most alike reach far below the floor.
#[test]
fn the_most_alike_are_found_below_the_floor() {
    let table = planted();
    let mut truth = at_floor(&table, Scope::All, 0.3);
    truth.sort_by(|x, y| y.similarity.total_cmp(&x.similarity));
    let top = 700;
    assert!(truth[top].similarity < truth[top - 1].similarity, "a tie");
    truth.truncate(top);
    truth.sort_by_key(|p| (p.a, p.b));
    for engine in ENGINES {
        let joined = run(&table, &plan(engine, 0.99, top));
        assert!(joined.pairs == truth, "{engine:?}");
        assert!(joined.complete_to < 0.9 && joined.complete_to > 0.3);
    }
}
