//! `api/choose`, `api/verdict`, `api/undo`: what a person does.
//!
//! A choice to remove is taken only where something that stays resembles the image directly, and takes
//! nothing away from what was chosen to go before. What is refused changes nothing, not even in part.

use std::collections::{BTreeSet, HashSet};

use lookalike_store::Event;
use lookalike_types::{ContentId, Verdict};
use serde::Deserialize;

use super::answer::Refusal;
use super::desk::Desk;
use super::shapes;
use super::words::{contents, counted};

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

/// What a verdict goes for: see [`Words`](super::words::Words).
#[derive(PartialEq, Eq, Hash)]
enum Pair {
    Pictures(usize, usize),
    Contents((ContentId, ContentId)),
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
        let before = going
            .iter()
            .flat_map(|&image| self.all.alike.of(image, threshold));
        let before = before.map(|link| link.a).chain(going.iter().copied());
        let ends = going
            .iter()
            .flat_map(|&image| self.all.alike.of(image, threshold));
        let ends = ends.map(|link| link.b);
        let concerned: BTreeSet<usize> = before.chain(ends).filter(|&image| goes(image)).collect();
        let apart = |a, b| self.words().verdict(&self.all, a, b).is_some();
        let covered = |image: usize| self.covered(image, threshold, goes, apart);
        let lost = concerned.into_iter().find(|&image| !covered(image))?;
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

    /// Whether something that does not go resembles this image, and is not held apart from it.
    fn covered(
        &self,
        image: usize,
        threshold: f32,
        goes: impl Fn(usize) -> bool,
        apart: impl Fn(usize, usize) -> bool,
    ) -> bool {
        self.all.alike.of(image, threshold).any(|link| {
            let other = if link.a == image { link.b } else { link.a };
            !goes(other) && !apart(image, other)
        })
    }

    /// What was chosen to go and would resemble nothing that stays, if these pairs were held apart.
    fn lost(&self, pairs: &[(usize, usize)], threshold: f32) -> Vec<usize> {
        let picture = |image: usize| self.all.alike.picture(image);
        let key = |a: usize, b: usize| match picture(a) == picture(b) {
            true => contents(self.all.images(), a, b).map(Pair::Contents),
            false => Some(Pair::Pictures(
                picture(a).min(picture(b)),
                picture(a).max(picture(b)),
            )),
        };
        let held: HashSet<Pair> = pairs.iter().filter_map(|&(a, b)| key(a, b)).collect();
        let apart = |a: usize, b: usize| {
            key(a, b).is_some_and(|pair| held.contains(&pair))
                || self.words().verdict(&self.all, a, b).is_some()
        };
        let goes = |image: usize| self.choices().get(&image) == Some(&false);
        let going = self.choices().keys().copied().filter(|&image| goes(image));
        let mut lost: Vec<usize> = going
            .filter(|&image| !self.covered(image, threshold, goes, apart))
            .collect();
        lost.sort_unstable();
        lost
    }

    /// What was chosen to go and resembles nothing that stays.
    #[cfg(test)]
    pub(super) fn uncovered_removals(&self, threshold: f32) -> Vec<usize> {
        self.lost(&[], threshold)
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
            let before = before.into_iter().filter(|before| *before != pair);
            events.extend(before.map(|(a, b)| Event::Verdict {
                a,
                b,
                verdict: None,
            }));
            let (a, b) = pair;
            events.push(Event::Verdict { a, b, verdict });
        }
        let lost = match verdict {
            Some(_) => self.lost(&asked.pairs, threshold),
            None => Vec::new(),
        };
        for &image in &lost {
            events.push(self.choice(image, None)?);
        }
        self.say(&events, &lost)?;
        let mut said = judged(verdict, asked.pairs.len());
        if !lost.is_empty() {
            said.push_str(&format!(" {} no longer chosen to go.", are(lost.len())));
        }
        self.done(asked.threshold, said)
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

fn are(images: usize) -> String {
    let verb = if images == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(images, "image"))
}
