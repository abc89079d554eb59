//! How much there is in a picture to tell it by.
//!
//! A black frame, a gradient, a scan of an empty page resembles everything of its kind. What such
//! pictures share is that each small part of them is a plane: one grey, or grey rising evenly. So
//! the picture is averaged to a coarse grid (which removes noise), a plane is taken from each
//! small window of it (which removes gradients of every shape), and what remains is measured.

use lookalike_types::Pixels;

/// Below this a picture is called flat. See `docs/decode.md` for what was measured.
pub const FLAT_DETAIL: f32 = 3.0;

/// Cells per side of the grid, at most.
const GRID: usize = 64;

/// Cells per side of a window, and half of that between one window and the next, so that an edge
/// on the border of two windows lies inside a third.
const WINDOW: usize = 8;

/// The root mean square, in grey levels (0 to 255), of what remains of the brightness after the
/// least-squares plane of each window is subtracted. The number depends on the pixels alone.
pub fn detail(pixels: &Pixels) -> f32 {
    let grid = Grid::of(pixels);
    let (mut sum, mut cells) = (0.0, 0usize);
    for top in starts(grid.height) {
        for left in starts(grid.width) {
            let window = grid.window(left, top);
            sum += remainder(&window);
            cells += window.values.len();
        }
    }
    (sum / cells as f64).sqrt() as f32
}

/// Where windows begin along a side; a shorter side is one window.
fn starts(length: usize) -> impl Iterator<Item = usize> {
    (0..=length.saturating_sub(WINDOW)).step_by(WINDOW / 2)
}

struct Grid {
    width: usize,
    height: usize,
    values: Vec<f64>,
}

impl Grid {
    /// Means of brightness (ITU-R BT.601 weights) over equal parts of the picture.
    fn of(pixels: &Pixels) -> Self {
        let (across, down) = (pixels.width() as usize, pixels.height() as usize);
        let (width, height) = (across.min(GRID), down.min(GRID));
        // Whole numbers, so that the sum does not depend on an order: 1000 per grey level.
        let mut sums = vec![0u64; width * height];
        let mut counts = vec![0u64; width * height];
        let columns: Vec<usize> = (0..across).map(|x| x * width / across).collect();
        for (y, row) in pixels.rgb().chunks_exact(3 * across).enumerate() {
            let base = y * height / down * width;
            for (pixel, column) in row.chunks_exact(3).zip(&columns) {
                let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(u64::from);
                sums[base + column] += 299 * r + 587 * g + 114 * b;
                counts[base + column] += 1000;
            }
        }
        let values = sums.iter().zip(&counts);
        Self {
            width,
            height,
            values: values
                .map(|(&sum, &count)| sum as f64 / count as f64)
                .collect(),
        }
    }

    fn window(&self, left: usize, top: usize) -> Self {
        let (width, height) = (self.width.min(WINDOW), self.height.min(WINDOW));
        let rows = (top..top + height).map(|y| y * self.width + left);
        Self {
            width,
            height,
            values: rows
                .flat_map(|start| self.values[start..start + width].iter().copied())
                .collect(),
        }
    }
}

