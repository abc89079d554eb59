//! The last stage of gathering: rows into the store, commits as it goes, counts by the way.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use lookalike_report::Changes;
use lookalike_store::{Batch, Unreferenced};
use lookalike_types::{ContentId, Failed, FileRow, Place};

use super::worker::{Dealt, Done, Shared};
use crate::terminal::{Bar, Terminal};

/// A commit is due after that many new vectors or that much time, whichever comes first: an
/// interrupt costs seconds, and a scan of millions leaves few small files.
const COMMIT_FEATURES: usize = 4096;
const COMMIT_TIME: Duration = Duration::from_secs(15);

/// Takes what the workers have done.
pub(crate) struct Writer<'a> {
    batch: &'a mut Batch,
    shared: &'a Arc<Shared>,
    terminal: &'a Terminal,
    bar: Bar,
    rows: Vec<FileRow>,
    /// Failures that are kept with places: a twin of such a file must learn of it.
    by_content: HashMap<ContentId, Failed>,
    changes: Changes,
    changed_rows: usize,
    pending_features: usize,
    committed: Instant,
}

impl<'a> Writer<'a> {
    /// A writer into an open batch.
    pub(crate) fn new(
        batch: &'a mut Batch,
        shared: &'a Arc<Shared>,
        terminal: &'a Terminal,
    ) -> Self {
        let bar = terminal.bar("reading");
        let committed = Instant::now();
        Self {
            batch,
            shared,
            terminal,
            bar,
            rows: Vec::new(),
            by_content: HashMap::new(),
            changes: Changes::default(),
            changed_rows: 0,
            pending_features: 0,
            committed,
        }
    }

    /// Takes one result, and commits where that is due.
    ///
    /// # Errors
    /// Where the model failed as a whole or the store cannot be written.
    pub(crate) fn accept(&mut self, done: Done) -> anyhow::Result<()> {
        let Dealt {
            row,
            feature,
            decoded,
        } = done.context("the model stopped working")?;
        self.bar.step();
        if let Some(&total) = self.shared.total.get() {
            self.bar.total(total);
        }
        let failed = row
            .failed
            .as_ref()
            .or(feature.as_ref().and_then(|f| f.result.as_ref().err()));
        if let Some(failed) = failed {
            let reason = failed.reason;
            self.terminal
                .detail(|| format!("{reason}: {}: {}", row.place.shown(), failed.detail));
        }
        if let (Some(content), Some(failed)) = (row.content, &row.failed) {
            self.by_content.insert(content, failed.clone());
        }
        self.changes.decoded += u64::from(decoded);
        if let Some(feature) = feature {
            self.changes.embedded += u64::from(feature.result.is_ok());
            self.batch.push(feature)?;
            self.pending_features += 1;
        }
        self.count(&row);
        if self.shared.before.get(&row.place) != Some(&row) {
            // Until the scan has come to its end a part of a shard must not pass for the whole.
            let settled = row.settled && row.place.member.is_none();
            self.batch.saw(FileRow {
                settled,
                ..row.clone()
            });
            self.changed_rows += 1;
        }
        self.rows.push(row);
        let due =
            self.pending_features >= COMMIT_FEATURES || self.committed.elapsed() >= COMMIT_TIME;
        if due && self.pending_features > 0 {
            self.commit()?;
        }
        Ok(())
    }

    fn count(&mut self, row: &FileRow) {
        match self.shared.before.get(&row.place) {
            None => self.changes.new += 1,
            Some(before) if before.content == row.content => self.changes.unchanged += 1,
            Some(_) => self.changes.changed += 1,
        }
    }

    fn commit(&mut self) -> anyhow::Result<()> {
        let start = Instant::now();
        self.batch.commit().context("could not commit")?;
        let mut watch = self
            .shared
            .watch
            .lock()
            .expect("adding times does not panic");
        watch.add("write", start.elapsed());
        self.pending_features = 0;
        self.committed = Instant::now();
        Ok(())
    }

    /// Commits what is left. Where gathering came to its end, the places that were met replace
    /// those of the last scan; where it was stopped, they are added to them.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub(crate) fn finish(mut self, stopped: bool) -> anyhow::Result<Changes> {
        if stopped {
            self.commit()?;
            return Ok(self.changes);
        }
        // One row for each that was found: fewer would make files leave the report in silence.
        anyhow::ensure!(
            self.shared.total.get() == Some(&(self.rows.len() as u64)),
            "a thread of the scan ended early, so some files were not dealt with. What was done is kept: scan again"
        );
        let found: HashSet<&Place> = self.rows.iter().map(|row| &row.place).collect();
        let gone = self
            .shared
            .before
            .keys()
            .filter(|place| !found.contains(place))
            .count();
        self.changes.removed = gone as u64;
        if gone + self.changed_rows == 0 && self.pending_features == 0 {
            return Ok(self.changes);
        }
        for row in &mut self.rows {
            let twin = row
                .content
                .and_then(|content| self.by_content.get(&content));
            if row.failed.is_none() {
                row.failed = twin.cloned();
            }
        }
        let start = Instant::now();
        self.batch
            .finish(std::mem::take(&mut self.rows))
            .context("could not commit")?;
        // Contents that no file has any more leave when segments are merged, not before.
        self.batch
            .compact(Unreferenced::Drop)
            .context("could not merge small files")?;
        self.shared
            .watch
            .lock()
            .expect("adding times does not panic")
            .add("write", start.elapsed());
        Ok(self.changes)
    }
}
