//! `lookalike report DIR`: the reports again from what is stored, at another threshold perhaps.

use std::path::Path;
use std::time::Instant;

use lookalike_report::{Error, Format};
use serde_json::Value;

use super::{Context, scan};
use crate::exit::{Exit, UsageError};
use crate::flags::Report;
use crate::judge::{Levels, judge_again, mark_again};
use crate::labels::Labels;
use crate::output;
use crate::pipeline::stopwatch::Stopwatch;
use crate::scan::{Publication, Published, publish};
use crate::settings::{Auto, Settings};

pub(super) fn run(context: &Context, report: &Report) -> anyhow::Result<Exit> {
    let start = Instant::now();
    let settings = context.settings()?;
    let conditions = scan::conditions(&report.fail_on)?;
    let formats = scan::formats(&report.format)?;
    let store = output::open(&report.dir)?;
    let snapshot = store.snapshot()?;
    let (mut last, space) = output::finished(&snapshot, &report.dir)?;
    let config = serde_json::to_value(context.layers.nested())?;
    stays_with(&last.config, &config)?;
    let mut levels = Levels {
        threshold: last.join.threshold,
        source: last.join.threshold_source.clone(),
        floor: last.join.threshold,
    };
    if let (true, Auto::Value(threshold)) = (
        context.layers.is_asked("join.threshold"),
        settings.join.threshold,
    ) {
        levels.threshold = threshold;
        levels.source = "given to `lookalike report`".to_owned();
    }
    let labels = Labels::load(&settings.labels, &last.inputs)?;
    let mut watch = Stopwatch::default();
    let (mut findings, warnings) = watch.time("join", || {
        let given = (&space, &settings, &labels);
        judge_again(&snapshot, given, &levels, report.top)
    })?;
    if levels.threshold == last.join.threshold {
        mark_again(&snapshot, &space.id(), &mut findings, last.scan)?;
    } else {
        // What was compared are the pairs at the threshold of the scan.
        last.since = None;
    }
    last.join.threshold = levels.threshold;
    last.join.threshold_source = levels.source;
    last.config = config;
    let no_parts = settings.labels.shares.is_empty() && findings.splits().len() < 2;
    if no_parts && formats.contains(&Format::Splits) {
        return Err(UsageError::new(Error::NoShares).into());
    }
    let mut batch = store.begin(&space)?;
    let publication = Publication {
        findings: &findings,
        space: &space,
        last,
        labels: (&labels, warnings),
        formats: &formats,
        settings: &settings,
    };
    let Published { run, notes } = publish(&publication, &mut batch, watch, start)?;
    notes.iter().for_each(|note| context.terminal.note(note));
    let dir = report.dir.display().to_string();
    scan::finish(context, &run, (&dir, &formats), &conditions)
}

/// The settings of a command that goes by what the last scan into this folder found.
///
/// # Errors
/// A [`UsageError`] where they would have made another scan.
pub(super) fn settings(context: &Context, dir: &Path) -> anyhow::Result<Settings> {
    let snapshot = output::open(dir)?.snapshot()?;
    if let Some(last) = output::last_scan(&snapshot)? {
        let now = serde_json::to_value(context.layers.nested())?;
        stays_with(&last.config, &now)?;
    }
    context.settings()
}

/// A report says what a scan found: settings that would have made another scan are refused.
///
/// # Errors
/// A [`UsageError`] that names the first.
fn stays_with(scan: &Value, now: &Value) -> anyhow::Result<()> {
    for section in ["input", "decode", "model", "pool", "join"] {
        let keys = now[section].as_object().into_iter().flatten();
        for (key, value) in keys.filter(|(key, _)| (section, key.as_str()) != ("join", "threshold"))
        {
            if scan[section].get(key).is_some_and(|before| before != value) {
                return Err(UsageError::new(format!(
                    "`{section}.{key}` is {value}, and the scan was made with {}. A report cannot change that: scan again",
                    scan[section][key]
                ))
                .into());
            }
        }
    }
    Ok(())
}
