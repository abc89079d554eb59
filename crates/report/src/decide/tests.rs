//! Plans against the rules stated once more, without any haste.

use proptest::prelude::*;

use super::*;
use crate::cover::kind;
use crate::images::{Image, Images};
use crate::rules::Ranking;
use crate::sample::{found, image};

const THRESHOLD: f32 = 0.9;
const ALL: [PairKind; 3] = [PairKind::Identical, PairKind::Pixels, PairKind::Near];

fn near(a: usize, b: usize, similarity: f32) -> Near {
    Near { a, b, similarity }
}

fn policy() -> Policy {
    Policy {
        rules: vec![KeepRule::LargestBytes],
        min_similarity: None,
        kinds: ALL.to_vec(),
        chosen_only: false,
    }
}

/// Different pictures of these names, each smaller than the one before.
fn row(names: &[&str]) -> Vec<Image> {
    let sized = (1..).zip(names).map(|(id, name)| {
        let mut image = image(name, id, id);
        image.bytes = Some(1_000_000 - u64::from(id) * 100_000);
        image
    });
    sized.collect()
}

/// Path, decision and reason, as a person would read them.
fn told(findings: &Findings, policy: &Policy, wishes: &Wishes) -> String {
    let decided = decide(findings, policy, wishes);
    let path = |image: usize| findings.images[image].path.as_str();
    let line = |row: &Decided| {
        let rule = row.rule.as_deref().unwrap_or("-");
        let left = row.left.map_or("", Left::as_str);
        match row.copy {
            Some(copy) => format!(
                "{} -> {}: {} [{rule}]",
                path(row.image),
                path(copy.image),
                row.reason
            ),
            None => format!("{} stays: {} [{rule}] {left}", path(row.image), row.reason),
        }
    };
    let lines: Vec<String> = decided
        .iter()
        .map(|row| line(row).trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// a like b, b like c, c like d; and a copy of a.
fn chain() -> Findings {
    let mut images = row(&["a", "b", "c", "d"]);
    images.push(image("a copy", 1, 1));
    // By path: a, a copy, b, c, d.
    found(
        images,
        &[near(0, 2, 0.97), near(2, 3, 0.95), near(3, 4, 0.91)],
    )
}

#[test]
fn the_rules_alone_decide_where_nobody_said_anything() {
    insta::assert_snapshot!(told(&chain(), &policy(), &Wishes::default()), @"
    a stays: largest file: 900 kB [largest-bytes]
    c stays: largest file: 700 kB [largest-bytes]
    a copy -> a: copy of the kept image: same bytes [largest-bytes]
    b -> a: copy of the kept image: similarity 0.970 [largest-bytes]
    d -> c: copy of the kept image: similarity 0.910 [largest-bytes]
    ");
}

#[test]
fn a_reference_stays_and_what_resembles_it_goes() {
    let wishes = Wishes {
        references: HashSet::from([3, 4]),
        ..Wishes::default()
    };
    insta::assert_snapshot!(told(&chain(), &policy(), &wishes), @"
    c stays: a reference is never removed [reference]
    d stays: a reference is never removed [reference] reference
    a stays: largest file: 900 kB [largest-bytes]
    a copy -> a: copy of the kept image: same bytes [largest-bytes]
    b -> c: copy of a reference: similarity 0.950 [reference]
    ");
    let chosen = Wishes {
        choices: HashMap::from([(3, false), (2, true)]),
        ..wishes
    };
    insta::assert_snapshot!(told(&chain(), &policy(), &chosen), @"
    c stays: a reference is never removed, although you chose to [reference] chosen-reference
    d stays: a reference is never removed [reference] reference
    b stays: kept on your word [choice] chosen-keep
    a -> b: copy of the kept image: similarity 0.970 [choice]
    a copy -> b: copy of the kept image: similarity 0.970 [choice]
    ");
}

#[test]
fn what_was_chosen_goes_where_something_is_left_of_it() {
    let wishes = Wishes {
        choices: HashMap::from([(0, false), (2, true)]),
        ..Wishes::default()
    };
    insta::assert_snapshot!(told(&chain(), &policy(), &wishes), @"
    b stays: kept on your word [choice]
    d stays: no better image that stays resembles it [-]
    a -> b: your choice; copy of the kept image: similarity 0.970 [choice]
    a copy -> b: copy of the kept image: similarity 0.970 [choice]
    c -> b: copy of the kept image: similarity 0.950 [choice]
    ");
    let chosen_only = Policy {
        chosen_only: true,
        ..policy()
    };
    insta::assert_snapshot!(told(&chain(), &chosen_only, &wishes), @"
    b stays: kept on your word [choice]
    c stays: not chosen to be removed [choice] not-chosen
    d stays: not chosen to be removed [choice] not-chosen
    a copy stays: not chosen to be removed [choice] not-chosen
    a -> a copy: your choice; copy of the kept image: same bytes [choice]
    ");
    let all = Wishes {
        choices: (0..5).map(|image| (image, false)).collect(),
        ..Wishes::default()
    };
    insta::assert_snapshot!(told(&chain(), &chosen_only, &all), @"
    a stays: you chose to remove it, but no image that stays resembles it [choice] uncovered
    c stays: you chose to remove it, but no image that stays resembles it [choice] uncovered
    a copy -> a: your choice; copy of the kept image: same bytes [choice]
    b -> a: your choice; copy of the kept image: similarity 0.970 [choice]
    d -> c: your choice; copy of the kept image: similarity 0.910 [choice]
    ");
}

#[test]
fn nothing_goes_for_what_it_was_told_apart_from() {
    let findings = chain();
    let content = |image: usize| findings.images[image].content.expect("all have one");
    let pair = |a: usize, b: usize| (content(a), content(b));
    let wishes = Wishes {
        apart: vec![pair(0, 0), pair(0, 2)],
        choices: HashMap::from([(1, false)]),
        ..Wishes::default()
    };
    insta::assert_snapshot!(told(&findings, &policy(), &wishes), @"
    a stays: no better image that stays resembles it [-]
    b stays: kept on your word, beside what it resembles [keep-both] keep-both
    d stays: no better image that stays resembles it [-]
    a copy stays: you chose to remove it, and also said that it stays beside what it resembles [choice] uncovered
    c -> b: copy of the kept image: similarity 0.950 [largest-bytes]
    ");
}

#[test]
fn the_limits_hold_for_what_was_chosen_too() {
    let limits = Policy {
        min_similarity: Some(0.96),
        ..policy()
    };
    let wishes = Wishes {
        choices: HashMap::from([(4, false)]),
        ..Wishes::default()
    };
    insta::assert_snapshot!(told(&chain(), &limits, &wishes), @"
    a stays: largest file: 900 kB [largest-bytes]
    c stays: no better image that stays resembles it [-]
    d stays: you chose to remove it, but what it resembles is outside of the limits of this plan [choice] uncovered
    a copy -> a: copy of the kept image: same bytes [largest-bytes]
    b -> a: copy of the kept image: similarity 0.970 [largest-bytes]
    ");
    let identical = Policy {
        kinds: vec![PairKind::Identical],
        ..policy()
    };
    insta::assert_snapshot!(told(&chain(), &identical, &Wishes::default()), @"
    a stays: largest file: 900 kB [largest-bytes]
    b stays: what it resembles is outside of the limits of this plan [limit] limits
    c stays: what it resembles is outside of the limits of this plan [limit] limits
    d stays: what it resembles is outside of the limits of this plan [limit] limits
    a copy -> a: copy of the kept image: same bytes [largest-bytes]
    ");
}

/// All that the rules may ask of two images, without a data structure.
struct Naive<'a> {
    images: &'a Images,
    cosine: &'a HashMap<(usize, usize), f32>,
    policy: &'a Policy,
    wishes: &'a Wishes,
}

impl Naive<'_> {
    fn alike(&self, a: usize, b: usize) -> Option<f32> {
        let pictures = self.images.pictures();
        let (a, b) = (pictures[a], pictures[b]);
        let cosine = self.cosine.get(&(a.min(b), a.max(b))).copied();
        if a == b {
            Some(1.0)
        } else {
            cosine.filter(|&cosine| cosine >= THRESHOLD)
        }
    }

    /// Whether somebody said so of these files; of two pictures, of any of their files.
    fn apart(&self, a: usize, b: usize) -> bool {
        let pictures = self.images.pictures();
        let named = |content: ContentId, i: usize| match pictures[a] == pictures[b] {
            true => self.images[i].content == Some(content),
            false => (0..pictures.len())
                .any(|j| pictures[j] == pictures[i] && self.images[j].content == Some(content)),
        };
        self.wishes
            .apart
            .iter()
            .any(|&(x, y)| named(x, a) && named(y, b))
    }

    /// How much `kept` resembles `image`, where the one may stand for the other.
    fn stands(&self, kept: usize, image: usize) -> Option<f32> {
        let similarity = self.alike(kept, image)?;
        let apart = self.apart(kept, image) || self.apart(image, kept);
        let enough = self
            .policy
            .min_similarity
            .is_none_or(|least| similarity >= least);
        let wanted = self
            .policy
            .kinds
            .contains(&kind(&self.images[kept], &self.images[image]));
        (!apart && enough && wanted).then_some(similarity)
    }

    /// The members by rank, and whether each stays.
    fn stay(&self, mut members: Vec<usize>) -> (Vec<usize>, Vec<bool>) {
        let ranking = Ranking::new(&self.policy.rules, members.iter().map(|&m| &self.images[m]));
        let class = |image: usize| match self.wishes.choices.get(&image) {
            _ if self.wishes.references.contains(&image) => 0,
            Some(true) => 1,
            None => 2,
            Some(false) => 3,
        };
        members.sort_by(|&a, &b| {
            class(a)
                .cmp(&class(b))
                .then(ranking.better(&self.images[a], &self.images[b]))
        });
        let mut stay: Vec<bool> = Vec::new();
        for (turn, &image) in members.iter().enumerate() {
            let covered = (0..turn).any(|i| stay[i] && self.stands(members[i], image).is_some());
            let forced = class(image) < 2 || (class(image) == 2 && self.policy.chosen_only);
            stay.push(forced || !covered);
        }
        (members, stay)
    }
}

prop_compose! {
    fn any_policy()(
        min in prop::option::of(0.9_f32..1.0),
        kinds in prop::sample::subsequence(ALL.to_vec(), 1..=3),
        chosen_only in any::<bool>(),
        rules in prop::sample::subsequence(vec![KeepRule::LargestBytes, KeepRule::ShortestPath], 0..=2),
    ) -> Policy {
        Policy { rules, min_similarity: min, kinds, chosen_only }
    }
}

proptest! {
    /// Against the definition: whoever goes was not to stay, and one that stays, ranks before it and
    /// may stand for it resembles it directly; whoever stays had no such one, or was to stay.
    #[test]
    fn a_plan_is_what_the_rules_say(
        contents in prop::collection::vec((0_u8..10, 0_u8..3, 0_u64..4), 1..30),
        edges in prop::collection::vec((0_usize..30, 0_usize..30, 0.85_f32..1.0), 0..50),
        references in prop::collection::hash_set(0_usize..30, 0..4),
        choices in prop::collection::hash_map(0_usize..30, any::<bool>(), 0..8),
        apart in prop::collection::vec((0_usize..30, 0_usize..30), 0..8),
        policy in any_policy(),
    ) {
        let named = contents.iter().enumerate().map(|(i, &(pixels, file, size))| {
            let mut image = image(&format!("{i:02}"), pixels * 3 + file, pixels);
            image.bytes = Some(size);
            image
        });
        let images: Vec<Image> = named.collect();
        let count = images.len();
        let of = |i: usize| i % count;
        let pictures = Images::new(images.clone()).expect("paths differ").pictures();
        let mut cosine = HashMap::new();
        for (a, b, similarity) in edges {
            let (a, b) = (pictures[of(a)], pictures[of(b)]);
            if a != b {
                cosine.insert((a.min(b), a.max(b)), similarity);
            }
        }
        let content = |i: usize| images[of(i)].content.expect("all have one");
        let wishes = Wishes {
            references: references.into_iter().map(of).collect(),
            choices: choices.into_iter().map(|(i, keep)| (of(i), keep)).collect(),
            apart: apart.iter().map(|&(a, b)| (content(a), content(b))).collect(),
        };
        let mut near: Vec<Near> = cosine.iter().map(|(&(a, b), &s)| near(a, b, s)).collect();
        near.sort_by_key(|pair| (pair.a, pair.b));
        let findings = found(images.clone(), &near);
        let naive = Naive { images: &findings.images, cosine: &cosine, policy: &policy, wishes: &wishes };
        let mut decided = decide(&findings, &policy, &wishes).into_iter().peekable();
        for (number, group) in (1..).zip(&findings.groups) {
            let mut rows = Vec::new();
            while let Some(row) = decided.next_if(|row| row.group == number) {
                rows.push(row);
            }
            let (ranked, stay) = naive.stay(group.members.iter().map(|m| m.image).collect());
            let kept: Vec<usize> = ranked.iter().zip(&stay).filter(|(_, s)| **s).map(|(i, _)| *i).collect();
            let told: Vec<usize> = rows.iter().filter(|r| r.copy.is_none()).map(|r| r.image).collect();
            prop_assert_eq!(&told, &kept);
            prop_assert_eq!(rows.len(), ranked.len());
            for row in &rows {
                prop_assert!(row.copy.is_none() || row.rule.is_some());
                prop_assert!(row.copy.is_none() || row.left.is_none());
                let chosen = wishes.choices.get(&row.image) == Some(&false);
                prop_assert!(!chosen || row.copy.is_some() || row.left.is_some());
                let Some(copy) = row.copy else { continue };
                prop_assert!(!wishes.references.contains(&row.image));
                prop_assert!(wishes.choices.get(&row.image) != Some(&true));
                prop_assert!(!policy.chosen_only || chosen);
                prop_assert!(kept.contains(&copy.image));
                prop_assert_eq!(naive.stands(copy.image, row.image), Some(copy.similarity));
                prop_assert_eq!(copy.kind, kind(&findings.images[copy.image], &findings.images[row.image]));
                let covers = || kept.iter().filter(|k| naive.stands(**k, row.image).is_some());
                let referred = covers().any(|k| wishes.references.contains(k));
                prop_assert_eq!(referred, wishes.references.contains(&copy.image));
                let best = covers().filter(|k| !referred || wishes.references.contains(k));
                let surest = best.map(|k| kind(&findings.images[*k], &findings.images[row.image])).min();
                prop_assert_eq!(surest, Some(copy.kind));
            }
        }
        prop_assert!(decided.next().is_none());
    }
}

#[test]
fn a_thousand_files_of_one_content_are_decided_at_once() {
    let images = (0..20_000)
        .map(|i| image(&format!("{i:05}"), 1, 1))
        .collect();
    let findings = found(images, &[]);
    let wishes = Wishes {
        references: (0..10_000).collect(),
        ..Wishes::default()
    };
    let started = std::time::Instant::now();
    let decided = decide(&findings, &policy(), &wishes);
    assert_eq!(
        decided.iter().filter(|row| row.copy.is_some()).count(),
        10_000
    );
    assert!(
        started.elapsed().as_secs() < 10,
        "quadratic: {:?}",
        started.elapsed()
    );
}
