//! What is said of an arm and a metric.

use crate::day::Day;
use crate::models::experiment::Estimate;
use crate::quantities::{Currency, ExpectedMoney};

/// How far an estimate can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grade {
    Randomised,
    Quasi,
    Descriptive,
}

impl Grade {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Randomised => "randomised",
            Self::Quasi => "quasi",
            Self::Descriptive => "descriptive",
        }
    }
}

/// A row of the published table, with what the page needs besides.
#[derive(Clone, Debug)]
pub(super) struct LiftRow {
    pub campaign_id: String,
    pub campaign_name: String,
    pub arm: String,
    pub metric: String,
    pub primary: bool,
    pub grade: Grade,
    pub from: Day,
    pub to: Day,
    pub complete: bool,
    pub n_treated: u64,
    pub n_control: u64,
    pub mean_treated: Option<f64>,
    pub mean_control: Option<f64>,
    pub difference: Option<Estimate>,
    pub p_value: Option<f64>,
    pub p_adjusted: Option<f64>,
    /// Estimate, lower and upper end.
    pub relative: [Option<f64>; 3],
    pub sample_ratio_p: Option<f64>,
    pub incremental_margin: Option<f64>,
    pub cost: Option<f64>,
    pub net: Option<Estimate>,
    /// Net value and cost of the arm, on each of its rows, for the page.
    pub arm_money: Option<(Estimate, f64)>,
    pub verdict: &'static str,
    pub explanation: String,
    /// Smallest effect that would have been seen in 80 of 100 such campaigns.
    pub detectable: Option<f64>,
    /// How much more the treated bought before, in standard deviations.
    pub imbalance: Option<f64>,
    pub ours: bool,
}

impl LiftRow {
    /// A value of the metric as it is published: what is spent in the currency, anything else as it is.
    pub fn measured(&self, value: f64, currency: Currency) -> f64 {
        if self.metric == "spend" { ExpectedMoney::from_minor(value).in_currency(currency) } else { value }
    }
}

/// One row per arm: that of the primary metric.
pub(super) fn main_rows(rows: &[LiftRow]) -> impl Iterator<Item = &LiftRow> {
    rows.iter().filter(|row| row.primary)
}
