//! `PAIRS.parquet`: the pairs of somebody's vectors, most alike first. `docs/format.md` names the
//! columns.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array};
use arrow::datatypes::{DataType, Field, SchemaRef};
use lookalike_types::NearPair;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::{Ids, Proceed, shown};
use crate::medium;
use crate::table::{self, GROUP_ROWS};
use crate::{Error, Result};

/// Pairs are turned into columns so many at a time.
const BATCH_PAIRS: usize = 16 * 1024;

/// A table of pairs to be written.
pub struct PairTable<'a> {
    /// Its file. While it is written, what is there lies beside it, as PATH.PROCESS.tmp.
    pub path: &'a Path,
    /// The cosine from which pairs were wanted.
    pub threshold: f32,
    /// What the first row of a pair is called.
    pub ids_a: &'a Ids,
    /// What the second is called.
    pub ids_b: &'a Ids,
    /// The number that row 0 of `ids_b` has in the pairs: 0 where vectors were joined with
    /// themselves, the length of the first table where `ids_b` are those of a second.
    pub first_b: u32,
}

impl PairTable<'_> {
    /// Writes the pairs, sorted by similarity from high to low, then by the rows of a and b. The
    /// same pairs give the same bytes. A file of this name is replaced in one step, once the new one
    /// is whole.
    ///
    /// # Errors
    /// [`Error::Io`] where the disk refuses, [`Error::Stopped`] where `proceed` says so; nothing
    /// is left then.
    ///
    /// # Panics
    /// Where a pair has a row without an id.
    pub fn write(&self, mut pairs: Vec<NearPair>, proceed: Proceed<'_>) -> Result<()> {
        let alike = |x: &NearPair, y: &NearPair| y.similarity.total_cmp(&x.similarity);
        pairs.sort_unstable_by(|x, y| alike(x, y).then((x.a, x.b).cmp(&(y.a, y.b))));
        let temporary = Temporary::beside(self.path);
        let file = File::create_new(&temporary.0).map_err(|source| temporary.failed(source))?;
        let file = self
            .fill(file, &pairs, proceed)
            .map_err(|error| match error {
                Error::Encode { source, .. } => self.encode(source, &temporary),
                other => other,
            })?;
        let published = medium::publish(file, &temporary.0, self.path);
        published.map_err(|source| Error::Io {
            action: "write",
            path: shown(self.path),
            source,
        })
    }

    fn fill(&self, file: File, pairs: &[NearPair], proceed: Proceed<'_>) -> Result<File> {
        let failed = |source| Error::Encode {
            name: shown(self.path),
            source,
        };
        let (schema, properties) = (self.schema(), self.properties());
        let mut writer =
            ArrowWriter::try_new(BufWriter::new(file), schema.clone(), Some(properties))
                .map_err(failed)?;
        let mut done = 0;
        for batch in pairs.chunks(BATCH_PAIRS) {
            if !proceed(done as f64 / pairs.len() as f64) {
                return Err(Error::Stopped);
            }
            let columns = self.columns(batch).map_err(failed)?;
            let batch = table::batch(&schema, columns).map_err(failed)?;
            writer.write(&batch).map_err(failed)?;
            done += batch.num_rows();
        }
        let buffered = writer.into_inner().map_err(failed)?;
        let file = buffered.into_inner().map_err(io::Error::from);
        file.map_err(|error| failed(error.into()))
    }

    fn columns(&self, pairs: &[NearPair]) -> Result<Vec<ArrayRef>, ParquetError> {
        let a = pairs.iter().map(|pair| pair.a as usize);
        let b = pairs.iter().map(|pair| (pair.b - self.first_b) as usize);
        let similarity = pairs.iter().map(|pair| pair.similarity);
        Ok(vec![
            self.ids_a.of(a)?,
            self.ids_b.of(b)?,
            Arc::new(Float32Array::from_iter_values(similarity)),
        ])
    }

    fn schema(&self) -> SchemaRef {
        let field = |name, data_type: &DataType| Field::new(name, data_type.clone(), false);
        table::schema(vec![
            field("id_a", self.ids_a.data_type()),
            field("id_b", self.ids_b.data_type()),
            field("similarity", &DataType::Float32),
        ])
    }

    fn properties(&self) -> WriterProperties {
        let pairs = [
            ("lookalike.version", env!("CARGO_PKG_VERSION").to_owned()),
            ("lookalike.table", "join".to_owned()),
            ("lookalike.threshold", self.threshold.to_string()),
        ];
        let pairs = pairs.map(|(key, value)| KeyValue::new(key.to_owned(), value));
        WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::Page)
            .set_key_value_metadata(Some(pairs.to_vec()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build()
    }

    /// What the encoder says, unless it only passes on what the disk said.
    fn encode(&self, source: ParquetError, temporary: &Temporary) -> Error {
        match source {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(source) => temporary.failed(*source),
                Err(inner) => self.fault(ParquetError::External(inner)),
            },
            source => self.fault(source),
        }
    }

    fn fault(&self, source: ParquetError) -> Error {
        let name = shown(self.path);
        Error::Encode { name, source }
    }
}

