//! What stock will do: its way to the next arrival, how long it lasts, what of it is too much, what of it will expire.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::check::{FormulaError, count, each, entries, non_negative, number, refused, within};
use crate::inventory::{DemandOutlook, InventoryError, MILLI, ProjectionRequest, Receipt};
use crate::inventory::{days_of_cover, project_stock};

/// Most days or weeks of a forecast.
const MOST_PERIODS: usize = 3653;
/// Most receipts or batches.
const MOST_ENTRIES: usize = 10_000;
/// Largest quantity, units: stock is counted in thousandths of a unit.
const LARGEST_QUANTITY: f64 = 1e9;
/// Two levels make an outlook; a mean forecast has all its totals at both.
const LEVELS: [f64; 2] = [0.25, 0.75];

/// Goods on their way.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrival {
    /// Place in the forecast of the day whose demand they serve, from 0.
    pub day: usize,
    /// Units.
    pub qty: f64,
}

/// Stock and what is expected of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ahead {
    /// Units on the shelf, to a thousandth.
    pub on_hand: f64,
    /// Mean demand of each day, units.
    pub daily_forecast: Vec<f64>,
    /// Goods on their way.
    pub receipts: Vec<Arrival>,
}

/// The way of the stock.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Way {
    /// Units at the end of each day.
    pub projected_eod: Vec<f64>,
    /// Place of the first day that ends with nothing; its demand may have been served. Absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_zero_day_index: Option<i64>,
    /// Place of the first day whose demand is not served in full. Absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_short_day_index: Option<i64>,
    /// Units lost.
    pub lost_units: f64,
}

/// Stock day by day when demand is its mean, goods arrive before it and what cannot be served is lost, as alerts project it:
/// [`project_stock`].
///
/// # Errors
/// [`FormulaError`] for quantities below 0, no days or more than ten years of them.
pub fn projection(inputs: &Ahead) -> Result<Way, FormulaError> {
    let available_milli = thousandths("on_hand", inputs.on_hand)?;
    let rows = rows("daily_forecast", &inputs.daily_forecast)?;
    count("receipts, entries", inputs.receipts.len(), 0, MOST_ENTRIES)?;
    let receipts: Vec<Receipt> = (inputs.receipts.iter())
        .map(|arrival| {
            let day = count("receipts.day", arrival.day, 0, inputs.daily_forecast.len() - 1)? + 1;
            Ok(Receipt { day, quantity_milli: thousandths("receipts.qty", arrival.qty)? })
        })
        .collect::<Result<_, FormulaError>>()?;
    let as_of = NaiveDate::default();
    let found = project_stock(&ProjectionRequest {
        as_of,
        available_milli,
        receipts: &receipts,
        outlook: DemandOutlook { levels: &LEVELS, total_quantiles: &rows, mean: &inputs.daily_forecast },
        service_level: 0.5,
        days: inputs.daily_forecast.len(),
        unit_value: None,
    })
    .map_err(|error: InventoryError| refused("daily_forecast", "a list", error.to_string()))?;
    let place = |on: Option<NaiveDate>| on.map(|on| (on - as_of).num_days() - 1);
    Ok(Way {
        projected_eod: found.closing,
        first_zero_day_index: place(found.first_empty_on),
        first_short_day_index: place(found.first_short_on),
        lost_units: found.lost_units,
    })
}

/// Stock and the demand of weeks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weeks {
    /// Units on the shelf, to a thousandth.
    pub on_hand: f64,
    /// Mean demand of each week, units; after the last, weeks are as the last (up to) seven are on average.
    pub weekly_forecast: Vec<f64>,
}

/// How long stock lasts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Supply {
    /// Weeks, the last one counted in part; absent when the stock is never sold, or not in 3,653 weeks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wos: Option<f64>,
}

/// Weeks of supply, forwards: how many of the coming weeks the stock serves, [`days_of_cover`] in weeks.
///
/// # Errors
/// [`FormulaError`] for quantities below 0, no weeks or too many.
pub fn weeks_of_supply(inputs: &Weeks) -> Result<Supply, FormulaError> {
    let stock = thousandths("on_hand", inputs.on_hand)?;
    let rows = rows("weekly_forecast", &inputs.weekly_forecast)?;
    let outlook = DemandOutlook { levels: &LEVELS, total_quantiles: &rows, mean: &inputs.weekly_forecast };
    Ok(Supply { wos: days_of_cover(stock, &outlook) })
}

/// Stock and what of it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// On hand and on order, units.
    pub inventory_position: f64,
    /// Demand that will hardly be exceeded within the horizon, units.
    pub forecast_horizon_demand_q: f64,
    /// Units that must stand on the shelf.
    pub min_presentation: f64,
}

