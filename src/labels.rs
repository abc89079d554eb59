//! What is known of an image besides its bytes: its label, and the split that it is in. Both come
//! from a table, else from the folders of its path. They shape no vector, so a report may take
//! others than the scan did.

mod folder;
mod table;

use lookalike_types::{Place, escape, unescape};

use crate::settings::{self, By};

use folder::Roots;
use table::Table;

/// Where labels and splits come from, ready to be asked.
#[derive(Debug)]
pub(crate) struct Labels {
    roots: Roots,
    label: By,
    split: By,
    table: Option<Table>,
}

/// What one image is called and where it belongs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// What it shows.
    pub label: Option<String>,
    /// The part of the collection that it is in.
    pub split: Option<String>,
}

/// The marks of all images, and what a person should know of them.
#[derive(Debug, Default)]
pub(crate) struct Marked {
    /// In the order of the places.
    pub marks: Vec<Mark>,
    /// One sentence each.
    pub warnings: Vec<String>,
}

impl Labels {
    /// Reads the table that the settings name. `inputs` are those of the scan, as people see them.
    ///
    /// # Errors
    /// A usage error where the table cannot be used.
    pub(crate) fn load(settings: &settings::Labels, inputs: &[String]) -> anyhow::Result<Self> {
        Ok(Self {
            roots: Roots::new(inputs.iter().map(|input| unescape(input))),
            label: settings.label,
            split: settings.split,
            table: Table::load(settings)?,
        })
    }

    /// Where labels come from: `file`, `folder` or `none`.
    pub(crate) fn label_from(&self) -> &'static str {
        word(
            self.table.as_ref().is_some_and(Table::has_label),
            self.label,
        )
    }

    /// Where splits come from, likewise.
    pub(crate) fn split_from(&self) -> &'static str {
        word(
            self.table.as_ref().is_some_and(Table::has_split),
            self.split,
        )
    }

    /// The marks of these places.
    pub(crate) fn of<'a>(&self, places: impl Iterator<Item = &'a Place>) -> Marked {
        let mut asked = self.table.as_ref().map(Table::ask);
        let mark = |place: &Place| {
            let row = asked.as_mut().and_then(|asked| {
                let names = [place.shown(), self.roots.relative(place)];
                asked.row(&names)
            });
            let row = row.cloned().unwrap_or_default();
            let folder = |by, of: fn(&Roots, &Place) -> Option<String>| match by {
                By::Folder => of(&self.roots, place),
                By::Nothing => None,
            };
            Mark {
                label: row.label.or_else(|| folder(self.label, Roots::label)),
                split: row.split.or_else(|| folder(self.split, Roots::split)),
            }
        };
        let marks = places.map(mark).collect();
        let warnings = asked.map(|asked| asked.warnings()).unwrap_or_default();
        Marked { marks, warnings }
    }
}

fn word(told: bool, by: By) -> &'static str {
    match (told, by) {
        (true, _) => "file",
        (false, By::Folder) => "folder",
        (false, By::Nothing) => "none",
    }
}

/// The place below its input as people see it.
fn shown_below(rest: &[u8], member: Option<&[u8]>) -> String {
    match (rest, member) {
        (b"", Some(member)) => escape(member),
        (rest, Some(member)) => Place::member(rest, member).shown(),
        (rest, None) => Place::file(rest).shown(),
    }
}
