//! The published table.

use super::lift_row::LiftRow;
use crate::publication::PublishedTable;
use crate::published::{CAMPAIGN_LIFT, Rows, RowsError};
use crate::quantities::{Currency, ExpectedMoney};

/// `campaign_lift`.
pub(super) fn table(rows: &[LiftRow], currency: Currency) -> Result<PublishedTable, RowsError> {
    let money = |minor: Option<f64>| minor.map(ExpectedMoney::from_minor);
    let measured = |row: &LiftRow, value: f64| row.measured(value, currency);
    Rows::of(&CAMPAIGN_LIFT, rows)
        .in_currency(currency)
        .column("campaign_id", |row| row.campaign_id.as_str())
        .column("campaign_name", |row| row.campaign_name.as_str())
        .column("arm", |row| row.arm.as_str())
        .column("metric", |row| row.metric.as_str())
        .column("primary_metric", |row| row.primary)
        .column("grade", |row| row.grade.name())
        .column("window_from", |row| row.from)
        .column("window_to", |row| row.to)
        .column("complete", |row| row.complete)
        .column("n_treated", |row| row.n_treated)
        .column("n_control", |row| row.n_control)
        .column("mean_treated", |row| row.mean_treated.map(|mean| measured(row, mean)))
        .column("mean_control", |row| row.mean_control.map(|mean| measured(row, mean)))
        .column("difference", |row| row.difference.map(|found| measured(row, found.estimate)))
        .column("lower", |row| row.difference.map(|found| measured(row, found.lower)))
        .column("upper", |row| row.difference.map(|found| measured(row, found.upper)))
        .column("p_value", |row| row.p_value)
        .column("p_adjusted", |row| row.p_adjusted)
        .column("relative_lift", |row| row.relative[0])
        .column("relative_lower", |row| row.relative[1])
        .column("relative_upper", |row| row.relative[2])
        .column("sample_ratio_p", |row| row.sample_ratio_p)
        .column("incremental_margin", |row| money(row.incremental_margin))
        .column("cost", |row| money(row.cost))
        .column("net_value", |row| money(row.net.map(|net| net.estimate)))
        .column("net_lower", |row| money(row.net.map(|net| net.lower)))
        .column("net_upper", |row| money(row.net.map(|net| net.upper)))
        .column("return_on_spend", return_on_spend)
        .column("verdict", |row| row.verdict)
        .column("explanation", |row| row.explanation.as_str())
        .publish()
}

/// Net value over cost.
fn return_on_spend(row: &LiftRow) -> Option<f64> {
    row.net.zip(row.cost).filter(|(_, cost)| *cost > 0.0).map(|(net, cost)| net.estimate / cost)
}
