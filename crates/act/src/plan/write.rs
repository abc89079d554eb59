//! The plan as a Parquet table.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, Float32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::{Copy, Plan, PlanRow, VERSION};
use crate::name::shown;

/// Rows per row group, and per batch in memory.
const ROWS: usize = 128 * 1024;

/// The columns: name, type, whether it may be null.
pub(crate) fn schema() -> SchemaRef {
    let field = |name, kind| Field::new(name, kind, false);
    let optional = |name, kind| Field::new(name, kind, true);
    Arc::new(Schema::new(vec![
        field("group", DataType::Int64),
        field("path", DataType::Utf8),
        field("place", DataType::Binary),
        optional("member", DataType::Binary),
        field("decision", DataType::Utf8),
        field("reason", DataType::Utf8),
        optional("rule", DataType::Utf8),
        field("content", DataType::Utf8),
        optional("bytes", DataType::Int64),
        optional("copy_of", DataType::Utf8),
        optional("copy_place", DataType::Binary),
        optional("copy_member", DataType::Binary),
        optional("copy_content", DataType::Utf8),
        optional("similarity", DataType::Float32),
        optional("kind", DataType::Utf8),
        optional("goes_to", DataType::Utf8),
    ]))
}

pub(crate) fn write(plan: &Plan) -> Result<Vec<u8>, ParquetError> {
    let schema = schema();
    let properties = Some(properties(plan));
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), properties)?;
    for rows in plan.rows.chunks(ROWS) {
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns(rows))?)?;
    }
    writer.into_inner()
}

fn properties(plan: &Plan) -> WriterProperties {
    let entry = |key: &str, value: String| KeyValue::new(format!("lookalike.{key}"), value);
    let bound = plan.bound.as_ref().map(serde_json::Value::to_string);
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROWS))
        .set_created_by(format!("lookalike {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(vec![
            entry("plan", VERSION.to_owned()),
            entry("generation", plan.generation.clone()),
            entry("root", shown(&plan.root)),
            entry("settings", plan.settings.to_string()),
            entry("bound", bound.unwrap_or_else(|| "null".to_owned())),
            entry("digest", plan.digest()),
        ]))
        .build()
}

fn columns(rows: &[PlanRow]) -> Vec<ArrayRef> {
    let copy = |row: &PlanRow| row.copy.clone();
    let of_copy = |value: fn(Copy) -> String| text(rows.iter().map(|row| copy(row).map(value)));
    let similarity: Float32Array = rows
        .iter()
        .map(|row| copy(row).map(|c| c.similarity))
        .collect();
    vec![
        Arc::new(Int64Array::from_iter_values(
            rows.iter().map(|row| row.group),
        )),
        text(rows.iter().map(|row| Some(row.place.shown()))),
        binary(rows.iter().map(|row| Some(row.place.path.clone()))),
        binary(rows.iter().map(|row| row.place.member.clone())),
        text(rows.iter().map(|row| Some(row.decision.as_str()))),
        text(rows.iter().map(|row| Some(&row.reason))),
        text(rows.iter().map(|row| row.rule.as_ref())),
        text(rows.iter().map(|row| Some(row.content.to_string()))),
        Arc::new(
            rows.iter()
                .map(|row| row.bytes.and_then(|n| i64::try_from(n).ok()))
                .collect::<Int64Array>(),
        ),
        of_copy(|copy| copy.place.shown()),
        binary(rows.iter().map(|row| copy(row).map(|copy| copy.place.path))),
        binary(
            rows.iter()
                .map(|row| copy(row).and_then(|copy| copy.place.member)),
        ),
        of_copy(|copy| copy.content.to_string()),
        Arc::new(similarity),
        of_copy(|copy| copy.kind.as_str().to_owned()),
        text(rows.iter().map(|row| row.goes_to.as_ref())),
    ]
}

fn text<T: AsRef<str>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn binary(values: impl Iterator<Item = Option<Vec<u8>>>) -> ArrayRef {
    Arc::new(values.collect::<BinaryArray>())
}
