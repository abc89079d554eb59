//! One member of a shard read again, without those before it.
//!
//! In a shard that is not packed every member lies in one piece, so that its place and size are
//! enough to read it. Finding all places costs the headers alone. Packed shards can only be streamed
//! from their start: see [`find_in_shard`](crate::find_in_shard).

use std::cell::Cell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use lookalike_types::{Failed, Reason, Stamp};

use crate::names::{not_given, path_of, stamp_of};
use crate::read::regular;
use crate::rules::Rules;
use crate::tar::{MAX_HEADERS, Names, Rationed, damaged, is_packed, name_that_counts};
use crate::{InputOptions, Limits};

/// Where the members of one shard lie in it.
#[derive(Debug, Clone)]
pub struct ShardIndex {
    source: Stamp,
    members: HashMap<Vec<u8>, Span>,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: u64,
    bytes: u64,
}

impl ShardIndex {
    /// Reads the headers of the shard at `path` (bytes as in [`Place`](lookalike_types::Place)); its
    /// members are named as [`find`](crate::find) names them under the same options. `None` for a
    /// packed shard. A shard that is damaged behind some members is indexed up to there.
    ///
    /// # Errors
    /// `vanished`, `unreadable`, or `corrupt` where it holds not one header; patterns of the options
    /// that are no globs are `unreadable` too.
    pub fn of(path: &[u8], options: &InputOptions) -> Result<Option<Self>, Failed> {
        if is_packed(path) {
            return Ok(None);
        }
        let rules = Rules::new(options).map_err(|error| Failed::new(Reason::Unreadable, error))?;
        let file = open(path)?;
        let source = stamp(&file)?;
        let left = Cell::new(MAX_HEADERS);
        // Unbuffered: a header is one read of 512 bytes, and what lies between is passed over.
        let mut archive = tar::Archive::new(Rationed {
            reader: file,
            left: &left,
        });
        let (mut names, mut members) = (Names::default(), HashMap::new());
        let entries = archive.entries_with_seek().map_err(|e| damaged(&e))?;
        for entry in entries {
            let Ok(entry) = entry else { break };
            left.set(MAX_HEADERS);
            let Some(name) = name_that_counts(&entry, &rules) else {
                continue;
            };
            let name = names.unique(name);
            // The pieces of a sparse member lie elsewhere than its size says.
            if !entry.header().entry_type().is_gnu_sparse() {
                let (start, bytes) = (entry.raw_file_position(), entry.size());
                members.insert(name, Span { start, bytes });
            }
        }
        Ok(Some(Self { source, members }))
    }

    /// The bytes of a member. `None` where the shard holds none of this name in one piece, or was
    /// changed since it was indexed: then index it again, or stream it.
    ///
    /// # Errors
    /// `vanished`, `unreadable`, `too-large`, or `truncated` where the shard ends within it.
    pub fn read(
        &self,
        path: &[u8],
        member: &[u8],
        limits: &Limits,
    ) -> Result<Option<Vec<u8>>, Failed> {
        let mut file = open(path)?;
        let (Some(span), true) = (self.members.get(member), stamp(&file)? == self.source) else {
            return Ok(None);
        };
        if span.bytes > limits.max_bytes {
            let (size, most) = (span.bytes, limits.max_bytes);
            let detail = format!("{size} bytes, more than decode.max_bytes = {most}");
            return Err(Failed::new(Reason::TooLarge, detail));
        }
        file.seek(SeekFrom::Start(span.start))
            .map_err(|error| not_given(&error))?;
        let mut bytes = Vec::new();
        file.take(span.bytes)
            .read_to_end(&mut bytes)
            .map_err(|error| not_given(&error))?;
        if (bytes.len() as u64) < span.bytes {
            return Err(Failed::new(
                Reason::Truncated,
                "the shard ends within the member",
            ));
        }
        Ok(Some(bytes))
    }
}

fn open(path: &[u8]) -> Result<File, Failed> {
    let path = path_of(path);
    // Asked before opening, because opening a pipe would wait for its writer.
    regular(&path.metadata().map_err(|error| not_given(&error))?)?;
    File::open(&path).map_err(|error| not_given(&error))
}

