//! `lookalike undo JOURNAL`: puts back what can be put back, and says what cannot.

use lookalike_act::{self as act, Options};

use super::{Context, block_on};
use crate::carry::{Carried, carry, exit_of};
use crate::exit::Exit;
use crate::flags::Undo;

pub(super) fn run(context: &Context, undo: &Undo) -> anyhow::Result<Exit> {
    let journal = undo.journal.clone();
    let options = Options {
        dry_run: undo.dry_run,
        ..Options::default()
    };
    let work = carry("putting back", &context.terminal, move |progress| {
        act::undo(&journal, &options, &|step| progress(step))
    });
    match block_on(work)? {
        Carried::Done(outcome) => {
            let json = serde_json::to_value(&outcome)?;
            context.print_summary(&act::summary(&outcome), &json)?;
            Ok(exit_of(&outcome))
        }
        Carried::Stopped(exit) => Ok(exit),
    }
}
