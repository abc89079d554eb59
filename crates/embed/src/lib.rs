//! Turns decoded pictures into unit vectors with an ONNX model.
//!
//! [`Embedder::open`] reads a model (the built-in one, or any file), finds the tensor to take, an
//! engine to compute it and the size of the input, and says all of it in a
//! [`Space`](lookalike_types::Space). [`prepare`] brings a picture to that size; a [`Session`] per
//! thread makes vectors of prepared pictures: activations, [`pool`], flatten, L2.
//!
//! A vector depends on its picture and the space (and, in the last digits, on the engine and the
//! kind of processor): never on the pictures beside it, on their number or on threads.
//!
//! Nothing here opens an image, starts a thread of its own but the one in which rten computes,
//! touches a network or prints.

mod backend;
mod builtin;
mod embedder;
mod error;
mod file;
mod graph;
mod layer;
mod options;
mod pool;
mod prepare;
mod session;

pub use backend::Runtime;
pub use embedder::Embedder;
pub use error::EmbedError;
pub use options::{Backend, ModelOptions};
pub use pool::{Shape, normalise, pool};
pub use prepare::{Prepared, prepare};
pub use session::Session;
