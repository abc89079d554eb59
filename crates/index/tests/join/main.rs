//! The engines against a double loop over all pairs.

// A test binary has no outside.
#![allow(unreachable_pub)]

mod support;

mod kept;
mod large;
mod recall;
mod refused;
mod scopes;
mod small;
