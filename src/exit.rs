//! How the program ends: every exit code in one place, and the error that means wrong usage.

use std::fmt;
use std::process::{ExitCode, Termination};

/// The codes of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, with or without duplicates, with or without failed images.
    Done,
    /// The work could not be finished, or `check` found a fault.
    Fault,
    /// Wrong usage or configuration; nothing was touched.
    Usage,
    /// Done, and a `--fail-on` condition is true.
    Condition,
    /// Stopped by Ctrl-C; what was committed stays.
    Interrupted,
    /// Stopped by SIGTERM; what was committed stays.
    Terminated,
}

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Fault => 1,
            Self::Usage => 2,
            Self::Condition => 3,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

/// An error of the person at the keyboard or of a configuration file: exit code 2.
#[derive(Debug)]
pub struct UsageError(String);

impl UsageError {
    /// An error whose whole message is `message`.
    pub fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

impl From<&anyhow::Error> for Exit {
    /// Usage errors are code 2, all others mean that the work could not be finished.
    fn from(error: &anyhow::Error) -> Self {
        match error.downcast_ref::<UsageError>() {
            Some(_) => Self::Usage,
            None => Self::Fault,
        }
    }
}
