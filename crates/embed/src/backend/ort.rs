//! ONNX Runtime, from a shared library found at run time. The only file that names the `ort` crate.
//!
//! One library and one environment serve the whole process, because ONNX Runtime allows no second
//! one. `ort` is never left to look for the library itself: where it finds none it panics.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;

use super::discover::version;
use super::{Activation, Engine, Run, Runtime};
use crate::error::EngineError;
use crate::file::{ModelFile, Weights};
use crate::graph::{Input, graph};
use crate::layer::Layer;

const NAME: &str = "onnxruntime";

/// The library of this process, once one was loaded.
static LOADED: Mutex<Option<Library>> = Mutex::new(None);

/// A loaded library of ONNX Runtime.
#[derive(Clone)]
pub(super) struct Library {
    path: PathBuf,
    environment: Environment,
}

impl Library {
    /// Loads the library at `path`, or gives the reason why it cannot be used.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        // A relative path would be taken as relative to the executable.
        let path = path.canonicalize().map_err(|error| error.to_string())?;
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        match &*loaded {
            Some(library) if library.path == path => Ok(library.clone()),
            Some(library) => {
                let other = library.path.display();
                Err(format!("this process already uses {other}"))
            }
            None => {
                let environment = catch_unwind(|| environment(&path))
                    .unwrap_or_else(|_| Err("it does not answer as ONNX Runtime".to_owned()))?;
                let library = Self { path, environment };
                *loaded = Some(library.clone());
                Ok(library)
            }
        }
    }

    pub(super) fn runtime(&self, note: Option<String>) -> Runtime {
        Runtime {
            engine: NAME,
            version: self.version(),
            note,
        }
    }

    /// From what the library says of its build (`git-branch=rel-1.32.0`), else from its name.
    fn version(&self) -> String {
        let release = |part: &str| {
            let (_, version) = part.split_once("git-branch=rel-")?;
            Some(version.trim_matches(',').to_owned())
        };
        let said = ort::info().split([' ', ',']).find_map(release);
        said.unwrap_or_else(|| {
            let numbers = version(&self.path);
            let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
            match numbers.is_empty() {
                true => "unknown".to_owned(),
                false => numbers.join("."),
            }
        })
    }
}

fn environment(path: &Path) -> Result<Environment, String> {
    let builder = ort::init_from(path).map_err(|error| error.to_string())?;
    let environment = builder.with_name("lookalike").with_telemetry(false).build();
    let environment = environment.map_err(|error| error.to_string())?;
    // Its warnings would go to standard error, past whoever embeds this crate.
    environment.set_log_level(LogLevel::Fatal);
    Ok(environment)
}

/// A model for ONNX Runtime: each runner loads it for itself.
pub(super) struct Ort {
    library: Library,
    bytes: Vec<u8>,
    weights: Weights,
    input: String,
    layer: String,
}

impl Ort {
    pub(super) fn new(library: Library, file: &ModelFile, input: &Input, layer: &Layer) -> Self {
        let mut outputs = graph(&file.proto).output.iter();
        let is_output = outputs.any(|output| output.name.as_deref() == Some(&layer.tensor));
        let mut bytes = file.bytes.to_vec();
        if !is_output {
            bytes.extend(one_more_output(&layer.tensor));
        }
        Self {
            library,
            bytes,
            weights: file.weights.clone(),
            input: input.name.clone(),
            layer: layer.tensor.clone(),
        }
    }

    fn session(&self) -> Result<Session, ort::Error> {
        // All optimisations, because the blocked layout among them is worth a factor 1.5. One
        // thread, because the caller has as many sessions as threads, and waiting threads spin.
        let mut builder = Session::builder(&self.library.environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_intra_op_spinning(false)?
            .with_log_level(LogLevel::Fatal)?;
        for (name, weights) in &self.weights {
            builder =
                builder.with_external_initializer_file_in_memory(name, Arc::clone(weights))?;
        }
        builder.commit_from_memory(&self.bytes)
    }
}

impl Engine for Ort {
    fn runner(&self) -> Result<Box<dyn Run>, EngineError> {
        let session = self.session().map_err(|error| error.to_string())?;
        Ok(Box::new(Runner {
            session,
            input: self.input.clone(),
            layer: self.layer.clone(),
        }))
    }
}

struct Runner {
    session: Session,
    input: String,
    layer: String,
}

impl Run for Runner {
    fn run(&mut self, input: &[f32], shape: [usize; 4]) -> Result<Activation, EngineError> {
        let tensor = TensorRef::from_array_view((shape, input))?;
        let outputs = self
            .session
            .run(ort::inputs![self.input.as_str() => tensor])?;
        let output = outputs
            .get(&self.layer)
            .ok_or("the layer is not among the outputs")?;
        let (shape, values) = output.try_extract_tensor::<f32>()?;
        let side = |&side: &i64| usize::try_from(side).unwrap_or_default();
        Ok(Activation {
            shape: shape.iter().map(side).collect(),
            values: values.to_vec(),
        })
    }
}

/// The bytes of `ModelProto { graph: { output: [{ name }] } }`. Appended to a model they add one
/// output: where a message occurs twice, protobuf merges the two.
fn one_more_output(name: &str) -> Vec<u8> {
    /// Field numbers of `onnx.proto`, shifted for the wire type of length-delimited data.
    const GRAPH: u8 = 7 << 3 | 2;
    const OUTPUT: u8 = 12 << 3 | 2;
    const NAME: u8 = 1 << 3 | 2;
    let wrap = |field: u8, content: &[u8]| {
        let mut bytes = vec![field];
        let mut length = content.len();
        while length >= 0x80 {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend_from_slice(content);
        bytes
    };
    wrap(GRAPH, &wrap(OUTPUT, &wrap(NAME, name.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rten_onnx::onnx::ModelProto;

    #[test]
    fn the_added_bytes_are_a_model_with_one_output() {
        for name in ["relu".to_owned(), "n".repeat(200), "n".repeat(20_000)] {
            let proto = ModelProto::parse_buf(&one_more_output(&name)).expect("it is a message");
            let graph = proto.graph.expect("with a graph");
            assert_eq!(graph.output.len(), 1);
            assert_eq!(graph.output[0].name.as_deref(), Some(name.as_str()));
        }
    }
}
