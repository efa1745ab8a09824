//! One row of `campaign_lift`, and all of them as a frame.

use chrono::NaiveDate;
use polars::prelude::{Column, DataFrame, DataType, PolarsResult};

use crate::models::experiment::Estimate;

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
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub complete: bool,
    pub n_treated: u64,
    pub n_control: u64,
    pub mean_treated: Option<f64>,
    pub mean_control: Option<f64>,
    pub difference: Option<Estimate>,
    pub p_value: Option<f64>,
    pub p_adjusted: Option<f64>,
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

pub(super) fn frame_of(rows: &[LiftRow]) -> PolarsResult<DataFrame> {
    let text =
        |name: &str, of: &dyn Fn(&LiftRow) -> String| Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>());
    let flag =
        |name: &str, of: &dyn Fn(&LiftRow) -> bool| Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>());
    let whole = |name: &str, of: &dyn Fn(&LiftRow) -> u64| {
        Column::new(name.into(), rows.iter().map(|row| of(row) as i64).collect::<Vec<_>>())
    };
    let real = |name: &str, of: &dyn Fn(&LiftRow) -> Option<f64>| {
        Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>())
    };
    let date = |name: &str, of: &dyn Fn(&LiftRow) -> NaiveDate| {
        Column::new(name.into(), rows.iter().map(|row| of(row).to_epoch_days()).collect::<Vec<_>>())
            .cast(&DataType::Date)
    };
    DataFrame::new(
        rows.len(),
        vec![
            text("campaign_id", &|row| row.campaign_id.clone()),
            text("campaign_name", &|row| row.campaign_name.clone()),
            text("arm", &|row| row.arm.clone()),
            text("metric", &|row| row.metric.clone()),
            flag("primary_metric", &|row| row.primary),
            text("grade", &|row| row.grade.name().to_owned()),
            date("window_from", &|row| row.from)?,
            date("window_to", &|row| row.to)?,
            flag("complete", &|row| row.complete),
            whole("n_treated", &|row| row.n_treated),
            whole("n_control", &|row| row.n_control),
            real("mean_treated", &|row| row.mean_treated),
            real("mean_control", &|row| row.mean_control),
            real("difference", &|row| row.difference.map(|found| found.estimate)),
            real("lower", &|row| row.difference.map(|found| found.lower)),
            real("upper", &|row| row.difference.map(|found| found.upper)),
            real("p_value", &|row| row.p_value),
            real("p_adjusted", &|row| row.p_adjusted),
            real("relative_lift", &|row| row.relative[0]),
            real("relative_lower", &|row| row.relative[1]),
            real("relative_upper", &|row| row.relative[2]),
            real("sample_ratio_p", &|row| row.sample_ratio_p),
            real("incremental_margin", &|row| row.incremental_margin),
            real("cost", &|row| row.cost),
            real("net_value", &|row| row.net.map(|net| net.estimate)),
            real("net_lower", &|row| row.net.map(|net| net.lower)),
            real("net_upper", &|row| row.net.map(|net| net.upper)),
            real("return_on_spend", &|row| {
                row.net.zip(row.cost).filter(|(_, cost)| *cost > 0.0).map(|(net, cost)| net.estimate / cost)
            }),
            text("verdict", &|row| row.verdict.to_owned()),
            text("explanation", &|row| row.explanation.clone()),
        ],
    )
}
