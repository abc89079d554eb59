//! What keeps a file of vectors from being used, in words that follow the name of the file.

use std::fmt;

/// Why a file of somebody else's vectors cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VectorFault {
    /// Neither of the two formats.
    #[error(
        "is neither a .npy nor a Parquet file. Write the vectors with `np.save`, or as a list \
         column of a Parquet table"
    )]
    Format,
    /// The table has no such column.
    #[error("has no column `{name}`, but {}. Name one of them", list(columns))]
    NoColumn {
        /// The name asked for.
        name: String,
        /// The names that there are.
        columns: Vec<String>,
    },
    /// The column holds something else.
    #[error(
        "has a column `{name}` of type {found}, but {wanted} is needed. Name another column, or \
         cast it"
    )]
    ColumnType {
        /// The column.
        name: String,
        /// Its type.
        found: String,
        /// What it may be.
        wanted: &'static str,
    },
    /// Ids were asked for, and the format has none.
    #[error(
        "is a .npy file, which has no column of ids. Ask for none (rows are then numbered from 0), \
         or write vectors and ids into one Parquet table"
    )]
    NoIds,
    /// The header is not one of the format.
    #[error("cannot be read as .npy: {why}. Write it again with `np.save`")]
    Header {
        /// What is wrong with it.
        why: String,
    },
    /// Numbers of another type.
    #[error(
        "holds values of type `{found}`, but float16, float32 or float64 is needed. Write it again \
         with np.save(path, np.ascontiguousarray(x).astype(np.float32))"
    )]
    Numbers {
        /// The type as NumPy writes it.
        found: String,
    },
    /// Column after column.
    #[error(
        "is in Fortran order, column after column, so no row lies in one piece. Write it again \
         with np.save(path, np.ascontiguousarray(x).astype(np.float32))"
    )]
    Fortran,
    /// Not one vector per row.
    #[error(
        "holds an array of shape {found}, but one vector per row is needed: two dimensions, the \
         second not 0. Write it again with np.save(path, x.reshape(len(x), -1))"
    )]
    Shape {
        /// The shape as Python writes it.
        found: String,
    },
    /// The file ends before its numbers do.
    #[error(
        "is cut: its header says {wanted} bytes of numbers, and {found} are there. Copy or write \
         it again"
    )]
    Cut {
        /// Bytes that the header says.
        wanted: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// A null where a value is needed.
    #[error("has a null in column `{column}`, row {row} (from 0). Leave such rows out")]
    Null {
        /// The column.
        column: String,
        /// The first row with one, from 0.
        row: u64,
    },
    /// A list without a number.
    #[error(
        "has a vector of no numbers in column `{column}`, row {row} (from 0). Leave such rows out"
    )]
    Empty {
        /// The column.
        column: String,
        /// The first row with one, from 0.
        row: u64,
    },
    /// Vectors of two lengths.
    #[error(
        "has vectors of different dimensions: that of row {row} (from 0) is {found}, of those before \
         it {wanted}. Only vectors of one model can be compared"
    )]
    Length {
        /// The first row that differs, from 0.
        row: u64,
        /// Its numbers.
        found: usize,
        /// The numbers of the rows before it.
        wanted: usize,
    },
    /// Vectors without a direction.
    #[error("{0}")]
    Rows(BadRows),
    /// Not what the format wants, or a kind of it that is not known.
    #[error("cannot be read as Parquet: {why}. Try it with another reader, or write it again")]
    Parquet {
        /// The words of the decoder.
        why: String,
    },
}

impl VectorFault {
    /// Whether another file, column or type would do: then the question was wrong. Otherwise what
    /// is in the file is.
    pub fn is_question(&self) -> bool {
        matches!(
            self,
            Self::Format
                | Self::NoColumn { .. }
                | Self::ColumnType { .. }
                | Self::NoIds
                | Self::Numbers { .. }
                | Self::Fortran
                | Self::Shape { .. }
        )
    }
}

fn list(columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "no other either".to_owned(),
        _ => names.join(", "),
    }
}

/// What is wrong with one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadRow {
    /// All its numbers are 0.
    Zero,
    /// One of its numbers is NaN or infinite.
    NotFinite,
}

/// Rows that have no direction: how many, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BadRows {
    /// The first ten, by number from 0.
    pub first: Vec<(u64, BadRow)>,
    /// How many there are in all.
    pub count: u64,
}

impl BadRows {
    /// So many are named; the rest is only counted.
    const NAMED: usize = 10;

    pub(crate) fn push(&mut self, row: u64, fault: BadRow) {
        self.count += 1;
        if self.first.len() < Self::NAMED {
            self.first.push((row, fault));
        }
    }

    /// Adds those of rows that come later.
    pub(crate) fn append(&mut self, later: Self) {
        self.count += later.count;
        let room = Self::NAMED - self.first.len();
        self.first.extend(later.first.into_iter().take(room));
    }
}

impl fmt::Display for BadRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = if self.count == 1 { "row" } else { "rows" };
        let word = |(row, fault): &(u64, BadRow)| match fault {
            BadRow::Zero => format!("{row} (zero)"),
            BadRow::NotFinite => format!("{row} (NaN or infinite)"),
        };
        let named: Vec<String> = self.first.iter().map(word).collect();
        let more = if self.count > named.len() as u64 {
            ", …"
        } else {
            ""
        };
        write!(
            f,
            "has {} {rows} that cannot be compared, counted from 0: {}{more}. A cosine needs finite numbers \
             that are not all 0: leave such rows out, and look why they are there",
            self.count,
            named.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_rows_are_named_and_all_are_counted() {
        let mut bad = BadRows::default();
        (0..7).for_each(|row| bad.push(row, BadRow::Zero));
        let mut later = BadRows::default();
        (7..21).for_each(|row| later.push(row, BadRow::NotFinite));
        bad.append(later);
        insta::assert_snapshot!(bad, @"has 21 rows that cannot be compared, counted from 0: 0 (zero), 1 (zero), 2 (zero), 3 (zero), 4 (zero), 5 (zero), 6 (zero), 7 (NaN or infinite), 8 (NaN or infinite), 9 (NaN or infinite), …. A cosine needs finite numbers that are not all 0: leave such rows out, and look why they are there");
    }
}
