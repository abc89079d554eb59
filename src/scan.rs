//! A whole scan: gathering, one barrier, judging, and the report.

mod dry;
mod publish;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Instant, SystemTime};

use anyhow::Context;
use lookalike_embed::Embedder;
use lookalike_report::{Findings, Format, Run, Runtime};
use lookalike_store::{Batch, Disk, Error, Known, Snapshot, Store};
use lookalike_types::{Space, escape};
use tokio::task::JoinHandle;

pub(crate) use dry::dry_run;
pub(crate) use publish::{Publication, Published, publish};

use crate::exit::UsageError;
use crate::judge::{Judged, Question, compare, judge};
use crate::labels::Labels;
use crate::output::{self, LastScan};
use crate::pipeline::budget::Budget;
use crate::pipeline::find::Finder;
use crate::pipeline::gather::{Gathered, gather};
use crate::pipeline::stopwatch::Stopwatch;
use crate::pipeline::worker::{Shared, Worker};
use crate::settings::Settings;
use crate::signal::{Signal, Signals};
use crate::terminal::Terminal;
use crate::{memory, model};

/// What is to be scanned, and how.
pub(crate) struct Request {
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
    /// What the images are called and where they belong.
    pub labels: Arc<Labels>,
    /// Forms of the report besides tables and page.
    pub formats: Vec<Format>,
    /// The settings in force.
    pub settings: Settings,
    /// The same, as they stand in `run.json`.
    pub config: serde_json::Value,
}

/// How a scan ended.
pub(crate) enum Outcome {
    /// All is done and reported.
    Done(Box<Finished>),
    /// A signal stopped it; what was done is committed.
    Stopped(Signal),
}

