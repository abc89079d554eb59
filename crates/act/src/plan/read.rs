//! A plan from the bytes of a Parquet file, which may be damaged or somebody else's.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::{Array, BinaryArray, Float32Array, Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use lookalike_types::{ContentId, PairKind, Place};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use super::{Copy, Decision, Plan, PlanRow, VERSION};
use crate::error::{Error, Result};
use crate::name::{path_of, unescape};

/// What is wrong with the bytes.
enum Fault {
    /// They cannot be decoded, or are not what was written.
    Damaged(String),
    /// They are something else than a plan.
    Foreign(String),
    /// A row is wrong; counted from 0.
    Row(usize, String),
}

type Read<T> = std::result::Result<T, Fault>;

/// The plan, decoded but not yet checked for sense.
///
/// Decoders of Parquet and zstd check much, but not all of what damaged bytes make them read; so a
/// panic in one of them is caught here. Everything in reach of it is thrown away.
pub(crate) fn read(bytes: &Bytes) -> Result<Plan> {
    let decoded = catch_unwind(AssertUnwindSafe(|| decode(bytes)));
    let gave_up = || Err(Fault::Damaged("its Parquet decoder gave up".to_owned()));
    decoded
        .unwrap_or_else(|_| gave_up())
        .map_err(|fault| match fault {
            Fault::Damaged(why) => Error::Damaged { why },
            Fault::Foreign(why) => Error::Foreign { why },
            Fault::Row(row, why) => Error::Row { row: row + 1, why },
        })
}

fn decode(bytes: &Bytes) -> Read<Plan> {
    let damaged = |error: &dyn std::fmt::Display| Fault::Damaged(error.to_string());
    // The types are Parquet's own: what a data frame remembers of its columns does not matter.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes.clone(), options)
        .map_err(|error| damaged(&error))?;
    let pairs = reader.metadata().file_metadata().key_value_metadata();
    let notes: HashMap<String, String> = pairs
        .into_iter()
        .flatten()
        .filter_map(|pair| Some((pair.key.clone(), pair.value.clone()?)))
        .collect();
    let mut plan = described(&notes)?;
    for batch in reader.build().map_err(|error| damaged(&error))? {
        let batch = batch.map_err(|error| damaged(&error))?;
        rows(&batch, &mut plan.rows)?;
    }
    // A plan that somebody filtered by hand may leave the digest out.
    match notes.get("lookalike.digest") {
        Some(digest) if *digest != plan.digest() => {
            let why = "its rows are not those that were written";
            Err(Fault::Damaged(why.to_owned()))
        }
        _ => Ok(plan),
    }
}

/// What the metadata says, without rows.
fn described(notes: &HashMap<String, String>) -> Read<Plan> {
    let note = |key: &str| {
        let key = format!("lookalike.{key}");
        let found = notes.get(&key).map(String::as_str);
        found.ok_or_else(|| Fault::Foreign(format!("its metadata has no `{key}`")))
    };
    let version = note("plan")?;
    if version != VERSION {
        let why = format!("it has version {version}, and this lookalike knows version {VERSION}");
        return Err(Fault::Foreign(why));
    }
    let json = |key: &str| {
        let text = note(key)?;
        serde_json::from_str::<serde_json::Value>(text)
            .map_err(|error| Fault::Foreign(format!("its `lookalike.{key}` is no JSON: {error}")))
    };
    let root = unescape(note("root")?)
        .ok_or_else(|| Fault::Foreign("its `lookalike.root` is not escaped".to_owned()))?;
    Ok(Plan {
        generation: note("generation")?.to_owned(),
        root: path_of(&root),
        settings: json("settings")?,
        bound: Some(json("bound")?).filter(|bound| !bound.is_null()),
        rows: Vec::new(),
    })
}

