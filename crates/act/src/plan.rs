//! A plan: for each image of a group whether it stays, why, and what it is a copy of.
//!
//! A plan touches nothing. It is a table (`docs/format.md` names its columns) that a person can
//! read with any tool before it is carried out.

mod check;
mod read;
mod write;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use blake3::Hasher;
use bytes::Bytes;
use lookalike_types::{ContentId, PairKind, Place};

use crate::error::{Error, Result};
use crate::name::{below, bytes_of, path_of};

/// The version of the plan's format.
pub(crate) const VERSION: &str = "1";

/// What is to become of the images of all groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The generation of the report that it was made from.
    pub generation: String,
    /// The absolute folder that relative paths start from: where the scan was made.
    pub root: PathBuf,
    /// What decided: rules, references, limits.
    pub settings: serde_json::Value,
    /// How many of the removals may be wrong, where somebody judged a sample.
    pub bound: Option<serde_json::Value>,
    /// One row per image: groups ascending, the kept first.
    pub rows: Vec<PlanRow>,
}

/// One image of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanRow {
    /// The group in the report.
    pub group: i64,
    /// Where the image lies.
    pub place: Place,
    /// Whether it stays.
    pub decision: Decision,
    /// Why, in words.
    pub reason: String,
    /// The rule that decided, where one did.
    pub rule: Option<String>,
    /// What the bytes must be when it is touched.
    pub content: ContentId,
    /// Size in bytes.
    pub bytes: Option<u64>,
    /// What it is a copy of; there exactly where it is removed.
    pub copy: Option<Copy>,
    /// Where it would go below the target of `move`; derived from its path where there is none.
    pub goes_to: Option<String>,
}

/// The kept image that a removed one directly resembles.
#[derive(Debug, Clone, PartialEq)]
pub struct Copy {
    /// Where it lies; a `keep` row of the same plan.
    pub place: Place,
    /// What its bytes must be.
    pub content: ContentId,
    /// How much the two resemble each other, -1 to 1.
    pub similarity: f32,
    /// How sure it is that they are copies.
    pub kind: PairKind,
}

/// Whether an image stays.
#[derive(Debug, Clone, std::marker::Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is not touched, and what is removed as its copy relies on it.
    Keep,
    /// It is taken away, in the way that the action says.
    Remove,
}

impl Decision {
    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Remove => "remove",
        }
    }
}

impl Plan {
    /// The bytes of `plan.parquet`: equal for equal plans.
    ///
    /// # Errors
    /// [`Error::Row`] or [`Error::Foreign`] where the plan contradicts itself (a plan that could
    /// not be read again is not written), [`Error::Encode`] where the Parquet writer refuses.
    pub fn to_parquet(&self) -> Result<Vec<u8>> {
        check::check(self)?;
        write::write(self).map_err(|source| Error::Encode { source })
    }

    /// The plan in these bytes.
    ///
    /// # Errors
    /// [`Error::Damaged`] where they cannot be decoded or are others than were written,
    /// [`Error::Foreign`] where they are no plan or one of another version, [`Error::Row`] where the
    /// rows contradict each other. Never panics, whatever the bytes.
    pub fn from_parquet(bytes: Bytes) -> Result<Self> {
        let plan = read::read(&bytes)?;
        check::check(&plan)?;
        Ok(plan)
    }

    /// Refuses a plan that contradicts itself.
    pub(crate) fn check(&self) -> Result<()> {
        check::check(self)
    }

    /// The rows that are removed, with their numbers from 0.
    pub fn removals(&self) -> impl Iterator<Item = (usize, &PlanRow, &Copy)> {
        let rows = self.rows.iter().enumerate();
        rows.filter_map(|(number, row)| match (row.decision, &row.copy) {
            (Decision::Remove, Some(copy)) => Some((number, row, copy)),
            _ => None,
        })
    }

    /// The file (or shard) of a place, from the folder of the scan.
    pub fn resolve(&self, place: &Place) -> PathBuf {
        self.root.join(path_of(&place.path))
    }

    /// BLAKE3 of all that the plan says, as 64 hexadecimal digits: of the values, not of a file.
    pub fn digest(&self) -> String {
        let mut hasher = Hasher::new();
        let mut feed = |bytes: Option<&[u8]>| {
            hasher.update(&[u8::from(bytes.is_some())]);
            let bytes = bytes.unwrap_or_default();
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        let bound = self.bound.as_ref().map(serde_json::Value::to_string);
        feed(Some(self.generation.as_bytes()));
        feed(Some(bytes_of(&self.root)));
        feed(Some(self.settings.to_string().as_bytes()));
        feed(bound.as_deref().map(str::as_bytes));
        for row in &self.rows {
            row.feed(&mut feed);
        }
        hasher.finalize().to_hex().to_string()
    }
}

impl PlanRow {
    fn feed(&self, feed: &mut dyn FnMut(Option<&[u8]>)) {
        feed(Some(&self.group.to_le_bytes()));
        feed(Some(&self.place.path));
        feed(self.place.member.as_deref());
        feed(Some(self.decision.as_str().as_bytes()));
        feed(Some(self.reason.as_bytes()));
        feed(self.rule.as_deref().map(str::as_bytes));
        feed(Some(self.content.as_bytes()));
        feed(
            self.bytes
                .map(u64::to_le_bytes)
                .as_ref()
                .map(<[u8; 8]>::as_slice),
        );
        feed(self.goes_to.as_deref().map(str::as_bytes));
        let copy = self.copy.as_ref();
        feed(copy.map(|copy| copy.place.path.as_slice()));
        feed(copy.and_then(|copy| copy.place.member.as_deref()));
        feed(copy.map(|copy| copy.content.as_bytes().as_slice()));
        feed(
            copy.map(|copy| copy.similarity.to_le_bytes())
                .as_ref()
                .map(<[u8; 4]>::as_slice),
        );
        feed(copy.map(|copy| copy.kind.as_str().as_bytes()));
    }

    /// Where the file would go below the target of `move`.
    pub(crate) fn target(&self) -> PathBuf {
        match &self.goes_to {
            Some(path) => Path::new(path).to_owned(),
            None => below(&path_of(&self.place.path)),
        }
    }
}
