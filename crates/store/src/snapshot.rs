//! The last commit as a reader sees it: immutable, whatever writers do meanwhile.
//!
//! All files are opened together with the record that names them, so that a writer which replaces
//! and removes them later takes nothing away. Never writes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use lookalike_types::{ContentId, FileRow, Place, Space, SpaceId};

use crate::album::Thumbs;
use crate::commit::Commit;
use crate::error::{Error, Result};
use crate::features::{self, Known};
use crate::history::History;
use crate::joined::{self, StoredPairs};
use crate::layout::{Kind, advice, vectors_of};
use crate::medium::Medium;
use crate::review::{Remembered, remembered_on};
use crate::sketches::Sketches;
use crate::vectors::{Floats, Vectors};
use crate::{files, thumbs};

/// How often a reader starts again when a writer commits while it opens.
const ATTEMPTS: usize = 8;

/// One commit of a store. Cheap to clone.
#[derive(Clone)]
pub struct Snapshot {
    inner: Arc<Inner>,
}

struct Inner {
    medium: Arc<dyn Medium>,
    commit: Commit,
    spaces: BTreeMap<SpaceId, Space>,
    /// Every file but the reports; `None` where it is not there.
    open: BTreeMap<String, Option<Bytes>>,
}

/// Where the vector of each content lies.
pub(crate) struct Places {
    pub(crate) segments: Vec<String>,
    /// Segment and row among its vectors; no row where the content has no vector.
    pub(crate) of: HashMap<ContentId, (u32, Option<u32>)>,
    /// How many vectors each segment holds.
    vectors: Vec<u32>,
}

impl Snapshot {
    /// The number of the commit; 0 for a store that was only made.
    pub fn generation(&self) -> u64 {
        self.inner.commit.generation
    }

    /// Every space that this store has been written to with, by id.
    pub fn spaces(&self) -> impl Iterator<Item = (&SpaceId, &Space)> {
        self.inner.spaces.iter()
    }

    /// The definition of a space.
    pub fn space(&self, id: &SpaceId) -> Option<&Space> {
        self.inner.spaces.get(id)
    }

    /// The space of the last scan; `None` where nothing was scanned yet.
    pub fn current(&self) -> Option<&Space> {
        self.space(&self.inner.commit.current()?)
    }

    /// What the writer of the last scan left with [`Batch::set_note`](crate::Batch::set_note).
    pub fn note(&self) -> Option<&serde_json::Value> {
        self.inner.commit.note.as_ref()
    }

    /// What people said of the images of this folder, as of now: it is of no generation.
    ///
    /// # Errors
    /// As [`remembered`](crate::remembered).
    pub fn remembered(&self) -> Result<Remembered> {
        remembered_on(&*self.inner.medium)
    }

    /// Every file of the last scan, sorted by place.
    ///
    /// # Errors
    /// [`Error::Missing`] or [`Error::Damaged`] with the file's name, as for all that read below.
    pub fn files(&self) -> Result<Vec<FileRow>> {
        let mut rows: BTreeMap<Place, FileRow> = BTreeMap::new();
        for name in self.names(&Kind::Files) {
            self.in_words(&name, files::overlay(&self.verified(&name)?, &mut rows))?;
        }
        Ok(rows.into_values().collect())
    }

    /// What is known of every content in this space, without the vectors: reads the small columns
    /// only. Empty for a space that has not been seen.
    ///
    /// # Errors
    /// As [`Snapshot::files`].
    pub fn known(&self, space: &SpaceId) -> Result<HashMap<ContentId, Known>> {
        let mut all = HashMap::new();
        for name in self.names(&Kind::Features(space.clone())) {
            let mut each = |content, known| drop(all.insert(content, known));
            let read = features::read_known(&self.sized(&name)?, &mut each);
            self.in_words(&name, read)?;
        }
        Ok(all)
    }

    /// The vectors of these contents, in this order. Maps the files that hold them; where the
    /// mappable copy is gone or cut, its segment is decoded into memory instead.
    ///
    /// # Errors
    /// [`Error::NoVector`] where one of them has none, [`Error::NoSpace`]; and as
    /// [`Snapshot::files`].
    pub fn vectors(&self, space: &SpaceId, contents: &[ContentId]) -> Result<Vectors> {
        let dimension = self.dimension(space)?;
        let places = self.places(space)?;
        let mut rows = Vec::with_capacity(contents.len());
        let mut used: BTreeMap<u32, u32> = BTreeMap::new();
        for content in contents {
            let Some(&(segment, Some(row))) = places.of.get(content) else {
                let (space, content) = (space.clone(), *content);
                return Err(Error::NoVector { space, content });
            };
            let next = used.len() as u32;
            rows.push((*used.entry(segment).or_insert(next), row));
        }
        let mut segments: Vec<Option<Floats>> = used.iter().map(|_| None).collect();
        for (segment, slot) in used {
            segments[slot as usize] = Some(self.floats(&places, segment, dimension)?);
        }
        Ok(Vectors {
            dimension,
            segments: segments.into_iter().flatten().collect(),
            rows,
        })
    }

