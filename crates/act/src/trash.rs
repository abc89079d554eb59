//! The bin of the desktop: the Trash specification of freedesktop.org, version 1.0.
//!
//! A file `NAME` in the bin is `files/NAME`, and `info/NAME.trashinfo` says where it was and since
//! when. The second is made first, and only where it is not there: that reserves the name. The bin
//! is the one in the home of the person where the file lies on the same file system, else
//! `$topdir/.Trash/$uid` (if an administrator has made it well), else `$topdir/.Trash-$uid`. Nothing is ever
//! copied into a bin. Why no crate does this: `docs/decisions/0008`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::action::Options;
use crate::deed::Still;
use crate::disk::{self, Disk};
use crate::error::Error;
use crate::journal::{Deed, Journal, Made};
use crate::look::{Kind, Seen, look, look_through};
use crate::name::{Name, bytes_of, folder, numbered};
use crate::outcome::{Fault, Why};
use crate::relocate::{self, Placed, Side, Way};

/// What stands in a `Path=` as it is: letters, digits, and the marks of RFC 2396, section 2.3.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A bin, and the folder that the paths in it are relative to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bin {
    pub(crate) folder: PathBuf,
    top: Option<PathBuf>,
}

/// The bin for the file at `path`, whose folders are real ones. Nothing is made yet.
pub(crate) fn bin(path: &Path, file: &Seen, options: &Options) -> Result<Bin, Fault> {
    if let Some(home) = home(options)
        && let Some(there) = nearest(&home)?
        && there.id.dev == file.id.dev
    {
        let folder = home;
        return Ok(Bin { folder, top: None });
    }
    in_top(&top(path, file)?, disk::user())
}

fn home(options: &Options) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| Path::new(value).is_absolute());
    let from =
        |value: Option<std::ffi::OsString>, end: &str| value.map(|v| Path::new(&v).join(end));
    let given = options.home_trash.clone();
    given
        .or_else(|| from(set("XDG_DATA_HOME"), "Trash"))
        .or_else(|| from(set("HOME"), ".local/share/Trash"))
}

/// What is there of a path: itself or the nearest folder above it.
fn nearest(path: &Path) -> Result<Option<Seen>, Error> {
    for path in path.ancestors() {
        if let Some(seen) = look_through(path)? {
            return Ok(Some(seen));
        }
    }
    Ok(None)
}

/// The folder where the file system of the file is mounted.
fn top(path: &Path, file: &Seen) -> Result<PathBuf, Error> {
    let mut top = folder(path);
    for above in top.ancestors().skip(1) {
        match look(above)? {
            Some(seen) if seen.id.dev == file.id.dev => top = above,
            _ => break,
        }
    }
    Ok(top.to_owned())
}

/// The bin at the top of a file system. The spec's checks: `.Trash` is a real folder with the
/// sticky bit, and what lies in it for this person is a real folder too.
pub(crate) fn in_top(top: &Path, user: u32) -> Result<Bin, Fault> {
    let real = |path: &Path| -> Result<Option<Seen>, Error> {
        Ok(look(path)?.filter(|seen| seen.kind == Kind::Folder))
    };
    let bin = |folder: PathBuf| {
        let top = Some(top.to_owned());
        Ok(Bin { folder, top })
    };
    let shared = top.join(".Trash");
    if real(&shared)?.is_some_and(|seen| seen.mode & 0o1000 != 0) {
        let own = shared.join(user.to_string());
        if look(&own)?.is_none_or(|seen| seen.kind == Kind::Folder && seen.owner.0 == user) {
            return bin(own);
        }
    }
    let own = top.join(format!(".Trash-{user}"));
    match look(&own)? {
        Some(seen) if seen.kind != Kind::Folder || seen.owner.0 != user => {
            let words = "the bin of its file system is not a folder of yours; use move:DIR";
            Err(Fault::Skip(Why::Refused, words.to_owned()))
        }
        _ => bin(own),
    }
}

impl Bin {
    /// Makes its folders where they are not there.
    pub(crate) fn prepare(&self, disk: &Disk<'_>) -> Result<(), Error> {
        for path in [
            self.folder.clone(),
            self.folder.join("files"),
            self.folder.join("info"),
        ] {
            disk.make_private_folder(&path)?;
        }
        Ok(())
    }

    /// What throwing away the file at `path` means, under the first name from `number` on that
    /// is free; and that number.
    pub(crate) fn deed(&self, path: &Path, mut number: u32) -> Result<(Deed, u32), Error> {
        let name = Path::new(path.file_name().unwrap_or(OsStr::new("file")));
        loop {
            let to = self.folder.join("files").join(numbered(name, number));
            let mut info = to.file_name().unwrap_or_default().to_owned();
            info.push(".trashinfo");
            let info = self.folder.join("info").join(info);
            if look(&to)?.is_none() && look(&info)?.is_none() {
                let text = self.text(path);
                let (to, info) = (Name(to), Name(info));
                return Ok((Deed::Trash { to, info, text }, number));
            }
            number += 1;
        }
    }

