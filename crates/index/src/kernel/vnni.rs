//! The kernel for AVX-512 with VNNI: `vpdpbusd` adds 64 products of bytes at once. It takes one
//! side unsigned, so rows carry a bias of 128, which the bounds of the panel take back.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_and_si512, _mm512_dpbusd_epi32, _mm512_loadu_si512,
    _mm512_movepi32_mask, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_sub_epi32,
};

use super::{Block, Hit, PANEL, Panel, TILE, push};

/// Eight rows of two halves: half of the registers that there are.
type Sums = [[__m512i; 2]; TILE];

/// What a lane of a register holds.
trait Word {}
impl Word for u32 {}
impl Word for i32 {}

/// Does the same for each row of a tile. Written out, because sums that a loop indexes are kept in
/// memory by some versions of the compiler, which costs two thirds of the speed.
macro_rules! for_each_row {
    ($row:ident, $body:expr) => {{
        for_each_row!($row, $body, 0, 1, 2, 3, 4, 5, 6, 7);
    }};
    ($row:ident, $body:expr, $($number:literal),*) => {
        $({
            const $row: usize = $number;
            $body
        })*
    };
}

#[target_feature(enable = "avx512f,avx512dq,avx512vnni")]
pub(super) fn scan(block: &Block, panel: &Panel, hits: &mut Vec<Hit>) {
    let last = block.levels.len() - 1;
    'tiles: for tile in 0..block.tiles {
        let mut sums: Sums = [[_mm512_setzero_si512(); 2]; TILE];
        let mut masks = [u32::MAX; TILE];
        for (level, shape) in block.levels.iter().enumerate() {
            let (rows, bars) = block.tile(level, tile);
            let (rows, own_rows) = rows.split_at(shape.values);
            let (columns, own_columns) = panel.words[level].split_at(shape.values);
            for (row, column) in rows.iter().zip(columns) {
                let column = halves(column);
                for_each_row!(R, sums[R] = add(sums[R], row[R], column));
            }
            let own = own_rows.first().zip(own_columns.first());
            let (row, column) = own.unwrap_or((&[0; TILE], &[0; PANEL]));
            let (column, bounds) = (halves(column), halves(&panel.bounds[level]));
            // A margin below 0 has its highest bit set, so this one has it where no row passes.
            let mut none = [_mm512_set1_epi32(-1); 2];
            for_each_row!(R, {
                let margin = margin(add(sums[R], row[R], column), bounds, bars[R]);
                none[0] = _mm512_and_si512(none[0], margin[0]);
                none[1] = _mm512_and_si512(none[1], margin[1]);
            });
            if _mm512_movepi32_mask(_mm512_and_si512(none[0], none[1])) == u16::MAX {
                continue 'tiles;
            }
            for_each_row!(R, {
                let [low, high] = margin(add(sums[R], row[R], column), bounds, bars[R]);
                let (low, high) = (_mm512_movepi32_mask(low), _mm512_movepi32_mask(high));
                masks[R] &= !(u32::from(low) | u32::from(high) << 16);
            });
            if level == last {
                for_each_row!(R, push(hits, tile * TILE + R, masks[R]));
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vnni")]
fn halves<T: Word>(columns: &[T; PANEL]) -> [__m512i; 2] {
    // SAFETY: 32 words of four bytes are two unaligned vectors of 64 bytes.
    unsafe {
        let start = columns.as_ptr();
        [
            _mm512_loadu_si512(start.cast()),
            _mm512_loadu_si512(start.add(PANEL / 2).cast()),
        ]
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vnni")]
fn add(sum: [__m512i; 2], row: u32, columns: [__m512i; 2]) -> [__m512i; 2] {
    let row = _mm512_set1_epi32(row.cast_signed());
    [
        _mm512_dpbusd_epi32(sum[0], row, columns[0]),
        _mm512_dpbusd_epi32(sum[1], row, columns[1]),
    ]
}

/// By how much sum and bound pass the bar of a row.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vnni")]
fn margin(sum: [__m512i; 2], bounds: [__m512i; 2], bar: i32) -> [__m512i; 2] {
    let bar = _mm512_set1_epi32(bar);
    [
        _mm512_sub_epi32(_mm512_add_epi32(sum[0], bounds[0]), bar),
        _mm512_sub_epi32(_mm512_add_epi32(sum[1], bounds[1]), bar),
    ]
}
