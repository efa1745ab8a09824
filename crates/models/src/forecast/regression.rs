//! Least squares on trend, season, Fourier terms and regressors, with smoothed errors.

use std::f64::consts::TAU;

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_linear::LinearRegression;
use ndarray::{Array1, Array2};

use super::{Method, MethodError, observed_count, observed_mean};

/// Seasons longer than this get Fourier terms instead of one dummy per position.
const LONG_SEASON: usize = 30;
/// Sine and cosine pairs for a long season.
const FOURIER_PAIRS: usize = 3;
/// Each period ahead the trend's slope shrinks by this factor (Gardner and McKenzie 1985 damp by 0.8-0.98).
const DAMPING: f64 = 0.98;
/// Ridge per column, as a share of its sum of squares: guards the rank, moves coefficients by about a millionth.
const RIDGE_SHARE: f64 = 1e-6;
/// The logarithm is used from this mean demand on, when nearly every period has demand.
const LOG_FROM_MEAN: f64 = 5.0;
/// Share of observed periods that must have demand for the logarithm.
const LOG_FROM_SHARE: f64 = 0.95;
/// Observed periods needed beyond the number of columns.
const SPARE_PERIODS: usize = 10;
/// Smoothing of the errors' level: 0 = none.
const ERROR_SMOOTHING: [f64; 4] = [0.0, 0.05, 0.1, 0.2];

/// A fitted regression: what a report may want to show.
#[derive(Clone, Debug, PartialEq)]
pub struct RegressionForecast {
    /// Forecast per period ahead; may be negative (the caller cuts at zero).
    pub mean: Vec<f64>,
    /// Coefficients of the given regressors, in their order; on the log1p scale when `log_target`. A regressor that is
    /// constant over the training periods has coefficient 0.
    pub regressor_coefficients: Vec<f64>,
    /// True when log1p of demand was the target.
    pub log_target: bool,
}

/// Regression forecast of the `horizon` periods after `demand`.
///
/// y_t = a + b τ(t) + season dummies (seasons up to 30 periods, two full cycles needed) + 3 Fourier pairs per longer
/// season (one full cycle needed; the trend is dropped before two, as one cycle cannot tell trend from season) + regressors +
/// e_t. τ is time, whose steps shrink by 0.98 per period ahead. The target is log1p(y) when mean demand is at
/// least 5 and at least 95 % of the observed periods have demand (effects multiply), else y. The logarithm is undone with
/// Duan's smearing factor, mean(exp(residual)) ("Smearing estimate", Journal of the American Statistical Association 78
/// (1983), 605-610). Errors get a level by exponential smoothing, added to the forecast: its parameter is the one
/// of 0, 0.05, 0.1, 0.2 with the smallest one-step squared error. Unobserved periods are left out.
///
/// `columns` hold history and horizon: at least `demand.len() + horizon` finite values each (checked by the caller).
///
/// # Errors
/// Fewer observed periods than columns + 10, or the least-squares solver fails.
pub fn regression(
    demand: &[f64],
    columns: &[&[f64]],
    season_lengths: &[usize],
    horizon: usize,
) -> Result<RegressionForecast, MethodError> {
    let n = demand.len();
    let (design, regressor_positions) = design_columns(n, columns, season_lengths, horizon);
    let observed: Vec<usize> = (0..n).filter(|t| demand[*t].is_finite()).collect();
    let needed = design.len() + 1 + SPARE_PERIODS;
    if observed.len() < needed {
        return Err(MethodError::TooShort { method: Method::Regression.name(), found: observed.len(), needed });
    }
    let log_target = is_log_target(demand);
    let target: Vec<f64> =
        observed.iter().map(|t| if log_target { demand[*t].max(0.0).ln_1p() } else { demand[*t] }).collect();
    let rows: Vec<Vec<f64>> = design.iter().map(|column| observed.iter().map(|t| column[*t]).collect()).collect();
    let coefficients = least_squares(&rows, &target)?;

    let fitted =
        |t: usize| coefficients.intercept + design.iter().zip(&coefficients.slopes).map(|(x, b)| x[t] * b).sum::<f64>();
    let residuals: Vec<f64> = observed.iter().zip(&target).map(|(t, y)| y - fitted(*t)).collect();
    let error_level = smoothed_level(&residuals);
    let smearing = residuals.iter().map(|residual| residual.exp()).sum::<f64>() / residuals.len() as f64;
    let mean = (n..n + horizon)
        .map(|t| {
            let value = fitted(t) + error_level;
            if log_target { value.exp() * smearing - 1.0 } else { value }
        })
        .collect();
    let regressor_coefficients =
        regressor_positions.iter().map(|position| position.map_or(0.0, |p| coefficients.slopes[p])).collect();
    Ok(RegressionForecast { mean, regressor_coefficients, log_target })
}

