//! `trash`: the bin of the desktop.

use std::fs;

use super::desk::{Desk, Item, apart, without};
use crate::Why;

fn copies() -> Desk {
    let mut desk = Desk::new();
    desk.write("a.jpg", b"one");
    desk.write("b/x y.jpg", b"one");
    desk.write("c/x y.jpg", b"near");
    desk.keep("a.jpg");
    desk.remove("b/x y.jpg", "a.jpg");
    desk.remove("c/x y.jpg", "a.jpg");
    desk
}

#[test]
fn into_the_bin_and_out_of_it() {
    for rename in [super::desk::system, without] {
        let mut desk = copies();
        desk.rename = rename;
        let before = desk.whole();
        let outcome = desk.apply("trash");
        assert_eq!((outcome.done, outcome.skipped.len()), (2, 0), "{outcome:?}");
        let bin = desk.tree("home/Trash");
        assert_eq!(bin.get("files/x y.jpg"), before.get("photos/b/x y.jpg"));
        assert_eq!(bin.get("files/x y (2).jpg"), before.get("photos/c/x y.jpg"));
        let info = fs::read_to_string(desk.at("home/Trash/info/x y.jpg.trashinfo")).expect("there");
        assert!(info.starts_with("[Trash Info]\nPath=/"), "{info}");
        assert!(
            info.contains("/photos/b/x%20y.jpg\nDeletionDate="),
            "{info}"
        );
        assert_eq!(desk.undo().done, 2);
        assert_eq!(desk.whole(), before, "no info is left");
        assert_eq!(desk.apply("trash").done, 2);
        desk.undo();
        assert_eq!(desk.whole(), before);
    }
}

#[test]
fn names_in_the_bin_are_left_alone() {
    let desk = copies();
    fs::create_dir_all(desk.at("home/Trash/info")).expect("made");
    fs::create_dir_all(desk.at("home/Trash/files")).expect("made");
    fs::write(desk.at("home/Trash/info/x y.jpg.trashinfo"), "theirs").expect("written");
    fs::write(desk.at("home/Trash/files/x y (2).jpg"), "theirs").expect("written");
    let before = desk.whole();
    assert_eq!(desk.apply("trash").done, 2);
    let bin = desk.tree("home/Trash/files");
    assert!(
        bin.contains_key("x y (3).jpg") && bin.contains_key("x y (4).jpg"),
        "{bin:?}"
    );
    desk.undo();
    assert_eq!(desk.whole(), before);
}

#[test]
fn an_emptied_bin_gives_nothing_back() {
    let desk = copies();
    desk.apply("trash");
    fs::remove_dir_all(desk.at("home/Trash")).expect("emptied");
    let back = desk.undo();
    assert_eq!(back.skipped_by_reason.get(&Why::Gone), Some(&2));
}

#[test]
fn nothing_is_copied_into_a_bin() {
    let mut desk = copies();
    desk.rename = apart;
    let before = desk.whole();
    let outcome = desk.apply("trash");
    assert_eq!(outcome.skipped_by_reason.get(&Why::OtherDisk), Some(&2));
    assert_eq!(desk.whole(), before);
    assert!(desk.tree("home").values().all(|item| *item == Item::Folder));
}
