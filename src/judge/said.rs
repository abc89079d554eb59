//! What people said of pairs, in terms of the images of now.

use std::collections::{HashMap, HashSet};

use lookalike_report::{Images, Near};
use lookalike_store::Remembered;
use lookalike_types::{ContentId, Verdict};

/// The verdicts that concern images of this scan.
pub(crate) struct Said {
    /// Pairs of pictures that are no copies, each picture by its first image, the smaller first.
    different: HashSet<(usize, usize)>,
    /// Pairs of contents of which both stay.
    pub both: Vec<(ContentId, ContentId)>,
}

impl Said {
    /// A verdict is given on two files, and goes for every file that shows the same pixels. Files
    /// of one picture stay copies whatever is said of them: where somebody called them different,
    /// all that can be meant is that both stay.
    pub(crate) fn of(remembered: &Remembered, images: &Images) -> Self {
        let mut said = Self {
            different: HashSet::new(),
            both: Vec::new(),
        };
        if remembered.verdicts.is_empty() {
            return said;
        }
        let named: HashSet<ContentId> = remembered
            .verdicts
            .keys()
            .flat_map(|&(a, b)| [a, b])
            .collect();
        let mut picture_of: HashMap<ContentId, usize> = HashMap::new();
        for (image, picture) in images.iter().zip(images.pictures()) {
            if let Some(content) = image.content.filter(|content| named.contains(content)) {
                picture_of.insert(content, picture);
            }
        }
        for (&(a, b), verdict) in &remembered.verdicts {
            let (Some(&of_a), Some(&of_b)) = (picture_of.get(&a), picture_of.get(&b)) else {
                continue;
            };
            if verdict.verdict == Verdict::Different && of_a != of_b {
                said.different.insert((of_a.min(of_b), of_a.max(of_b)));
            } else {
                said.both.push((a, b));
            }
        }
        said
    }

    /// The near pairs that nobody called different, and how many at or above the threshold were.
    pub(crate) fn leave(&self, near: Vec<Near>, threshold: f32) -> (Vec<Near>, u64) {
        let different = |pair: &Near| {
            self.different
                .contains(&(pair.a.min(pair.b), pair.a.max(pair.b)))
        };
        let (out, near): (Vec<Near>, Vec<Near>) = near.into_iter().partition(different);
        let reach = |pair: &&Near| pair.similarity >= threshold;
        let dismissed = out.iter().filter(reach).count() as u64;
        (near, dismissed)
    }
}
