//! One node's errors added up: what every row of `forecast_accuracy` is made of.

use serde::{Deserialize, Serialize};

use super::WEEK;
use crate::models::forecast::origins::accuracy;
use crate::published::QUANTILES;

/// Days ahead that are scored together, first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DaysAhead {
    /// 1 = the day after as_of.
    pub first: usize,
    /// Included.
    pub last: usize,
}

impl DaysAhead {
    /// The first week, the second, the next two, the rest.
    pub fn ranges(horizon: usize) -> Vec<Self> {
        let ends = [7, 14, 28].into_iter().filter(|end| *end < horizon).chain([horizon]);
        let mut first = 1;
        ends.map(|last| Self { first: std::mem::replace(&mut first, last + 1), last }).collect()
    }

    fn contains(self, ahead: usize) -> bool {
        (self.first..=self.last).contains(&ahead)
    }
}

/// A day that is scored.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ScoredDay {
    /// How many days ahead it was forecast; 1 = the day after.
    pub ahead: usize,
    /// Units demanded, where they are known.
    pub actual: f64,
    /// Units forecast for the same series.
    pub forecast: f64,
    /// The seasonal naive's.
    pub naive: f64,
    /// What the quantiles are compared with: a sum also holds the forecasts of its series without stock.
    pub whole_actual: f64,
    /// Published quantiles; empty where there are none.
    pub quantiles: Vec<f64>,
}

/// Sums over scored days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Score {
    pub n_periods: usize,
    pub actual: f64,
    pub forecast: f64,
    pub absolute_error: f64,
    pub naive_error: f64,
    pub squared_error: f64,
    /// Node-days that have quantiles, and how many of them hit.
    pub with_quantiles: usize,
    pub inside_80: usize,
    pub inside_90: usize,
    /// Sum over days of the mean pinball loss over the published quantiles.
    pub pinball: f64,
    /// The errors of the in-sample seasonal naive; `None` for several nodes.
    scale: Option<Scale>,
    /// The MASE of several nodes, and their squared RMSSE.
    node_mase: Mean,
    node_rmsse: Mean,
}

/// Errors of the in-sample seasonal naive.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Scale {
    mean_absolute: f64,
    mean_squared: f64,
}

/// A mean in the making.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn get(self) -> Option<f64> {
        share(self.sum, self.count as f64)
    }
}

impl Score {
    /// Adds up the days. `training` is what the in-sample seasonal naive is measured on.
    pub fn of<'a>(days: impl IntoIterator<Item = &'a ScoredDay>, training: &[f64]) -> Self {
        let mut score = Self::default();
        for day in days.into_iter().filter(|day| day.actual.is_finite() && day.forecast.is_finite()) {
            score.n_periods += 1;
            score.actual += day.actual;
            score.forecast += day.forecast;
            score.absolute_error += (day.forecast - day.actual).abs();
            score.naive_error += (day.naive - day.actual).abs();
            score.squared_error += (day.forecast - day.actual).powi(2);
            if day.quantiles.len() == QUANTILES.len() {
                let [p05, p10, _, _, _, p90, p95, _] = std::array::from_fn(|index| day.quantiles[index]);
                score.with_quantiles += 1;
                score.inside_80 += usize::from((p10..=p90).contains(&day.whole_actual));
                score.inside_90 += usize::from((p05..=p95).contains(&day.whole_actual));
                let losses = QUANTILES
                    .iter()
                    .zip(&day.quantiles)
                    .map(|((level, _), quantile)| accuracy::pinball_loss(&[day.whole_actual], &[*quantile], *level));
                score.pinball += losses.sum::<f64>() / QUANTILES.len() as f64;
            }
        }
        // MASE against an error of 1 gives the reciprocal of the scale, with the model's own rules for missing days.
        let mean_absolute = 1.0 / accuracy::mase(&[0.0], &[1.0], training, WEEK);
        let mean_squared = accuracy::rmsse(&[0.0], &[1.0], training, WEEK).powi(-2);
        let is_known = mean_absolute.is_finite() && mean_squared.is_finite();
        score.scale = is_known.then_some(Scale { mean_absolute, mean_squared });
        score
    }

    /// Adds another node's sums.
    pub fn add(&mut self, other: &Self) {
        self.n_periods += other.n_periods;
        self.actual += other.actual;
        self.forecast += other.forecast;
        self.absolute_error += other.absolute_error;
        self.naive_error += other.naive_error;
        self.squared_error += other.squared_error;
        self.with_quantiles += other.with_quantiles;
        self.inside_80 += other.inside_80;
        self.inside_90 += other.inside_90;
        self.pinball += other.pinball;
        if let Some(mase) = other.mase() {
            self.node_mase.add(mase);
        }
        if let Some(rmsse) = other.rmsse() {
            self.node_rmsse.add(rmsse * rmsse);
        }
    }

    /// Sum of absolute errors over the sum of actuals.
    pub fn wape(&self) -> Option<f64> {
        share(self.absolute_error, self.actual)
    }

    /// The same for the seasonal naive.
    pub fn naive_wape(&self) -> Option<f64> {
        share(self.naive_error, self.actual)
    }

    /// Sum of errors over the sum of actuals.
    pub fn bias(&self) -> Option<f64> {
        share(self.forecast - self.actual, self.actual)
    }

    /// Of one node; of several their mean.
    pub fn mase(&self) -> Option<f64> {
        match self.scale {
            Some(scale) => share(self.absolute_error / scale.mean_absolute, self.n_periods as f64),
            None => self.node_mase.get(),
        }
    }

    /// Of one node; of several the root of the mean of their squares.
    pub fn rmsse(&self) -> Option<f64> {
        let square = match self.scale {
            Some(scale) => share(self.squared_error / scale.mean_squared, self.n_periods as f64),
            None => self.node_rmsse.get(),
        };
        square.map(f64::sqrt)
    }

    /// Share of days inside p10..p90.
    pub fn coverage_80(&self) -> Option<f64> {
        share(self.inside_80 as f64, self.with_quantiles as f64)
    }

    /// Share of days inside p05..p95.
    pub fn coverage_90(&self) -> Option<f64> {
        share(self.inside_90 as f64, self.with_quantiles as f64)
    }

    /// Mean pinball loss, units.
    pub fn mean_pinball(&self) -> Option<f64> {
        share(self.pinball, self.with_quantiles as f64)
    }
}

/// What a node's days come to: in all, and by days ahead.
pub(super) struct NodeScore {
    pub all: Score,
    pub by_days_ahead: Vec<Score>,
}

impl NodeScore {
    /// Adds up the days. `training` is what the in-sample seasonal naive is measured on.
    pub fn of(days: &[ScoredDay], training: &[f64], ranges: &[DaysAhead]) -> Self {
        let within = |range: &DaysAhead| Score::of(days.iter().filter(|day| range.contains(day.ahead)), training);
        Self { all: Score::of(days, training), by_days_ahead: ranges.iter().map(within).collect() }
    }
}

fn share(numerator: f64, denominator: f64) -> Option<f64> {
    (denominator > 0.0).then(|| numerator / denominator)
}
