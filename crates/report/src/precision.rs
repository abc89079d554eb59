//! How many of the near pairs are right, from the judgements of a person on a sample of them.
//!
//! Pairs are drawn by [`draw`], judged by somebody, and counted up to all pairs by a [`Curve`]:
//! which share of the pairs at and above a threshold shows the same picture, which threshold reaches
//! a wanted share, and how many of given removals are wrong at most. `docs/judging.md` says what is
//! assumed. Nothing is read here, and nothing is drawn by chance but by a seed.

mod draw;
mod interval;

use interval::{Part, interval, upper};

pub use draw::{Draw, Picked, Stratum, draw};

/// How sure an interval or a bound is.
pub const CONFIDENCE: f64 = 0.95;

/// The answer of a person on a drawn pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The cosine of the pair.
    pub similarity: f32,
    /// Whether both show the same picture.
    pub same: bool,
}

/// Which share of the near pairs is right, for every threshold.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Where strata begin, ascending. What lies below the first was never drawn from.
    lows: Vec<f32>,
    /// The pairs of the collection, ascending.
    pairs: Vec<f32>,
    /// The similarities of the judged pairs, ascending, and of those that are not the same.
    judged: Vec<f32>,
    wrong: Vec<f32>,
}

/// The pairs at and above one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The cosine.
    pub threshold: f32,
    /// The share of the pairs that show the same picture; `None` where none of them was judged.
    pub precision: Option<f64>,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How many pairs there are.
    pub pairs: usize,
    /// How many of them were judged.
    pub judged: usize,
}

/// A threshold for the precision that a person wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proposal {
    /// What is known of the pairs at and above it.
    pub point: Point,
    /// Whether the lower end of the interval reaches the wanted precision, and not only the
    /// estimate.
    pub sure: bool,
}

/// How many of some removals may be wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// All removals.
    pub removals: usize,
    /// Those of them that rest on a near pair; the others are the same file or the same pixels.
    pub near: usize,
    /// The share of all removals that is wrong at most.
    pub wrong_at_most: f64,
    /// The share of the near ones that is wrong by the estimate; `None` where nothing was judged.
    pub estimate: Option<f64>,
    /// Judged pairs that this rests on.
    pub judged: usize,
}

/// The part of a stratum that is asked for.
struct Piece {
    wanted: usize,
    judged: usize,
    wrong: usize,
}

impl Curve {
    /// From where the strata of the samples begin (of all samples, in any order), the judged pairs
    /// among `pairs`, and the similarities of all near pairs that are stored. Values that are no
    /// number are passed over.
    pub fn new(
        lows: impl IntoIterator<Item = f32>,
        judged: &[Judged],
        pairs: impl IntoIterator<Item = f32>,
    ) -> Self {
        let mut lows = sorted(lows);
        lows.dedup();
        let wrong = judged.iter().filter(|judged| !judged.same);
        Self {
            lows,
            pairs: sorted(pairs),
            judged: sorted(judged.iter().map(|judged| judged.similarity)),
            wrong: sorted(wrong.map(|judged| judged.similarity)),
        }
    }

    /// What is known of the pairs at and above this threshold. Where all of them were judged, the
    /// interval is the precision itself.
    pub fn at(&self, threshold: f32) -> Point {
        let pieces = self.pieces(threshold, &self.pairs);
        let of = |count: &dyn Fn(&Piece) -> usize| pieces.iter().map(count).sum::<usize>();
        let pairs = of(&|piece| piece.wanted);
        let judged = of(&|piece| piece.judged);
        let all = pairs.max(1) as f64;
        let known = of(&|piece| piece.wrong.min(piece.wanted)) as f64 / all;
        let open = pieces.iter().filter(|piece| piece.judged < piece.wanted);
        let parts: Vec<Part> = open
            .map(|piece| {
                let rest = (piece.wanted - piece.judged) as f64;
                Part {
                    share: rest / all,
                    judged: piece.judged as f64,
                    wrong: piece.wrong as f64,
                    // Of n judged in N, the rest differs from the judged by q (1 - q) (1 / n + 1 / (N - n)).
                    spread: piece.wanted as f64 / rest,
                }
            })
            .collect();
        let (low, high) = interval(&parts, 1.0 - CONFIDENCE, 1.0 / all);
        // Both are shares of wrong pairs until here.
        let (low, high) = match pairs {
            0 => (0.0, 1.0),
            _ => (1.0 - known - high, 1.0 - known - low),
        };
        Point {
            threshold,
            precision: estimate(&pieces).map(|wrong| 1.0 - wrong),
            low: low.clamp(0.0, 1.0),
            high: high.clamp(0.0, 1.0),
            pairs,
            judged,
        }
    }

