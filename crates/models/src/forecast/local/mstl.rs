//! Several seasons taken off by locally weighted regression (MSTL), and exponential smoothing of what remains.
//!
//! Bandara, Hyndman and Bergmeir, "MSTL: A Seasonal-Trend Decomposition Algorithm for Time Series with Multiple Seasonal Patterns",
//! arXiv:2107.13462. The decomposition is the one in augurs; augurs' own model around it computes in single precision and repeats
//! the noise of a year that it saw twice (daily cash withdrawals of the NN5 competition: MASE 0.98, here 0.84).

use augurs::mstl::stlrs::MstlParams;
use serde::{Deserialize, Serialize};

use super::ets::{self, FittedEtsAverage};
use super::imputation::impute_seasonal;
use crate::forecast::series::{LocalHistory, LocalModel, MethodError};

/// Name in error messages.
const METHOD: &str = "mstl";
/// Where the season is a week of days, they have a year too.
const DAYS_A_WEEK: usize = 7;
const DAYS_A_YEAR: usize = 365;
/// Of a longer season there are too few to tell one period's effect from noise: it is smoothed over its neighbours.
const LONG_SEASON: usize = 30;

/// The last cycle of each season, and a model of the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FittedMstl {
    seasons: Vec<Season>,
    rest: FittedEtsAverage,
}

/// A season as it was when last seen, in units of demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Season {
    cycle: Vec<f64>,
    /// Place in the cycle of the next period.
    next: usize,
}

impl Season {
    fn ahead(&self, periods: usize) -> f64 {
        self.cycle[(self.next + periods) % self.cycle.len()]
    }
}

impl LocalModel for FittedMstl {
    /// Seasons that fit twice into the history; the rest is smoothed as it is where none does. Unobserved periods take the usual
    /// value of their season for the decomposition, and stay unobserved for the rest.
    fn fit(history: &LocalHistory) -> Result<Self, MethodError> {
        let demand = history.demand;
        let lengths = season_lengths(history.season, demand.len());
        let complete = impute_seasonal(demand, history.season);
        let (Some(complete), false) = (complete, lengths.is_empty()) else {
            return Ok(Self { seasons: Vec::new(), rest: ets::fit_average(demand, 1)? });
        };
        let decomposed = MstlParams::new()
            .fit(&complete, &lengths)
            .map_err(|error| MethodError::Fit { method: METHOD, reason: error.to_string() })?;
        let mut rest = demand.to_vec();
        let mut seasons = Vec::with_capacity(lengths.len());
        for (length, component) in lengths.iter().zip(decomposed.seasonal()) {
            let component = if *length > LONG_SEASON { smoothed(component, length / 24) } else { component.clone() };
            for (value, season) in rest.iter_mut().zip(&component) {
                *value -= season;
            }
            seasons.push(Season { cycle: component[component.len() - length..].to_vec(), next: 0 });
        }
        Ok(Self { seasons, rest: ets::fit_average(&rest, 1)? })
    }

    fn forecast(&self, horizon: usize) -> Vec<f64> {
        let rest = LocalModel::forecast(&self.rest, horizon);
        let season = |ahead: usize| self.seasons.iter().map(|season| season.ahead(ahead)).sum::<f64>();
        rest.iter().enumerate().map(|(ahead, level)| level + season(ahead)).collect()
    }

    fn update(&mut self, demand: f64) {
        let season: f64 = self.seasons.iter().map(|season| season.ahead(0)).sum();
        LocalModel::update(&mut self.rest, demand - season);
        for season in &mut self.seasons {
            season.next = (season.next + 1) % season.cycle.len();
        }
    }
}

/// The lengths, ascending, of which two cycles were seen.
fn season_lengths(season: usize, periods: usize) -> Vec<usize> {
    let year = (season == DAYS_A_WEEK).then_some(DAYS_A_YEAR);
    [season].into_iter().chain(year).filter(|length| *length > 1 && 2 * length <= periods).collect()
}

/// Centred moving average over `2 half + 1` values, fewer at both ends.
fn smoothed(values: &[f64], half: usize) -> Vec<f64> {
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    for value in values {
        sum += value;
        sums.push(sum);
    }
    (0..values.len())
        .map(|t| {
            let (from, to) = (t.saturating_sub(half), (t + half + 1).min(values.len()));
            (sums[to] - sums[from]) / (to - from) as f64
        })
        .collect()
}

#[cfg(test)]
#[path = "mstl_tests.rs"]
mod tests;
