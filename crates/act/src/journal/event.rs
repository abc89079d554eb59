//! The lines of a journal.

use lookalike_types::ContentId;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::look::{FileId, Seen};
use crate::name::Name;
use crate::outcome::Why;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Always `lookalike`.
    pub(crate) journal: String,
    pub(crate) version: u32,
    /// In the names of the temporary files of this journal.
    pub(crate) id: String,
    /// [`Plan::digest`](crate::Plan::digest).
    pub(crate) plan: String,
    pub(crate) action: String,
    pub(crate) target: Option<Name>,
    pub(crate) root: Name,
    /// When it was begun: RFC 3339, UTC.
    pub(crate) at: String,
}

/// Every other line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum Event {
    /// The step is about to be done.
    Begin(Begin),
    /// A copy lies complete under its temporary name.
    Made(Made),
    /// The step is done.
    Done { step: u64 },
    /// The step was begun and is as if it never had been.
    Back { step: u64 },
    /// An image was left alone. For who reads the journal; nothing follows from it.
    Skipped {
        path: String,
        why: Why,
        detail: String,
    },
    /// The step is about to be taken back.
    Undo { step: u64 },
    /// The step is taken back.
    Undone { step: u64 },
    /// The step could not be taken back, and is done as before.
    Stays { step: u64, why: Why, detail: String },
}

/// A step, with all that doing it to the end or taking it back needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Begin {
    /// The row of the plan, from 0; for a shard that of its first image that goes.
    pub(crate) step: u64,
    /// The absolute path.
    pub(crate) from: Name,
    /// What its bytes are; of a shard they are not asked.
    pub(crate) content: Option<Hex>,
    /// What it was like.
    pub(crate) was: Seen,
    /// Folders that were not there and are made for it, the outermost first.
    pub(crate) folders: Vec<Name>,
    pub(crate) deed: Deed,
}

/// What is done in a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub(crate) enum Deed {
    Move {
        to: Name,
    },
    Trash {
        to: Name,
        info: Name,
        text: String,
    },
    /// With what it was a copy of, for who wants it back.
    Delete {
        kept: String,
    },
    Hardlink {
        kept: Name,
        file: FileId,
    },
    Symlink {
        kept: Name,
        text: Name,
    },
    Rewrite {
        to: Name,
        rows: Vec<u64>,
        sidecars: u64,
        bytes: u64,
    },
}

/// A complete copy under its temporary name: by its number it is told from a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) step: u64,
    pub(crate) file: FileId,
    pub(crate) content: Hex,
}

/// A content as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hex(pub(crate) ContentId);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(D::Error::custom)
    }
}
