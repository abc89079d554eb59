//! What a plan stands on: the findings, where each image lies, and what people said.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use lookalike_report::{Findings, Generation, Images, KeepRule, Wishes};
use lookalike_store::{Remembered, Snapshot, remembered};
use lookalike_types::{FileRow, Place};

use super::{Request, references};
use crate::exit::UsageError;
use crate::judge::{self, Levels, judge_again};
use crate::labels::Labels;
use crate::output;
use crate::settings::Settings;

/// All that is known before anything is decided.
pub(super) struct Ground {
    pub findings: Findings,
    pub generation: String,
    /// The place of each image, by index.
    pub places: Vec<Place>,
    /// The folder that relative places start from.
    pub root: PathBuf,
    pub threshold: f32,
    pub wishes: Wishes,
    /// References as they were typed, with the images below each.
    pub references: Vec<(String, u64)>,
    pub remembered: Remembered,
    /// What a person should know, one sentence each.
    pub notes: Vec<String>,
}

impl Ground {
    /// Reads the store, and EXIF data where one of `rules` goes by it.
    pub(super) fn of(
        request: &Request,
        settings: &Settings,
        rules: &[KeepRule],
    ) -> anyhow::Result<Self> {
        let snapshot = output::open(&request.dir)?.snapshot()?;
        let unfinished = || {
            UsageError::new(format!(
                "no scan into {} came to its end yet: run `lookalike scan` again",
                request.dir.display()
            ))
        };
        let last = output::last_scan(&snapshot)?.ok_or_else(unfinished)?;
        let space = snapshot.current().ok_or_else(unfinished)?.clone();
        let threshold = request.threshold.unwrap_or(last.join.threshold);
        let levels = Levels {
            threshold,
            source: "given to `lookalike plan`".to_owned(),
            floor: threshold,
        };
        let labels = Labels::load(&settings.labels, &last.inputs)?;
        let given = (&space, settings, &labels);
        let (findings, notes) = judge_again(&snapshot, given, &levels, 0)?;
        let rows = rows(&snapshot)?;
        let root = root(&rows, last.folder.as_deref())?;
        let mut ground = Self {
            generation: Generation::of(&findings)?.into(),
            wishes: Wishes::default(),
            references: Vec::new(),
            remembered: remembered(&request.dir)?,
            notes,
            places: rows.iter().map(|row| row.place.clone()).collect(),
            findings,
            root,
            threshold,
        };
        ground.refer(&request.references)?;
        ground.choose();
        ground.note(request);
        if rules.iter().any(KeepRule::needs_exif) {
            let members = members(&ground.findings);
            let known = judge::exif_of(
                &rows,
                &members,
                &ground.findings.images,
                (&ground.root, settings),
            )?;
            ground.findings.images = ground.findings.images.with_exif(&known);
        }
        Ok(ground)
    }

    fn refer(&mut self, typed: &[PathBuf]) -> anyhow::Result<()> {
        for path in typed {
            let below = references::below(path, &self.places, &self.root)?;
            self.references
                .push((path.display().to_string(), below.len() as u64));
            self.wishes.references.extend(below);
        }
        Ok(())
    }

    /// What people chose holds for a file as long as it has the content that they saw.
    fn choose(&mut self) {
        let images: &Images = &self.findings.images;
        let (mut stale, mut alone) = (0, 0);
        for choice in self.remembered.choices.values() {
            let found = images.binary_search_by(|image| image.path.as_str().cmp(&choice.path));
            let same = found
                .ok()
                .filter(|&index| images[index].content == Some(choice.content));
            match same {
                None => stale += 1,
                Some(index) if self.findings.group_of(index).is_some() => {
                    self.wishes.choices.insert(index, choice.keep);
                }
                Some(_) if !choice.keep => alone += 1,
                Some(_) => {}
            }
        }
        self.wishes.apart = self.remembered.verdicts.keys().copied().collect();
        if stale > 0 {
            self.notes.push(format!(
                "{stale} choices are about files that changed or are gone since; they do not count"
            ));
        }
        if alone > 0 {
            self.notes.push(format!(
                "{alone} images that you chose to remove resemble nothing (any more), so they stay"
            ));
        }
    }

    fn note(&mut self, request: &Request) {
        if let Some(least) = request
            .policy
            .min_similarity
            .filter(|&least| least < self.threshold)
        {
            self.notes.push(format!(
                "--min-similarity {least} is below the threshold of {}, so it changes nothing; --threshold goes lower",
                self.threshold
            ));
        }
        let here = std::env::current_dir().ok();
        if here.is_some_and(|here| here != self.root) && self.places.iter().any(is_relative) {
            self.notes.push(format!(
                "paths start from {}, where the scan was made",
                self.root.display()
            ));
        }
    }
}

fn is_relative(place: &Place) -> bool {
    !place.path.starts_with(b"/")
}

/// The rows of the store in the order of the images.
fn rows(snapshot: &Snapshot) -> anyhow::Result<Vec<FileRow>> {
    let mut rows = snapshot.files()?;
    rows.sort_by_cached_key(|row| row.place.shown());
    Ok(rows)
}

/// The members of all groups.
fn members(findings: &Findings) -> HashSet<usize> {
    let groups = findings.groups.iter();
    groups
        .flat_map(|group| &group.members)
        .map(|member| member.image)
        .collect()
}

/// How many places are looked for to tell the folder that they start from.
const LOOKED_FOR: usize = 100;

/// The folder that relative places start from: the current one where some of them are there, so
/// that a tree that was moved or copied is cleaned where the person stands; else that of the scan.
fn root(rows: &[FileRow], scanned_in: Option<&str>) -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir()?;
    let relative = || {
        rows.iter()
            .filter(|row| is_relative(&row.place))
            .take(LOOKED_FOR)
    };
    let some_in = |folder: &Path| {
        relative().any(|row| {
            let path = lookalike_ingest::path_of(&row.place.path);
            folder.join(path).symlink_metadata().is_ok()
        })
    };
    let there = scanned_in
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute());
    Ok(match there {
        Some(there) if there != here && !some_in(&here) && some_in(&there) => there,
        _ => here,
    })
}
