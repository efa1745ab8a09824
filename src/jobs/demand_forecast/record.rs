//! Rolling-origin forecasts by days of the calendar, so that they outlive the day a history begins with.

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::models::forecast::origins::Backtest;

/// A backtest by days of the calendar.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    /// First day of each window.
    days: Vec<Day>,
    forecasts: Vec<Vec<f64>>,
    actuals: Vec<Vec<f64>>,
}

impl Record {
    /// Of a history that begins on `first_day`.
    pub fn of(backtest: &Backtest, first_day: Day) -> Self {
        Self {
            days: backtest.cutoffs.iter().map(|cutoff| first_day + *cutoff as i32).collect(),
            forecasts: backtest.forecasts.clone(),
            actuals: backtest.actuals.clone(),
        }
    }

    /// For a history that begins on `first_day`; windows before it are gone.
    pub fn backtest(&self, first_day: Day) -> Backtest {
        let mut backtest = Backtest::default();
        for ((day, forecasts), actuals) in self.days.iter().zip(&self.forecasts).zip(&self.actuals) {
            if let Some(cutoff) = usize::try_from(*day - first_day).ok().filter(|cutoff| *cutoff > 0) {
                backtest.cutoffs.push(cutoff);
                backtest.forecasts.push(forecasts.clone());
                backtest.actuals.push(actuals.clone());
            }
        }
        backtest
    }
}
