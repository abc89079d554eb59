//! What a person said of images that are alike.

use crate::ContentId;

/// What a person said of two contents. It is tied to the bytes, so it survives renames, scans and
/// other thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// They are no copies of each other.
    Different,
    /// They are copies, and both stay.
    KeepBoth,
}

impl Verdict {
    /// The word in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Different => "different",
            Self::KeepBoth => "keep-both",
        }
    }

    /// The verdict that this word means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Different, Self::KeepBoth]
            .into_iter()
            .find(|verdict| verdict.as_str() == word)
    }
}

/// A verdict, on what, when and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairVerdict {
    /// The smaller content.
    pub a: ContentId,
    /// The larger content, or the same: then all files of it stay.
    pub b: ContentId,
    /// What was said.
    pub verdict: Verdict,
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
    /// Who said it; empty where nobody was named.
    pub by: String,
}

/// What a person chose for one file. It holds as long as the file has that content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The place as people see it ([`Place::shown`](crate::Place::shown)).
    pub path: String,
    /// What was there when it was chosen.
    pub content: ContentId,
    /// Whether it stays.
    pub keep: bool,
}

/// The answer to "is this the same picture?" for a pair that was drawn at random.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The smaller content.
    pub a: ContentId,
    /// The larger content.
    pub b: ContentId,
    /// The answer.
    pub same: bool,
    /// Their cosine when they were drawn.
    pub similarity: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_survives_its_word() {
        for verdict in [Verdict::Different, Verdict::KeepBoth] {
            assert_eq!(Verdict::parse(verdict.as_str()), Some(verdict));
        }
        assert_eq!(Verdict::parse("same"), None);
    }
}
