//! What can be named on the command line, and what happens to what cannot be read.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde_json::json;

use crate::support::{Desk, text};

fn paths(desk: &Desk) -> Vec<String> {
    desk.table("images")
        .iter()
        .map(|row| text(&row["path"]))
        .collect()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        // The name is written past the checks of the crate: hostile names are the point.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_600_000_000);
        header.set_cksum();
        builder.append(&header, *bytes).expect("a member");
    }
    builder.into_inner().expect("a tar")
}

#[test]
fn an_empty_folder_gives_an_empty_report() {
    let desk = Desk::new();
    fs::create_dir(desk.path("empty")).expect("a folder");
    let said = desk.run(&["scan", "empty"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("No image was found"), "{}", said.out);
    assert!(paths(&desk).is_empty());
    assert!(desk.path("lookalike-out/report/index.html").is_file());
}

#[test]
fn an_input_that_is_not_there_is_wrong_usage_and_touches_nothing() {
    let desk = Desk::new();
    let said = desk.run(&["scan", "nowhere"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("nowhere"), "{said:?}");
    assert!(!desk.path("lookalike-out").exists());
}

#[test]
fn two_inputs_with_the_same_names_are_told_apart() {
    let desk = Desk::new();
    desk.draw("a/x.png", 1);
    desk.draw("b/x.png", 2);
    desk.scan(&["a", "b/"]);
    assert_eq!(paths(&desk), ["a/x.png", "b/x.png"]);
}

#[test]
fn a_file_belongs_to_the_first_input_that_reaches_it() {
    let desk = Desk::new();
    desk.draw("a/b/x.png", 1);
    let counts = desk.scan(&["a/b", "a", "a/b/x.png"]);
    assert_eq!(counts["images"], 1);
    assert_eq!(paths(&desk), ["a/b/x.png"]);
}

#[test]
fn the_output_folder_inside_an_input_is_not_scanned() {
    let desk = Desk::new();
    desk.draw("data/x.png", 1);
    desk.scan(&["data", "--out", "data/out"]);
    fs::copy(desk.path("data/x.png"), desk.path("data/out/report/y.png")).expect("a copy");
    assert_eq!(desk.scan(&["data", "--out", "data/out"])["images"], 1);
}

#[test]
fn a_foreign_folder_is_no_output_folder() {
    let desk = Desk::new();
    desk.draw("data/x.png", 1);
    desk.write("precious/letter.txt", b"dear");
    let said = desk.run(&["scan", "data", "--out", "precious"]);
    assert_ne!(said.code, 0);
    assert_eq!(
        fs::read(desk.path("precious/letter.txt")).expect("still there"),
        b"dear"
    );
}

#[test]
fn weird_names_are_kept_and_shown_without_harm() {
    let desk = Desk::new();
    desk.draw("plain.png", 1);
    let bytes = fs::read(desk.path("plain.png")).expect("a file");
    fs::create_dir(desk.path("odd")).expect("a folder");
    let names: [&[u8]; 5] = [
        b"not \xff utf8.png",
        b"new\nline.png",
        b"<script>\"'&.png",
        b"-rf.png",
        "grün 中文 🖼.png".as_bytes(),
    ];
    for name in names {
        fs::write(desk.path("odd").join(OsStr::from_bytes(name)), &bytes).expect("a file");
    }
    let counts = desk.scan(&["odd"]);
    assert_eq!(
        (&counts["images"], &counts["failed"]),
        (&json!(5), &json!(0))
    );
    let shown = paths(&desk);
    for name in [
        "odd/not \\xff utf8.png",
        "odd/new\\x0aline.png",
        "odd/<script>\"'&.png",
        "odd/grün 中文 🖼.png",
    ] {
        assert!(
            shown.iter().any(|path| path == name),
            "{name} is not in {shown:?}"
        );
    }
    let page = fs::read_to_string(desk.path("lookalike-out/report/index.html")).expect("a page");
    assert!(
        !page.contains("<script>\"'"),
        "a name can break out of the page"
    );
    assert_eq!(
        desk.scan(&["odd"])["unchanged"],
        5,
        "names that are not UTF-8 are found again"
    );
}

#[test]
fn lists_name_files_folders_and_shards() {
    let desk = Desk::new();
    desk.draw("a.png", 1);
    desk.draw("folder/b.png", 2);
    desk.draw("c.png", 3);
    let member = fs::read(desk.path("c.png")).expect("a file");
    desk.write("shard.tar", &tar(&[("m.png", &member)]));
    desk.write("list.txt", b"a.png\n\nfolder\nshard.tar\ngone.png\n");
    desk.scan(&["@list.txt"]);
    assert_eq!(
        paths(&desk),
        ["a.png", "folder/b.png", "gone.png", "shard.tar!/m.png"]
    );
    desk.write("list.0", b"a.png\0folder");
    desk.scan(&["@0list.0"]);
    assert_eq!(paths(&desk), ["a.png", "folder/b.png"]);
}

#[test]
fn shards_are_read_in_place_whatever_their_compression() {
    let desk = Desk::new();
    for number in 0..3 {
        desk.draw(&format!("{number}.png"), number);
    }
    let files: Vec<Vec<u8>> = (0..3)
        .map(|n| fs::read(desk.path(&format!("{n}.png"))).expect("a file"))
        .collect();
    let plain = tar(&[
        ("a/0.png", &files[0]),
        ("a/0.json", b"{}"),
        ("../../1.png", &files[1]),
        ("/2.png", &files[2]),
    ]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).expect("compressed");
    desk.write("in/one.tar", &plain);
    desk.write("in/two.tgz", &gzip.finish().expect("compressed"));
    desk.write(
        "in/three.tar.zst",
        &zstd::encode_all(&plain[..], 1).expect("compressed"),
    );
    let counts = desk.scan(&["in"]);
    assert_eq!(
        (&counts["images"], &counts["decoded"], &counts["groups"]),
        (&json!(9), &json!(3), &json!(3))
    );
    let row = &desk.table("images")[0];
    assert_eq!(
        (&row["archive"], &row["member"]),
        (&json!("in/one.tar"), &json!("../../1.png"))
    );
    let left = fs::read_dir(desk.path(".")).expect("a folder").count();
    assert_eq!(
        left, 5,
        "nothing was unpacked: three pictures, in, lookalike-out"
    );
    // An unchanged shard is not opened again: even unreadable bytes in it go unseen.
    let counts = desk.scan(&["in"]);
    assert_eq!(
        (&counts["unchanged"], &counts["decoded"]),
        (&json!(9), &json!(0))
    );
}

#[test]
fn a_shard_that_ends_early_gives_what_it_has() {
    let desk = Desk::new();
    desk.draw("0.png", 0);
    let bytes = fs::read(desk.path("0.png")).expect("a file");
    let whole = tar(&[("a.png", &bytes), ("b.png", &bytes)]);
    desk.write("cut.tar", &whole[..whole.len() - 2048]);
    let counts = desk.scan(&["cut.tar"]);
    assert_eq!(
        (&counts["images"], &counts["failed"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(paths(&desk), ["cut.tar", "cut.tar!/a.png"]);
}

#[test]
fn broken_files_are_rows_with_a_reason_and_are_not_tried_again() {
    let desk = Desk::new();
    desk.draw("data/good.png", 1);
    let good = fs::read(desk.path("data/good.png")).expect("a file");
    desk.write("data/cut.png", &good[..good.len() / 2]);
    desk.write("data/empty.jpg", b"");
    desk.write(
        "data/text.jpg",
        b"this is no picture, this is a letter to you",
    );
    let counts = desk.scan(&["data"]);
    assert_eq!(
        (&counts["images"], &counts["failed"]),
        (&json!(4), &json!(3))
    );
    let reason = |name: &str| {
        let rows = desk.table("images");
        let row = rows.iter().find(|row| row["path"] == name).expect("a row");
        (text(&row["reason"]), text(&row["detail"]))
    };
    assert_eq!(reason("data/cut.png").0, "truncated");
    assert_eq!(reason("data/empty.jpg").0, "empty");
    assert_eq!(reason("data/text.jpg").0, "not-an-image");
    assert!(!reason("data/cut.png").1.is_empty());
    let counts = desk.scan(&["data"]);
    assert_eq!(
        (&counts["decoded"], &counts["failed"]),
        (&json!(0), &json!(3))
    );
    assert_eq!(desk.run(&["scan", "data", "--fail-on", "failed>0"]).code, 3);
}

#[test]
fn a_limit_that_is_raised_lets_the_picture_in() {
    let desk = Desk::new();
    desk.draw("data/x.png", 1);
    let counts = desk.scan(&["data", "--set", "decode.max_pixels=1000"]);
    assert_eq!(counts["failed_by_reason"]["too-large"], 1);
    assert_eq!(desk.scan(&["data"])["failed"], 0);
}

#[test]
fn an_unreadable_folder_is_a_row() {
    let desk = Desk::new();
    desk.draw("data/good.png", 1);
    desk.draw("data/closed/x.png", 2);
    let closed = desk.path("data/closed");
    set_mode(&closed, 0o000);
    let readable = fs::read_dir(&closed).is_ok();
    let said = desk.run(&["scan", "data", "--json"]);
    set_mode(&closed, 0o755);
    assert_eq!(said.code, 0, "{said:?}");
    // Root reads everything; then there is nothing unreadable to be told of.
    let unreadable = if readable { 0 } else { 1 };
    assert_eq!(
        said.json()["counts"]["failed_by_reason"]["unreadable"],
        unreadable
    );
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

#[test]
fn the_output_folder_itself_is_no_input() {
    let desk = Desk::new();
    desk.draw("data/x.png", 1);
    desk.scan(&["data"]);
    let before = desk.tables("lookalike-out");
    for input in ["lookalike-out", "lookalike-out/report"] {
        let said = desk.run(&["scan", input]);
        assert_eq!(said.code, 2, "{said:?}");
    }
    assert_eq!(desk.tables("lookalike-out"), before);
}

#[test]
fn a_limit_that_got_smaller_gives_what_a_first_scan_gives() {
    let desk = Desk::new();
    desk.draw("data/x.png", 1);
    let picture = desk.draw("data/y.png", 2);
    desk.save(
        "data/small.png",
        &image::imageops::thumbnail(&picture, 80, 60),
    );
    for limit in ["decode.max_pixels=10000", "decode.max_bytes=30000"] {
        let (steps, scratch) = (format!("steps {limit}"), format!("scratch {limit}"));
        desk.scan(&["data", "--out", &steps]);
        desk.scan(&["data", "--out", &steps, "--set", limit]);
        let counts = desk.scan(&["data", "--out", &scratch, "--set", limit]);
        assert_eq!(counts["failed_by_reason"]["too-large"], 2, "{limit}");
        assert!(desk.tables(&steps) == desk.tables(&scratch), "{limit}");
    }
}
