//! What becomes of each image of a group: a plan, as rules and people want it.
//!
//! The images of a group are ranked: references first, then what a person chose to keep, then all
//! others, and last what a person chose to remove; within each by the rules. From the best on, an
//! image goes where one that stays resembles it directly and the policy allows that one to stand
//! for it; otherwise it stays. So there are no chains, and what a person chose to remove stays where
//! nothing would be left of it.

mod edges;
mod group;

use std::collections::{HashMap, HashSet};

use lookalike_types::{ContentId, PairKind};

use crate::alike::Alike;
use crate::findings::Findings;
use crate::images::{Near, Pair};
use crate::rules::KeepRule;
use crate::spared::Spared;
use group::Decision;

/// How a plan is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What makes one copy better than another, the first rule first.
    pub rules: Vec<KeepRule>,
    /// Below this similarity no image stands for a `near` one; `None` goes by the threshold alone.
    pub min_similarity: Option<f32>,
    /// Only copies of these kinds go.
    pub kinds: Vec<PairKind>,
    /// Only what a person chose to remove goes.
    pub chosen_only: bool,
}

/// What else there is to know: of references, and of what a person said.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// Images that are never removed, by index.
    pub references: HashSet<usize>,
    /// What a person chose for an image, by index: `true` keeps it.
    pub choices: HashMap<usize, bool>,
    /// Pairs of contents of which neither goes for the other: they are different, or both are to
    /// stay. Between two pictures that goes for every file of them; one content with itself keeps all
    /// files of it.
    pub apart: Vec<(ContentId, ContentId)>,
}

/// What becomes of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// Its index.
    pub image: usize,
    /// The number of its group, from 1.
    pub group: i64,
    /// Why it stays or goes, in a few words.
    pub reason: String,
    /// What decided: a rule of [`Policy::rules`], or `path`, `reference`, `choice`, `keep-both` or
    /// `limit`; `None` where nothing had to be decided.
    pub rule: Option<String>,
    /// What it is a copy of; `None` where it stays.
    pub copy: Option<CopyOf>,
    /// Why it stays although it resembles a better one that stays, or although a person chose to
    /// remove it.
    pub left: Option<Left>,
}

/// The image that stays and that a removed one directly resembles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CopyOf {
    /// Its index.
    pub image: usize,
    /// How much they resemble each other; 1.0 for the same bytes or pixels.
    pub similarity: f32,
    /// How sure it is that they are copies.
    pub kind: PairKind,
}

/// Why an image was left where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Left {
    /// A person chose to remove it, and nothing that stays resembles it (enough).
    Uncovered,
    /// A person chose to remove it, and it is a reference.
    ChosenReference,
    /// It is a reference, and so is, or was chosen, what it resembles.
    Reference,
    /// A person chose to keep it.
    ChosenKeep,
    /// A person said that it and what it resembles are both to stay, or are different.
    KeepBoth,
    /// Only chosen removals go, and it was not chosen.
    NotChosen,
    /// What it resembles is outside of the limits of the policy.
    Limits,
}

impl Left {
    /// The key in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uncovered => "uncovered",
            Self::ChosenReference => "chosen-reference",
            Self::Reference => "reference",
            Self::ChosenKeep => "chosen-keep",
            Self::KeepBoth => "keep-both",
            Self::NotChosen => "not-chosen",
            Self::Limits => "limits",
        }
    }
}

/// Decides for every image of every group: groups in their order, in each what stays first, by
/// rank, then what goes, the surest copies first.
pub fn decide(findings: &Findings, policy: &Policy, wishes: &Wishes) -> Vec<Decided> {
    let decider = Decider::new(findings, wishes);
    let groups = 0..findings.groups.len();
    groups
        .flat_map(|place| decider.group(findings, place, (policy, wishes)))
        .collect()
}

/// Decides for one group at a time, where [`decide`] would look at all of them again.
pub struct Decider(Alike);

impl Decider {
    /// One for these findings, and for what is apart in these wishes; their other words may change.
    pub fn new(findings: &Findings, wishes: &Wishes) -> Self {
        let images = &findings.images;
        let near: Vec<Near> = findings.pairs.iter().filter_map(near_in_group).collect();
        let pictures = images.pictures();
        let spared = Spared::new(images, &pictures, &wishes.apart);
        Self(Alike::new(pictures, &near, f32::NEG_INFINITY, spared))
    }

    /// What [`decide`] says of the group in this place of [`Findings::groups`]; nothing where there
    /// is none.
    pub fn group(
        &self,
        findings: &Findings,
        place: usize,
        (policy, wishes): (&Policy, &Wishes),
    ) -> Vec<Decided> {
        let Some(group) = findings.groups.get(place) else {
            return Vec::new();
        };
        let members = group.members.iter().map(|member| member.image).collect();
        let number = i64::try_from(place).map_or(i64::MAX, |place| place + 1);
        Decision::new(members, &findings.images, &self.0, (policy, wishes)).rows(number)
    }
}

fn near_in_group(pair: &Pair) -> Option<Near> {
    let wanted = pair.kind == PairKind::Near && pair.group.is_some();
    wanted.then_some(Near {
        a: pair.a,
        b: pair.b,
        similarity: pair.similarity,
    })
}

#[cfg(test)]
mod tests;
