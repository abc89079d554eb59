//! From activations to a unit vector: pooling, flattening, L2. Pure functions.
//!
//! The windows are those of PyTorch's `AdaptiveAvgPool2d` and `AdaptiveMaxPool2d`: cell i of p
//! takes the rows from floor(i H / p) to ceil((i + 1) H / p), columns likewise. Where p does not
//! divide H the windows overlap; where p > H they repeat. Sums run in one fixed order.

use std::ops::Range;

use lookalike_types::{Failed, PoolKind, Pooling, Reason};

/// What smaller activations are raised to before the generalised mean with exponent 3
/// (Radenović, Tolias, Chum 2018, equation 3, and the code of the paper).
const GEM_FLOOR: f32 = 1e-6;

/// Channels, rows and columns of one image's activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// C.
    pub channels: usize,
    /// H.
    pub rows: usize,
    /// W.
    pub columns: usize,
}

impl Shape {
    /// C H W.
    pub fn len(&self) -> usize {
        self.channels * self.rows * self.columns
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length of the vector that [`pool`] makes of such activations.
    pub fn pooled(&self, pooling: &Pooling) -> usize {
        let cells = (pooling.size as usize).pow(2);
        match pooling.kind {
            PoolKind::Concat => 2 * self.channels * cells,
            PoolKind::Avg | PoolKind::Max | PoolKind::Gem => self.channels * cells,
            PoolKind::None => self.len(),
        }
    }
}

/// Pools `activation`, which holds C x H x W values channel by channel and row by row, and
/// flattens the result in the same order: channels, then rows, then columns.
///
/// [`PoolKind::Concat`] puts all maxima before all means, as fastai's `AdaptiveConcatPool2d` does.
/// A NaN anywhere in a window makes its cell NaN, for the maximum too.
///
/// # Panics
/// Where `activation` is not `shape.len()` long.
pub fn pool(activation: &[f32], shape: Shape, pooling: &Pooling) -> Vec<f32> {
    assert_eq!(
        activation.len(),
        shape.len(),
        "activations fill their shape"
    );
    if pooling.kind == PoolKind::None || shape.is_empty() {
        return activation.to_vec();
    }
    let mut vector = Vec::with_capacity(shape.pooled(pooling));
    let mut take = |cell| append(&mut vector, activation, shape, pooling.size as usize, cell);
    match pooling.kind {
        PoolKind::Concat => {
            take(maximum as Cell);
            take(mean);
        }
        PoolKind::Max => take(maximum),
        PoolKind::Gem => take(generalised_mean),
        PoolKind::Avg | PoolKind::None => take(mean),
    }
    vector
}

/// Scales `vector` to length 1. The squares are summed in f64, first to last.
///
/// # Errors
/// [`Reason::NoFeatures`] for a vector with NaN or infinities, and for the zero vector, which has
/// no direction.
pub fn normalise(mut vector: Vec<f32>) -> Result<Vec<f32>, Failed> {
    if !vector.iter().all(|value| value.is_finite()) {
        let detail = "the model gave NaN or infinite activations";
        return Err(Failed::new(Reason::NoFeatures, detail));
    }
    let square: f64 = vector.iter().map(|&value| f64::from(value).powi(2)).sum();
    if square == 0.0 {
        let detail = "the model gave only zeros";
        return Err(Failed::new(Reason::NoFeatures, detail));
    }
    let scale = square.sqrt().recip();
    for value in &mut vector {
        *value = (f64::from(*value) * scale) as f32;
    }
    Ok(vector)
}

/// What is taken of one window.
type Cell = fn(&Window<'_>) -> f32;

/// Appends `cell` of every window: channels, then rows, then columns.
fn append(vector: &mut Vec<f32>, activation: &[f32], shape: Shape, p: usize, cell: Cell) {
    for plane in activation.chunks_exact(shape.rows * shape.columns) {
        for row in 0..p {
            let rows = window(row, shape.rows, p);
            for column in 0..p {
                vector.push(cell(&Window {
                    plane,
                    width: shape.columns,
                    rows: rows.clone(),
                    columns: window(column, shape.columns, p),
                }));
            }
        }
    }
}

fn window(cell: usize, side: usize, p: usize) -> Range<usize> {
    (cell * side / p)..((cell + 1) * side).div_ceil(p)
}

/// The values of one channel under one cell.
struct Window<'a> {
    plane: &'a [f32],
    width: usize,
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Window<'_> {
    fn values(&self) -> impl Iterator<Item = f32> + '_ {
        let row = |row: usize| &self.plane[row * self.width..][self.columns.clone()];
        self.rows.clone().flat_map(row).copied()
    }

    fn count(&self) -> f32 {
        (self.rows.len() * self.columns.len()) as f32
    }
}

fn maximum(window: &Window<'_>) -> f32 {
    // `f32::max` would drop a NaN, and a broken image would get a vector.
    let greater = |a: f32, b: f32| if b > a || b.is_nan() { b } else { a };
    window.values().fold(f32::NEG_INFINITY, greater)
}

fn mean(window: &Window<'_>) -> f32 {
    window.values().sum::<f32>() / window.count()
}

fn generalised_mean(window: &Window<'_>) -> f32 {
    // A comparison instead of `max` keeps NaN.
    let floor = |value: f32| if value < GEM_FLOOR { GEM_FLOOR } else { value };
    let cubes: f32 = window.values().map(|value| floor(value).powi(3)).sum();
    (cubes / window.count()).cbrt()
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
