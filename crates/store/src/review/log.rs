//! The one who writes: appends, flushes, takes back.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use lookalike_types::PairVerdict;

use super::event::Event;
use super::fold::{Fold, Remembered, undone};
use super::lines::{Line, Lines};
use super::merge::{Merged, merge};
use super::words::words;
use crate::error::{Error, Result};
use crate::layout::{REVIEW_LOCK, REVIEW_LOG};
use crate::medium::{Disk, Guard, Lock, Medium, lock_file, make_folder, sync_folder, who};

/// The log of a folder, open for writing. Others cannot open it as long as this lives.
pub struct ReviewLog {
    path: PathBuf,
    file: File,
    /// Bytes of the lines that are sure.
    sure: u64,
    /// Whether the last write failed: then what lies beyond the sure lines is of it.
    torn: bool,
    lines: Vec<Line>,
    /// The highest number of a batch.
    batches: u64,
    undone: BTreeSet<u64>,
    fold: Fold,
    _guard: Guard,
}

impl ReviewLog {
    /// Opens the log of this folder, takes its lock, and cuts off what a crash left of a last line.
    ///
    /// # Errors
    /// [`Error::ReviewHeld`] where another process has it open, [`Error::Review`] where a line of it
    /// makes no sense, [`Error::Io`].
    pub fn open(dir: &Path) -> Result<Self> {
        let path = dir.join(REVIEW_LOG);
        let folder = path.parent().unwrap_or(dir);
        make_folder(folder).map_err(|error| failed("make", folder, error))?;
        let guard = lock(dir)?;
        let (mut file, new) = open(&path).map_err(|error| failed("open", &path, error))?;
        if new {
            sync_folder(folder).map_err(|error| failed("flush", folder, error))?;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|error| failed("read", &path, error))?;
        let read = Lines::parse(&bytes);
        let (whole, torn) = (read.bytes, read.torn);
        let lines = read.whole(&Disk::new(dir).path(REVIEW_LOG))?;
        let sure = mend(&mut file, &bytes[..whole], torn);
        Ok(Self {
            sure: sure.map_err(|error| failed("write", &path, error))?,
            torn: false,
            path,
            file,
            batches: lines.iter().map(|line| line.batch).max().unwrap_or(0),
            undone: undone(&lines),
            fold: Fold::of(&lines),
            lines,
            _guard: guard,
        })
    }

    /// What is remembered after the last line.
    pub fn remembered(&self) -> &Remembered {
        &self.fold.remembered
    }

    /// Writes down what one click said, `at` so many seconds after 1970-01-01 UTC; nothing where it
    /// said nothing. When this returns it survives a power cut, all of it; after an error nothing
    /// of it is remembered.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written, [`Error::Unsayable`] where it makes no sense.
    pub fn append(&mut self, events: &[Event], at: i64, by: &str) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let line = Line {
            said: events.to_vec(),
            ..self.line(at, by)
        };
        self.write(vec![line])
    }

    /// Takes in verdicts of other people or folders, as of when they were given. Of two words on a
    /// pair the newer counts, of equally new ones that both stay. To be undone in one.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn merge(&mut self, verdicts: &[PairVerdict]) -> Result<Merged> {
        let (news, merged) = merge(&self.fold, verdicts);
        let lines = news.into_iter().map(|news| Line {
            said: vec![Event::Verdict {
                a: news.a,
                b: news.b,
                verdict: Some(news.verdict),
            }],
            ..self.line(news.at, &news.by)
        });
        let lines = lines.collect();
        self.write(lines)?;
        Ok(merged)
    }

    /// Whether there is something to take back.
    pub fn can_undo(&self) -> bool {
        self.last_batch().is_some()
    }

    /// In words, what [`Self::undo`] would take back.
    pub fn last(&self) -> Option<String> {
        self.last_batch().map(|batch| self.words(batch))
    }

    /// Takes back what was said last and not taken back yet, also what was said before this log was
    /// opened. Returns it in words, or `None` where nothing is left.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn undo(&mut self, at: i64, by: &str) -> Result<Option<String>> {
        let Some(batch) = self.last_batch() else {
            return Ok(None);
        };
        let line = Line {
            undo: Some(batch),
            ..self.line(at, by)
        };
        self.write(vec![line])?;
        Ok(Some(self.words(batch)))
    }

    /// An empty line of a new batch.
    fn line(&self, at: i64, by: &str) -> Line {
        Line {
            batch: self.batches + 1,
            at,
            by: by.to_owned(),
            said: Vec::new(),
            undo: None,
        }
    }

    fn last_batch(&self) -> Option<u64> {
        let decides = |event: &Event| !matches!(event, Event::Sample(_));
        let standing =
            |line: &&Line| line.said.iter().any(decides) && !self.undone.contains(&line.batch);
        self.lines
            .iter()
            .rev()
            .find(standing)
            .map(|line| line.batch)
    }

    fn words(&self, batch: u64) -> String {
        let lines = self.lines.iter().filter(|line| line.batch == batch);
        words(lines.flat_map(|line| &line.said))
    }

    /// Writes lines in one piece, and remembers what they say once they are down.
    fn write(&mut self, lines: Vec<Line>) -> Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let texts = lines.iter().map(Line::to_text);
        let text = texts.collect::<Result<String>>()?;
        self.ours()
            .and_then(|()| self.put(text.as_bytes()))
            .map_err(|error| failed("write", &self.path, error))?;
        self.sure += text.len() as u64;
        for line in lines {
            if let Some(batch) = line.undo {
                self.undone.insert(batch);
            }
            if line.undo.is_none() {
                self.fold.add(&line, false);
            }
            self.batches = self.batches.max(line.batch);
            self.lines.push(line);
        }
        if self.lines.last().is_some_and(|line| line.undo.is_some()) {
            self.fold = Fold::of(&self.lines);
        }
        Ok(())
    }

    /// Refuses to go on in a file that another hand moved away, replaced or changed: what is said would
    /// be lost, or what the other hand wrote.
    fn ours(&self) -> io::Result<()> {
        let changed = |what: &str| {
            io::Error::other(format!(
                "{what} since this review began. Put it back as it was, or start the review again"
            ))
        };
        if !is_at(&self.file, &self.path)? {
            return Err(changed("it was moved away or replaced"));
        }
        match self.torn || self.file.metadata()?.len() == self.sure {
            true => Ok(()),
            false => Err(changed("something else wrote to it")),
        }
    }

    fn put(&mut self, text: &[u8]) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.sure)?;
        }
        self.torn = true;
        let written = self.file.write_all(text);
        if let Err(error) = written.and_then(|()| self.file.sync_data()) {
            // If this fails too, the next write tries it first.
            self.torn = self.file.set_len(self.sure).is_err();
            return Err(error);
        }
        self.torn = false;
        Ok(())
    }
}