fn column<'a, A: Array + 'static>(batch: &'a RecordBatch, name: &str) -> Read<&'a A> {
    let column = batch
        .column_by_name(name)
        .ok_or_else(|| Fault::Foreign(format!("it has no column `{name}`")))?;
    column.as_any().downcast_ref::<A>().ok_or_else(|| {
        let found = column.data_type();
        Fault::Foreign(format!("its column `{name}` has type {found}"))
    })
}

/// The value in this row, or `None` where it is null.
macro_rules! at {
    ($column:expr, $row:expr) => {
        (!$column.is_null($row)).then(|| $column.value($row))
    };
}

fn rows(batch: &RecordBatch, rows: &mut Vec<PlanRow>) -> Read<()> {
    let text = |name| column::<StringArray>(batch, name);
    let binary = |name| column::<BinaryArray>(batch, name);
    let (group, bytes) = (
        column::<Int64Array>(batch, "group")?,
        column::<Int64Array>(batch, "bytes")?,
    );
    let similarity = column::<Float32Array>(batch, "similarity")?;
    let (path, place, member) = (text("path")?, binary("place")?, binary("member")?);
    let (decision, reason, rule) = (text("decision")?, text("reason")?, text("rule")?);
    let (content, kind, goes_to) = (text("content")?, text("kind")?, text("goes_to")?);
    let (copy_of, copy_place) = (text("copy_of")?, binary("copy_place")?);
    let (copy_member, copy_content) = (binary("copy_member")?, text("copy_content")?);
    for index in 0..batch.num_rows() {
        let raw = Raw {
            group: at!(group, index),
            path: at!(path, index),
            place: at!(place, index),
            member: at!(member, index),
            decision: at!(decision, index),
            reason: at!(reason, index),
            rule: at!(rule, index),
            content: at!(content, index),
            bytes: at!(bytes, index),
            copy_of: at!(copy_of, index),
            copy_place: at!(copy_place, index),
            copy_member: at!(copy_member, index),
            copy_content: at!(copy_content, index),
            similarity: at!(similarity, index),
            kind: at!(kind, index),
            goes_to: at!(goes_to, index),
        };
        let number = rows.len();
        rows.push(raw.row().map_err(|why| Fault::Row(number, why))?);
    }
    Ok(())
}

/// A row as it stands in the table.
struct Raw<'a> {
    group: Option<i64>,
    path: Option<&'a str>,
    place: Option<&'a [u8]>,
    member: Option<&'a [u8]>,
    decision: Option<&'a str>,
    reason: Option<&'a str>,
    rule: Option<&'a str>,
    content: Option<&'a str>,
    bytes: Option<i64>,
    copy_of: Option<&'a str>,
    copy_place: Option<&'a [u8]>,
    copy_member: Option<&'a [u8]>,
    copy_content: Option<&'a str>,
    similarity: Option<f32>,
    kind: Option<&'a str>,
    goes_to: Option<&'a str>,
}

fn there<T>(value: Option<T>, name: &str) -> std::result::Result<T, String> {
    value.ok_or_else(|| format!("its `{name}` is null"))
}

fn content(text: &str) -> std::result::Result<ContentId, String> {
    text.parse().map_err(|error| format!("{error}"))
}

/// The place, which must be the one that a person reads beside it.
fn place(path: &[u8], member: Option<&[u8]>, shown: &str) -> std::result::Result<Place, String> {
    let place = Place {
        path: path.to_vec(),
        member: member.map(<[u8]>::to_vec),
    };
    if place.shown() == shown {
        Ok(place)
    } else {
        Err(format!("it says `{shown}` and means `{}`", place.shown()))
    }
}

impl Raw<'_> {
    fn row(&self) -> std::result::Result<PlanRow, String> {
        let decision = match there(self.decision, "decision")? {
            "keep" => Decision::Keep,
            "remove" => Decision::Remove,
            other => return Err(format!("`{other}` is not a decision")),
        };
        let bytes = self.bytes.map(u64::try_from).transpose();
        Ok(PlanRow {
            group: there(self.group, "group")?,
            place: place(
                there(self.place, "place")?,
                self.member,
                there(self.path, "path")?,
            )?,
            decision,
            reason: there(self.reason, "reason")?.to_owned(),
            rule: self.rule.map(str::to_owned),
            content: content(there(self.content, "content")?)?,
            bytes: bytes.map_err(|_| "its `bytes` is negative".to_owned())?,
            copy: self.copy()?,
            goes_to: self.goes_to.map(str::to_owned),
        })
    }

    fn copy(&self) -> std::result::Result<Option<Copy>, String> {
        let Some(path) = self.copy_place else {
            let alone = self.copy_of.is_none()
                && self.copy_member.is_none()
                && self.copy_content.is_none()
                && self.similarity.is_none()
                && self.kind.is_none();
            return match alone {
                true => Ok(None),
                false => Err(
                    "its `copy_place` is null, and other columns of the copy are not".to_owned(),
                ),
            };
        };
        let kind = match there(self.kind, "kind")? {
            "identical" => PairKind::Identical,
            "pixels" => PairKind::Pixels,
            "near" => PairKind::Near,
            other => return Err(format!("`{other}` is not a kind")),
        };
        Ok(Some(Copy {
            place: place(path, self.copy_member, there(self.copy_of, "copy_of")?)?,
            content: content(there(self.copy_content, "copy_content")?)?,
            similarity: there(self.similarity, "similarity")?,
            kind,
        }))
    }
}
