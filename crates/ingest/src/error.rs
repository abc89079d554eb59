//! What makes the inputs of a scan senseless.

use std::io;

/// The inputs cannot be used as given. Nothing was read that would have to be undone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// An input that is not there.
    #[error("input `{input}` does not exist. Check the spelling, or whether its disk is mounted")]
    Missing {
        /// The input as typed.
        input: String,
    },
    /// An input that the system will not show us.
    #[error("input `{input}` cannot be read: {source}. Check its permissions")]
    Unreadable {
        /// The input as typed.
        input: String,
        /// The system's words.
        source: io::Error,
    },
    /// A device, a pipe or a socket.
    #[error(
        "input `{input}` is neither a file nor a folder. Give images, folders, tar shards, or \
         `@FILE` with a path on each line"
    )]
    NotAnInput {
        /// The input as typed.
        input: String,
    },
    /// A list of paths that holds something else.
    #[error(
        "line {line} of the list `{list}` is not UTF-8. For names of any bytes write them with a \
         NUL after each (`find … -print0`) and give `@0{list}`"
    )]
    NotText {
        /// The list.
        list: String,
        /// Counted from one.
        line: u64,
    },
    /// A pattern in `input.exclude` that is no glob.
    #[error("`{pattern}` in `input.exclude` is not a glob: {source}. Mend or remove it")]
    Glob {
        /// The pattern as configured.
        pattern: String,
        /// What is wrong with it.
        source: Box<globset::Error>,
    },
}
