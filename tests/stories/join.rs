//! `lookalike join`: pairs among vectors of one's own, as NumPy and Parquet hold them.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use arrow::datatypes::{ArrowPrimitiveType, Float16Type};
use serde_json::{Value, json};

use crate::support::{Desk, Said, python, rows, text};
use crate::vectors::{
    DIMENSION, Vectors, assert_pairs, bundles, expected, files, found, npy, npy_f32, parquet,
};

type Half = <Float16Type as ArrowPrimitiveType>::Native;

fn join(desk: &Desk, arguments: &[&str]) -> Said {
    let always = ["join", "--threshold", "0.9", "--out", "pairs.parquet"];
    desk.run(&[&always, arguments].concat())
}

fn done(desk: &Desk, arguments: &[&str]) -> Value {
    let said = join(desk, &[arguments, &["--json"]].concat());
    assert_eq!(said.code, 0, "{said:?}");
    said.json()
}

#[test]
fn all_pairs_of_an_array_are_found() {
    let desk = Desk::new();
    let vectors = bundles(60, 1);
    desk.write("clip.npy", &npy_f32(&vectors));
    let said = done(&desk, &["clip.npy"]);
    assert_pairs(&found(&desk), &expected(&vectors, None), 1e-6);
    assert_eq!(files(&desk), ["clip.npy", "pairs.parquet"]);
    assert_eq!(said["rows"], 180);
    assert_eq!(said["dimension"], DIMENSION);
    assert_eq!(said["pairs"], found(&desk).len());
    assert_eq!(said["threshold"], 0.9);
    assert_eq!(said["recall"]["low"], 1.0);
    assert_eq!(
        (&said["vectors"], &said["against"]),
        (&json!("clip.npy"), &Value::Null)
    );
}

#[test]
fn ids_of_a_table_are_written_as_they_are() {
    let desk = Desk::new();
    let vectors = bundles(20, 2);
    // Two rows may have one id.
    let ids: Vec<String> = (0..60)
        .map(|row| format!("image {}.jpg", row.min(58)))
        .collect();
    desk.write("in.parquet", &parquet("embedding", &vectors, &ids));
    done(
        &desk,
        &["in.parquet", "--column", "embedding", "--id", "id"],
    );
    let found: Vec<(String, String)> = rows(&desk.path("pairs.parquet"))
        .iter()
        .map(|row| (text(&row["id_a"]), text(&row["id_b"])))
        .collect();
    let expected = expected(&vectors, None);
    let expected = expected
        .iter()
        .map(|(a, b, _)| (ids[*a].clone(), ids[*b].clone()));
    let sorted = |mut names: Vec<(String, String)>| {
        names.sort();
        names
    };
    assert_eq!(sorted(found), sorted(expected.collect()));
}

#[test]
fn halves_of_any_length_give_the_same_pairs() {
    let desk = Desk::new();
    let vectors = bundles(40, 3);
    let half = |value: f32| Half::from_f32(value * 7.3).to_le_bytes().to_vec();
    desk.write("half.npy", &npy("<f2", &vectors, half));
    done(&desk, &["half.npy"]);
    assert_pairs(&found(&desk), &expected(&vectors, None), 1e-3);
    let big = |value: f32| (f64::from(value) * 1e-200).to_be_bytes().to_vec();
    desk.write("big.npy", &npy(">f8", &vectors, big));
    done(&desk, &["big.npy"]);
    assert_pairs(&found(&desk), &expected(&vectors, None), 1e-6);
    assert_eq!(files(&desk), ["big.npy", "half.npy", "pairs.parquet"]);
}

#[test]
fn two_sets_are_joined_with_each_other_only() {
    let desk = Desk::new();
    let all = bundles(50, 4);
    let part = |keep: fn(usize) -> bool| -> Vectors {
        (0..all.len())
            .filter(|row| keep(*row))
            .map(|row| all[row].clone())
            .collect()
    };
    let (train, test) = (part(|row| row % 3 != 0), part(|row| row % 3 == 0));
    let ids: Vec<String> = (0..test.len()).map(|row| format!("test {row}")).collect();
    desk.write("train.npy", &npy_f32(&train));
    desk.write("test.npy", &npy_f32(&test));
    desk.write("test.parquet", &parquet("vector", &test, &ids));
    let said = done(&desk, &["train.npy", "--against", "test.npy"]);
    assert_eq!(
        (&said["rows"], &said["rows_against"]),
        (&json!(100), &json!(50))
    );
    let numbers = found(&desk);
    assert_pairs(&numbers, &expected(&train, Some(&test)), 1e-6);
    done(
        &desk,
        &["test.parquet", "--against", "test.parquet", "--id", "id"],
    );
    let ids: BTreeSet<String> = rows(&desk.path("pairs.parquet"))
        .iter()
        .filter(|row| row["id_a"] == row["id_b"])
        .map(|row| text(&row["id_a"]))
        .collect();
    assert_eq!(
        ids.len(),
        50,
        "a set joined with itself as with another has each row once"
    );
}

