//! How many of the removals may be wrong, by what people judged.

use lookalike_report::Decided;
use lookalike_report::precision::{Bound, CONFIDENCE, Curve};
use lookalike_types::PairKind;
use serde_json::{Value, json};

/// The bound for what was decided; `None` where nothing of it was judged.
pub(super) fn bound(curve: &Curve, decided: &[Decided]) -> Option<Bound> {
    let copies = || decided.iter().filter_map(|row| row.copy);
    let near = copies().filter(|copy| copy.kind == PairKind::Near);
    let bound = curve.bound(copies().count(), near.map(|copy| copy.similarity));
    (bound.judged > 0 && bound.near > 0).then_some(bound)
}

/// As it stands in the plan. Shares are rounded up: a bound that is too low is none.
pub(super) fn json(bound: &Bound) -> Value {
    let up = |share: f64| (share * 1e6).ceil() / 1e6;
    json!({
        "removals": bound.removals, "near": bound.near, "wrong_at_most": up(bound.wrong_at_most),
        "estimate": bound.estimate, "confidence": CONFIDENCE, "judged": bound.judged,
    })
}
