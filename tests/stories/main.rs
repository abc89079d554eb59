//! What a user may count on, told as stories and played with the real program.

// A test binary has no outside, and says on standard output why it skips.
#![allow(unreachable_pub, clippy::print_stdout)]

mod cleaning;
mod client;
mod support;
mod vectors;

mod actions;
mod check;
mod config;
mod demo;
mod equal;
mod exif;
mod exports;
mod featureless;
mod growth;
mod guarded;
mod inputs;
mod interrupt;
mod join;
mod judged;
mod killed;
mod labels;
mod plans;
mod queries;
mod reports;
mod review;
mod scan;
mod shared;
mod since;
mod sketches;
mod verdicts;