/// The name of a file under way. What has it is removed when this is dropped; once it is renamed,
/// nothing has it.
struct Temporary(PathBuf);

impl Temporary {
    /// With the number of the process: two joins into one file do not write into each other.
    fn beside(path: &Path) -> Self {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}{}", std::process::id(), medium::TEMPORARY));
        Self(name.into())
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Io {
            action: "write",
            path: shown(&self.0),
            source,
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arrow::array::{AsArray, RecordBatch, StringArray};
    use arrow::datatypes::{Float32Type, UInt64Type};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;

    fn pair(a: u32, b: u32, similarity: f32) -> NearPair {
        NearPair { a, b, similarity }
    }

    fn write(path: &Path, pairs: Vec<NearPair>, proceed: &dyn Fn(f64) -> bool) -> Result<()> {
        let names = Arc::new(StringArray::from_iter_values(
            (0..50_000).map(|row| format!("n{row}")),
        ));
        let table = PairTable {
            path,
            threshold: 0.85,
            ids_a: &Ids::rows(),
            ids_b: &Ids::column(DataType::Utf8, vec![names]),
            first_b: 3,
        };
        table.write(pairs, proceed)
    }

    fn four() -> Vec<NearPair> {
        vec![
            pair(0, 3, 0.9),
            pair(2, 4, 1.0),
            pair(0, 4, 0.95),
            pair(1, 3, 1.0),
        ]
    }

    /// The rows of a table of pairs, and its metadata.
    fn read(path: &Path) -> (Vec<RecordBatch>, BTreeMap<String, String>) {
        let file = File::open(path).expect("a file");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a table");
        let notes = reader.metadata().file_metadata().key_value_metadata();
        let notes = notes.into_iter().flatten().cloned();
        let notes = notes.map(|note| (note.key, note.value.unwrap_or_default()));
        let notes = notes.collect();
        let batches = reader.build().expect("a reader");
        (
            batches.map(|batch| batch.expect("a batch")).collect(),
            notes,
        )
    }

    fn files(folder: &tempfile::TempDir) -> usize {
        fs::read_dir(folder.path()).expect("a folder").count()
    }

    #[test]
    fn the_most_alike_come_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pairs.parquet");
        write(&path, four(), &|_| true).expect("written");
        let (batches, notes) = read(&path);
        let [batch] = &batches[..] else {
            panic!("{batches:?}");
        };
        let a = batch.column(0).as_primitive::<UInt64Type>().values();
        assert_eq!(a, &[1, 2, 0, 0]);
        let b: Vec<_> = batch
            .column(1)
            .as_string::<i32>()
            .iter()
            .flatten()
            .collect();
        assert_eq!(b, ["n0", "n1", "n1", "n0"]);
        let similarity = batch.column(2).as_primitive::<Float32Type>().values();
        assert_eq!(similarity, &[1.0, 1.0, 0.95, 0.9]);
        assert_eq!(notes["lookalike.table"], "join");
        assert_eq!(notes["lookalike.threshold"], "0.85");
        assert_eq!(notes["lookalike.version"], env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn the_same_pairs_are_the_same_bytes_and_replace_what_was_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pairs.parquet");
        write(&path, four(), &|_| true).expect("written");
        let bytes = fs::read(&path).expect("a file");
        fs::write(&path, b"something else").expect("a file");
        let turned = four().into_iter().rev().collect();
        write(&path, turned, &|_| true).expect("written");
        assert_eq!(fs::read(&path).expect("a file"), bytes);
        assert_eq!(files(&folder), 1);
    }

    #[test]
    fn a_table_that_is_not_finished_does_not_exist() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pairs.parquet");
        let many: Vec<_> = (0..40_000).map(|row| pair(row, row + 3, 0.9)).collect();
        let stopped = write(&path, many.clone(), &|share| share < 0.5);
        assert!(matches!(stopped, Err(Error::Stopped)));
        assert_eq!(files(&folder), 0);
        write(&path, many, &|_| true).expect("written");
        let rows = |path| {
            read(path)
                .0
                .iter()
                .map(RecordBatch::num_rows)
                .sum::<usize>()
        };
        assert_eq!(rows(&path), 40_000);
        write(&path, Vec::new(), &|_| true).expect("no pairs are a table too");
        assert_eq!(rows(&path), 0);
        let nowhere = folder.path().join("none/pairs.parquet");
        let error = write(&nowhere, Vec::new(), &|_| true).expect_err("no folder");
        assert!(matches!(error, Error::Io { .. }), "{error}");
    }
}
