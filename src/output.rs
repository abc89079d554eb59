//! The output folder DIR: opening it, and what is remembered of the last scan into it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use lookalike_report::{Changes, JoinInfo, Runtime, Since};
use lookalike_store::{Disk, Snapshot, Store};
use lookalike_types::Space;
use serde::{Deserialize, Serialize};

use crate::exit::UsageError;

/// What a scan leaves behind for `report` and `query`, beside files, vectors and pairs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LastScan {
    /// RFC 3339, UTC.
    pub started: String,
    /// As they were typed.
    pub inputs: Vec<String>,
    /// The folder in which they were typed, where its name is UTF-8: relative ones start there.
    #[serde(default)]
    pub folder: Option<String>,
    /// The settings in force, nested by section.
    pub config: serde_json::Value,
    /// What was done.
    pub changes: Changes,
    /// The engine that ran the model.
    pub runtime: Runtime,
    /// How pairs were found, and from which similarity.
    pub join: JoinInfo,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// Its number: how many scans into this folder came to their end.
    #[serde(default)]
    pub scan: u64,
    /// What changed since the one before it in its space.
    #[serde(default)]
    pub since: Option<Since>,
    /// When the last scan of each space began.
    #[serde(default)]
    pub scanned: BTreeMap<String, String>,
}

/// Opens the folder of an earlier scan.
///
/// # Errors
/// A [`UsageError`] where there is none, any other error where it cannot be read.
pub(crate) fn open(dir: &Path) -> anyhow::Result<Store> {
    must_be_folder(dir)?;
    match Store::open(Arc::new(Disk::new(dir))) {
        Err(error @ lookalike_store::Error::NoStore { .. }) => Err(UsageError::new(error).into()),
        other => Ok(other?),
    }
}

/// Refuses what is no folder at all.
///
/// # Errors
/// A [`UsageError`] that says what to name instead.
pub(crate) fn must_be_folder(dir: &Path) -> anyhow::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    Err(UsageError::new(format!(
        "{} is not a folder. Name the output folder of a scan (by default lookalike-out)",
        dir.display()
    ))
    .into())
}

/// The last scan into this folder, and the space that its vectors lie in.
///
/// # Errors
/// A [`UsageError`] where none came to its end; else as [`last_scan`].
pub(crate) fn finished(snapshot: &Snapshot, dir: &Path) -> anyhow::Result<(LastScan, Space)> {
    let unfinished = || {
        UsageError::new(format!(
            "no scan into {} came to its end yet: run `lookalike scan` again",
            dir.display()
        ))
    };
    let last = last_scan(snapshot)?.ok_or_else(unfinished)?;
    let space = snapshot.current().ok_or_else(unfinished)?.clone();
    Ok((last, space))
}

/// What is remembered of the last scan that came to its end.
///
/// # Errors
/// Where it is remembered in a form that this version does not know.
pub(crate) fn last_scan(snapshot: &Snapshot) -> anyhow::Result<Option<LastScan>> {
    Ok(snapshot
        .note()
        .cloned()
        .map(serde_json::from_value)
        .transpose()?)
}
