//! Pictures out of shards, one at a time.
//!
//! A member of a plain shard is read from where it lies: its place is looked up once. A packed shard
//! can only be read from its start, so whoever comes by on the way to one member is kept for a while,
//! where it may be shown too; and two who wait for the same shard share one way through it.

use std::collections::HashSet;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use hyper::body::Bytes;
use lookalike_ingest::{self as ingest, Found, InputOptions, Limits, ShardIndex};
use lookalike_types::{ContentId, Failed, Place, Reason, Stamp};
use lru::LruCache;

use super::cache::Cache;

/// Shards whose places are kept: a table of a hundred bytes per member.
const INDEXED: NonZeroUsize = NonZeroUsize::new(8).expect("it is not zero");

/// Reads members of shards.
pub(crate) struct Shards {
    options: InputOptions,
    limits: Limits,
    indices: Mutex<LruCache<Vec<u8>, Arc<ShardIndex>>>,
    /// Members of packed shards, with the stamp of the shard that they were read from.
    passed: Cache<(Place, Key)>,
    wanted: Mutex<HashSet<Place>>,
    /// One way through a packed shard at a time.
    way: Mutex<()>,
}

#[derive(PartialEq, Eq, Hash)]
struct Key(u64, i64);

impl Shards {
    /// Members as the scan with these options named them; of packed shards at most that many bytes
    /// are kept.
    pub(crate) fn new(options: InputOptions, limits: Limits, keep: u64) -> Self {
        Self {
            options,
            limits,
            indices: Mutex::new(LruCache::new(INDEXED)),
            passed: Cache::new(keep),
            wanted: Mutex::new(HashSet::new()),
            way: Mutex::new(()),
        }
    }

    /// The bytes of a member as they are now. `shown` says which contents are worth keeping when
    /// they come by.
    ///
    /// # Errors
    /// `vanished` where the shard or the member is gone, or why it cannot be read.
    pub(crate) fn member(
        &self,
        place: &Place,
        shown: &dyn Fn(&ContentId) -> bool,
    ) -> Result<Bytes, Failed> {
        let name = place.member.as_deref().unwrap_or_default();
        if let Some(index) = self.index(&place.path, false)? {
            if let Some(bytes) = index.read(&place.path, name, &self.limits)? {
                return Ok(bytes.into());
            }
            // The shard was written anew, or the member lies in pieces.
            let index = self.index(&place.path, true)?;
            let again = index.map(|index| index.read(&place.path, name, &self.limits));
            if let Some(bytes) = again.transpose()?.flatten() {
                return Ok(bytes.into());
            }
        }
        self.streamed(place, shown)
    }

    fn index(&self, path: &[u8], anew: bool) -> Result<Option<Arc<ShardIndex>>, Failed> {
        let mut indices = self.indices.lock().expect("reading headers does not panic");
        if let (Some(index), false) = (indices.get(path), anew) {
            return Ok(Some(Arc::clone(index)));
        }
        let index = ShardIndex::of(path, &self.options)?.map(Arc::new);
        if let Some(index) = &index {
            indices.put(path.to_vec(), Arc::clone(index));
        }
        Ok(index)
    }

