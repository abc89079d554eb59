//! The images of a scan by path, and the pairs that are copies without any model.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use lookalike_types::{ContentId, Facts, Failed, PairKind, PixelsId};

use crate::Error;

/// One image of the scan, also one that failed: a row of `images.parquet`.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// The place as people see it (`lookalike_types::Place::shown`); unique.
    pub path: String,
    /// The shard, for tar members.
    pub archive: Option<String>,
    /// The name inside the shard, for tar members.
    pub member: Option<String>,
    /// Size of the file or member; `None` where it could not be asked.
    pub bytes: Option<u64>,
    /// Time of the last change, in nanoseconds since 1970-01-01 UTC.
    pub modified_ns: Option<i64>,
    /// BLAKE3 of the bytes; `None` where they could not be read.
    pub content: Option<ContentId>,
    /// What decoding said; `None` where the image could not be decoded.
    pub facts: Option<Facts>,
    /// What went wrong; `None` for an image that is ok.
    pub failed: Option<Failed>,
    /// Whether there is too little in it to tell it by; `None` where it could not be decoded.
    pub flat: Option<bool>,
    /// What it shows, in the words of its owner; `None` where nobody says.
    pub label: Option<String>,
    /// The part of the collection that it is in, such as `train`; `None` where nobody says.
    pub split: Option<String>,
    /// What its EXIF data says, where a rule asked for it.
    pub exif: Option<ExifFacts>,
}

/// What the rules want to know of the EXIF data of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExifFacts {
    /// How many fields say something of the picture.
    pub fields: u32,
    /// When it was taken: what the clock of the camera showed, as seconds since 1970-01-01 00:00 of
    /// that clock.
    pub taken: Option<i64>,
}

impl Image {
    /// Width times height, in pixels; 0 where the image could not be decoded.
    pub(crate) fn area(&self) -> u64 {
        self.facts
            .as_ref()
            .map_or(0, |facts| u64::from(facts.width) * u64::from(facts.height))
    }

    pub(crate) fn exif_fields(&self) -> u32 {
        self.exif.map_or(0, |exif| exif.fields)
    }

    pub(crate) fn taken(&self) -> Option<i64> {
        self.exif.and_then(|exif| exif.taken)
    }
}

/// The cosine of two different pictures, each by its first image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Index of an image in [`Images`].
    pub a: usize,
    /// Index of another image in [`Images`].
    pub b: usize,
    /// Their cosine.
    pub similarity: f32,
}

/// Two images that are alike: a row of `pairs.parquet`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Index of the image whose path comes first.
    pub a: usize,
    /// Index of the other image.
    pub b: usize,
    /// Cosine; 1.0 for copies that need no model.
    pub similarity: f32,
    /// How sure it is.
    pub kind: PairKind,
    /// The number of the group that both are in, from 1. `None` where the pair is below the
    /// threshold, and before groups are known.
    pub group: Option<i64>,
}

/// The images of a scan, sorted by the bytes of their paths, no path twice. An image is named by
/// its index everywhere in this crate. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Images(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    images: Vec<Image>,
    /// Worked out when first asked for: the findings at every threshold need them.
    pictures: OnceLock<Vec<usize>>,
    links: OnceLock<Vec<Pair>>,
}

impl PartialEq for Images {
    fn eq(&self, other: &Self) -> bool {
        self.0.images == other.0.images
    }
}

impl Images {
    /// The images in the order of their paths.
    ///
    /// # Errors
    /// [`Error::SamePath`] where two have one path.
    pub fn new(mut images: Vec<Image>) -> Result<Self, Error> {
        images.sort_by(|a, b| a.path.cmp(&b.path));
        match images.windows(2).find(|two| two[0].path == two[1].path) {
            Some(two) => Err(Error::SamePath {
                path: two[0].path.clone(),
            }),
            None => Ok(Self::sorted(images)),
        }
    }

    fn sorted(images: Vec<Image>) -> Self {
        Self(Arc::new(Inner {
            images,
            pictures: OnceLock::new(),
            links: OnceLock::new(),
        }))
    }

