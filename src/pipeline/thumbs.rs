//! Thumbnails of the pictures on the page. Who is on it is known only after the join, so their
//! files are read once more; a thumbnail that is stored is never made again.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use lookalike_ingest::{self as ingest, Found};
use lookalike_types::{ContentId, Place};

use super::budget::{Budget, Permit, WAITING_MEMBERS};
use super::line::{self, Cancel};
use super::worker::bytes_to_decode;
use crate::signal::{Signal, Signals};
use crate::terminal::Terminal;

/// What making thumbnails needs to know.
pub(crate) struct Wanted {
    /// Where each content can be read.
    pub places: HashMap<Place, ContentId>,
    /// Longer side, in pixels.
    pub side: u32,
    /// Which members of a shard count.
    pub options: ingest::InputOptions,
    /// Limits on one file and one picture.
    pub limits: ingest::Limits,
    /// Threads that decode.
    pub threads: usize,
    /// Bytes of decoded pixels under way.
    pub pixels: Budget,
}

/// One picture to be read.
enum Job {
    File(Place, ContentId),
    Member {
        bytes: Vec<u8>,
        content: ContentId,
        _permit: Permit,
    },
}

struct Worker(Arc<Wanted>);

impl line::Worker for Worker {
    type Job = Job;
    type Done = (ContentId, Option<Vec<u8>>);

    fn work(&mut self, job: Job, out: &mut dyn FnMut(Self::Done)) {
        let wanted = &self.0;
        out(match job {
            Job::File(place, content) => {
                let blob = ingest::read(&place.path, &wanted.limits);
                // A file that changed since the scan would show another picture.
                let blob = blob.ok().filter(|blob| blob.content == content);
                (
                    content,
                    blob.and_then(|blob| thumbnail(&blob.bytes, wanted)),
                )
            }
            Job::Member {
                bytes,
                content,
                _permit,
            } => {
                let same = ContentId::of(&bytes) == content;
                (content, same.then(|| thumbnail(&bytes, wanted)).flatten())
            }
        });
    }

    fn flush(&mut self, _out: &mut dyn FnMut(Self::Done)) {}
}

fn thumbnail(bytes: &[u8], wanted: &Wanted) -> Option<Vec<u8>> {
    let _permit = wanted.pixels.take(bytes_to_decode(bytes));
    let decoded = ingest::decode(bytes, &wanted.limits).ok()?;
    Some(ingest::thumbnail(&decoded.pixels, wanted.side))
}

/// Makes them and hands each to `keep`, in no order; what cannot be read any more has none.
/// Returns the signal that ended it early.
pub(crate) async fn make(
    wanted: Wanted,
    (signals, terminal): (&mut Signals, &Terminal),
    keep: &mut dyn FnMut(ContentId, Vec<u8>),
) -> Option<Signal> {
    let bar = terminal.bar("thumbnails");
    bar.total(wanted.places.len() as u64);
    let cancel = Cancel::default();
    let wanted = Arc::new(wanted);
    let workers = (0..wanted.threads)
        .map(|_| Worker(Arc::clone(&wanted)))
        .collect();
    let done = line::start(move |job| find(&wanted, job), workers, &cancel);
    let mut stopped = None;
    loop {
        tokio::select! {
            signal = signals.next() => {
                cancel.cancel();
                if stopped.replace(signal).is_some() {
                    return stopped;
                }
            }
            item = done.recv() => {
                let Ok((content, thumbnail)) = item else { return stopped };
                bar.step();
                if let Some(thumbnail) = thumbnail {
                    keep(content, thumbnail);
                }
            }
        }
    }
}

fn find(wanted: &Wanted, job: &mut dyn FnMut(Job) -> ControlFlow<()>) {
    let members = Budget::new(WAITING_MEMBERS);
    // By path: a shard is opened once for all of its members, and files are read in disk order.
    let mut by_path: BTreeMap<&[u8], Vec<(&Place, ContentId)>> = BTreeMap::new();
    for (place, content) in &wanted.places {
        by_path
            .entry(&place.path)
            .or_default()
            .push((place, *content));
    }
    for (path, places) in by_path {
        let mut visit = |found: Found| {
            let Found::Member {
                place,
                bytes: Ok(bytes),
                ..
            } = found
            else {
                return ControlFlow::Continue(());
            };
            let Some(&content) = wanted.places.get(&place) else {
                return ControlFlow::Continue(());
            };
            let permit = members.take(bytes.len() as u64);
            job(Job::Member {
                bytes,
                content,
                _permit: permit,
            })
        };
        let flow = if places.iter().any(|(place, _)| place.member.is_some()) {
            // What cannot be read any more has no thumbnail; the next scan says so where it matters.
            ingest::find_in_shard(path, &wanted.options, &wanted.limits, &mut visit)
                .unwrap_or(ControlFlow::Continue(()))
        } else {
            places
                .into_iter()
                .try_for_each(|(place, content)| job(Job::File(place.clone(), content)))
        };
        if flow.is_break() {
            return;
        }
    }
}
