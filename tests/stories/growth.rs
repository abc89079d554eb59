//! The second scan and the hundredth: only what changed is done.

use std::fs;

use serde_json::json;

use crate::support::Desk;

fn desk() -> Desk {
    let desk = Desk::new();
    for number in 0..6 {
        desk.draw(&format!("data/{number}.png"), number);
    }
    desk
}

#[test]
fn an_unchanged_folder_is_not_read_again() {
    let desk = desk();
    desk.scan(&["data"]);
    let before = desk.tables("lookalike-out");
    let counts = desk.scan(&["data"]);
    assert_eq!(
        (&counts["decoded"], &counts["embedded"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(
        (&counts["unchanged"], &counts["new"]),
        (&json!(6), &json!(0))
    );
    assert_eq!(desk.tables("lookalike-out"), before);
}

#[test]
fn a_growing_folder_costs_what_is_new() {
    let desk = desk();
    desk.scan(&["data"]);
    desk.draw("data/6.png", 6);
    desk.draw("data/copy of 2.png", 2);
    let counts = desk.scan(&["data"]);
    assert_eq!(
        (&counts["new"], &counts["unchanged"]),
        (&json!(2), &json!(6))
    );
    assert_eq!(counts["embedded"], 1, "the copy has bytes that are known");
    assert_eq!(desk.groups(), [["data/2.png", "data/copy of 2.png"]]);
}

#[test]
fn a_renamed_folder_is_read_but_not_embedded_again() {
    let desk = desk();
    desk.scan(&["data"]);
    fs::rename(desk.path("data"), desk.path("moved")).expect("a rename");
    let counts = desk.scan(&["moved"]);
    assert_eq!((&counts["new"], &counts["removed"]), (&json!(6), &json!(6)));
    assert_eq!(
        (&counts["decoded"], &counts["embedded"]),
        (&json!(0), &json!(0))
    );
}

#[test]
fn removed_files_leave_the_reports_and_come_back_for_nothing() {
    let desk = desk();
    desk.draw("data/copy.png", 3);
    desk.scan(&["data"]);
    assert_eq!(desk.groups().len(), 1);
    let bytes = fs::read(desk.path("data/3.png")).expect("a file");
    fs::remove_file(desk.path("data/3.png")).expect("removed");
    let counts = desk.scan(&["data"]);
    assert_eq!(
        (&counts["removed"], &counts["images"]),
        (&json!(1), &json!(6))
    );
    assert!(desk.groups().is_empty());
    desk.write("data/3.png", &bytes);
    let counts = desk.scan(&["data"]);
    assert_eq!(
        (&counts["new"], &counts["embedded"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(desk.groups().len(), 1);
}

#[test]
fn a_changed_file_is_embedded_again() {
    let desk = desk();
    desk.scan(&["data"]);
    desk.draw("data/4.png", 40);
    let counts = desk.scan(&["data"]);
    assert_eq!(
        (&counts["changed"], &counts["embedded"]),
        (&json!(1), &json!(1))
    );
    // The same size and time: only --rehash sees it.
    let mut bytes = fs::read(desk.path("data/5.png")).expect("a file");
    *bytes.last_mut().expect("not empty") ^= 1;
    desk.write("data/5.png", &bytes);
    assert_eq!(desk.scan(&["data"])["changed"], 0);
    assert_eq!(desk.scan(&["data", "--rehash"])["changed"], 1);
}

#[test]
fn another_space_lies_beside_the_first_and_going_back_costs_nothing() {
    let desk = desk();
    desk.scan(&["data"]);
    let first = desk.tables("lookalike-out");
    let counts = desk.scan(&["data", "--set", "pool.size=2"]);
    assert_eq!(counts["embedded"], 6, "another pooling is another space");
    let counts = desk.scan(&["data"]);
    assert_eq!(
        (&counts["decoded"], &counts["embedded"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(desk.tables("lookalike-out"), first);
    let spaces = fs::read_dir(desk.path("lookalike-out/features"))
        .expect("a folder")
        .count();
    assert_eq!(spaces, 2);
}

#[test]
fn a_higher_threshold_needs_no_join_and_no_image() {
    let desk = desk();
    desk.draw("data/copy.jpg", 1);
    let run = desk.run(&["scan", "--json", "data"]).json();
    let found = run["counts"]["near"].as_u64().expect("a number");
    assert!(found > 0);
    fs::rename(desk.path("data"), desk.path("away")).expect("a rename");
    let said = desk.run(&["report", "lookalike-out", "--threshold", "1.0", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.json()["counts"]["near"], 0);
    assert_eq!(said.json()["counts"]["images"], 7);
    let said = desk.run(&["report", "lookalike-out", "--json"]);
    assert_eq!(
        said.json()["counts"]["near"],
        found,
        "without a threshold that of the scan counts"
    );
    let said = desk.run(&["report", "lookalike-out", "--threshold", "-1"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("join.floor"), "{said:?}");
}

#[test]
fn a_report_refuses_settings_that_need_another_scan() {
    let desk = desk();
    desk.scan(&["data"]);
    let before = desk.tables("lookalike-out");
    for setting in ["pool.kind=avg", "join.flat=include", "decode.max_pixels=5"] {
        let said = desk.run(&["report", "lookalike-out", "--set", setting]);
        assert_eq!(said.code, 2, "{setting}: {said:?}");
        assert!(said.err.contains("scan again"), "{setting}: {said:?}");
    }
    assert_eq!(desk.tables("lookalike-out"), before);
    let said = desk.run(&[
        "report",
        "lookalike-out",
        "--set",
        "join.threshold=0.99",
        "--json",
    ]);
    let threshold = said.json()["join"]["threshold"].as_f64().expect("a number");
    assert!(
        (threshold - 0.99).abs() < 1e-6,
        "a threshold counts wherever it is asked for"
    );
}
