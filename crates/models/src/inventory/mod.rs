//! What to order, when, how much and why: periodic review with an order-up-to level.
//!
//! The policy is (R, S) (Silver, Pyke and Thomas, 4th ed., chapter 6; Axsäter, 3rd ed., chapter 5): on every day on which the
//! supplier takes orders, raise the inventory position to `S`, the demand that will not be exceeded, with a wanted probability, until the
//! *next* order could have arrived, or the stock that serves a wanted share of demand until then. The published forecast's total
//! demand over that protection interval sets `S`, mixed over the lead times the supplier has really shown.
//!
//! Timing, pinned once: a day is (1) receive, (2) serve demand, (3) record, and in the night after it
//! (4) order. `as_of` is the last complete day; an order of that night is dated `as_of + 1` or the supplier's next order day, and a lead
//! time of `L` days makes it available for the demand of day `order day + L`. The protection interval therefore has
//! `next order day + L - (as_of + 1)` days: lead time plus review period, never one less.
//!
//! | file | what it holds |
//! |---|---|
//! | `outlook.rs`, `lead_time.rs`, `calendar.rs` | demand ahead, lead times, order days: what is uncertain, what is fixed |
//! | `protection.rs` | from quantiles of demand to the level `S` that a service per cycle or a fill rate asks for |
//! | `lost_sales.rs` | what less to order where demand that is not served is lost |
//! | `shared_fill.rs` | one fill rate for all lines: who gets how much of it |
//! | `plan.rs` | from the level to an order (`plan_order`) |
//! | `rules.rs` | from the need to what a supplier accepts: packs, minimum, shelf life, one explained step each |
//! | `supplier.rs` | a supplier's minimum over all lines |
//! | `marginal.rs` | what one more pack is worth |
//! | `fill_up.rs`, `budget.rs`, `knapsack.rs` | by it, orders raised to a minimum, bought with a budget |
//! | `waste.rs` | what expires before the next order arrives |
//! | `policy_levels.rs` | levels for systems that work orders out themselves |
//! | `projection.rs`, `grade.rs`, `cycle.rs` | what stock will do without more orders; whether past advice was right; what it and others cost |
//! | `formulas/` | the formulas of the textbooks, by name: newsvendor, (r, Q), (s, S), lot sizes, service levels, networks |
//!
//! Quantities that must add up are integer thousandths of a unit (`..._milli`); forecasts are floating-point units.

mod budget;
mod calendar;
mod cycle;
mod fill_up;
pub mod formulas;
mod grade;
mod knapsack;
mod lead_time;
mod lost_sales;
mod marginal;
mod outlook;
mod plan;
mod policy_levels;
mod projection;
mod protection;
mod replay;
mod rules;
mod shared_fill;
#[cfg(test)]
mod simulated;
mod supplier;
mod transfer;
mod waste;

pub use budget::{BudgetLine, BudgetPlan, BudgetShare, spend_budget};
pub use calendar::OrderCalendar;
pub use cycle::{Cycle, CycleDay, CycleResult};
pub use fill_up::{AddedPacks, FillLine, FillRules, FillUp, WhyNotFilled, fill_up};
pub use grade::{GradeRules, Outcome, PastAdvice, Verdict, WhatHappened, grade_advice};
pub use lead_time::{LeadTime, LeadTimeSource, lead_time_change};
pub use marginal::{LineWorth, PackLine, PackWorth};
pub use outlook::{DemandOutlook, TotalDemand};
pub use plan::{Flag, OrderDays, OrderPlan, OrderRequest, StockPosition, plan_order};
pub use policy_levels::{PolicyLevels, policy_levels};
pub use projection::{
    Overstock, ProjectionRequest, Receipt, StockProjection, days_of_cover, find_overstock, project_stock,
};
pub use protection::{ServiceTarget, UnmetDemand, expected_fill_rate};
pub use replay::{ReplayPeriod, ReplayRules, ReplayStock, ReplayTally, normal_score};
pub use rules::{OrderRules, Step, StepCode};
pub use shared_fill::{FillCurve, SharingLine, fill_curve, share_fill_rate};
pub use supplier::{SupplierLine, SupplierMinimum, check_supplier_minimum};
pub use transfer::{Donor, Receiver, Transfer, plan_transfers};
pub use waste::{AgedStock, Batch, ExpectedWaste, PastReceipt, age_stock, expected_waste};

