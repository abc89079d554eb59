//! Labels and splits that people already have: a CSV or Parquet table with a row per image.

mod csv;
mod parquet;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use super::{parquet::MAGIC, shown};
use crate::{Error, Result};

/// Which columns of a table of labels are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelColumns {
    /// The column that names the image.
    pub path: String,
    /// The column of its label.
    pub label: LabelColumn,
    /// The column of its split.
    pub split: LabelColumn,
}

/// One column that a table of labels may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelColumn {
    /// Its name.
    pub name: String,
    /// Whether a table without it is refused. One of the two has to be there in any case.
    pub needed: bool,
}

/// What a row says of an image. Cells that are empty or null say nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRow {
    /// The image, as the table calls it.
    pub path: String,
    /// Its label.
    pub label: Option<String>,
    /// Its split.
    pub split: Option<String>,
}

/// A table of labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelTable {
    /// Its rows, in their order.
    pub rows: Vec<LabelRow>,
    /// Whether it has the column of labels.
    pub has_label: bool,
    /// Whether it has the column of splits.
    pub has_split: bool,
}

impl LabelTable {
    /// Reads a table, Parquet where the file begins like one, else CSV with a header and commas,
    /// semicolons or tabs between the cells.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read, [`Error::Labels`] where it lacks a column or
    /// what is in it cannot be used.
    pub fn open(path: &Path, columns: &LabelColumns) -> Result<Self> {
        let unread = |source: io::Error| Error::Io {
            action: "read",
            path: shown(path),
            source,
        };
        let mut file = File::open(path).map_err(unread)?;
        let mut start = Vec::new();
        let read = (&mut file).take(MAGIC.len() as u64).read_to_end(&mut start);
        read.map_err(unread)?;
        file.rewind().map_err(unread)?;
        let table = match start == MAGIC {
            true => parquet::read(&file, columns),
            false => csv::read(&mut file, columns),
        };
        table.map_err(|fault| Error::Labels {
            path: shown(path),
            fault,
        })
    }
}

/// Why a table of labels cannot be used, in words that follow the name of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelFault {
    /// There is nothing in it.
    #[error("is empty, but a table with a header is needed")]
    Empty,
    /// A column that was named is missing.
    #[error(
        "has no column `{name}`, but {}. Name the right one with `labels.columns.{key}`",
        list(columns)
    )]
    NoColumn {
        /// The name asked for.
        name: String,
        /// The key that names it.
        key: &'static str,
        /// The names that there are.
        columns: Vec<String>,
    },
    /// It has paths and nothing to say of them.
    #[error(
        "has neither a column `{label}` nor `{split}`, but {}. Name them with `labels.columns.label` and `labels.columns.split`",
        list(columns)
    )]
    NothingSaid {
        /// The name of a column of labels.
        label: String,
        /// The name of a column of splits.
        split: String,
        /// The names that there are.
        columns: Vec<String>,
    },
    /// The column holds something else.
    #[error(
        "has a column `{name}` of type {found}, but {wanted} is needed. Name another column, or cast it"
    )]
    ColumnType {
        /// The column.
        name: String,
        /// Its type.
        found: String,
        /// What it may be.
        wanted: &'static str,
    },
    /// A row names no image.
    #[error(
        "has no path in row {row} (from 1, without the header). Fill it in, or leave the row out"
    )]
    NoPath {
        /// The row, from 1.
        row: u64,
    },
    /// Not what CSV wants.
    #[error(
        "cannot be read as CSV: {why}. Write it again as UTF-8 with a header and as many cells in each row"
    )]
    Csv {
        /// The words of the decoder.
        why: String,
    },
    /// Not what Parquet wants, or a kind of it that is not known.
    #[error("cannot be read as Parquet: {why}. Try it with another reader, or write it again")]
    Parquet {
        /// The words of the decoder.
        why: String,
    },
}

fn list(columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "no other either".to_owned(),
        _ => names.join(", "),
    }
}

/// Where the columns stand among those of the table.
struct Found {
    path: usize,
    label: Option<usize>,
    split: Option<usize>,
}

impl LabelColumns {
    fn find(&self, columns: &[String]) -> Result<Found, LabelFault> {
        let place = |name: &String| columns.iter().position(|column| column == name);
        let missing = |name: &String, key| LabelFault::NoColumn {
            name: name.clone(),
            key,
            columns: columns.to_vec(),
        };
        let said = |column: &LabelColumn, key| match place(&column.name) {
            None if column.needed => Err(missing(&column.name, key)),
            place => Ok(place),
        };
        let path = place(&self.path).ok_or_else(|| missing(&self.path, "path"))?;
        let (label, split) = (said(&self.label, "label")?, said(&self.split, "split")?);
        if label.or(split).is_none() {
            return Err(LabelFault::NothingSaid {
                label: self.label.name.clone(),
                split: self.split.name.clone(),
                columns: columns.to_vec(),
            });
        }
        Ok(Found { path, label, split })
    }
}

#[cfg(test)]
mod tests;
