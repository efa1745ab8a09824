//! Methods for demand with gaps that smooth it period by period. All give a flat forecast: the expected demand per
//! period. Those that smooth sums over several periods are in [`super::temporal_aggregation`].
//!
//! Unobserved periods (`NaN`, infinite) change nothing. Smoothing parameters that are not given are chosen by in-sample
//! squared one-step error. Scaling the demand scales every forecast.

use super::{MethodError, observed_count};

const SIZE_SMOOTHING: [f64; 5] = [0.02, 0.05, 0.1, 0.2, 0.3];
const PROBABILITY_SMOOTHING: [f64; 5] = [0.01, 0.02, 0.05, 0.1, 0.2];
const INTERVAL_SMOOTHING: [f64; 5] = [0.02, 0.05, 0.1, 0.2, 0.3];
/// Observed periods a method needs.
const MIN_OBSERVED: usize = 4;

/// A flat forecast and how well the same smoothing did in sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlatForecast {
    /// Expected demand per period.
    pub level: f64,
    /// Sum of squared one-step errors over the observed periods.
    pub squared_error: f64,
}

/// Teunter-Syntetos-Babai with given smoothing parameters, from the share of periods with demand and their mean size.
///
/// See [`tsb_from`]. Size and probability start at their means, so that a long history forgets the start and a
/// short one keeps it.
///
/// ```
/// use nightclerk_models::forecast::intermittent::tsb_with;
/// // start p = 0.5, z = 3; then p = 0.55, z = 2.8; then p = 0.495
/// let fit = tsb_with(&[2.0, 0.0, 4.0, 0.0], 0.2, 0.1);
/// // ... then p = 0.5455, z = 3.04; then p = 0.49095
/// assert!((fit.level - 0.49095 * 3.04).abs() < 1e-12);
/// ```
pub fn tsb_with(demand: &[f64], size_smoothing: f64, probability_smoothing: f64) -> FlatForecast {
    let observed = observed_count(demand) as f64;
    let (total, count) = positive_total(demand);
    if count == 0.0 {
        return FlatForecast { level: 0.0, squared_error: 0.0 };
    }
    tsb_from(demand, (count / observed, total / count), size_smoothing, probability_smoothing)
}

/// Teunter-Syntetos-Babai from a given start (demand probability, demand size).
///
/// Demand probability p and demand size z: p ← p + β (d - p) every period, d = 1 when there is demand, and z ← z + α (y - z)
/// only when there is. Forecast p z. Because p falls in every period without demand, an item that stops selling fades
/// out (Croston's forecast would not). Teunter, Syntetos and Babai, "Intermittent demand: linking forecasting to
/// inventory obsolescence", European Journal of Operational Research 214 (2011), 606-615.
///
/// ```
/// use nightclerk_models::forecast::intermittent::tsb_from;
/// // p: 1, 0.9, 0.81; z: 5, 5, 5
/// assert!((tsb_from(&[5.0, 0.0, 0.0], (1.0, 5.0), 0.1, 0.1).level - 0.81 * 5.0).abs() < 1e-12);
/// ```
pub fn tsb_from(demand: &[f64], start: (f64, f64), size_smoothing: f64, probability_smoothing: f64) -> FlatForecast {
    let ((mut probability, mut size), mut squared_error) = (start, 0.0);
    for value in demand.iter().copied().filter(|value| value.is_finite()) {
        squared_error += (value - probability * size).powi(2);
        if value > 0.0 {
            probability += probability_smoothing * (1.0 - probability);
            size += size_smoothing * (value - size);
        } else {
            probability -= probability_smoothing * probability;
        }
    }
    FlatForecast { level: probability * size, squared_error }
}

/// Croston's method with given smoothing of sizes (α) and of intervals (β).
///
/// Size z and interval q are smoothed in periods with demand only; forecast z / q. Starts from the first demand and the
/// number of periods up to it; earlier periods are not scored. Unobserved periods do not lengthen an interval.
/// Croston, "Forecasting and stock control for intermittent demands", Operational Research Quarterly 23 (1972), 289-303.
///
/// ```
/// use nightclerk_models::forecast::intermittent::croston_with;
/// // start z = 4, q = 2; at the second demand z = 4.4, q = 2.2
/// let fit = croston_with(&[0.0, 4.0, 0.0, 0.0, 0.0, 6.0], 0.2, 0.1);
/// assert!((fit.level - 4.4 / 2.2).abs() < 1e-12);
/// ```
pub fn croston_with(demand: &[f64], size_smoothing: f64, interval_smoothing: f64) -> FlatForecast {
    croston_times(demand, size_smoothing, interval_smoothing, 1.0)
}

/// Croston's method with the Syntetos-Boylan correction and a given smoothing parameter.
///
/// As [`croston_with`], size and interval smoothed with the same α; forecast (1 - α/2) z / q. Syntetos and Boylan, "The
/// accuracy of intermittent demand estimates", International Journal of Forecasting 21 (2005), 303-314.
///
/// ```
/// use nightclerk_models::forecast::intermittent::sba_with;
/// // start z = 4, q = 2; at the second demand z = 4.4, q = 2.4
/// let fit = sba_with(&[0.0, 4.0, 0.0, 0.0, 0.0, 6.0], 0.2);
/// assert!((fit.level - 0.9 * 4.4 / 2.4).abs() < 1e-12);
/// ```
pub fn sba_with(demand: &[f64], smoothing: f64) -> FlatForecast {
    croston_times(demand, smoothing, smoothing, 1.0 - smoothing / 2.0)
}

