//! The columns of the tables: names, types, and which may be null.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

const REQUIRED: bool = false;
const OPTIONAL: bool = true;

pub(crate) fn images() -> SchemaRef {
    let modified = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    schema(vec![
        Field::new("path", DataType::Utf8, REQUIRED),
        Field::new("archive", DataType::Utf8, OPTIONAL),
        Field::new("member", DataType::Utf8, OPTIONAL),
        Field::new("status", DataType::Utf8, REQUIRED),
        Field::new("reason", DataType::Utf8, OPTIONAL),
        Field::new("detail", DataType::Utf8, OPTIONAL),
        Field::new("bytes", DataType::Int64, OPTIONAL),
        Field::new("modified", modified, OPTIONAL),
        Field::new("format", DataType::Utf8, OPTIONAL),
        Field::new("width", DataType::Int32, OPTIONAL),
        Field::new("height", DataType::Int32, OPTIONAL),
        Field::new("content", DataType::Utf8, OPTIONAL),
        Field::new("pixels", DataType::Utf8, OPTIONAL),
        Field::new("flat", DataType::Boolean, OPTIONAL),
        Field::new("group", DataType::Int64, OPTIONAL),
        Field::new("label", DataType::Utf8, OPTIONAL),
        Field::new("split", DataType::Utf8, OPTIONAL),
    ])
}

pub(crate) fn pairs() -> SchemaRef {
    schema(vec![
        Field::new("path_a", DataType::Utf8, REQUIRED),
        Field::new("path_b", DataType::Utf8, REQUIRED),
        Field::new("similarity", DataType::Float32, REQUIRED),
        Field::new("kind", DataType::Utf8, REQUIRED),
        Field::new("group", DataType::Int64, OPTIONAL),
    ])
}

pub(crate) fn groups() -> SchemaRef {
    schema(vec![
        Field::new("group", DataType::Int64, REQUIRED),
        Field::new("path", DataType::Utf8, REQUIRED),
        Field::new("members", DataType::Int64, REQUIRED),
        Field::new("kind", DataType::Utf8, REQUIRED),
        Field::new("weakest", DataType::Float32, REQUIRED),
        Field::new("keep", DataType::Boolean, REQUIRED),
        Field::new("why", DataType::Utf8, REQUIRED),
        Field::new("copy_of", DataType::Utf8, OPTIONAL),
        Field::new("similarity", DataType::Float32, OPTIONAL),
        Field::new("bytes", DataType::Int64, OPTIONAL),
        Field::new("width", DataType::Int32, OPTIONAL),
        Field::new("height", DataType::Int32, OPTIONAL),
        Field::new("format", DataType::Utf8, OPTIONAL),
    ])
}

pub(crate) fn leaks() -> SchemaRef {
    crossings("split_a", "split_b")
}

pub(crate) fn label_conflicts() -> SchemaRef {
    crossings("label_a", "label_b")
}

fn crossings(value_a: &str, value_b: &str) -> SchemaRef {
    schema(vec![
        Field::new("path_a", DataType::Utf8, REQUIRED),
        Field::new(value_a, DataType::Utf8, REQUIRED),
        Field::new("path_b", DataType::Utf8, REQUIRED),
        Field::new(value_b, DataType::Utf8, REQUIRED),
        Field::new("similarity", DataType::Float32, REQUIRED),
        Field::new("kind", DataType::Utf8, REQUIRED),
        Field::new("group", DataType::Int64, REQUIRED),
    ])
}

fn schema(fields: Vec<Field>) -> SchemaRef {
    Arc::new(Schema::new(fields))
}
