//! What the rows of a file are called.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, UInt64Array};
use arrow::compute::interleave;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

/// Ids by row: a column of the file, or the numbers of its rows.
#[derive(Debug, Clone)]
pub struct Ids(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Rows,
    /// Pieces as they were read. Put together, long strings would be more than the offsets of one
    /// Arrow array can count.
    Column {
        data_type: DataType,
        pieces: Vec<ArrayRef>,
        /// The number of each piece's first row.
        starts: Vec<usize>,
    },
}

impl Ids {
    /// Rows are called by their number, from 0.
    pub(crate) fn rows() -> Self {
        Self(Kind::Rows)
    }

    /// Rows are called as in this column, whose pieces have this type.
    pub(crate) fn column(data_type: DataType, pieces: Vec<ArrayRef>) -> Self {
        let starts = pieces.iter().scan(0, |next, piece| {
            let start = *next;
            *next += piece.len();
            Some(start)
        });
        Self(Kind::Column {
            starts: starts.collect(),
            data_type,
            pieces,
        })
    }

    /// The type of the ids: that of the column, or `uint64`.
    pub fn data_type(&self) -> &DataType {
        match &self.0 {
            Kind::Rows => &DataType::UInt64,
            Kind::Column { data_type, .. } => data_type,
        }
    }

    /// The ids of these rows.
    pub(crate) fn of(&self, rows: impl Iterator<Item = usize>) -> Result<ArrayRef, ArrowError> {
        match &self.0 {
            Kind::Rows => Ok(Arc::new(UInt64Array::from_iter_values(
                rows.map(|row| row as u64),
            ))),
            Kind::Column { pieces, starts, .. } => {
                let pieces: Vec<&dyn Array> = pieces.iter().map(AsRef::as_ref).collect();
                let place = |row: usize| {
                    let piece = starts.partition_point(|start| *start <= row) - 1;
                    (piece, row - starts[piece])
                };
                interleave(&pieces, &rows.map(place).collect::<Vec<_>>())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, StringArray};

    use super::*;

    #[test]
    fn ids_are_found_in_their_piece() {
        let pieces = [vec!["a", "b"], vec![], vec!["c"], vec!["d", "e"]];
        let pieces = pieces.map(|piece| Arc::new(StringArray::from(piece)) as ArrayRef);
        let ids = Ids::column(DataType::Utf8, pieces.to_vec());
        let found = ids.of([4, 0, 2, 2, 1, 3].into_iter()).expect("ids");
        let found: Vec<_> = found.as_string::<i32>().iter().flatten().collect();
        assert_eq!(found, ["e", "a", "c", "c", "b", "d"]);
    }
}
