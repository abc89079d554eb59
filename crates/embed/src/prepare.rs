//! From a decoded picture to the model's input: resizing, then numbers.
//!
//! Resizing gives 8-bit RGB again. That is what travels between threads (49 kB at 128 px, a
//! quarter of the floats), and what the built-in model was trained on.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use lookalike_types::{Channels, Pixels, Preprocessing, Resize};

use crate::graph::Layout;

/// A picture at the size of the model's input: size x size RGB pixels, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    size: u32,
    rgb: Vec<u8>,
}

impl Prepared {
    /// Width and height in pixels.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Red, green, blue of each pixel, row by row.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }
}

/// Brings `pixels` to the size that `preprocessing` names. The filter is an antialiased triangle
/// (its support grows with the reduction), as in Pillow's `Image.resize(…, BILINEAR)`.
pub fn prepare(pixels: &Pixels, preprocessing: &Preprocessing) -> Prepared {
    let size = preprocessing.size.max(1);
    let (width, height) = (pixels.width(), pixels.height());
    let rgb = match preprocessing.resize {
        Resize::Squash => scale(pixels, None, (size, size)),
        Resize::Crop => scale(pixels, Some(width.min(height)), (size, size)),
        Resize::Pad => {
            let inner = inside(width, height, size);
            let picture = scale(pixels, None, inner);
            centre(&picture, inner, size, preprocessing.mean)
        }
    };
    Prepared { size, rgb }
}

/// Every sample as the model wants it: (value / 255 - mean) / std, in order of the planes.
pub(crate) struct Numbers {
    /// For each plane the sample it takes, and its number for each of the 256 values.
    planes: [(usize, Vec<f32>); 3],
}

impl Numbers {
    pub(crate) fn new(preprocessing: &Preprocessing) -> Self {
        let Preprocessing { mean, std, .. } = preprocessing;
        let plane = |sample: usize| {
            let number = |value: u8| (f32::from(value) / 255.0 - mean[sample]) / std[sample];
            (sample, (0..=u8::MAX).map(number).collect())
        };
        Self {
            planes: match preprocessing.channels {
                Channels::Rgb => [plane(0), plane(1), plane(2)],
                Channels::Bgr => [plane(2), plane(1), plane(0)],
            },
        }
    }

    /// Appends one picture to `tensor`: 3 x size x size for [`Layout::Nchw`], size x size x 3 for
    /// [`Layout::Nhwc`].
    pub(crate) fn append(&self, picture: &Prepared, layout: Layout, tensor: &mut Vec<f32>) {
        let pixels = picture.rgb.chunks_exact(3);
        match layout {
            Layout::Nchw => {
                for (sample, numbers) in &self.planes {
                    tensor.extend(pixels.clone().map(|rgb| numbers[usize::from(rgb[*sample])]));
                }
            }
            Layout::Nhwc => {
                for rgb in pixels {
                    let number =
                        |(sample, numbers): &(usize, Vec<f32>)| numbers[usize::from(rgb[*sample])];
                    tensor.extend(self.planes.iter().map(number));
                }
            }
        }
    }
}

/// Width and height of the whole picture inside a frame of `size`, one pixel at least.
fn inside(width: u32, height: u32, size: u32) -> (u32, u32) {
    let longer = f64::from(width.max(height));
    let side = |side: u32| {
        let scaled = f64::from(side) * f64::from(size) / longer;
        (scaled.round() as u32).clamp(1, size)
    };
    (side(width), side(height))
}

fn scale(pixels: &Pixels, square: Option<u32>, (width, height): (u32, u32)) -> Vec<u8> {
    let source = ImageRef::new(
        pixels.width(),
        pixels.height(),
        pixels.rgb(),
        PixelType::U8x3,
    )
    .expect("`Pixels` holds three bytes for each pixel");
    let mut target = Image::new(width, height, PixelType::U8x3);
    let mut options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    if let Some(side) = square {
        let left = f64::from(pixels.width() - side) / 2.0;
        let top = f64::from(pixels.height() - side) / 2.0;
        options = options.crop(left, top, side.into(), side.into());
    }
    Resizer::new()
        .resize(&source, &mut target, &options)
        .expect("both images have pixels of one type and the crop lies inside");
    target.into_vec()
}

/// The picture in the middle of a frame that is filled with the means of the channels, so that the
/// filling is near zero for the model.
fn centre(picture: &[u8], (width, height): (u32, u32), size: u32, mean: [f32; 3]) -> Vec<u8> {
    let fill = mean.map(|mean| (mean * 255.0).round().clamp(0.0, 255.0) as u8);
    let mut frame = fill.repeat((size * size) as usize);
    let (left, top) = ((size - width) / 2, (size - height) / 2);
    let row_bytes = 3 * width as usize;
    for (row, line) in picture.chunks_exact(row_bytes).enumerate() {
        let start = 3 * ((top as usize + row) * size as usize + left as usize);
        frame[start..start + row_bytes].copy_from_slice(line);
    }
    frame
}

#[cfg(test)]
#[path = "prepare_tests.rs"]
mod tests;
