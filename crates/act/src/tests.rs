//! Plans carried out on real files, and taken back.

mod bin;
mod crash;
mod desk;
mod guards;
mod links;
mod moves;
mod properties;
mod tar;