/// Whether this open file is the one that lies at the path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let there = match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    let open = file.metadata()?;
    Ok((open.dev(), open.ino()) == (there.dev(), there.ino()))
}

/// Other systems do not let an open file be moved away so easily.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}

fn lock(dir: &Path) -> Result<Guard> {
    let path = dir.join(REVIEW_LOCK);
    match lock_file(&path, &who()) {
        Ok(Lock::Taken(guard)) => Ok(guard),
        Ok(Lock::Held(holder)) => Err(Error::ReviewHeld {
            path: Disk::new(dir).path(""),
            holder,
        }),
        Err(source) => Err(failed("lock", &path, source)),
    }
}

/// The file, and whether it was made just now. All that is written goes to its end.
fn open(path: &Path) -> io::Result<(File, bool)> {
    let new = !path.try_exists()?;
    let mut options = OpenOptions::new();
    let file = options.read(true).append(true).create(true).open(path)?;
    Ok((file, new))
}

/// Cuts a torn last line, ends one that lacks only its end, and says how many bytes are sure.
fn mend(file: &mut File, whole: &[u8], torn: bool) -> io::Result<u64> {
    if torn {
        file.set_len(whole.len() as u64)?;
        file.sync_data()?;
    }
    if whole.last().is_some_and(|&last| last != b'\n') {
        file.write_all(b"\n")?;
        file.sync_data()?;
        return Ok(whole.len() as u64 + 1);
    }
    Ok(whole.len() as u64)
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io {
        action,
        path: lookalike_types::escape(path.as_os_str().as_encoded_bytes()),
        source,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;

    fn say(log: &mut ReviewLog, keep: bool) -> Result<()> {
        let choice = Event::Choice {
            path: "a.jpg".to_owned(),
            content: lookalike_types::ContentId::of(b"a"),
            keep: Some(keep),
        };
        log.append(&[choice], 7, "me")
    }

    #[test]
    fn a_log_that_was_moved_away_or_replaced_takes_no_click() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut log = ReviewLog::open(dir.path()).expect("nobody else has it");
        say(&mut log, true).expect("written");
        let (path, away) = (dir.path().join(REVIEW_LOG), dir.path().join("away"));
        fs::rename(&path, &away).expect("moved");
        assert!(say(&mut log, false).is_err() && log.undo(7, "me").is_err());
        fs::copy(&away, &path).expect("another file");
        assert!(say(&mut log, false).is_err());
        assert!(log.remembered().choices["a.jpg"].keep, "not said");
        fs::rename(&away, &path).expect("put back");
        say(&mut log, false).expect("written");
        drop(log);
        let log = ReviewLog::open(dir.path()).expect("whole");
        assert!(!log.remembered().choices["a.jpg"].keep);
    }

    #[test]
    fn what_another_hand_wrote_is_not_cut_off() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut log = ReviewLog::open(dir.path()).expect("nobody else has it");
        say(&mut log, true).expect("written");
        let path = dir.path().join(REVIEW_LOG);
        let ours = fs::read(&path).expect("readable");
        for theirs in [[&ours[..], b"more"].concat(), ours[..9].to_vec()] {
            fs::write(&path, &theirs).expect("another hand");
            assert!(say(&mut log, false).is_err());
            assert_eq!(fs::read(&path).expect("readable"), theirs, "left as it is");
        }
        fs::write(&path, &ours).expect("as it was");
        say(&mut log, false).expect("written");
    }
}
