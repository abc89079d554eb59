//! The names of the files of a store, and what to do when one of them is lost.

use lookalike_types::SpaceId;

use crate::medium::TEMPORARY;

/// Tells backup programs that the folder can be made again.
pub(crate) const CACHEDIR_TAG: &str = "CACHEDIR.TAG";
/// Who writes.
pub(crate) const LOCK: &str = "LOCK";
/// The only file that says what exists.
pub(crate) const COMMIT: &str = "commit.json";
/// What people said.
pub(crate) const REVIEW_LOG: &str = "review/log.jsonl";
/// Who writes that.
pub(crate) const REVIEW_LOCK: &str = "review/LOCK";

/// The signature of the Cache Directory Tagging Specification, and a line for people.
pub(crate) const CACHEDIR_TAG_BYTES: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55
# This folder was made by lookalike. It can be made again from the images by scanning them,
# but for review/, which is what people decided: `lookalike verdicts export` saves verdicts.
# See https://bford.info/cachedir/ for what this file is.
";

/// What the tag said before there was a review. The next scan writes it anew.
pub(crate) const OLD_CACHEDIR_TAG_BYTES: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55
# This folder was made by lookalike. It can be made again from the images by scanning them.
# See https://bford.info/cachedir/ for what this file is.
";

/// What a file is for that a commit record may name. The files of a review are none of these: no
/// commit made them, and nothing could make them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Which file had which content.
    Files,
    /// Facts and vectors by content.
    Features(SpaceId),
    /// The raw vectors of a feature segment, for mapping.
    Vectors(SpaceId),
    /// The pairs of the last join.
    Pairs(SpaceId),
    /// The contents that the last join compared.
    Joined(SpaceId),
    /// What the index keeps of each vector.
    Sketches(SpaceId),
    /// Which pairs there were, scan by scan.
    History(SpaceId),
    /// Small pictures.
    Thumbs,
    /// What people and programs read.
    Report,
}

/// What to do about a lost or damaged `commit.json`.
pub(crate) const COMMIT_ADVICE: &str =
    "Restore it from a backup, or delete all of the folder but review/ and scan again";

/// What to do about a line of the review's log that says nothing.
pub(crate) const REVIEW_ADVICE: &str =
    "Restore the file from a backup, or delete that line: only what it said is forgotten then";

impl Kind {
    /// What a file with this name is for; `None` for `commit.json` and for files that are not ours.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split('/').collect();
        match parts[..] {
            ["files", file] => numbered(file, "", ".parquet").then_some(Self::Files),
            ["thumbs", file] => numbered(file, "", ".parquet").then_some(Self::Thumbs),
            ["report", file] => report_name(file).then_some(Self::Report),
            ["features", space, file] if numbered(file, "", ".parquet") => {
                SpaceId::parse(space).map(Self::Features)
            }
            ["index", space, file] => Self::index(SpaceId::parse(space)?, file),
            _ => None,
        }
    }

    fn index(space: SpaceId, file: &str) -> Option<Self> {
        if numbered(file, "", ".f32") {
            Some(Self::Vectors(space))
        } else if numbered(file, "pairs-", ".parquet") {
            Some(Self::Pairs(space))
        } else if numbered(file, "sketches-", ".bin") {
            Some(Self::Sketches(space))
        } else if numbered(file, "history-", ".parquet") {
            Some(Self::History(space))
        } else {
            numbered(file, "joined-", ".parquet").then_some(Self::Joined(space))
        }
    }

    /// The name of the file of this kind that this generation wrote.
    ///
    /// # Panics
    /// For [`Kind::Report`], whose files have names of their own.
    pub(crate) fn name(&self, generation: u64) -> String {
        match self {
            Self::Files => format!("files/{generation:08}.parquet"),
            Self::Features(space) => format!("features/{space}/{generation:08}.parquet"),
            Self::Vectors(space) => format!("index/{space}/{generation:08}.f32"),
            Self::Pairs(space) => format!("index/{space}/pairs-{generation:08}.parquet"),
            Self::Joined(space) => format!("index/{space}/joined-{generation:08}.parquet"),
            Self::Sketches(space) => format!("index/{space}/sketches-{generation:08}.bin"),
            Self::History(space) => format!("index/{space}/history-{generation:08}.parquet"),
            Self::Thumbs => format!("thumbs/{generation:08}.parquet"),
            Self::Report => unreachable!("report files are named by their writer"),
        }
    }

    /// What to do when a file of this kind is damaged or missing.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Files => {
                "Delete it if it is there and run `lookalike scan` again: \
                 the images it lists are read again, none is embedded again"
            }
            Self::Features(_) => {
                "Delete it if it is there and run `lookalike scan` again: \
                 only the images it holds are embedded again"
            }
            Self::Vectors(_) => {
                "Delete it if it is there and run `lookalike scan` again: \
                 it is made again from the file of the same number in features/"
            }
            Self::Pairs(_) | Self::Joined(_) => {
                "Delete it if it is there and run `lookalike scan` again: the pairs are searched again"
            }
            Self::Sketches(_) => {
                "Delete it if it is there: the next scan that finds something new makes it again"
            }
            Self::History(_) => {
                "Delete it if it is there and run `lookalike scan` again: what changed since the last scan is then not known"
            }
            Self::Thumbs => {
                "Delete it if it is there and run `lookalike scan` again: its small pictures are made again"
            }
            Self::Report => "Run `lookalike report` for this folder to write the reports again",
        }
    }
}

