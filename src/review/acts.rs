//! `api/choose`, `api/verdict`, `api/undo`: what a person does.
//!
//! A choice to remove is taken only where something that stays resembles the image directly, and takes
//! nothing away from what was chosen to go before. What is refused changes nothing, not even in part.

use std::collections::{BTreeSet, HashSet};

use lookalike_store::Event;
use lookalike_types::{PairKind, Verdict};
use serde::Deserialize;

use super::alike::kind_of;
use super::answer::Refusal;
use super::desk::Desk;
use super::shapes;
use crate::words::counted;

/// The body of `api/choose`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choose {
    choices: Vec<Chosen>,
    threshold: Option<f32>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    i: usize,
    choice: Option<Choice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Choice {
    Keep,
    Remove,
}

/// The body of `api/verdict`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judge {
    pairs: Vec<(usize, usize)>,
    verdict: Option<Word>,
    threshold: Option<f32>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Different,
    KeepBoth,
}

/// The body of `api/undo`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Undo {
    threshold: Option<f32>,
}

impl Desk {
    /// Takes choices, all of them or none.
    pub(crate) fn choose(&mut self, asked: &Choose) -> Result<shapes::Done<'_>, Refusal> {
        let threshold = self.threshold(asked.threshold)?;
        let mut events = Vec::with_capacity(asked.choices.len());
        for one in &asked.choices {
            events.push(Event::Choice {
                content: self.content(one.i)?,
                path: self.all.images()[one.i].path.clone(),
                keep: one.choice.map(|choice| choice == Choice::Keep),
            });
        }
        if let Some(words) = self.uncovered(&asked.choices, threshold) {
            return Err(Refusal::conflict(words));
        }
        let images: Vec<usize> = asked.choices.iter().map(|one| one.i).collect();
        self.say(&events, &images)?;
        self.done(asked.threshold, chosen(&asked.choices))
    }

    /// Why these choices would lose a picture; `None` where they do not.
    fn uncovered(&self, asked: &[Chosen], threshold: f32) -> Option<String> {
        let mut after = self.choices().clone();
        for one in asked {
            match one.choice {
                Some(choice) => drop(after.insert(one.i, choice == Choice::Keep)),
                None => drop(after.remove(&one.i)),
            }
        }
        let goes = |image: usize| after.get(&image) == Some(&false);
        let going = asked.iter().map(|one| one.i).filter(|&image| goes(image));
        let going: HashSet<usize> = going.collect();
        // What goes now may have been what something that was to go before was a copy of.
        let before = going.iter().flat_map(|&image| self.all.alike.of(image, threshold));
        let before = before.map(|link| link.a).chain(going.iter().copied());
        let ends = going.iter().flat_map(|&image| self.all.alike.of(image, threshold));
        let ends = ends.map(|link| link.b);
        let concerned: BTreeSet<usize> = before.chain(ends).filter(|&image| goes(image)).collect();
        let lost = concerned.into_iter().find(|&image| !self.covered(image, threshold, &goes))?;
        let path = &self.all.images()[lost].path;
        Some(match going.contains(&lost) {
            true => format!(
                "{path} is not removed: nothing that stays resembles it directly. Keep one of its look-alikes first"
            ),
            false => format!(
                "{path} was chosen to go because of this one, and nothing else that stays resembles it. Keep it first"
            ),
        })
    }

    /// Whether something that stays resembles this image, and may stand for it.
    fn covered(&self, image: usize, threshold: f32, goes: &dyn Fn(usize) -> bool) -> bool {
        self.all.alike.of(image, threshold).any(|link| {
            let other = if link.a == image { link.b } else { link.a };
            !goes(other) && self.all.verdict(image, other, self.remembered()).is_none()
        })
    }

    /// Takes a verdict on pairs.
    pub(crate) fn verdict(&mut self, asked: &Judge) -> Result<shapes::Done<'_>, Refusal> {
        self.threshold(asked.threshold)?;
        let verdict = asked.verdict.map(|word| match word {
            Word::Different => Verdict::Different,
            Word::KeepBoth => Verdict::KeepBoth,
        });
        let (mut said, mut images, mut same) = (BTreeSet::new(), Vec::new(), 0);
        for &(a, b) in &asked.pairs {
            let (one, other) = (self.content(a)?, self.content(b)?);
            let kind = kind_of(self.all.images(), a, b);
            if verdict == Some(Verdict::Different) && kind != PairKind::Near {
                same += 1;
                continue;
            }
            said.insert((one.min(other), one.max(other)));
            images.extend([a, b]);
        }
        if said.is_empty() && same > 0 {
            return Err(Refusal::conflict(
                "these are the same picture, to the last pixel: they cannot be different. To keep both, say so",
            ));
        }
        let event = |&(a, b): &(_, _)| Event::Verdict { a, b, verdict };
        let events: Vec<Event> = said.iter().map(event).collect();
        self.say(&events, &images)?;
        self.done(asked.threshold, judged(verdict, events.len(), same))
    }

    /// Takes back the last click.
    pub(crate) fn undo(&mut self, asked: &Undo) -> Result<shapes::Done<'_>, Refusal> {
        self.threshold(asked.threshold)?;
        match self.take_back()? {
            Some(words) => self.done(asked.threshold, format!("Took back: {words}.")),
            None => Err(Refusal::conflict("there is nothing to take back")),
        }
    }

    fn done(&mut self, threshold: Option<f32>, said: String) -> Result<shapes::Done<'_>, Refusal> {
        let state = self.state(threshold)?;
        Ok(shapes::Done { state, said })
    }
}

fn chosen(choices: &[Chosen]) -> String {
    let count = |wanted| choices.iter().filter(|one| one.choice == wanted).count();
    let parts = [
        (count(Some(Choice::Keep)), "to keep"),
        (count(Some(Choice::Remove)), "to remove"),
        (count(None), "open again"),
    ];
    let parts = parts.iter().filter(|(n, _)| *n > 0);
    let words: Vec<String> = parts.map(|(n, what)| format!("{} {what}", counted(*n, "image"))).collect();
    match words.is_empty() {
        true => "Nothing was chosen.".to_owned(),
        false => format!("Chosen: {}.", words.join(", ")),
    }
}

fn judged(verdict: Option<Verdict>, pairs: usize, same: usize) -> String {
    let mut words = match verdict {
        Some(Verdict::Different) => format!("Noted: {} no duplicate.", are(pairs)),
        Some(Verdict::KeepBoth) => format!("Noted: both stay, of {}.", counted(pairs, "pair")),
        None => format!("The verdict on {} is taken back.", counted(pairs, "pair")),
    };
    if same > 0 {
        words.push_str(&format!(
            " {} of the same pixels cannot be different, and {} as it was.",
            counted(same, "pair"),
            if same == 1 { "stays" } else { "stay" }
        ));
    }
    words
}

fn are(pairs: usize) -> String {
    let verb = if pairs == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(pairs, "pair"))
}
