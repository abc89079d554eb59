//! `images.parquet`, `pairs.parquet`, `groups.parquet`, `leaks.parquet` and `label_conflicts.parquet`.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float32Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::crossings::Crossing;
use crate::findings::{Findings, Group, Member};
use crate::images::{Image, Pair};
use crate::{Error, Generation, schema};

/// Rows per row group, and per batch in memory: bounded, whatever the size of the collection.
const ROWS: usize = 128 * 1024;

/// One of the tables of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// One row per image, by path.
    Images,
    /// One row per pair, most alike first.
    Pairs,
    /// One row per member of a group, the largest group first.
    Groups,
    /// One row per pair of look-alikes in different splits, most alike first.
    Leaks,
    /// One row per pair of look-alikes with different labels, most alike first.
    LabelConflicts,
}

impl Table {
    /// All five.
    pub const ALL: [Self; 5] = [
        Self::Images,
        Self::Pairs,
        Self::Groups,
        Self::Leaks,
        Self::LabelConflicts,
    ];

    /// `images`, `pairs`, `groups`, `leaks` or `label_conflicts`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Pairs => "pairs",
            Self::Groups => "groups",
            Self::Leaks => "leaks",
            Self::LabelConflicts => "label_conflicts",
        }
    }

    /// The name of its file in `report/`.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Images => "images.parquet",
            Self::Pairs => "pairs.parquet",
            Self::Groups => "groups.parquet",
            Self::Leaks => "leaks.parquet",
            Self::LabelConflicts => "label_conflicts.parquet",
        }
    }

    /// Its columns, as `docs/format.md` documents them.
    pub fn schema(self) -> SchemaRef {
        match self {
            Self::Images => schema::images(),
            Self::Pairs => schema::pairs(),
            Self::Groups => schema::groups(),
            Self::Leaks => schema::leaks(),
            Self::LabelConflicts => schema::label_conflicts(),
        }
    }

    /// The bytes of the Parquet file: equal for equal findings.
    ///
    /// # Errors
    /// [`Error::Table`] where the Parquet writer refuses.
    pub fn to_parquet(
        self,
        findings: &Findings,
        generation: &Generation,
    ) -> Result<Vec<u8>, Error> {
        let write = || {
            let properties = Some(properties(self, generation));
            let mut writer = ArrowWriter::try_new(Vec::new(), self.schema(), properties)?;
            self.each_batch(findings, |batch| writer.write(&batch))?;
            writer.into_inner()
        };
        write().map_err(|source| self.failed(source))
    }

    /// Hands over the rows in order, at most [`ROWS`] at a time.
    pub(crate) fn each_batch(
        self,
        findings: &Findings,
        mut sink: impl FnMut(RecordBatch) -> Result<(), ParquetError>,
    ) -> Result<(), ParquetError> {
        let schema = self.schema();
        let mut send = |columns| sink(RecordBatch::try_new(Arc::clone(&schema), columns)?);
        match self {
            Self::Images => (0..findings.images.len())
                .step_by(ROWS)
                .try_for_each(|start| send(images(findings, start))),
            Self::Pairs => findings
                .pairs
                .chunks(ROWS)
                .try_for_each(|rows| send(pairs(findings, rows))),
            Self::Groups => member_rows(findings)
                .chunks(ROWS)
                .try_for_each(|rows| send(groups(findings, rows))),
            Self::Leaks => findings
                .leaks
                .chunks(ROWS)
                .try_for_each(|rows| send(crossings(findings, rows, |image| &image.split))),
            Self::LabelConflicts => findings
                .label_conflicts
                .chunks(ROWS)
                .try_for_each(|rows| send(crossings(findings, rows, |image| &image.label))),
        }
    }

    pub(crate) fn failed(self, source: ParquetError) -> Error {
        Error::Table {
            table: self.file_name(),
            source,
        }
    }
}

fn properties(table: Table, generation: &Generation) -> WriterProperties {
    let entry = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROWS))
        .set_created_by(format!("lookalike {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(vec![
            entry("lookalike.version", env!("CARGO_PKG_VERSION").to_owned()),
            entry("lookalike.table", table.name().to_owned()),
            entry("lookalike.generation", generation.to_string()),
        ]))
        .build()
}

