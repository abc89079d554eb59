//! Intervals for a share that is put together from strata.
//!
//! Clopper and Pearson (1934) give an interval for one sample that is never too narrow. Here the
//! judged pairs weigh differently, as each stands for the pairs of its stratum. As Fay and Feuer
//! (1997) do it for weighted sums of counts, the sum of the weighted counts is taken for one count
//! of an effective weight, and to the upper end one more observation is added that weighs as much
//! as the heaviest. With equal weights this is the interval of Clopper and Pearson itself.

use statrs::function::beta::checked_beta_reg;

/// One stratum.
pub(super) struct Part {
    /// Its share of all that the interval is for.
    pub(super) share: f64,
    /// How many of it were judged.
    pub(super) judged: f64,
    /// How many of these are wrong.
    pub(super) wrong: f64,
    /// How much more the part strays from what was judged of it than the judged do from the chance
    /// that lies behind both: the factor of the variance.
    pub(super) spread: f64,
}

/// The ends of the wrong share among the parts, which need not add up to 1. A part that was not
/// judged may be all right or all wrong. `unit` is the share of a single one: as a count of single
/// ones is bounded and not a chance, one more or less is allowed for.
pub(super) fn interval(parts: &[Part], error: f64, unit: f64) -> (f64, f64) {
    let sums = Sums::of(parts);
    let (low, high) = sums.ends(error / 2.0);
    ((low - unit).max(0.0), (high + unit).min(sums.total()))
}

/// The upper end alone.
pub(super) fn upper(parts: &[Part], error: f64, unit: f64) -> f64 {
    let sums = Sums::of(parts);
    let (_, high) = sums.ends(error);
    if parts.is_empty() {
        0.0
    } else {
        (high + unit).min(sums.total())
    }
}

/// What the ends depend on.
#[derive(Default)]
struct Sums {
    /// The share of the parts of which something was judged, and of the others.
    open: f64,
    lost: f64,
    /// The heaviest weight of one judged pair.
    heaviest: f64,
    wrong: Count,
    right: Count,
}

/// A weighted count.
#[derive(Default)]
struct Count {
    /// The sum of the weights.
    sum: f64,
    /// The sum of their squares: the variance of the first, if each came by chance.
    variance: f64,
}

impl Sums {
    fn of(parts: &[Part]) -> Self {
        let mut sums = Self::default();
        for part in parts.iter().filter(|part| part.judged <= 0.0) {
            sums.lost += part.share;
        }
        let judged = || parts.iter().filter(|part| part.judged > 0.0);
        sums.open = judged().map(|part| part.share).sum();
        for part in judged() {
            let weight = part.share / sums.open / part.judged;
            let variance = weight * weight * part.spread;
            sums.heaviest = sums.heaviest.max(variance.sqrt());
            sums.wrong.add(part.wrong, weight, variance);
            sums.right.add(part.judged - part.wrong, weight, variance);
        }
        sums
    }

    fn total(&self) -> f64 {
        self.open + self.lost
    }

    /// Either of wrong and right may be the rare one, whose weights say how sure it is; so both are
    /// asked, and the wider answer is taken.
    fn ends(&self, error: f64) -> (f64, f64) {
        if self.open <= 0.0 {
            return (0.0, self.lost);
        }
        let (wrong, right) = (&self.wrong, &self.right);
        let low = wrong
            .lower(error)
            .min(1.0 - right.upper(self.heaviest, error));
        let high = wrong
            .upper(self.heaviest, error)
            .max(1.0 - right.lower(error));
        (
            low.max(0.0) * self.open,
            high.min(1.0) * self.open + self.lost,
        )
    }
}

impl Count {
    fn add(&mut self, many: f64, weight: f64, variance: f64) {
        self.sum += many * weight;
        self.variance += many * variance;
    }

    fn lower(&self, error: f64) -> f64 {
        if self.sum <= 0.0 {
            return 0.0;
        }
        let count = self.sum * self.sum / self.variance;
        quantile(error, count, count / self.sum - count + 1.0)
    }

    fn upper(&self, heaviest: f64, error: f64) -> f64 {
        let sum = self.sum + heaviest;
        let count = sum * sum / (self.variance + heaviest * heaviest);
        quantile(1.0 - error, count, count / sum - count + 1.0)
    }
}

