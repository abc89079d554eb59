//! A picture as a browser can show it.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{ExtendedColorType, ImageDecoder, ImageEncoder};
use lookalike_types::Pixels;

/// The media type of a picture that every browser shows as it was read, upright: by its format, the word
/// in [`Facts`](lookalike_types::Facts), and its bytes. `None` for all others. None of these types can
/// hold a script.
pub fn media_type(format: &str, bytes: &[u8]) -> Option<&'static str> {
    match format {
        "jpeg" => Some("image/jpeg"),
        "png" => Some("image/png"),
        "gif" => Some("image/gif"),
        // Some browsers leave a WebP lying on its side, whatever its EXIF data say.
        "webp" => is_upright(bytes).then_some("image/webp"),
        "bmp" => Some("image/bmp"),
        _ => None,
    }
}

fn is_upright(webp: &[u8]) -> bool {
    let decoder = WebPDecoder::new(Cursor::new(webp));
    let turned = decoder.and_then(|mut decoder| decoder.orientation());
    // What cannot be read here is decoded, and turned as far as the scan turned it.
    turned.is_ok_and(|turned| turned == Orientation::NoTransforms)
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
    use image::codecs::webp::WebPEncoder;

    use super::*;

    #[test]
    fn a_png_gives_the_pixels_back() {
        let rgb: Vec<u8> = (0..7 * 5 * 3).map(|i| (i * 37) as u8).collect();
        let pixels = Pixels::new(7, 5, rgb.clone()).expect("three samples a pixel");
        let back = image::load_from_memory(&png(&pixels)).expect("it is a PNG");
        assert_eq!(back.to_rgb8().into_raw(), rgb);
    }

    #[test]
    fn a_webp_is_shown_as_it_is_where_it_lies_upright() {
        let pixels = vec![120; 3 * 2 * 3];
        let mut plain = Vec::new();
        let write = |encoder: WebPEncoder<&mut Vec<u8>>| {
            encoder
                .encode(&pixels, 3, 2, ExtendedColorType::Rgb8)
                .expect("memory takes every byte");
        };
        write(WebPEncoder::new_lossless(&mut plain));
        assert_eq!(media_type("webp", &plain), Some("image/webp"));
        // TIFF, little-endian, one entry: tag 0x112, one SHORT.
        let exif = |orientation: u8| {
            let head = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0";
            [&head[..], &[orientation, 0, 0, 0, 0, 0, 0, 0]].concat()
        };
        for (orientation, shown) in [(1, Some("image/webp")), (2, None), (6, None), (8, None)] {
            let mut turned = Vec::new();
            let mut encoder = WebPEncoder::new_lossless(&mut turned);
            encoder
                .set_exif_metadata(exif(orientation))
                .expect("WebP holds EXIF data");
            write(encoder);
            assert_eq!(media_type("webp", &turned), shown, "{orientation}");
        }
        assert_eq!(media_type("webp", b"RIFF"), None);
    }

    #[test]
    fn what_can_hold_a_script_is_never_shown_as_it_is() {
        for format in ["svg", "html", "xml", "tiff", "pnm", "", "JPEG"] {
            assert_eq!(media_type(format, b""), None, "{format}");
        }
    }
}
