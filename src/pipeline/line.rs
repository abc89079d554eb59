//! An assembly line: one thread that finds work, n threads that do it, a stream of results.
//!
//! The threads are the line's own, because work that burns CPU would starve async workers. The
//! bounded channels hold the finder back when the workers are slower.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use async_channel::{Receiver, Sender, TryRecvError, bounded};

/// Jobs that may wait between finder and workers. They are small (paths), or hold their own share
/// of a budget (tar members), so that this bounds nothing but the lead of the finder, whose
/// knowledge of the total makes the remaining time known.
const WAITING_JOBS: usize = 65_536;
/// Results that may wait for the writer: enough to keep workers busy while it commits.
const WAITING_RESULTS: usize = 1024;

/// Stops a line: no further job is begun, results that are done still arrive.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks all to stop.
    pub(crate) fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether that was asked.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What one thread of a line does. It may hold jobs back to do several at once.
pub(crate) trait Worker {
    /// What comes in.
    type Job;
    /// What goes out.
    type Done;

    /// Takes one job; `out` receives whatever is done by now.
    fn work(&mut self, job: Self::Job, out: &mut dyn FnMut(Self::Done));

    /// Does what was held back: no further job is waiting.
    fn flush(&mut self, out: &mut dyn FnMut(Self::Done));
}

/// Starts the line. `find` runs on a thread of its own and hands jobs to its argument until that
/// says `Break`. The receiver ends when all is done or everything has stopped.
pub(crate) fn start<W>(
    find: impl FnOnce(&mut dyn FnMut(W::Job) -> ControlFlow<()>) + Send + 'static,
    workers: Vec<W>,
    cancel: &Cancel,
) -> Receiver<W::Done>
where
    W: Worker + Send + 'static,
    W::Job: Send + 'static,
    W::Done: Send + 'static,
{
    let (job_sender, jobs) = bounded(WAITING_JOBS);
    let (done_sender, done) = bounded(WAITING_RESULTS);
    let stop = cancel.clone();
    spawn("find", move || {
        find(&mut |job| {
            if stop.is_cancelled() || job_sender.send_blocking(job).is_err() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
    });
    for worker in workers {
        let (jobs, done, stop) = (jobs.clone(), done_sender.clone(), cancel.clone());
        spawn("work", move || run(worker, &jobs, &done, &stop));
    }
    done
}

fn run<W: Worker>(mut worker: W, jobs: &Receiver<W::Job>, done: &Sender<W::Done>, stop: &Cancel) {
    // A send fails only when nobody listens any more; then there is nothing left to do but end.
    let mut out = |result| drop(done.send_blocking(result));
    loop {
        let job = match jobs.try_recv() {
            Ok(job) => job,
            Err(TryRecvError::Closed) => break,
            Err(TryRecvError::Empty) => {
                worker.flush(&mut out);
                match jobs.recv_blocking() {
                    Ok(job) => job,
                    Err(_) => break,
                }
            }
        };
        if stop.is_cancelled() {
            break;
        }
        worker.work(job, &mut out);
    }
    worker.flush(&mut out);
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .expect("the system gives a thread at the start of a run");
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pairs(Vec<u32>);

    impl Worker for Pairs {
        type Job = u32;
        type Done = u32;

        fn work(&mut self, job: u32, out: &mut dyn FnMut(u32)) {
            self.0.push(job);
            if self.0.len() == 2 {
                self.flush(out);
            }
        }

        fn flush(&mut self, out: &mut dyn FnMut(u32)) {
            self.0.drain(..).for_each(out);
        }
    }

    fn collect(done: &Receiver<u32>) -> Vec<u32> {
        let mut all = Vec::new();
        while let Ok(one) = done.recv_blocking() {
            all.push(one);
        }
        all.sort();
        all
    }

    #[test]
    fn every_job_comes_out_once_also_those_held_back() {
        let find = |job: &mut dyn FnMut(u32) -> ControlFlow<()>| {
            for n in 0..1001 {
                assert!(job(n).is_continue());
            }
        };
        let workers = (0..3).map(|_| Pairs(Vec::new())).collect();
        let done = start(find, workers, &Cancel::default());
        assert_eq!(collect(&done), (0..1001).collect::<Vec<_>>());
    }

    #[test]
    fn a_cancelled_line_ends() {
        let cancel = Cancel::default();
        let stop = cancel.clone();
        let find = move |job: &mut dyn FnMut(u32) -> ControlFlow<()>| {
            let mut n = 0;
            while job(n).is_continue() {
                n += 1;
                if n == 100 {
                    stop.cancel();
                }
            }
        };
        let done = start(find, vec![Pairs(Vec::new())], &cancel);
        assert!(collect(&done).len() <= 100);
    }
}
