//! `move`: the tree is kept, nothing is overwritten, all comes back.

use std::fs;

use super::desk::{Desk, Item, apart, without};
use crate::{Error, Why};

fn copies() -> Desk {
    let mut desk = Desk::new();
    desk.write("a.jpg", b"one");
    desk.write("b/a.jpg", b"one");
    desk.write("c/a.jpg", b"other");
    desk.keep("a.jpg");
    desk.remove("b/a.jpg", "a.jpg");
    desk.remove("c/a.jpg", "a.jpg");
    desk
}

#[test]
fn the_tree_is_kept_and_comes_back() {
    for rename in [super::desk::system, without, apart] {
        let mut desk = copies();
        desk.rename = rename;
        let before = desk.whole();
        let outcome = desk.apply("move:out");
        assert_eq!(
            (outcome.done, outcome.bytes, outcome.freed_bytes),
            (2, 8, 0)
        );
        assert!(outcome.skipped.is_empty(), "{outcome:?}");
        let after = desk.whole();
        assert_eq!(
            after.get("out/b/a.jpg"),
            before.get("photos/b/a.jpg"),
            "bytes, time and mode"
        );
        assert_eq!(after.get("out/c/a.jpg"), before.get("photos/c/a.jpg"));
        assert!(!after.contains_key("photos/b/a.jpg"));
        let again = desk.apply("move:out");
        assert_eq!((again.done, again.earlier), (0, 2));
        assert_eq!(desk.whole(), after);
        let back = desk.undo();
        assert_eq!((back.done, back.planned, back.bytes), (2, 2, 8));
        assert_eq!(
            desk.whole(),
            before,
            "also the folders that were made are gone"
        );
        let twice = desk.undo();
        assert_eq!((twice.done, twice.earlier, twice.skipped.len()), (0, 2, 0));
        assert_eq!(desk.whole(), before);
        assert_eq!(
            desk.apply("move:out").done,
            2,
            "what is undone can be done again"
        );
        assert_eq!(desk.whole(), after);
    }
}

#[test]
fn a_taken_name_is_left_alone() {
    for rename in [super::desk::system, without, apart] {
        let mut desk = copies();
        desk.rename = rename;
        desk.rows()[1].goes_to = Some("x/a.jpg".to_owned());
        desk.rows()[2].goes_to = Some("x/a.jpg".to_owned());
        fs::create_dir_all(desk.at("out/x")).expect("made");
        fs::write(desk.at("out/x/a.jpg"), "theirs").expect("written");
        let before = desk.whole();
        let outcome = desk.apply("move:out");
        assert_eq!((outcome.done, outcome.renamed), (2, 2));
        let after = desk.whole();
        assert_eq!(after.get("out/x/a.jpg"), before.get("out/x/a.jpg"));
        assert_eq!(after.get("out/x/a (2).jpg"), before.get("photos/b/a.jpg"));
        assert_eq!(after.get("out/x/a (3).jpg"), before.get("photos/c/a.jpg"));
        desk.undo();
        assert_eq!(desk.whole(), before);
    }
}

#[test]
fn what_is_in_the_way_of_an_undo_stays() {
    let desk = copies();
    let before = desk.whole();
    desk.apply("move:out");
    fs::write(desk.photo("b/a.jpg"), "new").expect("written");
    fs::write(desk.at("out/c/a.jpg"), "changed").expect("written");
    let back = desk.undo();
    assert_eq!(back.done, 0);
    let why: Vec<Why> = back.skipped.iter().map(|skipped| skipped.why).collect();
    assert_eq!(why, [Why::Changed, Why::Occupied], "the newest first");
    assert_eq!(fs::read(desk.photo("b/a.jpg")).expect("there"), b"new");
    fs::remove_file(desk.photo("b/a.jpg")).expect("removed");
    fs::remove_file(desk.at("out/c/a.jpg")).expect("removed");
    let back = desk.undo();
    assert_eq!((back.done, back.skipped.len()), (1, 1));
    assert_eq!(back.skipped[0].why, Why::Gone);
    assert_eq!(
        desk.whole().get("photos/b/a.jpg"),
        before.get("photos/b/a.jpg")
    );
}

#[test]
fn times_and_modes_come_back_where_somebody_touched_them() {
    let desk = copies();
    let before = desk.whole();
    desk.apply("move:out");
    let touched = fs::File::options()
        .write(true)
        .open(desk.at("out/b/a.jpg"))
        .expect("opened");
    touched
        .set_modified(std::time::SystemTime::now())
        .expect("set");
    fs::remove_dir_all(desk.photo("b")).expect("removed");
    desk.undo();
    assert_eq!(desk.whole(), before);
}

