//! Labels and splits: leaks, conflicts, and where the labels come from.

use serde_json::{Value, json};

use crate::support::{Desk, Row, text};

/// Two classes in train and test. A truck of test stands in train as a cat, smaller.
fn desk() -> Desk {
    let desk = Desk::new();
    for number in 0..4 {
        desk.draw(&format!("data/train/cat/{number}.png"), number);
        desk.draw(&format!("data/train/truck/{number}.png"), 10 + number);
    }
    desk.draw("data/test/cat/0.png", 20);
    let truck = desk.draw("data/test/truck/0.png", 21);
    desk.save(
        "data/train/cat/not a cat.jpg",
        &image::imageops::thumbnail(&truck, 160, 120),
    );
    desk
}

fn scan(desk: &Desk, arguments: &[&str]) -> Value {
    let said = desk.run(&[&["scan", "data", "--json"], arguments].concat());
    assert!(said.code == 0 || said.code == 3, "{said:?}");
    said.json()
}

fn row(rows: &[Row], path: &str) -> Row {
    let found = rows.iter().find(|row| row["path"] == path);
    found.unwrap_or_else(|| panic!("{path} is no row")).clone()
}

#[test]
fn folders_say_what_an_image_is_and_where_it_belongs() {
    let desk = desk();
    let run = scan(&desk, &[]);
    let images = desk.table("images");
    let cat = row(&images, "data/train/cat/1.png");
    assert_eq!(
        (&cat["label"], &cat["split"]),
        (&json!("cat"), &json!("train"))
    );
    assert_eq!(
        (&run["counts"]["leaks"], &run["counts"]["label_conflicts"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        run["splits"],
        json!([
            { "split_a": "train", "split_b": "test", "kind": "near", "images": 1 },
            { "split_a": "test", "split_b": "train", "kind": "near", "images": 1 },
        ])
    );
    assert_eq!(
        run["labels"]["splits"][1],
        json!({ "split": "test", "images": 2 })
    );
    assert_eq!(run["labels"]["label_from"], "folder");
    let leaks = desk.table("leaks");
    assert_eq!(text(&leaks[0]["path_a"]), "data/test/truck/0.png");
    assert_eq!(
        (&leaks[0]["split_a"], &leaks[0]["split_b"]),
        (&json!("test"), &json!("train"))
    );
    let conflicts = desk.table("label_conflicts");
    assert_eq!(
        (&conflicts[0]["label_a"], &conflicts[0]["label_b"]),
        (&json!("truck"), &json!("cat"))
    );
    let page =
        std::fs::read_to_string(desk.path("lookalike-out/report/index.html")).expect("a page");
    assert!(page.contains("Across splits") && page.contains("\"conflictsInAll\":1"));
    let said = desk.run(&["report", "lookalike-out"]).out;
    assert!(
        said.contains("1 of them with a look-alike in train"),
        "{said}"
    );
    assert!(
        said.contains("pairs of look-alikes with different labels"),
        "{said}"
    );
}

#[test]
fn a_job_can_fail_on_leaks() {
    let desk = desk();
    let code = |condition: &str| desk.run(&["scan", "data", "--fail-on", condition]).code;
    assert_eq!(code("leaks>0"), 3);
    assert_eq!(code("label_conflicts>1"), 0);
    assert_eq!(
        desk.run(&["report", "lookalike-out", "--fail-on", "leaks>0"])
            .code,
        3
    );
    let none = [
        "scan",
        "data",
        "--set",
        "labels.split=none",
        "--fail-on",
        "leaks>0",
    ];
    assert_eq!(desk.run(&none).code, 0);
}

#[test]
fn photographs_in_folders_are_no_data_set() {
    let desk = Desk::new();
    desk.draw("photos/2014/a.png", 1);
    desk.draw("photos/2015/a.png", 1);
    let said = desk.run(&["scan", "photos"]).out;
    assert!(!said.contains("label"), "{said}");
    let page =
        std::fs::read_to_string(desk.path("lookalike-out/report/index.html")).expect("a page");
    assert!(page.contains("\"conflictsInAll\":0"));
    assert_eq!(
        desk.table("label_conflicts").len(),
        1,
        "the table says it all the same"
    );
}

#[test]
fn a_table_wins_over_folders_and_is_read_again_by_a_report() {
    let desk = desk();
    desk.write(
        "labels.csv",
        b"path;label;split\ntrain/cat/not a cat.jpg;truck;\ndata/train/cat/0.png;cat;test\nnobody.png;cat;\n",
    );
    let run = scan(&desk, &["--set", "labels.file=labels.csv"]);
    assert_eq!(
        run["counts"]["label_conflicts"], 0,
        "it is called a truck now"
    );
    assert_eq!(run["counts"]["leaks"], 1);
    assert_eq!(run["labels"]["label_from"], "file");
    let warnings = run["warnings"].to_string();
    assert!(
        warnings.contains("1 row names no image, such as `nobody.png`"),
        "{warnings}"
    );
    assert!(warnings.contains("9 images have no row"), "{warnings}");
    let images = desk.table("images");
    assert_eq!(row(&images, "data/train/cat/0.png")["split"], "test");
    // Another table needs no scan, and its warnings take the place of those before.
    desk.write("labels.csv", b"path,label\ntrain/cat/not a cat.jpg,dog\n");
    let run = desk.run(&["report", "lookalike-out", "--json"]).json();
    assert_eq!(run["counts"]["label_conflicts"], 1);
    assert!(
        !run["warnings"].to_string().contains("nobody"),
        "{}",
        run["warnings"]
    );
    std::fs::remove_file(desk.path("labels.csv")).expect("removed");
    let said = desk.run(&["report", "lookalike-out"]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("labels.file") && said.err.contains("labels.csv"),
        "{said:?}"
    );
    let without = ["report", "lookalike-out", "--set", "labels.file="];
    assert_eq!(desk.run(&without).code, 0);
}

#[test]
fn a_table_that_does_not_fit_is_refused_before_anything_is_read() {
    let desk = desk();
    desk.write("labels.csv", b"file,class\na.png,cat\n");
    let scan = |more: &[&str]| {
        let arguments = ["scan", "data", "--set", "labels.file=labels.csv"];
        desk.run(&[&arguments[..], more].concat())
    };
    let said = scan(&[]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.err
            .contains("has no column `path`, but `file`, `class`"),
        "{said:?}"
    );
    assert!(!desk.path("lookalike-out").exists());
    let named = [
        "--set",
        "labels.columns.path=file",
        "--set",
        "labels.columns.label=class",
    ];
    assert_eq!(scan(&named).code, 0);
}

#[test]
fn what_the_labels_say_changes_no_vector() {
    let desk = desk();
    desk.scan(&["data"]);
    let counts = desk.scan(&[
        "data",
        "--set",
        "labels.label=none",
        "--set",
        "labels.split=none",
    ]);
    assert_eq!(
        (&counts["decoded"], &counts["embedded"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(
        (&counts["leaks"], &counts["label_conflicts"]),
        (&json!(0), &json!(0))
    );
    assert!(
        desk.table("images")
            .iter()
            .all(|row| row["label"].is_null())
    );
}
