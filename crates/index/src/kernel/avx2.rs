//! The kernel for AVX2: `vpmaddubsw` takes one side unsigned and adds pairs of products in 16 bits.
//! The unsigned side is |row| and the other sign(column, row): of values up to 127 no sum of two
//! products passes 2 · 127² < 2¹⁵, so nothing saturates.

use std::arch::x86_64::{
    __m256i, _mm256_abs_epi8, _mm256_add_epi32, _mm256_castsi256_ps, _mm256_cmpgt_epi32,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_movemask_ps,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_sign_epi8,
};

use super::{Block, Hit, PANEL, Panel, TILE, push};

/// Rows that are summed together: two of them and a panel fill half of the sixteen registers.
const PAIR: usize = 2;
const QUARTERS: usize = PANEL / 8;

type Sums = [[__m256i; QUARTERS]; PAIR];

#[target_feature(enable = "avx2")]
pub(super) fn scan(block: &Block, panel: &Panel, hits: &mut Vec<Hit>) {
    for tile in 0..block.tiles {
        for first in (0..TILE).step_by(PAIR) {
            let masks = pair(block, panel, tile, first);
            for (i, mask) in masks.into_iter().enumerate() {
                push(hits, tile * TILE + first + i, mask);
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn pair(block: &Block, panel: &Panel, tile: usize, first: usize) -> [u32; PAIR] {
    let mut sums: Sums = [[_mm256_setzero_si256(); QUARTERS]; PAIR];
    let mut masks = [u32::MAX; PAIR];
    for (level, shape) in block.levels.iter().enumerate() {
        let (rows, bars) = block.tile(level, tile);
        let columns = &panel.words[level];
        for (row, column) in rows.iter().zip(columns).take(shape.values) {
            add(&mut sums, [row[first], row[first + 1]], column);
        }
        let mut tested = sums;
        for (row, column) in rows.iter().zip(columns).skip(shape.values) {
            add(&mut tested, [row[first], row[first + 1]], column);
        }
        let bars = [bars[first], bars[first + 1]];
        let passed = test(&tested, &panel.bounds[level], bars);
        masks = [masks[0] & passed[0], masks[1] & passed[1]];
        if masks == [0; PAIR] {
            break;
        }
    }
    masks
}

#[inline]
#[target_feature(enable = "avx2")]
fn quarters(columns: &[u32; PANEL]) -> [__m256i; QUARTERS] {
    // SAFETY: 32 words of four bytes are four unaligned vectors of 32 bytes.
    std::array::from_fn(|i| unsafe { _mm256_loadu_si256(columns.as_ptr().add(8 * i).cast()) })
}

#[inline]
#[target_feature(enable = "avx2")]
fn add(sums: &mut Sums, rows: [u32; PAIR], columns: &[u32; PANEL]) {
    let ones = _mm256_set1_epi16(1);
    let columns = quarters(columns);
    for (sum, row) in sums.iter_mut().zip(rows) {
        let row = _mm256_set1_epi32(row.cast_signed());
        let size = _mm256_abs_epi8(row);
        for (sum, column) in sum.iter_mut().zip(columns) {
            let products = _mm256_maddubs_epi16(size, _mm256_sign_epi8(column, row));
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(products, ones));
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn test(sums: &Sums, bounds: &[i32; PANEL], bars: [i32; PAIR]) -> [u32; PAIR] {
    let bounds = quarters(&bounds.map(i32::cast_unsigned));
    let mut masks = [0; PAIR];
    for ((mask, sum), bar) in masks.iter_mut().zip(sums).zip(bars) {
        let bar = _mm256_set1_epi32(bar);
        for (i, (sum, bound)) in sum.iter().zip(bounds).enumerate() {
            // There is no "greater or equal": what is less is found, and the rest taken.
            let less = _mm256_cmpgt_epi32(bar, _mm256_add_epi32(*sum, bound));
            let bits = _mm256_movemask_ps(_mm256_castsi256_ps(less));
            *mask |= (!bits.cast_unsigned() & 0xff) << (8 * i);
        }
    }
    masks
}
