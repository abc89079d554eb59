//! The split × split matrix as people read it.

use lookalike_types::PairKind;

use crate::human;
use crate::run::Run;

/// How many images of one split have a look-alike in another, by the surest kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cell {
    pub(crate) identical: u64,
    pub(crate) pixels: u64,
    pub(crate) near: u64,
}

impl Cell {
    /// The images of split `a` with a look-alike in split `b`.
    pub(crate) fn of(run: &Run, a: &str, b: &str) -> Self {
        let mut cell = Self::default();
        for count in &run.splits {
            if (count.split_a.as_str(), count.split_b.as_str()) == (a, b) {
                *match count.kind {
                    PairKind::Identical => &mut cell.identical,
                    PairKind::Pixels => &mut cell.pixels,
                    PairKind::Near => &mut cell.near,
                } += count.images;
            }
        }
        cell
    }

    pub(crate) fn total(self) -> u64 {
        self.identical + self.pixels + self.near
    }

    /// `3 identical, 760 near`; nothing where there are none.
    pub(crate) fn kinds(self) -> String {
        let kinds = [
            (self.identical, "identical"),
            (self.pixels, "same pixels"),
            (self.near, "near"),
        ];
        let some = kinds.into_iter().filter(|(number, _)| *number > 0);
        let words = some.map(|(number, kind)| format!("{} {kind}", human::count(number)));
        words.collect::<Vec<_>>().join(", ")
    }
}
