//! Exponential smoothing (augurs) alone, and after a multiple seasonal-trend decomposition (stlrs, through augurs).
//!
//! Two limits of augurs 0.10 shape this file. Its exponential smoothing has no seasonal form, so only non-seasonal
//! forms are ever asked for; and its own seasonal model computes in `f32`, so the decomposition is called directly, in
//! `f64`, and the smoothing applied to its deseasonalised series. Every call into the library is guarded against panics.
//!
//! Known limit: its optimiser can stop at a poor optimum for damped trends. On R's `WWWusage` it reaches a corrected Akaike
//! criterion of 770.4 where R's `ets` reaches 718.6, with another forecast; forms without trend agree with R.

use std::panic::{AssertUnwindSafe, catch_unwind};

use augurs::ets::AutoETS;
use augurs::ets::model::{Model, ModelType, Params, Unfit};
use augurs::mstl::stlrs::MstlParams;
use augurs::{Fit, Predict};

use super::{Method, MethodError};

/// Periods the smoothing needs: enough for the largest form (five parameters) and its corrected Akaike criterion.
const MIN_PERIODS: usize = 12;
/// Seasons longer than this are smoothed after decomposition.
const LONG_SEASON: usize = 30;
/// Iterations of the optimiser when a known form is fitted again.
const REFIT_ITERATIONS: usize = 500;

/// Exponential smoothing for one series: the form is searched on the first call and kept for the later ones.
///
/// Searching all forms at every rolling origin costs several times as much and seldom changes the form. Call it with the
/// earliest origin first, so that no later observation takes part in the search.
#[derive(Clone, Debug, Default)]
pub struct Smoother {
    form: Option<Form>,
}

#[derive(Clone, Copy, Debug)]
struct Form {
    model_type: ModelType,
    damped: bool,
}

impl Smoother {
    /// Forecasts a complete series by the non-seasonal ETS form with the smallest AICc.
    ///
    /// Error additive or multiplicative, trend none, additive, or additive damped: Hyndman, Koehler, Ord and Snyder,
    /// "Forecasting with Exponential Smoothing" (2008). A constant series is its own forecast.
    ///
    /// # Errors
    /// Fewer than 12 periods, or the library fails or panics.
    pub fn ets(&mut self, demand: &[f64], horizon: usize) -> Result<Vec<f64>, MethodError> {
        self.forecast(demand, horizon, Method::Ets)
    }

    /// Removes the seasons by MSTL, forecasts the rest as [`Smoother::ets`], and adds the last season back.
    ///
    /// Only season lengths with two full cycles in the series are used. The component of a long season (over 30
    /// periods) is smoothed by a centred moving average of about a twelfth of its length: two or three cycles
    /// cannot tell one day's effect from noise. Bandara, Hyndman and Bergmeir, "MSTL", arXiv:2107.13462.
    ///
    /// # Errors
    /// No season length fits twice, fewer than 12 periods, or the library fails or panics.
    pub fn mstl_ets(
        &mut self,
        demand: &[f64],
        season_lengths: &[usize],
        horizon: usize,
    ) -> Result<Vec<f64>, MethodError> {
        let method = Method::MstlEts.name();
        let periods = fitting_seasons(season_lengths, demand.len());
        if periods.is_empty() {
            let needed = season_lengths.iter().copied().filter(|m| *m > 1).min().unwrap_or(MIN_PERIODS) * 2;
            return Err(MethodError::TooShort { method, found: demand.len(), needed });
        }
        if constant_level(demand).is_some() {
            return self.forecast(demand, horizon, Method::MstlEts);
        }
        let fit = guarded(method, || MstlParams::new().fit(demand, &periods).map_err(|error| error.to_string()))?;
        let mut rest = demand.to_vec();
        let mut season_ahead = vec![0.0; horizon];
        for (period, component) in periods.iter().zip(fit.seasonal()) {
            let component =
                if *period > LONG_SEASON { moving_average(component, *period / 24) } else { component.clone() };
            for (value, season) in rest.iter_mut().zip(&component) {
                *value -= season;
            }
            let last_season = &component[component.len() - period..];
            for (ahead, value) in season_ahead.iter_mut().enumerate() {
                *value += last_season[ahead % period];
            }
        }
        let level = self.forecast(&rest, horizon, Method::MstlEts)?;
        Ok(level.iter().zip(&season_ahead).map(|(level, season)| level + season).collect())
    }

