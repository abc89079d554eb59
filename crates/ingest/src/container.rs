//! What the decoders leave open: whether the wrapping around the pixels is whole, and which of
//! several pictures is meant.

use std::borrow::Cow;

use image::ImageFormat;
use lookalike_types::{Failed, Reason};

use crate::jpeg;

const ICON_HEADER: usize = 6;
const ICON_ENTRY: usize = 16;

/// Looks for damage that the decoder of this format does not report, or reports as another kind.
///
/// # Errors
/// `truncated`, `corrupt` or `unsupported`.
pub(crate) fn check(bytes: &[u8], format: ImageFormat) -> Result<(), Failed> {
    match format {
        ImageFormat::Jpeg => jpeg::check(bytes),
        ImageFormat::Gif => check_gif(bytes),
        ImageFormat::WebP => check_webp(bytes),
        ImageFormat::Bmp => check_bmp(bytes),
        _ => Ok(()),
    }
}

/// The largest picture of an icon file (the deepest among the largest), and its format: the PNG in
/// it, which may be of any colour type, or an icon file with this one picture.
///
/// # Errors
/// `truncated` where a part lies behind the end, `corrupt` where there is no picture.
pub(crate) fn largest_icon(bytes: &[u8]) -> Result<(Cow<'_, [u8]>, ImageFormat), Failed> {
    let cut = || {
        Failed::new(
            Reason::Truncated,
            "the icon file ends before its pictures do",
        )
    };
    let count = usize::from(u16_at(bytes, 4).ok_or_else(cut)?);
    let table = bytes
        .get(ICON_HEADER..ICON_HEADER + count * ICON_ENTRY)
        .ok_or_else(cut)?;
    // A side of 256 is written as 0.
    let side = |byte: u8| if byte == 0 { 256 } else { u32::from(byte) };
    let rank = |entry: &&[u8]| (side(entry[0]) * side(entry[1]), u16_at(entry, 6));
    let best = table.chunks_exact(ICON_ENTRY).max_by_key(rank);
    let entry = best.ok_or_else(|| Failed::new(Reason::Corrupt, "an icon file of no picture"))?;
    let field = |at| u32_at(entry, at).and_then(|value| usize::try_from(value).ok());
    let (size, offset) = (field(8).ok_or_else(cut)?, field(12).ok_or_else(cut)?);
    let end = offset.checked_add(size).ok_or_else(cut)?;
    let picture = bytes.get(offset..end).ok_or_else(cut)?;
    if picture.starts_with(b"\x89PNG") {
        return Ok((Cow::Borrowed(picture), ImageFormat::Png));
    }
    let start = (ICON_HEADER + ICON_ENTRY) as u32;
    let alone = [
        b"\0\0\x01\0\x01\0",
        &entry[..12],
        &start.to_le_bytes(),
        picture,
    ]
    .concat();
    Ok((Cow::Owned(alone), ImageFormat::Ico))
}

/// Skips extensions up to the first frame (GIF89a specification, sections 15 to 27).
fn check_gif(bytes: &[u8]) -> Result<(), Failed> {
    let cut = || Failed::new(Reason::Truncated, "the GIF ends before its first frame");
    let flags = *bytes.get(10).ok_or_else(cut)?;
    let table = match flags & 0x80 {
        0 => 0,
        _ => 3 << ((flags & 7) + 1),
    };
    let mut rest = bytes.get(13 + table..).ok_or_else(cut)?;
    loop {
        match rest {
            [b';', ..] => return Err(Failed::new(Reason::Corrupt, "a GIF without a frame")),
            [b'!', _label, blocks @ ..] => rest = behind_blocks(blocks).ok_or_else(cut)?,
            [] | [b'!'] => return Err(cut()),
            _ => return Ok(()),
        }
    }
}

