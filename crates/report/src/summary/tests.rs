//! What a person reads in each situation.

use super::*;
use crate::Changes;
use crate::sample::{failed, findings, found, image, run};
use lookalike_types::Reason;

fn shown(run: &Run) -> String {
    let options = SummaryOptions {
        dir: "./lookalike-out".into(),
        page: true,
        exports: Vec::new(),
    };
    summary(run, &options)
}

#[test]
fn everything_was_found() {
    insta::assert_snapshot!(shown(&run(&findings())), @r##"
    9 images in 3.4 s.
      new                  9
      failed               2   1 empty, 1 truncated

    Copies
      identical            2   pairs of files with the same bytes
      same pixels          1   pairs of other files, the same picture
      near                 1   pairs of pictures with a similarity of 0.900 or more
      groups               2   of images that belong together
      bytes           480 kB   could be freed by keeping the best of each group; nothing was touched

    How
      model        builtin, 4,096 numbers per image, rten 0.27, 2 threads
      threshold    0.900, calibrated for the built-in model
      join         exact, 5 vectors are few; no pair is missed
      time         3.4 s; over all threads: gather 3.1 s, join 0.0 s, report 0.3 s
      memory       240 MiB at most, of 1,024 MiB allowed

    Warnings
      `d/shard.tar` ends in the middle of a member

    Report  ./lookalike-out/report/index.html
    Next    lookalike review ./lookalike-out, to look at the groups and choose; or list what need not be kept:
            duckdb -c "SELECT path, copy_of FROM './lookalike-out/report/groups.parquet' WHERE NOT keep"
    "##);
}

#[test]
fn somebody_called_pairs_different() {
    let lines = |run: &Run| {
        let text = shown(run);
        let told = text.lines().filter(|line| line.contains("different"));
        told.collect::<Vec<_>>().join("\n")
    };
    let mut some = findings();
    some.dismissed = 1200;
    insta::assert_snapshot!(lines(&run(&some)), @"  dismissed        1,200   more such pairs, which somebody called different");
    let mut none = found(vec![image("a.jpg", 1, 1), image("b.jpg", 2, 2)], &[]);
    none.dismissed = 1;
    insta::assert_snapshot!(lines(&run(&none)), @"No copies: no two images have the same bytes, the same pixels or a similarity of 0.900 or more, but for 1 pair called different.");
}

#[test]
fn nothing_was_found() {
    let findings = found(vec![image("a.jpg", 1, 1), image("b.jpg", 2, 2)], &[]);
    let mut run = run(&findings);
    run.warnings.clear();
    insta::assert_snapshot!(shown(&run), @r##"
    2 images in 3.4 s.
      new                  9

    No copies: no two images have the same bytes, the same pixels or a similarity of 0.900 or more.

    How
      model        builtin, 4,096 numbers per image, rten 0.27, 2 threads
      threshold    0.900, calibrated for the built-in model
      join         exact, 5 vectors are few; no pair is missed
      time         3.4 s; over all threads: gather 3.1 s, join 0.0 s, report 0.3 s
      memory       240 MiB at most, of 1,024 MiB allowed

    Report  ./lookalike-out/report/index.html
    Next    lookalike report ./lookalike-out --top 20, to see the most alike pictures all the same
    "##);
}

#[test]
fn only_failures() {
    let broken = |path: &str| failed(path, Reason::Corrupt, "bad checksum");
    let empty = failed("c", Reason::Empty, "the file has no bytes");
    let mut run = run(&found(vec![broken("a"), broken("b"), empty], &[]));
    run.warnings.clear();
    insta::assert_snapshot!(shown(&run), @r##"
    3 images in 3.4 s.
      new                  9
      failed               3   1 empty, 2 corrupt

    No image could be compared: all of them failed.

    How
      model        builtin, 4,096 numbers per image, rten 0.27, 2 threads
      threshold    0.900, calibrated for the built-in model
      join         exact, 5 vectors are few; no pair is missed
      time         3.4 s; over all threads: gather 3.1 s, join 0.0 s, report 0.3 s
      memory       240 MiB at most, of 1,024 MiB allowed

    Report  ./lookalike-out/report/index.html
    Next    see what is wrong with each:
            duckdb -c "SELECT path, reason, detail FROM './lookalike-out/report/images.parquet' WHERE status = 'failed'"
    "##);
}

#[test]
fn nothing_changed() {
    let findings = findings();
    let mut run = run(&findings);
    let changes = Changes {
        unchanged: 9,
        ..Changes::default()
    };
    run.counts = Counts::new(&findings, changes);
    run.warnings.clear();
    run.join.engine = "hnsw".into();
    run.join.reason = "asked for".into();
    run.join.recall = Recall {
        estimate: Some(0.9987),
        low: Some(0.9912),
        high: Some(0.9999),
        sample: 2000,
    };
    insta::assert_snapshot!(shown(&run), @r##"
    9 images, and nothing changed since the last scan.
      unchanged            9
      failed               2   1 empty, 1 truncated

    Copies
      identical            2   pairs of files with the same bytes
      same pixels          1   pairs of other files, the same picture
      near                 1   pairs of pictures with a similarity of 0.900 or more
      groups               2   of images that belong together
      bytes           480 kB   could be freed by keeping the best of each group; nothing was touched

    How
      model        builtin, 4,096 numbers per image, rten 0.27, 2 threads
      threshold    0.900, calibrated for the built-in model
      join         hnsw, asked for; 99.8 % of the pairs found (at least 99.1 %), measured on 2,000 pairs
      time         3.4 s; over all threads: gather 3.1 s, join 0.0 s, report 0.3 s
      memory       240 MiB at most, of 1,024 MiB allowed

    Report  ./lookalike-out/report/index.html
    Next    lookalike review ./lookalike-out, to look at the groups and choose; or list what need not be kept:
            duckdb -c "SELECT path, copy_of FROM './lookalike-out/report/groups.parquet' WHERE NOT keep"
    "##);
}

#[test]
fn no_image() {
    let run = run(&found(Vec::new(), &[]));
    let options = SummaryOptions {
        dir: "my photos/".into(),
        page: false,
        exports: Vec::new(),
    };
    insta::assert_snapshot!(summary(&run, &options), @r##"
    No image was found.
      new                  9

    Warnings
      `d/shard.tar` ends in the middle of a member

    Report  my photos/report
    Next    give another folder; `lookalike config` shows which extensions are read
    "##);
}

#[test]
fn names_cannot_disturb_the_terminal() {
    let mut run = run(&findings());
    run.warnings = vec!["odd name: a\u{1b}[2J\u{202e}b\nc".into()];
    run.space.model = "m\u{7}.onnx".into();
    let options = SummaryOptions {
        dir: "out\u{1b}]0;x'".into(),
        page: true,
        exports: Vec::new(),
    };
    let text = summary(&run, &options);
    assert!(
        !text.chars().any(|c| c.is_control() && c != '\n'),
        "{text:?}"
    );
    assert!(!text.contains('\u{202e}'));
}

#[test]
fn a_folder_is_quoted_for_the_shell() {
    let odd = sql("my $photos", "path", "groups", "NOT keep");
    assert!(odd.starts_with("cd 'my $photos' && duckdb"), "{odd}");
    assert!(odd.contains("FROM 'report/groups.parquet'"), "{odd}");
    let words = ["./out", "my photos", "it's", ""].map(shell);
    assert_eq!(words, ["./out", "'my photos'", "'it'\\''s'", "''"]);
}
