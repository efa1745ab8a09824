//! Quantiles of demand from its mean and variance: Poisson or negative binomial for counts, gamma for the rest.

use statrs::distribution::{ContinuousCDF, Normal};

/// Probability mass at zero below which the recursion over counts would underflow or be long; gamma is used instead.
const SMALLEST_MASS_AT_ZERO: f64 = 1e-250;
/// Mean above which counts are treated as continuous and rounded up.
const LARGEST_COUNT_MEAN: f64 = 500.0;

/// Quantiles of a count with the given mean and variance, one per level, in the order of `levels`.
///
/// Negative binomial with size r = μ² / (σ² - μ) when σ² > μ, else Poisson (a count cannot be forecast with less spread
/// than independent arrivals). The quantile is the smallest integer k with P(Y <= k) >= level. Above a mean of 500 it is
/// [`gamma_quantiles`], rounded up. A mean of zero or below gives zeros. Levels must lie in (0, 1). Johnson, Kemp and
/// Kotz, "Univariate Discrete Distributions" (2005), chapters 4 and 5.
pub(crate) fn count_quantiles(mean: f64, variance: f64, levels: &[f64]) -> Vec<f64> {
    if mean.is_nan() || mean <= 0.0 {
        return vec![0.0; levels.len()];
    }
    let excess = variance - mean;
    let over_dispersed = excess > 1e-9 * mean;
    let size = if over_dispersed { mean * mean / excess } else { f64::INFINITY };
    let mass_at_zero = if over_dispersed { (-size * (mean / size).ln_1p()).exp() } else { (-mean).exp() };
    if mean > LARGEST_COUNT_MEAN || mass_at_zero < SMALLEST_MASS_AT_ZERO {
        return gamma_quantiles(mean, variance.max(mean), levels).into_iter().map(f64::ceil).collect();
    }
    let mut order: Vec<usize> = (0..levels.len()).collect();
    order.sort_by(|a, b| levels[*a].total_cmp(&levels[*b]));
    // Far in the tail rounding may keep the sum of masses below the level for ever, hence an end.
    let last = mean + 60.0 * variance.max(mean).sqrt() + 60.0;
    let (mut count, mut mass, mut below) = (0.0, mass_at_zero, mass_at_zero);
    let mut quantiles = vec![0.0; levels.len()];
    for index in order {
        while below < levels[index] && count < last {
            let ratio = if over_dispersed {
                (count + size) / (count + 1.0) * mean / (mean + size)
            } else {
                mean / (count + 1.0)
            };
            mass *= ratio;
            below += mass;
            count += 1.0;
        }
        quantiles[index] = count;
    }
    quantiles
}

/// Quantiles of a gamma distribution with the given mean and variance, one per level.
///
/// Wilson and Hilferty's approximation: μ (1 - 1/(9k) + z √(1/(9k)))³ with shape k = μ²/σ², cut at zero; monotone in the
/// level. Within 3 % of the exact quantile for k >= 2 and levels from 0.05 to 0.99. "The distribution of chi-square",
/// Proceedings of the National Academy of Sciences 17 (1931), 684-688.
pub(crate) fn gamma_quantiles(mean: f64, variance: f64, levels: &[f64]) -> Vec<f64> {
    let scores: Vec<f64> = levels.iter().map(|level| normal_score(*level)).collect();
    gamma_at_scores(mean, variance, &scores)
}

/// [`gamma_quantiles`] at given normal scores z instead of levels.
pub(crate) fn gamma_at_scores(mean: f64, variance: f64, scores: &[f64]) -> Vec<f64> {
    if mean.is_nan() || mean <= 0.0 {
        return vec![0.0; scores.len()];
    }
    let ninth = variance.max(0.0) / (9.0 * mean * mean);
    scores.iter().map(|z| mean * (1.0 - ninth + z * ninth.sqrt()).max(0.0).powi(3)).collect()
}

/// z with Φ(z) = level; levels outside (0, 1) are brought to its ends at one in a million.
pub(crate) fn normal_score(level: f64) -> f64 {
    Normal::standard().inverse_cdf(level.clamp(1e-6, 1.0 - 1e-6))
}

/// Student's t quantile with ν degrees of freedom from a normal score, by Cornish-Fisher to first order:
/// z + (z³ + z) / (4ν). Used where a spread is estimated from few errors.
pub(crate) fn student_score(z: f64, degrees_of_freedom: f64) -> f64 {
    z + (z * z * z + z) / (4.0 * degrees_of_freedom.max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use statrs::distribution::{DiscreteCDF, Gamma, NegativeBinomial, StudentsT};

    #[test]
    fn negative_binomial_quantiles_agree_with_statrs() {
        // mean 3, variance 9: r = 1.5, p = 1/3
        let reference = NegativeBinomial::new(1.5, 1.0 / 3.0).unwrap();
        for (level, quantile) in [0.05, 0.5, 0.9, 0.99].iter().zip(count_quantiles(3.0, 9.0, &[0.05, 0.5, 0.9, 0.99])) {
            assert!(reference.cdf(quantile as u64) >= *level);
            assert!(quantile == 0.0 || reference.cdf(quantile as u64 - 1) < *level);
        }
    }

    #[test]
    fn the_gamma_approximation_is_within_three_percent() {
        let reference = Gamma::new(2.0, 0.1).unwrap(); // mean 20, variance 200
        for (level, quantile) in
            [0.05, 0.5, 0.95, 0.99].iter().zip(gamma_quantiles(20.0, 200.0, &[0.05, 0.5, 0.95, 0.99]))
        {
            let exact = reference.inverse_cdf(*level);
            assert!((quantile / exact - 1.0).abs() < 0.03, "{level}: {quantile} {exact}");
        }
    }

    #[test]
    fn the_student_score_is_close_for_ten_degrees_of_freedom() {
        let exact = StudentsT::new(0.0, 1.0, 10.0).unwrap().inverse_cdf(0.95);
        assert!((student_score(normal_score(0.95), 10.0) / exact - 1.0).abs() < 0.01);
    }

    #[test]
    fn order_of_levels_does_not_matter() {
        assert_eq!(count_quantiles(4.0, 7.0, &[0.9, 0.1, 0.5]), {
            let sorted = count_quantiles(4.0, 7.0, &[0.1, 0.5, 0.9]);
            vec![sorted[2], sorted[0], sorted[1]]
        });
    }

    proptest! {
        #[test]
        fn count_quantiles_are_ordered_whole_numbers(mean in 0.0..2000.0_f64, extra in 0.0..5000.0_f64) {
            let quantiles = count_quantiles(mean, mean + extra, &[0.01, 0.25, 0.5, 0.9, 0.999]);
            prop_assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert!(quantiles.iter().all(|q| *q >= 0.0 && q.fract() == 0.0));
        }
    }

    #[test]
    fn quantiles_of_a_poisson_count_are_those_of_its_table() {
        // Poisson(2): P(0) = 0.135, P(<=1) = 0.406, P(<=2) = 0.677, P(<=4) = 0.947, P(<=5) = 0.983
        assert_eq!(count_quantiles(2.0, 2.0, &[0.1, 0.5, 0.95]), vec![0.0, 2.0, 5.0]);
    }
}
