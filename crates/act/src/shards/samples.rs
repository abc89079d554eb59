//! Which members of a shard go together: the samples of webdataset.
//!
//! A sample is all files of one key, and the key is the path up to the first dot of the file name:
//! `a/0001.jpg`, `a/0001.txt` and `a/0001.json` are one. Where the last image of a sample goes, all of it
//! goes; where another image of it stays, only the image itself.

use std::collections::{HashMap, HashSet};

use super::names::without_number;

/// Extensions of images, for members that no plan names: those of `input.extensions`, and others that no
/// scan reads but a person would miss.
const IMAGES: [&str; 46] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "webp", "bmp", "dib", "tif", "tiff", "pbm",
    "pgm", "ppm", "pnm", "pam", "qoi", "tga", "ico", "avif", "heic", "heif", "jxl", "jp2", "j2k",
    "dng", "cr2", "cr3", "nef", "nrw", "arw", "orf", "raf", "rw2", "pef", "srw", "psd", "psb",
    "svg", "exr", "hdr", "dds", "dcm", "fits", "xcf",
];

/// The key of a member, or nothing where its name has no base before the first dot.
pub(crate) fn key(name: &[u8]) -> Option<&[u8]> {
    let start = name
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(0, |slash| slash + 1);
    let dot = name[start..].iter().position(|&byte| byte == b'.')?;
    (dot > 0).then(|| &name[..start + dot])
}

fn is_image(name: &[u8]) -> bool {
    let name = without_number(name);
    let extension = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    IMAGES
        .iter()
        .any(|image| extension.eq_ignore_ascii_case(image.as_bytes()))
}

/// The members that go because the images in `removed` go, and are not themselves among them.
/// `files` and `links` are all there are in the shard; `named` tells which of them the plan knows as images.
pub(crate) fn sidecars(
    (files, links): (&[Vec<u8>], &[Vec<u8>]),
    removed: &HashSet<Vec<u8>>,
    named: &dyn Fn(&[u8]) -> bool,
) -> HashSet<Vec<u8>> {
    let mut samples: HashMap<&[u8], (bool, Vec<&Vec<u8>>)> = HashMap::new();
    for name in removed {
        if let Some(key) = key(name) {
            samples.insert(key, (false, Vec::new()));
        }
    }
    for name in files.iter().filter(|name| !removed.contains(*name)) {
        if let Some((stays, others)) = key(name).and_then(|key| samples.get_mut(key)) {
            *stays |= named(name) || is_image(name);
            others.push(name);
        }
    }
    for name in links {
        if let Some((stays, _)) = key(name).and_then(|key| samples.get_mut(key)) {
            *stays |= is_image(name);
        }
    }
    let whole = samples.into_values().filter(|(stays, _)| !stays);
    whole.flat_map(|(_, others)| others).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_end_at_the_first_dot() {
        assert_eq!(key(b"a.b/0001.seg.png"), Some(&b"a.b/0001"[..]));
        assert_eq!(key(b"0001.jpg"), Some(&b"0001"[..]));
        assert_eq!(key(b"0001"), None);
        assert_eq!(key(b"a/.jpg"), None);
    }

    #[test]
    fn a_sample_goes_with_its_last_image() {
        let names = |names: &[&str]| -> Vec<Vec<u8>> {
            names.iter().map(|name| name.as_bytes().to_vec()).collect()
        };
        let files = names(&[
            "1.jpg",
            "1.txt",
            "2.jpg",
            "2.seg.png",
            "2.txt",
            "3.jpg",
            "3.txt",
            "x/1.txt",
            "1",
        ]);
        let removed: HashSet<_> = names(&["1.jpg", "2.jpg"]).into_iter().collect();
        let gone = sidecars((&files, &[]), &removed, &|_| false);
        assert_eq!(gone, names(&["1.txt"]).into_iter().collect());
        let removed: HashSet<_> = names(&["2.jpg", "2.seg.png"]).into_iter().collect();
        let gone = sidecars((&files, &[]), &removed, &|_| false);
        assert_eq!(gone, names(&["2.txt"]).into_iter().collect());
        let removed: HashSet<_> = names(&["3.jpg"]).into_iter().collect();
        assert!(sidecars((&files, &[]), &removed, &|name| name == b"3.txt").is_empty());
        let links = names(&["3.png"]);
        assert!(sidecars((&files, &links), &removed, &|_| false).is_empty());
    }

    #[test]
    fn whatever_a_scan_reads_is_an_image() {
        let settings = include_str!("../../../../config/default.toml");
        let line = settings.lines().find(|line| line.starts_with("extensions"));
        let names: Vec<&str> = line
            .expect("a line")
            .split('"')
            .skip(1)
            .step_by(2)
            .collect();
        assert!(names.len() > 20, "{names:?}");
        for name in names.iter().chain(&["png#2", "PNG"]) {
            assert!(is_image(format!("a.{name}").as_bytes()), "{name}");
        }
        assert!(!is_image(b"a.json") && !is_image(b"a.png.txt"));
    }
}
