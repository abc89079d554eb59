//! The estimate against brute force, and the interval against the truth of many drawn collections.

use super::draw::Random;
use super::*;
use proptest::prelude::*;

fn judged(similarity: f32, same: bool) -> Judged {
    Judged { similarity, same }
}

#[test]
fn nothing_judged_says_nothing() {
    let curve = Curve::new([0.8], &[], [0.81, 0.9]);
    let point = curve.at(0.8);
    assert_eq!((point.precision, point.low, point.high), (None, 0.0, 1.0));
    assert_eq!((point.pairs, point.judged), (2, 0));
    assert_eq!(curve.proposal(0.5), None);
    let bound = curve.bound(10, [0.9, 0.81]);
    assert_eq!(
        (bound.wrong_at_most, bound.estimate, bound.judged),
        (0.2, None, 0)
    );
}

#[test]
fn no_pair_is_no_point() {
    let curve = Curve::new([], &[], []);
    assert_eq!(curve.points(), []);
    assert_eq!((curve.at(0.5).low, curve.at(0.5).high), (0.0, 1.0));
    let bound = curve.bound(0, []);
    assert_eq!(
        (bound.removals, bound.near, bound.wrong_at_most),
        (0, 0, 0.0)
    );
    assert_eq!(
        curve.bound(7, []).wrong_at_most,
        0.0,
        "the same file or pixels are right"
    );
}

#[test]
fn where_all_was_judged_the_interval_is_the_precision() {
    let all = [
        judged(0.81, false),
        judged(0.85, true),
        judged(0.9, true),
        judged(0.95, false),
    ];
    let curve = Curve::new([0.8, 0.88], &all, all.map(|pair| pair.similarity));
    for (threshold, precision) in [(0.8, 0.5), (0.82, 2.0 / 3.0), (0.88, 0.5), (0.95, 0.0)] {
        let point = curve.at(threshold);
        for end in [point.low, point.high, point.precision.expect("judged")] {
            assert!((end - precision).abs() < 1e-12, "{threshold}: {point:?}");
        }
    }
}

#[test]
fn all_the_same_and_none_the_same_leave_a_doubt() {
    let pairs: Vec<f32> = (0..1000).map(|i| 0.8 + 0.0001 * i as f32).collect();
    let curve = |same: bool| {
        let some: Vec<Judged> = pairs.iter().step_by(10).map(|&s| judged(s, same)).collect();
        Curve::new([0.8], &some, pairs.clone())
    };
    let (all, none) = (curve(true).at(0.8), curve(false).at(0.8));
    assert_eq!((all.precision, all.high), (Some(1.0), 1.0));
    assert!((0.94..0.97).contains(&all.low), "{all:?}");
    assert_eq!((none.precision, none.low), (Some(0.0), 0.0));
    assert!((none.high - (1.0 - all.low)).abs() < 1e-9);
    let bound = curve(true).bound(5000, pairs.iter().copied());
    assert!(
        (0.005..0.009).contains(&bound.wrong_at_most),
        "a fifth of 3 %: {bound:?}"
    );
    assert_eq!(
        (bound.removals, bound.near, bound.judged),
        (5000, 1000, 100)
    );
}

#[test]
fn the_lowest_threshold_that_reaches_the_aim_is_proposed() {
    let pairs: Vec<f32> = (0..2000).map(|i| 0.7 + 0.00015 * i as f32).collect();
    let lows: Vec<f32> = (0..10).map(|i| 0.7 + 0.03 * i as f32).collect();
    let from = lows[3];
    // Right from the fourth stratum on, and every tenth pair was asked for.
    let some: Vec<Judged> = pairs
        .iter()
        .step_by(10)
        .map(|&s| judged(s, s >= from))
        .collect();
    let curve = Curve::new(lows, &some, pairs);
    let likely = curve.proposal(0.995).expect("the estimate reaches it");
    assert_eq!((likely.sure, likely.point.threshold), (false, from));
    let sure = curve.proposal(0.9).expect("even the lower end reaches it");
    assert!(sure.sure && sure.point.low >= 0.9, "{sure:?}");
    assert_eq!(curve.proposal(1.1), None);
    let points = curve.points();
    assert_eq!(points.len(), 10);
    assert_eq!(points[0].pairs, 2000);
}

/// The stratified estimate as it is defined, pair by pair.
fn by_hand(lows: &[f32], some: &[Judged], pairs: &[f32], threshold: f32) -> Option<f64> {
    let stratum = |s: f32| lows.iter().filter(|&&low| low <= s).count();
    let (mut right, mut all) = (0.0, 0.0);
    for &pair in pairs.iter().filter(|&&pair| pair >= threshold) {
        let alike = some.iter().filter(|judged| {
            judged.similarity >= threshold && stratum(judged.similarity) == stratum(pair)
        });
        let (n, same) = alike.fold((0.0, 0.0), |(n, same), judged| {
            (n + 1.0, same + f64::from(u8::from(judged.same)))
        });
        if n > 0.0 {
            all += 1.0;
            right += same / n;
        }
    }
    (all > 0.0).then(|| right / all)
}

