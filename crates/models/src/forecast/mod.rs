//! Demand forecasting: many series in, a distribution of demand for each of them out.
//!
//! [`panel::fit_panel`] is what a night calls. It takes every series for what it is: small whole numbers go to distributions of
//! counts, the rest to a mixture of local models (each series alone) and one global model over all series. What both said
//! from rolling origins weighs them against each other, and the errors made there become the quantiles. Between two fits
//! [`panel::update_panel`] lets the fitted models take in the new days. Around it: sales are cleaned before
//! ([`cleaning`]), a product without a past takes that of its siblings ([`lifecycle`]), and forecasts of a category tree
//! are made to add up after ([`reconcile`]).
//!
//! | room, from the ground up | what it holds |
//! |---|---|
//! | `series.rs`, `quantiles.rs` | the shared words: regressors, errors, what a local model does; quantiles |
//! | `ratios.rs`, `departures.rs` | ratios of observed to expected demand, drawn to one as far as little was seen |
//! | `distributions.rs`, `linear_algebra.rs`, `least_squares.rs` | quantiles from mean and variance; small linear systems |
//! | `origins/` | rolling origins, sums of their records, measures of accuracy |
//! | `boosting/` | gradient-boosted trees |
//! | `local/` | models of one series: exponential and complex smoothing, theta, their mean, ARIMA, MSTL, the seasonal naive |
//! | `global/` | one boosted model over all series |
//! | `counts/` | distributions of counts that lend each other strength |
//! | `cleaning/` | outliers, lasting changes of level, what promotions and prices multiply demand by |
//! | `lifecycle/` | where a series begins, its first weeks, its end |
//! | `calibration/` | quantiles from rolling-origin errors: conformal over a group, or of one series alone |
//! | `reconcile/` | forecasts of a hierarchy that add up |
//! | `panel/` | the choice among them for many series at once |
//!
//! Missing values: `NaN` in a demand slice means *not observed* (no record, or censored by a stock-out). It is never
//! read as zero. An infinite demand is treated like `NaN`. Nothing here uses a clock, and chance comes from a seed alone: the
//! same arguments give the same bytes, whatever the number of threads.

mod boosting;
mod calendar;
pub mod calibration;
pub mod cleaning;
mod counts;
pub mod departures;
mod distributions;
mod global;
mod least_squares;
pub mod lifecycle;
mod linear_algebra;
pub mod local;
pub mod origins;
pub mod panel;
mod quantiles;
pub mod ratios;
pub mod reconcile;
mod series;
#[cfg(test)]
mod simulated;

pub use calendar::{Calendar, NO_CALENDAR};
pub use least_squares::least_squares;
pub use quantiles::{DemandQuantiles, QuantileBasis, lift_totals};
pub use series::{MethodError, Regressors, observed_mean};
