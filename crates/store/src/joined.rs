//! `index/SPACE/pairs-NNN.parquet` and `joined-NNN.parquet`: the outcome of the last join, and the
//! contents that it compared. A later join of the same key compares only what is new with all.

use std::sync::Arc;

use arrow::array::{Float32Array, StringArray};
use arrow::datatypes::{DataType, Field};
use bytes::Bytes;
use lookalike_types::ContentId;
use parquet::errors::ParquetError;

use crate::table::{self, column};

/// All pairs of a set of contents down to a similarity.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPairs {
    /// Digest of what the pairs depend on besides the vectors: engine and parameters. Pairs of
    /// another key say nothing to a join.
    pub key: String,
    /// Every pair of these contents at or above this similarity is listed, as far as the engine
    /// finds all.
    pub floor: f32,
    /// The contents that were compared, each with each. Sorted when they come from a store.
    pub contents: Vec<ContentId>,
    /// Pairs and their cosine. From a store: the smaller content first, sorted, each once.
    pub pairs: Vec<(ContentId, ContentId, f32)>,
    /// What the join says of itself, for `run.json`.
    pub notes: serde_json::Value,
}

impl StoredPairs {
    /// The same pairs in the one order that a store keeps.
    pub(crate) fn in_order(mut self) -> Self {
        self.contents.sort_unstable();
        self.contents.dedup();
        for pair in &mut self.pairs {
            if pair.0 > pair.1 {
                std::mem::swap(&mut pair.0, &mut pair.1);
            }
        }
        let key = |pair: &(ContentId, ContentId, f32)| (pair.0, pair.1);
        self.pairs
            .sort_unstable_by(|x, y| key(x).cmp(&key(y)).then(y.2.total_cmp(&x.2)));
        self.pairs.dedup_by_key(|pair| key(pair));
        self
    }

    /// The bytes of `pairs-NNN.parquet`.
    pub(crate) fn encode_pairs(&self, generation: u64) -> Result<Vec<u8>, ParquetError> {
        let schema = table::schema(vec![
            Field::new("content_a", DataType::Utf8, false),
            Field::new("content_b", DataType::Utf8, false),
            Field::new("similarity", DataType::Float32, false),
        ]);
        let more = vec![
            ("lookalike.key", self.key.clone()),
            ("lookalike.floor", self.floor.to_string()),
            ("lookalike.notes", self.notes.to_string()),
        ];
        let properties = table::properties(generation, more).build();
        let batches = self.pairs.chunks(table::GROUP_ROWS).map(|pairs| {
            let a = StringArray::from_iter_values(pairs.iter().map(|pair| pair.0.to_string()));
            let b = StringArray::from_iter_values(pairs.iter().map(|pair| pair.1.to_string()));
            let similarity = Float32Array::from_iter_values(pairs.iter().map(|pair| pair.2));
            table::batch(
                &schema,
                vec![Arc::new(a), Arc::new(b), Arc::new(similarity)],
            )
        });
        table::encode(&schema, properties, batches)
    }

    /// The bytes of `joined-NNN.parquet`.
    pub(crate) fn encode_contents(&self, generation: u64) -> Result<Vec<u8>, ParquetError> {
        let schema = table::schema(vec![Field::new("content", DataType::Utf8, false)]);
        let properties = table::properties(generation, Vec::new()).build();
        let batches = self.contents.chunks(table::GROUP_ROWS).map(|contents| {
            let column = StringArray::from_iter_values(contents.iter().map(ContentId::to_string));
            table::batch(&schema, vec![Arc::new(column)])
        });
        table::encode(&schema, properties, batches)
    }
}

/// What `pairs-NNN.parquet` holds, still without the contents.
pub(crate) fn read_pairs(bytes: &Bytes) -> Result<StoredPairs, String> {
    let floor = table::metadata(bytes, "lookalike.floor")?;
    let notes = table::metadata(bytes, "lookalike.notes")?;
    let mut pairs = Vec::new();
    table::read(
        bytes,
        &["content_a", "content_b", "similarity"],
        &mut |batch| {
            let a: &StringArray = column(batch, "content_a")?;
            let b: &StringArray = column(batch, "content_b")?;
            let similarity: &Float32Array = column(batch, "similarity")?;
            for index in 0..batch.num_rows() {
                let a = table::content(a.value(index))?;
                let b = table::content(b.value(index))?;
                pairs.push((a, b, similarity.value(index)));
            }
            Ok(())
        },
    )?;
    Ok(StoredPairs {
        key: table::metadata(bytes, "lookalike.key")?,
        floor: floor
            .parse()
            .map_err(|error| format!("floor `{floor}`: {error}"))?,
        contents: Vec::new(),
        pairs,
        notes: serde_json::from_str(&notes).map_err(|error| format!("notes: {error}"))?,
    })
}

/// What `joined-NNN.parquet` holds.
pub(crate) fn read_contents(bytes: &Bytes) -> Result<Vec<ContentId>, String> {
    let mut contents = Vec::new();
    table::read(bytes, &["content"], &mut |batch| {
        let content: &StringArray = column(batch, "content")?;
        for index in 0..batch.num_rows() {
            contents.push(table::content(content.value(index))?);
        }
        Ok(())
    })?;
    Ok(contents)
}
