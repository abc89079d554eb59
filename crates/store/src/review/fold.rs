//! From lines to what is remembered: the last word counts, and what was undone does not.

use std::collections::{BTreeMap, BTreeSet};

use lookalike_types::{Choice, ContentId, Judgement, PairVerdict, Verdict};

use super::event::{Event, Sample};
use super::lines::Line;

/// What people said, as it holds now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Remembered {
    /// The verdicts, by the smaller and the larger content.
    pub verdicts: BTreeMap<(ContentId, ContentId), PairVerdict>,
    /// The choices, by path. One holds only while its content lies there: see [`Self::choice`].
    pub choices: BTreeMap<String, Choice>,
    /// The judgements, in the order in which they were first given.
    pub judgements: Vec<Judgement>,
    /// Every sample that was drawn, the oldest first.
    pub samples: Vec<Sample>,
}

impl Remembered {
    /// The verdict on two contents, in whichever order.
    pub fn verdict(&self, a: ContentId, b: ContentId) -> Option<&PairVerdict> {
        self.verdicts.get(&ordered(a, b))
    }

    /// What was chosen for the file at `path`, where `content` lies there now: whether it stays.
    pub fn choice(&self, path: &str, content: ContentId) -> Option<bool> {
        let choice = self.choices.get(path)?;
        (choice.content == content).then_some(choice.keep)
    }

    /// How a drawn pair was judged, in whichever order its contents are named.
    pub fn judgement(&self, a: ContentId, b: ContentId) -> Option<&Judgement> {
        let pair = ordered(a, b);
        self.judgements
            .iter()
            .find(|judged| (judged.a, judged.b) == pair)
    }
}

pub(super) type Pair = (ContentId, ContentId);

/// The pair with its smaller content first.
pub(super) fn ordered(a: ContentId, b: ContentId) -> Pair {
    (a.min(b), a.max(b))
}

/// What is remembered, and what it takes to go on from there.
#[derive(Default)]
pub(super) struct Fold {
    pub(super) remembered: Remembered,
    words: BTreeMap<Pair, Words>,
    events: usize,
}

/// The last verdict and the last judgement of a pair.
#[derive(Default)]
struct Words {
    verdict: Option<Word<Option<Verdict>>>,
    judgement: Option<Word<bool>>,
}

#[derive(Clone)]
struct Word<T> {
    /// Later words have higher numbers.
    order: usize,
    at: i64,
    by: String,
    said: T,
}

impl Words {
    /// What holds of both: the later. A judgement says only whether they are the same picture, so
    /// one that they are takes back that they are none, and leaves that both of them stay.
    fn last(&self) -> Option<Word<Option<Verdict>>> {
        let earlier = |word: &Word<bool>| {
            let verdict = self.verdict.as_ref();
            verdict.is_some_and(|verdict| verdict.order > word.order)
        };
        let Some(judged) = self.judgement.as_ref().filter(|word| !earlier(word)) else {
            return self.verdict.clone();
        };
        let both = |word: &&Word<Option<Verdict>>| word.said == Some(Verdict::KeepBoth);
        match self.verdict.as_ref().filter(both) {
            Some(verdict) if judged.said => Some(verdict.clone()),
            _ => Some(Word {
                order: judged.order,
                at: judged.at,
                by: judged.by.clone(),
                said: (!judged.said).then_some(Verdict::Different),
            }),
        }
    }
}

/// The numbers of the batches that a later line takes back.
pub(super) fn undone(lines: &[Line]) -> BTreeSet<u64> {
    lines.iter().filter_map(|line| line.undo).collect()
}

impl Fold {
    pub(super) fn of(lines: &[Line]) -> Self {
        let undone = undone(lines);
        let mut fold = Self::default();
        for line in lines {
            fold.add(line, undone.contains(&line.batch));
        }
        fold
    }

    /// Adds what a line says. Of one that was undone only the samples count: drawing is no decision.
    pub(super) fn add(&mut self, line: &Line, undone: bool) {
        for event in &line.said {
            if !undone || matches!(event, Event::Sample(_)) {
                self.hear(event, line);
            }
        }
    }

    /// When and what was last said of this pair, also where that was that a verdict is taken away.
    pub(super) fn last(&self, pair: Pair) -> Option<(i64, Option<Verdict>, String)> {
        let word = self.words.get(&pair)?.last()?;
        Some((word.at, word.said, word.by))
    }

    fn hear(&mut self, event: &Event, line: &Line) {
        self.events += 1;
        match event {
            Event::Verdict { a, b, verdict } => {
                let pair = ordered(*a, *b);
                let word = self.word(line, *verdict);
                self.words.entry(pair).or_default().verdict = Some(word);
                self.settle(pair);
            }
            Event::Judgement {
                a,
                b,
                same,
                similarity,
            } => {
                let pair = ordered(*a, *b);
                let word = same.map(|same| self.word(line, same));
                self.words.entry(pair).or_default().judgement = word;
                self.judge(pair, *same, *similarity);
                self.settle(pair);
            }
            Event::Choice {
                path,
                content,
                keep,
            } => self.choose(path, *content, *keep),
            Event::Sample(sample) => self.remembered.samples.push(sample.clone()),
        }
    }

    fn word<T>(&self, line: &Line, said: T) -> Word<T> {
        Word {
            order: self.events,
            at: line.at,
            by: line.by.clone(),
            said,
        }
    }

    fn settle(&mut self, pair: Pair) {
        let last = self.words.get(&pair).and_then(Words::last);
        let verdict = last.and_then(|word| {
            Some(PairVerdict {
                a: pair.0,
                b: pair.1,
                verdict: word.said?,
                at: word.at,
                by: word.by,
            })
        });
        match verdict {
            Some(verdict) => self.remembered.verdicts.insert(pair, verdict),
            None => self.remembered.verdicts.remove(&pair),
        };
    }

    fn judge(&mut self, (a, b): Pair, same: Option<bool>, similarity: f32) {
        let judgements = &mut self.remembered.judgements;
        let place = judgements
            .iter()
            .position(|judged| (judged.a, judged.b) == (a, b));
        let judged = same.map(|same| Judgement {
            a,
            b,
            same,
            similarity,
        });
        match (place, judged) {
            (Some(place), Some(judged)) => judgements[place] = judged,
            (Some(place), None) => drop(judgements.remove(place)),
            (None, Some(judged)) => judgements.push(judged),
            (None, None) => {}
        }
    }

    fn choose(&mut self, path: &str, content: ContentId, keep: Option<bool>) {
        let choices = &mut self.remembered.choices;
        match keep {
            Some(keep) => {
                let path = path.to_owned();
                choices.insert(
                    path.clone(),
                    Choice {
                        path,
                        content,
                        keep,
                    },
                );
            }
            None => drop(choices.remove(path)),
        }
    }
}
