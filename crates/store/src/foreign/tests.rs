//! Files of vectors from end to end: written as others write them, opened, refused, and the pairs
//! read back.

use std::fs;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::file::properties::WriterProperties;
use arrow::array::{
    Array, ArrayRef, FixedSizeListArray, Float16Array, Float32Array, Float64Array, Int32Array,
    Int64Array, LargeListArray, LargeStringArray, ListArray, RecordBatch, StringArray,
    StringViewArray, UInt8Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field};
use half::f16;

use super::*;

/// A folder with one file of vectors in it.
struct Desk(tempfile::TempDir);

impl Desk {
    fn with(bytes: &[u8]) -> Self {
        let desk = Self(tempfile::tempdir().expect("a folder"));
        fs::write(desk.path("in"), bytes).expect("a file");
        desk
    }

    fn with_table(columns: Vec<(&str, ArrayRef)>) -> Self {
        let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
        // Several row groups, as large files have them.
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(2));
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build()))
            .expect("a writer");
        writer.write(&batch).expect("a row group");
        writer.close().expect("a footer");
        Self::with(&bytes)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            path: self.path("in"),
            column: "vector".to_owned(),
            id: None,
            scratch: self.path("out.vectors.tmp"),
            threads: 2,
        }
    }

    fn open(&self, wanted: &Wanted) -> Result<VectorFile> {
        let checked = VectorFile::check(wanted);
        let opened = VectorFile::open(wanted, &|share| (0.0..=1.0).contains(&share));
        match (checked, &opened) {
            (Ok(()), _) => {}
            (Err(early), Err(late)) => assert_eq!(early.to_string(), late.to_string()),
            (Err(early), Ok(_)) => panic!("refused what can be opened: {early}"),
        }
        let names: Vec<_> = fs::read_dir(self.0.path()).expect("a folder").collect();
        assert_eq!(names.len(), 1, "a file is left: {names:?}");
        opened
    }

    fn rows(&self) -> Vec<Vec<f32>> {
        rows(&self.open(&self.wanted()).expect("vectors"))
    }

    /// What is said of the file, without its path.
    fn refusal(&self, wanted: &Wanted) -> String {
        let error = self.open(wanted).err().expect("an error").to_string();
        error.replace(&*self.0.path().to_string_lossy(), "")
    }
}

fn rows(file: &VectorFile) -> Vec<Vec<f32>> {
    (0..file.len()).map(|row| file.row(row).to_vec()).collect()
}

fn npy(descr: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + text.len() + 1) % 64 != 0 {
        text.push(' ');
    }
    text.push('\n');
    let length = (text.len() as u16).to_le_bytes();
    [npy::MAGIC, &[1, 0], &length, text.as_bytes(), numbers].concat()
}

fn npy_f32(rows: &[[f32; 2]]) -> Vec<u8> {
    let numbers: Vec<u8> = rows
        .iter()
        .flatten()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    npy("<f4", &format!("({}, 2)", rows.len()), &numbers)
}

/// Lists of these lengths over these values, in the memory layout that `large` and `fixed` name.
fn lists(values: ArrayRef, lengths: &[usize]) -> [ArrayRef; 3] {
    let field = Arc::new(Field::new("item", values.data_type().clone(), true));
    let small = OffsetBuffer::from_lengths(lengths.iter().copied());
    let large = OffsetBuffer::from_lengths(lengths.iter().copied());
    let fixed = FixedSizeListArray::new(
        field.clone(),
        *lengths.first().unwrap_or(&1) as i32,
        values.clone(),
        None,
    );
    [
        Arc::new(ListArray::new(field.clone(), small, values.clone(), None)),
        Arc::new(LargeListArray::new(field, large, values, None)),
        Arc::new(fixed),
    ]
}

const THREE: [f32; 6] = [3.0, 4.0, -8.0, 6.0, 0.0, 0.5];

fn three() -> ArrayRef {
    let [list, ..] = lists(Arc::new(Float32Array::from(THREE.to_vec())), &[2; 3]);
    list
}

fn three_units() -> Vec<Vec<f32>> {
    vec![vec![0.6, 0.8], vec![-0.8, 0.6], vec![0.0, 1.0]]
}

