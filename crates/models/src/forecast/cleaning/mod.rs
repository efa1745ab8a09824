//! What a model should not learn from, or should learn once: empty shelves, outliers, former levels, promotions and prices.

mod censoring;
mod group_response;
mod level_shifts;
mod outliers;
mod step_regression;

pub use censoring::{Uncensored, uncensored};
pub use group_response::{GroupResponse, MovedPeriods, factors_of};
pub use level_shifts::{LevelShift, level_shifts};
pub use outliers::{Cleaned, Outlier, clean_outliers};
