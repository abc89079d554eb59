//! The exact join of small tables: all inner products by blocked matrix products, half of the
//! square.
//!
//! The products only say which pairs to look at. Their rounding is covered by a slack, and what
//! passes is scored again by [`dot`](crate::dot), so no pair is lost and none depends on the kernel
//! that the machine has.

use std::ops::Range;

use lookalike_types::VectorTable;

use crate::collect::{Collected, Collector, Goal, Shared};
use crate::order::{Order, Task};
use crate::pool;
use crate::product::add_products;
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

/// All pairs of `order` that `goal` wants. The rows must have passed
/// [`check`](crate::score::check).
pub(crate) fn join(
    table: &dyn VectorTable,
    order: &Order,
    goal: Goal,
    threads: usize,
    progress: &dyn Fn(f64),
) -> Collected {
    let shared = Shared::new(goal);
    let tasks = order.tasks(BLOCK, BLOCK * COLUMNS);
    let workers = pool::run(
        threads,
        tasks.len(),
        || Worker::new(table, order, &shared),
        |worker, task| {
            if !shared.is_over() {
                worker.join(&tasks[task]);
            }
        },
        progress,
    );
    shared.merge(workers.into_iter().map(|w| w.collector).collect())
}

struct Worker<'a> {
    table: &'a dyn VectorTable,
    order: &'a Order,
    slack: f32,
    left: Vec<f32>,
    right: Vec<f32>,
    products: Vec<f32>,
    collector: Collector<'a>,
}

impl<'a> Worker<'a> {
    fn new(table: &'a dyn VectorTable, order: &'a Order, shared: &'a Shared) -> Self {
        Self {
            table,
            order,
            slack: slack(table.dimension()),
            left: Vec::new(),
            right: Vec::new(),
            products: Vec::new(),
            collector: Collector::new(shared),
        }
    }

    fn join(&mut self, task: &Task) {
        let d = self.table.dimension();
        let one_panel = d <= PANEL;
        if one_panel {
            gather(
                self.table,
                self.order,
                task.rows.clone(),
                0..d,
                &mut self.left,
            );
        }
        for from in task.columns.clone().step_by(BLOCK) {
            let columns = from..task.columns.end.min(from + BLOCK);
            self.multiply(task.rows.clone(), columns.clone(), one_panel);
            for (i, row) in task.rows.clone().enumerate() {
                // In the block on the diagonal each pair stands twice.
                let first = (row + 1).max(from).min(columns.end);
                self.scan(i, row, columns.clone(), first);
            }
        }
    }

    /// The products of two blocks, row by row, summed over panels of the dimension.
    fn multiply(&mut self, rows: Range<usize>, columns: Range<usize>, left_is_there: bool) {
        let d = self.table.dimension();
        let (table, order) = (self.table, self.order);
        self.products.clear();
        self.products.resize(rows.len() * columns.len(), 0.0);
        for from in (0..d).step_by(PANEL) {
            let values = from..d.min(from + PANEL);
            if !left_is_there {
                gather(table, order, rows.clone(), values.clone(), &mut self.left);
            }
            gather(
                table,
                order,
                columns.clone(),
                values.clone(),
                &mut self.right,
            );
            let depth = values.len();
            add_products(
                (&self.left, depth),
                (&self.right, depth),
                0..depth,
                &mut self.products,
                columns.len(),
            );
        }
    }

    /// Offers the pairs of `row`, the `i`-th of its block, with the columns from `first` on.
    fn scan(&mut self, i: usize, row: usize, columns: Range<usize>, first: usize) {
        let (table, order) = (self.table, self.order);
        let products = &self.products[i * columns.len()..(i + 1) * columns.len()];
        for start in (first - columns.start..columns.len()).step_by(SCAN) {
            let end = columns.len().min(start + SCAN);
            let wanted = self.collector.level() - self.slack;
            // Counting, unlike searching, is done many at a time by the compiler.
            let hits: u32 = products[start..end]
                .iter()
                .map(|p| u32::from(*p >= wanted))
                .sum();
            if hits == 0 {
                continue;
            }
            for j in (start..end).filter(|j| products[*j] >= wanted) {
                let (a, b) = (order.row(row), order.row(columns.start + j));
                let similarity = similarity(table.row(a as usize), table.row(b as usize));
                self.collector.offer(a, b, similarity);
            }
        }
    }
}

/// Copies these values of the rows at these positions to `scratch`, row after row.
fn gather(
    table: &dyn VectorTable,
    order: &Order,
    positions: Range<usize>,
    values: Range<usize>,
    scratch: &mut Vec<f32>,
) {
    scratch.clear();
    for position in positions {
        let row = table.row(order.row(position) as usize);
        scratch.extend_from_slice(&row[values.clone()]);
    }
}
