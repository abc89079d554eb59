//! What goes in comes out, and the same rows give the same bytes.

use std::sync::Arc;

use lookalike_store::{Disk, Error, FeatureRow, Medium, Memory, Store};
use lookalike_types::{Failed, Reason, VectorTable};

use crate::sample::{content, feature, file, filled, odd_file, pairs, space, state};

#[test]
fn disk_and_memory_hold_the_same_bytes_and_say_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = Arc::new(Disk::new(folder.path()));
    let memory = Arc::new(Memory::new());
    let on_disk = filled(disk.clone()).expect("filled");
    let in_memory = filled(memory.clone()).expect("filled");
    let names = memory.list().expect("listed");
    let found: Vec<String> = disk
        .list()
        .expect("listed")
        .into_iter()
        .filter(|n| n != "LOCK")
        .collect();
    assert_eq!(found, names);
    for name in names {
        assert_eq!(
            disk.read(&name).expect("there"),
            memory.read(&name).expect("there"),
            "{name}"
        );
    }
    let said = |store: &Store| state(&store.snapshot().expect("whole")).expect("whole");
    assert_eq!(said(&on_disk), said(&in_memory));
}

#[test]
fn every_field_survives() {
    let store = filled(Arc::new(Memory::new())).expect("filled");
    let snapshot = store.snapshot().expect("whole");
    let files = snapshot.files().expect("whole");
    assert!(files.contains(&odd_file()) && files.contains(&file("3.png", 3)));
    assert!(files.is_sorted_by_key(|row| &row.place));
    let id = space("second").id();
    let known = snapshot.known(&id).expect("whole");
    for number in 0..7 {
        let row = feature(number);
        let found = &known[&content(number)];
        assert_eq!(
            (&found.facts, &found.failed),
            (&row.facts, &row.result.clone().err())
        );
        match row.result {
            Ok(vector) => {
                let vectors = snapshot.vectors(&id, &[content(number)]).expect("there");
                let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(vectors.row(0)), bits(&vector));
            }
            Err(_) => assert!(matches!(
                snapshot.vectors(&id, &[content(number)]).map(drop),
                Err(Error::NoVector { .. })
            )),
        }
    }
    let stored = snapshot.pairs(&id).expect("whole").expect("set");
    assert_eq!(
        (stored.key, stored.floor, stored.notes),
        (pairs().key, pairs().floor, pairs().notes)
    );
    assert_eq!(snapshot.current(), Some(&space("second")));
    assert_eq!(snapshot.spaces().count(), 2);
}

#[test]
fn the_order_of_arrival_leaves_no_trace() {
    let written = |numbers: &mut dyn Iterator<Item = u8>| {
        let memory = Memory::new();
        let store = Store::create(Arc::new(memory.clone())).expect("made");
        let mut batch = store.begin(&space("x")).expect("begun");
        for number in numbers {
            batch.push(feature(number)).expect("of the space");
            batch.saw(file(&number.to_string(), number));
            batch.put_thumb(32, content(number), vec![number]);
        }
        batch.commit().expect("committed");
        let names = memory.list().expect("listed");
        let bytes = names.into_iter().map(|name| {
            let bytes = memory.read(&name).expect("listed");
            (name, bytes)
        });
        bytes.collect::<Vec<_>>()
    };
    assert_eq!(written(&mut (0..50)), written(&mut (0..50).rev()));
}

#[test]
fn a_scan_that_finds_nothing_new_changes_no_byte() {
    let memory = Memory::new();
    let store = filled(Arc::new(memory.clone())).expect("filled");
    let record = memory.read("commit.json").expect("there");
    let mut batch = store.begin(&space("second")).expect("begun");
    let rows = batch.snapshot().files().expect("whole");
    batch.commit().expect("nothing to do");
    batch.finish(rows).expect("nothing to do");
    assert_eq!(memory.read("commit.json").expect("there"), record);
}

#[test]
fn wide_vectors_over_several_row_groups_survive() {
    let mut wide = space("wide");
    wide.dimension = 1 << 20;
    let store = Store::create(Arc::new(Memory::new())).expect("made");
    let mut batch = store.begin(&wide).expect("begun");
    let vector = |number: u8| vec![f32::from(number); 1 << 20];
    for number in 0..10 {
        let result = match number {
            4 => Err(Failed::new(Reason::Corrupt, "bad")),
            _ => Ok(vector(number)),
        };
        let row = FeatureRow {
            content: content(number),
            facts: None,
            result,
        };
        batch.push(row).expect("of the space");
    }
    let snapshot = batch.commit().expect("committed");
    let numbers = [9, 0, 5, 3];
    let vectors = snapshot
        .vectors(&wide.id(), &numbers.map(content))
        .expect("there");
    for (row, number) in numbers.into_iter().enumerate() {
        assert_eq!(vectors.row(row), vector(number));
    }
}

#[test]
fn what_does_not_belong_is_refused() {
    let store = Store::create(Arc::new(Memory::new())).expect("made");
    let mut batch = store.begin(&space("x")).expect("begun");
    let result = Ok(vec![1.0; 5]);
    let row = FeatureRow {
        content: content(0),
        facts: None,
        result,
    };
    assert!(matches!(
        batch.push(row),
        Err(Error::Dimension {
            wanted: 4,
            found: 5,
            ..
        })
    ));
    for name in ["", ".hidden", "a/b", "../up", "x.tmp"] {
        let refused = batch.publish_report(&[(name, b"")]);
        assert!(matches!(refused, Err(Error::ReportName { .. })), "{name}");
    }
    drop(batch);
    let mut none = space("none");
    none.dimension = 0;
    let refused = store.begin(&none).map(drop);
    assert!(matches!(refused, Err(Error::Space { .. })));
    none = space("nan");
    none.preprocessing.std[2] = f32::NAN;
    let refused = store.begin(&none).map(drop);
    assert!(matches!(refused, Err(Error::Space { .. })));
    let unknown = store
        .snapshot()
        .expect("whole")
        .vectors(&space("y").id(), &[])
        .map(drop);
    assert!(matches!(unknown, Err(Error::NoSpace { .. })));
}
