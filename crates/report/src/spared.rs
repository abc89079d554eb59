//! Which images never stand for each other, because a person said that both stay.

use std::collections::{HashMap, HashSet};

use lookalike_types::ContentId;

use crate::images::Images;

/// The word is given on contents. Between two pictures it goes for every file of them, so that a
/// third file of the same pixels does not take the place of one that was to stay.
#[derive(Default)]
pub(crate) struct Spared {
    /// Of the images whose content was named.
    content: HashMap<usize, ContentId>,
    contents: HashSet<(ContentId, ContentId)>,
    pictures: HashSet<(usize, usize)>,
}

impl Spared {
    /// From the pairs of contents of which both stay; two equal ones: all files of it. `pictures`
    /// are those of [`Images::pictures`].
    pub(crate) fn new(
        images: &Images,
        pictures: &[usize],
        both: &[(ContentId, ContentId)],
    ) -> Self {
        if both.is_empty() {
            return Self::default();
        }
        let named: HashSet<ContentId> = both.iter().flat_map(|&(a, b)| [a, b]).collect();
        let mut content = HashMap::new();
        let mut shown: HashMap<ContentId, usize> = HashMap::new();
        for (index, image) in images.iter().enumerate() {
            if let Some(named) = image.content.filter(|content| named.contains(content)) {
                content.insert(index, named);
                shown.insert(named, pictures[index]);
            }
        }
        let pictures = both.iter().filter_map(|(a, b)| {
            let (a, b) = (*shown.get(a)?, *shown.get(b)?);
            (a != b).then_some((a.min(b), a.max(b)))
        });
        Self {
            pictures: pictures.collect(),
            contents: both.iter().map(|&(a, b)| (a.min(b), a.max(b))).collect(),
            content,
        }
    }

    /// Whether neither of two images, each with its picture, may go for the other.
    pub(crate) fn both(&self, (a, of_a): (usize, usize), (b, of_b): (usize, usize)) -> bool {
        if self.contents.is_empty() {
            return false;
        }
        if of_a != of_b {
            return self.pictures.contains(&(of_a.min(of_b), of_a.max(of_b)));
        }
        match (self.content.get(&a), self.content.get(&b)) {
            (Some(a), Some(b)) => self.contents.contains(&(*a.min(b), *a.max(b))),
            _ => false,
        }
    }
}
