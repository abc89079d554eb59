//! Which pairs are asked about, and what the answers say: from the words of the store to those of the
//! report, and back.

use lookalike_store::{Remembered, Sample};
use lookalike_types::ContentId;

use crate::review::Precision;

/// Draws that many of these pairs, which are those of the stored ones.
pub(crate) fn draw(pairs: Vec<(ContentId, ContentId, f32)>, threshold: f32, asked: usize) -> Sample {
    let _ = (threshold, asked, pairs);
    Sample { seed: 0, strata: Vec::new(), pairs: Vec::new() }
}

/// What the answers say of precision against threshold.
pub(crate) fn precision(remembered: &Remembered, target: f64) -> Precision {
    let judged = remembered.judgements.len();
    Precision { points: Vec::new(), judged, target, proposed: None, sure: false, said: String::new() }
}
