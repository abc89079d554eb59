//! The two similarities that matter: from where two pictures are a pair, and down to where pairs
//! are stored.

use lookalike_index as index;
use lookalike_types::VectorTable;
use serde::{Deserialize, Serialize};

use super::Question;
use crate::settings::Auto;

/// Rows whose similarities are sampled: eight million pairs, a fraction of a second.
const BACKGROUND_SAMPLE: usize = 4000;

/// What the sampled background of unrelated pictures says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sampled {
    threshold: f32,
    floor: f32,
    /// How many were compared; `None` where they were too few to say anything.
    pictures: Option<usize>,
}

impl Sampled {
    /// Samples the background of these vectors.
    ///
    /// # Errors
    /// Where a vector cannot be used.
    pub(crate) fn of(vectors: &dyn VectorTable) -> anyhow::Result<Self> {
        let background = index::background(vectors, BACKGROUND_SAMPLE)?;
        let n = vectors.len();
        Ok(Self {
            threshold: background.threshold(n),
            floor: background.floor(n),
            pictures: background.slope.map(|_| background.sample),
        })
    }
}

/// Threshold and floor, and where the threshold comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Levels {
    /// Two pictures are near from here on.
    pub threshold: f32,
    /// Why this value, in words.
    pub source: String,
    /// Pairs are stored down to here; never above the threshold.
    pub floor: f32,
}

impl Levels {
    /// The levels that the settings ask for, against this background.
    pub(crate) fn of(question: &Question, sampled: &Sampled) -> Self {
        let join = &question.settings.join;
        let (threshold, source) = match (join.threshold, question.card_threshold) {
            (Auto::Value(value), _) => (value, "set by the configuration".to_owned()),
            (Auto::Auto, Some(card)) => (card, "calibrated for the built-in model".to_owned()),
            (Auto::Auto, None) => (
                sampled.threshold,
                match sampled.pictures {
                    Some(pictures) => format!(
                        "from the background of {pictures} sampled pictures: about one false pair per thousand images"
                    ),
                    None => "there are too few pictures for a background: a constant".to_owned(),
                },
            ),
        };
        let floor = match join.floor {
            Auto::Value(value) => value,
            Auto::Auto => sampled.floor,
        };
        Self {
            threshold,
            source,
            floor: floor.min(threshold),
        }
    }

    /// Keeps to the floor of stored pairs where nobody asked for another: the sampled one moves a
    /// little with each new picture, and pairs are not searched again for that.
    pub(crate) fn stay(&mut self, question: &Question, stored: Option<f32>) {
        let is_auto = question.settings.join.floor == Auto::Auto;
        if let Some(floor) = stored.filter(|floor| is_auto && *floor <= self.threshold) {
            self.floor = floor;
        }
    }
}
