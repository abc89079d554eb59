//! From bytes to pixels, by the one policy that `docs/decode.md` writes down.
//!
//! The same bytes and limits give the same pixels or the same failure on every machine; only the
//! time limit depends on the moment.

use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::error::Error;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};
use lookalike_types::{Facts, Failed, Pixels, Reason};

use crate::deadline::Deadline;
use crate::format::{Codec, sniff};
#[cfg(feature = "heic")]
use crate::heic;
#[cfg(feature = "jxl")]
use crate::jxl;
use crate::{Limits, container, detail, flatten};

/// Changes with every change that may give other pixels for the same bytes. It is part of what
/// names a space, so vectors of two policies never meet. A build that reads more formats has a
/// policy of its own: what is `unsupported` is remembered in a space, and it reads that.
pub const DECODE_POLICY: u32 =
    1 + 0x100 * cfg!(feature = "jxl") as u32 + 0x200 * cfg!(feature = "heic") as u32;

/// A picture and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// Upright, opaque, 8-bit RGB.
    pub pixels: Pixels,
    /// What remains when the pixels are dropped.
    pub facts: Facts,
}

/// Decodes one image of any format that is read. Sizes are checked in the header, before memory is
/// taken; a decoder that panics has met a damaged file.
///
/// # Errors
/// A [`Failed`] of any reason but `unreadable`, `vanished` and `no-features`.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, Failed> {
    let guarded = catch_unwind(AssertUnwindSafe(|| whole(bytes, limits)));
    guarded.unwrap_or_else(|panic| Err(Failed::new(Reason::Corrupt, words_of(&*panic))))
}

/// Width times height as the header announces them, before anything is decoded; 0 where there is
/// no header to be read. For those who must find room for the picture first.
pub fn announced_pixels(bytes: &[u8]) -> u64 {
    let announced = || {
        let (bytes, format) = match sniff(bytes).ok()?.1 {
            #[cfg(feature = "jxl")]
            Codec::Jxl => return jxl::dimensions(bytes),
            #[cfg(feature = "heic")]
            Codec::Heic => return heic::dimensions(bytes),
            Codec::Image(ImageFormat::Ico) => container::largest_icon(bytes).ok()?,
            Codec::Image(format) => (Cow::Borrowed(bytes), format),
        };
        let reader = ImageReader::with_format(io::Cursor::new(bytes), format);
        reader.into_dimensions().ok()
    };
    let size = catch_unwind(AssertUnwindSafe(announced)).ok().flatten();
    size.map_or(0, |(width, height)| u64::from(width) * u64::from(height))
}

fn whole(bytes: &[u8], limits: &Limits) -> Result<Decoded, Failed> {
    if bytes.is_empty() {
        return Err(Failed::new(Reason::Empty, "a file of no bytes"));
    }
    if bytes.len() as u64 > limits.max_bytes {
        let (size, most) = (bytes.len(), limits.max_bytes);
        let detail = format!("{size} bytes, more than decode.max_bytes = {most}");
        return Err(Failed::new(Reason::TooLarge, detail));
    }
    let (word, codec) = sniff(bytes)?;
    let passed = Cell::new(false);
    let picture = match codec {
        Codec::Image(format) => {
            container::check(bytes, format)?;
            let (bytes, format) = match format {
                ImageFormat::Ico => container::largest_icon(bytes)?,
                _ => (Cow::Borrowed(bytes), format),
            };
            picture(
                Deadline::new(&bytes, limits.timeout, &passed),
                format,
                limits,
            )
        }
        #[cfg(feature = "jxl")]
        Codec::Jxl => jxl::picture(Deadline::new(bytes, limits.timeout, &passed), limits),
        #[cfg(feature = "heic")]
        Codec::Heic => heic::picture(Deadline::new(bytes, limits.timeout, &passed), limits),
    };
    if passed.get() {
        let seconds = limits.timeout.as_secs_f64();
        let detail = format!("not decoded within decode.timeout_s = {seconds}");
        return Err(Failed::new(Reason::Timeout, detail));
    }
    finish(picture?, word)
}

fn picture(
    bytes: Deadline<'_>,
    format: ImageFormat,
    limits: &Limits,
) -> Result<DynamicImage, Failed> {
    let mut reader = ImageReader::with_format(bytes, format);
    let mut bounds = image::Limits::no_limits();
    bounds.max_alloc = Some(limits.max_alloc());
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(|error| failed(&error))?;
    check_size(decoder.dimensions(), limits)?;
    // A picture with unreadable metadata is a picture all the same.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| failed(&error))?;
    image.apply_orientation(orientation);
    Ok(image)
}

pub(crate) fn check_size((width, height): (u32, u32), limits: &Limits) -> Result<(), Failed> {
    let pixels = u64::from(width) * u64::from(height);
    let most = limits.max_pixels;
    if pixels == 0 {
        let detail = format!("the header says {width} x {height} pixels");
        return Err(Failed::new(Reason::Corrupt, detail));
    }
    if pixels > most {
        let detail = format!("{width} x {height} pixels, more than decode.max_pixels = {most}");
        return Err(Failed::new(Reason::TooLarge, detail));
    }
    Ok(())
}

fn finish(image: DynamicImage, format: &str) -> Result<Decoded, Failed> {
    let (width, height) = (image.width(), image.height());
    let pixels = Pixels::new(width, height, flatten::rgb8(image))
        .map_err(|error| Failed::new(Reason::Corrupt, error))?;
    let facts = Facts {
        pixels: pixels.id(),
        format: format.to_owned(),
        width,
        height,
        detail: detail(&pixels),
    };
    Ok(Decoded { pixels, facts })
}

/// The class of a decoder's error.
pub(crate) fn failed(error: &ImageError) -> Failed {
    let text = error.to_string();
    let reason = match error {
        ImageError::Limits(_) => Reason::TooLarge,
        // So the BMP decoder names sizes that no memory holds.
        ImageError::Unsupported(_) if text.ends_with("too large") => Reason::TooLarge,
        ImageError::Unsupported(_) => Reason::Unsupported,
        _ if ended_early(error, &text) => Reason::Truncated,
        _ => Reason::Corrupt,
    };
    Failed::new(reason, text)
}

/// Whether the data ended before the picture did: an end of file somewhere in the chain of causes,
/// or the words for it of the decoders that have no kind for it.
fn ended_early(error: &ImageError, text: &str) -> bool {
    const WORDS: [&str; 4] = [
        "unexpected end",
        "unexpected eof",
        "eof",
        "fill whole buffer",
    ];
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|io| io.kind() == io::ErrorKind::UnexpectedEof) {
            return true;
        }
        cause = error.source();
    }
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the decoder gave up: {}", words.unwrap_or("without a word"))
}
