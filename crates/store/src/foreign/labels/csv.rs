//! Labels from text: a header, then a row per image, with commas, semicolons or tabs between.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use csv::{ByteRecord, Reader, ReaderBuilder, Trim};

use super::{LabelColumns, LabelFault, LabelRow, LabelTable};

/// What stands between the cells. Spreadsheets write semicolons where a comma is in the numbers.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// A header is looked for in so many bytes.
const HEADER_BYTES: u64 = 1 << 16;

/// All rows of the file.
pub(super) fn read(file: &mut File, columns: &LabelColumns) -> Result<LabelTable, LabelFault> {
    let delimiter = delimiter(file, columns)?;
    let mut reader = reader(BufReader::new(file), delimiter);
    let header = names(reader.byte_headers().map_err(words)?)?;
    let found = columns.find(&header)?;
    let mut rows = Vec::new();
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(words)? {
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |place: usize| text(&record[place], line);
        let said = |place: Option<usize>| {
            let cell = place.map(cell).transpose()?.unwrap_or_default().trim();
            Ok((!cell.is_empty()).then(|| cell.to_owned()))
        };
        let path = cell(found.path)?;
        if path.is_empty() {
            let row = rows.len() as u64 + 1;
            return Err(LabelFault::NoPath { row });
        }
        rows.push(LabelRow {
            path: path.to_owned(),
            label: said(found.label)?,
            split: said(found.split)?,
        });
    }
    Ok(LabelTable {
        rows,
        has_label: found.label.is_some(),
        has_split: found.split.is_some(),
    })
}

/// The delimiter by which the header has a column of paths; else the one that makes most of it, so
/// that an error lists what a person sees there.
fn delimiter(file: &mut File, columns: &LabelColumns) -> Result<u8, LabelFault> {
    let refused = |error: std::io::Error| LabelFault::Csv {
        why: error.to_string(),
    };
    let mut start = Vec::new();
    let mut head = (&mut *file).take(HEADER_BYTES);
    head.read_to_end(&mut start).map_err(refused)?;
    file.rewind().map_err(refused)?;
    if start.trim_ascii().is_empty() {
        return Err(LabelFault::Empty);
    }
    let mut best = (DELIMITERS[0], 0);
    for delimiter in DELIMITERS {
        let mut reader = reader(&start[..], delimiter);
        let Ok(header) = reader.byte_headers() else {
            continue;
        };
        if header.iter().any(|name| name == columns.path.as_bytes()) {
            return Ok(delimiter);
        }
        if header.len() > best.1 {
            best = (delimiter, header.len());
        }
    }
    Ok(best.0)
}

fn reader<R: Read>(source: R, delimiter: u8) -> Reader<R> {
    ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(Trim::Headers)
        .from_reader(source)
}

fn names(header: &ByteRecord) -> Result<Vec<String>, LabelFault> {
    let name = |cell| text(cell, 1).map(str::to_owned);
    header.iter().map(name).collect()
}

fn text(cell: &[u8], line: u64) -> Result<&str, LabelFault> {
    str::from_utf8(cell).map_err(|_| LabelFault::Csv {
        why: format!("line {line} is not UTF-8"),
    })
}

fn words(error: csv::Error) -> LabelFault {
    LabelFault::Csv {
        why: error.to_string(),
    }
}
