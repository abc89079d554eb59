//! The wiring of lookalike: flags, settings, the pipeline, the terminal.
//!
//! The stages are crates of their own and know nothing of each other; here they are joined. The
//! way of the data, and where to find what, is in `ARCHITECTURE.md`.

pub mod commands;
pub mod condition;
pub mod exit;
pub mod flags;
pub mod settings;
pub mod terminal;

mod carry;
mod cpu;
pub mod demo;
mod join;
mod judge;
mod labels;
mod memory;
mod model;
mod output;
mod pipeline;
mod places;
mod plan;
mod sampling;
mod scan;
mod signal;
