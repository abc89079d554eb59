//! The kernel for 64-bit Arm: products of bytes in 16 bits, added pairwise in 32. NEON is part of
//! every such machine, so nothing has to be asked for.

use std::arch::aarch64::{
    int32x4_t, vaddq_s32, vcgeq_s32, vdupq_n_s32, vget_low_s8, vld1q_s32, vmull_high_s8, vmull_s8,
    vpaddlq_s16, vpaddq_s32, vreinterpretq_s8_s32, vst1q_u32,
};

use super::{Block, Hit, PANEL, Panel, TILE, push};

const FOURS: usize = PANEL / 4;

type Sums = [int32x4_t; FOURS];

pub(super) fn scan(block: &Block, panel: &Panel, hits: &mut Vec<Hit>) {
    for tile in 0..block.tiles {
        for place in 0..TILE {
            // SAFETY: every 64-bit Arm machine has NEON.
            let mask = unsafe { row(block, panel, tile, place) };
            push(hits, tile * TILE + place, mask);
        }
    }
}

#[target_feature(enable = "neon")]
fn row(block: &Block, panel: &Panel, tile: usize, place: usize) -> u32 {
    let mut sums: Sums = [vdupq_n_s32(0); FOURS];
    let mut mask = u32::MAX;
    for (level, shape) in block.levels.iter().enumerate() {
        let (rows, bars) = block.tile(level, tile);
        let columns = &panel.words[level];
        for (row, column) in rows.iter().zip(columns).take(shape.values) {
            add(&mut sums, row[place], column);
        }
        let mut tested = sums;
        for (row, column) in rows.iter().zip(columns).skip(shape.values) {
            add(&mut tested, row[place], column);
        }
        mask &= test(&tested, &panel.bounds[level], bars[place]);
        if mask == 0 {
            break;
        }
    }
    mask
}

#[inline]
#[target_feature(enable = "neon")]
fn load(words: &[i32; 4]) -> int32x4_t {
    // SAFETY: four words are one vector of 16 bytes.
    unsafe { vld1q_s32(words.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn add(sums: &mut Sums, row: u32, columns: &[u32; PANEL]) {
    let row = vreinterpretq_s8_s32(vdupq_n_s32(row.cast_signed()));
    let (columns, _) = columns.as_chunks::<4>();
    for (sum, column) in sums.iter_mut().zip(columns) {
        let column = vreinterpretq_s8_s32(load(&column.map(u32::cast_signed)));
        let low = vpaddlq_s16(vmull_s8(vget_low_s8(row), vget_low_s8(column)));
        let high = vpaddlq_s16(vmull_high_s8(row, column));
        *sum = vaddq_s32(*sum, vpaddq_s32(low, high));
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn test(sums: &Sums, bounds: &[i32; PANEL], bar: i32) -> u32 {
    let bar = vdupq_n_s32(bar);
    let (bounds, _) = bounds.as_chunks::<4>();
    let mut passed = [0u32; PANEL];
    let (slots, _) = passed.as_chunks_mut::<4>();
    for ((sum, bound), slot) in sums.iter().zip(bounds).zip(slots) {
        let reached = vcgeq_s32(vaddq_s32(*sum, load(bound)), bar);
        // SAFETY: a slot is four words, one vector of 16 bytes.
        unsafe { vst1q_u32(slot.as_mut_ptr(), reached) };
    }
    let bits = passed.iter().enumerate();
    bits.fold(0, |mask, (i, word)| mask | (word & 1) << i)
}
