//! Some rows of a table as a table of their own.

use lookalike_types::VectorTable;

/// The rows of `table` with these numbers, in this order. Nothing is copied.
pub(crate) struct View<'a> {
    pub(crate) table: &'a dyn VectorTable,
    pub(crate) rows: &'a [u32],
}

impl VectorTable for View<'_> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn dimension(&self) -> usize {
        self.table.dimension()
    }

    fn row(&self, index: usize) -> &[f32] {
        self.table.row(self.rows[index] as usize)
    }
}
