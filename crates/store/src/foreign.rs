//! Vectors that people already have, from any model, and the pairs of them.
//!
//! A [`VectorFile`] is a `.npy` array or a list column of a Parquet table, as unit vectors by row
//! number. A `.npy` of unit float32 vectors is mapped and used as it lies there. Everything else is
//! normalised, block by block, into a scratch file that is mapped in its place; so memory stays
//! small whatever the size. A [`PairTable`] is what is written of them. A [`LabelTable`] is what
//! people already know of their images.
//!
//! Nothing here changes a file of others, or joins vectors.

mod fault;
mod ids;
mod labels;
mod npy;
mod pairs;
mod parquet;
mod rows;
mod scratch;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use lookalike_types::{VectorTable, escape};

pub use fault::{BadRow, BadRows, VectorFault};
pub use ids::Ids;
pub use labels::{LabelColumn, LabelColumns, LabelFault, LabelRow, LabelTable};
pub use pairs::PairTable;

use self::npy::Header;
use self::parquet::Column;
use self::rows::{Kind, Layout};
use self::scratch::Scratch;
use crate::vectors::Floats;
use crate::{Error, Result, medium};

/// Hears now and then which share of the work is done, 0 to 1. Where it answers `false`, the work
/// is given up with [`Error::Stopped`].
pub type Proceed<'a> = &'a dyn Fn(f64) -> bool;

/// Bytes of a file that are normalised at a time.
const BLOCK_BYTES: usize = 8 << 20;
/// Bytes of a mapped file that are measured between two words on the progress.
const MEASURED_BYTES: usize = 128 << 20;

/// Which vectors, and what it takes to read them.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// A `.npy` or Parquet file, told apart by their first bytes.
    pub path: PathBuf,
    /// The column of vectors, for Parquet.
    pub column: String,
    /// The column of ids; without one, rows are called by their number.
    pub id: Option<String>,
    /// The name of the scratch file, which must not be there.
    pub scratch: PathBuf,
    /// Threads that measure and normalise. They change no number.
    pub threads: usize,
}

/// Unit vectors from a file.
pub struct VectorFile {
    rows: usize,
    dimension: usize,
    floats: Floats,
    ids: Ids,
}

impl VectorFile {
    /// Opens a file, reads all of it once, and normalises it where a row needs that: where the
    /// square of its length is not within about 0.001 of 1, or its numbers are not float32 as this
    /// machine has them.
    ///
    /// While a `.npy` file is in use, nobody may change or cut it.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read or the scratch file not be written,
    /// [`Error::Vectors`] where what is in it cannot be used, [`Error::Stopped`] where `proceed`
    /// says so.
    pub fn open(wanted: &Wanted, proceed: Proceed<'_>) -> Result<Self> {
        let opening = Opening { wanted, proceed };
        let (file, format) = opening.format()?;
        match format {
            Format::Npy => opening.npy(&file),
            Format::Parquet => opening.parquet(&file),
        }
    }

    /// Looks at header or footer only: whether [`Self::open`] would find what is wanted. That may
    /// take minutes, and its refusal should not, where two files are to be opened.
    ///
    /// # Errors
    /// Those of [`Self::open`] that no row is needed for.
    pub fn check(wanted: &Wanted) -> Result<()> {
        let opening = Opening {
            wanted,
            proceed: &|_| true,
        };
        let (file, format) = opening.format()?;
        match format {
            Format::Npy => opening.header(&file).map(drop),
            Format::Parquet => opening.columns(&file).map(drop),
        }
    }

    /// What its rows are called.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }
}

impl VectorTable for VectorFile {
    fn len(&self) -> usize {
        self.rows
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn row(&self, index: usize) -> &[f32] {
        &self.floats.get()[index * self.dimension..(index + 1) * self.dimension]
    }
}

/// The path as a person may see it.
fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

/// A file that is being opened.
struct Opening<'a> {
    wanted: &'a Wanted,
    proceed: Proceed<'a>,
}

/// The two formats, told apart by their first bytes.
enum Format {
    Npy,
    Parquet,
}

