//! Is there a season, and what is it? The classical test and the classical decomposition.
//!
//! Both need a complete series: fill unobserved periods first ([`super::imputation::impute_seasonal`]). Position of a
//! period: its index modulo the season length, the first period being 0.

use serde::{Deserialize, Serialize};

/// Normal quantile of the 90 % two-sided seasonality test.
const TEST_QUANTILE: f64 = 1.645;
/// Seasons needed for the test.
const TEST_SEASONS: usize = 3;
/// A multiplicative index below this would blow up what is divided by it.
const SMALLEST_FACTOR: f64 = 0.01;

/// How a season joins the level.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum SeasonKind {
    /// No season.
    None,
    /// Added to the level, in units of demand.
    Additive,
    /// Multiplies the level, 1 = average position.
    Multiplicative,
}

/// True when the autocorrelation at the season length is significant at 90 %.
///
/// |r_m| > 1.645 √((1 + 2 Σ_{i<m} r_i²) / n), with at least three seasons of data. Assimakopoulos and Nikolopoulos,
/// "The theta model", International Journal of Forecasting 16 (2000), 521-530; the rule of the M4 competition.
pub(crate) fn is_seasonal(demand: &[f64], season_length: usize) -> bool {
    let n = demand.len();
    if season_length < 2 || n < TEST_SEASONS * season_length {
        return false;
    }
    let mean = demand.iter().sum::<f64>() / n as f64;
    let total: f64 = demand.iter().map(|value| (value - mean).powi(2)).sum();
    if total.is_nan() || total <= 0.0 {
        return false;
    }
    let correlation = |lag: usize| {
        demand.iter().skip(lag).zip(demand).map(|(now, before)| (now - mean) * (before - mean)).sum::<f64>() / total
    };
    let squares: f64 = (1..season_length).map(|lag| correlation(lag).powi(2)).sum();
    correlation(season_length).abs() > TEST_QUANTILE * ((1.0 + 2.0 * squares) / n as f64).sqrt()
}

/// Seasonal indices of the classical decomposition, one per position; `None` when they cannot be had.
///
/// The trend is the centred moving average over one season (2 x m for even m); an index is the mean over its position of
/// y / trend (multiplicative, mean 1) or y - trend (additive, mean 0). `None` with fewer than two seasons, without a
/// season, or when the multiplicative form meets a trend or an index that is not clearly positive. Hyndman and Athanasopoulos,
/// "Forecasting: Principles and Practice" (3rd ed.), section 3.4.
pub(crate) fn classical_indices(demand: &[f64], season_length: usize, kind: SeasonKind) -> Option<Vec<f64>> {
    let n = demand.len();
    if kind == SeasonKind::None || season_length < 2 || n < 2 * season_length {
        return None;
    }
    let half = season_length / 2;
    let trend = seasonal_average(demand, season_length);
    let mut sums = vec![(0.0, 0.0); season_length];
    for (k, level) in trend.iter().enumerate() {
        let value = demand[k + half];
        let detrended = match kind {
            SeasonKind::Multiplicative if *level > 0.0 => value / level,
            SeasonKind::Multiplicative => return None,
            _ => value - level,
        };
        let (sum, count) = &mut sums[(k + half) % season_length];
        *sum += detrended;
        *count += 1.0;
    }
    let mut indices: Vec<f64> = sums.iter().map(|(sum, count)| sum / count).collect();
    let mean = indices.iter().sum::<f64>() / season_length as f64;
    for index in &mut indices {
        *index = if kind == SeasonKind::Multiplicative { *index / mean } else { *index - mean };
    }
    let smallest = if kind == SeasonKind::Multiplicative { SMALLEST_FACTOR } else { f64::NEG_INFINITY };
    indices.iter().all(|index| index.is_finite() && *index >= smallest).then_some(indices)
}

/// Centred moving average over one season: element k belongs to period k + m / 2; n - 2 ⌊m / 2⌋ elements.
pub(crate) fn seasonal_average(demand: &[f64], season_length: usize) -> Vec<f64> {
    let half = season_length / 2;
    let even = season_length.is_multiple_of(2);
    (half..demand.len().saturating_sub(half))
        .map(|t| {
            let window = &demand[t - half..=t + half];
            let sum: f64 = window.iter().sum();
            let ends = if even { f64::midpoint(window[0], window[window.len() - 1]) } else { 0.0 };
            (sum - ends) / season_length as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiplicative_season_is_recovered_from_a_level() {
        let demand: Vec<f64> = (0..24).map(|t| [50.0, 100.0, 150.0, 100.0][t % 4]).collect();
        let indices = classical_indices(&demand, 4, SeasonKind::Multiplicative).unwrap();
        for (index, expected) in indices.iter().zip([0.5, 1.0, 1.5, 1.0]) {
            assert!((index - expected).abs() < 1e-12, "{indices:?}");
        }
    }

    #[test]
    fn odd_seasons_work_as_even_ones() {
        let demand: Vec<f64> = (0..21).map(|t| [1.0, 2.0, 6.0][t % 3]).collect();
        assert_eq!(classical_indices(&demand, 3, SeasonKind::Additive), Some(vec![-2.0, -1.0, 3.0]));
    }

    #[test]
    fn nothing_is_claimed_of_short_constant_or_non_positive_series() {
        assert!(!is_seasonal(&[1.0, 2.0, 1.0], 2));
        assert!(!is_seasonal(&[5.0; 50], 7));
        assert_eq!(classical_indices(&[1.0, 2.0, 1.0], 2, SeasonKind::Additive), None);
        assert_eq!(classical_indices(&[0.0; 20], 4, SeasonKind::Multiplicative), None);
        assert_eq!(classical_indices(&[1.0; 20], 0, SeasonKind::Additive), None);
    }

    #[test]
    fn a_week_is_a_season_and_five_days_are_none() {
        let weekly: Vec<f64> = (0..35).map(|t| if t % 7 == 5 { 9.0 } else { 1.0 }).collect();
        assert!(is_seasonal(&weekly, 7));
        assert!(!is_seasonal(&weekly, 5));
    }

    #[test]
    fn additive_indices_sum_to_zero() {
        let indices = classical_indices(&[8.0, 12.0, 8.0, 12.0, 8.0, 12.0], 2, SeasonKind::Additive);
        assert_eq!(indices, Some(vec![-2.0, 2.0]));
    }
}
