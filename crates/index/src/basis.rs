//! A few directions that hold most of the vectors, and the coordinates of a row along them.
//!
//! For a matrix V of norm at most 1, I - VᵀV has no negative direction, so by Cauchy and Schwarz
//!
//! ```text
//! x·y  <=  Vx·Vy + r(x) r(y),    r(x)² = |x|² - |Vx|²
//! ```
//!
//! for *any* such V: a poor one prunes badly, and loses nothing. The principal directions of a
//! sample prune best. They are found by orthogonal iteration (Golub and Van Loan, Matrix
//! Computations, 8.2.4) on the smaller of the sample's two Gram matrices, and the result is divided
//! by a bound of its norm.

use lookalike_types::VectorTable;

use crate::product::{Matrix, add_products, add_products_transposed};
use crate::seed::Random;

/// Rows that the directions are fitted to, at most.
const SAMPLE: usize = 2048;
/// The spectra of features fall fast: more rounds changed the pairs that pass by under 2 %.
const ROUNDS: usize = 4;
/// Directions that are mixed with each other, so that no coordinate is much larger than others and
/// one scale fits all. Levels of a sketch are multiples of it.
pub(crate) const MIX: usize = 16;
/// Values of a row that are summed in f32 before they are added in f64.
const PANEL: usize = 512;

/// Directions, one a row, of which no vector gains length.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Basis {
    directions: Matrix,
}

impl Basis {
    /// About the first `width` principal directions of `table`, as a sample of at most so many values
    /// shows them; `width` is
    /// cut to the multiples of [`MIX`] that dimension and sample allow. `None` where that is none.
    pub(crate) fn fit(
        table: &dyn VectorTable,
        width: usize,
        (seed, values): (u64, usize),
    ) -> Option<Self> {
        let d = table.dimension();
        let rows = SAMPLE.min(values / d.max(1)).min(table.len());
        let width = width.min(d).min(rows) / MIX * MIX;
        if width == 0 {
            return None;
        }
        let mut random = Random::new(seed);
        let picked = random.pick(table.len(), rows);
        let sample = picked.iter().flat_map(|row| table.row(*row as usize));
        let sample = Matrix::new(d, sample.copied().collect());
        let mut directions = principal(&sample, width, &mut random);
        mix(&mut directions);
        directions.shrink_to_unit_norm();
        Some(Self { directions })
    }

    /// Directions that were fitted before. Any will do that no row gains length by, so those are
    /// made shorter that would; the others stay as they are, bit by bit.
    pub(crate) fn from_values(dimension: usize, values: Vec<f32>) -> Self {
        let mut directions = Matrix::new(dimension, values);
        if directions.norm_bound() > 1.0 {
            directions.shrink_to_unit_norm();
        }
        Self { directions }
    }

    pub(crate) fn values(&self) -> &[f32] {
        self.directions.values()
    }

    /// The first `width` directions.
    pub(crate) fn cut(&self, width: usize) -> Self {
        let d = self.directions.columns();
        let values = self.directions.values()[..width * d].to_vec();
        Self {
            directions: Matrix::new(d, values),
        }
    }

    pub(crate) fn width(&self) -> usize {
        self.directions.rows()
    }

    /// How far the coordinates of a row of length 1 may be from the true ones, as a distance:
    /// γ(512) (Higham 3.1) for each of them.
    pub(crate) fn error(&self) -> f64 {
        let unit = f64::from(f32::EPSILON) / 2.0;
        let gamma = PANEL as f64 * unit / (1.0 - PANEL as f64 * unit);
        1.001 * gamma * (self.width() as f64).sqrt()
    }

    /// The coordinates of `rows` (whole rows, one after the other), `width` of each.
    pub(crate) fn project(&self, rows: &[f32], coordinates: &mut Vec<f64>) {
        let (d, width) = (self.directions.columns(), self.width());
        let count = rows.len() / d;
        coordinates.clear();
        coordinates.resize(count * width, 0.0);
        let mut part = vec![0.0f32; count * width];
        for from in (0..d).step_by(PANEL) {
            part.fill(0.0);
            let values = from..d.min(from + PANEL);
            add_products(
                (rows, d),
                (self.directions.values(), d),
                values,
                &mut part,
                width,
            );
            for (sum, part) in coordinates.iter_mut().zip(&part) {
                *sum += f64::from(*part);
            }
        }
    }
}

