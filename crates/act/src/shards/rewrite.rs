//! New shards without the removed members.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use lookalike_types::ContentId;

use super::pack::{Packer, unpacked};
use super::walk::{Treat, Unit, UnitKind, Visit, walk};
use super::{Survey, damaged, open, samples, survey, unchanged};
use crate::disk::{self, Disk};
use crate::error::{Error, Result};
use crate::journal::{Begin, Deed, Journal, Made};
use crate::kept::Kept;
use crate::look::{Seen, digest, look};
use crate::name::{Name, below, folder, numbered, path_of, tidied};
use crate::outcome::{Fault, Why};
use crate::plan::{Copy, Plan, PlanRow};
use crate::relocate::{Placed, Side, note_made, publish};
use crate::run::Run;

type Removal<'p> = (u64, &'p PlanRow, &'p Copy);

/// Writes a new shard below `target` for each shard of which members are removed.
pub(crate) fn rewrite(
    run: &mut Run<'_>,
    plan: &Plan,
    mut kept: Kept<'_>,
    target: &Path,
    past: &HashSet<u64>,
) -> Result<()> {
    let mut shards: BTreeMap<PathBuf, Vec<Removal<'_>>> = BTreeMap::new();
    for (number, row, copy) in plan.removals() {
        let number = number as u64;
        if row.place.member.is_some() {
            let of_shard = shards.entry(tidied(&plan.resolve(&row.place))).or_default();
            of_shard.push((number, row, copy));
        } else if !past.contains(&number) {
            let detail = "it is a file of its own, and only shards are written anew".to_owned();
            run.skip(row.place.shown(), Why::NotAMember, detail)?;
        }
    }
    let mut named: HashMap<PathBuf, HashSet<&[u8]>> = HashMap::new();
    for row in &plan.rows {
        if let Some(member) = &row.place.member {
            named
                .entry(tidied(&plan.resolve(&row.place)))
                .or_default()
                .insert(member);
        }
    }
    let none = HashSet::new();
    // Names are given to all shards, also to those that are done, so that they stay the same.
    let names = names(&shards, target);
    for (path, removals) in shards {
        let fresh: Vec<_> = removals
            .into_iter()
            .filter(|(n, ..)| !past.contains(n))
            .collect();
        let to = names.get(&path).cloned().unwrap_or_default();
        fresh.iter().for_each(|_| run.disk.next());
        if fresh.is_empty() {
            continue;
        }
        let named = named.get(&path).unwrap_or(&none);
        match shard(run, &mut kept, (&path, &to), named, &fresh) {
            Ok(()) => {}
            Err(Fault::Skip(why, detail)) => {
                for (_, row, _) in fresh {
                    run.skip(row.place.shown(), why, detail.clone())?;
                }
            }
            Err(Fault::End(error)) => return Err(error),
        }
    }
    Ok(())
}

/// Where each shard goes: below the target as it was typed, with a number where two would meet.
fn names(shards: &BTreeMap<PathBuf, Vec<Removal<'_>>>, target: &Path) -> HashMap<PathBuf, PathBuf> {
    let (mut names, mut taken) = (HashMap::new(), HashSet::new());
    for (path, removals) in shards {
        let typed = removals
            .first()
            .map(|(_, row, _)| below(&path_of(&row.place.path)));
        let to = target.join(typed.unwrap_or_default());
        let mut number = 1;
        while !taken.insert(numbered(&to, number)) {
            number += 1;
        }
        names.insert(path.clone(), numbered(&to, number));
    }
    names
}

