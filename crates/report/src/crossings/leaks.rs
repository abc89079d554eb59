//! Look-alikes in different splits.

use std::collections::{BTreeMap, HashMap};

use lookalike_types::PairKind;

use super::{Crossing, SplitCount, Valued, by_content, in_order};
use crate::alike::Alike;
use crate::images::Images;

/// The first image of each split among some images.
type Firsts = Vec<(u32, usize)>;

/// For each split the closest image of another picture.
type Near = BTreeMap<u32, (usize, f32)>;

/// Of each image the closest in each other split, most alike first; and how many images of one
/// split have a look-alike in another, by the surest kind.
pub(crate) fn leaks(images: &Images, alike: &Alike) -> (Vec<Crossing>, Vec<SplitCount>) {
    let splits = Valued::new(images, alike, |image| image.split.as_deref());
    if splits.names.len() < 2 {
        return (Vec::new(), Vec::new());
    }
    let firsts = splits.of_neighbours(|members| splits.firsts(members));
    let mut counts: BTreeMap<(u32, u32, PairKind), u64> = BTreeMap::new();
    let mut crossings = Vec::new();
    for (picture, members) in splits.candidates() {
        let near = splits.near(picture, &firsts);
        let of_picture = splits.firsts(members);
        for of_content in by_content(images, members).values() {
            let same = splits.firsts(of_content);
            for &image in of_content {
                let own = splits.value(image);
                for (other, crossing) in closest(image, &same, &of_picture, &near) {
                    if other != own {
                        *counts.entry((own, other, crossing.kind)).or_default() += 1;
                        crossings.push(crossing);
                    }
                }
            }
        }
    }
    let name = |number: u32| splits.names[number as usize].to_owned();
    let count = |((a, b, kind), images): ((u32, u32, PairKind), u64)| SplitCount {
        split_a: name(a),
        split_b: name(b),
        kind,
        images,
    };
    (in_order(crossings), counts.into_iter().map(count).collect())
}

/// The closest to an image in each split: of the same bytes, else of the same pixels, else near.
fn closest(
    image: usize,
    same: &Firsts,
    of_picture: &Firsts,
    near: &Near,
) -> BTreeMap<u32, Crossing> {
    let exact = |firsts: &Firsts, kind| {
        let crossing = |&(split, other)| (split, Crossing::new(image, other, kind, 1.0));
        firsts.iter().map(crossing).collect::<Vec<_>>()
    };
    let alike = near.iter().map(|(&split, &(other, similarity))| {
        (
            split,
            Crossing::new(image, other, PairKind::Near, similarity),
        )
    });
    let all = exact(same, PairKind::Identical)
        .into_iter()
        .chain(exact(of_picture, PairKind::Pixels))
        .chain(alike);
    let mut found = BTreeMap::new();
    for (split, crossing) in all {
        found.entry(split).or_insert(crossing);
    }
    found
}

impl Valued<'_> {
    /// Of images in the order of their paths.
    fn firsts(&self, members: &[usize]) -> Firsts {
        let mut firsts = Firsts::new();
        for &image in members {
            let value = self.value(image);
            if !firsts.iter().any(|(known, _)| *known == value) {
                firsts.push((value, image));
            }
        }
        firsts
    }

    fn near(&self, picture: usize, firsts: &HashMap<usize, Firsts>) -> Near {
        let mut near = Near::new();
        for &(other, similarity) in self.alike.neighbours(picture) {
            for &(value, image) in firsts.get(&other).into_iter().flatten() {
                let best = near.entry(value).or_insert((image, similarity));
                if (similarity, best.0) > (best.1, image) {
                    *best = (image, similarity);
                }
            }
        }
        near
    }
}
