//! `lookalike scan INPUT...`: gather, judge, draw, report.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use lookalike_ingest as ingest;
use lookalike_report::{Format, Run, SummaryOptions, summary};

use super::{Context, block_on};
use crate::condition::Condition;
use crate::exit::{Exit, UsageError};
use crate::flags::Scan;
use crate::labels::Labels;
use crate::model;
use crate::scan::{self, Outcome, Request};

pub(super) fn run(context: &Context, scan: &Scan) -> anyhow::Result<Exit> {
    let settings = context.settings()?;
    let conditions = conditions(&scan.fail_on)?;
    let formats = formats(&scan.format)?;
    let options = model::input_options(&settings, &scan.out);
    ingest::check_inputs(&scan.inputs, &options).map_err(UsageError::new)?;
    not_into_itself(scan)?;
    let labels = Labels::load(&settings.labels, &scan::shown(&scan.inputs))?;
    let request = Request {
        inputs: scan.inputs.clone(),
        out: scan.out.clone(),
        rehash: scan.rehash,
        top: scan.top,
        threads: super::threads(&settings),
        labels: Arc::new(labels),
        formats: formats.clone(),
        config: serde_json::to_value(context.layers.nested())?,
        settings,
    };
    if scan.dry_run {
        let (text, json) = scan::dry_run(&request)?;
        context.print(&text, &json)?;
        return Ok(Exit::Done);
    }
    match block_on(scan::scan(request, &context.terminal))? {
        Outcome::Done(finished) => finish(
            context,
            &finished.run,
            (&scan.out.display().to_string(), &formats),
            &conditions,
        ),
        Outcome::Stopped(signal) => {
            context
                .terminal
                .note("stopped; what was committed stays, and the next scan goes on from there");
            Ok(signal.into())
        }
    }
}

/// DIR is never scanned, so an input inside it would give an empty report in place of a full one.
fn not_into_itself(scan: &Scan) -> anyhow::Result<()> {
    let Ok(out) = scan.out.canonicalize() else {
        return Ok(());
    };
    let inside = |input: &&OsString| {
        Path::new(input)
            .canonicalize()
            .is_ok_and(|i| i.starts_with(&out))
    };
    match scan.inputs.iter().find(inside) {
        None => Ok(()),
        Some(input) => Err(UsageError::new(format!(
            "{} lies in the output folder {}, which is never scanned: name another --out",
            input.display(),
            scan.out.display()
        ))
        .into()),
    }
}

/// The conditions that were typed.
///
/// # Errors
/// The first that is none.
pub(super) fn conditions(typed: &[String]) -> anyhow::Result<Vec<Condition>> {
    Ok(typed
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_, _>>()?)
}

/// The formats that were typed, each once.
///
/// # Errors
/// The first that is none.
pub(super) fn formats(typed: &[String]) -> anyhow::Result<Vec<Format>> {
    let format = |word: &String| word.trim().parse::<Format>().map_err(UsageError::new);
    let formats = typed
        .iter()
        .filter(|word| !word.trim().is_empty())
        .map(format);
    let mut formats: Vec<Format> = formats.collect::<Result<_, _>>()?;
    formats.sort_unstable();
    formats.dedup();
    Ok(formats)
}

/// Prints the summary and chooses the exit code.
pub(super) fn finish(
    context: &Context,
    run: &Run,
    (dir, formats): (&str, &[Format]),
    conditions: &[Condition],
) -> anyhow::Result<Exit> {
    let json = serde_json::to_value(run)?;
    let page = json["config"]["report"]["page"].as_u64() != Some(0);
    let options = SummaryOptions {
        dir: dir.to_owned(),
        page,
        exports: formats.iter().map(|format| format.file_name()).collect(),
    };
    context.print_summary(&summary(run, &options), &json)?;
    let met = conditions
        .iter()
        .any(|condition| condition.holds(&json["counts"]));
    Ok(if met { Exit::Condition } else { Exit::Done })
}
