//! What a person said of two pictures is heard by every scan that follows.

use std::fs;

use image::imageops::{FilterType, resize};
use lookalike_store::{Event, ReviewLog};
use lookalike_types::{ContentId, Verdict};
use serde_json::{Value, json};

use crate::support::{Desk, rows, text};

fn content(desk: &Desk, name: &str) -> ContentId {
    ContentId::of(&fs::read(desk.path(name)).expect("a file"))
}

/// Says it as the page would.
fn say(desk: &Desk, a: &str, b: &str, verdict: Option<Verdict>) {
    let mut log = ReviewLog::open(&desk.path("lookalike-out")).expect("nobody else writes");
    let event = Event::Verdict {
        a: content(desk, a),
        b: content(desk, b),
        verdict,
    };
    log.append(&[event], 1_700_000_000, "").expect("written");
}

const DIFFERENT: Option<Verdict> = Some(Verdict::Different);
const BOTH: Option<Verdict> = Some(Verdict::KeepBoth);

/// A picture in three sizes, and one that is like nothing.
fn desk() -> Desk {
    let desk = Desk::new();
    let picture = desk.draw("in/large.png", 3);
    for (name, width, height) in [("half", 160, 120), ("small", 120, 90)] {
        let smaller = resize(&picture, width, height, FilterType::Triangle);
        desk.save(&format!("in/{name}.png"), &smaller);
    }
    desk.draw("in/other.png", 4);
    desk
}

/// Path, `why` and `copy_of` of the members of all groups.
fn members(desk: &Desk) -> Vec<[String; 3]> {
    let word = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let table = desk.table("groups");
    let rows = table.iter();
    rows.map(|row| [word(&row["path"]), word(&row["why"]), word(&row["copy_of"])])
        .collect()
}

