//! Vectors of a snapshot by row number, read from mapped files.

use bytes::Bytes;
use lookalike_types::VectorTable;

/// The vectors of some contents, in the order in which they were asked for. They lie in mapped
/// files: a row costs memory only while it is in use.
pub struct Vectors {
    pub(crate) dimension: usize,
    pub(crate) segments: Vec<Floats>,
    /// Segment and row within it.
    pub(crate) rows: Vec<(u32, u32)>,
}

/// Numbers that lie in a file, or in memory where the file cannot be used as it is.
pub(crate) enum Floats {
    Mapped(Bytes),
    Owned(Vec<f32>),
}

impl Floats {
    /// The little-endian numbers in `bytes`, without a copy where this machine's order and
    /// alignment allow it.
    pub(crate) fn new(bytes: Bytes) -> Self {
        if cfg!(target_endian = "little") && bytemuck::try_cast_slice::<u8, f32>(&bytes).is_ok() {
            return Self::Mapped(bytes);
        }
        let numbers = bytes.as_chunks::<4>().0.iter().copied();
        Self::Owned(numbers.map(f32::from_le_bytes).collect())
    }

    pub(crate) fn get(&self) -> &[f32] {
        match self {
            Self::Mapped(bytes) => bytemuck::cast_slice(bytes),
            Self::Owned(values) => values,
        }
    }
}

impl VectorTable for Vectors {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn row(&self, index: usize) -> &[f32] {
        let (segment, row) = self.rows[index];
        let start = row as usize * self.dimension;
        &self.segments[segment as usize].get()[start..start + self.dimension]
    }
}
