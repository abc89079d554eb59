//! The one writer of a store: collects what a scan finds, and commits it.
//!
//! Nothing of what is collected exists before a commit, and all of it afterwards. Files are written
//! first, then the record that names them, then those that it names no more are removed.

use std::collections::BTreeMap;
use std::sync::Arc;

use lookalike_types::{ContentId, FileRow, Place, Space, SpaceId};
use parquet::errors::ParquetError;

use crate::commit::{Commit, Entry};
use crate::error::{Error, Result};
use crate::features::{self, FeatureRow, Row};
use crate::history::History;
use crate::joined::StoredPairs;
use crate::layout::{COMMIT, Kind, report_name};
use crate::medium::{Guard, Medium};
use crate::sketches::Sketches;
use crate::snapshot::Snapshot;
use crate::spaces::SpaceRecord;
use crate::store::replace;
use crate::{files, start, thumbs};

/// What a scan has found since the last commit. Holds the lock of the store until it is dropped;
/// dropping it forgets what was not committed.
///
/// After an error of a call that writes, drop the batch and begin again: whether the store is at
/// the old or at the new commit is then read from the medium, where it was decided.
pub struct Batch {
    snapshot: Snapshot,
    space: Space,
    lost: Vec<String>,
    /// To be removed once a record without them is down.
    orphans: Vec<String>,
    /// Whether the record differs from the one on the medium though nothing was collected.
    changed: bool,
    files: BTreeMap<Place, FileRow>,
    features: BTreeMap<ContentId, FeatureRow>,
    thumbs: BTreeMap<thumbs::Key, Vec<u8>>,
    pairs: Option<StoredPairs>,
    sketches: Option<Sketches>,
    history: Option<History>,
    note: Option<serde_json::Value>,
    _guard: Guard,
}

impl Batch {
    pub(crate) fn start(medium: &Arc<dyn Medium>, space: &Space, guard: Guard) -> Result<Self> {
        SpaceRecord::from(space)
            .to_space()
            .map_err(|why| Error::Space { why })?;
        let start = start::prepare(medium)?;
        let mut commit = start.snapshot.commit().clone();
        let entered = commit.enter(space);
        Ok(Self {
            snapshot: start.snapshot.next(commit)?,
            space: space.clone(),
            changed: entered || !start.lost.is_empty(),
            lost: start.lost,
            orphans: start.orphans,
            files: BTreeMap::new(),
            features: BTreeMap::new(),
            thumbs: BTreeMap::new(),
            pairs: None,
            sketches: None,
            history: None,
            note: None,
            _guard: guard,
        })
    }

    /// The store as of the last commit.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The names of the files that were missing or cut when this batch began. What only they held
    /// is unknown now, and this scan finds it again.
    pub fn lost(&self) -> &[String] {
        &self.lost
    }

    /// A file was looked at. The last row of a place counts.
    pub fn saw(&mut self, row: FileRow) {
        self.files.insert(row.place.clone(), row);
    }

    /// A content was decoded and embedded, or cannot be. The last row of a content counts.
    ///
    /// # Errors
    /// [`Error::Dimension`] where the vector is not one of the space.
    pub fn push(&mut self, row: FeatureRow) -> Result<()> {
        let wanted = self.space.dimension as usize;
        match &row.result {
            Ok(vector) if vector.len() != wanted => {
                return Err(Error::Dimension {
                    space: self.space.id(),
                    wanted,
                    found: vector.len(),
                });
            }
            _ => self.features.insert(row.content, row),
        };
        Ok(())
    }

    /// A small picture of a content, of this longer side in pixels.
    pub fn put_thumb(&mut self, side: u32, content: ContentId, jpeg: Vec<u8>) {
        self.thumbs.insert((side, content), jpeg);
    }

    /// The outcome of a join; replaces that of the last one in this space.
    pub fn set_pairs(&mut self, pairs: StoredPairs) {
        self.pairs = Some(pairs.in_order());
    }

