//! Plans: what goes by rules, references, limits and choices, written down and nothing touched.

use std::fs;

use lookalike_store::Event;
use lookalike_types::{ContentId, Verdict};
use serde_json::json;

use crate::cleaning::{choose, desk, files, run, say};
use crate::support::{Desk, Row, rows, text};

/// The removals of `plan.parquet`: path, and what it is a copy of.
fn removals(desk: &Desk) -> Vec<(String, String)> {
    let all = rows(&desk.path("plan.parquet"));
    let removed = all.iter().filter(|row| row["decision"] == "remove");
    let mut pairs: Vec<_> = removed
        .map(|row| (text(&row["path"]), text(&row["copy_of"])))
        .collect();
    pairs.sort();
    pairs
}

fn row(desk: &Desk, path: &str) -> Row {
    let all = rows(&desk.path("plan.parquet"));
    let found = all.into_iter().find(|row| row["path"] == path);
    found.unwrap_or_else(|| panic!("{path} is not in the plan"))
}

#[test]
fn a_plan_says_what_goes_and_touches_nothing() {
    let desk = desk();
    let before = files(&desk, &["photos", "copies", "lookalike-out"]);
    let said = run(
        &desk,
        0,
        &["plan", "lookalike-out", "--keep", "path:photos/"],
    );
    assert_eq!(files(&desk, &["photos", "copies", "lookalike-out"]), before);
    insta::assert_snapshot!(said.out, @"
    6 of 12 images in 6 groups would go, 6 would stay. Nothing was touched.

    What goes
      identical            2      284 kB   the same bytes as one that stays
      same pixels          1      230 kB   the same picture, in another file
      near                 3     40.8 kB   a similarity of 0.820 or more
      together             6      555 kB

    By rule
              6    555 kB   path:photos/

    By folder
              6    555 kB   copies

    Note    nobody has judged how many of the near ones are right: lookalike review lookalike-out asks you

    Plan    plan.parquet
    Next    lookalike apply plan.parquet --action move:removed --dry-run
            lookalike apply plan.parquet --action move:removed
    ");
    let pairs = removals(&desk);
    assert_eq!(pairs.len(), 6);
    assert!(
        pairs
            .iter()
            .all(|(path, of)| path.starts_with("copies/") && of.starts_with("photos/"))
    );
    let same = row(&desk, "copies/same.png");
    let bytes = fs::read(desk.path("copies/same.png")).expect("a file");
    assert_eq!(same["content"], ContentId::of(&bytes).to_string());
    assert_eq!(same["copy_content"], same["content"]);
    assert_eq!(
        (&same["rule"], &same["kind"]),
        (&json!("path:photos/"), &json!("identical"))
    );
    assert_eq!(same["goes_to"], "copies/same.png");
    let kept = row(&desk, "photos/0.png");
    assert_eq!(
        (&kept["decision"], &kept["copy_of"]),
        (&json!("keep"), &json!(null))
    );
    // The same plan has the same bytes.
    let first = fs::read(desk.path("plan.parquet")).expect("the plan");
    run(
        &desk,
        0,
        &["plan", "lookalike-out", "--keep", "path:photos/"],
    );
    assert_eq!(
        fs::read(desk.path("plan.parquet")).expect("the plan"),
        first
    );
}

#[test]
fn without_a_rule_those_of_the_report_decide() {
    let desk = desk();
    run(&desk, 0, &["plan", "lookalike-out"]);
    let groups = desk.table("groups");
    let dropped = groups.iter().filter(|row| row["keep"] == false);
    let mut report: Vec<_> = dropped
        .map(|row| (text(&row["path"]), text(&row["copy_of"])))
        .collect();
    report.sort();
    assert_eq!(removals(&desk), report);
}

#[test]
fn the_same_as_one_object() {
    let desk = desk();
    let said = run(
        &desk,
        0,
        &[
            "plan",
            "lookalike-out",
            "--json",
            "--kinds",
            "identical,pixels",
        ],
    );
    let json = said.json();
    assert_eq!(json["outline"]["go"], 3, "{json}");
    assert_eq!(
        json["outline"]["left"],
        json!([{ "why": "limits", "images": 3 }])
    );
    assert_eq!(json["plan"], "plan.parquet");
    assert_eq!(json["settings"]["kinds"], json!(["identical", "pixels"]));
    let run = fs::read(desk.path("lookalike-out/report/run.json")).expect("run.json");
    let run: serde_json::Value = serde_json::from_slice(&run).expect("JSON");
    assert_eq!(json["generation"], run["generation"]);
}

#[test]
fn what_resembles_a_reference_goes_and_a_reference_never() {
    let desk = desk();
    for reference in ["copies", "./copies/", "photos/../copies"] {
        run(
            &desk,
            0,
            &[
                "plan",
                "lookalike-out",
                "--keep",
                "largest-pixels",
                "--reference",
                reference,
            ],
        );
        let pairs = removals(&desk);
        assert_eq!(pairs.len(), 6, "{reference}");
        assert!(
            pairs
                .iter()
                .all(|(path, of)| path.starts_with("photos/") && of.starts_with("copies/"))
        );
    }
    let absolute = desk.path("copies").display().to_string();
    let both = [
        "plan",
        "lookalike-out",
        "--reference",
        "photos",
        "--reference",
        absolute.as_str(),
    ];
    let said = run(&desk, 0, &both);
    assert_eq!(removals(&desk), []);
    assert!(said.out.contains("0 of 12 images"), "{}", said.out);
    let said = run(&desk, 2, &["plan", "lookalike-out", "--reference", "photo"]);
    assert!(said.err.contains("would protect nothing"), "{}", said.err);
}

#[test]
fn a_plan_made_elsewhere_finds_the_folder_of_the_scan() {
    let desk = desk();
    fs::create_dir(desk.path("elsewhere")).expect("a folder");
    let plan = |reference: &str| {
        let mut command = desk.command(&[
            "plan",
            "../lookalike-out",
            "--json",
            "--reference",
            reference,
        ]);
        let output = command
            .current_dir(desk.path("elsewhere"))
            .output()
            .expect("it starts");
        assert!(output.status.success(), "{output:?}");
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        json
    };
    let root = desk.path("").canonicalize().expect("a folder");
    for reference in ["copies", "../copies"] {
        let json = plan(reference);
        assert_eq!(json["root"], root.display().to_string());
        assert_eq!(json["references"][0]["images"], 6, "{json}");
    }
    // The plan lies where the person works, and works.
    let apply = [
        "apply",
        "elsewhere/plan.parquet",
        "--action",
        "delete",
        "--dry-run",
        "--json",
    ];
    assert_eq!(run(&desk, 0, &apply).json()["done"], 6);
    // Where some of the images are here too, these are meant; a note says so.
    desk.draw("elsewhere/photos/0.png", 0);
    let json = plan("photos");
    let here = root.join("elsewhere").display().to_string();
    assert_eq!(json["root"], here);
    let notes = json["notes"].to_string();
    assert!(notes.contains("where you are, and not from"), "{notes}");
}

#[test]
fn choices_and_verdicts_decide_before_the_rules() {
    let desk = desk();
    choose(&desk, "photos/0.png", false);
    choose(&desk, "photos/7.png", false);
    choose(&desk, "copies/border.jpg", true);
    let content = |path: &str| ContentId::of(&fs::read(desk.path(path)).expect("a file"));
    let small = "copies/small.jpg";
    let verdict = Some(Verdict::KeepBoth);
    say(
        &desk,
        Event::Verdict {
            a: content("photos/2.png"),
            b: content(small),
            verdict,
        },
    );
    let said = run(
        &desk,
        0,
        &["plan", "lookalike-out", "--keep", "path:photos/"],
    );
    insta::assert_snapshot!(said.out, @"
    5 of 12 images in 6 groups would go, 7 would stay. Nothing was touched.

    What goes
      identical            2      284 kB   the same bytes as one that stays
      same pixels          1      230 kB   the same picture, in another file
      near                 2      132 kB   a similarity of 0.820 or more
      together             5      647 kB

    By rule
              3    393 kB   path:photos/
              2    253 kB   choice

    By folder
              3    393 kB   copies
              2    253 kB   photos

    Left where they are
              1             to stay beside what they resemble, as you said

    Note    nobody has judged how many of the near ones are right: lookalike review lookalike-out asks you
            1 image that you chose to remove resembles nothing (any more), so it stays

    Plan    plan.parquet
    Next    lookalike apply plan.parquet --action move:removed --dry-run
            lookalike apply plan.parquet --action move:removed
    ");
    assert_eq!(row(&desk, "photos/0.png")["copy_of"], "copies/same.png");
    assert_eq!(row(&desk, "photos/4.png")["copy_of"], "copies/border.jpg");
    assert_eq!(row(&desk, small)["rule"], "keep-both");
    run(&desk, 0, &["plan", "lookalike-out", "--chosen"]);
    assert_eq!(
        removals(&desk),
        [("photos/0.png".to_owned(), "copies/same.png".to_owned())]
    );
    // A choice is of the bytes that were seen.
    desk.draw("photos/0.png", 30);
    desk.scan(&["photos", "copies"]);
    let said = run(&desk, 0, &["plan", "lookalike-out", "--chosen"]);
    assert_eq!(removals(&desk), []);
    assert!(
        said.out.contains("1 choice is about a file that changed"),
        "{}",
        said.out
    );
}

#[test]
fn a_simulation_compares_rules_and_writes_nothing() {
    let desk = desk();
    let said = run(
        &desk,
        0,
        &[
            "plan",
            "lookalike-out",
            "--simulate",
            "--keep",
            "largest-bytes,shortest-path",
        ],
    );
    insta::assert_snapshot!(said.out, @"
    What each rule alone would remove, of 12 images in 6 groups. Nothing was written.

    largest-bytes: 6 images, 450 kB
              3   40.8 kB   copies
              3    409 kB   photos

    shortest-path: 6 images, 555 kB
              6    555 kB   copies

    all rules in their order: 6 images, 450 kB
              5    325 kB   copies
              1    125 kB   photos
    ");
    assert!(!desk.path("plan.parquet").exists());
    let json = run(&desk, 0, &["plan", "lookalike-out", "--simulate", "--json"]).json();
    assert!(json["rules"].as_array().expect("rules").len() > 3, "{json}");
    assert_eq!(json["together"]["go"], 6);
}

#[test]
fn a_plan_overwrites_nothing_but_a_plan_that_was_not_carried_out() {
    let desk = desk();
    desk.write("plan.parquet", b"something else");
    let said = run(&desk, 2, &["plan", "lookalike-out"]);
    assert!(said.err.contains("is no plan"), "{}", said.err);
    assert_eq!(
        fs::read(desk.path("plan.parquet")).expect("a file"),
        b"something else"
    );
    let said = run(
        &desk,
        2,
        &[
            "plan",
            "lookalike-out",
            "--out",
            "lookalike-out/report/plan.parquet",
        ],
    );
    assert!(
        said.err.contains("among the files of the report"),
        "{}",
        said.err
    );
    for folder in ["nowhere/plan.parquet", "photos"] {
        run(&desk, 2, &["plan", "lookalike-out", "--out", folder]);
    }
    run(
        &desk,
        0,
        &["plan", "lookalike-out", "--out", "my plan.parquet"],
    );
    run(
        &desk,
        0,
        &["plan", "lookalike-out", "--out", "my plan.parquet"],
    );
    run(
        &desk,
        0,
        &["apply", "my plan.parquet", "--action", "move:gone"],
    );
    let said = run(
        &desk,
        2,
        &["plan", "lookalike-out", "--out", "my plan.parquet"],
    );
    assert!(said.err.contains("has been carried out"), "{}", said.err);
}

#[test]
fn wrong_words_are_told_what_is_right() {
    let desk = desk();
    for (arguments, words) in [
        (["--keep", "biggest"], "is not a rule"),
        (
            ["--kinds", "similar"],
            "the kinds are identical, pixels and near",
        ),
        (["--min-similarity", "90%"], "a number from -1 to 1"),
        (["--threshold", "-0.9"], "pairs are stored down to"),
        (["--set", "join.flat=include"], "scan again"),
    ] {
        let said = run(
            &desk,
            2,
            &[&["plan", "lookalike-out"], &arguments[..]].concat(),
        );
        assert!(said.err.contains(words), "{}", said.err);
        assert!(!desk.path("plan.parquet").exists());
    }
    let said = run(
        &desk,
        0,
        &["plan", "lookalike-out", "--min-similarity", "0.1"],
    );
    assert!(said.out.contains("changes nothing"), "{}", said.out);
}
