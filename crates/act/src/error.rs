//! What ends a run, in words that say what to do next.

use std::io;
use std::path::Path;

use parquet::errors::ParquetError;

use crate::name::shown;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a plan cannot be read, carried out or taken back. What is wrong with one file is no error:
/// the file is skipped, and the [`Outcome`](crate::Outcome) says why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused something without which nothing goes on.
    #[error(
        "cannot {action} {path}: {source}. Check that you may use it and that the disk has space, \
         then run the same command again: it goes on where it stopped"
    )]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: String,
        /// The words of the system.
        source: io::Error,
    },
    /// Parquet, but not a plan.
    #[error("this is not a plan: {why}. Make one with `lookalike plan DIR`")]
    Foreign {
        /// What is missing or wrong.
        why: String,
    },
    /// A plan that cannot be read, or says of itself that it was changed.
    #[error(
        "the plan is damaged: {why}. Nothing was touched; make it again with `lookalike plan DIR`"
    )]
    Damaged {
        /// What is wrong with it.
        why: String,
    },
    /// A plan that contradicts itself.
    #[error(
        "row {row} of the plan makes no sense: {why}. Nothing was touched; make the plan again \
         with `lookalike plan DIR`"
    )]
    Row {
        /// Counted from 1.
        row: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The plan could not be turned into Parquet.
    #[error(
        "cannot encode the plan as Parquet: {source}. This is a fault of lookalike; please report it"
    )]
    Encode {
        /// The words of the encoder.
        source: ParquetError,
    },
    /// Not an action.
    #[error(
        "`{text}` is not an action: {why}. The actions are move:DIR, trash, delete, hardlink, \
         symlink, list and rewrite:DIR"
    )]
    Action {
        /// What was typed.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// This system has no bin that the action could be sure of.
    #[error(
        "`trash` is not offered on this system, because nothing could be put back from its bin for \
         certain. Use move:DIR, which `lookalike undo` takes back"
    )]
    NoTrash,
    /// The journal could not be written or read.
    #[error(
        "cannot {action} the journal {path}: {source}. Without a journal nothing (more) is \
         touched. See that the file is there, that its disk has space and that you may write there, then run the same command again"
    )]
    JournalIo {
        /// What was tried.
        action: &'static str,
        /// The journal.
        path: String,
        /// The words of the system.
        source: io::Error,
    },
    /// A file that is no journal, or a damaged one.
    #[error(
        "line {line} of {path} is not one of a journal: {why}. Name the journal that \
         `lookalike apply` wrote; if it is this one, restore it from a backup before you go on"
    )]
    Journal {
        /// The file.
        path: String,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The journal of another plan or action.
    #[error(
        "the journal {path} belongs to {theirs}, not to {ours}. Name another file with --journal"
    )]
    OtherJournal {
        /// The file.
        path: String,
        /// What it was written for.
        theirs: String,
        /// What it was given for now.
        ours: String,
    },
    /// Somebody else is at work with it.
    #[error(
        "the journal {path} is being written by another process. Wait until that run ends, then run again"
    )]
    Locked {
        /// The journal.
        path: String,
    },
    /// The caller wanted no more of it.
    #[error(
        "stopped before all was done. Run the same command again to go on, or take back what was \
         done with `lookalike undo {journal}`"
    )]
    Stopped {
        /// The journal, or nothing where none was open.
        journal: String,
    },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            action,
            path: shown(path),
            source,
        }
    }

    /// What the system said, where it was the system.
    pub(crate) fn kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Io { source, .. } => Some(source.kind()),
            _ => None,
        }
    }

    /// Whether the system says that the name is taken.
    pub(crate) fn is_taken(&self) -> bool {
        self.kind() == Some(io::ErrorKind::AlreadyExists)
    }

    /// Where it was stopped, the journal that knows how far it came.
    pub(crate) fn with_journal(self, path: &Path) -> Self {
        match self {
            Self::Stopped { .. } => Self::Stopped {
                journal: shown(path),
            },
            other => other,
        }
    }
}
