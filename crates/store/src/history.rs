//! `index/SPACE/history-NNN.parquet`: which pairs are there, which were, and the scan in which that
//! last changed. From it and the pairs of now it follows what is new, gone, or back.
//!
//! A pair is known by a digest of its kind and of what it joins, so that it survives renames; how
//! often it is there says how many files of one content there are, less one.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{FixedSizeBinaryArray, Float32Array, StringArray, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field};
use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::errors::ParquetError;

use crate::table::{self, column};

/// A pair that is gone is forgotten after so many scans …
const FORGOTTEN_AFTER: u64 = 100;
/// … and the longest gone are when there are more than this.
const MOST_GONE: usize = 100_000;
const KEY: i32 = 16;

/// The digest of a pair: equal for the same kind and the same things joined.
pub type PairKey = [u8; KEY as usize];

/// A pair that a scan found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairSeen {
    /// How often.
    pub count: u32,
    /// The cosine; 1.0 for pairs that need no model.
    pub similarity: f32,
}

/// What last happened to a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairChange {
    /// It was there as often as never before.
    New,
    /// It was there again, no more often than once before.
    Back,
    /// It was there less often, or no more.
    Resolved,
}

impl PairChange {
    const ALL: [Self; 3] = [Self::New, Self::Back, Self::Resolved];

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Back => "back",
            Self::Resolved => "resolved",
        }
    }
}

/// How many pairs are new, gone and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PairChanges {
    /// Had never been there.
    pub new: u64,
    /// Are there no more.
    pub resolved: u64,
    /// Had been there, were gone, and are there again.
    pub back: u64,
}

/// The pairs of a space over its scans.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The cosine from which the last scan reported pairs.
    pub threshold: f32,
    rows: BTreeMap<PairKey, Row>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    similarity: f32,
    /// How often it is there; 0 for one that is gone.
    count: u32,
    /// The most that it ever was.
    most: u32,
    /// The number of the scan in which it last changed; 0 where nobody saw it come.
    changed: u64,
    change: Option<PairChange>,
}

impl History {
    /// What begins with these pairs. None of them is new: nobody knows.
    pub fn first(now: &BTreeMap<PairKey, PairSeen>, threshold: f32) -> Self {
        let rows = now.iter().map(|(key, seen)| (*key, Row::unseen(seen)));
        Self {
            threshold,
            rows: rows.collect(),
        }
    }

    /// What follows when scan number `scan` finds these pairs at this threshold, and what changed.
    ///
    /// Where the threshold is another, only what is above both can be compared: what is below one of
    /// them comes and goes without a word.
    pub fn next(
        &self,
        now: &BTreeMap<PairKey, PairSeen>,
        threshold: f32,
        scan: u64,
    ) -> (Self, PairChanges) {
        let level = threshold.max(self.threshold);
        let mut changes = PairChanges::default();
        let mut rows = BTreeMap::new();
        for (key, row) in &self.rows {
            if now.contains_key(key) {
                continue;
            }
            if row.count == 0 {
                rows.insert(*key, *row);
            } else if row.similarity >= level {
                rows.insert(*key, row.seen(0, scan, &mut changes));
            }
        }
        for (key, seen) in now {
            let before = self.rows.get(key);
            let row = match before {
                _ if seen.similarity < level => Row {
                    most: before.map_or(0, |row| row.most).max(seen.count),
                    ..Row::unseen(seen)
                },
                Some(row) => Row {
                    similarity: seen.similarity,
                    ..row.seen(seen.count, scan, &mut changes)
                },
                None => Row {
                    count: 0,
                    most: 0,
                    ..Row::unseen(seen)
                }
                .seen(seen.count, scan, &mut changes),
            };
            rows.insert(*key, row);
        }
        forget(&mut rows, scan);
        (Self { threshold, rows }, changes)
    }

    /// The pairs that changed in this scan.
    pub fn changed_in(&self, scan: u64) -> impl Iterator<Item = (&PairKey, PairChange)> {
        let rows = self.rows.iter().filter(move |(_, row)| row.changed == scan);
        rows.filter_map(|(key, row)| Some((key, row.change?)))
    }
}

impl Row {
    fn unseen(seen: &PairSeen) -> Self {
        Self {
            similarity: seen.similarity,
            count: seen.count,
            most: seen.count,
            changed: 0,
            change: None,
        }
    }

