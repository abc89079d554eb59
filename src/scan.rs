//! A whole scan: gathering, one barrier, judging, and the report.

mod dry;
mod publish;

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime};

use anyhow::Context;
use lookalike_embed::Embedder;
use lookalike_report::{Changes, Findings, Run, Runtime};
use lookalike_store::{Batch, Disk, Snapshot, Store};
use lookalike_types::escape;

pub use dry::dry_run;
pub use publish::{Publication, publish};

use crate::judge::{Question, judge};
use crate::model;
use crate::output::{self, LastScan};
use crate::pipeline::budget::Budget;
use crate::pipeline::find::Finder;
use crate::pipeline::gather::{Gathered, gather};
use crate::pipeline::tally::Stopwatch;
use crate::pipeline::worker::{Shared, Worker};
use crate::settings::Settings;
use crate::signal::{Signal, Signals};
use crate::terminal::Terminal;

/// What is to be scanned, and how.
pub struct Request {
    /// As they were typed.
    pub inputs: Vec<OsString>,
    /// DIR.
    pub out: PathBuf,
    /// Trust no size and time.
    pub rehash: bool,
    /// List at least that many near pairs.
    pub top: usize,
    /// Threads that decode and embed.
    pub threads: usize,
    /// The settings in force.
    pub settings: Settings,
    /// The same, as they stand in `run.json`.
    pub config: serde_json::Value,
}

/// How a scan ended.
pub enum Outcome {
    /// All is done and reported.
    Done(Box<Finished>),
    /// A signal stopped it; what was done is committed.
    Stopped(Signal),
}

/// A scan that came to its end.
pub struct Finished {
    /// What `run.json` says.
    pub run: Run,
    /// What the tables say.
    pub findings: Findings,
}

/// Scans.
///
/// # Errors
/// A usage error where nothing was touched, any other where the scan could not be finished; what
/// was committed until then stays.
pub async fn scan(request: Request, terminal: &Terminal) -> anyhow::Result<Outcome> {
    let started = (Instant::now(), SystemTime::now());
    let mut signals = Signals::listen()?;
    let embedder = model::open(&request.settings)?;
    if let Some(note) = &embedder.runtime().note {
        terminal.note(note);
    }
    let store = Store::create(Arc::new(Disk::new(&request.out)))?;
    let mut batch = store.begin(embedder.space())?;
    for name in batch.lost() {
        terminal.note(&format!(
            "{name} was missing or cut; what only it held is computed again"
        ));
    }
    let Gathered {
        tally,
        mut watch,
        stopped,
    } = gathered(&request, &embedder, &mut batch, (&mut signals, terminal)).await?;
    if let Some(signal) = stopped {
        return Ok(Outcome::Stopped(signal));
    }
    let question = Question {
        settings: &request.settings,
        space: embedder.space(),
        card_threshold: embedder.threshold(),
        top: request.top,
        threads: request.threads,
    };
    let snapshot = batch.snapshot().clone();
    let judged = tokio::task::block_in_place(|| {
        watch.time("join", || judge(&snapshot, &question, terminal))
    })?;
    if let Some(pairs) = judged.store {
        batch.set_pairs(pairs);
    }
    let changes = Changes {
        new: tally.new,
        changed: tally.changed,
        removed: tally.removed,
        unchanged: tally.unchanged,
        decoded: tally.decoded,
        embedded: tally.embedded,
    };
    let runtime = embedder.runtime();
    let last = LastScan {
        started: chrono::DateTime::<chrono::Utc>::from(started.1)
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        inputs: request
            .inputs
            .iter()
            .map(|input| escape(input.as_encoded_bytes()))
            .collect(),
        config: request.config.clone(),
        changes,
        runtime: Runtime {
            engine: runtime.engine.to_owned(),
            version: runtime.version.clone(),
            threads: request.threads,
        },
        join: judged.join,
        warnings: Vec::new(),
    };
    batch.set_note(serde_json::to_value(&last)?);
    batch.commit()?;
    let publication = Publication {
        findings: &judged.findings,
        space: embedder.space(),
        last,
        settings: &request.settings,
    };
    let stopped = publication
        .thumbnails(&mut batch, request.threads, (&mut signals, terminal))
        .await?;
    if let Some(signal) = stopped {
        return Ok(Outcome::Stopped(signal));
    }
    let run = tokio::task::block_in_place(|| publish(&publication, &mut batch, watch, started.0))?;
    Ok(Outcome::Done(Box::new(Finished {
        run,
        findings: judged.findings,
    })))
}

async fn gathered(
    request: &Request,
    embedder: &Embedder,
    batch: &mut Batch,
    (signals, terminal): (&mut Signals, &Terminal),
) -> anyhow::Result<Gathered> {
    let snapshot = batch.snapshot().clone();
    let shared = Arc::new(shared(request, embedder, &snapshot)?);
    let sessions = (0..request.threads).map(|_| embedder.session());
    let workers = sessions
        .map(|session| Ok(Worker::new(&shared, session?)))
        .collect::<anyhow::Result<Vec<_>>>()
        .context("cannot start the model")?;
    let finder = Finder::new(
        request.inputs.clone(),
        model::input_options(&request.settings, &request.out),
        &shared,
        trusts_shards(request, &snapshot)?,
    );
    gather(finder, workers, &shared, batch, (signals, terminal)).await
}

fn shared(request: &Request, embedder: &Embedder, snapshot: &Snapshot) -> anyhow::Result<Shared> {
    let known: HashSet<_> = snapshot
        .known(&embedder.space().id())?
        .into_keys()
        .collect();
    let before = snapshot
        .files()?
        .into_iter()
        .map(|row| (row.place.clone(), row))
        .collect();
    Ok(Shared {
        limits: model::limits(&request.settings),
        before,
        known: Mutex::new(known),
        rehash: request.rehash,
        preprocessing: embedder.space().preprocessing.clone(),
        batch: request.settings.model.batch,
        pixels: Budget::new(request.settings.runtime.memory_budget_mib << 20),
        watch: Mutex::new(Stopwatch::default()),
    })
}

/// Whether a shard of unchanged size and time may be passed over unread: not where every file is
/// to be read, and not where other members may count than at the last scan.
fn trusts_shards(request: &Request, snapshot: &Snapshot) -> anyhow::Result<bool> {
    let last = output::last_scan(snapshot)?;
    Ok(!request.rehash && last.is_some_and(|last| last.config["input"] == request.config["input"]))
}
