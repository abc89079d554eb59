//! Plans carried out on real files, and taken back.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

use serde_json::json;

use crate::cleaning::{COPIES, desk, files, run};
use crate::support::{Desk, Said};

/// The plan under which all copies go for the photos.
fn planned() -> Desk {
    let desk = desk();
    run(
        &desk,
        0,
        &["plan", "lookalike-out", "--keep", "path:photos/"],
    );
    desk
}

/// Carries the plan out, with the bin of the desktop on the desk.
fn apply(desk: &Desk, arguments: &[&str]) -> Said {
    let mut command =
        desk.command(&[&["apply", "plan.parquet", "--json", "--action"], arguments].concat());
    let output = command
        .env("XDG_DATA_HOME", desk.path("data"))
        .output()
        .expect("it starts");
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

#[test]
fn every_action_is_taken_back_to_the_byte() {
    for (action, done) in [
        ("move:removed", 6),
        ("trash", 6),
        ("hardlink", 2),
        ("symlink", 2),
    ] {
        let desk = planned();
        let before = files(&desk, &["photos", "copies"]);
        let tried = apply(&desk, &[action, "--dry-run"]);
        assert_eq!(
            (tried.code, &tried.json()["done"]),
            (0, &json!(done)),
            "{tried:?}"
        );
        assert_eq!(
            files(&desk, &["photos", "copies"]),
            before,
            "{action}: a dry run touches nothing"
        );
        assert!(!desk.path("plan.journal.jsonl").exists());

        let said = apply(&desk, &[action]);
        assert_eq!(
            (said.code, &said.json()["done"]),
            (0, &json!(done)),
            "{said:?}"
        );
        let now = files(&desk, &["photos", "copies"]);
        for number in 0..8 {
            let photo = desk.path(&format!("photos/{number}.png"));
            assert_eq!(
                now[&photo], before[&photo],
                "{action}: what stays is as it was"
            );
        }
        let gone = ["move:removed", "trash"].contains(&action);
        assert_eq!(now.len(), if gone { 8 } else { 14 }, "{action}");

        // Once more does nothing.
        let again = apply(&desk, &[action]);
        assert_eq!(
            (again.code, &again.json()["earlier"]),
            (0, &json!(done)),
            "{again:?}"
        );

        run(&desk, 0, &["undo", "plan.journal.jsonl", "--dry-run"]);
        let said = run(&desk, 0, &["undo", "plan.journal.jsonl", "--json"]);
        assert_eq!(said.json()["done"], done, "{action}: {said:?}");
        assert_eq!(
            files(&desk, &["photos", "copies"]),
            before,
            "{action} was not taken back"
        );
        assert!(!desk.path("removed").exists());
        let link = desk
            .path("copies/same.png")
            .symlink_metadata()
            .expect("it is there");
        assert!(link.is_file());
    }
}

#[test]
fn what_was_deleted_is_gone_and_that_is_said() {
    let desk = planned();
    let said = apply(&desk, &["delete"]);
    assert_eq!((said.code, &said.json()["done"]), (0, &json!(6)));
    assert!(said.json()["freed_bytes"].as_u64() > Some(1000));
    assert_eq!(files(&desk, &["photos", "copies"]).len(), 8);
    let said = run(&desk, 1, &["undo", "plan.journal.jsonl", "--json"]);
    assert_eq!(said.json()["skipped_by_reason"], json!({ "deleted": 6 }));
}

#[test]
fn the_whole_way_in_words() {
    let desk = planned();
    let root = desk
        .path("")
        .canonicalize()
        .expect("a folder")
        .display()
        .to_string();
    let plain = |said: Said| said.out.replace(root.as_str(), "DESK");
    let steps = [
        plain(run(
            &desk,
            0,
            &[
                "apply",
                "plan.parquet",
                "--action",
                "move:removed",
                "--dry-run",
            ],
        )),
        plain(run(
            &desk,
            0,
            &["apply", "plan.parquet", "--action", "move:removed"],
        )),
        plain(run(&desk, 0, &["undo", "plan.journal.jsonl"])),
    ];
    insta::assert_snapshot!(steps.join("---\n"), @"
    6 images would be moved to DESK/removed (555 kB).

    Nothing was touched: this was a dry run
    Next     the same command without --dry-run
    ---
    6 images were moved to DESK/removed (555 kB).

    Journal  plan.journal.jsonl
    Next     lookalike undo plan.journal.jsonl, to put everything back
    ---
    6 images were put back (555 kB).

    Journal  plan.journal.jsonl
    ");
}

#[test]
fn what_changed_since_the_scan_is_left_alone_and_a_job_hears_of_it() {
    let desk = planned();
    desk.write("copies/same.png", b"other bytes");
    fs::remove_file(desk.path("copies/small.jpg")).expect("removed");
    desk.draw("photos/4.png", 40);
    let said = apply(&desk, &["move:removed"]);
    assert_eq!(said.code, 1, "{said:?}");
    let json = said.json();
    assert_eq!(json["done"], 3, "{json}");
    let wanted = json!({ "changed": 1, "gone": 1, "kept-changed": 1 });
    assert_eq!(json["skipped_by_reason"], wanted);
    assert_eq!(
        fs::read(desk.path("copies/same.png")).expect("left alone"),
        b"other bytes"
    );
    assert!(
        desk.path("copies/border.jpg").exists(),
        "its original is another picture now"
    );
}

#[test]
fn names_that_are_taken_are_never_overwritten() {
    let desk = planned();
    desk.write("removed/copies/same.png", b"somebody else's");
    let said = apply(&desk, &["move:removed"]);
    assert_eq!(
        (said.code, &said.json()["renamed"]),
        (0, &json!(1)),
        "{said:?}"
    );
    let theirs = desk.path("removed/copies/same.png");
    assert_eq!(fs::read(&theirs).expect("it is there"), b"somebody else's");
    assert!(desk.path("removed/copies/same (2).png").exists());
    run(&desk, 0, &["undo", "plan.journal.jsonl"]);
    assert_eq!(files(&desk, &["removed"]).len(), 1, "theirs alone is left");
}

#[test]
fn a_list_is_for_other_programs() {
    let desk = planned();
    let said = run(&desk, 0, &["apply", "plan.parquet", "--action", "list"]);
    let mut lines: Vec<&str> = said.out.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), COPIES.len());
    assert_eq!(lines[0], "copies/again.jpg");
    let zero = run(
        &desk,
        0,
        &["apply", "plan.parquet", "--action", "list", "-0"],
    );
    assert_eq!(zero.out.split_terminator('\0').count(), COPIES.len());
    let json = run(
        &desk,
        0,
        &["apply", "plan.parquet", "--action", "list", "--json"],
    )
    .json();
    assert_eq!(json["paths"].as_array().map(Vec::len), Some(COPIES.len()));
    run(
        &desk,
        2,
        &["apply", "plan.parquet", "--action", "delete", "--zero"],
    );
    assert!(!desk.path("plan.journal.jsonl").exists());
}

