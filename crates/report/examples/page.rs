//! Draws pictures and writes reports of them, to look at the page without a scan:
//! `cargo run -p lookalike-report --example page -- FOLDER`.
//!
//! `few/` has a dozen groups of every kind, a large one, pairs below the threshold, failures and
//! hostile names; `many.html` has ten thousand groups; `tiny.html` has thumbnails of 32 pixels.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use lookalike_report::{
    Changes, Component, Counts, Findings, Generation, Image, Images, JoinInfo, KeepRule, LabelInfo,
    Memory, Near, PageOptions, Recall, Run, Runtime, Seconds, SpaceInfo, Table, page,
};
use lookalike_types::{ContentId, Facts, Failed, PixelsId, Reason};

const THRESHOLD: f32 = 0.92;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or("name a folder to write to")?;
    let few = few()?;
    fs::create_dir_all(folder.join("few"))?;
    let run = run(&few)?;
    let generation = Generation::of(&few)?;
    for table in Table::ALL {
        let bytes = table.to_parquet(&few, &generation)?;
        fs::write(folder.join("few").join(table.file_name()), bytes)?;
    }
    fs::write(folder.join("few/run.json"), run.to_json()?)?;
    write(&folder.join("few/index.html"), &few, 160)?;
    write(&folder.join("tiny.html"), &few, 32)?;
    write(&folder.join("many.html"), &many()?, 96)?;
    write(
        &folder.join("none.html"),
        &collect(vec![image(1, 0, "a.jpg")], &[])?,
        96,
    )
}

fn write(file: &Path, findings: &Findings, side: u32) -> Result<(), Box<dyn Error>> {
    let thumb = |content: ContentId| Some(draw(content.as_bytes()[..5].try_into().ok()?, side));
    let html = page(findings, &run(findings)?, &thumb, &PageOptions::default())?;
    Ok(fs::write(file, html)?)
}

/// Copy number `copy` of picture number `picture`.
fn image(picture: u32, copy: u8, path: &str) -> Image {
    let mut id = [0; 32];
    id[..4].copy_from_slice(&picture.to_le_bytes());
    id[4] = copy;
    let scale = 8 - u32::from(copy % 5);
    Image {
        path: path.into(),
        archive: None,
        member: None,
        bytes: Some(u64::from(scale * scale) * 61_234 + u64::from(picture) * 1000),
        modified_ns: Some(1_398_902_400_000_000_000 + i64::from(picture) * 86_400_000_000_000),
        content: Some(ContentId::from_bytes(id)),
        facts: Some(Facts {
            pixels: PixelsId::from_bytes(id),
            format: if copy.is_multiple_of(3) {
                "jpeg"
            } else {
                "png"
            }
            .into(),
            width: scale * 500,
            height: scale * (300 + picture % 4 * 80),
            detail: 40.0,
        }),
        failed: None,
        flat: Some(false),
        label: None,
        split: None,
        exif: None,
    }
}

fn few() -> Result<Findings, Box<dyn Error>> {
    let mut images = Vec::new();
    let folders = [
        "photos/2014 Lisbon",
        "backup/phone/DCIM/Camera",
        "train/images",
        "shared/grün & weiß",
    ];
    for picture in 0..12_u32 {
        for copy in 0..=(picture % 5) as u8 + 1 {
            let folder = folders[(picture as usize + copy as usize) % 4];
            images.push(image(
                picture,
                copy,
                &format!("{folder}/IMG_{:04}_{copy}.jpg", 4000 + picture),
            ));
        }
        images.push(image(picture, 0, &format!("backup/copy of {picture}.jpg")));
    }
    for copy in 0..60 {
        images.push(image(
            40,
            copy % 30,
            &format!("crawl/shard-{:05}.tar!/{copy:06}.jpg", copy % 3),
        ));
    }
    for alone in 50..54 {
        images.push(image(alone, 0, &format!("photos/alone {alone}.jpg")));
    }
    for hostile in [
        "</script><script>alert(1)</script>.jpg",
        "\"><img src=x onerror=alert(1)>.png",
        "a\u{202e}gpj.exe",
    ] {
        images.push(image(30, 0, hostile));
    }
    let broken = [
        (
            "photos/half.jpg",
            Reason::Truncated,
            "unexpected end of file after 31,744 bytes",
        ),
        (
            "photos/readme.jpg",
            Reason::NotAnImage,
            "starts with the bytes of a text",
        ),
        (
            "photos/other.jpg",
            Reason::NotAnImage,
            "starts with the bytes of a PDF",
        ),
        ("backup/empty.png", Reason::Empty, "the file has no bytes"),
    ];
    for (path, reason, detail) in broken {
        let mut failed = image(99, 0, path);
        (failed.facts, failed.flat) = (None, None);
        failed.failed = Some(Failed::new(reason, detail));
        images.push(failed);
    }
    collect(
        images,
        &[(50, 51, 0.913), (52, 53, 0.9021), (50, 53, 0.8817)],
    )
}

fn many() -> Result<Findings, Box<dyn Error>> {
    let mut images = Vec::new();
    for picture in 0..10_000_u32 {
        for copy in 0..2 + u8::from(picture % 3 == 0) {
            images.push(image(
                picture,
                copy,
                &format!("collection/{:03}/{picture:06}-{copy}.jpg", picture % 200),
            ));
        }
    }
    for copy in 0..1000 {
        images.push(image(
            20_000,
            (copy % 250) as u8,
            &format!("collection/logo/{copy:04}.png"),
        ));
    }
    collect(images, &[])
}

