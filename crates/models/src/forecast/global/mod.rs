//! One gradient-boosted model over many series: what one series shows too rarely, all of them show often.
//!
//! Every series becomes rows, one per origin and period ahead: its own past in units of its recent level, the same
//! position in earlier seasons, last year with growth, the profile of its groups, known-ahead columns, and how far ahead
//! the period lies ("direct" forecasting with the horizon as a feature; Ben Taieb et al., Expert Systems with Applications
//! 39 (2012), 7067-7083). Half of the trees forecast the level itself, half correct a pooled linear forecast
//! (Montero-Manso and Hyndman, "Principles and algorithms for forecasting groups of time series", International Journal of
//! Forecasting 37 (2021), 1632-1653); both are averaged unless the last periods of the training part speak clearly for
//! one of them. The trees are those of [`super::boosting`].
//!
//! | file | what it holds |
//! |---|---|
//! | `history.rs` | one series, ready for questions about windows |
//! | `layout.rs` | which features there are |
//! | `panel.rs` | all series in an order of their own, and group profiles |
//! | `features.rs` | one row |
//! | `rows.rs` | which rows, in bins |
//! | `linear.rs` | the pooled linear forecast |
//! | `model.rs` | fit and forecast |
//! | `choice.rs` | what is tried on the last periods of the training part |
//!
//! `NaN` in a demand slice = not observed: such periods are no targets, and windows over them take what was observed.
//! Zeros before the first sale count as not observed. Errors weigh in units of each series' own seasonal-naive error, as
//! MASE does. Forecasts may be negative; the caller cuts at zero.
//!
//! Invariants, each tested: the order of the series, the number of threads and a shift of all indices change no byte;
//! doubling a series doubles its forecast; nothing after a series' end is read but its known-ahead columns.

mod choice;
mod features;
mod history;
mod layout;
mod linear;
mod model;
mod panel;
mod rows;

pub use model::{GlobalForecast, GlobalModel, fit};

use super::Regressors;
use super::boosting::BoostingSettings;

/// One series, as the global model sees it.
#[derive(Clone, Copy, Debug)]
pub struct GlobalSeries<'a> {
    /// Demand per period, oldest first; `NaN` = not observed (missing, or censored by a stock-out).
    pub demand: &'a [f64],
    /// Number of the first period on a calendar that all series share (days since any date, say).
    pub first_index: i64,
    /// Known-ahead columns, the same names for all series, each over history and horizon; `NaN` = unknown.
    pub regressors: &'a Regressors,
    /// Static codes, such as store, department, category: as many for every series. A code is also a group: series that
    /// share it share a seasonal profile.
    pub categories: &'a [u32],
}

/// How the global model is fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalOptions {
    /// How the trees are grown. Its loss is that of the point forecast; its seed, monotone directions and patience are
    /// set by the global model.
    pub boosting: BoostingSettings,
    /// Most bins per feature, 2 to 255.
    pub max_bins: usize,
    /// Boosters whose forecasts are averaged, each with its own draws; under [`Base::Both`] at least two.
    pub n_boosters: usize,
    /// About this many rows are learnt from: memory is about 100 bytes a row.
    pub max_rows: usize,
    /// Levels in (0, 1) for which quantiles are learnt as well, by one booster each.
    pub quantile_levels: Vec<f64>,
    /// Where the trees start.
    pub base: Base,
    /// How far ahead one answer of the model reaches.
    pub reach: Reach,
    /// Errors weigh in units of the series' naive error (what MASE measures); otherwise of its level.
    pub by_naive_error: bool,
    /// Names of known-ahead columns in which the forecast may only fall (prices).
    pub falling_in: Vec<String>,
    /// Seed of all draws.
    pub seed: u64,
}

/// What the trees correct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Whatever does clearly better on the last periods of the training part, else [`Base::Both`].
    Chosen,
    /// Nothing: they forecast the level.
    Nothing,
    /// The pooled linear forecast.
    Linear,
    /// Half of the boosters correct the linear forecast, half nothing.
    Both,
}

/// How far ahead one answer of the model reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Whatever does clearly better on the last periods of the training part, else [`Reach::Direct`].
    Chosen,
    /// The whole horizon.
    Direct,
    /// So many periods; further ones are reached by taking forecasts for history ("recursive").
    Steps(usize),
}

impl Default for GlobalOptions {
    /// Two boosters of 300 trees on 40,000 rows.
    fn default() -> Self {
        GlobalOptions {
            boosting: BoostingSettings::default(),
            max_bins: 63,
            n_boosters: 2,
            max_rows: 40_000,
            quantile_levels: Vec::new(),
            base: Base::Chosen,
            reach: Reach::Direct,
            by_naive_error: false,
            falling_in: Vec::new(),
            seed: 0,
        }
    }
}
