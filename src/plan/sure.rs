//! How many of the removals may be wrong, by what people judged of a sample of the near pairs.

use lookalike_report::Decided;
use lookalike_report::precision::{Bound, CONFIDENCE};
use lookalike_types::PairKind;
use serde_json::{Value, json};

use super::ground::Ground;
use crate::sampling;

/// The bound; `None` where nobody judged a pair.
pub(super) fn bound(ground: &Ground, decided: &[Decided]) -> Option<Bound> {
    if ground.near.is_empty() {
        return None;
    }
    let copies = || decided.iter().filter_map(|row| row.copy);
    let near = copies().filter(|copy| copy.kind == PairKind::Near);
    let curve = sampling::curve(&ground.remembered, &ground.near);
    Some(curve.bound(copies().count(), near.map(|copy| copy.similarity)))
}

/// As it stands in the plan.
pub(super) fn json(bound: &Bound) -> Value {
    json!({
        "removals": bound.removals, "near": bound.near, "wrong_at_most": bound.wrong_at_most,
        "confidence": CONFIDENCE, "judged": bound.judged,
    })
}

/// In a sentence. What is at most so much is rounded up.
pub(super) fn words(bound: &Bound) -> String {
    if bound.removals == 0 {
        return String::new();
    }
    let percent = (bound.wrong_at_most * 1000.0).ceil() / 10.0;
    format!(
        "of these {} removals at most {percent:.1} % are wrong, {:.0} % sure, by {} judged pairs",
        bound.removals,
        CONFIDENCE * 100.0,
        bound.judged
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_is_never_less_than_it_is() {
        let bound = Bound {
            removals: 4210,
            near: 312,
            wrong_at_most: 0.010_01,
            estimate: None,
            judged: 120,
        };
        assert_eq!(
            words(&bound),
            "of these 4210 removals at most 1.1 % are wrong, 95 % sure, by 120 judged pairs"
        );
    }
}
