//! Tar shards: what is in them, and new ones without some of their members.
//!
//! A shard is read block by block, and what stays is written as it was read: headers, extended
//! headers, data, padding. Nothing is encoded anew but the packing around it.

mod names;
mod pack;
mod rewrite;
mod samples;
mod walk;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::Path;

use lookalike_types::ContentId;

use crate::disk::{self, Disk};
use crate::error::Error;
use crate::look::{Kind, Seen};
use crate::outcome::{Fault, Why};
use walk::{Treat, Unit, UnitKind, Visit, walk};

pub(crate) use rewrite::{rewrite, settle};

/// What was found in a shard that did not change while it was read.
pub(crate) struct Survey {
    pub(crate) seen: Seen,
    /// The members that were asked for.
    pub(crate) contents: HashMap<Vec<u8>, ContentId>,
    /// The names of all members that are files, in their order.
    files: Vec<Vec<u8>>,
    /// The names of all members that are links.
    links: Vec<Vec<u8>>,
    /// Where these lead to, as [`names::unpacked`].
    linked: HashSet<Vec<u8>>,
}

impl Survey {
    /// Whether a link in the shard would lead nowhere, or to something else, without this member.
    fn is_linked(&self, member: &[u8]) -> bool {
        self.linked.contains(&names::unpacked(member))
    }
}

/// Reads a shard to its end.
///
/// # Errors
/// A skip, where it is not there, is no shard, is damaged, or changed while it was read.
pub(crate) fn survey(
    disk: &Disk<'_>,
    path: &Path,
    wanted: &dyn Fn(&[u8]) -> bool,
) -> Result<Survey, Fault> {
    disk.ask("read", path)?;
    let (mut file, seen) = open(path)?;
    let mut look = Look {
        disk,
        path,
        wanted,
        contents: HashMap::new(),
        files: Vec::new(),
        links: Vec::new(),
        linked: HashSet::new(),
    };
    walk(&mut *pack::unpacked(path, &mut file)?, &mut look)?;
    unchanged(path, &file, &seen)?;
    Ok(Survey {
        seen,
        contents: look.contents,
        files: look.files,
        links: look.links,
        linked: look.linked,
    })
}

fn open(path: &Path) -> Result<(File, Seen), Fault> {
    let refused = |error| Fault::Skip(Why::Shard, format!("its shard cannot be read: {error}"));
    let file = disk::open_file(path, true).map_err(refused)?;
    let seen = disk::seen(&file.metadata().map_err(refused)?);
    match seen.kind {
        Kind::File => Ok((file, seen)),
        _ => Err(damaged("it is no regular file")),
    }
}

fn unchanged(path: &Path, file: &File, before: &Seen) -> Result<(), Fault> {
    let now = file
        .metadata()
        .map_err(|error| Error::io("look at", path, error))?;
    match before.is_still(&disk::seen(&now)) {
        true => Ok(()),
        false => Err(damaged("it changed while it was read")),
    }
}

fn damaged(why: impl std::fmt::Display) -> Fault {
    Fault::Skip(Why::Shard, format!("its shard cannot be used: {why}"))
}

/// Takes down what is in a shard.
struct Look<'a> {
    disk: &'a Disk<'a>,
    path: &'a Path,
    wanted: &'a dyn Fn(&[u8]) -> bool,
    contents: HashMap<Vec<u8>, ContentId>,
    files: Vec<Vec<u8>>,
    links: Vec<Vec<u8>>,
    linked: HashSet<Vec<u8>>,
}

impl Visit for Look<'_> {
    fn treat(&mut self, unit: &Unit) -> Result<Treat, Fault> {
        self.disk.ask("read", self.path)?;
        let mut hash = false;
        match &unit.kind {
            UnitKind::File => {
                self.files.push(unit.name.clone());
                hash = (self.wanted)(&unit.name);
            }
            UnitKind::HardLink(target) => {
                self.links.push(unit.name.clone());
                self.linked.insert(names::unpacked(target));
            }
            UnitKind::SymbolicLink(text) => {
                self.links.push(unit.name.clone());
                self.linked.insert(names::behind(&unit.name, text));
            }
            UnitKind::Other => {}
        }
        Ok(Treat { keep: false, hash })
    }

    fn hashed(&mut self, unit: &Unit, content: ContentId) -> Result<(), Fault> {
        self.contents.insert(unit.name.clone(), content);
        Ok(())
    }
}