/// Where the distribution function of Beta(a, b) reaches `p`; 1 where b is nothing, as there all
/// were counted.
fn quantile(p: f64, a: f64, b: f64) -> f64 {
    if b <= 0.0 {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        match checked_beta_reg(a, b, middle) {
            Ok(reached) if reached < p => low = middle,
            Ok(reached) if reached >= p => high = middle,
            // No number: the end that says nothing.
            _ => return if p > 0.5 { 1.0 } else { 0.0 },
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `python -c "from scipy.stats import beta; print(beta.ppf(P, A, B))"`, SciPy 1.17.
    #[test]
    fn the_quantile_is_that_of_scipy() {
        for (p, a, b, wanted) in REFERENCE {
            let found = quantile(p, a, b);
            assert!(
                (found - wanted).abs() < 1e-9 * (1.0 + wanted),
                "{p} {a} {b}: {found}"
            );
        }
        assert_eq!(quantile(0.975, 5.0, 0.0), 1.0);
        assert_eq!(quantile(0.975, 5.0, -1e-9), 1.0);
        assert_eq!(
            (quantile(0.9, f64::NAN, 1.0), quantile(0.1, 0.0, 1.0)),
            (1.0, 0.0)
        );
    }

    const REFERENCE: [(f64, f64, f64, f64); 10] = [
        (0.025, 3.0, 98.0, 0.006_229_971_538_306_395),
        (0.975, 4.0, 97.0, 0.085_176_052_974_280_02),
        (0.95, 1.0, 59.0, 0.049_507_609_888_226_93),
        (0.025, 0.5, 12.25, 4.090_983_726_912_381_5e-5),
        (0.975, 1.0, 1.79, 0.872_651_328_651_092_6),
        (0.975, 40.5, 2.25, 0.992_134_969_699_763_2),
        (0.025, 250.0, 0.75, 0.987_520_636_540_944_8),
        (0.95, 1600.0, 90_000.0, 0.018_185_160_690_602_51),
        (0.5, 2.0, 2.0, 0.5),
        (0.975, 0.001, 5.0, 1.259_344_328_834_959e-12),
    ];

    fn one(wrong: f64, judged: f64) -> Vec<Part> {
        vec![Part {
            share: 1.0,
            judged,
            wrong,
            spread: 1.0,
        }]
    }

    /// Newcombe (1998), table I, method 5.
    #[test]
    fn one_stratum_is_clopper_and_pearson() {
        for (wrong, n, low, high) in [
            (81.0, 263.0, 0.2527, 0.3676),
            (15.0, 148.0, 0.0578, 0.1617),
            (0.0, 20.0, 0.0, 0.1684),
            (1.0, 29.0, 0.0009, 0.1776),
            (29.0, 29.0, 0.8806, 1.0),
        ] {
            let (l, h) = interval(&one(wrong, n), 0.05, 0.0);
            assert!(
                (l - low).abs() < 5e-5 && (h - high).abs() < 5e-5,
                "{wrong} of {n}: {l} {h}"
            );
        }
        assert!(
            (upper(&one(0.0, 59.0), 0.05, 0.0) - 0.05).abs() < 1e-3,
            "the rule of three"
        );
    }

    #[test]
    fn strata_of_equal_weight_are_one() {
        let part = |wrong| Part {
            share: 0.25,
            judged: 25.0,
            wrong,
            spread: 1.0,
        };
        let four = [part(1.0), part(0.0), part(2.0), part(0.0)];
        let (l, h) = interval(&four, 0.05, 0.0);
        let (low, high) = interval(&one(3.0, 100.0), 0.05, 0.0);
        assert!((l - low).abs() < 1e-9 && (h - high).abs() < 1e-9);
    }

    #[test]
    fn what_was_not_judged_may_be_anything() {
        assert_eq!(interval(&one(0.0, 0.0), 0.05, 0.0), (0.0, 1.0));
        assert_eq!(interval(&[], 0.05, 0.0), (0.0, 0.0));
        assert_eq!(upper(&[], 0.05, 0.1), 0.0);
        let mut parts = one(5.0, 50.0);
        parts[0].share = 0.6;
        parts.extend(one(0.0, 0.0));
        parts[1].share = 0.4;
        let (low, high) = interval(&parts, 0.05, 0.0);
        let (l, h) = interval(&one(5.0, 50.0), 0.05, 0.0);
        assert!((low - 0.6 * l).abs() < 1e-12 && (high - 0.6 * h - 0.4).abs() < 1e-12);
    }

    #[test]
    fn a_heavy_stratum_without_a_wrong_one_is_not_forgotten() {
        let part = |share, judged| Part {
            share,
            judged,
            wrong: 0.0,
            spread: 1.0,
        };
        // Ten pairs stand for half of all: none wrong of ten leaves up to 26 % of that half.
        let bound = upper(&[part(0.5, 90.0), part(0.5, 10.0)], 0.05, 0.0);
        assert!((0.12..0.15).contains(&bound), "{bound}");
    }
}
