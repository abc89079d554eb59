//! One step: doing it, taking it back, and finding out after an interruption how far it came.

use std::path::Path;

use crate::disk::Disk;
use crate::error::Error;
use crate::journal::{Begin, Deed, Journal, State};
use crate::links::{self, Link};
use crate::look::{Kind, Seen, digest, look, look_through};
use crate::name::folder;
use crate::outcome::{Fault, Why};
use crate::relocate::{self, Placed, Side, Way};
use crate::{aside, disk, shards, trash};

/// Asked right before the call that matters: is the file, which lies at this path now, still what was
/// checked, and what it is a copy of too?
pub(crate) type Still<'a> = &'a dyn Fn(&Path) -> Result<(), Fault>;

fn skip<T>(why: Why, words: &str) -> Result<T, Fault> {
    Err(Fault::Skip(why, words.to_owned()))
}

impl Begin {
    fn content(&self) -> Result<lookalike_types::ContentId, Fault> {
        match self.content {
            Some(content) => Ok(content.0),
            None => skip(Why::Changed, "the journal does not say what its bytes are"),
        }
    }

    /// The way into the new place; only what is moved for good may be copied.
    fn way<'a>(&'a self, to: &'a Path) -> Result<Way<'a>, Fault> {
        Ok(Way {
            step: self.step,
            from: &self.from.0,
            to,
            content: self.content()?,
            was: &self.was,
            copies: matches!(self.deed, Deed::Move { .. }),
        })
    }

    fn way_back<'a>(&'a self, to: &'a Path) -> Result<Way<'a>, Fault> {
        Ok(Way {
            from: to,
            to: &self.from.0,
            copies: true,
            ..self.way(to)?
        })
    }
}

/// Does what was begun. Shards are written by [`shards::rewrite`].
pub(crate) fn perform(
    disk: &Disk<'_>,
    journal: &mut Journal,
    begin: &Begin,
    still: Still<'_>,
) -> Result<Placed, Fault> {
    let from = &begin.from.0;
    match &begin.deed {
        Deed::Move { to } => {
            disk.make_folder(folder(&to.0))?;
            relocate::relocate(disk, journal, &begin.way(&to.0)?, still)
        }
        Deed::Trash { to, info, text } => {
            trash::throw(disk, journal, &begin.way(&to.0)?, (&info.0, text), still)
        }
        Deed::Delete { .. } => {
            let aside = journal.temporary(from, begin.step);
            aside::destroy(disk, (from, &aside), still, &|| Ok(()))?;
            Ok(Placed::Done)
        }
        deed @ (Deed::Hardlink { .. } | Deed::Symlink { .. }) => {
            let temporary = journal.temporary(from, begin.step);
            if let Some(link) = Link::of(deed) {
                links::replace(disk, (from, &temporary), link, still)?;
            }
            Ok(Placed::Done)
        }
        Deed::Rewrite { .. } => skip(Why::Shard, "a shard is not written anew in this way"),
    }
}

/// After an interruption on the way there.
pub(crate) fn settle(disk: &Disk<'_>, journal: &Journal, state: &State) -> Result<Side, Fault> {
    let begin = &state.begin;
    let from = &begin.from.0;
    match &begin.deed {
        Deed::Move { to } => relocate::settle(disk, journal, &begin.way(&to.0)?, state.made),
        Deed::Trash { to, info, text } => {
            trash::settle_throw(disk, journal, &begin.way(&to.0)?, (&info.0, text))
        }
        Deed::Delete { .. } => {
            let aside = journal.temporary(from, begin.step);
            aside::settle(disk, (from, &aside))
        }
        deed @ (Deed::Hardlink { .. } | Deed::Symlink { .. }) => {
            let temporary = journal.temporary(from, begin.step);
            match Link::of(deed) {
                Some(link) => {
                    links::settle_replace(disk, (from, &temporary), link, begin.content()?)
                }
                None => Ok(Side::Before),
            }
        }
        Deed::Rewrite { to, .. } => {
            let temporary = journal.temporary(&to.0, begin.step);
            shards::settle(disk, (&to.0, &temporary), state.made)
        }
    }
}

