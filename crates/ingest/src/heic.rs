//! HEIC (ISO/IEC 23008-12 with HEVC inside): the primary picture, also where it is made of tiles.

use std::io::BufRead;

use heic_decoder::{DecodedImage, HeifError, ImageInfo};
use image::{DynamicImage, ImageBuffer};
use lookalike_types::{Failed, Reason};

use crate::Limits;
use crate::deadline::Deadline;
use crate::decode::check_size;

/// The size of the upright picture.
pub(crate) fn dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    shown_size(&heic_decoder::probe(bytes).ok()?).ok()
}

/// Decodes within the limits. The decoder crops and turns by the properties of the file; an
/// orientation in EXIF is only a note there (23008-12, annex A) and is not looked at.
///
/// # Errors
/// `truncated`, `too-large`, `unsupported` or `corrupt`.
pub(crate) fn picture(mut bytes: Deadline<'_>, limits: &Limits) -> Result<DynamicImage, Failed> {
    // All bytes at once, or none where the time is up.
    let bytes = bytes
        .fill_buf()
        .map_err(|error| Failed::new(Reason::Timeout, error))?;
    let class = |error| class(&error, bytes);
    let info = heic_decoder::probe(bytes).map_err(class)?;
    check_size(shown_size(&info)?, limits)?;
    check_coded(&info, limits)?;
    let image = heic_decoder::decode(bytes).map_err(class)?;
    rgb(&image).map_err(class)
}

fn shown_size(info: &ImageInfo) -> Result<(u32, u32), Failed> {
    let side = |side| u32::try_from(side).map_err(|error| Failed::new(Reason::TooLarge, error));
    Ok((side(info.width)?, side(info.height)?))
}

/// What is coded may be more than what is shown: sides are filled up, and the file may crop.
fn check_coded(info: &ImageInfo, limits: &Limits) -> Result<(), Failed> {
    let (width, height) = (info.coded_width as u64, info.coded_height as u64);
    if width.saturating_mul(height).saturating_mul(8) <= limits.max_alloc() {
        return Ok(());
    }
    let most = limits.max_pixels;
    let detail = format!(
        "{width} x {height} pixels before it is cropped, far more than decode.max_pixels = {most}"
    );
    Err(Failed::new(Reason::TooLarge, detail))
}

/// 8 bits stay 8 bits; more bits, and all with transparency, become 16.
fn rgb(image: &DecodedImage) -> Result<DynamicImage, HeifError> {
    let (width, height) = (image.width as u32, image.height as u32);
    let deep = image.bit_depth_luma.max(image.bit_depth_chroma) > 8;
    let whole = match (&image.alpha, deep) {
        (Some(alpha), _) => {
            let mut samples = image.to_rgba16()?.data;
            if alpha.premultiplied {
                divide(&mut samples);
            }
            ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgba16)
        }
        (None, true) => ImageBuffer::from_raw(width, height, image.to_rgb16()?.data)
            .map(DynamicImage::ImageRgb16),
        (None, false) => {
            ImageBuffer::from_raw(width, height, image.to_rgb8()?.data).map(DynamicImage::ImageRgb8)
        }
    };
    whole.ok_or(HeifError::MalformedHevc("fewer samples than pixels"))
}

/// Colours that were multiplied by their alpha as they were before.
fn divide(samples: &mut [u16]) {
    for [colours @ .., alpha] in samples.as_chunks_mut::<4>().0 {
        let alpha = u32::from(*alpha);
        for colour in colours {
            let before = (u32::from(*colour) * 65_535 + alpha / 2).checked_div(alpha);
            *colour = before.unwrap_or(0).min(65_535) as u16;
        }
    }
}

/// The class of an error. The decoder calls a box that points behind the end a malformed one.
fn class(error: &HeifError, bytes: &[u8]) -> Failed {
    let reason = match error {
        // Its first box is there, and the one that describes the picture did not come.
        HeifError::Truncated { .. } | HeifError::NotHeif("missing meta box") => Reason::Truncated,
        HeifError::LimitExceeded(_) => Reason::TooLarge,
        _ if is_cut(bytes) => Reason::Truncated,
        HeifError::Unsupported(_) => Reason::Unsupported,
        _ => Reason::Corrupt,
    };
    Failed::new(reason, error)
}

/// Whether the last box of the file says that it goes on (ISO/IEC 14496-12, section 4.2).
fn is_cut(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let Some((size, rest)) = bytes.split_first_chunk::<4>() else {
            return true;
        };
        let length = match u32::from_be_bytes(*size) {
            0 => return false,
            1 => rest.get(4..12).and_then(|long| long.try_into().ok()),
            short => Some(u64::from(short).to_be_bytes()),
        };
        let length = length.and_then(|long| usize::try_from(u64::from_be_bytes(long)).ok());
        match length.and_then(|length| bytes.get(length.max(8)..)) {
            Some(next) => bytes = next,
            None => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_divided_by_their_alpha() {
        let mut samples = [100, 0, 32_768, 32_768, 7, 7, 7, 0, 9, 9, 9, 65_535];
        divide(&mut samples);
        assert_eq!(
            samples,
            [200, 0, 65_535, 32_768, 0, 0, 0, 0, 9, 9, 9, 65_535]
        );
    }

    #[test]
    fn a_file_is_cut_where_a_box_goes_on() {
        let file = b"\0\0\0\x09ftypx\0\0\0\x01mdat\0\0\0\0\0\0\0\x12yz";
        let ends = [0, 9, file.len()];
        for length in 0..=file.len() {
            assert_eq!(is_cut(&file[..length]), !ends.contains(&length), "{length}");
        }
        assert!(!is_cut(b"\0\0\0\0mdat to the end"));
    }
}
