//! From the inputs that a person types to the things that are there to be read.
//!
//! Order: the inputs as typed, folders by the bytes of their names. A file belongs to the first
//! input that reaches it: paths are compared with every link resolved, so a link beside its target
//! is not a second image (deleting the "copy" would lose the only one), while a hard link is.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use lookalike_types::{Failed, Place, Stamp, escape};

use crate::list::List;
use crate::names::{name_of, not_given, path_of, stamp_of, without_trailing_slash};
use crate::rules::Rules;
use crate::tar::is_shard;
use crate::{IngestError, InputOptions, Limits};

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A file that may be an image; [`read()`](crate::read()) gives its bytes.
    File {
        /// Where.
        place: Place,
        /// As the file system gave it during the search.
        stamp: Stamp,
    },
    /// A member of a shard. A shard is read once from front to back, so its bytes come along.
    Member {
        /// The shard and the name in it.
        place: Place,
        /// Size and time in the header of the member.
        stamp: Stamp,
        /// Size and time of the shard.
        source: Stamp,
        /// The bytes, or why they were not read.
        bytes: Result<Vec<u8>, Failed>,
    },
    /// A shard that is known with this stamp; it was not opened.
    UnchangedShard {
        /// The shard.
        path: Vec<u8>,
        /// Its size and time.
        stamp: Stamp,
    },
    /// A folder, file or shard that could not be read (to its end).
    Failed {
        /// Which.
        place: Place,
        /// Its size and time, where they could be asked.
        stamp: Option<Stamp>,
        /// Why.
        failed: Failed,
    },
}

/// Says whether the shard at this path was read to its end when it had this stamp, so that it
/// need not be opened again.
pub type Known<'a> = dyn Fn(&[u8], Stamp) -> bool + 'a;

/// Takes what is found, one by one; `Break` ends the search.
pub type Visit<'a> = dyn FnMut(Found) -> ControlFlow<()> + 'a;

/// Fails where [`find`] would fail, before anything is done: an input that is not there, a list
/// that is no list, a pattern that is no glob. Reads lists, but no folder and no image.
///
/// # Errors
/// The first input or option that makes no sense.
pub fn check_inputs(inputs: &[OsString], options: &InputOptions) -> Result<(), IngestError> {
    Rules::new(options)?;
    for input in inputs {
        let name = input.as_encoded_bytes();
        match List::named_by(name) {
            Some(list) => list.check()?,
            None => typed(without_trailing_slash(name)).map(|_| ())?,
        }
    }
    Ok(())
}

/// Gives everything that the inputs hold to `visit`: files as names, members of shards with their
/// bytes, and a failure for whatever was there and could not be read.
///
/// # Errors
/// As [`check_inputs`]; what came before the bad input was given to `visit` already.
pub fn find(
    inputs: &[OsString],
    options: &InputOptions,
    limits: &Limits,
    known: &Known<'_>,
    visit: &mut Visit<'_>,
) -> Result<(), IngestError> {
    let rules = Rules::new(options)?;
    let mut finder = Finder {
        rules: &rules,
        limits,
        known,
        visit,
        seen: HashSet::new(),
    };
    for input in inputs {
        if finder.input(input.as_encoded_bytes())?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Gives the members of one shard to `visit` as [`find`] does; for reading some of them again.
///
/// # Errors
/// Where a pattern of the options is no glob.
pub fn find_in_shard(
    path: &[u8],
    options: &InputOptions,
    limits: &Limits,
    visit: &mut Visit<'_>,
) -> Result<ControlFlow<()>, IngestError> {
    let rules = Rules::new(options)?;
    let path = path_of(path);
    let mut finder = Finder {
        rules: &rules,
        limits,
        known: &|_, _| false,
        visit,
        seen: HashSet::new(),
    };
    Ok(match path.metadata() {
        Ok(metadata) => finder.shard(&path, stamp_of(&metadata)),
        Err(error) => finder.fail(&path, None, not_given(&error)),
    })
}

/// The state of one search.
pub(crate) struct Finder<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) limits: &'a Limits,
    pub(crate) known: &'a Known<'a>,
    pub(crate) visit: &'a mut Visit<'a>,
    /// Half a digest of each path that was reached, links resolved: 16 bytes a file, where the
    /// paths of ten million files would need a gigabyte.
    seen: HashSet<[u8; 16]>,
}

impl Finder<'_> {
    fn input(&mut self, name: &[u8]) -> Result<ControlFlow<()>, IngestError> {
        let Some(list) = List::named_by(name) else {
            let name = without_trailing_slash(name);
            let metadata = typed(name)?;
            return Ok(self.named(&path_of(name), &metadata));
        };
        let mut flow = ControlFlow::Continue(());
        list.entries(&mut |path| {
            flow = self.listed(path);
            flow.is_continue()
        })?;
        Ok(flow)
    }

    fn listed(&mut self, path: &Path) -> ControlFlow<()> {
        let path = path_of(without_trailing_slash(name_of(path)));
        match path.metadata() {
            Ok(metadata) => self.named(&path, &metadata),
            Err(error) => self.fail(&path, None, not_given(&error)),
        }
    }

    /// A path that was typed or listed: an image whatever it is called, a shard or a folder.
    fn named(&mut self, path: &Path, metadata: &Metadata) -> ControlFlow<()> {
        let canonical = match path.canonicalize() {
            Ok(canonical) => canonical,
            Err(error) => return self.fail(path, None, not_given(&error)),
        };
        if self.rules.skips(&canonical) {
            return ControlFlow::Continue(());
        }
        if metadata.is_dir() {
            return self.folder(path);
        }
        self.file(path, &canonical, metadata)
    }

    /// A file that counts, if it is reached for the first time.
    pub(crate) fn file(
        &mut self,
        path: &Path,
        real: &Path,
        metadata: &Metadata,
    ) -> ControlFlow<()> {
        let digest = blake3::hash(name_of(real));
        let mut half = [0; 16];
        half.copy_from_slice(&digest.as_bytes()[..16]);
        if !self.seen.insert(half) {
            return ControlFlow::Continue(());
        }
        let stamp = stamp_of(metadata);
        if is_shard(name_of(path)) {
            return self.shard(path, stamp);
        }
        (self.visit)(Found::File {
            place: Place::file(name_of(path)),
            stamp,
        })
    }

    pub(crate) fn fail(
        &mut self,
        path: &Path,
        stamp: Option<Stamp>,
        failed: Failed,
    ) -> ControlFlow<()> {
        (self.visit)(Found::Failed {
            place: Place::file(name_of(path)),
            stamp,
            failed,
        })
    }
}

/// What the system says of a path that a person typed.
fn typed(name: &[u8]) -> Result<Metadata, IngestError> {
    let input = escape(name);
    match path_of(name).metadata() {
        Ok(metadata) if metadata.is_file() || metadata.is_dir() => Ok(metadata),
        Ok(_) => Err(IngestError::NotAnInput { input }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(IngestError::Missing { input })
        }
        Err(source) => Err(IngestError::Unreadable { input, source }),
    }
}