/// Whether the step can be taken back as things are now; what is to be put back, as it is seen.
pub(crate) fn check_back(disk: &Disk<'_>, state: &State) -> Result<Option<Seen>, Fault> {
    let begin = &state.begin;
    match &begin.deed {
        Deed::Move { to } | Deed::Trash { to, .. } => {
            let Some(found) = digest(disk, &to.0, false)? else {
                return skip(Why::Gone, "it is not where it was put any more");
            };
            if found.content != begin.content()? {
                return skip(Why::Changed, "it was changed where it was put");
            }
            if look(&begin.from.0)?.is_some() {
                return skip(Why::Occupied, "something else is in its place now");
            }
            Ok(Some(found.seen))
        }
        Deed::Delete { kept } => skip(
            Why::Deleted,
            &format!("it was deleted for good; it was a copy of `{kept}`"),
        ),
        deed @ (Deed::Hardlink { .. } | Deed::Symlink { .. }) => {
            if let Some(link) = Link::of(deed) {
                links::check_back(disk, &begin.from.0, link, begin.content()?)?;
            }
            Ok(None)
        }
        Deed::Rewrite { to, .. } => {
            let source = look_through(&begin.from.0)?;
            if !source.is_some_and(|now| begin.was.has_bytes_like(&now)) {
                return skip(
                    Why::KeptGone,
                    "the shard that it was written from is not there any more as it was, so this one may be all that is left",
                );
            }
            let found = digest(disk, &to.0, false)?;
            match (found, state.made) {
                (None, _) => skip(Why::Gone, "the new shard is not there any more"),
                (Some(found), Some(made)) if found.content == made.content.0 => {
                    Ok(Some(found.seen))
                }
                _ => skip(
                    Why::Changed,
                    "the new shard was changed since it was written",
                ),
            }
        }
    }
}

/// Takes the step back.
pub(crate) fn revert(disk: &Disk<'_>, journal: &mut Journal, state: &State) -> Result<(), Fault> {
    let begin = &state.begin;
    let from = &begin.from.0;
    let seen = check_back(disk, state)?;
    let still_at = |path: &Path| match look(path)? {
        Some(now) if seen.is_some_and(|seen| seen.is_still(&now)) => Ok(()),
        _ => skip(Why::Changed, "it was changed while it was put back"),
    };
    match &begin.deed {
        Deed::Move { to } | Deed::Trash { to, .. } => {
            disk.make_folder(folder(from))?;
            let way = begin.way_back(&to.0)?;
            let placed = match &begin.deed {
                Deed::Trash { info, text, .. } => {
                    trash::restore(disk, journal, &way, (&info.0, text), &still_at)?
                }
                _ => relocate::relocate(disk, journal, &way, &still_at)?,
            };
            match placed {
                Placed::Done => stamp(disk, begin),
                Placed::Taken => skip(Why::Occupied, "something else is in its place now"),
            }
        }
        Deed::Delete { .. } => Ok(()),
        deed @ (Deed::Hardlink { .. } | Deed::Symlink { .. }) => {
            let temporary = journal.temporary(from, begin.step);
            match Link::of(deed) {
                Some(link) => {
                    let files = (from.as_path(), temporary.as_path());
                    links::restore(disk, files, link, begin.content()?, &begin.was)
                }
                None => Ok(()),
            }
        }
        Deed::Rewrite { to, .. } => {
            still_at(&to.0)?;
            disk.remove(&to.0)?;
            disk.sync_folder(folder(&to.0))?;
            Ok(())
        }
    }
}

/// After an interruption on the way back.
pub(crate) fn settle_back(
    disk: &Disk<'_>,
    journal: &Journal,
    state: &State,
) -> Result<Side, Fault> {
    let begin = &state.begin;
    let from = &begin.from.0;
    let side = match &begin.deed {
        Deed::Move { to } => {
            relocate::settle(disk, journal, &begin.way_back(&to.0)?, state.unmade)?
        }
        Deed::Trash { to, info, text } => {
            let (way, info) = (begin.way_back(&to.0)?, (info.0.as_path(), text.as_str()));
            trash::settle_restore(disk, journal, &way, info, state.unmade)?
        }
        Deed::Delete { .. } => Side::Before,
        deed @ (Deed::Hardlink { .. } | Deed::Symlink { .. }) => {
            let temporary = journal.temporary(from, begin.step);
            match Link::of(deed) {
                Some(link) => {
                    let files = (from.as_path(), temporary.as_path());
                    links::settle_restore(disk, files, link, begin.content()?)?
                }
                None => Side::Before,
            }
        }
        Deed::Rewrite { to, .. } => match look(&to.0)? {
            Some(_) => Side::Before,
            None => Side::After,
        },
    };
    if side == Side::After && matches!(begin.deed, Deed::Move { .. } | Deed::Trash { .. }) {
        stamp(disk, begin)?;
    }
    Ok(side)
}

/// Time and mode as they were, where somebody changed them meanwhile.
fn stamp(disk: &Disk<'_>, begin: &Begin) -> Result<(), Fault> {
    let path = &begin.from.0;
    let changed =
        look(path)?.filter(|now| now.kind == Kind::File && !now.is_stamped_like(&begin.was));
    if changed.is_some() {
        let file = disk::open_file(path, false);
        let file = file.map_err(|error| Error::io("open", path, error))?;
        disk.stamp(&file, path, &begin.was)?;
        disk.sync(&file, path)?;
    }
    Ok(())
}