    fn text(&self, path: &Path) -> String {
        let path = match &self.top {
            Some(top) => path.strip_prefix(top).unwrap_or(path),
            None => path,
        };
        let path = percent_encode(bytes_of(path), ENCODED);
        let now = chrono::Local::now().format("%Y-%m-%dT%H:%M:%S");
        format!("[Trash Info]\nPath={path}\nDeletionDate={now}\n")
    }
}

/// Throws the file away.
pub(crate) fn throw(
    disk: &Disk<'_>,
    journal: &mut Journal,
    way: &Way<'_>,
    (info, text): (&Path, &str),
    still: Still<'_>,
) -> Result<Placed, Fault> {
    if !write_info(disk, info, text)? {
        return Ok(Placed::Taken);
    }
    let placed = relocate::relocate(disk, journal, way, still)?;
    if placed == Placed::Taken {
        disk.remove(info)?;
    }
    Ok(placed)
}

/// Whether it could be written: false where something has that name.
fn write_info(disk: &Disk<'_>, info: &Path, text: &str) -> Result<bool, Error> {
    let mut file = match disk.create(info) {
        Ok(file) => file,
        Err(error) if error.is_taken() => return Ok(false),
        Err(error) => return Err(error),
    };
    disk.write(&mut file, info, text.as_bytes())?;
    disk.sync(&file, info)?;
    disk.sync_folder(folder(info))?;
    Ok(true)
}

/// After an interruption on the way into the bin.
pub(crate) fn settle_throw(
    disk: &Disk<'_>,
    journal: &Journal,
    way: &Way<'_>,
    (info, text): (&Path, &str),
) -> Result<Side, Fault> {
    let side = relocate::settle(disk, journal, way, None)?;
    match side {
        // A torn one of ours is a beginning of what it was to say.
        Side::Before => drop_info(disk, info, text)?,
        Side::After if look(info)?.is_none() => drop(write_info(disk, info, text)?),
        _ => {}
    }
    Ok(side)
}

/// Takes the file out of the bin.
pub(crate) fn restore(
    disk: &Disk<'_>,
    journal: &mut Journal,
    way: &Way<'_>,
    (info, text): (&Path, &str),
    still: Still<'_>,
) -> Result<Placed, Fault> {
    let placed = relocate::relocate(disk, journal, way, still)?;
    if placed == Placed::Done {
        drop_info(disk, info, text)?;
    }
    Ok(placed)
}

/// After an interruption on the way out of the bin.
pub(crate) fn settle_restore(
    disk: &Disk<'_>,
    journal: &Journal,
    way: &Way<'_>,
    (info, text): (&Path, &str),
    unmade: Option<Made>,
) -> Result<Side, Fault> {
    let side = relocate::settle(disk, journal, way, unmade)?;
    if side == Side::After {
        drop_info(disk, info, text)?;
    }
    Ok(side)
}

/// Removes an info file if it is ours: says what ours says, or the beginning of it.
fn drop_info(disk: &Disk<'_>, info: &Path, text: &str) -> Result<(), Error> {
    let ours = fs::read(info).is_ok_and(|bytes| text.as_bytes().starts_with(&bytes));
    if ours {
        disk.remove(info)?;
        disk.sync_folder(folder(info))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::{path_of, shown};
    use std::os::unix::fs::PermissionsExt;

    fn folder_of(top: &Path) -> String {
        let bin = in_top(top, disk::user()).expect("a bin");
        shown(bin.folder.strip_prefix(top).expect("below"))
    }

    #[test]
    fn the_bin_of_a_file_system() {
        let desk = tempfile::tempdir().expect("a folder");
        let (top, user) = (desk.path(), disk::user());
        assert_eq!(folder_of(top), format!(".Trash-{user}"));
        let shared = top.join(".Trash");
        fs::create_dir(&shared).expect("made");
        assert_eq!(folder_of(top), format!(".Trash-{user}"), "no sticky bit");
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).expect("set");
        assert_eq!(folder_of(top), format!(".Trash/{user}"));
        std::os::unix::fs::symlink("/tmp", shared.join(user.to_string())).expect("made");
        assert_eq!(folder_of(top), format!(".Trash-{user}"), "a link is a trap");
        std::os::unix::fs::symlink("/tmp", top.join(format!(".Trash-{user}"))).expect("made");
        assert!(in_top(top, user).is_err());
    }

    #[test]
    fn what_stands_in_the_bin() {
        let (folder, top) = (PathBuf::from("/m/.Trash-1"), Some(PathBuf::from("/m")));
        let name = path_of(b"/m/a b/gr\xc3\xbcn \xff%.jpg");
        let text = Bin { folder, top }.text(&name);
        assert!(
            text.starts_with("[Trash Info]\nPath=a%20b/gr%C3%BCn%20%FF%25.jpg\nDeletionDate=20"),
            "{text}"
        );
        let (folder, top) = (PathBuf::from("/home/x/Trash"), None);
        assert!(
            Bin { folder, top }
                .text(Path::new("/a/b"))
                .contains("Path=/a/b\n")
        );
    }
}
