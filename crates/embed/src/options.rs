//! What a user may say about the model; everything has a default.

use std::path::PathBuf;

use lookalike_types::{Channels, PoolKind, Resize};

/// Which engine computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// ONNX Runtime where its library is found, else rten.
    #[default]
    Auto,
    /// ONNX Runtime, or an error.
    OnnxRuntime,
    /// The engine that is compiled in.
    Rten,
}

impl Backend {
    /// The word in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::OnnxRuntime => "onnxruntime",
            Self::Rten => "rten",
        }
    }
}

impl std::str::FromStr for Backend {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Auto, Self::OnnxRuntime, Self::Rten]
            .into_iter()
            .find(|backend| backend.as_str() == text)
            .ok_or_else(|| format!("`{text}` is none of: auto, onnxruntime, rten"))
    }
}

/// The model and how it is used. `ModelOptions::default()` is the built-in model as its card says.
///
/// `None`, zero and the empty string mean: what the card says (built-in model), or what is said
/// here (a file of the user's).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelOptions {
    /// The ONNX file; `None` is the built-in model. Weights in files beside it (`.onnx.data`) are
    /// read with it, and are part of the digest.
    pub path: Option<PathBuf>,
    /// Name of any tensor, or of a node (its first output). Empty: the output of the last
    /// convolutional block.
    pub layer: String,
    /// Width and height of the input in pixels. 0: what the model fixes; where it fixes nothing,
    /// seven times the stride of the layer, 32 at least (224 for an ImageNet ResNet, 32 for the
    /// CIFAR ones).
    pub size: u32,
    /// `None`: squash.
    pub resize: Option<Resize>,
    /// Subtracted from samples in 0..1, RGB order. `None`: 0.485, 0.456, 0.406 (ImageNet).
    pub mean: Option<[f32; 3]>,
    /// Divides what is left, RGB order. `None`: 0.229, 0.224, 0.225 (ImageNet).
    pub std: Option<[f32; 3]>,
    /// Order of the planes. `None`: rgb.
    pub channels: Option<Channels>,
    /// Which engine computes.
    pub backend: Backend,
    /// The ONNX Runtime library, where the configuration names one.
    pub onnxruntime: Option<PathBuf>,
    /// `None`: concat.
    pub pooling: Option<PoolKind>,
    /// Cells per side. 0: 4, or the side of the activations where that is smaller.
    pub pool_size: u32,
    /// Version of the decode policy that made the pixels; part of the space.
    pub decode_policy: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_survives_its_word() {
        for backend in [Backend::Auto, Backend::OnnxRuntime, Backend::Rten] {
            assert_eq!(backend.as_str().parse(), Ok(backend));
        }
        assert!("tract".parse::<Backend>().is_err());
    }
}
