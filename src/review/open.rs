//! From a folder to a review: everything is read once, and nothing of it is written.

use std::path::Path;

use lookalike_store::{Remembered, ReviewLog};
use lookalike_types::Place;

use super::collection::{About, Collection};
use super::desk::Desk;
use super::gallery::Exhibits;
use super::shapes::Since;
use super::{Review, Saved};
use crate::judge::Stored;
use crate::labels::Labels;
use crate::settings::Settings;
use crate::terminal::Terminal;
use crate::{model, output, places};

/// Reads the last scan into this folder, and takes the lock of its log.
///
/// # Errors
/// A usage error where there is no finished scan; any other where the folder cannot be read, or
/// somebody else reviews it.
pub(crate) fn prepare(
    dir: &Path,
    settings: Settings,
    terminal: &Terminal,
) -> anyhow::Result<Review> {
    let snapshot = output::open(dir)?.snapshot()?;
    let (last, space) = output::finished(&snapshot, dir)?;
    let log = ReviewLog::open(dir)?;
    let labels = Labels::load(&settings.labels, &last.inputs)?;
    let stored = Stored::read(&snapshot, (&space, &settings, &labels))?.with_exif(&settings)?;
    stored
        .warnings
        .iter()
        .for_each(|warning| terminal.note(warning));
    let rows = places::rows(&snapshot)?;
    let root = places::root(&rows, last.folder.as_deref())?;
    let here = std::env::current_dir()?;
    if root != here {
        terminal.note(&format!(
            "paths start from {}, where the scan was made",
            root.display()
        ));
    }
    let placed = |place: Place| match root == here {
        true => place,
        false => Place {
            path: lookalike_ingest::name_of(&root.join(lookalike_ingest::path_of(&place.path)))
                .to_vec(),
            member: place.member,
        },
    };
    let places = rows.into_iter().map(|row| placed(row.place)).collect();
    let side = match settings.report.thumbnails {
        // No thumbnails are wanted in the report; a list of groups without any is of no use.
        0 => 160,
        side => side,
    };
    let (limits, options) = (
        model::limits(&settings),
        model::input_options(&settings, dir),
    );
    let budget = settings.runtime.memory_budget_mib << 20;
    let images = stored.images.clone();
    let album = snapshot.album(side);
    let about = About {
        name: dir.display().to_string(),
        threshold: last.join.threshold,
        since: last.since.as_ref().map(|since| Since {
            new: since.new,
            resolved: since.resolved,
            back: since.back,
        }),
        marks: Some((snapshot, space.id(), last.scan)),
    };
    let collection = Collection::new(about, stored, settings);
    let exhibits = Exhibits {
        reported: collection.reported.clone(),
        thumbs: album,
        images,
        places,
        side,
        options,
        limits,
        budget,
    };
    Ok(Review {
        collection,
        log,
        exhibits,
        dir: dir.to_owned(),
    })
}

impl Desk {
    /// What is saved.
    pub(super) fn saved(&self) -> Saved {
        let Remembered {
            choices,
            verdicts,
            judgements,
            ..
        } = self.remembered();
        let judged = |pair: &(_, _)| {
            judgements
                .iter()
                .any(|judged| (judged.a, judged.b) == *pair)
        };
        Saved {
            choices: choices.len(),
            removals: choices.values().filter(|choice| !choice.keep).count(),
            // An answer of "not the same" is a verdict too, and is counted once.
            verdicts: verdicts.keys().filter(|pair| !judged(pair)).count(),
            judgements: judgements.len(),
        }
    }
}
