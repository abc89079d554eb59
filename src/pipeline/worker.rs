//! What one thread of gathering does: from a place to a row, and to a vector where there is none.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Instant, SystemTime};

use lookalike_embed as embed;
use lookalike_ingest as ingest;
use lookalike_store::FeatureRow;
use lookalike_types::{ContentId, Facts, Failed, FileRow, Place, Stamp};

use super::budget::{Budget, Permit};
use super::line;
use super::stopwatch::Stopwatch;

/// One thing that was found.
pub(crate) enum Job {
    /// A file to be read.
    File { place: Place, stamp: Stamp },
    /// A member of a shard, read already.
    Member {
        row: FileRow,
        bytes: Vec<u8>,
        permit: Permit,
    },
    /// Nothing to be done: a row as it will be stored.
    Row(FileRow),
}

/// One place dealt with, and what was found out about its content.
pub(crate) struct Dealt {
    pub row: FileRow,
    pub feature: Option<FeatureRow>,
    /// Whether a picture was decoded for it.
    pub decoded: bool,
}

impl Dealt {
    /// A place about which nothing new was found out.
    fn known(row: FileRow) -> Self {
        Self {
            row,
            feature: None,
            decoded: false,
        }
    }
}

/// An error means that the model fails as a whole: there is no use in going on.
pub(crate) type Done = Result<Dealt, embed::EmbedError>;

/// What all workers share.
pub(crate) struct Shared {
    /// Limits on one file and one picture.
    pub limits: ingest::Limits,
    /// What the last commit knows of each place.
    pub before: HashMap<Place, FileRow>,
    /// Contents that need no vector: those of the space, and those that a worker has taken on.
    pub known: Mutex<HashSet<ContentId>>,
    /// Whether size and time are no proof.
    pub rehash: bool,
    /// From pixels to the model.
    pub preprocessing: lookalike_types::Preprocessing,
    /// Pictures given to the model at once.
    pub batch: usize,
    /// Bytes of decoded pixels under way.
    pub pixels: Budget,
    /// Time per stage, over all threads.
    pub watch: Mutex<Stopwatch>,
    /// How many jobs there are in all, once the finder has seen everything.
    pub total: OnceLock<u64>,
}

impl Shared {
    fn time<T>(&self, stage: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.watch
            .lock()
            .expect("adding times does not panic")
            .add(stage, start.elapsed());
        result
    }

    /// Whether the caller is the first to meet this content, and so the one to embed it.
    fn take_on(&self, content: ContentId) -> bool {
        self.known
            .lock()
            .expect("a set does not panic")
            .insert(content)
    }

    fn is_known(&self, content: ContentId) -> bool {
        self.known
            .lock()
            .expect("a set does not panic")
            .contains(&content)
    }

    /// The row of the last scan where size and time prove that nothing changed and nothing is
    /// missing.
    pub(crate) fn unchanged(&self, place: &Place, stamp: Stamp) -> Option<&FileRow> {
        let row = self.before.get(place)?;
        let allowed = stamp.bytes <= self.limits.max_bytes;
        let same = row.settled && row.source == Some(stamp);
        let proven = !self.rehash && allowed && same && row.failed.is_none();
        (proven && row.content.is_some_and(|content| self.is_known(content))).then_some(row)
    }
}

/// A picture that waits for its batch.
struct Waiting {
    row: FileRow,
    content: ContentId,
    facts: Facts,
    prepared: embed::Prepared,
}

/// One thread of gathering, with its own session of the model.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    session: embed::Session,
    waiting: Vec<Waiting>,
}

impl Worker {
    /// A worker with its own session.
    pub(crate) fn new(shared: &Arc<Shared>, session: embed::Session) -> Self {
        Self {
            shared: Arc::clone(shared),
            session,
            waiting: Vec::new(),
        }
    }

