//! Carries out a plan, file by file.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lookalike_types::PairKind;

use crate::action::{Action, Options, Step};
use crate::deed;
use crate::disk::Disk;
use crate::error::{Error, Result};
use crate::journal::{Begin, Deed, Header, Hex, Journal, Phase};
use crate::kept::{Kept, Witness};
use crate::look::{Kind, Seen, digest, entry, look, real};
use crate::name::{Name, folder, numbered, shown};
use crate::outcome::{Fault, Outcome, Why};
use crate::plan::{Copy, Plan, PlanRow};
use crate::relocate::Placed;
use crate::run::{Run, rows_in};
use crate::{links, shards, trash};

/// Carries out the plan. Before each file its bytes and those of the kept image that it is a copy
/// of are compared with the plan; what changed, vanished or would be the last of its kind is left
/// alone, and the outcome says why. Nothing is ever overwritten.
///
/// Symbolic links are left alone: to remove one frees nothing. Members of shards are left alone by
/// all actions but `rewrite`, and files by that one.
///
/// Every step is noted in the file at `journal` before and after it is done. Where that file is there
/// already, it must be of the same plan and action; then what an interrupted run has left
/// half-done is finished or taken back, what is done is not done again, and the rest is tried.
/// [`undo`](crate::undo()) takes it back.
///
/// # Errors
/// [`Error::Row`] and [`Error::Foreign`] where the plan contradicts itself, [`Error::Action`] for
/// `list`, [`Error::NoTrash`], [`Error::OtherJournal`], [`Error::Journal`] or [`Error::Locked`] where
/// the journal cannot be used, [`Error::Stopped`] where `progress` broke off, and what the system refuses
/// for more than one file. Whatever comes, calling it again goes on.
pub fn apply(
    plan: &Plan,
    action: &Action,
    journal: &Path,
    options: &Options,
    progress: &dyn Fn(Step<'_>) -> ControlFlow<()>,
) -> Result<Outcome> {
    apply_on(Disk::new(progress), plan, action, journal, options)
        .map_err(|error| error.with_journal(journal))
}

pub(crate) fn apply_on(
    mut disk: Disk<'_>,
    plan: &Plan,
    action: &Action,
    path: &Path,
    options: &Options,
) -> Result<Outcome> {
    plan.check()?;
    let action = offered(action)?;
    let header = Header::new(plan, &action);
    let (mut journal, mut peeked) = (None, None);
    if options.dry_run {
        peeked = Journal::peek(path, &header)?;
    } else {
        journal = Some(Journal::resume(&disk, path, header)?);
    }
    disk.expect(plan.removals().count() as u64);
    let mut run = Run {
        disk: &disk,
        journal,
        outcome: Outcome {
            action: action.as_str().to_owned(),
            target: action.target().map(shown),
            dry_run: options.dry_run,
            journal: (!options.dry_run).then(|| shown(path)),
            planned: plan.removals().count() as u64,
            ..Outcome::default()
        },
    };
    run.recover(true)?;
    let steps = match (&run.journal, &mut peeked) {
        (Some(journal), _) => Some(&journal.steps),
        (None, Some(steps)) => Some(&*steps),
        (None, None) => None,
    };
    let rows = |phases: &[Phase]| {
        steps
            .map(|steps| rows_in(steps, phases))
            .unwrap_or_default()
    };
    let (done, open) = (rows(&[Phase::Done]), rows(&[Phase::Begun, Phase::Undoing]));
    run.outcome.earlier = done.len() as u64;
    let past: HashSet<u64> = done.into_iter().chain(open).collect();
    let kept = Kept::of(plan);
    if let Action::Rewrite(target) = &action {
        shards::rewrite(&mut run, plan, kept, target, &past)?;
    } else {
        let names = HashMap::new();
        let job = Job {
            plan,
            action: &action,
            options,
            kept,
            names,
        };
        files(&mut run, job, &past)?;
    }
    if let Some(journal) = &run.journal {
        journal.flush()?;
    }
    Ok(run.outcome)
}

/// The action with an absolute target, if this system offers it.
fn offered(action: &Action) -> Result<Action> {
    match action {
        Action::List => Err(Error::Action {
            text: "list".to_owned(),
            why: "a list is only read, there is nothing to carry out",
        }),
        Action::Trash if cfg!(any(not(unix), target_vendor = "apple")) => Err(Error::NoTrash),
        action => action.anchored(),
    }
}

/// What is the same for all files of a run.
struct Job<'a> {
    plan: &'a Plan,
    action: &'a Action,
    options: &'a Options,
    kept: Kept<'a>,
    /// The last number that a taken name was given.
    names: HashMap<PathBuf, u32>,
}

