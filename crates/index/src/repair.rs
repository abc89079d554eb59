//! What a graph of neighbours loses where there are bursts of copies, and how it is found again.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use lookalike_types::VectorTable;

use crate::collect::Goal;
use crate::exact;
use crate::group::group;
use crate::view::View;

/// The largest burst that is joined exactly as a whole; larger components are joined in pieces of
/// this size, each of rows that are near each other in the component. That bounds the work by
/// PIECE products a row.
const PIECE: usize = 4096;

/// Rows by equality of their bits, in the order of their first members. A class is ascending.
pub(crate) fn equal_rows(table: &dyn VectorTable) -> Vec<Vec<u32>> {
    let bits = |row: usize| table.row(row).iter().map(|v| v.to_bits());
    let mut classes: Vec<Vec<u32>> = Vec::new();
    let mut by_hash: HashMap<u64, Vec<usize>> = HashMap::new();
    for row in 0..table.len() {
        let mut hasher = DefaultHasher::new();
        bits(row).for_each(|value| value.hash(&mut hasher));
        let here = by_hash.entry(hasher.finish()).or_default();
        let is_equal = |class: &&usize| bits(classes[**class][0] as usize).eq(bits(row));
        match here.iter().find(is_equal) {
            Some(class) => classes[*class].push(row as u32),
            None => {
                here.push(classes.len());
                classes.push(vec![row as u32]);
            }
        }
    }
    classes
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

    /// Adds what exact joins find: of the lost rows with all, then inside each component at the
    /// floor. A burst of near copies is one component, so it is complete afterwards, up to the
    /// size of a piece.
    pub(crate) fn mend(&mut self, view: &View<'_>, floor: f32, threads: usize) {
        let goal = Goal { floor, top: 0 };
        if !self.lost.is_empty() {
            let mut lost = vec![false; view.len()];
            self.lost.iter().for_each(|row| lost[*row as usize] = true);
            let found = exact::join(view, Some(&lost), goal, threads, &|_| ());
            self.pairs.extend(found.pairs.iter().map(|p| (p.a, p.b)));
            self.settle();
        }
        let mut more = Vec::new();
        for piece in self.pieces(view, floor) {
            let part = View {
                table: view,
                rows: &piece,
            };
            for pair in exact::join(&part, None, goal, threads, &|_| ()).pairs {
                let (a, b) = (piece[pair.a as usize], piece[pair.b as usize]);
                more.push((a.min(b), a.max(b)));
            }
        }
        self.pairs.append(&mut more);
        self.settle();
    }

    /// The components of three rows or more at the floor, large ones cut into pieces.
    fn pieces(&self, view: &View<'_>, floor: f32) -> Vec<Vec<u32>> {
        let score = |(a, b): &(u32, u32)| {
            crate::score::similarity(view.row(*a as usize), view.row(*b as usize))
        };
        let near: Vec<(u32, u32)> = self
            .pairs
            .iter()
            .copied()
            .filter(|pair| score(pair) >= floor)
            .collect();
        let edges = near.iter().map(|(a, b)| (*a, *b, 1.0));
        let links = Links::new(view.len(), &near);
        group(view.len(), edges)
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
struct Links(Vec<Vec<u32>>);

impl Links {
    fn new(rows: usize, pairs: &[(u32, u32)]) -> Self {
        let mut links = vec![Vec::new(); rows];
        for (a, b) in pairs {
            links[*a as usize].push(*b);
            links[*b as usize].push(*a);
        }
        Self(links)
    }

    /// All rows that hang together with `first`, breadth first, so that those near each other in
    /// the component stay near each other.
    fn from(&self, first: u32) -> Vec<u32> {
        let mut order = vec![first];
        let mut seen = std::collections::HashSet::from([first]);
        let mut next = 0;
        while let Some(row) = order.get(next).copied() {
            next += 1;
            for other in &self.0[row as usize] {
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

    #[test]
    fn equal_rows_are_those_of_equal_bits() {
        let values = vec![0.0, 1.0, -0.0, 1.0, 0.0, 1.0, 1.0, 0.0];
        let table = Rows::new(2, values).expect("four rows of two");
        assert_eq!(equal_rows(&table), [vec![0, 2], vec![1], vec![3]]);
    }

    #[test]
    fn a_component_is_walked_breadth_first() {
        let links = Links::new(6, &[(0, 4), (0, 1), (1, 2), (4, 5)]);
        assert_eq!(links.from(0), [0, 4, 1, 5, 2]);
    }
}
