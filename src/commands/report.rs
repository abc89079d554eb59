//! `lookalike report DIR`: the reports again from what is stored, at another threshold perhaps.

use std::time::Instant;

use super::{Context, scan};
use crate::exit::{Exit, UsageError};
use crate::flags::Report;
use crate::judge::{Levels, Question, judge_again};
use crate::output;
use crate::pipeline::stopwatch::Stopwatch;
use crate::scan::{Publication, publish};
use crate::settings::Auto;

pub(super) fn run(context: &Context, report: &Report) -> anyhow::Result<Exit> {
    let start = Instant::now();
    let settings = context.settings()?;
    let conditions = scan::conditions(&report.fail_on)?;
    let store = output::open(&report.dir)?;
    let snapshot = store.snapshot()?;
    let unfinished = || {
        UsageError::new(format!(
            "no scan into {} came to its end yet: run `lookalike scan` again",
            report.dir.display()
        ))
    };
    let mut last = output::last_scan(&snapshot)?.ok_or_else(unfinished)?;
    let space = snapshot.current().ok_or_else(unfinished)?.clone();
    let mut levels = Levels {
        threshold: last.join.threshold,
        source: last.join.threshold_source.clone(),
        floor: last.join.threshold,
    };
    if let (Some(_), Auto::Value(threshold)) = (&report.threshold, settings.join.threshold) {
        levels.threshold = threshold;
        levels.source = "given to `lookalike report`".to_owned();
    }
    let question = Question {
        settings: settings.clone(),
        space: space.clone(),
        card_threshold: None,
        top: report.top,
        threads: 1,
    };
    let mut watch = Stopwatch::default();
    let findings = watch.time("join", || judge_again(&snapshot, &question, &levels))?;
    last.join.threshold = levels.threshold;
    last.join.threshold_source = levels.source;
    last.config = serde_json::to_value(context.layers.nested())?;
    let mut batch = store.begin(&space)?;
    let publication = Publication {
        findings: &findings,
        space: &space,
        last,
        settings: &settings,
    };
    let run = publish(&publication, &mut batch, watch, start)?;
    scan::finish(
        context,
        &run,
        &report.dir.display().to_string(),
        &conditions,
    )
}
