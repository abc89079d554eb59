//! Choices and verdicts at one threshold, and what becomes of them at another.

use lookalike_types::Verdict;
use serde_json::{Value, json};

use super::super::desk::Desk;
use super::super::params::Params;
use super::{Act, FLOOR, Made, THRESHOLD, does, does_at, groups};

const REMOVE: Option<bool> = Some(false);

/// One picture each, and near pairs.
fn made(images: u8, near: &[(usize, usize, f32)]) -> Made {
    Made {
        images: (0..images).map(|n| (0, n, 100 - u64::from(n))).collect(),
        near: near.to_vec(),
    }
}

fn remove(desk: &mut Desk, image: usize, threshold: f32) -> bool {
    does_at(desk, &Act::Choose(vec![(image, REMOVE)]), 99, threshold)
}

fn counts(desk: &mut Desk, threshold: f32) -> Value {
    let state = desk.state(Some(threshold)).expect("a state");
    serde_json::to_value(state.counts).expect("JSON")
}

#[test]
fn a_verdict_clears_only_what_it_is_about() {
    let made = made(6, &[(0, 1, 0.75), (2, 3, 0.9), (4, 5, 0.9)]);
    let dir = tempfile::tempdir().expect("a folder");
    let mut desk = made.desk(dir.path());
    assert!(remove(&mut desk, 1, FLOOR) && remove(&mut desk, 3, THRESHOLD));
    assert!(does(&mut desk, &Act::Verdict(4, 5, Some(false)), 6));
    assert_eq!(desk.choices().get(&1), Some(&false), "another group, lower");
    assert!(does(&mut desk, &Act::Verdict(2, 3, Some(false)), 6));
    assert_eq!(desk.choices().get(&3), None, "it went for the other");
    assert!(does(&mut desk, &Act::Verdict(0, 1, Some(true)), 6));
    assert_eq!(
        desk.choices().get(&1),
        None,
        "also where nothing covers it here"
    );
}

#[test]
fn an_answer_of_not_the_same_opens_what_it_uncovers_and_undo_takes_both_back() {
    let made = made(2, &[(0, 1, 0.9)]);
    let dir = tempfile::tempdir().expect("a folder");
    let mut desk = made.desk(dir.path());
    assert!(remove(&mut desk, 1, THRESHOLD));
    assert_eq!(desk.judge().expect("a sample").asked, 1);
    let body = json!({ "id": 0, "same": false });
    let body = serde_json::from_value(body).expect("as the page sends it");
    let next = desk.judged(&body).expect("an answer");
    assert_eq!(next.said, "1 image is no longer chosen to go.");
    assert_eq!(counts(&mut desk, THRESHOLD)["chosen_remove"], 0);
    assert!(desk.choices().is_empty());
    assert!(does(&mut desk, &Act::Undo, 2));
    assert_eq!(desk.choices().get(&1), Some(&false));
    assert!(desk.remembered().judgements.is_empty());
}

#[test]
fn an_answer_goes_with_the_verdict_that_came_of_it() {
    let made = made(2, &[(0, 1, 0.9)]);
    let dir = tempfile::tempdir().expect("a folder");
    let mut desk = made.desk(dir.path());
    assert!(does(&mut desk, &Act::Answer(0, false), 2));
    assert_eq!(
        desk.words().verdict(&desk.all, 0, 1),
        Some(Verdict::Different)
    );
    assert!(does(&mut desk, &Act::Verdict(0, 1, None), 2));
    assert_eq!(desk.words().verdict(&desk.all, 0, 1), None);
    assert!(desk.remembered().judgements.is_empty(), "it is asked again");
    assert!(does(&mut desk, &Act::Answer(0, true), 2));
    assert!(does(&mut desk, &Act::Verdict(0, 1, Some(true)), 2));
    assert!(does(&mut desk, &Act::Verdict(0, 1, None), 2));
    assert_eq!(
        desk.remembered().judgements.len(),
        1,
        "the same all the while"
    );
}

