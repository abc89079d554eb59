//! Vectors to be joined: made, written as others write them, joined by the plainest of ways, and
//! the pairs read back.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeListArray, Float32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field};
use parquet::arrow::ArrowWriter;
use serde_json::Value;

use crate::support::{Desk, rows};

pub type Vectors = Vec<Vec<f32>>;

pub const DIMENSION: usize = 24;

/// Unit vectors: bundles of three to a direction, within 0.95 of each other and below 0.8 of all
/// others, so that no rounding moves a pair across 0.9.
pub fn bundles(count: usize, seed: u64) -> Vectors {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut row = |centre: &[f32], spread: f32| {
        let moved = centre.iter().map(|c| c + spread * (random.f32() - 0.5));
        unit(&moved.collect::<Vec<_>>())
    };
    let mut vectors = Vec::new();
    for _ in 0..count {
        let centre = row(&[0.0; DIMENSION], 1.0);
        vectors.extend((0..3).map(|_| row(&centre, 0.1)));
    }
    vectors
}

pub fn unit(row: &[f32]) -> Vec<f32> {
    let length = row
        .iter()
        .map(|v| f64::from(*v).powi(2))
        .sum::<f64>()
        .sqrt();
    row.iter()
        .map(|v| (f64::from(*v) / length) as f32)
        .collect()
}

pub fn npy(descr: &str, vectors: &Vectors, number: impl Fn(f32) -> Vec<u8>) -> Vec<u8> {
    let shape = (vectors.len(), vectors.first().map_or(DIMENSION, Vec::len));
    let mut header =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape:?}, }}");
    header.extend(std::iter::repeat_n(' ', 117 - header.len()));
    header.push('\n');
    let numbers = vectors.iter().flatten().flat_map(|v| number(*v)).collect();
    [
        b"\x93NUMPY\x01\x00\x76\x00".to_vec(),
        header.into_bytes(),
        numbers,
    ]
    .concat()
}

pub fn npy_f32(vectors: &Vectors) -> Vec<u8> {
    npy("<f4", vectors, |v| v.to_le_bytes().to_vec())
}

pub fn parquet(column: &str, vectors: &Vectors, ids: &[String]) -> Vec<u8> {
    let values = Float32Array::from_iter_values(vectors.iter().flatten().copied());
    let field = Arc::new(Field::new("item", DataType::Float32, true));
    let lists = FixedSizeListArray::new(field, DIMENSION as i32, Arc::new(values), None);
    let ids = StringArray::from_iter_values(ids);
    let columns: [(&str, ArrayRef); 2] = [("id", Arc::new(ids)), (column, Arc::new(lists))];
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("rows");
    writer.close().expect("a footer");
    bytes
}

/// All pairs from 0.9 on, most alike first, by the plainest of ways.
pub fn expected(a: &Vectors, b: Option<&Vectors>) -> Vec<(usize, usize, f64)> {
    let mut pairs = Vec::new();
    for (i, x) in a.iter().enumerate() {
        let others = b.unwrap_or(a).iter().enumerate();
        for (j, y) in others.skip(if b.is_some() { 0 } else { i + 1 }) {
            let cosine: f64 = x
                .iter()
                .zip(y)
                .map(|(x, y)| f64::from(*x) * f64::from(*y))
                .sum();
            assert!(
                (cosine - 0.9).abs() > 1e-3,
                "a pair is too near to the threshold"
            );
            if cosine >= 0.9 {
                pairs.push((i, j, cosine));
            }
        }
    }
    pairs.sort_by(|x, y| y.2.total_cmp(&x.2));
    assert!(!pairs.is_empty());
    pairs
}

/// What was found, with ids as numbers.
pub fn found(desk: &Desk) -> Vec<(usize, usize, f64)> {
    let number = |value: &Value| value.as_u64().expect("a row number") as usize;
    let pairs = rows(&desk.path("pairs.parquet"));
    let similarity = |row: &Value| row.as_f64().expect("a number");
    pairs
        .iter()
        .map(|row| {
            (
                number(&row["id_a"]),
                number(&row["id_b"]),
                similarity(&row["similarity"]),
            )
        })
        .collect()
}

pub fn assert_pairs(found: &[(usize, usize, f64)], expected: &[(usize, usize, f64)], within: f64) {
    let names = |pairs: &[(usize, usize, f64)]| -> BTreeSet<(usize, usize)> {
        pairs.iter().map(|(a, b, _)| (*a, *b)).collect()
    };
    assert_eq!(names(found), names(expected));
    assert_eq!(found.len(), expected.len());
    assert!(found.is_sorted_by(|x, y| x.2 >= y.2), "most alike first");
    // Both are sorted by similarity: the n-th largest differ by no more than single ones do.
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found.2 - expected.2).abs() < within,
            "{found:?}, {expected:?}"
        );
    }
}

pub fn files(desk: &Desk) -> Vec<String> {
    let names = fs::read_dir(desk.path("")).expect("a folder");
    let mut names: Vec<String> = names
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("plain")
        })
        .collect();
    names.sort();
    names
}
