//! Judging: from a snapshot of the store to what a report says. Reads no image.

mod exif;
mod kept;
mod levels;
mod near;
mod pictures;
mod said;
mod since;
mod stored;

use std::sync::Arc;

use lookalike_index as index;
use lookalike_report::{Component, Findings, Images, JoinInfo, KeepRule, Near};
use lookalike_store::{Sketches, Snapshot, StoredPairs};
use lookalike_types::Space;

use crate::labels::Labels;
use crate::settings::Settings;

pub(crate) use exif::exif_of;
pub(crate) use kept::Kept;
pub(crate) use levels::Levels;
pub(crate) use pictures::{Pictures, images};
pub(crate) use said::Said;
pub(crate) use since::{compare, mark_again};
pub(crate) use stored::{Stored, judge_again};

use pictures::labelled;

/// What is asked of the snapshot.
pub(crate) struct Question {
    /// The settings of the scan.
    pub settings: Settings,
    /// The space whose vectors are compared.
    pub space: Space,
    /// What the images are called and where they belong.
    pub labels: Arc<Labels>,
    /// The threshold on the model's card, where it has one.
    pub card_threshold: Option<f32>,
    /// List at least that many near pairs.
    pub top: usize,
    /// Threads of the join.
    pub threads: usize,
}

/// The answer.
pub(crate) struct Judged {
    /// Images, pairs, groups.
    pub findings: Findings,
    /// What a person should know of labels and splits.
    pub warnings: Vec<String>,
    /// How the pairs were found.
    pub join: JoinInfo,
    /// The pairs to be stored for the next time, where they are not stored already.
    pub store: Option<StoredPairs>,
    /// What the index keeps of the vectors, where that is new.
    pub sketches: Option<Sketches>,
}

/// Joins what is new with what is there, groups the pairs, and chooses what is kept.
///
/// # Errors
/// Where the store cannot be read or the settings do not fit its vectors.
pub(crate) fn judge(
    snapshot: &Snapshot,
    question: &Question,
    progress: &dyn Fn(f64),
) -> anyhow::Result<Judged> {
    let (images, warnings) = labelled(snapshot, &question.space.id(), &question.labels)?;
    let said = Said::of(&snapshot.remembered()?, &images);
    let pictures = Pictures::of(&images, question.settings.join.flat);
    let joined = near::join(snapshot, &pictures, question, progress)?;
    let near = near::in_order(&joined.pairs, &pictures);
    let listed = near::listed(&near, joined.levels.threshold, question.top);
    let levels = &joined.levels;
    let settings = &question.settings;
    let findings = findings(images, listed, &said, levels, (Some(snapshot), settings))?;
    Ok(Judged {
        findings,
        warnings,
        join: joined.info,
        store: joined.store,
        sketches: joined.sketches,
    })
}

/// The findings of these images, from near pairs that are in order. Rules that go by EXIF data look
/// for it where `exif` says, and do with what the images have where it is `None`.
fn findings(
    images: Images,
    near: &[Near],
    said: &Said,
    levels: &Levels,
    (exif, settings): (Option<&Snapshot>, &Settings),
) -> anyhow::Result<Findings> {
    let threshold = levels.threshold;
    let (near, dismissed) = said.leave(near.to_vec(), threshold);
    let components = components(&images, &near, threshold);
    let keep = &settings.report.keep;
    let images = match exif.filter(|_| keep.iter().any(KeepRule::needs_exif)) {
        Some(snapshot) => exif::grouped(images, &components, snapshot, settings)?,
        None => images,
    };
    let mut findings = Findings::new(images, &near, components, threshold, keep, &said.both)?;
    findings.dismissed = dismissed;
    Ok(findings)
}

/// What hangs together by links and by near pairs at or above the threshold.
fn components(images: &Images, near: &[Near], threshold: f32) -> Vec<Component> {
    let number = |image: usize| u32::try_from(image).expect("the index refuses so many rows");
    let links = images
        .links()
        .into_iter()
        .map(|link| (number(link.a), number(link.b), 1.0));
    let alike = near.iter().filter(|pair| pair.similarity >= threshold);
    let alike = alike.map(|pair| (number(pair.a), number(pair.b), pair.similarity));
    index::group(images.len(), links.chain(alike))
        .into_iter()
        .map(|component| Component {
            members: component
                .members
                .iter()
                .map(|&member| member as usize)
                .collect(),
            weakest: component.weakest,
        })
        .collect()
}