#[test]
fn what_is_covered_further_down_alone_is_not_counted_as_going() {
    let made = made(4, &[(0, 1, 0.75), (2, 3, 0.9)]);
    let dir = tempfile::tempdir().expect("a folder");
    let mut desk = made.desk(dir.path());
    assert!(remove(&mut desk, 1, FLOOR) && remove(&mut desk, 3, THRESHOLD));
    let low = counts(&mut desk, FLOOR);
    assert_eq!(
        (&low["chosen_remove"], &low["chosen_lower"]),
        (&json!(2), &json!(0))
    );
    let high = counts(&mut desk, THRESHOLD);
    assert_eq!(
        (&high["chosen_remove"], &high["chosen_lower"]),
        (&json!(1), &json!(1))
    );
    let chosen = desk.chosen(&Params::parse("")).expect("a good question");
    assert_eq!((chosen.remove, chosen.lower), (1, 1));
    assert_eq!(json!(chosen.bytes), high["chosen_bytes"]);
}

#[test]
fn a_removal_takes_no_cover_from_one_that_was_chosen_lower() {
    // The first resembles the second only at a lower threshold, and nothing else.
    let made = made(3, &[(0, 1, 0.75), (1, 2, 0.9)]);
    let dir = tempfile::tempdir().expect("a folder");
    let mut desk = made.desk(dir.path());
    assert!(remove(&mut desk, 0, FLOOR));
    assert!(!remove(&mut desk, 1, THRESHOLD), "the first went for it");
    assert!(does(&mut desk, &Act::Choose(vec![(0, None)]), 3));
    assert!(remove(&mut desk, 1, THRESHOLD));
}

#[test]
fn a_sample_that_is_empty_or_gone_stands_in_the_way_of_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let asked = |made: &Made| {
        let mut desk = made.desk(dir.path());
        let asked = desk.judge().expect("a sample or none").asked;
        (asked, desk.remembered().samples.len())
    };
    assert_eq!(asked(&made(3, &[])), (0, 0), "nothing to write down");
    assert_eq!(asked(&made(3, &[(0, 1, 0.9)])), (1, 1));
    assert_eq!(
        asked(&made(3, &[(0, 1, 0.9)])),
        (1, 1),
        "the same after a restart"
    );
    let other = Made {
        images: vec![(1, 7, 1), (1, 8, 1), (1, 9, 1)],
        near: vec![(0, 1, 0.9), (1, 2, 0.9)],
    };
    assert_eq!(asked(&other), (2, 2), "nothing of the last is here");
}

#[test]
fn every_pair_of_an_image_can_be_had() {
    let near: Vec<_> = (1..80)
        .flat_map(|b| (0..b).map(move |a| (a, b, 0.9)))
        .collect();
    let all = made(80, &near);
    let dir = tempfile::tempdir().expect("a folder");
    let mut desk = all.desk(dir.path());
    let key = groups(&mut desk, "")[0]["key"].clone();
    let asked = Params::parse(&format!("key={}", key.as_str().expect("a key")));
    let named = desk.group(&asked).expect("the group").pairs.len();
    assert_eq!(named, 2000, "of {}", near.len());
    for i in [0, 41, 79] {
        let pairs = desk.pairs(i, &Params::parse("")).expect("its pairs").pairs;
        assert_eq!(pairs.len(), 79);
        assert!(pairs.iter().all(|pair| pair.a == i || pair.b == i));
    }
    assert!(does(&mut desk, &Act::Verdict(0, 79, Some(false)), 80));
    let pairs = desk.pairs(79, &Params::parse("")).expect("its pairs").pairs;
    let spoken = pairs.iter().filter(|pair| pair.verdict.is_some());
    assert_eq!((pairs.len(), spoken.count()), (79, 1));
    assert!(desk.pairs(80, &Params::parse("")).is_err());
}
