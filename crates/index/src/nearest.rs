//! The rows most like one vector.

use lookalike_types::VectorTable;

use crate::error::{IndexError, RowFault};
use crate::score::{fault, similarity};

/// The `k` rows of `table` most like the unit vector `query`, the most alike first, with their
/// cosines; of equals the smaller row number comes first. All rows are compared, so it is exact.
///
/// # Errors
/// Where `query`, or a row that it meets, is no finite vector of the table's dimension, or `query`
/// is not of length 1.
pub fn nearest(
    table: &dyn VectorTable,
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
    let mut scored = (0..rows)
        .map(|row| score(table, row, query))
        .collect::<Result<Vec<_>, _>>()?;
    scored.sort_unstable_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
    scored.truncate(k);
    Ok(scored)
}

fn score(table: &dyn VectorTable, row: usize, query: &[f32]) -> Result<(u32, f32), IndexError> {
    let vector = table.row(row);
    let (found, wanted) = (vector.len(), query.len());
    let similarity = similarity(vector, query);
    let fault = if found != wanted {
        RowFault::Dimension { found, wanted }
    } else if similarity.is_nan() {
        RowFault::NotFinite
    } else {
        return Ok((row as u32, similarity));
    };
    Err(IndexError::Row { row, fault })
}

#[cfg(test)]
mod tests {
    use lookalike_types::Rows;

    use super::*;

    fn table() -> Rows {
        let values = vec![1.0, 0.0, 0.0, 1.0, 0.6, 0.8, 0.0, 1.0];
        Rows::new(2, values).expect("four rows of two")
    }

    #[test]
    fn the_most_alike_come_first_and_ties_by_row() {
        let found = nearest(&table(), &[0.0, 1.0], 3).expect("good vectors");
        assert_eq!(found, [(1, 1.0), (3, 1.0), (2, 0.8)]);
        assert_eq!(nearest(&table(), &[0.0, 1.0], 9).map(|f| f.len()), Ok(4));
        assert_eq!(nearest(&table(), &[0.0, 1.0], 0).map(|f| f.len()), Ok(0));
    }

    #[test]
    fn bad_vectors_are_refused() {
        let fault = RowFault::NotUnit(4.0);
        assert_eq!(
            nearest(&table(), &[0.0, 2.0], 1),
            Err(IndexError::Query { fault })
        );
        let bad = Rows::new(2, vec![1.0, 0.0, f32::NAN, 0.0]).expect("two rows of two");
        let fault = RowFault::NotFinite;
        assert_eq!(
            nearest(&bad, &[0.0, 1.0], 1),
            Err(IndexError::Row { row: 1, fault })
        );
    }
}
