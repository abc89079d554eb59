//! What one image may cost.

use std::time::Duration;

/// Bounds on a single image. What exceeds them becomes a failed row, never a failed run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Width times height, as the header gives them; more is refused before a pixel is decoded.
    pub max_pixels: u64,
    /// Size of the file or tar member in bytes; more is refused before a byte is read.
    pub max_bytes: u64,
    /// How long a decoder may go on asking for data.
    pub timeout: Duration,
}

impl Limits {
    /// Bytes a decoder may allocate: the widest pixel it can give (four samples of 16 bits), and
    /// 64 MiB for tables and working rows, which do not grow with the picture.
    pub(crate) fn max_alloc(&self) -> u64 {
        self.max_pixels.saturating_mul(8).saturating_add(64 << 20)
    }
}
