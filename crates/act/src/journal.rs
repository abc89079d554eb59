//! The journal: append-only JSON lines that say what is about to be done and what is done.
//!
//! The first line names plan, action and root. Each step has a line `begin` with all that taking
//! it back needs; it is flushed before anything is touched. A line `made` follows where a copy lies
//! complete under its temporary name, then `done`, or `back` where the step was taken back at once.
//! Taking back appends `undo`, `made`, `undone` (or `stays`). A last line that was torn by a crash
//! is cut off: what it would have said is found out from the files.

mod event;
mod state;

#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::action::Action;
use crate::disk::Disk;
use crate::error::{Error, Result};
use crate::name::{Name, folder, shown, temporary};
use crate::plan::Plan;

pub(crate) use event::{Begin, Deed, Event, Header, Hex, Made};
pub(crate) use state::{Phase, State, Steps};

/// The version of the journal's format.
const VERSION: u32 = 1;

/// A journal that is open and locked.
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
    pub(crate) header: Header,
    pub(crate) steps: Steps,
}

impl Header {
    /// The first line of a new journal.
    pub(crate) fn new(plan: &Plan, action: &Action) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let seed = format!(
            "{} {} {}",
            plan.digest(),
            now.as_nanos(),
            std::process::id()
        );
        Self {
            journal: "lookalike".to_owned(),
            version: VERSION,
            id: blake3::hash(seed.as_bytes()).to_hex()[..12].to_owned(),
            plan: plan.digest(),
            action: action.as_str().to_owned(),
            target: action.target().map(|target| Name(target.to_owned())),
            root: Name(plan.root.clone()),
            at: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        }
    }

    fn check(&self, path: &Path) -> Result<()> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let why = match () {
            () if self.journal != "lookalike" => "it is not lookalike's".to_owned(),
            () if self.version != VERSION => format!(
                "it has version {}, and this lookalike knows version {VERSION}",
                self.version
            ),
            () if self.id.is_empty() || !self.id.bytes().all(digit) => "its id is none".to_owned(),
            () => return Ok(()),
        };
        Err(wrong(path, 1, why))
    }

    /// Refuses the journal of another plan or action.
    fn is_for(&self, wanted: &Self, path: &Path) -> Result<()> {
        let (theirs, ours) = (self, wanted);
        let same = (&theirs.plan, &theirs.action, &theirs.target)
            == (&ours.plan, &ours.action, &ours.target);
        match same {
            true => Ok(()),
            false => Err(Error::OtherJournal {
                path: shown(path),
                theirs: theirs.words(),
                ours: ours.words(),
            }),
        }
    }

    fn words(&self) -> String {
        let target = self
            .target
            .as_ref()
            .map(|target| format!(":{}", shown(&target.0)));
        let (action, target) = (&self.action, target.unwrap_or_default());
        format!("`{action}{target}` of the plan {:.12}", self.plan)
    }
}

impl Journal {
    /// The journal at this path for this plan and action: a new one, or the one that an earlier
    /// run has left.
    pub(crate) fn resume(disk: &Disk<'_>, path: &Path, wanted: Header) -> Result<Self> {
        disk.ask("note", path)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options
            .open(path)
            .map_err(|error| io("open", path, error))?;
        let (file, found) = Self::load(file, path)?;
        let Some((header, steps)) = found else {
            return Self::start(disk, file, path, wanted);
        };
        header.is_for(&wanted, path)?;
        let path = path.to_owned();
        Ok(Self {
            file,
            path,
            header,
            steps,
        })
    }

