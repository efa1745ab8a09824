//! Rolling origins: what would have been said at dates of the past, beside what came, and how far off it was.

pub mod accuracy;
mod cross_validation;
mod rolling;

pub use cross_validation::{Backtest, cutoffs, sum_backtests};
pub(super) use rolling::{Origins, rolling_backtest};
