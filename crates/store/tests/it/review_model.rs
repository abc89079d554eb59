//! The log of what people said against a model, and verdicts that come from elsewhere.

use std::collections::BTreeMap;
use std::path::Path;

use lookalike_store::{Event, Merged, Remembered};
use lookalike_types::{ContentId, PairVerdict, Verdict};
use proptest::prelude::*;

use crate::review::{BOTH, DIFFERENT, choice, folder, id, open, verdict};

/// What the log ought to remember, the slow and simple way: every undo takes the last click off the
/// pile.
#[derive(Default, Clone)]
struct Model {
    pile: Vec<Vec<Event>>,
}

impl Model {
    fn verdicts(&self) -> BTreeMap<(ContentId, ContentId), Verdict> {
        let mut verdicts = BTreeMap::new();
        for event in self.pile.iter().flatten() {
            if let Event::Verdict { a, b, verdict } = event {
                let pair = (*a.min(b), *a.max(b));
                match verdict {
                    Some(verdict) => verdicts.insert(pair, *verdict),
                    None => verdicts.remove(&pair),
                };
            }
        }
        verdicts
    }

    fn choices(&self) -> BTreeMap<String, bool> {
        let mut choices = BTreeMap::new();
        for event in self.pile.iter().flatten() {
            if let Event::Choice { path, keep, .. } = event {
                match keep {
                    Some(keep) => choices.insert(path.clone(), *keep),
                    None => choices.remove(path),
                };
            }
        }
        choices
    }
}

fn check_model(model: &Model, remembered: &Remembered, dir: &Path) {
    let verdicts = remembered.verdicts.iter();
    let verdicts: BTreeMap<_, _> = verdicts.map(|(pair, said)| (*pair, said.verdict)).collect();
    assert_eq!(verdicts, model.verdicts());
    let choices = remembered.choices.iter();
    let choices: BTreeMap<_, _> = choices.map(|(path, c)| (path.clone(), c.keep)).collect();
    assert_eq!(choices, model.choices());
    assert_eq!(
        &lookalike_store::remembered(dir).expect("whole"),
        remembered
    );
}

fn event() -> impl Strategy<Value = Event> {
    let word = prop_oneof![Just(None), Just(DIFFERENT), Just(BOTH)];
    let said = (0..4u8, 0..4u8, word).prop_map(|(a, b, word)| verdict(a, b, word));
    let chosen = (0..4u8, 0..3u8, any::<Option<bool>>())
        .prop_map(|(path, content, keep)| choice(&format!("p{path}"), content, keep));
    prop_oneof![said, chosen]
}

#[derive(Debug, Clone)]
enum Step {
    Click(Vec<Event>),
    Undo,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => prop::collection::vec(event(), 1..4).prop_map(Step::Click),
        3 => Just(Step::Undo),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_log_remembers_what_a_pile_of_clicks_would(steps in prop::collection::vec(step(), 1..25)) {
        let folder = folder();
        let mut log = open(&folder);
        let mut model = Model::default();
        for (at, step) in (0..).zip(steps) {
            match step {
                Step::Click(events) => {
                    log.append(&events, at, "ana").expect("written");
                    model.pile.push(events);
                }
                Step::Undo => {
                    let undone = log.undo(at, "ben").expect("written");
                    prop_assert_eq!(undone.is_some(), model.pile.pop().is_some());
                }
                Step::Restart => {
                    drop(log);
                    log = open(&folder);
                }
            }
            prop_assert_eq!(log.can_undo(), !model.pile.is_empty());
            check_model(&model, log.remembered(), folder.path());
        }
    }
}

fn news(a: u8, b: u8, verdict: Verdict, at: i64, by: &str) -> PairVerdict {
    let (a, b) = (id(a).min(id(b)), id(a).max(id(b)));
    PairVerdict {
        a,
        b,
        verdict,
        at,
        by: by.to_owned(),
    }
}

#[test]
fn of_two_words_the_newer_counts_and_of_equally_new_ones_that_both_stay() {
    let folder = folder();
    let mut log = open(&folder);
    log.append(&[verdict(1, 2, DIFFERENT)], 10, "ana")
        .expect("written");
    log.append(&[verdict(3, 4, DIFFERENT)], 10, "ana")
        .expect("written");
    log.append(&[verdict(5, 6, BOTH)], 10, "ana")
        .expect("written");
    log.append(&[verdict(5, 6, None)], 20, "ana")
        .expect("written");
    let others = [
        news(1, 2, Verdict::KeepBoth, 10, "ben"),
        news(3, 4, Verdict::KeepBoth, 9, "ben"),
        news(5, 6, Verdict::KeepBoth, 19, "ben"),
        news(7, 7, Verdict::KeepBoth, 1, "ben"),
        news(8, 9, Verdict::Different, 1, "ben"),
        news(8, 9, Verdict::Different, 2, "cy"),
    ];
    let merged = log.merge(&others).expect("written");
    let wanted = Merged {
        new: 2,
        changed: 1,
        same: 0,
        older: 2,
    };
    assert_eq!(merged, wanted);
    let of = |log: &lookalike_store::ReviewLog, a, b| {
        let said = log.remembered().verdict(id(a), id(b))?;
        Some((said.verdict, said.at, said.by.clone()))
    };
    assert_eq!(
        of(&log, 1, 2),
        Some((Verdict::KeepBoth, 10, "ben".to_owned()))
    );
    assert_eq!(of(&log, 5, 6), None, "it was taken away later");
    assert_eq!(
        of(&log, 8, 9),
        Some((Verdict::Different, 2, "cy".to_owned()))
    );
    let before = log.remembered().clone();
    let again = log.merge(&others).expect("written");
    assert_eq!(
        (again.new, again.changed, again.same, again.older),
        (0, 0, 3, 2)
    );
    assert_eq!(log.remembered(), &before);
    assert_eq!(
        log.last().as_deref(),
        Some("called 1 pair no duplicate and said that both stay of 2 pairs")
    );
    log.undo(30, "ana").expect("written");
    assert_eq!(
        log.remembered().verdicts.len(),
        2,
        "an import is undone in one"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Two people exchange what they said, in any order and number of parts: all end with the same.
    #[test]
    fn the_order_of_imports_makes_no_difference(
        words in prop::collection::vec((0..3u8, 0..3u8, any::<bool>(), 0..4i64, 0..3usize), 1..16),
        order in prop::collection::vec(any::<prop::sample::Index>(), 16),
        cut in any::<prop::sample::Index>(),
    ) {
        let word = |&(a, b, both, at, by): &(u8, u8, bool, i64, usize)| {
            let verdict = if both { Verdict::KeepBoth } else { Verdict::Different };
            news(a, b, verdict, at, ["", "ana", "ben"][by])
        };
        let words: Vec<PairVerdict> = words.iter().map(word).collect();
        let mut shuffled = words.clone();
        for (at, to) in order.iter().enumerate().take(shuffled.len()) {
            let to = to.index(shuffled.len());
            shuffled.swap(at, to);
        }
        let (one, other) = (folder(), folder());
        let (mut one, mut other) = (open(&one), open(&other));
        one.merge(&words).expect("written");
        let (first, second) = shuffled.split_at(cut.index(shuffled.len()));
        for part in [first, second, first] {
            other.merge(part).expect("written");
        }
        prop_assert_eq!(&one.remembered().verdicts, &other.remembered().verdicts);
        let all: Vec<PairVerdict> = other.remembered().verdicts.values().cloned().collect();
        let merged = one.merge(&all).expect("written");
        prop_assert_eq!(merged, Merged { same: all.len(), ..Merged::default() });
    }
}