    fn file(&mut self, place: Place, stamp: Stamp, out: &mut dyn FnMut(Done)) {
        let now = SystemTime::now();
        let shared = Arc::clone(&self.shared);
        let mut row = FileRow {
            place,
            stamp: Some(stamp),
            source: Some(stamp),
            content: None,
            failed: None,
            settled: false,
        };
        match shared.time("read", || ingest::read(&row.place.path, &shared.limits)) {
            Ok(blob) => {
                row.stamp = Some(blob.stamp);
                row.source = Some(blob.stamp);
                row.settled = ingest::settled(blob.stamp, now);
                row.content = Some(blob.content);
                self.content(row, blob.content, &blob.bytes, out);
            }
            Err(failed) => {
                row.failed = Some(failed);
                out(Ok(Dealt::known(row)));
            }
        }
    }

    fn content(
        &mut self,
        row: FileRow,
        content: ContentId,
        bytes: &[u8],
        out: &mut dyn FnMut(Done),
    ) {
        if !self.shared.take_on(content) {
            return out(Ok(Dealt::known(row)));
        }
        match self.prepare(bytes) {
            Ok((facts, prepared)) => {
                self.waiting.push(Waiting {
                    row,
                    content,
                    facts,
                    prepared,
                });
                if self.waiting.len() >= self.shared.batch {
                    line::Worker::flush(self, out);
                }
            }
            Err(failed) => out(failure(row, content, failed)),
        }
    }

    fn prepare(&self, bytes: &[u8]) -> Result<(Facts, embed::Prepared), Failed> {
        let shared = &self.shared;
        let _permit = shared.pixels.take(bytes_to_decode(bytes));
        let decoded = shared.time("decode", || ingest::decode(bytes, &shared.limits))?;
        let prepared = shared.time("resize", || {
            embed::prepare(&decoded.pixels, &shared.preprocessing)
        });
        Ok((decoded.facts, prepared))
    }
}

/// What decoding takes at a time: RGB8, and about as much again inside the decoder.
pub(crate) fn bytes_to_decode(bytes: &[u8]) -> u64 {
    6 * ingest::announced_pixels(bytes)
}

/// A failure that belongs to the bytes is kept with the content, so that a copy of the file is
/// not tried again; any other is kept with the place.
fn failure(mut row: FileRow, content: ContentId, failed: Failed) -> Done {
    if failed.reason.belongs_to_the_bytes() {
        let feature = FeatureRow {
            content,
            facts: None,
            result: Err(failed),
        };
        return Ok(Dealt {
            row,
            feature: Some(feature),
            decoded: false,
        });
    }
    row.failed = Some(failed);
    Ok(Dealt::known(row))
}

impl line::Worker for Worker {
    type Job = Job;
    type Done = Done;

    fn work(&mut self, job: Job, out: &mut dyn FnMut(Done)) {
        match job {
            Job::Row(row) => out(Ok(Dealt::known(row))),
            Job::File { place, stamp } => match self.shared.unchanged(&place, stamp) {
                Some(row) => out(Ok(Dealt::known(row.clone()))),
                None => self.file(place, stamp, out),
            },
            Job::Member {
                mut row,
                bytes,
                permit: _permit,
            } => {
                let content = self.shared.time("read", || ContentId::of(&bytes));
                row.content = Some(content);
                self.content(row, content, &bytes, out);
            }
        }
    }

    fn flush(&mut self, out: &mut dyn FnMut(Done)) {
        if self.waiting.is_empty() {
            return;
        }
        let (rest, prepared): (Vec<_>, Vec<_>) = self
            .waiting
            .drain(..)
            .map(|waiting| {
                (
                    (waiting.row, waiting.content, waiting.facts),
                    waiting.prepared,
                )
            })
            .unzip();
        let session = &mut self.session;
        match self.shared.time("embed", || session.embed(&prepared)) {
            Ok(results) => {
                for ((row, content, facts), result) in rest.into_iter().zip(results) {
                    let feature = FeatureRow {
                        content,
                        facts: Some(facts),
                        result,
                    };
                    out(Ok(Dealt {
                        row,
                        feature: Some(feature),
                        decoded: true,
                    }));
                }
            }
            Err(error) => out(Err(error)),
        }
    }
}
