//! What a line is planned from: demand as a planner expects it, what comes and when, what is left of the stock by then.

use super::InventoryPlan;
use super::facts::{CurrentStock, InventoryFacts};
use super::forecasts::SeriesForecast;
use super::line_key::LineKey;
use super::orders::{LineOrder, days_after};
use super::wishes::Wishes;
use crate::datasets::Product;
use crate::day::Day;
use crate::models::inventory::{
    Batch, DemandOutlook, InventoryError, LeadTime, OrderCalendar, OrderDays, OrderRequest, OrderRules, PastReceipt,
    Receipt, ServiceTarget, StockPosition, age_stock, expected_waste,
};

/// What one line is planned from.
pub(super) struct LineInput<'a> {
    pub(super) settings: &'a InventoryPlan,
    pub(super) as_of: Day,
    pub(super) facts: &'a InventoryFacts,
    pub(super) levels: &'a [f64],
    pub(super) key: &'a LineKey,
    pub(super) product: &'a Product,
    pub(super) stock: CurrentStock,
    pub(super) lead_time: &'a LeadTime,
    pub(super) lead_time_basis: &'static str,
    pub(super) calendar: &'a OrderCalendar,
}

/// A line whose order only lacks its target.
pub(super) struct LineBasis<'a> {
    pub(super) input: &'a LineInput<'a>,
    pub(super) wishes: Wishes,
    /// Orders that are expected, those that are not counted any more, and when the first arrive.
    pub(super) coming: Vec<&'a LineOrder>,
    pub(super) given_up: Vec<&'a LineOrder>,
    pub(super) receipts: Vec<Receipt>,
    /// As it is published.
    pub(super) forecast: &'a SeriesForecast,
    /// Of a product that ends.
    ending: Option<SeriesForecast>,
    /// As a planner expects it.
    wished: Option<SeriesForecast>,
    days: OrderDays,
    position: StockPosition,
}

impl<'a> LineBasis<'a> {
    /// # Errors
    /// Without a forecast, with stock that cannot be aged, or a date past the calendar.
    pub(super) fn new(input: &'a LineInput<'a>) -> Result<Self, InventoryError> {
        let &LineInput { as_of, facts, key, product, stock, lead_time, .. } = input;
        let Some(forecast) = facts.forecasts.get(key) else {
            return Err(InventoryError::Outlook { problem: "there is none".to_owned() });
        };
        let wishes = facts.rules.wishes(key, product);
        let ending = product.discontinued_on.map(|last_day| forecast.ending_on(as_of, last_day));
        let wished = wishes.demand_factor.map(|factor| ending.as_ref().unwrap_or(forecast).times(factor));
        let orders = facts.open_orders.get(key).map_or(&[][..], Vec::as_slice);
        let rests_come = facts.rests.come(product.supplier_id.as_ref());
        // Rests that never come are told of by supplier.
        let expected = orders.iter().filter(|order| rests_come || !order.is_rest());
        let (given_up, coming): (Vec<&LineOrder>, Vec<&LineOrder>) =
            expected.partition(|order| order.is_given_up(as_of, lead_time));
        let receipts: Vec<Receipt> = coming.iter().map(|order| receipt(order, as_of, input)).collect();
        let days = OrderDays::of(as_of.date(), lead_time, input.calendar)?;
        let position = StockPosition {
            on_hand_milli: stock.on_hand,
            reserved_milli: stock.reserved,
            on_order_milli: 0,
            expected_waste_milli: 0,
        };
        let mut basis = Self { input, wishes, coming, given_up, receipts, forecast, ending, wished, days, position };
        let next_arrival_day = basis.next_arrival_day();
        let in_time = basis.receipts.iter().filter(|receipt| receipt.day < next_arrival_day);
        basis.position.on_order_milli = in_time.map(|receipt| receipt.quantity_milli).sum();
        let outlook = basis.outlook();
        outlook.check()?;
        basis.position.expected_waste_milli = waste(input, &outlook, basis.arrival_day())?;
        Ok(basis)
    }

    /// The day by which the order has come, counted from the day after the as-of day.
    pub(super) fn arrival_day(&self) -> usize {
        days_after(self.input.as_of, self.days.arrives_by.into())
    }

