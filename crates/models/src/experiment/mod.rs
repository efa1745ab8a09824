//! What a campaign caused: differences between arms, with honest uncertainty.
//!
//! Everything here works on sufficient statistics ([`Sample`]: count, mean, variance), so that a
//! warehouse can do the summing. Conventions: `level` is a two-sided confidence level such as
//! 0.95; every p-value is two-sided unless its name says otherwise and comes from a survival
//! function, never from `1 - cdf`, so that it keeps its digits far below 1e-16; a NaN or infinite
//! input is an error, never an answer.
//!
//! | question | function |
//! |---|---|
//! | how much more per customer? | [`welch`] |
//! | how much more in per cent? | [`fieller`] |
//! | was the split as designed? | [`sample_ratio`] |
//! | were the arms alike before? | [`standardized_mean_difference`] |
//! | no random control group | [`difference_in_differences`] |
//! | several tests at once | [`holm`], [`benjamini_hochberg`] |
//! | what could we have seen? | [`minimum_detectable_effect`] |
//! | did it pay? | [`campaign_money`] |

mod campaign_money;
mod difference;
mod distributions;
mod error;
mod multiple_testing;
mod relative_lift;
mod sample;
mod sample_ratio;
#[cfg(test)]
mod tests;

pub use campaign_money::{CampaignCosts, CampaignMoney, Estimate, Verdict, campaign_money};
pub use difference::{Difference, PowerDesign, difference_in_differences, minimum_detectable_effect, welch};
pub use distributions::{chi_squared_survival, normal_quantile, student_t_quantile, student_t_survival};
pub use error::ExperimentError;
pub use multiple_testing::{benjamini_hochberg, holm};
pub use relative_lift::{RelativeLift, fieller};
pub use sample::{Sample, standardized_mean_difference};
pub use sample_ratio::{SampleRatio, sample_ratio};
