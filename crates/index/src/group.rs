//! Which rows hang together by pairs.

/// Rows that are linked by pairs, directly or through others.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Two rows or more, ascending.
    pub members: Vec<u32>,
    /// The lowest similarity without which the group would fall apart: with all pairs below it
    /// taken away it still holds, with those at it as well it does not. That is the smallest edge
    /// of a maximum spanning tree.
    pub weakest: f32,
}

/// The connected components of two rows or more among rows 0..`n`, by their first members, from
/// edges (row, row, similarity) in any order. Edges may come twice; an edge from a row to itself
/// links nothing. A row number of `n` or more is taken as one more row.
pub fn group(n: usize, edges: impl Iterator<Item = (u32, u32, f32)>) -> Vec<Component> {
    let mut edges: Vec<_> = edges.filter(|(a, b, _)| a != b).collect();
    edges.sort_unstable_by(|x, y| y.2.total_cmp(&x.2).then((x.0, x.1).cmp(&(y.0, y.1))));
    let last = edges.iter().map(|(a, b, _)| *a.max(b) as usize).max();
    let mut forest = Forest::new(n.max(last.map_or(0, |row| row + 1)));
    for (a, b, similarity) in edges {
        forest.link(a, b, similarity);
    }
    forest.components()
}

/// Union-find with halved paths, smaller trees under larger ones (Tarjan 1975).
struct Forest {
    parent: Vec<u32>,
    size: Vec<u32>,
    weakest: Vec<f32>,
}

impl Forest {
    fn new(n: usize) -> Self {
        Self {
            parent: (0..n as u32).collect(),
            size: vec![1; n],
            weakest: vec![1.0; n],
        }
    }

    fn root(&mut self, mut row: u32) -> u32 {
        while self.parent[row as usize] != row {
            let above = self.parent[self.parent[row as usize] as usize];
            self.parent[row as usize] = above;
            row = above;
        }
        row
    }

    /// Edges come in falling order (Kruskal 1956), so the last that links is the weakest.
    fn link(&mut self, a: u32, b: u32, similarity: f32) {
        let (mut a, mut b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        if self.size[a as usize] < self.size[b as usize] {
            std::mem::swap(&mut a, &mut b);
        }
        self.parent[b as usize] = a;
        self.size[a as usize] += self.size[b as usize];
        self.weakest[a as usize] = similarity;
    }

    fn components(mut self) -> Vec<Component> {
        let mut place = vec![None; self.parent.len()];
        let mut components: Vec<Component> = Vec::new();
        for row in 0..self.parent.len() as u32 {
            let root = self.root(row) as usize;
            if self.size[root] < 2 {
                continue;
            }
            let at = *place[root].get_or_insert_with(|| {
                components.push(Component {
                    members: Vec::new(),
                    weakest: self.weakest[root],
                });
                components.len() - 1
            });
            components[at].members.push(row);
        }
        components
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Edge = (u32, u32, f32);

    /// The components of two or more by spreading the smallest number until nothing changes.
    fn spread(n: usize, edges: &[Edge]) -> Vec<Vec<u32>> {
        let mut label: Vec<u32> = (0..n as u32).collect();
        for _ in 0..n {
            for (a, b, _) in edges {
                let least = label[*a as usize].min(label[*b as usize]);
                label[*a as usize] = least;
                label[*b as usize] = least;
            }
        }
        (0..n as u32)
            .map(|l| {
                (0..n as u32)
                    .filter(|row| label[*row as usize] == l)
                    .collect()
            })
            .filter(|members: &Vec<u32>| members.len() > 1)
            .collect()
    }

    proptest! {
        #[test]
        fn groups_and_their_weakest_by_definition(
            raw in proptest::collection::vec((0u32..12, 0u32..12, 0u8..5), 0..30),
        ) {
            let edges: Vec<Edge> = raw.iter().map(|(a, b, s)| (*a, *b, f32::from(*s) / 4.0)).collect();
            let groups = group(12, edges.iter().copied());
            let members: Vec<_> = groups.iter().map(|g| g.members.clone()).collect();
            prop_assert_eq!(&members, &spread(12, &edges));
            for g in &groups {
                let left = |keep: &dyn Fn(f32) -> bool| {
                    let some: Vec<Edge> = edges.iter().copied().filter(|e| keep(e.2)).collect();
                    spread(12, &some).contains(&g.members)
                };
                prop_assert!(left(&|s| s >= g.weakest));
                prop_assert!(!left(&|s| s > g.weakest));
            }
            let backwards = group(12, edges.iter().rev().map(|(a, b, s)| (*b, *a, *s)));
            prop_assert_eq!(groups, backwards);
        }
    }

    #[test]
    fn nothing_and_rows_out_of_range_are_fine() {
        assert!(group(0, std::iter::empty()).is_empty());
        assert!(group(3, [(1, 1, 1.0)].into_iter()).is_empty());
        assert_eq!(group(0, [(7, 2, 0.5)].into_iter())[0].members, [2, 7]);
    }
}
