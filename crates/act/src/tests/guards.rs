//! What is checked before a file is touched, whatever the action.

use std::fs;
use std::os::unix::fs::symlink;

use super::desk::Desk;
use crate::{Error, Outcome, Why};

const ACTIONS: [&str; 5] = ["move:out", "trash", "delete", "hardlink", "symlink"];

fn copies() -> Desk {
    let mut desk = Desk::new();
    desk.write("a.jpg", b"one");
    desk.write("b.jpg", b"one");
    desk.keep("a.jpg");
    desk.remove("b.jpg", "a.jpg");
    desk
}

fn only(outcome: &Outcome) -> Why {
    assert_eq!((outcome.done, outcome.skipped.len()), (0, 1), "{outcome:?}");
    outcome.skipped[0].why
}

/// Nothing is done, for this reason, by any action, after this happened to the files.
fn refused(why: Why, happened: impl Fn(&Desk)) {
    for action in ACTIONS {
        let desk = copies();
        happened(&desk);
        let before = desk.whole();
        assert_eq!(only(&desk.apply(action)), why, "{action}");
        assert_eq!(desk.whole(), before, "{action}");
    }
}

#[test]
fn what_vanished_or_changed_is_left_alone() {
    refused(Why::Gone, |desk| {
        fs::remove_file(desk.photo("b.jpg")).expect("removed")
    });
    refused(Why::Changed, |desk| {
        fs::write(desk.photo("b.jpg"), "two").expect("written")
    });
    refused(Why::KeptGone, |desk| {
        fs::remove_file(desk.photo("a.jpg")).expect("removed")
    });
    refused(Why::KeptChanged, |desk| {
        fs::write(desk.photo("a.jpg"), "two").expect("written")
    });
    refused(Why::NotAFile, |desk| {
        fs::remove_file(desk.photo("b.jpg")).expect("removed");
        fs::create_dir(desk.photo("b.jpg")).expect("made");
    });
    refused(Why::KeptGone, |desk| {
        fs::remove_file(desk.photo("a.jpg")).expect("removed");
        fs::create_dir(desk.photo("a.jpg")).expect("made");
    });
}

#[test]
fn a_symbolic_link_is_left_alone() {
    refused(Why::Link, |desk| {
        fs::remove_file(desk.photo("b.jpg")).expect("removed");
        symlink("a.jpg", desk.photo("b.jpg")).expect("linked");
    });
}

#[test]
fn what_a_kept_link_leads_to_is_the_last_copy() {
    refused(Why::LastCopy, |desk| {
        fs::remove_file(desk.photo("a.jpg")).expect("removed");
        symlink("b.jpg", desk.photo("a.jpg")).expect("linked");
    });
}

#[test]
fn one_entry_by_two_paths_is_the_last_copy() {
    for action in ACTIONS {
        let mut desk = Desk::new();
        desk.write("x/a.jpg", b"one");
        symlink("x", desk.photo("y")).expect("linked");
        desk.keep("x/a.jpg");
        desk.remove("y/a.jpg", "x/a.jpg");
        let before = desk.whole();
        assert_eq!(only(&desk.apply(action)), Why::LastCopy, "{action}");
        // A further hard link changes nothing: the entry is one all the same.
        fs::hard_link(desk.photo("x/a.jpg"), desk.photo("x/b.jpg")).expect("linked");
        assert_eq!(only(&desk.apply(action)), Why::LastCopy, "{action}");
        fs::remove_file(desk.photo("x/b.jpg")).expect("removed");
        assert_eq!(desk.whole(), before);
    }
}

#[test]
fn a_kept_image_is_not_removed_by_another_path() {
    let mut desk = Desk::new();
    desk.write("x/kept.jpg", b"near");
    desk.write("other.jpg", b"other");
    symlink("x", desk.photo("y")).expect("linked");
    desk.keep("x/kept.jpg");
    desk.keep("other.jpg");
    desk.remove("y/kept.jpg", "other.jpg");
    assert_eq!(only(&desk.apply("delete")), Why::LastCopy);
    assert!(desk.photo("x/kept.jpg").exists());
}

