//! A Parquet table as rows of numbers and a column of ids, batch by batch.
//!
//! Only the pages of the columns asked for are read, through the file and not a map, so memory holds
//! one batch and the pages that it comes from.

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::{Array, ArrayRef, AsArray, ListArray};
use arrow::datatypes::{DataType, Float16Type, Float32Type, Float64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;

use super::fault::VectorFault;
use super::rows::{Kind, Layout};

/// The first bytes of every Parquet file.
pub(crate) const MAGIC: &[u8] = b"PAR1";

/// Ids are read so many rows at a time.
const ID_ROWS: usize = 8192;

/// One column of a table.
pub(crate) struct Column<'a> {
    file: &'a File,
    name: &'a str,
    metadata: ArrowReaderMetadata,
    /// Which of the table's columns it is.
    index: usize,
    data_type: DataType,
}

/// Rows that lie one after the other in a batch.
pub(crate) struct Vectors<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) layout: Layout,
}

impl<'a> Column<'a> {
    /// The column of vectors. All kinds of lists look alike in Parquet itself; which of them the
    /// writer had in memory makes no difference here.
    pub(crate) fn of_vectors(file: &'a File, name: &'a str) -> Result<Self, VectorFault> {
        let column = Self::open(file, name, true)?;
        match &column.data_type {
            DataType::List(inner) if kind(inner.data_type()).is_some() => Ok(column),
            _ => Err(column.unfit("a list of float16, float32 or float64")),
        }
    }

    /// The column of ids, of the type that its writer had.
    pub(crate) fn of_ids(file: &'a File, name: &'a str) -> Result<Self, VectorFault> {
        let column = Self::open(file, name, false)?;
        let text = matches!(
            column.data_type,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
        );
        if text || column.data_type.is_integer() {
            return Ok(column);
        }
        Err(column.unfit("a string or an integer"))
    }

    fn open(file: &'a File, name: &'a str, plain: bool) -> Result<Self, VectorFault> {
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(plain);
        let metadata = guarded(|| ArrowReaderMetadata::load(file, options).map_err(words))?;
        let fields = metadata.parquet_schema().root_schema().get_fields();
        let index = fields.iter().position(|field| field.name() == name);
        let data_type = metadata.schema().field_with_name(name).ok();
        let (Some(index), Some(data_type)) = (index, data_type) else {
            let columns = fields.iter().map(|field| field.name().to_owned()).collect();
            return Err(VectorFault::NoColumn {
                name: name.to_owned(),
                columns,
            });
        };
        let data_type = data_type.data_type().clone();
        Ok(Self {
            file,
            name,
            metadata,
            index,
            data_type,
        })
    }

    fn unfit(&self, wanted: &'static str) -> VectorFault {
        VectorFault::ColumnType {
            name: self.name.to_owned(),
            found: self.data_type.to_string(),
            wanted,
        }
    }

    pub(crate) fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// Rows of the table, as its footer says.
    pub(crate) fn rows(&self) -> u64 {
        let rows = self.metadata.metadata().file_metadata().num_rows();
        u64::try_from(rows).unwrap_or(0)
    }

    /// Rows whose numbers take about `bytes`, by the number of values that the footer says.
    fn rows_in(&self, bytes: usize) -> usize {
        let schema = self.metadata.parquet_schema();
        let leaf = (0..schema.num_columns())
            .find(|leaf| schema.get_column_root_idx(*leaf) == self.index)
            .unwrap_or(0);
        let groups = self.metadata.metadata().row_groups();
        let values: i64 = groups
            .iter()
            .map(|group| group.column(leaf).num_values())
            .sum();
        let row_bytes = (u64::try_from(values).unwrap_or(0) / self.rows().max(1)).max(1) * 8;
        (bytes as u64 / row_bytes).clamp(1, 65_536) as usize
    }

    /// Hands over the vectors, about `bytes` at a time, with the number of their first row.
    pub(crate) fn each_vectors<E: From<VectorFault>>(
        &self,
        bytes: usize,
        each: &mut dyn FnMut(u64, &Vectors<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut first, mut dimension) = (0, None);
        self.each_batch(self.rows_in(bytes), &mut |column| {
            let list: &ListArray = column.as_list();
            let Some(dimension) = self.check(list, first, &mut dimension)? else {
                return Ok(());
            };
            let start = first;
            first += list.len() as u64;
            each(start, &vectors(list, dimension))
        })
    }