/// The raw vectors that belong to a feature segment.
pub(crate) fn vectors_of(features: &str) -> Option<String> {
    let rest = features.strip_prefix("features/")?;
    let stem = rest.strip_suffix(".parquet")?;
    Some(format!("index/{stem}.f32"))
}

/// The advice for this name, whatever it is.
pub(crate) fn advice(name: &str) -> &'static str {
    Kind::of(name).map_or(COMMIT_ADVICE, |kind| kind.advice())
}

/// Whether only this crate can have made a file of this name, so that a sweep may remove it.
/// Reports are left: a person may have put a file of their own beside them.
pub(crate) fn sweepable(name: &str) -> bool {
    let whole = name.strip_suffix(TEMPORARY);
    let known = |name| matches!(Kind::of(name), Some(kind) if kind != Kind::Report);
    let written = |whole| is_ours(whole) && whole != LOCK && !is_review(whole);
    known(name) || whole.is_some_and(written)
}

/// Whether the name is one that this crate gives.
pub(crate) fn is_ours(name: &str) -> bool {
    [CACHEDIR_TAG, LOCK, COMMIT].contains(&name) || is_review(name) || Kind::of(name).is_some()
}

/// Whether it belongs to the review, which no writer of the store touches.
fn is_review(name: &str) -> bool {
    [REVIEW_LOG, REVIEW_LOCK].contains(&name)
}

/// Whether a report may have this name.
pub(crate) fn report_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    !name.is_empty()
        && !name.starts_with('.')
        && !name.ends_with(TEMPORARY)
        && name.bytes().all(plain)
}

fn numbered(name: &str, start: &str, end: &str) -> bool {
    let number = name
        .strip_prefix(start)
        .and_then(|rest| rest.strip_suffix(end));
    number.is_some_and(|n| n.len() >= 8 && n.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_knows_its_own_name() {
        let space = SpaceId::parse("0123456789abcdef").expect("sixteen digits");
        for kind in [
            Kind::Files,
            Kind::Features(space.clone()),
            Kind::Vectors(space.clone()),
            Kind::Pairs(space.clone()),
            Kind::Joined(space.clone()),
            Kind::Sketches(space.clone()),
            Kind::History(space),
            Kind::Thumbs,
        ] {
            assert_eq!(Kind::of(&kind.name(7)), Some(kind));
        }
        let features = "features/0123456789abcdef/00000007.parquet";
        let vectors = "index/0123456789abcdef/00000007.f32";
        assert_eq!(vectors_of(features).as_deref(), Some(vectors));
    }

    #[test]
    fn a_sweep_never_takes_what_somebody_else_may_have_made() {
        for name in [
            "holiday.jpg",
            "files/holiday.parquet",
            "files/1.parquet",
            "features/photos/00000001.parquet",
            "report/mine.txt",
            "review/log.jsonl",
            "review/log.jsonl.tmp",
            "review/LOCK",
            "LOCK",
            "commit.json",
            "CACHEDIR.TAG",
            "notes.tmp",
            "files/../00000001.parquet",
        ] {
            assert!(!sweepable(name), "{name}");
        }
        for name in [
            "files/00000001.parquet",
            "files/00000001.parquet.tmp",
            "commit.json.tmp",
            "report/pairs.parquet.tmp",
        ] {
            assert!(sweepable(name), "{name}");
        }
    }
}
