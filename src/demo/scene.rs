//! Draws varied little pictures by code, so that there is something to look at without a download.
//!
//! Each picture is a list of painted shapes over a background; every number comes from the seed,
//! so the same collection is drawn everywhere.

use fastrand::Rng;
use image::{Rgb, RgbImage};

/// Size of the drawn pictures.
pub const WIDTH: u32 = 320;
/// See [`WIDTH`].
pub const HEIGHT: u32 = 240;

type Colour = [f32; 3];

/// Where a point lies relative to a shape: negative inside, in pixels.
enum Shape {
    Circle {
        at: [f32; 2],
        radius: f32,
    },
    Ring {
        at: [f32; 2],
        radius: f32,
        width: f32,
    },
    Box {
        at: [f32; 2],
        half: [f32; 2],
        angle: f32,
    },
    /// Everything below a wavy line, such as a hill or the sea.
    Hill {
        base: f32,
        waves: [(f32, f32, f32); 3],
    },
    /// A band that runs across the whole picture.
    Stripe {
        at: f32,
        width: f32,
        angle: f32,
    },
    /// Petals around a centre.
    Flower {
        at: [f32; 2],
        radius: f32,
        petals: f32,
        turn: f32,
    },
}

impl Shape {
    fn distance(&self, x: f32, y: f32) -> f32 {
        match *self {
            Self::Circle { at, radius } => (x - at[0]).hypot(y - at[1]) - radius,
            Self::Ring { at, radius, width } => {
                ((x - at[0]).hypot(y - at[1]) - radius).abs() - width
            }
            Self::Box { at, half, angle } => {
                let (sin, cos) = angle.sin_cos();
                let (dx, dy) = (x - at[0], y - at[1]);
                let u = (dx * cos + dy * sin).abs() - half[0];
                let v = (dy * cos - dx * sin).abs() - half[1];
                u.max(v)
            }
            Self::Hill { base, waves } => {
                let wave =
                    |(height, length, shift): (f32, f32, f32)| height * (x / length + shift).sin();
                base + waves.into_iter().map(wave).sum::<f32>() - y
            }
            Self::Stripe { at, width, angle } => {
                (x * angle.cos() + y * angle.sin() - at).abs() - width
            }
            Self::Flower {
                at,
                radius,
                petals,
                turn,
            } => {
                let (dx, dy) = (x - at[0], y - at[1]);
                let bend = (petals * (dy.atan2(dx) + turn)).cos();
                dx.hypot(dy) - radius * (0.62 + 0.38 * bend)
            }
        }
    }
}

/// A shape, its colour at the top and at the bottom of the picture, and how grainy it is.
struct Paint {
    shape: Shape,
    top: Colour,
    bottom: Colour,
    grain: f32,
}

/// Draws the picture with this number.
pub fn draw(number: u64) -> RgbImage {
    let mut rng = Rng::with_seed(number.wrapping_mul(0x9e37_79b9).wrapping_add(2018));
    let sky = [colour(&mut rng), colour(&mut rng)];
    let paints = match number % 6 {
        0 => landscape(&mut rng),
        1 => town(&mut rng),
        2 => still_life(&mut rng),
        3 => weave(&mut rng),
        4 => garden(&mut rng),
        _ => mobile(&mut rng),
    };
    let grain = 4.0 + 10.0 * rng.f32();
    let mut image = RgbImage::new(WIDTH, HEIGHT);
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        let depth = y as f32 / HEIGHT as f32;
        let noise = rng.f32() - 0.5;
        let mut value = mix(sky[0], sky[1], depth).map(|v| v + noise * grain);
        for paint in &paints {
            // One pixel of soft edge is the antialiasing.
            let cover = (0.5 - paint.shape.distance(x as f32, y as f32)).clamp(0.0, 1.0);
            if cover > 0.0 {
                let own = mix(paint.top, paint.bottom, depth).map(|v| v + noise * paint.grain);
                value = mix(value, own, cover);
            }
        }
        *pixel = Rgb(value.map(|v| v.clamp(0.0, 255.0) as u8));
    }
    image
}

fn mix(a: Colour, b: Colour, share: f32) -> Colour {
    [0, 1, 2].map(|c| a[c] + (b[c] - a[c]) * share)
}

fn colour(rng: &mut Rng) -> Colour {
    [0, 1, 2].map(|_| 255.0 * rng.f32())
}

fn between(rng: &mut Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * rng.f32()
}

fn somewhere(rng: &mut Rng) -> [f32; 2] {
    [rng.f32() * WIDTH as f32, rng.f32() * HEIGHT as f32]
}

fn paint(shape: Shape, rng: &mut Rng) -> Paint {
    let top = colour(rng);
    let bottom = mix(top, colour(rng), 0.4);
    let grain = between(rng, 0.0, 40.0);
    Paint {
        shape,
        top,
        bottom,
        grain,
    }
}

