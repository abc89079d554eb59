//! Any sequence of operations leaves what a few maps would hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use lookalike_store::{Batch, FeatureRow, Known, Memory, Store, StoredPairs, Unreferenced, check};
use lookalike_types::{ContentId, FileRow, Place};
use proptest::prelude::*;

use crate::sample::{SIDE, State, content, feature, file, pairs, space, state};

#[derive(Debug, Clone)]
enum Op {
    Push(u8),
    Saw(u8, u8),
    Thumb(u8, u8),
    Pairs,
    Commit,
    Finish(Vec<u8>),
    Compact,
    /// The process dies and another begins, perhaps with another space.
    Restart(bool),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0u8..40).prop_map(Op::Push),
        4 => (0u8..12, 0u8..40).prop_map(|(place, number)| Op::Saw(place, number)),
        2 => (0u8..20, any::<u8>()).prop_map(|(number, byte)| Op::Thumb(number, byte)),
        1 => Just(Op::Pairs),
        6 => Just(Op::Commit),
        1 => proptest::collection::vec(0u8..12, 0..6).prop_map(Op::Finish),
        1 => Just(Op::Compact),
        1 => any::<bool>().prop_map(Op::Restart),
    ]
}

#[derive(Clone, Default)]
struct Model {
    files: BTreeMap<Place, FileRow>,
    features: BTreeMap<String, BTreeMap<ContentId, FeatureRow>>,
    pairs: BTreeMap<String, StoredPairs>,
    thumbs: BTreeMap<ContentId, Vec<u8>>,
}

impl Model {
    fn state(&self, layer: &str) -> State {
        let bits = |row: &FeatureRow| match &row.result {
            Ok(vector) => vector.iter().map(|x| x.to_bits()).collect(),
            Err(_) => Vec::new(),
        };
        let known = |row: &FeatureRow| Known {
            facts: row.facts.clone(),
            failed: row.result.clone().err(),
        };
        let of_space = |rows: &BTreeMap<ContentId, FeatureRow>| {
            let rows = rows.iter();
            rows.map(|(id, row)| (*id, (known(row), bits(row))))
                .collect()
        };
        let spaces = self.features.iter();
        State {
            files: self.files.values().cloned().collect(),
            known: spaces
                .map(|(layer, rows)| (layer.clone(), of_space(rows)))
                .collect(),
            pairs: self.pairs.clone(),
            histories: BTreeMap::new(),
            thumbs: self.thumbs.clone(),
            current: Some(space(layer)),
        }
    }
}

/// The pairs as a store keeps them.
fn pairs_in_order() -> StoredPairs {
    let mut pairs = pairs();
    pairs.contents.sort();
    for pair in &mut pairs.pairs {
        *pair = (pair.0.min(pair.1), pair.0.max(pair.1), pair.2);
    }
    pairs.pairs.sort_by_key(|pair| (pair.0, pair.1));
    pairs
}

fn name(place: u8) -> String {
    format!("{place}.png")
}

/// Does the operation to the batch and to the model of what it has collected.
fn apply(op: &Op, batch: &mut Batch, model: &mut Model, layer: &str) {
    match op {
        Op::Push(number) => {
            batch.push(feature(*number)).expect("of the space");
            let rows = model.features.entry(layer.to_owned()).or_default();
            rows.insert(content(*number), feature(*number));
        }
        Op::Saw(place, number) => {
            let row = file(&name(*place), *number);
            batch.saw(row.clone());
            model.files.insert(row.place.clone(), row);
        }
        Op::Thumb(number, byte) => {
            batch.put_thumb(SIDE, content(*number), vec![*byte; 3]);
            model.thumbs.insert(content(*number), vec![*byte; 3]);
        }
        Op::Pairs => {
            batch.set_pairs(pairs());
            model.pairs.insert(layer.to_owned(), pairs_in_order());
        }
        Op::Finish(places) => {
            let rows = places.iter().map(|place| file(&name(*place), *place));
            let rows: Vec<FileRow> = rows.collect();
            model.files = rows
                .iter()
                .map(|row| (row.place.clone(), row.clone()))
                .collect();
            batch.finish(rows).expect("committed");
        }
        Op::Commit => drop(batch.commit().expect("committed")),
        Op::Compact => drop(batch.compact(Unreferenced::Keep).expect("merged")),
        Op::Restart(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_store_is_a_few_maps(ops in proptest::collection::vec(op(), 1..90)) {
        let memory = Memory::new();
        let store = Store::create(Arc::new(memory.clone())).expect("made");
        let mut layer = "a";
        let mut batch = Some(store.begin(&space(layer)).expect("begun"));
        let mut pending = Model::default();
        pending.features.entry(layer.to_owned()).or_default();
        let mut committed = Model::default();
        for op in &ops {
            if let Op::Restart(other) = op {
                layer = if *other { "b" } else { "a" };
                drop(batch.take());
                batch = Some(store.begin(&space(layer)).expect("begun"));
                pending = committed.clone();
                pending.features.entry(layer.to_owned()).or_default();
                continue;
            }
            let open = batch.as_mut().expect("always one");
            apply(op, open, &mut pending, layer);
            if matches!(op, Op::Commit | Op::Finish(_) | Op::Compact) {
                committed = pending.clone();
                let found = state(&store.snapshot().expect("whole")).expect("whole");
                prop_assert_eq!(found, committed.state(layer));
            }
        }
        drop(batch);
        prop_assert_eq!(check(&memory).expect("a store"), []);
    }
}
