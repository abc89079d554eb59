//! The built-in model: its golden vectors, and when its threshold holds.

use std::path::Path;

use lookalike_embed::{Embedder, ModelOptions, prepare};
use lookalike_types::{Pixels, PoolKind, Resize};

use super::helpers::{backends, cosine};

/// `builtin/golden/golden.json`, written by the training side.
#[derive(serde::Deserialize)]
struct Golden {
    size: u32,
    dimension: u32,
    pictures: Vec<Picture>,
}

#[derive(serde::Deserialize)]
struct Picture {
    file: String,
    descriptor: Vec<f32>,
}

#[test]
fn the_vectors_are_those_of_the_training() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("builtin/golden");
    let text = std::fs::read_to_string(folder.join("golden.json")).expect("it is committed");
    let golden: Golden = serde_json::from_str(&text).expect("the training writes this form");
    assert!(!golden.pictures.is_empty());
    for backend in backends() {
        let options = ModelOptions {
            backend,
            ..ModelOptions::default()
        };
        let embedder = Embedder::open(&options).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(embedder.space().preprocessing.size, golden.size);
        assert_eq!(embedder.space().dimension, golden.dimension);
        let mut session = embedder.session().expect("the model was opened");
        for picture in &golden.pictures {
            let image = image::open(folder.join(&picture.file)).expect("it is committed");
            let rgb = image.to_rgb8();
            let (width, height) = rgb.dimensions();
            let pixels = Pixels::new(width, height, rgb.into_raw()).expect("it is RGB");
            let prepared = prepare(&pixels, &embedder.space().preprocessing);
            let found = session
                .embed(&[prepared])
                .expect("the model runs")
                .remove(0);
            let found = found.expect("it has features");
            let cosine = cosine(&found, &picture.descriptor);
            assert!(cosine > 0.999, "{backend:?}, {}: {cosine}", picture.file);
        }
    }
}

#[test]
fn the_threshold_holds_only_for_what_it_was_measured_on() {
    let threshold = |change: fn(&mut ModelOptions)| {
        let mut options = ModelOptions {
            backend: lookalike_embed::Backend::Rten,
            ..ModelOptions::default()
        };
        change(&mut options);
        let embedder = Embedder::open(&options).unwrap_or_else(|error| panic!("{error}"));
        embedder.threshold()
    };
    assert!(threshold(|_| {}).is_some());
    assert!(threshold(|o| o.decode_policy = 7).is_some());
    assert_eq!(threshold(|o| o.pool_size = 3), None);
    assert_eq!(threshold(|o| o.pooling = Some(PoolKind::Gem)), None);
    assert_eq!(threshold(|o| o.size = 160), None);
    assert_eq!(threshold(|o| o.resize = Some(Resize::Pad)), None);
    assert_eq!(threshold(|o| o.mean = Some([0.5; 3])), None);
}
