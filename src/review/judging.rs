//! `api/judge` and `api/precision`: pairs drawn by chance, answers to them, and what these say.
//!
//! A drawn sample is written to the log, so that it is the same after a restart and each answer counts
//! with the chance that its pair had.

use lookalike_store::{Event, Sample, Sampled};
use serde::Deserialize;

use super::answer::Refusal;
use super::desk::Desk;
use super::params::Params;
use super::shapes;
use crate::sampling;

/// Pairs that are asked.
const ASKED: usize = 100;

/// The body of `api/judge`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judged {
    id: usize,
    #[serde(deserialize_with = "Option::deserialize")]
    same: Option<bool>,
}

impl Desk {
    /// The next pair to be judged. Draws a sample where there is none.
    pub(crate) fn judge(&mut self) -> Result<shapes::Judge<'_>, Refusal> {
        if self.sample().is_none() {
            let sample = sampling::draw(self.all.near_contents(), self.all.threshold, ASKED);
            self.say(&[Event::Sample(sample)], &[])?;
        }
        let pairs = self.sample().map_or(&[][..], |sample| &sample.pairs);
        let there = |pair: &Sampled| Some((self.all.image_of(&pair.a)?, self.all.image_of(&pair.b)?));
        let judged = |pair: &Sampled| self.remembered().judgement(pair.a, pair.b).is_some();
        let shown = || pairs.iter().enumerate().filter_map(|(id, pair)| Some((id, pair, there(pair)?)));
        let answered = shown().filter(|(_, pair, _)| judged(pair)).count();
        let open = |id: &usize, pair: &Sampled| !judged(pair) && !self.skipped.contains(id);
        let next = shown().find(|(id, pair, _)| open(id, pair));
        let image = |i: usize| {
            let chosen = self.choices().get(&i).copied();
            shapes::Image::alone(i, &self.all.images()[i], chosen)
        };
        Ok(shapes::Judge {
            asked: shown().count(),
            answered,
            pair: next.map(|(id, pair, (a, b))| shapes::Asked {
                id,
                a: image(a),
                b: image(b),
                similarity: pair.similarity,
            }),
        })
    }

    /// Takes an answer, and gives the next pair.
    pub(crate) fn judged(&mut self, asked: &Judged) -> Result<shapes::Judge<'_>, Refusal> {
        let pair = self.sample().and_then(|sample| sample.pairs.get(asked.id)).copied();
        let pair = pair.ok_or_else(|| Refusal::missing("no such pair was asked"))?;
        if self.remembered().judgement(pair.a, pair.b).is_some() {
            return Err(Refusal::conflict("this pair was answered already"));
        }
        match asked.same {
            None => drop(self.skipped.insert(asked.id)),
            Some(same) => {
                let Sampled { a, b, similarity, .. } = pair;
                let same = Some(same);
                self.say(&[Event::Judgement { a, b, same, similarity }], &[])?;
            }
        }
        self.judge()
    }

    /// What the answers say.
    pub(crate) fn precision(&self, params: &Params) -> Result<shapes::Precision, Refusal> {
        let target = params.number::<f64>("target")?.unwrap_or(0.99);
        if !(0.5..1.0).contains(&target) {
            return Err(Refusal::senseless(format!(
                "`target` is {target}: expected a precision from 0.5 to less than 1"
            )));
        }
        Ok(sampling::precision(self.remembered(), target))
    }

    /// The sample that is being judged: the last that was drawn.
    fn sample(&self) -> Option<&Sample> {
        self.remembered().samples.last()
    }
}
