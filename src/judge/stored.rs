//! What is stored of a scan, to be judged at any threshold that its pairs reach.

use lookalike_report::{Findings, Images, KeepRule, Near};
use lookalike_store::{Remembered, Snapshot, StoredPairs};
use lookalike_types::{ContentId, Space};

use super::levels::Levels;
use super::near;
use super::pictures::{Pictures, labelled};
use super::said::Said;
use crate::exit::UsageError;
use crate::labels::Labels;
use crate::settings::Settings;

/// The images of a scan and all near pairs that are stored of them.
pub(crate) struct Stored {
    /// The images by path.
    pub images: Images,
    /// What a person should know of their labels.
    pub warnings: Vec<String>,
    pictures: Pictures,
    pairs: StoredPairs,
    near: Vec<Near>,
    /// Where rules that go by EXIF data look for it.
    exif: Option<Snapshot>,
}

impl Stored {
    /// Reads a snapshot.
    ///
    /// # Errors
    /// A usage error where its scan was stopped before it compared anything; any other where the
    /// store cannot be read.
    pub(crate) fn read(
        snapshot: &Snapshot,
        (space, settings, labels): (&Space, &Settings, &Labels),
    ) -> anyhow::Result<Self> {
        let space = space.id();
        let (images, warnings) = labelled(snapshot, &space, labels)?;
        let pictures = Pictures::of(&images, settings.join.flat);
        let stored = snapshot.pairs(&space)?;
        let pairs = stored.filter(|stored| stored.contents == pictures.contents).ok_or_else(|| {
            UsageError::new(
                "the last scan was stopped before it compared what it had read: run `lookalike scan` again",
            )
        })?;
        Ok(Self {
            near: near::in_order(&pairs.pairs, &pictures),
            exif: Some(snapshot.clone()),
            images,
            warnings,
            pictures,
            pairs,
        })
    }

    /// Looks for EXIF data once and for all, where a rule goes by it: for who is asked again and again.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub(crate) fn with_exif(mut self, settings: &Settings) -> anyhow::Result<Self> {
        let keep = &settings.report.keep;
        if let Some(snapshot) = self.exif.take()
            && keep.iter().any(KeepRule::needs_exif)
        {
            let components = super::components(&self.images, self.near(), self.floor());
            self.images = super::exif::grouped(self.images, &components, &snapshot, settings)?;
        }
        Ok(self)
    }

    /// The same from what it would read, with pairs down to `floor`.
    #[cfg(test)]
    pub(crate) fn of(images: Images, near: &[(usize, usize, f32)], floor: f32) -> Self {
        let pictures = Pictures::of(&images, crate::settings::Flat::Include);
        let places = pictures.first.iter().zip(&pictures.contents);
        let of: std::collections::HashMap<_, _> = places.collect();
        let content = |image: usize| *of[&image];
        let pair = |&(a, b, similarity): &(usize, usize, f32)| {
            let (a, b) = (content(a), content(b));
            (a.min(b), a.max(b), similarity)
        };
        let pairs = StoredPairs {
            key: String::new(),
            floor,
            contents: pictures.contents.clone(),
            pairs: near.iter().map(pair).collect(),
            notes: serde_json::Value::Null,
        };
        Self {
            near: near::in_order(&pairs.pairs, &pictures),
            exif: None,
            warnings: Vec::new(),
            images,
            pictures,
            pairs,
        }
    }

    /// Every near pair at or above this similarity is stored.
    pub(crate) fn floor(&self) -> f32 {
        self.pairs.floor
    }

    /// All near pairs, the most alike first.
    pub(crate) fn near(&self) -> &[Near] {
        near::listed(&self.near, self.floor(), 0)
    }

    /// All stored near pairs by content.
    pub(crate) fn near_contents(&self) -> &[(ContentId, ContentId, f32)] {
        &self.pairs.pairs
    }

    /// What a report says at these levels, after what people said.
    ///
    /// # Errors
    /// A usage error where the stored pairs do not reach that far.
    pub(crate) fn findings(
        &self,
        levels: &Levels,
        top: usize,
        (settings, remembered): (&Settings, &Remembered),
    ) -> anyhow::Result<Findings> {
        near::reaches(&self.pairs, &self.pictures, levels.threshold, top)?;
        let listed = near::listed(&self.near, levels.threshold, top);
        let said = Said::of(remembered, &self.images);
        let given = (self.exif.as_ref(), settings);
        super::findings(self.images.clone(), listed, &said, levels, given)
    }
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
    let stored = Stored::read(snapshot, (space, settings, labels))?;
    let remembered = snapshot.remembered()?;
    let findings = stored.findings(levels, top, (settings, &remembered))?;
    Ok((findings, stored.warnings))
}
