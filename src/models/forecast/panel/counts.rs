//! Distributions of counts.

use rayon::prelude::*;

use super::{PanelForecast, PanelSettings, with_quantiles, zero_forecast};
use crate::models::forecast::count_group::{CountGroup, CountSeries, CountSettings};
use crate::models::forecast::global::GlobalSeries;
use crate::models::forecast::group_profile::GroupProfile;
use crate::models::forecast::observed_mean;

/// A panel whose typical series sells less than this in a period is one of counts; above it, continuous methods serve.
const LARGEST_TYPICAL_MEAN: f64 = 20.0;
/// Rolling origins at which the group's constants are judged.
const ORIGINS: usize = 4;

/// Whether every observed demand is a whole number of at least zero and the median series sells few of them.
pub(super) fn is_panel_of_counts(series: &[GlobalSeries]) -> bool {
    let whole = |value: &f64| !value.is_finite() || (*value >= 0.0 && value.fract() == 0.0);
    if !series.iter().all(|series| series.demand.iter().all(whole)) {
        return false;
    }
    let mut means: Vec<f64> =
        series.iter().map(|series| observed_mean(series.demand)).filter(|mean| mean.is_finite()).collect();
    means.sort_by(f64::total_cmp);
    means.get(means.len() / 2).is_some_and(|median| *median < LARGEST_TYPICAL_MEAN)
}

/// The distribution of every series, with a pooled season; what is no matter of counts goes to the local mean.
pub(super) fn forecast(series: &[GlobalSeries], settings: &PanelSettings) -> Vec<PanelForecast> {
    let horizon = settings.horizon;
    let demands: Vec<&[f64]> = series.iter().map(|series| series.demand).collect();
    let profile = GroupProfile::fit(&demands, settings.season());
    let factors: Vec<Vec<f64>> = (demands.iter())
        .map(|demand| profile.as_ref().map_or_else(Vec::new, |profile| profile.factors(demand.len(), horizon)))
        .collect();
    let counts: Vec<CountSeries> =
        demands.iter().zip(&factors).map(|(demand, factor)| CountSeries { demand, factor }).collect();
    let steps = CountSettings { horizon, n_windows: ORIGINS, step_size: horizon.div_ceil(2) };
    let group = CountGroup::fit(&counts, &steps);
    (series.par_iter().zip(&counts))
        .map(|(series, counts)| match group.forecast(*counts) {
            Ok(forecast) => PanelForecast {
                mean: forecast.mean(),
                quantiles: forecast.quantiles(settings.levels),
                model: "counts".to_owned(),
                fallback: None,
            },
            Err(error) if observed_mean(series.demand).is_nan() => zero_forecast(settings, "zero", &error.to_string()),
            Err(error) => alone(series, settings, &error.to_string()),
        })
        .collect()
}

fn alone(series: &GlobalSeries, settings: &PanelSettings, reason: &str) -> PanelForecast {
    let points = super::local::forecast(&[*series], super::PanelMethod::Mean, settings);
    let mut forecast = with_quantiles(&[*series], points, settings);
    match forecast.pop() {
        Some(forecast) => PanelForecast { fallback: Some(reason.to_owned()), ..forecast },
        None => zero_forecast(settings, "zero", reason),
    }
}
