//! One writer at a time, and readers that are never disturbed.

use std::sync::Arc;

use lookalike_store::{Disk, Error, Memory, Store, Unreferenced};

use crate::sample::{content, feature, file, filled, space, state};

#[test]
fn a_second_writer_is_told_who_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = || Store::create(Arc::new(Disk::new(folder.path()))).expect("made");
    let first = store().begin(&space("x")).expect("begun");
    let Err(Error::Locked { holder, .. }) = store().begin(&space("x")).map(drop) else {
        panic!("two writers hold one lock");
    };
    let words = format!("process {} on ", std::process::id());
    assert!(
        holder.starts_with(&words) && holder.ends_with(" UTC"),
        "{holder}"
    );
    drop(first);
    store().begin(&space("x")).map(drop).expect("free again");
    let left = std::fs::read(folder.path().join("LOCK")).expect("there");
    assert!(left.is_empty(), "nobody writes, and LOCK says so");
}

#[test]
fn the_lock_of_a_process_that_died_is_no_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::create(Arc::new(Disk::new(folder.path()))).expect("made");
    std::fs::write(
        folder.path().join("LOCK"),
        "process 1 on a machine that burned",
    )
    .expect("written");
    store
        .begin(&space("x"))
        .map(drop)
        .expect("stale words lock nothing");
}

#[test]
fn a_reader_keeps_its_generation_whatever_writers_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let disks: [Arc<dyn lookalike_store::Medium>; 2] =
        [Arc::new(Disk::new(folder.path())), Arc::new(Memory::new())];
    for medium in disks {
        let store = filled(medium).expect("filled");
        let reader = store.snapshot().expect("whole");
        let before = state(&reader).expect("whole");
        let mut batch = store.begin(&space("second")).expect("begun");
        for number in 30..60 {
            batch.push(feature(number)).expect("of the space");
            batch.commit().expect("committed");
        }
        batch.finish(vec![file("x", 30)]).expect("committed");
        batch.compact(Unreferenced::Drop).expect("merged");
        drop(batch);
        drop(store.begin(&space("first")).expect("begun"));
        assert_eq!(state(&reader).expect("undisturbed"), before);
        let known = store
            .snapshot()
            .expect("whole")
            .known(&space("second").id());
        assert!(!known.expect("whole").contains_key(&content(0)));
    }
}
