//! `api/judge` and `api/precision`: pairs drawn by chance, answers to them, and what these say.
//!
//! A drawn sample is written to the log, so that it is the same after a restart and each answer counts
//! with the chance that its pair had.

use lookalike_report::precision;
use lookalike_store::{Event, Sample, Sampled};
use serde::Deserialize;

use super::acts::opened;
use super::answer::Refusal;
use super::cover::Said;
use super::desk::Desk;
use super::params::Params;
use super::shapes::{self, Point};
use super::words::counted;
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
    threshold: Option<f32>,
}

impl Desk {
    /// The next pair to be judged.
    pub(crate) fn judge(&mut self) -> Result<shapes::Judge<'_>, Refusal> {
        self.sampled()?;
        let pairs = self.sample().map_or(&[][..], |sample| &sample.pairs);
        let judged = |pair: &Sampled| self.remembered().judgement(pair.a, pair.b).is_some();
        let shown = || {
            pairs
                .iter()
                .enumerate()
                .filter_map(|(id, pair)| Some((id, pair, self.there(pair)?)))
        };
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
            said: String::new(),
        })
    }

    /// Draws a sample where there is none, or nothing of the last is here any more. One without pairs is
    /// not written down: it would stand in the way of the pairs that a later scan finds.
    fn sampled(&mut self) -> Result<(), Refusal> {
        let here = |sample: &Sample| sample.pairs.iter().any(|pair| self.there(pair).is_some());
        if self.sample().is_some_and(here) {
            return Ok(());
        }
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).map_err(anyhow::Error::from)?;
        let seed = u64::from_le_bytes(seed);
        let sample = sampling::draw(self.all.near_contents(), self.all.threshold, ASKED, seed);
        if sample.pairs.is_empty() {
            return Ok(());
        }
        self.skipped.clear();
        self.say(&[Event::Sample(sample)], &[])
    }

    /// Images that show a drawn pair.
    fn there(&self, pair: &Sampled) -> Option<(usize, usize)> {
        Some((self.all.image_of(&pair.a)?, self.all.image_of(&pair.b)?))
    }

    /// Takes an answer, and gives the next pair.
    pub(crate) fn judged(&mut self, asked: &Judged) -> Result<shapes::Judge<'_>, Refusal> {
        let threshold = self.threshold(asked.threshold)?;
        let pair = self
            .sample()
            .and_then(|sample| sample.pairs.get(asked.id))
            .copied();
        let pair = pair.ok_or_else(|| Refusal::missing("no such pair was asked"))?;
        if self.remembered().judgement(pair.a, pair.b).is_some() {
            return Err(Refusal::conflict("this pair was answered already"));
        }
        let Some(same) = asked.same else {
            self.skipped.insert(asked.id);
            return self.judge();
        };
        // "Not the same" is a verdict, and what was chosen to go for the other of the pair stays.
        let lost = match self.there(&pair).filter(|_| !same) {
            Some(parted) => self.lost(&Said::parting(self, &[parted]), threshold),
            None => Vec::new(),
        };
        let mut events = vec![Event::Judgement {
            a: pair.a,
            b: pair.b,
            same: Some(same),
            similarity: pair.similarity,
        }];
        events.extend(self.opened(&lost)?);
        self.say(&events, &lost)?;
        let next = self.judge()?;
        Ok(shapes::Judge {
            said: opened(lost.len()).trim_start().to_owned(),
            ..next
        })
    }

    /// What the answers say.
    pub(crate) fn precision(&self, params: &Params) -> Result<shapes::Precision, Refusal> {
        let target = params.number::<f64>("target")?.unwrap_or(0.99);
        if !(0.5..1.0).contains(&target) {
            return Err(Refusal::senseless(format!(
                "`target` is {target}: expected a precision from 0.5 to less than 1"
            )));
        }
        let curve = sampling::curve(self.remembered(), self.all.near_contents());
        let proposal = curve.proposal(target);
        let points: Vec<Point> = curve.points().iter().filter_map(point).collect();
        let judged = self.remembered().judgements.len();
        Ok(shapes::Precision {
            said: said(judged, target, proposal.as_ref()),
            proposed: proposal.map(|found| found.point.threshold),
            sure: proposal.is_some_and(|found| found.sure),
            points,
            judged,
            target,
        })
    }

    /// The sample that is being judged: the last that was drawn.
    fn sample(&self) -> Option<&Sample> {
        self.remembered().samples.last()
    }
}

/// A point of the curve, where something was judged at or above it.
fn point(point: &precision::Point) -> Option<Point> {
    Some(Point {
        threshold: point.threshold,
        precision: point.precision?,
        low: point.low,
        high: point.high,
        pairs: point.pairs as u64,
    })
}

/// What the answers say, in a sentence.
fn said(judged: usize, target: f64, found: Option<&precision::Proposal>) -> String {
    let percent = |share: f64| format!("{:.1} %", (share * 1000.0).floor() / 10.0);
    let answers = counted(judged, "answer");
    let Some(found) = found.filter(|_| judged > 0) else {
        return match judged {
            0 => "Nothing is judged yet.".to_owned(),
            _ => format!(
                "After {answers} no threshold reaches {}. Judge more pairs, or ask for less.",
                percent(target)
            ),
        };
    };
    let point = &found.point;
    let so_far = format!(
        "At {:.3} and above, {} of {} are the same picture by {answers}; with 95 % confidence at least {}.",
        point.threshold,
        percent(point.precision.unwrap_or(1.0)),
        counted(point.pairs, "pair"),
        percent(point.low)
    );
    match found.sure {
        true => so_far,
        false => format!("{so_far} It may be less than you ask for: judge more pairs to be sure."),
    }
}
