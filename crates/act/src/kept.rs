//! The images that stay: each is looked at again right before something is removed as its copy.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::disk::{self, Disk};
use crate::error::Error;
use crate::look::{Entry, Seen, digest, entry, entry_behind, look_through};
use crate::outcome::{Fault, Why};
use crate::plan::{Copy, Decision, Plan};
use crate::shards::{Survey, survey};

/// All kept images of a plan.
pub(crate) struct Kept<'p> {
    plan: &'p Plan,
    /// What must not be removed, by whatever path it is reached.
    entries: HashSet<Entry>,
    /// The kept members of each shard that something is a copy of.
    members: HashMap<PathBuf, HashSet<Vec<u8>>>,
    /// What was found in these shards, as long as they do not change.
    shards: HashMap<PathBuf, Survey>,
}

/// A kept image that was there a moment ago.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Witness {
    /// Its file, or the shard that it is in; without symbolic links.
    pub(crate) path: PathBuf,
    pub(crate) seen: Seen,
    /// Whether it is a file of its own.
    pub(crate) is_file: bool,
}

impl Witness {
    /// Fails where it is not there any more as it was. It is opened, because what a file system over
    /// the network remembers of a file may be some seconds old.
    pub(crate) fn still(&self) -> Result<(), Fault> {
        let now = disk::open_file(&self.path, false).and_then(|file| file.metadata());
        match now.map(|now| disk::seen(&now)) {
            Ok(now) if self.seen.is_still(&now) => Ok(()),
            _ => Err(skip(Why::KeptChanged, "the kept image changed meanwhile")),
        }
    }
}

fn skip(why: Why, words: &str) -> Fault {
    Fault::Skip(why, words.to_owned())
}

impl<'p> Kept<'p> {
    pub(crate) fn of(plan: &'p Plan) -> Self {
        let mut entries = HashSet::new();
        for row in plan
            .rows
            .iter()
            .filter(|row| row.decision == Decision::Keep)
        {
            let path = plan.resolve(&row.place);
            // What cannot be looked at here is looked at again for each of its copies.
            entries.extend(entry_behind(&path).ok().flatten());
            entries.extend(entry(&path).ok().flatten());
        }
        let mut members: HashMap<PathBuf, HashSet<Vec<u8>>> = HashMap::new();
        for (_, _, copy) in plan.removals() {
            if let Some(member) = &copy.place.member {
                let of_shard = members.entry(plan.resolve(&copy.place)).or_default();
                of_shard.insert(member.clone());
            }
        }
        let shards = HashMap::new();
        Self {
            plan,
            entries,
            members,
            shards,
        }
    }

    /// Whether this entry is one that stays.
    pub(crate) fn holds(&self, entry: &Entry) -> bool {
        self.entries.contains(entry)
    }

    /// Looks whether the image is there with the bytes that the plan says.
    pub(crate) fn check(&mut self, disk: &Disk<'_>, copy: &Copy) -> Result<Witness, Fault> {
        let path = self.plan.resolve(&copy.place);
        let gone = || {
            skip(
                Why::KeptGone,
                &format!("`{}` is not there", copy.place.shown()),
            )
        };
        match &copy.place.member {
            Some(member) => self.check_member(disk, &path, member, copy),
            None => {
                let Ok(path) = fs::canonicalize(&path) else {
                    return Err(gone());
                };
                let found = digest(disk, &path, false)?.ok_or_else(gone)?;
                same(found.content == copy.content, copy)?;
                let (seen, is_file) = (found.seen, true);
                Ok(Witness {
                    path,
                    seen,
                    is_file,
                })
            }
        }
    }

    /// The same for a member of a shard, which is read once for all of its members.
    fn check_member(
        &mut self,
        disk: &Disk<'_>,
        path: &Path,
        member: &[u8],
        copy: &Copy,
    ) -> Result<Witness, Fault> {
        let now = look_through(path)?;
        let fresh = self
            .shards
            .get(path)
            .is_some_and(|survey| now.is_some_and(|now| survey.seen.is_still(&now)));
        if !fresh {
            let wanted = self.members.get(path);
            let survey = survey(disk, path, &|name| wanted.is_some_and(|w| w.contains(name)))?;
            self.shards.insert(path.to_owned(), survey);
        }
        let gone = || {
            skip(
                Why::KeptGone,
                &format!("`{}` is not there", copy.place.shown()),
            )
        };
        let survey = self.shards.get(path).ok_or_else(gone)?;
        let content = survey.contents.get(member).ok_or_else(gone)?;
        same(*content == copy.content, copy)?;
        let path = fs::canonicalize(path).map_err(|error| Error::io("find", path, error))?;
        let (seen, is_file) = (survey.seen, false);
        Ok(Witness {
            path,
            seen,
            is_file,
        })
    }
}

fn same(same: bool, copy: &Copy) -> Result<(), Fault> {
    match same {
        true => Ok(()),
        false => {
            let words = format!("`{}` has other bytes now", copy.place.shown());
            Err(skip(Why::KeptChanged, &words))
        }
    }
}
