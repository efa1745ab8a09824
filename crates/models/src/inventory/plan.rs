//! The order of one product at one location, with its explanation.

use chrono::NaiveDate;

use super::protection::{self, Protection};
use super::rules::Waterfall;
use super::{
    DemandOutlook, InventoryError, LeadTime, LeadTimeSource, MILLI, OrderCalendar, OrderRules, ServiceTarget, Step,
    StepCode, UnmetDemand, add_days, milli_up, units_text,
};

/// More than any stock, in thousandths of a unit, and little enough for sums.
const MOST_MILLI: i64 = i64::MAX / 8;

/// Stock at the close of `as_of`, in thousandths of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StockPosition {
    /// On the shelf. Below 0 is a recording error: planned as 0 and flagged.
    pub on_hand_milli: i64,
    /// Promised out of it (below 0 counts as 0).
    pub reserved_milli: i64,
    /// Ordered earlier and due within the protection interval (below 0 counts as 0).
    pub on_order_milli: i64,
    /// Of these, what will expire before the order arrives ([`expected_waste`](super::expected_waste); below 0 counts as 0).
    pub expected_waste_milli: i64,
}

/// Everything one order depends on.
#[derive(Debug, Clone, Copy)]
pub struct OrderRequest<'a> {
    /// Last complete day.
    pub as_of: NaiveDate,
    /// What stock is held for.
    pub target: ServiceTarget,
    /// What becomes of demand that finds no stock.
    pub unmet: UnmetDemand,
    /// Demand from the day after `as_of`.
    pub outlook: DemandOutlook<'a>,
    /// How long the supplier takes.
    pub lead_time: &'a LeadTime,
    /// When the supplier takes orders.
    pub calendar: &'a OrderCalendar,
    /// What there is.
    pub stock: StockPosition,
    /// What may be ordered.
    pub rules: OrderRules,
}

/// Something about a plan that a reader should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// On-hand stock was below 0 and was planned as 0.
    NegativeStock,
    /// The protection interval reaches past the forecast, which was extended.
    BeyondForecastHorizon,
    /// The target lies outside the forecast's levels, which were extended.
    BeyondForecastLevels,
    /// Too few deliveries: the supplier's quote was planned with, as if always kept.
    QuotedLeadTime,
    /// Too few deliveries and no quote.
    FewDeliveries,
    /// Maximum order or shelf life cut the order: the service level will not be met.
    Capped,
    /// The rules contradict each other and nothing is ordered although something is needed.
    ConstraintConflict,
    /// No demand is expected.
    NoDemand,
}

/// The advice.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderPlan {
    /// Quantity to order, in thousandths of a unit; 0 is no order.
    pub quantity_milli: i64,
    /// Day of the order: the first order day after `as_of`.
    pub order_on: NaiveDate,
    /// Day by which half of such orders have arrived: when it is expected.
    pub arrives_on: NaiveDate,
    /// Day by which 90 % of such orders have arrived.
    pub arrives_by: NaiveDate,
    /// Day on which the *next* order will (at 90 %) have arrived; demand before it has to come from this one.
    pub covers_until: NaiveDate,
    /// Order-up-to level `S`, in thousandths of a unit, with what the presentation minimum adds.
    pub order_up_to_milli: i64,
    /// Mean demand of the protection interval, in thousandths of a unit.
    pub expected_demand_milli: i64,
    /// Probability that stock at the order-up-to level lasts until the next order arrives (per cycle, "P1"): the target itself where it
    /// is one, else what the wanted fill rate comes to.
    pub cycle_service: f64,
    /// The share of the demand between the arrivals of this order and the next that the stock serves at once if this is ordered
    /// ("P2"); `None` where no demand is expected.
    pub fill_rate: Option<f64>,
    /// Mean demand between the arrivals of this order and the next, units.
    pub cycle_demand: f64,
    /// Explanation; the deltas sum exactly to `quantity_milli`.
    pub steps: Vec<Step>,
    /// Remarks, in order, each once.
    pub flags: Vec<Flag>,
}

