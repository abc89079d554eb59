//! Judging: from a snapshot of the store to what a report says. Reads no image.

mod kept;
mod levels;
mod near;
mod pictures;
mod said;
mod since;

use std::sync::Arc;

use lookalike_index as index;
use lookalike_report::{Component, Findings, Images, JoinInfo, Near};
use lookalike_store::{Sketches, Snapshot, StoredPairs};
use lookalike_types::Space;

use crate::exit::UsageError;
use crate::labels::Labels;
use crate::settings::Settings;

pub(crate) use kept::Kept;
pub(crate) use levels::Levels;
pub(crate) use pictures::{Pictures, images};
pub(crate) use said::Said;
pub(crate) use since::{compare, mark_again};

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
    let listed = near::listed(
        &joined.pairs,
        &pictures,
        joined.levels.threshold,
        question.top,
    );
    let levels = &joined.levels;
    let findings = findings(images, listed, &said, levels, &question.settings)?;
    Ok(Judged {
        findings,
        warnings,
        join: joined.info,
        store: joined.store,
        sketches: joined.sketches,
    })
}

/// The findings from pairs that are stored already, at another threshold or with other labels
/// perhaps, and what a person should know of the labels.
///
/// # Errors
/// Where the store cannot be read, or its pairs do not answer the question.
pub(crate) fn judge_again(
    snapshot: &Snapshot,
    (space, settings, labels): (&Space, &Settings, &Labels),
    levels: &Levels,
    top: usize,
) -> anyhow::Result<(Findings, Vec<String>)> {
    let space = space.id();
    let (images, warnings) = labelled(snapshot, &space, labels)?;
    let said = Said::of(&snapshot.remembered()?, &images);
    let pictures = Pictures::of(&images, settings.join.flat);
    let stored = snapshot.pairs(&space)?;
    let stored = stored.filter(|stored| stored.contents == pictures.contents).ok_or_else(|| {
        UsageError::new(
            "the last scan was stopped before it compared what it had read: run `lookalike scan` again",
        )
    })?;
    near::reaches(&stored, &pictures, levels.threshold, top)?;
    let listed = near::listed(&stored.pairs, &pictures, levels.threshold, top);
    Ok((findings(images, listed, &said, levels, settings)?, warnings))
}

fn findings(
    images: Images,
    near: Vec<Near>,
    said: &Said,
    levels: &Levels,
    settings: &Settings,
) -> anyhow::Result<Findings> {
    let (near, dismissed) = said.leave(near, levels.threshold);
    let number = |image: usize| u32::try_from(image).expect("the index refuses so many rows");
    let links = images
        .links()
        .into_iter()
        .map(|link| (number(link.a), number(link.b), 1.0));
    let alike = near
        .iter()
        .filter(|pair| pair.similarity >= levels.threshold);
    let alike = alike.map(|pair| (number(pair.a), number(pair.b), pair.similarity));
    let components = index::group(images.len(), links.chain(alike))
        .into_iter()
        .map(|component| Component {
            members: component
                .members
                .iter()
                .map(|&member| member as usize)
                .collect(),
            weakest: component.weakest,
        })
        .collect();
    let keep = &settings.report.keep;
    let threshold = levels.threshold;
    let mut findings = Findings::new(images, &near, components, threshold, keep, &said.both)?;
    findings.dismissed = dismissed;
    Ok(findings)
}
