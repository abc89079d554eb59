//! Which pictures resemble each other directly, at or above the threshold.

use crate::images::Near;

/// The near neighbours of every picture, by the index of its first image.
pub(crate) struct Alike {
    picture: Vec<usize>,
    neighbours: Vec<Vec<(usize, f32)>>,
}

impl Alike {
    /// From the picture of each image and the near pairs; those below the threshold do not count.
    pub(crate) fn new(picture: Vec<usize>, near: &[Near], threshold: f32) -> Self {
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
}
