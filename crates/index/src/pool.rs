//! Work shared by threads that live as long as the call.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Calls `work(state, task)` for each task of 0..`tasks`, on `threads` threads of which the
/// caller's is one, and returns the states. Each thread makes its own state with `start` and takes
/// the next task when it is done with one: which thread does what is up to the moment, so the
/// states must be merged in a way that does not show it. `progress` hears the done share, on the
/// caller's thread.
pub(crate) fn run<S: Send>(
    threads: usize,
    tasks: usize,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) + Sync,
    progress: &dyn Fn(f64),
) -> Vec<S> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let drain = |told: &dyn Fn(f64)| {
        let mut state = start();
        loop {
            let task = next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                return state;
            }
            work(&mut state, task);
            told((done.fetch_add(1, Ordering::Relaxed) + 1) as f64 / tasks as f64);
        }
    };
    let states = std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads.min(tasks))
            .map(|_| scope.spawn(|| drain(&|_| ())))
            .collect();
        let mut states = vec![drain(progress)];
        for helper in helpers {
            match helper.join() {
                Ok(state) => states.push(state),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        states
    });
    progress(1.0);
    states
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_done_once() {
        for threads in [0, 1, 4, 9] {
            let states = run(threads, 7, Vec::new, |s, task| s.push(task), &|_| ());
            let mut done: Vec<usize> = states.concat();
            done.sort_unstable();
            assert_eq!(done, (0..7).collect::<Vec<_>>());
        }
    }
}
