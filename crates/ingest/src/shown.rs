//! A picture as a browser can show it.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use lookalike_types::Pixels;

/// The media type of a format that every browser shows as it is; `None` for all others. `format` is
/// the word in [`Facts`](lookalike_types::Facts). None of these types can hold a script.
pub fn media_type(format: &str) -> Option<&'static str> {
    match format {
        "jpeg" => Some("image/jpeg"),
        "png" => Some("image/png"),
        "gif" => Some("image/gif"),
        "webp" => Some("image/webp"),
        "bmp" => Some("image/bmp"),
        _ => None,
    }
}

/// A PNG of these pixels, packed quickly rather than small. The same pixels give the same bytes.
pub fn png(pixels: &Pixels) -> Vec<u8> {
    let mut png = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Adaptive);
    encoder
        .write_image(
            pixels.rgb(),
            pixels.width(),
            pixels.height(),
            ExtendedColorType::Rgb8,
        )
        .expect("memory takes every byte, and pixels have three samples each");
    png
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_gives_the_pixels_back() {
        let rgb: Vec<u8> = (0..7 * 5 * 3).map(|i| (i * 37) as u8).collect();
        let pixels = Pixels::new(7, 5, rgb.clone()).expect("three samples a pixel");
        let back = image::load_from_memory(&png(&pixels)).expect("it is a PNG");
        assert_eq!(back.to_rgb8().into_raw(), rgb);
    }

    #[test]
    fn what_can_hold_a_script_is_never_shown_as_it_is() {
        for format in ["svg", "html", "xml", "tiff", "pnm", "", "JPEG"] {
            assert_eq!(media_type(format), None, "{format}");
        }
    }
}
