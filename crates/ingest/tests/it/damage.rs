//! Broken data: cut anywhere, changed anywhere, too large, too slow. Nothing panics, nothing hangs,
//! and the reason says what happened.

use std::io::Cursor;
use std::time::Duration;

use image::{DynamicImage, ImageFormat, RgbImage};
use lookalike_ingest::{Limits, announced_pixels, decode};
use lookalike_types::Reason;
use proptest::prelude::*;

use crate::common::{LIMITS, shared};

/// A small picture with something in it, in every format that can be written here.
fn encoded() -> Vec<(ImageFormat, Vec<u8>)> {
    let rgb = RgbImage::from_fn(40, 30, |x, y| {
        image::Rgb([(x * 6) as u8, (y * 8) as u8, ((x * y) % 251) as u8])
    });
    let formats = [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Gif,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
        ImageFormat::Pnm,
        ImageFormat::Qoi,
        ImageFormat::Tga,
        ImageFormat::Ico,
    ];
    let encode = |format| {
        let mut bytes = Cursor::new(Vec::new());
        let image = DynamicImage::ImageRgb8(rgb.clone());
        image
            .write_to(&mut bytes, format)
            .expect("memory takes every byte");
        (format, bytes.into_inner())
    };
    formats.into_iter().map(encode).collect()
}

#[test]
fn all_formats_give_one_picture() {
    for (format, bytes) in encoded() {
        let decoded = decode(&bytes, &LIMITS).unwrap_or_else(|f| panic!("{format:?}: {f:?}"));
        assert_eq!(
            (decoded.facts.width, decoded.facts.height),
            (40, 30),
            "{format:?}"
        );
    }
}

#[test]
fn a_file_cut_anywhere_is_truncated_or_whole() {
    let mut others = Vec::new();
    for (format, bytes) in encoded() {
        for length in 1..bytes.len() {
            match decode(&bytes[..length], &LIMITS).map_err(|failed| failed.reason) {
                Err(Reason::Truncated) => {}
                // Too short for a signature, or for the header that has to stand for one.
                Err(Reason::NotAnImage) if length < 18 => {}
                // Half a word in the text that is its header.
                Err(Reason::Corrupt) if format == ImageFormat::Pnm && length < 80 => {}
                // Nothing of the picture is missing, only the mark behind it.
                Ok(_) if format != ImageFormat::Jpeg && length + 13 > bytes.len() => {}
                other => others.push(format!("{format:?} {length} {:?}", other.map(|_| ()))),
            }
        }
    }
    assert!(others.is_empty(), "{others:#?}");
}

#[test]
fn the_shared_files_cut_at_many_lengths_fail_or_read() {
    let Some(folder) = shared("formats") else {
        return;
    };
    let mut cuts = 0;
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let Ok(bytes) = std::fs::read(entry.path()) else {
            continue;
        };
        for part in 1..12 {
            let outcome = decode(&bytes[..bytes.len() * part / 12], &LIMITS);
            let is_whole_jpeg = bytes.starts_with(b"\xff\xd8") && outcome.is_ok();
            assert!(!is_whole_jpeg, "{:?} cut at {part}/12 reads", entry.path());
            cuts += 1;
        }
    }
    assert!(cuts > 500);
}

#[test]
fn limits_are_checked_before_anything_is_decoded() {
    for (format, bytes) in encoded() {
        let small = Limits {
            max_pixels: 40 * 30 - 1,
            ..LIMITS
        };
        let failed = decode(&bytes, &small).expect_err("one pixel too many");
        assert_eq!(
            failed.reason,
            Reason::TooLarge,
            "{format:?}: {}",
            failed.detail
        );
        let exact = Limits {
            max_pixels: 40 * 30,
            ..LIMITS
        };
        assert!(decode(&bytes, &exact).is_ok(), "{format:?}");
        assert_eq!(announced_pixels(&bytes), 40 * 30, "{format:?}");
        let short = Limits {
            max_bytes: bytes.len() as u64 - 1,
            ..LIMITS
        };
        let failed = decode(&bytes, &short).expect_err("one byte too many");
        assert_eq!(failed.reason, Reason::TooLarge, "{format:?}");
    }
}

#[test]
fn without_time_every_format_fails_with_timeout() {
    let none = Limits {
        timeout: Duration::ZERO,
        ..LIMITS
    };
    for (format, bytes) in encoded() {
        let failed = decode(&bytes, &none).expect_err("there is no time");
        assert_eq!(
            failed.reason,
            Reason::Timeout,
            "{format:?}: {}",
            failed.detail
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn changed_bytes_never_panic_and_never_break_the_bounds(
        which in 0usize..10,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let (_, mut bytes) = encoded().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let limits = Limits { max_pixels: 1 << 16, ..LIMITS };
        let first = decode(&bytes, &limits);
        if let Ok(decoded) = &first {
            prop_assert!(decoded.pixels.rgb().len() <= 3 << 16);
        }
        prop_assert_eq!(first, decode(&bytes, &limits));
    }

    #[test]
    fn any_bytes_are_no_picture(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let outcome = decode(&bytes, &LIMITS);
        prop_assert!(outcome.is_err() || bytes[1] <= 1 || bytes[0] == b'P');
    }
}
