//! The formats of the optional features, on the files that `tests/optional/make.py` made.

use std::path::Path;

use lookalike_ingest::{announced_pixels, decode};
use lookalike_types::Reason;

use crate::common::LIMITS;

fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/optional");
    std::fs::read(path.join(name)).expect("it is kept beside the tests")
}

#[test]
fn a_build_without_the_feature_names_it() {
    let features = [
        ("jxl", cfg!(feature = "jxl")),
        ("heic", cfg!(feature = "heic")),
    ];
    for (feature, is_on) in features {
        let bytes = file(&format!("plain.{feature}"));
        match decode(&bytes, &LIMITS) {
            Ok(decoded) => assert!(is_on && decoded.facts.format == feature),
            Err(failed) => {
                assert!(!is_on && failed.reason == Reason::Unsupported, "{failed:?}");
                let advice = format!("--features {feature}");
                assert!(failed.detail.contains(&advice), "{}", failed.detail);
                assert_eq!(announced_pixels(&bytes), 0);
            }
        }
    }
}

#[cfg(any(feature = "jxl", feature = "heic"))]
mod read {
    use std::time::Duration;

    use lookalike_ingest::Limits;
    use lookalike_types::Pixels;
    use proptest::prelude::*;

    use super::*;

    const SIZE: (usize, usize) = (48, 32);

    /// What make.py draws, laid over white where alpha says so.
    fn drawn(x: usize, y: usize, alpha: f64) -> [f64; 3] {
        [x as f64 * 5.0, y as f64 * 8.0, 64.0].map(|v| v * alpha + 255.0 * (1.0 - alpha))
    }

    fn pixels(name: &str) -> Pixels {
        let decoded = decode(&file(name), &LIMITS).unwrap_or_else(|f| panic!("{name}: {f:?}"));
        let format = name.rsplit('.').next().expect("a name with an ending");
        assert_eq!(decoded.facts.format, format);
        decoded.pixels
    }

    /// The largest difference of a sample to what `wanted` says for its pixel.
    fn largest(pixels: &Pixels, wanted: impl Fn(usize, usize) -> [f64; 3]) -> f64 {
        let width = pixels.width() as usize;
        let apart = |(i, pixel): (usize, &[u8])| {
            let wanted = wanted(i % width, i / width);
            let apart = pixel
                .iter()
                .zip(wanted)
                .map(|(&v, w)| (f64::from(v) - w).abs());
            apart.fold(0.0, f64::max)
        };
        let all = pixels.rgb().chunks_exact(3).enumerate().map(apart);
        all.fold(0.0, f64::max)
    }

    fn plain(x: usize, y: usize) -> [f64; 3] {
        drawn(x, y, 1.0)
    }

    /// Opaque on the left, 128 of 255 on the right.
    fn see_through(x: usize, y: usize) -> [f64; 3] {
        drawn(x, y, if x < SIZE.0 / 2 { 1.0 } else { 128.0 / 255.0 })
    }

    /// The left edge of the upright picture is the lower edge of the stored one.
    fn turned(x: usize, y: usize) -> [f64; 3] {
        drawn(y, SIZE.1 - 1 - x, 1.0)
    }

    fn size(pixels: &Pixels) -> (usize, usize) {
        (pixels.width() as usize, pixels.height() as usize)
    }

    #[cfg(feature = "jxl")]
    #[test]
    fn jpeg_xl_obeys_the_policy() {
        let grey = |x: usize, _| [x as f64 * 5.0; 3];
        assert_eq!(largest(&pixels("plain.jxl"), plain), 0.0);
        assert_eq!(largest(&pixels("grey16.jxl"), grey), 0.0);
        assert!(largest(&pixels("alpha.jxl"), see_through) <= 0.5);
        let upright = pixels("turned.jxl");
        assert_eq!(size(&upright), (SIZE.1, SIZE.0));
        assert_eq!(largest(&upright, turned), 0.0);
        let lossy = largest(&pixels("lossy.jxl"), plain);
        assert!(lossy < 25.0, "{lossy}");
    }

    #[cfg(feature = "heic")]
    #[test]
    fn heic_obeys_the_policy() {
        let near = |name, wanted: fn(usize, usize) -> [f64; 3]| {
            let apart = largest(&pixels(name), wanted);
            assert!(apart < 8.0, "{name}: {apart}");
        };
        near("plain.heic", plain);
        near("alpha.heic", see_through);
        near("ten_bits.heic", plain);
        near("tiles.heic", |x, y| plain(x.min(2 * SIZE.0 - 1 - x), y));
        near("turned.heic", turned);
        assert_eq!(size(&pixels("turned.heic")), (SIZE.1, SIZE.0));
    }

    fn readable() -> Vec<&'static str> {
        let mut names = Vec::new();
        if cfg!(feature = "jxl") {
            names.extend(["plain.jxl", "lossy.jxl", "alpha.jxl", "turned.jxl"]);
        }
        if cfg!(feature = "heic") {
            names.extend(["plain.heic", "alpha.heic", "ten_bits.heic", "turned.heic"]);
        }
        names
    }

    fn reason(bytes: &[u8], limits: &Limits) -> Result<(), Reason> {
        let decoded = decode(bytes, limits);
        decoded.map(|_| ()).map_err(|failed| failed.reason)
    }

    #[test]
    fn limits_hold() {
        let all = (SIZE.0 * SIZE.1) as u64;
        for name in readable() {
            let bytes = file(name);
            assert_eq!(announced_pixels(&bytes), all, "{name}");
            let exact = Limits {
                max_pixels: all,
                ..LIMITS
            };
            assert_eq!(reason(&bytes, &exact), Ok(()), "{name}");
            let small = Limits {
                max_pixels: all - 1,
                ..LIMITS
            };
            assert_eq!(reason(&bytes, &small), Err(Reason::TooLarge), "{name}");
            let none = Limits {
                timeout: Duration::ZERO,
                ..LIMITS
            };
            assert_eq!(reason(&bytes, &none), Err(Reason::Timeout), "{name}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_truncated_or_whole() {
        let mut others = Vec::new();
        let tiles = cfg!(feature = "heic").then_some("tiles.heic");
        for name in readable().into_iter().chain(tiles) {
            let bytes = file(name);
            let whole = decode(&bytes, &LIMITS).map(|decoded| decoded.pixels.id());
            for length in 12..bytes.len() {
                match decode(&bytes[..length], &LIMITS) {
                    Err(failed) if failed.reason == Reason::Truncated => {}
                    Ok(decoded) if Ok(decoded.pixels.id()) == whole => {}
                    Err(failed) => others.push(format!("{name} {length} {failed:?}")),
                    Ok(_) => others.push(format!("{name} {length} gives another picture")),
                }
            }
        }
        assert!(others.is_empty(), "{others:#?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn changed_bytes_never_panic_and_never_break_the_bounds(
            which in any::<prop::sample::Index>(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let mut bytes = file(readable()[which.index(readable().len())]);
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
    }
}
