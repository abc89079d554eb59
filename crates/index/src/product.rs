//! Matrices, row by row, and their products: the only file that calls a matrix multiplication.

use std::ops::Range;

/// Numbers row by row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matrix {
    columns: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// # Panics
    /// Where the values do not fill whole rows.
    pub(crate) fn new(columns: usize, values: Vec<f32>) -> Self {
        assert!(values.len().is_multiple_of(columns));
        Self { columns, values }
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    pub(crate) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    #[cfg(test)]
    fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    pub(crate) fn transposed(&self) -> Self {
        let (rows, columns) = (self.rows(), self.columns);
        let value = |i: usize| self.values[(i % rows) * columns + i / rows];
        Self::new(rows, (0..rows * columns).map(value).collect())
    }

    /// The products of all rows with all rows.
    pub(crate) fn gram(&self) -> Self {
        let rows = self.rows();
        let mut products = vec![0.0; rows * rows];
        let d = self.columns;
        add_products(
            (&self.values, d),
            (&self.values, d),
            0..d,
            &mut products,
            rows,
        );
        Self::new(rows, products)
    }

    /// The same in f64: exact enough to divide by.
    pub(crate) fn gram_f64(&self) -> Vec<f64> {
        let (rows, d) = (self.rows(), self.columns);
        let wide: Vec<f64> = self.values.iter().map(|v| f64::from(*v)).collect();
        let mut products = vec![0.0f64; rows * rows];
        let stride = d as isize;
        // SAFETY: `wide` is rows x d row by row, read once as it is and once transposed;
        // `products` is rows x rows and the only one written to. All fit isize, as slices do.
        unsafe {
            matrixmultiply::dgemm(
                rows,
                d,
                rows,
                1.0,
                wide.as_ptr(),
                stride,
                1,
                wide.as_ptr(),
                1,
                stride,
                0.0,
                products.as_mut_ptr(),
                rows as isize,
                1,
            );
        }
        products
    }

    /// Makes the rows orthonormal, each against those before it, by the Cholesky factor of their
    /// products. A row that depends on those before it becomes zero.
    pub(crate) fn orthonormalise(&mut self) {
        let (rows, d) = (self.rows(), self.columns);
        let mut factor = self.gram_f64();
        let largest = (0..rows).map(|i| factor[i * rows + i]).fold(0.0, f64::max);
        for i in 0..rows {
            for j in 0..i {
                let (above, row) = factor.split_at_mut(i * rows);
                let other = &above[j * rows..j * rows + j];
                let sum: f64 = row[..j].iter().zip(other).map(|(x, y)| x * y).sum();
                let pivot = above[j * rows + j];
                row[j] = if pivot > 0.0 {
                    (row[j] - sum) / pivot
                } else {
                    0.0
                };
            }
            let row = &mut factor[i * rows..(i + 1) * rows];
            let rest = row[i] - row[..i].iter().map(|v| v * v).sum::<f64>();
            row[i] = if rest > 1e-11 * largest {
                rest.sqrt()
            } else {
                0.0
            };
        }
        for i in 0..rows {
            let (done, rest) = self.values.split_at_mut(i * d);
            let row = &mut rest[..d];
            for (j, other) in done.chunks_exact(d).enumerate() {
                let share = factor[i * rows + j] as f32;
                row.iter_mut().zip(other).for_each(|(v, o)| *v -= share * o);
            }
            let pivot = factor[i * rows + i];
            let scale = if pivot > 0.0 {
                (1.0 / pivot) as f32
            } else {
                0.0
            };
            row.iter_mut().for_each(|v| *v *= scale);
        }
    }

    /// A bound of the norm. Its square is the largest eigenvalue of the Gram matrix, which no sum of
    /// the sizes of a row passes (Gershgorin).
    pub(crate) fn norm_bound(&self) -> f64 {
        let gram = self.gram_f64();
        let sums = gram
            .chunks_exact(self.rows().max(1))
            .map(|row| row.iter().map(|v| v.abs()).sum::<f64>());
        sums.fold(0.0, f64::max).sqrt()
    }

    /// Divides by a bound of the norm where that is above 1, so that no vector gains length by the
    /// product with it.
    pub(crate) fn shrink_to_unit_norm(&mut self) {
        // Rounding to f32 may add half a unit in the last place to each value.
        let scale = (1.0 / self.norm_bound().max(1.0) * (1.0 - 1e-6)) as f32;
        self.values.iter_mut().for_each(|v| *v *= scale);
    }
}

