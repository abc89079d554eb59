//! Resizing against Pillow's stored numbers.

use super::*;
use proptest::prelude::*;

/// One of the cases that `tests/golden/resize.py` wrote.
#[derive(serde::Deserialize)]
struct Case {
    width: u32,
    height: u32,
    size: u32,
    resize: String,
    want: String,
}

fn drawn(width: u32, height: u32) -> Pixels {
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for c in 0..3 {
                rgb.push(((x * x * 3 + y * 7 + c * 50 + x * y % 31) % 256) as u8);
            }
        }
    }
    Pixels::new(width, height, rgb).expect("three bytes for each pixel")
}

fn preprocessing(size: u32, resize: Resize) -> Preprocessing {
    Preprocessing {
        size,
        resize,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
        channels: Channels::Rgb,
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16);
    let bytes = (0..hex.len()).step_by(2).map(digits);
    bytes
        .map(|byte| byte.expect("the script writes hex"))
        .collect()
}

#[test]
fn resizing_is_that_of_pillow_within_one_level() {
    let golden = include_str!("../tests/golden/resize.json");
    let cases: Vec<Case> = serde_json::from_str(golden).expect("the script writes this form");
    assert_eq!(cases.len(), 15);
    for case in cases {
        let resize = case.resize.parse().expect("the script writes our words");
        let picture = drawn(case.width, case.height);
        let prepared = prepare(&picture, &preprocessing(case.size, resize));
        let wanted = bytes(&case.want);
        assert_eq!(prepared.rgb().len(), wanted.len());
        let apart = prepared
            .rgb()
            .iter()
            .zip(&wanted)
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        let Case {
            width,
            height,
            size,
            ..
        } = case;
        assert!(
            apart <= Some(1),
            "{width} x {height} to {size}, {resize:?}: {apart:?}"
        );
    }
}

#[test]
fn a_picture_of_the_right_size_is_left_alone() {
    let picture = drawn(16, 16);
    for resize in [Resize::Squash, Resize::Pad, Resize::Crop] {
        let prepared = prepare(&picture, &preprocessing(16, resize));
        assert_eq!(prepared.rgb(), picture.rgb(), "{resize:?}");
    }
}

/// Two pixels, each plane by hand: (value / 255 - mean) / std.
#[test]
fn numbers_come_in_the_order_of_the_model() {
    let prepared = Prepared {
        size: 1,
        rgb: vec![255, 0, 51],
    };
    let mut preprocessing = preprocessing(1, Resize::Squash);
    preprocessing.mean = [0.5, 0.25, 0.0];
    preprocessing.std = [0.5, 0.25, 0.5];
    let (red, green, blue) = (1.0, -1.0, 0.4);
    for (channels, wanted) in [
        (Channels::Rgb, [red, green, blue]),
        (Channels::Bgr, [blue, green, red]),
    ] {
        preprocessing.channels = channels;
        for layout in [Layout::Nchw, Layout::Nhwc] {
            let mut tensor = Vec::new();
            Numbers::new(&preprocessing).append(&prepared, layout, &mut tensor);
            assert_eq!(tensor, wanted, "{channels:?} {layout:?}");
        }
    }
}

#[test]
fn the_two_layouts_hold_the_same_numbers() {
    let preprocessing = preprocessing(8, Resize::Squash);
    let prepared = prepare(&drawn(20, 30), &preprocessing);
    let numbers = Numbers::new(&preprocessing);
    let (mut nchw, mut nhwc) = (Vec::new(), Vec::new());
    numbers.append(&prepared, Layout::Nchw, &mut nchw);
    numbers.append(&prepared, Layout::Nhwc, &mut nhwc);
    for (at, number) in nhwc.iter().enumerate() {
        assert_eq!(nchw[at % 3 * 64 + at / 3], *number);
    }
}

proptest! {
    #[test]
    fn every_picture_gets_the_size_of_the_model(
        (width, height) in (1u32..80, 1u32..80),
        size in 1u32..40,
        resize in prop::sample::select(vec![Resize::Squash, Resize::Pad, Resize::Crop]),
    ) {
        let prepared = prepare(&drawn(width, height), &preprocessing(size, resize));
        prop_assert_eq!(prepared.size(), size);
        prop_assert_eq!(prepared.rgb().len(), 3 * (size * size) as usize);
    }
}
