//! The dynamic optimised theta model (DOTM) in state space form.
//!
//! Fiorucci, Pellegrini, Louzada, Petropoulos and Koehler, "Models for optimising the theta method and their relationship to
//! state space models", International Journal of Forecasting 32 (2016), 1151-1161. With κ = 1 - 1/θ:
//!
//! - μ_t = l_{t-1} + κ ((1-α)^{t-1} A_{t-1} + (1 - (1-α)^t) / α B_{t-1}),  l_t = α y_t + (1-α) l_{t-1}
//! - A and B are the least-squares line through the first t periods, updated with each of them.
//!
//! Given α the errors are linear in the first level and in κ, so both follow from two normal equations and the search is over α
//! alone: the global optimum for the price of a few dozen passes.
//!
//! A season that passes the 90 % test is removed by the classical decomposition first, multiplicative, or additive when demand
//! has values at or below zero. Unobserved periods (`NaN`) are filled for the recursion but do not count in the fit.

use serde::{Deserialize, Serialize};

use super::imputation::impute_seasonal;
use super::seasonal_adjustment::{SeasonKind, classical_indices, is_seasonal};
use crate::forecast::series::{LocalHistory, LocalModel, MethodError, check_size, observed_count};

const METHOD: &str = "theta";
/// Observed periods needed.
const MIN_OBSERVED: usize = 4;
/// Smoothing parameters looked at before the best is refined.
const ALPHAS: [f64; 12] = [0.01, 0.03, 0.06, 0.1, 0.16, 0.24, 0.34, 0.46, 0.6, 0.75, 0.9, 0.99];
/// Steps of the golden section: narrows the bracket by 0.618 each.
const REFINEMENTS: usize = 14;
const GOLDEN: f64 = 0.618_033_988_749_894_9;
/// Largest κ: θ = 1000, practically the trend line at full weight.
const LARGEST_KAPPA: f64 = 0.999;

/// Whether a season is removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Season {
    /// When it passes the 90 % test.
    Tested,
    /// Untested, where two seasons of data give one.
    Assumed,
}

/// A fitted theta model: parameters and the states after the last period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FittedTheta {
    /// Smoothing of the level, α.
    pub alpha: f64,
    /// κ = 1 - 1/θ: weight of the trend line, in \[0, 1).
    pub kappa: f64,
    /// Kind of the season that was removed.
    pub season_kind: SeasonKind,
    /// Seasonal indices by position; empty without a season.
    pub season: Vec<f64>,
    /// Position of the next period.
    pub position: usize,
    states: States,
}

/// l, A, B, the running mean and the number of periods behind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct States {
    level: f64,
    intercept: f64,
    slope: f64,
    mean: f64,
    periods: f64,
}

/// Fits a theta model.
///
/// # Errors
/// Fewer than four observed periods, or values beyond 1e100.
pub(crate) fn fit(demand: &[f64], season_length: usize, season: Season) -> Result<FittedTheta, MethodError> {
    let found = observed_count(demand);
    let too_short = MethodError::TooShort { method: METHOD, found, needed: MIN_OBSERVED };
    if found < MIN_OBSERVED {
        return Err(too_short);
    }
    check_size(METHOD, demand)?;
    let filled = impute_seasonal(demand, season_length).ok_or(too_short)?;
    let (season_kind, season) = season_of(&filled, season_length, season);
    let adjusted: Vec<f64> =
        filled.iter().enumerate().map(|(t, value)| without_season(*value, season_kind, &season, t)).collect();
    let observed: Vec<bool> = demand.iter().map(|value| value.is_finite()).collect();
    let problem = Problem { adjusted: &adjusted, observed: &observed };
    let best = problem.search();
    Ok(FittedTheta {
        alpha: best.alpha,
        kappa: best.kappa,
        season_kind,
        position: if season.is_empty() { 0 } else { demand.len() % season.len() },
        season,
        states: problem.last_states(&best),
    })
}

fn season_of(filled: &[f64], season_length: usize, season: Season) -> (SeasonKind, Vec<f64>) {
    let positive = filled.iter().all(|value| *value > 0.0);
    let kinds: &[SeasonKind] = if season == Season::Tested && !is_seasonal(filled, season_length) {
        &[]
    } else if positive {
        &[SeasonKind::Multiplicative, SeasonKind::Additive]
    } else {
        &[SeasonKind::Additive]
    };
    kinds
        .iter()
        .find_map(|kind| classical_indices(filled, season_length, *kind).map(|season| (*kind, season)))
        .unwrap_or((SeasonKind::None, Vec::new()))
}

fn without_season(value: f64, kind: SeasonKind, season: &[f64], t: usize) -> f64 {
    match kind {
        SeasonKind::None => value,
        SeasonKind::Additive => value - season[t % season.len()],
        SeasonKind::Multiplicative => value / season[t % season.len()],
    }
}

struct Problem<'a> {
    adjusted: &'a [f64],
    observed: &'a [bool],
}

/// The best first level and κ for one α.
#[derive(Clone, Copy)]
struct Solution {
    alpha: f64,
    kappa: f64,
    /// Level after the first period.
    level: f64,
    squares: f64,
}