/// Intercept and slopes of an ordinary least-squares fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficients {
    /// Value at zero of every column.
    pub intercept: f64,
    /// One slope per column.
    pub slopes: Vec<f64>,
}

/// Ordinary least squares of `target` on `columns` (each as long as the target) with an intercept.
///
/// Solved by linfa's QR after centring and scaling every column; one ridge row per column (a millionth of its sum of
/// squares) keeps the system solvable when columns depend on each other.
///
/// # Errors
/// The solver found no solution.
pub fn least_squares(columns: &[Vec<f64>], target: &[f64]) -> Result<Coefficients, MethodError> {
    let (n, p) = (target.len(), columns.len());
    let target_mean = observed_mean(target);
    let means: Vec<f64> = columns.iter().map(|column| observed_mean(column)).collect();
    let scales: Vec<f64> = columns
        .iter()
        .zip(&means)
        .map(|(column, mean)| column.iter().map(|x| (x - mean).powi(2)).sum::<f64>().sqrt())
        .map(|scale| if scale > 0.0 { scale } else { 1.0 })
        .collect();
    if p == 0 {
        return Ok(Coefficients { intercept: target_mean, slopes: Vec::new() });
    }
    let mut records = Array2::<f64>::zeros((n + p, p));
    let mut targets = Array1::<f64>::zeros(n + p);
    for (j, column) in columns.iter().enumerate() {
        for (i, x) in column.iter().enumerate() {
            records[[i, j]] = (x - means[j]) / scales[j];
        }
        records[[n + j, j]] = RIDGE_SHARE.sqrt();
    }
    for (i, y) in target.iter().enumerate() {
        targets[i] = y - target_mean;
    }
    let model = LinearRegression::new()
        .with_intercept(false)
        .fit(&DatasetBase::new(records, targets))
        .map_err(|error| MethodError::Fit { method: Method::Regression.name(), reason: error.to_string() })?;
    let slopes: Vec<f64> = model.params().iter().zip(&scales).map(|(b, scale)| b / scale).collect();
    let intercept = target_mean - slopes.iter().zip(&means).map(|(b, mean)| b * mean).sum::<f64>();
    Ok(Coefficients { intercept, slopes })
}

/// Every column over history and horizon, and where each given regressor ended up.
fn design_columns(
    n: usize,
    regressors: &[&[f64]],
    season_lengths: &[usize],
    horizon: usize,
) -> (Vec<Vec<f64>>, Vec<Option<usize>>) {
    let total = n + horizon;
    let mut lengths: Vec<usize> = season_lengths.iter().copied().filter(|m| *m > 1).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let long: Vec<usize> = lengths.iter().copied().filter(|m| *m > LONG_SEASON && *m <= n).collect();
    let mut short = lengths.iter().copied().filter(|m| *m <= LONG_SEASON && 2 * m <= n);

    let mut columns = Vec::new();
    if long.iter().all(|m| 2 * m <= n) {
        columns.push((0..total).map(|t| damped_time(t, n)).collect());
    }
    // Dummies of one season length suffice: the longest that fits contains the shorter ones that divide it.
    if let Some(m) = short.next_back() {
        columns.extend((1..m).map(|position| (0..total).map(|t| f64::from(u8::from(t % m == position))).collect()));
    }
    for m in long {
        for pair in 1..=FOURIER_PAIRS {
            let angle = |t: usize| TAU * pair as f64 * t as f64 / m as f64;
            columns.push((0..total).map(|t| angle(t).sin()).collect());
            columns.push((0..total).map(|t| angle(t).cos()).collect());
        }
    }
    let mut positions = Vec::with_capacity(regressors.len());
    for column in regressors {
        let varies = column[..n].iter().any(|x| (x - column[0]).abs() > 0.0);
        positions.push(varies.then_some(columns.len()));
        if varies {
            columns.push(column[..total].to_vec());
        }
    }
    (columns, positions)
}

fn damped_time(t: usize, n: usize) -> f64 {
    match t.checked_sub(n) {
        None => t as f64,
        Some(ahead) => n as f64 - 1.0 + DAMPING * (1.0 - DAMPING.powi(ahead as i32 + 1)) / (1.0 - DAMPING),
    }
}

