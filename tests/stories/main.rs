//! What a user may count on, told as stories and played with the real program.

// A test binary has no outside, and says on standard output why it skips.
#![allow(unreachable_pub, clippy::print_stdout)]

mod support;
mod vectors;

mod check;
mod config;
mod demo;
mod equal;
mod exports;
mod featureless;
mod growth;
mod inputs;
mod interrupt;
mod join;
mod labels;
mod queries;
mod reports;
mod scan;
mod shared;
mod since;
mod sketches;
mod verdicts;
