//! `thumbs/NNN.parquet`: small JPEG pictures by content and side.
//!
//! This crate does not look into them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{BinaryArray, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field};
use bytes::Bytes;
use lookalike_types::ContentId;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::EnabledStatistics;
use parquet::schema::types::ColumnPath;

use crate::table::{self, column};

/// The longer side in pixels, and whose picture it is.
pub(crate) type Key = (u32, ContentId);

/// What a small picture takes, about; bounds the bytes of a row group.
const ABOUT_BYTES: usize = 8 << 10;

/// The bytes of a segment with these pictures.
pub(crate) fn encode(
    generation: u64,
    thumbs: &BTreeMap<Key, Vec<u8>>,
) -> Result<Vec<u8>, ParquetError> {
    let schema = table::schema(vec![
        Field::new("content", DataType::Utf8, false),
        Field::new("side", DataType::UInt32, false),
        Field::new("jpeg", DataType::Binary, false),
    ]);
    // JPEG does not get smaller, and its least and greatest bytes tell nobody anything.
    let jpeg = || ColumnPath::from("jpeg");
    let group = table::group_rows(ABOUT_BYTES);
    let properties = table::properties(generation, Vec::new())
        .set_column_compression(jpeg(), Compression::UNCOMPRESSED)
        .set_column_statistics_enabled(jpeg(), EnabledStatistics::None)
        .set_max_row_group_row_count(Some(group))
        .build();
    let rows: Vec<(&Key, &Vec<u8>)> = thumbs.iter().collect();
    let batches = rows.chunks(group).map(|rows| {
        let content = StringArray::from_iter_values(rows.iter().map(|row| row.0.1.to_string()));
        let side = UInt32Array::from_iter_values(rows.iter().map(|row| row.0.0));
        let jpeg = BinaryArray::from_iter_values(rows.iter().map(|row| row.1));
        table::batch(
            &schema,
            vec![Arc::new(content), Arc::new(side), Arc::new(jpeg)],
        )
    });
    table::encode(&schema, properties, batches)
}

/// Calls `each` with the key of every picture of a segment.
pub(crate) fn read_keys(bytes: &Bytes, each: &mut dyn FnMut(Key)) -> Result<(), String> {
    table::read(bytes, &["content", "side"], &mut |batch| {
        let content: &StringArray = column(batch, "content")?;
        let side: &UInt32Array = column(batch, "side")?;
        for index in 0..batch.num_rows() {
            each((side.value(index), table::content(content.value(index))?));
        }
        Ok(())
    })
}

/// Calls `each` with every picture of a segment.
pub(crate) fn read(bytes: &Bytes, each: &mut dyn FnMut(Key, &[u8])) -> Result<(), String> {
    table::read(bytes, &["content", "side", "jpeg"], &mut |batch| {
        let content: &StringArray = column(batch, "content")?;
        let side: &UInt32Array = column(batch, "side")?;
        let jpeg: &BinaryArray = column(batch, "jpeg")?;
        for index in 0..batch.num_rows() {
            let content = table::content(content.value(index))?;
            each((side.value(index), content), jpeg.value(index));
        }
        Ok(())
    })
}