/// Findings in which the copies of one picture form a group, and these pictures are pairs below
/// the threshold. Copy 4 resembles only copy 3, so that groups with it keep two.
fn collect(images: Vec<Image>, below: &[(u32, u32, f32)]) -> Result<Findings, Box<dyn Error>> {
    let images = Images::new(images)?;
    let firsts = images.pictures();
    let id = |i: usize| {
        images[i]
            .facts
            .as_ref()
            .map(|facts| *facts.pixels.as_bytes())
    };
    let picture = |i: usize| id(i).map(|id| u32::from_le_bytes([id[0], id[1], id[2], id[3]]));
    let mut components = std::collections::BTreeMap::<u32, Vec<usize>>::new();
    for index in 0..images.len() {
        if let Some(picture) = picture(index) {
            components.entry(picture).or_default().push(index);
        }
    }
    let copy = |i: usize| id(i).map_or(0, |id| id[4]);
    let mut near = Vec::new();
    for members in components.values() {
        let members: Vec<usize> = members
            .iter()
            .copied()
            .filter(|&i| firsts[i] == i)
            .collect();
        for (at, &a) in members.iter().enumerate() {
            for &b in &members[at + 1..] {
                let far = copy(a).max(copy(b)) == 4 && copy(a).min(copy(b)) != 3;
                let similarity = 0.999 - 0.0027 * f32::from(copy(a).abs_diff(copy(b)) % 30);
                if !far {
                    near.push(Near { a, b, similarity });
                }
            }
        }
    }
    let named = |wanted: u32| (0..images.len()).find(|&i| picture(i) == Some(wanted));
    for &(a, b, similarity) in below {
        if let (Some(a), Some(b)) = (named(a), named(b)) {
            near.push(Near { a, b, similarity });
        }
    }
    let components = components.into_iter().map(|(picture, members)| Component {
        weakest: if members.iter().all(|&i| firsts[i] == firsts[members[0]]) {
            1.0
        } else {
            0.999 - 0.001 * (picture % 60) as f32
        },
        members,
    });
    Ok(Findings::new(
        images,
        &near,
        components.collect(),
        THRESHOLD,
        &KeepRule::defaults(),
        &[],
    )?)
}

fn run(findings: &Findings) -> Result<Run, Box<dyn Error>> {
    Ok(Run {
        lookalike: "0.1.0".into(),
        generation: Generation::of(findings)?.into(),
        started: "2026-11-24T21:38:25Z".into(),
        inputs: vec!["photos".into(), "backup".into(), "crawl".into()],
        config: serde_json::json!({ "join": { "threshold": "auto" } }),
        warnings: vec![
            "`crawl/shard-00002.tar` ends in the middle of a member; 21 members were read".into(),
        ],
        seconds: Seconds {
            total: 83.4,
            stages: vec![("gather", 80.1), ("join", 0.9), ("report", 2.4)],
        },
        space: SpaceInfo {
            id: "0123456789abcdef".into(),
            model: "builtin".into(),
            digest: "ab".repeat(32),
            layer: "layer4".into(),
            preprocessing: "squash 32 px, antialiased bilinear, rgb".into(),
            pooling: "concat 4".into(),
            dimension: 4096,
            dtype: "float32".into(),
        },
        runtime: Runtime {
            engine: "onnxruntime".into(),
            version: "1.24".into(),
            threads: 2,
        },
        counts: Counts::new(findings, Changes::default()),
        labels: LabelInfo::new(findings, "folder", "folder"),
        splits: findings.split_counts.clone(),
        since: None,
        join: JoinInfo {
            engine: "exact".into(),
            reason: "cheapest for this many pictures".into(),
            estimated_cpu_s: 0.5,
            threshold: THRESHOLD,
            threshold_source: "calibrated for the built-in model".into(),
            recall: Recall::COMPLETE,
        },
        memory: Memory {
            budget_mib: 1024,
            peak_rss_mib: Some(700),
            peak_anon_mib: Some(410),
        },
    })
}

/// A small landscape: sky, sun and hills whose colours and lines follow from the picture's number,
/// and a tint that follows from the copy's.
fn draw(id: [u8; 5], side: u32) -> Vec<u8> {
    let seed = u32::from_le_bytes([id[0], id[1], id[2], id[3]]).wrapping_mul(2_654_435_761);
    let part = |shift: u32| f64::from(seed.rotate_right(shift) % 1000) / 1000.0;
    let height = side * (60 + seed % 4 * 14) / 100;
    let tint = 1.0 - f64::from(id[4] % 12) * 0.035;
    let canvas = RgbImage::from_fn(side, height, |x, y| {
        let (u, v) = (
            f64::from(x) / f64::from(side),
            f64::from(y) / f64::from(height),
        );
        let sun =
            (u - part(3)).hypot((v - 0.15 - 0.3 * part(7)) * f64::from(height) / f64::from(side));
        let hill = |k: f64, base: f64| {
            base + 0.12 * (u * (3.0 + 5.0 * part(11)) * k + 6.0 * part(13)).sin()
        };
        let colour = if v > hill(1.7, 0.8) {
            [0.16, 0.25 + 0.2 * part(17), 0.2]
        } else if v > hill(1.0, 0.6) {
            [0.3 + 0.3 * part(19), 0.42, 0.36]
        } else if sun < 0.08 {
            [1.0, 0.95, 0.8]
        } else {
            [
                0.5 + 0.4 * part(23) * v + 0.1,
                0.62 + 0.2 * v,
                0.95 - 0.5 * part(5) * v,
            ]
        };
        Rgb(colour.map(|value| (value * tint * 255.0).min(255.0) as u8))
    });
    let mut jpeg = Vec::new();
    // Encoding into memory fails only for sizes that JPEG does not know.
    if JpegEncoder::new_with_quality(&mut jpeg, 80)
        .encode_image(&canvas)
        .is_err()
    {
        jpeg.clear();
    }
    jpeg
}
