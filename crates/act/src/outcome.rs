//! What became of a plan, or of taking it back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What was done, and what was left alone and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// `move`, `trash`, …; `undo` where something was taken back.
    pub action: String,
    /// The action that was taken back.
    pub undone: Option<String>,
    /// The folder that things were moved or written to.
    pub target: Option<String>,
    /// Whether nothing was touched, and the numbers say what would have been done.
    pub dry_run: bool,
    /// The journal, where one was written.
    pub journal: Option<String>,
    /// Images that the plan removes; for `undo` the steps that were done.
    pub planned: u64,
    /// Of these, done now.
    pub done: u64,
    /// Of these, done by an earlier run with the same journal.
    pub earlier: u64,
    /// Steps that an interrupted run had left half-done, and that were finished or taken back first.
    pub recovered: u64,
    /// Of those done now: files that got another name, because theirs was taken.
    pub renamed: u64,
    /// Shards that were written, or taken away again.
    pub shards: u64,
    /// Members beside a removed image that were left out with it.
    pub sidecars: u64,
    /// Bytes of the images that are done.
    pub bytes: u64,
    /// Bytes that the disk has won by it: none for a further hard link of a file that stays.
    pub freed_bytes: u64,
    /// How many were left alone, by reason.
    pub skipped_by_reason: BTreeMap<Why, u64>,
    /// What was left alone.
    pub skipped: Vec<Skipped>,
}

/// Something that was left as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The image, as the tables show it.
    pub path: String,
    /// The class of the reason.
    pub why: Why,
    /// The reason, for a person.
    pub detail: String,
}

/// Why something was left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It is not there any more.
    Gone,
    /// Its bytes are not those of the plan.
    Changed,
    /// It is a symbolic link: to remove it frees nothing, and may cut off what it points to.
    Link,
    /// It is no regular file.
    NotAFile,
    /// The kept image is not there any more.
    KeptGone,
    /// The bytes of the kept image are not those of the plan.
    KeptChanged,
    /// It and a kept image are one file under one name, reached by two paths.
    LastCopy,
    /// It is a member of a shard, and shards are never changed.
    Member,
    /// It is a file of its own, and only shards are written anew.
    NotAMember,
    /// Only the same bytes can become a link.
    NotIdentical,
    /// It and the kept image are one file already.
    SameFile,
    /// Here and there are different file systems.
    OtherDisk,
    /// It is where it would go.
    AlreadyThere,
    /// Its shard could not be read, or says something else than the plan.
    Shard,
    /// Another member of the shard is a hard link to it.
    LinkedTo,
    /// Something else is in its place now.
    Occupied,
    /// It was deleted: nothing can bring it back.
    Deleted,
    /// The system refused.
    Refused,
}

/// What stops one file: it is left alone, or the run ends.
#[derive(Debug)]
pub(crate) enum Fault {
    Skip(Why, String),
    End(Error),
}

impl From<Error> for Fault {
    /// What the system says of one file is that file's matter, unless it would say the same of all.
    fn from(error: Error) -> Self {
        use std::io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        match error {
            Error::Io {
                action,
                path,
                source,
            } if !matches!(
                source.kind(),
                StorageFull | QuotaExceeded | ReadOnlyFilesystem
            ) =>
            {
                Self::Skip(Why::Refused, format!("cannot {action} {path}: {source}"))
            }
            other => Self::End(other),
        }
    }
}

impl Outcome {
    pub(crate) fn skip(&mut self, path: String, why: Why, detail: String) {
        *self.skipped_by_reason.entry(why).or_default() += 1;
        self.skipped.push(Skipped { path, why, detail });
    }
}
