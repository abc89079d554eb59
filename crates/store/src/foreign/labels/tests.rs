//! What tables of labels say, and what keeps them from being used.

use std::path::PathBuf;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use tempfile::TempDir;

use super::*;

fn columns() -> LabelColumns {
    let column = |name: &str| LabelColumn {
        name: name.to_owned(),
        needed: false,
    };
    LabelColumns {
        path: "path".to_owned(),
        label: column("label"),
        split: column("split"),
    }
}

fn written(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("labels");
    std::fs::write(&path, bytes).expect("written");
    (folder, path)
}

fn read(bytes: &[u8], columns: &LabelColumns) -> Result<LabelTable> {
    let (_folder, path) = written(bytes);
    LabelTable::open(&path, columns)
}

fn fault(bytes: &[u8], columns: &LabelColumns) -> String {
    match read(bytes, columns) {
        Err(Error::Labels { fault, .. }) => fault.to_string(),
        other => panic!("{other:?}"),
    }
}

fn row(path: &str, label: Option<&str>, split: Option<&str>) -> LabelRow {
    LabelRow {
        path: path.to_owned(),
        label: label.map(str::to_owned),
        split: split.map(str::to_owned),
    }
}

fn parquet_bytes(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    bytes
}

#[test]
fn cells_are_cells_whatever_stands_between_them() {
    let wanted = vec![
        row("a, b.jpg", Some("cat"), Some("train")),
        row("c;d.jpg", None, Some("test")),
    ];
    let texts = [
        "path,label,split\n\"a, b.jpg\",cat,train\nc;d.jpg,,test\n",
        "\u{feff}path, label ,split\r\n\"a, b.jpg\", cat,train\r\nc;d.jpg,,test\r\n",
        "split;path;more;label\ntrain;a, b.jpg;1;cat\ntest;\"c;d.jpg\";2;\n",
        "path\tlabel\tsplit\na, b.jpg\tcat\ttrain\nc;d.jpg\t\ttest",
    ];
    for text in texts {
        let table = read(text.as_bytes(), &columns()).expect(text);
        assert_eq!(table.rows, wanted, "{text}");
        assert!(table.has_label && table.has_split);
    }
    let table = read(b"path,split\na,train\n", &columns()).expect("one is enough");
    assert!(!table.has_label && table.has_split);
}

#[test]
fn labels_in_parquet_may_be_numbers() {
    let path: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let label: ArrayRef = Arc::new(Int64Array::from(vec![Some(3), None]));
    let more: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
    let bytes = parquet_bytes(vec![("more", more), ("label", label), ("path", path)]);
    let table = read(&bytes, &columns()).expect("a table");
    assert_eq!(
        table.rows,
        [row("a", Some("3"), None), row("b", None, None)]
    );
    assert!(table.has_label && !table.has_split);
}

#[test]
fn what_is_wrong_is_said_with_what_is_there() {
    let mut other = columns();
    other.split = LabelColumn {
        name: "fold".to_owned(),
        needed: true,
    };
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let number_paths = parquet_bytes(vec![("path", numbers.clone()), ("label", numbers)]);
    let mut cut = number_paths.clone();
    cut.truncate(40);
    let faults = [
        fault(b"", &columns()),
        fault(b"name,label\na,b\n", &columns()),
        fault(b"path,class\na,b\n", &columns()),
        fault(b"path,label\na,b\n", &other),
        fault(b"path,label\na,b\n,c\n", &columns()),
        fault(b"path,label\na,b,c\n", &columns()),
        fault(b"path,label\n\xff,b\n", &columns()),
        fault(&number_paths, &columns()),
    ];
    insta::assert_snapshot!(faults.join("\n"), @r#"
    is empty, but a table with a header is needed
    has no column `path`, but `name`, `label`. Name the right one with `labels.columns.path`
    has neither a column `label` nor `split`, but `path`, `class`. Name them with `labels.columns.label` and `labels.columns.split`
    has no column `fold`, but `path`, `label`. Name the right one with `labels.columns.split`
    has no path in row 2 (from 1, without the header). Fill it in, or leave the row out
    cannot be read as CSV: CSV error: record 1 (line: 2, byte: 11): found record with 3 fields, but the previous record has 2 fields. Write it again as UTF-8 with a header and as many cells in each row
    cannot be read as CSV: line 2 is not UTF-8. Write it again as UTF-8 with a header and as many cells in each row
    has a column `path` of type Int64, but a string is needed. Name another column, or cast it
    "#);
    assert!(fault(&cut, &columns()).starts_with("cannot be read as Parquet"));
    let missing = LabelTable::open(Path::new("not/there.csv"), &columns());
    assert!(matches!(missing, Err(Error::Io { .. })));
}
