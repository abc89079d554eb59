//! JPEG XL (ISO/IEC 18181), bare or in its container: the first frame.

use std::io::BufRead;

use image::error::{DecodingError, ImageFormatHint};
use image::{DynamicImage, ImageDecoder, ImageError};
use jxl_oxide::integration::JxlDecoder;
use jxl_oxide::{AllocTracker, JxlImage};
use lookalike_types::{Failed, Reason};

use crate::Limits;
use crate::deadline::Deadline;
use crate::decode::{check_size, failed};

/// The decoder computes in floating point and keeps several copies of the picture, where the other
/// decoders write the samples of the file. Measured: 27 bytes a pixel for plain RGB; alpha and the
/// frames that others refer to come on top.
const ALLOC_FACTOR: u64 = 8;

/// The size of the upright picture.
pub(crate) fn dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    let decoder = JxlDecoder::new(bytes).ok()?;
    Some(decoder.dimensions())
}

/// Decodes within the limits. The decoder turns the picture upright by the orientation in its
/// header; one in EXIF says the same a second time (18181-2) and is not looked at.
///
/// # Errors
/// `truncated`, `too-large`, `unsupported` or `corrupt`.
pub(crate) fn picture(mut bytes: Deadline<'_>, limits: &Limits) -> Result<DynamicImage, Failed> {
    // All bytes at once, or none where the time is up.
    let bytes = bytes
        .fill_buf()
        .map_err(|error| Failed::new(Reason::Timeout, error))?;
    let mut decoder = JxlDecoder::new(bytes).map_err(|error| class(&error))?;
    check_size(decoder.dimensions(), limits)?;
    let most = limits.max_alloc().saturating_mul(ALLOC_FACTOR);
    check_whole(bytes, most)?;
    let mut bounds = image::Limits::no_limits();
    bounds.max_alloc = Some(most);
    decoder.set_limits(bounds).map_err(|error| class(&error))?;
    DynamicImage::from_decoder(decoder).map_err(|error| class(&error))
}

/// The decoder draws what is there of a frame that was cut, and reports success.
fn check_whole(bytes: &[u8], max_alloc: u64) -> Result<(), Failed> {
    let most = usize::try_from(max_alloc).unwrap_or(usize::MAX);
    let builder = JxlImage::builder().alloc_tracker(AllocTracker::with_limit(most));
    let image = builder.read(bytes).map_err(|error| {
        let error = DecodingError::new(ImageFormatHint::Name("JPEG XL".to_owned()), error);
        class(&ImageError::Decoding(error))
    })?;
    if image.pixel_format().has_black() {
        return Err(Failed::new(
            Reason::Unsupported,
            "a JPEG XL of CMYK colours",
        ));
    }
    if image.num_loaded_keyframes() == 0 {
        let detail = "the JPEG XL ends before its first frame does";
        return Err(Failed::new(Reason::Truncated, detail));
    }
    Ok(())
}

/// The class of an error. The decoder has one kind for all, so its words must tell.
fn class(error: &ImageError) -> Failed {
    const CLASSES: [(&str, Reason); 4] = [
        ("failed to allocate", Reason::TooLarge),
        ("out of memory", Reason::TooLarge),
        ("not supported", Reason::Unsupported),
        ("incomplete", Reason::Truncated),
    ];
    let text = error.to_string();
    let known = CLASSES.iter().find(|(words, _)| text.contains(words));
    known.map_or_else(|| failed(error), |&(_, reason)| Failed::new(reason, text))
}