/// The days that an order is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderDays {
    /// The day after `as_of`.
    first: NaiveDate,
    /// Day of the next order, that is not planned yet.
    next_order_on: NaiveDate,
    /// Day of this order.
    pub order_on: NaiveDate,
    /// Day by which half of such orders have arrived.
    pub arrives_on: NaiveDate,
    /// Day by which 90 % of them have.
    pub arrives_by: NaiveDate,
    /// Day by which 90 % of such orders have arrived that are placed on the next order day.
    pub covers_until: NaiveDate,
}

impl OrderDays {
    /// Of the first order after `as_of`.
    ///
    /// # Errors
    /// [`InventoryError::Date`] at the end of the calendar.
    pub fn of(as_of: NaiveDate, lead_time: &LeadTime, calendar: &OrderCalendar) -> Result<Self, InventoryError> {
        let first = add_days(as_of, 1)?;
        let order_on = calendar.next_order_day(first)?;
        let next_order_on = calendar.following_order_day(order_on)?;
        let planning_days = u64::from(lead_time.planning_days);
        Ok(Self {
            first,
            next_order_on,
            order_on,
            arrives_on: add_days(order_on, u64::from(lead_time.median_days))?,
            arrives_by: add_days(order_on, planning_days)?,
            covers_until: add_days(next_order_on, planning_days)?,
        })
    }

    /// Days from the first one to come until this order is placed, and until the next one is.
    pub(super) fn gaps(&self) -> (usize, usize) {
        (days_between(self.first, self.order_on), days_between(self.first, self.next_order_on))
    }
}

