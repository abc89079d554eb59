//! Plans carried out on real files, and taken back.

mod bin;
mod crash;
mod desk;
mod guards;
mod last_copy;
mod links;
mod moves;
mod properties;
mod tar;
