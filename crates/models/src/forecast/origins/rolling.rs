//! Many rolling origins for the price of one fit: parameters are estimated before the first origin, states move on.
//!
//! A model whose parameters come from the periods before the first origin sees nothing of what it is scored on; between
//! origins only its states are updated, which is what happens in production between two refits. Tashman, "Out-of-sample
//! tests of forecasting accuracy", International Journal of Forecasting 16 (2000), 437-450, section 3 ("updating without
//! recalibrating").

use super::cross_validation::{self, Backtest};
use crate::forecast::series::{LocalHistory, LocalModel, observed_count};

/// Where the origins of a history lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origins {
    /// Periods ahead of every forecast.
    pub horizon: usize,
    /// Main season length, at least 1.
    pub season: usize,
    /// Origins wanted; fewer when the history is short.
    pub wanted: usize,
    /// Periods between two origins; `None` = what spreads them best.
    pub step: Option<usize>,
    /// Observed periods that must lie before the first origin, where the history is long enough for that.
    pub min_training: usize,
}

/// Periods before the first origin of a history that is shorter: its models know no season, and neither did those of its origins.
const SHORT_TRAINING: usize = 10;

impl Origins {
    /// Periods that must lie before the first origin in a history of `n`: fewer where it has no room for as many as wanted.
    pub fn training_of(&self, n: usize) -> usize {
        let has_room = n >= self.min_training + self.horizon;
        if has_room { self.min_training } else { SHORT_TRAINING.min(self.min_training) }
    }

    /// The origins in a history of `n` periods, ascending; the last lies a horizon before the end.
    ///
    /// They are spread over the last three horizons or seasons, whichever are longer: origins side by side would all be judged
    /// by the same few weeks. At least two thirds of the history stay before the first. Where the distance between two
    /// allows, it is a whole number of seasons, so that every origin has the phase of the forecast itself. A given `step` is kept.
    pub fn cutoffs(&self, n: usize) -> Vec<usize> {
        let (horizon, min_training) = (self.horizon.max(1), self.training_of(n));
        if let Some(step) = self.step {
            return cross_validation::cutoffs(n, horizon, self.wanted, step, min_training);
        }
        let Some(last) = n.checked_sub(horizon).filter(|last| *last >= min_training.max(1)) else {
            return Vec::new();
        };
        let reach = 3 * horizon.max(self.season);
        let lowest = last.saturating_sub(reach).max((2 * n).div_ceil(3)).max(min_training.max(1)).min(last);
        let mut step = ((last - lowest) / self.wanted.max(1)).max(1);
        if step >= self.season {
            step -= step % self.season.max(1);
        }
        let mut cutoffs: Vec<usize> = (lowest..=last).rev().step_by(step).collect();
        cutoffs.reverse();
        cutoffs
    }
}

/// Fits on what lies before the first origin, then forecasts from every origin, with states updated in between: the record
/// of models like `model`.
///
/// Empty when the history has no room for an origin, or the model cannot be fitted before the first: a history too short to
/// be cut shorter still has its forecast.
pub(crate) fn rolling_backtest<M: LocalModel>(model: &M, past: &LocalHistory, origins: Origins) -> Backtest {
    let (demand, horizon) = (past.demand, origins.horizon);
    let mut backtest = Backtest::default();
    let cutoffs = origins.cutoffs(demand.len());
    let Some(&first) = cutoffs.first() else { return backtest };
    if observed_count(&demand[..first]) < model.least_observed(origins.training_of(demand.len())) {
        return backtest;
    }
    let Ok(mut model) = model.refit(&past.first(first)) else { return backtest };
    let mut seen = first;
    for cutoff in cutoffs {
        for value in &demand[seen..cutoff] {
            model.update(*value);
        }
        seen = cutoff;
        backtest.cutoffs.push(cutoff);
        backtest.forecasts.push(model.forecast(horizon));
        backtest.actuals.push(demand[cutoff..cutoff + horizon].to_vec());
    }
    backtest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::local::LocalMethod;

    #[test]
    fn nothing_after_the_first_origin_reaches_the_parameters() {
        let demand: Vec<f64> = (0..80).map(|t| 50.0 + 10.0 * (f64::from(t) * 0.7).sin() + f64::from(t % 3)).collect();
        let origins = Origins { horizon: 4, season: 1, wanted: 6, step: None, min_training: 20 };
        let mut altered = demand.clone();
        altered[79] = 500.0;
        let run = |demand: &[f64]| {
            let history = LocalHistory { demand, season: 1, columns: &[] };
            LocalMethod::Ets.fit(&history).unwrap().backtest(&history, origins)
        };
        let (plain, shocked) = (run(&demand), run(&altered));
        assert_eq!(plain.cutoffs, origins.cutoffs(80));
        assert_eq!(plain.forecasts, shocked.forecasts, "only the last period differs, which no origin has seen");
    }

    #[test]
    fn origins_are_spread_over_the_last_horizons() {
        let origins = Origins { horizon: 10, season: 1, wanted: 6, step: None, min_training: 24 };
        assert_eq!(origins.cutoffs(200), [160, 165, 170, 175, 180, 185, 190]);
        assert_eq!(origins.cutoffs(40), [27, 28, 29, 30]);
        // Too short for as much as is wanted before the first: the last two thirds will do, and ten periods at least.
        assert_eq!(origins.cutoffs(33), [22, 23]);
        assert_eq!(origins.cutoffs(20), [10]);
        assert!(origins.cutoffs(19).is_empty());
    }
}
