//! What a batch said, in words for a person.

use std::collections::BTreeMap;

use lookalike_types::Verdict;

use super::event::Event;

/// In one line: `chose 1 image to keep and 2 images to remove`.
pub(super) fn words<'a>(events: impl Iterator<Item = &'a Event>) -> String {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for event in events {
        *counts.entry(Kind::of(event)).or_default() += 1;
    }
    let parts: Vec<String> = counts.iter().map(|(kind, &n)| kind.words(n)).collect();
    match &parts[..] {
        [] => "nothing".to_owned(),
        [first] => first.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Keep,
    Remove,
    NoChoice,
    Different,
    KeepBoth,
    NoVerdict,
    Same,
    NotSame,
    NoJudgement,
    Sample,
}

impl Kind {
    fn of(event: &Event) -> Self {
        match event {
            Event::Choice { keep, .. } => match keep {
                Some(true) => Self::Keep,
                Some(false) => Self::Remove,
                None => Self::NoChoice,
            },
            Event::Verdict { verdict, .. } => match verdict {
                Some(Verdict::Different) => Self::Different,
                Some(Verdict::KeepBoth) => Self::KeepBoth,
                None => Self::NoVerdict,
            },
            Event::Judgement { same, .. } => match same {
                Some(true) => Self::Same,
                Some(false) => Self::NotSame,
                None => Self::NoJudgement,
            },
            Event::Sample(_) => Self::Sample,
        }
    }

    fn words(self, n: usize) -> String {
        let many = |one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
        match self {
            Self::Keep => format!("chose {} to keep", many("image")),
            Self::Remove => format!("chose {} to remove", many("image")),
            Self::NoChoice => format!("cleared the choice of {}", many("image")),
            Self::Different => format!("called {} no duplicate", many("pair")),
            Self::KeepBoth => format!("said that both stay of {}", many("pair")),
            Self::NoVerdict => format!("cleared the verdict on {}", many("pair")),
            Self::Same => format!("judged {} the same picture", many("pair")),
            Self::NotSame => format!("judged {} not the same picture", many("pair")),
            Self::NoJudgement => format!("cleared the judgement of {}", many("pair")),
            Self::Sample => format!("drew {}", many("sample")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lookalike_types::ContentId;

    #[test]
    fn a_click_is_told_in_a_line() {
        let content = ContentId::of(b"x");
        let choice = |keep| Event::Choice {
            path: "a".to_owned(),
            content,
            keep,
        };
        let different = Event::Verdict {
            a: content,
            b: content,
            verdict: Some(Verdict::Different),
        };
        let events = [
            choice(Some(false)),
            choice(Some(true)),
            choice(Some(false)),
            different,
        ];
        insta::assert_snapshot!(words(events.iter()), @"chose 1 image to keep, chose 2 images to remove and called 1 pair no duplicate");
        insta::assert_snapshot!(words(events[1..2].iter()), @"chose 1 image to keep");
    }
}