    fn forecast(&mut self, demand: &[f64], horizon: usize, method: Method) -> Result<Vec<f64>, MethodError> {
        let method = method.name();
        if demand.len() < MIN_PERIODS {
            return Err(MethodError::TooShort { method, found: demand.len(), needed: MIN_PERIODS });
        }
        if let Some(level) = constant_level(demand) {
            return Ok(vec![level; horizon]);
        }
        // The optimiser has absolute tolerances, so the series is brought to a mean size of one first.
        let scale = demand.iter().map(|value| value.abs()).sum::<f64>() / demand.len() as f64;
        let scaled: Vec<f64> = demand.iter().map(|value| value / scale).collect();
        let form = self.form;
        let (point, form) = guarded(method, || fit_scaled(&scaled, form, horizon))?;
        self.form = Some(form);
        Ok(point.iter().map(|value| value * scale).collect())
    }
}

/// The season lengths (sorted, without repetition, at least 2) that fit twice into `n` periods.
pub fn fitting_seasons(season_lengths: &[usize], n: usize) -> Vec<usize> {
    let mut periods: Vec<usize> = season_lengths.iter().copied().filter(|m| *m > 1 && m * 2 <= n).collect();
    periods.sort_unstable();
    periods.dedup();
    periods
}

/// Strength of the season of length `season_length` in a complete series: max(0, 1 - Var(R) / Var(S + R)).
///
/// S: the mean of each position in the detrended series, trend being a centred moving average over one season; R what
/// remains. In \[0, 1\]; 0 when fewer than two seasons. Wang, Smith and Hyndman, "Characteristic-based clustering for
/// time series data", Data Mining and Knowledge Discovery 13 (2006), 335-364.
pub fn seasonal_strength(demand: &[f64], season_length: usize) -> f64 {
    if season_length < 2 || demand.len() < 2 * season_length {
        return 0.0;
    }
    let trend = moving_average(demand, season_length / 2);
    let detrended: Vec<f64> = demand.iter().zip(&trend).map(|(value, trend)| value - trend).collect();
    let mut sums = vec![(0.0, 0.0); season_length];
    for (t, value) in detrended.iter().enumerate() {
        let (sum, count) = &mut sums[t % season_length];
        *sum += value;
        *count += 1.0;
    }
    let rest: Vec<f64> = detrended
        .iter()
        .enumerate()
        .map(|(t, value)| value - sums[t % season_length].0 / sums[t % season_length].1)
        .collect();
    let whole = variance(&detrended);
    if whole > 0.0 { (1.0 - variance(&rest) / whole).max(0.0) } else { 0.0 }
}

fn fit_scaled(scaled: &[f64], form: Option<Form>, horizon: usize) -> Result<(Vec<f64>, Form), String> {
    if let Some(form) = form
        && let Ok(model) = refit(scaled, form)
    {
        return Ok((point_forecast(&model, horizon)?, form));
    }
    let fitted = AutoETS::non_seasonal().fit(scaled).map_err(|error| error.to_string())?;
    let model = fitted.model();
    let form = Form { model_type: model.model_type(), damped: model.damped() };
    Ok((point_forecast(model, horizon)?, form))
}

fn refit(scaled: &[f64], form: Form) -> Result<Model, String> {
    let free = Params { alpha: f64::NAN, beta: f64::NAN, gamma: f64::NAN, phi: f64::NAN };
    Unfit::new(form.model_type)
        .damped(form.damped)
        .params(free)
        .max_iterations(REFIT_ITERATIONS)
        .fit(scaled)
        .map_err(|error| error.to_string())
}

fn point_forecast(model: &Model, horizon: usize) -> Result<Vec<f64>, String> {
    model.predict(horizon, None).map(|forecast| forecast.point).map_err(|error| error.to_string())
}

/// Runs a library call; its error, or its panic, becomes a reason.
fn guarded<T>(method: &'static str, call: impl FnOnce() -> Result<T, String>) -> Result<T, MethodError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(reason)) => Err(MethodError::Fit { method, reason }),
        Err(_) => Err(MethodError::Fit { method, reason: "the fitting library panicked".to_owned() }),
    }
}

/// The level of a series whose values differ by less than rounding.
fn constant_level(demand: &[f64]) -> Option<f64> {
    let (low, high) =
        demand.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)));
    (high - low <= 1e-9 * high.abs().max(low.abs())).then(|| f64::midpoint(low, high))
}

/// Centred moving average over `2 half + 1` values, shorter at both ends.
fn moving_average(values: &[f64], half: usize) -> Vec<f64> {
    let mut running = vec![0.0];
    let mut total = 0.0;
    for value in values {
        total += value;
        running.push(total);
    }
    (0..values.len())
        .map(|t| {
            let (from, to) = (t.saturating_sub(half), (t + half + 1).min(values.len()));
            (running[to] - running[from]) / (to - from) as f64
        })
        .collect()
}

fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R data set `Nile`: annual flow at Aswan, 1871-1970.
    const NILE: [f64; 100] = [
        1120., 1160., 963., 1210., 1160., 1160., 813., 1230., 1370., 1140., 995., 935., 1110., 994., 1020., 960.,
        1180., 799., 958., 1140., 1100., 1210., 1150., 1250., 1260., 1220., 1030., 1100., 774., 840., 874., 694., 940.,
        833., 701., 916., 692., 1020., 1050., 969., 831., 726., 456., 824., 702., 1120., 1100., 832., 764., 821., 768.,
        845., 864., 862., 698., 845., 744., 796., 1040., 759., 781., 865., 845., 944., 984., 897., 822., 1010., 771.,
        676., 649., 846., 812., 742., 801., 1040., 860., 874., 848., 890., 744., 749., 838., 1050., 918., 986., 797.,
        923., 975., 815., 1020., 906., 901., 1170., 912., 746., 919., 718., 714., 740.,
    ];
    /// R data set `LakeHuron`: level in feet, 1875-1972.
    const LAKE_HURON: [f64; 98] = [
        580.38, 581.86, 580.97, 580.8, 579.79, 580.39, 580.42, 580.82, 581.4, 581.32, 581.44, 581.68, 581.17, 580.53,
        580.01, 579.91, 579.14, 579.16, 579.55, 579.67, 578.44, 578.24, 579.1, 579.09, 579.35, 578.82, 579.32, 579.01,
        579.0, 579.8, 579.83, 579.72, 579.89, 580.01, 579.37, 578.69, 578.19, 578.67, 579.55, 578.92, 578.09, 579.37,
        580.13, 580.14, 579.51, 579.24, 578.66, 578.86, 578.05, 577.79, 576.75, 576.75, 577.82, 578.64, 580.58, 579.48,
        577.38, 576.9, 576.94, 576.24, 576.84, 576.85, 576.9, 577.79, 578.18, 577.51, 577.23, 578.42, 579.61, 579.05,
        579.26, 579.22, 579.38, 579.1, 577.95, 578.12, 579.75, 580.85, 580.41, 579.96, 579.61, 578.76, 578.18, 577.21,
        577.13, 579.1, 578.25, 577.91, 576.89, 575.96, 576.8, 577.68, 578.38, 578.52, 579.74, 579.31, 579.89, 579.96,
    ];

    #[test]
    fn ets_agrees_with_r_forecast_on_nile() {
        // R forecast 8.20, ets(Nile): ETS(M,N,N), mean 838.875161323
        let forecast = Smoother::default().ets(&NILE, 10).unwrap();
        assert!((forecast[0] / 838.875_161_323 - 1.0).abs() < 2e-3, "{forecast:?}");
        assert!((forecast[9] - forecast[0]).abs() < 1e-9);
    }

    #[test]
    fn ets_agrees_with_r_forecast_on_lake_huron() {
        // R forecast 8.20, ets(LakeHuron): ETS(A,N,N), mean 579.959992977
        let forecast = Smoother::default().ets(&LAKE_HURON, 3).unwrap();
        for value in forecast {
            assert!((value - 579.959_992_977).abs() < 0.01, "{value}");
        }
    }

    #[test]
    fn a_known_form_fitted_again_gives_the_same_forecast() {
        let mut smoother = Smoother::default();
        let first = smoother.ets(&NILE, 5).unwrap();
        let again = smoother.ets(&NILE, 5).unwrap();
        for (a, b) in first.iter().zip(&again) {
            assert!((a / b - 1.0).abs() < 1e-3, "{first:?} {again:?}");
        }
    }

    #[test]
    fn mstl_recovers_a_pure_season_at_any_scale() {
        for scale in [1.0, 1e8] {
            let pattern = [10.0, 12.0, 11.0, 14.0, 20.0, 30.0, 8.0];
            let demand: Vec<f64> = (0..140).map(|t| pattern[t % 7] * scale).collect();
            let forecast = Smoother::default().mstl_ets(&demand, &[7, 365], 14).unwrap();
            for (ahead, value) in forecast.iter().enumerate() {
                assert!((value / (pattern[(140 + ahead) % 7] * scale) - 1.0).abs() < 1e-4, "{ahead}: {value}");
            }
        }
    }

    #[test]
    fn strength_tells_a_season_from_a_line() {
        let season: Vec<f64> = (0..70).map(|t| if t % 7 == 5 { 9.0 } else { 1.0 }).collect();
        assert!(seasonal_strength(&season, 7) > 0.95);
        let line: Vec<f64> = (0..70).map(|t| f64::from(t) + f64::from(t * 7919 % 13)).collect();
        assert!(seasonal_strength(&line, 7) < 0.3);
    }

    #[test]
    fn short_and_constant_series_are_told_apart() {
        assert!(matches!(Smoother::default().ets(&[1.0; 5], 2), Err(MethodError::TooShort { found: 5, .. })));
        assert_eq!(Smoother::default().ets(&[4.0; 50], 2).unwrap(), vec![4.0, 4.0]);
        assert!(matches!(Smoother::default().mstl_ets(&[1.0; 13], &[7], 2), Err(MethodError::TooShort { .. })));
    }
}
