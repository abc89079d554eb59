//! A join of vectors that people already have: read, join, write.
//!
//! Each of the three runs on a thread of its own, so that a signal is heard and the memory is looked
//! at meanwhile. Stopped at any time, it leaves no file behind.

use std::ops::ControlFlow::{self, Break, Continue};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use lookalike_index::{self as index, IndexError, Joined, Scope};
use lookalike_report::{JoinRun, JoinSeconds, Memory, Recall};
use lookalike_store::Error;
use lookalike_store::foreign::{PairTable, VectorFile, Wanted};
use lookalike_types::{Chained, NearPair, VectorTable, escape};

use crate::exit::UsageError;
use crate::settings::Settings;
use crate::signal::{Signal, Signals};
use crate::terminal::{Bar, Terminal};
use crate::{cpu, memory};

/// How often the memory is looked at: a peak may be short.
const LOOK: Duration = Duration::from_millis(20);

/// Which vectors are joined, and how.
pub(crate) struct Request {
    /// The vectors.
    pub vectors: Wanted,
    /// Others to join them with.
    pub against: Option<Wanted>,
    /// The table of pairs.
    pub out: PathBuf,
    /// The cosine from which two vectors are a pair.
    pub threshold: f32,
    /// Threads to work with.
    pub threads: usize,
    /// The settings in force.
    pub settings: Settings,
}

/// Joins. A signal ends it early, and then no file is left.
///
/// # Errors
/// A usage error where other files, columns or options are needed, any other where the join could
/// not be finished.
pub(crate) async fn join(
    request: Request,
    terminal: &Terminal,
) -> anyhow::Result<ControlFlow<Signal, JoinRun>> {
    Job::start(request)?.run(terminal).await
}

/// What was read.
struct Tables {
    vectors: VectorFile,
    against: Option<VectorFile>,
}

struct Job {
    request: Request,
    started: Instant,
    signals: Signals,
    /// Tells the work at hand to give up.
    stop: Arc<AtomicBool>,
}

impl Job {
    fn start(request: Request) -> anyhow::Result<Self> {
        Ok(Self {
            request,
            started: Instant::now(),
            signals: Signals::listen()?,
            stop: Arc::default(),
        })
    }

    async fn run(mut self, terminal: &Terminal) -> anyhow::Result<ControlFlow<Signal, JoinRun>> {
        let tables = match self.read(terminal).await? {
            Continue(tables) => Arc::new(tables),
            Break(signal) => return Ok(Break(signal)),
        };
        let read = self.started.elapsed();
        let mut joined = match self.find(&tables, terminal.bar("comparing")).await? {
            Continue(joined) => joined,
            Break(signal) => return Ok(Break(signal)),
        };
        let found = self.started.elapsed();
        let pairs = std::mem::take(&mut joined.pairs);
        let count = pairs.len() as u64;
        if let Break(signal) = self.write(&tables, pairs, terminal.bar("writing")).await? {
            return Ok(Break(signal));
        }
        let total = self.started.elapsed();
        let seconds = |time: Duration| (time.as_secs_f64() * 1000.0).round() / 1000.0;
        let seconds = JoinSeconds {
            total: seconds(total),
            read: seconds(read),
            join: seconds(found - read),
            write: seconds(total - found),
        };
        Ok(Continue(self.summed_up(&tables, &joined, count, seconds)))
    }

    async fn read(&mut self, terminal: &Terminal) -> anyhow::Result<ControlFlow<Signal, Tables>> {
        let (vectors, against) = (self.request.vectors.clone(), self.request.against.clone());
        let proceed = self.proceed(terminal.bar("reading"));
        let work = move || {
            let open = |wanted: &Wanted| VectorFile::open(wanted, &proceed).map_err(question);
            // What is wrong with the second is said before the first is read.
            if let Some(against) = &against {
                VectorFile::check(against).map_err(question)?;
            }
            let first = open(&vectors)?;
            let second = against.as_ref().map(open).transpose()?;
            if let (Some(wanted), Some(second)) = (&against, &second) {
                fit((&vectors, &first), (wanted, second))?;
            }
            Ok(Tables {
                vectors: first,
                against: second,
            })
        };
        self.phase(work, true).await
    }

    async fn find(
        &mut self,
        tables: &Arc<Tables>,
        bar: Bar,
    ) -> anyhow::Result<ControlFlow<Signal, Joined>> {
        // Only now: the ids that were read are part of what the join may not take.
        let (threshold, threads) = (self.request.threshold, self.request.threads);
        let settings = &self.request.settings;
        let plan = settings.join_plan(threshold, threshold, threads);
        let tables = Arc::clone(tables);
        let work = move || {
            let progress = |share| bar.share(share);
            let joined = match &tables.against {
                None => index::join(&tables.vectors, Scope::All, &plan, &progress),
                Some(against) => {
                    let both = Chained {
                        first: &tables.vectors,
                        second: against,
                    };
                    let scope = Scope::Between(tables.vectors.len());
                    index::join(&both, scope, &plan, &progress)
                }
            };
            joined.map_err(|error| match error {
                IndexError::Memory { .. } => UsageError::new(error).into(),
                error => error.into(),
            })
        };
        // It has no file of its own: there is nothing to wait for.
        self.phase(work, false).await
    }

