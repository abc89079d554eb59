//! JSON: the tables as they are, and samples for FiftyOne.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Float32Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use arrow::temporal_conversions::timestamp_us_to_datetime;
use serde_json::{Map, Value, json};

use super::{Export, Format, Stays, left_out, plain, shortest};
use crate::run::Run;
use crate::{Error, Findings, Table};

/// One object: a list of rows per table, a row a line.
pub(super) fn tables(findings: &Findings, run: &Run) -> Result<Export, Error> {
    let mut bytes = b"{\n".to_vec();
    let head = [
        ("lookalike", &run.lookalike),
        ("generation", &run.generation),
    ];
    for (key, text) in head {
        bytes.extend(format!("{}: {},\n", json!(key), json!(text)).bytes());
    }
    for (number, table) in Table::ALL.into_iter().enumerate() {
        let start = if number > 0 { ",\n" } else { "" };
        bytes.extend(format!("{start}{}: [", json!(table.name())).bytes());
        let mut first = true;
        let schema = table.schema();
        let each = table.each_batch(findings, |batch| {
            for row in 0..batch.num_rows() {
                let fields = schema.fields().iter().zip(batch.columns());
                let cells = fields.map(|(field, column)| (field.name().clone(), cell(column, row)));
                let cells: Map<String, Value> = cells.collect();
                let start = if first { "\n" } else { ",\n" };
                first = false;
                bytes.extend(format!("{start}{}", Value::Object(cells)).bytes());
            }
            Ok(())
        });
        each.map_err(|source| table.failed(source))?;
        bytes.extend(if first { "]" } else { "\n]" }.bytes());
    }
    bytes.extend(b"\n}\n");
    Ok(Export { bytes, note: None })
}

/// What stands in a row, as JSON has it. Times are RFC 3339.
fn cell(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).into(),
        DataType::Float32 => shortest(column.as_primitive::<Float32Type>().value(row)).into(),
        DataType::Boolean => column.as_boolean().value(row).into(),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let time = column.as_primitive::<TimestampMicrosecondType>().value(row);
            let time = timestamp_us_to_datetime(time);
            time.map(|time| format!("{}Z", time.format("%Y-%m-%dT%H:%M:%S%.f")))
                .into()
        }
        _ => Value::Null,
    }
}

/// Samples as `fiftyone.Sample.from_dict` takes them.
pub(super) fn fiftyone(findings: &Findings, stays: &Stays<'_>) -> Result<Export, Error> {
    let mut crossing = vec![Vec::new(); findings.images.len()];
    let lists = [
        ("leak", &findings.leaks),
        ("label conflict", &findings.label_conflicts),
    ];
    for (tag, list) in lists {
        for image in list.iter().flat_map(|pair| [pair.a, pair.b]) {
            if crossing[image].last() != Some(&tag) {
                crossing[image].push(tag);
            }
        }
    }
    let (mut samples, mut members) = (Vec::new(), 0);
    for (index, image) in findings.images.iter().enumerate() {
        if !stays.is_ok(index) {
            continue;
        }
        if image.archive.is_some() {
            members += 1;
            continue;
        }
        let copy = stays.copy_of(index);
        let split = image.split.as_deref();
        let duplicate = copy.map(|_| "duplicate");
        let tags = split
            .into_iter()
            .chain(duplicate)
            .chain(crossing[index].iter().copied());
        let mut sample = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            sample.extend(value.map(|value| (key.to_owned(), value)));
        };
        put("filepath", Some(plain(&image.path).into()));
        put("tags", Some(tags.collect::<Vec<_>>().into()));
        let label = |label: &String| json!({ "_cls": "Classification", "label": plain(label) });
        put("ground_truth", image.label.as_ref().map(label));
        put("lookalike_group", findings.group_of(index).map(Value::from));
        put(
            "lookalike_keep",
            findings.group_of(index).map(|_| stays.keep(index).into()),
        );
        put(
            "lookalike_copy_of",
            copy.map(|(path, _)| plain(path).into()),
        );
        put(
            "lookalike_similarity",
            copy.map(|(_, similarity)| shortest(similarity).into()),
        );
        samples.push(Value::Object(sample));
    }
    let file = Format::FiftyOne.file_name();
    let json = serde_json::to_vec(&json!({ "samples": samples }));
    let mut bytes = json.map_err(|source| Error::Json { file, source })?;
    bytes.push(b'\n');
    Ok(Export {
        bytes,
        note: left_out(
            Format::FiftyOne,
            members,
            "they are members of shards and no files",
        ),
    })
}