fn stamp(file: &File) -> Result<Stamp, Failed> {
    let metadata = file.metadata().map_err(|error| not_given(&error))?;
    regular(&metadata)?;
    Ok(stamp_of(&metadata))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Found, find_in_shard, name_of};
    use std::ops::ControlFlow;
    use std::path::Path;
    use std::time::Duration;

    const LIMITS: Limits = Limits {
        max_pixels: 1 << 20,
        max_bytes: 1 << 20,
        timeout: Duration::from_secs(10),
    };

    fn options() -> InputOptions {
        InputOptions {
            extensions: vec!["png".into()],
            ..InputOptions::default()
        }
    }

    fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder
                .append_data(&mut header, name, *bytes)
                .expect("memory takes every byte");
        }
        builder.into_inner().expect("memory takes every byte")
    }

    fn write(dir: &Path, name: &str, bytes: &[u8]) -> Vec<u8> {
        let path = dir.join(name);
        std::fs::write(&path, bytes).expect("a file");
        name_of(&path).to_vec()
    }

    #[test]
    fn a_member_read_alone_is_the_member_that_was_streamed() {
        let dir = tempfile::tempdir().expect("a folder");
        let long = format!("{}/long.png", "deep/".repeat(40));
        let members: [(&str, &[u8]); 6] = [
            ("a.png", b"first"),
            ("a.txt", b"no image"),
            ("a.png", b"second of its name"),
            (&long, &[7; 5000]),
            ("empty.png", b""),
            ("z.png", b"last"),
        ];
        let path = write(dir.path(), "shard.tar", &tar(&members));
        let index = ShardIndex::of(&path, &options())
            .expect("a shard")
            .expect("not packed");
        let mut streamed = 0;
        let mut compare = |found: Found| {
            if let Found::Member { place, bytes, .. } = found {
                streamed += 1;
                let name = place.member.expect("a member");
                let alone = index.read(&path, &name, &LIMITS).expect("it is there");
                assert_eq!(alone, Some(bytes.expect("it was read")));
            }
            ControlFlow::Continue(())
        };
        let flow = find_in_shard(&path, &options(), &LIMITS, &mut compare);
        assert!(flow.is_ok_and(|flow| flow.is_continue()));
        assert_eq!(streamed, 5);
        assert_eq!(index.read(&path, b"a.txt", &LIMITS), Ok(None));
        assert_eq!(index.read(&path, b"../a.png", &LIMITS), Ok(None));
    }

    #[test]
    fn a_shard_that_changed_or_is_cut_gives_no_wrong_bytes() {
        let dir = tempfile::tempdir().expect("a folder");
        let whole = tar(&[("a.png", &[1; 600]), ("b.png", &[2; 600])]);
        let path = write(dir.path(), "shard.tar", &whole[..whole.len() - 2000]);
        let index = ShardIndex::of(&path, &options())
            .expect("a shard")
            .expect("not packed");
        assert_eq!(index.read(&path, b"a.png", &LIMITS), Ok(Some(vec![1; 600])));
        let cut = index.read(&path, b"b.png", &LIMITS);
        assert_eq!(cut.map_err(|failed| failed.reason), Err(Reason::Truncated));
        write(dir.path(), "shard.tar", &whole);
        assert_eq!(index.read(&path, b"a.png", &LIMITS), Ok(None));
        let small = Limits {
            max_bytes: 599,
            ..LIMITS
        };
        let index = ShardIndex::of(&path, &options())
            .expect("a shard")
            .expect("not packed");
        let large = index.read(&path, b"a.png", &small);
        assert_eq!(large.map_err(|failed| failed.reason), Err(Reason::TooLarge));
    }

    #[test]
    fn a_packed_shard_has_no_index_and_a_missing_one_says_so() {
        assert!(matches!(ShardIndex::of(b"x.tar.gz", &options()), Ok(None)));
        let gone = ShardIndex::of(b"/nowhere/x.tar", &options());
        assert_eq!(
            gone.err().map(|failed| failed.reason),
            Some(Reason::Vanished)
        );
    }
}
