//! Pictures, places and engines for the tests.

use std::path::{Path, PathBuf};

use lookalike_embed::{Backend, EmbedError, Embedder, ModelOptions, Prepared, prepare};
use lookalike_types::Pixels;

/// A model file in a folder of its own that lives as long as this.
pub(crate) struct Saved {
    folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

impl Saved {
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Opens the model with rten.
    pub(crate) fn open(&self) -> Result<Embedder, EmbedError> {
        Embedder::open(&self.options(Backend::Rten))
    }

    pub(crate) fn options(&self, backend: Backend) -> ModelOptions {
        ModelOptions {
            path: Some(self.path.clone()),
            backend,
            ..ModelOptions::default()
        }
    }
}

/// Writes `bytes` to `net.onnx`.
pub(crate) fn save(bytes: &[u8]) -> Saved {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let path = folder.path().join("net.onnx");
    std::fs::write(&path, bytes).expect("the folder is ours");
    Saved { folder, path }
}

/// The engines of this machine: rten, and ONNX Runtime where its library is found.
pub(crate) fn backends() -> Vec<Backend> {
    let onnxruntime = ModelOptions {
        backend: Backend::OnnxRuntime,
        ..ModelOptions::default()
    };
    match Embedder::open(&onnxruntime) {
        Ok(_) => vec![Backend::Rten, Backend::OnnxRuntime],
        Err(EmbedError::NoLibrary { .. }) => {
            say("ONNX Runtime is not tested: no library (set ORT_DYLIB_PATH)");
            vec![Backend::Rten]
        }
        Err(error) => panic!("{error}"),
    }
}

/// The file of real models, or `None` (said aloud) where it is not at hand.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    assert_ne!(
        std::env::var("CI").as_deref(),
        Ok("true"),
        "{name} is missing"
    );
    say(&format!("skipped: {} is missing", path.display()));
    None
}

#[allow(
    clippy::print_stderr,
    reason = "a test that did not run must not look as if it had"
)]
fn say(line: &str) {
    eprintln!("{line}");
}

/// A picture that no other number gives.
pub(crate) fn picture(number: u32) -> Pixels {
    let (width, height) = (40 + number, 30);
    let sample =
        |at: u32| ((at / 3 % width * (number + 3) + at / 97 * 5 + at % 3 * 40) % 256) as u8;
    let rgb = (0..3 * width * height).map(sample).collect();
    Pixels::new(width, height, rgb).expect("three bytes for each pixel")
}

/// The first `count` pictures, prepared for `embedder`.
pub(crate) fn prepared(embedder: &Embedder, count: u32) -> Vec<Prepared> {
    let preprocessing = &embedder.space().preprocessing;
    (0..count)
        .map(|number| prepare(&picture(number), preprocessing))
        .collect()
}

/// The vectors of the first `count` pictures, all of which must have one.
pub(crate) fn vectors(embedder: &Embedder, count: u32) -> Vec<Vec<f32>> {
    let mut session = embedder.session().expect("the model was opened");
    let vectors = session
        .embed(&prepared(embedder, count))
        .expect("the model runs");
    vectors
        .into_iter()
        .map(|vector| vector.expect("it has features"))
        .collect()
}

pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(&a, &b)| f64::from(a) * f64::from(b))
        .sum()
}
