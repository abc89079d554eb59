//! Verdicts of others beside those that are here: which of two words on a pair counts.
//!
//! The newer one. Of equally new ones the more careful: that both stay, then that they are
//! different, then that nothing is said. So what comes out does not depend on the order in which
//! verdicts come in, nor on how often.

use std::collections::BTreeMap;

use lookalike_types::{PairVerdict, Verdict};

use super::fold::{Fold, Pair, ordered};

/// What became of the verdicts that came in, by pair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Merged {
    /// Pairs on which there was no verdict.
    pub new: usize,
    /// Pairs whose verdict is another now.
    pub changed: usize,
    /// Pairs whose verdict is the one that came in, as it was before.
    pub same: usize,
    /// Pairs on which something else was said here later.
    pub older: usize,
}

/// By what one word on a pair is told to count more than another.
type Weight<'a> = (i64, u8, &'a str);

fn weight(at: i64, verdict: Option<Verdict>, by: &str) -> Weight<'_> {
    let care = match verdict {
        None => 0,
        Some(Verdict::Different) => 1,
        Some(Verdict::KeepBoth) => 2,
    };
    // The name decides nothing but which of two equal verdicts is written down.
    (at, care, by)
}

fn of(verdict: &PairVerdict) -> Weight<'_> {
    weight(verdict.at, Some(verdict.verdict), &verdict.by)
}

/// Which of the verdicts count more than what is here, by pair, and how many of what there are.
pub(super) fn merge(here: &Fold, verdicts: &[PairVerdict]) -> (Vec<PairVerdict>, Merged) {
    let mut strongest: BTreeMap<Pair, &PairVerdict> = BTreeMap::new();
    for verdict in verdicts {
        let pair = ordered(verdict.a, verdict.b);
        let place = strongest.entry(pair).or_insert(verdict);
        if of(verdict) > of(place) {
            *place = verdict;
        }
    }
    let mut merged = Merged::default();
    let mut news = Vec::new();
    for (pair, verdict) in strongest {
        let last = here.last(pair);
        let said = last.as_ref().and_then(|(_, said, _)| *said);
        let counts = last
            .as_ref()
            .is_none_or(|(at, said, by)| of(verdict) > weight(*at, *said, by));
        let place = match said {
            Some(said) if said == verdict.verdict => &mut merged.same,
            _ if !counts => &mut merged.older,
            Some(_) => &mut merged.changed,
            None => &mut merged.new,
        };
        *place += 1;
        if counts {
            let (a, b) = pair;
            news.push(PairVerdict {
                a,
                b,
                ..verdict.clone()
            });
        }
    }
    (news, merged)
}
