//! What was scanned, read once: it does not change while people choose, also where a scan goes on
//! meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use lookalike_report::{Findings, Image, Images};
use lookalike_store::{Remembered, Snapshot};
use lookalike_types::{ContentId, SpaceId};

use super::alike::Alike;
use super::shapes::Since;
use super::view::Choices;
use crate::judge::{Levels, Stored, mark_again};
use crate::settings::Settings;

/// Labels, and folders, that a filter offers at most.
const LABELS: usize = 500;
const FOLDERS: usize = 200;

/// The images of a scan, and who resembles whom.
pub(crate) struct Collection {
    /// DIR as it was typed.
    pub name: String,
    /// The threshold of the last scan.
    pub threshold: f32,
    /// Who resembles whom directly.
    pub alike: Alike,
    /// Which images are in a group or a listed pair, down to the floor.
    pub reported: Vec<bool>,
    /// The labels of those, by name; not all where there are many.
    pub labels: Vec<String>,
    /// Their splits.
    pub splits: Vec<String>,
    /// The folders they lie in, as deep as there are not too many.
    pub folders: Vec<String>,
    /// What changed since the scan before.
    pub since: Option<Since>,
    stored: Stored,
    settings: Settings,
    by_content: Vec<(ContentId, usize)>,
    /// Where the groups of the last scan are marked as new or back.
    marks: Option<(Snapshot, SpaceId, u64)>,
}

/// What a scan says of itself, as far as a review shows it.
pub(crate) struct About {
    /// DIR as it was typed.
    pub name: String,
    /// Its threshold.
    pub threshold: f32,
    /// What changed since the scan before.
    pub since: Option<Since>,
    /// Where that is kept, and the number of the scan.
    pub marks: Option<(Snapshot, SpaceId, u64)>,
}

impl Collection {
    /// From what is stored, and what the last scan said of itself.
    pub(crate) fn new(about: About, stored: Stored, settings: Settings) -> Self {
        let alike = Alike::new(&stored.images, stored.near());
        let reported = alike.reported();
        let shown = || {
            stored
                .images
                .iter()
                .zip(&reported)
                .filter(|(_, reported)| **reported)
        };
        let images = || shown().map(|(image, _)| image);
        let mut by_content = Vec::new();
        for (index, image) in stored.images.iter().enumerate() {
            if let (true, Some(content)) = (reported[index], image.content) {
                by_content.push((content, index));
            }
        }
        by_content.sort_unstable();
        by_content.dedup_by_key(|(content, _)| *content);
        let words = |of: fn(&Image) -> Option<&str>| {
            let all: BTreeSet<&str> = images().filter_map(of).collect();
            all.into_iter().take(LABELS).map(str::to_owned).collect()
        };
        Self {
            name: about.name,
            threshold: about.threshold,
            labels: words(|image| image.label.as_deref()),
            splits: words(|image| image.split.as_deref()),
            folders: folders(images().map(|image| image.path.as_str())),
            since: about.since,
            marks: about.marks,
            by_content,
            alike,
            reported,
            stored,
            settings,
        }
    }

    /// The images by path.
    pub(crate) fn images(&self) -> &Images {
        &self.stored.images
    }

    /// Down to where pairs are stored.
    pub(crate) fn floor(&self) -> f32 {
        self.stored.floor()
    }

    /// The number of the scan.
    pub(crate) fn scan(&self) -> Option<u64> {
        self.marks.as_ref().map(|(_, _, scan)| *scan)
    }

    /// All near pairs by their contents.
    pub(crate) fn near_contents(&self) -> &[(ContentId, ContentId, f32)] {
        self.stored.near_contents()
    }

    /// The settings of the review.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What a report at this threshold says, after what people said.
    ///
    /// # Errors
    /// Where pairs are not stored that far down, or the store cannot be read.
    pub(crate) fn findings(
        &self,
        threshold: f32,
        remembered: &Remembered,
    ) -> anyhow::Result<Findings> {
        let levels = Levels {
            threshold,
            source: "chosen in the review".to_owned(),
            floor: threshold,
        };
        let given = (&self.settings, remembered);
        let mut findings = self.stored.findings(&levels, 0, given)?;
        let marks = self.marks.as_ref().filter(|_| threshold == self.threshold);
        if let Some((snapshot, space, scan)) = marks {
            mark_again(snapshot, space, &mut findings, *scan)?;
        }
        Ok(findings)
    }

    /// An image of this content.
    pub(crate) fn image_of(&self, content: &ContentId) -> Option<usize> {
        let found = self
            .by_content
            .binary_search_by_key(content, |(content, _)| *content);
        found.ok().map(|place| self.by_content[place].1)
    }

    /// What was chosen for an image, where it still has the content that was seen.
    pub(crate) fn choice(&self, image: usize, remembered: &Remembered) -> Option<bool> {
        let image = &self.images()[image];
        remembered.choice(&image.path, image.content?)
    }

    /// All choices that hold for an image that is in the review.
    pub(crate) fn choices(&self, remembered: &Remembered) -> Choices {
        let images = self.images();
        let place = |path: &str| {
            images
                .binary_search_by(|image| image.path.as_str().cmp(path))
                .ok()
        };
        let known = remembered.choices.keys().filter_map(|path| place(path));
        let known = known.filter(|&image| self.reported[image]);
        known
            .filter_map(|image| Some((image, self.choice(image, remembered)?)))
            .collect()
    }
}

/// The folders of these paths: all of them, or those above them where that are too many, or the
/// fullest.
fn folders<'a>(paths: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let at_depth = |depth: usize| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for path in paths.clone() {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let mut ends = folder
                .match_indices('/')
                .map(|(end, _)| end)
                .filter(|&end| end > 0);
            let folder = ends.nth(depth).map_or(folder, |end| &folder[..end]);
            if !folder.is_empty() {
                *counts.entry(folder).or_default() += 1;
            }
        }
        counts
    };
    // The deepest that are not too many, by halving.
    let (mut fits, mut too_deep) = (None, 64);
    let mut depth = 63;
    loop {
        let found = at_depth(depth);
        match found.len() <= FOLDERS {
            true => fits = Some((depth, found)),
            false => too_deep = depth,
        }
        let next = fits.as_ref().map_or(0, |(depth, _)| depth + 1);
        if next >= too_deep {
            break;
        }
        depth = next + (too_deep - next) / 2;
    }
    let found = fits.map_or_else(|| at_depth(0), |(_, found)| found);
    let mut found: Vec<(&str, usize)> = found.into_iter().collect();
    found.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut names: Vec<String> = found
        .into_iter()
        .take(FOLDERS)
        .map(|(name, _)| name.to_owned())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_as_deep_as_there_are_not_too_many() {
        let few = ["a/x/1.jpg", "a/y/2.jpg", "3.jpg", "/b/4.jpg"];
        assert_eq!(folders(few.into_iter()), ["/b", "a/x", "a/y"]);
        let many: Vec<String> = (0..1000)
            .map(|n| format!("top{}/sub{n}/x/{n}.jpg", n % 7))
            .collect();
        let found = folders(many.iter().map(String::as_str));
        assert_eq!(found.len(), 7, "{found:?}");
        assert_eq!(found[0], "top0");
        let flat: Vec<String> = (0..1000)
            .map(|n| format!("d{}/{n}.jpg", n.min(300)))
            .collect();
        let found = folders(flat.iter().map(String::as_str));
        assert_eq!(found.len(), FOLDERS);
        assert!(found.contains(&"d300".to_owned()), "the fullest is there");
    }
}