impl Problem<'_> {
    fn search(&self) -> Solution {
        let grid: Vec<Solution> = ALPHAS.iter().map(|alpha| self.solve(*alpha)).collect();
        let at = (0..grid.len()).min_by(|a, b| grid[*a].squares.total_cmp(&grid[*b].squares)).unwrap_or_default();
        let mut best = grid[at];
        let (mut low, mut high) = (ALPHAS[at.saturating_sub(1)], ALPHAS[(at + 1).min(ALPHAS.len() - 1)]);
        let mut inner = [self.solve(high - GOLDEN * (high - low)), self.solve(low + GOLDEN * (high - low))];
        for _ in 0..REFINEMENTS {
            if inner[0].squares <= inner[1].squares {
                high = inner[1].alpha;
                inner = [self.solve(high - GOLDEN * (high - low)), inner[0]];
            } else {
                low = inner[0].alpha;
                inner = [inner[1], self.solve(low + GOLDEN * (high - low))];
            }
        }
        for candidate in inner {
            if candidate.squares < best.squares {
                best = candidate;
            }
        }
        best
    }

    /// The states after the first period, with `level` for l.
    fn first_states(&self, level: f64) -> States {
        let first = self.adjusted.first().copied().unwrap_or(0.0);
        States { level, intercept: first, slope: 0.0, mean: first, periods: 1.0 }
    }

    /// Least squares for the level after the first period and κ, at one α.
    fn solve(&self, alpha: f64) -> Solution {
        let mut states = self.first_states(0.0);
        let (mut decay, mut weight) = (1.0 - alpha, 1.0);
        // Normal equations of y - l(0) on [weight of the first level, line].
        let (mut ww, mut wd, mut dd, mut wy, mut dy, mut yy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (value, seen) in self.adjusted.iter().zip(self.observed).skip(1) {
            let drift = states.drift(alpha, decay);
            if *seen {
                let rest = value - states.level;
                ww += weight * weight;
                wd += weight * drift;
                dd += drift * drift;
                wy += weight * rest;
                dy += drift * rest;
                yy += rest * rest;
            }
            states.take(*value, alpha);
            weight *= 1.0 - alpha;
            decay *= 1.0 - alpha;
        }
        let determinant = ww * dd - wd * wd;
        let free = if determinant > 1e-12 * ww * dd { (ww * dy - wd * wy) / determinant } else { 0.0 };
        let kappa = free.clamp(0.0, LARGEST_KAPPA);
        let level = if ww > 0.0 { (wy - kappa * wd) / ww } else { 0.0 };
        let squares = yy - 2.0 * level * wy - 2.0 * kappa * dy
            + level * level * ww
            + 2.0 * level * kappa * wd
            + kappa * kappa * dd;
        Solution { alpha, kappa, level, squares: squares.max(0.0) }
    }

    fn last_states(&self, solution: &Solution) -> States {
        let mut states = self.first_states(solution.level);
        for value in self.adjusted.iter().skip(1) {
            states.take(*value, solution.alpha);
        }
        states
    }
}

impl States {
    /// (1-α)^{t-1} A + (1 - (1-α)^t) / α B for the next period t; `decay` = (1-α)^{t-1}.
    fn drift(&self, alpha: f64, decay: f64) -> f64 {
        decay * self.intercept + (1.0 - decay * (1.0 - alpha)) / alpha * self.slope
    }

    /// Moves over a period with (deseasonalised) demand `value`.
    fn take(&mut self, value: f64, alpha: f64) {
        let t = self.periods + 1.0;
        self.level += alpha * (value - self.level);
        self.slope = ((t - 2.0) * self.slope + 6.0 / t * (value - self.mean)) / (t + 1.0);
        self.mean += (value - self.mean) / t;
        self.intercept = self.mean - f64::midpoint(t, 1.0) * self.slope;
        self.periods = t;
    }
}

impl FittedTheta {
    /// Mean of each of the next `horizon` periods, in units of demand; each forecast is fed back as if observed.
    pub fn forecast(&self, horizon: usize) -> Vec<f64> {
        let mut states = self.states;
        (0..horizon)
            .map(|ahead| {
                let mean = self.mean_of(&states);
                states.take(mean, self.alpha);
                self.with_season(mean, ahead)
            })
            .collect()
    }

    /// Takes in the next period without fitting again, in constant time; not observed (`NaN`) = its forecast was right.
    pub fn update(&mut self, demand: f64) {
        let value = if demand.is_finite() {
            without_season(demand, self.season_kind, &self.season, self.position)
        } else {
            self.mean_of(&self.states)
        };
        self.states.take(value, self.alpha);
        if !self.season.is_empty() {
            self.position = (self.position + 1) % self.season.len();
        }
    }

    fn mean_of(&self, states: &States) -> f64 {
        let decay = (1.0 - self.alpha).powf(states.periods);
        states.level + self.kappa * states.drift(self.alpha, decay)
    }

    fn with_season(&self, mean: f64, ahead: usize) -> f64 {
        match self.season_kind {
            SeasonKind::None => mean,
            SeasonKind::Additive => mean + self.season[(self.position + ahead) % self.season.len()],
            SeasonKind::Multiplicative => mean * self.season[(self.position + ahead) % self.season.len()],
        }
    }
}

impl LocalModel for FittedTheta {
    fn fit(history: &LocalHistory) -> Result<Self, MethodError> {
        fit(history.demand, history.season, Season::Tested)
    }

    fn forecast(&self, horizon: usize) -> Vec<f64> {
        self.forecast(horizon)
    }

    fn update(&mut self, demand: f64) {
        self.update(demand);
    }
}

#[cfg(test)]
#[path = "theta_tests.rs"]
mod tests;
