//! The seam between the evaluation and the models: all training series in, one result per series out.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::models::forecast::Calendar;

/// What a forecaster is given: everything known at one origin, and nothing after it but known-ahead columns.
#[derive(Clone, Debug)]
pub struct OriginData<'a> {
    /// The series that have this origin.
    pub series: Vec<OriginSeries<'a>>,
    /// Season lengths in periods, the main one first; 1 = no season.
    pub season_lengths: &'a [usize],
    /// Periods to forecast.
    pub horizon: usize,
    /// Numbers of periods, from the origin on, whose total demand needs quantiles; each at most `horizon`.
    pub sum_periods: &'a [usize],
    /// Names of the known-ahead columns.
    pub known_names: &'a [String],
    /// Names of the columns known until the origin only.
    pub past_names: &'a [String],
    /// What the dates of the periods say.
    pub calendar: &'a Calendar,
}

/// One training series.
#[derive(Clone, Debug)]
pub struct OriginSeries<'a> {
    /// The id columns joined by `-`.
    pub label: &'a str,
    /// The id columns, such as store and department.
    pub keys: &'a [String],
    /// Place of the first period on the common grid: periods of two series with equal place are of the same time.
    pub start: i64,
    /// Demand per period, oldest first; `NaN` = not observed.
    pub demand: Cow<'a, [f64]>,
    /// Known-ahead columns, each as long as `demand` and the horizon together; `NaN` where nothing stands.
    pub known: Vec<&'a [f64]>,
    /// Columns known until the origin only, each as long as `demand`.
    pub past: Vec<&'a [f64]>,
    /// Static columns; `NaN` where nothing stands.
    pub statics: &'a [f64],
}

/// The forecast of one series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesResult {
    /// Point forecast per period ahead.
    pub mean: Vec<f64>,
    /// `quantiles[h][i]`: demand of period h + 1 ahead at the i-th level.
    pub quantiles: Vec<Vec<f64>>,
    /// `sum_quantiles[s][i]`: total demand of the first `sum_periods[s]` periods at the i-th level.
    pub sum_quantiles: Vec<Vec<f64>>,
    /// The model that made it.
    pub model: String,
    /// What the quantiles rest on, in a few words.
    pub intervals: &'static str,
    /// What a reader must be told, such as why a fallback was used.
    pub note: Option<String>,
    /// Whether the wanted model failed and `model` is a fallback.
    pub failed: bool,
}

/// Forecasts all series of an origin, local or global models alike.
///
/// `levels` are ascending and in (0, 1). The results come in the order of the series, one each, whatever the series is
/// (all missing, one point, all zero). The same data give the same results whatever the number of threads.
pub trait Forecaster: Send + Sync {
    /// One result per series.
    fn forecast(&self, data: &OriginData<'_>, levels: &[f64]) -> Vec<SeriesResult>;
}

/// A forecaster that looks at one series at a time, in parallel.
#[derive(Clone, Copy, Debug)]
pub(super) struct EachSeries<F>(pub F);

impl<F> Forecaster for EachSeries<F>
where
    F: Fn(&OriginSeries<'_>, &OriginData<'_>, &[f64]) -> SeriesResult + Send + Sync,
{
    fn forecast(&self, data: &OriginData<'_>, levels: &[f64]) -> Vec<SeriesResult> {
        data.series.par_iter().map(|series| (self.0)(series, data, levels)).collect()
    }
}

impl SeriesResult {
    /// Why the result cannot be scored, if so: a wrong number of values, or one that is no number.
    pub fn problem(&self, data: &OriginData<'_>, n_levels: usize) -> Option<String> {
        let rows = |what: &str, rows: &[Vec<f64>], wanted: usize| {
            if rows.len() != wanted || rows.iter().any(|row| row.len() != n_levels) {
                return Some(format!("{what} are not {wanted} x {n_levels}"));
            }
            let bad = rows.iter().flatten().find(|value| !value.is_finite());
            bad.map(|value| format!("{what} hold {value}"))
        };
        if self.mean.len() != data.horizon {
            return Some(format!("{} values for {} periods", self.mean.len(), data.horizon));
        }
        if let Some(value) = self.mean.iter().find(|value| !value.is_finite()) {
            return Some(format!("the mean holds {value}"));
        }
        rows("quantiles", &self.quantiles, data.horizon)
            .or_else(|| rows("quantiles of sums", &self.sum_quantiles, data.sum_periods.len()))
    }

    /// Whether a quantile lies below one of a lower level.
    pub fn crosses(&self) -> bool {
        self.quantiles.iter().chain(&self.sum_quantiles).any(|row| row.windows(2).any(|pair| pair[1] < pair[0]))
    }
}
