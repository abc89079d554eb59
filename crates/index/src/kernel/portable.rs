//! The kernel for any machine. The compiler makes of it what the target allows.

use super::{Block, Hit, PANEL, Panel, TILE, push};

pub(super) fn scan(block: &Block, panel: &Panel, hits: &mut Vec<Hit>) {
    for tile in 0..block.tiles {
        for place in 0..TILE {
            let mask = row(block, panel, tile, place);
            push(hits, tile * TILE + place, mask);
        }
    }
}

fn row(block: &Block, panel: &Panel, tile: usize, place: usize) -> u32 {
    let mut sums = [0i32; PANEL];
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
        let mut passed = 0;
        for (i, (sum, bound)) in tested.iter().zip(&panel.bounds[level]).enumerate() {
            passed |= u32::from(sum + bound >= bars[place]) << i;
        }
        mask &= passed;
        if mask == 0 {
            break;
        }
    }
    mask
}

fn add(sums: &mut [i32; PANEL], row: u32, columns: &[u32; PANEL]) {
    let row = row.to_ne_bytes().map(|v| i32::from(v.cast_signed()));
    for (sum, column) in sums.iter_mut().zip(columns) {
        let column = column.to_ne_bytes().map(|v| i32::from(v.cast_signed()));
        *sum += row[0] * column[0] + row[1] * column[1] + row[2] * column[2] + row[3] * column[3];
    }
}
