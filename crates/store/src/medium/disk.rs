//! A store in a folder.
//!
//! Never follows a symbolic link below its folder and never changes a file in place, but for the
//! locks.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::map::map;
use super::{Lock, Medium, TEMPORARY};
use crate::layout::LOCK;

/// How much of a foreign `LOCK` is shown to a person.
const HOLDER_BYTES: u64 = 200;

/// Files in a folder.
#[derive(Debug, Clone)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// The folder at `root`, which is made at the first write.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

impl Medium for Disk {
    fn path(&self, name: &str) -> String {
        let path = if name.is_empty() {
            self.root.clone()
        } else {
            self.at(name)
        };
        lookalike_types::escape(path.as_os_str().as_encoded_bytes())
    }

    fn read(&self, name: &str) -> io::Result<Bytes> {
        fs::read(self.at(name)).map(Bytes::from)
    }

    fn map(&self, name: &str) -> io::Result<Bytes> {
        map(&File::open(self.at(name))?)
    }

    fn size(&self, name: &str) -> io::Result<u64> {
        fs::metadata(self.at(name)).map(|data| data.len())
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        match list_below(&self.root, "", &mut names) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && names.is_empty() => {}
            other => other?,
        }
        names.sort();
        Ok(names)
    }

    fn create_new(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        // Only the holder of the lock writes, so nobody makes the file after this question.
        if fs::exists(self.at(name))? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.replace(name, bytes)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.at(name);
        let folder = path.parent().unwrap_or(&self.root);
        make_folder(folder)?;
        let temporary = self.at(&format!("{name}{TEMPORARY}"));
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        publish(file, &temporary, &path)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.at(name))
    }

    fn lock(&self, who: &str) -> io::Result<Lock> {
        make_folder(&self.root)?;
        lock_file(&self.at(LOCK), who)
    }
}

/// Locks the file at `path`, which is made where it is not there, without waiting.
///
/// # Errors
/// Where locking itself fails; that somebody else holds it is no error.
pub(crate) fn lock_file(path: &Path, who: &str) -> io::Result<Lock> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Lock::Held(holder(&file))),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    file.set_len(0)?;
    file.write_all(format!("{who}\n").as_bytes())?;
    Ok(Lock::Taken(Box::new(Held(file))))
}

/// Gives a file that is written whole under a temporary name its own name, in one step and for
/// good.
///
/// # Errors
/// Where the system refuses; the temporary name may be left.
pub(crate) fn publish(file: File, temporary: &Path, path: &Path) -> io::Result<()> {
    // The bytes must be down before the name is: else a power cut may leave the name of the
    // new file on none of its bytes.
    file.sync_all()?;
    drop(file);
    fs::rename(temporary, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// The locked file. It is emptied, not removed: a second writer may have it open already, and
/// would then lock a file that no third one can see.
struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // A LOCK that still names us is only stale words: the system has let go of the lock itself.
        let _ = self.0.set_len(0);
    }
}

fn holder(file: &File) -> String {
    let mut text = Vec::new();
    let read = file.take(HOLDER_BYTES).read_to_end(&mut text);
    match text.trim_ascii() {
        [] => "another process that did not say who it is".to_owned(),
        _ if read.is_err() => "another process".to_owned(),
        text => lookalike_types::escape(text),
    }
}

fn list_below(folder: &Path, prefix: &str, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list_below(&entry.path(), &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

/// Makes a folder with those above it; their names survive a power cut.
///
/// # Errors
/// Where the system refuses.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    // The new folder's own name has to survive a power cut too, and so have its parents'.
    folder.ancestors().skip(1).take(2).try_for_each(sync_folder)
}

/// Flushes the names in a folder.
///
/// # Errors
/// Where the system refuses, but for file systems that have no such call.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    match File::open(folder).and_then(|open| open.sync_all()) {
        // A parent that may be entered but not read, and file systems that cannot flush a
        // folder: there is nothing more to do for durability, and the rename itself is done.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        other => other,
    }
}

/// Other systems have no call for it; their rename is durable when the file system says so.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