fn files(run: &mut Run<'_>, mut job: Job<'_>, past: &HashSet<u64>) -> Result<()> {
    for (number, row, copy) in job.plan.removals() {
        run.disk.next();
        if past.contains(&(number as u64)) {
            continue;
        }
        match job.file(run, number as u64, row, copy) {
            Ok(()) => {}
            Err(Fault::Skip(why, detail)) => run.skip(row.place.shown(), why, detail)?,
            Err(Fault::End(error)) => return Err(error),
        }
    }
    Ok(())
}

fn skip<T>(why: Why, words: &str) -> Result<T, Fault> {
    Err(Fault::Skip(why, words.to_owned()))
}

/// A file that may be removed: it and what it is a copy of were there a moment ago.
struct Candidate {
    /// Without symbolic links in its folders.
    from: PathBuf,
    seen: Seen,
    witness: Witness,
}

impl Candidate {
    /// Whether both are still what they were; this one lies at `at` now.
    fn still(&self, at: &Path) -> Result<(), Fault> {
        self.witness.still()?;
        match look(at)? {
            Some(now) if self.seen.is_still(&now) => Ok(()),
            Some(_) => skip(Why::Changed, "it changed meanwhile"),
            None => skip(Why::Gone, "it is gone"),
        }
    }
}

