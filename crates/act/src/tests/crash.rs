//! A crash before each call that changes something: what is left can be finished and taken back.

use std::cell::Cell;
use std::fs;
use std::ops::ControlFlow;

use super::desk::{Desk, Item, Tree, apart, system, without};
use super::tar;
use crate::apply::apply_on;
use crate::disk::{Disk, Rename};
use crate::{Error, Step};

/// Files, copies in folders of their own, and one name that two of them want.
fn files(rename: Rename) -> Desk {
    let mut desk = Desk::new();
    desk.rename = rename;
    desk.write("kept.jpg", b"one");
    desk.write("b/one.jpg", b"one");
    desk.write("c/two.jpg", b"one");
    desk.keep("kept.jpg");
    desk.remove("b/one.jpg", "kept.jpg");
    desk.remove("c/two.jpg", "kept.jpg");
    for row in &mut desk.rows()[1..] {
        row.goes_to = Some("x/y.jpg".to_owned());
    }
    desk
}

fn stopped(result: Result<crate::Outcome, Error>) -> bool {
    match result {
        Ok(_) => false,
        Err(Error::Stopped { .. }) => true,
        Err(error) => panic!("{error}"),
    }
}

/// The trees before and after, where nothing stops.
fn unharmed(make: &dyn Fn() -> Desk, action: &str) -> (Tree, Tree) {
    let desk = make();
    let before = desk.whole();
    let outcome = desk.apply(action);
    assert!(
        outcome.done > 0 && outcome.skipped.is_empty(),
        "{outcome:?}"
    );
    (before, desk.whole())
}

/// Trees are compared without the absolute paths and times that differ from desk to desk.
fn alike(found: &Tree, wanted: &Tree, context: &str) {
    let plain = |tree: &Tree| -> Tree {
        let some = tree
            .iter()
            .filter(|(path, _)| !path.ends_with(".trashinfo"));
        some.map(|(path, item)| (path.clone(), tar::undated(path, item)))
            .collect()
    };
    assert_eq!(plain(found), plain(wanted), "{context}");
    let infos = |tree: &Tree| {
        tree.keys()
            .filter(|path| path.ends_with(".trashinfo"))
            .count()
    };
    assert_eq!(infos(found), infos(wanted), "{context}");
}

/// Stops at each call in turn, and then goes on, goes back, or stops again on the way back.
fn at_every_call(make: &dyn Fn() -> Desk, action: &str) {
    let (before, after) = unharmed(make, action);
    let mut calls = 0;
    loop {
        let desk = make();
        if !stopped(desk.try_apply(action, Some(calls))) {
            break;
        }
        let context = format!("{action}, stopped at call {calls}");
        desk.apply(action);
        alike(&desk.whole(), &after, &context);
        desk.undo();
        alike(&desk.whole(), &before, &context);

        let desk = make();
        assert!(stopped(desk.try_apply(action, Some(calls))));
        if desk.journal().exists()
            && fs::read(desk.journal()).is_ok_and(|text| text.contains(&b'\n'))
        {
            desk.undo();
        }
        desk.whole_is(&before, &context);
        calls += 1;
    }
    assert!(calls > 10, "{action} has {calls} calls");
    back_at_every_call(make, action, &before, &after);
}

fn back_at_every_call(make: &dyn Fn() -> Desk, action: &str, before: &Tree, after: &Tree) {
    let mut calls = 0;
    loop {
        let desk = make();
        desk.apply(action);
        if !stopped(desk.try_undo(Some(calls))) {
            break;
        }
        let context = format!("undo of {action}, stopped at call {calls}");
        desk.undo();
        alike(&desk.whole(), before, &context);

        let desk = make();
        desk.apply(action);
        assert!(stopped(desk.try_undo(Some(calls))));
        desk.apply(action);
        alike(&desk.whole(), after, &context);
        desk.undo();
        alike(&desk.whole(), before, &context);
        calls += 1;
    }
    assert!(calls > 5, "undo of {action} has {calls} calls");
}

/// Stops at a call, and at another one while that is put right, and so on.
fn stumbling(make: &dyn Fn() -> Desk, action: &str) {
    let (before, after) = unharmed(make, action);
    for stride in [3, 5, 8, 13, 21] {
        let desk = make();
        let mut tries = 0;
        while stopped(desk.try_apply(action, Some(stride + tries))) {
            tries += 1;
        }
        alike(&desk.whole(), &after, action);
        tries = 0;
        while stopped(desk.try_undo(Some(stride + tries))) {
            tries += 1;
        }
        alike(&desk.whole(), &before, action);
    }
}

impl Desk {
    fn whole_is(&self, wanted: &Tree, context: &str) {
        alike(&self.whole(), wanted, context);
    }
}

fn all(make: &dyn Fn() -> Desk, action: &str) {
    let lossy = || {
        let mut desk = make();
        desk.lossy = true;
        desk
    };
    at_every_call(make, action);
    at_every_call(&lossy, action);
    stumbling(make, action);
    stumbling(&lossy, action);
}

