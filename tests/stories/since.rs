//! What changed since the last scan.

use std::fs;

use serde_json::{Value, json};

use crate::support::Desk;

fn desk() -> Desk {
    let desk = Desk::new();
    for number in 0..5 {
        desk.draw(&format!("data/{number}.png"), number);
    }
    desk.draw("data/copy of 1.png", 1);
    desk
}

fn run(desk: &Desk, arguments: &[&str]) -> Value {
    let said = desk.run(&[arguments, &["--json"]].concat());
    assert_eq!(said.code, 0, "{said:?}");
    said.json()
}

/// New, resolved, back.
fn since(run: &Value) -> [u64; 3] {
    ["new", "resolved", "back"].map(|key| run["since"][key].as_u64().expect("a number"))
}

fn small(desk: &Desk, name: &str, number: u64) {
    let picture = lookalike::demo::scene::draw(number);
    desk.save(name, &image::imageops::thumbnail(&picture, 160, 120));
}

#[test]
fn pairs_are_new_then_gone_then_back() {
    let desk = desk();
    let first = run(&desk, &["scan", "data"]);
    assert!(first["since"].is_null(), "there is nothing to compare with");
    let same = run(&desk, &["scan", "data"]);
    assert_eq!(since(&same), [0, 0, 0]);
    assert_eq!(same["since"]["last"], first["started"]);
    small(&desk, "data/small 2.jpg", 2);
    desk.draw("data/another copy of 1.png", 1);
    let grown = run(&desk, &["scan", "data"]);
    assert_eq!(
        since(&grown),
        [2, 0, 0],
        "a near pair, and a third file of one content"
    );
    // A report says the same again, at the same threshold.
    assert_eq!(
        run(&desk, &["report", "lookalike-out"])["since"],
        grown["since"]
    );
    let page = || fs::read_to_string(desk.path("lookalike-out/report/index.html")).expect("a page");
    assert!(page().contains(",\"new\"]"), "both groups are marked");
    let other = run(&desk, &["report", "lookalike-out", "--threshold", "0.9"]);
    assert!(other["since"].is_null());
    assert!(!page().contains(",\"new\"]"));
    let words = desk.run(&["report", "lookalike-out"]).out;
    assert!(
        words.contains("Pairs: 2 new, 0 resolved, 0 back since 20"),
        "{words}"
    );
    let bytes = fs::read(desk.path("data/small 2.jpg")).expect("a file");
    fs::remove_file(desk.path("data/small 2.jpg")).expect("removed");
    assert_eq!(since(&run(&desk, &["scan", "data"])), [0, 1, 0]);
    desk.write("data/small 2.jpg", &bytes);
    assert_eq!(since(&run(&desk, &["scan", "data"])), [0, 0, 1]);
    assert!(page().contains(",\"back\"]"));
    fs::rename(desk.path("data"), desk.path("moved")).expect("a rename");
    assert_eq!(
        since(&run(&desk, &["scan", "moved"])),
        [0, 0, 0],
        "names do not matter"
    );
}

#[test]
fn another_threshold_or_model_makes_nothing_new() {
    let desk = desk();
    small(&desk, "data/small 2.jpg", 2);
    let scan = |more: &[&str]| run(&desk, &[&["scan", "data"], more].concat());
    let first = scan(&["--threshold", "0.82"]);
    let near = |run: &Value| run["counts"]["near"].as_u64().expect("a number");
    let low = scan(&["--threshold", "0.3", "--set", "join.floor=0.3"]);
    assert!(near(&low) > near(&first), "this would pass on nothing");
    assert_eq!(since(&low), [0, 0, 0]);
    assert_eq!(since(&scan(&["--threshold", "0.82"])), [0, 0, 0]);
    let other = scan(&["--set", "pool.size=2"]);
    assert!(other["since"].is_null(), "the first scan of another space");
    let again = scan(&["--threshold", "0.82"]);
    assert_eq!(since(&again), [0, 0, 0]);
}

#[test]
fn a_lost_history_costs_one_answer() {
    let desk = desk();
    desk.scan(&["data"]);
    let index = fs::read_dir(desk.path("lookalike-out/index")).expect("a folder");
    let space = index
        .map(|entry| entry.expect("an entry").path())
        .next()
        .expect("a space");
    let files = fs::read_dir(space)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    let history = files.filter(|path| path.to_string_lossy().contains("history-"));
    history.for_each(|path| fs::remove_file(path).expect("removed"));
    assert_eq!(desk.run(&["check", "lookalike-out"]).code, 1);
    let second = run(&desk, &["scan", "data"]);
    assert!(second["since"].is_null());
    assert!(
        second["warnings"]
            .to_string()
            .contains("what changed since then is not known")
    );
    assert_eq!(since(&run(&desk, &["scan", "data"])), [0, 0, 0]);
    assert_eq!(desk.run(&["check", "lookalike-out"]).code, 0);
    let empty = run(&desk, &["scan", "data"]);
    assert_eq!(empty["warnings"], json!([]));
}
