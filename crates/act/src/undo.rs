//! Takes back what a journal says was done.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;

use crate::action::{Options, Step};
use crate::disk::Disk;
use crate::error::{Error, Result};
use crate::journal::{Deed, Header, Journal, Phase, State, Steps};
use crate::name::shown;
use crate::outcome::{Fault, Outcome};
use crate::run::Run;

/// Puts everything back that the journal says was done, the newest first: bytes, names, times,
/// modes. What is in the way now is never overwritten, what was changed since is left where it is,
/// and what was deleted is named; the outcome says so of each. What an interrupted run has left
/// half-done is made whole first. Each step is noted in the same journal, so an interrupted undo
/// goes on when it is called again; where all is undone, it does nothing.
///
/// In a dry run it only looks what could be put back.
///
/// # Errors
/// [`Error::Journal`] where the file is no journal, [`Error::Locked`] where another process is at
/// work with it, [`Error::Stopped`] where `progress` broke off, and what the system refuses.
pub fn undo(
    journal: &Path,
    options: &Options,
    progress: &dyn Fn(Step<'_>) -> ControlFlow<()>,
) -> Result<Outcome> {
    undo_on(Disk::new(progress), journal, options).map_err(|error| error.with_journal(journal))
}

pub(crate) fn undo_on(mut disk: Disk<'_>, path: &Path, options: &Options) -> Result<Outcome> {
    let (journal, header, steps) = open(path, options)?;
    let before = undone(&steps);
    let newest = steps.newest(Phase::Done).len() + steps.newest(Phase::Undoing).len();
    disk.expect(newest as u64);
    let mut run = Run {
        disk: &disk,
        journal,
        outcome: Outcome {
            action: "undo".to_owned(),
            undone: Some(header.action),
            target: header.target.map(|target| shown(&target.0)),
            dry_run: options.dry_run,
            journal: Some(shown(path)),
            earlier: before.len() as u64,
            ..Outcome::default()
        },
    };
    run.recover(false)?;
    let done = run
        .journal
        .as_ref()
        .map_or(&steps, |journal| &journal.steps)
        .newest(Phase::Done);
    let mut could = Vec::new();
    for state in &done {
        disk.next();
        match run.take_back(state) {
            Ok(()) => could.push(state.clone()),
            Err(Fault::Skip(why, detail)) => run.stays(state, why, detail),
            Err(Fault::End(error)) => return Err(error),
        }
    }
    if let Some(journal) = &run.journal {
        let now = journal.steps.newest(Phase::Undone);
        could = now
            .into_iter()
            .filter(|state| !before.contains(&state.begin.step))
            .collect();
        // All of them each time: an interrupted run may have missed some.
        for folder in journal.steps.folders().rev() {
            disk.drop_folder(folder)?;
        }
        journal.flush()?;
    }
    could
        .iter()
        .for_each(|state| count(&mut run.outcome, state));
    let outcome = &mut run.outcome;
    outcome.planned = outcome.done + outcome.earlier + outcome.skipped.len() as u64;
    Ok(run.outcome)
}

fn open(path: &Path, options: &Options) -> Result<(Option<Journal>, Header, Steps)> {
    if options.dry_run {
        let missing = || Error::Journal {
            path: shown(path),
            line: 1,
            why: "there is no such file, or it is empty".to_owned(),
        };
        let (header, steps) = Journal::read(path)?.ok_or_else(missing)?;
        return Ok((None, header, steps));
    }
    let journal = Journal::open(path)?;
    let (header, steps) = (journal.header.clone(), journal.steps.clone());
    Ok((Some(journal), header, steps))
}

fn undone(steps: &Steps) -> HashSet<u64> {
    let undone = steps.all().filter(|state| state.phase == Phase::Undone);
    undone.map(|state| state.begin.step).collect()
}

fn count(outcome: &mut Outcome, state: &State) {
    outcome.done += 1;
    match &state.begin.deed {
        Deed::Rewrite { .. } => outcome.shards += 1,
        _ => outcome.bytes += state.begin.was.bytes,
    }
}
