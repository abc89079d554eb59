//! Answers as they are written: the names that the page reads. Described in `docs/review.md`.

use chrono::{DateTime, SecondsFormat};
use lookalike_report as report;
use lookalike_types::Verdict;
use serde::Serialize;

/// `api/state`.
#[derive(Debug, Serialize)]
pub(crate) struct State<'a> {
    pub name: &'a str,
    pub threshold: f32,
    pub floor: f32,
    pub kinds: [&'static str; 3],
    pub labels: &'a [String],
    pub splits: &'a [String],
    pub folders: &'a [String],
    pub counts: Counts,
    pub can_undo: bool,
    pub last: Option<String>,
    pub since: Option<Since>,
    pub version: &'static str,
}

/// Counts at one threshold.
#[derive(Debug, Serialize)]
pub(crate) struct Counts {
    pub images: usize,
    pub groups: usize,
    pub open: usize,
    pub decided: usize,
    pub chosen_remove: usize,
    pub chosen_bytes: u64,
    /// Chosen to go, and covered below this threshold alone: a plan at it leaves them.
    pub chosen_lower: usize,
    pub freeable_bytes: u64,
}

/// Against the last scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Since {
    pub new: u64,
    pub resolved: u64,
    pub back: u64,
}

/// `api/groups`.
#[derive(Debug, Serialize)]
pub(crate) struct Groups<'a> {
    pub total: usize,
    pub threshold: f32,
    pub freeable_bytes: u64,
    pub groups: Vec<Group<'a>>,
}

/// A group in the list.
#[derive(Debug, Serialize)]
pub(crate) struct Group<'a> {
    pub key: String,
    pub number: usize,
    pub members: usize,
    pub kind: &'static str,
    pub weakest: f32,
    pub freeable_bytes: u64,
    pub state: &'static str,
    pub since: Option<&'static str>,
    pub images: Vec<Image<'a>>,
}

/// `api/group`.
#[derive(Debug, Serialize)]
pub(crate) struct Whole<'a> {
    pub group: Group<'a>,
    pub images: Vec<Image<'a>>,
    pub pairs: Vec<Pair>,
}

/// One image.
#[derive(Debug, Serialize)]
pub(crate) struct Image<'a> {
    pub i: usize,
    pub path: &'a str,
    pub suggest: &'static str,
    pub why: &'a str,
    pub copy_of: Option<usize>,
    pub similarity: Option<f32>,
    pub kind: Option<&'static str>,
    pub choice: Option<&'static str>,
    pub bytes: u64,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub format: Option<&'a str>,
    pub modified: Option<String>,
    pub label: Option<&'a str>,
    pub split: Option<&'a str>,
    pub shard: bool,
}

/// Two images that are alike.
#[derive(Debug, Serialize)]
pub(crate) struct Pair {
    pub a: usize,
    pub b: usize,
    pub similarity: f32,
    pub kind: &'static str,
    pub verdict: Option<&'static str>,
}

/// `api/pairs`.
#[derive(Debug, Serialize)]
pub(crate) struct Pairs {
    pub pairs: Vec<Pair>,
}

/// What `api/choose`, `api/verdict` and `api/undo` answer.
#[derive(Debug, Serialize)]
pub(crate) struct Done<'a> {
    pub state: State<'a>,
    pub said: String,
}

/// `api/meta`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Meta {
    pub exif: Vec<(String, String)>,
    pub taken: Option<String>,
    pub missing: bool,
    pub changed: bool,
}

/// `api/judge`.
#[derive(Debug, Serialize)]
pub(crate) struct Judge<'a> {
    pub asked: usize,
    pub answered: usize,
    pub pair: Option<Asked<'a>>,
    /// What else came of the answer.
    pub said: String,
}

/// A pair that waits for its answer.
#[derive(Debug, Serialize)]
pub(crate) struct Asked<'a> {
    pub id: usize,
    pub a: Image<'a>,
    pub b: Image<'a>,
    pub similarity: f32,
}

/// `api/precision`.
#[derive(Debug, Serialize)]
pub(crate) struct Precision {
    pub points: Vec<Point>,
    pub judged: usize,
    pub target: f64,
    pub proposed: Option<f32>,
    pub sure: bool,
    pub said: String,
}

/// The precision at one threshold.
#[derive(Debug, Serialize)]
pub(crate) struct Point {
    pub threshold: f32,
    pub precision: f64,
    pub low: f64,
    pub high: f64,
    pub pairs: u64,
}

/// `api/chosen`: what was chosen, by folder.
#[derive(Debug, Serialize)]
pub(crate) struct Chosen {
    pub folders: Vec<Folder>,
    pub keep: usize,
    pub remove: usize,
    pub bytes: u64,
    /// Chosen to go at a lower threshold, and not counted above.
    pub lower: usize,
}

/// What was chosen in one folder.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Folder {
    pub folder: String,
    pub keep: usize,
    pub remove: usize,
    pub bytes: u64,
}

/// `api/plan`.
#[derive(Debug, Serialize)]
pub(crate) struct Plan {
    pub path: String,
    pub removals: u64,
    pub freeable_bytes: u64,
    pub bound: Option<serde_json::Value>,
    pub text: String,
    pub next: Vec<String>,
}

/// The word for a choice.
pub(crate) const fn choice(keep: bool) -> &'static str {
    match keep {
        true => "keep",
        false => "remove",
    }
}

/// The word for a verdict, or none.
pub(crate) fn verdict(verdict: Option<Verdict>) -> Option<&'static str> {
    verdict.map(Verdict::as_str)
}

impl<'a> Image<'a> {
    /// An image by itself: nothing is suggested for it.
    pub(crate) fn alone(i: usize, image: &'a report::Image, chosen: Option<bool>) -> Self {
        let facts = image.facts.as_ref();
        Self {
            i,
            path: &image.path,
            suggest: choice(true),
            why: "",
            copy_of: None,
            similarity: None,
            kind: None,
            choice: chosen.map(choice),
            bytes: image.bytes.unwrap_or_default(),
            width: facts.map(|facts| facts.width),
            height: facts.map(|facts| facts.height),
            format: facts.map(|facts| facts.format.as_str()),
            modified: image.modified_ns.map(time),
            label: image.label.as_deref(),
            split: image.split.as_deref(),
            shard: image.archive.is_some(),
        }
    }
}

fn time(nanoseconds: i64) -> String {
    DateTime::from_timestamp_nanos(nanoseconds).to_rfc3339_opts(SecondsFormat::Secs, true)
}
