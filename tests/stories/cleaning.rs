//! A collection to be cleaned, and what the stories about it need.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use image::ImageFormat;
use lookalike::demo::plant::{self, Edit};
use lookalike::demo::scene;
use lookalike_store::{Event, ReviewLog};
use lookalike_types::ContentId;

use crate::support::{Desk, Said};

/// The copies of the collection, and the picture that each was made of.
pub const COPIES: [(&str, u64, Edit); 6] = [
    ("same", 0, Edit::SameBytes),
    ("format", 1, Edit::OtherFormat),
    ("small", 2, Edit::Halved),
    ("again", 3, Edit::Recompressed),
    ("border", 4, Edit::Bordered),
    ("same-too", 5, Edit::SameBytes),
];

/// Eight drawings in `photos/` and copies of six in `copies/`, scanned.
pub fn desk() -> Desk {
    let desk = Desk::new();
    for number in 0..8 {
        desk.draw(&format!("photos/{number}.png"), number);
    }
    for (name, number, edit) in COPIES {
        let picture = scene::draw(number);
        let png = plant::encode(&picture, ImageFormat::Png).expect("encodes");
        let (bytes, extension) = edit.make(&picture, &png).expect("encodes");
        desk.write(&format!("copies/{name}.{extension}"), &bytes);
    }
    let counts = desk.scan(&["photos", "copies"]);
    assert_eq!(counts["groups"], 6, "{counts}");
    desk
}

/// Runs, and expects this code.
pub fn run(desk: &Desk, code: i32, arguments: &[&str]) -> Said {
    let said = desk.run(arguments);
    assert_eq!(said.code, code, "{arguments:?}: {said:?}");
    said
}

/// What a file was: its bytes and its time.
pub type Seen = (Vec<u8>, SystemTime);

/// All files below these folders, links as what they lead to.
pub fn files(desk: &Desk, folders: &[&str]) -> BTreeMap<PathBuf, Seen> {
    let mut found = BTreeMap::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| desk.path(folder)).collect();
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.clone(), seen(&path));
            }
        }
    }
    found
}

fn seen(path: &Path) -> Seen {
    let bytes = fs::read(path).expect("a readable file");
    let time = fs::metadata(path).and_then(|m| m.modified());
    (bytes, time.expect("a time"))
}

/// Writes down what a person said of a file: that it stays, or goes.
pub fn choose(desk: &Desk, path: &str, keep: bool) {
    let content = ContentId::of(&fs::read(desk.path(path)).expect("a file"));
    say(
        desk,
        Event::Choice {
            path: path.to_owned(),
            content,
            keep: Some(keep),
        },
    );
}

/// Writes down what a person said.
pub fn say(desk: &Desk, event: Event) {
    let mut log = ReviewLog::open(&desk.path("lookalike-out")).expect("the log");
    log.append(&[event], 1_700_000_000, "")
        .expect("it is written");
}
