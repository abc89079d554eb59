//! How far each step has come, by what the journal says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::event::{Begin, Event, Made};

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Begun, and nobody knows how far.
    Begun,
    Done,
    /// Taking back has begun, and nobody knows how far.
    Undoing,
    Undone,
}

/// A step that was begun.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) begin: Begin,
    pub(crate) phase: Phase,
    /// The copy that was made on the way there.
    pub(crate) made: Option<Made>,
    /// The copy that was made on the way back.
    pub(crate) unmade: Option<Made>,
    /// Which of all steps it was, in the order of time.
    order: u64,
}

/// All steps that were begun and not taken back at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Steps {
    steps: BTreeMap<u64, State>,
    /// Every folder that was made for a step, also for those that were taken back since: others
    /// may have come to lie in it.
    folders: BTreeSet<PathBuf>,
    begun: u64,
}

impl Steps {
    /// Adds what a line says.
    ///
    /// # Errors
    /// Where it does not fit the lines before it.
    pub(crate) fn take(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Begin(begin) => return self.begin(begin),
            Event::Made(made) => {
                let state = self.state(made.step, &[Phase::Begun, Phase::Undoing])?;
                match state.phase {
                    Phase::Begun => state.made = Some(made),
                    _ => state.unmade = Some(made),
                }
            }
            Event::Done { step } => self.state(step, &[Phase::Begun])?.phase = Phase::Done,
            Event::Back { step } => {
                self.state(step, &[Phase::Begun])?;
                self.steps.remove(&step);
            }
            Event::Skipped { .. } => {}
            Event::Undo { step } => {
                let state = self.state(step, &[Phase::Done])?;
                state.phase = Phase::Undoing;
                state.unmade = None;
            }
            Event::Undone { step } => self.state(step, &[Phase::Undoing])?.phase = Phase::Undone,
            Event::Stays { step, .. } => {
                self.state(step, &[Phase::Undoing, Phase::Done])?.phase = Phase::Done;
            }
        }
        Ok(())
    }

    fn begin(&mut self, begin: Begin) -> Result<(), String> {
        let step = begin.step;
        if let Some(state) = self.steps.get(&step)
            && state.phase != Phase::Undone
        {
            return Err(format!(
                "step {step} begins again, and its first time has no end"
            ));
        }
        self.begun += 1;
        self.folders
            .extend(begin.folders.iter().map(|folder| folder.0.clone()));
        let state = State {
            begin,
            phase: Phase::Begun,
            made: None,
            unmade: None,
            order: self.begun,
        };
        self.steps.insert(step, state);
        Ok(())
    }

    fn state(&mut self, step: u64, phases: &[Phase]) -> Result<&mut State, String> {
        let state = self.steps.get_mut(&step);
        let fits = |state: &&mut State| phases.contains(&state.phase);
        state
            .filter(fits)
            .ok_or_else(|| format!("it does not fit what the journal says of step {step} before"))
    }

    pub(crate) fn get(&self, step: u64) -> Option<&State> {
        self.steps.get(&step)
    }

    /// The folders that were made for steps, the outermost first.
    pub(crate) fn folders(&self) -> impl DoubleEndedIterator<Item = &Path> {
        // In the order of paths a folder comes before what lies in it.
        self.folders.iter().map(PathBuf::as_path)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &State> {
        self.steps.values()
    }

    /// The steps of this phase, the newest first.
    pub(crate) fn newest(&self, phase: Phase) -> Vec<State> {
        let some = self.steps.values().filter(|state| state.phase == phase);
        let mut some: Vec<State> = some.cloned().collect();
        some.sort_by_key(|state| std::cmp::Reverse(state.order));
        some
    }
}