impl Opening<'_> {
    fn format(&self) -> Result<(File, Format)> {
        let mut file = File::open(&self.wanted.path).map_err(|error| self.unread(error))?;
        let mut magic = Vec::new();
        let mut start = (&mut file).take(npy::MAGIC.len() as u64);
        let read = start.read_to_end(&mut magic);
        read.map_err(|error| self.unread(error))?;
        match &magic[..] {
            npy::MAGIC if self.wanted.id.is_some() => Err(self.fault(VectorFault::NoIds)),
            npy::MAGIC => Ok((file, Format::Npy)),
            magic if magic.starts_with(parquet::MAGIC) => Ok((file, Format::Parquet)),
            _ => Err(self.fault(VectorFault::Format)),
        }
    }

    fn header(&self, file: &File) -> Result<(Bytes, Header)> {
        // No advice to the system: read from front to back, 2 GB come at 5.7 GB/s from the page cache
        // and at 1.4 GB/s from a disk that gives `cat` 1.1.
        let bytes = medium::map(file).map_err(|error| self.unread(error))?;
        let header = Header::parse(&bytes).map_err(|fault| self.fault(fault))?;
        Ok((bytes, header))
    }

    /// The column of vectors, and that of ids where one is wanted.
    fn columns<'a>(&'a self, file: &'a File) -> Result<(Column<'a>, Option<Column<'a>>)> {
        let vectors = Column::of_vectors(file, &self.wanted.column);
        let vectors = vectors.map_err(|fault| self.fault(fault))?;
        let ids = self.wanted.id.as_deref();
        let ids = ids.map(|name| Column::of_ids(file, name)).transpose();
        Ok((vectors, ids.map_err(|fault| self.fault(fault))?))
    }

    fn npy(&self, file: &File) -> Result<VectorFile> {
        let (bytes, header) = self.header(file)?;
        let end = header.offset + header.rows * header.layout.row_bytes();
        let bytes = bytes.slice(header.offset..end);
        let bytes = if self.is_even(&bytes, &header.layout)? {
            bytes
        } else {
            self.normalised(&bytes, &header.layout)?
        };
        Ok(VectorFile {
            rows: header.rows,
            dimension: header.layout.dimension,
            floats: Floats::new(bytes),
            ids: Ids::rows(),
        })
    }

    /// Whether these are float32 unit vectors that can be used where they lie.
    fn is_even(&self, bytes: &Bytes, layout: &Layout) -> Result<bool> {
        if layout.kind != Kind::F32 || layout.big_endian || cfg!(target_endian = "big") {
            return Ok(false);
        }
        let Ok(values) = bytemuck::try_cast_slice::<u8, f32>(bytes) else {
            return Ok(false);
        };
        let (mut bad, mut even) = (BadRows::default(), true);
        let block = layout.rows_in(MEASURED_BYTES);
        for (part, first) in values
            .chunks(block * layout.dimension)
            .zip((0..).step_by(block))
        {
            self.go_on(first * layout.row_bytes(), bytes.len())?;
            let threads = self.wanted.threads;
            let lengths = rows::measure(part, layout.dimension, first as u64, threads);
            bad.append(lengths.bad);
            even &= !lengths.uneven;
            // Which rows are bad is found while normalising, too.
            if !even {
                return Ok(false);
            }
        }
        self.refuse(bad)?;
        Ok(true)
    }

    fn normalised(&self, bytes: &Bytes, layout: &Layout) -> Result<Bytes> {
        let mut unit = Normalising::start(self)?;
        let block = layout.rows_in(BLOCK_BYTES);
        let blocks = bytes.chunks(block * layout.row_bytes());
        for (part, first) in blocks.zip((0..).step_by(block)) {
            self.go_on(first * layout.row_bytes(), bytes.len())?;
            unit.add(part, layout, first as u64)?;
        }
        unit.finish()
    }

    fn parquet(&self, file: &File) -> Result<VectorFile> {
        let (column, ids) = self.columns(file)?;
        // Ids first: what is wrong with them is soon known, and the vectors may take minutes.
        let ids = match ids {
            None => Ids::rows(),
            Some(column) => {
                let pieces = column.ids().map_err(|fault| self.fault(fault))?;
                Ids::column(column.data_type().clone(), pieces)
            }
        };
        let mut unit = Normalising::start(self)?;
        let (mut rows, mut dimension) = (0, 0);
        let read = column.each_vectors::<Halt>(BLOCK_BYTES, &mut |first, vectors| {
            self.go_on(first as usize, column.rows() as usize)?;
            unit.add(vectors.bytes, &vectors.layout, first)?;
            dimension = vectors.layout.dimension;
            rows += vectors.bytes.len() / vectors.layout.row_bytes();
            Ok(())
        });
        read.map_err(|halt| match halt {
            Halt::Fault(fault) => self.fault(fault),
            Halt::Error(error) => error,
        })?;
        Ok(VectorFile {
            rows,
            dimension,
            floats: Floats::new(unit.finish()?),
            ids,
        })
    }

    fn go_on(&self, done: usize, of: usize) -> Result<()> {
        if (self.proceed)(done as f64 / of.max(1) as f64) {
            return Ok(());
        }
        Err(Error::Stopped)
    }

    fn refuse(&self, bad: BadRows) -> Result<()> {
        if bad.count == 0 {
            return Ok(());
        }
        Err(self.fault(VectorFault::Rows(bad)))
    }

    fn fault(&self, fault: VectorFault) -> Error {
        Error::Vectors {
            path: shown(&self.wanted.path),
            fault,
        }
    }

    fn unread(&self, source: io::Error) -> Error {
        Error::Io {
            action: "read",
            path: shown(&self.wanted.path),
            source,
        }
    }

    fn unwritten(&self, source: io::Error) -> Error {
        Error::Io {
            action: "write",
            path: shown(&self.wanted.scratch),
            source,
        }
    }
}

/// What ends the reading of a table.
enum Halt {
    Fault(VectorFault),
    Error(Error),
}

impl From<VectorFault> for Halt {
    fn from(fault: VectorFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Rows on their way into the scratch file.
struct Normalising<'a> {
    opening: &'a Opening<'a>,
    scratch: Scratch,
    block: Vec<f32>,
    bad: BadRows,
}

impl<'a> Normalising<'a> {
    fn start(opening: &'a Opening<'_>) -> Result<Self> {
        let scratch = Scratch::create(&opening.wanted.scratch);
        Ok(Self {
            opening,
            scratch: scratch.map_err(|error| opening.unwritten(error))?,
            block: Vec::new(),
            bad: BadRows::default(),
        })
    }

    fn add(&mut self, bytes: &[u8], layout: &Layout, first: u64) -> Result<()> {
        let numbers = bytes.len() / layout.kind.width();
        self.block.resize(numbers, 0.0);
        let threads = self.opening.wanted.threads;
        let bad = rows::normalise(bytes, layout, &mut self.block, first, threads);
        self.bad.append(bad);
        let written = self.scratch.write(&self.block);
        written.map_err(|error| self.opening.unwritten(error))
    }

    fn finish(self) -> Result<Bytes> {
        self.opening.refuse(self.bad)?;
        let mapped = self.scratch.map();
        mapped.map_err(|error| self.opening.unwritten(error))
    }
}

#[cfg(test)]
mod tests;
