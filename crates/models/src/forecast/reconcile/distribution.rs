//! Quantiles around a reconciled mean.
//!
//! What "coherent" means for a distribution: the **means** of all nodes add up exactly, the quantiles do not and must
//! not. The 95 % quantile of a sum usually lies below the sum of the 95 % quantiles, because not everything goes
//! wrong at once; for rare demand it lies above (a hundred series with a demand in 4 % of periods have quantiles of
//! zero, their sum has not). How far it lies off depends on how errors move together, which no node's own quantiles
//! say. So every node keeps the shape of its own forecast errors, which were measured at that node and contain that
//! dependence, moved to the mean that fits the others. Each node's distribution is right for decisions at that node;
//! adding quantiles over nodes is an error of the reader. The width stays that of the base forecast, which errs on
//! the wide side: reconciliation with the true covariance of errors lowers the variance of each (Wickramasuriya,
//! Athanasopoulos and Hyndman 2019).

/// Largest factor by which quantiles are stretched; a larger rise of the mean shifts them.
const MOST_STRETCHED: f64 = 2.0;

/// Quantiles of one node and period, ascending, moved from the base mean to the reconciled mean.
///
/// Demand that is never negative (no quantile and no mean below zero) is scaled by the ratio of the means, so that zero
/// stays zero and the relative width stays; its mean follows exactly. Above a ratio of 2 the rest of the way is a
/// shift: a mean that rises from 0.01 to 0.5 says that demand is more frequent, not that each is fifty times as large.
/// Quantiles that reach below zero are shifted, so that their width stays.
///
/// The result never decreases (a crossing in the input is lifted) and is not negative where the input was not. That
/// wins where the reconciled mean itself is negative. With a mean that is not finite only crossings are mended; `NaN`
/// stays.
fn move_quantiles(quantiles: &[f64], base_mean: f64, reconciled_mean: f64) -> Vec<f64> {
    if !(base_mean.is_finite() && reconciled_mean.is_finite()) {
        return rescaled(quantiles, 1.0, 0.0, f64::NEG_INFINITY);
    }
    if base_mean < 0.0 || quantiles.iter().any(|quantile| *quantile < 0.0) {
        return rescaled(quantiles, 1.0, reconciled_mean - base_mean, f64::NEG_INFINITY);
    }
    let ratio = if reconciled_mean == base_mean { 1.0 } else { reconciled_mean / base_mean };
    let scale = ratio.clamp(0.0, MOST_STRETCHED);
    let shift = if scale == ratio { 0.0 } else { reconciled_mean - scale * base_mean };
    rescaled(quantiles, scale, shift, 0.0)
}

/// `scale * quantile + shift`, at least `lowest` and at least the quantile before it.
fn rescaled(quantiles: &[f64], scale: f64, shift: f64, lowest: f64) -> Vec<f64> {
    let mut before = lowest;
    (quantiles.iter())
        .map(|quantile| {
            let moved = (scale * quantile + shift).max(before);
            if quantile.is_nan() {
                return f64::NAN;
            }
            before = moved;
            moved
        })
        .collect()
}

/// [`move_quantiles`] for every period ahead of one node: `quantiles[h]` from `base_means[h]` to `reconciled_means[h]`.
///
/// For quantiles of running totals give running totals of both means. Periods without a mean stay as they are.
///
/// ```
/// use nightclerk_models::forecast::reconcile::move_quantiles_to;
/// let mut quantiles = vec![vec![1.0, 3.0], vec![2.0, 6.0]];
/// move_quantiles_to(&mut quantiles, &[2.0, 4.0], &[1.0, 4.0]);
/// assert_eq!(quantiles, [[0.5, 1.5], [2.0, 6.0]]);
/// ```
pub fn move_quantiles_to(quantiles: &mut [Vec<f64>], base_means: &[f64], reconciled_means: &[f64]) {
    for ((quantiles, base_mean), reconciled_mean) in quantiles.iter_mut().zip(base_means).zip(reconciled_means) {
        *quantiles = move_quantiles(quantiles, *base_mean, *reconciled_mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zero_stays_zero_and_what_reaches_below_it_is_shifted() {
        assert_eq!(move_quantiles(&[0.0, 2.0, 8.0], 4.0, 5.0), [0.0, 2.5, 10.0]);
        assert_eq!(move_quantiles(&[-2.0, 2.0, 8.0], 4.0, 5.0), [-1.0, 3.0, 9.0]);
        assert_eq!(move_quantiles(&[0.0, 0.0, 1.0], 0.25, 0.75), [0.25, 0.25, 2.25]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn moved_quantiles_are_ordered_and_not_negative_where_they_were_not(
            quantiles in prop::collection::vec(-3.0..30.0_f64, 1..8),
            lift in 0.0..4.0_f64, base_mean in 0.0..10.0_f64, reconciled_mean in -2.0..40.0_f64,
        ) {
            let quantiles: Vec<f64> = quantiles.iter().map(|quantile| quantile + lift).collect();
            let found = move_quantiles(&quantiles, base_mean, reconciled_mean);
            prop_assert!(found.is_sorted());
            prop_assert!(quantiles.iter().any(|quantile| *quantile < 0.0) || found.iter().all(|moved| *moved >= 0.0));
        }

        #[test]
        fn the_mean_of_a_moved_distribution_is_the_reconciled_mean(
            sample in prop::collection::vec(-1.0..9.0_f64, 1..20), cut: bool, reconciled_mean in 0.0..40.0_f64,
        ) {
            let mut sample: Vec<f64> = sample.iter().map(|value| if cut { value.max(0.0) } else { *value }).collect();
            sample.sort_by(f64::total_cmp);
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            let moved = move_quantiles(&sample, mean(&sample), reconciled_mean);
            prop_assert!((mean(&moved) - reconciled_mean).abs() < 1e-9 * (1.0 + reconciled_mean));
        }
    }
}
