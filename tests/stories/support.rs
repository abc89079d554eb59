//! A desk to work at: a temporary folder, pictures drawn into it, the real program run in it, and
//! its tables read back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use image::{ImageFormat, RgbImage};
use lookalike::demo::{plant, scene};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;
use tempfile::TempDir;

/// One row of a table: column to value.
pub type Row = BTreeMap<String, Value>;

/// How the program ended and what it said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The JSON object on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A temporary folder in which the program runs.
pub struct Desk {
    dir: TempDir,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The program with these arguments, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lookalike"));
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        let output = self
            .command(arguments)
            .output()
            .expect("the program starts");
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        }
    }

    /// Scans, expects success, and gives the counts.
    pub fn scan(&self, arguments: &[&str]) -> Value {
        let said = self.run(&[&["scan", "--json"], arguments].concat());
        assert_eq!(said.code, 0, "{said:?}");
        said.json()["counts"].clone()
    }

    /// Starts the program and lets it go on.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("the program starts")
    }

    /// Writes bytes, with the folders above them.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("below the desk")).expect("a folder");
        fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.age(name);
    }

    /// Sets the time of a file back, so that the next scan may trust it.
    pub fn age(&self, name: &str) {
        let file = fs::File::options()
            .write(true)
            .open(self.path(name))
            .expect("a file");
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
        file.set_modified(time).expect("a time is set");
    }

    /// Draws picture `number` as a file whose extension says the format.
    pub fn draw(&self, name: &str, number: u64) -> RgbImage {
        let picture = scene::draw(number);
        self.save(name, &picture);
        picture
    }

    /// Saves a picture as a file whose extension says the format.
    pub fn save(&self, name: &str, picture: &RgbImage) {
        let format = ImageFormat::from_path(name).expect("an extension of an image");
        self.write(name, &plant::encode(picture, format).expect("encodes"));
    }

    /// The rows of `report/NAME.parquet`.
    pub fn table(&self, name: &str) -> Vec<Row> {
        rows(&self.path(&format!("lookalike-out/report/{name}.parquet")))
    }

    /// The bytes of the five tables.
    pub fn tables(&self, out: &str) -> Vec<Vec<u8>> {
        let read =
            |name| fs::read(self.path(&format!("{out}/report/{name}.parquet"))).expect("a table");
        let names = ["images", "pairs", "groups", "leaks", "label_conflicts"];
        names.map(read).to_vec()
    }

    /// The paths of the members of each group, in order of the groups.
    pub fn groups(&self) -> Vec<Vec<String>> {
        let mut groups: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for row in self.table("groups") {
            let group = row["group"].as_i64().expect("a number");
            groups.entry(group).or_default().push(text(&row["path"]));
        }
        let mut groups: Vec<Vec<String>> = groups.into_values().collect();
        groups.iter_mut().for_each(|group| group.sort());
        groups
    }
}

/// A string of a table.
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no string"))
        .to_owned()
}

/// All rows of a Parquet file.
pub fn rows(path: &Path) -> Vec<Row> {
    let file = fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reader = SerializedFileReader::new(file).expect("a Parquet file");
    let rows = reader.get_row_iter(None).expect("rows");
    rows.map(|row| {
        let row = row.expect("a row");
        row.get_column_iter()
            .map(|(name, field)| (name.clone(), value(field)))
            .collect()
    })
    .collect()
}

fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(value) => (*value).into(),
        Field::Int(value) => (*value).into(),
        Field::Long(value) | Field::TimestampMicros(value) => (*value).into(),
        Field::UInt(value) => (*value).into(),
        Field::ULong(value) => (*value).into(),
        Field::Float(value) => f64::from(*value).into(),
        Field::Str(value) => value.clone().into(),
        other => format!("{other:?}").into(),
    }
}

/// A folder of `../shared`, or `None` with a word where it is missing. On a build server it must
/// be there.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "{} is missing",
        path.display()
    );
    println!("skipped: ../shared/{name} is missing");
    None
}

/// A Python with the packages of `tests/requirements.txt`, or `None` with a word where there is
/// none. On a build server it must be there.
pub fn python() -> Option<String> {
    let python = std::env::var("LOOKALIKE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let asked = Command::new(&python)
        .args(["-c", "import duckdb, pandas, polars, pyarrow"])
        .output();
    if asked.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "{python} lacks the packages of tests/requirements.txt"
    );
    println!("skipped: {python} lacks the packages of tests/requirements.txt");
    None
}
