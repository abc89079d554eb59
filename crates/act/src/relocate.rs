//! Giving a file another place, without ever overwriting one, and finding out after a crash on
//! which side it is.

use std::path::Path;

use lookalike_types::ContentId;

use crate::deed::Still;
use crate::disk::{self, Disk, Renamed};
use crate::error::Error;
use crate::journal::{Event, Hex, Journal, Made};
use crate::look::{Kind, Seen, digest, each_chunk, entry, look};
use crate::name::folder;
use crate::outcome::{Fault, Why};

/// What came of an attempt to take a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    Done,
    /// Something has that name, and nothing was changed.
    Taken,
}

/// On which side of a step the files are after an interruption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Side {
    /// As if it had never begun.
    Before,
    /// As if it had been done to its end.
    After,
    /// On neither: somebody else was here meanwhile.
    Lost(String),
}

/// From where to where.
pub(crate) struct Way<'a> {
    pub(crate) step: u64,
    pub(crate) from: &'a Path,
    pub(crate) to: &'a Path,
    pub(crate) content: ContentId,
    /// Time, mode and owner that it has there.
    pub(crate) was: &'a Seen,
    /// Whether it may be copied where it cannot be renamed.
    pub(crate) copies: bool,
}

/// Moves the file, after a last question whether it is `still` what was checked.
pub(crate) fn relocate(
    disk: &Disk<'_>,
    journal: &mut Journal,
    way: &Way<'_>,
    still: Still<'_>,
) -> Result<Placed, Fault> {
    still(way.from)?;
    match give_name(disk, way.from, way.to)? {
        Renamed::Done => {}
        Renamed::Taken => return Ok(Placed::Taken),
        Renamed::OtherDisk if way.copies => return copy(disk, journal, way, still),
        Renamed::OtherDisk | Renamed::Unknown => {
            let words = "it would have to be copied to another file system";
            return Err(Fault::Skip(Why::OtherDisk, words.to_owned()));
        }
    }
    disk.sync_folder(folder(way.to))?;
    disk.sync_folder(folder(way.from))?;
    Ok(Placed::Done)
}

/// The file at `from` gets the name `to`, if it is free: by one call, or where the system has none
/// by a second name and the removal of the first.
pub(crate) fn give_name(disk: &Disk<'_>, from: &Path, to: &Path) -> Result<Renamed, Error> {
    match disk.rename_new(from, to)? {
        Renamed::Unknown => {}
        known => return Ok(known),
    }
    match disk.hard_link(from, to) {
        Ok(()) => {}
        Err(error) if error.is_taken() => return Ok(Renamed::Taken),
        Err(error) if error.kind() == Some(std::io::ErrorKind::CrossesDevices) => {
            return Ok(Renamed::OtherDisk);
        }
        Err(error) => return Err(error),
    }
    disk.sync_folder(folder(to))?;
    disk.remove(from)?;
    Ok(Renamed::Done)
}

/// Copies the file under a temporary name, gives it its own when it is whole, removes the first.
fn copy(
    disk: &Disk<'_>,
    journal: &mut Journal,
    way: &Way<'_>,
    still: Still<'_>,
) -> Result<Placed, Fault> {
    let temporary = journal.temporary(way.to, way.step);
    let made = copy_to(disk, way.from, &temporary, way.content, way.was)?;
    note_made(disk, journal, way.step, made, way.content)?;
    if publish(disk, &temporary, way.to)? == Placed::Taken {
        return Ok(Placed::Taken);
    }
    still(way.from)?;
    disk.remove(way.from)?;
    disk.sync_folder(folder(way.from))?;
    Ok(Placed::Done)
}

/// Gives a complete file its own name, if that is free; else removes it.
pub(crate) fn publish(disk: &Disk<'_>, temporary: &Path, to: &Path) -> Result<Placed, Fault> {
    match give_name(disk, temporary, to)? {
        Renamed::Done => {
            disk.sync_folder(folder(to))?;
            Ok(Placed::Done)
        }
        Renamed::Taken => {
            disk.remove(temporary)?;
            Ok(Placed::Taken)
        }
        Renamed::OtherDisk | Renamed::Unknown => {
            let words = "its new folder lies on two file systems at once";
            Err(Fault::Skip(Why::OtherDisk, words.to_owned()))
        }
    }
}

