//! What a person reads in each situation.

use super::*;
use crate::outcome::Skipped;

fn outcome() -> Outcome {
    let mut outcome = Outcome {
        action: "move".to_owned(),
        target: Some("/data/dupes".to_owned()),
        journal: Some("out/plan.journal.jsonl".to_owned()),
        planned: 4210,
        done: 4195,
        earlier: 3,
        recovered: 1,
        renamed: 2,
        bytes: 2_345_678_901,
        ..Outcome::default()
    };
    let detail = "its bytes are not those of the plan".to_owned();
    outcome.skip("a/b.jpg".to_owned(), Why::Changed, detail);
    for number in 0..11 {
        let detail = "it is not there any more".to_owned();
        outcome.skip(format!("c/{number}.jpg"), Why::Gone, detail);
    }
    outcome
}

#[test]
fn most_were_moved() {
    insta::assert_snapshot!(summary(&outcome()), @"
    4,195 of 4,210 images were moved to /data/dupes (2.3 GB).
      earlier              3   had been done before, with the same journal
      recovered            1   had been left half-done by an interrupted run
      renamed              2   got another name, because theirs was taken

    Left alone
                          11   not there any more
                           1   with other bytes than in the plan

      a/b.jpg: its bytes are not those of the plan
      c/0.jpg: it is not there any more
      c/1.jpg: it is not there any more
      c/2.jpg: it is not there any more
      c/3.jpg: it is not there any more
      c/4.jpg: it is not there any more
      c/5.jpg: it is not there any more
      c/6.jpg: it is not there any more
      c/7.jpg: it is not there any more
      c/8.jpg: it is not there any more
      and 2 more, in the journal, or with --json

    Journal  out/plan.journal.jsonl
    Next     lookalike undo out/plan.journal.jsonl, to put everything back
    ");
}

#[test]
fn nothing_was_touched_yet() {
    let outcome = Outcome {
        dry_run: true,
        action: "delete".to_owned(),
        target: None,
        journal: None,
        planned: 1,
        done: 1,
        bytes: 3,
        freed_bytes: 3,
        ..Outcome::default()
    };
    insta::assert_snapshot!(summary(&outcome), @"
    1 image would be deleted (3 B).
      bytes              3 B   would be freed

    Nothing was touched: this was a dry run
    Next     the same command without --dry-run
    ");
}

#[test]
fn shards_were_written() {
    let outcome = Outcome {
        action: "rewrite".to_owned(),
        target: Some("clean".to_owned()),
        journal: Some("two words.jsonl".to_owned()),
        planned: 12,
        done: 12,
        shards: 1,
        sidecars: 24,
        bytes: 120_000,
        ..Outcome::default()
    };
    insta::assert_snapshot!(summary(&outcome), @"
    12 images were left out of 1 shard below clean (120 kB).
      beside them         24   captions and the like, left out with their images
      the others               shards that lose nothing are not written again: use the old ones

    Journal  two words.jsonl
    Next     lookalike undo 'two words.jsonl', to put everything back
    ");
}

#[test]
fn most_came_back() {
    let mut outcome = Outcome {
        action: "undo".to_owned(),
        undone: Some("trash".to_owned()),
        journal: Some("plan.journal.jsonl".to_owned()),
        planned: 3,
        done: 2,
        bytes: 2000,
        ..Outcome::default()
    };
    outcome.skipped_by_reason.insert(Why::Occupied, 1);
    outcome.skipped.push(Skipped {
        path: "/photos/a.jpg".to_owned(),
        why: Why::Occupied,
        detail: "something else is in its place now".to_owned(),
    });
    insta::assert_snapshot!(summary(&outcome), @"
    2 of 3 images were put back (2.0 kB).

    Left alone
                           1   with something else in their place

      /photos/a.jpg: something else is in its place now

    Journal  plan.journal.jsonl
    ");
    let nothing = Outcome {
        action: "undo".to_owned(),
        undone: Some("move".to_owned()),
        ..Outcome::default()
    };
    insta::assert_snapshot!(summary(&nothing), @"Nothing was done by this journal, so there is nothing to put back.");
}

#[test]
fn a_program_reads_it() {
    let mut some = outcome();
    some.skipped.truncate(1);
    insta::assert_snapshot!(serde_json::to_string_pretty(&some).expect("JSON"), @r#"
    {
      "action": "move",
      "undone": null,
      "target": "/data/dupes",
      "dry_run": false,
      "journal": "out/plan.journal.jsonl",
      "planned": 4210,
      "done": 4195,
      "earlier": 3,
      "recovered": 1,
      "renamed": 2,
      "shards": 0,
      "sidecars": 0,
      "bytes": 2345678901,
      "freed_bytes": 0,
      "skipped_by_reason": {
        "gone": 11,
        "changed": 1
      },
      "skipped": [
        {
          "path": "a/b.jpg",
          "why": "changed",
          "detail": "its bytes are not those of the plan"
        }
      ]
    }
    "#);
}