/// Stock that is too much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Excess {
    /// Units.
    pub excess: f64,
}

/// Stock beyond the larger of a high quantile of demand and what must stand on the shelf. Silver, Pyke and Thomas, chapter 8, where
/// the time of supply takes the quantile's place.
///
/// # Errors
/// [`FormulaError`] for a demand or presentation below 0.
pub fn excess(inputs: &Held) -> Result<Excess, FormulaError> {
    let demand = non_negative("forecast_horizon_demand_q", inputs.forecast_horizon_demand_q)?;
    let shown = non_negative("min_presentation", inputs.min_presentation)?;
    let position = number("inventory_position", inputs.inventory_position)?;
    Ok(Excess { excess: (position - demand.max(shown)).max(0.0) })
}

/// Units that expire on the same day.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Units.
    pub qty: f64,
    /// Days on which they can still be sold, at least 1: 1 expires at the end of the first.
    pub remaining_days: usize,
}

/// Perishable stock.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Perishables {
    /// What is on hand and on order.
    pub batches: Vec<Batch>,
    /// Mean demand of a day, units.
    pub mean_per_day: f64,
    /// Days until the next order but this one can arrive.
    pub review_plus_lead_days: usize,
    /// Safety stock, units.
    pub safety_stock: f64,
}

/// Whether to order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PerishableOrder {
    /// Units that expire at the end of each day.
    pub expected_outdate_before_arrival: Vec<f64>,
    /// Their sum.
    pub estimated_waste: f64,
    /// Units in all batches.
    pub inventory_position: f64,
    /// The position less the waste.
    pub effective_ip: f64,
    /// Safety stock and the demand of the days.
    pub order_trigger_level: f64,
    /// Whether the effective position is below the trigger level.
    pub order: bool,
}

/// The EWA policy: the inventory position counts without what is expected to expire before the order's cover ends, the oldest units being
/// sold first. Broekmeulen and van Donselaar, Computers & Operations Research 36 (2009), 3013-3018.
///
/// # Errors
/// [`FormulaError`] for quantities below 0, no days or more than ten years, and a batch that has expired.
pub fn perishables(inputs: &Perishables) -> Result<PerishableOrder, FormulaError> {
    count("batches, entries", inputs.batches.len(), 0, MOST_ENTRIES)?;
    let days = count("review_plus_lead_days", inputs.review_plus_lead_days, 1, MOST_PERIODS)?;
    let mean = non_negative("mean_per_day", inputs.mean_per_day)?;
    let safety = non_negative("safety_stock", inputs.safety_stock)?;
    for batch in &inputs.batches {
        non_negative("batches.qty", batch.qty)?;
        count("batches.remaining_days", batch.remaining_days, 1, 1_000_000)?;
    }
    let mut batches = inputs.batches.clone();
    batches.sort_by_key(|batch| batch.remaining_days);
    let inventory_position = batches.iter().map(|batch| batch.qty).sum::<f64>();
    let mut outdated = Vec::with_capacity(days);
    // Batches before it are sold or have expired.
    let mut oldest = 0;
    for day in 1..=days {
        let mut wanted = mean;
        while wanted > 0.0 && oldest < batches.len() {
            let sold = wanted.min(batches[oldest].qty);
            batches[oldest].qty -= sold;
            wanted -= sold;
            oldest += usize::from(batches[oldest].qty <= 0.0);
        }
        let mut expired = 0.0;
        while oldest < batches.len() && batches[oldest].remaining_days <= day {
            expired += batches[oldest].qty;
            oldest += 1;
        }
        outdated.push(expired);
    }
    let estimated_waste = outdated.iter().sum::<f64>();
    let effective_ip = inventory_position - estimated_waste;
    let order_trigger_level = safety + mean * days as f64;
    Ok(PerishableOrder {
        expected_outdate_before_arrival: outdated,
        estimated_waste,
        inventory_position,
        effective_ip,
        order_trigger_level,
        order: effective_ip < order_trigger_level,
    })
}

fn thousandths(field: &str, units: f64) -> Result<i64, FormulaError> {
    Ok((within(field, units, 0.0, LARGEST_QUANTITY)? * MILLI).round() as i64)
}

/// Totals of a mean forecast, the same at both levels.
fn rows(field: &str, means: &[f64]) -> Result<Vec<Vec<f64>>, FormulaError> {
    entries(field, means.len(), MOST_PERIODS)?;
    each(field, means, |field, mean| within(field, mean, 0.0, LARGEST_QUANTITY))?;
    let totals = means.iter().scan(0.0, |total, mean| {
        *total += mean;
        Some(vec![*total; LEVELS.len()])
    });
    Ok(totals.collect())
}
