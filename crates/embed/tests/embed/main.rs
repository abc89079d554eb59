//! The crate through its public face: real engines, real and made-up models.

mod builtin;
mod cifar;
mod engines;
mod errors;
mod helpers;
mod layers;
mod resnet50;
mod zoo;
