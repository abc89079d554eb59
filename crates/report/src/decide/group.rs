//! One group: who stays, who goes, and why.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::edges::{Blocked, Edge, Edges};
use super::{CopyOf, Decided, Left, Policy, Wishes};
use crate::alike::Alike;
use crate::cover::likeness;
use crate::images::Images;
use crate::rules::Ranking;

/// The rank of an image that no rule can change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Reference,
    Keep,
    Open,
    Remove,
}

/// What became of an image when its turn came.
struct Turn {
    image: usize,
    /// What it goes for.
    goes: Option<Edge>,
    /// What keeps it beside something that stays and that it resembles.
    blocked: Option<Blocked>,
}

/// One group while it is decided.
pub(super) struct Decision<'a> {
    ranked: Vec<usize>,
    images: &'a Images,
    ranking: Ranking<'a>,
    edges: Edges<'a>,
    policy: &'a Policy,
    wishes: &'a Wishes,
}

impl<'a> Decision<'a> {
    pub(super) fn new(
        members: Vec<usize>,
        images: &'a Images,
        alike: &'a Alike,
        (policy, wishes): (&'a Policy, &'a Wishes),
    ) -> Self {
        let ranking = Ranking::new(&policy.rules, members.iter().map(|&member| &images[member]));
        let mut decision = Self {
            ranked: members,
            images,
            ranking,
            edges: Edges::new(images, alike, policy),
            policy,
            wishes,
        };
        let mut ranked = std::mem::take(&mut decision.ranked);
        ranked.sort_by(|&a, &b| decision.rank(a, b));
        Self { ranked, ..decision }
    }

    /// What stays, by rank, then what goes, the surest copies first.
    pub(super) fn rows(mut self, group: i64) -> Vec<Decided> {
        let turns = self.turns();
        let beaten = self.beaten(&turns);
        let row = |turn: &Turn| {
            let image = turn.image;
            let copy = turn.goes.map(|first| self.copy(image, &first));
            let (reason, rule, left) = match (&turn.goes, &copy) {
                (Some(first), Some(copy)) => self.gone(image, first, copy),
                _ => self.kept(turn, beaten.get(&image).copied()),
            };
            Decided {
                image,
                group,
                reason,
                rule,
                copy,
                left,
            }
        };
        let mut rows: Vec<Decided> = turns.iter().map(row).collect();
        rows.sort_by(order);
        rows
    }

    fn rank(&self, a: usize, b: usize) -> Ordering {
        let rules = || self.ranking.better(&self.images[a], &self.images[b]);
        self.class(a).cmp(&self.class(b)).then_with(rules)
    }

    fn class(&self, image: usize) -> Class {
        match self.wishes.choices.get(&image) {
            _ if self.wishes.references.contains(&image) => Class::Reference,
            Some(true) => Class::Keep,
            Some(false) => Class::Remove,
            None => Class::Open,
        }
    }

    fn stays_anyway(&self, image: usize) -> bool {
        match self.class(image) {
            Class::Reference | Class::Keep => true,
            Class::Open => self.policy.chosen_only,
            Class::Remove => false,
        }
    }

    fn turns(&mut self) -> Vec<Turn> {
        let ranked = std::mem::take(&mut self.ranked);
        let turn = |image: usize| {
            let (cover, blocked) = self.edges.look(image);
            let goes = cover.filter(|_| !self.stays_anyway(image));
            if goes.is_none() {
                self.edges.keep(image);
            }
            let blocked = match cover {
                Some(_) => goes.is_none().then_some(Blocked::Open),
                None => blocked,
            };
            Turn {
                image,
                goes,
                blocked,
            }
        };
        ranked.into_iter().map(turn).collect()
    }

    /// For each image that something went for: the best of that, by the rules; `None` where all of
    /// it went because a person chose so.
    fn beaten(&self, turns: &[Turn]) -> HashMap<usize, Option<usize>> {
        let mut beaten: HashMap<usize, Option<usize>> = HashMap::new();
        for turn in turns {
            if let Some(first) = turn.goes {
                let by_rules = self.class(turn.image) == Class::Open;
                let best = beaten.entry(first.kept).or_default();
                *best = best.or(by_rules.then_some(turn.image));
            }
        }
        beaten
    }

