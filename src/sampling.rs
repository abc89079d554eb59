//! Which pairs are asked about, and what the answers say: between the words of the store and those of
//! the report.

use std::collections::{HashMap, HashSet};

use lookalike_report::precision::{self, Curve, Judged};
use lookalike_store::{Remembered, Sample, Sampled, Stratum};
use lookalike_types::ContentId;

/// Two contents and their cosine.
type Pair = (ContentId, ContentId, f32);

/// Draws that many of these pairs. The same seed gives the same pairs.
pub(crate) fn draw(pairs: &[Pair], threshold: f32, asked: usize, seed: u64) -> Sample {
    let similarities: Vec<f32> = pairs.iter().map(|pair| pair.2).collect();
    let drawn = precision::draw(&similarities, threshold, asked, seed);
    let strata = drawn.strata.iter().map(|stratum| Stratum {
        low: stratum.low,
        high: stratum.high,
        pairs: stratum.pairs as u64,
    });
    let picked = drawn.picked.iter().map(|picked| {
        let (a, b, similarity) = pairs[picked.index];
        Sampled {
            a,
            b,
            similarity,
            stratum: u32::try_from(picked.stratum).unwrap_or(u32::MAX),
        }
    });
    Sample {
        seed,
        strata: strata.collect(),
        pairs: picked.collect(),
    }
}

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
