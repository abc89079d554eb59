//! The digest of a report's own content.

use std::fmt;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Float32Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use blake3::Hasher;
use parquet::errors::ParquetError;

use crate::{Error, Findings, Table};

/// Sixteen hexadecimal digits that stand in every file of a report. Files with the same digits
/// belong together, and equal findings have equal digits: the number of scans behind them, the
/// time and the encoding of the files leave no trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation(String);

impl Generation {
    /// The digest (BLAKE3) of all rows of all tables, value by value.
    ///
    /// # Errors
    /// [`Error::Table`] where a table has no rows to be read, which is a fault of this crate.
    pub fn of(findings: &Findings) -> Result<Self, Error> {
        let mut hasher = Hasher::new();
        for table in Table::ALL {
            hasher.update(table.name().as_bytes());
            table
                .each_batch(findings, |batch| {
                    let mut columns = batch.columns().iter();
                    columns.try_for_each(|column| update(&mut hasher, column.as_ref()))
                })
                .map_err(|source| table.failed(source))?;
        }
        Ok(Self(hasher.finalize().to_hex()[..16].to_owned()))
    }

    /// The sixteen digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Generation> for String {
    fn from(generation: Generation) -> Self {
        generation.0
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Feeds a column: its length, then each value with a mark before it that says whether it is there.
fn update(hasher: &mut Hasher, column: &dyn Array) -> Result<(), ParquetError> {
    hasher.update(&(column.len() as u64).to_le_bytes());
    let mut feed = |value: Option<&[u8]>| {
        hasher.update(&[u8::from(value.is_some())]);
        if let Some(value) = value {
            hasher.update(&(value.len() as u64).to_le_bytes());
            hasher.update(value);
        }
    };
    let row = |index: usize| column.is_valid(index).then_some(index);
    let rows = (0..column.len()).map(row);
    macro_rules! feed_each {
        ($array:expr, $bytes:expr) => {{
            let array = $array;
            rows.for_each(|row| {
                let value = row.map(|row| array.value(row)).map($bytes);
                feed(value.as_ref().map(AsRef::as_ref));
            })
        }};
    }
    match column.data_type() {
        DataType::Utf8 => feed_each!(column.as_string::<i32>(), str::as_bytes),
        DataType::Int64 => feed_each!(column.as_primitive::<Int64Type>(), i64::to_le_bytes),
        DataType::Int32 => feed_each!(column.as_primitive::<Int32Type>(), i32::to_le_bytes),
        DataType::Float32 => feed_each!(column.as_primitive::<Float32Type>(), f32::to_le_bytes),
        DataType::Boolean => feed_each!(column.as_boolean(), |value| [u8::from(value)]),
        DataType::Timestamp(TimeUnit::Microsecond, _) => feed_each!(
            column.as_primitive::<TimestampMicrosecondType>(),
            i64::to_le_bytes
        ),
        other => return Err(ParquetError::NYI(format!("a column of type {other}"))),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::{Image, Near};
    use crate::sample::{found, image};

    fn of(images: Vec<Image>, near: &[Near]) -> String {
        Generation::of(&found(images, near)).expect("known types").0
    }

    #[test]
    fn equal_findings_have_equal_digits_whatever_order_they_came_in() {
        let near = |a, b| Near {
            a,
            b,
            similarity: 0.95,
        };
        let three = [image("a", 1, 1), image("b", 2, 2), image("c", 3, 3)];
        let mut turned = three.to_vec();
        turned.reverse();
        let digits = of(three.to_vec(), &[near(0, 1), near(1, 2)]);
        assert_eq!(digits, of(turned, &[near(2, 1), near(0, 1)]));
        assert_eq!(digits.len(), 16);
        assert_ne!(digits, of(three.to_vec(), &[near(0, 1)]));
    }

    #[test]
    fn every_value_counts_also_the_missing_ones() {
        let base = of(vec![image("a", 1, 1)], &[]);
        let changes: [fn(&mut Image); 8] = [
            |i| i.path = "b".into(),
            |i| i.bytes = None,
            |i| i.modified_ns = Some(0),
            |i| i.flat = None,
            |i| i.archive = Some(String::new()),
            |i| i.member = Some(String::new()),
            |i| i.label = Some(String::new()),
            |i| i.split = Some(String::new()),
        ];
        let mut all = vec![base];
        for change in changes {
            let mut changed = image("a", 1, 1);
            change(&mut changed);
            all.push(of(vec![changed], &[]));
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 9);
    }
}