fn croston_times(demand: &[f64], size_smoothing: f64, interval_smoothing: f64, correction: f64) -> FlatForecast {
    let (mut state, mut since, mut squared_error): (Option<(f64, f64)>, f64, f64) = (None, 0.0, 0.0);
    for value in demand.iter().copied().filter(|value| value.is_finite()) {
        since += 1.0;
        if let Some((size, interval)) = state {
            squared_error += (value - correction * size / interval).powi(2);
        }
        if value > 0.0 {
            state = Some(match state {
                None => (value, since),
                Some((size, interval)) => {
                    (size + size_smoothing * (value - size), interval + interval_smoothing * (since - interval))
                }
            });
            since = 0.0;
        }
    }
    let level = state.map_or(0.0, |(size, interval)| correction * size / interval);
    FlatForecast { level, squared_error }
}

/// Simple exponential smoothing with a given parameter: l ← l + α (y - l), started at the first observed value.
///
/// Brown, "Statistical Forecasting for Inventory Control" (1959). The first value is not scored.
///
/// ```
/// use nightclerk_models::forecast::intermittent::ses_with;
/// // 4; then 4 + 0.5 (8 - 4) = 6; then 6 + 0.5 (0 - 6) = 3
/// let fit = ses_with(&[4.0, 8.0, f64::NAN, 0.0], 0.5);
/// assert_eq!((fit.level, fit.squared_error), (3.0, 16.0 + 36.0));
/// ```
pub fn ses_with(demand: &[f64], smoothing: f64) -> FlatForecast {
    let mut observed = demand.iter().copied().filter(|value| value.is_finite());
    let (mut level, mut squared_error) = (observed.next().unwrap_or(0.0), 0.0);
    for value in observed {
        let error = value - level;
        squared_error += error * error;
        level += smoothing * error;
    }
    FlatForecast { level, squared_error }
}

/// [`tsb_with`], smoothing parameters chosen over a small grid (first of equals).
pub fn tsb(demand: &[f64], horizon: usize) -> Result<Vec<f64>, MethodError> {
    require_observed(demand, "tsb")?;
    let fits = SIZE_SMOOTHING
        .iter()
        .flat_map(|size| PROBABILITY_SMOOTHING.iter().map(move |probability| tsb_with(demand, *size, *probability)));
    Ok(vec![best_level(fits); horizon])
}

/// [`sba_with`], smoothing parameter chosen over a small grid (first of equals).
pub fn sba(demand: &[f64], horizon: usize) -> Result<Vec<f64>, MethodError> {
    require_observed(demand, "sba")?;
    Ok(vec![best_level(INTERVAL_SMOOTHING.iter().map(|smoothing| sba_with(demand, *smoothing))); horizon])
}

/// [`croston_with`], both parameters chosen over a small grid (first of equals): Croston's method optimised.
///
/// Kourentzes, "On intermittent demand model optimisation and selection", International Journal of Production Economics
/// 156 (2014), 180-190, shows why sizes and intervals want parameters of their own.
pub fn croston(demand: &[f64], horizon: usize) -> Result<Vec<f64>, MethodError> {
    require_observed(demand, "croston")?;
    let fits = SIZE_SMOOTHING
        .iter()
        .flat_map(|size| INTERVAL_SMOOTHING.iter().map(move |interval| croston_with(demand, *size, *interval)));
    Ok(vec![best_level(fits); horizon])
}

/// [`ses_with`], parameter chosen from 0.01 to 0.5 (first of equals).
pub fn ses(demand: &[f64], horizon: usize) -> Result<Vec<f64>, MethodError> {
    require_observed(demand, "ses")?;
    Ok(vec![ses_best(demand, 0.01, 0.5); horizon])
}

/// Level of [`ses_with`] at the parameter between `lowest` and `highest` with the smallest squared error: a grid of 16
/// points (the error has local minima), then the best point's neighbourhood halved eight times.
pub(crate) fn ses_best(demand: &[f64], lowest: f64, highest: f64) -> f64 {
    let error_at = |smoothing: f64| ses_with(demand, smoothing).squared_error;
    let mut step = (highest - lowest) / 15.0;
    let mut best = (0..16).map(|i| lowest + f64::from(i) * step).fold((lowest, f64::INFINITY), |best, smoothing| {
        let error = error_at(smoothing);
        if error < best.1 { (smoothing, error) } else { best }
    });
    for _ in 0..8 {
        step /= 2.0;
        for smoothing in [(best.0 - step).max(lowest), (best.0 + step).min(highest)] {
            let error = error_at(smoothing);
            if error < best.1 {
                best = (smoothing, error);
            }
        }
    }
    ses_with(demand, best.0).level
}

/// Refuses a demand with fewer than four observed periods.
pub(crate) fn require_observed(demand: &[f64], method: &'static str) -> Result<(), MethodError> {
    let found = observed_count(demand);
    if found < MIN_OBSERVED {
        return Err(MethodError::TooShort { method, found, needed: MIN_OBSERVED });
    }
    Ok(())
}

fn best_level(fits: impl Iterator<Item = FlatForecast>) -> f64 {
    fits.min_by(|a, b| a.squared_error.total_cmp(&b.squared_error)).map_or(0.0, |fit| fit.level)
}

fn positive_total(demand: &[f64]) -> (f64, f64) {
    demand
        .iter()
        .filter(|value| value.is_finite() && **value > 0.0)
        .fold((0.0, 0.0), |(total, count), value| (total + value, count + 1.0))
}

#[cfg(test)]
#[path = "intermittent_tests.rs"]
mod tests;
