//! A decoded picture, and what is known of it once its pixels are gone.

use crate::PixelsId;

/// A picture as every stage after decoding sees it: upright, opaque, 8-bit RGB, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

/// The number of bytes does not fit the size of the picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes cannot be a picture of {width} x {height} RGB pixels")]
pub struct PixelsError {
    width: u32,
    height: u32,
    bytes: usize,
}

impl Pixels {
    /// A picture of `width` x `height` pixels from `3 * width * height` bytes.
    ///
    /// # Errors
    /// Where a side is zero or the number of bytes is another.
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self, PixelsError> {
        let wanted = u128::from(width) * u128::from(height) * 3;
        if wanted == 0 || wanted != rgb.len() as u128 {
            let bytes = rgb.len();
            return Err(PixelsError {
                width,
                height,
                bytes,
            });
        }
        Ok(Self { width, height, rgb })
    }

    /// Pixels from left to right.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The samples: rows from the top, pixels from the left, red, green, blue.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The samples themselves, without a copy.
    pub fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }

    /// The digest of size and samples. The size is part of it, else a 2 x 3 and a 3 x 2 picture
    /// of the same samples would be one.
    pub fn id(&self) -> PixelsId {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.width.to_le_bytes());
        hasher.update(&self.height.to_le_bytes());
        hasher.update(&self.rgb);
        PixelsId::from_bytes(*hasher.finalize().as_bytes())
    }
}

/// What decoding says of a content; kept beside its vector, so that a report needs no image.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The digest of the pixels.
    pub pixels: PixelsId,
    /// The format by content: `jpeg`, `png`, `gif`, …
    pub format: String,
    /// Pixels from left to right, after EXIF orientation.
    pub width: u32,
    /// Pixels from top to bottom, after EXIF orientation.
    pub height: u32,
    /// How much there is in the picture to tell it by (grey levels; see `docs/decode.md`). Below
    /// the documented limit the picture is called flat.
    pub detail: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_part_of_the_id() {
        let wide = Pixels::new(3, 2, vec![7; 18]).expect("18 = 3 * 2 * 3");
        let tall = Pixels::new(2, 3, vec![7; 18]).expect("18 = 2 * 3 * 3");
        assert_ne!(wide.id(), tall.id());
    }

    #[test]
    fn a_wrong_number_of_bytes_is_refused() {
        assert!(Pixels::new(3, 2, vec![0; 17]).is_err());
        assert!(Pixels::new(0, 2, Vec::new()).is_err());
        assert!(Pixels::new(u32::MAX, u32::MAX, Vec::new()).is_err());
    }
}
