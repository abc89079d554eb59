//! Paths as bytes and back. Names need not be UTF-8, so nothing here goes through text.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use lookalike_types::{Failed, Reason, Stamp};

/// The path that these bytes name, as they stand in a [`Place`](lookalike_types::Place).
pub fn path_of(name: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(std::ffi::OsStr::from_bytes(name))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(name).into_owned())
    }
}

/// The bytes of a path, unchanged.
pub fn name_of(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// `photos/` and `photos` are one place; `/` stays.
pub(crate) fn without_trailing_slash(mut name: &[u8]) -> &[u8] {
    while let [rest @ .., b'/'] = name
        && !rest.is_empty()
    {
        name = rest;
    }
    name
}

/// The part behind the last slash.
pub(crate) fn base_name(name: &[u8]) -> &[u8] {
    name.rsplit(|&byte| byte == b'/').next().unwrap_or(name)
}

/// Size and time of a file as the file system gives them.
pub fn stamp_of(metadata: &Metadata) -> Stamp {
    // A file system without times gives the epoch: equal stamps then say no more than equal sizes.
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    Stamp {
        bytes: metadata.len(),
        modified_ns: nanoseconds(modified),
    }
}

/// Nanoseconds since 1970, negative before; the ends of the range (years 1677 and 2262) stand for
/// all that lies beyond them.
pub(crate) fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}

/// The failure of a file or folder that the system does not give us: `vanished` where it is not
/// there (any more), `unreadable` for every other cause.
pub(crate) fn not_given(error: &io::Error) -> Failed {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => Reason::Vanished,
        _ => Reason::Unreadable,
    };
    Failed::new(reason, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn slashes_at_the_end_are_no_part_of_a_name() {
        assert_eq!(without_trailing_slash(b"a//"), b"a");
        assert_eq!(without_trailing_slash(b"./"), b".");
        assert_eq!(without_trailing_slash(b"/"), b"/");
        assert_eq!(without_trailing_slash(b""), b"");
    }

    #[test]
    fn times_before_1970_are_negative() {
        assert_eq!(nanoseconds(UNIX_EPOCH + Duration::from_nanos(7)), 7);
        assert_eq!(nanoseconds(UNIX_EPOCH - Duration::from_nanos(7)), -7);
    }

    #[test]
    fn bytes_survive_the_way_through_a_path() {
        let name: &[u8] = if cfg!(unix) { b"a\xff/b" } else { b"a/b" };
        assert_eq!(name_of(&path_of(name)), name);
    }
}
