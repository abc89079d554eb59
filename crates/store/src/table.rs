//! Parquet tables as bytes: one way to write them, one way to read some of their columns.
//!
//! The same rows give the same bytes. Reading damaged bytes gives words, never a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema, SchemaRef};
use bytes::Bytes;
use lookalike_types::{ContentId, Failed};
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};

use crate::commit::FORMAT;

/// Row groups hold at most this many rows.
pub(crate) const GROUP_ROWS: usize = 128 * 1024;
/// … and at most about this many bytes of the widest column, so that neither writer nor reader
/// holds more than that at once.
pub(crate) const GROUP_BYTES: usize = 32 << 20;
/// Rows that a reader decodes at a time.
const BATCH_ROWS: usize = 4096;

/// Rows of a group whose widest column takes `row_bytes` per row.
pub(crate) fn group_rows(row_bytes: usize) -> usize {
    (GROUP_BYTES / row_bytes.max(1)).clamp(1, GROUP_ROWS)
}

/// What all tables have in common: zstd, no dictionaries (digests, paths and vectors do not repeat,
/// and a dictionary that fails costs both time and space), statistics, and in the metadata the
/// format, the generation and what else the table says of itself.
pub(crate) fn properties(
    generation: u64,
    more: Vec<(&'static str, String)>,
) -> WriterPropertiesBuilder {
    let mut pairs = vec![
        ("lookalike.format", FORMAT.to_string()),
        ("lookalike.generation", generation.to_string()),
    ];
    pairs.extend(more);
    // A list, not the metadata of the Arrow schema: that is a hash map, and its order is chance.
    let pairs = pairs
        .into_iter()
        .map(|(key, value)| KeyValue::new(key.to_owned(), value));
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_key_value_metadata(Some(pairs.collect()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
}

/// The bytes of a table made of these batches.
pub(crate) fn encode(
    schema: &SchemaRef,
    properties: WriterProperties,
    batches: impl Iterator<Item = Result<RecordBatch, ParquetError>>,
) -> Result<Vec<u8>, ParquetError> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, Arc::clone(schema), Some(properties))?;
    for batch in batches {
        writer.write(&batch?)?;
    }
    writer.close()?;
    Ok(bytes)
}

/// A batch of these columns.
pub(crate) fn batch(
    schema: &SchemaRef,
    columns: Vec<ArrayRef>,
) -> Result<RecordBatch, ParquetError> {
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

/// A schema of these fields.
pub(crate) fn schema(fields: Vec<Field>) -> SchemaRef {
    Arc::new(Schema::new(fields))
}

/// Hands the named columns of a table to `each`, batch by batch, in the order of the rows. What is
/// wrong with the table comes back in words.
///
/// Decoders of Parquet and zstd check much but not all of what damaged bytes make them read, and a
/// feature segment is too large to be verified by its digest at each opening; so a panic in a
/// decoder is caught here and becomes words too. Everything in reach of it is thrown away.
pub(crate) fn read(
    bytes: &Bytes,
    columns: &[&str],
    each: &mut dyn FnMut(&RecordBatch) -> Result<(), String>,
) -> Result<(), String> {
    let decode = AssertUnwindSafe(|| decode(bytes, columns, each));
    catch_unwind(decode).unwrap_or_else(|_| Err("its Parquet decoder gave up".to_owned()))
}

fn decode(
    bytes: &Bytes,
    columns: &[&str],
    each: &mut dyn FnMut(&RecordBatch) -> Result<(), String>,
) -> Result<(), String> {
    let words = |error: ParquetError| error.to_string();
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).map_err(words)?;
    let mask = ProjectionMask::columns(reader.parquet_schema(), columns.iter().copied());
    let reader = reader.with_projection(mask).with_batch_size(BATCH_ROWS);
    for batch in reader.build().map_err(words)? {
        each(&batch.map_err(|error| error.to_string())?)?;
    }
    Ok(())
}

/// The value under this key of the table's own metadata.
pub(crate) fn metadata(bytes: &Bytes, key: &str) -> Result<String, String> {
    let open = AssertUnwindSafe(|| ParquetRecordBatchReaderBuilder::try_new(bytes.clone()));
    let reader = catch_unwind(open)
        .map_err(|_| "its Parquet decoder gave up".to_owned())?
        .map_err(|error| error.to_string())?;
    let pairs = reader.metadata().file_metadata().key_value_metadata();
    let mut pairs = pairs.into_iter().flatten();
    pairs
        .find(|pair| pair.key == key)
        .and_then(|pair| pair.value.clone())
        .ok_or_else(|| format!("its metadata has no `{key}`"))
}

/// The column of this name and type.
pub(crate) fn column<'a, A: Array + 'static>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a A, String> {
    let column = batch
        .column_by_name(name)
        .ok_or_else(|| format!("it has no column `{name}`"))?;
    let typed = column.as_any().downcast_ref::<A>();
    typed.ok_or_else(|| format!("its column `{name}` has type {}", column.data_type()))
}

/// A content id from its text in a table.
pub(crate) fn content(text: &str) -> Result<ContentId, String> {
    text.parse().map_err(|error| format!("{error}"))
}

/// A failure from its two columns; `None` where there is no reason.
pub(crate) fn failed(reason: Option<&str>, detail: Option<&str>) -> Result<Option<Failed>, String> {
    let Some(reason) = reason else {
        return Ok(None);
    };
    let detail = detail.unwrap_or_default();
    Ok(Some(Failed::new(reason.parse()?, detail)))
}

/// What stands in row `index`, or `None` where that is null.
macro_rules! optional {
    ($column:expr, $index:expr) => {{
        let column = $column;
        (!arrow::array::Array::is_null(column, $index)).then(|| column.value($index))
    }};
}
pub(crate) use optional;