/// The members of a shard, by name.
fn members(desk: &Desk, shard: &str) -> BTreeMap<String, Vec<u8>> {
    let file = fs::File::open(desk.path(shard)).expect("a shard");
    let mut archive = tar::Archive::new(file);
    let mut found = BTreeMap::new();
    for entry in archive.entries().expect("entries") {
        let mut entry = entry.expect("an entry");
        let name = entry.path().expect("a name").display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("bytes");
        found.insert(name, bytes);
    }
    found
}

#[test]
fn shards_are_written_anew_without_what_goes() {
    let desk = desk();
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, name, bytes)
            .expect("a member");
    };
    for number in [0, 6, 20] {
        desk.draw(&format!("more/{number}.png"), number);
        add(
            &format!("{number}.png"),
            &fs::read(desk.path(&format!("more/{number}.png"))).expect("a file"),
        );
        add(
            &format!("{number}.txt"),
            format!("caption {number}").as_bytes(),
        );
        add(&format!("{number}.json"), b"{}");
    }
    add("notes.txt", b"of nobody");
    desk.write("shards/a.tar", &builder.into_inner().expect("a tar"));
    desk.scan(&["photos", "shards"]);
    run(
        &desk,
        0,
        &["plan", "lookalike-out", "--reference", "photos"],
    );
    let before = fs::read(desk.path("shards/a.tar")).expect("the shard");
    let listed = run(&desk, 0, &["apply", "plan.parquet", "--action", "list"]);
    assert_eq!(listed.out, "shards/a.tar!/0.png\nshards/a.tar!/6.png\n");

    // What cannot be done to a member is no failure of the run, and nothing is done.
    let said = apply(&desk, &["move:removed", "--dry-run"]);
    assert_eq!(
        (said.code, &said.json()["skipped_by_reason"]),
        (0, &json!({ "member": 2 }))
    );

    let said = apply(&desk, &["rewrite:clean"]);
    assert_eq!(
        (said.code, &said.json()["done"]),
        (0, &json!(2)),
        "{said:?}"
    );
    assert_eq!(said.json()["sidecars"], 4);
    let (old, new) = (
        members(&desk, "shards/a.tar"),
        members(&desk, "clean/shards/a.tar"),
    );
    let wanted = ["20.json", "20.png", "20.txt", "notes.txt"];
    assert_eq!(new.keys().collect::<Vec<_>>(), wanted);
    assert!(wanted.iter().all(|name| new[*name] == old[*name]));
    assert_eq!(
        fs::read(desk.path("shards/a.tar")).expect("the shard"),
        before
    );
    run(&desk, 0, &["undo", "plan.journal.jsonl"]);
    assert!(!desk.path("clean").exists());
}

#[test]
fn wrong_words_are_told_what_is_right() {
    let desk = planned();
    for (arguments, words) in [
        (
            ["apply", "plan.parquet", "--action", "burn"],
            "The actions are",
        ),
        (
            ["apply", "nowhere.parquet", "--action", "trash"],
            "`lookalike plan DIR` writes one",
        ),
        (
            [
                "apply",
                "lookalike-out/report/groups.parquet",
                "--action",
                "trash",
            ],
            "is not a plan",
        ),
        (["undo", "nowhere.jsonl", "-v", "-v"], "nowhere.jsonl"),
    ] {
        let said = desk.run(&arguments);
        assert!(said.code == 2 || said.code == 1, "{said:?}");
        assert!(said.err.contains(words), "{}", said.err);
    }
    apply(&desk, &["move:removed"]);
    let said = apply(&desk, &["trash"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.err.contains("Name another file with --journal"),
        "{}",
        said.err
    );
}
