//! The mean of exponential smoothing, complex exponential smoothing (of demand and of its square root) and the dynamic
//! optimised theta model.
//!
//! Petropoulos and Svetunkov, "A simple combination of univariate models", International Journal of Forecasting 36 (2020),
//! 110-115 (sixth in the M4 competition; there with ARIMA, without the root, by the median). The members err in different ways and none
//! is chosen, so there is no winner's curse: the robust default.

use serde::{Deserialize, Serialize};

use super::MethodError;
use super::ces::{self, FittedCes};
use super::ets::{self, FittedEtsAverage};
use super::seasonal_adjustment::SeasonKind;
use super::theta::{self, FittedTheta};

/// How members are combined, period by period.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Combine {
    /// Their mean.
    Mean,
    /// Their median (of two, the mean).
    Median,
}

/// The fitted members; one that could not be fitted is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedCombination {
    /// Exponential smoothing, forms weighted.
    pub ets: Option<FittedEtsAverage>,
    /// Complex exponential smoothing.
    pub ces: Option<FittedCes>,
    /// Complex exponential smoothing of the square root of demand; absent when demand falls below zero.
    pub root_ces: Option<FittedCes>,
    /// Dynamic optimised theta.
    pub theta: Option<FittedTheta>,
}

/// Fits the members with their defaults.
///
/// ```
/// use nightclerk_models::forecast::combination::{self, Combine};
/// let model = combination::fit(&[5.0; 20], 1)?;
/// for value in model.forecast(3, Combine::Mean) {
///     assert!((value - 5.0).abs() < 1e-3);
/// }
/// # Ok::<(), nightclerk_models::forecast::MethodError>(())
/// ```
///
/// # Errors
/// No member can be fitted; theta's reason.
pub fn fit(demand: &[f64], season_length: usize) -> Result<FittedCombination, MethodError> {
    // Two seasons are too few for the 90 % test, and a season that is not there costs little: it is removed untested.
    let theta_options = theta::Options { season: Some(SeasonKind::Multiplicative), ..theta::Options::default() };
    let theta = theta::fit(demand, season_length, &theta_options);
    let ets = ets::fit_average(demand, season_length, &ets::Options::default()).ok();
    let ces = ces::fit(demand, season_length, &ces::CesSeason::ALL).ok();
    let root_ces = ces::fit_root(demand, season_length, &ces::CesSeason::ALL).ok();
    match (theta, ets, ces) {
        (Err(error), None, None) => Err(error),
        (theta, ets, ces) => Ok(FittedCombination { ets, ces, root_ces, theta: theta.ok() }),
    }
}

impl FittedCombination {
    /// Mean forecasts of the members, one row each, in units of demand.
    pub fn member_forecasts(&self, horizon: usize) -> Vec<Vec<f64>> {
        let ces = [&self.ces, &self.root_ces].map(|member| member.as_ref().map(|model| model.forecast(horizon)));
        let ets = self.ets.as_ref().map(|model| model.forecast(horizon));
        let theta = self.theta.as_ref().map(|model| model.forecast(horizon));
        ces.into_iter().chain([ets, theta]).flatten().collect()
    }

    /// Combined mean forecast of each of the next `horizon` periods, in units of demand.
    pub fn forecast(&self, horizon: usize, combine: Combine) -> Vec<f64> {
        combine_members(&self.member_forecasts(horizon), horizon, combine)
    }

    /// Variance of each of the next `horizon` periods, in squared units of demand: the square of the members' mean deviation, as if
    /// their errors were the same ones (they nearly are). An upper bound of the mean's variance.
    pub fn variance(&self, horizon: usize) -> Vec<f64> {
        let ces = [&self.ces, &self.root_ces].map(|member| member.as_ref().map(|model| model.variance(horizon)));
        let ets = self.ets.as_ref().map(|model| model.variance(horizon));
        let theta = self.theta.as_ref().map(|model| model.variance(horizon));
        let members: Vec<Vec<f64>> = ces.into_iter().chain([ets, theta]).flatten().collect();
        let count = members.len().max(1) as f64;
        (0..horizon)
            .map(|ahead| (members.iter().map(|member| member[ahead].max(0.0).sqrt()).sum::<f64>() / count).powi(2))
            .collect()
    }

    /// `n_paths` simulated futures: each the mean of the members' paths under the same shocks.
    pub fn paths(&self, horizon: usize, n_paths: usize, seed: u64) -> Vec<Vec<f64>> {
        let ces =
            [&self.ces, &self.root_ces].map(|member| member.as_ref().map(|model| model.paths(horizon, n_paths, seed)));
        let ets = self.ets.as_ref().map(|model| model.paths(horizon, n_paths, seed));
        let theta = self.theta.as_ref().map(|model| model.paths(horizon, n_paths, seed));
        let members: Vec<Vec<Vec<f64>>> = ces.into_iter().chain([ets, theta]).flatten().collect();
        let count = members.len().max(1) as f64;
        (0..n_paths)
            .map(|path| {
                (0..horizon).map(|t| members.iter().map(|member| member[path][t]).sum::<f64>() / count).collect()
            })
            .collect()
    }

    /// Takes in the next period without fitting again; `NaN` = not observed.
    pub fn update(&mut self, demand: f64) {
        if let Some(model) = &mut self.ets {
            model.update(demand);
        }
        for model in [&mut self.ces, &mut self.root_ces].into_iter().flatten() {
            model.update(demand);
        }
        if let Some(model) = &mut self.theta {
            model.update(demand);
        }
    }
}

/// Combines forecasts of `horizon` periods, one row per member; zeros without members.
pub fn combine_members(members: &[Vec<f64>], horizon: usize, combine: Combine) -> Vec<f64> {
    (0..horizon)
        .map(|ahead| {
            let mut values: Vec<f64> = members.iter().filter_map(|member| member.get(ahead).copied()).collect();
            values.retain(|value| value.is_finite());
            if values.is_empty() {
                return 0.0;
            }
            match combine {
                Combine::Mean => values.iter().sum::<f64>() / values.len() as f64,
                Combine::Median => {
                    values.sort_by(f64::total_cmp);
                    f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
                }
            }
        })
        .collect()
}

#[cfg(test)]
#[path = "combination_tests.rs"]
mod tests;
