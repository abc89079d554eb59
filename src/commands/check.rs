//! `lookalike check DIR`: every file of DIR against the last commit.

use lookalike_store as store;
use serde_json::json;

use super::Context;
use crate::exit::{Exit, UsageError};
use crate::flags::Check;
use crate::output;

pub(super) fn run(context: &Context, check: &Check) -> anyhow::Result<Exit> {
    output::must_be_folder(&check.dir)?;
    let faults = match store::check(&store::Disk::new(&check.dir)) {
        Err(error @ store::Error::NoStore { .. }) => return Err(UsageError::new(error).into()),
        other => other?,
    };
    let dir = check.dir.display();
    let mut text = String::new();
    for fault in &faults {
        text.push_str(&format!("{fault}\n"));
    }
    match faults.len() {
        0 => text.push_str(&format!("{dir}: every file is as it was committed.\n")),
        1 => text.push_str(&format!("{dir}: 1 fault.\n")),
        n => text.push_str(&format!("{dir}: {n} faults.\n")),
    }
    let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
    context.print(&text, &json!({ "dir": dir.to_string(), "faults": words }))?;
    Ok(if faults.is_empty() {
        Exit::Done
    } else {
        Exit::Fault
    })
}