    /// What the index keeps of the vectors; replaces what it kept before in this space.
    pub fn set_sketches(&mut self, sketches: Sketches) {
        self.sketches = Some(sketches);
    }

    /// Which pairs there were, scan by scan; replaces what was known in this space.
    pub fn set_history(&mut self, history: History) {
        self.history = Some(history);
    }

    /// What the caller wants to know again of this scan; replaces the note of the last one.
    pub fn set_note(&mut self, note: serde_json::Value) {
        self.note = Some(note);
    }

    /// Makes everything collected since the last commit part of the store, as one generation.
    /// Without anything new it writes nothing.
    ///
    /// # Errors
    /// [`Error::Io`] where a file cannot be written; drop the batch then.
    pub fn commit(&mut self) -> Result<Snapshot> {
        let mut draft = self.draft();
        if !self.files.is_empty() {
            draft.table(&Kind::Files, |g| files::encode(g, &self.files))?;
        }
        self.write(draft)
    }

    /// Commits, and makes `rows` all that is known of files: those that are not among them leave.
    /// What [`Batch::saw`] was told is replaced. For the end of a scan that ran through.
    ///
    /// # Errors
    /// As [`Batch::commit`]; and as [`Snapshot::files`].
    pub fn finish(&mut self, rows: Vec<FileRow>) -> Result<Snapshot> {
        self.files = rows
            .into_iter()
            .map(|row| (row.place.clone(), row))
            .collect();
        let segments = self.snapshot.names(&Kind::Files).len();
        let before = self.snapshot.files()?;
        let mut draft = self.draft();
        // A scan that found nothing new leaves the bytes of everything as they are.
        if segments != 1 || !before.iter().eq(self.files.values()) {
            draft.drop_all(&Kind::Files);
            draft.table(&Kind::Files, |g| files::encode(g, &self.files))?;
        }
        self.write(draft)
    }

    /// Replaces the reports by these, `run.json` last, and records them so that `check` can verify
    /// them. Does not commit what is collected, and makes no generation.
    ///
    /// # Errors
    /// [`Error::ReportName`]; [`Error::Io`] where a file cannot be written: the reports are then
    /// partly old and partly new, which `check` names.
    pub fn publish_report(&mut self, reports: &[(&str, &[u8])]) -> Result<()> {
        if let Some((name, _)) = reports.iter().find(|(name, _)| !report_name(name)) {
            let name = (*name).to_owned();
            return Err(Error::ReportName { name });
        }
        let medium = Arc::clone(self.snapshot.medium());
        let mut commit = self.snapshot.commit().clone();
        let mut before = commit.names(&Kind::Report);
        commit.files.retain(|name, _| !before.contains(name));
        before.append(&mut self.orphans);
        let mut in_order = reports.to_vec();
        in_order.sort_by_key(|(name, _)| (*name == "run.json", *name));
        for (name, bytes) in in_order {
            let name = format!("report/{name}");
            replace(&*medium, &name, bytes)?;
            commit.files.insert(name, Entry::of(bytes));
        }
        replace(&*medium, COMMIT, &commit.to_bytes())?;
        remove_all(
            &*medium,
            before
                .iter()
                .filter(|name| !commit.files.contains_key(*name)),
        );
        self.snapshot = self.snapshot.next(commit)?;
        Ok(())
    }
}

impl Batch {
    pub(crate) fn space(&self) -> (&Space, SpaceId) {
        (&self.space, self.space.id())
    }

    /// The record of the next generation, still the same as the last.
    pub(crate) fn draft(&self) -> Draft {
        let mut commit = self.snapshot.commit().clone();
        commit.generation += 1;
        Draft {
            medium: Arc::clone(self.snapshot.medium()),
            commit,
            dropped: self.orphans.clone(),
            changed: self.changed,
        }
    }

