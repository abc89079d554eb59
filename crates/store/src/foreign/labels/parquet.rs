//! Labels from a Parquet table.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{Found, LabelColumns, LabelFault, LabelRow, LabelTable};
use crate::{medium, table};

/// All rows of the file.
pub(super) fn read(file: &File, columns: &LabelColumns) -> Result<LabelTable, LabelFault> {
    let bytes = medium::map(file).map_err(|error| words(error.to_string()))?;
    let schema = schema(&bytes)?;
    let fields = schema.fields().iter();
    let names: Vec<String> = fields.map(|field| field.name().clone()).collect();
    let found = columns.find(&names)?;
    let said = [Some(found.path), found.label, found.split];
    for (place, index) in said.into_iter().flatten().enumerate() {
        fits(&schema, index, place == 0)?;
    }
    let wanted: Vec<&str> = said
        .into_iter()
        .flatten()
        .map(|i| names[i].as_str())
        .collect();
    let mut rows = Vec::new();
    table::read(&bytes, &wanted, &mut |batch| {
        let column = |index: Option<usize>| index.map(|i| text(batch, &names[i])).transpose();
        let columns = [
            column(Some(found.path))?,
            column(found.label)?,
            column(found.split)?,
        ];
        for row in 0..batch.num_rows() {
            let [path, label, split] = columns.each_ref().map(|column| cell(column, row));
            rows.push(LabelRow {
                path: path.unwrap_or_default(),
                label,
                split,
            });
        }
        Ok(())
    })
    .map_err(words)?;
    if let Some(row) = rows.iter().position(|row| row.path.is_empty()) {
        let row = row as u64 + 1;
        return Err(LabelFault::NoPath { row });
    }
    let Found { label, split, .. } = found;
    Ok(LabelTable {
        rows,
        has_label: label.is_some(),
        has_split: split.is_some(),
    })
}

fn schema(bytes: &Bytes) -> Result<SchemaRef, LabelFault> {
    let open = AssertUnwindSafe(|| ParquetRecordBatchReaderBuilder::try_new(bytes.clone()));
    let reader = catch_unwind(open).map_err(|_| words("its decoder gave up".to_owned()))?;
    let reader = reader.map_err(|error| words(error.to_string()))?;
    Ok(reader.schema().clone())
}

/// A path is text; a label may also be a number, as classes often are.
fn fits(schema: &SchemaRef, index: usize, path: bool) -> Result<(), LabelFault> {
    let field = schema.field(index);
    let found = match field.data_type() {
        DataType::Dictionary(_, values) => values.as_ref(),
        other => other,
    };
    let is_text = matches!(
        found,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    );
    let is_plain = found.is_numeric() || matches!(found, DataType::Boolean | DataType::Null);
    if is_text || (!path && is_plain) {
        return Ok(());
    }
    Err(LabelFault::ColumnType {
        name: field.name().clone(),
        found: field.data_type().to_string(),
        wanted: match path {
            true => "a string",
            false => "a string or a number",
        },
    })
}

fn text(batch: &RecordBatch, name: &str) -> Result<ArrayRef, String> {
    let column = batch.column_by_name(name);
    let column = column.ok_or_else(|| format!("it has no column `{name}`"))?;
    cast(column, &DataType::Utf8).map_err(|error| error.to_string())
}

fn cell(column: &Option<ArrayRef>, row: usize) -> Option<String> {
    let column: &StringArray = column.as_ref()?.as_string();
    let cell = column.is_valid(row).then(|| column.value(row))?;
    (!cell.is_empty()).then(|| cell.to_owned())
}

fn words(why: String) -> LabelFault {
    LabelFault::Parquet { why }
}
