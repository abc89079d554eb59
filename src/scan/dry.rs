//! `--dry-run`: what a scan would read. Looks at names, sizes and times; opens no image.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use lookalike_ingest::{self as ingest, Found};
use lookalike_store::{Disk, Error, Store};
use lookalike_types::{FileRow, Stamp};
use serde_json::json;

use super::Request;
use crate::model;

/// The rows of the last scan by the file that they are in: one for an image, all of a shard.
type Before = HashMap<Vec<u8>, Vec<FileRow>>;

/// Counts what a scan would do, as text and as JSON.
///
/// # Errors
/// Where an input is not there or DIR cannot be read.
pub(crate) fn dry_run(request: &Request) -> anyhow::Result<(String, serde_json::Value)> {
    let mut before = Before::new();
    match Store::open(Arc::new(Disk::new(&request.out))) {
        Ok(store) => {
            for row in store.snapshot()?.files()? {
                before.entry(row.place.path.clone()).or_default().push(row);
            }
        }
        Err(Error::NoStore { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let mut count = Count::default();
    let mut visit = |found: Found| {
        count.take(found, &before, request.rehash);
        ControlFlow::Continue(())
    };
    let options = model::input_options(&request.settings, &request.out);
    let limits = model::limits(&request.settings);
    // Every shard is called known, so that none is opened; its stamp is compared by the count.
    ingest::find(&request.inputs, &options, &limits, &|_, _| true, &mut visit)?;
    Ok(count.describe(&before))
}

#[derive(Default)]
struct Count {
    found: HashSet<Vec<u8>>,
    shards: u64,
    new: u64,
    changed: u64,
    unchanged: u64,
    unreadable: u64,
    bytes: u64,
}

impl Count {
    fn take(&mut self, found: Found, before: &Before, rehash: bool) {
        match found {
            Found::File { place, stamp } => self.file(place.path, stamp, before, rehash),
            Found::UnchangedShard { path, stamp } => {
                self.shards += 1;
                self.file(path, stamp, before, rehash);
            }
            Found::Failed { .. } | Found::Member { .. } => self.unreadable += 1,
        }
    }

    fn file(&mut self, path: Vec<u8>, stamp: Stamp, before: &Before, rehash: bool) {
        let same = |row: &FileRow| !rehash && row.settled && row.source == Some(stamp);
        match before.get(&path) {
            None => self.new += 1,
            Some(rows) if rows.iter().all(same) => self.unchanged += 1,
            Some(_) => self.changed += 1,
        }
        if !before.get(&path).is_some_and(|rows| rows.iter().all(same)) {
            self.bytes += stamp.bytes;
        }
        self.found.insert(path);
    }

    fn describe(&self, before: &Before) -> (String, serde_json::Value) {
        let gone = before
            .keys()
            .filter(|path| !self.found.contains(*path))
            .count();
        let Self {
            shards,
            new,
            changed,
            unchanged,
            unreadable,
            bytes,
            ..
        } = self;
        let files = self.found.len();
        let text = format!(
            "Nothing was read or written. A scan would look at {files} files, {shards} of them shards:\n  \
             {new} new, {changed} to be read again, {unchanged} unchanged, {gone} gone, {unreadable} unreadable;\n  \
             {bytes} bytes to be read.\n"
        );
        let json = json!({
            "files": files, "shards": shards, "new": new, "changed": changed, "unchanged": unchanged,
            "gone": gone, "unreadable": unreadable, "bytes": bytes,
        });
        (text, json)
    }
}
