//! What a graph of neighbours loses where there are bursts of copies, and how it is found again.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hasher};

use lookalike_types::VectorTable;

use crate::collect::{Above, Goal};
use crate::filter::{Filter, Sketched};
use crate::group::group;
use crate::pool;
use crate::score::similarity;

/// The largest burst that is joined exactly as a whole; larger components are joined in pieces of
/// this size, each of rows that are near each other in the component. That bounds the work by
/// PIECE products a row.
const PIECE: usize = 4096;
/// Rows that one task holds against some others.
const COLUMNS: usize = 1 << 14;

/// Rows by equality of their bits: each class stands for its first row.
pub(crate) struct Classes {
    /// The first row of each class, ascending.
    pub(crate) firsts: Vec<u32>,
    /// By first row: the other rows of its class, ascending, where there are any.
    pub(crate) others: HashMap<u32, Vec<u32>>,
}

impl Classes {
    pub(crate) fn of(rows: Sketched<'_>) -> Self {
        let table = rows.table;
        let bits = |row: u32| table.row(row as usize).iter().map(|v| v.to_bits());
        // Equal rows have equal sketches, which are shorter.
        let hash = |row: u32| {
            let mut hasher = DefaultHasher::new();
            hasher.write(rows.sketches.record(row).words.as_flattened());
            hasher.finish()
        };
        let mut order: Vec<(u64, u32)> = (0..table.len() as u32)
            .map(|row| (hash(row), row))
            .collect();
        order.sort_unstable();
        let mut firsts = Vec::new();
        let mut others: HashMap<u32, Vec<u32>> = HashMap::new();
        for alike in order.chunk_by(|x, y| x.0 == y.0) {
            let start = firsts.len();
            for (_, row) in alike {
                let equal = |first: &&u32| bits(**first).eq(bits(*row));
                match firsts[start..].iter().find(equal) {
                    Some(first) => others.entry(*first).or_default().push(*row),
                    None => firsts.push(*row),
                }
            }
        }
        firsts.sort_unstable();
        Self { firsts, others }
    }

    /// All rows of the class of this first row.
    pub(crate) fn members(&self, first: u32) -> impl Iterator<Item = u32> + '_ {
        let others = self.others.get(&first).into_iter().flatten();
        std::iter::once(first).chain(others.copied())
    }
}

/// Pairs of rows to be scored, and rows that the graph lost.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    /// Smaller row first. Sorted and each once after [`Candidates::union`] and
    /// [`Candidates::mend`].
    pub(crate) pairs: Vec<(u32, u32)>,
    /// Rows that did not find themselves.
    pub(crate) lost: Vec<u32>,
}

impl Candidates {
    pub(crate) fn add(&mut self, a: u32, b: u32) {
        self.pairs.push((a.min(b), a.max(b)));
    }

    pub(crate) fn union(parts: Vec<Self>) -> Self {
        let mut all = Self::default();
        for mut part in parts {
            all.pairs.append(&mut part.pairs);
            all.lost.append(&mut part.lost);
        }
        all.lost.sort_unstable();
        all.settle();
        all
    }

    fn settle(&mut self) {
        self.pairs.sort_unstable();
        self.pairs.dedup();
    }

    /// Adds what exact joins of `among` find: of the lost rows with all, then inside each component
    /// at the floor. A burst of near copies is one component, so it is complete afterwards, up to
    /// the size of a piece.
    pub(crate) fn mend(&mut self, rows: Sketched<'_>, among: &[u32], goal: Goal, threads: usize) {
        let lost = std::mem::take(&mut self.lost);
        let columns: Vec<&[u32]> = among.chunks(COLUMNS).collect();
        self.join(
            rows,
            (goal, threads),
            if lost.is_empty() { 0 } else { columns.len() },
            |f, i| {
                f.join(&lost, columns[i], |x, y| {
                    let (row, other) = (lost[x], columns[i][y]);
                    // Two lost rows meet once, so that pairs can be counted.
                    row < other || row > other && lost.binary_search(&other).is_err()
                });
            },
        );
        let pieces = self.pieces(rows.table, goal.floor);
        self.join(rows, (goal, threads), pieces.len(), |f, i| {
            f.join(&pieces[i], &pieces[i], |x, y| x < y);
        });
    }

    /// Adds the pairs that some tasks find.
    fn join(
        &mut self,
        rows: Sketched<'_>,
        (goal, threads): (Goal, usize),
        tasks: usize,
        work: impl Fn(&mut Filter<'_, Above>, usize) + Sync,
    ) {
        let start = || Filter::new(rows, Above::new(goal));
        for worker in pool::run(threads, tasks, start, work, &|_| ()) {
            let found = worker.into_sink().pairs;
            self.pairs.extend(found.iter().map(|p| (p.a, p.b)));
        }
        self.settle();
    }

    /// The components of three rows or more at the floor, large ones cut into pieces.
    fn pieces(&self, table: &dyn VectorTable, floor: f32) -> Vec<Vec<u32>> {
        let row = |row: u32| table.row(row as usize);
        let near = self.pairs.iter().copied();
        let near: Vec<(u32, u32)> = near
            .filter(|(a, b)| similarity(row(*a), row(*b)) >= floor)
            .collect();
        let edges = near.iter().map(|(a, b)| (*a, *b, 1.0));
        let links = Links::new(&near);
        group(0, edges)
            .into_iter()
            .filter(|component| component.members.len() > 2)
            .flat_map(|component| {
                let order = links.from(component.members[0]);
                order.chunks(PIECE).map(<[u32]>::to_vec).collect::<Vec<_>>()
            })
            .collect()
    }
}

/// Neighbours by row.
struct Links(HashMap<u32, Vec<u32>>);

impl Links {
    fn new(pairs: &[(u32, u32)]) -> Self {
        let mut links: HashMap<u32, Vec<u32>> = HashMap::new();
        for (a, b) in pairs {
            links.entry(*a).or_default().push(*b);
            links.entry(*b).or_default().push(*a);
        }
        Self(links)
    }

    /// All rows that hang together with `first`, breadth first, so that those near each other in
    /// the component stay near each other.
    fn from(&self, first: u32) -> Vec<u32> {
        let mut order = vec![first];
        let mut seen = HashSet::from([first]);
        let mut next = 0;
        while let Some(row) = order.get(next).copied() {
            next += 1;
            for other in self.0.get(&row).into_iter().flatten() {
                if seen.insert(*other) {
                    order.push(*other);
                }
            }
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use lookalike_types::Rows;

    use super::*;
    use crate::sketch::{InMemory, Sketcher, Sketches};

    #[test]
    fn equal_rows_are_those_of_equal_bits() {
        let values = vec![0.0, 1.0, -0.0, 1.0, 0.0, 1.0, 1.0, 0.0];
        let table = Rows::new(2, values).expect("four rows of two");
        let sketcher = Sketcher::new(&table, None, &[2], &[0, 3]);
        let records = sketcher
            .sketch(&table, 0..4, 1, &|_| ())
            .expect("unit rows");
        let records = InMemory {
            stride: sketcher.stride(),
            bytes: &records,
        };
        let sketches = Sketches {
            sketcher: &sketcher,
            records: &records,
        };
        let rows = Sketched {
            table: &table,
            sketches,
        };
        let classes = Classes::of(rows);
        assert_eq!(classes.firsts, [0, 1, 3]);
        assert_eq!(classes.members(0).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(classes.members(3).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn a_component_is_walked_breadth_first() {
        let links = Links::new(&[(0, 4), (0, 1), (1, 2), (4, 5)]);
        assert_eq!(links.from(0), [0, 4, 1, 5, 2]);
    }
}
