//! Black frames, gradients, blank scans, clear skies and fog: nothing of these is grouped that is
//! not the same picture. They differ from each other, and there is too little in them to say in what.

use image::{Rgb, RgbImage};
use serde_json::json;

use crate::support::Desk;

/// Where a picture is looked at: 0 to 1 across and down.
type Point = (f64, f64);

/// Even noise in -1..1 from position and seed, the same in every run (a 32-bit finaliser of
/// MurmurHash3, Appleby 2011, over the three numbers).
fn noise(x: u32, y: u32, seed: u32) -> f64 {
    let mut h =
        x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77) ^ seed.wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    f64::from(h ^ (h >> 16)) / f64::from(u32::MAX) * 2.0 - 1.0
}

/// A picture from its colour at each point, with noise of `grain` grey levels.
fn drawn(size: (u32, u32), seed: u32, grain: f64, colour: impl Fn(Point) -> [f64; 3]) -> RgbImage {
    RgbImage::from_fn(size.0, size.1, |x, y| {
        let at = |v: u32, length: u32| (f64::from(v) + 0.5) / f64::from(length);
        let speck = grain * noise(x, y, seed);
        Rgb(colour((at(x, size.0), at(y, size.1)))
            .map(|c| (c + speck).round().clamp(0.0, 255.0) as u8))
    })
}

fn between(from: [f64; 3], to: [f64; 3], share: f64) -> [f64; 3] {
    [0, 1, 2].map(|i| from[i] + (to[i] - from[i]) * share.clamp(0.0, 1.0))
}

/// What has too little in it: 8 of each of 7 kinds, named by kind and number.
fn flat() -> Vec<(String, RgbImage)> {
    let mut pictures = Vec::new();
    for n in 0..8u32 {
        let v = f64::from(n);
        let size = (320 + 32 * n, 240 + 16 * (n % 3));
        let mut add = |kind: &str, picture| pictures.push((format!("{kind}-{n}"), picture));
        add("black", drawn(size, n, v, |_| [2.0 + v; 3]));
        let turn = v * 0.8;
        let ends = (
            [40.0 + 20.0 * v, 60.0, 200.0 - 20.0 * v],
            [250.0 - 10.0 * v, 200.0, 30.0 + 25.0 * v],
        );
        add(
            "gradient",
            drawn(size, n, 0.0, |(x, y)| {
                between(
                    ends.0,
                    ends.1,
                    0.5 + (x - 0.5) * turn.cos() + (y - 0.5) * turn.sin(),
                )
            }),
        );
        let middle = (0.2 + 0.08 * v, 0.7 - 0.06 * v);
        add(
            "glow",
            drawn(size, n, 1.0, |(x, y)| {
                let far = (x - middle.0).hypot(y - middle.1);
                between(
                    [235.0, 225.0, 160.0 + 10.0 * v],
                    [90.0, 60.0 + 8.0 * v, 70.0],
                    far,
                )
            }),
        );
        add(
            "scan",
            drawn((480, 640 + 8 * n), n, 3.0 + v, |(x, _)| {
                // The shadow of the spine along one side.
                between(
                    [238.0, 236.0 - v, 228.0 - 3.0 * v],
                    [205.0, 203.0, 198.0],
                    (x - 0.75) * 2.0,
                )
            }),
        );
        add(
            "sky",
            drawn(size, n, 4.0, |(_, y)| {
                between(
                    [70.0 + 6.0 * v, 130.0, 215.0],
                    [185.0, 210.0 + 3.0 * v, 240.0],
                    y.powf(0.7 + 0.1 * v),
                )
            }),
        );
        add(
            "fold",
            drawn((480, 640), n, 2.0, |(x, y)| {
                // An empty page that was folded once.
                let crease = (y - 0.2 - 0.08 * v - 0.05 * x).abs() < 0.004;
                [if crease { 190.0 } else { 240.0 - 2.0 * v }; 3]
            }),
        );
        add(
            "fog",
            drawn(size, n, 3.0, |(x, y)| {
                let cloud = ((x * (3.0 + 0.5 * v)).sin() + (y * 4.0 + v).cos()) * 7.0;
                [178.0 + cloud, 182.0 + cloud, 186.0 + cloud + v]
            }),
        );
    }
    pictures
}

#[test]
fn nothing_featureless_is_grouped_that_is_not_the_same() {
    let desk = Desk::new();
    for (name, picture) in &flat() {
        desk.save(&format!("data/{name}.png"), picture);
    }
    for (name, picture) in flat().iter().filter(|(name, _)| name.ends_with("-3")) {
        desk.save(&format!("data/{name}.bmp"), picture);
    }
    let counts = desk.scan(&["data"]);
    let pairs = desk.table("pairs");
    let near: Vec<_> = pairs
        .iter()
        .filter(|row| row["kind"] == json!("near"))
        .collect();
    assert!(near.is_empty(), "{near:#?}");
    assert_eq!(
        counts["pixels"],
        json!(7),
        "the same picture as PNG and BMP is still found"
    );
    for group in desk.groups() {
        let names: Vec<_> = group
            .iter()
            .map(|path| path.rsplit_once('.').expect("a file").0)
            .collect();
        assert!(names.windows(2).all(|two| two[0] == two[1]), "{group:?}");
    }
    for row in desk.table("images") {
        assert_eq!(row["flat"], json!(true), "{row:?}");
    }
}

#[test]
fn the_featureless_are_compared_where_the_user_asks_for_it() {
    let desk = Desk::new();
    for (name, picture) in flat() {
        desk.save(&format!("data/{name}.png"), &picture);
    }
    let counts = desk.scan(&["data", "--set", "join.flat=include"]);
    assert!(
        counts["near"].as_u64() > Some(20),
        "resembling is what they do: {counts}"
    );
}