    /// The surest and most alike of all that stays; a reference, where it goes for one.
    fn copy(&self, image: usize, first: &Edge) -> CopyOf {
        let reference = |edge: &Edge| self.class(edge.kept) == Class::Reference;
        let wanted = |edge: &Edge| !reference(first) || reference(edge);
        let best = self.edges.allowed(image).filter(wanted).min_by(|a, b| {
            let alike = b.similarity.total_cmp(&a.similarity);
            a.kind.cmp(&b.kind).then(alike).then(a.rank.cmp(&b.rank))
        });
        let Edge {
            kept,
            similarity,
            kind,
            ..
        } = best.unwrap_or(*first);
        CopyOf {
            image: kept,
            similarity,
            kind,
        }
    }

    fn gone(&self, image: usize, first: &Edge, copy: &CopyOf) -> Said {
        let of = match self.class(first.kept) {
            Class::Reference => "a reference",
            _ => "the kept image",
        };
        let (removed, kept) = (&self.images[image], &self.images[copy.image]);
        let reason = format!("copy of {of}: {}", likeness(removed, kept, copy.similarity));
        let (reason, rule) = match (self.class(image), self.class(first.kept)) {
            (Class::Remove, _) => (format!("your choice; {reason}"), CHOICE.to_owned()),
            (_, Class::Reference) => (reason, REFERENCE.to_owned()),
            (_, Class::Keep) => (reason, CHOICE.to_owned()),
            (_, Class::Open | Class::Remove) => (reason, self.rule(first.kept, image)),
        };
        (reason, Some(rule), None)
    }

    fn kept(&self, turn: &Turn, beaten: Option<Option<usize>>) -> Said {
        let (reason, rule, left) = match (self.class(turn.image), turn.blocked) {
            (Class::Open, None) => match beaten {
                Some(Some(next)) => {
                    let why = self
                        .ranking
                        .why(&self.images[turn.image], &self.images[next]);
                    return (why, Some(self.rule(turn.image, next)), None);
                }
                Some(None) => ("you chose to remove its copies", Some(CHOICE), None),
                None => ("no better image that stays resembles it", None, None),
            },
            (Class::Open, Some(blocked)) => held(blocked),
            (Class::Remove, blocked) => (uncovered(blocked), Some(CHOICE), Some(Left::Uncovered)),
            (Class::Keep, blocked) => {
                let left = blocked.map(|_| Left::ChosenKeep);
                ("kept on your word", Some(CHOICE), left)
            }
            (Class::Reference, _) if self.wishes.choices.get(&turn.image) == Some(&false) => (
                "a reference is never removed, although you chose to",
                Some(REFERENCE),
                Some(Left::ChosenReference),
            ),
            (Class::Reference, blocked) => {
                let left = blocked.map(|_| Left::Reference);
                ("a reference is never removed", Some(REFERENCE), left)
            }
        };
        (reason.to_owned(), rule.map(str::to_owned), left)
    }

    /// What made one come before the other.
    fn rule(&self, best: usize, next: usize) -> String {
        let decider = self.ranking.decider(&self.images[best], &self.images[next]);
        decider.map_or_else(|| "path".to_owned(), ToString::to_string)
    }
}

/// Reason, rule, and why it was left.
type Said = (String, Option<String>, Option<Left>);

const CHOICE: &str = "choice";
const REFERENCE: &str = "reference";

type Words = (&'static str, Option<&'static str>, Option<Left>);

/// Why an image stays that the rules would let go.
fn held(blocked: Blocked) -> Words {
    match blocked {
        Blocked::Open => (
            "not chosen to be removed",
            Some(CHOICE),
            Some(Left::NotChosen),
        ),
        Blocked::Word => (
            "kept on your word, beside what it resembles",
            Some("keep-both"),
            Some(Left::KeepBoth),
        ),
        Blocked::Limit => (
            "what it resembles is outside of the limits of this plan",
            Some("limit"),
            Some(Left::Limits),
        ),
    }
}

/// Why an image stays although it was chosen to be removed.
fn uncovered(blocked: Option<Blocked>) -> &'static str {
    match blocked {
        Some(Blocked::Word) => {
            "you chose to remove it, and also said that it stays beside what it resembles"
        }
        Some(Blocked::Limit) => {
            "you chose to remove it, but what it resembles is outside of the limits of this plan"
        }
        Some(Blocked::Open) | None => {
            "you chose to remove it, but no image that stays resembles it"
        }
    }
}

/// What stays keeps the order of its rank.
fn order(a: &Decided, b: &Decided) -> Ordering {
    match (&a.copy, &b.copy) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(x), Some(y)) => {
            let alike = y.similarity.total_cmp(&x.similarity);
            x.kind.cmp(&y.kind).then(alike).then(a.image.cmp(&b.image))
        }
    }
}