/// Why an order could not be planned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InventoryError {
    /// A probability that must lie strictly between 0 and 1.
    #[error("planning an order: `service_level` is {found}, allowed is above 0 and below 1; try 0.95")]
    ServiceLevel {
        /// Value found.
        found: f64,
    },
    /// The demand outlook is empty, ragged, unordered or not finite.
    #[error("reading a demand outlook: {problem}; give ascending levels and one non-decreasing row of totals per day")]
    Outlook {
        /// What is wrong, with the place.
        problem: String,
    },
    /// A weekday list that cannot be read.
    #[error(
        "reading order weekdays `{text}`: `{found}` is no weekday; use mon, tue, wed, thu, fri, sat, sun, separated by commas"
    )]
    Weekday {
        /// The whole text.
        text: String,
        /// The part that failed.
        found: String,
    },
    /// A date past the end of the calendar.
    #[error("planning an order: no date {days} days after {from}; use a date before the year 9999")]
    Date {
        /// Start.
        from: chrono::NaiveDate,
        /// Distance.
        days: u64,
    },
    /// A value outside what is allowed.
    #[error("{doing}: {problem}")]
    Input {
        /// What was being worked out.
        doing: &'static str,
        /// What is wrong, with the line, and what is allowed.
        problem: String,
    },
}

/// Thousandths of a unit per unit.
pub const MILLI: f64 = 1000.0;

/// Units to thousandths, rounded up, so that a fraction of a thousandth is still covered.
/// The tolerance keeps binary noise (`12.000000000001`) from becoming a further thousandth.
pub(crate) fn milli_up(units: f64) -> i64 {
    (units * MILLI - 1e-6).ceil() as i64
}

/// A quantity as text: no decimals when whole, else up to three.
pub(crate) fn units_text(milli: i64) -> String {
    let sign = if milli < 0 { "-" } else { "" };
    let size = milli.unsigned_abs();
    if size.is_multiple_of(1000) {
        return format!("{sign}{}", size / 1000);
    }
    format!("{sign}{}.{:03}", size / 1000, size % 1000).trim_end_matches('0').to_owned()
}

pub(crate) fn add_days(from: chrono::NaiveDate, days: u64) -> Result<chrono::NaiveDate, InventoryError> {
    from.checked_add_days(chrono::Days::new(days)).ok_or(InventoryError::Date { from, days })
}

pub(crate) fn check_service_level(level: f64) -> Result<(), InventoryError> {
    if level > 0.0 && level < 1.0 { Ok(()) } else { Err(InventoryError::ServiceLevel { found: level }) }
}

/// An [`InventoryError::Input`].
pub(crate) fn refuse<T>(doing: &'static str, problem: String) -> Result<T, InventoryError> {
    Err(InventoryError::Input { doing, problem })
}

/// Refuses what is no amount of money: not a number, infinite or below 0.
pub(crate) fn check_amount(doing: &'static str, name: &str, amount: f64) -> Result<(), InventoryError> {
    if amount.is_finite() && amount >= 0.0 {
        return Ok(());
    }
    refuse(doing, format!("{name} is {amount}; give a number of at least 0"))
}

/// Refuses keys that occur twice, by which ties could not be broken.
pub(crate) fn check_keys(doing: &'static str, keys: impl Iterator<Item = u64>) -> Result<(), InventoryError> {
    let mut keys: Vec<u64> = keys.collect();
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => refuse(doing, format!("key {} is given twice; give each line a key of its own", pair[0])),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
