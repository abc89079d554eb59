//! Gathering: the stages from input to commit, joined by channels and held to a budget.

pub mod budget;
pub mod find;
pub mod gather;
pub mod line;
pub mod tally;
pub mod thumbs;
pub mod worker;
pub mod writer;