    /// The row once the pair is there so often.
    fn seen(self, count: u32, scan: u64, changes: &mut PairChanges) -> Self {
        let most = self.most.max(count);
        let change = match count.cmp(&self.count) {
            Ordering::Equal => return self,
            Ordering::Less => {
                changes.resolved += u64::from(self.count - count);
                PairChange::Resolved
            }
            Ordering::Greater => {
                let back = count.min(self.most) - self.count;
                let new = count - self.count - back;
                changes.back += u64::from(back);
                changes.new += u64::from(new);
                if new > 0 {
                    PairChange::New
                } else {
                    PairChange::Back
                }
            }
        };
        Self {
            count,
            most,
            changed: scan,
            change: Some(change),
            ..self
        }
    }
}

/// Forgets pairs that are gone for long, so that the table stays small.
fn forget(rows: &mut BTreeMap<PairKey, Row>, scan: u64) {
    rows.retain(|_, row| row.count > 0 || scan.saturating_sub(row.changed) <= FORGOTTEN_AFTER);
    let gone = rows.iter().filter(|(_, row)| row.count == 0);
    let mut gone: Vec<(u64, PairKey)> = gone.map(|(key, row)| (row.changed, *key)).collect();
    if let Some(many) = gone.len().checked_sub(MOST_GONE) {
        gone.sort_unstable();
        for (_, key) in &gone[..many] {
            rows.remove(key);
        }
    }
}

impl History {
    /// The bytes of `history-NNN.parquet`.
    pub(crate) fn encode(&self, generation: u64) -> Result<Vec<u8>, ParquetError> {
        let schema = table::schema(vec![
            Field::new("pair", DataType::FixedSizeBinary(KEY), false),
            Field::new("similarity", DataType::Float32, false),
            Field::new("count", DataType::UInt32, false),
            Field::new("most", DataType::UInt32, false),
            Field::new("changed", DataType::UInt64, false),
            Field::new("change", DataType::Utf8, true),
        ]);
        let more = vec![("lookalike.threshold", self.threshold.to_string())];
        let properties = table::properties(generation, more).build();
        let rows: Vec<(&PairKey, &Row)> = self.rows.iter().collect();
        let batches = rows.chunks(table::GROUP_ROWS).map(|rows| {
            let each = || rows.iter().map(|(_, row)| row);
            let keys = FixedSizeBinaryArray::try_from_iter(rows.iter().map(|(key, _)| key));
            let keys = keys.map_err(|error: ArrowError| ParquetError::from(error))?;
            let change = each().map(|row| row.change.map(PairChange::as_str));
            table::batch(
                &schema,
                vec![
                    Arc::new(keys),
                    Arc::new(Float32Array::from_iter_values(
                        each().map(|row| row.similarity),
                    )),
                    Arc::new(UInt32Array::from_iter_values(each().map(|row| row.count))),
                    Arc::new(UInt32Array::from_iter_values(each().map(|row| row.most))),
                    Arc::new(UInt64Array::from_iter_values(each().map(|row| row.changed))),
                    Arc::new(change.collect::<StringArray>()),
                ],
            )
        });
        table::encode(&schema, properties, batches)
    }

    /// What a file holds.
    pub(crate) fn decode(bytes: &Bytes) -> Result<Self, String> {
        let threshold = table::metadata(bytes, "lookalike.threshold")?;
        let mut rows = BTreeMap::new();
        let columns = ["pair", "similarity", "count", "most", "changed", "change"];
        table::read(bytes, &columns, &mut |batch| {
            let keys: &FixedSizeBinaryArray = column(batch, "pair")?;
            let similarity: &Float32Array = column(batch, "similarity")?;
            let count: &UInt32Array = column(batch, "count")?;
            let most: &UInt32Array = column(batch, "most")?;
            let changed: &UInt64Array = column(batch, "changed")?;
            let change: &StringArray = column(batch, "change")?;
            for index in 0..batch.num_rows() {
                let key = keys.value(index).try_into();
                let key = key.map_err(|_| "a pair has a digest of another length".to_owned())?;
                let word = table::optional!(change, index);
                let row = Row {
                    similarity: similarity.value(index),
                    count: count.value(index),
                    most: most.value(index).max(count.value(index)),
                    changed: changed.value(index),
                    change: PairChange::ALL
                        .into_iter()
                        .find(|c| Some(c.as_str()) == word),
                };
                rows.insert(key, row);
            }
            Ok(())
        })?;
        let threshold = threshold.parse();
        Ok(Self {
            threshold: threshold.map_err(|error| format!("its threshold: {error}"))?,
            rows,
        })
    }
}

#[cfg(test)]
mod tests;