proptest! {
    #[test]
    fn the_estimate_is_the_stratified_one_and_lies_in_its_interval(
        pairs in prop::collection::vec((0.7f32..1.0, any::<Option<bool>>()), 0..80),
        lows in prop::collection::vec(0.65f32..1.0, 0..6),
        threshold in 0.6f32..1.05,
    ) {
        let some: Vec<Judged> =
            pairs.iter().filter_map(|&(s, same)| Some(judged(s, same?))).collect();
        let all: Vec<f32> = pairs.iter().map(|&(s, _)| s).collect();
        let curve = Curve::new(lows.iter().copied(), &some, all.iter().copied());
        let point = curve.at(threshold);
        let wanted = by_hand(&lows, &some, &all, threshold);
        prop_assert_eq!(point.precision.is_some(), wanted.is_some());
        if let (Some(found), Some(wanted)) = (point.precision, wanted) {
            prop_assert!((found - wanted).abs() < 1e-9);
            prop_assert!(point.low <= found + 1e-9 && found <= point.high + 1e-9, "{:?}", point);
        }
        prop_assert!(0.0 <= point.low && point.low <= point.high && point.high <= 1.0);
        let above: Vec<f32> = all.iter().copied().filter(|&s| s >= threshold).collect();
        let bound = curve.bound(above.len(), above);
        prop_assert!((0.0..=1.0).contains(&bound.wrong_at_most));
        prop_assert!(bound.estimate.is_none_or(|wrong| wrong <= bound.wrong_at_most + 1e-9));
    }
}

/// How precision goes with similarity.
type Shape = fn(f64) -> f64;

const SHAPES: [(&str, Shape); 6] = [
    ("rises around the threshold", |s| {
        1.0 / (1.0 + ((0.8 - s) * 40.0).exp())
    }),
    ("nearly all are right", |s| 0.97 + 0.1 * (s - 0.7)),
    ("a step", |s| if s >= 0.85 { 0.995 } else { 0.3 }),
    ("a hole where many are", |s| {
        if (0.93..0.95).contains(&s) { 0.5 } else { 0.99 }
    }),
    ("hardly any is right", |_| 0.03),
    ("all are right", |_| 1.0),
];

fn chance(random: &mut Random) -> f64 {
    (random.next() >> 11) as f64 / (1u64 << 53) as f64
}

struct Missed {
    shape: &'static str,
    judged: usize,
    /// Of so many drawn collections, how many times the interval at each threshold, and the bound,
    /// did not hold.
    points: Vec<usize>,
    bound: usize,
}

const THRESHOLD: f32 = 0.82;
const LOOKED_AT: [f32; 6] = [0.75, THRESHOLD, 0.84, 0.87, 0.9, 0.95];
const COLLECTIONS: usize = 500;

/// Draws collections whose similarities are 0.7 + 0.3 u^`skew`, judges pairs of them, and removes a
/// third of what lies above the threshold, the more alike the likelier.
fn missed(shape: (&'static str, Shape), skew: f64, pairs: usize, n: usize) -> Missed {
    let mut missed = Missed {
        shape: shape.0,
        judged: n,
        points: vec![0; LOOKED_AT.len()],
        bound: 0,
    };
    for collection in 0..COLLECTIONS {
        let mut random = Random(collection as u64 * 1000 + n as u64);
        let similarity = |random: &mut Random| (0.7 + 0.3 * chance(random).powf(skew)) as f32;
        let all: Vec<f32> = (0..pairs).map(|_| similarity(&mut random)).collect();
        let same: Vec<bool> = all
            .iter()
            .map(|&s| chance(&mut random) < (shape.1)(f64::from(s)))
            .collect();
        let drawn = draw(&all, THRESHOLD, n, collection as u64);
        let some = drawn
            .picked
            .iter()
            .map(|picked| judged(all[picked.index], same[picked.index]));
        let some: Vec<Judged> = some.collect();
        let lows = drawn.strata.iter().map(|stratum| stratum.low);
        let curve = Curve::new(lows, &some, all.iter().copied());
        for (place, threshold) in LOOKED_AT.into_iter().enumerate() {
            let above = (0..pairs).filter(|&i| all[i] >= threshold);
            let (count, right) = above.fold((0.0, 0.0), |(count, right), i| {
                (count + 1.0, right + f64::from(u8::from(same[i])))
            });
            let (point, truth) = (curve.at(threshold), right / f64::max(count, 1.0));
            let held = point.low - 1e-9 <= truth && truth <= point.high + 1e-9;
            missed.points[place] += usize::from(count > 0.0 && !held);
        }
        let likely = |s: f32| f64::from((s - THRESHOLD) / (1.0 - THRESHOLD));
        let removed: Vec<usize> = (0..pairs)
            .filter(|&i| all[i] >= THRESHOLD && chance(&mut random) < 0.6 * likely(all[i]))
            .collect();
        let wrong = removed.iter().filter(|&&i| !same[i]).count() as f64;
        let bound = curve.bound(removed.len(), removed.iter().map(|&i| all[i]));
        let held = wrong <= bound.wrong_at_most * removed.len() as f64 + 1e-9;
        missed.bound += usize::from(!held);
    }
    missed
}

/// 95 % of the intervals hold the truth, with room for the chance in 500 collections: 93 % for each
/// threshold, and 95 % for the bound.
fn holds(skew: f64, pairs: usize) {
    for shape in SHAPES {
        for n in [30, 100, 300] {
            let missed = missed(shape, skew, pairs, n);
            for (threshold, &times) in LOOKED_AT.iter().zip(&missed.points) {
                let held = 1.0 - times as f64 / COLLECTIONS as f64;
                let Missed { shape, judged, .. } = missed;
                assert!(
                    held >= 0.93,
                    "{shape}, {judged} judged, at {threshold}: {held}"
                );
            }
            let held = 1.0 - missed.bound as f64 / COLLECTIONS as f64;
            assert!(held >= 0.95, "{}, {n} judged, bound: {held}", missed.shape);
        }
    }
}

#[test]
fn it_holds_where_most_pairs_are_little_alike() {
    holds(3.0, 1500);
}

#[test]
fn it_holds_where_most_pairs_are_much_alike() {
    holds(0.3, 1500);
}

#[test]
fn it_holds_where_much_of_all_was_judged() {
    holds(1.0, 150);
}
