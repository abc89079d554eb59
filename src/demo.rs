//! A small collection drawn by code, with planted copies, for someone with no images at hand.

pub mod plant;
pub mod scene;
