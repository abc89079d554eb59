//! Which pairs of rows a join compares, and how they are dealt out to threads.

use std::ops::Range;

/// Which pairs of a table's rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// Every pair.
    All,
    /// Pairs with at least one row whose flag is set: what an earlier join of the others did not
    /// see. One flag a row.
    Fresh(&'a [bool]),
    /// Pairs of a row before this one with a row from it on: one set against another.
    Between(usize),
}

impl Scope<'_> {
    /// Whether the pair of these two rows is wanted.
    pub(crate) fn wants(&self, a: u32, b: u32) -> bool {
        let (a, b) = (a.min(b) as usize, a.max(b) as usize);
        match self {
            Self::All => true,
            Self::Fresh(flags) => flags[a] || flags[b],
            Self::Between(first) => a < *first && b >= *first,
        }
    }
}

/// Rows in the order of joining: each of the first `lead` is compared with what comes after it, or
/// with what comes after all of those.
pub(crate) struct Order {
    /// Row numbers by position; `None` where they are the positions.
    rows: Option<Vec<u32>>,
    len: usize,
    lead: usize,
    across: bool,
}

/// Positions that are compared with positions.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) rows: Range<usize>,
    pub(crate) columns: Range<usize>,
}

impl Order {
    /// The order for the pairs of `scope` among `len` rows.
    pub(crate) fn new(len: usize, scope: Scope<'_>) -> Self {
        let (rows, lead) = match scope {
            Scope::All => (None, len),
            Scope::Between(first) => (None, first.min(len)),
            Scope::Fresh(flags) => {
                let (mut order, old): (Vec<u32>, Vec<u32>) =
                    (0..len as u32).partition(|row| flags[*row as usize]);
                let lead = order.len();
                order.extend(old);
                (Some(order), lead)
            }
        };
        let across = matches!(scope, Scope::Between(_));
        Self {
            rows,
            len,
            lead,
            across,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Number of rows that are compared with the others.
    pub(crate) fn lead(&self) -> usize {
        self.lead
    }

    /// The row at a position.
    pub(crate) fn row(&self, position: usize) -> u32 {
        match &self.rows {
            Some(rows) => rows[position],
            None => position as u32,
        }
    }

    /// Number of pairs that are compared.
    pub(crate) fn pairs(&self) -> f64 {
        let (lead, rest) = (self.lead as f64, (self.len - self.lead) as f64);
        let inside = if self.across {
            0.0
        } else {
            lead * (lead - 1.0) / 2.0
        };
        (inside + lead * rest).max(0.0)
    }

    /// All wanted pairs as blocks of so many rows and columns at most. Where a block of rows meets
    /// itself, only pairs with the smaller position first are meant.
    pub(crate) fn tasks(&self, rows: usize, columns: usize) -> Vec<Task> {
        let mut tasks = Vec::new();
        for row in (0..self.lead).step_by(rows) {
            let start = if self.across { self.lead } else { row };
            for from in (start..self.len).step_by(columns) {
                tasks.push(Task {
                    rows: row..self.lead.min(row + rows),
                    columns: from..self.len.min(from + columns),
                });
            }
        }
        tasks
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_wanted_pair_is_in_one_task(
            flags in proptest::collection::vec(any::<bool>(), 0..40),
            first in 0usize..40,
            rows in 1usize..20,
            columns in 1usize..20,
        ) {
            for scope in [Scope::All, Scope::Fresh(&flags), Scope::Between(first)] {
                let order = Order::new(flags.len(), scope);
                let mut met = Vec::new();
                for task in order.tasks(rows, columns) {
                    for x in task.rows {
                        for y in task.columns.clone().filter(|y| x < *y) {
                            let (a, b) = (order.row(x), order.row(y));
                            met.push((a.min(b), a.max(b)));
                        }
                    }
                }
                met.sort_unstable();
                let n = flags.len() as u32;
                let wanted: Vec<_> = (0..n)
                    .flat_map(|a| (a + 1..n).map(move |b| (a, b)))
                    .filter(|(a, b)| scope.wants(*a, *b))
                    .collect();
                prop_assert_eq!(order.pairs(), wanted.len() as f64);
                prop_assert_eq!(met, wanted);
            }
        }
    }
}
