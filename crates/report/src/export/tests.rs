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
    insta::assert_snapshot!(text(Format::Cleaned), @r#"
    name,label
    train/cat/a.jpg,cat
    "train/cat/single, one.jpg",cat
    w.tar!/one.jpg,cat
    "#);
    insta::assert_snapshot!(text(Format::HuggingFace), @r#"
    file_name,label,split,group,keep,copy_of,similarity
    test/truck/b|`.jpg,truck,test,1,false,data/train/cat/a.jpg,0.953
    "test/truck/line
    break.jpg",truck,test,1,false,data/train/cat/a.jpg,0.953
    train/cat/\xff.jpg,cat,train,1,false,data/train/cat/a.jpg,1
    train/cat/a.jpg,cat,train,1,true,,
    train/cat/grün.jpg,cat,train,2,false,data/w.tar!/one.jpg,0.92
    "train/cat/single, one.jpg",cat,train,,true,,
    "#);
    insta::assert_snapshot!(made(Format::HuggingFace).note.expect("a member"), @"metadata.csv leaves out 1 image: they are members of shards and no files");
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
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"filepath":"data/test/truck/b|`.jpg","ground_truth":{"_cls":"Classification","label":"truck"},"lookalike_copy_of":"data/train/cat/a.jpg","lookalike_group":1,"lookalike_keep":false,"lookalike_similarity":0.953,"tags":["test","duplicate","leak","label conflict"]}
    {"filepath":"data/test/truck/line\nbreak.jpg","ground_truth":{"_cls":"Classification","label":"truck"},"lookalike_copy_of":"data/train/cat/a.jpg","lookalike_group":1,"lookalike_keep":false,"lookalike_similarity":0.953,"tags":["test","duplicate","leak","label conflict"]}
    {"filepath":"data/train/cat/\\xff.jpg","ground_truth":{"_cls":"Classification","label":"cat"},"lookalike_copy_of":"data/train/cat/a.jpg","lookalike_group":1,"lookalike_keep":false,"lookalike_similarity":1.0,"tags":["train","duplicate","leak","label conflict"]}
    {"filepath":"data/train/cat/a.jpg","ground_truth":{"_cls":"Classification","label":"cat"},"lookalike_group":1,"lookalike_keep":true,"tags":["train","leak","label conflict"]}
    {"filepath":"data/train/cat/grün.jpg","ground_truth":{"_cls":"Classification","label":"cat"},"lookalike_copy_of":"data/w.tar!/one.jpg","lookalike_group":2,"lookalike_keep":false,"lookalike_similarity":0.92,"tags":["train","duplicate","leak"]}
    {"filepath":"data/train/cat/single, one.jpg","ground_truth":{"_cls":"Classification","label":"cat"},"tags":["train"]}
    "#);
}

#[test]
fn a_pull_request_reads_it() {
    insta::assert_snapshot!(text(Format::Markdown), @r#"
    ## 2 groups of look-alikes in 8 images

    | | |
    |---|---|
    | pairs with the same bytes | 2 |
    | pairs with the same pixels | 0 |
    | near pairs | 2, from 0.900 on |
    | could be freed | 480 kB |
    | images that failed | 1 |

    **3 new**, 1 resolved, 0 back since 2026-11-23 21:38 UTC.

    ### New since the last scan

    - group 1, 4 images: `data/train/cat/a.jpg`, `data/train/cat/\xff.jpg`

    ### Images with a look-alike in another split

    | | in train | in val | in test |
    |---|---|---|---|
    | of train (4) | – | **1**: 1 near | **2**: 2 near |
    | of val (1) | **1**: 1 near | – | 0 |
    | of test (2) | **2**: 2 near | 0 | – |

    ### Pairs across splits: 4

    | similarity | kind | | |
    |---|---|---|---|
    | 0.953 | near | test `` data/test/truck/b\|`.jpg `` | train `data/train/cat/\xff.jpg` |
    | 0.953 | near | test `` data/test/truck/b\|`.jpg `` | train `data/train/cat/a.jpg` |
    | 0.953 | near | test `data/test/truck/line\x0abreak.jpg` | train `data/train/cat/\xff.jpg` |
    | 0.920 | near | train `data/train/cat/grün.jpg` | val `data/w.tar!/one.jpg` |

    ### Look-alikes with different labels: 3

    | similarity | kind | | |
    |---|---|---|---|
    | 0.953 | near | truck `` data/test/truck/b\|`.jpg `` | cat `data/train/cat/\xff.jpg` |
    | 0.953 | near | truck `` data/test/truck/b\|`.jpg `` | cat `data/train/cat/a.jpg` |
    | 0.953 | near | truck `data/test/truck/line\x0abreak.jpg` | cat `data/train/cat/\xff.jpg` |
    "#);
}

#[test]
fn a_split_without_leaks() {
    let made = made(Format::Splits);
    insta::assert_snapshot!(made.note.expect("sizes"), @"splits.csv: train 4 (of 4 wanted), val 1 (of 1 wanted), test 2 (of 2 wanted); 5 images moved");
    insta::assert_snapshot!(text(Format::Splits), @r#"
    path,label,split,split_before
    data/test/truck/b|`.jpg,truck,train,test
    data/test/truck/line\x0abreak.jpg,truck,train,test
    data/train/cat/\xff.jpg,cat,train,train
    data/train/cat/a.jpg,cat,train,train
    data/train/cat/grün.jpg,cat,test,train
    "data/train/cat/single, one.jpg",cat,val,train
    data/w.tar!/one.jpg,cat,test,val
    "#);
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
