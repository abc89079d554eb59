//! What a person reads after a plan was made.

use lookalike_types::PairKind;

use super::*;
use crate::decide::{Policy, Wishes, decide};
use crate::findings::Findings;
use crate::rules::KeepRule;
use crate::sample::{found, image};

fn policy(rules: Vec<KeepRule>) -> Policy {
    Policy {
        rules,
        min_similarity: None,
        kinds: vec![PairKind::Identical, PairKind::Pixels, PairKind::Near],
        chosen_only: false,
    }
}

fn outline(findings: &Findings, rules: Vec<KeepRule>, wishes: &Wishes) -> Outline {
    Outline::new(findings, &decide(findings, &policy(rules), wishes))
}

fn words() -> PlanWords {
    PlanWords {
        dir: "lookalike-out".to_owned(),
        plan: "my plan.parquet".to_owned(),
        least: 0.82,
        ..PlanWords::default()
    }
}

#[test]
fn a_plan_is_told_from_the_whole_to_the_parts() {
    let findings = crate::sample::findings();
    let wishes = Wishes {
        choices: [(1, false), (4, false), (5, false)].into(),
        references: [3].into(),
        ..Wishes::default()
    };
    let mut words = words();
    words.references = vec![("b".to_owned(), 12_345)];
    words.notes = vec![
        "2 choices are about files that changed or are gone since; they do not count".to_owned(),
    ];
    let outline = outline(&findings, KeepRule::defaults(), &wishes);
    insta::assert_snapshot!(plan_summary(&outline, &words), @"
    4 of 6 images in 2 groups would go, 2 would stay. Nothing was touched.

    What goes
      identical            1      120 kB   the same bytes as one that stays
      near                 3      360 kB   a similarity of 0.820 or more
      together             4      480 kB

    By rule
              2    240 kB   choice
              2    240 kB   reference

    By folder
              3    360 kB   a
              1    120 kB   c

    References, of which nothing goes
         12,345             b

    Left where they are
              1             chosen to be removed, but nothing that stays resembles them (enough)

    Note    nobody has judged how many of the near ones are right: lookalike review lookalike-out asks you
            2 choices are about files that changed or are gone since; they do not count

    Plan    my plan.parquet
    Next    lookalike apply 'my plan.parquet' --action move:removed --dry-run
            lookalike apply 'my plan.parquet' --action move:removed
    ");
}

#[test]
fn what_people_judged_is_told_in_place_of_a_hint() {
    let findings = crate::sample::findings();
    let words = PlanWords {
        bound: Some(Bound {
            removals: 4210,
            near: 312,
            wrong_at_most: 0.010_93,
            estimate: Some(0.002),
            judged: 120,
        }),
        ..words()
    };
    let text = plan_summary(&outline(&findings, Vec::new(), &Wishes::default()), &words);
    let sure =
        "Sure    of these 4,210 removals at most 1.1 % are wrong, 95 % sure, by 120 judged pairs";
    assert!(text.contains(sure), "{text}");
    assert!(!text.contains("review"), "{text}");
}

#[test]
fn where_nothing_goes_nothing_is_to_be_done() {
    let nothing = outline(
        &found(vec![image("a", 1, 1)], &[]),
        Vec::new(),
        &Wishes::default(),
    );
    insta::assert_snapshot!(plan_summary(&nothing, &words()), @"
    There is nothing to plan: no two images resemble each other.

    Plan    my plan.parquet
    ");
}

#[test]
fn removals_in_shards_are_rewritten() {
    let mut member = image("s.tar!/b.jpg", 1, 1);
    member.archive = Some("s.tar".to_owned());
    let found = found(vec![image("a.jpg", 1, 1), member], &[]);
    let text = plan_summary(&outline(&found, Vec::new(), &Wishes::default()), &words());
    insta::assert_snapshot!(text, @"
    1 of 2 images in 1 group would go, 1 would stay. Nothing was touched.

    What goes
      identical            1      120 kB   the same bytes as one that stays
                           1      120 kB   of these in tar shards, which only --action rewrite frees

    By rule
              1    120 kB   path

    By folder
              1    120 kB   s.tar

    Plan    my plan.parquet
    Next    lookalike apply 'my plan.parquet' --action rewrite:cleaned --dry-run
            lookalike apply 'my plan.parquet' --action rewrite:cleaned
    ");
}

#[test]
fn many_folders_are_counted_together() {
    let copies = (0..12)
        .map(|i| image(&format!("{i:02}/x.jpg"), 1, 1))
        .collect();
    let text = plan_summary(
        &outline(&found(copies, &[]), Vec::new(), &Wishes::default()),
        &words(),
    );
    assert!(text.contains("in 3 other folders"), "{text}");
}

#[test]
fn a_simulation_tells_each_rule_apart() {
    let findings = crate::sample::findings();
    let rules = vec![KeepRule::LargestPixels, KeepRule::ShortestPath];
    let alone: Vec<(String, Outline)> = rules
        .iter()
        .map(|rule| {
            (
                rule.to_string(),
                outline(&findings, vec![rule.clone()], &Wishes::default()),
            )
        })
        .collect();
    let together = outline(&findings, rules, &Wishes::default());
    let unwritten = PlanWords {
        plan: String::new(),
        ..words()
    };
    insta::assert_snapshot!(simulation(&together, &alone, &unwritten), @"
    What each rule alone would remove, of 6 images in 2 groups. Nothing was written.

    largest-pixels: 4 images, 480 kB
              3    360 kB   a
              1    120 kB   c

    shortest-path: 4 images, 2.5 MB
              2    240 kB   a
              1    2.1 MB   b
              1    120 kB   c

    all rules in their order: 4 images, 480 kB
              3    360 kB   a
              1    120 kB   c
    ");
}
