//! Vectors by row number, wherever they lie.

/// `len` unit vectors of one dimension. The store implements it over mapped files, tests and
/// libraries over memory ([`Rows`]).
pub trait VectorTable: Sync {
    /// Number of rows.
    fn len(&self) -> usize;

    /// Whether there are no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length of every row.
    fn dimension(&self) -> usize;

    /// The vector in row `index`.
    ///
    /// # Panics
    /// May panic where `index >= len`, as slices do.
    fn row(&self, index: usize) -> &[f32];
}

/// Rows that lie one after the other in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    dimension: usize,
    values: Vec<f32>,
}

impl Rows {
    /// Rows of length `dimension` from their values, row by row. `None` where the values do not
    /// fill whole rows.
    pub fn new(dimension: usize, values: Vec<f32>) -> Option<Self> {
        (dimension > 0 && values.len().is_multiple_of(dimension))
            .then_some(Self { dimension, values })
    }
}

impl VectorTable for Rows {
    fn len(&self) -> usize {
        self.values.len() / self.dimension
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.dimension..(index + 1) * self.dimension]
    }
}

/// The rows of one table, and after them those of another.
pub struct Chained<'a> {
    /// The table whose row 0 is row 0.
    pub first: &'a dyn VectorTable,
    /// The table that follows; of the same dimension, unless one of them has no rows.
    pub second: &'a dyn VectorTable,
}

impl VectorTable for Chained<'_> {
    fn len(&self) -> usize {
        self.first.len() + self.second.len()
    }

    fn dimension(&self) -> usize {
        if self.first.is_empty() {
            return self.second.dimension();
        }
        self.first.dimension()
    }

    fn row(&self, index: usize) -> &[f32] {
        match index.checked_sub(self.first.len()) {
            None => self.first.row(index),
            Some(index) => self.second.row(index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_on_rows() {
        let table = |dimension, values| Rows::new(dimension, values).expect("whole rows");
        let (first, second) = (table(2, vec![1.0, 2.0]), table(2, vec![3.0, 4.0, 5.0, 6.0]));
        let both = Chained {
            first: &first,
            second: &second,
        };
        let rows: Vec<&[f32]> = (0..both.len()).map(|row| both.row(row)).collect();
        assert_eq!(rows, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        assert_eq!(both.dimension(), 2);
        let none = table(7, Vec::new());
        let later = Chained {
            first: &none,
            second: &second,
        };
        assert_eq!((later.len(), later.dimension()), (2, 2));
        assert_eq!(later.row(1), [5.0, 6.0]);
    }
}
