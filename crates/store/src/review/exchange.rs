//! Verdicts as a Parquet file, to be kept elsewhere or given to somebody else.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, SchemaRef, TimeUnit};
use bytes::Bytes;
use lookalike_types::{PairVerdict, escape};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::foreign;
use crate::error::{Error, Result};
use crate::medium::{TEMPORARY, publish};
use crate::table::{self, GROUP_ROWS};

pub(super) const CONTENT_A: &str = "content_a";
pub(super) const CONTENT_B: &str = "content_b";
pub(super) const VERDICT: &str = "verdict";
pub(super) const AT: &str = "at";
pub(super) const BY: &str = "by";

pub(super) const MICROS: i64 = 1_000_000;

/// Writes verdicts as a table, sorted by contents. The same verdicts give the same bytes. A file of
/// this name is replaced in one step.
///
/// # Errors
/// [`Error::Io`] where the file cannot be written.
pub fn export_verdicts(verdicts: &[PairVerdict], path: &Path) -> Result<()> {
    let mut sorted: Vec<&PairVerdict> = verdicts.iter().collect();
    sorted.sort_by_key(|verdict| (verdict.a, verdict.b));
    let bytes = encode(&sorted).map_err(|source| Error::Encode {
        name: shown(path),
        source,
    })?;
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(TEMPORARY);
    let temporary = Path::new(&temporary);
    let write = || {
        let mut file = File::create(temporary)?;
        file.write_all(&bytes)?;
        publish(file, temporary, path)
    };
    write().map_err(|source| Error::Io {
        action: "write",
        path: shown(path),
        source,
    })
}

/// The verdicts of a table that [`export_verdicts`], or another program, wrote. Other columns are
/// passed over, rows may come in any order, and a pair in more than one.
///
/// # Errors
/// [`Error::Io`] where the file cannot be read, [`Error::Verdicts`] where it is no such table.
pub fn import_verdicts(path: &Path) -> Result<Vec<PairVerdict>> {
    let bytes = std::fs::read(path).map_err(|source| Error::Io {
        action: "read",
        path: shown(path),
        source,
    })?;
    foreign::verdicts(&Bytes::from(bytes)).map_err(|fault| Error::Verdicts {
        path: shown(path),
        fault,
    })
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

fn encode(verdicts: &[&PairVerdict]) -> std::result::Result<Vec<u8>, ParquetError> {
    let schema = schema();
    let batches = verdicts.chunks(GROUP_ROWS).map(|rows| {
        let text = |of: &dyn Fn(&PairVerdict) -> String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(
                rows.iter().map(|row| of(row)),
            ))
        };
        // A time of the log fits into microseconds: it ends with the year 9999.
        let at = rows.iter().map(|row| row.at.saturating_mul(MICROS));
        let at = TimestampMicrosecondArray::from_iter_values(at).with_timezone("UTC");
        let columns = vec![
            text(&|row| row.a.to_string()),
            text(&|row| row.b.to_string()),
            text(&|row| row.verdict.as_str().to_owned()),
            Arc::new(at),
            text(&|row| row.by.clone()),
        ];
        table::batch(&schema, columns)
    });
    table::encode(&schema, properties(), batches)
}

fn schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, false);
    let at = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    table::schema(vec![
        text(CONTENT_A),
        text(CONTENT_B),
        text(VERDICT),
        Field::new(AT, at, false),
        text(BY),
    ])
}

fn properties() -> WriterProperties {
    let notes = [
        ("lookalike.version", env!("CARGO_PKG_VERSION")),
        ("lookalike.table", "verdicts"),
    ];
    let notes = notes.map(|(key, value)| KeyValue::new(key.to_owned(), value.to_owned()));
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_key_value_metadata(Some(notes.to_vec()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .build()
}
