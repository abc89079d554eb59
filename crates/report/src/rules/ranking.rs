//! The order of the images of one group.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::KeepRule;
use crate::images::Image;

/// The rules, and what they must know of the group as a whole.
pub(crate) struct Ranking<'a> {
    rules: &'a [KeepRule],
    majority: Option<&'a str>,
}

impl<'a> Ranking<'a> {
    /// For a group of these images.
    pub(crate) fn new(rules: &'a [KeepRule], members: impl Iterator<Item = &'a Image>) -> Self {
        let asked = rules.contains(&KeepRule::LabelMajority);
        Self {
            rules,
            majority: asked.then(|| majority(members)).flatten(),
        }
    }

    /// `Less` where `a` is better by the first rule that tells them apart, and then by path. Paths
    /// differ, so two images are never equal.
    pub(crate) fn better(&self, a: &Image, b: &Image) -> Ordering {
        let orders = self
            .rules
            .iter()
            .map(|rule| rule.compare(self.majority, a, b));
        orders
            .into_iter()
            .find(|order| order.is_ne())
            .unwrap_or_else(|| a.path.cmp(&b.path))
    }

    /// The rule by which one is better than the other; `None` where only the path is.
    pub(crate) fn decider(&self, a: &Image, b: &Image) -> Option<&'a KeepRule> {
        let tells = |rule: &&KeepRule| rule.compare(self.majority, a, b).is_ne();
        self.rules.iter().find(tells)
    }

    /// Why `best` is better than `next`, in a few words.
    pub(crate) fn why(&self, best: &Image, next: &Image) -> String {
        let decider = self.decider(best, next);
        decider.map_or_else(|| "path comes first".to_owned(), |rule| rule.reason(best))
    }
}

/// The label that more images carry than any other one; of two that lead, neither.
fn majority<'a>(members: impl Iterator<Item = &'a Image>) -> Option<&'a str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for label in members.filter_map(|image| image.label.as_deref()) {
        *counts.entry(label).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    let mut leading = counts.into_iter().filter(|(_, count)| *count == most);
    let (label, _) = leading.next()?;
    leading.next().is_none().then_some(label)
}