/// Plans the next order: up to the level that covers demand until the order after it can have arrived.
///
/// `S` meets the target over `next order day + L - (as_of + 1)` days, mixed over the distribution of the lead
/// time `L` ([`ServiceTarget`]), or is the expected demand and the presentation minimum where that is more: then no less than what must stand on the shelf is left
/// over on average. The need is `S - on hand + reserved - on order + expected waste`, the last as in the EWA policy (Broekmeulen and van
/// Donselaar 2009). It is raised to the minimum order, rounded up to packs, then cut to the maximum order and to what the *mean* forecast
/// sells between arrival and expiry, less what is left of the stock by then, in whole packs; a remainder below the minimum order is dropped
/// and flagged.
///
/// # Errors
/// [`InventoryError`] for a target, outlook or date outside what is allowed.
pub fn plan_order(request: &OrderRequest<'_>) -> Result<OrderPlan, InventoryError> {
    request.target.check()?;
    request.outlook.check()?;
    let days = OrderDays::of(request.as_of, request.lead_time, request.calendar)?;
    let OrderDays { first: first_day, order_on, arrives_on, arrives_by, covers_until, .. } = days;
    let protection = Protection::new(&request.outlook, request.lead_time, days.gaps());
    let demand = protection.level(request.target);
    let mut flags = Vec::new();
    let stock = request.stock;
    let (on_hand, reserved, on_order) =
        (stock.on_hand_milli.max(0), stock.reserved_milli.max(0), stock.on_order_milli.max(0));
    let waste = stock.expected_waste_milli.clamp(0, MOST_MILLI);
    if stock.on_hand_milli < 0 {
        flags.push(Flag::NegativeStock);
    }
    if demand.beyond_horizon {
        flags.push(Flag::BeyondForecastHorizon);
    }
    if demand.beyond_levels {
        flags.push(Flag::BeyondForecastLevels);
    }
    match request.lead_time.source {
        LeadTimeSource::Observed => {}
        LeadTimeSource::Quoted => flags.push(Flag::QuotedLeadTime),
        LeadTimeSource::FewObserved => flags.push(Flag::FewDeliveries),
    }

    // Of the days before the date that is shown, so that forecast, plan and later grade speak of the same days.
    let expected = milli_up(request.outlook.mean_total(days_between(first_day, covers_until)).units);
    let for_service = milli_up(demand.units);
    let presentation = request.rules.presentation_milli.unwrap_or(0).clamp(0, MOST_MILLI);
    let order_up_to =
        if presentation > 0 { for_service.max(expected.saturating_add(presentation)) } else { for_service };
    let mut waterfall = Waterfall::default();
    let until = format!(
        "expected demand from {first_day} until the next order can have arrived, on {covers_until} at the latest in nine of ten cases"
    );
    waterfall.add(StepCode::ExpectedDemand, expected, until);
    waterfall.add(StepCode::SafetyStock, for_service - expected, request.target.safety_text());
    if order_up_to > for_service {
        waterfall.add(
            StepCode::Presentation,
            order_up_to - for_service,
            format!("up to {} that must stand on the shelf", units_text(presentation)),
        );
    }
    let least = request.rules.min_stock_milli.unwrap_or(0).clamp(0, MOST_MILLI);
    if least > order_up_to {
        let text = format!("up to the least stock that is wanted, {}", units_text(least));
        waterfall.add(StepCode::MinimumStock, least - order_up_to, text);
    }
    let order_up_to = order_up_to.max(least);
    let clamped = if stock.on_hand_milli < 0 {
        format!(" (recorded as {}, taken as 0)", units_text(stock.on_hand_milli))
    } else {
        String::new()
    };
    waterfall.add(StepCode::OnHand, -on_hand, format!("{} on hand{clamped}", units_text(on_hand)));
    if reserved > 0 {
        waterfall.add(StepCode::Reserved, reserved, format!("{} of it reserved", units_text(reserved)));
    }
    if on_order > 0 {
        waterfall.add(StepCode::OnOrder, -on_order, format!("{} on order and due in time", units_text(on_order)));
    }

    if waste > 0 {
        let text = format!("{} of it expected to expire before the order arrives", units_text(waste));
        waterfall.add(StepCode::ExpectedWaste, waste, text);
    }

    let position = on_hand - reserved + on_order - waste;
    let pairs = (request.unmet == UnmetDemand::IsLost).then(|| protection.pairs());
    if let Some(pairs) = &pairs {
        let need = waterfall.quantity_milli;
        let order = protection::order_where_lost(pairs, request.target, units(position), demand.units);
        let lost = (for_service - position).max(0) - milli_up(order);
        let kept = (need - lost.max(0)).max(least - position).clamp(0, need.max(0));
        if kept < need {
            let text = format!(
                "{} that are asked for before the order arrives and cannot be served are lost, not waited for",
                units_text(need - kept)
            );
            waterfall.add(StepCode::LostSales, kept - need, text);
        }
    }

    let shelf_life_cap = request.rules.shelf_life_days.map(|days| {
        let days_to_arrival = days_between(first_day, arrives_by);
        let sellable = milli_up(request.outlook.mean_total(days_to_arrival + days as usize).units);
        // What is asked for before the arrival and cannot be served is not waited for: it sells nothing of the order.
        let gone = milli_up(request.outlook.mean_total(days_to_arrival).units);
        sellable - gone.max(on_hand - reserved + on_order - waste)
    });
    if expected == 0 {
        flags.push(Flag::NoDemand);
    }
    let stock_cap = request.rules.max_stock_milli.map(|most| most - (on_hand - reserved + on_order - waste));
    let (capped, dropped) = waterfall.apply(&request.rules, shelf_life_cap, stock_cap);
    if request.rules.frozen && waterfall.quantity_milli > 0 {
        waterfall.set(StepCode::Frozen, 0, "nothing is ordered: the line is frozen".to_owned());
    }
    if capped {
        flags.push(Flag::Capped);
    }
    if dropped {
        flags.push(Flag::ConstraintConflict);
    }
    Ok(OrderPlan {
        cycle_service: match request.target {
            ServiceTarget::Cycle(level) | ServiceTarget::SharedFill { service: level, .. } => level,
            ServiceTarget::FillRate(_) => protection.cycle_service(demand.units),
        },
        fill_rate: match &pairs {
            Some(pairs) => pairs.fill_rate(units(position), units(waterfall.quantity_milli)),
            None => protection.fill_rate(units(position + waterfall.quantity_milli)),
        },
        cycle_demand: protection.between(),
        quantity_milli: waterfall.quantity_milli,
        order_on,
        arrives_on,
        arrives_by,
        covers_until,
        order_up_to_milli: order_up_to,
        expected_demand_milli: expected,
        steps: waterfall.steps,
        flags,
    })
}

fn units(milli: i64) -> f64 {
    milli as f64 / MILLI
}

pub(super) fn days_between(from: NaiveDate, to: NaiveDate) -> usize {
    usize::try_from((to - from).num_days()).unwrap_or(0)
}
