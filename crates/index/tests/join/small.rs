//! Sets of few rows, of every shape.

use lookalike_index::{Engine, HnswOptions, JoinPlan, Scope, join};
use lookalike_types::{NearPair, Rows, VectorTable};
use proptest::prelude::*;

use crate::support::{
    ENGINES, all_pairs, clustered, plan, run, stacked, tables, wanted, wanted_in,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_engine_finds_what_a_double_loop_finds(
        table in tables(),
        floor in 0.2f32..1.0,
        top in 0usize..200,
    ) {
        for engine in ENGINES {
            let joined = run(&table, &plan(engine, floor, top));
            prop_assert_eq!(&joined.pairs, &wanted(&table, floor, top), "{:?}", engine);
            let held = |pairs: &[NearPair]| {
                pairs.iter().filter(|p| p.similarity >= joined.complete_to).count()
            };
            prop_assert_eq!(held(&joined.pairs), held(&all_pairs(&table)));
        }
    }

    /// The floor is the similarity of a pair, the next value beside it, or one close by.
    #[test]
    fn a_pair_at_the_floor_is_in_and_one_below_is_out(table in tables(), pick in any::<prop::sample::Index>()) {
        let pairs = all_pairs(&table);
        prop_assume!(!pairs.is_empty());
        let at = pairs[pick.index(pairs.len())].similarity;
        let near = [at, at.next_up(), at.next_down(), at + 1e-6, at - 1e-6, at + 3e-7, at - 3e-7];
        for floor in near.map(|floor| floor.clamp(-1.0, 1.0)) {
            for engine in ENGINES {
                let joined = run(&table, &plan(engine, floor, 0));
                prop_assert_eq!(&joined.pairs, &wanted(&table, floor, 0), "{:?}", engine);
            }
        }
    }

    #[test]
    fn old_pairs_and_those_with_a_fresh_row_are_all_pairs(
        table in tables(),
        flags in proptest::collection::vec(any::<bool>(), 90),
    ) {
        let fresh = &flags[..table.len()];
        let plan = plan(Engine::Exact, 0.5, 0);
        let mut pairs = join(&table, Scope::Fresh(fresh), &plan, &|_| ()).expect("good input").pairs;
        let is_new = |p: &NearPair| fresh[p.a as usize] || fresh[p.b as usize];
        prop_assert!(pairs.iter().all(is_new));
        let all = run(&table, &plan).pairs;
        pairs.extend(all.iter().filter(|p| !is_new(p)));
        pairs.sort_by_key(|p| (p.a, p.b));
        prop_assert_eq!(pairs, all);
    }

    #[test]
    fn shuffled_rows_give_the_same_pairs(table in tables(), turn in 0usize..90) {
        let n = table.len();
        let place = |i: usize| (i + turn) % n.max(1);
        let rows: Vec<f32> = (0..n).flat_map(|i| table.row(place(i)).to_vec()).collect();
        let turned = Rows::new(table.dimension(), rows).expect("whole rows");
        for engine in ENGINES {
            let plan = plan(engine, 0.6, 0);
            let mut back: Vec<NearPair> = run(&turned, &plan).pairs;
            for pair in &mut back {
                let (a, b) = (place(pair.a as usize) as u32, place(pair.b as usize) as u32);
                (pair.a, pair.b) = (a.min(b), a.max(b));
            }
            back.sort_by_key(|p| (p.a, p.b));
            prop_assert_eq!(back, run(&table, &plan).pairs);
        }
    }
}

/// More rows than a block and more values than a panel, several tasks and threads.
#[test]
fn blocks_panels_and_threads_never_show() {
    for (n, d) in [(1200, 33), (530, 2100)] {
        let table = clustered(n, d, 60, 0.5, 3);
        let fresh: Vec<bool> = (0..n).map(|i| i % 3 == 0).collect();
        for top in [0, 20_000] {
            let all = wanted(&table, 0.9, top);
            for threads in [1, 2, 5] {
                let plan = JoinPlan {
                    threads,
                    ..plan(Engine::Exact, 0.9, top)
                };
                assert_eq!(run(&table, &plan).pairs, all);
            }
        }
        let plan = plan(Engine::Exact, 0.9, 0);
        let found = join(&table, Scope::Fresh(&fresh), &plan, &|_| ())
            .expect("good input")
            .pairs;
        let is_new = |p: &NearPair| fresh[p.a as usize] || fresh[p.b as usize];
        let mut all = wanted(&table, 0.9, 0);
        all.retain(is_new);
        assert_eq!(found, all);
    }
}

