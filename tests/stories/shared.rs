//! Real pictures: the corpus of formats, the photographs, CIFAR-10.

use std::collections::BTreeMap;
use std::fs;

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use serde_json::Value;

use crate::support::{Desk, Row, shared, text};

fn name(path: &Value) -> String {
    let path = text(path);
    path.split("/formats/").last().unwrap_or(&path).to_owned()
}

/// A cell of the manifest may be quoted and may hold commas.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => cells.last_mut().expect("there is one").push(c),
        }
    }
    cells
}

#[test]
fn the_corpus_of_formats_reads_as_its_manifest_says() {
    let Some(formats) = shared("data/formats") else {
        return;
    };
    let desk = Desk::new();
    desk.scan(&[formats.to_str().expect("plain")]);
    let rows: BTreeMap<String, Row> = desk
        .table("images")
        .into_iter()
        .map(|row| (name(&row["path"]), row))
        .collect();
    let manifest = fs::read_to_string(formats.join("manifest.csv")).expect("a manifest");
    let mut checked = 0;
    for line in manifest.lines().skip(1) {
        let cells = cells(line);
        let (file, expected) = (&cells[0], &cells[2]);
        let Some(row) = rows.get(file) else {
            assert!(
                expected.contains("never opened") || expected.contains("skipped"),
                "{file} has no row"
            );
            continue;
        };
        let ok = row["status"] == "ok";
        let may_read = expected.starts_with("reads") || expected.contains("gives");
        // AVIF is read only by builds with that feature.
        let may_fail = expected.contains("fails") || file == "avif.avif";
        assert!(
            if ok { may_read } else { may_fail },
            "{file}: {row:?}, expected: {expected}"
        );
        checked += 1;
    }
    assert!(
        checked > 80,
        "only {checked} rows of the manifest were checked"
    );
}

#[test]
fn one_picture_in_all_its_formats_is_one_group() {
    let Some(formats) = shared("data/formats") else {
        return;
    };
    let desk = Desk::new();
    desk.scan(&[
        formats.to_str().expect("plain"),
        "--set",
        "input.exclude=broken",
    ]);
    let groups: BTreeMap<String, i64> = desk
        .table("groups")
        .iter()
        .map(|row| (name(&row["path"]), row["group"].as_i64().expect("a number")))
        .collect();
    let a = groups["jpeg_444.jpg"];
    let b = groups["b_png.png"];
    assert_ne!(a, b, "two photographs are two groups");
    // Dithered to black and white, cut to a square, or with the corners gone it is another picture;
    // whether the model still sees the copy is its benchmark's business.
    let edited = [
        "png_grey1",
        "pbm_binary",
        "ico_png",
        "alpha",
        "rgba",
        "png_palette4",
    ];
    let mut members = 0;
    for row in desk
        .table("images")
        .iter()
        .filter(|row| row["status"] == "ok")
    {
        let file = name(&row["path"]);
        if edited.iter().any(|word| file.contains(word)) {
            continue;
        }
        let expected = if file.starts_with("b_") { b } else { a };
        assert_eq!(groups.get(&file), Some(&expected), "{file}");
        members += 1;
    }
    assert!(members >= 45, "only {members} files were checked");
}

#[test]
fn copies_of_photographs_are_found_and_strangers_are_not_grouped() {
    let Some(photos) = shared("data/photos") else {
        return;
    };
    let desk = Desk::new();
    let mut names: Vec<_> = fs::read_dir(&photos)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    names.sort();
    let mut made = 0;
    for path in names.iter().step_by(8) {
        let picture = image::open(path).expect("a photograph").to_rgb8();
        let stem = path.file_stem().expect("a name").to_str().expect("plain");
        for (edit, copy) in copies(&picture) {
            desk.save(&format!("copies/{stem}.{edit}.jpg"), &copy);
            made += 1;
        }
    }
    desk.scan(&[photos.to_str().expect("plain"), "copies"]);
    let stem = |path: &str| {
        path.rsplit('/')
            .next()
            .and_then(|name| name.split('.').next())
            .unwrap_or_default()
            .to_owned()
    };
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for group in desk.groups() {
        let stems: Vec<String> = group.iter().map(|path| stem(path)).collect();
        assert!(
            stems.iter().all(|other| *other == stems[0]),
            "strangers in one group: {group:?}"
        );
        let original = group.iter().any(|path| !path.starts_with("copies"));
        for path in group
            .iter()
            .filter(|path| original && path.starts_with("copies"))
        {
            let edit = path.rsplit('.').nth(1).expect("an edit").to_owned();
            *found.entry(edit).or_default() += 1;
        }
    }
    let all = made / EDITS;
    for edit in ["saved", "half"] {
        assert_eq!(found.get(edit), Some(&all), "{edit}: {found:?}");
    }
    println!("of {all} each: {found:?}");
}

const EDITS: usize = 5;

fn copies(picture: &RgbImage) -> [(&'static str, RgbImage); EDITS] {
    let (width, height) = picture.dimensions();
    let mut bordered =
        RgbImage::from_pixel(width + width / 10, height + height / 10, Rgb([255; 3]));
    imageops::replace(
        &mut bordered,
        picture,
        (width / 20).into(),
        (height / 20).into(),
    );
    let mut signed = picture.clone();
    for x in 0..width / 5 {
        for y in 0..height / 40 {
            if (x / 3 + y / 2) % 3 != 0 {
                signed.put_pixel(width - 2 - x, height - 2 - y, Rgb([255; 3]));
            }
        }
    }
    [
        ("saved", picture.clone()),
        (
            "half",
            imageops::resize(picture, width / 2, height / 2, FilterType::Triangle),
        ),
        ("mirrored", imageops::flip_horizontal(picture)),
        ("bordered", bordered),
        ("signed", signed),
    ]
}

#[test]
fn the_small_model_runs_over_cifar_in_a_shard() {
    let (Some(sample), Some(model)) = (
        shared("data/cifar10-lossless-sample.tar"),
        shared("models/resnet20-cifar10.onnx"),
    ) else {
        return;
    };
    let desk = Desk::new();
    let model = format!("model.path={}", model.display());
    let arguments = [
        sample.to_str().expect("plain"),
        "--set",
        &model,
        "--top",
        "10",
    ];
    let run = desk
        .run(&[&["scan", "--json"], &arguments[..]].concat())
        .json();
    assert_eq!(run["counts"]["images"], 761);
    assert_eq!(run["space"]["layer"], "layer3/block2/relu2");
    assert_eq!(run["space"]["dimension"], 2048);
    assert!(
        text(&run["join"]["threshold_source"]).contains("background")
            || text(&run["join"]["threshold_source"]).contains("sampled")
    );
    let counts = desk.scan(&arguments);
    assert_eq!(counts["decoded"], 0);
}
