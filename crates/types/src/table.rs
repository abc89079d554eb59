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
