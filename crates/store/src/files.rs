//! `files/NNN.parquet`: which file had which content when, and which could not be read.
//!
//! Later segments overrule earlier ones, place by place.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Int64Array, RecordBatch, StringArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field};
use bytes::Bytes;
use lookalike_types::{FileRow, Place, Stamp};
use parquet::errors::ParquetError;

use crate::table::{self, column, optional};

const COLUMNS: [&str; 11] = [
    "path",
    "member",
    "shown",
    "bytes",
    "modified_ns",
    "source_bytes",
    "source_modified_ns",
    "content",
    "reason",
    "detail",
    "settled",
];

/// The bytes of a segment with these rows, which the map has sorted by place.
pub(crate) fn encode(
    generation: u64,
    rows: &BTreeMap<Place, FileRow>,
) -> Result<Vec<u8>, ParquetError> {
    let schema = table::schema(vec![
        Field::new("path", DataType::Binary, false),
        Field::new("member", DataType::Binary, true),
        Field::new("shown", DataType::Utf8, false),
        Field::new("bytes", DataType::UInt64, true),
        Field::new("modified_ns", DataType::Int64, true),
        Field::new("source_bytes", DataType::UInt64, true),
        Field::new("source_modified_ns", DataType::Int64, true),
        Field::new("content", DataType::Utf8, true),
        Field::new("reason", DataType::Utf8, true),
        Field::new("detail", DataType::Utf8, true),
        Field::new("settled", DataType::Boolean, false),
    ]);
    let rows: Vec<&FileRow> = rows.values().collect();
    let batches = rows
        .chunks(table::GROUP_ROWS)
        .map(|rows| table::batch(&schema, columns(rows)));
    let properties = table::properties(generation, Vec::new()).build();
    table::encode(&schema, properties, batches)
}

/// In the order of [`COLUMNS`].
fn columns(rows: &[&FileRow]) -> Vec<ArrayRef> {
    let each = || rows.iter();
    let size = |stamp: Option<Stamp>| stamp.map(|stamp| stamp.bytes);
    let time = |stamp: Option<Stamp>| stamp.map(|stamp| stamp.modified_ns);
    let failed = || each().map(|row| row.failed.as_ref());
    vec![
        Arc::new(BinaryArray::from_iter_values(
            each().map(|row| &row.place.path),
        )),
        Arc::new(BinaryArray::from_iter(
            each().map(|row| row.place.member.as_ref()),
        )),
        Arc::new(StringArray::from_iter_values(
            each().map(|row| row.place.shown()),
        )),
        Arc::new(UInt64Array::from_iter(each().map(|row| size(row.stamp)))),
        Arc::new(Int64Array::from_iter(each().map(|row| time(row.stamp)))),
        Arc::new(UInt64Array::from_iter(each().map(|row| size(row.source)))),
        Arc::new(Int64Array::from_iter(each().map(|row| time(row.source)))),
        Arc::new(StringArray::from_iter(
            each().map(|row| row.content.map(|id| id.to_string())),
        )),
        Arc::new(StringArray::from_iter(
            failed().map(|f| f.map(|f| f.reason.as_str())),
        )),
        Arc::new(StringArray::from_iter(
            failed().map(|f| f.map(|f| f.detail.as_str())),
        )),
        Arc::new(BooleanArray::from_iter(each().map(|row| Some(row.settled)))),
    ]
}

/// Lays the rows of a segment over those of the earlier ones.
pub(crate) fn overlay(bytes: &Bytes, rows: &mut BTreeMap<Place, FileRow>) -> Result<(), String> {
    table::read(bytes, &COLUMNS, &mut |batch| {
        for row in decode(batch)? {
            rows.insert(row.place.clone(), row);
        }
        Ok(())
    })
}

fn decode(batch: &RecordBatch) -> Result<Vec<FileRow>, String> {
    let path: &BinaryArray = column(batch, "path")?;
    let member: &BinaryArray = column(batch, "member")?;
    let content: &StringArray = column(batch, "content")?;
    let reason: &StringArray = column(batch, "reason")?;
    let detail: &StringArray = column(batch, "detail")?;
    let settled: &BooleanArray = column(batch, "settled")?;
    let stamps = stamps(batch, "bytes", "modified_ns")?;
    let sources = stamps_of_sources(batch)?;
    let each = stamps.into_iter().zip(sources).enumerate();
    let rows = each.map(|(index, (stamp, source))| {
        Ok(FileRow {
            place: Place {
                path: path.value(index).to_vec(),
                member: optional!(member, index).map(<[u8]>::to_vec),
            },
            stamp,
            source,
            content: optional!(content, index).map(table::content).transpose()?,
            failed: table::failed(optional!(reason, index), optional!(detail, index))?,
            settled: settled.value(index),
        })
    });
    rows.collect()
}

fn stamps_of_sources(batch: &RecordBatch) -> Result<Vec<Option<Stamp>>, String> {
    stamps(batch, "source_bytes", "source_modified_ns")
}

fn stamps(batch: &RecordBatch, size: &str, time: &str) -> Result<Vec<Option<Stamp>>, String> {
    let size: &UInt64Array = column(batch, size)?;
    let time: &Int64Array = column(batch, time)?;
    let both = size.iter().zip(time.iter());
    let stamp = |(bytes, modified_ns): (Option<u64>, Option<i64>)| {
        Some(Stamp {
            bytes: bytes?,
            modified_ns: modified_ns?,
        })
    };
    Ok(both.map(stamp).collect())
}
