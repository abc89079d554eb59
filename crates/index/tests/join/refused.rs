//! What is refused, and in which words.

use lookalike_index::{
    Engine, HnswOptions, IndexError, IvfOptions, JoinPlan, RowFault, Scope, join,
};
use lookalike_types::{Rows, VectorTable};

use crate::support::{ENGINES, clustered, plan, stacked};

#[test]
fn bad_input_is_named() {
    let good = plan(Engine::Exact, 0.5, 0);
    for (bad, fault) in [
        ([f32::NAN, 0.0], RowFault::NotFinite),
        ([f32::INFINITY, 0.0], RowFault::NotFinite),
        ([0.0, 0.0], RowFault::NotUnit(0.0)),
        ([0.5, 0.0], RowFault::NotUnit(0.25)),
    ] {
        let table = Rows::new(2, vec![1.0, 0.0, bad[0], bad[1]]).expect("rows of two");
        let error = join(&table, Scope::All, &good, &|_| ());
        assert_eq!(error, Err(IndexError::Row { row: 1, fault }));
    }
    let table = Rows::new(2, vec![1.0, 0.0]).expect("a row of two");
    let refused = |scope: Scope<'_>, plan: JoinPlan| {
        join(&table, scope, &plan, &|_| ())
            .expect_err("must be refused")
            .to_string()
    };
    let graph = |connections| HnswOptions {
        connections,
        ..HnswOptions::default()
    };
    let hnsw = plan(Engine::Hnsw, 0.5, 0);
    insta::assert_snapshot!(
        [
            refused(Scope::All, JoinPlan { floor: f32::NAN, ..good }),
            refused(Scope::All, JoinPlan { threshold: 1.5, ..good }),
            refused(Scope::Fresh(&[]), good),
            refused(Scope::All, JoinPlan { ivf: IvfOptions { recall: 0.0, cells: 0 }, ..plan(Engine::Ivf, 0.5, 0) }),
            refused(Scope::All, JoinPlan { hnsw: graph(1), ..hnsw }),
            refused(Scope::All, JoinPlan { hnsw: graph(256), ..hnsw }),
            IndexError::Row { row: 1, fault: RowFault::NotUnit(0.25) }.to_string(),
        ]
        .join("\n"),
        @r"
    floor is NaN, but must be a cosine from -1 to 1
    threshold is 1.5, but must be a cosine from -1 to 1
    0 flags say which rows are new, but the table has 1 rows
    ivf.recall is 0, but must be above 0 and at most 1
    hnsw.connections is 1, but must be from 2 to 64
    hnsw.connections is 256, but must be from 2 to 64
    row 1 of the vectors cannot be compared: the square of its length is 0.25, not 1. Cosines need finite vectors of length 1; normalise the rows, or leave this one out
    "
    );
}

/// Bad rows among many: each kind is the first of them once.
fn with_bad(table: &Rows, at: &[(usize, f32)]) -> Rows {
    let d = table.dimension();
    let mut rows: Vec<f32> = (0..table.len())
        .flat_map(|i| table.row(i).to_vec())
        .collect();
    for (row, factor) in at {
        rows[row * d..(row + 1) * d]
            .iter_mut()
            .for_each(|v| *v *= factor);
    }
    Rows::new(d, rows).expect("whole rows")
}

#[test]
fn the_first_bad_row_is_named_by_every_engine() {
    let small = clustered(90, 40, 30, 0.3, 3);
    let large = clustered(4000, 64, 1300, 0.3, 4);
    let factors = [0.0, f32::NAN, f32::INFINITY, 0.5, 1e30];
    for (table, places) in [
        (&small, [17, 18, 60, 88, 89]),
        (&large, [1234, 1235, 2000, 3001, 3999]),
    ] {
        for turn in 0..factors.len() {
            let at: Vec<(usize, f32)> = places
                .into_iter()
                .enumerate()
                .map(|(i, row)| (row, factors[(i + turn) % factors.len()]))
                .collect();
            let bad = with_bad(table, &at);
            for (engine, threads) in ENGINES.into_iter().flat_map(|e| [1, 2, 5].map(|t| (e, t))) {
                let plan = JoinPlan {
                    threads,
                    ..plan(engine, 0.9, 0)
                };
                let error = join(&bad, Scope::All, &plan, &|_| ());
                let named = matches!(error, Err(IndexError::Row { row, .. }) if row == places[0]);
                assert!(
                    named,
                    "{engine:?}, {threads} threads, {at:?}: {:?}",
                    error.map(|j| j.recall)
                );
            }
        }
    }
}

