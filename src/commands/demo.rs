//! `lookalike demo`: draws pictures, plants copies, scans, and says what was found of them.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use image::ImageFormat;
use lookalike_report::{Findings, SummaryOptions, summary};
use serde_json::json;

use super::{Context, block_on};
use crate::demo::plant::{self, Edit};
use crate::demo::scene;
use crate::exit::{Exit, UsageError};
use crate::flags::Demo;
use crate::labels::Labels;
use crate::scan::{self, Finished, Outcome, Request};

/// Different pictures, and how many of them have a copy of each kind.
const PICTURES: u64 = 66;
const COPIES_PER_EDIT: usize = 4;

/// A copy and what it was made from, by file name.
struct Planted {
    edit: Edit,
    original: String,
    copy: String,
}

pub(super) fn run(context: &Context, demo: &Demo) -> anyhow::Result<Exit> {
    let pictures = demo.out.join("pictures");
    let out = demo.out.join("lookalike-out");
    ours_or_new(&demo.out, &pictures)?;
    context.terminal.note(&format!(
        "drawing {PICTURES} pictures and {} copies of them into {}",
        Edit::ALL.len() * COPIES_PER_EDIT,
        pictures.display()
    ));
    let planted = draw(&pictures)?;
    let settings = context.settings()?;
    let inputs = vec![OsString::from(&pictures)];
    let labels = Labels::load(&settings.labels, &scan::shown(&inputs))?;
    let request = Request {
        inputs,
        out: out.clone(),
        rehash: false,
        top: 0,
        threads: super::threads(&settings),
        labels: Arc::new(labels),
        formats: Vec::new(),
        config: serde_json::to_value(context.layers.nested())?,
        settings,
    };
    let Finished { run, findings } = match block_on(scan::scan(request, &context.terminal))? {
        Outcome::Done(finished) => *finished,
        Outcome::Stopped(signal) => return Ok(signal.into()),
    };
    let (found, strangers) = score(&planted, &groups(&findings));
    let json = json!({
        "planted": planted.len(), "found": found.iter().map(|(_, n)| n).sum::<usize>(),
        "by_edit": found.iter().map(|(edit, n)| (edit.name(), n)).collect::<HashMap<_, _>>(),
        "strangers_grouped": strangers, "run": serde_json::to_value(&run)?,
    });
    let options = SummaryOptions {
        dir: out.display().to_string(),
        page: true,
        exports: Vec::new(),
    };
    context.print_summary(
        &format!(
            "{}\n{}",
            summary(&run, &options),
            describe(&found, strangers)
        ),
        &json,
    )?;
    Ok(Exit::Done)
}

/// The folder must be new or that of an earlier demonstration: pictures of somebody else in it
/// would be counted as strangers.
fn ours_or_new(out: &Path, pictures: &Path) -> anyhow::Result<()> {
    let empty = fs::read_dir(out).map_or(true, |mut entries| entries.next().is_none());
    let ours = out.join("lookalike-out").join("commit.json").is_file();
    if empty || (ours && pictures.is_dir()) {
        return Ok(());
    }
    Err(UsageError::new(format!(
        "{} is there already and was not made by `lookalike demo`: name another folder with --out",
        out.display()
    ))
    .into())
}

fn draw(folder: &Path) -> anyhow::Result<Vec<Planted>> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut planted = Vec::new();
    for number in 0..PICTURES {
        let picture = scene::draw(number);
        let png = plant::encode(&picture, ImageFormat::Png)?;
        let original = format!("drawing-{number:02}.png");
        write(&folder.join(&original), &png)?;
        // Every picture up to the last of the copied ones has one copy.
        let turn = number as usize;
        if turn < Edit::ALL.len() * COPIES_PER_EDIT {
            let edit = Edit::ALL[turn % Edit::ALL.len()];
            let (bytes, extension) = edit.make(&picture, &png)?;
            let copy = format!(
                "copy-{number:02}-{}.{extension}",
                edit.name().replace(' ', "-")
            );
            write(&folder.join(&copy), &bytes)?;
            planted.push(Planted {
                edit,
                original,
                copy,
            });
        }
    }
    Ok(planted)
}

fn write(path: &PathBuf, bytes: &[u8]) -> anyhow::Result<()> {
    // An equal file is left alone, so that a second demonstration shows an unchanged re-scan.
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// The group of each file name.
fn groups(findings: &Findings) -> HashMap<String, i64> {
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let images = findings.images.iter().enumerate();
    images
        .filter_map(|(index, image)| Some((name(&image.path), findings.group_of(index)?)))
        .collect()
}

/// How many of each kind were found, and how many pictures stand in a group with a picture that
/// they are no copy of.
fn score(planted: &[Planted], groups: &HashMap<String, i64>) -> (Vec<(Edit, usize)>, usize) {
    let group = |name: &str| groups.get(name);
    let found = |edit: Edit| {
        let of_kind = planted.iter().filter(|planted| planted.edit == edit);
        of_kind
            .filter(|p| group(&p.copy).is_some() && group(&p.copy) == group(&p.original))
            .count()
    };
    let mut families: HashMap<i64, HashSet<&str>> = HashMap::new();
    for (name, &group) in groups {
        let family = planted
            .iter()
            .find(|p| p.copy == *name)
            .map_or(name.as_str(), |p| &p.original);
        families.entry(group).or_default().insert(family);
    }
    let strangers = families.values().map(|family| family.len() - 1).sum();
    (
        Edit::ALL
            .into_iter()
            .map(|edit| (edit, found(edit)))
            .collect(),
        strangers,
    )
}

fn describe(found: &[(Edit, usize)], strangers: usize) -> String {
    let all: usize = found.iter().map(|(_, n)| n).sum();
    let planted = found.len() * COPIES_PER_EDIT;
    let mut text = format!("Of {planted} planted copies {all} were found:\n");
    for (edit, n) in found {
        text.push_str(&format!("  {:<14} {n} of {COPIES_PER_EDIT}\n", edit.name()));
    }
    text.push_str(&match strangers {
        0 => "No picture was taken for a copy of another.\n".to_owned(),
        1 => "1 picture was taken for a copy of another.\n".to_owned(),
        n => format!("{n} pictures were taken for copies of others.\n"),
    });
    text
}
