//! `shared/data/formats`, row by row, both ways: what is expected to read reads as the picture it
//! holds, what is expected to fail fails with its reason, and no file is without a row.

use std::collections::BTreeSet;
use std::path::Path;

use lookalike_ingest::{decode, thumbnail};
use lookalike_types::{Failed, Pixels, Reason};

use crate::common::{LIMITS, apart, difference, reduced, shared};

/// Rows that leave the outcome to the reader, and what our policy makes of them.
const CHOSEN: [(&str, Option<Reason>); 7] = [
    ("avif.avif", Some(Reason::Unsupported)),
    ("jpeg2000.jp2", Some(Reason::Unsupported)),
    ("broken/svg.svg", Some(Reason::Unsupported)),
    ("broken/no_eoi.jpg", Some(Reason::Truncated)),
    ("broken/garbage_middle.jpg", None),
    ("broken/one_pixel.png", None),
    ("broken/one_row.png", None),
];

fn rows(folder: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(folder.join("manifest.csv")).expect("it is there");
    let split = |line: &str| {
        let mut quoted = false;
        let mark = |c: char| {
            quoted ^= c == '"';
            if c == ',' && !quoted { '\t' } else { c }
        };
        let fields: String = line.chars().map(mark).collect();
        let fields: Vec<String> = fields
            .split('\t')
            .map(|f| f.trim_matches('"').into())
            .collect();
        assert_eq!(fields.len(), 3, "{line}");
        (fields[0].clone(), fields[2].clone())
    };
    text.lines().skip(1).map(split).collect()
}

fn expected(file: &str, text: &str) -> Option<Reason> {
    if let Some((_, chosen)) = CHOSEN.iter().find(|(name, _)| *name == file) {
        return *chosen;
    }
    let fails = text.strip_prefix("fails: ")?;
    let words = [
        ("empty", Reason::Empty),
        ("truncated", Reason::Truncated),
        ("not an image", Reason::NotAnImage),
        ("checksum", Reason::Corrupt),
        ("no frame", Reason::Corrupt),
        ("zero dimension", Reason::Corrupt),
        ("too large", Reason::TooLarge),
    ];
    let word = words.iter().find(|(word, _)| fails.starts_with(word));
    Some(
        word.unwrap_or_else(|| panic!("{file}: no reason for `{fails}`"))
            .1,
    )
}

fn picture(path: &Path) -> Result<Pixels, Failed> {
    let bytes = std::fs::read(path).expect("a file of the manifest");
    decode(&bytes, &LIMITS).map(|decoded| decoded.pixels)
}

fn grey(parts: Vec<[f64; 3]>) -> Vec<[f64; 3]> {
    let luma = |[r, g, b]: [f64; 3]| [0.299 * r + 0.587 * g + 0.114 * b; 3];
    parts.into_iter().map(luma).collect()
}

/// The mean difference to what the row says, in grey levels, on a grid of 10 pixel cells.
fn distance(pixels: &Pixels, text: &str, a: &Pixels, b: &Pixels) -> f64 {
    let (other, across, down) = match text.starts_with("reads as B") {
        true => (b, 16, 24),
        false => (a, 30, 20),
    };
    let (mut ours, mut theirs) = (reduced(pixels, across, down), reduced(other, across, down));
    if text.contains("(grey") || text.contains("black and white") {
        (ours, theirs) = (grey(ours), grey(theirs));
    }
    // Where corners are transparent the middle counts, where the lower half is damaged the top.
    let within = |x, length: usize| (length / 4..length - length / 4).contains(&x);
    let counts = |i: &usize| {
        let (x, y) = (i % across, i / across);
        let is_middle = within(x, across) && within(y, down);
        (is_middle || !text.contains("corners transparent"))
            && (y < down / 3 || !text.contains("damaged lower half"))
    };
    let cells: Vec<usize> = (0..ours.len()).filter(counts).collect();
    let sum: f64 = cells.iter().map(|&i| apart(&ours[i], &theirs[i])).sum();
    sum / cells.len() as f64
}

