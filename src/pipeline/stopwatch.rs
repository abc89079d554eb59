//! Times of a run, added up as results arrive.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The stages in the order of the pipeline.
const STAGES: [&str; 8] = [
    "read",
    "decode",
    "resize",
    "embed",
    "write",
    "join",
    "thumbnails",
    "report",
];

/// Time per stage. The stages of gathering run on several threads at once, so theirs are added up
/// over the threads; those of judging are what the clock shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stopwatch(HashMap<&'static str, Duration>);

impl Stopwatch {
    /// Runs `work` and adds the time it takes to `stage`.
    pub(crate) fn time<T>(&mut self, stage: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.add(stage, start.elapsed());
        result
    }

    /// Adds a time to `stage`.
    pub(crate) fn add(&mut self, stage: &'static str, time: Duration) {
        *self.0.entry(stage).or_default() += time;
    }

    /// Seconds per stage, in the order of the pipeline.
    pub(crate) fn stages(&self) -> Vec<(&'static str, f64)> {
        let seconds = |stage: &'static str| Some((stage, self.0.get(stage)?.as_secs_f64()));
        STAGES.into_iter().filter_map(seconds).collect()
    }
}