/// A scan that came to its end.
pub(crate) struct Finished {
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
pub(crate) async fn scan(request: Request, terminal: &Terminal) -> anyhow::Result<Outcome> {
    let started = (Instant::now(), SystemTime::now());
    let mut signals = Signals::listen()?;
    let embedder = model::open(&request.settings)?;
    if let Some(note) = &embedder.runtime().note {
        terminal.note(note);
    }
    let store = match Store::create(Arc::new(Disk::new(&request.out))) {
        Err(error @ Error::Occupied { .. }) => return Err(UsageError::new(error).into()),
        other => other?,
    };
    let mut batch = store.begin(embedder.space())?;
    let mut warnings = lost(&batch);
    let gathered = gathered(&request, &embedder, &mut batch, (&mut signals, terminal)).await?;
    if let Some(signal) = gathered.stopped {
        return Ok(Outcome::Stopped(signal));
    }
    if gathered.changes.embedded > 0 {
        warnings.extend(other_engine(batch.snapshot(), &embedder)?);
    }
    let mut watch = gathered.watch;
    let joining = Instant::now();
    let judged = judged(&request, &embedder, batch.snapshot().clone(), terminal);
    let mut judged = tokio::select! {
        // Nothing is written while pairs are looked for, so there is nothing to wait for.
        signal = signals.next() => return Ok(Outcome::Stopped(signal)),
        judged = judged => judged.context("the join ended without a result")??,
    };
    watch.add("join", joining.elapsed());
    if let Some(pairs) = judged.store {
        batch.set_pairs(pairs);
    }
    if let Some(sketches) = judged.sketches {
        batch.set_sketches(sketches);
    }
    let last = LastScan {
        started: rfc3339(started.1),
        inputs: shown(&request.inputs),
        folder: std::env::current_dir()
            .ok()
            .and_then(|folder| folder.into_os_string().into_string().ok()),
        config: request.config.clone(),
        changes: gathered.changes,
        runtime: runtime(&embedder, request.threads),
        join: judged.join,
        warnings,
        scan: 0,
        since: None,
        scanned: BTreeMap::new(),
    };
    let last = compared(last, embedder.space(), &mut judged.findings, &mut batch)?;
    batch.set_note(serde_json::to_value(&last)?);
    batch.commit()?;
    let publication = Publication {
        findings: &judged.findings,
        space: embedder.space(),
        last,
        labels: (&request.labels, judged.warnings),
        formats: &request.formats,
        settings: &request.settings,
    };
    let drawing = Instant::now();
    let stopped = publication
        .thumbnails(&mut batch, request.threads, (&mut signals, terminal))
        .await?;
    if let Some(signal) = stopped {
        return Ok(Outcome::Stopped(signal));
    }
    watch.add("thumbnails", drawing.elapsed());
    let published = || publish(&publication, &mut batch, watch, started.0);
    let Published { run, notes } = tokio::task::block_in_place(published)?;
    notes.iter().for_each(|note| terminal.note(note));
    let findings = judged.findings;
    Ok(Outcome::Done(Box::new(Finished { run, findings })))
}

/// Numbers the scan and says what changed since the one before it.
fn compared(
    mut now: LastScan,
    space: &Space,
    findings: &mut Findings,
    batch: &mut Batch,
) -> anyhow::Result<LastScan> {
    let before = output::last_scan(batch.snapshot())?;
    let space = space.id();
    now.scan = before.as_ref().map_or(0, |last| last.scan) + 1;
    let at = (now.join.threshold, now.scan);
    let compared = compare(batch.snapshot(), &space, findings, at, before.as_ref());
    if let Some(history) = compared.history {
        batch.set_history(history);
    }
    now.warnings.extend(compared.warning);
    now.since = compared.since;
    now.scanned = before.map(|last| last.scanned).unwrap_or_default();
    now.scanned.insert(space.to_string(), now.started.clone());
    Ok(now)
}

/// What a person should know of files that the last writer left damaged.
fn lost(batch: &Batch) -> Vec<String> {
    let words = |name: &String| match name.contains("/history-") {
        true => format!("{name} was missing or cut; what changed since then is not known"),
        false => format!("{name} was missing or cut; what only it held was computed again"),
    };
    batch.lost().iter().map(words).collect()
}

/// Vectors of two engines agree to six digits or so, not to the last: a store that holds both may
/// differ from a scan from scratch in the last digits of a similarity.
fn other_engine(snapshot: &Snapshot, embedder: &Embedder) -> anyhow::Result<Option<String>> {
    let now = embedder.runtime().engine;
    let last = output::last_scan(snapshot)?.filter(|last| last.runtime.engine != now);
    Ok(last.map(|last| {
        let before = last.runtime.engine;
        format!("the last scan computed with {before}, this one with {now}: similarities of old with new pictures may differ in the last digits")
    }))
}

/// Inputs as people see them.
pub(crate) fn shown(inputs: &[OsString]) -> Vec<String> {
    let shown = |input: &OsString| escape(input.as_encoded_bytes());
    inputs.iter().map(shown).collect()
}

fn rfc3339(time: SystemTime) -> String {
    let time = chrono::DateTime::<chrono::Utc>::from(time);
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn runtime(embedder: &Embedder, threads: usize) -> Runtime {
    let runtime = embedder.runtime();
    Runtime {
        engine: runtime.engine.to_owned(),
        version: runtime.version.clone(),
        threads,
    }
}

/// Judges on a thread of its own, so that a signal is heard meanwhile.
fn judged(
    request: &Request,
    embedder: &Embedder,
    snapshot: Snapshot,
    terminal: &Terminal,
) -> JoinHandle<anyhow::Result<Judged>> {
    let question = Question {
        settings: request.settings.clone(),
        space: embedder.space().clone(),
        labels: Arc::clone(&request.labels),
        card_threshold: embedder.threshold(),
        top: request.top,
        threads: request.threads,
    };
    let bar = terminal.bar("comparing");
    let progress = move |share| {
        memory::sample();
        bar.share(share);
    };
    tokio::task::spawn_blocking(move || judge(&snapshot, &question, &progress))
}

async fn gathered(
    request: &Request,
    embedder: &Embedder,
    batch: &mut Batch,
    (signals, terminal): (&mut Signals, &Terminal),
) -> anyhow::Result<Gathered> {
    let snapshot = batch.snapshot().clone();
    let shared = Arc::new(shared(request, embedder, Some(&snapshot))?);
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

/// What the workers share. Without a snapshot nothing is known yet.
fn shared(
    request: &Request,
    embedder: &Embedder,
    snapshot: Option<&Snapshot>,
) -> anyhow::Result<Shared> {
    let (known, files) = match snapshot {
        Some(snapshot) => (snapshot.known(&embedder.space().id())?, snapshot.files()?),
        None => Default::default(),
    };
    let limits = model::limits(&request.settings);
    // A picture over the limit is read again, so that it fails as it would in a first scan.
    let allowed = |known: &Known| {
        let facts = known.facts.as_ref();
        facts.is_none_or(|f| u64::from(f.width) * u64::from(f.height) <= limits.max_pixels)
    };
    let known = known.into_iter().filter(|(_, known)| allowed(known));
    let before = files
        .into_iter()
        .map(|row| (row.place.clone(), row))
        .collect();
    Ok(Shared {
        limits,
        before,
        known: Mutex::new(known.map(|(content, _)| content).collect()),
        rehash: request.rehash,
        preprocessing: embedder.space().preprocessing.clone(),
        batch: request.settings.model.batch,
        pixels: Budget::new(request.settings.runtime.memory_budget_mib << 20),
        watch: Mutex::new(Stopwatch::default()),
        total: OnceLock::new(),
    })
}

/// Whether a shard of unchanged size and time may be passed over unread: not where every file is
/// to be read, and not where other members may count than at the last scan.
fn trusts_shards(request: &Request, snapshot: &Snapshot) -> anyhow::Result<bool> {
    let last = output::last_scan(snapshot)?;
    Ok(!request.rehash && last.is_some_and(|last| last.config["input"] == request.config["input"]))
}