/// The sum of squares around the least-squares plane. On a grid the two slopes are independent of
/// each other and of the mean, so each takes its own share of the variance.
fn remainder(window: &Grid) -> f64 {
    let mean = window.values.iter().sum::<f64>() / window.values.len() as f64;
    let middle = |length: usize| (length as f64 - 1.0) / 2.0;
    let (middle_x, middle_y) = (middle(window.width), middle(window.height));
    let [mut total, mut xx, mut yy, mut xv, mut yv] = [0.0; 5];
    for (i, value) in window.values.iter().enumerate() {
        let x = (i % window.width) as f64 - middle_x;
        let y = (i / window.width) as f64 - middle_y;
        let v = value - mean;
        total += v * v;
        xx += x * x;
        yy += y * y;
        xv += x * v;
        yv += y * v;
    }
    let share = |product: f64, square: f64| match square > 0.0 {
        true => product * product / square,
        false => 0.0,
    };
    (total - share(xv, xx) - share(yv, yy)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: u32, height: u32, grey: impl Fn(f64, f64) -> f64) -> f32 {
        let mut rgb = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let value = grey(f64::from(x) + 0.5, f64::from(y) + 0.5);
                rgb.extend([value.clamp(0.0, 255.0).round() as u8; 3]);
            }
        }
        detail(&Pixels::new(width, height, rgb).expect("three samples a pixel"))
    }

    /// Even noise in -1..1 from the position, the same in every run.
    fn noise(x: f64, y: f64) -> f64 {
        let hash = blake3::hash(format!("{x} {y}").as_bytes());
        f64::from(hash.as_bytes()[0]) / 127.5 - 1.0
    }

    #[test]
    fn featureless_pictures_are_flat() {
        let distance = |x: f64, y: f64| (x - 160.0).hypot(y - 120.0);
        let pictures: [(&str, f32); 9] = [
            ("black", drawn(320, 240, |_, _| 0.0)),
            ("one pixel", drawn(1, 1, |_, _| 77.0)),
            ("one row", drawn(500, 1, |x, _| x / 2.0)),
            ("linear", drawn(320, 240, |x, y| (x + y) / 2.2)),
            ("cone", drawn(320, 240, |x, y| 255.0 - distance(x, y) * 1.2)),
            (
                "glow",
                drawn(320, 240, |x, y| {
                    255.0 * (-(distance(x, y) / 90.0).powi(2)).exp()
                }),
            ),
            (
                "empty scan",
                drawn(600, 800, |x, y| 243.0 + 12.0 * noise(x, y)),
            ),
            (
                "sky",
                drawn(320, 240, |x, y| 200.0 - y * y / 900.0 + 6.0 * noise(x, y)),
            ),
            (
                "fog",
                drawn(320, 240, |x, y| {
                    180.0 + 9.0 * (x / 40.0).sin() * (y / 30.0).cos()
                }),
            ),
        ];
        for (name, detail) in pictures {
            assert!(detail < FLAT_DETAIL, "{name}: {detail}");
        }
    }

    #[test]
    fn drawn_features_are_not_flat() {
        let text = |x: f64, y: f64| match y % 20.0 < 8.0 && (x * 0.7).sin() > 0.0 {
            true => 40.0,
            false => 245.0,
        };
        let pictures: [(&str, f32); 4] = [
            (
                "two halves",
                drawn(320, 240, |x, _| if x < 160.0 { 0.0 } else { 255.0 }),
            ),
            ("a page", drawn(600, 800, text)),
            ("stripes", drawn(32, 32, |x, _| (x % 8.0) * 30.0)),
            (
                "a disc",
                drawn(300, 300, |x, y| {
                    if (x - 90.0).hypot(y - 90.0) < 40.0 {
                        200.0
                    } else {
                        90.0
                    }
                }),
            ),
        ];
        for (name, detail) in pictures {
            assert!(detail > 2.0 * FLAT_DETAIL, "{name}: {detail}");
        }
    }

    #[test]
    fn a_plane_leaves_nothing_and_a_known_remainder_is_found() {
        let window = |value: fn(f64, f64) -> f64| Grid {
            width: 8,
            height: 8,
            values: (0..64)
                .map(|i| value(f64::from(i % 8), f64::from(i / 8)))
                .collect(),
        };
        assert!(remainder(&window(|x, y| 3.0 * x - 2.0 * y + 9.0)) < 1e-9);
        // A checkerboard of ±1 has no slope, so all of its 64 squares remain.
        let board = window(|x, y| if (x + y) % 2.0 == 0.0 { 1.0 } else { -1.0 });
        assert!((remainder(&board) - 64.0).abs() < 1e-9);
    }
}
