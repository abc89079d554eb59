//! Carrying out a plan, or taking it back, on a thread of its own, so that Ctrl-C is heard: the step
//! at hand is finished, and the journal knows how far it came.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use lookalike_act::{Error, Outcome, Step, Why};

use crate::exit::{Exit, UsageError};
use crate::signal::Signals;
use crate::terminal::Terminal;

/// Told of each step, and says whether to go on.
type Progress<'a> = dyn Fn(Step<'_>) -> ControlFlow<()> + 'a;

/// How it ended.
pub(crate) enum Carried {
    /// To the end.
    Done(Box<Outcome>),
    /// A signal stopped it.
    Stopped(Exit),
}

/// Does the work. Errors in what was typed are those of a person at the keyboard.
///
/// # Errors
/// What `work` says, as a usage error where nothing was touched.
pub(crate) async fn carry(
    name: &'static str,
    terminal: &Terminal,
    work: impl FnOnce(&Progress<'_>) -> lookalike_act::Result<Outcome> + Send + 'static,
) -> anyhow::Result<Carried> {
    let mut signals = Signals::listen()?;
    let stop = Arc::new(AtomicBool::new(false));
    let bar = terminal.bar(name);
    let asked = Arc::clone(&stop);
    let mut job = tokio::task::spawn_blocking(move || {
        work(&|step| {
            bar.total(step.of);
            bar.at(step.number);
            match asked.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })
    });
    let mut signal = None;
    let ended = loop {
        tokio::select! {
            heard = signals.next() => {
                stop.store(true, Ordering::Relaxed);
                signal.get_or_insert(heard);
            }
            ended = &mut job => break ended.context("the work ended without a result")?,
        }
    };
    match (ended, signal) {
        (Err(error @ Error::Stopped { .. }), Some(signal)) => {
            terminal.note(&error.to_string());
            Ok(Carried::Stopped(signal.into()))
        }
        (Ok(outcome), _) => Ok(Carried::Done(Box::new(outcome))),
        (Err(error), _) => Err(match is_usage(&error) {
            true => UsageError::new(error).into(),
            false => error.into(),
        }),
    }
}

/// Whether another command line helps, and nothing was touched.
fn is_usage(error: &Error) -> bool {
    matches!(
        error,
        Error::Action { .. } | Error::NoTrash | Error::OtherJournal { .. } | Error::Journal { .. }
    )
}

/// The exit code of what came to its end: a job must not take a plan for carried out whose files
/// were gone, changed or refused. What an action never does (to a member of a shard, a symbolic
/// link, a file with other bytes than what stays) is no failure of this run.
pub(crate) fn exit_of(outcome: &Outcome) -> Exit {
    let failed = |why: &Why| {
        !matches!(
            why,
            Why::Link
                | Why::LastCopy
                | Why::Member
                | Why::NotAMember
                | Why::NotIdentical
                | Why::SameFile
                | Why::AlreadyThere
        )
    };
    match outcome.skipped_by_reason.keys().any(failed) {
        true => Exit::Fault,
        false => Exit::Done,
    }
}
