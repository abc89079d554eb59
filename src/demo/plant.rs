//! Makes the copies that the demonstration then looks for: one kind of edit each.

use anyhow::Context;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// A kind of copy, in the words of the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// The same bytes under another name.
    SameBytes,
    /// The same pixels in another format.
    OtherFormat,
    /// Saved again as a JPEG of quality 35.
    Recompressed,
    /// Half the width and height.
    Halved,
    /// A tenth cut off each side.
    Cropped,
    /// Left and right exchanged.
    Mirrored,
    /// Without colour.
    Grey,
    /// Brighter, with more contrast.
    Brightened,
    /// A plain border around it.
    Bordered,
    /// A line of writing in a corner.
    Signed,
    /// Turned by four degrees around its middle.
    Tilted,
}

impl Edit {
    /// All of them, in the order of the summary.
    pub const ALL: [Self; 11] = [
        Self::SameBytes,
        Self::OtherFormat,
        Self::Recompressed,
        Self::Halved,
        Self::Cropped,
        Self::Mirrored,
        Self::Grey,
        Self::Brightened,
        Self::Bordered,
        Self::Signed,
        Self::Tilted,
    ];

    /// What a person calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SameBytes => "same file",
            Self::OtherFormat => "other format",
            Self::Recompressed => "recompressed",
            Self::Halved => "half the size",
            Self::Cropped => "cropped",
            Self::Mirrored => "mirrored",
            Self::Grey => "grey",
            Self::Brightened => "brightened",
            Self::Bordered => "bordered",
            Self::Signed => "signed",
            Self::Tilted => "tilted",
        }
    }

    /// The copy as a file: its bytes and its extension. `original` is the PNG of `picture`.
    ///
    /// # Errors
    /// Where the encoder refuses, which it has no reason to.
    pub fn make(
        self,
        picture: &RgbImage,
        original: &[u8],
    ) -> anyhow::Result<(Vec<u8>, &'static str)> {
        let (width, height) = picture.dimensions();
        let edited = match self {
            Self::SameBytes => return Ok((original.to_vec(), "png")),
            Self::OtherFormat => return Ok((encode(picture, ImageFormat::Bmp)?, "bmp")),
            Self::Recompressed => return Ok((jpeg(picture, 35)?, "jpg")),
            Self::Halved => imageops::resize(picture, width / 2, height / 2, FilterType::Triangle),
            Self::Cropped => {
                let (x, y) = (width / 10, height / 10);
                imageops::crop_imm(picture, x, y, width - 2 * x, height - 2 * y).to_image()
            }
            Self::Mirrored => imageops::flip_horizontal(picture),
            Self::Grey => DynamicImage::ImageRgb8(picture.clone())
                .grayscale()
                .to_rgb8(),
            Self::Brightened => imageops::brighten(&imageops::contrast(picture, 15.0), 20),
            Self::Bordered => bordered(picture),
            Self::Signed => signed(picture),
            Self::Tilted => tilted(picture),
        };
        Ok((jpeg(&edited, 88)?, "jpg"))
    }
}

/// The picture in a lossless format.
///
/// # Errors
/// Where the encoder refuses, which it has no reason to.
pub fn encode(picture: &RgbImage, format: ImageFormat) -> anyhow::Result<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, format)
        .context("could not encode a drawn picture")?;
    Ok(bytes.into_inner())
}

fn jpeg(picture: &RgbImage, quality: u8) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(picture)
        .context("could not encode a drawn picture")?;
    Ok(bytes)
}

fn bordered(picture: &RgbImage) -> RgbImage {
    const BORDER: u32 = 10;
    let (width, height) = picture.dimensions();
    let mut frame = RgbImage::from_pixel(
        width + 2 * BORDER,
        height + 2 * BORDER,
        Rgb([250, 248, 240]),
    );
    imageops::replace(&mut frame, picture, BORDER.into(), BORDER.into());
    frame
}

/// Strokes of irregular length stand for letters: no font is needed, and a model sees no difference.
fn signed(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let mut signed = picture.clone();
    for letter in 0..14 {
        let left = width - 100 + letter * 6;
        let tall = 4 + (letter * 7 % 5);
        for y in 0..tall {
            for x in 0..4 {
                if (x + y * 3 + letter) % 4 != 0 {
                    signed.put_pixel(left + x, height - 12 - y, Rgb([255, 255, 255]));
                }
            }
        }
    }
    signed
}

fn tilted(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let (sin, cos) = 0.07_f32.sin_cos();
    let (cx, cy) = (width as f32 / 2.0, height as f32 / 2.0);
    RgbImage::from_fn(width, height, |x, y| {
        let (dx, dy) = (x as f32 - cx, y as f32 - cy);
        let u = (cx + dx * cos - dy * sin).clamp(0.0, width as f32 - 1.0);
        let v = (cy + dx * sin + dy * cos).clamp(0.0, height as f32 - 1.0);
        *picture.get_pixel(u as u32, v as u32)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_edit_is_another_file_that_can_be_read() {
        let picture = super::super::scene::draw(1);
        let original = encode(&picture, ImageFormat::Png).expect("encodes");
        for edit in Edit::ALL {
            let (bytes, _) = edit.make(&picture, &original).expect("encodes");
            let copy = image::load_from_memory(&bytes).expect("decodes").to_rgb8();
            let same_pixels = matches!(edit, Edit::SameBytes | Edit::OtherFormat);
            assert_eq!(copy == picture, same_pixels, "{edit:?}");
            assert_eq!(bytes == original, edit == Edit::SameBytes, "{edit:?}");
        }
    }
}
