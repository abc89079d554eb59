//! Which images of a group are kept, so that every other has a kept look-alike.
//!
//! A group is a connected component, and its ends need not resemble each other. The best image is
//! kept and covers what resembles it *directly*; of what is left the best is kept, and so on: a
//! greedy dominating set whose members do not resemble each other, but where a person said that
//! both stay.

use std::collections::HashMap;

use lookalike_types::PairKind;

use crate::alike::Alike;
use crate::findings::Member;
use crate::human;
use crate::images::{Image, Images};
use crate::rules::{KeepRule, Ranking};

/// The members of one group with their verdicts: the kept by rank, then the others by similarity
/// to their kept image, the most alike first.
pub(crate) fn cover(
    mut members: Vec<usize>,
    images: &Images,
    alike: &Alike,
    keep: &[KeepRule],
) -> Vec<Member> {
    let ranking = Ranking::new(keep, members.iter().map(|&member| &images[member]));
    members.sort_by(|&a, &b| ranking.better(&images[a], &images[b]));
    let fates = fates(&members, alike);
    let runner_up = fates.iter().position(|fate| fate.copy_of.is_some());
    let mut rows: Vec<Member> = Vec::with_capacity(members.len());
    for (&image, fate) in members.iter().zip(&fates) {
        let why = match (fate.copy_of, runner_up) {
            (Some((kept, similarity)), _) => dropped(&images[image], &images[kept], similarity),
            // The best of all is the only one that had a choice of copies to win against.
            (None, Some(next)) if rows.is_empty() => {
                ranking.why(&images[image], &images[members[next]])
            }
            (None, _) if fate.spared => ON_YOUR_WORD.to_owned(),
            (None, _) => NOT_LIKE_ANY.to_owned(),
        };
        rows.push(Member {
            image,
            why,
            copy_of: fate.copy_of.map(|(kept, _)| kept),
            similarity: fate.copy_of.map(|(_, similarity)| similarity),
        });
    }
    order(&mut rows);
    rows
}

const NOT_LIKE_ANY: &str = "not like any kept image";
pub(crate) const ON_YOUR_WORD: &str = "kept on your word";

/// What becomes of an image.
struct Fate {
    /// `None` where it is kept, else the kept image that it resembles most, and how much. Of
    /// equally similar ones it is the better ranked.
    copy_of: Option<(usize, f32)>,
    /// Whether it resembles a kept image that does not stand for it, because a person said so.
    spared: bool,
}

/// The fate of each of the ranked images.
fn fates(ranked: &[usize], alike: &Alike) -> Vec<Fate> {
    // By picture: the kept images of it with their ranks.
    let mut kept: HashMap<usize, Vec<(usize, usize)>> = HashMap::new();
    let mut keeps = vec![false; ranked.len()];
    for (rank, &image) in ranked.iter().enumerate() {
        let mut others = alike
            .resembled(image)
            .filter_map(|(other, _)| kept.get(&other))
            .flatten();
        if others.all(|&(_, other)| alike.both_stay(image, other)) {
            keeps[rank] = true;
            kept.entry(alike.picture(image))
                .or_default()
                .push((rank, image));
        }
    }
    let fate = |(&image, keeps): (&usize, bool)| {
        let mut best: Option<(usize, usize, f32)> = None;
        let mut spared = false;
        for (other, similarity) in alike.resembled(image) {
            for &(rank, other) in kept.get(&other).into_iter().flatten() {
                if other == image {
                    continue;
                }
                if alike.both_stay(image, other) {
                    spared = true;
                } else if best.is_none_or(|(first, _, most)| {
                    similarity > most || similarity == most && rank < first
                }) {
                    best = Some((rank, other, similarity));
                }
            }
        }
        Fate {
            copy_of: best
                .filter(|_| !keeps)
                .map(|(_, other, similarity)| (other, similarity)),
            spared,
        }
    };
    ranked.iter().zip(keeps).map(fate).collect()
}

fn dropped(image: &Image, kept: &Image, similarity: f32) -> String {
    format!(
        "copy of the kept image: {}",
        likeness(image, kept, similarity)
    )
}

/// How sure it is that two images, known to be alike, are copies: in words.
pub(crate) fn likeness(a: &Image, b: &Image, similarity: f32) -> String {
    match kind(a, b) {
        PairKind::Identical => "same bytes".to_owned(),
        PairKind::Pixels => "same pixels".to_owned(),
        PairKind::Near => format!("similarity {}", human::similarity(similarity)),
    }
}