    /// The length of all rows, where they have one; `None` for a batch of no rows.
    fn check(
        &self,
        list: &ListArray,
        first: u64,
        dimension: &mut Option<usize>,
    ) -> Result<Option<usize>, VectorFault> {
        let null = |row: usize| VectorFault::Null {
            column: self.name.to_owned(),
            row: first + row as u64,
        };
        for row in 0..list.len() {
            if list.is_null(row) {
                return Err(null(row));
            }
            let found = list.value_length(row) as usize;
            if found == 0 {
                return Err(VectorFault::Empty {
                    column: self.name.to_owned(),
                    row: first + row as u64,
                });
            }
            let wanted = *dimension.get_or_insert(found);
            if found != wanted {
                return Err(VectorFault::Length {
                    row: first + row as u64,
                    found,
                    wanted,
                });
            }
        }
        let offsets = list.value_offsets();
        let values = list.values();
        if let (Some(nulls), Some(dimension)) = (values.nulls(), *dimension) {
            let start = offsets[0] as usize;
            let length = list.len() * dimension;
            if let Some(value) = (0..length).find(|value| nulls.is_null(start + value)) {
                return Err(null(value / dimension));
            }
        }
        Ok(dimension.filter(|_| !list.is_empty()))
    }

    /// All ids, in pieces.
    pub(crate) fn ids(&self) -> Result<Vec<ArrayRef>, VectorFault> {
        let mut pieces: Vec<ArrayRef> = Vec::new();
        let mut first = 0;
        self.each_batch(ID_ROWS, &mut |column| {
            if let Some(row) = (0..column.len()).find(|row| column.is_null(*row)) {
                return Err(VectorFault::Null {
                    column: self.name.to_owned(),
                    row: first + row as u64,
                });
            }
            first += column.len() as u64;
            pieces.push(column.clone());
            Ok(())
        })?;
        Ok(pieces)
    }

    fn each_batch<E: From<VectorFault>>(
        &self,
        rows: usize,
        each: &mut dyn FnMut(&ArrayRef) -> Result<(), E>,
    ) -> Result<(), E> {
        let file = self.file.try_clone().map_err(|error| refused(&error))?;
        let schema = self.metadata.parquet_schema();
        let mask = ProjectionMask::roots(schema, [self.index]);
        let mut reader = guarded(|| {
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_projection(mask)
                .with_batch_size(rows)
                .build()
                .map_err(words)
        })?;
        loop {
            let next = || reader.next().transpose().map_err(|error| error.to_string());
            let Some(batch) = guarded(next)? else {
                return Ok(());
            };
            each(batch.column(0))?;
        }
    }
}

/// Decoders of Parquet and zstd check much but not all of what damaged bytes make them read; so a
/// panic in one becomes words. Everything in reach of it is thrown away.
fn guarded<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, VectorFault> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err("its decoder gave up".to_owned()))
        .map_err(|why| VectorFault::Parquet { why })
}

fn words(error: ParquetError) -> String {
    error.to_string()
}

fn refused(error: &io::Error) -> VectorFault {
    let why = error.to_string();
    VectorFault::Parquet { why }
}

fn kind(data_type: &DataType) -> Option<Kind> {
    match data_type {
        DataType::Float16 => Some(Kind::F16),
        DataType::Float32 => Some(Kind::F32),
        DataType::Float64 => Some(Kind::F64),
        _ => None,
    }
}

fn vectors(list: &ListArray, dimension: usize) -> Vectors<'_> {
    let values = list.values();
    let kind = kind(values.data_type()).expect("checked when the column was opened");
    let bytes = match kind {
        Kind::F16 => values.as_primitive::<Float16Type>().values().inner(),
        Kind::F32 => values.as_primitive::<Float32Type>().values().inner(),
        Kind::F64 => values.as_primitive::<Float64Type>().values().inner(),
    };
    let layout = Layout {
        kind,
        big_endian: cfg!(target_endian = "big"),
        dimension,
    };
    let start = list.value_offsets()[0] as usize * kind.width();
    Vectors {
        bytes: &bytes.as_slice()[start..start + list.len() * layout.row_bytes()],
        layout,
    }
}
