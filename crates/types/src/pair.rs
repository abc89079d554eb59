//! Two images that are alike.

/// How sure it is that two images are copies, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PairKind {
    /// The same bytes.
    Identical,
    /// Other bytes, the same decoded pixels.
    Pixels,
    /// Other pixels, a cosine at or above the threshold.
    Near,
}

impl PairKind {
    /// The word in the tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Pixels => "pixels",
            Self::Near => "near",
        }
    }
}

/// Two rows of a [`VectorTable`](crate::VectorTable) and their cosine; `a < b`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearPair {
    /// The smaller row.
    pub a: u32,
    /// The larger row.
    pub b: u32,
    /// Cosine, computed in f32 with one fixed order of summation.
    pub similarity: f32,
}
