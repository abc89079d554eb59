//! The members of tar shards, streamed in place: nothing is unpacked, a name is only a name.

use std::cell::Cell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use lookalike_types::{Failed, Place, Reason, Stamp};

use crate::names::{base_name, name_of, not_given, stamp_of};
use crate::rules::Rules;
use crate::source::{Finder, Found};

const BUFFER: usize = 256 << 10;

/// The end of a packed shard is read up to this far behind the last member, so that its checksum
/// is verified. Writers pad with 10 KiB or little more.
const MAX_PADDING: u64 = 1 << 20;

/// What may lie between two members: padding, long names, extended headers, sparse maps. The tar
/// crate keeps names in memory whatever their size, and a packed name of terabytes is a small file.
pub(crate) const MAX_HEADERS: u64 = 16 << 20;

/// Whether a file of this name is read as a shard.
pub(crate) fn is_shard(name: &[u8]) -> bool {
    packing(name).is_some()
}

/// Whether a shard of this name is packed, so that nothing in it can be reached but from its start.
pub(crate) fn is_packed(name: &[u8]) -> bool {
    matches!(packing(name), Some(Packing::Gzip | Packing::Zstd))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

fn packing(name: &[u8]) -> Option<Packing> {
    let name = base_name(name).to_ascii_lowercase();
    let ends = |end: &str| name.ends_with(end.as_bytes()) && name.len() > end.len();
    if ends(".tar") {
        Some(Packing::Plain)
    } else if ends(".tar.gz") || ends(".tgz") {
        Some(Packing::Gzip)
    } else if ends(".tar.zst") {
        Some(Packing::Zstd)
    } else {
        None
    }
}

impl Finder<'_> {
    /// Gives the members of a shard, then one failure where it could not be read to its end.
    pub(crate) fn shard(&mut self, path: &Path, stamp: Stamp) -> ControlFlow<()> {
        let name = name_of(path);
        if (self.known)(name, stamp) {
            let path = name.to_vec();
            return (self.visit)(Found::UnchangedShard { path, stamp });
        }
        match self.stream(path) {
            Ok(flow) => flow,
            Err(failed) => self.fail(path, Some(stamp), failed),
        }
    }

    fn stream(&mut self, path: &Path) -> Result<ControlFlow<()>, Failed> {
        let file = File::open(path).map_err(|error| not_given(&error))?;
        let source = file
            .metadata()
            .map(|m| stamp_of(&m))
            .map_err(|e| not_given(&e))?;
        if source.bytes == 0 {
            return Err(Failed::new(Reason::Empty, "a shard of no bytes"));
        }
        let left = Cell::new(MAX_HEADERS);
        let reader = unpacked(path, &file)?;
        let mut archive = tar::Archive::new(Rationed {
            reader,
            left: &left,
        });
        let mut names = Names::default();
        let entries = archive.entries().map_err(|error| damaged(&error))?;
        for entry in entries {
            let mut entry = entry.map_err(|error| damaged(&error))?;
            left.set(u64::MAX);
            if self
                .member(&mut entry, (name_of(path), source), &mut names)?
                .is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
            // What was not wanted of it flows by here, so that only headers count as headers.
            io::copy(&mut entry, &mut io::sink()).map_err(|error| damaged(&error))?;
            left.set(MAX_HEADERS);
        }
        let mut rest = archive.into_inner().reader.take(MAX_PADDING);
        io::copy(&mut rest, &mut io::sink()).map_err(|error| damaged(&error))?;
        match file.metadata() {
            Ok(after) if stamp_of(&after) != source => Err(Failed::new(
                Reason::Vanished,
                "the shard changed while it was read; scan again when it is complete",
            )),
            _ => Ok(ControlFlow::Continue(())),
        }
    }

    fn member(
        &mut self,
        entry: &mut tar::Entry<'_, impl Read>,
        shard: (&[u8], Stamp),
        names: &mut Names,
    ) -> Result<ControlFlow<()>, Failed> {
        let Some(name) = name_that_counts(entry, self.rules) else {
            return Ok(ControlFlow::Continue(()));
        };
        let seconds = entry.header().mtime().unwrap_or(0);
        let stamp = Stamp {
            bytes: entry.size(),
            modified_ns: i64::try_from(seconds)
                .map_or(i64::MAX, |s| s.saturating_mul(1_000_000_000)),
        };
        let bytes = match content(entry, self.limits.max_bytes) {
            Err(failed) if failed.reason != Reason::TooLarge => return Err(failed),
            read => read,
        };
        Ok((self.visit)(Found::Member {
            place: Place::member(shard.0, names.unique(name)),
            stamp,
            source: shard.1,
            bytes,
        }))
    }
}

