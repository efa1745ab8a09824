//! What to order tonight, line by line, with the reason, the money and the grade of earlier advice.
//!
//! A *line* is a product at a location.
//!
//! # Decides
//! For every line with a forecast and a stock record: how much to order on the supplier's next order day, and whether the stock
//! needs a person's attention (stock-outs, overstock, dead stock, launches and ends, late orders, supplier minimums, missing facts).
//!
//! # From
//! - `demand_forecasts`, level `product_location`, the newest publication up to `as_of`: quantiles of the *total* demand of the first days.
//! - `products`, `stock_levels` (newest snapshot per line, rolled forward with `daily_sales` and `deliveries` when older than `as_of`).
//! - `suppliers` (order days, quoted lead time, minimum), `deliveries` (observed lead times), `open_orders`, `prices`: when there are any.
//! - `order_rules`: what planners want for products, categories and locations; the rule that says most about a line holds.
//! - Earlier `inventory_recommendations` and `recommendation_outcomes`: what to grade and what has been graded.
//!
//! # Model
//! Periodic review with an order-up-to level: see [`crate::models::inventory`]. The order raises the stock position to the demand that is
//! not exceeded, with probability `service_level`, until the *next* order could have arrived, mixed over the supplier's observed lead times.
//! An overdue open order is taken to arrive after the median further wait of this supplier's deliveries that had waited as long; one
//! that is later than twice the longest lead time seen lets expect is given up, named and not counted. What is only sold in whole units
//! is ordered in whole units, also where no pack is known.
//!
//! # Publishes
//! `inventory_recommendations` (line), `inventory_explanations` (line x step, summing exactly to the order), `inventory_exceptions`,
//! `inventory_transfers` (between locations), `recommendation_outcomes` (earlier recommendation). Files: orders per supplier, the whole plan, the exceptions.
//!
//! # Degrades
//! A line without a forecast, a stock record or any lead time gets no recommendation but an exception. Costs and prices that are missing
//! leave money empty. A plan of less than `min_planned_share` of what is sold is not published, and the headline begins with what could
//! not be planned. A line that the newest stock list of a location without any zeros leaves out is taken to have nothing. An older forecast is shifted by the days that have passed; a horizon that is too short is extended and flagged.
//! Without any forecast, or with one whose last day has passed, the run refuses. At a deadline whose newest data are missing it stands in:
//! demand since is taken as it was forecast, the orders of the last plan as placed.
//!
//! # Files, from the bottom up
//! - What is known: `units`, `line_key`, `orders`, `history`, `forecasts`, `advice`, `decisions`, `wanted`, `wishes` (of planners), `facts`, `handed_out` (orders that the
//!   books do not show yet), `rests` (of partly delivered ones), `stand_in` (completes them), `dataset` (reads them).
//! - Orders: `supplier_terms`, `exception`, `line`, `line_basis`, `targets` (of one line, or shared by all), `plan_line`, `joint` (a supplier's minimum, the budget), `lifecycle` (launches, ends, dead stock), `planning`, `transfers`,
//!   `supplier_orders`.
//! - What a planner must look at: `exceptions`; how much could be planned: `coverage`.
//! - How good earlier advice was: `hindsight` (what they cost), `grading`, `grade_tally`, `balance`; beside what was ordered, of a plan in the shadow: `beside`.
//! - What is decided: `decision`.
//! - What people get: `tables`, `metrics`, `caveats`, `changes`, `erp_files`, `exports`, `page_grade`, `page_beside`, `page_exceptions`,
//!   `page_details`, `page`; and `explain` with `explain_told`, from what was published.
//! - In which order all this happens: `recommend`.
//!
//! # References
//! Silver, Pyke and Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., chapter 6 (periodic review, order-up-to);
//! Axsäter, *Inventory Control*, 3rd ed., chapter 5 (service levels, lead time plus review period).

mod advice;
mod balance;
mod beside;
mod caveats;
mod changes;
mod coverage;
mod dataset;
mod decision;
mod decisions;
mod erp_files;
mod exception;
mod exceptions;
mod explain;
mod explain_told;
mod exports;
mod facts;
mod forecasts;
mod grade_tally;
mod grading;
mod handed_out;
mod hindsight;
mod history;
mod joint;
mod lifecycle;
mod line;
mod line_basis;
mod line_key;
mod metrics;
mod orders;
mod page;
mod page_beside;
mod page_details;
mod page_exceptions;
mod page_grade;
mod plan_line;
mod planning;
mod recommend;
mod rests;
mod stand_in;
mod supplier_orders;
mod supplier_terms;
mod tables;
mod targets;
mod transfers;
mod units;
mod wanted;
mod wishes;

use serde::{Deserialize, Serialize};

use crate::datasets::{
    DAILY_SALES, DELIVERIES, Dataset, OPEN_ORDERS, ORDER_RULES, PRICES, PRODUCTS, STOCK_LEVELS, SUPPLIERS, Source,
};
use crate::decidable::Decidable;
use crate::explain::Explanation;
use crate::job::{Job, Progress, RunContext};
use crate::models::inventory::UnmetDemand;
use crate::publication::Publication;
use crate::published::{
    INVENTORY_EXCEPTIONS, INVENTORY_EXPLANATIONS, INVENTORY_RECOMMENDATIONS, INVENTORY_TRANSFERS,
    RECOMMENDATION_OUTCOMES, Table,
};
use crate::quantities::{Amount, Days, Level, Share};

pub use erp_files::Erp;
pub use facts::InventoryFacts;

