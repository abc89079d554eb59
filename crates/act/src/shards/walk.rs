//! A tar file, unit by unit: each member with the extended headers before it and the padding
//! behind it, as bytes.
//!
//! Names are found as `crates/ingest` finds them (the same crate reads the headers), so that a
//! plan and a shard speak of the same members.

use std::collections::HashMap;
use std::io::{self, Read};

use blake3::Hasher;
use lookalike_types::ContentId;
use tar::{EntryType, Header, PaxExtensions};

use super::damaged;
use crate::outcome::Fault;

const BLOCK: usize = 512;
/// What may stand before the data of one member: long names, extended headers, sparse maps.
const MAX_HEADERS: usize = 16 << 20;
const CHUNK: usize = 256 << 10;

/// A member.
pub(crate) struct Unit {
    /// Its name; the second of one name is `name#2`, and so on, as in a plan.
    pub(crate) name: Vec<u8>,
    pub(crate) kind: UnitKind,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum UnitKind {
    File,
    /// A hard link to the member of this name.
    HardLink(Vec<u8>),
    /// A symbolic link with this text.
    SymbolicLink(Vec<u8>),
    /// A folder, a global header, …
    Other,
}

/// What is done with a unit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Treat {
    /// Its bytes are handed on.
    pub(crate) keep: bool,
    /// The digest of its data is wanted.
    pub(crate) hash: bool,
}

/// Who walks through a shard.
pub(crate) trait Visit {
    /// A unit begins.
    fn treat(&mut self, unit: &Unit) -> Result<Treat, Fault>;

    /// Bytes of what is kept, in their order: units, and what follows the last.
    fn keep(&mut self, _bytes: &[u8]) -> Result<(), Fault> {
        Ok(())
    }

    /// The digest of the data of a unit.
    fn hashed(&mut self, unit: &Unit, content: ContentId) -> Result<(), Fault>;
}

/// Goes through a whole tar file.
pub(crate) fn walk(reader: &mut dyn Read, visit: &mut dyn Visit) -> Result<(), Fault> {
    let mut names = Names::default();
    let mut chunk = vec![0; CHUNK];
    while let Some(mut head) = Head::read(reader)? {
        let Some(main) = head.main.take() else {
            visit.keep(&head.raw)?;
            break;
        };
        let sparse = main.entry_type().is_gnu_sparse();
        let unit = head.unit(&main, &mut names);
        let size = head.size(&main)?;
        let treat = visit.treat(&unit)?;
        if treat.keep {
            visit.keep(&head.raw)?;
        }
        let mut hasher = Hasher::new();
        let padded = size.checked_next_multiple_of(BLOCK as u64);
        let padded = padded.ok_or_else(|| damaged("a member has no sensible size"))?;
        let (mut data, mut left) = (size, padded);
        while left > 0 {
            let most = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
            fill(reader, &mut chunk[..most])?;
            if treat.keep {
                visit.keep(&chunk[..most])?;
            }
            let of_data = usize::try_from(data).map_or(most, |data| data.min(most));
            hasher.update(&chunk[..of_data]);
            data -= of_data as u64;
            left -= most as u64;
        }
        // The data of a sparse member are not what a reader of it sees: nothing is said of them.
        if treat.hash && !sparse {
            visit.hashed(&unit, ContentId::from_bytes(*hasher.finalize().as_bytes()))?;
        }
    }
    rest(reader, visit, &mut chunk)
}

/// What follows the last member.
fn rest(reader: &mut dyn Read, visit: &mut dyn Visit, chunk: &mut [u8]) -> Result<(), Fault> {
    loop {
        match reader.read(chunk) {
            Ok(0) => return Ok(()),
            Ok(read) => visit.keep(&chunk[..read])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(damaged(error)),
        }
    }
}

fn fill(reader: &mut dyn Read, into: &mut [u8]) -> Result<(), Fault> {
    reader.read_exact(into).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged("it ends in the middle of a member"),
        _ => damaged(error),
    })
}

/// All headers of one unit.
#[derive(Default)]
struct Head {
    raw: Vec<u8>,
    /// The header of the member itself; `None` where the end of the archive is marked.
    main: Option<Header>,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    pax: Option<Vec<u8>>,
}

impl Head {
    /// The next headers, or nothing where the file ends.
    fn read(reader: &mut dyn Read) -> Result<Option<Self>, Fault> {
        let mut head = Self::default();
        loop {
            let Some(block) = block(reader)? else {
                return match head.raw.is_empty() {
                    true => Ok(None),
                    false => Err(damaged("it ends in the middle of a member")),
                };
            };
            head.raw.extend_from_slice(&block);
            if block.iter().all(|&byte| byte == 0) {
                return Ok(Some(head));
            }
            let header = Header::from_byte_slice(&block).clone();
            verify(&header)?;
            let known = header.as_gnu().is_some() || header.as_ustar().is_some();
            let kind = header.entry_type();
            let field = match kind {
                EntryType::GNULongName if known => &mut head.long_name,
                EntryType::GNULongLink if known => &mut head.long_link,
                EntryType::XHeader if known => &mut head.pax,
                _ => {
                    head.sparse_map(reader, &header)?;
                    head.main = Some(header);
                    return Ok(Some(head));
                }
            };
            if field.is_some() {
                return Err(damaged(
                    "two extended headers of one kind describe one member",
                ));
            }
            let size = header.entry_size().map_err(damaged)?;
            let (text, padded) = extension(reader, size, head.raw.len())?;
            *field = Some(text);
            head.raw.extend_from_slice(&padded);
        }
    }

