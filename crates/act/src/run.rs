//! The journal around each step, for a plan that is carried out and for one that is taken back.

use std::collections::HashSet;

use crate::deed;
use crate::disk::Disk;
use crate::error::{Error, Result};
use crate::journal::{Begin, Deed, Event, Journal, Phase, State, Steps};
use crate::name::shown;
use crate::outcome::{Fault, Outcome, Why};
use crate::relocate::{Placed, Side};

/// What it takes to do steps one after the other.
pub(crate) struct Run<'a> {
    pub(crate) disk: &'a Disk<'a>,
    /// None in a dry run.
    pub(crate) journal: Option<Journal>,
    pub(crate) outcome: Outcome,
}

/// The rows of the plan whose steps have come to one of these phases.
pub(crate) fn rows_in(steps: &Steps, phases: &[Phase]) -> HashSet<u64> {
    let some = steps.all().filter(|state| phases.contains(&state.phase));
    some.flat_map(|state| rows(&state.begin)).collect()
}

fn rows(begin: &Begin) -> Vec<u64> {
    match &begin.deed {
        Deed::Rewrite { rows, .. } => rows.clone(),
        _ => vec![begin.step],
    }
}

/// The file of a step, as a person knows it.
fn file(state: &State) -> String {
    shown(&state.begin.from.0)
}

impl Run<'_> {
    fn note(&mut self, event: Event, flushed: bool) -> Result<()> {
        match &mut self.journal {
            Some(journal) => journal.note(self.disk, event, flushed),
            None => Ok(()),
        }
    }

    /// Notes that an image was left alone, and why.
    pub(crate) fn skip(&mut self, path: String, why: Why, detail: String) -> Result<()> {
        let event = Event::Skipped {
            path: path.clone(),
            why,
            detail: detail.clone(),
        };
        self.note(event, false)?;
        self.outcome.skip(path, why, detail);
        Ok(())
    }

    /// Does a step between its two lines in the journal. Where it stops halfway for a reason of
    /// its own, it is finished or taken back at once, as after a crash.
    pub(crate) fn carry_out(
        &mut self,
        begin: Begin,
        act: &mut dyn FnMut(&Disk<'_>, &mut Journal, &Begin) -> Result<Placed, Fault>,
    ) -> Result<Placed, Fault> {
        let step = begin.step;
        self.note(Event::Begin(begin.clone()), true)?;
        let Some(journal) = &mut self.journal else {
            return Ok(Placed::Done);
        };
        match act(self.disk, journal, &begin) {
            Ok(Placed::Done) => {
                self.note(Event::Done { step }, false)?;
                Ok(Placed::Done)
            }
            Ok(Placed::Taken) => {
                self.back(&begin)?;
                Ok(Placed::Taken)
            }
            Err(Fault::Skip(why, detail)) => match self.settle(step) {
                Ok(true) => Ok(Placed::Done),
                Ok(false) => Err(Fault::Skip(why, detail)),
                // Where it lies now is no less worth knowing than why.
                Err(Fault::Skip(_, where_it_is)) => {
                    Err(Fault::Skip(why, format!("{detail}; {where_it_is}")))
                }
                Err(Fault::End(error)) => Err(Fault::End(error)),
            },
            Err(Fault::End(error)) => {
                // A full disk is relieved of what is half-done; a stop is a stop.
                if matches!(error, Error::Io { .. }) {
                    let _ = self.settle(step);
                }
                Err(Fault::End(error))
            }
        }
    }

    fn back(&mut self, begin: &Begin) -> Result<()> {
        for folder in begin.folders.iter().rev() {
            self.disk.drop_folder(&folder.0)?;
        }
        self.note(Event::Back { step: begin.step }, false)
    }

    fn state(&self, step: u64) -> Option<(&Journal, State)> {
        let journal = self.journal.as_ref()?;
        Some((journal, journal.steps.get(step)?.clone()))
    }

    /// Finds out on which side a begun step is, makes it whole, and notes it. Whether it is done.
    /// What cannot be looked at stays open, for a later run to find out.
    fn settle(&mut self, step: u64) -> Result<bool, Fault> {
        let Some((journal, state)) = self.state(step) else {
            return Ok(false);
        };
        match deed::settle(self.disk, journal, &state)? {
            Side::After => {
                self.note(Event::Done { step }, false)?;
                Ok(true)
            }
            Side::Before => {
                self.back(&state.begin)?;
                Ok(false)
            }
            Side::Lost(detail) => {
                self.back(&state.begin)?;
                Err(Fault::Skip(Why::Gone, detail))
            }
        }
    }

    /// The same on the way back. Whether it is undone.
    fn settle_back(&mut self, step: u64) -> Result<bool, Fault> {
        let Some((journal, state)) = self.state(step) else {
            return Ok(false);
        };
        let (why, detail) = match deed::settle_back(self.disk, journal, &state)? {
            Side::After => {
                self.note(Event::Undone { step }, false)?;
                return Ok(true);
            }
            Side::Before => (Why::Refused, "it is as it was before".to_owned()),
            Side::Lost(detail) => (Why::Gone, detail),
        };
        self.note(Event::Stays { step, why, detail }, false)?;
        Ok(false)
    }

    /// Makes whole what an interrupted run has left half-done. What is lost is reported, but where
    /// it is tried again (`retries`) and reported then.
    pub(crate) fn recover(&mut self, retries: bool) -> Result<()> {
        let newest = |phase| match &self.journal {
            Some(journal) => journal.steps.newest(phase),
            None => Vec::new(),
        };
        let (begun, undoing) = (newest(Phase::Begun), newest(Phase::Undoing));
        self.outcome.recovered = (begun.len() + undoing.len()) as u64;
        for state in begun {
            let settled = self.settle(state.begin.step);
            self.report(&state, settled, retries)?;
        }
        for state in undoing {
            let settled = self.settle_back(state.begin.step);
            self.report(&state, settled, retries)?;
        }
        Ok(())
    }

    fn report(&mut self, state: &State, settled: Result<bool, Fault>, retries: bool) -> Result<()> {
        let open = self.state(state.begin.step).is_some();
        match settled {
            Ok(_) => Ok(()),
            Err(Fault::Skip(..)) if retries && !open => Ok(()),
            Err(Fault::Skip(why, detail)) => self.skip(file(state), why, detail),
            Err(Fault::End(error)) => Err(error),
        }
    }

    /// Takes a step back between its two lines in the journal; where nothing was written, only
    /// looks whether that could be done.
    pub(crate) fn take_back(&mut self, state: &State) -> Result<(), Fault> {
        let step = state.begin.step;
        // What cannot be taken back from the start is not begun.
        deed::check_back(self.disk, state)?;
        self.note(Event::Undo { step }, true)?;
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        match deed::revert(self.disk, journal, state) {
            Ok(()) => Ok(self.note(Event::Undone { step }, false)?),
            Err(Fault::Skip(why, detail)) => match self.settle_back(step) {
                Ok(true) => Ok(()),
                Err(Fault::End(error)) => Err(Fault::End(error)),
                _ => Err(Fault::Skip(why, detail)),
            },
            Err(Fault::End(error)) => {
                if matches!(error, Error::Io { .. }) {
                    let _ = self.settle_back(step);
                }
                Err(Fault::End(error))
            }
        }
    }

    /// Notes that a step could not be taken back.
    pub(crate) fn stays(&mut self, state: &State, why: Why, detail: String) {
        self.outcome.skip(file(state), why, detail);
    }
}
