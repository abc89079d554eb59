//! Each rule against what it says it prefers.

use super::*;
use crate::Error;
use crate::images::ExifFacts;
use crate::sample::image;

fn better(rules: &[KeepRule], a: &Image, b: &Image) -> Ordering {
    Ranking::new(rules, [a, b].into_iter()).better(a, b)
}

fn why(rules: &[KeepRule], best: &Image, next: &Image) -> String {
    Ranking::new(rules, [best, next].into_iter()).why(best, next)
}

const YEAR_NS: i64 = 365 * 86_400 * 1_000_000_000;

/// `left` is larger, younger, a PNG and deeper down; `right` is older and a JPEG.
fn two() -> (Image, Image) {
    let (mut left, mut right) = (image("in/new/left.png", 1, 1), image("right.jpg", 2, 2));
    let facts = |image: &mut Image, width, height, format: &str| {
        let facts = image.facts.as_mut().expect("sample images are decoded");
        (facts.width, facts.height) = (width, height);
        facts.format = format.into();
    };
    facts(&mut left, 4000, 3000, "png");
    facts(&mut right, 800, 600, "jpeg");
    (left.bytes, right.bytes) = (Some(2_100_000), Some(90_000));
    (left.modified_ns, right.modified_ns) = (Some(40 * YEAR_NS), Some(30 * YEAR_NS));
    let exif = |fields, day: i64| {
        let taken = Some(day * 86_400);
        Some(ExifFacts { fields, taken })
    };
    (left.exif, right.exif) = (exif(30, 365), exif(41, 366));
    (left, right)
}

#[test]
fn each_rule_prefers_what_it_says_and_says_so() {
    let table = [
        ("largest-pixels", "left", "most pixels: 4000 x 3000"),
        ("largest-bytes", "left", "largest file: 2.1 MB"),
        ("oldest", "right", "oldest: 1999-12-25"),
        ("newest", "left", "newest: 2009-12-22"),
        ("oldest-taken", "left", "taken first: 1971-01-01"),
        ("newest-taken", "right", "taken last: 1971-01-02"),
        ("richest-exif", "right", "most EXIF fields: 41"),
        ("format:png>jpeg", "left", "preferred format: png"),
        ("format:jpg>png", "right", "preferred format: jpeg"),
        ("format:webp > JPEG", "right", "preferred format: jpeg"),
        ("path:in/", "left", "preferred path: in/"),
        ("path:right", "right", "preferred path: right"),
        ("shortest-path", "right", "shortest path"),
    ];
    let (left, right) = two();
    for (text, winner, words) in table {
        let rules = [text.parse::<KeepRule>().expect(text)];
        let left_wins = better(&rules, &left, &right).is_lt();
        assert_eq!(left_wins, winner == "left", "{text}");
        let (best, next) = if left_wins {
            (&left, &right)
        } else {
            (&right, &left)
        };
        assert_eq!(why(&rules, best, next), words, "{text}");
    }
}

#[test]
fn the_first_rule_that_tells_them_apart_decides_and_the_path_at_last() {
    let (left, mut right) = two();
    right.facts = left.facts.clone();
    let rules = [KeepRule::LargestPixels, KeepRule::Oldest];
    assert!(better(&rules, &right, &left).is_lt());
    assert_eq!(why(&rules, &right, &left), "oldest: 1999-12-25");
    assert!(better(&[KeepRule::LargestPixels], &left, &right).is_lt());
    assert_eq!(why(&[], &left, &right), "path comes first");
}

#[test]
fn an_image_without_a_time_is_neither_oldest_nor_newest() {
    let (mut left, right) = two();
    left.modified_ns = None;
    assert!(better(&[KeepRule::Oldest], &right, &left).is_lt());
    assert!(better(&[KeepRule::Newest], &right, &left).is_lt());
    left.exif = Some(ExifFacts {
        fields: 99,
        taken: None,
    });
    assert!(better(&[KeepRule::OldestTaken], &right, &left).is_lt());
    assert!(better(&[KeepRule::NewestTaken], &right, &left).is_lt());
    assert!(better(&[KeepRule::RichestExif], &left, &right).is_lt());
    left.exif = None;
    assert!(better(&[KeepRule::RichestExif], &right, &left).is_lt());
}

#[test]
fn the_label_of_most_is_better_and_a_tie_tells_nothing() {
    let labelled = |path: &str, label: Option<&str>| {
        let mut image = image(path, 1, 1);
        image.label = label.map(str::to_owned);
        image
    };
    let rules = [KeepRule::LabelMajority];
    let mut group = vec![
        labelled("a", None),
        labelled("b", Some("truck")),
        labelled("c", Some("car")),
        labelled("d", Some("car")),
    ];
    let ranking = Ranking::new(&rules, group.iter());
    assert!(ranking.better(&group[2], &group[1]).is_lt());
    assert!(ranking.better(&group[3], &group[0]).is_lt());
    assert!(ranking.better(&group[0], &group[1]).is_lt(), "by path");
    let why = ranking.why(&group[2], &group[1]);
    assert_eq!(why, "label of most of its group: car");
    group.push(labelled("e", Some("truck")));
    let ranking = Ranking::new(&rules, group.iter());
    assert_eq!(ranking.decider(&group[2], &group[1]), None);
    let ranking = Ranking::new(&rules, group[..1].iter());
    assert_eq!(ranking.decider(&group[0], &group[2]), None);
}

#[test]
fn a_rule_is_shown_as_it_is_written() {
    let words = [
        "largest-pixels",
        "largest-bytes",
        "oldest",
        "newest",
        "oldest-taken",
        "newest-taken",
        "richest-exif",
        "label-majority",
        "shortest-path",
        "format:png>jpeg",
        "path:a b/",
    ];
    for word in words {
        let rule: KeepRule = word.parse().expect(word);
        assert_eq!(rule.to_string(), word);
    }
}

#[test]
fn a_wrong_rule_says_what_is_right() {
    for wrong in ["", "bigest", "size:9", "Largest-Pixels"] {
        let error = wrong.parse::<KeepRule>();
        assert!(matches!(error, Err(Error::UnknownRule { .. })), "{wrong}");
    }
    for short in ["format", "format:", "format:png>", "path", "path:"] {
        let error = short.parse::<KeepRule>();
        assert!(
            matches!(error, Err(Error::IncompleteRule { .. })),
            "{short}"
        );
    }
}
