//! Labels from a table of the user's: which row speaks of which image, and which speak of none.

use std::collections::HashMap;
use std::path::Path;

use lookalike_store::foreign::{LabelColumn, LabelColumns, LabelRow, LabelTable};
use lookalike_types::escape;

use super::Mark;
use crate::exit::UsageError;
use crate::settings;

/// A table that was read.
#[derive(Debug)]
pub(super) struct Table {
    file: String,
    marks: Vec<Mark>,
    /// The first row of each path.
    rows: HashMap<String, usize>,
    /// Paths that stand in more than one row, and the first of them.
    twice: Tally,
    has_label: bool,
    has_split: bool,
}

/// How many there are of something, and one of them.
#[derive(Debug, Default, Clone)]
struct Tally {
    count: u64,
    first: String,
}

impl Tally {
    fn add(&mut self, name: &str) {
        if self.count == 0 {
            name.clone_into(&mut self.first);
        }
        self.count += 1;
    }
}

impl Table {
    /// The table that the settings name, if any.
    ///
    /// # Errors
    /// A usage error where it cannot be used.
    pub(super) fn load(settings: &settings::Labels) -> anyhow::Result<Option<Self>> {
        if settings.file.is_empty() {
            return Ok(None);
        }
        // Who names a column wants it; the usual names are only tried.
        let column = |name: &String, usual: &str| LabelColumn {
            name: name.clone(),
            needed: name != usual,
        };
        let columns = LabelColumns {
            path: settings.columns.path.clone(),
            label: column(&settings.columns.label, "label"),
            split: column(&settings.columns.split, "split"),
        };
        let table = LabelTable::open(Path::new(&settings.file), &columns)
            .map_err(|error| UsageError::new(format!("`labels.file`: {error}")))?;
        Ok(Some(Self::of(&settings.file, table)))
    }

    fn of(file: &str, table: LabelTable) -> Self {
        let mut this = Self {
            file: escape(file.as_bytes()),
            marks: Vec::new(),
            rows: HashMap::new(),
            twice: Tally::default(),
            has_label: table.has_label,
            has_split: table.has_split,
        };
        for LabelRow { path, label, split } in table.rows {
            let path = key(&path).to_owned();
            if this.rows.contains_key(&path) {
                this.twice.add(&path);
                continue;
            }
            this.rows.insert(path, this.marks.len());
            this.marks.push(Mark { label, split });
        }
        this
    }

    pub(super) fn has_label(&self) -> bool {
        self.has_label
    }

    pub(super) fn has_split(&self) -> bool {
        self.has_split
    }

    /// The path of each row that counts.
    fn in_order(&self) -> Vec<&str> {
        let mut paths = vec![""; self.marks.len()];
        for (path, &row) in &self.rows {
            paths[row] = path;
        }
        paths
    }

    /// Begins to ask for images, all of which will be asked for.
    pub(super) fn ask(&self) -> Asked<'_> {
        Asked {
            table: self,
            fitted: vec![0; self.marks.len()],
            without: Tally::default(),
        }
    }
}

/// A table while it is asked for the images of a scan.
pub(super) struct Asked<'a> {
    table: &'a Table,
    /// How many images each row fitted.
    fitted: Vec<u32>,
    without: Tally,
}

impl<'a> Asked<'a> {
    /// What the table says of the image with these names, the first that it has.
    pub(super) fn row(&mut self, names: &[String; 2]) -> Option<&'a Mark> {
        let row = names.iter().find_map(|name| self.find(key(name)));
        match row {
            Some(row) => {
                self.fitted[row] += 1;
                self.table.marks.get(row)
            }
            None => {
                self.without.add(&names[0]);
                None
            }
        }
    }

    /// A name of the table may also stand there as its bytes are, where it is shown escaped.
    fn find(&self, name: &str) -> Option<usize> {
        let rows = &self.table.rows;
        rows.get(name).copied().or_else(|| {
            let plain = name
                .contains('\\')
                .then(|| lookalike_types::unescape(name))?;
            rows.get(str::from_utf8(&plain).ok()?).copied()
        })
    }

    /// What a person should know, once all images were asked for.
    pub(super) fn warnings(self) -> Vec<String> {
        let (mut idle, mut shared) = (Tally::default(), Tally::default());
        for (path, fitted) in self.table.in_order().into_iter().zip(&self.fitted) {
            match fitted {
                0 => idle.add(path),
                1 => {}
                _ => shared.add(path),
            }
        }
        let table = self.table;
        let said = [
            (&idle, "names no image", "name no image", ""),
            (
                &table.twice,
                "repeats a path",
                "repeat a path",
                "; the first row of a path counts",
            ),
            (
                &shared,
                "fits several images",
                "fit several images",
                "; each of them took it",
            ),
        ];
        let words = |(some, one, many, more): (&Tally, &str, &str, &str)| {
            let (rows, verb) = match some.count {
                0 => return None,
                1 => ("row", one),
                _ => ("rows", many),
            };
            let first = escape(some.first.as_bytes());
            Some(format!(
                "{}: {} {rows} {verb}, such as `{first}`{more}",
                table.file, some.count
            ))
        };
        let mut warnings: Vec<String> = said.into_iter().filter_map(words).collect();
        if self.without.count > 0 {
            let (images, have, go) = match self.without.count {
                1 => ("image", "has", "it goes by its folders"),
                _ => ("images", "have", "they go by their folders"),
            };
            warnings.push(format!(
                "{}: {} {images} {have} no row, such as `{}`; {go} unless `labels.label` and `labels.split` are `none`",
                table.file, self.without.count, self.without.first
            ));
        }
        warnings
    }
}

/// `./a.jpg` and `a.jpg` are one name.
fn key(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(&str, &str)]) -> Table {
        let row = |&(path, label): &(&str, &str)| LabelRow {
            path: path.to_owned(),
            label: Some(label.to_owned()),
            split: None,
        };
        let table = LabelTable {
            rows: rows.iter().map(row).collect(),
            has_label: true,
            has_split: false,
        };
        Table::of("labels.csv", table)
    }

    #[test]
    fn rows_and_images_that_do_not_fit_are_counted() {
        let table = table(&[
            ("./data/a.jpg", "cat"),
            ("b.jpg", "dog"),
            ("b.jpg", "cow"),
            ("gone.jpg", "cat"),
            ("a\u{200e}.jpg", "eel"),
        ]);
        let mut asked = table.ask();
        let mut label = |shown: &str, below: &str| {
            let row = asked.row(&[shown.to_owned(), below.to_owned()]);
            row.and_then(|mark| mark.label.clone()).unwrap_or_default()
        };
        assert_eq!(label("data/a.jpg", "a.jpg"), "cat");
        assert_eq!(label("data/b.jpg", "b.jpg"), "dog", "the first row counts");
        assert_eq!(label("more/b.jpg", "b.jpg"), "dog");
        assert_eq!(
            label("data/a\\xe2\\x80\\x8e.jpg", "a\\xe2\\x80\\x8e.jpg"),
            "eel"
        );
        assert_eq!(label("data/c.jpg", "c.jpg"), "");
        assert_eq!(
            asked.warnings(),
            [
                "labels.csv: 1 row names no image, such as `gone.jpg`",
                "labels.csv: 1 row repeats a path, such as `b.jpg`; the first row of a path counts",
                "labels.csv: 1 row fits several images, such as `b.jpg`; each of them took it",
                "labels.csv: 1 image has no row, such as `data/c.jpg`; it goes by its folders unless `labels.label` and `labels.split` are `none`",
            ]
        );
    }
}
