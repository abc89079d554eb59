//! Holds the shape of the house: which crate may know which, where each outside world is entered,
//! and what is not written in a library. The reasons are in `ARCHITECTURE.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const STAGES: [&str; 6] = ["ingest", "embed", "store", "index", "report", "act"];

/// Words that belong in one place alone: (what it looks like in code, where it may stand).
const ROOMS: [(&str, &[&str]); 9] = [
    ("hnsw_rs::", &["crates/index/src/hnsw.rs"]),
    ("memmap2::", &["crates/store/src/medium/"]),
    ("ort::", &["crates/embed/src/backend/ort.rs"]),
    ("rten::", &["crates/embed/src/backend/rten.rs"]),
    (
        "csv::",
        &[
            "crates/store/src/foreign/labels/",
            "crates/report/src/export/spreadsheets.rs",
        ],
    ),
    ("tokio::", &["src/"]),
    ("async_channel::", &["src/pipeline/"]),
    ("clap::", &["src/"]),
    ("anyhow::", &["src/"]),
];

/// What a library does not do: print, end the process, or panic without saying why.
const FORBIDDEN_IN_CRATES: [&str; 8] = [
    "println!",
    "print!(",
    "eprintln!",
    "process::exit",
    ".unwrap()",
    "dbg!",
    "todo!",
    "unimplemented!",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(below: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(below)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("an entry of the repository").path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "rs" => files.push(path),
                _ => {}
            }
        }
    }
    assert!(
        !files.is_empty(),
        "no Rust file below {below}: this test would pass on nothing"
    );
    files.sort();
    files
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .expect("below the root")
        .display()
        .to_string()
}

/// The code of a file that ships: without tests, comments and documentation.
fn shipped(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a readable source file");
    let shipped = text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    let code = shipped
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    code.collect::<Vec<_>>().join("\n")
}

fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(manifest)).expect("a manifest");
    let table: toml::Table = text.parse().expect("valid TOML");
    let own = |name: &String| name.strip_prefix("lookalike-").map(str::to_owned);
    let names = table
        .get("dependencies")
        .and_then(|d| d.as_table())
        .map(|d| d.keys().cloned());
    names
        .into_iter()
        .flatten()
        .filter_map(|name| own(&name))
        .collect()
}

#[test]
fn the_stages_know_the_shared_words_and_none_of_each_other() {
    let mut edges: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for stage in STAGES {
        edges.insert(stage, dependencies(&format!("crates/{stage}/Cargo.toml")));
    }
    for (stage, known) in &edges {
        assert_eq!(
            known,
            &BTreeSet::from(["types".to_owned()]),
            "crates/{stage} may depend on types alone"
        );
    }
    assert!(
        dependencies("crates/types/Cargo.toml").is_empty(),
        "types depends on no other crate"
    );
    let all: BTreeSet<String> = STAGES
        .into_iter()
        .chain(["types"])
        .map(str::to_owned)
        .collect();
    assert_eq!(
        dependencies("Cargo.toml"),
        all,
        "the program wires all of them"
    );
}

#[test]
fn each_outside_world_is_entered_in_one_room() {
    for path in STAGES
        .iter()
        .flat_map(|s| rust_files(&format!("crates/{s}/src")))
        .chain(rust_files("src"))
    {
        let (name, code) = (shown(&path), shipped(&path));
        for (word, rooms) in ROOMS {
            let used = code.contains(&format!("use {word}")) || code.contains(&format!("::{word}"));
            let at_home = rooms.iter().any(|room| name.starts_with(room));
            assert!(
                !used || at_home,
                "{name} uses {word}, which belongs in {}",
                rooms.join(" or ")
            );
        }
    }
}

/// Only `act` changes what belongs to a person, and there every call that does passes one file,
/// which asks before. The journal is written by itself alone.
#[test]
fn files_of_a_person_are_changed_by_one_hand() {
    const CHANGES: [&str; 9] = [
        "fs::rename",
        "fs::remove_",
        "fs::create_dir",
        "fs::hard_link",
        "fs::symlink(",
        "fs::write",
        "fs::copy",
        "File::create",
        "OpenOptions",
    ];
    let hand = ["crates/act/src/disk", "crates/act/src/journal.rs"];
    for path in rust_files("crates/act/src") {
        let (name, code) = (shown(&path), shipped(&path));
        if name.contains("tests") || hand.iter().any(|hand| name.starts_with(hand)) {
            continue;
        }
        for word in CHANGES {
            assert!(!code.contains(word), "{name} contains {word}: see disk.rs");
        }
    }
}

#[test]
fn the_libraries_do_not_print_exit_or_panic_without_a_word() {
    for path in rust_files("crates")
        .into_iter()
        .filter(|p| shown(p).contains("/src/"))
    {
        let (name, code) = (shown(&path), shipped(&path));
        for word in FORBIDDEN_IN_CRATES {
            assert!(!code.contains(word), "{name} contains {word}");
        }
    }
}

#[test]
fn files_hold_one_idea_and_say_which() {
    for path in rust_files("crates")
        .into_iter()
        .chain(rust_files("src"))
        .chain(rust_files("tests"))
    {
        let name = shown(&path);
        let text = fs::read_to_string(&path).expect("a readable source file");
        let lines = text.lines().count();
        assert!(
            lines <= 420,
            "{name} has {lines} lines: it holds more than one idea"
        );
        assert!(
            text.starts_with("//!"),
            "{name} does not begin by saying what it is for"
        );
    }
}

#[test]
fn no_note_to_self_is_left_behind() {
    for path in rust_files("crates").into_iter().chain(rust_files("src")) {
        let (name, text) = (
            shown(&path),
            fs::read_to_string(&path).expect("a readable source file"),
        );
        for word in ["TODO", "FIXME", "XXX"] {
            assert!(
                !text.contains(word),
                "{name} contains {word}: open an issue instead"
            );
        }
    }
}

#[test]
fn every_decision_page_is_listed() {
    let index =
        fs::read_to_string(root().join("docs/decisions/README.md")).expect("the list of decisions");
    let mut pages = 0;
    for entry in fs::read_dir(root().join("docs/decisions")).expect("the folder of decisions") {
        let name = entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("a plain name");
        if name != "README.md" {
            pages += 1;
            assert!(
                index.contains(&name),
                "docs/decisions/README.md does not list {name}"
            );
        }
    }
    assert!(pages > 0, "no decision was found");
}
