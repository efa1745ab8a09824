//! The mean of exponential smoothing, complex exponential smoothing (of demand and of its square root) and the dynamic
//! optimised theta model.
//!
//! Petropoulos and Svetunkov, "A simple combination of univariate models", International Journal of Forecasting 36 (2020),
//! 110-115 (sixth in the M4 competition; there with ARIMA, without the root, by the median). The members err in different ways and none
//! is chosen, so there is no winner's curse: the robust default.

use serde::{Deserialize, Serialize};

use super::ces::{self, FittedCes};
use super::ets::{self, FittedEtsAverage};
use super::theta::{self, FittedTheta, Season};
use crate::forecast::series::{LocalHistory, LocalModel, MethodError};

/// The fitted members; one that could not be fitted is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FittedCombination {
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
/// # Errors
/// No member can be fitted; theta's reason.
pub(crate) fn fit(demand: &[f64], season_length: usize) -> Result<FittedCombination, MethodError> {
    // Two seasons are too few for the 90 % test, and a season that is not there costs little: it is removed untested.
    let theta = theta::fit(demand, season_length, Season::Assumed);
    let ets = ets::fit_average(demand, season_length).ok();
    let ces = ces::fit(demand, season_length).ok();
    let root_ces = ces::fit_root(demand, season_length).ok();
    match (theta, ets, ces) {
        (Err(error), None, None) => Err(error),
        (theta, ets, ces) => Ok(FittedCombination { ets, ces, root_ces, theta: theta.ok() }),
    }
}

impl FittedCombination {
    /// Mean forecasts of the members, one row each, in units of demand.
    fn member_forecasts(&self, horizon: usize) -> Vec<Vec<f64>> {
        let ces = [&self.ces, &self.root_ces].map(|member| member.as_ref().map(|model| model.forecast(horizon)));
        let ets = self.ets.as_ref().map(|model| model.forecast(horizon));
        let theta = self.theta.as_ref().map(|model| model.forecast(horizon));
        ces.into_iter().chain([ets, theta]).flatten().collect()
    }

    /// Mean of the members' forecasts of each of the next `horizon` periods, in units of demand.
    pub fn forecast(&self, horizon: usize) -> Vec<f64> {
        mean_of(&self.member_forecasts(horizon), horizon)
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

/// Mean of forecasts of `horizon` periods, one row per member; zeros without members.
fn mean_of(members: &[Vec<f64>], horizon: usize) -> Vec<f64> {
    (0..horizon)
        .map(|ahead| {
            let mut values: Vec<f64> = members.iter().filter_map(|member| member.get(ahead).copied()).collect();
            values.retain(|value| value.is_finite());
            if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
        })
        .collect()
}

impl LocalModel for FittedCombination {
    fn fit(history: &LocalHistory) -> Result<Self, MethodError> {
        fit(history.demand, history.season)
    }

    fn forecast(&self, horizon: usize) -> Vec<f64> {
        self.forecast(horizon)
    }

    fn update(&mut self, demand: f64) {
        self.update(demand);
    }
}

#[cfg(test)]
#[path = "combination_tests.rs"]
mod tests;
