//! What a new split promises, on collections drawn by chance.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::sample::{failed, found, image};
use lookalike_types::Reason;

/// A collection of groups of these sizes, with labels and splits drawn from a number.
fn collection(sizes: &[usize], seed: u64) -> Findings {
    let mut state = seed | 1;
    let mut draw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % below
    };
    let mut images = Vec::new();
    for (group, &size) in sizes.iter().enumerate() {
        // Groups are mostly of one label, as copies are.
        let label = draw(5).min(draw(5));
        for member in 0..size {
            let mut made = image(&format!("{group:04}-{member:02}"), 0, 0);
            let id = *blake3::hash(&group.to_le_bytes()).as_bytes();
            made.content = Some(lookalike_types::ContentId::from_bytes(id));
            if let Some(facts) = &mut made.facts {
                facts.pixels = lookalike_types::PixelsId::from_bytes(id);
            }
            let label = if draw(10) == 0 { draw(5) } else { label };
            made.label = (draw(20) > 0).then(|| format!("label {label}"));
            made.split = (draw(30) > 0)
                .then(|| ["train", "train", "val", "test"][draw(4) as usize].to_owned());
            images.push(made);
        }
    }
    images.push(failed("broken", Reason::Corrupt, "no picture"));
    found(images, &[])
}

fn shares(words: &[&str]) -> Vec<Share> {
    words
        .iter()
        .map(|word| word.parse().expect("a share"))
        .collect()
}

/// How far the labels of the parts are from those wanted, in images.
fn distance(wanted: &Wanted, of: &[Option<usize>]) -> f64 {
    let mut left = wanted.targets.clone();
    for (image, part) in of.iter().enumerate() {
        if let Some(part) = part {
            left[*part][wanted.labels[image]] -= 1.0;
        }
    }
    left.iter()
        .flatten()
        .map(|difference| difference.abs())
        .sum()
}

#[test]
fn labels_are_shared_out_better_than_by_chance() {
    for seed in 1..40 {
        let sizes: Vec<usize> = (0..300)
            .map(|i| 1 + usize::from(i % 3 == 0) * (i % 7))
            .collect();
        let findings = collection(&sizes, seed);
        for shares in [shares(&["train:0.7", "val:0.1", "test:0.2"]), Vec::new()] {
            let wanted = Wanted::new(&findings, &shares).expect("parts");
            let made = resplit(&findings, &shares, seed).expect("a split");
            let ours = distance(&wanted, &made.of);
            let units = units(&findings, &wanted, seed);
            let whole: f64 = made.parts.iter().map(|part| part.wanted).sum();
            let chance = |round: u64| {
                let mut of = vec![None; findings.images.len()];
                for unit in &units {
                    let hash = blake3::hash(
                        &[round.to_le_bytes(), (unit.members[0] as u64).to_le_bytes()].concat(),
                    );
                    let mut place = f64::from(u32::from_le_bytes(
                        hash.as_bytes()[..4].try_into().expect("four"),
                    )) / f64::from(u32::MAX)
                        * whole;
                    let part = made.parts.iter().position(|part| {
                        place -= part.wanted;
                        place <= 0.0
                    });
                    unit.members.iter().for_each(|&image| of[image] = part);
                }
                distance(&wanted, &of)
            };
            let rounds: Vec<f64> = (0..20).map(chance).collect();
            let average = rounds.iter().sum::<f64>() / 20.0;
            let least = rounds.iter().copied().fold(f64::MAX, f64::min);
            assert!(
                ours < average / 2.0 && ours < least,
                "seed {seed}: {ours}, by chance {average} and {least} at best"
            );
        }
    }
}

#[test]
fn what_need_not_move_stays() {
    let mut images = Vec::new();
    for i in 0..100_u8 {
        let mut made = image(&format!("{i:03}"), i, i);
        made.label = Some(format!("label {}", i % 2));
        made.split = Some(if i % 5 == 0 { "test" } else { "train" }.to_owned());
        images.push(made);
    }
    // One picture of each label stands in both.
    for (i, copy) in [(0_u8, "train"), (1, "test"), (5, "train")] {
        let mut made = image(&format!("copy {i}"), i, i);
        made.label = Some(format!("label {}", i % 2));
        made.split = Some(copy.to_owned());
        images.push(made);
    }
    let findings = found(images, &[]);
    assert_eq!(findings.leaks.len(), 3);
    let made = resplit(&findings, &[], 1).expect("a split");
    let sizes: Vec<(String, u64)> = made
        .parts
        .iter()
        .map(|p| (p.split.clone(), p.images))
        .collect();
    assert_eq!(sizes, [("train".to_owned(), 82), ("test".to_owned(), 21)]);
    assert!(made.moved <= 6, "{}", made.moved);
}

#[test]
fn shares_are_words_and_numbers() {
    let share: Share = "a:b : 3".parse().expect("a share");
    assert_eq!((share.split.as_str(), share.share), ("a:b", 3.0));
    for wrong in [
        "train",
        "train:",
        "train:0",
        "train:-1",
        ":0.5",
        "train:NaN",
        "train:inf",
    ] {
        let error = wrong.parse::<Share>().expect_err(wrong).to_string();
        assert!(error.contains("train:0.8"), "{error}");
    }
    let none = resplit(&found(vec![image("a", 1, 1)], &[]), &[], 1);
    assert!(matches!(none, Err(Error::NoShares)));
}

proptest! {
    #[test]
    fn no_group_is_cut_and_sizes_are_near(
        sizes in prop::collection::vec(1_usize..12, 1..60),
        words in prop::collection::vec(0.01_f64..10.0, 2..5),
        seed in 0_u64..1000,
        now in any::<bool>(),
    ) {
        let findings = collection(&sizes, seed);
        let given: Vec<Share> = words.iter().zip(["train", "b", "test", "d"]).map(|(&share, split)| Share {
            split: split.to_owned(),
            share,
        }).collect();
        let given = if now && findings.splits().len() > 1 { Vec::new() } else { given };
        let made = resplit(&findings, &given, seed).expect("a split");
        prop_assert_eq!(&made, &resplit(&findings, &given, seed).expect("a split"));
        let largest = sizes.iter().copied().max().unwrap_or(1) as f64;
        let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
        for part in made.of.iter().flatten() {
            *counts.entry(*part).or_default() += 1;
        }
        for (number, part) in made.parts.iter().enumerate() {
            prop_assert_eq!(part.images, counts.get(&number).copied().unwrap_or(0));
            prop_assert!((part.images as f64 - part.wanted).abs() <= largest + 1e-6, "{:?}", made.parts);
        }
        for group in &findings.groups {
            let mut parts: Vec<_> = group.members.iter().map(|member| made.of[member.image]).collect();
            parts.dedup();
            prop_assert_eq!(parts.len(), 1);
            prop_assert!(parts[0].is_some());
        }
        let failed = |index: &usize| findings.images[*index].failed.is_some();
        prop_assert!((0..made.of.len()).all(|index| made.of[index].is_none() == failed(&index)));
    }
}
