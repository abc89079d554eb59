//! Sketches that were kept: rows that came later, and queries.

use lookalike_index::{Engine, Made, Records, Scope, Sketcher, Sketches, dot, join_kept, nearest};
use lookalike_types::{Rows, VectorTable};

use crate::support::{at_floor, clustered, moved, plan, run, stacked, unit, values};

struct Bytes {
    stride: usize,
    bytes: Vec<u8>,
}

impl Records for Bytes {
    fn record(&self, row: usize) -> &[u8] {
        &self.bytes[row * self.stride..(row + 1) * self.stride]
    }
}

/// Sketches of all rows of `table`, those of the first made by a join of them.
fn grown(made: Made, table: &Rows) -> (Sketcher, Bytes) {
    let Made { sketcher, records } = made;
    let stride = sketcher.stride();
    let first = records.len() / stride;
    let added = sketcher
        .sketch(table, first..table.len(), 2, &|_| ())
        .expect("unit rows");
    let bytes = [records, added].concat();
    (sketcher, Bytes { stride, bytes })
}

/// Rows of one or two values each, which lie outside of what any sample of the others shows.
fn sparse(rows: usize, d: usize, seed: u64) -> Rows {
    let mut value = values(seed);
    let mut place = || ((value() + 0.5) * (d - 1) as f32) as usize;
    let row = |_| {
        let mut row = vec![0.0; d];
        row[place() % 9] = 1.0;
        row[place()] += 0.3;
        unit(row)
    };
    let rows: Vec<Vec<f32>> = (0..rows).map(row).collect();
    Rows::new(d, rows.concat()).expect("whole rows")
}

#[test]
fn rows_that_came_later_are_joined_as_from_scratch() {
    let old = clustered(4000, 64, 1300, 0.28, 71);
    let near = moved(&old, 20, 0.2, 72);
    let others = sparse(300, 64, 73);
    for new in [&near, &others, &stacked(64, &[&near, &others])] {
        let table = stacked(64, &[&old, new]);
        let made = run(&old, &plan(Engine::Exact, 0.9, 0)).sketches;
        let (sketcher, records) = grown(made.expect("a large set"), &table);
        let kept = Sketches {
            sketcher: &sketcher,
            records: &records,
        };
        let fresh: Vec<bool> = (0..table.len()).map(|row| row >= old.len()).collect();
        for scope in [Scope::Fresh(&fresh), Scope::All, Scope::Between(4100)] {
            for engine in [Engine::Auto, Engine::Hnsw] {
                let found = join_kept(&table, kept, scope, &plan(engine, 0.9, 0), &|_| ());
                let found = found.expect("good input");
                let truth = at_floor(&table, scope, 0.9);
                assert!(truth.len() > 100, "{}", truth.len());
                assert!(found.pairs == truth, "{scope:.9?} {}", found.pairs.len());
                assert_eq!(found.choice.engine, Engine::Exact);
            }
        }
    }
}

#[test]
fn a_new_row_that_is_none_is_named_by_its_number() {
    let old = clustered(4000, 64, 1300, 0.28, 71);
    let made = run(&old, &plan(Engine::Exact, 0.9, 0)).sketches;
    let sketcher = made.expect("a large set").sketcher;
    let mut rows = (0..old.len())
        .flat_map(|i| old.row(i).to_vec())
        .collect::<Vec<_>>();
    rows[3000 * 64] = f32::NAN;
    rows[3900 * 64] = 3.0;
    let table = Rows::new(64, rows).expect("whole rows");
    for threads in [1, 2, 5] {
        let error = sketcher.sketch(&table, 2500..4000, threads, &|_| ());
        let words = error.expect_err("a bad row").to_string();
        assert!(words.starts_with("row 3000 "), "{words}");
    }
}

#[test]
fn the_nearest_are_those_of_a_search_of_all() {
    let table = stacked(
        300,
        &[
            &clustered(1700, 300, 500, 0.3, 81),
            &clustered(150, 300, 1, 0.0, 82),
            &clustered(150, 300, 1, 0.1, 83),
        ],
    );
    let made = run(&table, &plan(Engine::Exact, 0.9, 0)).sketches;
    let (sketcher, records) = grown(made.expect("a large set"), &table);
    let kept = Sketches {
        sketcher: &sketcher,
        records: &records,
    };
    let queries = stacked(
        300,
        &[
            &moved(&table, 40, 0.3, 84),
            &clustered(30, 300, 30, 0.0, 85),
            &sparse(20, 300, 86),
        ],
    );
    assert_eq!(queries.len(), 100);
    for (row, k) in (0..100).zip([1, 3, 10, 170, 2500].into_iter().cycle()) {
        let query = queries.row(row);
        let mut truth: Vec<(u32, f32)> = (0..table.len())
            .map(|i| (i as u32, dot(table.row(i), query).clamp(-1.0, 1.0) + 0.0))
            .collect();
        truth.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
        truth.truncate(k);
        assert_eq!(nearest(&table, Some(kept), query, k).as_ref(), Ok(&truth));
        assert_eq!(nearest(&table, None, query, k), Ok(truth));
    }
}
