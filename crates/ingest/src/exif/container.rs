//! Where the EXIF block lies in a file of each format. Everything else is stepped over.

use std::io::{self, ErrorKind, Read, SeekFrom};

use super::{Source, heif};

/// The longest block that is looked at. JPEG allows 64 KiB; other formats are rarely above.
const MAX_BLOCK: u64 = 1 << 20;

/// Segments, chunks or boxes that are stepped over before the search is given up.
const MAX_PARTS: usize = 1 << 16;

const EXIF_ID: &[u8; 6] = b"Exif\0\0";

/// The EXIF data, which has the form of a TIFF file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// The file itself is a TIFF.
    Whole,
    /// These bytes of it.
    Bytes(Vec<u8>),
}

/// Finds the block; `None` where there is none.
///
/// # Errors
/// Where the file cannot be read or ends too soon.
pub(super) fn find(source: &mut dyn Source) -> io::Result<Option<Block>> {
    let mut head = [0; 12];
    source.seek(SeekFrom::Start(0))?;
    source.read_exact(&mut head)?;
    let block = match &head {
        [0xff, 0xd8, ..] => jpeg(source)?,
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => return Ok(Some(Block::Whole)),
        _ if head.starts_with(b"\x89PNG\r\n\x1a\n") => png(source)?,
        _ if head.starts_with(b"RIFF") && head.ends_with(b"WEBP") => webp(source)?,
        _ if &head[4..8] == b"ftyp" || &head[4..8] == b"JXL " => boxes(source)?,
        _ => None,
    };
    Ok(block.map(|bytes| match bytes.strip_prefix(&EXIF_ID[..]) {
        Some(rest) => Block::Bytes(rest.to_vec()),
        None => Block::Bytes(bytes),
    }))
}

/// The bytes from `start`, where they are not too many.
fn take(source: &mut dyn Source, start: u64, length: u64) -> io::Result<Option<Vec<u8>>> {
    if length > MAX_BLOCK {
        return Ok(None);
    }
    source.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    let read = Read::take(&mut *source, length).read_to_end(&mut bytes)?;
    match read as u64 == length {
        true => Ok(Some(bytes)),
        false => Err(ErrorKind::UnexpectedEof.into()),
    }
}

fn header<const N: usize>(source: &mut dyn Source, at: u64) -> io::Result<[u8; N]> {
    source.seek(SeekFrom::Start(at))?;
    let mut bytes = [0; N];
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The first APP1 segment of EXIF before the first scan (ITU-T T.81, annex B; CIPA DC-008).
fn jpeg(source: &mut dyn Source) -> io::Result<Option<Vec<u8>>> {
    let mut at = 2;
    for _ in 0..MAX_PARTS {
        let [mark, marker, high, low] = header(source, at)?;
        match (mark, marker) {
            // A fill byte before a marker.
            (0xff, 0xff) => at += 1,
            (0xff, 0x01 | 0xd0..=0xd8) => at += 2,
            (0xff, 0xd9 | 0xda) => return Ok(None),
            (0xff, _) => {
                let length = u64::from(u16::from_be_bytes([high, low]));
                if marker == 0xe1 && length >= 8 && header(source, at + 4)? == *EXIF_ID {
                    return take(source, at + 4, length - 2);
                }
                at += 2 + length.max(2);
            }
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// The `eXIf` chunk, wherever it stands (PNG, third edition, 11.3.4.6).
fn png(source: &mut dyn Source) -> io::Result<Option<Vec<u8>>> {
    let mut at = 8;
    for _ in 0..MAX_PARTS {
        let [a, b, c, d, kind @ ..]: [u8; 8] = header(source, at)?;
        let length = u64::from(u32::from_be_bytes([a, b, c, d]));
        match &kind {
            b"eXIf" => return take(source, at + 8, length),
            b"IEND" => return Ok(None),
            _ => at += length + 12,
        }
    }
    Ok(None)
}

/// The `EXIF` chunk of a RIFF file.
fn webp(source: &mut dyn Source) -> io::Result<Option<Vec<u8>>> {
    let mut at = 12;
    for _ in 0..MAX_PARTS {
        let [kind @ .., a, b, c, d]: [u8; 8] = header(source, at)?;
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        if &kind == b"EXIF" {
            return take(source, at + 8, length);
        }
        at += 8 + length + length % 2;
    }
    Ok(None)
}

/// ISO base media files (ISO/IEC 14496-12): JPEG XL has a box for EXIF, HEIC and AVIF an item that
/// `meta` names. Both begin with the distance to the TIFF header.
fn boxes(source: &mut dyn Source) -> io::Result<Option<Vec<u8>>> {
    let mut at = 0;
    for _ in 0..MAX_PARTS {
        let [a, b, c, d, kind @ ..]: [u8; 8] = header(source, at)?;
        let (start, length) = match u32::from_be_bytes([a, b, c, d]) {
            1 => (16, u64::from_be_bytes(header(source, at + 8)?)),
            length => (8, u64::from(length)),
        };
        // A length of 0 means up to the end of the file: picture data, and nothing comes after it.
        if length < start {
            return Ok(None);
        }
        let found = match &kind {
            b"Exif" => take(source, at + start, length - start)?,
            b"meta" => match take(source, at + start, length - start)? {
                Some(meta) => match heif::exif_item(&meta) {
                    Some((start, length)) => take(source, start, length)?,
                    None => None,
                },
                None => None,
            },
            _ => None,
        };
        if let Some(bytes) = found {
            let distance = bytes.first_chunk().map(|head| u32::from_be_bytes(*head));
            let rest = distance.and_then(|distance| bytes.get(4 + distance as usize..));
            return Ok(rest.map(<[u8]>::to_vec));
        }
        at = at.checked_add(length).ok_or(ErrorKind::UnexpectedEof)?;
    }
    Ok(None)
}
