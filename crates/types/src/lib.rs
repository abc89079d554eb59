//! The words that the stages of lookalike share: ids, places, facts, spaces, pairs,
//! and how numbers are written for people.
//!
//! Only types and their invariants live here. Nothing in this crate reads or writes a file, starts
//! a thread or prints. The stages (`ingest`, `embed`, `store`, `index`, `report`) know this crate
//! and none of each other; the program above them wires them together.

mod failure;
pub mod human;
mod id;
mod pair;
mod picture;
mod place;
mod review;
mod space;
mod table;

pub use failure::{Failed, Reason};
pub use id::{ContentId, ParseIdError, PixelsId, SpaceId};
pub use pair::{NearPair, PairKind};
pub use picture::{Facts, Pixels, PixelsError};
pub use place::{FileRow, Place, Stamp, escape, unescape};
pub use review::{Choice, Judgement, PairVerdict, Verdict};
pub use space::{Channels, PoolKind, Pooling, Preprocessing, Resize, Space};
pub use table::{Chained, Rows, VectorTable};
