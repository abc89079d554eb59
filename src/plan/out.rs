//! The file of a plan: where it may be written, and writing it whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use lookalike_act::Plan;

use crate::exit::UsageError;

/// The journal that `apply` writes beside a plan.
pub(crate) fn journal_of(plan: &Path) -> PathBuf {
    plan.with_extension("journal.jsonl")
}

/// Refuses to write where something else would be lost.
///
/// # Errors
/// A usage error that says what to do.
pub(crate) fn must_be_free(out: &Path, dir: &Path) -> anyhow::Result<()> {
    let shown = out.display();
    if out.file_name().is_none() || out.is_dir() {
        return Err(
            UsageError::new(format!("--out {shown} is a folder: name a file in it")).into(),
        );
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let Ok(real) = folder.canonicalize() else {
        let folder = folder.display();
        return Err(UsageError::new(format!(
            "--out {shown}: there is no folder {folder}. Make it first"
        ))
        .into());
    };
    let report = dir.join("report").canonicalize();
    if report.is_ok_and(|report| real.starts_with(report)) {
        return Err(UsageError::new(format!(
            "--out {shown} lies among the files of the report, which the next scan writes again: name another place"
        ))
        .into());
    }
    let journal = journal_of(out);
    if journal.symlink_metadata().is_ok() {
        return Err(UsageError::new(format!(
            "{shown} has been carried out, at least in part: its journal {} is there. Name another file with --out; or take it back with `lookalike undo`, and move plan and journal away together",
            journal.display()
        ))
        .into());
    }
    if out.symlink_metadata().is_err() {
        return Ok(());
    }
    let is_plan = |bytes: Vec<u8>| Plan::from_parquet(bytes.into()).is_ok();
    match fs::read(out).is_ok_and(is_plan) {
        true => Ok(()),
        false => Err(UsageError::new(format!(
            "{shown} is there and is no plan: name another file with --out"
        ))
        .into()),
    }
}

/// Writes beside it and renames, so that a plan is never half-written.
///
/// # Errors
/// Where the system refuses.
pub(super) fn write(out: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let name = out.file_name().context("a plan has a name")?;
    let mut beside = name.to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = out.with_file_name(beside);
    let written = || {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, out)
    };
    written().map_err(|error| {
        let _ = fs::remove_file(&beside);
        anyhow::Error::new(error).context(format!(
            "cannot write {}; nothing is left of it",
            out.display()
        ))
    })
}
