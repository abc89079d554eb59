//! The desk: what was scanned, what was said of it, and the groups at the thresholds looked at last.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use lookalike_report::{Policy, Wishes};
use lookalike_store::{Event, Remembered, ReviewLog};
use lookalike_types::ContentId;

use super::answer::Refusal;
use super::collection::Collection;
use super::shapes;
use super::view::{Choices, Rules, View};
use super::words::Words;
use crate::plan::KINDS;

/// Thresholds whose groups are kept at hand: the one in force, and those that a slider passed.
const VIEWS: usize = 3;

/// Everything that changes while people choose.
pub(crate) struct Desk {
    /// What was scanned: it does not change.
    pub(super) all: Collection,
    /// DIR.
    pub(super) dir: PathBuf,
    pub(super) log: ReviewLog,
    by: String,
    policy: Policy,
    /// Choices, and contents that do not stand for each other.
    wishes: Wishes,
    words: Words,
    /// Places in the sample of pairs that were not answered this time.
    pub(super) skipped: HashSet<usize>,
    /// The one used last stands first.
    views: Vec<View>,
}

impl Desk {
    /// A desk over a collection; what is said at it goes to the log, in this name.
    pub(crate) fn new(all: Collection, dir: PathBuf, log: ReviewLog, by: String) -> Self {
        let policy = Policy {
            rules: all.settings().report.keep.clone(),
            min_similarity: None,
            kinds: KINDS.to_vec(),
            chosen_only: false,
        };
        let mut desk = Self {
            all,
            dir,
            log,
            by,
            policy,
            wishes: Wishes::default(),
            words: Words::default(),
            skipped: HashSet::new(),
            views: Vec::new(),
        };
        desk.listen();
        desk
    }

    /// Takes everything anew from what is remembered.
    fn listen(&mut self) {
        let remembered = self.log.remembered();
        self.words = Words::of(&self.all, remembered);
        self.wishes.choices = self.all.choices(remembered);
        self.wishes.apart = remembered.verdicts.keys().copied().collect();
        self.forget(0);
    }

    /// Lets go of all views but the newest. Giving back the memory of a large one takes its time, and
    /// nobody need wait for it.
    fn forget(&mut self, but: usize) {
        let old = self.views.split_off(but.min(self.views.len()));
        if !old.is_empty() {
            std::thread::spawn(move || drop(old));
        }
    }

    /// All that was ever said and still holds.
    pub(crate) fn remembered(&self) -> &Remembered {
        self.log.remembered()
    }

    /// What was chosen, by image.
    pub(super) fn choices(&self) -> &Choices {
        &self.wishes.choices
    }

    /// What was said of pairs.
    pub(super) fn words(&self) -> &Words {
        &self.words
    }

    /// The threshold asked for, which has to lie where pairs are stored; else that of the report.
    pub(super) fn threshold(&self, asked: Option<f32>) -> Result<f32, Refusal> {
        let threshold = asked.unwrap_or(self.all.threshold);
        let floor = self.all.floor();
        match threshold >= floor {
            true => Ok(threshold),
            false => Err(Refusal::senseless(format!(
                "pairs are stored down to {floor}: {threshold} is below that"
            ))),
        }
    }

    /// The groups at this threshold.
    pub(super) fn view(&mut self, threshold: f32) -> Result<&View, Refusal> {
        let known = |view: &View| view.threshold.to_bits() == threshold.to_bits();
        let view = match self.views.iter().position(known) {
            Some(place) => self.views.remove(place),
            None => {
                // The oldest goes first: a large collection should not be there once too often.
                self.forget(VIEWS - 1);
                let findings = self.all.findings(threshold, self.log.remembered())?;
                let rules = Rules {
                    policy: &self.policy,
                    wishes: &self.wishes,
                };
                View::new(findings, threshold, &rules)
            }
        };
        self.views.insert(0, view);
        Ok(&self.views[0])
    }

    /// The view that was asked for last.
    pub(super) fn at_hand(&self) -> &View {
        &self.views[0]
    }

    /// The state at this threshold.
    pub(crate) fn state(&mut self, asked: Option<f32>) -> Result<shapes::State<'_>, Refusal> {
        let threshold = self.threshold(asked)?;
        let (going, lower) = self.going(threshold);
        let bytes = going.iter().filter_map(|&i| self.all.images()[i].bytes);
        let (chosen_remove, chosen_bytes) = (going.len(), bytes.sum());
        let chosen_lower = lower.len();
        let images = self.all.images().len();
        let view = self.view(threshold)?;
        let (groups, decided) = (view.rows.len(), view.decided());
        let counts = shapes::Counts {
            images,
            groups,
            open: groups - decided,
            decided,
            chosen_remove,
            chosen_bytes,
            chosen_lower,
            freeable_bytes: view.freeable_bytes(),
        };
        Ok(shapes::State {
            name: &self.all.name,
            threshold: self.all.threshold,
            floor: self.all.floor(),
            kinds: ["identical", "pixels", "near"],
            labels: &self.all.labels,
            splits: &self.all.splits,
            folders: &self.all.folders,
            counts,
            can_undo: self.log.can_undo(),
            last: self.log.last(),
            since: self.all.since,
            version: env!("CARGO_PKG_VERSION"),
        })
    }

    /// Writes down what one click said about these images, and brings the groups up to date. Nothing
    /// is believed before it is written.
    pub(super) fn say(&mut self, events: &[Event], images: &[usize]) -> Result<(), Refusal> {
        self.log
            .append(events, now(), &self.by)
            .map_err(anyhow::Error::from)?;
        let parts = |event: &Event| match event {
            Event::Verdict { .. } | Event::Judgement { .. } => true,
            Event::Choice { .. } | Event::Sample(_) => false,
        };
        match events.iter().any(parts) {
            true => self.listen(),
            false => self.refresh(images),
        }
        Ok(())
    }

    /// Takes back the last click, and says what that was; `None` where there was none.
    pub(super) fn take_back(&mut self) -> Result<Option<String>, Refusal> {
        let verdicts = self.remembered().verdicts.clone();
        let said = self
            .log
            .undo(now(), &self.by)
            .map_err(anyhow::Error::from)?;
        if self.remembered().verdicts != verdicts {
            self.listen();
            return Ok(said);
        }
        let now = self.all.choices(self.log.remembered());
        let before = self.choices();
        let both = before.keys().chain(now.keys()).copied();
        let other: Vec<usize> = both
            .filter(|image| before.get(image) != now.get(image))
            .collect();
        self.refresh(&other);
        Ok(said)
    }

    fn refresh(&mut self, images: &[usize]) {
        let choices = &mut self.wishes.choices;
        for &image in images {
            match self.all.choice(image, self.log.remembered()) {
                Some(keep) => drop(choices.insert(image, keep)),
                None => drop(choices.remove(&image)),
            }
        }
        let rules = Rules {
            policy: &self.policy,
            wishes: &self.wishes,
        };
        for view in &mut self.views {
            view.refresh(images, &rules);
        }
    }

    /// The content of an image that is in the review.
    pub(super) fn content(&self, image: usize) -> Result<ContentId, Refusal> {
        let reported = self.all.reported.get(image) == Some(&true);
        let content = reported.then(|| self.all.images()[image].content).flatten();
        content.ok_or_else(|| Refusal::missing(format!("no reported image has the number {image}")))
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}
