//! The upper tail of the similarities of unrelated rows: p = C (1 - s)^β.
//!
//! Near a point of a smooth set of dimension k, the share of other points within a distance r
//! falls as r^k; for all pairs that is the correlation dimension (Grassberger and Procaccia 1983).
//! The squared distance of unit vectors is 2 (1 - s), so log p is linear in log(1 - s), and a
//! straight line through the part of the tail that a sample shows carries on to where it shows
//! nothing (Weissman 1978).

/// A straight line: ln p = `level` - `slope` · x with x = -ln(1 - s).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tail {
    /// β, half the dimension.
    pub(crate) slope: f64,
    level: f64,
}

/// Shares of the pairs, evenly spread on a log scale, through which the line is laid.
const POINTS: usize = 12;
/// Copies closer than this are all the same to a logarithm.
const SMALLEST_GAP: f64 = 1e-7;

impl Tail {
    /// The least-squares line between the shares `high` and `low` of the `values`, which are put
    /// in another order. `None` where they do not fall with the similarity.
    pub(crate) fn fit(values: &mut [f32], high: f64, low: f64) -> Option<Self> {
        let n = values.len() as f64;
        let last = ((high * n) as usize).clamp(1, values.len().max(1));
        if values.len() < POINTS {
            return None;
        }
        let falling = |a: &f32, b: &f32| b.total_cmp(a);
        values.select_nth_unstable_by(last - 1, falling);
        values[..last].sort_unstable_by(falling);
        let points = (0..POINTS).map(|i| {
            let share = high * (low / high).powf(i as f64 / (POINTS - 1) as f64);
            let rank = ((share * n) as usize).clamp(1, last);
            (gap(values[rank - 1]), (rank as f64 / n).ln())
        });
        Self::through(points.collect())
    }

    fn through(points: Vec<(f64, f64)>) -> Option<Self> {
        let n = points.len() as f64;
        let mean_x = points.iter().map(|p| p.0).sum::<f64>() / n;
        let mean_y = points.iter().map(|p| p.1).sum::<f64>() / n;
        let square: f64 = points.iter().map(|p| (p.0 - mean_x).powi(2)).sum();
        let cross: f64 = points.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum();
        let slope = -cross / square;
        let level = mean_y + slope * mean_x;
        (slope.is_finite() && slope > 0.0).then_some(Self { slope, level })
    }

    /// The similarity that this share of the pairs of unrelated rows reaches.
    pub(crate) fn similarity(&self, share: f64) -> f64 {
        1.0 - ((share.ln() - self.level) / self.slope).exp()
    }
}

fn gap(similarity: f32) -> f64 {
    -(1.0 - f64::from(similarity)).max(SMALLEST_GAP).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values whose quantiles follow the law exactly.
    fn law(n: usize, slope: f64) -> Vec<f32> {
        (0..n)
            .map(|i| (1.0 - ((i as f64 + 0.5) / n as f64).powf(1.0 / slope)) as f32)
            .collect()
    }

    #[test]
    fn the_law_is_found_and_carried_on() {
        let tail = Tail::fit(&mut law(1_000_000, 7.0), 1e-2, 1e-3).expect("a falling tail");
        assert!((tail.slope - 7.0).abs() < 0.05, "{}", tail.slope);
        let wanted = 1.0 - 1e-7f64.powf(1.0 / 7.0);
        assert!((tail.similarity(1e-7) - wanted).abs() < 2e-3);
    }

    #[test]
    fn no_line_goes_through_equal_values() {
        assert_eq!(Tail::fit(&mut [1.0; 500], 0.1, 0.02), None);
        assert_eq!(Tail::fit(&mut [0.5; 3], 0.1, 0.02), None);
        assert_eq!(Tail::fit(&mut [], 0.1, 0.02), None);
    }
}
