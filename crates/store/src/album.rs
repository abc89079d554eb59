//! Small pictures one at a time: where each lies is known, and only that is read.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::BinaryArray;
use bytes::Bytes;
use lookalike_types::ContentId;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::errors::ParquetError;

use crate::table::column;
use crate::thumbs;

/// The stored small pictures of one side, by content. Cheap to ask, from any thread.
#[derive(Default)]
pub struct Thumbs {
    segments: Vec<Segment>,
    /// Segment, row group in it, row in that.
    places: HashMap<ContentId, (u32, u32, u32)>,
}

struct Segment {
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
}

impl Thumbs {
    /// Adds the pictures of this side in one segment; later segments overrule earlier ones.
    pub(crate) fn add(&mut self, bytes: &Bytes, side: u32) -> Result<(), String> {
        let load = || ArrowReaderMetadata::load(bytes, Default::default());
        let metadata = guarded(load)?;
        let rows: Vec<u32> = metadata
            .metadata()
            .row_groups()
            .iter()
            .map(|group| u32::try_from(group.num_rows()).unwrap_or_default())
            .collect();
        let segment = self.segments.len() as u32;
        let (mut group, mut row) = (0, 0);
        let mut each = |(its_side, content)| {
            while rows.get(group).is_some_and(|&rows| row >= rows) {
                (group, row) = (group + 1, 0);
            }
            if its_side == side {
                self.places.insert(content, (segment, group as u32, row));
            }
            row += 1;
        };
        thumbs::read_keys(bytes, &mut each)?;
        self.segments.push(Segment {
            bytes: bytes.clone(),
            metadata,
        });
        Ok(())
    }

    /// The JPEG of this content; `None` where none is stored, or what is stored is damaged: it can
    /// be drawn again.
    pub fn get(&self, content: &ContentId) -> Option<Vec<u8>> {
        let &(segment, group, row) = self.places.get(content)?;
        let segment = &self.segments[segment as usize];
        guarded(|| segment.jpeg(group as usize, row as usize)).ok()?
    }
}

impl Segment {
    fn jpeg(&self, group: usize, row: usize) -> Result<Option<Vec<u8>>, ParquetError> {
        let metadata = self.metadata.clone();
        let reader =
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.bytes.clone(), metadata);
        let mask = ProjectionMask::columns(reader.parquet_schema(), ["jpeg"]);
        let only = RowSelection::from(vec![RowSelector::skip(row), RowSelector::select(1)]);
        let mut batches = reader
            .with_projection(mask)
            .with_row_groups(vec![group])
            .with_row_selection(only)
            .with_batch_size(1)
            .build()?;
        let Some(batch) = batches.next() else {
            return Ok(None);
        };
        let batch = batch?;
        let jpeg = column::<BinaryArray>(&batch, "jpeg").map_err(ParquetError::General)?;
        Ok((batch.num_rows() == 1).then(|| jpeg.value(0).to_vec()))
    }
}

/// What is wrong comes back in words, also where a decoder gives up: see [`crate::table::read`].
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    let read = catch_unwind(AssertUnwindSafe(read));
    let read = read.map_err(|_| "its Parquet decoder gave up".to_owned())?;
    read.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn id(number: u32) -> ContentId {
        ContentId::of(&number.to_le_bytes())
    }

    fn segment(numbers: std::ops::Range<u32>, side: u32) -> Bytes {
        let jpeg = |number: u32| vec![number as u8; 40 + number as usize % 7];
        let thumbs: BTreeMap<_, _> = numbers.map(|n| ((side, id(n)), jpeg(n))).collect();
        thumbs::encode(1, &thumbs)
            .expect("memory takes every byte")
            .into()
    }

    #[test]
    fn each_picture_is_found_where_it_lies() {
        let mut thumbs = Thumbs::default();
        // More than one row group: they hold 4096 pictures each.
        thumbs.add(&segment(0..9000, 160), 160).expect("a segment");
        thumbs
            .add(&segment(9000..9010, 99), 160)
            .expect("a segment");
        thumbs
            .add(&segment(9010..9020, 160), 160)
            .expect("a segment");
        for number in (0..9000).step_by(611).chain(9010..9020) {
            let wanted = vec![number as u8; 40 + number as usize % 7];
            assert_eq!(thumbs.get(&id(number)), Some(wanted), "{number}");
        }
        assert_eq!(thumbs.get(&id(9005)), None, "another side");
        assert_eq!(thumbs.get(&id(70_000)), None);
    }

    #[test]
    fn damaged_bytes_give_words_or_nothing() {
        let whole = segment(0..50, 160);
        for cut in [0, 7, 100, whole.len() / 2, whole.len() - 1] {
            assert!(Thumbs::default().add(&whole.slice(..cut), 160).is_err());
        }
        let mut thumbs = Thumbs::default();
        thumbs.add(&whole, 160).expect("a segment");
        let mut torn = whole.to_vec();
        torn[4..300].fill(0xff);
        thumbs.segments[0].bytes = torn.into();
        // Anything may come of torn bytes but a panic.
        for number in 0..50 {
            drop(thumbs.get(&id(number)));
        }
    }
}
