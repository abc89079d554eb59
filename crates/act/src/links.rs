//! A copy becomes a hard or symbolic link to the kept file, and an own file again.

use std::fs;
use std::path::{Path, PathBuf};

use lookalike_types::ContentId;

use crate::aside;
use crate::deed::Still;
use crate::disk::Disk;
use crate::error::Error;
use crate::journal::Deed;
use crate::look::{FileId, Kind, Seen, digest, look, look_through};
use crate::name::{folder, relative};
use crate::outcome::{Fault, Why};
use crate::relocate::{Side, copy_to};

/// The link that takes the place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link<'a> {
    /// Another name of this file, whose number is known.
    Hard { kept: &'a Path, file: FileId },
    /// This text, which leads to the file.
    Symbolic { kept: &'a Path, text: &'a Path },
}

impl<'a> Link<'a> {
    pub(crate) fn of(deed: &'a Deed) -> Option<Self> {
        match deed {
            Deed::Hardlink { kept, file } => Some(Self::Hard {
                kept: &kept.0,
                file: *file,
            }),
            Deed::Symlink { kept, text } => Some(Self::Symbolic {
                kept: &kept.0,
                text: &text.0,
            }),
            _ => None,
        }
    }

    /// Whether this link is what lies at `path`.
    fn lies_at(&self, path: &Path) -> Result<bool, Error> {
        let Some(seen) = look(path)? else {
            return Ok(false);
        };
        Ok(match self {
            // Not by the disk: it may be mounted under another number meanwhile. Who asks compares
            // the bytes as well.
            Self::Hard { file, .. } => seen.kind == Kind::File && seen.id.ino == file.ino,
            Self::Symbolic { text, .. } => {
                seen.kind == Kind::Link && fs::read_link(path).is_ok_and(|found| found == **text)
            }
        })
    }
}

/// What a symbolic link at `from` to `kept` says: the way from here to there where both lie below
/// `root`, so that the tree can be moved as a whole; else the absolute path.
pub(crate) fn text(from: &Path, kept: &Path, root: &Path) -> PathBuf {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    if from.starts_with(&root) && kept.starts_with(&root) {
        relative(folder(from), kept)
    } else {
        kept.to_owned()
    }
}

/// The link takes the place of the file. A hard link is made under a temporary name and takes it in
/// one step: the bytes cannot be lost, for the link holds them. A symbolic link holds nothing, so the
/// file is set aside until the link is seen to lead to the kept one.
pub(crate) fn replace(
    disk: &Disk<'_>,
    (from, temporary): (&Path, &Path),
    link: Link<'_>,
    still: Still<'_>,
) -> Result<(), Fault> {
    match link {
        Link::Hard { kept, file } => {
            put_hard(disk, (kept, temporary), file)?;
            still(from)?;
            disk.rename_over(temporary, from)?;
            // To rename one name of a file over another of its names does nothing, by POSIX.
            disk.clear(temporary)?;
            disk.sync_folder(folder(from))?;
            Ok(())
        }
        Link::Symbolic { kept, text } => {
            let put = || put_symbolic(disk, (kept, from), text);
            aside::destroy(disk, (from, temporary), still, &put)
        }
    }
}

fn put_hard(disk: &Disk<'_>, (kept, at): (&Path, &Path), file: FileId) -> Result<(), Fault> {
    match disk.hard_link(kept, at) {
        Err(error) if error.kind() == Some(std::io::ErrorKind::CrossesDevices) => {
            let words = "it and the kept image lie on different file systems";
            return Err(Fault::Skip(Why::OtherDisk, words.to_owned()));
        }
        other => other?,
    }
    leads(look(at)?.is_some_and(|seen| seen.id == file))
}

fn put_symbolic(disk: &Disk<'_>, (kept, at): (&Path, &Path), text: &Path) -> Result<(), Fault> {
    disk.symlink(text, at)?;
    let (through, kept) = (look_through(at)?, look_through(kept)?);
    leads(through.is_some() && through.map(|seen| seen.id) == kept.map(|seen| seen.id))
}