/// Adds the products of each row of `left` with each row of `right`, over these of their values,
/// to `products`, which has `columns` values a row: one for each row of `right`. Both come with
/// the length of their rows.
pub(crate) fn add_products(
    (left, left_stride): (&[f32], usize),
    (right, right_stride): (&[f32], usize),
    values: Range<usize>,
    products: &mut [f32],
    columns: usize,
) {
    let rows = products.len().checked_div(columns).unwrap_or(0);
    if rows == 0 || values.is_empty() {
        return;
    }
    assert!(values.end <= left_stride && values.end <= right_stride);
    assert!(left.len() >= (rows - 1) * left_stride + values.end);
    assert!(right.len() >= (columns - 1) * right_stride + values.end);
    assert!(products.len() == rows * columns);
    // SAFETY: the lengths just asserted are those that the strides reach: `left` is rows x values
    // and `right` columns x values (read transposed), `products` is rows x columns and the only
    // one written to. All fit isize, as slices do.
    unsafe {
        matrixmultiply::sgemm(
            rows,
            values.len(),
            columns,
            1.0,
            left.as_ptr().add(values.start),
            left_stride as isize,
            1,
            right.as_ptr().add(values.start),
            1,
            right_stride as isize,
            1.0,
            products.as_mut_ptr(),
            columns as isize,
            1,
        );
    }
}

/// Adds the product of `left` (rows x `inner`) and `right` (`inner` x `columns`) to `products`.
pub(crate) fn add_products_transposed(
    left: &[f32],
    inner: usize,
    right: &[f32],
    columns: usize,
    products: &mut [f32],
) {
    let rows = left.len() / inner;
    assert!(left.len() == rows * inner && right.len() == inner * columns);
    assert!(products.len() == rows * columns);
    // SAFETY: the lengths just asserted are those of the three matrices, all row by row;
    // `products` is the only one written to. All fit isize, as slices do.
    unsafe {
        matrixmultiply::sgemm(
            rows,
            inner,
            columns,
            1.0,
            left.as_ptr(),
            inner as isize,
            1,
            right.as_ptr(),
            columns as isize,
            1,
            1.0,
            products.as_mut_ptr(),
            columns as isize,
            1,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, columns: usize) -> Matrix {
        let values = (0..rows * columns).map(|i| ((i * i + 3 * i) % 17) as f32 - 8.0);
        Matrix::new(columns, values.collect())
    }

    fn product(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn products_are_those_of_the_rows_over_the_values_asked_for() {
        let (a, b) = (matrix(5, 7), matrix(3, 9));
        let mut products = vec![1.0; 15];
        add_products((a.values(), 7), (b.values(), 9), 2..6, &mut products, 3);
        for i in 0..5 {
            for j in 0..3 {
                assert_eq!(
                    products[i * 3 + j],
                    1.0 + product(&a.row(i)[2..6], &b.row(j)[2..6])
                );
            }
        }
        let c = matrix(7, 4);
        let mut products = vec![0.0; 20];
        add_products_transposed(a.values(), 7, c.values(), 4, &mut products);
        let turned = c.transposed();
        for i in 0..5 {
            for j in 0..4 {
                assert_eq!(products[i * 4 + j], product(a.row(i), turned.row(j)));
            }
        }
        assert_eq!(a.gram().values()[5 * 2 + 4], product(a.row(2), a.row(4)));
    }

    #[test]
    fn rows_become_orthonormal_and_dependent_ones_vanish() {
        let rows = matrix(3, 6);
        let rows = [0, 1, 0, 2].map(|row| rows.row(row).to_vec());
        let mut m = Matrix::new(6, rows.concat());
        m.orthonormalise();
        m.orthonormalise();
        for i in 0..4 {
            for j in 0..4 {
                let wanted = f32::from(i == j && i != 2);
                assert!(
                    (product(m.row(i), m.row(j)) - wanted).abs() < 1e-5,
                    "{i} {j}"
                );
            }
        }
    }
}
