//! Where an image lies, and how a person is shown that place.

use crate::{ContentId, Failed};

/// Where an image lies: a file, or a member of a tar shard. Bytes, because names need not be UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The path as typed, joined with what was found below it.
    pub path: Vec<u8>,
    /// The name inside the shard at `path`, for tar members.
    pub member: Option<Vec<u8>>,
}

impl Place {
    /// A file of its own.
    pub fn file(path: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            member: None,
        }
    }

    /// A member of the shard at `path`.
    pub fn member(path: impl Into<Vec<u8>>, member: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            member: Some(member.into()),
        }
    }

    /// The place as it stands in every table: `PATH`, or `SHARD!/MEMBER`. Two places never look
    /// the same: a `!/` that is part of a path is shown as `\x21/`.
    pub fn shown(&self) -> String {
        let path = escape(&self.path).replace("!/", "\\x21/");
        match &self.member {
            None => path,
            Some(member) => format!("{path}!/{}", escape(member)),
        }
    }
}

/// Bytes as text that is safe to show: what is not UTF-8 and what controls a terminal or reorders
/// a line becomes `\xNN`, byte by byte. A backslash that could be taken for the start of such an
/// escape is written `\x5c`, so that no two names are shown alike.
pub fn escape(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid().chars().peekable();
        while let Some(c) = rest.next() {
            let starts_escape = c == '\\' && rest.peek() == Some(&'x');
            if c.is_control() || starts_escape || is_format(c) {
                hex(&mut shown, c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                shown.push(c);
            }
        }
        hex(&mut shown, chunk.invalid());
    }
    shown
}

/// Characters that draw nothing themselves but change how their neighbours are drawn: line and
/// paragraph separators and the bidirectional controls (Unicode Standard Annex 9).
fn is_format(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn hex(shown: &mut String, bytes: &[u8]) {
    for byte in bytes {
        shown.push_str(&format!("\\x{byte:02x}"));
    }
}

/// Size and time of a file as the file system (or the tar header) gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Size in bytes.
    pub bytes: u64,
    /// Time of the last change, in nanoseconds since 1970-01-01 UTC; negative before.
    pub modified_ns: i64,
}

/// What a scan knows of one place: which content it had, when, or why it could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Where it lies.
    pub place: Place,
    /// Size and time of the image itself: of the file, or as the tar header gives them. `None`
    /// where it could not be asked.
    pub stamp: Option<Stamp>,
    /// Size and time of the file on disk: of the image, or of the shard that holds it.
    pub source: Option<Stamp>,
    /// BLAKE3 of the bytes; `None` where they could not be read.
    pub content: Option<ContentId>,
    /// Why there is no picture, where the reason does not belong to the bytes (those are kept
    /// with the features of the content).
    pub failed: Option<Failed>,
    /// Whether an equal `source` stamp may be taken as proof that nothing changed. False where
    /// the file was modified so shortly before it was read that the clock may hide a later change.
    pub settled: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_without_harm_and_without_doubles() {
        assert_eq!(escape("grün.jpg".as_bytes()), "grün.jpg");
        assert_eq!(escape(b"a\xffb"), "a\\xffb");
        assert_eq!(escape(b"a\\xffb"), "a\\x5cxffb");
        assert_eq!(escape(b"a\\b"), "a\\b");
        assert_eq!(escape(b"a\nb\x1b[31m"), "a\\x0ab\\x1b[31m");
        assert_eq!(escape("a\u{202e}gpj".as_bytes()), "a\\xe2\\x80\\xaegpj");
    }

    #[test]
    fn a_member_never_looks_like_a_file() {
        let member = Place::member("a.tar", "b.jpg").shown();
        let file = Place::file("a.tar!/b.jpg").shown();
        assert_eq!(member, "a.tar!/b.jpg");
        assert_ne!(member, file);
    }
}
