//! Verdicts that go from one person to another as a Parquet file.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray,
    TimestampMillisecondArray, TimestampNanosecondArray,
};
use lookalike_store::{Error, export_verdicts, import_verdicts};
use lookalike_types::{PairVerdict, Verdict};
use parquet::arrow::ArrowWriter;
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::review::{folder, id};

fn verdict(a: u8, b: u8, verdict: Verdict) -> PairVerdict {
    PairVerdict {
        a: id(a).min(id(b)),
        b: id(a).max(id(b)),
        verdict,
        at: 1_700_000_000,
        by: "ana".to_owned(),
    }
}

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    );
    let batch = batch.expect("columns of one length");
    let file = fs::File::create(path).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("written");
}

#[test]
fn what_goes_out_comes_in_and_the_same_verdicts_are_the_same_bytes() {
    let folder = folder();
    let path = folder.path().join("verdicts.parquet");
    let mut all = vec![
        verdict(1, 2, Verdict::Different),
        verdict(3, 3, Verdict::KeepBoth),
        verdict(4, 1, Verdict::KeepBoth),
    ];
    export_verdicts(&all, &path).expect("written");
    let bytes = fs::read(&path).expect("there");
    let mut read = import_verdicts(&path).expect("ours");
    all.reverse();
    export_verdicts(&all, &path).expect("replaced");
    assert_eq!(fs::read(&path).expect("there"), bytes);
    all.sort_by_key(|verdict| (verdict.a, verdict.b));
    read.sort_by_key(|verdict| (verdict.a, verdict.b));
    assert_eq!(read, all);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    export_verdicts(&[], &path).expect("nothing is a table too");
    assert_eq!(import_verdicts(&path).expect("ours"), []);
}

#[test]
fn every_column_is_documented() {
    let folder = folder();
    let path = folder.path().join("verdicts.parquet");
    export_verdicts(&[], &path).expect("written");
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let file = fs::File::open(path).expect("there");
    let reader = SerializedFileReader::new(file).expect("a table");
    for column in reader.metadata().file_metadata().schema().get_fields() {
        let word = format!("| `{}` |", column.name());
        assert!(
            page.contains(&word),
            "docs/format.md says nothing of {word}"
        );
    }
}

#[test]
fn what_other_programs_write_is_read_too() {
    let folder = folder();
    let path = folder.path().join("theirs.parquet");
    let hex = |number: u8| id(number).to_string();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("note", Arc::new(Int64Array::from(vec![1, 2]))),
        ("by", Arc::new(StringViewArray::from(vec!["ben", ""]))),
        (
            "verdict",
            Arc::new(LargeStringArray::from(vec!["different", "keep-both"])),
        ),
        (
            "content_b",
            Arc::new(StringArray::from(vec![hex(1), hex(7)])),
        ),
        (
            "content_a",
            Arc::new(StringArray::from(vec![hex(2).to_uppercase(), hex(7)])),
        ),
        (
            "at",
            Arc::new(TimestampMillisecondArray::from(vec![1_700_000_000_999, 5])),
        ),
    ];
    write(&path, columns);
    let read = import_verdicts(&path).expect("every column is there");
    let wanted = PairVerdict {
        by: "ben".to_owned(),
        ..verdict(1, 2, Verdict::Different)
    };
    assert_eq!(read[0], wanted);
    assert_eq!((read[1].at, read[1].a), (0, read[1].b));
}

#[test]
fn what_is_no_verdict_is_named() {
    let folder = folder();
    let path = folder.path().join("theirs.parquet");
    let hex = |number: u8| id(number).to_string();
    let text = |values: [&str; 2]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
    let (one, two) = (hex(1), hex(2));
    let good = || -> Vec<(&str, ArrayRef)> {
        vec![
            ("content_a", text([&one, &two])),
            ("content_b", text([&two, &one])),
            ("verdict", text(["different", "different"])),
            ("at", Arc::new(TimestampNanosecondArray::from(vec![1, 2]))),
            ("by", text(["", ""])),
        ]
    };
    write(&path, good());
    assert_eq!(import_verdicts(&path).expect("good").len(), 2);
    let mut said = Vec::new();
    let mut expect = |columns: Vec<(&str, ArrayRef)>| {
        write(&path, columns);
        let error = import_verdicts(&path).expect_err("no table of verdicts");
        assert!(matches!(error, Error::Verdicts { .. }));
        let folder = folder.path().display().to_string();
        said.push(error.to_string().replace(&folder, "DIR"));
    };
    let with = |column: usize, values: ArrayRef| {
        let mut columns = good();
        columns[column].1 = values;
        columns
    };
    expect(good().split_off(1));
    expect(with(0, Arc::new(Int64Array::from(vec![1, 2]))));
    expect(with(3, text(["yesterday", "today"])));
    expect(with(0, text([&one, "4f"])));
    expect(with(2, text(["different", "same"])));
    expect(with(
        4,
        Arc::new(StringArray::from(vec![Some("ana"), None])),
    ));
    expect(with(
        3,
        Arc::new(TimestampNanosecondArray::from(vec![1, -1])),
    ));
    insta::assert_snapshot!(said.join("\n"), @r"
    DIR/theirs.parquet has no column `content_a`. A table of verdicts has content_a, content_b, verdict, at and by; name a file that `lookalike verdicts export` wrote
    DIR/theirs.parquet has a column `content_a` of type Int64, but a string is needed. Cast it
    DIR/theirs.parquet has a column `at` of type Utf8, but a timestamp is needed. Cast it
    DIR/theirs.parquet says in column `content_a`, row 1 (from 0): `4f` is not 64 hexadecimal digits. Mend that row, or leave it out
    DIR/theirs.parquet says in column `verdict`, row 1 (from 0): `same` is neither `different` nor `keep-both`. Mend that row, or leave it out
    DIR/theirs.parquet says in column `by`, row 1 (from 0): nothing (null). Mend that row, or leave it out
    DIR/theirs.parquet says in column `at`, row 1 (from 0): the time is not between the years 1970 and 9999. Mend that row, or leave it out
    ");
    fs::write(&path, "content_a,content_b").expect("written");
    let error = import_verdicts(&path).expect_err("CSV").to_string();
    assert!(error.contains("cannot be read as Parquet"), "{error}");
    let none = import_verdicts(&folder.path().join("none.parquet"));
    assert!(matches!(none, Err(Error::Io { .. })));
    let nowhere = export_verdicts(&[], &folder.path().join("none/verdicts.parquet"));
    assert!(matches!(nowhere, Err(Error::Io { .. })));
}
