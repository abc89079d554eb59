//! Crossings against their definition, and how many there are of a picture that is everywhere.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::Findings;
use crate::cover::kind;
use crate::images::Near;
use crate::sample::{failed, found, image};
use lookalike_types::Reason;

const THRESHOLD: f32 = 0.9;

fn placed(path: &str, content: u8, pixels: u8, label: &str, split: &str) -> Image {
    let some = |word: &str| (!word.is_empty()).then(|| word.to_owned());
    Image {
        label: some(label),
        split: some(split),
        ..image(path, content, pixels)
    }
}

fn rows(findings: &Findings, crossings: &[Crossing]) -> Vec<String> {
    let path = |index: usize| &findings.images[index].path;
    let row = |c: &Crossing| {
        format!(
            "{} {} {} {}",
            path(c.a),
            path(c.b),
            c.kind.as_str(),
            c.similarity
        )
    };
    crossings.iter().map(row).collect()
}

fn counts(findings: &Findings) -> Vec<String> {
    let row = |c: &SplitCount| {
        format!(
            "{} in {}: {} {}",
            c.split_a,
            c.split_b,
            c.images,
            c.kind.as_str()
        )
    };
    findings.split_counts.iter().map(row).collect()
}

#[test]
fn test_pictures_that_stand_in_train_are_leaks() {
    let images = vec![
        placed("a/train/1", 1, 1, "cat", "train"),
        placed("b/train/2", 1, 1, "cat", "train"),
        placed("c/test/1", 1, 1, "cat", "test"),
        placed("d/test/2", 2, 1, "dog", "test"),
        placed("e/val/1", 3, 3, "dog", "val"),
        placed("f/loose", 1, 1, "", ""),
        failed("g/test/3", Reason::Corrupt, "no picture"),
    ];
    let near = [Near {
        a: 0,
        b: 4,
        similarity: 0.95,
    }];
    let findings = found(images, &near);
    insta::assert_snapshot!(rows(&findings, &findings.leaks).join("\n"), @r#"
    a/train/1 c/test/1 identical 1
    b/train/2 c/test/1 identical 1
    a/train/1 d/test/2 pixels 1
    a/train/1 e/val/1 near 0.95
    b/train/2 e/val/1 near 0.95
    c/test/1 e/val/1 near 0.95
    d/test/2 e/val/1 near 0.95
    "#);
    insta::assert_snapshot!(counts(&findings).join("\n"), @r#"
    train in val: 2 near
    train in test: 2 identical
    val in train: 1 near
    val in test: 1 near
    test in train: 1 identical
    test in train: 1 pixels
    test in val: 2 near
    "#);
    insta::assert_snapshot!(rows(&findings, &findings.label_conflicts).join("\n"), @r#"
    a/train/1 d/test/2 pixels 1
    b/train/2 d/test/2 pixels 1
    c/test/1 d/test/2 pixels 1
    a/train/1 e/val/1 near 0.95
    "#);
}

#[test]
fn what_is_below_the_threshold_crosses_nothing() {
    let near = |similarity| {
        let images = vec![
            placed("a", 1, 1, "x", "train"),
            placed("b", 2, 2, "y", "test"),
        ];
        let near = Near {
            a: 0,
            b: 1,
            similarity,
        };
        let findings = found(images, &[near]);
        (findings.leaks.len(), findings.label_conflicts.len())
    };
    assert_eq!((near(0.9), near(0.899)), ((1, 1), (0, 0)));
}

#[test]
fn a_picture_a_thousand_times_over_gives_thousands_of_rows_and_not_a_million() {
    let one = |i: usize| {
        let split = ["train", "val", "test"][i % 3];
        placed(
            &format!("{i:04}"),
            (i % 7) as u8,
            1,
            &format!("class {}", i % 500),
            split,
        )
    };
    let findings = found((0..1500).map(one).collect(), &[]);
    assert!(findings.leaks.len() <= 2 * 1500, "{}", findings.leaks.len());
    assert!(findings.label_conflicts.len() <= 1500);
    let named = |crossings: &[Crossing]| {
        let both = crossings.iter().flat_map(|c| [c.a, c.b]);
        both.collect::<BTreeSet<_>>().len()
    };
    assert_eq!(named(&findings.leaks), 1500);
    assert_eq!(named(&findings.label_conflicts), 1500);
}

type Spec = (u8, u8, Option<u8>, Option<u8>);

/// Images of few pictures, files, labels and splits, and near pairs of their pictures.
fn drawn(specs: &[Spec], edges: &[(usize, usize, u8)]) -> (Vec<Image>, Vec<Near>) {
    let word = |number: Option<u8>| number.map_or(String::new(), |n| format!("s{n}"));
    let image = |(i, &(pixels, file, label, split)): (usize, &Spec)| {
        let path = format!("{i:02}");
        placed(&path, pixels * 3 + file, pixels, &word(label), &word(split))
    };
    let images: Vec<Image> = specs.iter().enumerate().map(image).collect();
    let pictures = Images::new(images.clone())
        .expect("paths differ")
        .pictures();
    let mut cosines = BTreeMap::new();
    for &(a, b, similarity) in edges {
        let (a, b) = (pictures[a % specs.len()], pictures[b % specs.len()]);
        if a != b {
            cosines.insert((a.min(b), a.max(b)), 0.85 + f32::from(similarity) / 100.0);
        }
    }
    let near = |((a, b), similarity)| Near { a, b, similarity };
    (images, cosines.into_iter().map(near).collect())
}

/// Of each image, for each key, the closest other image that has one with it.
fn brute<K: Ord>(
    findings: &Findings,
    near: &[Near],
    key: impl Fn(&Image, &Image) -> Option<K>,
) -> BTreeMap<(usize, K), Crossing> {
    let images = &findings.images;
    let pictures = images.pictures();
    let cosine = |a: usize, b: usize| {
        let (a, b) = (pictures[a], pictures[b]);
        let known = near.iter().find(|n| (n.a, n.b) == (a.min(b), a.max(b)));
        let known = known.map(|n| n.similarity).filter(|s| *s >= THRESHOLD);
        if a == b { Some(1.0) } else { known }
    };
    let mut best: BTreeMap<(usize, K), Crossing> = BTreeMap::new();
    for a in 0..images.len() {
        // Ascending, so that of equally close ones the first by path stays.
        for b in (0..images.len()).filter(|&b| b != a) {
            let (Some(similarity), Some(key)) = (cosine(a, b), key(&images[a], &images[b])) else {
                continue;
            };
            let now = Crossing::new(a, b, kind(&images[a], &images[b]), similarity);
            let closer = |old: &Crossing| {
                let surer = now.kind.cmp(&old.kind);
                surer
                    .then(old.similarity.total_cmp(&now.similarity))
                    .is_lt()
            };
            let slot = best.entry((a, key)).or_insert(now);
            if closer(slot) {
                *slot = now;
            }
        }
    }
    best
}

/// The other value, where there are two that differ.
fn across(a: &Option<String>, b: &Option<String>) -> Option<String> {
    let (a, b) = (a.as_ref()?, b.as_ref()?);
    (a != b).then(|| b.clone())
}

proptest! {
    #[test]
    fn crossings_are_what_their_definition_says(
        specs in prop::collection::vec(
            (0_u8..8, 0_u8..3, prop::option::of(0_u8..3), prop::option::of(0_u8..3)), 1..40),
        edges in prop::collection::vec((0_usize..40, 0_usize..40, 0_u8..12), 0..50),
    ) {
        let (images, near) = drawn(&specs, &edges);
        let findings = found(images, &near);
        let wanted = brute(&findings, &near, |a, b| across(&a.split, &b.split));
        let leaks = in_order(wanted.values().copied().collect());
        prop_assert_eq!(&findings.leaks, &leaks);
        let conflicts = brute(&findings, &near, |a, b| across(&a.label, &b.label).map(drop));
        prop_assert_eq!(&findings.label_conflicts, &in_order(conflicts.into_values().collect()));
        let mut counts: BTreeMap<(String, String, &str), u64> = BTreeMap::new();
        for ((image, other), crossing) in wanted {
            let own = findings.images[image].split.clone().expect("it has one");
            *counts.entry((own, other, crossing.kind.as_str())).or_default() += 1;
        }
        let found = findings.split_counts.iter();
        let found = found.map(|c| ((c.split_a.clone(), c.split_b.clone(), c.kind.as_str()), c.images));
        prop_assert_eq!(counts, found.collect());
        for crossing in findings.leaks.iter().chain(&findings.label_conflicts) {
            let group = findings.group_of(crossing.a);
            prop_assert!(group.is_some() && group == findings.group_of(crossing.b));
        }
    }
}
