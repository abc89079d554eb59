//! What of that which stays resembles an image, and may stand for it.

use std::collections::HashMap;

use lookalike_types::PairKind;

use super::Policy;
use crate::alike::Alike;
use crate::cover::kind;
use crate::images::Images;

/// An image that stays and may stand for another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edge {
    pub kept: usize,
    /// Its rank among all that stay.
    pub rank: usize,
    pub similarity: f32,
    pub kind: PairKind,
}

/// What keeps an image beside one that it resembles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocked {
    /// Nothing but the wish that it stays.
    Open,
    /// What a person said of the two.
    Word,
    /// The limits of the policy.
    Limit,
}

/// What stays of one group so far.
pub(super) struct Edges<'a> {
    images: &'a Images,
    alike: &'a Alike,
    policy: &'a Policy,
    /// By picture, and of each content only the best: another file of the same content could stand
    /// for nothing more. So a thousand copies cost a thousand looks and not a million.
    kept: HashMap<usize, Vec<(usize, usize)>>,
    count: usize,
}

impl<'a> Edges<'a> {
    pub(super) fn new(images: &'a Images, alike: &'a Alike, policy: &'a Policy) -> Self {
        Self {
            images,
            alike,
            policy,
            kept: HashMap::new(),
            count: 0,
        }
    }

    /// Notes that an image stays; they come by rank.
    pub(super) fn keep(&mut self, image: usize) {
        let rank = self.count;
        self.count += 1;
        let there = self.kept.entry(self.alike.picture(image)).or_default();
        let content = self.images[image].content;
        let same = |&(other, _): &(usize, usize)| self.images[other].content == content;
        if content.is_none() || !there.iter().any(same) {
            there.push((image, rank));
        }
    }

    /// What stays and resembles an image, whether it may stand for it or not.
    fn all(&self, image: usize) -> impl Iterator<Item = Edge> {
        let resembled = self.alike.resembled(image);
        resembled.flat_map(move |(picture, similarity)| {
            let kept = self.kept.get(&picture).into_iter().flatten();
            kept.map(move |&(kept, rank)| Edge {
                kept,
                rank,
                similarity,
                kind: kind(&self.images[kept], &self.images[image]),
            })
        })
    }

    fn blocked(&self, edge: &Edge, image: usize) -> Option<Blocked> {
        if self.alike.both_stay(edge.kept, image) {
            return Some(Blocked::Word);
        }
        let least = self.policy.min_similarity;
        let alike = least.is_none_or(|least| edge.similarity >= least);
        let inside = alike && self.policy.kinds.contains(&edge.kind);
        (!inside).then_some(Blocked::Limit)
    }

    /// All that may stand for an image.
    pub(super) fn allowed(&self, image: usize) -> impl Iterator<Item = Edge> {
        self.all(image)
            .filter(move |edge| self.blocked(edge, image).is_none())
    }

    /// The best of what may stand for an image; and where something resembles it and none of it
    /// may, what forbids it: the word of a person before the limits.
    pub(super) fn look(&self, image: usize) -> (Option<Edge>, Option<Blocked>) {
        let mut best: Option<Edge> = None;
        let mut block = None;
        for edge in self.all(image) {
            match self.blocked(&edge, image) {
                None if best.is_none_or(|best| edge.rank < best.rank) => best = Some(edge),
                None => {}
                Some(Blocked::Word) => block = Some(Blocked::Word),
                Some(other) => block = block.or(Some(other)),
            }
        }
        (best, block)
    }
}
