//! Lists of paths: `@FILE` with one UTF-8 path a line, `@0FILE` with a NUL after each path.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use lookalike_types::escape;

use crate::IngestError;
use crate::names::{name_of, path_of};

/// A list, by how it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct List<'a> {
    file: &'a [u8],
    nul: bool,
}

impl<'a> List<'a> {
    /// The list that this input names, or `None` where it names a file or folder (a file whose
    /// name begins with `@` is given as `./@…`).
    pub(crate) fn named_by(input: &'a [u8]) -> Option<Self> {
        let file = input.strip_prefix(b"@")?;
        Some(match file.strip_prefix(b"0") {
            Some(file) => Self { file, nul: true },
            None => Self { file, nul: false },
        })
    }

    /// Fails where the list cannot be opened or holds a line that is no text. Pipes can be read
    /// but once, so of them only the existence is checked.
    pub(crate) fn check(self) -> Result<(), IngestError> {
        let path = path_of(self.file);
        let metadata = path.metadata().map_err(|source| self.unreadable(source))?;
        if metadata.is_dir() {
            let input = escape(self.file);
            return Err(IngestError::NotAnInput { input });
        }
        if metadata.is_file() {
            self.entries(&mut |_| true)?;
        }
        Ok(())
    }

    /// Gives every path of the list in its order, until `visit` returns false.
    pub(crate) fn entries(self, visit: &mut dyn FnMut(&Path) -> bool) -> Result<(), IngestError> {
        let file = File::open(path_of(self.file)).map_err(|source| self.unreadable(source))?;
        let mut file = BufReader::new(file);
        let end = if self.nul { 0 } else { b'\n' };
        let mut entry = Vec::new();
        for line in 1.. {
            entry.clear();
            let read = file.read_until(end, &mut entry);
            if read.map_err(|source| self.unreadable(source))? == 0 {
                break;
            }
            let path = self.path_in(entry.strip_suffix(&[end]).unwrap_or(&entry), line)?;
            if !name_of(&path).is_empty() && !visit(&path) {
                break;
            }
        }
        Ok(())
    }

    fn path_in(self, entry: &[u8], line: u64) -> Result<std::path::PathBuf, IngestError> {
        if self.nul {
            return Ok(path_of(entry));
        }
        let text = std::str::from_utf8(entry).map_err(|_| IngestError::NotText {
            list: escape(self.file),
            line,
        })?;
        // Editors on Windows begin a text with a mark and end its lines with a carriage return.
        let text = text.strip_suffix('\r').unwrap_or(text);
        let text = match line {
            1 => text.strip_prefix('\u{feff}').unwrap_or(text),
            _ => text,
        };
        Ok(path_of(
            if text.trim().is_empty() { "" } else { text }.as_bytes(),
        ))
    }

    fn unreadable(self, source: io::Error) -> IngestError {
        let input = escape(self.file);
        match source.kind() {
            io::ErrorKind::NotFound => IngestError::Missing { input },
            _ => IngestError::Unreadable { input, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(prefix: &str, content: &[u8]) -> Result<Vec<Vec<u8>>, IngestError> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), content).expect("it can be written");
        let input = [prefix.as_bytes(), name_of(file.path())].concat();
        let list = List::named_by(&input).expect("it begins with @");
        list.check()?;
        let mut found = Vec::new();
        list.entries(&mut |path| {
            found.push(name_of(path).to_vec());
            true
        })?;
        Ok(found)
    }

    #[test]
    fn lines_are_paths_and_blank_lines_are_nothing() -> Result<(), IngestError> {
        let found = entries("@", "\u{feff}a b.jpg\r\n\n  \n grün.jpg\nlast".as_bytes())?;
        assert_eq!(found, [&b"a b.jpg"[..], " grün.jpg".as_bytes(), b"last"]);
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn between_nuls_everything_is_a_path() -> Result<(), IngestError> {
        assert_eq!(
            entries("@0", b"a\nb\0\0\xff.jpg\0")?,
            [&b"a\nb"[..], b"\xff.jpg"]
        );
        Ok(())
    }

    #[test]
    fn a_line_that_is_no_text_is_named() {
        let error = entries("@", b"a\n\xff\n").expect_err("0xff is never UTF-8");
        assert!(
            matches!(error, IngestError::NotText { line: 2, .. }),
            "{error}"
        );
    }

    #[test]
    fn a_list_that_is_missing_is_an_error() {
        let list = List::named_by(b"@/no/such/list").expect("it begins with @");
        assert!(matches!(list.check(), Err(IngestError::Missing { .. })));
        assert_eq!(List::named_by(b"./@x"), None);
    }
}
