//! Integer products of many sketches with many, and which of them reach their thresholds.
//!
//! Rows are packed eight to a tile and columns 32 to a panel, four values of each to a 32-bit word.
//! A kernel walks the levels of a sketch: after each it leaves a tile of which no pair can reach the
//! threshold any more. Products are integers, so every kernel finds the same pairs; which one runs
//! is up to the machine, and a test holds them equal.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(target_arch = "x86_64")]
mod vnni;

/// Rows of a tile.
pub(crate) const TILE: usize = 8;
/// Columns of a panel.
pub(crate) const PANEL: usize = 32;

/// A bound that no product reaches: for places of a tile or panel that hold no row.
const NEVER: i32 = -(1 << 30);

/// A row of the block and a column of the panel whose products reach the thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) row: u32,
    pub(crate) column: u32,
}

/// How the bytes of a sketch are divided: each level adds values, and is tested with values of its
/// own that no later level counts. All in words of four values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    /// Words that stay in the sum.
    pub(crate) values: usize,
    /// Words that count for the test of this level alone: 0 or 1.
    pub(crate) own: usize,
}

impl Level {
    pub(crate) fn words(&self) -> usize {
        self.values + self.own
    }
}

/// A sketch as a kernel takes it: its words in the order of the levels, and a weight for each level.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) words: &'a [[u8; 4]],
    pub(crate) weights: &'a [[u8; 4]],
}

/// The kernels. All give the same hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kernel {
    #[cfg(target_arch = "x86_64")]
    Vnni512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
    Portable,
}

impl Kernel {
    /// The fastest one that this machine has.
    pub(crate) fn best() -> Self {
        Self::all()[0]
    }

    /// Those that this machine has, the fastest first.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512dq") {
                all.push(Self::Vnni512);
            }
            if is_x86_feature_detected!("avx2") {
                all.push(Self::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        all.push(Self::Neon);
        all.push(Self::Portable);
        all
    }

    /// What is added to the values of a row, so that they are unsigned where the kernel needs it.
    fn bias(self) -> u8 {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Vnni512 => 128,
            _ => 0,
        }
    }

    /// Appends the pairs of `block` and `panel` that reach the thresholds of every level, by row
    /// and column.
    ///
    /// # Panics
    /// Where block and panel were packed for other levels, or the block for another kernel.
    pub(crate) fn scan(self, block: &Block, panel: &Panel, hits: &mut Vec<Hit>) {
        assert_eq!(block.kernel, self);
        assert_eq!(block.levels, panel.levels);
        match self {
            // SAFETY: `all`, the only place that makes one, asked for the features.
            #[cfg(target_arch = "x86_64")]
            Self::Vnni512 => unsafe { vnni::scan(block, panel, hits) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::scan(block, panel, hits) },
            #[cfg(target_arch = "aarch64")]
            Self::Neon => neon::scan(block, panel, hits),
            Self::Portable => portable::scan(block, panel, hits),
        }
    }
}

/// Packed rows: for each level, tile by tile, word by word, the eight rows.
#[derive(Debug)]
pub(crate) struct Block {
    kernel: Kernel,
    levels: Vec<Level>,
    tiles: usize,
    words: Vec<Vec<[u32; TILE]>>,
    /// By level and tile: the least sum of product and column bound that a row lets pass.
    bars: Vec<Vec<[i32; TILE]>>,
}

impl Block {
    pub(crate) fn new(kernel: Kernel, levels: &[Level]) -> Self {
        Self {
            kernel,
            levels: levels.to_vec(),
            tiles: 0,
            words: vec![Vec::new(); levels.len()],
            bars: vec![Vec::new(); levels.len()],
        }
    }

    /// Takes these rows instead of those it has.
    pub(crate) fn fill<'a>(&mut self, rows: impl ExactSizeIterator<Item = Record<'a>>) {
        self.tiles = rows.len().div_ceil(TILE);
        for (level, shape) in self.levels.iter().enumerate() {
            self.words[level].clear();
            self.words[level].resize(self.tiles * shape.words(), [0; TILE]);
            self.bars[level].clear();
            self.bars[level].resize(self.tiles, [-NEVER; TILE]);
        }
        let bias = u32::from_ne_bytes([self.kernel.bias(); 4]);
        for (row, record) in rows.enumerate() {
            let (tile, place) = (row / TILE, row % TILE);
            let mut words = record.words;
            for (level, shape) in self.levels.iter().enumerate() {
                let (own, rest) = words.split_at(shape.words());
                let start = tile * shape.words();
                let slots = &mut self.words[level][start..start + shape.words()];
                for (slot, word) in slots.iter_mut().zip(own) {
                    // Adding 128 to a byte is the same as flipping its highest bit.
                    slot[place] = u32::from_ne_bytes(*word) ^ bias;
                }
                self.bars[level][tile][place] = -i32::from_le_bytes(record.weights[level]);
                words = rest;
            }
        }
    }

    fn tile(&self, level: usize, tile: usize) -> (&[[u32; TILE]], &[i32; TILE]) {
        let words = self.levels[level].words();
        let start = tile * words;
        (
            &self.words[level][start..start + words],
            &self.bars[level][tile],
        )
    }
}

/// Packed columns: for each level, word by word, the 32 columns.
#[derive(Debug)]
pub(crate) struct Panel {
    bias: i32,
    levels: Vec<Level>,
    words: Vec<Vec<[u32; PANEL]>>,
    /// By level: what is added to a product before it is held against the bar of its row.
    bounds: Vec<[i32; PANEL]>,
}

impl Panel {
    pub(crate) fn new(kernel: Kernel, levels: &[Level]) -> Self {
        let words = |level: &Level| vec![[0; PANEL]; level.words()];
        Self {
            bias: i32::from(kernel.bias()),
            levels: levels.to_vec(),
            words: levels.iter().map(words).collect(),
            bounds: vec![[0; PANEL]; levels.len()],
        }
    }

    /// Takes these columns, at most [`PANEL`], instead of those it has. A pair passes where
    /// product + weight of the row + weight of the column reach `threshold` on every level.
    pub(crate) fn fill<'a>(&mut self, columns: impl Iterator<Item = Record<'a>>, threshold: i32) {
        self.bounds.fill([NEVER; PANEL]);
        for (place, record) in columns.take(PANEL).enumerate() {
            let (mut words, mut sum) = (record.words, 0);
            for (level, shape) in self.levels.iter().enumerate() {
                let (own, rest) = words.split_at(shape.words());
                for (slot, word) in self.words[level].iter_mut().zip(own) {
                    slot[place] = u32::from_ne_bytes(*word);
                }
                let (values, tested) = own.split_at(shape.values);
                sum += total(values);
                let weight = i32::from_le_bytes(record.weights[level]);
                self.bounds[level][place] = weight - threshold - self.bias * (sum + total(tested));
                words = rest;
            }
        }
    }
}

/// The sum of all values in these words.
fn total(words: &[[u8; 4]]) -> i32 {
    let values = words.as_flattened().iter();
    values.map(|v| i32::from(v.cast_signed())).sum()
}

/// Appends the places of the set bits of `mask`, a row of the panel's columns.
#[inline]
fn push(hits: &mut Vec<Hit>, row: usize, mut mask: u32) {
    while mask != 0 {
        let column = mask.trailing_zeros();
        hits.push(Hit {
            row: row as u32,
            column,
        });
        mask &= mask - 1;
    }
}

#[cfg(test)]
mod tests;
