//! Which pictures resemble each other directly, at or above the threshold.

use std::iter;

use crate::images::Near;
use crate::spared::Spared;

/// The near neighbours of every picture, by the index of its first image.
pub(crate) struct Alike {
    picture: Vec<usize>,
    neighbours: Vec<Vec<(usize, f32)>>,
    spared: Spared,
}

impl Alike {
    /// From the picture of each image and the near pairs; those below the threshold do not count.
    pub(crate) fn new(picture: Vec<usize>, near: &[Near], threshold: f32, spared: Spared) -> Self {
        let mut neighbours = vec![Vec::new(); picture.len()];
        for pair in near.iter().filter(|pair| pair.similarity >= threshold) {
            let (a, b) = (picture[pair.a], picture[pair.b]);
            let similarity = pair.similarity.min(1.0);
            neighbours[a].push((b, similarity));
            neighbours[b].push((a, similarity));
        }
        Self {
            picture,
            neighbours,
            spared,
        }
    }

    /// The picture that an image shows.
    pub(crate) fn picture(&self, image: usize) -> usize {
        self.picture[image]
    }

    /// The pictures that resemble this one directly, and how much.
    pub(crate) fn neighbours(&self, picture: usize) -> &[(usize, f32)] {
        &self.neighbours[picture]
    }

    /// The pictures that an image resembles, its own first, and how much.
    pub(crate) fn resembled(&self, image: usize) -> impl Iterator<Item = (usize, f32)> {
        let picture = self.picture(image);
        iter::once((picture, 1.0)).chain(self.neighbours(picture).iter().copied())
    }

    /// Whether a person said of these two images that both stay.
    pub(crate) fn both_stay(&self, a: usize, b: usize) -> bool {
        let with_picture = |image: usize| (image, self.picture(image));
        self.spared.both(with_picture(a), with_picture(b))
    }
}
