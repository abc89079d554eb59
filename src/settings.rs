//! What will be done: every value in force, checked once, and where each came from.
//!
//! `config/default.toml` is compiled in and names every key. Each layer above it (what DIR was last
//! scanned with, `--config`, environment, `--set`, flags) replaces single keys. After that the
//! settings do not change.

mod layers;
mod plan;
mod values;

pub use layers::{Layers, Origin};
pub use values::{
    Auto, By, Columns, Decode, Flat, Hnsw, Input, Ivf, Join, Labels, Model, Pool, Report, Runtime,
    Settings,
};
