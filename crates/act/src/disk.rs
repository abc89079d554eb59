//! The hand that changes files: every call that does so goes through here, and asks before.
//!
//! One question before each call is all that progress, an interrupt and a test that stops in the
//! middle need: what is left when the answer is no, is what a crash at that point leaves. Nothing
//! is tidied up on the way out; that is the next run's work, as after a crash.

#[cfg(unix)]
#[path = "disk/unix.rs"]
mod system;
#[cfg(not(unix))]
#[path = "disk/other.rs"]
mod system;

use std::cell::Cell;
use std::fs::{self, File, FileTimes};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::action::Step;
use crate::error::{Error, Result};
use crate::look::Seen;
use crate::name::folder;

pub(crate) use system::{open_file, seen, user};

/// What is asked before each call.
pub(crate) type Ask<'a> = &'a dyn Fn(Step<'_>) -> ControlFlow<()>;

/// How a file can get another name without ever overwriting one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renamed {
    /// It has the new name.
    Done,
    /// The new name is taken.
    Taken,
    /// The new name would be on another file system.
    OtherDisk,
    /// This file system has no such call.
    Unknown,
}

/// The system's rename that does not overwrite; tests put others in its place.
pub(crate) type Rename = fn(&Path, &Path) -> io::Result<Renamed>;

pub(crate) struct Disk<'a> {
    ask: Ask<'a>,
    number: Cell<u64>,
    of: u64,
    rename: Rename,
}

impl<'a> Disk<'a> {
    pub(crate) fn new(ask: Ask<'a>) -> Self {
        Self::with(ask, system::rename_new)
    }

    pub(crate) fn with(ask: Ask<'a>, rename: Rename) -> Self {
        Self {
            ask,
            number: Cell::new(0),
            of: 0,
            rename,
        }
    }

    /// How many files there are to go through.
    pub(crate) fn expect(&mut self, of: u64) {
        self.of = of;
        self.number.set(0);
    }

    /// On to the next file.
    pub(crate) fn next(&self) {
        self.number.set(self.number.get() + 1);
    }

    pub(crate) fn ask(&self, what: &'static str, path: &Path) -> Result<()> {
        let (number, of) = (self.number.get(), self.of);
        let step = Step {
            number,
            of,
            path,
            what,
        };
        match (self.ask)(step) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => {
                let journal = String::new();
                Err(Error::Stopped { journal })
            }
        }
    }

    fn call<T>(
        &self,
        what: &'static str,
        path: &Path,
        call: impl FnOnce() -> io::Result<T>,
    ) -> Result<T> {
        self.ask(what, path)?;
        call().map_err(|error| Error::io(what, path, error))
    }

    /// Gives a file another name on its file system, if nothing has it.
    pub(crate) fn rename_new(&self, from: &Path, to: &Path) -> Result<Renamed> {
        self.call("move", from, || (self.rename)(from, to))
    }

    /// Gives a file the name of another, which is gone then.
    pub(crate) fn rename_over(&self, from: &Path, to: &Path) -> Result<()> {
        self.call("replace", to, || fs::rename(from, to))
    }

    /// A second name for a file; fails where the name is taken.
    pub(crate) fn hard_link(&self, file: &Path, name: &Path) -> Result<()> {
        self.call("link", name, || fs::hard_link(file, name))
    }

    /// A symbolic link; fails where the name is taken.
    pub(crate) fn symlink(&self, text: &Path, name: &Path) -> Result<()> {
        self.call("link", name, || system::symlink(text, name))
    }

    pub(crate) fn remove(&self, path: &Path) -> Result<()> {
        self.call("remove", path, || fs::remove_file(path))
    }

    /// Removes a file if it is there.
    pub(crate) fn clear(&self, path: &Path) -> Result<()> {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            _ => self.remove(path),
        }
    }

    /// A new file that only its owner may use, until it has its own mode.
    pub(crate) fn create(&self, path: &Path) -> Result<File> {
        self.call("write", path, || system::create_new(path))
    }

    /// Writes more of a new file.
    pub(crate) fn write(&self, file: &mut File, path: &Path, bytes: &[u8]) -> Result<()> {
        self.call("write", path, || file.write_all(bytes))
    }

    /// Owner (where the system lets us), mode and time of a file.
    pub(crate) fn stamp(&self, file: &File, path: &Path, was: &Seen) -> Result<()> {
        self.call("set mode and time of", path, || {
            system::own(file, was);
            system::set_mode(file, was.mode)?;
            file.set_times(FileTimes::new().set_modified(was.modified()))
        })
    }

    /// The bytes of a file are down for good.
    pub(crate) fn sync(&self, file: &File, path: &Path) -> Result<()> {
        self.call("flush", path, || file.sync_all())
    }

    /// The names in a folder are down for good.
    pub(crate) fn sync_folder(&self, path: &Path) -> Result<()> {
        match self.call("flush", path, || system::sync_folder(path)) {
            // A folder that may be entered but not read, and file systems that cannot flush one.
            Err(Error::Io { source, .. })
                if matches!(
                    source.kind(),
                    io::ErrorKind::PermissionDenied
                        | io::ErrorKind::InvalidInput
                        | io::ErrorKind::Unsupported
                        | io::ErrorKind::NotFound
                ) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    /// The folders that [`make_folder`](Self::make_folder) would make, the outermost first.
    pub(crate) fn missing_folders(path: &Path) -> Vec<PathBuf> {
        let missing = path.ancestors().take_while(|folder| {
            !folder.as_os_str().is_empty() && fs::symlink_metadata(folder).is_err()
        });
        let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        missing.reverse();
        missing
    }

    /// Makes a folder and those above it.
    pub(crate) fn make_folder(&self, path: &Path) -> Result<()> {
        for missing in Self::missing_folders(path) {
            match self.call("make", &missing, || fs::create_dir(&missing)) {
                Err(error) if error.is_taken() => {}
                other => other?,
            }
            self.sync_folder(folder(&missing))?;
        }
        Ok(())
    }

    /// Makes a folder that only its owner may enter.
    pub(crate) fn make_private_folder(&self, path: &Path) -> Result<()> {
        if fs::symlink_metadata(path).is_ok() {
            return Ok(());
        }
        self.make_folder(folder(path))?;
        match self.call("make", path, || system::create_private_dir(path)) {
            Err(error) if error.is_taken() => Ok(()),
            other => other,
        }
    }

    /// Removes a folder if it is there and empty.
    pub(crate) fn drop_folder(&self, path: &Path) -> Result<()> {
        if !fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
            return Ok(());
        }
        match self.call("remove", path, || fs::remove_dir(path)) {
            Ok(()) => self.sync_folder(folder(path)),
            Err(stopped @ Error::Stopped { .. }) => Err(stopped),
            Err(_) => Ok(()),
        }
    }
}
