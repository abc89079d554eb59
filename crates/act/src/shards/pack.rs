//! The packing around a tar file: none, gzip or zstd, by its name.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::damaged;
use crate::outcome::Fault;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

fn packing(path: &Path) -> Packing {
    let name = path.file_name().unwrap_or_default();
    let name = name.as_encoded_bytes().to_ascii_lowercase();
    match () {
        () if name.ends_with(b".tar.gz") || name.ends_with(b".tgz") => Packing::Gzip,
        () if name.ends_with(b".tar.zst") => Packing::Zstd,
        () => Packing::Plain,
    }
}

/// The tar file inside.
pub(crate) fn unpacked<'a>(path: &Path, file: &'a mut File) -> Result<Box<dyn Read + 'a>, Fault> {
    let file = BufReader::with_capacity(256 << 10, file);
    Ok(match packing(path) {
        Packing::Plain => Box::new(file),
        Packing::Gzip => Box::new(MultiGzDecoder::new(file)),
        Packing::Zstd => Box::new(zstd::Decoder::with_buffer(file).map_err(damaged)?),
    })
}

/// Packs what is written like a file of this name.
pub(crate) enum Packer<W: Write> {
    Plain(W),
    Gzip(GzEncoder<W>),
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Packer<W> {
    pub(crate) fn new(path: &Path, out: W) -> io::Result<Self> {
        Ok(match packing(path) {
            Packing::Plain => Self::Plain(out),
            Packing::Gzip => Self::Gzip(GzEncoder::new(out, Compression::default())),
            Packing::Zstd => {
                let mut encoder = zstd::Encoder::new(out, 0)?;
                encoder.include_checksum(true)?;
                Self::Zstd(encoder)
            }
        })
    }

    /// Writes what is still held back.
    pub(crate) fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(out) => Ok(out),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}