#[test]
fn a_move_by_one_call() {
    all(&|| files(system), "move:out/deep");
}

#[test]
fn a_move_by_a_second_name() {
    all(&|| files(without), "move:out");
}

#[test]
fn a_move_by_a_copy() {
    all(&|| files(apart), "move:out");
}

#[test]
fn the_bin() {
    all(&|| files(system), "trash");
    all(&|| files(without), "trash");
}

#[test]
fn hard_links() {
    all(&|| files(system), "hardlink");
}

#[test]
fn symbolic_links() {
    all(&|| files(system), "symlink");
}

#[test]
fn shards() {
    all(&tar::shard_desk, "rewrite:out");
}

/// What was deleted does not come back, but what was not is there, and the kept always is.
#[test]
fn deletion() {
    let make = || files(system);
    let (before, after) = unharmed(&make, "delete");
    let mut calls = 0;
    loop {
        let desk = make();
        if !stopped(desk.try_apply("delete", Some(calls))) {
            break;
        }
        let left = desk.whole();
        for (path, item) in &before {
            let removed = path.ends_with("one.jpg") || path.ends_with("two.jpg");
            assert!(left.get(path) == Some(item) || (removed && !left.contains_key(path)));
        }
        if calls % 2 == 0 {
            desk.apply("delete");
            alike(&desk.whole(), &after, "delete");
        } else if fs::read(desk.journal()).is_ok_and(|text| text.contains(&b'\n')) {
            desk.undo();
            // What was set aside in the folder of a file was that file.
            let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
            let aside = left.keys().find(|path| path.ends_with(".tmp"));
            let back = aside.and_then(|path| folder(path));
            let mut wanted = before.clone();
            wanted.retain(|path, _| {
                left.contains_key(path) || (folder(path) == back && back.is_some())
            });
            alike(&desk.whole(), &wanted, "undo of delete");
        }
        calls += 1;
    }
    assert!(calls > 8);
}

/// Somebody changed the files between the crash and the next run: nobody's bytes are lost.
#[test]
fn somebody_was_here_meanwhile() {
    for rename in [system as Rename, without, apart] {
        for calls in 0.. {
            let desk = files(rename);
            if !stopped(desk.try_apply("move:out", Some(calls))) {
                break;
            }
            fs::create_dir_all(desk.photo("b")).expect("made");
            fs::write(desk.photo("b/one.jpg"), "new").expect("written");
            desk.apply("move:out");
            assert_eq!(
                fs::read(desk.photo("b/one.jpg")).expect("there"),
                b"new",
                "{calls}"
            );
            assert_eq!(fs::read(desk.photo("kept.jpg")).expect("there"), b"one");
            assert!(!desk.photo("c/two.jpg").exists());
            desk.undo();
            assert_eq!(
                fs::read(desk.photo("b/one.jpg")).expect("there"),
                b"new",
                "{calls}"
            );
            assert_eq!(fs::read(desk.photo("c/two.jpg")).expect("back"), b"one");
        }
    }
}

/// A time that somebody changed comes back too, wherever the way back was interrupted.
#[test]
fn a_touched_file_comes_back_as_it_was() {
    for rename in [system as Rename, without, apart] {
        for calls in 0.. {
            let desk = files(rename);
            let before = desk.whole();
            desk.apply("move:out");
            let touched = fs::File::options().write(true).open(desk.at("out/x/y.jpg"));
            let now = std::time::SystemTime::now();
            touched
                .and_then(|file| file.set_modified(now))
                .expect("set");
            let stopped = stopped(desk.try_undo(Some(calls)));
            desk.undo();
            assert_eq!(desk.whole(), before, "stopped at call {calls}");
            if !stopped {
                break;
            }
        }
    }
}

/// Somebody writes into a file at any moment up to the very call that takes it away: what was
/// written is not lost.
#[test]
fn somebody_writes_at_any_moment() {
    for action in ["move:out", "trash", "delete", "hardlink", "symlink"] {
        for rename in [system as Rename, without, apart] {
            for moment in 0.. {
                let desk = files(rename);
                let path = desk.photo("b/one.jpg").canonicalize().expect("there");
                let (asked, written) = (Cell::new(0), Cell::new(false));
                let ask = |step: Step<'_>| {
                    asked.set(asked.get() + 1);
                    let last = matches!(step.what, "remove" | "replace") && step.path == path;
                    if asked.get() > moment && !last && !written.get() && path.is_file() {
                        written.set(true);
                        fs::write(&path, "new").expect("written");
                    }
                    ControlFlow::Continue(())
                };
                let disk = Disk::with(&ask, rename);
                let (plan, action) = (desk.plan(), desk.action(action));
                let options = desk.options();
                let outcome = apply_on(disk, &plan, &action, &desk.journal(), &options);
                outcome.expect("carried out");
                if !written.get() {
                    break;
                }
                let new = |item: &Item| matches!(item, Item::File { bytes, .. } if bytes == b"new");
                assert!(desk.whole().values().any(new), "{action}, at call {moment}");
            }
        }
    }
}
