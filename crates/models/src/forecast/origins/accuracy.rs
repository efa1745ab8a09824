//! Forecast accuracy. Every function skips pairs whose actual or forecast is not finite (a stock-out has no actual)
//! and gives `NaN` when nothing remains or the denominator is zero.
//!
//! Definitions: Hyndman and Koehler, "Another look at measures of forecast accuracy", International Journal of
//! Forecasting 22 (2006), 679-688, and the `utilsforecast` library. Symbols: y actual, f forecast, m season length.

use std::iter::zip;

/// Mean absolute error, in units of demand.
pub fn mae(actual: &[f64], forecast: &[f64]) -> f64 {
    mean(observed(actual, forecast).map(|(y, f)| (y - f).abs()))
}

/// Mean squared error, in squared units of demand.
pub fn mse(actual: &[f64], forecast: &[f64]) -> f64 {
    mean(observed(actual, forecast).map(|(y, f)| (y - f).powi(2)))
}

/// Mean absolute scaled error: MAE of the forecast / mean |y_t - y_{t-m}| over `training`.
///
/// `season_length` below 1 counts as 1. Below 1 means better than the in-sample seasonal naive.
///
/// ```
/// use nightclerk_models::forecast::origins::accuracy::mase;
/// // training steps of the naive: 2, 2, 2 -> scale 2; errors 1 and 3 -> MAE 2
/// assert_eq!(mase(&[9.0, 11.0], &[10.0, 14.0], &[1.0, 3.0, 5.0, 7.0], 1), 1.0);
/// ```
pub fn mase(actual: &[f64], forecast: &[f64], training: &[f64], season_length: usize) -> f64 {
    ratio(mae(actual, forecast), mean(seasonal_steps(training, season_length).map(f64::abs)))
}

/// Root mean squared scaled error: √(MSE of the forecast / mean (y_t - y_{t-m})² over `training`).
pub fn rmsse(actual: &[f64], forecast: &[f64], training: &[f64], season_length: usize) -> f64 {
    ratio(mse(actual, forecast), mean(seasonal_steps(training, season_length).map(|step| step * step))).sqrt()
}

/// Mean pinball loss of the quantile forecasts at `level` q: q (y - f) when y >= f, (1 - q)(f - y) otherwise.
///
/// ```
/// use nightclerk_models::forecast::origins::accuracy::pinball_loss;
/// // 0.9 * 2 above, 0.1 * 4 below -> mean 1.1
/// assert!((pinball_loss(&[12.0, 6.0], &[10.0, 10.0], 0.9) - 1.1).abs() < 1e-12);
/// ```
pub fn pinball_loss(actual: &[f64], quantile: &[f64], level: f64) -> f64 {
    mean(observed(actual, quantile).map(|(y, f)| if y >= f { level * (y - f) } else { (1.0 - level) * (f - y) }))
}

fn observed(actual: &[f64], forecast: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    zip(actual.iter().copied(), forecast.iter().copied()).filter(|(y, f)| y.is_finite() && f.is_finite())
}

fn seasonal_steps(training: &[f64], season_length: usize) -> impl Iterator<Item = f64> {
    let lag = season_length.max(1);
    zip(training.iter().skip(lag), training).map(|(now, before)| now - before).filter(|step| step.is_finite())
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    ratio(sum, count)
}

fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator > 0.0 { numerator / denominator } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    #[test]
    fn unobserved_actuals_are_skipped_everywhere() {
        let (y, f) = ([10.0, NAN, 20.0], [12.0, 500.0, 16.0]);
        assert!((mae(&y, &f) - 3.0).abs() < 1e-12);
        assert!((mse(&y, &f) - 10.0).abs() < 1e-12);
        assert!((pinball_loss(&y, &f, 0.9) - 1.9).abs() < 1e-12);
    }

    #[test]
    fn rmsse_scales_by_the_seasonal_naive() {
        // seasonal steps (lag 2): 2, 4 -> mean square 10; forecast errors 1, 3 -> mean square 5
        let training = [1.0, 2.0, 3.0, 6.0];
        assert!((rmsse(&[5.0, 5.0], &[6.0, 8.0], &training, 2) - 0.5_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_missing_training_value_leaves_out_both_its_steps() {
        // steps left: 5 -> 9 only
        assert!((mase(&[1.0], &[3.0], &[1.0, NAN, 5.0, 9.0], 1) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_zero_denominator_gives_no_number() {
        assert!(mase(&[1.0], &[2.0], &[3.0, 3.0], 1).is_nan());
        assert!(mae(&[], &[]).is_nan());
    }

    #[test]
    fn pinball_at_the_median_is_half_the_absolute_error() {
        let (y, f) = ([1.0, 7.0, 4.0], [3.0, 2.0, 4.0]);
        assert!((pinball_loss(&y, &f, 0.5) - mae(&y, &f) / 2.0).abs() < 1e-12);
    }
}
