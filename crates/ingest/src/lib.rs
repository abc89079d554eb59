//! Finds, reads and decodes images: folders, lists, single files and tar shards.
//!
//! Three steps, each useful alone: [`find`] says what is there, [`read()`] gives the bytes of a file
//! and their digest, [`decode()`] turns bytes into upright, opaque RGB8 pixels by one written policy
//! (`docs/decode.md`). Beside them [`thumbnail()`] draws a picture small, [`png()`] keeps it whole, and
//! [`ShardIndex`] reads one member of a shard again.
//!
//! Two features, off by default, add formats: `jxl` (JPEG XL) and `heic` (HEIC).
//!
//! Nothing here writes a file, decodes by a file's name, starts a thread or prints; with one
//! exception: the decoder behind `heic` uses rayon's threads. What goes wrong
//! with one image is a [`Failed`](lookalike_types::Failed) and the search goes on; an
//! [`IngestError`] says that the inputs themselves make no sense.

mod container;
mod deadline;
mod decode;
mod detail;
mod error;
mod exif;
mod flatten;
mod format;
#[cfg(feature = "heic")]
mod heic;
mod jpeg;
#[cfg(feature = "jxl")]
mod jxl;
mod limits;
mod list;
mod names;
mod read;
mod rules;
mod shard;
mod shown;
mod source;
mod tar;
mod thumbnail;
mod walk;

pub use crate::exif::{Exif, Taken, exif, exif_of_file};
pub use decode::{DECODE_POLICY, Decoded, announced_pixels, decode};
pub use detail::{FLAT_DETAIL, detail};
pub use error::IngestError;
pub use limits::Limits;
pub use names::{name_of, path_of, stamp_of};
pub use read::{Blob, read, settled};
pub use rules::InputOptions;
pub use shard::ShardIndex;
pub use shown::{media_type, png};
pub use source::{Found, Known, Visit, check_inputs, find, find_in_shard};
pub use thumbnail::thumbnail;