fn images(findings: &Findings, start: usize) -> Vec<ArrayRef> {
    let end = findings.images.len().min(start + ROWS);
    let rows = &findings.images[start..end];
    let failed = |image: &Image| image.failed.as_ref().map(|failed| failed.reason.as_str());
    let detail = |image: &Image| image.failed.as_ref().map(|failed| failed.detail.clone());
    let status = |image: &Image| {
        if image.failed.is_some() {
            "failed"
        } else {
            "ok"
        }
    };
    let modified = rows
        .iter()
        .map(|i| i.modified_ns.map(|ns| ns.div_euclid(1000)));
    let modified: TimestampMicrosecondArray = modified.collect();
    vec![
        text(rows.iter().map(|i| Some(&i.path))),
        text(rows.iter().map(|i| i.archive.as_ref())),
        text(rows.iter().map(|i| i.member.as_ref())),
        text(rows.iter().map(|i| Some(status(i)))),
        text(rows.iter().map(failed)),
        text(rows.iter().map(detail)),
        int64(rows.iter().map(bytes)),
        Arc::new(modified.with_timezone("UTC")),
        text(rows.iter().map(format)),
        int32(rows.iter().map(width)),
        int32(rows.iter().map(height)),
        text(rows.iter().map(|i| i.content.map(|id| id.to_string()))),
        text(
            rows.iter()
                .map(|i| i.facts.as_ref().map(|f| f.pixels.to_string())),
        ),
        boolean(rows.iter().map(|i| i.flat)),
        int64((start..end).map(|index| findings.group_of(index))),
        text(rows.iter().map(|i| i.label.as_ref())),
        text(rows.iter().map(|i| i.split.as_ref())),
    ]
}

fn pairs(findings: &Findings, rows: &[Pair]) -> Vec<ArrayRef> {
    let path = |index: usize| Some(&findings.images[index].path);
    vec![
        text(rows.iter().map(|pair| path(pair.a))),
        text(rows.iter().map(|pair| path(pair.b))),
        float32(rows.iter().map(|pair| Some(pair.similarity))),
        text(rows.iter().map(|pair| Some(pair.kind.as_str()))),
        int64(rows.iter().map(|pair| pair.group)),
    ]
}

struct MemberRow<'a> {
    number: i64,
    group: &'a Group,
    member: &'a Member,
}

fn member_rows(findings: &Findings) -> Vec<MemberRow<'_>> {
    let total = findings
        .groups
        .iter()
        .map(|group| group.members.len())
        .sum();
    let mut all = Vec::with_capacity(total);
    for (number, group) in (1..).zip(&findings.groups) {
        all.extend(group.members.iter().map(|member| MemberRow {
            number,
            group,
            member,
        }));
    }
    all
}

fn groups(findings: &Findings, rows: &[MemberRow<'_>]) -> Vec<ArrayRef> {
    let image = |row: &MemberRow<'_>| &findings.images[row.member.image];
    let copy_of = |row: &MemberRow<'_>| row.member.copy_of.map(|i| &findings.images[i].path);
    vec![
        int64(rows.iter().map(|row| Some(row.number))),
        text(rows.iter().map(|row| Some(&image(row).path))),
        int64(
            rows.iter()
                .map(|row| i64::try_from(row.group.members.len()).ok()),
        ),
        text(rows.iter().map(|row| Some(row.group.kind.as_str()))),
        float32(rows.iter().map(|row| Some(row.group.weakest))),
        boolean(rows.iter().map(|row| Some(row.member.keep()))),
        text(rows.iter().map(|row| Some(&row.member.why))),
        text(rows.iter().map(copy_of)),
        float32(rows.iter().map(|row| row.member.similarity)),
        int64(rows.iter().map(|row| bytes(image(row)))),
        int32(rows.iter().map(|row| width(image(row)))),
        int32(rows.iter().map(|row| height(image(row)))),
        text(rows.iter().map(|row| format(image(row)))),
    ]
}

fn crossings(
    findings: &Findings,
    rows: &[Crossing],
    value: impl Fn(&Image) -> &Option<String>,
) -> Vec<ArrayRef> {
    let path = |index: usize| Some(&findings.images[index].path);
    let value = |index: usize| value(&findings.images[index]).as_ref();
    vec![
        text(rows.iter().map(|row| path(row.a))),
        text(rows.iter().map(|row| value(row.a))),
        text(rows.iter().map(|row| path(row.b))),
        text(rows.iter().map(|row| value(row.b))),
        float32(rows.iter().map(|row| Some(row.similarity))),
        text(rows.iter().map(|row| Some(row.kind.as_str()))),
        int64(rows.iter().map(|row| findings.group_of(row.a))),
    ]
}

fn bytes(image: &Image) -> Option<i64> {
    image.bytes.and_then(|bytes| i64::try_from(bytes).ok())
}

fn width(image: &Image) -> Option<i32> {
    image
        .facts
        .as_ref()
        .and_then(|facts| i32::try_from(facts.width).ok())
}

fn height(image: &Image) -> Option<i32> {
    image
        .facts
        .as_ref()
        .and_then(|facts| i32::try_from(facts.height).ok())
}

fn format(image: &Image) -> Option<&str> {
    image.facts.as_ref().map(|facts| facts.format.as_str())
}

fn text<T: AsRef<str>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn int64(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<Int64Array>())
}

fn int32(values: impl Iterator<Item = Option<i32>>) -> ArrayRef {
    Arc::new(values.collect::<Int32Array>())
}

fn float32(values: impl Iterator<Item = Option<f32>>) -> ArrayRef {
    Arc::new(values.collect::<Float32Array>())
}

fn boolean(values: impl Iterator<Item = Option<bool>>) -> ArrayRef {
    Arc::new(values.collect::<BooleanArray>())
}

#[cfg(test)]
mod tests;