#[test]
fn a_file_that_is_where_it_would_go_stays() {
    let desk = copies();
    let before = desk.whole();
    let outcome = desk.apply("move:photos");
    assert_eq!(outcome.skipped_by_reason.get(&Why::AlreadyThere), Some(&2));
    assert_eq!(desk.whole(), before);
}

#[test]
fn two_disks() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let desk = copies();
    let before = desk.whole();
    let target = elsewhere.path().join("out");
    std::os::unix::fs::symlink(&target, desk.at("elsewhere")).expect("linked");
    fs::create_dir(&target).expect("made");
    let outcome = desk.apply("move:elsewhere");
    assert_eq!(outcome.done, 2, "{outcome:?}");
    assert_eq!(fs::read(target.join("c/a.jpg")).expect("moved"), b"other");
    desk.undo();
    fs::remove_file(desk.at("elsewhere")).expect("removed");
    assert_eq!(desk.whole(), before);
    assert_eq!(fs::read_dir(&target).expect("there").count(), 0);
}

#[test]
fn names_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let mut desk = Desk::new();
    let odd = std::ffi::OsStr::from_bytes(b"b\xff\n\\x41.jpg");
    desk.write("a.jpg", b"one");
    desk.write(odd, b"one");
    desk.keep("a.jpg");
    desk.remove(odd, "a.jpg");
    let bytes = desk.plan().to_parquet().expect("written");
    let plan = crate::Plan::from_parquet(bytes.into()).expect("read");
    assert_eq!(plan, desk.plan());
    let before = desk.whole();
    assert_eq!(desk.apply("move:out").done, 1);
    assert!(desk.at("out").join(odd).exists());
    desk.undo();
    assert_eq!(desk.whole(), before);
}

#[test]
fn a_dry_run_touches_nothing() {
    let desk = copies();
    let before = desk.whole();
    for action in ["move:out", "trash", "delete", "hardlink", "symlink"] {
        let options = crate::Options {
            dry_run: true,
            ..desk.options()
        };
        let hook = |_: crate::Step<'_>| std::ops::ControlFlow::Continue(());
        let outcome = crate::apply(
            &desk.plan(),
            &desk.action(action),
            &desk.journal(),
            &options,
            &hook,
        );
        let outcome = outcome.expect("looked");
        let links = action.ends_with("link");
        assert_eq!(outcome.done, if links { 1 } else { 2 }, "{action}");
        assert!(outcome.dry_run && outcome.journal.is_none());
        assert!(desk.tree("") == before, "{action}");
    }
    desk.apply("move:out");
    let moved = desk.tree("");
    let options = crate::Options {
        dry_run: true,
        ..desk.options()
    };
    let hook = |_: crate::Step<'_>| std::ops::ControlFlow::Continue(());
    let outcome = crate::undo(&desk.journal(), &options, &hook).expect("looked");
    assert_eq!((outcome.done, outcome.planned), (2, 2));
    let again = crate::apply(
        &desk.plan(),
        &desk.action("move:out"),
        &desk.journal(),
        &options,
        &hook,
    );
    assert_eq!(again.expect("looked").earlier, 2);
    let other = crate::apply(
        &desk.plan(),
        &desk.action("delete"),
        &desk.journal(),
        &options,
        &hook,
    );
    assert!(
        matches!(other, Err(Error::OtherJournal { .. })),
        "{other:?}"
    );
    assert_eq!(desk.tree(""), moved);
}

#[test]
fn a_stop_names_the_journal() {
    let desk = copies();
    let hook = |_: crate::Step<'_>| std::ops::ControlFlow::Break(());
    let action = desk.action("move:out");
    let stopped = crate::apply(
        &desk.plan(),
        &action,
        &desk.journal(),
        &desk.options(),
        &hook,
    );
    let Err(Error::Stopped { journal }) = stopped else {
        panic!("it goes on: {stopped:?}");
    };
    assert!(journal.ends_with("plan.journal.jsonl"));
}

#[test]
fn progress_counts_the_files() {
    let desk = copies();
    let most = std::cell::Cell::new((0, 0));
    let hook = |step: crate::Step<'_>| {
        most.set(most.get().max((step.number, step.of)));
        std::ops::ControlFlow::Continue(())
    };
    let action = desk.action("move:out");
    crate::apply(
        &desk.plan(),
        &action,
        &desk.journal(),
        &desk.options(),
        &hook,
    )
    .expect("done");
    assert_eq!(most.get(), (2, 2));
    assert!(matches!(
        desk.tree("out").get("b/a.jpg"),
        Some(Item::File { .. })
    ));
}
