//! A store of format 1 opens for ever. `tests/stores/v1` was written by `write_v1` below and is
//! never written again; a new format gets a folder beside it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use lookalike_store::{Disk, Medium, Memory, Store, check};

use crate::sample::{State, feature, filled, space, state};

fn v1() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/stores/v1")
}

/// A copy, so that the kept store stays as it is.
fn copy() -> Memory {
    let disk = Disk::new(v1());
    let memory = Memory::new();
    for name in disk.list().expect("listed") {
        memory
            .replace(&name, &disk.read(&name).expect("listed"))
            .expect("copied");
    }
    memory
}

#[test]
fn format_1_opens_and_says_what_it_said() {
    assert_eq!(check(&Disk::new(v1())).expect("a store"), []);
    let old = Store::open(Arc::new(Disk::new(v1()))).expect("format 1");
    let new = filled(Arc::new(Memory::new())).expect("filled");
    let said = |store: &Store| state(&store.snapshot().expect("whole")).expect("whole");
    // Such a store knows nothing of what changed between its scans.
    let wanted = State {
        histories: BTreeMap::new(),
        ..said(&new)
    };
    assert_eq!(said(&old), wanted);
    assert_eq!(old.snapshot().expect("whole").generation(), 3);
}

#[test]
fn format_1_can_be_written_on() {
    let memory = copy();
    let store = Store::open(Arc::new(memory.clone())).expect("format 1");
    let mut batch = store.begin(&space("second")).expect("begun");
    assert_eq!(batch.lost(), [""; 0]);
    batch.push(feature(60)).expect("of the space");
    let known = batch
        .commit()
        .expect("committed")
        .known(&space("second").id());
    assert_eq!(known.expect("whole").len(), 8);
    assert_eq!(check(&memory).expect("a store"), []);
}

#[test]
#[ignore = "writes the kept store; only for a new format"]
fn write_v1() {
    let disk = Disk::new(v1());
    assert_eq!(disk.list().expect("listed"), [""; 0], "it is there already");
    filled(Arc::new(disk)).expect("written");
    std::fs::remove_file(v1().join("LOCK")).expect("nobody writes");
}
