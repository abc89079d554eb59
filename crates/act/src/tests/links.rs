//! `hardlink` and `symlink`: the name stays, the bytes are the kept file's.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::desk::{Desk, Item};
use crate::Why;

fn copies() -> Desk {
    let mut desk = Desk::new();
    desk.write("a/kept.jpg", b"one");
    desk.write("b/c/copy.jpg", b"one");
    desk.write("b/near.jpg", b"other");
    desk.keep("a/kept.jpg");
    desk.remove("b/c/copy.jpg", "a/kept.jpg");
    desk.remove("b/near.jpg", "a/kept.jpg");
    desk
}

#[test]
fn a_hard_link_takes_the_place_and_leaves_it() {
    let desk = copies();
    let before = desk.whole();
    let outcome = desk.apply("hardlink");
    assert_eq!((outcome.done, outcome.freed_bytes), (1, 3));
    assert_eq!(outcome.skipped[0].why, Why::NotIdentical);
    let number = |name: &str| fs::metadata(desk.photo(name)).expect("there").ino();
    assert_eq!(number("b/c/copy.jpg"), number("a/kept.jpg"));
    let back = desk.undo();
    assert_eq!(back.done, 1, "{back:?}");
    assert_ne!(number("b/c/copy.jpg"), number("a/kept.jpg"));
    assert_eq!(
        desk.whole(),
        before,
        "an own file with its own time and mode"
    );
}

#[test]
fn a_symbolic_link_takes_the_place_and_leaves_it() {
    let desk = copies();
    let before = desk.whole();
    assert_eq!(desk.apply("symlink").done, 1);
    let text = Item::Link("../../a/kept.jpg".into());
    assert_eq!(desk.whole().get("photos/b/c/copy.jpg"), Some(&text));
    assert_eq!(
        fs::read(desk.photo("b/c/copy.jpg")).expect("leads there"),
        b"one"
    );
    desk.undo();
    assert_eq!(desk.whole(), before);
}

#[test]
fn a_kept_file_outside_is_named_in_full() {
    let mut desk = Desk::new();
    fs::write(desk.at("kept.jpg"), "one").expect("written");
    desk.write("copy.jpg", b"one");
    desk.keep("../kept.jpg");
    desk.remove("copy.jpg", "../kept.jpg");
    let before = desk.whole();
    assert_eq!(desk.apply("symlink").done, 1);
    let text = fs::read_link(desk.photo("copy.jpg")).expect("a link");
    assert!(text.is_absolute() && text.ends_with("kept.jpg"), "{text:?}");
    desk.undo();
    assert_eq!(desk.whole(), before);
}

#[test]
fn a_link_that_leads_nowhere_or_elsewhere_stays() {
    let desk = copies();
    desk.apply("symlink");
    fs::remove_file(desk.photo("a/kept.jpg")).expect("removed");
    assert_eq!(desk.undo().skipped[0].why, Why::KeptGone);
    fs::write(desk.photo("a/kept.jpg"), "two").expect("written");
    assert_eq!(desk.undo().skipped[0].why, Why::Changed);
    fs::remove_file(desk.photo("b/c/copy.jpg")).expect("removed");
    fs::write(desk.photo("b/c/copy.jpg"), "one").expect("written");
    assert_eq!(desk.undo().skipped[0].why, Why::Occupied);
    let desk = copies();
    desk.apply("hardlink");
    fs::write(desk.photo("a/kept.jpg"), "two").expect("written into both");
    assert_eq!(desk.undo().skipped[0].why, Why::Changed);
}

#[test]
fn a_hard_link_outlives_the_kept_name() {
    let desk = copies();
    let before = desk.whole();
    desk.apply("hardlink");
    fs::remove_file(desk.photo("a/kept.jpg")).expect("removed");
    assert_eq!(desk.undo().done, 1);
    assert_eq!(
        desk.whole().get("photos/b/c/copy.jpg"),
        before.get("photos/b/c/copy.jpg")
    );
}

#[test]
fn other_disks_get_no_hard_link() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let other = |path: &Path| fs::metadata(path).expect("there").dev();
    let mut desk = copies();
    if other(elsewhere.path()) == other(&desk.at("")) {
        return;
    }
    let kept = elsewhere.path().join("kept.jpg");
    fs::write(&kept, "one").expect("written");
    desk.rows().clear();
    desk.keep(&kept);
    desk.remove("b/c/copy.jpg", &kept);
    assert_eq!(desk.apply("hardlink").skipped[0].why, Why::OtherDisk);
}