    /// Adds what is collected besides files to the draft, and makes it the last commit.
    fn write(&mut self, mut draft: Draft) -> Result<Snapshot> {
        let id = self.space.id();
        if !self.features.is_empty() {
            let rows: Vec<Row<'_>> = self.features.values().map(Row::from).collect();
            draft.features(&self.space, &rows)?;
        }
        if !self.thumbs.is_empty() {
            draft.table(&Kind::Thumbs, |g| thumbs::encode(g, &self.thumbs))?;
        }
        if let Some(pairs) = &self.pairs {
            let kinds = [Kind::Pairs(id.clone()), Kind::Joined(id)];
            kinds.iter().for_each(|kind| draft.drop_all(kind));
            draft.table(&kinds[0], |g| pairs.encode_pairs(g))?;
            draft.table(&kinds[1], |g| pairs.encode_contents(g))?;
        }
        if let Some(sketches) = &self.sketches {
            let kind = Kind::Sketches(self.space.id());
            draft.drop_all(&kind);
            draft.add(kind.name(draft.commit.generation), &sketches.encode())?;
        }
        if let Some(history) = &self.history {
            let kind = Kind::History(self.space.id());
            draft.drop_all(&kind);
            draft.table(&kind, |g| history.encode(g))?;
        }
        if self.note.is_some() && self.note != draft.commit.note {
            draft.commit.note = self.note.clone();
            draft.changed = true;
        }
        self.close(draft)?;
        self.files.clear();
        self.features.clear();
        self.thumbs.clear();
        self.pairs = None;
        self.sketches = None;
        self.history = None;
        self.note = None;
        Ok(self.snapshot.clone())
    }

    /// Makes the draft the last commit, where it changes anything.
    pub(crate) fn close(&mut self, draft: Draft) -> Result<()> {
        if !draft.changed {
            return Ok(());
        }
        replace(&*draft.medium, COMMIT, &draft.commit.to_bytes())?;
        remove_all(&*draft.medium, draft.dropped.iter());
        self.snapshot = self.snapshot.next(draft.commit)?;
        self.orphans.clear();
        self.changed = false;
        Ok(())
    }
}

/// The next generation while its files are being written.
pub(crate) struct Draft {
    medium: Arc<dyn Medium>,
    commit: Commit,
    dropped: Vec<String>,
    changed: bool,
}

impl Draft {
    /// Writes a new table, encoded for this generation.
    pub(crate) fn table(
        &mut self,
        kind: &Kind,
        encode: impl FnOnce(u64) -> Result<Vec<u8>, ParquetError>,
    ) -> Result<()> {
        let generation = self.commit.generation;
        let name = kind.name(generation);
        match encode(generation) {
            Ok(bytes) => self.add(name, &bytes),
            Err(source) => Err(Error::Encode { name, source }),
        }
    }

    /// Writes a new feature segment and its mappable copy.
    pub(crate) fn features(&mut self, space: &Space, rows: &[Row<'_>]) -> Result<()> {
        self.table(&Kind::Features(space.id()), |g| {
            features::encode(space, g, rows)
        })?;
        let name = Kind::Vectors(space.id()).name(self.commit.generation);
        self.add(name, &features::raw(rows))
    }

    /// Leaves a file out of the next generation.
    pub(crate) fn drop_file(&mut self, name: &str) {
        if self.commit.files.remove(name).is_some() {
            self.dropped.push(name.to_owned());
            self.changed = true;
        }
    }

    fn drop_all(&mut self, kind: &Kind) {
        for name in self.commit.names(kind) {
            self.drop_file(&name);
        }
    }

    fn add(&mut self, name: String, bytes: &[u8]) -> Result<()> {
        self.medium
            .create_new(&name, bytes)
            .map_err(|source| Error::Io {
                action: "write",
                path: self.medium.path(&name),
                source,
            })?;
        self.commit.files.insert(name, Entry::of(bytes));
        self.changed = true;
        Ok(())
    }
}

/// Removes files that the record no longer names. That one stays is no failure of the commit: it
/// is an orphan, and the next writer sweeps it.
fn remove_all<'a>(medium: &dyn Medium, names: impl Iterator<Item = &'a String>) {
    for name in names {
        let _ = medium.remove(name);
    }
}
