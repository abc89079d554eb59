//! `commit.json`: the one file that says which files exist.
//!
//! Its last line is the BLAKE3 of everything before that line, so damage to the record itself is
//! told from damage to a file that it names.

use std::collections::BTreeMap;
use std::io;

use lookalike_types::{Space, SpaceId};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::layout::{COMMIT, COMMIT_ADVICE, Kind};
use crate::medium::Medium;
use crate::spaces::SpaceRecord;

/// The version of everything in the folder. Another one is refused, not guessed at.
pub(crate) const FORMAT: u32 = 1;

const DIGEST_KEY: &str = "  \"blake3\": \"";
const DIGEST_END: &str = "\"\n}\n";

/// What exists.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Commit {
    format: u32,
    /// Counts commits; every new file carries the number of the commit that made it.
    pub(crate) generation: u64,
    /// The space of the last scan.
    space: Option<String>,
    spaces: BTreeMap<String, SpaceRecord>,
    /// What the program wants to know again of its last scan; the store does not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<serde_json::Value>,
    /// Every file, by name.
    pub(crate) files: BTreeMap<String, Entry>,
}

/// What the record says of a file: its size in bytes, and their BLAKE3 in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) bytes: u64,
    blake3: String,
}

impl Entry {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.len() as u64,
            blake3: blake3::hash(bytes).to_hex().to_string(),
        }
    }

    /// Whether these are the bytes, as far as their number says.
    pub(crate) fn has_size_of(&self, bytes: &[u8]) -> bool {
        self.bytes == bytes.len() as u64
    }

    /// Whether these are the bytes.
    pub(crate) fn is_of(&self, bytes: &[u8]) -> bool {
        *self == Self::of(bytes)
    }
}

impl Commit {
    /// The record of a store in which nothing exists.
    pub(crate) fn empty() -> Self {
        Self {
            format: FORMAT,
            generation: 0,
            space: None,
            spaces: BTreeMap::new(),
            note: None,
            files: BTreeMap::new(),
        }
    }

    /// The record of this medium; `None` where it has none.
    pub(crate) fn load(medium: &dyn Medium) -> Result<Option<Self>> {
        let bytes = match medium.read(COMMIT) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                let path = medium.path(COMMIT);
                let action = "read";
                return Err(Error::Io {
                    action,
                    path,
                    source,
                });
            }
        };
        Self::parse(&bytes).map(Some).map_err(|fault| {
            let path = medium.path(COMMIT);
            match fault {
                Unreadable::Format(found) => Error::Format {
                    path,
                    found,
                    known: FORMAT,
                },
                Unreadable::Damaged(why) => Error::Damaged {
                    path,
                    why,
                    advice: COMMIT_ADVICE,
                },
            }
        })
    }

    /// The text of the record. The same record gives the same bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let body = serde_json::to_string_pretty(self)
            .expect("numbers, strings and maps with string keys always have a JSON form");
        let mut text = body.strip_suffix("\n}").unwrap_or(&body).to_owned();
        text.push_str(",\n");
        let digest = blake3::hash(text.as_bytes()).to_hex();
        text.push_str(&format!("{DIGEST_KEY}{digest}{DIGEST_END}"));
        text.into_bytes()
    }

    fn parse(bytes: &[u8]) -> std::result::Result<Self, Unreadable> {
        let broken = |error: serde_json::Error| Unreadable::Damaged(format!("not JSON: {error}"));
        let record: Version = serde_json::from_slice(bytes).map_err(broken)?;
        if record.format != u64::from(FORMAT) {
            return Err(Unreadable::Format(record.format));
        }
        let tail = DIGEST_KEY.len() + 64 + DIGEST_END.len();
        let (head, tail) = bytes.split_at(bytes.len().saturating_sub(tail));
        let digest = blake3::hash(head).to_hex();
        if tail != format!("{DIGEST_KEY}{digest}{DIGEST_END}").as_bytes() {
            let why = "its last line is not the digest of what comes before it";
            return Err(Unreadable::Damaged(why.to_owned()));
        }
        let commit: Self = serde_json::from_slice(bytes).map_err(broken)?;
        commit.spaces_in_full().map_err(Unreadable::Damaged)?;
        // A name leads to a file, so a record must not lead out of the folder.
        if let Some(name) = commit.files.keys().find(|name| Kind::of(name).is_none()) {
            let why = format!("it names `{}`", lookalike_types::escape(name.as_bytes()));
            return Err(Unreadable::Damaged(why));
        }
        Ok(commit)
    }

    /// Every space with its definition.
    fn spaces_in_full(&self) -> std::result::Result<BTreeMap<SpaceId, Space>, String> {
        let each = self.spaces.iter().map(|(id, record)| {
            let space = record.to_space()?;
            if space.id().as_str() != id {
                return Err(format!(
                    "space {id} is not the one that its fields describe"
                ));
            }
            Ok((space.id(), space))
        });
        each.collect()
    }

    /// Every space with its definition, by id.
    pub(crate) fn spaces(&self) -> BTreeMap<SpaceId, Space> {
        self.spaces_in_full()
            .expect("a record is parsed or extended only with spaces that make sense")
    }

    /// The space of the last scan.
    pub(crate) fn current(&self) -> Option<SpaceId> {
        self.space.as_deref().and_then(SpaceId::parse)
    }

    /// Makes this the space of the last scan; whether that changes anything.
    pub(crate) fn enter(&mut self, space: &Space) -> bool {
        let id = space.id().to_string();
        let same_name = self
            .spaces
            .get(&id)
            .is_some_and(|known| known.to_space().is_ok_and(|known| known == *space));
        let same = same_name && self.space.as_ref() == Some(&id);
        self.spaces.insert(id.clone(), SpaceRecord::from(space));
        self.space = Some(id);
        !same
    }

    /// The names of all files of this kind, oldest first.
    pub(crate) fn names(&self, kind: &Kind) -> Vec<String> {
        let of_kind = |name: &&String| Kind::of(name).as_ref() == Some(kind);
        self.files.keys().filter(of_kind).cloned().collect()
    }
}

/// The only field that every version has to have.
#[derive(Deserialize)]
struct Version {
    format: u64,
}

enum Unreadable {
    Format(u64),
    Damaged(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_survives_its_text_and_notices_every_changed_byte() {
        let mut commit = Commit::empty();
        let name = Kind::Files.name(1);
        commit.files.insert(name, Entry::of(b"some bytes"));
        let bytes = commit.to_bytes();
        let again = Commit::parse(&bytes).ok().expect("just written");
        assert_eq!(again.to_bytes(), bytes);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(Commit::parse(&damaged).is_err(), "byte {at}");
            assert!(Commit::parse(&bytes[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn another_format_is_told_from_damage() {
        let text = r#"{ "format": 2, "anything": [] }"#;
        assert!(matches!(
            Commit::parse(text.as_bytes()),
            Err(Unreadable::Format(2))
        ));
    }
}
