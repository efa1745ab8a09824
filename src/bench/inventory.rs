//! A stretch of the shop's days under one way of ordering: how much demand was served, and what the stock cost.

use std::collections::BTreeMap;

use polars::prelude::PolarsResult;
use serde::Serialize;

use crate::job::Job;
use crate::jobs::{demand_forecast::DemandForecast, inventory_plan::InventoryPlan};
use crate::shop::ShopTable;

/// The kinds of job that the order plan rests on: they alone run in the weeks that are compared.
pub const ORDERING_KINDS: [&str; 2] = [DemandForecast::KIND, InventoryPlan::KIND];

/// The yearly cost of holding stock, as a share of its purchase value: capital, space and shrinkage. A usual planning
/// figure (Silver, Pyke, Thomas, *Inventory and Production Management in Supply Chains*, 4th edition, section 2.2).
pub const HOLDING_RATE_PER_YEAR: f64 = 0.25;

/// What a policy achieved.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PolicyResult {
    /// Days.
    pub days: usize,
    /// Units asked for.
    pub demanded: f64,
    /// Units sold over units asked for.
    pub fill_rate: f64,
    /// Share of product-location-days that closed with stock, among those on sale.
    pub in_stock: f64,
    /// Mean purchase value of the stock, in the currency.
    pub stock_value: f64,
    /// Cost of holding it over these days at [`HOLDING_RATE_PER_YEAR`], in the currency.
    pub holding_cost: f64,
    /// Margin of the units that were asked for and not there, in the currency.
    pub lost_margin: f64,
    /// Orders to suppliers, lines.
    pub order_lines: usize,
}

/// What a unit of a product costs and brings, in the currency.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnitValue {
    /// What we pay.
    pub cost: f64,
    /// What is left of the list price after it.
    pub margin: f64,
}

/// Sums up the tables that the shop's days returned. `values` is by product.
///
/// # Errors
/// When a table lacks a column.
pub fn policy_result(lived: &[ShopTable], values: &BTreeMap<String, UnitValue>) -> PolarsResult<PolicyResult> {
    let mut result = PolicyResult::default();
    let (mut sold, mut closings, mut with_stock, mut value_days) = (0.0, 0_usize, 0_usize, 0.0);
    let mut days = std::collections::BTreeSet::new();
    for table in lived {
        let frame = &table.frame;
        match table.schema.name {
            "truth_demand" => {
                result.demanded += frame.column("demanded")?.i64()?.iter().flatten().sum::<i64>() as f64;
                sold += frame.column("sold")?.i64()?.iter().flatten().sum::<i64>() as f64;
                let (products, lost) = (frame.column("product_id")?.str()?, frame.column("lost")?.i64()?);
                for (product, lost) in products.iter().zip(lost.iter()) {
                    let margin = product.and_then(|id| values.get(id)).map_or(0.0, |value| value.margin);
                    result.lost_margin += lost.unwrap_or(0) as f64 * margin;
                }
            }
            "stock_levels" => {
                let (products, on_hand) = (frame.column("product_id")?.str()?, frame.column("on_hand")?.i64()?);
                days.extend(frame.column("snapshot_on")?.date()?.physical().iter().flatten());
                for (product, on_hand) in products.iter().zip(on_hand.iter()) {
                    let units = on_hand.unwrap_or(0) as f64;
                    closings += 1;
                    with_stock += usize::from(units > 0.0);
                    value_days += units * product.and_then(|id| values.get(id)).map_or(0.0, |value| value.cost);
                }
            }
            "purchase_orders" => result.order_lines += frame.height(),
            _ => {}
        }
    }
    result.days = days.len();
    result.fill_rate = sold / result.demanded.max(1.0);
    result.in_stock = with_stock as f64 / closings.max(1) as f64;
    result.stock_value = value_days / days.len().max(1) as f64;
    result.holding_cost = value_days * HOLDING_RATE_PER_YEAR / 365.0;
    Ok(result)
}
