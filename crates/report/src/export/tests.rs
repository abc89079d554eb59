//! Each form, on findings with everything in them.

use super::*;
use crate::images::Near;
use crate::sample::{failed, found, image, run};
use crate::{GroupSince, LabelInfo, Since};
use lookalike_types::Reason;

/// A leak with a conflict, a copy in a shard, odd names, a failure.
fn findings() -> Findings {
    let placed = |path: &str, content: u8, label: &str, split: &str| Image {
        label: Some(label.to_owned()),
        split: Some(split.to_owned()),
        ..image(path, content, content)
    };
    let mut member = placed("data/w.tar!/one.jpg", 4, "cat", "val");
    member.archive = Some("data/w.tar".into());
    member.member = Some("one.jpg".into());
    let mut large = placed("data/train/cat/a.jpg", 1, "cat", "train");
    large.bytes = Some(200_000);
    let images = vec![
        large,
        placed("data/test/truck/b|`.jpg", 2, "truck", "test"),
        placed("data/test/truck/line\\x0abreak.jpg", 2, "truck", "test"),
        placed("data/train/cat/\\xff.jpg", 1, "cat", "train"),
        placed("data/train/cat/grün.jpg", 3, "cat", "train"),
        placed("data/train/cat/single, one.jpg", 5, "cat", "train"),
        member,
        failed("data/train/cat/broken.jpg", Reason::Corrupt, "no picture"),
    ];
    // By path: test/b, test/line, train/\xff, train/a, broken, grün, single, w.tar
    let near = [(0, 2, 0.953), (5, 7, 0.92)];
    let near = near.map(|(a, b, similarity)| Near { a, b, similarity });
    found(images, &near)
}

fn made(format: Format) -> Export {
    let mut findings = findings();
    findings.groups[0].since = Some(GroupSince::New);
    let mut run = run(&findings);
    run.inputs = vec!["data/".into()];
    run.labels = LabelInfo::new(&findings, "folder", "folder");
    run.since = Some(Since {
        last: "2026-11-23T21:38:25Z".into(),
        new: 3,
        resolved: 1,
        back: 0,
    });
    let options = ExportOptions {
        shares: &[],
        seed: 1,
    };
    export(format, &findings, &run, &options).expect("plain data")
}

fn text(format: Format) -> String {
    String::from_utf8(made(format).bytes).expect("UTF-8")
}

#[test]
fn what_stays_and_what_goes() {
    insta::assert_snapshot!(text(Format::Cleaned), @"");
    insta::assert_snapshot!(text(Format::HuggingFace), @"");
    insta::assert_snapshot!(made(Format::HuggingFace).note.expect("a member"), @"");
}

#[test]
fn lists_name_files_by_their_bytes() {
    let keep = made(Format::Keep);
    let remove = made(Format::Remove);
    let (keep0, remove0) = (made(Format::Keep0), made(Format::Remove0));
    let names = |bytes: &[u8], end: u8| {
        let names = bytes
            .split(|byte| *byte == end)
            .filter(|name| !name.is_empty());
        names.map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    let mut all = [names(&keep0.bytes, 0), names(&remove0.bytes, 0)].concat();
    all.sort();
    let wanted: [&[u8]; 7] = [
        b"data/test/truck/b|`.jpg",
        b"data/test/truck/line\nbreak.jpg",
        b"data/train/cat/\xff.jpg",
        b"data/train/cat/a.jpg",
        "data/train/cat/grün.jpg".as_bytes(),
        b"data/train/cat/single, one.jpg",
        b"data/w.tar!/one.jpg",
    ];
    let mut wanted = wanted.map(<[u8]>::to_vec);
    wanted.sort();
    assert_eq!(all, wanted);
    let lines = names(&keep.bytes, b'\n').len() + names(&remove.bytes, b'\n').len();
    assert_eq!(lines, wanted.len() - 1);
    let note = keep.note.or(remove.note).expect("one is left out");
    assert!(
        note.contains("leaves out 1 image") && note.contains("line break"),
        "{note}"
    );
}

#[test]
fn the_tables_as_json_are_the_tables() {
    let json: serde_json::Value = serde_json::from_str(&text(Format::Json)).expect("JSON");
    let findings = findings();
    let rows = |name: &str| json[name].as_array().map_or(0, Vec::len);
    assert_eq!(rows("images"), findings.images.len());
    assert_eq!(rows("pairs"), findings.pairs.len());
    assert_eq!(rows("leaks"), findings.leaks.len());
    assert_eq!(rows("label_conflicts"), findings.label_conflicts.len());
    assert_eq!(json["pairs"][2]["similarity"], 0.953);
    assert_eq!(json["images"][0]["modified"], "2014-05-01T00:00:00Z");
    assert!(json["images"][0]["reason"].is_null());
}

#[test]
fn samples_for_fiftyone() {
    let json: serde_json::Value = serde_json::from_str(&text(Format::FiftyOne)).expect("JSON");
    let samples = json["samples"].as_array().expect("a list");
    let lines: Vec<String> = samples.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @"");
}

#[test]
fn a_pull_request_reads_it() {
    insta::assert_snapshot!(text(Format::Markdown), @"");
}

#[test]
fn a_split_without_leaks() {
    let made = made(Format::Splits);
    insta::assert_snapshot!(made.note.expect("sizes"), @"");
    insta::assert_snapshot!(text(Format::Splits), @"");
}

#[test]
fn formats_are_known_by_their_words() {
    for format in Format::ALL {
        assert_eq!(format.name().parse::<Format>().ok(), Some(format));
    }
    let error = "pdf".parse::<Format>().expect_err("no format").to_string();
    assert!(
        error.contains("`pdf`") && error.contains("markdown"),
        "{error}"
    );
}
