//! Look-alikes across splits and across labels: what of the test part stands in the training part,
//! and which like pictures are called by different names.
//!
//! Two images cross where they resemble each other directly: the same bytes, the same pixels, or
//! pictures with a cosine at or above the threshold. A picture that is there a thousand times would
//! give a quarter of a million pairs, so not all are listed: of each image the closest one in each
//! *other* split, and the closest one with *another* label. Closest is the surest kind, then the
//! highest similarity, then the first path. So every image that crosses is in a row, and there are
//! at most as many rows as images, times the other splits.

mod conflicts;
mod leaks;

use std::collections::{HashMap, HashSet};

use lookalike_types::{ContentId, PairKind};
use serde::{Serialize, Serializer};

use crate::alike::Alike;
use crate::images::{Image, Images};

pub(crate) use conflicts::conflicts;
pub(crate) use leaks::leaks;

/// Two look-alikes that lie in different splits, or have different labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// Index of the image whose path comes first.
    pub a: usize,
    /// Index of the other image.
    pub b: usize,
    /// Cosine; 1.0 for copies that need no model.
    pub similarity: f32,
    /// How sure it is.
    pub kind: PairKind,
}

impl Crossing {
    fn new(one: usize, other: usize, kind: PairKind, similarity: f32) -> Self {
        Self {
            a: one.min(other),
            b: one.max(other),
            similarity,
            kind,
        }
    }
}

/// How many images of one split have a look-alike in another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SplitCount {
    /// The split whose images are counted.
    pub split_a: String,
    /// Where they have look-alikes.
    pub split_b: String,
    /// The surest kind of look-alike that each of them has there.
    #[serde(serialize_with = "word")]
    pub kind: PairKind,
    /// How many.
    pub images: u64,
}

fn word<S: Serializer>(kind: &PairKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

/// The different splits of the images that can be compared, and how many images each has: `train`,
/// `val` and `test` first, then the others by name.
pub(crate) fn splits(images: &Images) -> Vec<(&str, u64)> {
    let mut sizes: HashMap<&str, u64> = HashMap::new();
    let split = |image| compared(image).and_then(|image| image.split.as_deref());
    images.iter().filter_map(split).for_each(|split| {
        *sizes.entry(split).or_default() += 1;
    });
    let mut sizes: Vec<(&str, u64)> = sizes.into_iter().collect();
    sizes.sort_by_key(|(split, _)| (place(split), *split));
    sizes
}

/// Where a split comes in every list.
fn place(split: &str) -> usize {
    let usual = ["train", "val", "test"];
    let found = usual.iter().position(|usual| *usual == split);
    found.unwrap_or(usual.len())
}

/// An image that could not be decoded is a copy of nothing.
fn compared(image: &Image) -> Option<&Image> {
    image.facts.as_ref().map(|_| image)
}

/// The values of the images that resemble any other, picture by picture. Most images of a collection
/// are like no other, and nothing is asked of their values.
struct Valued<'a> {
    /// The different values; an image has the number of one.
    names: Vec<&'a str>,
    of: Vec<Option<u32>>,
    /// By picture, then by path.
    order: Vec<usize>,
    alike: &'a Alike,
}

impl<'a> Valued<'a> {
    fn new(
        images: &'a Images,
        alike: &'a Alike,
        value: impl Fn(&'a Image) -> Option<&'a str>,
    ) -> Self {
        let mut files = vec![0_u32; images.len()];
        (0..images.len()).for_each(|image| files[alike.picture(image)] += 1);
        let resembles = |image: usize| {
            let picture = alike.picture(image);
            files[picture] > 1 || !alike.neighbours(picture).is_empty()
        };
        let values = || {
            let all = images.iter().enumerate();
            all.map(|(index, image)| {
                let image = compared(image).filter(|_| resembles(index))?;
                value(image)
            })
        };
        let different: HashSet<&str> = values().flatten().collect();
        let mut names: Vec<&str> = different.into_iter().collect();
        names.sort_by_key(|name| (place(name), *name));
        let numbers: HashMap<&str, u32> = names.iter().copied().zip(0..).collect();
        let number = |value: Option<&str>| numbers.get(value?).copied();
        let of: Vec<Option<u32>> = values().map(number).collect();
        let mut order: Vec<usize> = (0..of.len()).filter(|&i| of[i].is_some()).collect();
        order.sort_by_key(|&image| (alike.picture(image), image));
        Self {
            names,
            of,
            order,
            alike,
        }
    }

    /// The images of each picture with those that have a value at all.
    fn pictures(&self) -> impl Iterator<Item = (usize, &[usize])> {
        let same = |a: &usize, b: &usize| self.alike.picture(*a) == self.alike.picture(*b);
        let with_picture = |members: &'_ [usize]| self.alike.picture(members[0]);
        self.order
            .chunk_by(same)
            .map(move |members| (with_picture(members), members))
    }

    /// Those that cross: several of a picture, or a picture with neighbours.
    fn candidates(&self) -> impl Iterator<Item = (usize, &[usize])> {
        let alone = |picture: usize| self.alike.neighbours(picture).is_empty();
        self.pictures()
            .filter(move |(picture, members)| members.len() > 1 || !alone(*picture))
    }

    /// What `make` says of each picture that has neighbours.
    fn of_neighbours<T>(&self, make: impl Fn(&[usize]) -> T) -> HashMap<usize, T> {
        let near = |(picture, _): &(usize, &[usize])| !self.alike.neighbours(*picture).is_empty();
        let pictures = self.pictures().filter(near);
        pictures
            .map(|(picture, members)| (picture, make(members)))
            .collect()
    }

    fn value(&self, image: usize) -> u32 {
        self.of[image].unwrap_or(u32::MAX)
    }
}

/// The images of one picture, file by file.
fn by_content(images: &Images, members: &[usize]) -> HashMap<Option<ContentId>, Vec<usize>> {
    let mut files: HashMap<Option<ContentId>, Vec<usize>> = HashMap::new();
    for &image in members {
        files.entry(images[image].content).or_default().push(image);
    }
    files
}

/// Each pair once, most alike first, as in `pairs.parquet`.
fn in_order(mut crossings: Vec<Crossing>) -> Vec<Crossing> {
    crossings.sort_by(|x, y| {
        let most_alike = y.similarity.total_cmp(&x.similarity);
        most_alike.then_with(|| (x.kind, x.a, x.b).cmp(&(y.kind, y.a, y.b)))
    });
    crossings.dedup();
    crossings
}

#[cfg(test)]
mod tests;
