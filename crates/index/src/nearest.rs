//! The rows most like one vector.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use lookalike_types::{NearPair, VectorTable};

use crate::collect::Ranked;
use crate::error::{IndexError, RowFault};
use crate::kernel::{Block, Kernel, PANEL, Panel};
use crate::score::{fault, similarity};
use crate::sketch::{InMemory, Sketches};

/// The `k` rows of `table` most like the unit vector `query`, the most alike first, with their
/// cosines; of equals the smaller row number comes first. It is exact: with sketches of all rows,
/// those are scored whose bound reaches the best `k` so far, without them all are.
///
/// # Errors
/// Where `query`, or a row that it meets, is no finite vector of the table's dimension, or `query`
/// is not of length 1.
pub fn nearest(
    table: &dyn VectorTable,
    kept: Option<Sketches<'_>>,
    query: &[f32],
    k: usize,
) -> Result<Vec<(u32, f32)>, IndexError> {
    let rows = table.len();
    if u32::try_from(rows).is_err() {
        return Err(IndexError::TooManyRows { rows });
    }
    if let Some(fault) = fault(query, table.dimension()) {
        return Err(IndexError::Query { fault });
    }
    let mut best = Best::new(k);
    match kept {
        Some(kept) => filtered(table, kept, query, &mut best)?,
        None => (0..rows as u32).try_for_each(|row| best.meet(table, row, query))?,
    }
    Ok(best.in_order())
}

/// Panel by panel, so that what was found so far rules out more and more of the rest.
fn filtered(
    table: &dyn VectorTable,
    kept: Sketches<'_>,
    query: &[f32],
    best: &mut Best,
) -> Result<(), IndexError> {
    let (sketcher, kernel) = (kept.sketcher, Kernel::best());
    let one = One(query);
    let bytes = sketcher.sketch(&one, 0..1, 1, &|_| ())?;
    let records = InMemory {
        stride: bytes.len(),
        bytes: &bytes,
    };
    let sketched = Sketches {
        sketcher,
        records: &records,
    };
    let mut block = Block::new(kernel, sketcher.levels());
    block.fill([sketched.record(0)].into_iter());
    let mut panel = Panel::new(kernel, sketcher.levels());
    let mut hits = Vec::new();
    let rows = table.len() as u32;
    for first in (0..rows).step_by(PANEL) {
        let columns = first..rows.min(first + PANEL as u32);
        let records = columns.map(|row| kept.record(row));
        panel.fill(records, sketcher.threshold(best.level()));
        kernel.scan(&block, &panel, &mut hits);
        for hit in hits.drain(..) {
            best.meet(table, first + hit.column, query)?;
        }
    }
    Ok(())
}

/// One vector as a table.
struct One<'a>(&'a [f32]);

impl VectorTable for One<'_> {
    fn len(&self) -> usize {
        1
    }

    fn dimension(&self) -> usize {
        self.0.len()
    }

    fn row(&self, _: usize) -> &[f32] {
        self.0
    }
}

/// The best rows so far, the least alike on top.
struct Best {
    k: usize,
    heap: BinaryHeap<Reverse<Ranked>>,
}

impl Best {
    fn new(k: usize) -> Self {
        let heap = BinaryHeap::new();
        Self { k, heap }
    }

    /// The similarity that a row must reach to be among the best.
    fn level(&self) -> f32 {
        match self.heap.peek() {
            Some(Reverse(last)) if self.heap.len() == self.k => last.0.similarity,
            _ => -1.0,
        }
    }

    fn meet(&mut self, table: &dyn VectorTable, row: u32, query: &[f32]) -> Result<(), IndexError> {
        let pair = NearPair {
            a: row,
            b: row,
            similarity: score(table, row as usize, query)?,
        };
        self.heap.push(Reverse(Ranked(pair)));
        if self.heap.len() > self.k {
            self.heap.pop();
        }
        Ok(())
    }

    fn in_order(self) -> Vec<(u32, f32)> {
        let sorted = self.heap.into_sorted_vec();
        sorted
            .into_iter()
            .map(|r| (r.0.0.a, r.0.0.similarity))
            .collect()
    }
}

fn score(table: &dyn VectorTable, row: usize, query: &[f32]) -> Result<f32, IndexError> {
    let vector = table.row(row);
    let (found, wanted) = (vector.len(), query.len());
    let similarity = similarity(vector, query);
    let fault = if found != wanted {
        RowFault::Dimension { found, wanted }
    } else if similarity.is_nan() {
        RowFault::NotFinite
    } else {
        return Ok(similarity);
    };
    Err(IndexError::Row { row, fault })
}

#[cfg(test)]
mod tests {
    use lookalike_types::Rows;
    use proptest::prelude::*;

    use super::*;
    use crate::basis::Basis;
    use crate::seed::Random;
    use crate::sketch::Sketcher;

    fn table() -> Rows {
        let values = vec![1.0, 0.0, 0.0, 1.0, 0.6, 0.8, 0.0, 1.0];
        Rows::new(2, values).expect("four rows of two")
    }

    #[test]
    fn the_most_alike_come_first_and_ties_by_row() {
        let found = nearest(&table(), None, &[0.0, 1.0], 3).expect("good vectors");
        assert_eq!(found, [(1, 1.0), (3, 1.0), (2, 0.8)]);
        let count = |k| nearest(&table(), None, &[0.0, 1.0], k).map(|f| f.len());
        assert_eq!((count(9), count(0)), (Ok(4), Ok(0)));
    }

    #[test]
    fn bad_vectors_are_refused() {
        let fault = RowFault::NotUnit(4.0);
        assert_eq!(
            nearest(&table(), None, &[0.0, 2.0], 1),
            Err(IndexError::Query { fault })
        );
        let bad = Rows::new(2, vec![1.0, 0.0, f32::NAN, 0.0]).expect("two rows of two");
        let fault = RowFault::NotFinite;
        assert_eq!(
            nearest(&bad, None, &[0.0, 1.0], 1),
            Err(IndexError::Row { row: 1, fault })
        );
    }

    proptest! {
        /// Values of few kinds make many ties.
        #[test]
        fn sketches_change_nothing_but_the_work(
            n in 1usize..200, d in 16usize..40, k in 0usize..30, kinds in 2usize..9, seed in any::<u64>(),
        ) {
            let mut random = Random::new(seed);
            let mut row = || {
                let row: Vec<f32> = (0..d).map(|_| random.below(kinds) as f32 + 0.1).collect();
                let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
                row.into_iter().map(|v| v / length).collect::<Vec<_>>()
            };
            let query = row();
            let table = Rows::new(d, (0..n).map(|_| row()).collect::<Vec<_>>().concat()).expect("rows");
            let sample: Vec<u32> = (0..n as u32).collect();
            let basis = Basis::fit(&table, 16, (seed, 1 << 20));
            let ends = basis.as_ref().map_or(vec![d], |_| vec![8, 16]);
            let sketcher = Sketcher::new(&table, basis, &ends, &sample);
            let bytes = sketcher.sketch(&table, 0..n, 1, &|_| ()).expect("unit rows");
            let records = InMemory { stride: sketcher.stride(), bytes: &bytes };
            let kept = Sketches { sketcher: &sketcher, records: &records };
            prop_assert_eq!(nearest(&table, Some(kept), &query, k), nearest(&table, None, &query, k));
        }
    }
}
