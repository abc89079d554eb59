//! Reads the model: its bytes, the weights beside it, its digest.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Component, Path};
use std::sync::Arc;

use rten_onnx::onnx::{DataLocation, ModelProto};

use crate::{EmbedError, builtin};

/// Files of weights and the names that a model gives them.
pub(crate) type Weights = Vec<(String, Arc<[u8]>)>;

/// A model in memory.
pub(crate) struct ModelFile {
    /// What a person calls it: `builtin`, or the name of the file.
    pub(crate) name: String,
    /// The same with its folder, for errors.
    pub(crate) shown: String,
    /// The ONNX file.
    pub(crate) bytes: Cow<'static, [u8]>,
    /// The same, parsed.
    pub(crate) proto: ModelProto,
    /// Files of weights by the name that the model gives them, sorted.
    pub(crate) weights: Weights,
    /// BLAKE3 of the file, hex. Where weights lie beside it: of the file, then of each name and
    /// file of weights in order of their names, because they shape the vectors as well.
    pub(crate) digest: String,
}

impl ModelFile {
    /// Reads the file at `path`, or the built-in model.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, EmbedError> {
        let (shown, bytes) = match path {
            None => ("builtin".to_owned(), Cow::Borrowed(builtin::MODEL)),
            Some(path) => (path.display().to_string(), Cow::Owned(load(path)?)),
        };
        let name = path.and_then(Path::file_name);
        let name = name.map_or(shown.clone(), |name| name.to_string_lossy().into_owned());
        let proto = parse(&bytes, &shown)?;
        let folder = path.and_then(Path::parent).unwrap_or(Path::new(""));
        let weights = load_weights(&proto, folder, &shown)?;
        let digest = digest(&bytes, &weights);
        Ok(Self {
            name,
            shown,
            bytes,
            proto,
            weights,
            digest,
        })
    }
}

fn load(path: &Path) -> Result<Vec<u8>, EmbedError> {
    std::fs::read(path).map_err(|source| EmbedError::Read {
        path: path.to_owned(),
        source,
    })
}

fn parse(bytes: &[u8], shown: &str) -> Result<ModelProto, EmbedError> {
    let refuse = |why: String| EmbedError::NotOnnx {
        model: shown.to_owned(),
        why,
    };
    if bytes.is_empty() {
        return Err(refuse("it has no bytes".to_owned()));
    }
    // The parser's own words name its types and fields, which help nobody here.
    let broken = "its bytes end too early, or are those of another format";
    let proto = ModelProto::parse_buf(bytes).map_err(|_| refuse(broken.to_owned()))?;
    let nodes = proto.graph.as_ref().map_or(0, |graph| graph.node.len());
    if proto.ir_version.is_none() || nodes == 0 {
        return Err(refuse("it holds no graph".to_owned()));
    }
    Ok(proto)
}

fn load_weights(proto: &ModelProto, folder: &Path, shown: &str) -> Result<Weights, EmbedError> {
    let initializers = proto.graph.iter().flat_map(|graph| &graph.initializer);
    let outside =
        initializers.filter(|tensor| tensor.data_location == Some(DataLocation::EXTERNAL));
    let entries = outside.flat_map(|tensor| &tensor.external_data);
    let locations: BTreeSet<&str> = entries
        .filter(|entry| entry.key.as_deref() == Some("location"))
        .filter_map(|entry| entry.value.as_deref())
        .collect();
    let mut weights = Vec::new();
    for location in locations {
        // A model must not be able to name any file of the machine.
        let below = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if !Path::new(location).components().all(below) {
            return Err(EmbedError::Weights {
                model: shown.to_owned(),
                location: location.to_owned(),
            });
        }
        let bytes = load(&folder.join(location))?;
        weights.push((location.to_owned(), bytes.into()));
    }
    Ok(weights)
}

fn digest(bytes: &[u8], weights: &[(String, Arc<[u8]>)]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes);
    for (name, bytes) in weights {
        hasher.update(name.as_bytes());
        hasher.update(bytes);
    }
    hasher.finalize().to_hex().to_string()
}
