//! Which format bytes are of, by their content and never by a name.

use image::ImageFormat;
use lookalike_types::{Failed, Reason};

/// A format that is read: its word in the tables and its decoder.
pub(crate) type Format = (&'static str, Codec);

/// Who decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// The `image` crate.
    Image(ImageFormat),
    #[cfg(feature = "jxl")]
    Jxl,
    #[cfg(feature = "heic")]
    Heic,
}

/// The format of `bytes` by their first ones.
///
/// # Errors
/// `unsupported` for formats that are known and not read, with what to do about it; `truncated`
/// where only the start of a signature is there; otherwise `not-an-image`.
pub(crate) fn sniff(bytes: &[u8]) -> Result<Format, Failed> {
    if let Some(&(_, word, format)) = READ.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Ok((word, Codec::Image(format)));
    }
    let riff = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let found = [
        (riff, ("webp", ImageFormat::WebP)),
        (is_bmp(bytes), ("bmp", ImageFormat::Bmp)),
        (is_pnm(bytes), ("pnm", ImageFormat::Pnm)),
        (is_tga(bytes), ("tga", ImageFormat::Tga)),
    ];
    if let Some((_, (word, format))) = found.into_iter().find(|(is, _)| *is) {
        return Ok((word, Codec::Image(format)));
    }
    optional(bytes).ok_or_else(|| not_read(bytes))
}

/// The formats that only some builds read.
fn optional(bytes: &[u8]) -> Option<Format> {
    match name_of(bytes)? {
        #[cfg(feature = "jxl")]
        JXL => Some(("jxl", Codec::Jxl)),
        #[cfg(feature = "heic")]
        HEIC => Some(("heic", Codec::Heic)),
        _ => None,
    }
}

const READ: [(&[u8], &str, ImageFormat); 10] = [
    (b"\xff\xd8\xff", "jpeg", ImageFormat::Jpeg),
    (b"\x89PNG\r\n\x1a\n", "png", ImageFormat::Png),
    (b"GIF87a", "gif", ImageFormat::Gif),
    (b"GIF89a", "gif", ImageFormat::Gif),
    (b"II*\0", "tiff", ImageFormat::Tiff),
    (b"MM\0*", "tiff", ImageFormat::Tiff),
    (b"II+\0", "tiff", ImageFormat::Tiff),
    (b"MM\0+", "tiff", ImageFormat::Tiff),
    (b"qoif", "qoi", ImageFormat::Qoi),
    (b"\0\0\x01\0", "ico", ImageFormat::Ico),
];

const JXL: &str = "JPEG XL";
const HEIC: &str = "HEIC";

/// Formats that hold pictures and are not read by every build, by their first bytes.
const KNOWN: [(&[u8], &str); 10] = [
    (b"\xff\x0a", JXL),
    (b"\0\0\0\x0cJXL \r\n\x87\n", JXL),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"DDS ", "DDS"),
    (b"FUJIFILMCCD-RAW", "camera raw"),
    (b"IIU\0", "camera raw"),
];

fn name_of(bytes: &[u8]) -> Option<&'static str> {
    let known = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic));
    known.map(|(_, name)| *name).or_else(|| brand(bytes))
}

/// What to do about a format that is known and not read.
fn advice(name: &str) -> String {
    let feature = match name {
        JXL => Some("jxl"),
        HEIC => Some("heic"),
        _ => None,
    };
    match feature {
        Some(feature) => format!(
            "{name} is read only by a build with the feature `{feature}`; use one \
             (`--features {feature}`), or convert it to PNG or JPEG to have it compared"
        ),
        None => format!("{name} is not read; convert it to PNG or JPEG to have it compared"),
    }
}

fn not_read(bytes: &[u8]) -> Failed {
    if let Some(name) = name_of(bytes) {
        return Failed::new(Reason::Unsupported, advice(name));
    }
    if is_svg(bytes) {
        let detail =
            "SVG is a drawing, not a picture of pixels; export it as PNG to have it compared";
        return Failed::new(Reason::Unsupported, detail);
    }
    let starts = |magic: &[u8]| bytes.len() >= 2 && magic.starts_with(bytes);
    if READ.iter().any(|(magic, ..)| starts(magic)) {
        return Failed::new(
            Reason::Truncated,
            "it ends within the signature of its format",
        );
    }
    Failed::new(
        Reason::NotAnImage,
        "the bytes begin like no image format known here",
    )
}

