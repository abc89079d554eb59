//! The crate from outside, on real files: `shared/data` where it is there, and files made here.
// A test that needs files which are not there says so and ends.
#![allow(missing_docs, clippy::print_stderr)]

mod common;
mod damage;
mod folders;
mod formats;
mod optional;
mod reading;
mod shards;
