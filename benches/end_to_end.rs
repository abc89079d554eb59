//! A whole scan against a plain loop that only decodes and resizes, on the same input, in the same
//! run, with one thread each. Prints the table of `docs/benchmarks.md`.
//!
//! `cargo bench --bench end_to_end -- INPUT [SETTING=VALUE ...]`

// Printing is what it is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::ffi::OsString;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::process::Command;
use std::time::{Duration, Instant};

use image::imageops::FilterType;
use image::{ImageDecoder, ImageReader};
use lookalike_ingest::{self as ingest, Found};
use serde_json::Value;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let Some((input, settings)) = arguments.split_first() else {
        println!("nothing to measure: cargo bench --bench end_to_end -- INPUT [SETTING=VALUE ...]");
        return;
    };
    // Once for the page cache, once for the clock.
    plain_loop(input);
    let plain = plain_loop(input);
    println!("| what | images | seconds | images/s | peak MiB |\n|---|---|---|---|---|");
    row(
        "plain loop: read, decode, resize (image crate)",
        plain.0,
        plain.1.as_secs_f64(),
        None,
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().to_str().expect("a plain name");
    for what in ["first scan", "second scan, nothing changed"] {
        let run = scan(input, settings, out);
        let images = run["counts"]["images"].as_u64().expect("a count");
        let seconds = run["seconds"]["total"].as_f64().expect("a time");
        row(
            &format!("lookalike, {what}"),
            images,
            seconds,
            run["memory"]["peak_rss_mib"].as_u64(),
        );
        if what == "first scan" {
            let decoded = run["counts"]["decoded"].as_u64().expect("a count");
            for stage in [
                "read",
                "decode",
                "resize",
                "embed",
                "write",
                "join",
                "thumbnails",
                "report",
            ] {
                if let Some(seconds) = run["seconds"][stage].as_f64() {
                    row(&format!("· {stage}"), decoded, seconds, None);
                }
            }
        }
    }
}

fn row(what: &str, images: u64, seconds: f64, mib: Option<u64>) {
    // A stage of a few milliseconds has no rate worth reading.
    let rate = match seconds {
        0.02.. => format!("{:.0}", images as f64 / seconds),
        _ => String::new(),
    };
    let mib = mib.map(|mib| mib.to_string()).unwrap_or_default();
    println!("| {what} | {images} | {seconds:.2} | {rate} | {mib} |");
}

fn scan(input: &str, settings: &[String], out: &str) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookalike"));
    command.args([
        "scan",
        input,
        "--out",
        out,
        "--threads",
        "1",
        "--json",
        "--no-progress",
    ]);
    for setting in settings {
        command.args(["--set", setting]);
    }
    let output = command.output().expect("the program starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    eprint!("{words}");
    serde_json::from_slice(&output.stdout).expect("--json prints JSON")
}

/// What a script would do: decode each file and bring it to 128 x 128 with the `image` crate.
fn plain_loop(input: &str) -> (u64, Duration) {
    let start = Instant::now();
    let mut images = 0;
    let mut visit = |found: Found| {
        let bytes = match found {
            Found::File { place, .. } => std::fs::read(ingest::path_of(&place.path)).ok(),
            Found::Member { bytes, .. } => bytes.ok(),
            _ => None,
        };
        images += u64::from(bytes.is_some_and(|bytes| decode_and_resize(&bytes)));
        ControlFlow::Continue(())
    };
    let options = ingest::InputOptions {
        extensions: ["jpg", "jpeg", "png", "webp"].map(str::to_owned).to_vec(),
        follow_links: false,
        hidden: false,
        exclude: Vec::new(),
        skip: Vec::new(),
    };
    let limits = ingest::Limits {
        max_pixels: u64::MAX,
        max_bytes: u64::MAX,
        timeout: Duration::from_secs(60),
    };
    ingest::find(
        &[OsString::from(input)],
        &options,
        &limits,
        &|_, _| false,
        &mut visit,
    )
    .expect("an input that is there");
    (images, start.elapsed())
}

fn decode_and_resize(bytes: &[u8]) -> bool {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let decoder = reader.ok().and_then(|reader| reader.into_decoder().ok());
    let Some(mut decoder) = decoder else {
        return false;
    };
    let orientation = decoder.orientation();
    let Ok(mut image) = image::DynamicImage::from_decoder(decoder) else {
        return false;
    };
    if let Ok(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    let small = image::imageops::resize(&image.to_rgb8(), 128, 128, FilterType::Triangle);
    std::hint::black_box(small);
    true
}