/// Nothing can be learnt from a sample in which every row is bad.
#[test]
fn tables_of_bad_rows_only_are_refused() {
    for (n, d) in [(20, 40), (4000, 64)] {
        for factor in [0.0, f32::NAN, f32::INFINITY, f32::MAX] {
            let all: Vec<(usize, f32)> = (0..n).map(|row| (row, factor)).collect();
            let bad = with_bad(&clustered(n, d, 5, 0.3, 5), &all);
            for engine in ENGINES {
                let error = join(&bad, Scope::All, &plan(engine, 0.9, 0), &|_| ());
                let named = matches!(error, Err(IndexError::Row { row: 0, .. }));
                assert!(named, "{engine:?}, {n} x {factor}");
            }
        }
    }
}

#[test]
fn an_engine_that_cannot_keep_the_budget_is_refused() {
    let table = clustered(4000, 64, 1300, 0.3, 6);
    let words = |engine, memory| {
        let hnsw = HnswOptions {
            connections: 64,
            ..HnswOptions::default()
        };
        let plan = JoinPlan {
            memory,
            hnsw,
            ..plan(engine, 0.9, 0)
        };
        join(&table, Scope::All, &plan, &|_| ())
            .map_or_else(|e| e.to_string(), |j| j.choice.engine.as_str().to_owned())
    };
    insta::assert_snapshot!(
        [
            words(Engine::Hnsw, 20 << 20),
            words(Engine::Hnsw, 48 << 20),
            words(Engine::Hnsw, 4 << 20),
            words(Engine::Ivf, 4 << 20),
            words(Engine::Exact, 4 << 20),
            words(Engine::Auto, 4 << 20),
        ]
        .join("\n"),
        @r"
    the hnsw engine needs about 35 MiB for 4000 vectors, but the budget leaves 20. Raise `runtime.memory_budget_mib`, or take `exact`, which needs less
    hnsw
    the hnsw engine needs about 34 MiB for 4000 vectors, but the budget leaves 4. Raise `runtime.memory_budget_mib`, or take `exact`, which needs less
    the ivf engine needs about 17 MiB for 4000 vectors, but the budget leaves 4. Raise `runtime.memory_budget_mib`, or take `exact`, which needs less
    exact
    exact
    "
    );
}

#[test]
fn more_pairs_than_memory_holds_are_refused() {
    let refused = |table: &Rows, plan: JoinPlan| {
        let found = join(table, Scope::All, &plan, &|_| ());
        found
            .map(|joined| joined.pairs.len())
            .expect_err("too many")
            .to_string()
    };
    let mut words = Vec::new();
    // Multiplied out, and by sketches.
    for d in [64, 300] {
        let table = clustered(2000, d, 1, 0.0, 7);
        for engine in ENGINES {
            let memory = 32 << 20;
            words.push(refused(
                &table,
                JoinPlan {
                    memory,
                    ..plan(engine, 0.9, 0)
                },
            ));
        }
    }
    // Nearly equal: no row stands for the others.
    let table = clustered(700, 300, 1, 0.05, 7);
    for engine in ENGINES {
        let (memory, threads) = (11 << 20, 1);
        words.push(refused(
            &table,
            JoinPlan {
                memory,
                threads,
                ..plan(engine, 0.9, 0)
            },
        ));
    }
    words.dedup();
    insta::assert_snapshot!(words.join("\n"), @r"
    more than 699050 pairs are at or above the threshold, which 32 MiB do not hold. Raise the threshold, or `runtime.memory_budget_mib`
    more than 240298 pairs are at or above the threshold, which 11 MiB do not hold. Raise the threshold, or `runtime.memory_budget_mib`
    ");
}

/// As many as fit, and one more.
#[test]
fn the_last_pair_that_fits_is_kept() {
    let others = clustered(300, 40, 300, 0.0, 8);
    let table = stacked(40, &[&others, &clustered(100, 40, 1, 0.0, 9)]);
    let pairs = 100 * 99 / 2;
    for engine in [Engine::Auto, Engine::Exact] {
        let run = |memory| {
            let plan = JoinPlan {
                memory,
                ..plan(engine, 0.9, 0)
            };
            join(&table, Scope::All, &plan, &|_| ()).map(|joined| joined.pairs.len())
        };
        assert_eq!(run(48 * pairs), Ok(pairs as usize));
        assert!(matches!(
            run(48 * pairs - 1),
            Err(IndexError::TooManyPairs { .. })
        ));
    }
}