#[test]
fn of_two_hard_links_one_may_go() {
    let mut desk = Desk::new();
    desk.write("a.jpg", b"one");
    fs::hard_link(desk.photo("a.jpg"), desk.photo("b.jpg")).expect("linked");
    desk.keep("a.jpg");
    desk.remove("b.jpg", "a.jpg");
    let before = desk.whole();
    assert_eq!(only(&desk.apply("hardlink")), Why::SameFile);
    fs::remove_file(desk.journal()).expect("removed");
    let outcome = desk.apply("move:out");
    assert_eq!((outcome.done, outcome.freed_bytes), (1, 0));
    desk.undo();
    assert_eq!(desk.whole(), before);
    fs::remove_file(desk.journal()).expect("removed");
    assert_eq!(
        desk.apply("delete").freed_bytes,
        0,
        "the bytes stay under the other name"
    );
    assert!(desk.photo("a.jpg").exists() && !desk.photo("b.jpg").exists());
}

#[test]
fn what_was_deleted_cannot_come_back() {
    let desk = copies();
    let outcome = desk.apply("delete");
    assert_eq!((outcome.done, outcome.freed_bytes), (1, 3));
    let back = desk.undo();
    assert_eq!(only(&back), Why::Deleted);
    assert!(
        back.skipped[0].detail.contains("a copy of `a.jpg`"),
        "{back:?}"
    );
    assert_eq!(only(&desk.undo()), Why::Deleted);
}

#[test]
fn what_was_skipped_is_tried_again() {
    let desk = copies();
    fs::write(desk.photo("b.jpg"), "two").expect("written");
    assert_eq!(only(&desk.apply("delete")), Why::Changed);
    fs::write(desk.photo("b.jpg"), "one").expect("written");
    assert_eq!(desk.apply("delete").done, 1);
}

#[test]
fn a_refusal_of_the_system_is_one_files_matter() {
    let mut desk = Desk::new();
    for name in ["a.jpg", "b.jpg", "c.jpg"] {
        desk.write(name, b"one");
    }
    desk.keep("a.jpg");
    desk.remove("b.jpg", "a.jpg");
    desk.remove("c.jpg", "a.jpg");
    let long = format!("{}.jpg", "x".repeat(300));
    desk.rows()[1].goes_to = Some(long);
    let outcome = desk.apply("move:out");
    assert_eq!((outcome.done, outcome.skipped.len()), (1, 1), "{outcome:?}");
    assert_eq!(outcome.skipped[0].why, Why::Refused);
    desk.undo();
    assert_eq!(desk.undo().earlier, 1);
}

#[test]
fn journals_are_for_one_plan_and_action_and_one_process() {
    let desk = copies();
    desk.apply("move:out");
    let other = desk.try_apply("move:elsewhere", None);
    assert!(
        matches!(other, Err(Error::OtherJournal { .. })),
        "{other:?}"
    );
    let other = desk.try_apply("delete", None);
    assert!(
        matches!(other, Err(Error::OtherJournal { .. })),
        "{other:?}"
    );
    let mut changed = copies();
    changed.rows()[0].reason = "another".to_owned();
    fs::copy(desk.journal(), changed.journal()).expect("copied");
    let other = changed.try_apply("move:out", None);
    assert!(
        matches!(other, Err(Error::OtherJournal { .. })),
        "{other:?}"
    );
    let held = fs::File::open(desk.journal()).expect("opened");
    held.lock().expect("locked");
    let locked = desk.try_apply("move:out", None);
    assert!(matches!(locked, Err(Error::Locked { .. })), "{locked:?}");
    assert!(matches!(desk.try_undo(None), Err(Error::Locked { .. })));
}

#[test]
fn a_file_of_somebody_else_is_no_journal() {
    let desk = copies();
    for text in ["hello", "hello\nworld\n", "{\"a\":1}\n"] {
        fs::write(desk.journal(), text).expect("written");
        let refused = desk.try_apply("delete", None);
        assert!(matches!(refused, Err(Error::Journal { .. })), "{refused:?}");
        assert_eq!(fs::read(desk.journal()).expect("there"), text.as_bytes());
    }
    assert!(matches!(desk.try_undo(None), Err(Error::Journal { .. })));
    assert!(desk.photo("b.jpg").exists());
}
