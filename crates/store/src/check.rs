//! Verifies every file of a store against its commit record. Never writes, needs no lock.

use std::fmt;
use std::io;

use crate::commit::{Commit, Entry};
use crate::error::{Error, Result};
use crate::layout::{
    CACHEDIR_TAG, CACHEDIR_TAG_BYTES, COMMIT, COMMIT_ADVICE, Kind, OLD_CACHEDIR_TAG_BYTES, advice,
    is_ours, sweepable,
};
use crate::medium::Medium;
use crate::review;
use crate::store::list;
use crate::table;

/// How often the check starts again when a writer commits meanwhile.
const ATTEMPTS: usize = 3;

/// One file that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its name within the store.
    pub name: String,
    /// What is wrong.
    pub problem: Problem,
    /// What to do about it.
    pub advice: &'static str,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The record names it and it is not there.
    Missing,
    /// It has another number of bytes than were written.
    Size {
        /// What it has.
        found: u64,
        /// What was written.
        written: u64,
    },
    /// Its bytes are others than were written (BLAKE3).
    Bytes,
    /// It cannot be read; the words of the system.
    Unreadable(String),
    /// It is what was written and yet no table, or no commit record; in words.
    Malformed(String),
    /// The record does not name it.
    Extra,
    /// A line of it makes no sense.
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Size { found, written } => {
                write!(f, "damaged: {found} bytes instead of {written}")
            }
            Self::Bytes => f.write_str("damaged: its bytes are not those that were written"),
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
            Self::Malformed(why) => write!(f, "damaged: {why}"),
            Self::Extra => f.write_str("not named by commit.json"),
            Self::Line { line, why } => write!(f, "line {line} is damaged: {why}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = lookalike_types::escape(self.name.as_bytes());
        write!(f, "{name}: {}. {}", self.problem, self.advice)
    }
}

/// Every damaged, missing or extra file of the store on this medium, sorted by name. Reads all of
/// it once.
///
/// # Errors
/// [`Error::NoStore`] where there is no store, and [`Error::Io`] where the medium cannot be listed.
pub fn check(medium: &dyn Medium) -> Result<Vec<Fault>> {
    for _ in 1..ATTEMPTS {
        let before = medium.read(COMMIT).ok();
        let faults = check_once(medium)?;
        // A writer that commits meanwhile moves files under our eyes: those are no faults.
        if faults.is_empty() || medium.read(COMMIT).ok() == before {
            return Ok(faults);
        }
    }
    check_once(medium)
}

fn check_once(medium: &dyn Medium) -> Result<Vec<Fault>> {
    let mut faults = committed(medium)?;
    faults.extend(review::faults(medium));
    Ok(faults)
}

fn committed(medium: &dyn Medium) -> Result<Vec<Fault>> {
    let commit = match Commit::load(medium) {
        Ok(Some(commit)) => commit,
        Ok(None) => return without_record(medium),
        Err(Error::Damaged { why, .. }) => return Ok(vec![broken_record(why)]),
        Err(error) => return Ok(vec![broken_record(error.to_string())]),
    };
    let named = commit.files.iter();
    let mut faults: Vec<Fault> = named
        .filter_map(|(name, entry)| fault(medium, name, entry))
        .collect();
    let wrong_tag = compare(medium, CACHEDIR_TAG, &Entry::of(CACHEDIR_TAG_BYTES))
        .filter(|_| compare(medium, CACHEDIR_TAG, &Entry::of(OLD_CACHEDIR_TAG_BYTES)).is_some());
    faults.extend(wrong_tag.map(|problem| Fault {
        name: CACHEDIR_TAG.to_owned(),
        problem,
        advice: "The next scan writes it again",
    }));
    let extra = list(medium)?.into_iter().filter(|name| {
        let named = commit.files.contains_key(name);
        !named && (!is_ours(name) || Kind::of(name).is_some())
    });
    faults.extend(extra.map(|name| Fault {
        advice: extra_advice(&name),
        name,
        problem: Problem::Extra,
    }));
    faults.sort_by(|x, y| x.name.cmp(&y.name));
    Ok(faults)
}

fn without_record(medium: &dyn Medium) -> Result<Vec<Fault>> {
    let names = list(medium)?;
    if !names.iter().any(|name| Kind::of(name).is_some()) {
        let path = medium.path("");
        return Err(Error::NoStore { path });
    }
    Ok(vec![Fault {
        name: COMMIT.to_owned(),
        problem: Problem::Missing,
        advice: COMMIT_ADVICE,
    }])
}

fn broken_record(why: String) -> Fault {
    Fault {
        name: COMMIT.to_owned(),
        problem: Problem::Malformed(why),
        advice: COMMIT_ADVICE,
    }
}

fn extra_advice(name: &str) -> &'static str {
    if sweepable(name) {
        "An interrupted scan left it, or a scan is running: the next scan removes it"
    } else if Kind::of(name) == Some(Kind::Report) {
        "If it is a report, an interrupted run left it: run `lookalike report`. Else move it elsewhere"
    } else {
        "lookalike did not make it: move it elsewhere"
    }
}

fn fault(medium: &dyn Medium, name: &str, entry: &Entry) -> Option<Fault> {
    let problem = compare(medium, name, entry).or_else(|| malformed(medium, name))?;
    Some(Fault {
        name: name.to_owned(),
        problem,
        advice: advice(name),
    })
}

fn compare(medium: &dyn Medium, name: &str, entry: &Entry) -> Option<Problem> {
    match medium.map(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Problem::Missing),
        Err(error) => Some(Problem::Unreadable(error.to_string())),
        Ok(bytes) if !entry.has_size_of(&bytes) => Some(Problem::Size {
            found: bytes.len() as u64,
            written: entry.bytes,
        }),
        Ok(bytes) => (!entry.is_of(&bytes)).then_some(Problem::Bytes),
    }
}

/// A file with the right bytes that this version still cannot read as a table of ours.
fn malformed(medium: &dyn Medium, name: &str) -> Option<Problem> {
    if !name.ends_with(".parquet") || Kind::of(name) == Some(Kind::Report) {
        return None;
    }
    let bytes = medium.map(name).ok()?;
    let read = table::metadata(&bytes, "lookalike.format");
    read.err().map(Problem::Malformed)
}
