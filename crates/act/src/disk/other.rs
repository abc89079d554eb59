//! Systems without Unix calls: what the standard library can do alone, on the safe side.

use std::collections::hash_map::DefaultHasher;
use std::fs::{File, Metadata, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::Renamed;
use crate::look::{FileId, Kind, Seen};

/// Everything of a file's entry that is compared or kept. The standard library gives no number of
/// a file here; times and size stand in for it, and one entry is told by its path (`look.rs`).
pub(crate) fn seen(found: &Metadata) -> Seen {
    let kind = found.file_type();
    let age = |time: io::Result<std::time::SystemTime>| match time {
        Ok(time) => match time.duration_since(UNIX_EPOCH) {
            Ok(after) => (
                i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
                after.subsec_nanos(),
            ),
            Err(_) => (0, 0),
        },
        Err(_) => (0, 0),
    };
    let (mtime_s, mtime_ns) = age(found.modified());
    let created = age(found.created());
    let mut hasher = DefaultHasher::new();
    (created, found.len()).hash(&mut hasher);
    Seen {
        id: FileId {
            dev: 0,
            ino: hasher.finish(),
        },
        kind: match () {
            () if kind.is_file() => Kind::File,
            () if kind.is_dir() => Kind::Folder,
            () if kind.is_symlink() => Kind::Link,
            () => Kind::Other,
        },
        links: 1,
        bytes: found.len(),
        mtime_s,
        mtime_ns,
        ctime: (0, 0),
        mode: u32::from(found.permissions().readonly()),
        owner: (0, 0),
    }
}

pub(crate) fn user() -> u32 {
    0
}

pub(crate) fn open_file(path: &Path, _follow: bool) -> io::Result<File> {
    File::open(path)
}

pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    std::fs::create_dir(path)
}

pub(crate) fn symlink(_text: &Path, _name: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn own(_file: &File, _was: &Seen) {}

pub(crate) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(mode != 0);
    file.set_permissions(permissions)
}

pub(crate) fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

pub(crate) fn rename_new(_from: &Path, _to: &Path) -> io::Result<Renamed> {
    Ok(Renamed::Unknown)
}
