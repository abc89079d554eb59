//! One verb per file. Here: from flags to settings, and on to the verb.

mod apply;
mod check;
mod config;
mod demo;
mod join;
mod plan;
mod query;
mod report;
mod review;
mod scan;
mod undo;
mod verdicts;

use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory;

use crate::exit::{Exit, UsageError};
use crate::flags::{Command, Flags, Global, Reserved};
use crate::settings::{Layers, Settings};
use crate::terminal::{Terminal, print_result};

/// Runs what was typed.
///
/// # Errors
/// A [`UsageError`] where nothing was touched, any other error where the work could not be finished.
pub fn run(flags: Flags) -> anyhow::Result<Exit> {
    let context = |dir: Option<&Path>| Context::new(flags.global.clone(), dir);
    match &flags.command {
        Command::Scan(scan) => {
            let mut context = context(None)?;
            if let Some(threshold) = &scan.threshold {
                context
                    .layers
                    .flag("--threshold", "join.threshold", threshold)?;
            }
            scan::run(&context, scan)
        }
        Command::Report(report) => {
            let mut context = context(Some(&report.dir))?;
            if let Some(threshold) = &report.threshold {
                context
                    .layers
                    .flag("--threshold", "join.threshold", threshold)?;
            }
            report::run(&context, report)
        }
        Command::Plan(plan) => {
            let mut context = context(Some(&plan.dir))?;
            if let Some(threshold) = &plan.threshold {
                context
                    .layers
                    .flag("--threshold", "join.threshold", threshold)?;
            }
            plan::run(&context, plan)
        }
        Command::Review(review) => review::run(&context(Some(&review.dir))?, review),
        Command::Apply(apply) => apply::run(&context(None)?, apply),
        Command::Undo(undo) => undo::run(&context(None)?, undo),
        Command::Query(query) => query::run(&context(Some(&query.dir))?, query),
        Command::Check(check) => check::run(&context(None)?, check),
        Command::Join(join) => join::run(&context(None)?, join),
        Command::Verdicts { verb } => verdicts::run(&context(None)?, verb),
        Command::Demo(demo) => demo::run(&context(None)?, demo),
        Command::Config => config::run(&context(None)?),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Flags::command(), "lookalike", &mut text);
            print_result(&String::from_utf8_lossy(&text))?;
            Ok(Exit::Done)
        }
        Command::Man => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Flags::command()).render(&mut text)?;
            print_result(&String::from_utf8_lossy(&text))?;
            Ok(Exit::Done)
        }
        Command::Reserved(reserved) => Err(not_yet(reserved)),
    }
}

fn not_yet(reserved: &Reserved) -> anyhow::Error {
    let name = match reserved {
        Reserved::Merge(_) => "merge",
    };
    UsageError::new(format!(
        "`{name}` is a reserved name: this version does not do it yet"
    ))
    .into()
}

/// What every command is given.
pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) layers: Layers,
    pub(crate) terminal: Terminal,
}

impl Context {
    /// Lays all layers but a command's own flags on each other. `dir` is the output folder whose
    /// last scan the command goes by.
    fn new(global: Global, dir: Option<&Path>) -> anyhow::Result<Self> {
        let mut layers = Layers::default();
        if let Some(dir) = dir {
            let snapshot = crate::output::open(dir)?.snapshot()?;
            if let Some(scan) = crate::output::last_scan(&snapshot)? {
                layers.last_scan(dir, &scan.config);
            }
        }
        if let Some(path) = &global.config {
            layers.file(path)?;
        }
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        layers.environment(variables)?;
        for assignment in &global.set {
            layers.set(assignment)?;
        }
        if let Some(threads) = global.threads {
            layers.flag("--threads", "runtime.threads", &threads.to_string())?;
        }
        let terminal = Terminal::new(&global);
        Ok(Self {
            global,
            layers,
            terminal,
        })
    }

    /// The settings in force.
    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        self.layers.settings()
    }

    /// Prints a result: text for people, or one JSON object where `--json` asks for it.
    pub(crate) fn print(&self, text: &str, json: &serde_json::Value) -> anyhow::Result<()> {
        if self.global.json {
            return print_result(&format!("{json}\n"));
        }
        print_result(text)
    }

    /// Prints a summary, which `--quiet` silences.
    pub(crate) fn print_summary(&self, text: &str, json: &serde_json::Value) -> anyhow::Result<()> {
        if self.global.quiet && !self.global.json {
            return Ok(());
        }
        self.print(text, json)
    }
}

/// The threads that a setting of 0 means: one per core.
pub(crate) fn threads(settings: &Settings) -> usize {
    match settings.runtime.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}

/// The async runtime of a command: it only waits for results and signals, so one thread beside
/// the main one is enough.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start the async runtime")?;
    let result = runtime.block_on(work);
    // A join that a signal has cut short goes on in its thread; the process need not wait for it.
    runtime.shutdown_background();
    result
}