    /// The journal that was left at this path, to take back what it says.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path);
        let file = file.map_err(|error| io("open", path, error))?;
        let (file, found) = Self::load(file, path)?;
        let (header, steps) = found.ok_or_else(|| wrong(path, 1, "it is empty"))?;
        let path = path.to_owned();
        Ok(Self {
            file,
            path,
            header,
            steps,
        })
    }

    /// The steps in the journal of this plan and action, without opening it for writing; `None`
    /// where there is none.
    pub(crate) fn peek(path: &Path, wanted: &Header) -> Result<Option<Steps>> {
        match Self::read(path)? {
            Some((header, steps)) => header.is_for(wanted, path).map(|()| Some(steps)),
            None => Ok(None),
        }
    }

    /// What stands in a journal, without opening it for writing; `None` where there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<(Header, Steps)>> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io("read", path, error)),
        };
        Ok(understand(&bytes, path)?.0)
    }

    fn start(disk: &Disk<'_>, file: File, path: &Path, header: Header) -> Result<Self> {
        let steps = Steps::default();
        let path = path.to_owned();
        let mut journal = Self {
            file,
            path,
            header,
            steps,
        };
        let line = journal.header.clone();
        journal.line(disk, &line, true)?;
        disk.sync_folder(folder(&journal.path))?;
        Ok(journal)
    }

    /// Locks the file, reads it, and cuts off a torn line.
    fn load(mut file: File, path: &Path) -> Result<(File, Option<(Header, Steps)>)> {
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked { path: shown(path) }),
            Err(TryLockError::Error(error)) => return Err(io("lock", path, error)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|error| io("read", path, error))?;
        let (found, whole) = understand(&bytes, path)?;
        if whole < bytes.len() as u64 {
            file.set_len(whole)
                .map_err(|error| io("write", path, error))?;
        }
        let end = file.seek(SeekFrom::Start(whole));
        end.map_err(|error| io("read", path, error))?;
        Ok((file, found))
    }

    /// Writes an event; where `flushed`, it is down for good when this returns.
    pub(crate) fn note(&mut self, disk: &Disk<'_>, event: Event, flushed: bool) -> Result<()> {
        self.line(disk, &event, flushed)?;
        self.steps
            .take(event)
            .map_err(|why| wrong(&self.path, 0, why))
    }

    fn line(&mut self, disk: &Disk<'_>, line: &impl serde::Serialize, flushed: bool) -> Result<()> {
        disk.ask("note", &self.path)?;
        let written = serde_json::to_vec(line)
            .map_err(io::Error::other)
            .and_then(|mut line| {
                line.push(b'\n');
                self.file.write_all(&line)?;
                if flushed {
                    self.file.sync_data()
                } else {
                    Ok(())
                }
            });
        written.map_err(|error| io("write", &self.path, error))
    }

    /// All that was noted is down for good.
    pub(crate) fn flush(&self) -> Result<()> {
        self.file
            .sync_data()
            .map_err(|error| io("write", &self.path, error))
    }

    /// Where a half-done copy of `path` lies.
    pub(crate) fn temporary(&self, path: &Path, step: u64) -> PathBuf {
        temporary(path, &self.header.id, step)
    }
}

fn io(action: &'static str, path: &Path, source: io::Error) -> Error {
    let path = shown(path);
    Error::JournalIo {
        action,
        path,
        source,
    }
}

fn wrong(path: &Path, line: usize, why: impl Into<String>) -> Error {
    let (path, why) = (shown(path), why.into());
    Error::Journal { path, line, why }
}

/// What the lines say, and how many bytes of them are whole. Of the last line alone a part may be
/// missing, whatever stands in its place.
fn understand(bytes: &[u8], path: &Path) -> Result<(Option<(Header, Steps)>, u64)> {
    let mut lines = bytes
        .split_inclusive(|&byte| byte == b'\n')
        .enumerate()
        .peekable();
    let Some((_, first)) = lines.next() else {
        return Ok((None, 0));
    };
    let header: Header = match serde_json::from_slice(first) {
        Ok(header) if first.ends_with(b"\n") => header,
        // Cut off while the first line was written, and nothing had been done yet. A file of
        // somebody else is not to be cut, so it must have begun like one of ours.
        _ if lines.peek().is_none() && is_torn_header(first) => return Ok((None, 0)),
        Ok(_) => return Err(wrong(path, 1, "it is cut off")),
        Err(error) => return Err(wrong(path, 1, error.to_string())),
    };
    header.check(path)?;
    let mut steps = Steps::default();
    let mut whole = first.len() as u64;
    while let Some((index, line)) = lines.next() {
        let last = lines.peek().is_none();
        match serde_json::from_slice::<Event>(line) {
            Ok(event) if line.ends_with(b"\n") => {
                steps
                    .take(event)
                    .map_err(|why| wrong(path, index + 1, why))?;
            }
            _ if last => break,
            Ok(_) => return Err(wrong(path, index + 1, "it is cut off")),
            Err(error) => return Err(wrong(path, index + 1, error.to_string())),
        }
        whole += line.len() as u64;
    }
    Ok((Some((header, steps)), whole))
}

fn is_torn_header(line: &[u8]) -> bool {
    const START: &[u8] = b"{\"journal\":\"lookalike\"";
    line.starts_with(START) || START.starts_with(line)
}