fn landscape(rng: &mut Rng) -> Vec<Paint> {
    let sun = Shape::Circle {
        at: [between(rng, 30.0, 290.0), between(rng, 25.0, 90.0)],
        radius: between(rng, 10.0, 36.0),
    };
    let mut paints = vec![paint(sun, rng)];
    for ridge in 0..rng.u8(2..6) {
        let wave = |rng: &mut Rng| {
            (
                between(rng, 3.0, 28.0),
                between(rng, 8.0, 70.0),
                between(rng, 0.0, 6.3),
            )
        };
        let waves = [wave(rng), wave(rng), wave(rng)];
        let base = 90.0 + 32.0 * f32::from(ridge) + between(rng, -15.0, 15.0);
        paints.push(paint(Shape::Hill { base, waves }, rng));
    }
    for _ in 0..rng.u8(0..9) {
        let at = [between(rng, 0.0, 320.0), between(rng, 130.0, 230.0)];
        paints.push(paint(
            Shape::Circle {
                at,
                radius: between(rng, 4.0, 18.0),
            },
            rng,
        ));
    }
    paints
}

fn town(rng: &mut Rng) -> Vec<Paint> {
    let mut paints = Vec::new();
    for _ in 0..rng.u8(5..14) {
        let half = [between(rng, 8.0, 34.0), between(rng, 25.0, 95.0)];
        let at = [between(rng, 0.0, 320.0), 240.0 - half[1] * 0.9];
        paints.push(paint(
            Shape::Box {
                at,
                half,
                angle: 0.0,
            },
            rng,
        ));
        let light = colour(rng);
        let step = between(rng, 9.0, 16.0);
        for row in 0..(half[1] / step) as i32 {
            for column in -1..=1 {
                let window = [
                    at[0] + column as f32 * half[0] * 0.55,
                    at[1] - half[1] + step * (row as f32 + 1.0),
                ];
                if rng.f32() < 0.7 {
                    let shape = Shape::Box {
                        at: window,
                        half: [half[0] * 0.14, step * 0.28],
                        angle: 0.0,
                    };
                    paints.push(Paint {
                        shape,
                        top: light,
                        bottom: light,
                        grain: 0.0,
                    });
                }
            }
        }
    }
    paints
}

fn still_life(rng: &mut Rng) -> Vec<Paint> {
    let table = Shape::Box {
        at: [160.0, 230.0],
        half: [200.0, between(rng, 30.0, 90.0)],
        angle: between(rng, -0.1, 0.1),
    };
    let mut paints = vec![paint(table, rng)];
    for _ in 0..rng.u8(4..12) {
        let at = [between(rng, 20.0, 300.0), between(rng, 90.0, 215.0)];
        let shape = match rng.u8(0..3) {
            0 => Shape::Circle {
                at,
                radius: between(rng, 12.0, 44.0),
            },
            1 => Shape::Box {
                at,
                half: [between(rng, 8.0, 30.0), between(rng, 14.0, 55.0)],
                angle: between(rng, -0.4, 0.4),
            },
            _ => Shape::Flower {
                at,
                radius: between(rng, 18.0, 48.0),
                petals: 3.0,
                turn: between(rng, 0.0, 6.0),
            },
        };
        paints.push(paint(shape, rng));
    }
    paints
}

fn weave(rng: &mut Rng) -> Vec<Paint> {
    let mut paints = Vec::new();
    for _ in 0..2 {
        let angle = between(rng, 0.0, 3.1);
        let mut at = -300.0;
        while at < 420.0 {
            let width = between(rng, 2.0, 15.0);
            paints.push(paint(Shape::Stripe { at, width, angle }, rng));
            at += width + between(rng, 12.0, 42.0);
        }
    }
    let at = somewhere(rng);
    paints.push(paint(
        Shape::Ring {
            at,
            radius: between(rng, 30.0, 90.0),
            width: between(rng, 4.0, 16.0),
        },
        rng,
    ));
    paints
}

fn garden(rng: &mut Rng) -> Vec<Paint> {
    let mut paints = Vec::new();
    for _ in 0..rng.u8(5..16) {
        let at = somewhere(rng);
        let (radius, petals) = (between(rng, 16.0, 60.0), f32::from(rng.u8(3..9)));
        let turn = between(rng, 0.0, 6.0);
        let stem = Shape::Box {
            at: [at[0], at[1] + 60.0],
            half: [2.5, 60.0],
            angle: between(rng, -0.2, 0.2),
        };
        paints.push(paint(stem, rng));
        paints.push(paint(
            Shape::Flower {
                at,
                radius,
                petals,
                turn,
            },
            rng,
        ));
        paints.push(paint(
            Shape::Circle {
                at,
                radius: radius * 0.25,
            },
            rng,
        ));
    }
    paints
}

fn mobile(rng: &mut Rng) -> Vec<Paint> {
    let mut paints = Vec::new();
    for _ in 0..rng.u8(8..22) {
        let at = somewhere(rng);
        let shape = match rng.u8(0..4) {
            0 => Shape::Ring {
                at,
                radius: between(rng, 10.0, 70.0),
                width: between(rng, 2.0, 9.0),
            },
            1 => Shape::Circle {
                at,
                radius: between(rng, 5.0, 40.0),
            },
            2 => Shape::Box {
                at,
                half: [between(rng, 10.0, 70.0), between(rng, 2.0, 26.0)],
                angle: between(rng, 0.0, 3.1),
            },
            _ => Shape::Stripe {
                at: at[0],
                width: between(rng, 1.0, 7.0),
                angle: between(rng, 0.0, 3.1),
            },
        };
        paints.push(paint(shape, rng));
    }
    paints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_draws_the_same_picture_and_another_another() {
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(13));
    }
}
