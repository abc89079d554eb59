//! Columns as documented, rows as found, bytes that repeat.

use super::*;
use crate::sample::{documented, failed, findings, found, image, split_findings};
use arrow::array::AsArray;
use arrow::datatypes::DataType;
use lookalike_types::Reason;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::{FileReader, SerializedFileReader};

fn written(table: Table, findings: &Findings) -> Vec<u8> {
    let generation = Generation::of(findings).expect("known types");
    table
        .to_parquet(findings, &generation)
        .expect("written to memory")
}

fn read(bytes: Vec<u8>) -> RecordBatch {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes));
    let mut reader = builder
        .expect("a Parquet file")
        .with_batch_size(ROWS)
        .build()
        .expect("readable");
    reader.next().expect("one batch").expect("readable")
}

fn type_name(field: &arrow::datatypes::Field) -> String {
    let name = match field.data_type() {
        DataType::Utf8 => "string",
        DataType::Int64 => "int64",
        DataType::Int32 => "int32",
        DataType::Float32 => "float32",
        DataType::Boolean => "bool",
        DataType::Timestamp(_, Some(zone)) if zone.as_ref() == "UTC" => "timestamp[us, UTC]",
        other => panic!("{other} is not documented"),
    };
    let mark = if field.is_nullable() { "?" } else { "" };
    format!("{name}{mark}")
}

#[test]
fn the_columns_are_the_documented_ones() {
    for table in Table::ALL {
        let schema = table.schema();
        let columns = schema
            .fields()
            .iter()
            .map(|field| (field.name().clone(), type_name(field)));
        let columns: Vec<_> = columns.collect();
        assert_eq!(columns, documented(&format!("## `{}`", table.file_name())));
        let back = read(written(table, &split_findings()));
        let types = |schema: &arrow::datatypes::Schema| {
            schema
                .fields()
                .iter()
                .map(|f| (f.name().clone(), type_name(f)))
                .collect::<Vec<_>>()
        };
        assert_eq!(types(&back.schema()), columns, "as read back");
    }
}

#[test]
fn what_was_written_is_read_back() {
    let findings = split_findings();
    for table in Table::ALL {
        let mut batches = Vec::new();
        table
            .each_batch(&findings, |batch| {
                batches.push(batch);
                Ok(())
            })
            .expect("known types");
        let back = read(written(table, &findings));
        assert_eq!(back.columns(), batches[0].columns(), "{}", table.name());
    }
}

#[test]
fn a_failed_image_is_a_row_with_a_reason() {
    let table = read(written(
        Table::Images,
        &found(vec![failed("x", Reason::Empty, "no bytes")], &[]),
    ));
    let text = |name: &str| table[name].as_string::<i32>().value(0).to_owned();
    assert_eq!(
        (text("status"), text("reason"), text("detail")),
        ("failed".into(), "empty".into(), "no bytes".into())
    );
    for unknown in [
        "bytes", "modified", "content", "pixels", "format", "width", "flat", "group",
    ] {
        assert!(table[unknown].is_null(0), "{unknown}");
    }
}

#[test]
fn pairs_come_most_alike_first_and_groups_largest_first() {
    let findings = findings();
    let pairs = read(written(Table::Pairs, &findings));
    let row = |i| {
        let text = |name: &str| pairs[name].as_string::<i32>().value(i).to_owned();
        format!("{} {} {}", text("path_a"), text("path_b"), text("kind"))
    };
    let rows: Vec<_> = (0..pairs.num_rows()).map(row).collect();
    insta::assert_snapshot!(rows.join("\n"), @r##"
    a/first.jpg a/second.jpg identical
    c/pair copy.jpg c/pair.jpg identical
    a/first.jpg a/third.jpg pixels
    a/first.jpg b/large.png near
    b/large.png d/shard.tar!/one.jpg near
    "##);
    let groups = read(written(Table::Groups, &findings));
    let row = |i| {
        let text = |name: &str| groups[name].as_string::<i32>().value(i).to_owned();
        let number = groups["group"]
            .as_primitive::<arrow::datatypes::Int64Type>()
            .value(i);
        format!(
            "{number} {} | {} | {}",
            text("path"),
            text("why"),
            text("copy_of")
        )
        .trim_end()
        .to_owned()
    };
    let rows: Vec<_> = (0..groups.num_rows()).map(row).collect();
    insta::assert_snapshot!(rows.join("\n"), @r##"
    1 b/large.png | most pixels: 4000 x 3000 |
    1 a/first.jpg | copy of the kept image: similarity 0.981 | b/large.png
    1 a/second.jpg | copy of the kept image: similarity 0.981 | b/large.png
    1 a/third.jpg | copy of the kept image: similarity 0.981 | b/large.png
    2 c/pair.jpg | shortest path |
    2 c/pair copy.jpg | copy of the kept image: same bytes | c/pair.jpg
    "##);
}

#[test]
fn the_file_says_what_it_is_and_equal_findings_give_equal_bytes() {
    let findings = split_findings();
    for table in Table::ALL {
        let bytes = written(table, &findings);
        assert_eq!(bytes, written(table, &findings.clone()));
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).expect("a Parquet file");
        let metadata = reader.metadata().file_metadata().key_value_metadata();
        let value = |key: &str| {
            let entry = metadata.and_then(|all| all.iter().find(|entry| entry.key == key));
            entry.and_then(|entry| entry.value.clone())
        };
        let generation = Generation::of(&findings).expect("known types").to_string();
        assert_eq!(value("lookalike.table").as_deref(), Some(table.name()));
        assert_eq!(
            value("lookalike.version").as_deref(),
            Some(env!("CARGO_PKG_VERSION"))
        );
        assert_eq!(value("lookalike.generation"), Some(generation));
        let column = reader.metadata().row_group(0).column(0);
        assert!(column.statistics().is_some());
        assert!(matches!(column.compression(), Compression::ZSTD(_)));
    }
}

#[test]
fn no_row_group_is_larger_than_documented_and_an_empty_table_is_a_table() {
    let many = (0..ROWS + 5)
        .map(|i| image(&format!("{i:07}"), 1, 1))
        .collect();
    let bytes = written(Table::Groups, &found(many, &[]));
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).expect("a Parquet file");
    let rows = reader
        .metadata()
        .row_groups()
        .iter()
        .map(|group| group.num_rows());
    assert_eq!(rows.collect::<Vec<_>>(), [ROWS as i64, 5]);
    let bytes = written(Table::Pairs, &found(Vec::new(), &[]));
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).expect("a Parquet file");
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
}