/// Orthonormal directions of the sample's rows, those of the largest moments first.
fn principal(sample: &Matrix, width: usize, random: &mut Random) -> Matrix {
    let (rows, d) = (sample.rows(), sample.columns());
    let by_rows = rows < d;
    let gram = if by_rows {
        sample.gram()
    } else {
        sample.transposed().gram()
    };
    let side = gram.rows();
    let start = (0..width * side).map(|_| random.unit() - 0.5).collect();
    let mut found = Matrix::new(side, start);
    for _ in 0..ROUNDS {
        found.orthonormalise();
        let mut next = vec![0.0; width * side];
        add_products(
            (found.values(), side),
            (gram.values(), side),
            0..side,
            &mut next,
            side,
        );
        found = Matrix::new(side, next);
    }
    found.orthonormalise();
    if by_rows {
        let mut next = vec![0.0; width * d];
        add_products_transposed(found.values(), rows, sample.values(), d, &mut next);
        found = Matrix::new(d, next);
        found.orthonormalise();
    }
    // Twice is enough for directions that were nearly dependent.
    found.orthonormalise();
    found
}

/// Mixes every [`MIX`] directions by a Hadamard matrix, which leaves what they span.
fn mix(directions: &mut Matrix) {
    let d = directions.columns();
    let factor = 1.0 / (MIX as f32).sqrt();
    for chunk in directions.values_mut().chunks_exact_mut(MIX * d) {
        let mut half = 1;
        while half < MIX {
            for i in (0..MIX).filter(|i| i & half == 0) {
                let (upper, lower) = chunk.split_at_mut((i + half) * d);
                let upper = &mut upper[i * d..(i + 1) * d];
                for (x, y) in upper.iter_mut().zip(&mut lower[..d]) {
                    (*x, *y) = (*x + *y, *x - *y);
                }
            }
            half *= 2;
        }
        chunk.iter_mut().for_each(|v| *v *= factor);
    }
}

#[cfg(test)]
mod tests {
    use lookalike_types::Rows;
    use proptest::prelude::*;

    use super::*;
    use crate::seed;

    /// Rows near a plane of `rank` directions.
    fn table(n: usize, d: usize, rank: usize, seed: u64) -> Rows {
        let mut random = seed::Random::new(seed);
        let mut vector =
            |len: usize| -> Vec<f32> { (0..len).map(|_| random.unit() - 0.5).collect() };
        let axes: Vec<Vec<f32>> = (0..rank).map(|_| vector(d)).collect();
        let mut values = Vec::new();
        for _ in 0..n {
            let mut row: Vec<f32> = vector(d).iter().map(|v| v * 0.01).collect();
            for (axis, share) in axes.iter().zip(vector(rank)) {
                row.iter_mut().zip(axis).for_each(|(r, a)| *r += share * a);
            }
            let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
            values.extend(row.iter().map(|v| v / length));
        }
        Rows::new(d, values).expect("whole rows")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// Norm at most 1 is all that the bound needs, so that is what must hold, for any sample:
        /// few rows, fewer directions than asked for, equal rows.
        #[test]
        fn no_row_gains_length(n in 1usize..60, d in 16usize..70, rank in 1usize..20, seed in any::<u64>()) {
            let table = table(n, d, rank, seed);
            let Some(basis) = Basis::fit(&table, 32, (seed, 1 << 20)) else {
                return Ok(());
            };
            let gram = basis.directions.gram_f64();
            let width = basis.width();
            for row in 0..width {
                let others: f64 = (0..width).filter(|c| *c != row).map(|c| gram[row * width + c].abs()).sum();
                // Gershgorin: no eigenvalue of VVᵀ is above 1.
                prop_assert!(gram[row * width + row] + others <= 1.0 + 1e-5);
            }
        }
    }

    #[test]
    fn most_of_a_row_lies_along_the_principal_directions() {
        let table = table(300, 64, 10, 4);
        let basis = Basis::fit(&table, 16, (1, 1 << 20)).expect("enough rows");
        let mut coordinates = Vec::new();
        basis.project(table.row(7), &mut coordinates);
        let kept: f64 = coordinates.iter().map(|c| c * c).sum();
        assert!((0.99..=1.0).contains(&kept), "{kept}");
        assert!(Basis::fit(&table, 15, (1, 1 << 20)).is_none());
    }
}
