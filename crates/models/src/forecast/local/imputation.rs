//! Completing a series for the methods that cannot skip unobserved periods (decomposition, smoothing).

use crate::forecast::series::{observed_count, observed_mean};

/// Neighbouring seasons looked at on each side.
const SEASONS_EACH_SIDE: usize = 2;
/// Neighbouring periods looked at on each side when no neighbouring season was observed.
const PERIODS_EACH_SIDE: usize = 3;

/// Fills unobserved periods: the mean of the same position in the two seasons before and after, else the mean of the
/// three periods before and after, else the mean of the series. Observed values are returned as they are; `None` when
/// nothing was observed. Only observed values enter a mean, so the order of filling does not matter.
pub(crate) fn impute_seasonal(demand: &[f64], season_length: usize) -> Option<Vec<f64>> {
    if observed_count(demand) == 0 {
        return None;
    }
    let overall = observed_mean(demand);
    let filled = (0..demand.len())
        .map(|t| {
            if demand[t].is_finite() {
                return demand[t];
            }
            let seasonal = mean_around(demand, t, season_length.max(1), SEASONS_EACH_SIDE);
            let local = mean_around(demand, t, 1, PERIODS_EACH_SIDE);
            seasonal.or(local).unwrap_or(overall)
        })
        .collect();
    Some(filled)
}

fn mean_around(demand: &[f64], t: usize, lag: usize, count: usize) -> Option<f64> {
    let before = (1..=count).filter_map(|k| t.checked_sub(k * lag));
    let after = (1..=count).map(|k| t + k * lag);
    let values: Vec<f64> = before.chain(after).filter_map(|index| demand.get(index).copied()).collect();
    Some(observed_mean(&values)).filter(|mean| mean.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    #[test]
    fn a_gap_longer_than_the_seasons_looked_at_takes_the_mean() {
        let mut demand = vec![4.0];
        demand.extend([NAN; 30]);
        demand.push(6.0);
        assert_eq!(impute_seasonal(&demand, 2).unwrap()[15], 5.0);
    }

    #[test]
    fn nothing_observed_cannot_be_completed() {
        assert_eq!(impute_seasonal(&[NAN, NAN], 7), None);
        assert_eq!(impute_seasonal(&[], 7), None);
    }

    #[test]
    fn a_gap_takes_the_mean_of_the_seasons_around_it() {
        let filled = impute_seasonal(&[1.0, 8.0, 3.0, f64::NAN, 5.0, 12.0], 2);
        assert_eq!(filled, Some(vec![1.0, 8.0, 3.0, 10.0, 5.0, 12.0]));
    }
}
