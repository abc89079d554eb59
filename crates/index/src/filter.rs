//! The exact join by sketches: integer products say which pairs can reach the floor, and those are
//! scored in full. Nothing is lost, by `sketch.rs`.

use lookalike_types::VectorTable;

use crate::collect::{Collected, Collector, Goal, Shared, Sink};
use crate::kernel::{Block, Hit, Kernel, PANEL, Panel, TILE};
use crate::order::Order;
use crate::pool;
use crate::score::{PIECE, may_reach, similarity, slack};
use crate::sketch::Sketches;

/// Rows of a block, at most: their first levels stay in a second-level cache of 1 MiB.
pub(crate) const ROWS: usize = 8192;
/// Columns that one task joins with its block: enough to make packing the block cheap.
const COLUMNS: usize = 1 << 16;
/// Pairs that are kept until they are scored together, in the order of their rows.
const BATCH: usize = 1 << 13;

/// Rows and the sketches that stand for them.
#[derive(Clone, Copy)]
pub(crate) struct Sketched<'a> {
    pub(crate) table: &'a dyn VectorTable,
    pub(crate) sketches: Sketches<'a>,
}

/// All pairs of `order` that `goal` wants.
pub(crate) fn join(
    rows: Sketched<'_>,
    order: &Order,
    goal: Goal,
    threads: usize,
    progress: &dyn Fn(f64),
) -> Collected {
    let shared = Shared::new(goal);
    // Small tables are cut finer, so that every thread has something to do.
    let height = order.lead().div_ceil(32).next_multiple_of(TILE);
    let width = (order.len() / 16).next_multiple_of(PANEL);
    let tasks = order.tasks(height.clamp(512, ROWS), width.clamp(4096, COLUMNS));
    let workers = pool::run(
        threads,
        tasks.len(),
        || Filter::new(rows, Collector::new(&shared)),
        |filter, task| {
            if shared.is_over() {
                return;
            }
            let task = &tasks[task];
            let rows: Vec<u32> = task.rows.clone().map(|p| order.row(p)).collect();
            let columns: Vec<u32> = task.columns.clone().map(|p| order.row(p)).collect();
            // Where the block of rows meets itself, each pair is taken once.
            let ahead = task.columns.start - task.rows.start;
            filter.join(&rows, &columns, |row, column| row < ahead + column);
        },
        progress,
    );
    shared.merge(workers.into_iter().map(Filter::into_sink).collect())
}

/// Joins some rows with some others, and has memory of its own for it.
pub(crate) struct Filter<'a, S> {
    rows: Sketched<'a>,
    kernel: Kernel,
    block: Block,
    panel: Panel,
    hits: Vec<Hit>,
    pairs: Vec<(u32, u32)>,
    sink: S,
}

impl<'a, S: Sink> Filter<'a, S> {
    pub(crate) fn new(rows: Sketched<'a>, sink: S) -> Self {
        Self::with(Kernel::best(), rows, sink)
    }

    fn with(kernel: Kernel, rows: Sketched<'a>, sink: S) -> Self {
        let levels = rows.sketches.sketcher.levels();
        Self {
            rows,
            kernel,
            block: Block::new(kernel, levels),
            panel: Panel::new(kernel, levels),
            hits: Vec::new(),
            pairs: Vec::new(),
            sink,
        }
    }

    pub(crate) fn into_sink(self) -> S {
        self.sink
    }

    /// Offers the pairs of a row of `rows` and one of `columns` that may reach the level of the
    /// sink, of those whose places in the two lists are `wanted`.
    pub(crate) fn join(
        &mut self,
        rows: &[u32],
        columns: &[u32],
        wanted: impl Fn(usize, usize) -> bool,
    ) {
        let sketches = self.rows.sketches;
        for (block, rows) in rows.chunks(ROWS).enumerate() {
            self.block
                .fill(rows.iter().map(|row| sketches.record(*row)));
            for (panel, columns) in columns.chunks(PANEL).enumerate() {
                let threshold = sketches.sketcher.threshold(self.sink.level());
                let records = columns.iter().map(|row| sketches.record(*row));
                self.panel.fill(records, threshold);
                self.kernel.scan(&self.block, &self.panel, &mut self.hits);
                for Hit { row, column } in self.hits.drain(..) {
                    let (row, column) = (row as usize, column as usize);
                    if wanted(block * ROWS + row, panel * PANEL + column) {
                        self.pairs.push((rows[row], columns[column]));
                    }
                }
                if self.pairs.len() >= BATCH {
                    self.score();
                }
            }
        }
        self.score();
    }

    fn score(&mut self) {
        let table = self.rows.table;
        self.pairs.sort_unstable();
        let (long, slack) = (table.dimension() > 2 * PIECE, slack(table.dimension()));
        for (a, b) in self.pairs.drain(..) {
            let (row, column) = (table.row(a as usize), table.row(b as usize));
            if !long || may_reach(row, column, self.sink.level(), slack) {
                self.sink.offer(a, b, similarity(row, column));
            }
        }
    }
}

#[cfg(test)]
mod tests;
