//! `--dry-run`: what a scan would read. Looks at names, sizes and times; opens no image.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use lookalike_ingest::{self as ingest, Found};
use lookalike_store::{Disk, Error, Store};
use lookalike_types::Stamp;
use serde_json::json;

use super::{Request, shared, trusts_shards};
use crate::model;
use crate::pipeline::find::Shards;
use crate::pipeline::worker::Shared;

/// Counts what a scan would do, as text and as JSON.
///
/// # Errors
/// Where an input is not there, the model cannot be opened or DIR cannot be read.
pub(crate) fn dry_run(request: &Request) -> anyhow::Result<(String, serde_json::Value)> {
    let embedder = model::open(&request.settings)?;
    let snapshot = match Store::open(Arc::new(Disk::new(&request.out))) {
        Ok(store) => Some(store.snapshot()?),
        Err(Error::NoStore { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let shared = shared(request, &embedder, snapshot.as_ref())?;
    let trusts = snapshot
        .map(|snapshot| trusts_shards(request, &snapshot))
        .transpose()?;
    let shards = if trusts == Some(true) {
        Shards::of(&shared)
    } else {
        Shards::default()
    };
    let mut count = Count::new(&shared);
    let mut visit = |found: Found| {
        match found {
            Found::File { place, stamp } => {
                let unchanged = shared.unchanged(&place, stamp).is_some();
                count.file(place.path, stamp, unchanged);
            }
            // Every shard is called known, so that none is opened.
            Found::UnchangedShard { path, stamp } => {
                count.shards += 1;
                let unchanged = shards.rows(&path, stamp).is_some();
                count.file(path, stamp, unchanged);
            }
            Found::Failed { .. } | Found::Member { .. } => count.unreadable += 1,
        }
        ControlFlow::Continue(())
    };
    let options = model::input_options(&request.settings, &request.out);
    ingest::find(
        &request.inputs,
        &options,
        &shared.limits,
        &|_, _| true,
        &mut visit,
    )?;
    Ok(count.describe())
}

#[derive(Default)]
struct Count<'a> {
    /// The files of the last scan, each shard once.
    before: HashSet<&'a [u8]>,
    found: HashSet<Vec<u8>>,
    shards: u64,
    new: u64,
    again: u64,
    unchanged: u64,
    unreadable: u64,
    bytes: u64,
}

impl<'a> Count<'a> {
    fn new(shared: &'a Shared) -> Self {
        let before = shared
            .before
            .keys()
            .map(|place| place.path.as_slice())
            .collect();
        Self {
            before,
            ..Self::default()
        }
    }

    fn file(&mut self, path: Vec<u8>, stamp: Stamp, unchanged: bool) {
        match (unchanged, self.before.contains(path.as_slice())) {
            (true, _) => self.unchanged += 1,
            (false, true) => self.again += 1,
            (false, false) => self.new += 1,
        }
        if !unchanged {
            self.bytes += stamp.bytes;
        }
        self.found.insert(path);
    }

    fn describe(&self) -> (String, serde_json::Value) {
        let gone = self
            .before
            .iter()
            .filter(|path| !self.found.contains(**path))
            .count();
        let Self {
            shards,
            new,
            again,
            unchanged,
            unreadable,
            bytes,
            ..
        } = self;
        let files = self.found.len();
        let text = format!(
            "Nothing was read or written. A scan would look at {files} files, {shards} of them shards:\n  \
             {new} new, {again} to be read again, {unchanged} unchanged, {gone} gone, {unreadable} unreadable;\n  \
             {bytes} bytes to be read.\n"
        );
        let json = json!({
            "files": files, "shards": shards, "new": new, "again": again, "unchanged": unchanged,
            "gone": gone, "unreadable": unreadable, "bytes": bytes,
        });
        (text, json)
    }
}
