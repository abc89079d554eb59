//! Looking at files without changing them: what lies at a path, which file it is, what is in it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use blake3::Hasher;
use lookalike_types::ContentId;
use serde::{Deserialize, Serialize};

use crate::disk::{self, Disk};
use crate::error::Error;
use crate::name::folder;
use crate::outcome::Fault;

/// How much is read at a time.
const CHUNK: usize = 256 << 10;
/// How much is read between two questions whether to stop.
const PATIENCE: usize = 8 << 20;

/// Which file it is, whatever its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct FileId {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
    Other,
}

/// An entry of the file system at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) id: FileId,
    pub(crate) kind: Kind,
    pub(crate) links: u64,
    pub(crate) bytes: u64,
    pub(crate) mtime_s: i64,
    pub(crate) mtime_ns: u32,
    pub(crate) ctime: (i64, i64),
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
}

impl Seen {
    pub(crate) fn modified(&self) -> SystemTime {
        let whole = Duration::from_secs(self.mtime_s.unsigned_abs());
        let start = match self.mtime_s >= 0 {
            true => UNIX_EPOCH.checked_add(whole),
            false => UNIX_EPOCH.checked_sub(whole),
        };
        start.unwrap_or(UNIX_EPOCH) + Duration::from_nanos(u64::from(self.mtime_ns))
    }

    /// Whether this is the same file with, as far as the system tells, the same bytes. A new link
    /// to a file changes its `ctime`, so that is only compared where no link of ours is made.
    pub(crate) fn is_still(&self, now: &Self) -> bool {
        self.id == now.id && self.has_bytes_like(now)
    }

    /// Whether this is a file that, as far as the system tells, has the same bytes, wherever it
    /// lies. Numbers of files and disks change when a disk is mounted again.
    pub(crate) fn has_bytes_like(&self, now: &Self) -> bool {
        self.kind == now.kind
            && self.bytes == now.bytes
            && (self.mtime_s, self.mtime_ns) == (now.mtime_s, now.mtime_ns)
    }

    /// Whether time and mode are those of `other`.
    pub(crate) fn is_stamped_like(&self, other: &Self) -> bool {
        (self.mtime_s, self.mtime_ns, self.mode) == (other.mtime_s, other.mtime_ns, other.mode)
    }
}

/// What lies at this path itself, or nothing.
pub(crate) fn look(path: &Path) -> Result<Option<Seen>, Error> {
    found(path, fs::symlink_metadata(path))
}

/// What this path leads to through symbolic links, or nothing.
pub(crate) fn look_through(path: &Path) -> Result<Option<Seen>, Error> {
    found(path, fs::metadata(path))
}

fn found(path: &Path, found: io::Result<fs::Metadata>) -> Result<Option<Seen>, Error> {
    match found {
        Ok(found) => Ok(Some(disk::seen(&found))),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(Error::io("look at", path, error)),
    }
}

fn is_missing(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// The bytes of a file as their digest, and the file itself as it was before and after.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digest {
    pub(crate) content: ContentId,
    pub(crate) seen: Seen,
}

/// Reads a regular file to its end. `None` where it is not there, is no file, or moved while it
/// was read.
pub(crate) fn digest(disk: &Disk<'_>, path: &Path, follow: bool) -> Result<Option<Digest>, Fault> {
    disk.ask("read", path)?;
    if !follow && look(path)?.is_none_or(|seen| seen.kind != Kind::File) {
        return Ok(None);
    }
    let mut file = match disk::open_file(path, follow) {
        Ok(file) => file,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(Error::io("read", path, error).into()),
    };
    let of = |file: &File| match file.metadata() {
        Ok(found) => Ok(disk::seen(&found)),
        Err(error) => Err(Error::io("read", path, error)),
    };
    let before = of(&file)?;
    if before.kind != Kind::File {
        return Ok(None);
    }
    let mut hasher = Hasher::new();
    each_chunk(disk, &mut file, path, |chunk| {
        hasher.update(chunk);
        Ok(())
    })?;
    let seen = of(&file)?;
    let content = ContentId::from_bytes(*hasher.finalize().as_bytes());
    Ok(before.is_still(&seen).then_some(Digest { content, seen }))
}

/// Hands on what a file holds, piece by piece.
pub(crate) fn each_chunk(
    disk: &Disk<'_>,
    file: &mut dyn Read,
    path: &Path,
    mut take: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut chunk = vec![0; CHUNK];
    let mut unasked = 0;
    loop {
        let read = file.read(&mut chunk);
        let read = read.map_err(|error| Error::io("read", path, error))?;
        if read == 0 {
            return Ok(());
        }
        take(&chunk[..read])?;
        unasked += read;
        if unasked >= PATIENCE {
            unasked = 0;
            disk.ask("read", path)?;
        }
    }
}

/// One name in one folder: what is gone when it is removed. Two paths may lead to one entry
/// through folders that are symbolic links, and two entries may be one file (hard links).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    folder: FileId,
    file: FileId,
    /// Lower case: file systems that do not tell `A` from `a` have one entry for both. Of two
    /// hard links to one file in one folder that differ in nothing else, both are left alone.
    name: String,
}

/// The entry at this path itself; `None` where nothing is there.
pub(crate) fn entry(path: &Path) -> Result<Option<Entry>, Error> {
    let (Some(file), Some(above), Some(name)) =
        (look(path)?, look_through(folder(path))?, path.file_name())
    else {
        return Ok(None);
    };
    let name = lookalike_types::escape(name.as_encoded_bytes()).to_lowercase();
    #[cfg(not(unix))]
    let name = match path.canonicalize() {
        Ok(path) => crate::name::shown(&path).to_lowercase(),
        Err(_) => name,
    };
    Ok(Some(Entry {
        folder: above.id,
        file: file.id,
        name,
    }))
}

/// The entry that this path leads to in the end, through all symbolic links.
pub(crate) fn entry_behind(path: &Path) -> Result<Option<Entry>, Error> {
    match fs::canonicalize(path) {
        Ok(path) => entry(&path),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(Error::io("look at", path, error)),
    }
}

/// The real path of a file whose folders may be symbolic links.
pub(crate) fn real(path: &Path) -> Result<PathBuf, Error> {
    let above = folder(path);
    let above = fs::canonicalize(above).map_err(|error| Error::io("find", above, error))?;
    Ok(above.join(path.file_name().unwrap_or_default()))
}