    /// An old GNU sparse member continues its map in blocks behind its header.
    fn sparse_map(&mut self, reader: &mut dyn Read, header: &Header) -> Result<(), Fault> {
        let is_sparse = header.entry_type().is_gnu_sparse();
        let mut more = is_sparse && header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
        while more {
            if self.raw.len() > MAX_HEADERS {
                return Err(damaged("the headers of one member are too long"));
            }
            let block = block(reader)?.ok_or_else(|| damaged("it ends in a header"))?;
            // `isextended` of the extended sparse header.
            more = block[504] == 1;
            self.raw.extend_from_slice(&block);
        }
        Ok(())
    }

    fn pax(&self, key: &[u8]) -> Option<Vec<u8>> {
        let pax = PaxExtensions::new(self.pax.as_deref()?);
        let mut found = pax
            .filter_map(Result::ok)
            .filter(|field| field.key_bytes() == key);
        found.next().map(|field| field.value_bytes().to_vec())
    }

    fn size(&self, main: &Header) -> Result<u64, Fault> {
        let pax = self
            .pax(b"size")
            .and_then(|text| String::from_utf8(text).ok()?.parse().ok());
        match pax {
            Some(size) => Ok(size),
            None => main.entry_size().map_err(damaged),
        }
    }

    fn unit(&self, main: &Header, names: &mut Names) -> Unit {
        let named = self
            .long_name
            .as_deref()
            .map(until_zero)
            .or_else(|| self.pax(b"path"));
        let name = named.unwrap_or_else(|| main.path_bytes().into_owned());
        let entry = main.entry_type();
        let link = || {
            let long = self.long_link.as_deref().map(until_zero);
            let link = long.or_else(|| self.pax(b"linkpath"));
            link.or_else(|| main.link_name_bytes().map(|name| name.into_owned()))
        };
        if (entry.is_file() || entry.is_gnu_sparse()) && !name.ends_with(b"/") {
            let (name, kind) = (names.unique(name), UnitKind::File);
            return Unit { name, kind };
        }
        let kind = match entry {
            EntryType::Link => UnitKind::HardLink(link().unwrap_or_default()),
            EntryType::Symlink => UnitKind::SymbolicLink(link().unwrap_or_default()),
            _ => UnitKind::Other,
        };
        Unit { name, kind }
    }
}

fn until_zero(name: &[u8]) -> Vec<u8> {
    name.strip_suffix(b"\0").unwrap_or(name).to_vec()
}

/// The next block, or nothing where the file ends before it.
fn block(reader: &mut dyn Read) -> Result<Option<[u8; BLOCK]>, Fault> {
    let mut block = [0; BLOCK];
    let mut filled = 0;
    while filled < BLOCK {
        match reader.read(&mut block[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(damaged("it ends in the middle of a header")),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(damaged(error)),
        }
    }
    Ok(Some(block))
}

fn verify(header: &Header) -> Result<(), Fault> {
    let bytes = header.as_bytes();
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    let sum = sum(&bytes[..148]) + sum(&bytes[156..]) + 8 * 32;
    match header.cksum() {
        Ok(said) if said == sum => Ok(()),
        _ => Err(damaged("a header has a wrong checksum")),
    }
}

/// The text of an extended header, and the same with its padding.
fn extension(reader: &mut dyn Read, size: u64, before: usize) -> Result<(Vec<u8>, Vec<u8>), Fault> {
    let size = usize::try_from(size)
        .ok()
        .filter(|size| size + before <= MAX_HEADERS);
    let size = size.ok_or_else(|| damaged("the headers of one member are too long"))?;
    let mut padded = vec![0; size.next_multiple_of(BLOCK)];
    fill(reader, &mut padded)?;
    Ok((padded[..size].to_vec(), padded))
}

/// Names that were given: a tar may hold one name many times (see `crates/ingest/src/tar.rs`).
#[derive(Default)]
struct Names(HashMap<Vec<u8>, u64>);

impl Names {
    fn unique(&mut self, name: Vec<u8>) -> Vec<u8> {
        let Some(&last) = self.0.get(&name) else {
            self.0.insert(name.clone(), 1);
            return name;
        };
        let mut number = last + 1;
        loop {
            let candidate = [&name[..], format!("#{number}").as_bytes()].concat();
            if !self.0.contains_key(&candidate) {
                self.0.insert(name, number);
                self.0.insert(candidate.clone(), 1);
                return candidate;
            }
            number += 1;
        }
    }
}
