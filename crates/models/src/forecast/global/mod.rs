//! One gradient-boosted model over many series: what one series shows too rarely, all of them show often.
//!
//! Every series becomes rows, one per origin and period ahead: its own past in units of its recent level, the same
//! position in earlier seasons, last year with growth, the profile of its groups, known-ahead columns, and how far ahead
//! the period lies ("direct" forecasting with the horizon as a feature; Ben Taieb et al., Expert Systems with Applications
//! 39 (2012), 7067-7083). Half of the trees forecast the level itself, half correct a pooled linear forecast
//! (Montero-Manso and Hyndman, "Principles and algorithms for forecasting groups of time series", International Journal of
//! Forecasting 37 (2021), 1632-1653); both are averaged. The trees are those of
//! [`crate::forecast::boosting`].
//!
//! | file | what it holds |
//! |---|---|
//! | `history.rs` | one series, ready for questions about windows |
//! | `layout.rs` | which features there are |
//! | `members.rs` | all series in an order of their own, and group profiles |
//! | `features.rs` | one row |
//! | `rows.rs` | which rows, in bins |
//! | `linear.rs` | the pooled linear forecast |
//! | `model.rs` | fit and forecast |
//!
//! `NaN` in a demand slice = not observed: such periods are no targets, and windows over them take what was observed.
//! Zeros before the first sale count as not observed. Errors weigh in units of each series' own seasonal-naive error, as
//! MASE does. Forecasts may be negative; the caller cuts at zero.
//!
//! Invariants, each tested: the order of the series, the number of threads and a shift of all indices change no byte;
//! doubling a series doubles its forecast; nothing after a series' end is read but its known-ahead columns.

mod features;
mod history;
mod layout;
mod linear;
mod members;
mod model;
mod rows;

pub(crate) use model::{GlobalModel, fit};

use crate::forecast::boosting::BoostingSettings;
use crate::forecast::calendar::Calendar;
use crate::forecast::series::Regressors;

/// One series, as the global model sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GlobalSeries<'a> {
    /// Demand per period, oldest first; `NaN` = not observed (missing, or censored by a stock-out).
    pub demand: &'a [f64],
    /// Number of the first period on a calendar that all series share (days since any date, say).
    pub first_index: i64,
    /// Known-ahead columns, the same names for all series, each over history and horizon; `NaN` = unknown.
    pub regressors: &'a Regressors,
    /// Static codes, such as store, department, category: as many for every series. A code is also a group: series that
    /// share it share a seasonal profile.
    pub categories: &'a [u32],
    /// What the dates of the periods say; the same for all series.
    pub calendar: &'a Calendar,
}

/// How the global model is fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct GlobalOptions {
    /// How the trees are grown. Its loss is that of the point forecast; its seed is set by the global model.
    pub boosting: BoostingSettings,
    /// Seed of all draws.
    pub seed: u64,
}
