//! Writes the report of a scan: five tables, `run.json`, the page and the summary.
//!
//! The way through this crate: the images of a scan become [`Images`]; those give the pairs that
//! need no model ([`Images::links`]); with the near pairs and the groups of the join they become
//! [`Findings`], where every group knows which of its images is kept and why, and the look-alikes
//! across splits and labels are known. From the findings
//! come the tables ([`Table`]), the page ([`page()`]) and the counts of [`Run`], and from the run
//! its file ([`Run::to_json`]) and the text on standard output ([`summary()`]).
//!
//! [`precision`] counts up what a person judged of a sample of the near pairs.
//!
//! Everything here gives bytes and text. Nothing is read from disk, written to it or printed, and
//! no image is decoded. Equal findings give equal bytes. The files are documented, column by
//! column, in `docs/format.md`.

mod alike;
mod cover;
mod crossings;
mod decide;
mod error;
mod export;
mod findings;
mod generation;
mod human;
mod images;
mod join;
mod matrix;
mod outline;
mod page;
mod payload;
mod plan_text;
pub mod precision;
mod resplit;
mod rules;
mod run;
mod schema;
mod spared;
mod summary;
mod tables;

pub use crossings::{Crossing, SplitCount};
pub use decide::{CopyOf, Decided, Left, Policy, Wishes, decide};
pub use error::Error;
pub use export::{Export, ExportOptions, Format, export};
pub use findings::{Component, Findings, Group, GroupSince, Member};
pub use generation::Generation;
pub use images::{ExifFacts, Image, Images, Near, Pair};
pub use join::{JoinRun, JoinSeconds, join_summary};
pub use outline::{LeftCount, Outline, Portion};
pub use page::{PageOptions, page};
pub use plan_text::{PlanWords, next_steps, plan_summary, simulation};
pub use resplit::{Part, Resplit, Share, resplit};
pub use rules::KeepRule;
pub use run::{
    Changes, Counts, JoinInfo, LabelInfo, Memory, Recall, Run, Runtime, Seconds, Since, SpaceInfo,
    SplitSize,
};
pub use summary::{SummaryOptions, summary};
pub use tables::Table;

#[cfg(test)]
mod sample;