fn leads(there: bool) -> Result<(), Fault> {
    match there {
        true => Ok(()),
        false => {
            let words = "the kept image was replaced meanwhile";
            Err(Fault::Skip(Why::KeptChanged, words.to_owned()))
        }
    }
}

/// After an interruption on the way to a link.
pub(crate) fn settle_replace(
    disk: &Disk<'_>,
    (from, temporary): (&Path, &Path),
    link: Link<'_>,
    content: ContentId,
) -> Result<Side, Fault> {
    if let Link::Symbolic { .. } = link {
        return settle_symbolic(disk, (from, temporary), link, content);
    }
    disk.clear(temporary)?;
    let side = match look(from)? {
        None => Side::Lost("it is gone".to_owned()),
        Some(_) if link.lies_at(from)? => Side::After,
        Some(_) => Side::Before,
    };
    disk.sync_folder(folder(from))?;
    Ok(side)
}

/// What was set aside is destroyed only where the link leads to its bytes; else it is put back.
fn settle_symbolic(
    disk: &Disk<'_>,
    (from, aside): (&Path, &Path),
    link: Link<'_>,
    content: ContentId,
) -> Result<Side, Fault> {
    if !link.lies_at(from)? {
        return Ok(match aside::settle(disk, (from, aside))? {
            Side::After => Side::Lost("it is gone".to_owned()),
            other => other,
        });
    }
    if look(aside)?.is_none() {
        return Ok(Side::After);
    }
    if digest(disk, from, true)?.is_some_and(|found| found.content == content) {
        disk.remove(aside)?;
        disk.sync_folder(folder(from))?;
        return Ok(Side::After);
    }
    disk.remove(from)?;
    aside::settle(disk, (from, aside))
}

/// Whether the link is there and leads to the bytes that were in its place.
pub(crate) fn check_back(
    disk: &Disk<'_>,
    from: &Path,
    link: Link<'_>,
    content: ContentId,
) -> Result<(), Fault> {
    there(from, link)?;
    let skip = |why, words: &str| Err(Fault::Skip(why, words.to_owned()));
    match digest(disk, from, true)? {
        Some(digest) if digest.content == content => Ok(()),
        Some(_) => skip(
            Why::Changed,
            "the file that the link leads to has other bytes now",
        ),
        None => skip(
            Why::KeptGone,
            "the file that the link leads to is not there any more",
        ),
    }
}

fn there(from: &Path, link: Link<'_>) -> Result<(), Fault> {
    match link.lies_at(from)? {
        true => Ok(()),
        false => {
            let words = "the link that was put there is not there any more";
            Err(Fault::Skip(Why::Occupied, words.to_owned()))
        }
    }
}

/// The link becomes a file of its own again, with its own time, mode and owner.
pub(crate) fn restore(
    disk: &Disk<'_>,
    (from, temporary): (&Path, &Path),
    link: Link<'_>,
    content: ContentId,
    was: &Seen,
) -> Result<(), Fault> {
    copy_to(disk, from, temporary, content, was)?;
    there(from, link)?;
    disk.rename_over(temporary, from)?;
    disk.sync_folder(folder(from))?;
    Ok(())
}

/// After an interruption on the way back from a link.
pub(crate) fn settle_restore(
    disk: &Disk<'_>,
    (from, temporary): (&Path, &Path),
    link: Link<'_>,
    content: ContentId,
) -> Result<Side, Fault> {
    disk.clear(temporary)?;
    disk.sync_folder(folder(from))?;
    if link.lies_at(from)? {
        return Ok(Side::Before);
    }
    match digest(disk, from, false)? {
        Some(digest) if digest.content == content => Ok(Side::After),
        _ => Ok(Side::Lost(
            "neither the link nor the file is there".to_owned(),
        )),
    }
}
