//! Sums that are forecast themselves, from their own summed demand: a total has its own season and level, seen far better than
//! in any of its series.

use std::collections::HashMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::DemandForecast;
use super::node::PlannedNode;
use super::node_key::NodeKey;
use super::series_forecasts::SeriesForecasts;
use super::shapes::SELLS;
use crate::models::forecast::local::LocalMethod;
use crate::models::forecast::panel::{PanelForecast, PanelMethod, PanelSeries, PanelState, fit_panel, update_panel};
use crate::models::forecast::{NO_CALENDAR, Regressors, observed_mean};

/// Models of the sums, and how far each errs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SumModels {
    panel: PanelState,
    /// The sums, in the order of the panel.
    pub sums: Vec<SumModel>,
}

/// One sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SumModel {
    key: NodeKey,
    /// Mean squared error over the rolling origins.
    pub error_variance: Option<f64>,
}

/// Every sum from its own summed demand.
pub(super) fn forecast_sums(
    job: &DemandForecast,
    forecasts: &SeriesForecasts,
    sums: &[PlannedNode],
    known: Option<&SumModels>,
    seed: u64,
) -> (Vec<PanelForecast>, SumModels) {
    let made: Vec<Summed> = sums.par_iter().map(|sum| Summed::of(forecasts, &sum.children)).collect();
    let none = Regressors::default();
    let panel: Vec<PanelSeries> = (made.iter())
        .map(|sum| PanelSeries {
            demand: &sum.demand,
            first_index: sum.first_day,
            regressors: &none,
            categories: &[],
            factor: &sum.factor,
            past_factor: &sum.past_factor,
            calendar: &NO_CALENDAR,
        })
        .collect();
    let settings = job.panel_settings(seed);
    let model = |sum: &PlannedNode, error_variance| SumModel { key: sum.key.clone(), error_variance };
    if let Some(known) = known {
        let place_of: HashMap<&NodeKey, usize> =
            known.sums.iter().enumerate().map(|(place, sum)| (&sum.key, place)).collect();
        let places: Vec<Option<usize>> = sums.iter().map(|sum| place_of.get(&sum.key).copied()).collect();
        let mut updated = update_panel(&panel, &places, known.panel.clone(), &settings, &|| ());
        let variance = |place: &Option<usize>| place.and_then(|place| known.sums[place].error_variance);
        with_seasons(&mut updated.forecasts, forecasts, sums);
        let sums = sums.iter().zip(&places).map(|(sum, place)| model(sum, variance(place))).collect();
        return (updated.forecasts, SumModels { panel: updated.state, sums });
    }
    let (mut bases, state) = fit_panel(&panel, PanelMethod::Local(LocalMethod::Mean), &settings, &|| ());
    let models = sums.iter().zip(&bases).map(|(sum, base)| model(sum, base.backtest.error_variance())).collect();
    with_seasons(&mut bases, forecasts, sums);
    (bases, SumModels { panel: state, sums: models })
}

/// What sells in a season alone is no part of a sum's own course: its forecast is added to that of the others.
fn with_seasons(bases: &mut [PanelForecast], forecasts: &SeriesForecasts, sums: &[PlannedNode]) {
    for (base, sum) in bases.iter_mut().zip(sums) {
        for index in sum.children.iter().filter(|index| forecasts.is_seasonal[**index]) {
            let season = &forecasts.outcomes[*index].mean;
            base.mean.iter_mut().zip(season).for_each(|(mean, season)| *mean += season);
        }
    }
}

/// The demand of several series, as one.
struct Summed {
    demand: Vec<f64>,
    first_day: i64,
    factor: Vec<f64>,
    past_factor: Vec<f64>,
}

impl Summed {
    /// A day that is not known of a series counts as its usual demand; the factor of the sum is that of its series, each with
    /// the weight of its level. All series end on the same day.
    fn of(forecasts: &SeriesForecasts, children: &[usize]) -> Summed {
        let longest = children.iter().map(|index| forecasts.cleaned[*index].demand.len()).max().unwrap_or(0);
        let reach = children.iter().map(|index| forecasts.factors[*index].len()).max().unwrap_or(0);
        let mut demand = vec![0.0; longest];
        let (mut factor, mut past_factor, mut weight) = (vec![0.0; reach], vec![0.0; reach], vec![0.0; reach]);
        for index in children.iter().filter(|index| !forecasts.is_seasonal[**index]) {
            let (own, now) = (&forecasts.cleaned[*index].demand, &forecasts.factors[*index]);
            let past = Some(forecasts.past_factor(*index)).filter(|past| !past.is_empty()).unwrap_or(now);
            let plain: Vec<f64> = (own.iter().zip(now))
                .map(|(units, factor)| if *factor < SELLS { f64::NAN } else { units / factor })
                .collect();
            let level = observed_mean(&plain).max(0.0);
            if level.is_nan() {
                continue;
            }
            let offset = longest - own.len();
            for (t, (units, factor)) in own.iter().zip(now).enumerate() {
                demand[offset + t] += if units.is_finite() { *units } else { level * factor };
            }
            for (t, (now, past)) in now.iter().zip(past).enumerate() {
                factor[offset + t] += level * now;
                past_factor[offset + t] += level * past;
                weight[offset + t] += level;
            }
        }
        for (t, weight) in weight.iter().enumerate() {
            let share = |sum: f64| if *weight > 0.0 { sum / weight } else { 1.0 };
            (factor[t], past_factor[t]) = (share(factor[t]), share(past_factor[t]));
        }
        let first_day = i64::from(forecasts.as_of.number()) + 1 - longest as i64;
        Summed { demand, first_day, factor, past_factor }
    }
}
