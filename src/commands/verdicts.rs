//! `lookalike verdicts export|import DIR FILE`: what people said of pairs, from one folder to another.

use std::path::{Path, PathBuf};

use lookalike_store::{self as store, Merged, ReviewLog};
use lookalike_types::{PairVerdict, Verdict, escape, human};
use serde_json::json;

use super::Context;
use crate::exit::{Exit, UsageError};
use crate::flags::{Export, Import, Verdicts};
use crate::output;

pub(super) fn run(context: &Context, verdicts: &Verdicts) -> anyhow::Result<Exit> {
    match verdicts {
        Verdicts::Export(flags) => export(context, flags),
        Verdicts::Import(flags) => import(context, flags),
    }
}

fn export(context: &Context, flags: &Export) -> anyhow::Result<Exit> {
    output::must_be_folder(&flags.dir)?;
    must_be_free(&flags.file, &flags.dir)?;
    // What people said can be saved also where the rest of the folder is damaged.
    if !flags.dir.join("review").is_dir() {
        output::open(&flags.dir)?;
    }
    let remembered = store::remembered(&flags.dir)?;
    let mut verdicts: Vec<PairVerdict> = remembered.verdicts.into_values().collect();
    if let Some(name) = &flags.by {
        let nobody = verdicts.iter_mut().filter(|verdict| verdict.by.is_empty());
        nobody.for_each(|verdict| verdict.by.clone_from(name));
    }
    store::export_verdicts(&verdicts, &flags.file)?;
    let of = |wanted: Verdict| verdicts.iter().filter(|v| v.verdict == wanted).count();
    let (different, both) = (of(Verdict::Different), of(Verdict::KeepBoth));
    let file = shown(&flags.file);
    let text = format!(
        "{} in {file}: {different} different, {both} keep-both.\n",
        counted(verdicts.len())
    );
    let json = json!({
        "file": file, "verdicts": verdicts.len(), "different": different, "keep_both": both,
    });
    context.print_summary(&text, &json)?;
    Ok(Exit::Done)
}

fn import(context: &Context, flags: &Import) -> anyhow::Result<Exit> {
    output::open(&flags.dir)?;
    let mut verdicts = Vec::new();
    for file in &flags.files {
        must_be_file(file)?;
        match store::import_verdicts(file) {
            Err(error @ store::Error::Verdicts { .. }) => return Err(UsageError::new(error).into()),
            read => verdicts.extend(read?),
        }
    }
    let merged = ReviewLog::open(&flags.dir)?.merge(&verdicts)?;
    let dir = shown(&flags.dir);
    let files: Vec<String> = flags.files.iter().map(|file| shown(file)).collect();
    let json = json!({
        "dir": dir, "files": files, "verdicts": merged.pairs(),
        "new": merged.new, "changed": merged.changed, "same": merged.same, "older": merged.older,
    });
    context.print_summary(&told(&dir, merged), &json)?;
    Ok(Exit::Done)
}

fn told(dir: &str, merged: Merged) -> String {
    let Merged {
        new, changed, same, ..
    } = merged;
    let pairs = counted(merged.pairs());
    let mut text = format!("{pairs}: {new} new, {changed} changed, {same} the same");
    if merged.older > 0 {
        text.push_str(&format!(", {} older than what was said here", merged.older));
    }
    text.push_str(".\n");
    if new + changed > 0 {
        text.push_str(&format!("Next    lookalike report {dir}\n"));
    }
    text
}

fn counted(verdicts: usize) -> String {
    human::counted(verdicts as u64, "verdict", "verdicts")
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

fn must_be_file(file: &Path) -> anyhow::Result<()> {
    let words = if file.is_dir() {
        "it is a folder. Name a file that `lookalike verdicts export` wrote"
    } else if !file.exists() {
        "there is no such file"
    } else {
        return Ok(());
    };
    Err(UsageError::new(format!("{}: {words}", shown(file))).into())
}

/// Refuses to write where nothing can be written, and inside of DIR, where backups do not look.
fn must_be_free(file: &Path, dir: &Path) -> anyhow::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let inside = |folder: PathBuf| dir.canonicalize().is_ok_and(|dir| folder.starts_with(dir));
    let words = if file.is_dir() {
        "it is a folder. Name a file in it, such as verdicts.parquet".to_owned()
    } else if !folder.is_dir() {
        format!("there is no folder {}. Make it first", shown(folder))
    } else if folder.canonicalize().is_ok_and(inside) {
        let dir = shown(dir);
        format!("it lies in {dir}, which backups may leave out. Name a place outside of it")
    } else {
        return Ok(());
    };
    Err(UsageError::new(format!("{}: {words}", shown(file))).into())
}