impl Job<'_> {
    fn file(
        &mut self,
        run: &mut Run<'_>,
        step: u64,
        row: &PlanRow,
        copy: &Copy,
    ) -> Result<(), Fault> {
        let found = self.candidate(run.disk, row, copy)?;
        let frees = found.seen.links <= 1
            && matches!(
                self.action,
                Action::Delete | Action::Hardlink | Action::Symlink
            );
        let begin = |deed: Deed, folders: Vec<PathBuf>| Begin {
            step,
            from: Name(found.from.clone()),
            content: Some(Hex(row.content)),
            was: found.seen,
            folders: folders.into_iter().map(Name).collect(),
            deed,
        };
        match self.action {
            Action::Move(target) => {
                let to = target.join(row.target());
                self.take_name(run, &found, to, &begin)?;
            }
            Action::Trash => self.throw(run, &found, &begin)?,
            _ => {
                let deed = self.deed(&found, copy)?;
                do_it(run, &found, begin(deed, Vec::new()))?;
            }
        }
        run.outcome.done += 1;
        run.outcome.bytes += found.seen.bytes;
        run.outcome.freed_bytes += if frees { found.seen.bytes } else { 0 };
        Ok(())
    }

    fn candidate(
        &mut self,
        disk: &Disk<'_>,
        row: &PlanRow,
        copy: &Copy,
    ) -> Result<Candidate, Fault> {
        if row.place.member.is_some() {
            return skip(
                Why::Member,
                "it is in a shard, and shards are never changed",
            );
        }
        let links = matches!(self.action, Action::Hardlink | Action::Symlink);
        if links && copy.kind != PairKind::Identical {
            return skip(
                Why::NotIdentical,
                "its bytes are not those of the kept image",
            );
        }
        if links && copy.place.member.is_some() {
            return skip(
                Why::Member,
                "the kept image is in a shard, where no link leads",
            );
        }
        let path = self.plan.resolve(&row.place);
        let Some(seen) = look(&path)? else {
            return skip(Why::Gone, "it is not there any more");
        };
        match seen.kind {
            Kind::File => {}
            Kind::Link => return skip(Why::Link, "it is a symbolic link"),
            Kind::Folder | Kind::Other => return skip(Why::NotAFile, "it is no regular file"),
        }
        let from = real(&path)?;
        let here = entry(&from)?;
        if here.is_some_and(|here| self.kept.holds(&here)) {
            return skip(Why::LastCopy, "it is a kept image, reached by another path");
        }
        let found = digest(disk, &from, false)?;
        let Some(found) = found.filter(|found| found.content == row.content) else {
            return skip(Why::Changed, "its bytes are not those of the plan");
        };
        let witness = self.kept.check(disk, copy)?;
        if witness.is_file && witness.seen.id == found.seen.id {
            if found.seen.links < 2 {
                return skip(Why::LastCopy, "it and the kept image are one file");
            }
            if links {
                return skip(Why::SameFile, "it and the kept image are one file already");
            }
        }
        let seen = found.seen;
        Ok(Candidate {
            from,
            seen,
            witness,
        })
    }

    /// What is done in place.
    fn deed(&self, found: &Candidate, copy: &Copy) -> Result<Deed, Fault> {
        let kept = || Name(found.witness.path.clone());
        Ok(match self.action {
            Action::Hardlink if found.witness.seen.id.dev != found.seen.id.dev => {
                return skip(
                    Why::OtherDisk,
                    "it and the kept image lie on different file systems",
                );
            }
            Action::Hardlink => Deed::Hardlink {
                kept: kept(),
                file: found.witness.seen.id,
            },
            Action::Symlink => Deed::Symlink {
                kept: kept(),
                text: Name(links::text(
                    &found.from,
                    &found.witness.path,
                    &self.plan.root,
                )),
            },
            _ => Deed::Delete {
                kept: copy.place.shown(),
            },
        })
    }

    /// Moves the file to the first of `to`, `to (2)`, … that is free.
    fn take_name(
        &mut self,
        run: &mut Run<'_>,
        found: &Candidate,
        to: PathBuf,
        begin: &dyn Fn(Deed, Vec<PathBuf>) -> Begin,
    ) -> Result<(), Fault> {
        let mut number = self.names.get(&to).map_or(1, |last| last + 1);
        loop {
            let name = numbered(&to, number);
            if look(&name)?.is_none() {
                let folders = Disk::missing_folders(folder(&name));
                let deed = Deed::Move { to: Name(name) };
                if do_it(run, found, begin(deed, folders))? == Placed::Done {
                    break;
                }
            } else if entry(&name)? == entry(&found.from)? {
                return skip(Why::AlreadyThere, "it is where it would go");
            }
            number += 1;
        }
        run.outcome.renamed += u64::from(number > 1);
        self.names.insert(to, number);
        Ok(())
    }

    fn throw(
        &mut self,
        run: &mut Run<'_>,
        found: &Candidate,
        begin: &dyn Fn(Deed, Vec<PathBuf>) -> Begin,
    ) -> Result<(), Fault> {
        let bin = trash::bin(&found.from, &found.seen, self.options)?;
        if run.journal.is_some() {
            bin.prepare(run.disk)?;
        }
        let name = bin.folder.join(found.from.file_name().unwrap_or_default());
        let mut number = self.names.get(&name).map_or(1, |last| last + 1);
        loop {
            let (deed, taken) = bin.deed(&found.from, number)?;
            if do_it(run, found, begin(deed, Vec::new()))? == Placed::Done {
                self.names.insert(name, taken);
                return Ok(());
            }
            number = taken + 1;
        }
    }
}

fn do_it(run: &mut Run<'_>, found: &Candidate, begin: Begin) -> Result<Placed, Fault> {
    run.carry_out(begin, &mut |disk, journal, begin| {
        deed::perform(disk, journal, begin, &|at| found.still(at))
    })
}
