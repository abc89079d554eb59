//! What Unix offers beyond the standard library.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::Renamed;
use crate::look::{FileId, Kind, Seen};

/// Everything of a file's entry that is compared or kept.
pub(crate) fn seen(found: &Metadata) -> Seen {
    let kind = found.file_type();
    Seen {
        id: FileId {
            dev: found.dev(),
            ino: found.ino(),
        },
        kind: match () {
            () if kind.is_file() => Kind::File,
            () if kind.is_dir() => Kind::Folder,
            () if kind.is_symlink() => Kind::Link,
            () => Kind::Other,
        },
        links: found.nlink(),
        bytes: found.len(),
        mtime_s: found.mtime(),
        mtime_ns: u32::try_from(found.mtime_nsec()).unwrap_or(0),
        ctime: (found.ctime(), found.ctime_nsec()),
        mode: found.mode() & 0o7777,
        owner: (found.uid(), found.gid()),
    }
}

/// The number of the person who runs this.
pub(crate) fn user() -> u32 {
    rustix::process::getuid().as_raw()
}

/// Opens a file to read. Where links are not wanted, a link in its place is refused; and never
/// waits, as opening a pipe would.
pub(crate) fn open_file(path: &Path, follow: bool) -> io::Result<File> {
    let flags = match follow {
        true => OFlags::NONBLOCK,
        false => OFlags::NONBLOCK | OFlags::NOFOLLOW,
    };
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

pub(crate) fn symlink(text: &Path, name: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(text, name)
}

/// Who is not root may not give files away: then the copy belongs to who makes it.
pub(crate) fn own(file: &File, was: &Seen) {
    let _ = fchown(file, Some(was.owner.0), Some(was.owner.1));
}

pub(crate) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode))
}

pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(crate) fn rename_new(from: &Path, to: &Path) -> io::Result<Renamed> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(Renamed::Done),
        Err(Errno::EXIST) => Ok(Renamed::Taken),
        Err(Errno::XDEV) => Ok(Renamed::OtherDisk),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(Renamed::Unknown),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(crate) fn rename_new(_from: &Path, _to: &Path) -> io::Result<Renamed> {
    Ok(Renamed::Unknown)
}