#[test]
fn the_same_pairs_are_the_same_bytes() {
    let desk = Desk::new();
    let vectors = bundles(300, 5);
    let twice = |value: f32| (2.0 * value).to_le_bytes().to_vec();
    desk.write("in.npy", &npy("<f4", &vectors, twice));
    let bytes = |threads: &str| {
        done(&desk, &["in.npy", "--threads", threads]);
        fs::read(desk.path("pairs.parquet")).expect("pairs")
    };
    let one = bytes("1");
    assert!(one == bytes("2") && one == bytes("7"));
    done(&desk, &["in.npy", "--set", "join.engine=exact"]);
    assert!(one == fs::read(desk.path("pairs.parquet")).expect("pairs"));
}

#[test]
fn nothing_to_join_is_a_table_without_rows() {
    let desk = Desk::new();
    for rows in [0, 1] {
        let vectors = bundles(1, 6).into_iter().take(rows).collect();
        desk.write("in.npy", &npy_f32(&vectors));
        let said = join(&desk, &["in.npy"]);
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.out.starts_with("No pair among"), "{said:?}");
        assert!(found(&desk).is_empty());
    }
    let said = join(&desk, &["in.npy", "--against", "in.npy", "--quiet"]);
    assert_eq!(
        (said.code, said.out.as_str(), found(&desk).len()),
        (0, "", 1)
    );
}

#[test]
fn a_program_gets_every_key() {
    let desk = Desk::new();
    desk.write("in.npy", &npy_f32(&bundles(5, 7)));
    let said = done(&desk, &["in.npy"]);
    let keys = |value: &Value| -> Vec<String> {
        value
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect()
    };
    let sorted = |mut keys: Vec<String>| {
        keys.sort();
        keys.join(" ")
    };
    assert_eq!(
        sorted(keys(&said)),
        "against cpu_seconds dimension engine estimated_cpu_s memory out pairs reason recall rows rows_against seconds threshold vectors"
    );
    assert_eq!(sorted(keys(&said["seconds"])), "join read total write");
    assert_eq!(sorted(keys(&said["recall"])), "estimate high low sample");
    assert_eq!(
        sorted(keys(&said["memory"])),
        "budget_mib peak_anon_mib peak_rss_mib"
    );
    if cfg!(target_os = "linux") {
        assert!(said["cpu_seconds"].as_f64() > Some(0.0));
        assert!(said["memory"]["peak_anon_mib"].as_u64() > Some(0));
    }
}

/// Arguments, exit code, words of the error.
const REFUSED: [(&[&str], i32, &str); 14] = [
    (&["gone.npy"], 2, "gone.npy: there is no such file"),
    (
        &["."],
        2,
        ".: it is a folder. Name one .npy or Parquet file",
    ),
    (
        &["notes.txt"],
        2,
        "notes.txt is neither a .npy nor a Parquet file",
    ),
    (
        &["in.parquet", "--column", "clip"],
        2,
        "in.parquet has no column `clip`, but `id`, `vector`. Name one",
    ),
    (
        &["in.parquet", "--column", "id"],
        2,
        "in.parquet has a column `id` of type Utf8, but a list of",
    ),
    (
        &["in.parquet", "--id", "vector"],
        2,
        "but a string or an integer is needed",
    ),
    (
        &["in.npy", "--id", "id"],
        2,
        "in.npy is a .npy file, which has no column of ids",
    ),
    (
        &["in.npy", "--against", "short.npy"],
        2,
        "in.npy holds vectors of 24 numbers, short.npy of 2. Only",
    ),
    (
        // Said before the rows of the first are looked at, one of which is zero.
        &["zero.npy", "--against", "notes.txt"],
        2,
        "notes.txt is neither a .npy nor a Parquet file",
    ),
    (
        &["in.npy", "--out", "in.npy"],
        2,
        "--out in.npy: it is also an input",
    ),
    (
        &["in.npy", "--out", "no/pairs.parquet"],
        2,
        "--out no/pairs.parquet: there is no folder no. Make it",
    ),
    (
        &["in.npy", "--out", "."],
        2,
        "--out .: it is a folder. Name a file in it",
    ),
    (
        &["zero.npy"],
        1,
        "zero.npy has 1 row that cannot be compared, counted from 0: 1 (zero)",
    ),
    (
        &["cut.npy"],
        1,
        "cut.npy is cut: its header says 1440 bytes of numbers, and 1433 are there",
    ),
];

