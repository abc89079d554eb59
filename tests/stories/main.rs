//! What a user may count on, told as stories and played with the real program.

mod support;

mod check;
mod config;
mod demo;
mod equal;
mod growth;
mod inputs;
mod interrupt;
mod queries;
mod reports;
mod scan;
mod shared;
