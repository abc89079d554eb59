//! What ends a run of the store, in words that say what to do next.

use std::io;

use lookalike_types::{ContentId, SpaceId};
use parquet::errors::ParquetError;

use crate::foreign::{LabelFault, VectorFault};
use crate::review::VerdictFault;

/// The result of an operation on a store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the store cannot go on. Damage is never a panic: it names the file and the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused to read, write, list, lock or remove.
    #[error(
        "cannot {action} {path}: {source}. \
         Check that the folder is there, that you may use it and that the disk has space, then run again"
    )]
    Io {
        /// What was tried: `read`, `write`, …
        action: &'static str,
        /// The file or folder.
        path: String,
        /// The words of the system.
        source: io::Error,
    },
    /// There is no store here.
    #[error(
        "{path} is not a lookalike folder: it has no commit.json. \
         Name the folder that an earlier scan wrote to, or make one with `lookalike scan`"
    )]
    NoStore {
        /// The folder.
        path: String,
    },
    /// The folder for a new store holds files of somebody else.
    #[error(
        "{path} cannot become a lookalike folder: it already holds other files, such as {found}. \
         Name an empty folder, or one that is not there yet"
    )]
    Occupied {
        /// The folder.
        path: String,
        /// One of the files.
        found: String,
    },
    /// The commit record is gone while what it named is there.
    #[error(
        "commit.json is missing from {path}, but files that it named are there, such as {found}. \
         Restore commit.json from a backup, or delete all of the folder but review/ and scan again"
    )]
    Lost {
        /// The folder.
        path: String,
        /// One of the files.
        found: String,
    },
    /// Written by another version of the format.
    #[error(
        "{path} says format {found}, and this lookalike knows only format {known}. \
         Use the lookalike that wrote the folder or a newer one, or scan into another folder"
    )]
    Format {
        /// The commit record.
        path: String,
        /// The version it names.
        found: u64,
        /// The version that this crate reads and writes.
        known: u32,
    },
    /// A file is not what the commit record says, or cannot be understood.
    #[error("{path} is damaged: {why}. {advice}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
        /// What to do next.
        advice: &'static str,
    },
    /// A file that the commit record names is not there.
    #[error("{path} is missing, though the last commit names it. {advice}")]
    Missing {
        /// The file.
        path: String,
        /// What to do next.
        advice: &'static str,
    },
    /// Another writer holds the lock.
    #[error("{path} is being written by {holder}. Wait until that run ends, then run again")]
    Locked {
        /// The folder.
        path: String,
        /// What the other writer said of itself.
        holder: String,
    },
    /// Another process writes down what people say.
    #[error(
        "the review of {path} is held by {holder}. \
         Go on there, or end that process, then run again"
    )]
    ReviewHeld {
        /// The folder.
        path: String,
        /// What the other process said of itself.
        holder: String,
    },
    /// A line of what people said makes no sense.
    #[error(
        "{path}, line {line} is damaged: {why}. {}",
        crate::layout::REVIEW_ADVICE
    )]
    Review {
        /// The log.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// It could not be read again if it were written down.
    #[error("this cannot be remembered: {why}. This is a fault of lookalike; please report it")]
    Unsayable {
        /// What is wrong with it.
        why: String,
    },
    /// A vector of another length than the space says.
    #[error("a vector of {found} numbers does not belong to space {space} of dimension {wanted}")]
    Dimension {
        /// The space.
        space: SpaceId,
        /// Its dimension.
        wanted: usize,
        /// The length of the vector.
        found: usize,
    },
    /// A space that makes no sense.
    #[error("vectors of this model cannot be stored: {why}. Look at the settings of the model")]
    Space {
        /// What is wrong with it.
        why: String,
    },
    /// The space has never been written to this store.
    #[error("this folder has no space {space}. Run `lookalike scan` with the model it belongs to")]
    NoSpace {
        /// The space.
        space: SpaceId,
    },
    /// A content was asked for that has no vector in this space.
    #[error("image content {content} has no vector in space {space}. Run `lookalike scan` again")]
    NoVector {
        /// The space.
        space: SpaceId,
        /// The content.
        content: ContentId,
    },
    /// A report file may have only a plain name.
    #[error("`{name}` cannot be the name of a report file: use letters, digits, `.`, `-` and `_`")]
    ReportName {
        /// The name.
        name: String,
    },
    /// A table could not be turned into Parquet.
    #[error(
        "cannot encode {name} as Parquet: {source}. This is a fault of lookalike; please report it"
    )]
    Encode {
        /// The table.
        name: String,
        /// The words of the encoder.
        source: ParquetError,
    },
    /// A file of vectors that somebody else wrote cannot be used.
    #[error("{path} {fault}")]
    Vectors {
        /// The file.
        path: String,
        /// What is wrong with it.
        fault: VectorFault,
    },
    /// A file is no table of verdicts.
    #[error("{path} {fault}")]
    Verdicts {
        /// The file.
        path: String,
        /// What is wrong with it.
        fault: VerdictFault,
    },
    /// A table of labels that somebody else wrote cannot be used.
    #[error("{path} {fault}")]
    Labels {
        /// The file.
        path: String,
        /// What is wrong with it.
        fault: LabelFault,
    },
    /// The caller wanted no more of it.
    #[error("stopped before it was done; nothing of it is left")]
    Stopped,
}
