//! Finds every pair of unit vectors whose cosine reaches a threshold, the groups that such pairs
//! form, the nearest rows of one vector, and a threshold where nobody gave one.
//!
//! The front is [`join`]. Whatever engine leads to a pair, [`dot`] has the last word on its
//! similarity, so engines, block sizes and threads never change a number. Nothing in this crate
//! reads or writes a file, prints, or keeps a state between two calls.

mod background;
mod basis;
mod blocks;
mod cells;
mod choose;
mod collect;
mod error;
mod filter;
mod group;
mod hnsw;
mod ivf;
mod join;
mod kernel;
mod nearest;
mod order;
mod pool;
mod product;
mod recall;
mod repair;
mod score;
mod seed;
mod shape;
mod sketch;
mod survey;
mod tail;

pub use background::{Background, background};
pub use error::{IndexError, RowFault};
pub use group::{Component, group};
pub use ivf::IvfOptions;
pub use join::{Choice, Engine, HnswOptions, JoinPlan, Joined, Made, join, join_kept};
pub use nearest::nearest;
pub use order::Scope;
pub use recall::Recall;
pub use score::dot;
pub use sketch::{Records, Sketcher, Sketches};
