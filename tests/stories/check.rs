//! `lookalike check` names each damaged, missing or extra file.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::Desk;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn desk() -> Desk {
    let desk = Desk::new();
    for number in 0..4 {
        desk.draw(&format!("data/{number}.png"), number);
    }
    desk.draw("data/copy.png", 2);
    desk.scan(&["data"]);
    desk
}

#[test]
fn a_sound_folder_is_sound() {
    let said = desk().run(&["check", "lookalike-out"]);
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn each_damaged_file_is_named() {
    let desk = desk();
    let mut all = Vec::new();
    files(&desk.path("lookalike-out"), &mut all);
    assert!(all.len() >= 9, "{all:?}");
    for path in all.into_iter().filter(|path| !path.ends_with("LOCK")) {
        let name = path
            .file_name()
            .expect("a name")
            .to_str()
            .expect("plain")
            .to_owned();
        let before = fs::read(&path).expect("a file");
        let mut damaged = before.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0x40;
        fs::write(&path, &damaged).expect("written");
        let said = desk.run(&["check", "lookalike-out"]);
        assert_eq!(said.code, 1, "{name}: {said:?}");
        assert!(said.out.contains(&name), "{name}: {said:?}");
        fs::write(&path, &before).expect("written");
    }
    assert_eq!(desk.run(&["check", "lookalike-out"]).code, 0);
}

#[test]
fn missing_and_extra_files_are_named() {
    let desk = desk();
    fs::remove_file(desk.path("lookalike-out/report/pairs.parquet")).expect("removed");
    desk.write("lookalike-out/features/stranger.bin", b"?");
    let said = desk.run(&["check", "lookalike-out"]);
    assert_eq!(said.code, 1);
    assert!(
        said.out.contains("pairs.parquet") && said.out.contains("stranger.bin"),
        "{said:?}"
    );
    // `report` mends the reports.
    assert_eq!(desk.run(&["report", "lookalike-out"]).code, 0);
    fs::remove_file(desk.path("lookalike-out/features/stranger.bin")).ok();
    let said = desk.run(&["check", "lookalike-out"]);
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn a_folder_that_is_none_is_said_to_be_none() {
    let desk = Desk::new();
    for command in ["check", "report"] {
        let said = desk.run(&[command, "nowhere"]);
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.err.contains("nowhere"), "{said:?}");
    }
}