/// Formats in ISO base media files (ISO/IEC 14496-12): the brand at byte 8. `mif1` and `msf1` say
/// only that it is one of them; the brands that follow say which.
fn brand(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(4..8) != Some(b"ftyp") {
        return None;
    }
    match bytes.get(8..12)? {
        b"avif" | b"avis" => Some("AVIF"),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Some(HEIC),
        b"mif1" | b"msf1" => {
            let size = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
            let others = bytes.get(16..size.min(bytes.len())).unwrap_or_default();
            let is_avif = others.chunks_exact(4).any(|brand| brand == b"avif");
            Some(if is_avif { "AVIF" } else { HEIC })
        }
        b"crx " => Some("camera raw"),
        _ => None,
    }
}

fn is_svg(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    let text = head.trim_ascii_start();
    let is_xml = [&b"<?xml"[..], b"<!--", b"<svg", b"<!DOCTYPE svg"]
        .iter()
        .any(|start| text.starts_with(start));
    is_xml && head.windows(4).any(|window| window == b"<svg")
}

/// `BM`, and then the size of one of the headers that exist: any text may begin with `BM`.
fn is_bmp(bytes: &[u8]) -> bool {
    let size = bytes
        .get(14..18)
        .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let is_header = |size| matches!(size, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124);
    bytes.starts_with(b"BM") && size.is_none_or(is_header)
}

/// `P1` to `P7`, and then white space.
fn is_pnm(bytes: &[u8]) -> bool {
    matches!(bytes, [b'P', b'1'..=b'7', space, ..] if space.is_ascii_whitespace())
}

/// TGA has no signature, so every field of the header must be possible (Truevision TGA 2.0): kind
/// of colour map and picture, depth, sizes that are not zero, reserved bits that are.
fn is_tga(bytes: &[u8]) -> bool {
    let Some(header) = bytes.first_chunk::<18>() else {
        return false;
    };
    let [_, map, kind, ..] = *header;
    let depth = header[16];
    let map_fields = &header[3..8];
    let kind_fits = match (map, kind) {
        (1, 1 | 9) => depth == 8 && matches!(map_fields[4], 15 | 16 | 24 | 32),
        (0, 2 | 10) => matches!(depth, 15 | 16 | 24 | 32),
        (0, 3 | 11) => matches!(depth, 8 | 16),
        _ => false,
    };
    let no_stray_map = map == 1 || map_fields == [0; 5];
    let sized = header[12..14] != [0; 2] && header[14..16] != [0; 2];
    let flags_fit = header[17] & 0xc0 == 0 && header[17] & 0x0f <= 8;
    kind_fits && no_stray_map && sized && flags_fit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(bytes: &[u8]) -> Result<&'static str, Reason> {
        sniff(bytes)
            .map(|(word, _)| word)
            .map_err(|failed| failed.reason)
    }

    #[test]
    fn text_that_begins_like_a_format_is_text() {
        assert_eq!(reason(b"BMW is a maker of cars"), Err(Reason::NotAnImage));
        assert_eq!(reason(b"P1: first point"), Err(Reason::NotAnImage));
        assert_eq!(reason(b"P1\n2 2"), Ok("pnm"));
    }

    #[test]
    fn what_is_known_and_not_read_is_named() {
        let failed = sniff(b"\0\0\0\x1cftypavif\0\0\0\0").expect_err("AVIF is not read");
        assert_eq!(failed.reason, Reason::Unsupported);
        assert!(failed.detail.starts_with("AVIF"), "{}", failed.detail);
        assert_eq!(reason(b"\0\0\0\x18ftypmp42"), Err(Reason::NotAnImage));
        assert_eq!(reason(b"<!DOCTYPE html><svg>"), Err(Reason::NotAnImage));
    }

    #[test]
    fn what_a_feature_would_read_names_the_feature() {
        let feature = |name| advice(name).contains("--features");
        assert!(feature(JXL) && feature(HEIC) && !feature("AVIF"));
    }

    #[test]
    fn a_general_brand_is_told_by_those_that_follow() {
        let of = |end: &[u8]| brand(&[b"\0\0\0\x18ftypmif1\0\0\0\0", end].concat());
        assert_eq!(of(b"miafavif"), Some("AVIF"));
        assert_eq!(of(b"miafheic"), Some(HEIC));
        assert_eq!(of(b""), Some(HEIC));
        assert_eq!(of(b"miafheicavif"), Some(HEIC), "behind the box");
    }

    #[test]
    fn a_signature_cut_short_is_truncated() {
        assert_eq!(reason(b"\x89PNG"), Err(Reason::Truncated));
        assert_eq!(reason(b"x"), Err(Reason::NotAnImage));
    }
}
