//! What the index keeps of the vectors makes scans and queries quicker, and changes no answer:
//! whole, damaged or gone.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Desk, Said, shared, text};

/// Pictures for which sketches pay: fewer are multiplied out.
const PICTURES: usize = 380;

/// Vectors of 8,192 values. Down to a low floor too many pairs would pass for sketches to pay.
const SETTINGS: [&str; 6] = [
    "--set",
    "pool.size=4",
    "--set",
    "join.threshold=0.9",
    "--set",
    "join.floor=0.9",
];

/// Small pictures, and copies of some of them.
fn desk() -> Option<Desk> {
    let sample = shared("data/cifar10-lossless-sample.tar")?;
    let desk = Desk::new();
    let mut archive = tar::Archive::new(fs::File::open(sample).expect("a file"));
    let mut number = 0;
    for entry in archive.entries().expect("an archive") {
        let mut entry = entry.expect("an entry");
        if !entry.header().entry_type().is_file() || number == PICTURES {
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("bytes");
        desk.write(&format!("data/{number:03}.png"), &bytes);
        number += 1;
    }
    assert_eq!(number, PICTURES);
    for number in [3, 30, 300] {
        copy_picture(&desk, number, "bmp");
        copy_picture(&desk, number, "jpg");
    }
    Some(desk)
}

fn copy_picture(desk: &Desk, number: usize, format: &str) {
    let name = format!("data/{number:03}");
    let picture = image::open(desk.path(&format!("{name}.png"))).expect("a picture");
    desk.save(&format!("{name} again.{format}"), &picture.to_rgb8());
}

/// Scans into `out` and gives the reason that the join had for its way.
fn scan(desk: &Desk, out: &str) -> String {
    let said = desk.run(&[&["scan", "data", "--out", out, "--json"][..], &SETTINGS].concat());
    assert_eq!(said.code, 0, "{said:?}");
    text(&said.json()["join"]["reason"])
}

fn query(desk: &Desk, out: &str) -> Value {
    let said = desk.run(&["query", out, "asked.jpg", "--top", "7", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    said.json()
}

fn check(desk: &Desk, out: &str) -> Said {
    desk.run(&["check", out])
}

/// The one file of sketches in `out`.
fn sketches(desk: &Desk, out: &str) -> Option<PathBuf> {
    let spaces = fs::read_dir(desk.path(&format!("{out}/index"))).expect("a folder");
    let files =
        spaces.flat_map(|space| fs::read_dir(space.expect("an entry").path()).expect("a folder"));
    let mut found = files
        .map(|file| file.expect("an entry").path())
        .filter(|path| name(path).starts_with("sketches-") && name(path).ends_with(".bin"));
    let first = found.next();
    assert_eq!(found.next(), None, "old ones are removed");
    first
}

fn name(path: &Path) -> String {
    let name = path.file_name().expect("a name");
    name.to_str().expect("plain").to_owned()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &to);
        } else {
            fs::copy(&path, &to).expect("copied");
        }
    }
}

type Damage = (&'static str, fn(&[u8]) -> Option<Vec<u8>>);

/// What becomes of the bytes of a file; `None` where it is deleted.
const DAMAGES: [Damage; 7] = [
    ("deleted", |_| None),
    ("empty", |_| Some(Vec::new())),
    ("cut", |bytes| Some(bytes[..bytes.len() / 2].to_vec())),
    ("longer", |bytes| Some([bytes, b"more"].concat())),
    ("text", |_| Some(b"these are no sketches\n".repeat(40))),
    ("text of its length", |bytes| Some(vec![b'x'; bytes.len()])),
    ("flipped", |bytes| {
        let mut bytes = bytes.to_vec();
        let last = bytes.len() - 9;
        bytes[last] ^= 0x10;
        Some(bytes)
    }),
];

#[test]
fn damaged_sketches_change_no_answer() {
    let Some(desk) = desk() else {
        return;
    };
    assert!(scan(&desk, "first").contains("coordinates first"));
    let said = check(&desk, "first");
    assert_eq!(said.code, 0, "{said:?}");
    let file = sketches(&desk, "first").expect("a large scan keeps sketches");
    let sound = fs::read(&file).expect("a file");
    fs::copy(desk.path("data/030 again.jpg"), desk.path("asked.jpg")).expect("copied");
    let answer = query(&desk, "first");
    for (what, _) in DAMAGES {
        copy_folder(&desk.path("first"), &desk.path(what));
    }
    copy_picture(&desk, 77, "jpg");
    scan(&desk, "scratch");
    let scratch = desk.tables("scratch");
    assert!(scan(&desk, "first").contains("that were kept"));
    assert!(desk.tables("first") == scratch, "grown by kept sketches");
    let grown = sketches(&desk, "first").expect("they are kept again");
    assert!(fs::read(grown).expect("a file").len() > sound.len());
    for (what, damage) in DAMAGES {
        let file = sketches(&desk, what).expect("it was copied");
        match damage(&sound) {
            Some(bytes) => fs::write(&file, bytes).expect("written"),
            None => fs::remove_file(&file).expect("removed"),
        }
        let said = check(&desk, what);
        assert_eq!(said.code, 1, "{what}: {said:?}");
        assert!(said.out.contains(&name(&file)), "{what}: {said:?}");
        assert_eq!(query(&desk, what), answer, "{what}");
        let reason = scan(&desk, what);
        assert!(!reason.contains("that were kept"), "{what}: {reason}");
        assert!(desk.tables(what) == scratch, "{what}");
        if file.exists() {
            // A scan looks at sizes. What it need not make anew stays, and the advice mends it.
            let said = check(&desk, what);
            assert!(said.out.contains("Delete it"), "{what}: {said:?}");
            fs::remove_file(&file).expect("removed");
            scan(&desk, what);
        }
        let said = check(&desk, what);
        assert_eq!(said.code, 0, "{what}: {said:?}");
    }
}

#[test]
fn removed_pictures_leave_pairs_and_queries_and_come_back() {
    let Some(desk) = desk() else {
        return;
    };
    scan(&desk, "lookalike-out");
    fs::copy(desk.path("data/030 again.jpg"), desk.path("asked.jpg")).expect("copied");
    let (before, answer) = (desk.tables("lookalike-out"), query(&desk, "lookalike-out"));
    assert!(answer.to_string().contains("data/030"), "{answer}");
    let pairs = desk.table("pairs").len();
    assert!(pairs >= 6, "{pairs}");
    let removed = ["data/030.png", "data/030 again.jpg", "data/030 again.bmp"];
    for path in removed {
        let away = path.replace("data/", "away ");
        fs::rename(desk.path(path), desk.path(&away)).expect("moved");
    }
    copy_picture(&desk, 78, "bmp");
    scan(&desk, "lookalike-out");
    assert!(desk.table("pairs").len() < pairs);
    for row in desk.table("pairs") {
        assert!(!format!("{row:?}").contains("data/030"), "{row:?}");
    }
    let left = query(&desk, "lookalike-out");
    assert!(!left.to_string().contains("data/030"), "{left}");
    assert_eq!(left[0]["nearest"].as_array().map(Vec::len), Some(7));
    let said = check(&desk, "lookalike-out");
    assert_eq!(said.code, 0, "{said:?}");
    for path in removed {
        let away = path.replace("data/", "away ");
        fs::rename(desk.path(&away), desk.path(path)).expect("moved");
    }
    fs::remove_file(desk.path("data/078 again.bmp")).expect("removed");
    scan(&desk, "lookalike-out");
    assert!(desk.tables("lookalike-out") == before);
    assert_eq!(query(&desk, "lookalike-out"), answer);
}