#[test]
fn unit_rows_are_used_where_they_lie() {
    let desk = Desk::with(&npy_f32(&[[0.6, 0.8], [1.0002, 0.0]]));
    // Not even tried: its folder is not there.
    let wanted = Wanted {
        scratch: desk.path("none/out"),
        ..desk.wanted()
    };
    let file = desk.open(&wanted).expect("vectors");
    assert_eq!(rows(&file), [[0.6, 0.8], [1.0002, 0.0]]);
    assert_eq!(file.ids().data_type(), &DataType::UInt64);
}

#[test]
fn other_rows_are_normalised_into_the_scratch_file() {
    let desk = Desk::with(&npy_f32(&[[3.0, 4.0], [-8.0, 6.0], [0.0, 0.5]]));
    assert_eq!(desk.rows(), three_units());
    let wanted = Wanted {
        scratch: desk.path("none/out"),
        ..desk.wanted()
    };
    assert!(desk.refusal(&wanted).contains("cannot write /none/out"));
    let big: Vec<u8> = THREE
        .iter()
        .flat_map(|v| f64::from(*v).to_be_bytes())
        .collect();
    assert_eq!(
        Desk::with(&npy(">f8", "(3, 2)", &big)).rows(),
        three_units()
    );
    // A header of an odd length: the numbers lie where no f32 may.
    let numbers: Vec<u8> = [0.6f32, 0.8].iter().flat_map(|v| v.to_le_bytes()).collect();
    let mut odd = npy("<f4", "(1, 2)", &[]);
    odd.insert(odd.len() - 1, b' ');
    odd[8] += 1;
    odd.extend(numbers);
    assert_eq!(Desk::with(&odd).rows(), [[0.6, 0.8]]);
}

#[test]
fn no_rows_are_no_error() {
    assert!(Desk::with(&npy_f32(&[])).rows().is_empty());
    let [list, ..] = lists(Arc::new(Float32Array::from(Vec::<f32>::new())), &[]);
    assert!(Desk::with_table(vec![("vector", list)]).rows().is_empty());
}

#[test]
fn every_list_of_every_float_is_read() {
    let halves: Vec<f16> = THREE.map(f16::from_f32).to_vec();
    let doubles: Vec<f64> = THREE.map(f64::from).to_vec();
    let values: [ArrayRef; 3] = [
        Arc::new(Float16Array::from(halves)),
        Arc::new(Float32Array::from(THREE.to_vec())),
        Arc::new(Float64Array::from(doubles)),
    ];
    for list in values.into_iter().flat_map(|values| lists(values, &[2; 3])) {
        let kind = list.data_type().clone();
        let desk = Desk::with_table(vec![("other", three()), ("vector", list)]);
        assert_eq!(desk.rows(), three_units(), "{kind}");
    }
}

#[test]
fn ids_keep_their_type() {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["a", "b", "a"])),
        Arc::new(LargeStringArray::from(vec!["a", "b", "a"])),
        Arc::new(StringViewArray::from(vec!["a", "b", "a"])),
        Arc::new(Int64Array::from(vec![-7, 8, -7])),
        Arc::new(UInt8Array::from(vec![7, 8, 7])),
    ];
    for ids in columns {
        let desk = Desk::with_table(vec![("my.id", ids.clone()), ("vector", three())]);
        let wanted = Wanted {
            id: Some("my.id".to_owned()),
            ..desk.wanted()
        };
        let file = desk.open(&wanted).expect("vectors");
        assert_eq!(file.ids().data_type(), ids.data_type());
        assert_eq!(&file.ids().of(0..3).expect("ids"), &ids);
    }
}

#[test]
fn what_cannot_be_used_is_said() {
    let plain = |bytes: &[u8]| {
        let desk = Desk::with(bytes);
        desk.refusal(&desk.wanted())
    };
    insta::assert_snapshot!(plain(b"id,x\n1,2\n"), @"/in is neither a .npy nor a Parquet file. Write the vectors with `np.save`, or as a list column of a Parquet table");
    insta::assert_snapshot!(plain(b""), @"/in is neither a .npy nor a Parquet file. Write the vectors with `np.save`, or as a list column of a Parquet table");
    insta::assert_snapshot!(plain(&npy_f32(&[[1.0, 0.0], [0.0, 0.0], [1.0, f32::NAN]])), @"/in has 2 rows that cannot be compared, counted from 0: 1 (zero), 2 (NaN or infinite). A cosine needs finite numbers that are not all 0: leave such rows out, and look why they are there");
    insta::assert_snapshot!(plain(&npy_f32(&[[7.0, 0.0], [0.0, 0.0]])), @"/in has 1 row that cannot be compared, counted from 0: 1 (zero). A cosine needs finite numbers that are not all 0: leave such rows out, and look why they are there");
    let desk = Desk::with(&npy_f32(&[[1.0, 0.0]]));
    let wanted = Wanted {
        id: Some("id".to_owned()),
        ..desk.wanted()
    };
    insta::assert_snapshot!(desk.refusal(&wanted), @"/in is a .npy file, which has no column of ids. Ask for none (rows are then numbered from 0), or write vectors and ids into one Parquet table");
    let gone = Wanted {
        path: desk.path("gone"),
        ..desk.wanted()
    };
    insta::assert_snapshot!(desk.refusal(&gone), @"cannot read /gone: No such file or directory (os error 2). Check that the folder is there, that you may use it and that the disk has space, then run again");
}