    /// The same images with what is known of their EXIF data; the others have none.
    pub fn with_exif(&self, known: &HashMap<ContentId, ExifFacts>) -> Self {
        let exif = |image: &Image| {
            image
                .content
                .and_then(|content| known.get(&content).copied())
        };
        let with = |image: &Image| Image {
            exif: exif(image),
            ..image.clone()
        };
        Self::sorted(self.iter().map(with).collect())
    }

    /// For each image the index of the first image of the same picture, which is itself where it
    /// is the first. An image that was not decoded is a copy of nothing: nobody should lose a file
    /// for a picture that nobody could see.
    pub fn pictures(&self) -> Vec<usize> {
        self.picture_of().to_vec()
    }

    fn picture_of(&self) -> &[usize] {
        let work_out = || {
            let mut first: HashMap<PixelsId, usize> = HashMap::new();
            let picture = |(index, image): (usize, &Image)| match &image.facts {
                Some(facts) => *first.entry(facts.pixels).or_insert(index),
                None => index,
            };
            self.iter().enumerate().map(picture).collect()
        };
        self.0.pictures.get_or_init(work_out)
    }

    /// The pairs that need no model, by index: k images of one content give k - 1 pairs, each with
    /// the first of them; so do k contents of one picture, each by its first image. The similarity
    /// is 1.0 and the group not known yet.
    pub fn links(&self) -> Vec<Pair> {
        self.0.links.get_or_init(|| self.find_links()).clone()
    }

    fn find_links(&self) -> Vec<Pair> {
        let pictures = self.picture_of();
        let mut first: HashMap<ContentId, usize> = HashMap::new();
        let mut links = Vec::new();
        for (b, image) in self.iter().enumerate() {
            let (Some(content), Some(_)) = (image.content, &image.facts) else {
                continue;
            };
            let of_content = *first.entry(content).or_insert(b);
            if of_content != b {
                links.push(link(of_content, b, PairKind::Identical));
            } else if pictures[b] != b {
                links.push(link(pictures[b], b, PairKind::Pixels));
            }
        }
        links
    }
}

impl Deref for Images {
    type Target = [Image];

    fn deref(&self) -> &[Image] {
        &self.0.images
    }
}

fn link(a: usize, b: usize, kind: PairKind) -> Pair {
    Pair {
        a,
        b,
        similarity: 1.0,
        kind,
        group: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{failed, image};
    use lookalike_types::Reason;

    fn links_of(images: Vec<Image>) -> Vec<(String, String, PairKind)> {
        let images = Images::new(images).expect("paths differ");
        let name = |i: usize| images[i].path.clone();
        let row = |pair: &Pair| (name(pair.a), name(pair.b), pair.kind);
        images.links().iter().map(row).collect()
    }

    #[test]
    fn k_files_of_one_content_give_k_minus_one_rows_each_with_the_first() {
        let found = links_of(vec![image("c", 1, 1), image("a", 1, 1), image("b", 1, 1)]);
        let identical = |b: &str| ("a".to_owned(), b.to_owned(), PairKind::Identical);
        assert_eq!(found, [identical("b"), identical("c")]);
    }

    #[test]
    fn other_files_of_the_same_pixels_are_joined_by_their_first_files() {
        let images = vec![
            image("a1", 1, 7),
            image("a2", 1, 7),
            image("b1", 2, 7),
            image("b2", 2, 7),
            image("c", 3, 8),
        ];
        let row = |a: &str, b: &str, kind| (a.to_owned(), b.to_owned(), kind);
        let wanted = [
            row("a1", "a2", PairKind::Identical),
            row("a1", "b1", PairKind::Pixels),
            row("b1", "b2", PairKind::Identical),
        ];
        assert_eq!(links_of(images), wanted);
    }

    #[test]
    fn what_could_not_be_decoded_is_a_copy_of_nothing() {
        let mut broken = failed("b", Reason::Corrupt, "bad checksum");
        broken.content = image("a", 1, 1).content;
        let mut again = broken.clone();
        again.path = "c".into();
        assert!(links_of(vec![image("a", 1, 1), broken, again]).is_empty());
    }

    #[test]
    fn a_path_is_unique() {
        let same = Images::new(vec![image("a", 1, 1), image("a", 2, 2)]);
        assert!(matches!(same, Err(Error::SamePath { path }) if path == "a"));
    }
}
