//! Quantiles of one series from its own rolling-origin errors, without any other series.

use crate::forecast::distributions::{count_quantiles, gamma_at_scores, normal_score, student_score};
use crate::forecast::origins::Backtest;
use crate::forecast::quantiles::{DemandQuantiles, QuantileBasis, clean_levels, make_monotone};
use crate::forecast::series::{observed_count, observed_mean};

/// Mean demand per period below which whole-numbered demand is described by a count distribution.
const COUNT_BELOW_MEAN: f64 = 5.0;
/// Errors needed to trust them.
const MIN_ERRORS: usize = 10;
/// Errors pooled for the quantiles of one period.
const POOLED_ERRORS: usize = 40;
/// A period is scaled as if its mean were at least this share of the average.
const SMALLEST_SHARE_OF_MEAN: f64 = 0.1;
/// Wide default: history variance times this ...
const WIDE_VARIANCE: f64 = 1.5;
/// ... at least this multiple of the squared mean ...
const WIDE_VARIATION: f64 = 0.5;
/// ... and this correlation between the errors of two periods.
const WIDE_CORRELATION: f64 = 0.25;
/// Two windows or three estimate the correlation of errors badly; never less than this is assumed.
const SMALLEST_CORRELATION: f64 = 0.01;

/// Quantiles around `mean`, from the errors of `backtest` (or, when these are few, the spread of `history`).
///
/// Symbols: μ_h mean of period h, M_h = μ_1 + ... + μ_h, e = actual - forecast, s_h = √max(μ_h, 0.1 μ̄).
///
/// **Spread.** Errors are scaled, z = e / s, so that a high season is wider. φ is the mean of z², ρ the mean correlation of two errors
/// of the same window, from the squared sums of each window: ρ = Σ_w ((Σz)² - Σz²) / Σ_w (n_w - 1) Σz², kept in
/// \[0.01, 1\]. Then Var(Y_h) = φ s_h² and Var(total_h) = φ ((1 - ρ) Σ s² + ρ (Σ s)²), which grows faster than the
/// number of periods when errors persist. Demand in whole numbers has at least the variance of a Poisson count.
///
/// **Per period**, [`QuantileBasis::Backtest`]: empirical quantiles of the z of neighbouring periods ahead (at least 40 errors, or
/// all), centred so that the mean stays the mean (bias counts as spread), at plotting position level (n + 1); beyond
/// the outermost error the normal tail is followed. Below a mean of 5 whole units, [`QuantileBasis::CountModel`]: Poisson or negative
/// binomial with that variance, so quantiles are whole numbers.
///
/// **Totals**: gamma (or count) distribution with mean M_h and that variance, with Student's t scores for continuous
/// demand, since the variance comes from about (errors / h) blocks. One error is worth one block, at least 4.
///
/// **Too few errors** (< 10 or no spread in them and none in history), [`QuantileBasis::WideDefault`]: variance 1.5
/// times that of the history, at least half the squared mean, and ρ = 0.25.
///
/// Quantiles never cross, are never negative, and totals never fall with h. Levels outside (0, 1) are dropped.
///
/// ```
/// use nightclerk_models::forecast::QuantileBasis;
/// use nightclerk_models::forecast::calibration::demand_quantiles;
/// use nightclerk_models::forecast::origins::Backtest;
/// let quantiles = demand_quantiles(&[2.0, 2.0], &Backtest::default(), &[2.0, 1.0, 3.0], &[0.5, 0.95]);
/// assert_eq!(quantiles.basis, QuantileBasis::WideDefault);
/// assert!(quantiles.total[1][1] > quantiles.per_period[1][1]);
/// ```
pub fn demand_quantiles(mean: &[f64], backtest: &Backtest, history: &[f64], levels: &[f64]) -> DemandQuantiles {
    let mean: Vec<f64> = mean.iter().map(|m| if m.is_finite() { m.max(0.0) } else { 0.0 }).collect();
    let levels = clean_levels(levels);

    let average = mean.iter().sum::<f64>() / mean.len().max(1) as f64;
    let whole = is_whole(history);
    let errors = ScaledErrors::new(backtest);
    let n_errors = errors.count();
    let (basis, spread) = if n_errors < MIN_ERRORS {
        (QuantileBasis::WideDefault, wide_default(history, average))
    } else if whole && average < COUNT_BELOW_MEAN {
        (QuantileBasis::CountModel, errors.spread())
    } else {
        (QuantileBasis::Backtest { n_errors }, errors.spread())
    };

    let scale: Vec<f64> = mean.iter().map(|m| m.max(SMALLEST_SHARE_OF_MEAN * average).sqrt()).collect();
    let as_counts = whole && basis != (QuantileBasis::Backtest { n_errors });
    let scores: Vec<f64> = levels.iter().map(|level| normal_score(*level)).collect();
    let quantiles_of = |mean: f64, variance: f64, n_periods: usize| {
        let variance = if whole { variance.max(mean) } else { variance };
        if as_counts {
            return count_quantiles(mean, variance, &levels);
        }
        let blocks = (n_errors as f64 / n_periods as f64).max(4.0);
        let scores: Vec<f64> = scores.iter().map(|z| student_score(*z, blocks)).collect();
        gamma_at_scores(mean, variance, &scores)
    };

    let mut per_period = Vec::with_capacity(mean.len());
    let mut total: Vec<Vec<f64>> = Vec::with_capacity(mean.len());
    let (mut sum_mean, mut sum_scale, mut sum_square) = (0.0, 0.0, 0.0);
    for (ahead, (mean, scale)) in mean.iter().zip(&scale).enumerate() {
        let mut period = if matches!(basis, QuantileBasis::Backtest { .. }) {
            errors.near(ahead).quantiles(&levels, &scores).iter().map(|z| mean + z * scale).collect()
        } else {
            quantiles_of(*mean, spread.dispersion * scale * scale, 1)
        };
        make_monotone(&mut period);
        sum_mean += mean;
        sum_scale += scale;
        sum_square += scale * scale;
        let variance =
            spread.dispersion * ((1.0 - spread.correlation) * sum_square + spread.correlation * sum_scale * sum_scale);
        let mut running = if ahead == 0 { period.clone() } else { quantiles_of(sum_mean, variance, ahead + 1) };
        make_monotone(&mut running);
        if let Some(before) = total.last() {
            for (now, before) in running.iter_mut().zip(before) {
                *now = now.max(*before);
            }
        }
        per_period.push(period);
        total.push(running);
    }
    DemandQuantiles { levels, per_period, total, basis }
}