#[test]
fn what_cannot_be_joined_is_said_and_nothing_is_left() {
    let desk = Desk::new();
    let vectors = bundles(5, 8);
    let ids: Vec<String> = (0..15).map(|row| row.to_string()).collect();
    let whole = npy_f32(&vectors);
    desk.write("in.npy", &whole);
    desk.write("cut.npy", &whole[..whole.len() - 7]);
    desk.write("zero.npy", &npy_f32(&vec![vec![3.0, 4.0], vec![0.0, 0.0]]));
    desk.write("short.npy", &npy_f32(&vec![vec![3.0, 4.0]]));
    desk.write("in.parquet", &parquet("vector", &vectors, &ids));
    desk.write("notes.txt", b"no vectors");
    let before = files(&desk);
    for (arguments, code, words) in REFUSED {
        // The last --out counts.
        let out: &[&str] = if arguments.contains(&"--out") {
            &[]
        } else {
            &["--out", "pairs.parquet"]
        };
        let said = desk.run(&[&["join", "--threshold", "0.9"], arguments, out].concat());
        assert_eq!(said.code, code, "{arguments:?}: {said:?}");
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
        assert_eq!(files(&desk), before, "{arguments:?}");
    }
    assert_eq!(fs::read(desk.path("in.npy")).expect("a file"), whole);
}

#[test]
fn a_threshold_is_a_cosine() {
    let desk = Desk::new();
    desk.write("in.npy", &npy_f32(&bundles(5, 8)));
    for (threshold, words) in [
        ("auto", "Give a number"),
        ("1.5", "from -1 to 1"),
        ("NaN", "from -1 to 1"),
    ] {
        let out = ["--out", "pairs.parquet", "--threshold", threshold];
        let said = desk.run(&[&["join", "in.npy"], &out[..]].concat());
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.err.contains(words), "{said:?}");
    }
    assert_eq!(files(&desk), ["in.npy"]);
}

#[test]
fn a_stopped_join_leaves_nothing() {
    let desk = Desk::new();
    let mut random = fastrand::Rng::with_seed(9);
    // Not of length 1, so that there is a scratch file; and without pairs, so that all is compared.
    let vectors: Vectors = (0..30_000)
        .map(|_| (0..256).map(|_| random.f32() - 0.5).collect())
        .collect();
    desk.write("in.npy", &npy_f32(&vectors));
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        // When the program is at work is the machine's business: the wait is stretched until the
        // signal falls into it.
        let stopped = [10, 20, 40, 80, 160, 320, 640, 1280]
            .into_iter()
            .any(|wait| {
                let _ = fs::remove_file(desk.path("pairs.parquet"));
                let out = ["--threshold", "0.9", "--out", "pairs.parquet"];
                let mut child = desk.start(&[&["join", "in.npy"], &out[..]].concat());
                std::thread::sleep(Duration::from_millis(wait));
                let id = child.id().to_string();
                let sent = Command::new("kill").args([signal, &id]).status();
                assert!(sent.expect("kill is there").success());
                let ended = child.wait().expect("it ends").code();
                let left = files(&desk);
                assert!(
                    left == ["in.npy"] || (ended == Some(0) && left == ["in.npy", "pairs.parquet"]),
                    "{ended:?}: {left:?}"
                );
                ended == Some(code)
            });
        assert!(stopped, "{signal} never fell into a join");
    }
}

/// Writes vectors as NumPy, pyarrow and pandas do, joins them, and reads the pairs with DuckDB.
const PYTHON: &str = include_str!("join.py");

#[test]
fn numpy_and_pyarrow_write_and_duckdb_reads() {
    let Some(python) = python() else {
        return;
    };
    let desk = Desk::new();
    let output = Command::new(python)
        .args(["-c", PYTHON, env!("CARGO_BIN_EXE_lookalike")])
        .current_dir(desk.path(""))
        .output()
        .expect("Python starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("all pairs"), "{said}{failed}");
}
