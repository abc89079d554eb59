//! Names of files as bytes, as text that loses nothing, and as paths that are free to take.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use lookalike_types::escape;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path that is written as text and read back byte by byte: UTF-8 as it is, all else as `\xNN`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(pub(crate) PathBuf);

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&shown(&self.0))
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = unescape(&text).ok_or_else(|| D::Error::custom("a name is not escaped"))?;
        Ok(Self(path_of(&bytes)))
    }
}

/// The path that these bytes name.
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The bytes of a path.
pub(crate) fn bytes_of(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// A path as a person may see it.
pub(crate) fn shown(path: &Path) -> String {
    escape(bytes_of(path))
}

/// What [`escape`] was given; `None` for text that it never writes.
pub(crate) fn unescape(text: &str) -> Option<Vec<u8>> {
    let bytes = lookalike_types::unescape(text);
    (escape(&bytes) == text).then_some(bytes)
}

/// A path without the `.` and the doubled slashes in it; `..` stays, for what lies above a
/// symbolic link is not what its name says.
pub(crate) fn tidied(path: &Path) -> PathBuf {
    path.components()
        .filter(|part| !matches!(part, Component::CurDir))
        .collect()
}

/// Whether a path leads below the folder it is joined to, and nowhere else.
pub(crate) fn stays_below(path: &Path) -> bool {
    let mut parts = path.components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// The part of a path that can be put below another folder: without root, drive, `.` and `..`.
pub(crate) fn below(path: &Path) -> PathBuf {
    path.components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .collect()
}

/// The path with ` (2)`, ` (3)` … before its extension; itself for the number 1.
pub(crate) fn numbered(path: &Path, number: u32) -> PathBuf {
    let Some(name) = path.file_name().filter(|_| number > 1) else {
        return path.to_owned();
    };
    let bytes = name.as_encoded_bytes();
    let lower = bytes.to_ascii_lowercase();
    let shards: [&[u8]; 2] = [b".tar.gz", b".tar.zst"];
    let packed = shards.iter().find(|end| lower.ends_with(end));
    let dot = match packed {
        Some(end) => bytes.len() - end.len(),
        None => bytes.iter().rposition(|&byte| byte == b'.').unwrap_or(0),
    };
    // A dot in front makes a hidden file, not an extension.
    let cut = if dot == 0 { bytes.len() } else { dot };
    let (stem, end) = bytes.split_at(cut);
    let number = format!(" ({number})");
    path.with_file_name(os(&[stem, number.as_bytes(), end].concat()))
}

fn os(bytes: &[u8]) -> OsString {
    path_of(bytes).into_os_string()
}

/// The name of a file that holds something half-done beside `path`: of this journal and step, so
/// that it is never taken for somebody else's.
pub(crate) fn temporary(path: &Path, journal: &str, step: u64) -> PathBuf {
    path.with_file_name(format!(".lookalike-{journal}-{step}.tmp"))
}

/// The folder of a path: of a bare name it is `.`.
pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

/// The way from one folder to a file, both without symbolic links in them.
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_name_survives_its_text(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            prop_assert_eq!(unescape(&escape(&bytes)), Some(bytes));
        }

        #[test]
        fn names_of_few_letters_survive_too(text in r"[\\x41\n]{0,9}") {
            prop_assert_eq!(unescape(&escape(text.as_bytes())), Some(text.into_bytes()));
        }
    }

    #[test]
    fn text_that_is_never_written_is_not_read() {
        assert_eq!(unescape("\\x4"), None);
        assert_eq!(unescape("\\x41"), None, "an A needs no escape");
        assert_eq!(unescape("\\xFF"), None, "digits are lower case");
        assert_eq!(unescape("a\nb"), None);
    }

    #[test]
    fn a_number_goes_before_the_extension() {
        let two = |path: &str| shown(&numbered(Path::new(path), 2));
        assert_eq!(two("a/b.jpg"), "a/b (2).jpg");
        assert_eq!(two("b"), "b (2)");
        assert_eq!(two(".b"), ".b (2)");
        assert_eq!(two("a.b/c.TAR.gz"), "a.b/c (2).TAR.gz");
        assert_eq!(numbered(Path::new("b.jpg"), 1), Path::new("b.jpg"));
    }

    #[test]
    fn what_leads_elsewhere_is_told() {
        let stays = |path: &str| stays_below(Path::new(path));
        assert!(stays("a/b.jpg"));
        assert!(!stays(""));
        assert!(!stays("/a"));
        assert!(!stays("a/../../b"));
        assert!(!stays("./a"));
        assert_eq!(below(Path::new("/a/./../b.jpg")), Path::new("a/b.jpg"));
    }

    #[test]
    fn ways_between_folders() {
        let way = |from: &str, to: &str| shown(&relative(Path::new(from), Path::new(to)));
        assert_eq!(way("/a/b", "/a/c/d.jpg"), "../c/d.jpg");
        assert_eq!(way("/a", "/a/d.jpg"), "d.jpg");
        assert_eq!(way("/", "/d.jpg"), "d.jpg");
    }
}
