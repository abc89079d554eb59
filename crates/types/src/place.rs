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

/// The bytes that [`escape`] showed as this text. Text that it did not make is taken as it stands.
pub fn unescape(shown: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(shown.len());
    let mut rest = shown.as_bytes();
    while let [byte, after @ ..] = rest {
        let digits = after.strip_prefix(b"x").and_then(|after| after.get(..2));
        let digits = digits.filter(|two| *byte == b'\\' && two.iter().all(u8::is_ascii_hexdigit));
        let value = digits.and_then(|two| str::from_utf8(two).ok());
        match value.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(value) => {
                bytes.push(value);
                rest = &rest[4..];
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    bytes
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
    fn what_is_shown_leads_back_to_the_bytes() {
        let parts: [&[u8]; 8] = [
            b"\\",
            b"x",
            b"5c",
            b"\xff",
            b"\n",
            b"a",
            "\u{202e}".as_bytes(),
            b"!/",
        ];
        for number in 0..parts.len().pow(4) {
            let digit = |place: u32| parts[number / parts.len().pow(place) % parts.len()];
            let bytes = [digit(0), digit(1), digit(2), digit(3)].concat();
            assert_eq!(unescape(&escape(&bytes)), bytes);
            assert_eq!(unescape(&Place::file(bytes.clone()).shown()), bytes);
        }
        assert_eq!(unescape("a\\x4"), b"a\\x4");
        assert_eq!(unescape("a\\xzz"), b"a\\xzz");
    }

    #[test]
    fn a_member_never_looks_like_a_file() {
        let member = Place::member("a.tar", "b.jpg").shown();
        let file = Place::file("a.tar!/b.jpg").shown();
        assert_eq!(member, "a.tar!/b.jpg");
        assert_ne!(member, file);
    }
}
