//! The bytes of a file and their digest, in one read.

use std::fs::{File, Metadata};
use std::io::Read;
use std::time::{Duration, SystemTime};

use lookalike_types::{ContentId, Failed, Reason, Stamp};

use crate::Limits;
use crate::names::{nanoseconds, not_given, path_of, stamp_of};

/// Clocks of file systems are coarse (FAT: two seconds): a file changed twice within this time may
/// carry one and the same stamp.
const CLOCK: Duration = Duration::from_secs(2);

/// What a file held at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// BLAKE3 of these bytes.
    pub content: ContentId,
    /// Size and time of the file that held exactly these bytes.
    pub stamp: Stamp,
}

impl Blob {
    /// The digest of bytes that were read elsewhere, such as those of a tar member.
    pub fn content_of(bytes: &[u8]) -> ContentId {
        ContentId::from_bytes(*blake3::hash(bytes).as_bytes())
    }
}

/// Reads the file at `path` (bytes as in [`Place`](lookalike_types::Place)) once, opened for
/// reading only. Size and time are compared before and after; a file that moved in between is read
/// once more.
///
/// # Errors
/// `too-large` by its size alone, `unreadable`, or `vanished` where it is gone or keeps changing.
pub fn read(path: &[u8], limits: &Limits) -> Result<Blob, Failed> {
    for _ in 0..2 {
        if let Some(blob) = attempt(path, limits)? {
            return Ok(blob);
        }
    }
    Err(Failed::new(
        Reason::Vanished,
        "the file changed while it was read, twice; scan again when it is complete",
    ))
}

/// Whether a later file with an equal stamp may be taken for unchanged: the last change lies more
/// than two seconds from the moment of reading, so that the clock can tell the next one from it.
pub fn settled(stamp: Stamp, read_at: SystemTime) -> bool {
    let distance = nanoseconds(read_at).abs_diff(stamp.modified_ns);
    u128::from(distance) > CLOCK.as_nanos()
}

/// One read; `None` where the file did not hold still.
fn attempt(path: &[u8], limits: &Limits) -> Result<Option<Blob>, Failed> {
    let path = path_of(path);
    // Asked before opening, because opening a pipe would wait for its writer.
    regular(&path.metadata().map_err(|error| not_given(&error))?)?;
    let mut file = File::open(&path).map_err(|error| not_given(&error))?;
    let before = file.metadata().map_err(|error| not_given(&error))?;
    regular(&before)?;
    let stamp = stamp_of(&before);
    let bytes = bytes_of(&mut file, stamp.bytes, limits.max_bytes)?;

    let after = file.metadata().map_err(|error| not_given(&error))?;
    let there = path.metadata().map_err(|error| not_given(&error))?;
    let still = stamp_of(&after) == stamp
        && stamp_of(&there) == stamp
        && same_file(&before, &there)
        && bytes.len() as u64 == stamp.bytes;
    Ok(still.then(|| Blob {
        content: Blob::content_of(&bytes),
        bytes,
        stamp,
    }))
}

pub(crate) fn regular(metadata: &Metadata) -> Result<(), Failed> {
    match metadata.is_file() {
        true => Ok(()),
        false => Err(Failed::new(Reason::Unreadable, "not a regular file")),
    }
}

/// At most one byte more than `size`: enough to notice that the file grew.
fn bytes_of(file: &mut File, size: u64, max_bytes: u64) -> Result<Vec<u8>, Failed> {
    if size > max_bytes {
        let detail = format!("{size} bytes, more than decode.max_bytes = {max_bytes}");
        return Err(Failed::new(Reason::TooLarge, detail));
    }
    let mut bytes = Vec::new();
    let room = usize::try_from(size)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    bytes
        .try_reserve_exact(room)
        .map_err(|error| Failed::new(Reason::TooLarge, format!("{size} bytes: {error}")))?;
    file.take(size.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| not_given(&error))?;
    Ok(bytes)
}

#[cfg(unix)]
fn same_file(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn same_file(_: &Metadata, _: &Metadata) -> bool {
    true
}