/// Notes that a copy is complete, before it gets its name.
pub(crate) fn note_made(
    disk: &Disk<'_>,
    journal: &mut Journal,
    step: u64,
    made: Seen,
    content: ContentId,
) -> Result<(), Error> {
    let (file, content) = (made.id, Hex(content));
    journal.note(
        disk,
        Event::Made(Made {
            step,
            file,
            content,
        }),
        true,
    )
}

/// A new file at `to` with the bytes of `from`, whose digest must be `content`, and with time, mode
/// and owner of `was`; down for good when this returns.
pub(crate) fn copy_to(
    disk: &Disk<'_>,
    from: &Path,
    to: &Path,
    content: ContentId,
    was: &Seen,
) -> Result<Seen, Fault> {
    let source = disk::open_file(from, true);
    let mut source = source.map_err(|error| Error::io("read", from, error))?;
    let mut target = disk.create(to)?;
    let mut hasher = blake3::Hasher::new();
    each_chunk(disk, &mut source, from, |chunk| {
        hasher.update(chunk);
        disk.write(&mut target, to, chunk)
    })?;
    if hasher.finalize().as_bytes() != content.as_bytes() {
        let words = "its bytes changed while it was copied";
        return Err(Fault::Skip(Why::Changed, words.to_owned()));
    }
    disk.stamp(&target, to, was)?;
    disk.sync(&target, to)?;
    disk.sync_folder(folder(to))?;
    let made = target
        .metadata()
        .map_err(|error| Error::io("look at", to, error))?;
    Ok(disk::seen(&made))
}

/// After an interruption: finishes what can be finished, takes back the rest.
pub(crate) fn settle(
    disk: &Disk<'_>,
    journal: &Journal,
    way: &Way<'_>,
    made: Option<Made>,
) -> Result<Side, Fault> {
    disk.clear(&journal.temporary(way.to, way.step))?;
    let file = |seen: Option<Seen>| seen.filter(|seen| seen.kind == Kind::File);
    let (from, to) = (look(way.from)?, file(look(way.to)?));
    let holds = |path: &Path| match digest(disk, path, false) {
        Ok(digest) => Ok(digest.is_some_and(|digest| digest.content == way.content)),
        Err(fault) => Err(fault),
    };
    let side = match (from, to) {
        (None, Some(_)) if holds(way.to)? => Side::After,
        (None, _) => Side::Lost("it is neither where it was nor where it was to go".to_owned()),
        // Not by the disk of the copy: it may be mounted under another number meanwhile.
        (Some(from), Some(to))
            if from.id == to.id || made.is_some_and(|made| made.file.ino == to.id.ino) =>
        {
            both(disk, way, from, to, holds(way.from)?, holds(way.to)?)?
        }
        // The very file lies there, and what lies here came later.
        (Some(from), Some(to))
            if to.id.ino == way.was.id.ino
                && from.id.ino != to.id.ino
                && holds(way.to)?
                && !holds(way.from)? =>
        {
            Side::After
        }
        (Some(_), _) => Side::Before,
    };
    disk.sync_folder(folder(way.to))?;
    disk.sync_folder(folder(way.from))?;
    Ok(side)
}

/// Both names are there, and the second is of our making.
fn both(
    disk: &Disk<'_>,
    way: &Way<'_>,
    from: Seen,
    to: Seen,
    from_holds: bool,
    to_holds: bool,
) -> Result<Side, Fault> {
    if entry(way.from)? == entry(way.to)? {
        return Ok(Side::Before);
    }
    if to_holds && (from.id == to.id || from_holds) {
        return match disk.remove(way.from) {
            Ok(()) => Ok(Side::After),
            // In a folder that may not be written: it stays, and the copy of it goes.
            Err(Error::Io { .. }) if look(way.from)?.is_some_and(|now| from.is_still(&now)) => {
                disk.remove(way.to)?;
                Ok(Side::Before)
            }
            Err(error) => Err(error.into()),
        };
    }
    if to_holds {
        // The first has other bytes since: it stays, and the copy of what it was goes.
        disk.remove(way.to)?;
    }
    Ok(Side::Before)
}
