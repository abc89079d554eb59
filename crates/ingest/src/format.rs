//! Which format bytes are of, by their content and never by a name.

use image::ImageFormat;
use lookalike_types::{Failed, Reason};

/// A format that is read: its word in the tables and its decoder.
pub(crate) type Format = (&'static str, ImageFormat);

/// The format of `bytes` by their first ones.
///
/// # Errors
/// `unsupported` for formats that are known and not read, with what to do about it; `truncated`
/// where only the start of a signature is there; otherwise `not-an-image`.
pub(crate) fn sniff(bytes: &[u8]) -> Result<Format, Failed> {
    if let Some(&(_, word, format)) = READ.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Ok((word, format));
    }
    let riff = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let found = [
        (riff, ("webp", ImageFormat::WebP)),
        (is_bmp(bytes), ("bmp", ImageFormat::Bmp)),
        (is_pnm(bytes), ("pnm", ImageFormat::Pnm)),
        (is_tga(bytes), ("tga", ImageFormat::Tga)),
    ];
    if let Some((_, format)) = found.into_iter().find(|(is, _)| *is) {
        return Ok(format);
    }
    Err(not_read(bytes))
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

/// Formats that hold pictures and are not read, by their first bytes.
const KNOWN: [(&[u8], &str); 10] = [
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"DDS ", "DDS"),
    (b"FUJIFILMCCD-RAW", "camera raw"),
    (b"IIU\0", "camera raw"),
];

fn not_read(bytes: &[u8]) -> Failed {
    let known = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic));
    let name = known.map(|(_, name)| *name).or_else(|| brand(bytes));
    if let Some(name) = name {
        let detail = format!("{name} is not read; convert it to PNG or JPEG to have it compared");
        return Failed::new(Reason::Unsupported, detail);
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

/// Formats in ISO base media files (ISO/IEC 14496-12): the brand at byte 8.
fn brand(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(4..8) != Some(b"ftyp") {
        return None;
    }
    match bytes.get(8..12)? {
        b"avif" | b"avis" => Some("AVIF"),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => {
            Some("HEIC")
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
        let failed = sniff(b"\0\0\0\x1cftypheic\0\0\0\0").expect_err("HEIC is not read");
        assert_eq!(failed.reason, Reason::Unsupported);
        assert!(failed.detail.starts_with("HEIC"), "{}", failed.detail);
        assert_eq!(reason(b"\0\0\0\x18ftypmp42"), Err(Reason::NotAnImage));
        assert_eq!(reason(b"<!DOCTYPE html><svg>"), Err(Reason::NotAnImage));
    }

    #[test]
    fn a_signature_cut_short_is_truncated() {
        assert_eq!(reason(b"\x89PNG"), Err(Reason::Truncated));
        assert_eq!(reason(b"x"), Err(Reason::NotAnImage));
    }
}
