//! The exact engine: all inner products by blocked matrix products, half of the square.
//!
//! The products only say which pairs to look at. Their rounding is covered by a slack, and what
//! passes is scored again by [`dot`](crate::dot), so no pair is lost and none depends on the kernel
//! that the machine has.

use lookalike_types::VectorTable;

use crate::collect::{Collected, Collector, Goal, Shared};
use crate::pool;
use crate::score::{similarity, slack};

/// Rows in a block: 256 to 2,048 were equally fast within 5 %.
const BLOCK: usize = 512;
/// Values of a row in a block; longer rows are summed panel by panel, so that a thread's scratch
/// stays at 9 MiB for any dimension.
const PANEL: usize = 2048;
/// Column blocks that one task joins with its row block: enough to make copying the row block
/// cheap, few enough that some new rows against many old ones still occupy every thread.
const COLUMNS: usize = 8;
/// Products that are looked at together.
const SCAN: usize = 64;

/// All pairs of `table` that `goal` wants; of those with at least one `fresh` row where given.
/// The rows must have passed [`check`](crate::score::check).
pub(crate) fn join(
    table: &dyn VectorTable,
    fresh: Option<&[bool]>,
    goal: Goal,
    threads: usize,
    progress: &dyn Fn(f64),
) -> Collected {
    let blocks = Blocks::new(table, fresh);
    let shared = Shared::new(goal);
    let tasks = blocks.tasks();
    let workers = pool::run(
        threads,
        tasks.len(),
        || Worker::new(&blocks, &shared),
        |worker, task| worker.join(tasks[task]),
        progress,
    );
    shared.merge(workers.into_iter().map(|w| w.collector).collect())
}

/// The rows in the order of joining: fresh ones first, and every pair has one of those.
struct Blocks<'a> {
    table: &'a dyn VectorTable,
    order: Vec<u32>,
    lead: usize,
    slack: f32,
}

/// A row block, by its first position, and the column blocks from one position to another.
#[derive(Clone, Copy)]
struct Task {
    row: usize,
    from: usize,
    to: usize,
}

impl<'a> Blocks<'a> {
    fn new(table: &'a dyn VectorTable, fresh: Option<&[bool]>) -> Self {
        let is_fresh = |row: &u32| fresh.is_none_or(|flags| flags[*row as usize]);
        let rows = 0..table.len() as u32;
        let (mut order, old): (Vec<u32>, Vec<u32>) = rows.partition(is_fresh);
        let lead = order.len();
        order.extend(old);
        Self {
            table,
            order,
            lead,
            slack: slack(table.dimension()),
        }
    }

    fn tasks(&self) -> Vec<Task> {
        let n = self.order.len();
        let stride = BLOCK * COLUMNS;
        (0..self.lead)
            .step_by(BLOCK)
            .flat_map(|row| (row..n).step_by(stride).map(move |from| (row, from)))
            .map(|(row, from)| Task {
                row,
                from,
                to: n.min(from + stride),
            })
            .collect()
    }

    /// Copies values `from..to` of the rows at `positions` to `scratch`, row after row.
    fn gather(&self, positions: &[u32], values: std::ops::Range<usize>, scratch: &mut Vec<f32>) {
        scratch.clear();
        for row in positions {
            scratch.extend_from_slice(&self.table.row(*row as usize)[values.clone()]);
        }
    }
}

struct Worker<'a> {
    blocks: &'a Blocks<'a>,
    left: Vec<f32>,
    right: Vec<f32>,
    products: Vec<f32>,
    collector: Collector<'a>,
}

impl<'a> Worker<'a> {
    fn new(blocks: &'a Blocks<'a>, shared: &'a Shared) -> Self {
        Self {
            blocks,
            left: Vec::new(),
            right: Vec::new(),
            products: Vec::new(),
            collector: Collector::new(shared),
        }
    }

    fn join(&mut self, task: Task) {
        let blocks = self.blocks;
        let rows = &blocks.order[task.row..blocks.lead.min(task.row + BLOCK)];
        let one_panel = blocks.table.dimension() <= PANEL;
        if one_panel {
            blocks.gather(rows, 0..blocks.table.dimension(), &mut self.left);
        }
        for from in (task.from..task.to).step_by(BLOCK) {
            let columns = &blocks.order[from..task.to.min(from + BLOCK)];
            self.multiply(rows, columns, one_panel);
            for (i, row) in rows.iter().enumerate() {
                // In the block on the diagonal each pair stands twice.
                let first = (task.row + i + 1).saturating_sub(from);
                self.scan(i, *row, columns, first);
            }
        }
    }

    /// The products of two blocks, row by row, summed over panels of the dimension.
    fn multiply(&mut self, rows: &[u32], columns: &[u32], left_is_there: bool) {
        let d = self.blocks.table.dimension();
        self.products.clear();
        self.products.resize(rows.len() * columns.len(), 0.0);
        for from in (0..d).step_by(PANEL) {
            let values = from..d.min(from + PANEL);
            if !left_is_there {
                self.blocks.gather(rows, values.clone(), &mut self.left);
            }
            self.blocks.gather(columns, values, &mut self.right);
            add_products(&self.left, &self.right, &mut self.products, columns.len());
        }
    }

    /// Offers the pairs of `row`, the `i`-th of its block, with `columns[first..]`.
    fn scan(&mut self, i: usize, row: u32, columns: &[u32], first: usize) {
        let blocks = self.blocks;
        let products = &self.products[i * columns.len()..(i + 1) * columns.len()];
        for start in (first..columns.len()).step_by(SCAN) {
            let end = columns.len().min(start + SCAN);
            let wanted = self.collector.level() - blocks.slack;
            // Counting, unlike searching, is done many at a time by the compiler.
            let hits: u32 = products[start..end]
                .iter()
                .map(|p| u32::from(*p >= wanted))
                .sum();
            if hits == 0 {
                continue;
            }
            for j in (start..end).filter(|j| products[*j] >= wanted) {
                let (x, y) = (row as usize, columns[j] as usize);
                let similarity = similarity(blocks.table.row(x), blocks.table.row(y));
                self.collector.offer(row, columns[j], similarity);
            }
        }
    }
}

/// Adds the products of each row of `left` with each row of `right` to `products`, which has
/// `columns` values a row. Both blocks hold whole rows of one length.
fn add_products(left: &[f32], right: &[f32], products: &mut [f32], columns: usize) {
    let rows = products.len() / columns;
    let depth = right.len() / columns;
    assert!(left.len() == rows * depth && right.len() == columns * depth);
    assert!(products.len() == rows * columns);
    // SAFETY: the lengths just asserted are those that the strides reach: `left` is rows x depth
    // and `right` columns x depth, both row by row (`right` is read transposed), `products` is
    // rows x columns and is the only one written to. All fit isize, as slices do.
    unsafe {
        matrixmultiply::sgemm(
            rows,
            depth,
            columns,
            1.0,
            left.as_ptr(),
            depth as isize,
            1,
            right.as_ptr(),
            1,
            depth as isize,
            1.0,
            products.as_mut_ptr(),
            columns as isize,
            1,
        );
    }
}
