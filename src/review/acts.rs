//! `api/choose`, `api/verdict`, `api/undo`: what a person does.
//!
//! A choice to remove is taken only where something that stays resembles the image directly, and takes
//! nothing away from what was chosen to go before. What is refused changes nothing, not even in part.

use std::collections::{BTreeSet, HashMap};

use lookalike_store::Event;
use lookalike_types::{ContentId, Verdict};
use serde::Deserialize;

use super::answer::Refusal;
use super::cover::Said;
use super::desk::Desk;
use super::shapes;
use super::words::counted;

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
    #[serde(deserialize_with = "Option::deserialize")]
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
    #[serde(deserialize_with = "Option::deserialize")]
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
            let keep = one.choice.map(|choice| choice == Choice::Keep);
            events.push(self.choice(one.i, keep)?);
        }
        if let Some(words) = self.uncovered(&asked.choices, threshold) {
            return Err(Refusal::conflict(words));
        }
        let images: Vec<usize> = asked.choices.iter().map(|one| one.i).collect();
        self.say(&events, &images)?;
        self.done(asked.threshold, chosen(&asked.choices))
    }

    fn choice(&self, image: usize, keep: Option<bool>) -> Result<Event, Refusal> {
        Ok(Event::Choice {
            content: self.content(image)?,
            path: self.all.images()[image].path.clone(),
            keep,
        })
    }

    /// Why these choices would lose a picture; `None` where they do not.
    fn uncovered(&self, asked: &[Chosen], threshold: f32) -> Option<String> {
        let keep = |one: &Chosen| one.choice.map(|choice| choice == Choice::Keep);
        let chosen: HashMap<usize, Option<bool>> =
            asked.iter().map(|one| (one.i, keep(one))).collect();
        let going = chosen.iter().filter(|(_, keep)| **keep == Some(false));
        let going: BTreeSet<usize> = going.map(|(&image, _)| image).collect();
        let after = Said::choosing(self, chosen);
        let path = |image: usize| &self.all.images()[image].path;
        if let Some(&bare) = going.iter().find(|&&i| !after.covers(i, threshold)) {
            return Some(format!(
                "{} is not removed: nothing that stays resembles it directly. Keep one of its look-alikes first",
                path(bare)
            ));
        }
        // What goes now may have been what something that was to go before was a copy of.
        let lost = self.lost(&after, threshold);
        let lost = lost.into_iter().find(|image| !going.contains(image))?;
        Some(format!(
            "{} was chosen to go because of this one, and nothing else that stays resembles it. Keep it first",
            path(lost)
        ))
    }

    /// What it takes to have these images open again.
    pub(super) fn opened(&self, images: &[usize]) -> Result<Vec<Event>, Refusal> {
        images.iter().map(|&i| self.choice(i, None)).collect()
    }

    /// Takes a verdict on pairs. What was chosen to go for the other of a pair is open again.
    pub(crate) fn verdict(&mut self, asked: &Judge) -> Result<shapes::Done<'_>, Refusal> {
        let threshold = self.threshold(asked.threshold)?;
        let verdict = asked.verdict.map(|word| match word {
            Word::Different => Verdict::Different,
            Word::KeepBoth => Verdict::KeepBoth,
        });
        let (mut events, mut spoken) = (Vec::new(), BTreeSet::new());
        for &(a, b) in &asked.pairs {
            let (one, other) = (self.content(a)?, self.content(b)?);
            let pair = (one.min(other), one.max(other));
            if !spoken.insert(pair) {
                continue;
            }
            // Another word may stand on other files of the same pictures: this one takes its place.
            let before = self.words().given(&self.all, a, b);
            let before: Vec<_> = before
                .into_iter()
                .filter(|before| *before != pair)
                .collect();
            let none = |&(a, b): &(_, _)| Event::Verdict {
                a,
                b,
                verdict: None,
            };
            events.extend(before.iter().map(none));
            let (a, b) = pair;
            events.push(Event::Verdict { a, b, verdict });
            if verdict.is_none() {
                events.extend(
                    before
                        .iter()
                        .chain([&pair])
                        .filter_map(|&pair| self.unjudged(pair)),
                );
            }
        }
        let lost = match verdict {
            Some(_) => self.lost(&Said::parting(self, &asked.pairs), threshold),
            None => Vec::new(),
        };
        events.extend(self.opened(&lost)?);
        self.say(&events, &lost)?;
        let said = judged(verdict, asked.pairs.len());
        self.done(asked.threshold, said + &opened(lost.len()))
    }

    /// An answer of "not the same" goes with the verdict that came of it: else it would count as a wrong
    /// pair on and on, and the pair would not be asked again.
    fn unjudged(&self, (a, b): (ContentId, ContentId)) -> Option<Event> {
        let judged = self.remembered().judgement(a, b);
        let judged = judged.filter(|judged| !judged.same)?;
        Some(Event::Judgement {
            a,
            b,
            same: None,
            similarity: judged.similarity,
        })
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
    let words: Vec<String> = parts
        .map(|(n, what)| format!("{} {what}", counted(*n, "image")))
        .collect();
    match words.is_empty() {
        true => "Nothing was chosen.".to_owned(),
        false => format!("Chosen: {}.", words.join(", ")),
    }
}

fn judged(verdict: Option<Verdict>, pairs: usize) -> String {
    match (verdict, pairs) {
        (Some(Verdict::Different), 1) => "Noted: not a duplicate.".to_owned(),
        (Some(Verdict::Different), _) => {
            format!("Noted: {} are no duplicates.", counted(pairs, "pair"))
        }
        (Some(Verdict::KeepBoth), 1) => "Noted: both stay.".to_owned(),
        (Some(Verdict::KeepBoth), _) => format!("Noted: both stay, of {}.", counted(pairs, "pair")),
        (None, _) => format!("The verdict on {} is taken back.", counted(pairs, "pair")),
    }
}

/// What to say of removals that are open again; nothing where there are none.
pub(super) fn opened(images: usize) -> String {
    let verb = if images == 1 { "is" } else { "are" };
    match images {
        0 => String::new(),
        _ => format!(
            " {} {verb} no longer chosen to go.",
            counted(images, "image")
        ),
    }
}
