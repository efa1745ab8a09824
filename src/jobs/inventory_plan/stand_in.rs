//! What is taken for known at a deadline that the newest data have missed: demand as it was forecast, orders as they were recommended.
//!
//! Nobody is ordered for twice: yesterday's orders count as placed although no file says so yet.

use std::collections::BTreeMap;

use super::facts::{InventoryFacts, StandIn};
use super::forecasts::SeriesForecast;
use super::handed_out::Trust;
use super::history::DaySales;
use super::line_key::LineKey;
use crate::day::Day;
use crate::quantities::Quantity;

/// Completes the facts of a run whose newest sales, up to `newest_sale`, are older than `as_of`. `forecasts` are those of
/// `facts.forecast_as_of` as they were published, before the days since were cut off.
pub(super) fn assume(
    as_of: Day,
    facts: &mut InventoryFacts,
    forecasts: &BTreeMap<LineKey, SeriesForecast>,
    newest_sale: Option<Day>,
) {
    let first = newest_sale.map_or(as_of, |day| day + 1);
    let missing: Vec<Day> = first.through(as_of).collect();
    for (key, forecast) in forecasts {
        let expected = missing.iter().filter_map(|day| {
            let step = usize::try_from(*day - facts.forecast_as_of - 1).ok()?;
            let sold = Quantity::from_units(forecast.mean.get(step).copied().filter(|mean| mean.is_finite())?);
            Some(DaySales { on: *day, sold: sold.thousandths(), returned: 0 })
        });
        facts.sales.entry(key.clone()).or_default().extend(expected);
    }
    // Grades are given for what happened, another night.
    facts.to_grade.clear();
    let assumed_orders = facts.untraced.iter().filter(|order| order.trust == Trust::OnItsWay).count();
    facts.stand_in = Some(StandIn { missing, assumed_orders });
}
