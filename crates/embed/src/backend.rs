//! The seam between this crate and the engines, and the choice of one.

mod discover;
mod ort;
mod rten;

use crate::error::EngineError;
use crate::file::ModelFile;
use crate::graph::Input;
use crate::layer::Layer;
use crate::{Backend, EmbedError, ModelOptions};

pub(crate) use discover::Surroundings;

/// What a model gave: row-major values of any shape.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Activation {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

/// A model that an engine has read.
pub(crate) trait Engine: Send + Sync {
    /// Something that computes on the thread that calls it and on no other.
    fn runner(&self) -> Result<Box<dyn Run>, EngineError>;
}

/// One thread's hold on a model.
pub(crate) trait Run: Send {
    /// The activations of the layer for `input`, a tensor of `shape`.
    fn run(&mut self, input: &[f32], shape: [usize; 4]) -> Result<Activation, EngineError>;
}

/// Which engine computes, for the report and for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// `onnxruntime` or `rten`.
    pub engine: &'static str,
    /// Its version, as far as it tells.
    pub version: String,
    /// A sentence to be said once: what was taken and how the faster engine can be had. `None`
    /// where the user chose.
    pub note: Option<String>,
}

/// Loads `file` into the engine that `options` ask for.
pub(crate) fn open(
    file: &ModelFile,
    input: &Input,
    layer: &Layer,
    options: &ModelOptions,
) -> Result<(Box<dyn Engine>, Runtime), EmbedError> {
    let (library, runtime) = choose(options, &Surroundings::of_this_process())?;
    let engine: Result<Box<dyn Engine>, EngineError> = match library {
        Some(library) => Ok(Box::new(ort::Ort::new(library, file, input, layer))),
        None => rten::Rten::load(file, input, layer).map(|engine| Box::new(engine) as _),
    };
    let engine = engine.map_err(|error| load_error(&runtime, &file.shown, &error))?;
    Ok((engine, runtime))
}

/// The error for a model that an engine refused.
pub(crate) fn load_error(runtime: &Runtime, model: &str, error: &EngineError) -> EmbedError {
    EmbedError::Load {
        engine: runtime.engine,
        model: model.to_owned(),
        why: sentence(error),
        hint: match runtime.engine {
            rten::NAME => {
                "ONNX Runtime knows more operators: install the Python package `onnxruntime`, or export the model with standard operators."
            }
            _ => "Export the model with standard operators, or try `model.backend = \"rten\"`.",
        },
    }
}

/// An engine's words as the inside of a sentence: one line, no full stop.
pub(crate) fn sentence(error: &EngineError) -> String {
    let words = error.to_string();
    let words: Vec<&str> = words.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_owned()
}

fn choose(
    options: &ModelOptions,
    around: &Surroundings,
) -> Result<(Option<ort::Library>, Runtime), EmbedError> {
    if options.backend == Backend::Rten {
        return Ok((None, rten::runtime(None)));
    }
    let named = options.onnxruntime.as_deref();
    if let Some((path, asked)) = around.named(named) {
        let opened =
            ort::Library::open(&path).map_err(|why| EmbedError::Library { path, asked, why })?;
        let runtime = opened.runtime(None);
        return Ok((Some(opened), runtime));
    }
    let mut refused = Vec::new();
    for path in around.candidates() {
        match ort::Library::open(&path) {
            Ok(library) => {
                let note = format!("ONNX Runtime computes, from {}", path.display());
                let runtime = library.runtime(Some(note));
                return Ok((Some(library), runtime));
            }
            Err(why) => refused.push(format!("{}: {why}", path.display())),
        }
    }
    match options.backend {
        Backend::OnnxRuntime => Err(EmbedError::NoLibrary {
            refused: refused.iter().map(|line| format!("; {line}")).collect(),
        }),
        _ => Ok((None, rten::runtime(Some(refused)))),
    }
}

#[cfg(test)]
#[path = "backend/tests.rs"]
mod tests;
