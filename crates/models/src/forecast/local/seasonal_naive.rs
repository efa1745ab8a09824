//! The yardstick: the last observed season, repeated.

use crate::forecast::series::observed_mean;

/// Repeats the last observed season: f_{n+h} = the latest observed y_{n+h-k m}, k >= 1.
///
/// A position never observed takes the mean of the series; an empty series gives zeros. Hyndman and Athanasopoulos,
/// "Forecasting: Principles and Practice" (3rd ed.), section 5.2.
///
/// ```
/// use nightclerk_models::forecast::local::seasonal_naive;
/// assert_eq!(seasonal_naive(&[1.0, 2.0, 3.0, f64::NAN], 2, 3), vec![3.0, 2.0, 3.0]);
/// ```
pub fn seasonal_naive(demand: &[f64], season_length: usize, horizon: usize) -> Vec<f64> {
    let n = demand.len();
    let season_length = season_length.max(1);
    let mean = observed_mean(demand);
    let otherwise = if mean.is_finite() { mean } else { 0.0 };
    (0..horizon)
        .map(|ahead| {
            let position = (n + ahead) % season_length;
            let same = (0..n).rev().filter(|t| t % season_length == position).map(|t| demand[t]);
            same.into_iter().find(|value| value.is_finite()).unwrap_or(otherwise)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_never_seen_takes_the_mean() {
        assert_eq!(seasonal_naive(&[2.0, 4.0], 7, 3), vec![3.0, 3.0, 3.0]);
        assert_eq!(seasonal_naive(&[], 7, 1), vec![0.0]);
    }
}
