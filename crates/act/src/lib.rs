//! Carries out what a plan says, keeps a journal of it, and takes it back.
//!
//! This is the only crate that touches the files of a person, and it is built around one promise:
//! nothing is lost. The way through it:
//!
//! 1. A [`Plan`] is a table that says of each image of a group whether it stays, and of each that goes
//!    which kept one it is a copy of ([`Plan::from_parquet`], [`Plan::to_parquet`]). It touches nothing.
//! 2. [`apply()`] does with the removals what the [`Action`] says. Before each file it and the kept one
//!    are compared with the plan (`kept.rs`, `apply.rs`); each step (`deed.rs`) has its line in the
//!    journal before it is done (`journal.rs`, `run.rs`), and no call ever overwrites what it did not
//!    check (`relocate.rs`, `links.rs`, `trash.rs`, `shards.rs`). [`list()`] only names them.
//! 3. [`undo()`] takes back what a journal says, the newest first.
//! 4. Both give an [`Outcome`], with a reason for everything that was left alone, and [`summary()`] puts
//!    it in words.
//!
//! After a crash the same call goes on: the journal knows which step was under way, and the files
//! tell on which side of it they are. Every call that changes something passes one place (`disk.rs`), which
//! asks before; the tests answer no at each of them in turn.
//!
//! Nothing here prints, and no file is opened that a plan or a journal does not name.

mod action;
mod apply;
mod aside;
mod deed;
mod disk;
mod error;
mod journal;
mod kept;
mod links;
mod list;
mod look;
mod name;
mod outcome;
mod plan;
mod relocate;
mod run;
mod shards;
mod summary;
mod trash;
mod undo;

#[cfg(test)]
mod tests;

pub use action::{Action, Options, Step};
pub use apply::apply;
pub use error::{Error, Result};
pub use list::list;
pub use outcome::{Outcome, Skipped, Why};
pub use plan::{Copy, Decision, Plan, PlanRow};
pub use summary::summary;
pub use undo::undo;
