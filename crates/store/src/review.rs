//! What people said, in `review/log.jsonl`: the one thing in the folder that no scan can make again.
//!
//! The log is append-only, one JSON object a line, one line a click. Reading it from the first line
//! to the last gives what is remembered. Nothing is ever taken out of it: what was undone is a line
//! too. One [`ReviewLog`] at a time may write; readers take [`remembered`] and need no lock.

mod event;
mod exchange;
mod fold;
mod foreign;
mod lines;
mod log;
mod merge;
mod words;

pub use event::{Event, Sample, Sampled, Stratum};
pub use exchange::{export_verdicts, import_verdicts};
pub use fold::Remembered;
pub use foreign::VerdictFault;
pub use log::ReviewLog;
pub use merge::Merged;

use std::io;
use std::path::Path;

use crate::check::{Fault, Problem};
use crate::error::{Error, Result};
use crate::layout::{REVIEW_ADVICE, REVIEW_LOG};
use crate::medium::{Disk, Medium};
use fold::Fold;
use lines::Lines;

/// What people said of the images of this folder so far; nothing where nobody said anything. A last
/// line that is torn, because a crash cut it or it is being written now, is passed over.
///
/// # Errors
/// [`Error::Io`] where the log cannot be read, [`Error::Review`] where a line of it makes no sense.
pub fn remembered(dir: &Path) -> Result<Remembered> {
    remembered_on(&Disk::new(dir))
}

/// The same on any medium.
pub(crate) fn remembered_on(medium: &dyn Medium) -> Result<Remembered> {
    let bytes = read(medium)?;
    let lines = Lines::parse(&bytes).whole(&medium.path(REVIEW_LOG))?;
    Ok(Fold::of(&lines).remembered)
}

/// One fault for each line that says nothing.
pub(crate) fn faults(medium: &dyn Medium) -> Vec<Fault> {
    let fault = |problem| Fault {
        name: REVIEW_LOG.to_owned(),
        problem,
        advice: REVIEW_ADVICE,
    };
    let bytes = match medium.read(REVIEW_LOG) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => return vec![fault(Problem::Unreadable(error.to_string()))],
    };
    let parsed = Lines::parse(&bytes);
    let torn = parsed.torn.then(|| Fault {
        advice: "A crash left it, or it is being written now: the next `lookalike review` cuts it off",
        ..fault(Problem::Line {
            line: parsed.count + 1,
            why: "it has no end".to_owned(),
        })
    });
    let lines = parsed.faults.into_iter();
    let lines = lines.map(|(line, why)| fault(Problem::Line { line, why }));
    lines.chain(torn).collect()
}

fn read(medium: &dyn Medium) -> Result<bytes::Bytes> {
    match medium.read(REVIEW_LOG) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(bytes::Bytes::new()),
        other => other.map_err(|source| Error::Io {
            action: "read",
            path: medium.path(REVIEW_LOG),
            source,
        }),
    }
}
