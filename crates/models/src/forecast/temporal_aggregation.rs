//! Intermittent demand forecast on sums over several periods: fewer zeros, and the forecast of the sum is shared out
//! equally. Both methods give a flat forecast, the expected demand per period.

use super::MethodError;
use super::intermittent::{require_observed, ses_best};

/// Range of the smoothing parameter, as in the studies of both methods.
const SMOOTHING: (f64, f64) = (0.1, 0.3);
/// Buckets longer than this are not tried: one demand in 60 periods says nothing about the speed of change.
const LONGEST_BUCKET: usize = 60;

/// Aggregate-disaggregate intermittent demand approach: smooth sums over one mean inter-demand interval.
///
/// The bucket length A is the mean number of periods between demands (from the start of the series), rounded; sums over
/// A periods that end with the series are smoothed by [`super::intermittent::ses_with`] with the best parameter in
/// \[0.1, 0.3\], and the level is divided by A. Nikolopoulos, Syntetos, Boylan, Petropoulos and Assimakopoulos, "An
/// aggregate-disaggregate intermittent demand approach (ADIDA) to forecasting", Journal of the Operational Research
/// Society 62 (2011), 544-554.
///
/// ```
/// use nightclerk_models::forecast::temporal_aggregation::adida;
/// // a demand of 6 in every third period: buckets of three, each 6, so 2 per period
/// assert_eq!(adida(&[0.0, 0.0, 6.0, 0.0, 0.0, 6.0, 0.0, 0.0, 6.0], 2).unwrap(), vec![2.0, 2.0]);
/// ```
pub fn adida(demand: &[f64], horizon: usize) -> Result<Vec<f64>, MethodError> {
    require_observed(demand, "adida")?;
    Ok(vec![level_of_buckets(demand, mean_interval(demand)); horizon])
}

/// Intermittent multiple aggregation prediction algorithm: the mean of [`adida`] over all bucket lengths from one period
/// to the mean inter-demand interval.
///
/// Petropoulos and Kourentzes, "Forecast combinations for intermittent demand", Journal of the Operational Research
/// Society 66 (2015), 914-924.
///
/// ```
/// use nightclerk_models::forecast::temporal_aggregation::imapa;
/// // constant demand has interval one: the only bucket length
/// assert_eq!(imapa(&[3.0; 8], 1).unwrap(), vec![3.0]);
/// ```
pub fn imapa(demand: &[f64], horizon: usize) -> Result<Vec<f64>, MethodError> {
    require_observed(demand, "imapa")?;
    let longest = mean_interval(demand);
    let level = (1..=longest).map(|bucket| level_of_buckets(demand, bucket)).sum::<f64>() / longest as f64;
    Ok(vec![level; horizon])
}

/// Mean of the intervals between demands, the first from the start of the series, rounded; at least one.
fn mean_interval(demand: &[f64]) -> usize {
    let (mut observed, mut last_demand, mut demands) = (0_usize, 0_usize, 0_usize);
    for value in demand.iter().filter(|value| value.is_finite()) {
        observed += 1;
        if *value > 0.0 {
            demands += 1;
            last_demand = observed;
        }
    }
    if demands == 0 {
        return 1;
    }
    let mean = last_demand as f64 / demands as f64;
    (mean.round_ties_even() as usize).clamp(1, LONGEST_BUCKET.min(observed))
}

/// Level per period from sums over `bucket` periods that end with the series. A bucket seen in part counts as its mean
/// times its length; one not seen at all is skipped.
fn level_of_buckets(demand: &[f64], bucket: usize) -> f64 {
    let means: Vec<f64> = demand[demand.len() % bucket..].chunks(bucket).map(super::observed_mean).collect();
    ses_best(&means, SMOOTHING.0, SMOOTHING.1)
}

#[cfg(test)]
#[path = "temporal_aggregation_tests.rs"]
mod tests;
