//! The numbers that the night's index shows.

use super::balance::Balance;
use super::decision::{Decision, total_value};
use super::grade_tally::GradeTally;
use super::line::Line;
use crate::page_kit::metric;
use crate::publication::{Metric, Unit};

/// The share of the value of demand between the arrivals of these orders and the next that stock is expected to serve, of lines with a price.
pub(super) fn expected_service(decision: &Decision<'_>) -> Option<f64> {
    let of = |line: &Line| {
        let asked = line.price? as f64 * line.plan.cycle_demand;
        Some((asked, asked * line.plan.fill_rate?))
    };
    let (asked, served) =
        decision.lines.iter().filter_map(of).fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    (asked > 0.0).then(|| served / asked)
}

pub(super) fn metrics(decision: &Decision<'_>) -> Vec<Metric> {
    let ordered = || decision.lines.iter().filter(|line| line.is_ordered());
    let today = || ordered().filter(|line| decision.is_today(line));
    let count = |name: &str, n: usize, meaning: &str| metric(name, n as f64, Unit::Count, meaning);
    let at_risk = || decision.with_code(&["stock_out_now", "stock_out_risk"]);
    let sum = |values: Vec<Option<f64>>| {
        let known: Vec<f64> = values.iter().copied().flatten().collect();
        (!known.is_empty() || values.is_empty()).then(|| known.iter().sum::<f64>() + 0.0)
    };
    let grade = GradeTally::of(&decision.graded);
    let balance = Balance::of(&decision.graded);
    vec![
        metric("order_value_today", total_value(today()), Unit::Money, "To order today"),
        count("order_lines_today", today().count(), "Lines to order today"),
        metric("order_value", total_value(ordered()), Unit::Money, "Orders of every supplier's next order day"),
        count("planned_lines", decision.lines.len(), "Lines planned"),
        count("stock_out_lines", at_risk().count(), "Lines that run out before an order can arrive"),
        metric(
            "sales_at_risk",
            sum(at_risk().map(|row| row.value).collect()),
            Unit::Money,
            "Sales expected to be lost before an order can arrive",
        ),
        count("transfers", decision.transfers.len(), "Moves between locations that would save sales"),
        metric(
            "overstock_value",
            sum(decision.with_code(&["overstock"]).map(|row| row.value).collect()),
            Unit::Money,
            "Cost of stock beyond what should be held",
        ),
        count("graded_recommendations", decision.graded.len(), "Earlier recommendations graded"),
        metric("good_share", grade.good_share(), Unit::Share, "Share of followed, gradable advice that was good"),
        metric(
            "in_stock_share",
            grade.in_stock_share(),
            Unit::Share,
            "Line-days in stock after the advised order arrived",
        ),
        metric(
            "saved_by_advice",
            balance.saved_by_advice(),
            Unit::Money,
            "What graded advice saves against the average of the four weeks before it",
        ),
        metric(
            "saved_by_changes",
            balance.saved_by_changes(),
            Unit::Money,
            "What ordering otherwise than advised saved",
        ),
        metric(
            "expected_fill_rate",
            expected_service(decision),
            Unit::Share,
            "Share of the value of demand until the next orders arrive that is expected to be served from the shelf",
        ),
    ]
}