fn is_log_target(demand: &[f64]) -> bool {
    let positive = demand.iter().filter(|value| value.is_finite() && **value > 0.0).count() as f64;
    observed_mean(demand) >= LOG_FROM_MEAN && positive >= LOG_FROM_SHARE * observed_count(demand) as f64
}

fn smoothed_level(residuals: &[f64]) -> f64 {
    ERROR_SMOOTHING
        .iter()
        .map(|smoothing| {
            residuals.iter().fold((0.0, 0.0), |(level, squared): (f64, f64), residual| {
                let error = residual - level;
                (level + smoothing * error, squared + error * error)
            })
        })
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(0.0, |(level, _)| level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_squares_recovers_known_coefficients() {
        let a: Vec<f64> = (0..50).map(|t| f64::from(t * 7 % 11)).collect();
        let b: Vec<f64> = (0..50).map(|t| f64::from(t * 5 % 13)).collect();
        let y: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 3.0 + 2.0 * a - 0.5 * b).collect();
        let fit = least_squares(&[a, b], &y).unwrap();
        assert!((fit.intercept - 3.0).abs() < 1e-4, "{fit:?}");
        assert!((fit.slopes[0] - 2.0).abs() < 1e-4 && (fit.slopes[1] + 0.5).abs() < 1e-4, "{fit:?}");
    }

    #[test]
    fn columns_that_depend_on_each_other_share_the_effect() {
        let a: Vec<f64> = (0..30).map(|t| f64::from(t % 7)).collect();
        let y: Vec<f64> = a.iter().map(|a| 1.0 + 4.0 * a).collect();
        let fit = least_squares(&[a.clone(), a], &y).unwrap();
        assert!((fit.slopes[0] + fit.slopes[1] - 4.0).abs() < 1e-3, "{fit:?}");
    }

    #[test]
    fn a_promotion_ahead_lifts_the_forecast_by_its_effect() {
        let promotion: Vec<f64> = (0..110).map(|t| f64::from(u8::from(t % 9 == 0 || t == 105))).collect();
        let demand: Vec<f64> = (0..100).map(|t| (if t % 7 < 5 { 2.0 } else { 4.0 }) + 1.5 * promotion[t]).collect();
        let fit = regression(&demand, &[&promotion], &[7], 10).unwrap();
        assert!(!fit.log_target);
        assert!((fit.regressor_coefficients[0] - 1.5).abs() < 1e-2, "{fit:?}");
        assert!((fit.mean[5] - 3.5).abs() < 0.05 && (fit.mean[0] - 2.0).abs() < 0.05, "{fit:?}");
    }

    #[test]
    fn effects_multiply_when_demand_is_large() {
        let promotion: Vec<f64> = (0..110).map(|t| f64::from(u8::from(t % 9 == 0))).collect();
        let demand: Vec<f64> =
            (0..100).map(|t| (if t % 7 < 5 { 99.0 } else { 199.0 }) * (1.0 + promotion[t])).collect();
        let fit = regression(&demand, &[&promotion], &[7], 10).unwrap();
        assert!(fit.log_target);
        assert!((fit.mean[8] / 198.0 - 1.0).abs() < 0.02, "{fit:?}"); // period 108: promotion on a week day
    }

    #[test]
    fn unobserved_periods_are_left_out() {
        let full: Vec<f64> = (0..80).map(|t| 1.0 + f64::from(t % 7) / 4.0).collect();
        let mut gaps = full.clone();
        for t in [3, 20, 21, 22, 60] {
            gaps[t] = f64::NAN;
        }
        let (a, b) = (regression(&full, &[], &[7], 7).unwrap(), regression(&gaps, &[], &[7], 7).unwrap());
        for (a, b) in a.mean.iter().zip(&b.mean) {
            assert!((a - b).abs() < 1e-3);
        }
    }

    #[test]
    fn the_trend_ahead_is_damped() {
        let demand: Vec<f64> = (0..60).map(|t| 1.0 + 0.05 * f64::from(t)).collect();
        let fit = regression(&demand, &[], &[], 200).unwrap();
        assert!((fit.mean[0] - (1.0 + 0.05 * 59.98)).abs() < 1e-2, "{:?}", fit.mean[0]);
        assert!(fit.mean[199] < 1.0 + 0.05 * (59.0 + 49.0) + 1e-2);
    }
}
