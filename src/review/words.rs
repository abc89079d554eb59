//! What was said of pairs, in terms of the images of now, and words for numbers.

use std::collections::HashMap;

use lookalike_report::Images;
use lookalike_store::Remembered;
use lookalike_types::{ContentId, Verdict, human};

use super::collection::Collection;

type Contents = (ContentId, ContentId);

/// The verdicts on the images of a collection. One that was given on files of two pictures goes for
/// all files that show them; one on files of the same picture goes for their bytes.
#[derive(Default)]
pub(crate) struct Words {
    /// By the first images of both pictures, the smaller first.
    pictures: HashMap<(usize, usize), Vec<(Contents, Verdict)>>,
    /// Of one picture.
    contents: HashMap<Contents, Verdict>,
}

impl Words {
    /// The verdicts that concern images of this collection.
    pub(crate) fn of(all: &Collection, remembered: &Remembered) -> Self {
        let mut words = Self::default();
        for (&(a, b), said) in &remembered.verdicts {
            let (Some(one), Some(other)) = (all.image_of(&a), all.image_of(&b)) else {
                continue;
            };
            match pictures(all, one, other) {
                Some(pair) => {
                    let list = words.pictures.entry(pair).or_default();
                    list.push(((a, b), said.verdict));
                }
                None => drop(words.contents.insert((a, b), said.verdict)),
            }
        }
        words
    }

    /// The verdict on two images. Where files of two pictures were spoken of differently, that they
    /// are different has the last word: they are no pair any more.
    pub(crate) fn verdict(&self, all: &Collection, a: usize, b: usize) -> Option<Verdict> {
        match pictures(all, a, b) {
            Some(pair) => {
                let said = self
                    .pictures
                    .get(&pair)?
                    .iter()
                    .map(|(_, verdict)| *verdict);
                said.min()
            }
            None => self.contents.get(&contents(all.images(), a, b)?).copied(),
        }
    }

    /// All contents that verdicts on these two images were given on.
    pub(crate) fn given(&self, all: &Collection, a: usize, b: usize) -> Vec<Contents> {
        match pictures(all, a, b) {
            Some(pair) => {
                let said = self.pictures.get(&pair).into_iter().flatten();
                said.map(|(contents, _)| *contents).collect()
            }
            None => {
                let pair = contents(all.images(), a, b);
                pair.filter(|pair| self.contents.contains_key(pair))
                    .into_iter()
                    .collect()
            }
        }
    }
}

/// The pictures of two images, each by its first; `None` where they show the same.
fn pictures(all: &Collection, a: usize, b: usize) -> Option<(usize, usize)> {
    let (a, b) = (all.alike.picture(a), all.alike.picture(b));
    (a != b).then_some((a.min(b), a.max(b)))
}

/// The contents of two images, the smaller first.
pub(crate) fn contents(images: &Images, a: usize, b: usize) -> Option<Contents> {
    let (a, b) = (images[a].content?, images[b].content?);
    Some((a.min(b), a.max(b)))
}

/// `1 image`, `2 images`, `12,345 images`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    human::counted(number as u64, noun, &format!("{noun}s"))
}