    /// Likewise of the next order.
    pub(super) fn next_arrival_day(&self) -> usize {
        days_after(self.input.as_of, self.days.covers_until.into())
    }

    /// Without what a planner expects.
    pub(super) fn forecast_alone(&self) -> &SeriesForecast {
        self.ending.as_ref().unwrap_or(self.forecast)
    }

    /// Demand, where it is another than the published forecast.
    pub(super) fn own_forecast(&self) -> Option<&SeriesForecast> {
        self.wished.as_ref().or(self.ending.as_ref())
    }

    fn outlook(&self) -> DemandOutlook<'_> {
        self.own_forecast().unwrap_or(self.forecast).outlook(self.input.levels)
    }

    /// What the order depends on.
    pub(super) fn request(&self, target: ServiceTarget) -> OrderRequest<'_> {
        let LineInput { settings, as_of, facts, key, product, lead_time, calendar, .. } = *self.input;
        OrderRequest {
            as_of: as_of.date(),
            target,
            unmet: settings.unmet_demand.into(),
            outlook: self.outlook(),
            lead_time,
            calendar,
            stock: self.position,
            rules: OrderRules {
                pack_size_milli: product.pack_size,
                presentation_milli: product.presentation_quantity,
                unit_milli: facts.movements.units.get(&key.product_id).copied(),
                min_order_milli: product.min_order_quantity,
                max_order_milli: self.wishes.max_order,
                min_stock_milli: self.wishes.min_stock,
                max_stock_milli: self.wishes.max_stock,
                frozen: self.wishes.is_frozen(),
                shelf_life_days: product.shelf_life_days.and_then(|days| u32::try_from(days).ok()),
            },
        }
    }
}

/// What of the stock will expire before an order can arrive, as far as deliveries tell its age. Goods that should have expired already are
/// the business of whoever counts them.
fn waste(input: &LineInput<'_>, outlook: &DemandOutlook<'_>, arrival_day: usize) -> Result<i64, InventoryError> {
    let Some(shelf_life) = input.product.shelf_life_days.and_then(|days| u32::try_from(days).ok()) else {
        return Ok(0);
    };
    let received = input.facts.deliveries.get(input.key).into_iter().flatten();
    let receipts: Vec<PastReceipt> = received
        .filter(|delivery| delivery.quantity > 0 && delivery.received_on <= input.as_of)
        .filter_map(|delivery| {
            let age_days = u32::try_from(input.as_of - delivery.received_on).ok()?;
            Some(PastReceipt { age_days, quantity_milli: delivery.quantity })
        })
        .collect();
    let aged = age_stock(input.stock.on_hand, &receipts, shelf_life)?;
    let sellable: Vec<Batch> = aged.batches.into_iter().filter(|batch| batch.remaining_days > 0).collect();
    let days = arrival_day.saturating_sub(1).min(outlook.mean.len());
    Ok(expected_waste(&sellable, outlook.mean, days)?.total_milli)
}

/// When an open order arrives, counted in days after `as_of`.
///
/// On its due date. When that has passed: after the median further wait of those lead times that were longer than the wait so far; when
/// none was (or the order date is unknown), after another planning lead time, as if it had been ordered again.
fn receipt(order: &LineOrder, as_of: Day, input: &LineInput<'_>) -> Receipt {
    let day = if order.due_on > as_of {
        days_after(as_of, order.due_on)
    } else {
        let lead_time = input.lead_time;
        let waited = order.ordered_on.and_then(|day| u32::try_from(as_of - day).ok());
        let longer: Vec<(u32, f64)> = lead_time
            .distribution
            .iter()
            .filter(|(days, _)| waited.is_some_and(|waited| *days > waited))
            .copied()
            .collect();
        let half = longer.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
        let mut reached = 0.0;
        let median = longer.iter().find(|(_, weight)| {
            reached += weight;
            reached >= half - 1e-12
        });
        let further = median.map_or(lead_time.planning_days, |(days, _)| days - waited.unwrap_or(0));
        further.max(1) as usize
    };
    Receipt { day, quantity_milli: order.quantity }
}