    /// The outcome of the last join in this space; `None` where there is none.
    ///
    /// # Errors
    /// As [`Snapshot::files`].
    pub fn pairs(&self, space: &SpaceId) -> Result<Option<StoredPairs>> {
        let pairs = self.names(&Kind::Pairs(space.clone())).pop();
        let contents = self.names(&Kind::Joined(space.clone())).pop();
        let (Some(pairs), Some(contents)) = (pairs, contents) else {
            return Ok(None);
        };
        let mut stored = self.in_words(&pairs, joined::read_pairs(&self.verified(&pairs)?))?;
        let read = joined::read_contents(&self.verified(&contents)?);
        stored.contents = self.in_words(&contents, read)?;
        Ok(Some(stored))
    }

    /// What the index keeps of the vectors of this space; `None` where there is nothing of use. They
    /// are derived, so that a damaged file is no error: `check` names it.
    pub fn sketches(&self, space: &SpaceId) -> Option<Sketches> {
        let name = self.names(&Kind::Sketches(space.clone())).pop()?;
        Sketches::decode(&self.verified(&name).ok()?)
    }

    /// Which pairs there were in the scans of this space; `None` where nothing is known of them.
    ///
    /// # Errors
    /// As [`Snapshot::files`].
    pub fn history(&self, space: &SpaceId) -> Result<Option<History>> {
        let name = self.names(&Kind::History(space.clone())).pop();
        let read = |name: String| {
            let bytes = self.verified(&name)?;
            self.in_words(&name, History::decode(&bytes))
        };
        name.map(read).transpose()
    }

    /// The small pictures of this side of these contents, as JPEG; those that are not stored are
    /// left out.
    ///
    /// # Errors
    /// As [`Snapshot::files`].
    pub fn thumbs(&self, side: u32, contents: &[ContentId]) -> Result<HashMap<ContentId, Vec<u8>>> {
        let wanted: HashSet<&ContentId> = contents.iter().collect();
        let mut found = HashMap::new();
        for name in self.names(&Kind::Thumbs) {
            let mut each = |(its_side, content), jpeg: &[u8]| {
                if its_side == side && wanted.contains(&content) {
                    found.insert(content, jpeg.to_vec());
                }
            };
            self.in_words(&name, thumbs::read(&self.verified(&name)?, &mut each))?;
        }
        Ok(found)
    }

    /// The small pictures of this side, to be read one at a time. They are derived, so that a damaged
    /// file is passed over: `check` names it.
    pub fn album(&self, side: u32) -> Thumbs {
        let mut thumbs = Thumbs::default();
        for name in self.names(&Kind::Thumbs) {
            if let Ok(bytes) = self.verified(&name) {
                let _passed_over = thumbs.add(&bytes, side);
            }
        }
        thumbs
    }

    /// The contents that have a small picture of this side.
    ///
    /// # Errors
    /// As [`Snapshot::files`].
    pub fn thumbed(&self, side: u32) -> Result<HashSet<ContentId>> {
        let mut found = HashSet::new();
        for name in self.names(&Kind::Thumbs) {
            let mut each = |(its_side, content)| {
                if its_side == side {
                    found.insert(content);
                }
            };
            let read = thumbs::read_keys(&self.sized(&name)?, &mut each);
            self.in_words(&name, read)?;
        }
        Ok(found)
    }
}

impl Snapshot {
    /// The last commit of this medium.
    pub(crate) fn load(medium: &Arc<dyn Medium>) -> Result<Self> {
        let mut snapshot = Self::of_record(medium, Self::record(medium)?)?;
        for _ in 0..ATTEMPTS {
            if snapshot.inner.open.values().all(Option::is_some) {
                break;
            }
            // A file is missing: lost, or removed by a writer since the record was read. The
            // second shows in a newer record.
            let record = Self::record(medium)?;
            if record.generation == snapshot.generation() {
                break;
            }
            snapshot = Self::of_record(medium, record)?;
        }
        Ok(snapshot)
    }

    /// The snapshot of this record, which has to be the one on the medium.
    pub(crate) fn of_record(medium: &Arc<dyn Medium>, commit: Commit) -> Result<Self> {
        Self::open_files(medium, commit, &BTreeMap::new())
    }

    /// The snapshot of a newer record: what both name is not opened again.
    pub(crate) fn next(&self, commit: Commit) -> Result<Self> {
        Self::open_files(&self.inner.medium, commit, &self.inner.open)
    }

    pub(crate) fn medium(&self) -> &Arc<dyn Medium> {
        &self.inner.medium
    }

