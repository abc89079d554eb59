//! Gathering: from inputs to a commit. Finds, reads, decodes and embeds what the store does not know.
//!
//! One worker takes a picture from its bytes to its vector, so pixels never wait in a queue and
//! the memory in use is that of the pictures being decoded. What is committed is never computed
//! again: a file whose size and time are unchanged costs a look at its directory entry, known
//! bytes under another name cost their hash.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use lookalike_report::Changes;
use lookalike_store::Batch;
use tokio::time::MissedTickBehavior;

use super::find::Finder;
use super::line::{self, Cancel};
use super::stopwatch::Stopwatch;
use super::worker::{Shared, Worker};
use super::writer::Writer;
use crate::memory;
use crate::signal::{Signal, Signals};
use crate::terminal::Terminal;

/// How gathering ended.
pub(crate) struct Gathered {
    /// What was done with the files.
    pub changes: Changes,
    /// Time per stage, over all threads.
    pub watch: Stopwatch,
    /// The signal that ended it early; what was done by then is committed.
    pub stopped: Option<Signal>,
}

/// Gathers what `finder` finds into `batch` with one thread per worker, committing as it goes.
///
/// # Errors
/// Where an input is not there, the store cannot be written, or the model fails as a whole. What
/// was committed until then stays.
pub(crate) async fn gather(
    finder: Finder,
    workers: Vec<Worker>,
    shared: &Arc<Shared>,
    batch: &mut Batch,
    (signals, terminal): (&mut Signals, &Terminal),
) -> anyhow::Result<Gathered> {
    let cancel = Cancel::default();
    let trouble = Arc::new(Mutex::new(None));
    let done = {
        let trouble = Arc::clone(&trouble);
        line::start(move |job| finder.run(job, &trouble), workers, &cancel)
    };
    let mut writer = Writer::new(batch, shared, terminal);
    let mut tick = tokio::time::interval(Duration::from_millis(250));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopped = None;
    loop {
        tokio::select! {
            signal = signals.next() => {
                // Asked twice, it ends without the last commit.
                if stopped.replace(signal).is_some() {
                    break;
                }
                cancel.cancel();
            }
            _ = tick.tick() => memory::sample(),
            item = done.recv() => {
                let Ok(item) = item else { break };
                // Committing compresses and flushes: the other async work waits elsewhere.
                if let Err(error) = tokio::task::block_in_place(|| writer.accept(item)) {
                    cancel.cancel();
                    return Err(error);
                }
            }
        }
    }
    if let Some(error) = trouble.lock().expect("the finder does not panic").take() {
        return Err(error.into());
    }
    let changes = tokio::task::block_in_place(|| writer.finish(stopped.is_some()))?;
    let watch = shared.watch.lock().expect("workers do not panic").clone();
    Ok(Gathered {
        changes,
        watch,
        stopped,
    })
}
