//! The first thread of gathering: from what is found to jobs, with what needs no work passed over.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use lookalike_ingest::{self as ingest, Found};
use lookalike_types::{ContentId, FileRow, Place, Stamp};

use super::budget::{Budget, WAITING_MEMBERS};
use super::worker::{Job, Shared};

/// Walks the inputs and hands out jobs.
pub(crate) struct Finder {
    inputs: Vec<OsString>,
    options: ingest::InputOptions,
    shared: Arc<Shared>,
    shards: Shards,
    members: Budget,
}

/// Where the finder leaves the error that ended it.
pub(crate) type Trouble = Arc<Mutex<Option<ingest::IngestError>>>;

impl Finder {
    /// A finder over these inputs. `trust_shards` says whether a shard of unchanged size and time
    /// may be passed over unread.
    pub(crate) fn new(
        inputs: Vec<OsString>,
        options: ingest::InputOptions,
        shared: &Arc<Shared>,
        trust_shards: bool,
    ) -> Self {
        let shards = if trust_shards {
            Shards::of(shared)
        } else {
            Shards::default()
        };
        let members = Budget::new(WAITING_MEMBERS);
        Self {
            inputs,
            options,
            shared: Arc::clone(shared),
            shards,
            members,
        }
    }

    /// Hands every job to `job`, until there are no more or it says stop.
    pub(crate) fn run(self, job: &mut dyn FnMut(Job) -> ControlFlow<()>, trouble: &Trouble) {
        let mut count = 0;
        let mut counted = |one: Job| {
            count += 1;
            job(one)
        };
        let unchanged = |path: &[u8], stamp: Stamp| self.shards.rows(path, stamp).is_some();
        let mut visit = |found: Found| self.hand_on(found, &mut counted);
        let limits = &self.shared.limits;
        let result = ingest::find(&self.inputs, &self.options, limits, &unchanged, &mut visit);
        match result {
            Ok(()) => drop(self.shared.total.set(count)),
            Err(error) => {
                *trouble
                    .lock()
                    .expect("nothing panics while it holds the trouble") = Some(error);
            }
        }
    }

    fn hand_on(
        &self,
        found: Found,
        job: &mut dyn FnMut(Job) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        match found {
            Found::File { place, stamp } => job(Job::File { place, stamp }),
            Found::Member {
                place,
                stamp,
                source,
                bytes,
            } => {
                let row = member(place, stamp, source);
                match bytes {
                    Ok(bytes) => {
                        let permit = self.members.take(bytes.len() as u64);
                        job(Job::Member { row, bytes, permit })
                    }
                    Err(failed) => job(Job::Row(FileRow {
                        failed: Some(failed),
                        ..row
                    })),
                }
            }
            Found::Failed {
                place,
                stamp,
                failed,
            } => job(Job::Row(FileRow {
                place,
                stamp,
                source: stamp,
                content: None,
                failed: Some(failed),
                settled: stamp.is_some_and(|stamp| ingest::settled(stamp, SystemTime::now())),
            })),
            Found::UnchangedShard { path, stamp } => {
                let rows = self.shards.rows(&path, stamp).unwrap_or_default();
                rows.iter().try_for_each(|row| job(Job::Row(row.clone())))
            }
        }
    }
}

fn member(place: Place, stamp: Stamp, source: Stamp) -> FileRow {
    FileRow {
        place,
        stamp: Some(stamp),
        source: Some(source),
        content: None,
        failed: None,
        settled: ingest::settled(source, SystemTime::now()),
    }
}

/// The rows of the last scan by shard, for the shards that need not be opened again.
#[derive(Default)]
pub(crate) struct Shards(BTreeMap<Vec<u8>, Vec<FileRow>>);

impl Shards {
    /// The shards of the last scan of which nothing is missing.
    pub(crate) fn of(shared: &Shared) -> Self {
        let known = shared.known.lock().expect("a set does not panic");
        let mut shards: BTreeMap<Vec<u8>, Vec<FileRow>> = BTreeMap::new();
        for row in shared.before.values() {
            shards
                .entry(row.place.path.clone())
                .or_default()
                .push(row.clone());
        }
        shards.retain(|_, rows| {
            rows.iter().any(|row| row.place.member.is_some())
                && rows.iter().all(|row| may_be_carried_over(row, &known))
        });
        for rows in shards.values_mut() {
            rows.sort_by(|a, b| a.place.cmp(&b.place));
        }
        Self(shards)
    }

    /// The rows of a shard that still has this stamp.
    pub(crate) fn rows(&self, path: &[u8], stamp: Stamp) -> Option<&[FileRow]> {
        let rows = self.0.get(path)?;
        rows.iter()
            .all(|row| row.source == Some(stamp))
            .then_some(rows)
    }
}

/// Whether reading the shard again could tell nothing new of this row.
fn may_be_carried_over(row: &FileRow, known: &HashSet<ContentId>) -> bool {
    let settled = match (&row.failed, row.content) {
        (Some(failed), _) => failed.reason.belongs_to_the_bytes(),
        (None, Some(content)) => known.contains(&content),
        (None, None) => false,
    };
    row.settled && settled
}
