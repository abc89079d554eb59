//! `lookalike apply PLAN --action ACTION`: does with the removals what was said.

use lookalike_act::{self as act, Action, Options, Plan};
use serde_json::json;

use super::{Context, block_on};
use crate::carry::{Carried, carry, exit_of};
use crate::exit::{Exit, UsageError};
use crate::flags::Apply;
use crate::plan::journal_of;
use crate::terminal::print_bytes;

pub(super) fn run(context: &Context, apply: &Apply) -> anyhow::Result<Exit> {
    let action: Action = apply.action.parse().map_err(UsageError::new)?;
    let plan = read(apply)?;
    if action == Action::List {
        return list(context, apply, &plan);
    }
    if apply.zero {
        return Err(UsageError::new("--zero goes with --action list alone").into());
    }
    let journal = apply
        .journal
        .clone()
        .unwrap_or_else(|| journal_of(&apply.plan));
    let options = Options {
        dry_run: apply.dry_run,
        ..Options::default()
    };
    let name = if apply.dry_run { "looking" } else { "applying" };
    let work = carry(name, &context.terminal, move |progress| {
        act::apply(&plan, &action, &journal, &options, &|step| progress(step))
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

fn read(apply: &Apply) -> anyhow::Result<Plan> {
    let path = apply.plan.display();
    let bytes = std::fs::read(&apply.plan).map_err(|error| {
        UsageError::new(format!(
            "cannot read the plan {path}: {error}. `lookalike plan DIR` writes one"
        ))
    })?;
    let plan = Plan::from_parquet(bytes.into());
    Ok(plan.map_err(|error| UsageError::new(format!("{path}: {error}")))?)
}

fn list(context: &Context, apply: &Apply, plan: &Plan) -> anyhow::Result<Exit> {
    if context.global.json {
        let paths: Vec<String> = plan
            .removals()
            .map(|(_, row, _)| row.place.shown())
            .collect();
        context.print("", &json!({ "action": "list", "paths": paths }))?;
    } else {
        print_bytes(&act::list(plan, apply.zero))?;
    }
    Ok(Exit::Done)
}