/// The case that breaks the bare graph: it finds 70 to 90 % of such a burst and loses others.
#[test]
fn a_burst_of_five_hundred_is_found_whole() {
    let others = clustered(1500, 48, 1400, 0.05, 9);
    for noise in [0.0, 0.25] {
        let burst = clustered(500, 48, 1, noise, 4);
        let table = stacked(48, &[&others, &burst]);
        let all = wanted(&table, 0.9, 0);
        assert!(all.len() > 100_000, "{}", all.len());
        assert_eq!(run(&table, &plan(Engine::Exact, 0.9, 0)).pairs, all);
        let by_graph = run(&table, &plan(Engine::Hnsw, 0.9, 0));
        assert_eq!(by_graph.pairs, all);
        assert_eq!(by_graph.recall.estimate, 1.0);
    }
}

#[test]
fn the_graph_gives_the_same_whatever_the_threads() {
    let table = clustered(900, 16, 80, 0.6, 11);
    let bare = HnswOptions {
        connections: 2,
        ef_construction: 2,
        ef_search: 1,
    };
    let runs: Vec<_> = [1, 2, 4]
        .map(|threads| JoinPlan {
            threads,
            hnsw: bare,
            recall_sample: 300,
            ..plan(Engine::Hnsw, 0.95, 0)
        })
        .iter()
        .map(|plan| run(&table, plan))
        .collect();
    assert!(runs.iter().all(|joined| *joined == runs[0]));
    let truth = wanted(&table, 0.95, 0);
    assert!(runs[0].pairs.iter().all(|pair| truth.contains(pair)));
    let recall = &runs[0].recall;
    assert!(recall.low <= recall.estimate && recall.estimate <= recall.high);
    assert!(recall.sample > 0);
}

#[test]
fn tiny_tables_are_joined() {
    for n in 0..=3 {
        let table = Rows::new(2, [1.0, 0.0].repeat(n)).expect("rows of two");
        for engine in ENGINES {
            for top in [0, 1, 9] {
                let joined = run(&table, &plan(engine, 0.5, top));
                assert_eq!(joined.pairs, all_pairs(&table), "{n} {engine:?} {top}");
            }
        }
    }
}

/// Every number of rows below four, every scope, short and long rows.
#[test]
fn tiny_tables_are_joined_in_every_scope() {
    let mut joins = 0;
    for (n, d) in (0..=3).flat_map(|n| [1, 2, 7, 2048].map(|d| (n, d))) {
        let table = clustered(n, d, 2, 0.5, 8);
        let flags: Vec<Vec<bool>> = (0..1 << n)
            .map(|bits| (0..n).map(|row| bits >> row & 1 == 1).collect())
            .collect();
        let fresh = flags.iter().map(|flags| Scope::Fresh(flags));
        let between = (0..=n + 1).map(Scope::Between);
        for scope in fresh.chain(between).chain([Scope::All]) {
            for (engine, floor) in ENGINES
                .into_iter()
                .flat_map(|e| [-1.0, 0.6, 1.0].map(|f| (e, f)))
            {
                for top in [0, 2] {
                    let found = join(&table, scope, &plan(engine, floor, top), &|_| ());
                    let pairs = found.map(|joined| joined.pairs);
                    let wanted = wanted_in(&table, scope, floor, top);
                    assert_eq!(
                        pairs,
                        Ok(wanted),
                        "{n} x {d}, {engine:?}, {scope:?}, {floor}, {top}"
                    );
                    joins += 1;
                }
            }
        }
    }
    assert_eq!(joins, 3168);
}

#[test]
fn progress_rises_to_one() {
    let table = clustered(1300, 8, 40, 1.0, 2);
    for engine in ENGINES {
        let heard = std::cell::RefCell::new(Vec::new());
        let tell = |share| heard.borrow_mut().push(share);
        join(&table, Scope::All, &plan(engine, 0.99, 0), &tell).expect("good input");
        let heard = heard.into_inner();
        assert!(heard.is_sorted(), "{heard:?}");
        assert_eq!(heard.last(), Some(&1.0));
    }
}
