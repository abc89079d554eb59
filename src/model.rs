//! From settings to the options of the stages.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lookalike_embed::{Embedder, ModelOptions};
use lookalike_ingest::{DECODE_POLICY, InputOptions, Limits};

use crate::exit::UsageError;
use crate::settings::Settings;

/// Opens the model of these settings.
///
/// # Errors
/// A [`UsageError`]: the model is opened before anything is touched.
pub(crate) fn open(settings: &Settings) -> anyhow::Result<Embedder> {
    let model = &settings.model;
    let named = |path: &str| (!path.is_empty()).then(|| PathBuf::from(path));
    let three = |values: &[f32]| <[f32; 3]>::try_from(values).ok();
    let own = named(&model.path);
    let options = ModelOptions {
        layer: model.layer.clone(),
        size: model.size,
        resize: Some(model.resize),
        mean: three(&model.mean),
        std: three(&model.std),
        channels: Some(model.channels),
        backend: model.backend,
        onnxruntime: named(&model.onnxruntime),
        pooling: Some(settings.pool.kind),
        pool_size: settings.pool.size,
        decode_policy: DECODE_POLICY,
        path: own,
    };
    Embedder::open(&options).map_err(|error| UsageError::new(error).into())
}

/// The limits on one file and one picture.
pub(crate) fn limits(settings: &Settings) -> Limits {
    Limits {
        max_pixels: settings.decode.max_pixels,
        max_bytes: settings.decode.max_bytes,
        timeout: Duration::from_secs_f64(settings.decode.timeout_s),
    }
}

/// Which files count; `out` is never among them.
pub(crate) fn input_options(settings: &Settings, out: &Path) -> InputOptions {
    let input = &settings.input;
    InputOptions {
        extensions: input.extensions.clone(),
        follow_links: input.follow_links,
        hidden: input.hidden,
        exclude: input.exclude.clone(),
        skip: vec![out.to_owned()],
    }
}
