//! What the answers to drawn pairs say: between the words of the store and those of the report.

use std::collections::{HashMap, HashSet};

use lookalike_report::precision::{Curve, Judged};
use lookalike_store::Remembered;
use lookalike_types::ContentId;

/// Two contents and their cosine.
type Pair = (ContentId, ContentId, f32);

/// What was judged, counted up to all stored pairs. An answer counts where its pair was drawn and is
/// stored still, with the cosine that it has now.
pub(crate) fn curve(remembered: &Remembered, pairs: &[Pair]) -> Curve {
    let samples = || remembered.samples.iter();
    let drawn: HashSet<(ContentId, ContentId)> = samples()
        .flat_map(|sample| &sample.pairs)
        .map(|pair| (pair.a.min(pair.b), pair.a.max(pair.b)))
        .collect();
    let asked: HashMap<(ContentId, ContentId), bool> = remembered
        .judgements
        .iter()
        .map(|judged| ((judged.a, judged.b), judged.same))
        .filter(|(pair, _)| drawn.contains(pair))
        .collect();
    let judged: Vec<Judged> = pairs
        .iter()
        .filter_map(|&(a, b, similarity)| {
            let same = *asked.get(&(a.min(b), a.max(b)))?;
            Some(Judged { similarity, same })
        })
        .collect();
    let lows = samples().flat_map(|sample| sample.strata.iter().map(|stratum| stratum.low));
    Curve::new(lows, &judged, pairs.iter().map(|pair| pair.2))
}
