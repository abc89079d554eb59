//! Walks the directories of a TIFF structure. The libraries for EXIF follow every pointer and keep
//! every value, so that a file of 64 KiB can cost gigabytes; here each directory is entered once,
//! and of each value only the start is kept.

use std::io::{self, SeekFrom};

use exif::{Context, Tag};

use super::Source;

/// Fields of one directory that are looked at. Cameras write fewer than 100.
const MAX_FIELDS: u16 = 512;

/// Bytes of a value that are kept.
const MAX_VALUE: u64 = 1024;

/// A field as it stands in the file.
#[derive(Debug)]
pub(super) struct Raw {
    pub tag: Tag,
    /// The number of the type.
    pub kind: u16,
    /// Bytes of the whole value.
    pub length: u64,
    /// Its first bytes, [`MAX_VALUE`] at most.
    pub bytes: Vec<u8>,
    /// Whether numbers have their lowest byte first.
    pub little: bool,
}

/// The fields of the picture: of the first directory and those below it, not of the thumbnail. What
/// follows a damaged place is left out.
pub(super) fn fields(source: &mut dyn Source) -> Vec<Raw> {
    let mut walk = Walk {
        source,
        little: false,
        found: Vec::new(),
    };
    // What was found before the damage stands.
    let _ = walk.all();
    walk.found
}

struct Walk<'a> {
    source: &'a mut dyn Source,
    little: bool,
    found: Vec<Raw>,
}

impl Walk<'_> {
    fn all(&mut self) -> io::Result<()> {
        let head: [u8; 8] = self.bytes(0)?;
        self.little = match &head[..4] {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return Ok(()),
        };
        let first = self.long([head[4], head[5], head[6], head[7]]);
        self.directory(Context::Tiff, first)?;
        let below = [
            (Tag::ExifIFDPointer, Context::Exif),
            (Tag::GPSInfoIFDPointer, Context::Gps),
        ];
        for (pointer, context) in below {
            let to = self.found.iter().find(|field| field.tag == pointer);
            let to = to.and_then(|field| field.bytes.first_chunk().copied());
            if let Some(to) = to {
                // One that is damaged says nothing of the next.
                let _ = self.directory(context, self.long(to));
            }
        }
        Ok(())
    }

    fn directory(&mut self, context: Context, at: u32) -> io::Result<()> {
        let at = u64::from(at);
        let count: [u8; 2] = self.bytes(at)?;
        for index in 0..self.short(count).min(MAX_FIELDS) {
            let entry: [u8; 12] = self.bytes(at + 2 + 12 * u64::from(index))?;
            // A value that lies behind the end is left out, and the next looked at.
            if let Ok(field) = self.field(context, entry) {
                self.found.push(field);
            }
        }
        Ok(())
    }

    fn field(&mut self, context: Context, entry: [u8; 12]) -> io::Result<Raw> {
        let [t, u, k, l, a, b, c, d, value @ ..] = entry;
        let kind = self.short([k, l]);
        let length = size_of(kind) * u64::from(self.long([a, b, c, d]));
        let kept = length.min(MAX_VALUE);
        let bytes = if length <= 4 {
            value[..kept as usize].to_vec()
        } else {
            self.source.seek(SeekFrom::Start(self.long(value).into()))?;
            let mut bytes = vec![0; kept as usize];
            self.source.read_exact(&mut bytes)?;
            bytes
        };
        Ok(Raw {
            tag: Tag(context, self.short([t, u])),
            kind,
            length,
            bytes,
            little: self.little,
        })
    }

    fn bytes<const N: usize>(&mut self, at: u64) -> io::Result<[u8; N]> {
        self.source.seek(SeekFrom::Start(at))?;
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn short(&self, bytes: [u8; 2]) -> u16 {
        match self.little {
            true => u16::from_le_bytes(bytes),
            false => u16::from_be_bytes(bytes),
        }
    }

    fn long(&self, bytes: [u8; 4]) -> u32 {
        match self.little {
            true => u32::from_le_bytes(bytes),
            false => u32::from_be_bytes(bytes),
        }
    }
}

/// Bytes of one element of each type (TIFF 6.0, section 2); 0 for unknown ones.
fn size_of(kind: u16) -> u64 {
    match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 => 4,
        5 | 10 | 12 => 8,
        _ => 0,
    }
}
