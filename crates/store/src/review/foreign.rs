//! Reading a table of verdicts that anybody may have written: every column and value is looked at.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use bytes::Bytes;
use lookalike_types::{ContentId, PairVerdict, Verdict, escape};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use super::exchange::{AT, BY, CONTENT_A, CONTENT_B, VERDICT};
use super::lines::LAST_SECOND;

/// Why a file is no table of verdicts, in words that follow its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerdictFault {
    /// Not what Parquet wants, or a kind of it that is not known.
    #[error(
        "cannot be read as Parquet: {why}. Name a file that `lookalike verdicts export` wrote, or \
         write it again"
    )]
    Parquet {
        /// The words of the decoder.
        why: String,
    },
    /// A column is not there.
    #[error(
        "has no column `{name}`. A table of verdicts has content_a, content_b, verdict, at and by; \
         name a file that `lookalike verdicts export` wrote"
    )]
    NoColumn {
        /// Its name.
        name: &'static str,
    },
    /// A column holds something else.
    #[error("has a column `{name}` of type {found}, but {wanted} is needed. Cast it")]
    ColumnType {
        /// The column.
        name: &'static str,
        /// Its type.
        found: String,
        /// What it may be.
        wanted: &'static str,
    },
    /// A value makes no sense.
    #[error("says in column `{name}`, row {row} (from 0): {why}. Mend that row, or leave it out")]
    Value {
        /// The column.
        name: &'static str,
        /// The row, from 0.
        row: usize,
        /// What is wrong with it.
        why: String,
    },
}

type Found<T> = Result<T, VerdictFault>;

/// All verdicts of a table, in the order of its rows.
pub(super) fn verdicts(bytes: &Bytes) -> Found<Vec<PairVerdict>> {
    // Decoders check much but not all of what damaged bytes make them read; see `table::read`.
    catch_unwind(AssertUnwindSafe(|| decode(bytes)))
        .unwrap_or_else(|_| Err(unreadable(&"its decoder gave up")))
}

fn unreadable(why: &dyn ToString) -> VerdictFault {
    let why = escape(why.to_string().as_bytes());
    VerdictFault::Parquet { why }
}

fn decode(bytes: &Bytes) -> Found<Vec<PairVerdict>> {
    // What the writer's memory looked like does not matter: strings are strings.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes.clone(), options)
        .map_err(|error| unreadable(&error))?;
    let names = [CONTENT_A, CONTENT_B, VERDICT, AT, BY];
    for name in names {
        let field = reader.schema().field_with_name(name);
        let data_type = field
            .map_err(|_| VerdictFault::NoColumn { name })?
            .data_type();
        let (fits, wanted) = match name {
            AT => (matches!(data_type, DataType::Timestamp(..)), "a timestamp"),
            _ => (*data_type == DataType::Utf8, "a string"),
        };
        if !fits {
            let found = data_type.to_string();
            return Err(VerdictFault::ColumnType {
                name,
                found,
                wanted,
            });
        }
    }
    let mask = ProjectionMask::columns(reader.parquet_schema(), names);
    let reader = reader.with_projection(mask).build();
    let mut all = Vec::new();
    for batch in reader.map_err(|error| unreadable(&error))? {
        let batch = batch.map_err(|error| unreadable(&error))?;
        let first = all.len();
        for row in 0..batch.num_rows() {
            all.push(
                Row {
                    batch: &batch,
                    first,
                    row,
                }
                .verdict()?,
            );
        }
    }
    Ok(all)
}

struct Row<'a> {
    batch: &'a RecordBatch,
    /// The number of the batch's first row.
    first: usize,
    row: usize,
}

impl Row<'_> {
    fn verdict(&self) -> Found<PairVerdict> {
        let word = self.text(VERDICT)?;
        let verdict = Verdict::parse(word).ok_or_else(|| {
            let word = escape(word.as_bytes());
            self.wrong(
                VERDICT,
                format!("`{word}` is neither `different` nor `keep-both`"),
            )
        })?;
        let (a, b) = (self.content(CONTENT_A)?, self.content(CONTENT_B)?);
        Ok(PairVerdict {
            a: a.min(b),
            b: a.max(b),
            verdict,
            at: self.at()?,
            by: self.text(BY)?.to_owned(),
        })
    }

    fn text(&self, name: &'static str) -> Found<&str> {
        let column = self.column(name)?.as_string::<i32>();
        Ok(column.value(self.row))
    }

    fn content(&self, name: &'static str) -> Found<ContentId> {
        let text = self.text(name)?;
        text.parse().map_err(|_| {
            let text = escape(text.as_bytes());
            self.wrong(name, format!("`{text}` is not 64 hexadecimal digits"))
        })
    }

    /// In seconds; a time without a zone is taken for UTC, as most programs write it.
    fn at(&self) -> Found<i64> {
        let column = self.column(AT)?;
        let (value, unit) = match column.data_type() {
            DataType::Timestamp(TimeUnit::Second, _) => (
                column.as_primitive::<TimestampSecondType>().value(self.row),
                1,
            ),
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                let column = column.as_primitive::<TimestampMillisecondType>();
                (column.value(self.row), 1_000)
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                let column = column.as_primitive::<TimestampMicrosecondType>();
                (column.value(self.row), 1_000_000)
            }
            _ => {
                let column = column.as_primitive::<TimestampNanosecondType>();
                (column.value(self.row), 1_000_000_000)
            }
        };
        let at = value.div_euclid(unit);
        if (0..=LAST_SECOND).contains(&at) {
            return Ok(at);
        }
        Err(self.wrong(
            AT,
            "the time is not between the years 1970 and 9999".to_owned(),
        ))
    }

    /// The column, where it has a value in this row.
    fn column(&self, name: &'static str) -> Found<&dyn Array> {
        let column = self.batch.column_by_name(name);
        let column = column.ok_or(VerdictFault::NoColumn { name })?;
        if column.is_null(self.row) {
            return Err(self.wrong(name, "nothing (null)".to_owned()));
        }
        Ok(column)
    }

    fn wrong(&self, name: &'static str, why: String) -> VerdictFault {
        let row = self.first + self.row;
        VerdictFault::Value { name, row, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::exchange::export_verdicts;

    fn verdict(number: u8) -> PairVerdict {
        PairVerdict {
            a: ContentId::from_bytes([number; 32]),
            b: ContentId::from_bytes([number + 1; 32]),
            verdict: Verdict::KeepBoth,
            at: 1_700_000_000 + i64::from(number),
            by: "ana".to_owned(),
        }
    }

    fn bytes() -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("verdicts.parquet");
        let all: Vec<PairVerdict> = (0..40).map(verdict).collect();
        export_verdicts(&all, &path).expect("written");
        std::fs::read(path).expect("there")
    }

    #[test]
    fn damage_at_any_byte_is_no_panic() {
        let whole = bytes();
        assert_eq!(
            verdicts(&Bytes::from(whole.clone())).expect("whole").len(),
            40
        );
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            let _ = verdicts(&Bytes::from(damaged));
            let cut = Bytes::copy_from_slice(&whole[..at]);
            assert!(
                matches!(verdicts(&cut), Err(VerdictFault::Parquet { .. })),
                "cut at {at}"
            );
        }
    }
}