/// How sure it is that two images, known to be alike, are copies.
pub(crate) fn kind(a: &Image, b: &Image) -> PairKind {
    let pixels = |image: &Image| image.facts.as_ref().map(|facts| facts.pixels);
    if a.content.is_some() && a.content == b.content {
        PairKind::Identical
    } else if pixels(a).is_some() && pixels(a) == pixels(b) {
        PairKind::Pixels
    } else {
        PairKind::Near
    }
}

/// A stable sort, so that the kept stay in the order of their rank.
fn order(rows: &mut [Member]) {
    rows.sort_by(|a, b| match (a.similarity, b.similarity) {
        (None, None) => std::cmp::Ordering::Equal,
        (None, Some(_)) => std::cmp::Ordering::Less,
        (Some(_), None) => std::cmp::Ordering::Greater,
        // Images are numbered by path.
        (Some(one), Some(other)) => other.total_cmp(&one).then(a.image.cmp(&b.image)),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::Near;
    use crate::sample::{found_with, image};
    use lookalike_types::ContentId;
    use proptest::prelude::*;

    const THRESHOLD: f32 = 0.9;

    fn near(a: usize, b: usize, similarity: f32) -> Near {
        Near { a, b, similarity }
    }

    fn id(content: u8) -> ContentId {
        ContentId::from_bytes([content; 32])
    }

    /// Rows of the only group: path, `copy_of`, why.
    fn rows(images: Vec<Image>, near: &[Near]) -> Vec<(String, Option<String>, String)> {
        rows_with(images, near, &[])
    }

    /// The same, where both stay of these pairs of contents.
    fn rows_with(
        images: Vec<Image>,
        near: &[Near],
        both: &[(u8, u8)],
    ) -> Vec<(String, Option<String>, String)> {
        let found = found_with(images, near, both);
        assert_eq!(found.groups.len(), 1);
        let path = |index: usize| found.images[index].path.clone();
        let row = |m: &Member| (path(m.image), m.copy_of.map(path), m.why.clone());
        found.groups[0].members.iter().map(row).collect()
    }

    #[test]
    fn a_chain_loses_nobody() {
        let names = ["a", "b", "c", "d"];
        let mut images: Vec<_> = (1..)
            .zip(names)
            .map(|(id, name)| image(name, id, id))
            .collect();
        images[1].bytes = Some(999_999);
        let chain = [near(0, 1, 0.95), near(1, 2, 0.91), near(2, 3, 0.93)];
        let copy = |path: &str, of: &str, how: &str| {
            (
                path.to_owned(),
                Some(of.to_owned()),
                format!("copy of the kept image: similarity {how}"),
            )
        };
        let kept = |path: &str, why: &str| (path.to_owned(), None, why.to_owned());
        let wanted = [
            kept("b", "largest file: 1.0 MB"),
            kept("d", "not like any kept image"),
            copy("a", "b", "0.950"),
            copy("c", "d", "0.930"),
        ];
        assert_eq!(rows(images, &chain), wanted);
    }

    #[test]
    fn between_equally_similar_kept_images_the_better_one_covers() {
        let mut images = vec![image("a", 1, 1), image("b", 2, 2), image("c", 3, 3)];
        images[0].bytes = Some(500_000);
        images[2].bytes = Some(600_000);
        let found = rows(images, &[near(0, 1, 0.95), near(1, 2, 0.95)]);
        assert_eq!(found[2].0, "b");
        assert_eq!(found[2].1.as_deref(), Some("c"));
    }

    #[test]
    fn a_dropped_image_says_how_sure_it_is() {
        let images = vec![
            image("a", 1, 1),
            image("b", 1, 1),
            image("c", 2, 1),
            image("d", 3, 3),
        ];
        let whys: Vec<_> = rows(images, &[near(0, 3, 0.9876)])
            .into_iter()
            .map(|row| row.2)
            .collect();
        let wanted = [
            "path comes first",
            "copy of the kept image: same bytes",
            "copy of the kept image: same pixels",
            "copy of the kept image: similarity 0.987",
        ];
        assert_eq!(whys, wanted);
    }

    #[test]
    fn what_stays_on_a_word_says_so_and_stands_for_others() {
        let images = || {
            vec![
                image("a", 1, 1),
                image("a copy", 1, 1),
                image("b", 2, 2),
                image("b.png", 3, 2),
                image("c", 4, 4),
            ]
        };
        let pairs = [near(0, 2, 0.95), near(0, 4, 0.93), near(2, 4, 0.94)];
        let rows = |both: &[(u8, u8)]| {
            let short = |(path, copy, why): (String, Option<String>, String)| match copy {
                Some(copy) => format!("{path} of {copy}"),
                None => format!("{path}: {why}"),
            };
            let rows = rows_with(images(), &pairs, both).into_iter().map(short);
            rows.collect::<Vec<_>>().join(" | ")
        };
        insta::assert_snapshot!(rows(&[]), @"a: path comes first | a copy of a | b of a | b.png of a | c of a");
        // The other file of b's pixels stands for nothing that was to stay, and may go for b.
        insta::assert_snapshot!(rows(&[(1, 2)]), @"a: path comes first | b: kept on your word | a copy of a | b.png of b | c of b");
        insta::assert_snapshot!(rows(&[(1, 1)]), @"a: path comes first | a copy: kept on your word | b of a | b.png of a | c of a");
        insta::assert_snapshot!(rows(&[(3, 2), (1, 2)]), @"a: path comes first | b: kept on your word | b.png: kept on your word | a copy of a | c of b");
        let all = [(1, 1), (1, 2), (3, 2), (1, 4), (2, 4)];
        insta::assert_snapshot!(rows(&all), @"a: kept on your word | b: kept on your word | c: kept on your word | b.png: kept on your word | a copy: kept on your word");
    }

    proptest! {
        /// Against the definition: nobody is dropped without a kept image that it resembles
        /// directly and most, the kept do not resemble each other.
        #[test]
        fn every_dropped_image_directly_resembles_its_copy_of(
            contents in prop::collection::vec((0_u8..12, 0_u8..3, 0_u64..4), 1..40),
            edges in prop::collection::vec((0_usize..40, 0_usize..40, 0.85_f32..1.0), 0..60),
            both in prop::collection::vec((0_u8..36, 0_u8..36), 0..6),
        ) {
            let images: Vec<_> = contents
                .iter()
                .enumerate()
                .map(|(i, &(pixels, file, size))| {
                    let mut image = image(&format!("{i:02}"), pixels * 3 + file, pixels);
                    image.bytes = Some(size);
                    image
                })
                .collect();
            let pictures = Images::new(images.clone()).expect("paths differ").pictures();
            let mut cosine = HashMap::new();
            for (a, b, similarity) in edges {
                let (a, b) = (pictures[a % images.len()], pictures[b % images.len()]);
                if a != b {
                    cosine.insert((a.min(b), a.max(b)), similarity);
                }
            }
            let mut near: Vec<_> = cosine.iter().map(|(&(a, b), &s)| near(a, b, s)).collect();
            near.sort_by_key(|pair| (pair.a, pair.b));
            let found = found_with(images, &near, &both);
            let spared = |a: usize, b: usize| {
                let names = |c: u8, i: usize| found.images[i].content == Some(id(c));
                let shows = |c: u8, i: usize| {
                    (0..pictures.len()).any(|j| pictures[j] == pictures[i] && names(c, j))
                };
                let said = |a: usize, b: usize| both.iter().any(|&(x, y)| match pictures[a] == pictures[b] {
                    true => names(x, a) && names(y, b),
                    false => shows(x, a) && shows(y, b),
                });
                said(a, b) || said(b, a)
            };
            let resembles = |a: usize, b: usize| {
                let (a, b) = (pictures[a], pictures[b]);
                let known = cosine.get(&(a.min(b), a.max(b))).copied();
                if a == b { Some(1.0) } else { known.filter(|&s| s >= THRESHOLD) }
            };
            for group in &found.groups {
                let kept: Vec<_> = group.members.iter().filter(|m| m.keep()).map(|m| m.image).collect();
                prop_assert!(!kept.is_empty());
                for (i, &a) in kept.iter().enumerate() {
                    for &b in &kept[i + 1..] {
                        prop_assert!(resembles(a, b).is_none() || spared(a, b));
                    }
                }
                for member in group.members.iter().filter(|m| !m.keep()) {
                    let free = kept.iter().filter(|&&k| !spared(k, member.image));
                    let most = free.filter_map(|&k| resembles(k, member.image)).reduce(f32::max);
                    let copy_of = member.copy_of.expect("dropped");
                    prop_assert!(kept.contains(&copy_of) && !spared(copy_of, member.image));
                    prop_assert_eq!(resembles(copy_of, member.image), member.similarity);
                    prop_assert_eq!(member.similarity, most);
                }
            }
        }
    }
}
