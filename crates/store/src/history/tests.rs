//! What is new, gone and back, against a diary that remembers everything.

use proptest::prelude::*;

use super::*;

fn key(number: u8) -> PairKey {
    [number; KEY as usize]
}

type Pairs = BTreeMap<PairKey, PairSeen>;

fn pairs(seen: &[(u8, u32, f32)]) -> Pairs {
    let pair = |&(number, count, similarity): &(u8, u32, f32)| {
        (key(number), PairSeen { count, similarity })
    };
    seen.iter().map(pair).collect()
}

fn changes(new: u64, resolved: u64, back: u64) -> PairChanges {
    PairChanges {
        new,
        resolved,
        back,
    }
}

#[test]
fn pairs_come_go_and_come_again() {
    let history = History::first(&pairs(&[(1, 1, 1.0), (2, 3, 1.0)]), 0.9);
    assert_eq!(history.changed_in(1).count(), 0);
    let (history, said) = history.next(&pairs(&[(2, 1, 1.0), (3, 1, 0.95)]), 0.9, 2);
    assert_eq!(said, changes(1, 3, 0));
    let (history, said) = history.next(&pairs(&[(1, 1, 1.0), (2, 4, 1.0), (3, 1, 0.95)]), 0.9, 3);
    assert_eq!(
        said,
        changes(1, 0, 3),
        "one back, and of three more files two are"
    );
    let marks: Vec<_> = history
        .changed_in(3)
        .map(|(key, change)| (key[0], change))
        .collect();
    assert_eq!(marks, [(1, PairChange::Back), (2, PairChange::New)]);
    let (same, said) = history.next(&pairs(&[(1, 1, 1.0), (2, 4, 1.0), (3, 1, 0.95)]), 0.9, 4);
    assert_eq!((said, &same), (changes(0, 0, 0), &history));
}

#[test]
fn another_threshold_makes_nothing_new_and_nothing_gone() {
    let low = pairs(&[(1, 1, 1.0), (2, 1, 0.95), (3, 1, 0.85)]);
    let high = pairs(&[(1, 1, 1.0), (2, 1, 0.95)]);
    let (lower, said) = History::first(&high, 0.9).next(&low, 0.8, 2);
    assert_eq!(said, changes(0, 0, 0));
    let (higher, said) = lower.next(&high, 0.9, 3);
    assert_eq!(said, changes(0, 0, 0));
    let (_, said) = higher.next(&low, 0.8, 4);
    assert_eq!(said, changes(0, 0, 0));
    // What is above both thresholds is compared all the same.
    let (_, said) = higher.next(&pairs(&[(1, 1, 1.0), (3, 1, 0.85), (4, 1, 0.92)]), 0.8, 4);
    assert_eq!(said, changes(1, 1, 0));
}

#[test]
fn what_is_gone_for_long_is_forgotten() {
    let empty = pairs(&[]);
    let (gone, _) = History::first(&pairs(&[(1, 1, 1.0)]), 0.9).next(&empty, 0.9, 2);
    let (still, _) = gone.next(&empty, 0.9, 2 + FORGOTTEN_AFTER);
    assert_eq!(still.rows.len(), 1);
    let (forgotten, _) = still.next(&empty, 0.9, 3 + FORGOTTEN_AFTER);
    assert_eq!(forgotten.rows.len(), 0);
    let mut rows = BTreeMap::new();
    for number in 0..MOST_GONE as u64 + 10 {
        let mut key = key(0);
        key[..8].copy_from_slice(&number.to_le_bytes());
        let row = Row {
            similarity: 1.0,
            count: u32::from(number < 5),
            most: 1,
            changed: 1 + number % 7,
            change: None,
        };
        rows.insert(key, row);
    }
    forget(&mut rows, 8);
    assert_eq!(rows.len(), MOST_GONE + 5);
    assert_eq!(rows.values().filter(|row| row.count == 1).count(), 5);
}

#[test]
fn the_table_is_read_as_it_was_written() {
    let (history, _) = History::first(&pairs(&[(1, 1, 1.0), (2, 3, 1.0)]), 0.1 + 0.2).next(
        &pairs(&[(2, 1, 1.0), (3, 1, 0.95)]),
        0.1 + 0.2,
        2,
    );
    let bytes = Bytes::from(history.encode(7).expect("encoded"));
    assert_eq!(History::decode(&bytes), Ok(history));
    for length in 0..bytes.len() {
        assert!(History::decode(&bytes.slice(..length)).is_err());
    }
}

proptest! {
    /// Each file of a pair is a place in a row: filling it for the first time is new, emptying it
    /// is resolved, filling it again is back.
    #[test]
    fn changes_are_those_of_a_diary(scans in prop::collection::vec(prop::collection::vec(0_u32..4, 3), 1..12)) {
        let seen = |counts: &[u32]| {
            let some = counts.iter().zip(0_u8..).filter(|(count, _)| **count > 0);
            pairs(&some.map(|(&count, number)| (number, count, 1.0)).collect::<Vec<_>>())
        };
        let mut history = History::first(&seen(&scans[0]), 0.9);
        let mut ever = scans[0].clone();
        for (number, two) in scans.windows(2).enumerate() {
            let mut wanted = PairChanges::default();
            for pair in 0..3 {
                for place in 0..4 {
                    match (place < two[0][pair], place < two[1][pair]) {
                        (true, false) => wanted.resolved += 1,
                        (false, true) if place < ever[pair] => wanted.back += 1,
                        (false, true) => wanted.new += 1,
                        _ => {}
                    }
                }
                ever[pair] = ever[pair].max(two[1][pair]);
            }
            let (next, said) = history.next(&seen(&two[1]), 0.9, number as u64 + 2);
            prop_assert_eq!(said, wanted);
            history = next;
        }
    }
}
