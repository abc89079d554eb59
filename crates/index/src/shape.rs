//! The shape of sketches as bytes, so that sketches can be kept and used again.
//!
//! Little-endian: eight bytes of magic; dimension, number of rows it was fitted to, number of levels
//! (u32 each); where each level ends (u32); the scale (f64); the directions (f32), none where there
//! is no basis.

use crate::basis::Basis;
use crate::kernel::Level;
use crate::sketch::Sketcher;

const MAGIC: &[u8; 8] = b"LKSHAPE1";
/// Levels at the most: more than any choice has.
const LEVELS: usize = 16;

impl Sketcher {
    /// The shape as bytes, for [`Sketcher::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let counts = [self.dimension, self.fitted, self.ends.len()];
        let numbers = counts.iter().chain(&self.ends);
        bytes.extend(numbers.flat_map(|n| (*n as u32).to_le_bytes()));
        bytes.extend(self.scale.to_le_bytes());
        let directions = self.basis.iter().flat_map(|basis| basis.values());
        bytes.extend(directions.flat_map(|v| v.to_le_bytes()));
        bytes
    }

    /// The shape that [`Sketcher::to_bytes`] wrote; `None` where the bytes are not one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(MAGIC)?;
        let number =
            |at: usize| Some(u32::from_le_bytes(*bytes.get(4 * at..)?.first_chunk()?) as usize);
        let (dimension, fitted, levels) = (number(0)?, number(1)?, number(2)?);
        if dimension == 0 || !(1..=LEVELS).contains(&levels) {
            return None;
        }
        let ends: Vec<usize> = (3..3 + levels).map(number).collect::<Option<_>>()?;
        let rest = bytes.get(4 * (3 + levels)..)?;
        let scale = f64::from_le_bytes(*rest.first_chunk()?);
        let directions = rest[size_of::<f64>()..].as_chunks::<4>();
        let width = *ends.last()?;
        let values: Vec<f32> = directions
            .0
            .iter()
            .map(|v| f32::from_le_bytes(*v))
            .collect();
        let of_basis = Some(values.len()) == width.checked_mul(dimension);
        let is_sound = ends.is_sorted_by(|x, y| x < y)
            && scale.is_finite()
            && scale > 0.0
            && directions.1.is_empty()
            && values.iter().all(|v| v.is_finite())
            && (of_basis || values.is_empty() && ends == [dimension]);
        is_sound.then(|| {
            let basis = of_basis.then(|| Basis::from_values(dimension, values));
            Self {
                levels: levels_of(&ends, basis.is_some()),
                dimension,
                fitted,
                basis,
                ends,
                scale,
            }
        })
    }
}

/// The levels as the kernels take them.
pub(crate) fn levels_of(ends: &[usize], projected: bool) -> Vec<Level> {
    let starts = std::iter::once(&0).chain(ends);
    let sizes = starts.zip(ends).map(|(start, end)| end - start);
    let level = |values: usize| Level {
        values: values.div_ceil(4),
        own: usize::from(projected),
    };
    sizes.map(level).collect()
}

#[cfg(test)]
mod tests {
    use lookalike_types::Rows;

    use super::*;
    use crate::seed::Random;

    fn table() -> Rows {
        let mut random = Random::new(1);
        let mut row = || {
            let row: Vec<f32> = (0..20).map(|_| random.unit() - 0.3).collect();
            let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
            row.into_iter().map(|v| v / length).collect::<Vec<_>>()
        };
        let values = (0..50).map(|_| row()).collect::<Vec<_>>().concat();
        Rows::new(20, values).expect("whole rows")
    }

    #[test]
    fn a_shape_that_was_read_makes_the_same_sketches() {
        let table = table();
        let sample: Vec<u32> = (0..50).collect();
        for basis in [None, Basis::fit(&table, 16, (3, 1 << 20))] {
            let ends = basis.as_ref().map_or(vec![20], |_| vec![4, 16]);
            let made = Sketcher::new(&table, basis, &ends, &sample);
            let bytes = made.to_bytes();
            let read = Sketcher::from_bytes(&bytes).expect("just written");
            let sketch = |s: &Sketcher| s.sketch(&table, 0..50, 1, &|_| ()).expect("unit rows");
            assert_eq!(sketch(&read), sketch(&made));
            for length in 0..bytes.len() {
                assert_eq!(Sketcher::from_bytes(&bytes[..length]), None);
            }
        }
    }
}