/// What follows a chain of blocks, each with its length before it, the last one empty.
fn behind_blocks(mut blocks: &[u8]) -> Option<&[u8]> {
    loop {
        let (&length, tail) = blocks.split_first()?;
        if length == 0 {
            return Some(tail);
        }
        blocks = tail.get(usize::from(length)..)?;
    }
}

/// The decoder calls a WebP that was cut a corrupt one. One byte may be missing: writers forget
/// the padding at the end.
fn check_webp(bytes: &[u8]) -> Result<(), Failed> {
    let promised = u32_at(bytes, 4).map_or(0, |size| u64::from(size) + 8);
    if bytes.len() as u64 + 1 < promised {
        let detail = format!(
            "{} bytes of the {promised} that its header says",
            bytes.len()
        );
        return Err(Failed::new(Reason::Truncated, detail));
    }
    Ok(())
}

/// The decoder calls a size of zero unsupported.
fn check_bmp(bytes: &[u8]) -> Result<(), Failed> {
    let sides = match u32_at(bytes, 14) {
        Some(12) => [
            u16_at(bytes, 18).map(u32::from),
            u16_at(bytes, 20).map(u32::from),
        ],
        _ => [u32_at(bytes, 18), u32_at(bytes, 22)],
    };
    if sides.contains(&Some(0)) {
        return Err(Failed::new(
            Reason::Corrupt,
            "the header says a width or height of zero",
        ));
    }
    Ok(())
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(u16::from_le_bytes(bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn icon(entries: &[(u8, u8, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 1, 0, entries.len() as u8, 0];
        let mut offset = (ICON_HEADER + entries.len() * ICON_ENTRY) as u32;
        for (side, depth, picture) in entries {
            bytes.extend([*side, *side, 0, 0, 1, 0, *depth, 0]);
            bytes.extend((picture.len() as u32).to_le_bytes());
            bytes.extend(offset.to_le_bytes());
            offset += picture.len() as u32;
        }
        bytes.extend(entries.iter().flat_map(|(_, _, picture)| picture.iter()));
        bytes
    }

    #[test]
    fn the_largest_and_then_the_deepest_picture_is_taken() -> Result<(), Failed> {
        let bytes = icon(&[
            (64, 8, b"\x89PNG1"),
            (0, 8, b"\x89PNG2"),
            (0, 32, b"\x89PNG3"),
            (16, 32, b""),
        ]);
        assert_eq!(
            largest_icon(&bytes)?,
            (Cow::Borrowed(&b"\x89PNG3"[..]), ImageFormat::Png)
        );
        let (alone, format) = (icon(&[(32, 24, b"bitmap")]), ImageFormat::Ico);
        let both = icon(&[(16, 24, b"small!"), (32, 24, b"bitmap")]);
        assert_eq!(largest_icon(&both)?, (Cow::Owned(alone), format));
        Ok(())
    }

    #[test]
    fn icons_that_are_cut_or_empty_fail() {
        let bytes = icon(&[(16, 24, b"bitmap")]);
        for length in 4..bytes.len() {
            let failed = largest_icon(&bytes[..length]).expect_err("its end is missing");
            assert_eq!(failed.reason, Reason::Truncated);
        }
        let failed = largest_icon(&icon(&[])).expect_err("nothing is in it");
        assert_eq!(failed.reason, Reason::Corrupt);
    }

    #[test]
    fn a_gif_needs_a_frame_behind_its_extensions() {
        let start = b"GIF89a\x01\0\x01\0\x80\0\0abcdef!\xfe\x02hi\0";
        let with = |end: &[u8]| check_gif(&[start, end].concat()).map_err(|failed| failed.reason);
        assert_eq!(with(b","), Ok(()));
        assert_eq!(with(b";"), Err(Reason::Corrupt));
        for length in 6..start.len() {
            let failed = check_gif(&start[..length]).expect_err("its end is missing");
            assert_eq!(failed.reason, Reason::Truncated, "{length}");
        }
    }
}