    pub(crate) fn commit(&self) -> &Commit {
        &self.inner.commit
    }

    pub(crate) fn names(&self, kind: &Kind) -> Vec<String> {
        self.inner.commit.names(kind)
    }

    pub(crate) fn dimension(&self, id: &SpaceId) -> Result<usize> {
        let space = self.space(id);
        let space = space.ok_or_else(|| Error::NoSpace { space: id.clone() })?;
        Ok(space.dimension as usize)
    }

    /// Where each content of a space lies; the last segment that has it counts.
    pub(crate) fn places(&self, space: &SpaceId) -> Result<Places> {
        let segments = self.names(&Kind::Features(space.clone()));
        let mut places = Places {
            of: HashMap::new(),
            vectors: Vec::with_capacity(segments.len()),
            segments,
        };
        for (index, name) in places.segments.iter().enumerate() {
            let mut vectors = 0;
            let mut each = |content, has_vector: bool| {
                let row = has_vector.then_some(vectors);
                vectors += u32::from(has_vector);
                places.of.insert(content, (index as u32, row));
            };
            let read = features::read_contents(&self.sized(name)?, &mut each);
            self.in_words(name, read)?;
            places.vectors.push(vectors);
        }
        Ok(places)
    }

    /// The bytes of a file of the recorded size. For files that are too large to be read at each
    /// opening.
    pub(crate) fn sized(&self, name: &str) -> Result<Bytes> {
        let Some(Some(bytes)) = self.inner.open.get(name) else {
            let path = self.inner.medium.path(name);
            let advice = advice(name);
            return Err(Error::Missing { path, advice });
        };
        let wanted = self.inner.commit.files.get(name).map(|entry| entry.bytes);
        if wanted != Some(bytes.len() as u64) {
            let wanted = wanted.unwrap_or_default();
            let why = format!("it has {} bytes instead of {wanted}", bytes.len());
            return Err(self.damaged(name, why));
        }
        Ok(bytes.clone())
    }

    /// The bytes of a file, which are those that were written.
    pub(crate) fn verified(&self, name: &str) -> Result<Bytes> {
        let bytes = self.sized(name)?;
        let entry = self.inner.commit.files.get(name);
        if !entry.is_some_and(|entry| entry.is_of(&bytes)) {
            let why = "its bytes are not those that were written";
            return Err(self.damaged(name, why.to_owned()));
        }
        Ok(bytes)
    }

    /// Turns what a reader of tables says about a file into an error that names the file.
    pub(crate) fn in_words<T>(&self, name: &str, read: Result<T, String>) -> Result<T> {
        read.map_err(|why| self.damaged(name, why))
    }

    /// The vectors of a segment from its Parquet file.
    pub(crate) fn decoded(&self, features: &str, dimension: usize) -> Result<Vec<f32>> {
        let read = features::read_vectors(&self.sized(features)?, dimension);
        self.in_words(features, read)
    }

    fn floats(&self, places: &Places, segment: u32, dimension: usize) -> Result<Floats> {
        let features = &places.segments[segment as usize];
        let wanted = places.vectors[segment as usize] as usize * dimension;
        let mapped = vectors_of(features).and_then(|name| self.sized(&name).ok());
        if let Some(bytes) = mapped.filter(|bytes| bytes.len() == wanted * size_of::<f32>()) {
            return Ok(Floats::new(bytes));
        }
        let values = self.decoded(features, dimension)?;
        if values.len() != wanted {
            let why = format!("it has {} numbers instead of {wanted}", values.len());
            return Err(self.damaged(features, why));
        }
        Ok(Floats::Owned(values))
    }

    fn damaged(&self, name: &str, why: String) -> Error {
        Error::Damaged {
            path: self.inner.medium.path(name),
            why,
            advice: advice(name),
        }
    }

    fn record(medium: &Arc<dyn Medium>) -> Result<Commit> {
        Commit::load(&**medium)?.ok_or_else(|| Error::NoStore {
            path: medium.path(""),
        })
    }

    fn open_files(
        medium: &Arc<dyn Medium>,
        commit: Commit,
        before: &BTreeMap<String, Option<Bytes>>,
    ) -> Result<Self> {
        let mut open = BTreeMap::new();
        for name in commit.files.keys() {
            let bytes = match before.get(name) {
                _ if Kind::of(name) == Some(Kind::Report) => continue,
                Some(Some(bytes)) => Some(bytes.clone()),
                _ => open_file(&**medium, name)?,
            };
            open.insert(name.clone(), bytes);
        }
        let inner = Inner {
            medium: Arc::clone(medium),
            spaces: commit.spaces(),
            commit,
            open,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }
}

fn open_file(medium: &dyn Medium, name: &str) -> Result<Option<Bytes>> {
    match medium.map(name) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io {
            action: "open",
            path: medium.path(name),
            source,
        }),
    }
}
