//! Keeps vectors by content on disk: immutable Parquet files and one commit record.
//!
//! A [`Store`] is a folder (any [`Medium`]). Readers take a [`Snapshot`] of the last commit and are
//! not disturbed by writers. One writer at a time holds a [`Batch`]: it collects what a scan finds
//! and commits it as often as it wants. Every file but `commit.json` and the reports is written
//! once and never changed; what `commit.json` does not name does not exist. `docs/store.md` says
//! what lies on disk, and what each crash may leave.
//!
//! In the same folder, and none of the store's business otherwise, lies what people said of the
//! images: [`ReviewLog`] writes it down, [`remembered`] reads it.
//!
//! Beside the store lies [`foreign`]: vectors that people already have, read from one file, the pairs
//! of them, written to another, and tables of labels.
//!
//! This crate never decodes a picture, embeds one or compares two vectors. A store never touches a
//! file outside its folder, nor one inside whose name is not its own.

mod album;
mod batch;
mod check;
mod commit;
mod compact;
mod error;
mod features;
mod files;
pub mod foreign;
mod history;
mod joined;
mod layout;
mod medium;
mod review;
mod sketches;
mod snapshot;
mod spaces;
mod start;
mod store;
mod table;
mod thumbs;
mod vectors;

pub use album::Thumbs;
pub use batch::Batch;
pub use check::{Fault, Problem, check};
pub use compact::Unreferenced;
pub use error::{Error, Result};
pub use features::{FeatureRow, Known};
pub use history::{History, PairChange, PairChanges, PairKey, PairSeen};
pub use joined::StoredPairs;
pub use medium::{Disk, Guard, Lock, Medium, Memory};
pub use review::{
    Event, Merged, Remembered, ReviewLog, Sample, Sampled, Stratum, VerdictFault, export_verdicts,
    import_verdicts, remembered,
};
pub use sketches::Sketches;
pub use snapshot::Snapshot;
pub use store::Store;
pub use vectors::Vectors;
