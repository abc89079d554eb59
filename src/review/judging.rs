//! `api/judge` and `api/precision`: pairs drawn by chance, answers to them, and what these say.
//!
//! A drawn sample is written to the log, so that it is the same after a restart and each answer counts
//! with the chance that its pair had.

use lookalike_report::precision;
use lookalike_store::{Event, Sample, Sampled};
use serde::Deserialize;

use super::answer::Refusal;
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
}

impl Desk {
    /// The next pair to be judged. Draws a sample where there is none.
    pub(crate) fn judge(&mut self) -> Result<shapes::Judge<'_>, Refusal> {
        if self.sample().is_none() {
            let mut seed = [0; 8];
            getrandom::fill(&mut seed).map_err(anyhow::Error::from)?;
            let seed = u64::from_le_bytes(seed);
            let sample = sampling::draw(self.all.near_contents(), self.all.threshold, ASKED, seed);
            self.say(&[Event::Sample(sample)], &[])?;
        }
        let pairs = self.sample().map_or(&[][..], |sample| &sample.pairs);
        let there =
            |pair: &Sampled| Some((self.all.image_of(&pair.a)?, self.all.image_of(&pair.b)?));
        let judged = |pair: &Sampled| self.remembered().judgement(pair.a, pair.b).is_some();
        let shown = || {
            pairs
                .iter()
                .enumerate()
                .filter_map(|(id, pair)| Some((id, pair, there(pair)?)))
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
        })
    }

    /// Takes an answer, and gives the next pair.
    pub(crate) fn judged(&mut self, asked: &Judged) -> Result<shapes::Judge<'_>, Refusal> {
        let pair = self
            .sample()
            .and_then(|sample| sample.pairs.get(asked.id))
            .copied();
        let pair = pair.ok_or_else(|| Refusal::missing("no such pair was asked"))?;
        if self.remembered().judgement(pair.a, pair.b).is_some() {
            return Err(Refusal::conflict("this pair was answered already"));
        }
        match asked.same {
            None => drop(self.skipped.insert(asked.id)),
            Some(same) => {
                let Sampled {
                    a, b, similarity, ..
                } = pair;
                let same = Some(same);
                self.say(
                    &[Event::Judgement {
                        a,
                        b,
                        same,
                        similarity,
                    }],
                    &[],
                )?;
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