/// Plans orders; the fields are its parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InventoryPlan {
    /// Probability that a line does not run out before its next order can arrive.
    pub service_level: Level,
    /// The share of demand to serve from the shelf, for lines that no rule of a planner gives a service level; not set: `service_level`
    /// holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fill_rate: Option<Level>,
    /// Of what the fill rate is.
    pub fill_rate_of: FillRateOf,
    /// What becomes of demand that finds no stock: whether it is ordered for once there is none.
    pub unmet_demand: UnmetDemands,
    /// Days of cover above which stock is reported as overstock.
    pub overstock_days: Days,
    /// Lead time in days for suppliers without deliveries and without a quote. Not set: their products get no order but an exception.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_lead_time_days: Option<Days>,
    /// Days without a sale or a delivery after which stock is called dead; a year, so that what sells in one season is not.
    pub dead_stock_days: Days,
    /// The share of the lines with a forecast that has to be planned; a plan of less is not published.
    pub min_planned_share: Share,
    /// Days that goods take from one location to another: what would be lost before is not saved by a transfer.
    pub transfer_days: Days,
    /// Days ahead for which the date of a stock-out is looked for.
    pub stock_out_horizon_days: Days,
    /// Days by which a stock snapshot may be older than `as_of` before it is reported as stale.
    pub max_stock_age_days: Days,
    /// What is done where a supplier's order stays below its minimum.
    pub supplier_minimum: SupplierMinimums,
    /// Most money for the orders of one day; not set: what is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Amount>,
    /// What holding goods for a year costs, as a share of their cost: what packs that several lines compete for are weighed with.
    pub holding_rate: Share,
    /// Systems that get files in their own words.
    pub erp_files: Vec<Erp>,
    /// Which orders stand in the supplier files and in the list of orders on the page.
    pub order_files: OrderFiles,
}

/// Of what a fill rate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FillRateOf {
    /// Of the value of demand of all lines, at the least value of stock: lines that are hard to forecast, dear to keep or earn little get
    /// less.
    Assortment,
    /// Of the demand of every line alone.
    EachLine,
}

/// Which orders a buyer is handed. All of them are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderFiles {
    /// Those of every supplier's next order day, whenever that is; amounts for later days are provisional.
    NextOrderDay,
    /// Only those to be placed on the day after `as_of`.
    Today,
}

/// What becomes of demand that finds no stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmetDemands {
    /// It waits: what is lacking until the order arrives is ordered too. The safe side where customers come back or order ahead.
    Waits,
    /// It is lost: nothing is ordered for what cannot be served before the arrival. Less stock, where customers go elsewhere. The levels of
    /// `inventory-policies` cannot say so: a system that orders up to them orders more after a stock-out.
    IsLost,
}

impl From<UnmetDemands> for UnmetDemand {
    fn from(unmet: UnmetDemands) -> Self {
        match unmet {
            UnmetDemands::Waits => Self::Waits,
            UnmetDemands::IsLost => Self::IsLost,
        }
    }
}

/// What is done where a supplier's order stays below its minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupplierMinimums {
    /// It is said, and the buyer decides.
    Report,
    /// What is worth most and sells within `overstock_days` is added.
    FillUp,
}

impl Default for InventoryPlan {
    fn default() -> Self {
        Self {
            service_level: Level::literal(0.95),
            fill_rate: None,
            fill_rate_of: FillRateOf::EachLine,
            unmet_demand: UnmetDemands::Waits,
            overstock_days: Days::literal(60),
            default_lead_time_days: None,
            dead_stock_days: Days::literal(365),
            min_planned_share: Share::literal(0.5),
            transfer_days: Days::literal(1),
            stock_out_horizon_days: Days::literal(28),
            max_stock_age_days: Days::literal(3),
            supplier_minimum: SupplierMinimums::Report,
            budget: None,
            holding_rate: Share::literal(0.25),
            erp_files: Vec::new(),
            order_files: OrderFiles::NextOrderDay,
        }
    }
}

impl Job for InventoryPlan {
    const KIND: &'static str = "inventory_plan";
    const DECIDES: &'static str = "what to order, when, how much, and why; grades of earlier orders";
    const NEEDS: &'static [&'static Dataset] = &[&PRODUCTS, &STOCK_LEVELS, &DAILY_SALES];
    const USES: &'static [&'static Dataset] = &[&SUPPLIERS, &DELIVERIES, &OPEN_ORDERS, &PRICES, &ORDER_RULES];
    const PUBLISHES: &'static [&'static Table] = &[
        &INVENTORY_RECOMMENDATIONS,
        &INVENTORY_EXPLANATIONS,
        &INVENTORY_EXCEPTIONS,
        &INVENTORY_TRANSFERS,
        &RECOMMENDATION_OUTCOMES,
    ];
    const STANDS_IN: &'static [&'static Dataset] = &[&STOCK_LEVELS, &DAILY_SALES];
    const EXPLAINS: Option<&'static Explanation> = Some(&explain::ORDER);
    const DECIDES_ON: Option<&'static Decidable> = Some(&decisions::ORDER);
    type Dataset = InventoryFacts;

    async fn load(&self, ctx: &RunContext, source: &Source<'_>) -> anyhow::Result<InventoryFacts> {
        dataset::load(ctx, source).await
    }

    fn recommend(&self, ctx: &RunContext, facts: &InventoryFacts, progress: &Progress) -> anyhow::Result<Publication> {
        recommend::recommend(self, ctx, facts, progress)
    }
}

#[cfg(test)]
mod beside_tests;
#[cfg(test)]
mod grading_tests;
#[cfg(test)]
mod handed_out_tests;
#[cfg(test)]
mod joint_tests;
#[cfg(test)]
mod lifecycle_tests;
#[cfg(test)]
mod many_tests;
#[cfg(test)]
mod stand_in_tests;
#[cfg(test)]
mod tests;