#[derive(Clone, Copy, Debug)]
struct Spread {
    /// Variance of a period / its scale².
    dispersion: f64,
    /// Correlation of the errors of two periods of one window.
    correlation: f64,
}

/// Rolling-origin errors, each divided by the root of its forecast; `None` where unobserved.
struct ScaledErrors {
    windows: Vec<Vec<Option<f64>>>,
}

impl ScaledErrors {
    fn new(backtest: &Backtest) -> ScaledErrors {
        let windows = backtest
            .forecasts
            .iter()
            .zip(&backtest.actuals)
            .map(|(forecasts, actuals)| {
                let average = forecasts.iter().sum::<f64>() / forecasts.len().max(1) as f64;
                // A window forecast as zero that sold has no scale; its own demand gives one.
                let sold: Vec<f64> = actuals.iter().copied().filter(|y| y.is_finite()).collect();
                let demand = sold.iter().sum::<f64>() / sold.len().max(1) as f64;
                let floor = SMALLEST_SHARE_OF_MEAN * average.max(demand);
                forecasts
                    .iter()
                    .zip(actuals)
                    .map(|(f, y)| {
                        let scale = f.max(floor).sqrt();
                        let error = y - f;
                        error.is_finite().then(|| if scale > 0.0 { error / scale } else { 0.0 })
                    })
                    .collect()
            })
            .collect();
        ScaledErrors { windows }
    }

    fn count(&self) -> usize {
        self.windows.iter().flatten().flatten().count()
    }

