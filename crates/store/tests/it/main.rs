//! The store as its users see it: what goes in comes out, whatever happens in between.

mod conformance;
mod crash;
mod crashing;
mod damage;
mod documents;
mod exchange;
mod lock;
mod merge;
mod model;
mod old;
mod review;
mod review_model;
mod sample;
mod trip;
