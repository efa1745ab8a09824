//! How often to difference: seasonal strength for D, the KPSS test for d.

use super::objective::apply;
use super::polynomial::difference_coefficients;
use super::seasonal_strength::seasonal_strength;

/// Seasonal strength above which a season is differenced (Wang, Smith and Hyndman, "Characteristic-based clustering for
/// time series data", Data Mining and Knowledge Discovery 13 (2006), 335-364, for the measure; the threshold is the one
/// in general use).
const STRONG_SEASON: f64 = 0.64;
/// KPSS level-stationarity statistic above which stationarity is rejected at 5 %.
const KPSS_5_PERCENT: f64 = 0.463;

/// KPSS statistic of level stationarity: Σ S_t² / (n² s²), S_t the partial sums of y - ȳ and s² the long-run variance
/// with Bartlett weights over ⌊3 √n / 13⌋ lags. Zero for a constant series.
///
/// Source: Kwiatkowski, Phillips, Schmidt and Shin, "Testing the null hypothesis of stationarity against the alternative
/// of a unit root", Journal of Econometrics 54 (1992), 159-178; critical values .347, .463, .574, .739 at 10, 5, 2.5,
/// 1 % (their table 1).
pub(crate) fn kpss_statistic(y: &[f64]) -> f64 {
    let n = y.len();
    if n == 0 {
        return 0.0;
    }
    let count = n as f64;
    let mean = y.iter().sum::<f64>() / count;
    let errors: Vec<f64> = y.iter().map(|y| y - mean).collect();
    let lags = ((3.0 * count.sqrt() / 13.0).floor() as usize).min(n - 1);
    let covariance = |lag: usize| errors[lag..].iter().zip(&errors).map(|(a, b)| a * b).sum::<f64>() / count;
    let long_run = covariance(0)
        + 2.0 * (1..=lags).map(|lag| (1.0 - lag as f64 / (lags as f64 + 1.0)) * covariance(lag)).sum::<f64>();
    let mut sum = 0.0;
    let sums: f64 = errors
        .iter()
        .map(|e| {
            sum += e;
            sum * sum
        })
        .sum();
    if long_run > 0.0 { sums / (count * count * long_run) } else { 0.0 }
}

/// Differences d of `y` until KPSS no longer rejects stationarity at 5 %, at most `max_d`. `y` must be complete.
pub(super) fn ordinary_differences(y: &[f64], max_d: usize) -> usize {
    let mut current = y.to_vec();
    for d in 0..max_d {
        if current.len() < 5 || is_constant(&current) || kpss_statistic(&current) <= KPSS_5_PERCENT {
            return d;
        }
        current = apply(&[1.0], &current);
    }
    max_d
}

/// Seasonal differences D, zero or one. `y` must be complete; below two full seasons and a period it is zero.
pub(super) fn seasonal_differences(y: &[f64], season: usize) -> usize {
    if season < 2 || y.len() <= 2 * season || is_constant(y) {
        return 0;
    }
    let differenced = apply(&difference_coefficients(0, 1, season), y);
    usize::from(differenced.len() > 2 && seasonal_strength(y, season) > STRONG_SEASON)
}

/// Whether all values are equal but for rounding.
pub(super) fn is_constant(y: &[f64]) -> bool {
    let (low, high) = y.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(*y), high.max(*y)));
    high - low <= 1e-12 * low.abs().max(high.abs())
}

#[cfg(test)]
#[path = "differencing_tests.rs"]
mod tests;