    fn spread(&self) -> Spread {
        let (mut squares, mut pairs, mut largest_pairs) = (0.0, 0.0, 0.0);
        for window in &self.windows {
            let errors: Vec<f64> = window.iter().flatten().copied().collect();
            let (sum, square) = errors.iter().fold((0.0, 0.0), |(sum, square), z| (sum + z, square + z * z));
            squares += square;
            pairs += sum * sum - square;
            largest_pairs += (errors.len() as f64 - 1.0).max(0.0) * square;
        }
        let correlation = if largest_pairs > 0.0 { pairs / largest_pairs } else { 0.0 };
        Spread { dispersion: squares / self.count() as f64, correlation: correlation.clamp(SMALLEST_CORRELATION, 1.0) }
    }

    /// Errors of the periods around `ahead`: the narrowest neighbourhood with enough of them.
    fn near(&self, ahead: usize) -> ErrorSample {
        let longest = self.windows.iter().map(Vec::len).max().unwrap_or(0);
        let mut errors = Vec::new();
        for width in 0..=longest.max(ahead) {
            let (from, to) = (ahead.saturating_sub(width), ahead + width);
            errors = self
                .windows
                .iter()
                .flat_map(|window| window.iter().enumerate().filter(|(h, _)| (from..=to).contains(h)))
                .filter_map(|(_, z)| *z)
                .collect();
            if errors.len() >= POOLED_ERRORS {
                break;
            }
        }
        ErrorSample::centred(errors)
    }
}

/// Sorted errors with mean zero; their mean square is that before centring.
struct ErrorSample {
    sorted: Vec<f64>,
}

impl ErrorSample {
    fn centred(mut errors: Vec<f64>) -> ErrorSample {
        let n = errors.len().max(1) as f64;
        let mean = errors.iter().sum::<f64>() / n;
        let square = errors.iter().map(|z| z * z).sum::<f64>() / n;
        let variance = errors.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / n;
        // When all errors are alike there is only bias: it becomes a two-sided spread.
        let widen = if variance > 1e-6 * square { (square / variance).sqrt() } else { 0.0 };
        let bias_only = if widen > 0.0 { 0.0 } else { square.sqrt() };
        for (index, z) in errors.iter_mut().enumerate() {
            *z = (*z - mean) * widen + if index % 2 == 0 { bias_only } else { -bias_only };
        }
        errors.sort_by(f64::total_cmp);
        ErrorSample { sorted: errors }
    }

    fn quantiles(&self, levels: &[f64], scores: &[f64]) -> Vec<f64> {
        let n = self.sorted.len();
        let (Some(first), Some(last)) = (self.sorted.first(), self.sorted.last()) else {
            return vec![0.0; levels.len()];
        };
        let outermost = normal_score(n as f64 / (n as f64 + 1.0));
        levels
            .iter()
            .zip(scores)
            .map(|(level, score)| {
                let position = level * (n as f64 + 1.0);
                if position < 1.0 {
                    return first * (score / -outermost).max(1.0);
                }
                if position >= n as f64 {
                    return last * (score / outermost).max(1.0);
                }
                let below = position.floor();
                let index = below as usize - 1;
                self.sorted[index] + (position - below) * (self.sorted[index + 1] - self.sorted[index])
            })
            .collect()
    }
}

fn wide_default(history: &[f64], average: f64) -> Spread {
    let n = observed_count(history) as f64;
    let mean = observed_mean(history);
    let squares: f64 = history.iter().filter(|value| value.is_finite()).map(|value| (value - mean).powi(2)).sum();
    let variance = if n > 1.0 { squares / (n - 1.0) } else { 0.0 };
    // The history may run on another level than the forecast; its variance is moved there in proportion.
    let moved = if mean > 0.0 { variance * average / mean } else { 0.0 };
    let variance = (WIDE_VARIANCE * moved).max(WIDE_VARIATION * average * average);
    let dispersion = if average > 0.0 { variance / average } else { 0.0 };
    Spread { dispersion, correlation: WIDE_CORRELATION }
}

/// True when every observed value is a whole number, and there is one.
fn is_whole(history: &[f64]) -> bool {
    observed_count(history) > 0
        && history.iter().filter(|value| value.is_finite()).all(|value| (value - value.round()).abs() < 1e-9)
}

#[cfg(test)]
#[path = "series_errors_tests.rs"]
mod tests;
