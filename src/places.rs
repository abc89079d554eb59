//! Where images lie: in the order of the images, and from which folder relative paths start.

use std::path::{Path, PathBuf};

use lookalike_ingest::path_of;
use lookalike_store::Snapshot;
use lookalike_types::{FileRow, Place};

/// How many places are looked for to tell the folder that they start from.
const LOOKED_FOR: usize = 100;

/// The rows of the store in the order of the images of a report.
///
/// # Errors
/// Where the store cannot be read.
pub(crate) fn rows(snapshot: &Snapshot) -> anyhow::Result<Vec<FileRow>> {
    let mut rows = snapshot.files()?;
    rows.sort_by_cached_key(|row| row.place.shown());
    Ok(rows)
}

/// Whether a place starts from another folder than the root.
pub(crate) fn is_relative(place: &Place) -> bool {
    path_of(&place.path).is_relative()
}

/// The folder that relative places start from: the current one where some of them are there, so
/// that a tree that was moved or copied is cleaned where the person stands; else that of the scan.
///
/// # Errors
/// Where there is no current folder.
pub(crate) fn root(rows: &[FileRow], scanned_in: Option<&str>) -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir()?;
    let relative = || rows.iter().filter(|row| is_relative(&row.place));
    let some_in = |folder: &Path| {
        let mut paths = relative()
            .take(LOOKED_FOR)
            .map(|row| path_of(&row.place.path));
        paths.any(|path| folder.join(path).symlink_metadata().is_ok())
    };
    let there = scanned_in
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute());
    Ok(match there {
        Some(there) if there != here && !some_in(&here) && some_in(&there) => there,
        _ => here,
    })
}
