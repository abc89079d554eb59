//! Which members of a shard go together: the samples of webdataset.
//!
//! A sample is all files of one key, and the key is the path up to the first dot of the file name:
//! `a/0001.jpg`, `a/0001.txt` and `a/0001.json` are one. Where the last image of a sample goes, all of it
//! goes; where another image of it stays, only the image itself.

use std::collections::{HashMap, HashSet};

/// Extensions of images, for members that no plan names.
const IMAGES: [&[u8]; 20] = [
    b"jpg", b"jpeg", b"jpe", b"jfif", b"png", b"apng", b"gif", b"webp", b"bmp", b"tif", b"tiff",
    b"pnm", b"pbm", b"pgm", b"ppm", b"qoi", b"tga", b"heic", b"avif", b"jxl",
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
    let name = name.to_ascii_lowercase();
    let extension = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    IMAGES.contains(&extension)
}

/// The members that go because the images in `removed` go, and are not themselves among them.
/// `files` are all files of the shard; `named` tells which of them the plan knows as images.
pub(crate) fn sidecars(
    files: &[Vec<u8>],
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
        let gone = sidecars(&files, &removed, &|_| false);
        assert_eq!(gone, names(&["1.txt"]).into_iter().collect());
        let removed: HashSet<_> = names(&["2.jpg", "2.seg.png"]).into_iter().collect();
        let gone = sidecars(&files, &removed, &|_| false);
        assert_eq!(gone, names(&["2.txt"]).into_iter().collect());
        let removed: HashSet<_> = names(&["3.jpg"]).into_iter().collect();
        assert!(sidecars(&files, &removed, &|name| name == b"3.txt").is_empty());
    }
}
