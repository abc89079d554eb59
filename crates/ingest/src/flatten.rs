//! From whatever a decoder gives to opaque 8-bit RGB: alpha over white, 16 bits rounded to 8, grey
//! spread to three channels.

use image::DynamicImage;

/// The samples of `image` as RGB, row by row.
pub(crate) fn rgb8(image: DynamicImage) -> Vec<u8> {
    match image {
        DynamicImage::ImageRgb8(image) => image.into_raw(),
        DynamicImage::ImageLuma8(image) => image.iter().flat_map(|&grey| [grey; 3]).collect(),
        DynamicImage::ImageLumaA8(image) => opaque::<_, 2>(image.as_raw(), wide),
        DynamicImage::ImageRgba8(image) => opaque::<_, 4>(image.as_raw(), wide),
        DynamicImage::ImageLuma16(image) => {
            let grey = image.iter().flat_map(|&grey| [narrow(grey); 3]);
            grey.collect()
        }
        DynamicImage::ImageRgb16(image) => image.iter().map(|&sample| narrow(sample)).collect(),
        DynamicImage::ImageLumaA16(image) => opaque::<_, 2>(image.as_raw(), |sample| sample),
        DynamicImage::ImageRgba16(image) => opaque::<_, 4>(image.as_raw(), |sample| sample),
        // Floating point samples: 0 is black and 1 is white, what lies beyond is cut off.
        other => opaque::<_, 4>(other.into_rgba16().as_raw(), |sample| sample),
    }
}

/// An 8-bit sample as a 16-bit one: 255 becomes 65,535, and [`narrow`] gives back the same.
fn wide(sample: u8) -> u16 {
    u16::from(sample) * 257
}

/// `v · 255 / 65535`, rounded: 65,535 = 255 · 257.
fn narrow(sample: u16) -> u8 {
    // At most (65535 + 128) / 257 = 255, so nothing is cut off.
    ((u32::from(sample) + 128) / 257) as u8
}

/// Pixels of `CHANNELS` samples, alpha last, over white: `c · a + 1 · (1 - a)`, rounded once.
/// `wide` gives a sample in 16 bits.
fn opaque<S: Copy, const CHANNELS: usize>(samples: &[S], wide: impl Fn(S) -> u16) -> Vec<u8> {
    const WHITE: u64 = u16::MAX as u64;
    const SCALE: u64 = WHITE * 257;
    let mut rgb = Vec::with_capacity(samples.len() / CHANNELS * 3);
    for pixel in samples.chunks_exact(CHANNELS) {
        let alpha = u64::from(wide(pixel[CHANNELS - 1]));
        let over = |sample: S| {
            let sum = u64::from(wide(sample)) * alpha + WHITE * (WHITE - alpha);
            ((sum + SCALE / 2) / SCALE) as u8
        };
        match CHANNELS {
            2 => rgb.extend([over(pixel[0]); 3]),
            _ => rgb.extend([over(pixel[0]), over(pixel[1]), over(pixel[2])]),
        }
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageBuffer, LumaA, Rgb, Rgba};

    #[test]
    fn sixteen_bits_are_rounded_to_the_nearest_of_eight() {
        for sample in 0..=u16::MAX {
            let exact = f64::from(sample) * 255.0 / 65535.0;
            assert_eq!(f64::from(narrow(sample)), exact.round(), "{sample}");
        }
    }

    #[test]
    fn opaque_eight_bit_samples_stay_as_they_are() {
        for sample in 0..=u8::MAX {
            let pixel = [sample, sample, sample, 255];
            assert_eq!(opaque::<_, 4>(&pixel, wide), [sample; 3]);
        }
    }

    #[test]
    fn what_is_transparent_is_white_and_half_is_half() {
        let image = ImageBuffer::from_fn(2, 1, |x, _| Rgba([0u8, 100, 255, [0, 128][x as usize]]));
        // 255 - 128 = 127 parts white; 100 · 128 / 255 + 127 = 177.2.
        let wanted = [255, 255, 255, 127, 177, 255];
        assert_eq!(rgb8(DynamicImage::ImageRgba8(image)), wanted);
        let grey = ImageBuffer::from_pixel(1, 1, LumaA([0u16, 0]));
        assert_eq!(rgb8(DynamicImage::ImageLumaA16(grey)), [255; 3]);
    }

    #[test]
    fn floating_point_is_cut_off_at_black_and_white() {
        let image = ImageBuffer::from_pixel(1, 1, Rgb([-3.0f32, 0.5, 7.0]));
        assert_eq!(rgb8(DynamicImage::ImageRgb32F(image)), [0, 128, 255]);
    }
}
