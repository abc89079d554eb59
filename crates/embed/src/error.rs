//! What ends a run in this crate, in words that say what, where, why and what to do next.

use std::io;
use std::path::PathBuf;

/// An engine's own refusal. Engines disagree on their error types; their words are kept.
pub(crate) type EngineError = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no embedder, or why it cannot go on. Failures of one image are
/// [`lookalike_types::Failed`] instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// The model, or a file of weights beside it, cannot be read.
    #[error("cannot read `{path}`: {source}. Check `model.path`.")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// The file is no ONNX model, or only the beginning of one.
    #[error(
        "`{model}` is not a whole ONNX model: {why}. `model.path` must name an `.onnx` file; copy or export it again."
    )]
    NotOnnx {
        /// The file, or `builtin`.
        model: String,
        /// What gave it away.
        why: String,
    },

    /// The weights lie in a file that may not be read.
    #[error(
        "the weights of `{model}` lie in `{location}`, which is not below the folder of the model. Export the model with its weights inside, or beside it."
    )]
    Weights {
        /// The model file.
        model: String,
        /// The place as the model names it.
        location: String,
    },

    /// The model does not take one float RGB image.
    #[error("`{model}` does not take one RGB image: {why}. {hint}")]
    Input {
        /// The model file.
        model: String,
        /// What it takes.
        why: String,
        /// What to do.
        hint: &'static str,
    },

    /// No tensor and no node has the name of the layer.
    #[error(
        "`{model}` has no tensor and no node named `{layer}`. {nearest}Leave `model.layer` empty for the last convolutional block."
    )]
    NoLayer {
        /// The model file.
        model: String,
        /// The wanted name.
        layer: String,
        /// A sentence with the names most like it; empty where there is none.
        nearest: String,
    },

    /// No convolution leads to an output, so that the layer cannot be chosen.
    #[error(
        "`{model}` has no convolution on the way to its outputs, so its last convolutional block cannot be found. Name the tensor to take in `model.layer`."
    )]
    NoConvolution {
        /// The model file.
        model: String,
    },

    /// The activations of the layer have no form that can be pooled.
    #[error(
        "layer `{layer}` of `{model}` gives {found}; wanted are floats of N x C x H x W (or N x C). Name another tensor in `model.layer`."
    )]
    LayerShape {
        /// The model file.
        model: String,
        /// The tensor.
        layer: String,
        /// Its shape or type.
        found: String,
    },

    /// A setting that no model can follow, or not this one.
    #[error("`{key}` cannot be {value}: {why}.")]
    Setting {
        /// The key of the configuration.
        key: &'static str,
        /// The value.
        value: String,
        /// Why not, and what can be had.
        why: String,
    },

    /// An engine refused the model.
    #[error("{engine} cannot load `{model}`: {why}. {hint}")]
    Load {
        /// The engine.
        engine: &'static str,
        /// The model file.
        model: String,
        /// The engine's words.
        why: String,
        /// What to do.
        hint: &'static str,
    },

    /// An engine failed while it computed.
    #[error(
        "{engine} failed in `{model}` on {size} x {size} pixels: {why}. Where the model was made for another size, set `model.size`."
    )]
    Run {
        /// The engine.
        engine: &'static str,
        /// The model file.
        model: String,
        /// Width and height of the input.
        size: u32,
        /// The engine's words.
        why: String,
    },

    /// A library that the user named is no ONNX Runtime that can be used.
    #[error(
        "the ONNX Runtime library `{path}` (from {asked}) cannot be used: {why}. Name the file `libonnxruntime` of version 1.24 or newer, or take the setting away."
    )]
    Library {
        /// The file.
        path: PathBuf,
        /// Who asked for it: a key or an environment variable.
        asked: &'static str,
        /// Why not.
        why: String,
    },

    /// ONNX Runtime was asked for by name and is nowhere.
    #[error(
        "no usable ONNX Runtime library was found{refused}. Install the Python package `onnxruntime` (1.24 or newer) into the active environment, name the library in `model.onnxruntime`, or set `model.backend = \"auto\"`."
    )]
    NoLibrary {
        /// What was found and refused, with its reason; empty where nothing was found.
        refused: String,
    },

    /// A picture was prepared for another space.
    #[error(
        "a picture of {found} x {found} pixels was handed to a model of {wanted} x {wanted}. Prepare pictures with the preprocessing of the embedder's own space."
    )]
    Prepared {
        /// Its size.
        found: u32,
        /// The size of the space.
        wanted: u32,
    },

    /// The built-in model and its card disagree: the program was built from a damaged tree.
    #[error(
        "the card of the built-in model cannot be used: {why}. Build the program again from a clean tree."
    )]
    Card {
        /// What is wrong.
        why: String,
    },
}