#[test]
fn every_row_of_the_manifest_holds() {
    let Some(folder) = shared("formats") else {
        return;
    };
    let a = picture(&folder.join("png_rgb8.png")).expect("A in its plainest form");
    let b = picture(&folder.join("b_png.png")).expect("B in its plainest form");
    let rows = rows(&folder);
    assert!(rows.len() >= 85, "only {} rows", rows.len());
    let mut faults = Vec::new();
    for (file, text) in rows.iter().filter(|(file, _)| !file.ends_with('/')) {
        match (picture(&folder.join(file)), expected(file, text)) {
            (Err(failed), Some(reason)) if failed.reason == reason => {}
            (Err(failed), wanted) => faults.push(format!("{file}: {failed:?}, wanted {wanted:?}")),
            (Ok(_), Some(wanted)) => faults.push(format!("{file}: read, wanted {wanted}")),
            (Ok(pixels), None)
                if text.starts_with("reads as A") || text.starts_with("reads as B") =>
            {
                let distance = distance(&pixels, text, &a, &b);
                // Measured: dithered up to 6.6, all others below 4.
                let limit = if text.contains("dithered") { 8.0 } else { 5.0 };
                if distance > limit {
                    faults.push(format!("{file}: {distance:.2} from what it should show"));
                }
            }
            (Ok(_), None) => assert!(text.starts_with("reads"), "{file}: {text}"),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_file_is_without_a_row() {
    let Some(folder) = shared("formats") else {
        return;
    };
    let named: BTreeSet<String> = rows(&folder).into_iter().map(|(file, _)| file).collect();
    let mut there = BTreeSet::new();
    let mut folders = vec![folder.clone()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("a folder").flatten() {
            let path = entry.path();
            let name = path
                .strip_prefix(&folder)
                .expect("below it")
                .display()
                .to_string();
            if path.is_dir() {
                folders.push(path);
            } else if name != "manifest.csv" {
                there.insert(name);
            }
        }
    }
    let files: BTreeSet<String> = named
        .into_iter()
        .filter(|name| !name.ends_with('/'))
        .collect();
    assert_eq!(there, files);
}

#[test]
fn the_icon_is_its_largest_picture_and_small_pictures_are_pictures() {
    let Some(folder) = shared("formats") else {
        return;
    };
    let size = |file: &str| {
        let pixels = picture(&folder.join(file)).expect("it reads");
        (pixels.width(), pixels.height())
    };
    assert_eq!(size("ico_png.ico"), (64, 64));
    assert_eq!(size("broken/one_pixel.png"), (1, 1));
    assert_eq!(size("broken/one_row.png"), (1000, 1));
}

#[test]
fn eight_orientations_are_nearly_one_picture() {
    let Some(folder) = shared("formats") else {
        return;
    };
    let a = picture(&folder.join("png_rgb8.png")).expect("A");
    for orientation in 1..=8 {
        let turned = picture(&folder.join(format!("jpeg_exif_orientation_{orientation}.jpg")));
        let turned = turned.expect("it reads");
        assert_eq!((turned.width(), turned.height()), (300, 200));
        let apart = difference(&turned, &a, (60, 40));
        assert!(apart < 2.0, "orientation {orientation}: {apart}");
    }
}

#[test]
fn lossless_formats_give_the_same_pixels() {
    let Some(folder) = shared("formats") else {
        return;
    };
    let id = |file: &str| picture(&folder.join(file)).expect("it reads").id();
    let first = id("ppm_binary.ppm");
    let same = [
        "bmp_24.bmp",
        "qoi_rgb.qoi",
        "tga_raw.tga",
        "tga_rle.tga",
        "tiff_none.tif",
        "tiff_lzw.tif",
        "tiff_deflate.tif",
        "tiff_packbits.tif",
        "tiff_tiled.tif",
        "png_interlaced.png",
    ];
    for file in same {
        assert_eq!(id(file), first, "{file}");
    }
}

#[test]
fn the_format_is_told_by_content() {
    let Some(folder) = shared("formats") else {
        return;
    };
    let files = [
        ("broken/jpeg_named.png", "jpeg"),
        ("broken/png_named.jpg", "png"),
        ("broken/webp_named.jpg", "webp"),
        ("gif_static.gif", "gif"),
        ("bmp_24.bmp", "bmp"),
        ("tiff_lzw.tif", "tiff"),
        ("pbm_binary.pbm", "pnm"),
        ("qoi_rgb.qoi", "qoi"),
        ("tga_rle.tga", "tga"),
        ("ico_png.ico", "ico"),
    ];
    for (file, format) in files {
        let bytes = std::fs::read(folder.join(file)).expect("it is there");
        let facts = decode(&bytes, &LIMITS).expect("it reads").facts;
        assert_eq!(facts.format, format, "{file}");
    }
}

#[test]
fn every_photograph_reads_and_has_far_more_detail_than_a_flat_picture() {
    let Some(folder) = shared("photos") else {
        return;
    };
    let mut details = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let bytes = std::fs::read(entry.path()).expect("a photograph");
        let decoded =
            decode(&bytes, &LIMITS).unwrap_or_else(|f| panic!("{:?}: {f:?}", entry.path()));
        details.push(decoded.facts.detail);
        if details.len() % 50 == 0 {
            assert!(thumbnail(&decoded.pixels, 160).starts_with(b"\xff\xd8"));
        }
    }
    details.sort_by(f32::total_cmp);
    assert!(details.len() > 200);
    eprintln!(
        "lowest {:?}, median {}",
        &details[..3],
        details[details.len() / 2]
    );
    assert!(
        details[0] > 2.0 * lookalike_ingest::FLAT_DETAIL,
        "{:?}",
        &details[..5]
    );
}