    /// The curve: a point where each stratum begins, ascending, as far as there are pairs.
    pub fn points(&self) -> Vec<Point> {
        let points = self.lows.iter().map(|&low| self.at(low));
        points.filter(|point| point.pairs > 0).collect()
    }

    /// The lowest threshold from which this share of the pairs is right: by the lower end of the
    /// interval, or else by the estimate; `None` where not even that reaches it.
    pub fn proposal(&self, precision: f64) -> Option<Proposal> {
        let points = self.points();
        let sure = points.iter().find(|point| point.low >= precision);
        let likely = || {
            points
                .iter()
                .find(|point| point.precision >= Some(precision))
        };
        let point = *sure.or_else(likely)?;
        Some(Proposal {
            point,
            sure: sure.is_some(),
        })
    }

    /// How many of so many removals are wrong at most, as sure as [`CONFIDENCE`]. `near` holds the
    /// similarity of each removal to what it is a copy of, where they are neither the same file nor
    /// the same pixels; the others count as right.
    pub fn bound(&self, removals: usize, near: impl IntoIterator<Item = f32>) -> Bound {
        let near = sorted(near);
        let all = near.len().max(1) as f64;
        let lowest = near.first().copied().unwrap_or(f32::INFINITY);
        let pieces = self.pieces(lowest, &near);
        let concerned: Vec<&Piece> = pieces.iter().filter(|piece| piece.wanted > 0).collect();
        let parts: Vec<Part> = concerned
            .iter()
            .map(|piece| Part {
                share: piece.wanted as f64 / all,
                judged: piece.judged as f64,
                wrong: piece.wrong as f64,
                spread: 1.0 + piece.judged as f64 / piece.wanted as f64,
            })
            .collect();
        let wrong = upper(&parts, 1.0 - CONFIDENCE, 1.0 / all);
        Bound {
            removals,
            near: near.len(),
            wrong_at_most: wrong * near.len() as f64 / removals.max(near.len()).max(1) as f64,
            estimate: estimate(&pieces),
            judged: concerned.iter().map(|piece| piece.judged).sum(),
        }
    }

    /// Each stratum as far as it reaches the threshold, with what of `wanted` lies in it.
    fn pieces(&self, threshold: f32, wanted: &[f32]) -> Vec<Piece> {
        let starts = [f32::NEG_INFINITY]
            .into_iter()
            .chain(self.lows.iter().copied());
        let ends = self.lows.iter().copied().map(Some).chain([None]);
        let piece = |(start, end): (f32, Option<f32>)| {
            let within = |sorted: &[f32]| {
                let below = |bound: f32| sorted.partition_point(|&s| s < bound);
                let end = end.map_or(sorted.len(), below);
                end.saturating_sub(below(start.max(threshold)))
            };
            Piece {
                wanted: within(wanted),
                judged: within(&self.judged),
                wrong: within(&self.wrong),
            }
        };
        starts.zip(ends).map(piece).collect()
    }
}

/// The stratified estimate of the wrong share: what was judged of a stratum stands for all of it.
/// Strata of which nothing was judged are left out.
fn estimate(pieces: &[Piece]) -> Option<f64> {
    let judged = || pieces.iter().filter(|piece| piece.judged > 0);
    let all: usize = judged().map(|piece| piece.wanted).sum();
    let wrong =
        judged().map(|piece| piece.wanted as f64 * piece.wrong as f64 / piece.judged as f64);
    (all > 0).then(|| wrong.sum::<f64>() / all as f64)
}

fn sorted(values: impl IntoIterator<Item = f32>) -> Vec<f32> {
    let mut values: Vec<f32> = values.into_iter().filter(|value| !value.is_nan()).collect();
    values.sort_by(f32::total_cmp);
    values
}

#[cfg(test)]
mod tests;
