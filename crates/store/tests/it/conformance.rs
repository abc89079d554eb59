//! What every medium promises, on each of them.

use std::io::ErrorKind;

use lookalike_store::{Disk, Lock, Medium, Memory};

use crate::crashing::{Counts, Crashing, Leaves};

fn keeps_the_promises(medium: &dyn Medium) {
    let names = || medium.list().expect("listed");
    let kind = |result: std::io::Result<()>| result.map_err(|error| error.kind());
    assert_eq!(names(), Vec::<String>::new());
    assert_eq!(
        medium.read("a/b").map_err(|e| e.kind()),
        Err(ErrorKind::NotFound)
    );
    assert_eq!(
        medium.map("a/b").map_err(|e| e.kind()),
        Err(ErrorKind::NotFound)
    );
    assert_eq!(
        medium.size("a/b").map_err(|e| e.kind()),
        Err(ErrorKind::NotFound)
    );
    assert_eq!(kind(medium.remove("a/b")), Err(ErrorKind::NotFound));

    medium.create_new("a/b", b"first").expect("new");
    assert_eq!(
        kind(medium.create_new("a/b", b"second")),
        Err(ErrorKind::AlreadyExists)
    );
    assert_eq!(medium.read("a/b").expect("there"), "first");

    replaces(medium);
    locks(medium);
}

/// Whoever has a file open keeps what it opened.
fn replaces(medium: &dyn Medium) {
    let names = || medium.list().expect("listed");
    let before = medium.map("a/b").expect("there");
    medium
        .replace("a/b", b"second and longer")
        .expect("replaced");
    assert_eq!(before, "first", "a reader keeps what it opened");
    assert_eq!(medium.map("a/b").expect("there"), "second and longer");
    assert_eq!(medium.size("a/b").expect("there"), 17);

    medium.replace("empty", b"").expect("also new");
    assert_eq!(medium.map("empty").expect("there"), "");
    medium.create_new("a/c/d", b"x").expect("new");
    assert_eq!(names(), ["a/b", "a/c/d", "empty"]);

    let opened = medium.map("a/b").expect("there");
    medium.remove("a/b").expect("there");
    assert_eq!(opened, "second and longer", "also when it is removed");
    assert_eq!(names(), ["a/c/d", "empty"]);
}

fn locks(medium: &dyn Medium) {
    let guard = medium.lock("the first").expect("lockable");
    assert!(matches!(guard, Lock::Taken(_)));
    let Lock::Held(holder) = medium.lock("the second").expect("lockable") else {
        panic!("two writers hold one lock");
    };
    assert_eq!(holder, "the first");
    drop(guard);
    assert!(matches!(
        medium.lock("the third").expect("lockable"),
        Lock::Taken(_)
    ));
}

#[test]
fn memory() {
    keeps_the_promises(&Memory::new());
}

#[test]
fn disk() {
    let folder = tempfile::tempdir().expect("a folder");
    keeps_the_promises(&Disk::new(folder.path().join("made/when/needed")));
}

#[test]
fn crashing_that_does_not_crash() {
    keeps_the_promises(&Crashing::new(
        Memory::new(),
        usize::MAX,
        Counts::Every,
        Leaves::Nothing,
    ));
}