/// What is said of a table of these columns.
fn said(columns: Vec<(&str, ArrayRef)>, id: Option<&str>) -> String {
    let desk = Desk::with_table(columns);
    let wanted = Wanted {
        id: id.map(str::to_owned),
        ..desk.wanted()
    };
    desk.refusal(&wanted)
}

#[test]
fn what_a_table_lacks_is_said() {
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
    insta::assert_snapshot!(said(vec![("id", numbers.clone()), ("emb", three())], None), @"/in has no column `vector`, but `id`, `emb`. Name one of them");
    insta::assert_snapshot!(said(vec![("vector", numbers.clone())], None), @"/in has a column `vector` of type Int32, but a list of float16, float32 or float64 is needed. Name another column, or cast it");
    insta::assert_snapshot!(said(vec![("vector", three()), ("id", three())], Some("id")), @"/in has a column `id` of type List(Float32), but a string or an integer is needed. Name another column, or cast it");
    let ids: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("b"), None]));
    insta::assert_snapshot!(said(vec![("vector", three()), ("id", ids)], Some("id")), @"/in has a null in column `id`, row 2 (from 0). Leave such rows out");
}

#[test]
fn rows_that_are_no_vectors_are_named() {
    let list = |lengths: [usize; 3], values: &[Option<f32>], nulls: Option<Vec<bool>>| {
        let field = Arc::new(Field::new("item", DataType::Float32, true));
        let offsets = OffsetBuffer::from_lengths(lengths);
        let values = Arc::new(Float32Array::from(values.to_vec()));
        let list = ListArray::new(field, offsets, values, nulls.map(Into::into));
        said(vec![("vector", Arc::new(list))], None)
    };
    let (one, none) = (Some(1.0), None);
    insta::assert_snapshot!(list([2, 1, 3], &[one; 6], None), @"/in has vectors of different dimensions: that of row 1 (from 0) is 1, of those before it 2. Only vectors of one model can be compared");
    insta::assert_snapshot!(list([3, 0, 3], &[one; 6], None), @"/in has a vector of no numbers in column `vector`, row 1 (from 0). Leave such rows out");
    insta::assert_snapshot!(list([2, 2, 2], &[one; 6], Some(vec![true, true, false])), @"/in has a null in column `vector`, row 2 (from 0). Leave such rows out");
    insta::assert_snapshot!(list([2, 2, 2], &[one, one, none, one, one, one], None), @"/in has a null in column `vector`, row 1 (from 0). Leave such rows out");
}

#[test]
fn damaged_tables_are_refused_not_believed() {
    let whole = Desk::with_table(vec![("vector", three())]);
    let bytes = fs::read(whole.path("in")).expect("a file");
    for cut in [5, bytes.len() / 2, bytes.len() - 1] {
        let desk = Desk::with(&bytes[..cut]);
        let said = desk.refusal(&desk.wanted());
        assert!(said.contains("cannot be read as Parquet"), "{said}");
    }
    for place in 4..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[place] ^= 0x55;
        let desk = Desk::with(&bytes);
        // Wrong numbers cannot be told from right ones; a panic could.
        let _ = desk.open(&desk.wanted());
    }
}

#[test]
fn a_stop_is_heard() {
    let desk = Desk::with(&npy_f32(&[[3.0, 4.0]]));
    let stopped = VectorFile::open(&desk.wanted(), &|_| false);
    assert!(matches!(stopped, Err(Error::Stopped)));
    assert!(!desk.path("out.vectors.tmp").exists());
}
