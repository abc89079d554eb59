//! What makes a removal right: something that stays resembles the image directly.
//!
//! A removal was chosen at some threshold, and need not be covered at a higher one. So what counts of a
//! click is what it takes away: cover that was there before, at the threshold in force or further down.

use std::collections::{BTreeSet, HashMap, HashSet};

use lookalike_types::ContentId;

use super::collection::Collection;
use super::desk::Desk;
use super::view::Choices;
use super::words::{Words, contents};

/// Above every similarity: only files of the same picture are this much alike.
const SAME: f32 = f32::INFINITY;

/// What a verdict goes for: see [`Words`].
#[derive(PartialEq, Eq, Hash)]
enum Pair {
    Pictures(usize, usize),
    Contents((ContentId, ContentId)),
}

/// What was said, and what a click would say on top of it.
pub(super) struct Said<'a> {
    all: &'a Collection,
    choices: &'a Choices,
    words: &'a Words,
    /// Choices on top; `None` takes one back.
    chosen: HashMap<usize, Option<bool>>,
    /// Pairs that are held apart on top.
    apart: HashSet<Pair>,
    /// The images whose cover this may change.
    concerned: BTreeSet<usize>,
}

impl<'a> Said<'a> {
    /// What was said so far.
    fn of(desk: &'a Desk) -> Self {
        Self {
            all: &desk.all,
            choices: desk.choices(),
            words: desk.words(),
            chosen: HashMap::new(),
            apart: HashSet::new(),
            concerned: BTreeSet::new(),
        }
    }

    /// These choices on top.
    pub(super) fn choosing(desk: &'a Desk, chosen: HashMap<usize, Option<bool>>) -> Self {
        let mut said = Self::of(desk);
        let going = chosen.iter().filter(|(_, keep)| **keep == Some(false));
        for (&image, _) in going {
            let links = desk.all.alike.of(image, desk.all.floor());
            let others = links.map(|link| if link.a == image { link.b } else { link.a });
            said.concerned.extend(others);
        }
        said.chosen = chosen;
        said
    }

    /// These pairs held apart on top.
    pub(super) fn parting(desk: &'a Desk, pairs: &[(usize, usize)]) -> Self {
        let mut said = Self::of(desk);
        for &(a, b) in pairs {
            said.apart.extend(said.pair(a, b));
            for image in [a, b] {
                let files = desk.all.alike.of(image, SAME);
                said.concerned.insert(image);
                said.concerned
                    .extend(files.flat_map(|link| [link.a, link.b]));
            }
        }
        said
    }

    /// Whether this image is chosen to go.
    fn goes(&self, image: usize) -> bool {
        let before = || self.choices.get(&image).copied();
        self.chosen.get(&image).copied().unwrap_or_else(before) == Some(false)
    }

    /// Whether something that does not go resembles this image, and is not held apart from it.
    pub(super) fn covers(&self, image: usize, threshold: f32) -> bool {
        self.all.alike.of(image, threshold).any(|link| {
            let other = if link.a == image { link.b } else { link.a };
            !self.goes(other) && !self.parts(image, other)
        })
    }

    fn parts(&self, a: usize, b: usize) -> bool {
        let on_top = || {
            self.pair(a, b)
                .is_some_and(|pair| self.apart.contains(&pair))
        };
        (!self.apart.is_empty() && on_top()) || self.words.verdict(self.all, a, b).is_some()
    }

    fn pair(&self, a: usize, b: usize) -> Option<Pair> {
        let (one, other) = (self.all.alike.picture(a), self.all.alike.picture(b));
        match one == other {
            true => contents(self.all.images(), a, b).map(Pair::Contents),
            false => Some(Pair::Pictures(one.min(other), one.max(other))),
        }
    }
}

impl Desk {
    /// What was chosen to go before, still is, and was covered until this is said. At which threshold it
    /// was chosen is not known: what is covered further down alone stays as right as it was.
    pub(super) fn lost(&self, after: &Said<'_>, threshold: f32) -> Vec<usize> {
        let before = Said::of(self);
        let levels = [threshold, self.all.floor()];
        let uncovers = |image: usize| {
            let loses = |&level: &f32| before.covers(image, level) && !after.covers(image, level);
            levels.iter().any(loses)
        };
        let concerned = after.concerned.iter().copied();
        let chosen = concerned.filter(|&image| before.goes(image) && after.goes(image));
        chosen.filter(|&image| uncovers(image)).collect()
    }

    /// What was chosen to go, first what would go at this threshold, then what is covered further down
    /// alone: a plan at this threshold leaves that.
    pub(super) fn going(&self, threshold: f32) -> (Vec<usize>, Vec<usize>) {
        let said = Said::of(self);
        let removals = self.choices().iter().filter(|(_, keep)| !**keep);
        let removals = removals.map(|(&image, _)| image);
        removals.partition(|&image| said.covers(image, threshold))
    }
}
