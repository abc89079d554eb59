//! A picture drawn small, for people.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageBuffer, Rgb, imageops};
use lookalike_types::Pixels;

const QUALITY: u8 = 75;

/// A JPEG of the picture whose longer side is at most `side` pixels: averaged down, never enlarged,
/// the aspect kept. The same pixels give the same bytes.
pub fn thumbnail(pixels: &Pixels, side: u32) -> Vec<u8> {
    let side = side.clamp(1, u32::from(u16::MAX));
    let (width, height) = (pixels.width(), pixels.height());
    let longer = width.max(height);
    let (w, h) = match longer <= side {
        true => (width, height),
        false => (scaled(width, side, longer), scaled(height, side, longer)),
    };
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    let written = match longer <= side {
        true => encoder.encode(pixels.rgb(), w, h, ExtendedColorType::Rgb8),
        false => {
            let view = ImageBuffer::<Rgb<u8>, _>::from_raw(width, height, pixels.rgb())
                .expect("pixels have three samples each");
            let small = imageops::thumbnail(&view, w, h);
            encoder.encode(&small, w, h, ExtendedColorType::Rgb8)
        }
    };
    written.expect("memory takes every byte, and the sides are within those of JPEG");
    jpeg
}

/// `length` in the proportion of `side` to `longer`, rounded, at least one.
fn scaled(length: u32, side: u32, longer: u32) -> u32 {
    let (length, side, longer) = (u64::from(length), u64::from(side), u64::from(longer));
    let rounded = (length * side + longer / 2) / longer;
    // At most `side`, because `length` is at most `longer`.
    rounded.max(1) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of(width: u32, height: u32, side: u32) -> (u32, u32) {
        let rgb = vec![90; (width * height * 3) as usize];
        let pixels = Pixels::new(width, height, rgb).expect("three samples a pixel");
        let jpeg = thumbnail(&pixels, side);
        assert_eq!(jpeg, thumbnail(&pixels, side));
        let small = image::load_from_memory(&jpeg).expect("it is a JPEG");
        (small.width(), small.height())
    }

    #[test]
    fn the_longer_side_fits_and_nothing_is_enlarged() {
        assert_eq!(size_of(400, 300, 100), (100, 75));
        assert_eq!(size_of(300, 401, 100), (75, 100));
        assert_eq!(size_of(30, 20, 100), (30, 20));
        assert_eq!(size_of(3000, 1, 100), (100, 1));
        assert_eq!(size_of(5, 5, 0), (1, 1));
    }

    #[test]
    fn fine_stripes_become_their_mean() {
        let rgb: Vec<u8> = (0..200 * 200)
            .flat_map(|i| [if i % 2 == 0 { 0 } else { 200 }; 3])
            .collect();
        let pixels = Pixels::new(200, 200, rgb).expect("three samples a pixel");
        let small = image::load_from_memory(&thumbnail(&pixels, 50)).expect("it is a JPEG");
        assert!(
            small
                .to_rgb8()
                .iter()
                .all(|&sample| sample.abs_diff(100) <= 3)
        );
    }
}
