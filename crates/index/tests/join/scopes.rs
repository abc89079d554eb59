//! Parts of the pairs: with a fresh row, and across two sets.

use lookalike_index::{Engine, Scope};
use lookalike_types::{Rows, VectorTable};
use proptest::prelude::*;

use crate::support::{
    ENGINES, at_floor, bursts, clustered, moved, plan, run_in, stacked, tables, wanted_in,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_engine_joins_two_sets(table in tables(), first in 0usize..95, floor in 0.2f32..1.0, top in 0usize..9) {
        let scope = Scope::Between(first);
        for engine in ENGINES {
            let joined = run_in(&table, scope, &plan(engine, floor, top));
            prop_assert_eq!(&joined.pairs, &wanted_in(&table, scope, floor, top), "{:?}", engine);
        }
    }

    #[test]
    fn every_engine_joins_fresh_rows(
        table in tables(),
        flags in proptest::collection::vec(any::<bool>(), 90),
        floor in 0.2f32..1.0,
        top in 0usize..9,
    ) {
        let scope = Scope::Fresh(&flags[..table.len()]);
        for engine in ENGINES {
            let joined = run_in(&table, scope, &plan(engine, floor, top));
            prop_assert_eq!(&joined.pairs, &wanted_in(&table, scope, floor, top), "{:?}", engine);
        }
    }
}

/// Both sets hold a part of each cluster and of each burst; there are pairs enough across for
/// sketches.
fn two_sets(first: usize) -> Rows {
    let side = |rows: usize, noise: f32| {
        let clusters = clustered(rows - 300, 160, 900, 0.28, 61);
        let burst = clustered(300, 160, 1, 0.18, 62);
        let rows = stacked(160, &[&clusters, &burst]);
        moved(&rows, 1, noise, 63)
    };
    stacked(160, &[&side(first, 0.0), &side(4000 - first, 0.1)])
}

#[test]
fn every_engine_joins_two_large_sets() {
    let first = 1500;
    let table = two_sets(first);
    let scope = Scope::Between(first);
    let truth = at_floor(&table, scope, 0.9);
    assert!(truth.len() > 90_000, "{}", truth.len());
    for engine in ENGINES {
        let joined = run_in(&table, scope, &plan(engine, 0.9, 0));
        assert!(joined.sketches.is_some(), "{}", joined.choice.reason);
        assert!(joined.pairs == truth, "{engine:?}: {}", joined.pairs.len());
    }
}

#[test]
fn fresh_rows_of_a_large_set_are_joined_with_all() {
    let table = bursts();
    for every in [2, 3, 4000] {
        let fresh: Vec<bool> = (0..table.len()).map(|row| row % every != 1).collect();
        let scope = Scope::Fresh(&fresh);
        let truth = at_floor(&table, scope, 0.9);
        assert!(truth.len() > 150_000);
        for engine in [Engine::Auto, Engine::Exact] {
            let joined = run_in(&table, scope, &plan(engine, 0.9, 0));
            assert!(joined.pairs == truth, "{engine:?}, {every}");
        }
    }
}

/// Pairs inside of a set are many, and none of them is wanted.
#[test]
fn pairs_that_are_not_wanted_take_no_memory() {
    let many = clustered(700, 64, 1, 0.1, 64);
    let few = moved(&many, 70, 0.1, 65);
    let table = stacked(64, &[&many, &few]);
    let scope = Scope::Between(700);
    let truth = at_floor(&table, scope, 0.9);
    assert!(
        truth.len() > 6000 && truth.len() < 10_000,
        "{}",
        truth.len()
    );
    for engine in ENGINES {
        let plan = lookalike_index::JoinPlan {
            threads: 1,
            memory: 11 << 20,
            ..plan(engine, 0.9, 0)
        };
        // 240,298 pairs fit, and 244,650 lie inside of the first set.
        let joined = run_in(&table, scope, &plan);
        assert!(joined.pairs == truth, "{engine:?}: {}", joined.pairs.len());
    }
}
