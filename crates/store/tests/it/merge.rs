//! Merging changes how a store is cut into files, and nothing else.

use std::sync::Arc;

use lookalike_store::{Medium, Memory, Store, Unreferenced, check};

use crate::sample::{SIDE, content, feature, file, space, state};

/// Forty commits, some of which say again what an earlier one said.
fn many() -> (Memory, Store) {
    let memory = Memory::new();
    let store = Store::create(Arc::new(memory.clone())).expect("made");
    let mut batch = store.begin(&space("m")).expect("begun");
    for commit in 0..40 {
        let number = commit % 25;
        let mut row = feature(number);
        if let Ok(vector) = &mut row.result {
            vector[1] = f32::from(commit);
        }
        batch.push(row).expect("of the space");
        batch.put_thumb(SIDE, content(number), vec![commit; 20]);
        batch.saw(file(&format!("{number}.png"), number));
        batch.commit().expect("committed");
    }
    drop(batch);
    (memory, store)
}

fn segments(memory: &Memory, start: &str) -> usize {
    let names = memory.list().expect("listed");
    names.iter().filter(|name| name.starts_with(start)).count()
}

#[test]
fn a_merge_keeps_everything() {
    let (memory, store) = many();
    let before = state(&store.snapshot().expect("whole")).expect("whole");
    assert_eq!(segments(&memory, "features/"), 40);
    let mut batch = store.begin(&space("m")).expect("begun");
    let merged = batch.compact(Unreferenced::Keep).expect("merged");
    assert_eq!(state(&merged).expect("whole"), before);
    assert_eq!(segments(&memory, "features/"), 1);
    assert_eq!(segments(&memory, "index/"), 1);
    assert_eq!(segments(&memory, "thumbs/"), 1);
    assert_eq!(check(&memory).expect("a store"), []);
    let generation = merged.generation();
    let again = batch.compact(Unreferenced::Keep).expect("nothing to do");
    assert_eq!(again.generation(), generation);
}

#[test]
fn contents_without_a_file_leave_when_asked() {
    let (_, store) = many();
    let mut batch = store.begin(&space("m")).expect("begun");
    let kept = batch
        .finish(vec![file("0.png", 0), file("2.png", 2)])
        .expect("committed");
    assert_eq!(kept.known(&space("m").id()).expect("whole").len(), 25);
    let merged = batch.compact(Unreferenced::Drop).expect("merged");
    let known = merged.known(&space("m").id()).expect("whole");
    assert_eq!(known.len(), 2);
    assert!(known.contains_key(&content(0)) && known.contains_key(&content(2)));
    assert_eq!(merged.thumbed(SIDE).expect("whole").len(), 2);
}

#[test]
fn another_space_is_left_as_it_is() {
    let (memory, store) = many();
    let mut batch = store.begin(&space("other")).expect("begun");
    batch.finish(Vec::new()).expect("committed");
    let merged = batch.compact(Unreferenced::Drop).expect("merged");
    assert_eq!(merged.known(&space("m").id()).expect("whole").len(), 25);
    assert_eq!(segments(&memory, "features/"), 40);
}
