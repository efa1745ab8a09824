//! Methods for demand with gaps. Both give a flat forecast: the expected demand per period.

use super::{Method, MethodError, observed_count};

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

/// Teunter-Syntetos-Babai with given smoothing parameters.
///
/// Demand probability p and demand size z: p ← p + β (d - p) every period, d = 1 when there is demand, and z ← z + α (y - z)
/// only when there is. Forecast p z. Starts from the share of periods with demand and the mean size. Because p falls
/// in every period without demand, an item that stops selling fades out (Croston's forecast would not). Unobserved
/// periods change nothing. Teunter, Syntetos and Babai, "Intermittent demand: linking forecasting to
/// inventory obsolescence", European Journal of Operational Research 214 (2011), 606-615.
///
/// ```
/// use nightclerk::models::forecast::intermittent::tsb_with;
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
    let (mut size, mut probability, mut squared_error) = (total / count, count / observed, 0.0);
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

/// Croston's method with the Syntetos-Boylan correction and a given smoothing parameter.
///
/// Size z and interval q are smoothed with the same α, only in periods with demand; forecast (1 - α/2) z / q. Starts
/// from the first demand and the number of periods up to it; earlier periods are not scored. Unobserved periods do not
/// lengthen an interval. Syntetos and Boylan, "The accuracy of intermittent demand estimates", International
/// Journal of Forecasting 21 (2005), 303-314.
///
/// ```
/// use nightclerk::models::forecast::intermittent::sba_with;
/// // start z = 4, q = 2; at the second demand z = 4.4, q = 2.4
/// let fit = sba_with(&[0.0, 4.0, 0.0, 0.0, 0.0, 6.0], 0.2);
/// assert!((fit.level - 0.9 * 4.4 / 2.4).abs() < 1e-12);
/// ```
pub fn sba_with(demand: &[f64], smoothing: f64) -> FlatForecast {
    let correction = 1.0 - smoothing / 2.0;
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
                    (size + smoothing * (value - size), interval + smoothing * (since - interval))
                }
            });
            since = 0.0;
        }
    }
    let level = state.map_or(0.0, |(size, interval)| correction * size / interval);
    FlatForecast { level, squared_error }
}

/// [`tsb_with`], smoothing parameters chosen over a small grid by in-sample squared error (first of equals).
pub fn tsb(demand: &[f64], horizon: usize) -> Result<Vec<f64>, MethodError> {
    require_demand(demand, Method::Tsb)?;
    let fits = SIZE_SMOOTHING
        .iter()
        .flat_map(|size| PROBABILITY_SMOOTHING.iter().map(move |probability| tsb_with(demand, *size, *probability)));
    Ok(vec![best_level(fits); horizon])
}

/// [`sba_with`], smoothing parameter chosen over a small grid by in-sample squared error (first of equals).
pub fn sba(demand: &[f64], horizon: usize) -> Result<Vec<f64>, MethodError> {
    require_demand(demand, Method::Sba)?;
    Ok(vec![best_level(INTERVAL_SMOOTHING.iter().map(|smoothing| sba_with(demand, *smoothing))); horizon])
}

fn require_demand(demand: &[f64], method: Method) -> Result<(), MethodError> {
    let found = observed_count(demand);
    if found < MIN_OBSERVED {
        return Err(MethodError::TooShort { method: method.name(), found, needed: MIN_OBSERVED });
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tsb_fades_when_demand_stops_and_sba_does_not() {
        let mut demand: Vec<f64> = (0..60).map(|t| if t % 3 == 0 { 5.0 } else { 0.0 }).collect();
        let before = (tsb(&demand, 1).unwrap()[0], sba(&demand, 1).unwrap()[0]);
        demand.extend([0.0; 40]);
        let after = (tsb(&demand, 1).unwrap()[0], sba(&demand, 1).unwrap()[0]);
        assert!(after.0 < 0.5 * before.0, "{before:?} {after:?}");
        assert!((after.1 - before.1).abs() < 0.1 * before.1);
    }

    #[test]
    fn unobserved_periods_change_nothing() {
        let plain = [0.0, 3.0, 0.0, 0.0, 2.0, 0.0, 1.0];
        let gaps = [0.0, f64::NAN, 3.0, 0.0, 0.0, f64::NAN, 2.0, 0.0, 1.0, f64::NAN];
        assert_eq!(tsb(&plain, 2), tsb(&gaps, 2));
        assert_eq!(sba(&plain, 2), sba(&gaps, 2));
    }

    proptest! {
        #[test]
        fn forecasts_lie_between_zero_and_the_largest_demand(demand in prop::collection::vec(0.0..50.0_f64, 4..80)) {
            let largest = demand.iter().copied().fold(0.0, f64::max);
            for level in [tsb(&demand, 1).unwrap()[0], sba(&demand, 1).unwrap()[0]] {
                prop_assert!(level >= 0.0 && level <= largest + 1e-9);
            }
        }

        #[test]
        fn constant_demand_is_its_own_tsb_forecast(level in 0.1..1e6_f64, n in 4_usize..50) {
            let forecast = tsb(&vec![level; n], 1).unwrap()[0];
            prop_assert!((forecast - level).abs() < 1e-9 * level);
        }
    }
}
