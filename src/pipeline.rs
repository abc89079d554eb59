//! Gathering: the stages from input to commit, joined by channels and held to a budget.

pub(crate) mod budget;
pub(crate) mod find;
pub(crate) mod gather;
pub(crate) mod line;
pub(crate) mod stopwatch;
pub(crate) mod thumbs;
pub(crate) mod worker;
pub(crate) mod writer;
