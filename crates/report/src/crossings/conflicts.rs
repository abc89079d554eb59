//! Look-alikes with different labels.

use std::collections::HashMap;

use lookalike_types::PairKind;

use super::{Crossing, Valued, by_content, in_order};
use crate::alike::Alike;
use crate::images::Images;

/// Of each image the closest that has another label, most alike first.
pub(crate) fn conflicts(images: &Images, alike: &Alike) -> Vec<Crossing> {
    let labels = Valued::new(images, alike, |image| image.label.as_deref());
    if labels.names.len() < 2 {
        return Vec::new();
    }
    let of_pictures = labels.of_neighbours(|members| labels.best(members));
    let mut crossings = Vec::new();
    for (picture, members) in labels.candidates() {
        let near = labels.near_best(picture, &of_pictures);
        let of_picture = labels.best(members);
        for of_content in by_content(images, members).values() {
            let same = labels.best(of_content);
            for &image in of_content {
                let own = labels.value(image);
                let found = [
                    (&same, PairKind::Identical),
                    (&of_picture, PairKind::Pixels),
                    (&near, PairKind::Near),
                ];
                let closest = found.into_iter().find_map(|(best, kind)| {
                    let one = best.other_than(own)?;
                    Some(Crossing::new(image, one.image, kind, one.similarity))
                });
                crossings.extend(closest);
            }
        }
    }
    in_order(crossings)
}

#[derive(Debug, Clone, Copy)]
struct One {
    image: usize,
    value: u32,
    similarity: f32,
}

impl One {
    /// The more alike, else the first by path.
    fn is_before(&self, other: &Self) -> bool {
        (self.similarity, other.image) > (other.similarity, self.image)
    }
}

/// The best of some images, and the best of those that have another label than that. With the two
/// the best of another label than any given one is known.
#[derive(Debug, Clone, Copy, Default)]
struct Best {
    first: Option<One>,
    other: Option<One>,
}

impl Best {
    fn add(&mut self, one: One) {
        let Some(first) = self.first else {
            self.first = Some(one);
            return;
        };
        let same = first.value == one.value;
        if one.is_before(&first) {
            self.first = Some(one);
            if !same {
                self.other = Some(first);
            }
        } else if !same && self.other.is_none_or(|other| one.is_before(&other)) {
            self.other = Some(one);
        }
    }

    fn other_than(&self, value: u32) -> Option<One> {
        self.first
            .filter(|first| first.value != value)
            .or(self.other)
    }
}

impl Valued<'_> {
    fn best(&self, members: &[usize]) -> Best {
        let mut best = Best::default();
        for &image in members {
            best.add(One {
                image,
                value: self.value(image),
                similarity: 1.0,
            });
        }
        best
    }

    fn near_best(&self, picture: usize, of_pictures: &HashMap<usize, Best>) -> Best {
        let mut best = Best::default();
        for &(other, similarity) in self.alike.neighbours(picture) {
            let found = of_pictures.get(&other).copied().unwrap_or_default();
            for one in [found.first, found.other].into_iter().flatten() {
                best.add(One { similarity, ..one });
            }
        }
        best
    }
}
