//! What the EXIF data of a picture says: how much of it there is, when the picture was taken, and
//! each field in words.
//!
//! Only the headers of a file are read, and of each value only its start. However damaged or wicked
//! the data is, the work is bounded (`walk.rs`), and what cannot be read counts as not being there.

mod container;
mod heif;
mod taken;
mod walk;
mod words;

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};

use lookalike_types::Stamp;

pub use taken::Taken;

use crate::names::{path_of, stamp_of};
use container::Block;

/// What the EXIF data of a picture says. The default is that of a picture without any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exif {
    /// Fields that say something of the picture: not those that say how its samples are stored.
    pub fields: u32,
    /// When it was taken, by the clock of the camera.
    pub taken: Option<Taken>,
    /// Name and value of each field, for people: 200 at most, values of 120 characters at most,
    /// without characters that disturb a terminal.
    pub shown: Vec<(String, String)>,
}

/// A file, or bytes in memory.
pub(crate) trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// The EXIF data of a picture of JPEG, PNG, WebP, TIFF, HEIC, AVIF or JPEG XL.
pub fn exif(bytes: &[u8]) -> Exif {
    read(&mut Cursor::new(bytes))
}

/// The EXIF data of the picture at `path` (bytes as in [`Place`](lookalike_types::Place)), as long
/// as the file has this size and time; only its headers are read. `None` where it has changed or
/// cannot be read.
pub fn exif_of_file(path: &[u8], stamp: Stamp) -> Option<Exif> {
    let path = path_of(path);
    // Asked before opening, because opening a pipe would wait for its writer.
    let there = path.metadata().ok()?;
    if !there.is_file() || stamp_of(&there) != stamp {
        return None;
    }
    Some(read(&mut BufReader::new(File::open(&path).ok()?)))
}

fn read(source: &mut dyn Source) -> Exif {
    let fields = match container::find(source) {
        Ok(Some(Block::Whole)) => walk::fields(source),
        Ok(Some(Block::Bytes(bytes))) => walk::fields(&mut Cursor::new(bytes)),
        Ok(None) | Err(_) => Vec::new(),
    };
    let telling = fields.iter().filter(|field| words::tells(field)).count();
    Exif {
        fields: u32::try_from(telling).unwrap_or(u32::MAX),
        taken: taken::of(&fields),
        shown: words::shown(&fields),
    }
}

#[cfg(test)]
mod tests;
