//! What the tests share: the shared data, limits, pictures compared, and searches collected.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lookalike_ingest::{Found, IngestError, InputOptions, Limits, find};
use lookalike_types::Pixels;

pub(crate) const LIMITS: Limits = Limits {
    max_pixels: 100_000_000,
    max_bytes: 1 << 30,
    timeout: Duration::from_secs(600),
};

/// `shared/data/NAME` beside the repository. Without it a test says so and ends, except in CI.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!in_ci, "shared/data/{name} is missing");
    eprintln!("skipped: shared/data/{name} is missing");
    None
}

pub(crate) fn options() -> InputOptions {
    InputOptions {
        extensions: ["jpg", "jpeg", "png"].map(String::from).to_vec(),
        ..InputOptions::default()
    }
}

/// Everything that `find` gives.
pub(crate) fn all(inputs: &[OsString], options: &InputOptions) -> Result<Vec<Found>, IngestError> {
    let mut all = Vec::new();
    find(inputs, options, &LIMITS, &|_, _| false, &mut |found| {
        all.push(found);
        ControlFlow::Continue(())
    })?;
    Ok(all)
}

/// What was found as lines: the name behind `root`, and the reason of failures.
pub(crate) fn lines(root: &Path, found: &[Found]) -> Vec<String> {
    let root = format!("{}/", root.display());
    let line = |found: &Found| match found {
        Found::File { place, .. } => place.shown(),
        Found::Member { place, bytes, .. } => match bytes {
            Ok(_) => place.shown(),
            Err(failed) => format!("{} {}", place.shown(), failed.reason),
        },
        Found::UnchangedShard { path, .. } => {
            format!("{} unchanged", lookalike_types::escape(path))
        }
        Found::Failed { place, failed, .. } => format!("{} {}", place.shown(), failed.reason),
    };
    found
        .iter()
        .map(|found| line(found).replace(&root, ""))
        .collect()
}

/// Means of `across` x `down` equal parts, per channel.
pub(crate) fn reduced(pixels: &Pixels, across: usize, down: usize) -> Vec<[f64; 3]> {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let mut sums = vec![([0.0; 3], 0.0); across * down];
    for (i, pixel) in pixels.rgb().chunks_exact(3).enumerate() {
        let (x, y) = (i % width * across / width, i / width * down / height);
        let (sum, count) = &mut sums[y * across + x];
        for (sum, &sample) in sum.iter_mut().zip(pixel) {
            *sum += f64::from(sample);
        }
        *count += 1.0;
    }
    sums.into_iter()
        .map(|(sum, count)| sum.map(|s| s / count))
        .collect()
}

/// The mean difference of two pictures in grey levels, after both were reduced.
pub(crate) fn difference(a: &Pixels, b: &Pixels, parts: (usize, usize)) -> f64 {
    let (a, b) = (reduced(a, parts.0, parts.1), reduced(b, parts.0, parts.1));
    let sum: f64 = a.iter().zip(&b).map(|(a, b)| apart(a, b)).sum();
    sum / a.len() as f64
}

pub(crate) fn apart(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / 3.0
}