/// The name of an entry, where it is a file that counts.
pub(crate) fn name_that_counts(
    entry: &tar::Entry<'_, impl Read>,
    rules: &Rules,
) -> Option<Vec<u8>> {
    let kind = entry.header().entry_type();
    let name = entry.path_bytes().into_owned();
    let is_file = (kind.is_file() || kind.is_gnu_sparse()) && !name.ends_with(b"/");
    let counts = is_file && rules.has_extension(&name) && !rules.leaves_out_member(&name);
    counts.then_some(name)
}

/// The bytes of a member. The header may promise anything, so memory grows with what arrives.
fn content(entry: &mut tar::Entry<'_, impl Read>, max_bytes: u64) -> Result<Vec<u8>, Failed> {
    let size = entry.size();
    if size > max_bytes {
        let detail = format!("{size} bytes, more than decode.max_bytes = {max_bytes}");
        return Err(Failed::new(Reason::TooLarge, detail));
    }
    let mut bytes = Vec::new();
    entry
        .take(max_bytes)
        .read_to_end(&mut bytes)
        .map_err(|error| damaged(&error))?;
    if (bytes.len() as u64) < size {
        let detail = format!(
            "the shard ends {} bytes into a member of {size}",
            bytes.len()
        );
        return Err(Failed::new(Reason::Truncated, detail));
    }
    Ok(bytes)
}

fn unpacked<'a>(path: &Path, file: &'a File) -> Result<Box<dyn Read + 'a>, Failed> {
    let file = BufReader::with_capacity(BUFFER, file);
    Ok(match packing(name_of(path)) {
        Some(Packing::Gzip) => Box::new(MultiGzDecoder::new(file)),
        Some(Packing::Zstd) => {
            let packed = zstd::Decoder::with_buffer(file).map_err(|error| damaged(&error))?;
            Box::new(packed)
        }
        Some(Packing::Plain) | None => Box::new(file),
    })
}

/// A reader that gives `left` bytes and then an error.
pub(crate) struct Rationed<'a, R> {
    pub(crate) reader: R,
    pub(crate) left: &'a Cell<u64>,
}

impl<R: Seek> Seek for Rationed<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}

impl<R: Read> Read for Rationed<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            let words = format!("the headers of one member exceed {MAX_HEADERS} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, words));
        }
        let most = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.reader.read(&mut into[..most])?;
        self.left.set(left - read as u64);
        Ok(read)
    }
}

/// The failure of a shard: `truncated` where its data ended too soon, `corrupt` otherwise.
pub(crate) fn damaged(error: &io::Error) -> Failed {
    let text = error.to_string();
    // The tar crate has no kind of its own for these two.
    let ended = error.kind() == io::ErrorKind::UnexpectedEof
        || text.contains("unexpected EOF")
        || text.contains("failed to read entire block");
    let reason = match ended {
        true => Reason::Truncated,
        false => Reason::Corrupt,
    };
    Failed::new(reason, format!("the shard cannot be read further: {text}"))
}

/// Names that were given, so that places stay unique: a tar may hold one name many times.
#[derive(Default)]
pub(crate) struct Names(HashMap<Vec<u8>, u64>);

impl Names {
    /// `name`, or `name#2`, `name#3` … where that was given before.
    pub(crate) fn unique(&mut self, name: Vec<u8>) -> Vec<u8> {
        let Some(&last) = self.0.get(&name) else {
            self.0.insert(name.clone(), 1);
            return name;
        };
        let free = (last + 1..).find_map(|number| {
            let candidate = [&name[..], format!("#{number}").as_bytes()].concat();
            (!self.0.contains_key(&candidate)).then_some((number, candidate))
        });
        let (number, candidate) = free.expect("there are more numbers than names");
        self.0.insert(name, number);
        self.0.insert(candidate.clone(), 1);
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_known_by_their_names() {
        assert_eq!(packing(b"a/b.TAR"), Some(Packing::Plain));
        assert_eq!(packing(b"b.tgz"), Some(Packing::Gzip));
        assert_eq!(packing(b"b.tar.gz"), Some(Packing::Gzip));
        assert_eq!(packing(b"b.tar.zst"), Some(Packing::Zstd));
        assert_eq!(packing(b"b.gz"), None);
        assert_eq!(packing(b"x.tar/b.jpg"), None);
    }

    #[test]
    fn a_repeated_name_gets_a_number_that_is_free() {
        let mut names = Names::default();
        let given = [b"a".to_vec(), b"a#2".to_vec(), b"a".to_vec(), b"a".to_vec()]
            .map(|name| names.unique(name));
        assert_eq!(
            given,
            [
                b"a".to_vec(),
                b"a#2".to_vec(),
                b"a#3".to_vec(),
                b"a#4".to_vec()
            ]
        );
    }
}