    fn streamed(&self, place: &Place, shown: &dyn Fn(&ContentId) -> bool) -> Result<Bytes, Failed> {
        let want = || self.wanted.lock().expect("a set does not panic");
        want().insert(place.clone());
        let _way = self.way.lock().expect("streaming does not panic");
        if let Some(bytes) = self.kept(place) {
            want().remove(place);
            return Ok(bytes);
        }
        let mut found: Option<Result<Vec<u8>, Failed>> = None;
        let mut visit = |item: Found| {
            let (member, source, bytes) = match item {
                Found::Member {
                    place,
                    source,
                    bytes,
                    ..
                } => (place, source, bytes),
                Found::Failed { failed, .. } => {
                    found.get_or_insert(Err(failed));
                    return ControlFlow::Continue(());
                }
                _ => return ControlFlow::Continue(()),
            };
            let waited_for = want().remove(&member);
            if let Ok(bytes) = &bytes
                && (waited_for || shown(&ContentId::of(bytes)))
            {
                let bytes = Bytes::copy_from_slice(bytes);
                self.passed.put((member.clone(), key(source)), bytes);
            }
            if member == *place {
                found = Some(bytes);
            }
            let here = |wanted: &Place| wanted.path == place.path;
            match found.is_some() && !want().iter().any(here) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let read = ingest::find_in_shard(&place.path, &self.options, &self.limits, &mut visit);
        want().remove(place);
        let unusable = |error| Failed::new(Reason::Unreadable, error);
        let _flow = read.map_err(unusable)?;
        let gone = || Failed::new(Reason::Vanished, "the shard has no such member any more");
        found.unwrap_or_else(|| Err(gone())).map(Bytes::from)
    }

    /// What was kept of this member, where the shard is still the one that it came from.
    fn kept(&self, place: &Place) -> Option<Bytes> {
        let metadata = ingest::path_of(&place.path).metadata().ok()?;
        let stamp = ingest::stamp_of(&metadata);
        self.passed.get(&(place.clone(), key(stamp)))
    }
}

fn key(stamp: Stamp) -> Key {
    Key(stamp.bytes, stamp.modified_ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::path::Path;
    use std::time::Duration;

    const LIMITS: Limits = Limits {
        max_pixels: 1 << 20,
        max_bytes: 1 << 20,
        timeout: Duration::from_secs(10),
    };

    fn shards() -> Shards {
        let options = InputOptions {
            extensions: vec!["png".into()],
            ..InputOptions::default()
        };
        Shards::new(options, LIMITS, 1 << 20)
    }

    fn tar(count: u8) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for number in 0..count {
            let mut header = tar::Header::new_gnu();
            header.set_size(100);
            let name = format!("{number}.png");
            let bytes = [number; 100];
            let added = builder.append_data(&mut header, name, &bytes[..]);
            added.expect("memory takes every byte");
        }
        builder.into_inner().expect("memory takes every byte")
    }

    fn packed(path: &Path, bytes: &[u8]) {
        let file = std::fs::File::create(path).expect("a file");
        let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        gzip.write_all(bytes).expect("it is written");
        gzip.finish().expect("it is written");
    }

    fn place(path: &Path, number: u8) -> Place {
        Place::member(ingest::name_of(path), format!("{number}.png"))
    }

    #[test]
    fn members_of_plain_and_packed_shards_are_found() {
        let dir = tempfile::tempdir().expect("a folder");
        let (plain, gzip) = (dir.path().join("a.tar"), dir.path().join("b.tar.gz"));
        std::fs::write(&plain, tar(50)).expect("a file");
        packed(&gzip, &tar(50));
        let shards = shards();
        for path in [&plain, &gzip] {
            for number in [49, 3, 20] {
                let read = shards.member(&place(path, number), &|_| true);
                assert_eq!(
                    read,
                    Ok(Bytes::from(vec![number; 100])),
                    "{}",
                    path.display()
                );
            }
            let gone = shards.member(&place(path, 50), &|_| true);
            assert_eq!(gone.map_err(|f| f.reason), Err(Reason::Vanished));
        }
        assert!(shards.wanted.lock().expect("no panic").is_empty());
    }

    #[test]
    fn what_came_by_is_kept_only_where_it_is_shown_and_as_long_as_the_shard_stays() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("b.tar.gz");
        packed(&path, &tar(50));
        let shards = shards();
        let third = ContentId::of(&[3; 100]);
        let shown = |content: &ContentId| *content == third;
        assert!(shards.member(&place(&path, 20), &shown).is_ok());
        assert!(shards.kept(&place(&path, 20)).is_some());
        assert!(shards.kept(&place(&path, 3)).is_some());
        assert!(shards.kept(&place(&path, 4)).is_none());
        packed(&path, &tar(10));
        assert!(shards.kept(&place(&path, 3)).is_none());
        let gone = shards.member(&place(&path, 20), &shown);
        assert_eq!(gone.map_err(|f| f.reason), Err(Reason::Vanished));
    }
}
