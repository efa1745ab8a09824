//! Strength of a season, from a seasonal-trend decomposition by loess.

/// Width of the loess over the values of one season position, in seasons: a slowly changing season.
const SEASONAL_WINDOW: usize = 11;
/// Passes of the inner loop.
const PASSES: usize = 2;

/// Fs = max(0, 1 - Var(remainder) / Var(season + remainder)), between 0 (no season) and 1.
///
/// Source: Wang, Smith and Hyndman, Data Mining and Knowledge Discovery 13 (2006), 335-364, on the decomposition of
/// Cleveland, Cleveland, McRae and Terpenning, "STL: A seasonal-trend decomposition procedure based on loess", Journal
/// of Official Statistics 6 (1990), 3-73, its inner loop with locally constant seasonal smoothing. `y` complete; zero when
/// it has no two full seasons.
pub(crate) fn seasonal_strength(y: &[f64], season: usize) -> f64 {
    if season < 2 || y.len() < 2 * season + 1 {
        return 0.0;
    }
    let (seasonal, trend) = decompose(y, season);
    let remainder: Vec<f64> = y.iter().zip(&seasonal).zip(&trend).map(|((y, s), t)| y - s - t).collect();
    let detrended: Vec<f64> = y.iter().zip(&trend).map(|(y, t)| y - t).collect();
    let (numerator, denominator) = (variance(&remainder), variance(&detrended));
    if denominator > 0.0 { (1.0 - numerator / denominator).clamp(0.0, 1.0) } else { 0.0 }
}

fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)
}

/// Seasonal and trend component.
fn decompose(y: &[f64], season: usize) -> (Vec<f64>, Vec<f64>) {
    let n = y.len();
    let trend_window = next_odd((1.5 * season as f64 / (1.0 - 1.5 / SEASONAL_WINDOW as f64)).ceil() as usize);
    let low_pass_window = next_odd(season);
    let mut trend = vec![0.0; n];
    let mut seasonal = vec![0.0; n];
    for _ in 0..PASSES {
        // The smoothed cycle-subseries, one season longer at either end.
        let mut cycle = vec![0.0; n + 2 * season];
        for position in 0..season {
            let values: Vec<f64> = (position..n).step_by(season).map(|t| y[t] - trend[t]).collect();
            for (i, slot) in (0..values.len() + 2).enumerate() {
                let at = slot as f64 - 1.0;
                let index = position + i * season;
                if let Some(cell) = cycle.get_mut(index) {
                    *cell = loess(&values, at, SEASONAL_WINDOW, false);
                }
            }
        }
        let averaged = moving_average(&moving_average(&moving_average(&cycle, season), season), 3);
        let low_pass: Vec<f64> = (0..n).map(|t| loess(&averaged, t as f64, low_pass_window, true)).collect();
        for t in 0..n {
            seasonal[t] = cycle[t + season] - low_pass[t];
        }
        let adjusted: Vec<f64> = y.iter().zip(&seasonal).map(|(y, s)| y - s).collect();
        for (t, value) in trend.iter_mut().enumerate() {
            *value = loess(&adjusted, t as f64, trend_window, true);
        }
    }
    (seasonal, trend)
}

fn next_odd(n: usize) -> usize {
    n | 1
}

/// Moving average of that length, shorter by length - 1.
fn moving_average(values: &[f64], length: usize) -> Vec<f64> {
    if values.len() < length {
        return values.to_vec();
    }
    let mut sum: f64 = values[..length].iter().sum();
    let mut averages = vec![sum / length as f64];
    for t in length..values.len() {
        sum += values[t] - values[t - length];
        averages.push(sum / length as f64);
    }
    averages
}

/// Loess of equally spaced values at position `at`, with the nearest `window` values, tricube weights, locally constant or
/// linear. Fewer values than the window widen the weights in proportion, as in section 3.2 of the paper.
fn loess(values: &[f64], at: f64, window: usize, linear: bool) -> f64 {
    let n = values.len();
    let used = window.min(n);
    let nearest = (at - (used as f64 - 1.0) / 2.0).round().clamp(0.0, (n - used) as f64) as usize;
    let points = nearest..nearest + used;
    let reach = (at - points.start as f64).abs().max((at - (points.end - 1) as f64).abs());
    let reach = if window > n { reach + ((window - n) / 2) as f64 } else { reach }.max(0.5);
    let (mut sum, mut sum_x, mut sum_xx, mut sum_y, mut sum_xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for i in points {
        let x = i as f64 - at;
        let share = x.abs() / reach;
        if share >= 0.999 {
            continue;
        }
        let cube = 1.0 - share * share * share;
        let weight = if share <= 0.001 { 1.0 } else { cube * cube * cube };
        sum += weight;
        sum_x += weight * x;
        sum_xx += weight * x * x;
        sum_y += weight * values[i];
        sum_xy += weight * x * values[i];
    }
    if sum <= 0.0 {
        return values[nearest.min(n - 1)];
    }
    let spread = sum * sum_xx - sum_x * sum_x;
    if linear && spread > 1e-9 * sum * sum {
        // The intercept at x = 0, which is `at`.
        (sum_xx * sum_y - sum_x * sum_xy) / spread
    } else {
        sum_y / sum
    }
}

#[cfg(test)]
#[path = "seasonal_strength_tests.rs"]
mod tests;
