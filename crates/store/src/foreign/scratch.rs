//! Where normalised vectors lie while they are used: a file that is gone when its user is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::medium;

/// A file that nobody else can open. On Unix it loses its name as soon as it is made, so that not
/// even a killed process leaves it; elsewhere it is removed when it is dropped.
pub(crate) struct Scratch {
    file: File,
    // Dropped after the file is closed: some systems remove no open file.
    _name: Name,
}

impl Scratch {
    /// Makes the file at `path`, where none may be.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create_new(true).open(path)?;
        let mut name = Name(Some(path.to_owned()));
        if cfg!(unix) {
            name.remove()?;
            name.0 = None;
        }
        Ok(Self { file, _name: name })
    }

    /// Writes numbers after those that are there.
    pub(crate) fn write(&mut self, values: &[f32]) -> io::Result<()> {
        if cfg!(target_endian = "little") {
            return self.file.write_all(bytemuck::cast_slice(values));
        }
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.file.write_all(&bytes)
    }

    /// What was written, mapped; the file lives as long as the bytes.
    pub(crate) fn map(self) -> io::Result<Bytes> {
        let bytes = medium::map(&self.file)?;
        Ok(Bytes::from_owner(Mapped {
            bytes,
            _scratch: self,
        }))
    }
}

struct Mapped {
    bytes: Bytes,
    _scratch: Scratch,
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The name of a file, where it still has one.
struct Name(Option<PathBuf>);

impl Name {
    fn remove(&self) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), fs::remove_file)
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        // It was removed already, or there is nothing more that could be done.
        let _ = self.remove();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_there_and_the_file_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.vectors.tmp");
        let mut scratch = Scratch::create(&path).expect("a file");
        assert_eq!(path.exists(), !cfg!(unix));
        scratch.write(&[1.0, 2.0]).expect("room");
        scratch.write(&[]).expect("room");
        scratch.write(&[3.0]).expect("room");
        let bytes = scratch.map().expect("a map");
        let expected: Vec<u8> = [1.0f32, 2.0, 3.0]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        assert_eq!(bytes, expected);
        drop(bytes);
        assert!(!path.exists());
    }

    #[test]
    fn nothing_of_somebody_else_is_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.vectors.tmp");
        fs::write(&path, b"mine").expect("a file");
        let refused = Scratch::create(&path).err().expect("an error");
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).expect("still there"), b"mine");
    }

    #[test]
    fn nothing_written_is_no_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let scratch = Scratch::create(&folder.path().join("a")).expect("a file");
        assert!(scratch.map().expect("a map").is_empty());
    }
}
