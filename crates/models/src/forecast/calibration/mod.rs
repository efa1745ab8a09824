//! Quantiles from out-of-sample errors.
//!
//! | file | what it holds |
//! |---|---|
//! | `conformal.rs` | errors of a group of series, each in the unit of its own, pooled: what a night publishes |
//! | `ceiling.rs` | what a group can possibly sell, whatever its errors say |
//! | `error_shape.rs`, `volatility.rs` | the pooled distribution of one distance; that unit |
//! | `series_errors.rs` | one series from its own errors alone |

mod ceiling;
mod conformal;
mod error_shape;
mod series_errors;
mod volatility;

pub use ceiling::{DemandCeiling, largest_sum};
pub use conformal::{CalibrationSeries, ErrorShapes};
pub use series_errors::demand_quantiles;