fn shard(
    run: &mut Run<'_>,
    kept: &mut Kept<'_>,
    (path, to): (&Path, &Path),
    named: &HashSet<&[u8]>,
    removals: &[Removal<'_>],
) -> Result<(), Fault> {
    let found = survey(run.disk, path, &|name| named.contains(name))?;
    let going = going(run, kept, &found, removals)?;
    let Some((first, _)) = going.first() else {
        return Ok(());
    };
    let removed: HashSet<Vec<u8>> = going
        .iter()
        .filter_map(|(_, row)| row.place.member.clone())
        .collect();
    let all = (&found.files[..], &found.links[..]);
    let sidecars = samples::sidecars(all, &removed, &|name| named.contains(name));
    // What another member is a link to stays, or the link would lead nowhere.
    let sidecars: HashSet<_> = sidecars
        .into_iter()
        .filter(|name| !found.is_linked(name))
        .collect();
    if look(to)?.is_some() {
        return Err(occupied());
    }
    let bytes = going.iter().filter_map(|(_, row)| row.bytes).sum();
    let begin = Begin {
        step: *first,
        from: Name(path.to_owned()),
        content: None,
        was: found.seen,
        folders: Disk::missing_folders(folder(to))
            .into_iter()
            .map(Name)
            .collect(),
        deed: Deed::Rewrite {
            to: Name(to.to_owned()),
            rows: going.iter().map(|(number, _)| *number).collect(),
            sidecars: sidecars.len() as u64,
            bytes,
        },
    };
    let contents: HashMap<Vec<u8>, ContentId> = going
        .iter()
        .filter_map(|(_, row)| Some((row.place.member.clone()?, row.content)))
        .collect();
    let sift = Sift {
        contents: &contents,
        sidecars: &sidecars,
    };
    let placed = run.carry_out(begin, &mut |disk, journal, begin| {
        write(disk, journal, begin, (path, to), &sift)
    })?;
    if placed == Placed::Taken {
        return Err(occupied());
    }
    run.outcome.done += going.len() as u64;
    run.outcome.shards += 1;
    run.outcome.sidecars += sidecars.len() as u64;
    run.outcome.bytes += bytes;
    Ok(())
}

fn occupied() -> Fault {
    let words = "something of the name of its new shard is there already";
    Fault::Skip(Why::Occupied, words.to_owned())
}

/// The removals that hold: the member is what the plan says, and so is what it is a copy of.
fn going<'p>(
    run: &mut Run<'_>,
    kept: &mut Kept<'_>,
    found: &Survey,
    removals: &[Removal<'p>],
) -> Result<Vec<(u64, &'p PlanRow)>, Fault> {
    let mut going = Vec::new();
    for (number, row, copy) in removals {
        let member = row.place.member.as_deref().unwrap_or_default();
        let wrong = match found.contents.get(member) {
            None => Some((Why::Gone, "it is not in its shard any more".to_owned())),
            Some(content) if *content != row.content => Some((
                Why::Changed,
                "its bytes are not those of the plan".to_owned(),
            )),
            Some(_) if found.is_linked(member) => Some((
                Why::LinkedTo,
                "another member of its shard is a link to it".to_owned(),
            )),
            Some(_) => match kept.check(run.disk, copy) {
                Ok(_) => None,
                Err(Fault::Skip(why, detail)) => Some((why, detail)),
                Err(end) => return Err(end),
            },
        };
        match wrong {
            None => going.push((*number, *row)),
            Some((why, detail)) => run.skip(row.place.shown(), why, detail)?,
        }
    }
    Ok(going)
}

/// What goes: images with what their bytes must be, and what goes with them.
struct Sift<'a> {
    contents: &'a HashMap<Vec<u8>, ContentId>,
    sidecars: &'a HashSet<Vec<u8>>,
}

fn write(
    disk: &Disk<'_>,
    journal: &mut Journal,
    begin: &Begin,
    (path, to): (&Path, &Path),
    sift: &Sift<'_>,
) -> Result<Placed, Fault> {
    disk.make_folder(folder(to))?;
    let (mut source, seen) = open(path)?;
    if !begin.was.is_still(&seen) {
        return Err(damaged("it changed since it was checked"));
    }
    let temporary = journal.temporary(to, begin.step);
    let file = disk.create(&temporary)?;
    let failed = |error| Error::io("write", &temporary, error);
    let hasher = blake3::Hasher::new();
    let packer = Packer::new(path, Out { file, hasher }).map_err(failed)?;
    let mut strain = Strain {
        disk,
        path: &temporary,
        packer,
        sift,
        left: sift.contents.len(),
    };
    walk(&mut *unpacked(path, &mut source)?, &mut strain)?;
    unchanged(path, &source, &seen)?;
    if strain.left > 0 {
        return Err(damaged(
            "it has not all the members that were there a moment ago",
        ));
    }
    let out = strain.packer.finish().map_err(failed)?;
    let now = out.file.metadata().map_err(failed)?;
    let (mtime_s, mtime_ns) = (disk::seen(&now).mtime_s, disk::seen(&now).mtime_ns);
    disk.stamp(
        &out.file,
        &temporary,
        &Seen {
            mtime_s,
            mtime_ns,
            ..seen
        },
    )?;
    disk.sync(&out.file, &temporary)?;
    let content = ContentId::from_bytes(*out.hasher.finalize().as_bytes());
    note_made(disk, journal, begin.step, disk::seen(&now), content)?;
    publish(disk, &temporary, to)
}

/// After an interruption while a shard was written.
pub(crate) fn settle(
    disk: &Disk<'_>,
    (to, temporary): (&Path, &Path),
    made: Option<Made>,
) -> Result<Side, Fault> {
    disk.clear(temporary)?;
    let found = digest(disk, to, false)?;
    let ours = found.is_some_and(|found| made.is_some_and(|made| made.content.0 == found.content));
    disk.sync_folder(folder(to))?;
    Ok(if ours { Side::After } else { Side::Before })
}

/// A new file and the digest of what was written to it.
struct Out {
    file: File,
    hasher: blake3::Hasher,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Lets through what stays.
struct Strain<'a> {
    disk: &'a Disk<'a>,
    path: &'a Path,
    packer: Packer<Out>,
    sift: &'a Sift<'a>,
    /// Removed images that were not met yet.
    left: usize,
}

impl Visit for Strain<'_> {
    fn treat(&mut self, unit: &Unit) -> Result<Treat, Fault> {
        self.disk.ask("write", self.path)?;
        let goes = unit.kind == UnitKind::File && self.sift.contents.contains_key(&unit.name);
        let beside = unit.kind == UnitKind::File && self.sift.sidecars.contains(&unit.name);
        Ok(Treat {
            keep: !goes && !beside,
            hash: goes,
        })
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let written = self.packer.write_all(bytes);
        written.map_err(|error| Error::io("write", self.path, error).into())
    }

    fn hashed(&mut self, unit: &Unit, content: ContentId) -> Result<(), Fault> {
        self.left -= 1;
        match self.sift.contents.get(&unit.name) {
            Some(wanted) if *wanted == content => Ok(()),
            _ => Err(damaged("a member changed while it was read")),
        }
    }
}