    async fn write(
        &mut self,
        tables: &Arc<Tables>,
        pairs: Vec<NearPair>,
        bar: Bar,
    ) -> anyhow::Result<ControlFlow<Signal, ()>> {
        let proceed = self.proceed(bar);
        let (out, threshold) = (self.request.out.clone(), self.request.threshold);
        let tables = Arc::clone(tables);
        let work = move || {
            let against = tables.against.as_ref();
            let first_b = against.map_or(0, |_| tables.vectors.len());
            let table = PairTable {
                path: &out,
                threshold,
                ids_a: tables.vectors.ids(),
                ids_b: against.unwrap_or(&tables.vectors).ids(),
                first_b: u32::try_from(first_b).context("more rows than a join takes")?,
            };
            Ok(table.write(pairs, &proceed)?)
        };
        self.phase(work, true).await
    }

    /// Runs work on another thread. A signal tells it to give up; where it `cleans` behind itself,
    /// it is given the time.
    async fn phase<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
        cleans: bool,
    ) -> anyhow::Result<ControlFlow<Signal, T>> {
        let mut work = tokio::task::spawn_blocking(work);
        let mut look = tokio::time::interval(LOOK);
        let signal = loop {
            tokio::select! {
                done = &mut work => {
                    memory::sample();
                    return Ok(Continue(done.context("the work ended without a result")??));
                }
                signal = self.signals.next() => break signal,
                _ = look.tick() => memory::sample(),
            }
        };
        self.stop.store(true, Ordering::Relaxed);
        if cleans {
            // Done or given up, with a result or an error: the user wants no more of it.
            let _ = work.await;
        }
        Ok(Break(signal))
    }

    fn proceed(&self, bar: Bar) -> impl Fn(f64) -> bool + Send + use<> {
        let stop = Arc::clone(&self.stop);
        move |share| {
            bar.share(share);
            !stop.load(Ordering::Relaxed)
        }
    }

    fn summed_up(
        &self,
        tables: &Tables,
        joined: &Joined,
        pairs: u64,
        seconds: JoinSeconds,
    ) -> JoinRun {
        let shown = |path: &PathBuf| escape(path.as_os_str().as_encoded_bytes());
        let others = tables.against.as_ref();
        let dimension = others.map_or(0, VectorTable::dimension);
        let (peak_rss_mib, peak_anon_mib) = memory::peaks();
        JoinRun {
            vectors: shown(&self.request.vectors.path),
            against: self.request.against.as_ref().map(|a| shown(&a.path)),
            rows: tables.vectors.len() as u64,
            rows_against: others.map(|others| others.len() as u64),
            dimension: tables.vectors.dimension().max(dimension) as u64,
            threshold: self.request.threshold,
            pairs,
            out: shown(&self.request.out),
            seconds,
            cpu_seconds: cpu::seconds().map(|s| (s * 1000.0).round() / 1000.0),
            engine: joined.choice.engine.as_str().to_owned(),
            reason: joined.choice.reason.clone(),
            estimated_cpu_s: joined.choice.estimate,
            recall: recall(&joined.recall),
            memory: Memory {
                budget_mib: self.request.settings.runtime.memory_budget_mib,
                peak_rss_mib,
                peak_anon_mib,
            },
        }
    }
}

/// Where another file, column or type would do, it is the question that was wrong.
fn question(error: Error) -> anyhow::Error {
    match error {
        Error::Vectors { ref fault, .. } if fault.is_question() => UsageError::new(error).into(),
        error => error.into(),
    }
}

fn fit(
    (wanted, vectors): (&Wanted, &VectorFile),
    (against, others): (&Wanted, &VectorFile),
) -> anyhow::Result<()> {
    if vectors.is_empty() || others.is_empty() || vectors.dimension() == others.dimension() {
        return Ok(());
    }
    Err(UsageError::new(format!(
        "{} holds vectors of {} numbers, {} of {}. Only vectors of one model can be compared",
        wanted.path.display(),
        vectors.dimension(),
        against.path.display(),
        others.dimension()
    ))
    .into())
}

/// As the reports say it: nothing, where the sample told nothing.
fn recall(measured: &index::Recall) -> Recall {
    let told = measured.sample > 0 || measured.low > 0.0;
    Recall {
        estimate: told.then_some(measured.estimate),
        low: told.then_some(measured.low),
        high: told.then_some(measured.high),
        sample: measured.sample,
    }
}
