//! The first scan, and what it says of copies.

use serde_json::json;

use crate::support::{Desk, text};

/// Four pictures: one twice as the same file, one also in another format, one also re-saved small.
fn desk() -> Desk {
    let desk = Desk::new();
    let first = desk.draw("photos/a/one.png", 1);
    desk.draw("photos/b/one again.png", 1);
    let second = desk.draw("photos/two.png", 2);
    desk.save("photos/two.bmp", &second);
    let third = desk.draw("photos/three.png", 3);
    let half = image::imageops::thumbnail(&third, 160, 120);
    desk.save("photos/three small.jpg", &half);
    desk.draw("photos/four.png", 4);
    drop(first);
    desk
}

#[test]
fn a_first_scan_finds_each_kind_of_copy() {
    let desk = desk();
    let counts = desk.scan(&["photos"]);
    assert_eq!(counts["images"], 7);
    assert_eq!(counts["new"], 7);
    assert_eq!(counts["failed"], 0);
    assert_eq!(
        (&counts["identical"], &counts["pixels"], &counts["near"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(
        desk.groups(),
        [
            vec!["photos/a/one.png", "photos/b/one again.png"],
            vec!["photos/two.bmp", "photos/two.png"],
            vec!["photos/three small.jpg", "photos/three.png"],
        ]
    );
    // The same bytes are decoded and embedded once.
    assert_eq!(counts["decoded"], 6);
}

#[test]
fn of_a_group_the_best_is_kept_and_the_others_name_it() {
    let desk = desk();
    desk.scan(&["photos"]);
    let rows = desk.table("groups");
    let small = rows
        .iter()
        .find(|row| row["path"] == "photos/three small.jpg")
        .expect("in a group");
    assert_eq!(small["keep"], false);
    assert_eq!(small["copy_of"], "photos/three.png");
    assert_eq!(small["kind"], "near");
    let large = rows
        .iter()
        .find(|row| row["path"] == "photos/three.png")
        .expect("in a group");
    assert_eq!(large["keep"], true);
    assert!(text(&large["why"]).contains("320"), "{large:?}");
}

#[test]
fn every_image_has_a_row_and_every_file_of_the_report_is_there() {
    let desk = desk();
    desk.scan(&["photos"]);
    let images = desk.table("images");
    assert_eq!(images.len(), 7);
    assert!(
        images
            .iter()
            .all(|row| row["status"] == "ok" && row["width"].is_i64()),
        "{images:?}"
    );
    for name in [
        "images.parquet",
        "pairs.parquet",
        "groups.parquet",
        "run.json",
        "index.html",
    ] {
        assert!(
            desk.path("lookalike-out/report").join(name).is_file(),
            "{name}"
        );
    }
    assert!(desk.path("lookalike-out/CACHEDIR.TAG").is_file());
}

#[test]
fn every_picture_on_the_page_has_a_thumbnail() {
    let desk = desk();
    desk.scan(&["photos"]);
    let page =
        std::fs::read_to_string(desk.path("lookalike-out/report/index.html")).expect("a page");
    let contents: std::collections::BTreeSet<String> = desk
        .table("images")
        .iter()
        .filter(|row| row["group"].is_i64())
        .map(|row| text(&row["content"]))
        .collect();
    // Five different files in groups: the same pixels in another format are drawn as well.
    assert_eq!(contents.len(), 5);
    assert_eq!(
        page.matches("/9j/").count(),
        5,
        "a JPEG in base64 begins with /9j/"
    );
}

#[test]
fn the_summary_says_what_was_found_and_what_to_do_next() {
    let desk = desk();
    let said = desk.run(&["scan", "photos"]);
    assert_eq!(said.code, 0);
    for words in [
        "7 images",
        "groups               3",
        "lookalike-out/report/index.html",
    ] {
        assert!(
            said.out.contains(words),
            "`{words}` is not in:\n{}",
            said.out
        );
    }
    // Without a terminal there are no bars, no colours, and nothing but text on standard output.
    assert!(
        !said.out.contains('\u{1b}') && !said.err.contains('\u{1b}'),
        "{said:?}"
    );
}

#[test]
fn json_is_one_object_and_nothing_else() {
    let desk = desk();
    let said = desk.run(&["scan", "photos", "--json"]);
    let run = said.json();
    let keys: Vec<&str> = run
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    for key in [
        "lookalike",
        "started",
        "inputs",
        "config",
        "warnings",
        "seconds",
        "space",
        "runtime",
        "counts",
        "join",
        "memory",
    ] {
        assert!(keys.contains(&key), "{key} is not in {keys:?}");
    }
}

#[test]
fn quiet_says_nothing() {
    let desk = desk();
    let said = desk.run(&["scan", "photos", "--quiet"]);
    assert_eq!(
        (said.code, said.out.as_str(), said.err.as_str()),
        (0, "", "")
    );
}

#[test]
fn top_lists_the_most_alike_pairs_also_below_the_threshold() {
    let desk = desk();
    let counts = desk.scan(&["photos", "--top", "4"]);
    assert_eq!(counts["near"], 1, "what top adds is no near pair");
    let pairs = desk.table("pairs");
    let near: Vec<_> = pairs.iter().filter(|row| row["kind"] == "near").collect();
    assert_eq!(near.len(), 4);
    assert!(
        near[0]["group"].is_i64() && near[1..].iter().all(|row| row["group"].is_null()),
        "{near:?}"
    );
    let similarity = |row: &crate::support::Row| row["similarity"].as_f64().expect("a number");
    assert!(
        pairs
            .windows(2)
            .all(|two| similarity(&two[0]) >= similarity(&two[1])),
        "most alike first"
    );
}

#[test]
fn a_condition_that_is_true_ends_with_code_3() {
    let desk = desk();
    assert_eq!(desk.run(&["scan", "photos", "--fail-on", "near>5"]).code, 0);
    assert_eq!(
        desk.run(&[
            "scan",
            "photos",
            "--fail-on",
            "near>5",
            "--fail-on",
            "groups>=3"
        ])
        .code,
        3
    );
    let said = desk.run(&["scan", "photos", "--fail-on", "copies>5"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("freeable_bytes"), "{said:?}");
}

#[test]
fn a_dry_run_writes_nothing() {
    let desk = desk();
    let said = desk.run(&["scan", "photos", "--dry-run", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.json()["new"], 7);
    assert!(!desk.path("lookalike-out").exists());
    desk.scan(&["photos"]);
    desk.draw("photos/five.png", 5);
    let after = desk.run(&["scan", "photos", "--dry-run", "--json"]).json();
    assert_eq!((&after["new"], &after["unchanged"]), (&json!(1), &json!(7)));
}

#[test]
fn nothing_is_written_to_an_input() {
    let desk = desk();
    let before = std::fs::metadata(desk.path("photos/two.png")).expect("a file");
    desk.scan(&["photos"]);
    let after = std::fs::metadata(desk.path("photos/two.png")).expect("a file");
    assert_eq!(
        before.modified().expect("a time"),
        after.modified().expect("a time")
    );
    let left: Vec<_> = std::fs::read_dir(desk.path("photos"))
        .expect("a folder")
        .collect();
    assert_eq!(left.len(), 7, "two folders and five files");
}
