//! What a plan stands on: the findings, where each image lies, and what people said.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use lookalike_report::precision::Curve;
use lookalike_report::{Findings, Generation, Images, KeepRule, Wishes};
use lookalike_store::Remembered;
use lookalike_types::Place;

use super::{Request, references};
use crate::judge::{self, Levels, judge_again};
use crate::labels::Labels;
use crate::settings::Settings;
use crate::{output, places, sampling};

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
    /// What people judged of the near pairs.
    pub curve: Curve,
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
        let (last, space) = output::finished(&snapshot, &request.dir)?;
        let threshold = request.threshold.unwrap_or(last.join.threshold);
        let levels = Levels {
            threshold,
            source: "given to `lookalike plan`".to_owned(),
            floor: threshold,
        };
        let labels = Labels::load(&settings.labels, &last.inputs)?;
        let given = (&space, settings, &labels);
        let (findings, notes) = judge_again(&snapshot, given, &levels, 0)?;
        let rows = places::rows(&snapshot)?;
        let root = places::root(&rows, last.folder.as_deref())?;
        let remembered = snapshot.remembered()?;
        let stored = snapshot.pairs(&space.id())?;
        let pairs = stored.map_or_else(Vec::new, |stored| stored.pairs);
        let mut ground = Self {
            generation: Generation::of(&findings)?.into(),
            wishes: Wishes::default(),
            references: Vec::new(),
            curve: sampling::curve(&remembered, &pairs),
            remembered,
            notes,
            places: rows.iter().map(|row| row.place.clone()).collect(),
            findings,
            root,
            threshold,
        };
        ground.refer(&request.references)?;
        ground.choose();
        ground.note(request, last.folder.as_deref());
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
        let stale = told(
            stale,
            "1 choice is about a file that changed or is gone since; it does not count",
            "choices are about files that changed or are gone since; they do not count",
        );
        let alone = told(
            alone,
            "1 image that you chose to remove resembles nothing (any more), so it stays",
            "images that you chose to remove resemble nothing (any more), so they stay",
        );
        self.notes.extend(stale.into_iter().chain(alone));
    }

    fn note(&mut self, request: &Request, scanned_in: Option<&str>) {
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
        if !self.places.iter().any(places::is_relative) {
            return;
        }
        let root = self.root.display();
        let here = std::env::current_dir().ok();
        if here.is_some_and(|here| here != self.root) {
            self.notes
                .push(format!("paths start from {root}, where the scan was made"));
        }
        if let Some(there) = scanned_in.filter(|there| Path::new(there) != self.root) {
            self.notes.push(format!(
                "paths start from {root}, where you are, and not from {there}, where the scan was made"
            ));
        }
    }
}

/// A sentence on so many things, where there are any.
fn told(count: u64, one: &str, many: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(one.to_owned()),
        count => Some(format!("{count} {many}")),
    }
}

/// The members of all groups.
fn members(findings: &Findings) -> HashSet<usize> {
    let groups = findings.groups.iter();
    groups
        .flat_map(|group| &group.members)
        .map(|member| member.image)
        .collect()
}