#[test]
fn a_pair_called_different_leaves_and_stays_away() {
    let desk = desk();
    let before = desk.scan(&["in"]);
    assert_eq!(
        (&before["near"], &before["dismissed"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(
        desk.groups(),
        [["in/half.png", "in/large.png", "in/small.png"]]
    );
    say(&desk, "in/large.png", "in/half.png", DIFFERENT);
    say(&desk, "in/small.png", "in/half.png", DIFFERENT);
    let again = desk.scan(&["in"]);
    assert_eq!(
        (&again["near"], &again["dismissed"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(desk.groups(), [["in/large.png", "in/small.png"]]);
    assert_eq!(desk.table("pairs").len(), 1, "nor is it listed");

    // Another name, another file of the same pixels, another threshold, a scan without memory.
    fs::rename(desk.path("in/half.png"), desk.path("in/moved.png")).expect("renamed");
    let pixels = image::open(desk.path("in/large.png"))
        .expect("a picture")
        .to_rgb8();
    desk.save("in/large.bmp", &pixels);
    let moved = desk.scan(&["in", "--rehash"]);
    assert_eq!(
        (&moved["near"], &moved["dismissed"]),
        (&json!(1), &json!(2))
    );
    let groups = [["in/large.bmp", "in/large.png", "in/small.png"]];
    assert_eq!(desk.groups(), groups);
    let higher = desk.run(&["report", "lookalike-out", "--threshold", "0.85", "--json"]);
    assert_eq!(
        (higher.code, &higher.json()["counts"]["dismissed"]),
        (0, &json!(2))
    );
    assert_eq!(desk.groups(), groups);
    let top = desk.run(&["report", "lookalike-out", "--top", "3", "--json"]);
    assert_eq!(top.code, 0, "{top:?}");
    assert_eq!(
        desk.table("pairs").len(),
        2,
        "one near and one of the same pixels"
    );
    let said = desk.run(&["report", "lookalike-out"]);
    let line = "  dismissed            2   more such pairs, which somebody called different";
    assert!(said.out.contains(line), "{}", said.out);

    // Taken back, it is a pair again.
    say(&desk, "in/large.png", "in/moved.png", None);
    assert_eq!(desk.scan(&["in"])["dismissed"], 1);
    assert_eq!(desk.run(&["check", "lookalike-out"]).code, 0);
}

#[test]
fn what_stays_on_a_word_frees_nothing_until_a_new_image_joins() {
    let desk = desk();
    let before = desk.scan(&["in"]);
    assert!(before["freeable_bytes"].as_u64() > Some(0));
    for (a, b) in [("large", "half"), ("large", "small"), ("half", "small")] {
        say(&desk, &format!("in/{a}.png"), &format!("in/{b}.png"), BOTH);
    }
    let settled = desk.scan(&["in"]);
    assert_eq!(
        (&settled["near"], &settled["freeable_bytes"]),
        (&json!(3), &json!(0))
    );
    for [path, why, copy_of] in members(&desk) {
        assert_eq!(
            (why.as_str(), copy_of.as_str()),
            ("kept on your word", ""),
            "{path}"
        );
    }
    let picture = image::open(desk.path("in/half.png"))
        .expect("a picture")
        .to_rgb8();
    desk.save(
        "in/new.png",
        &resize(&picture, 100, 75, FilterType::Triangle),
    );
    let joined = desk.scan(&["in"]);
    assert!(joined["freeable_bytes"].as_u64() > Some(0), "{joined}");
    let dropped: Vec<_> = members(&desk)
        .into_iter()
        .filter(|row| !row[2].is_empty())
        .collect();
    assert_eq!(dropped.len(), 1);
    assert_eq!(dropped[0][0], "in/new.png");
}

#[test]
fn all_files_of_one_content_stay_where_that_was_said() {
    let desk = Desk::new();
    desk.draw("in/a.png", 1);
    desk.draw("in/b.png", 1);
    assert_eq!(desk.scan(&["in"])["identical"], 1);
    say(&desk, "in/a.png", "in/b.png", BOTH);
    let counts = desk.scan(&["in"]);
    assert_eq!(
        (&counts["identical"], &counts["freeable_bytes"]),
        (&json!(1), &json!(0))
    );
    // Nobody can mean that equal pixels differ: what is meant is that both stay.
    say(&desk, "in/a.png", "in/b.png", DIFFERENT);
    let counts = desk.scan(&["in"]);
    assert_eq!(
        (&counts["identical"], &counts["freeable_bytes"]),
        (&json!(1), &json!(0))
    );
}

#[test]
fn verdicts_go_from_one_folder_to_another() {
    let (ana, ben) = (desk(), desk());
    ana.scan(&["in"]);
    ben.scan(&["in"]);
    say(&ana, "in/large.png", "in/half.png", DIFFERENT);
    say(&ana, "in/large.png", "in/small.png", BOTH);
    let file = ben.path("ana.parquet").display().to_string();
    let said = ana.run(&["verdicts", "export", "lookalike-out", &file, "--by", "ana"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out
            .ends_with("ana.parquet: 1 different, 1 keep-both.\n"),
        "{}",
        said.out
    );
    let table = rows(&ben.path("ana.parquet"));
    assert_eq!(table.len(), 2);
    assert!(
        table
            .iter()
            .all(|row| text(&row["by"]) == "ana" && row["at"] == 1_700_000_000_000_000_i64)
    );

    let import = |words: &[&str]| {
        ben.run(
            &[
                &["verdicts", "import", "lookalike-out", "ana.parquet"],
                words,
            ]
            .concat(),
        )
    };
    assert_eq!(
        import(&[]).out,
        "2 verdicts: 2 new, 0 changed, 0 the same.\nNext    lookalike report lookalike-out\n"
    );
    assert_eq!(
        import(&["ana.parquet"]).out,
        "2 verdicts: 0 new, 0 changed, 2 the same.\n"
    );
    let counts = ben.scan(&["in"]);
    assert_eq!(
        (&counts["near"], &counts["dismissed"]),
        (&json!(2), &json!(1))
    );
    let later = Event::Verdict {
        a: content(&ben, "in/large.png"),
        b: content(&ben, "in/half.png"),
        verdict: None,
    };
    let mut log = ReviewLog::open(&ben.path("lookalike-out")).expect("nobody else writes");
    let held = import(&[]);
    assert_eq!(held.code, 1);
    assert!(
        held.err
            .contains("the review of lookalike-out is held by process"),
        "{}",
        held.err
    );
    log.append(&[later], 1_700_000_001, "").expect("written");
    drop(log);
    let older = "2 verdicts: 0 new, 0 changed, 1 the same, 1 older than what was said here.\n";
    assert_eq!(import(&[]).out, older);
    let json = import(&["--json"]).json();
    assert_eq!((&json["verdicts"], &json["older"]), (&json!(2), &json!(1)));
}

#[test]
fn what_cannot_be_exchanged_is_refused_and_nothing_is_touched() {
    let desk = desk();
    desk.scan(&["in"]);
    desk.write("notes.parquet", b"no table");
    for (arguments, words) in [
        (
            vec!["import", "lookalike-out", "none.parquet"],
            "there is no such file",
        ),
        (vec!["import", "lookalike-out", "in"], "it is a folder"),
        (
            vec!["import", "lookalike-out", "notes.parquet"],
            "cannot be read as Parquet",
        ),
        (
            vec!["import", "in", "notes.parquet"],
            "is not a lookalike folder",
        ),
        (
            vec!["export", "in", "out.parquet"],
            "is not a lookalike folder",
        ),
        (vec!["export", "none", "out.parquet"], "is not a folder"),
        (
            vec!["export", "lookalike-out", "none/out.parquet"],
            "Make it first",
        ),
        (
            vec!["export", "lookalike-out", "lookalike-out/report/v.parquet"],
            "backups may leave out",
        ),
    ] {
        let said = desk.run(&[&["verdicts"], &arguments[..]].concat());
        assert_eq!(said.code, 2, "{arguments:?}: {said:?}");
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
    }
    assert!(!desk.path("lookalike-out/review").exists());
    assert!(!desk.path("out.parquet").exists());
}

#[test]
fn a_damaged_line_stops_a_scan_with_its_number() {
    let desk = desk();
    desk.scan(&["in"]);
    say(&desk, "in/large.png", "in/half.png", DIFFERENT);
    let log = desk.path("lookalike-out/review/log.jsonl");
    let whole = fs::read(&log).expect("there");
    fs::write(&log, [b"{}\n", &whole[..]].concat()).expect("damaged");
    let said = desk.run(&["scan", "in"]);
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("log.jsonl, line 1 is damaged"),
        "{}",
        said.err
    );
    let said = desk.run(&["check", "lookalike-out"]);
    assert_eq!(said.code, 1);
    assert!(
        said.out.contains("review/log.jsonl: line 1 is damaged"),
        "{}",
        said.out
    );
    fs::write(&log, whole).expect("mended");
    assert_eq!(desk.scan(&["in"])["dismissed"], 1);
}
