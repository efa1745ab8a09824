//! Distributions of counts: slow sellers, one by one too sparse to learn from, lend each other strength.
//!
//! | file | what it holds |
//! |---|---|
//! | `count_series.rs` | one series, as it is given and as it is read |
//! | `pmf.rs` | a distribution as a table of probabilities |
//! | `small_models.rs` | the grid of small models, and how probable each is |
//! | `recent.rs` | the series' own past as a distribution |
//! | `working_levels.rs`, `rate_levels.rs` | levels to ask for, so that coverage is what was promised |
//! | `boosted_quantiles.rs` | trees over the recent past of all series |
//! | `choice.rs` | the constants of a group, by their loss at rolling origins |
//! | `group.rs` | [`CountGroup`]: all of it, fitted and asked |
//! | `group_profile.rs` | the season that a group shares |

mod boosted_quantiles;
mod choice;
mod count_series;
mod group;
mod group_profile;
mod pmf;
mod rate_levels;
mod recent;
mod small_models;
mod working_levels;

pub(crate) use count_series::CountSeries;
pub(crate) use group::{CountGroup, CountSettings};
pub(crate) use group_profile::GroupProfile;
