//! The shop of `nightclerk demo`: a small retailer that we made up, so that the truth about it is known.
//!
//! [`World::new`] makes what time does not change (catalogue, customers, plans, true parameters) from the settings
//! alone; [`live`] lives days and returns the rows to append to the warehouse. No file, clock or shared generator is
//! touched: every part draws from its own stream, seeded by (seed, purpose, product or customer, location, day), so that
//! the same settings give the same shop, whatever the thread count and however the days are cut into calls. Tables named
//! `truth_*` are for tests and benches; no job reads them.
//!
//! Beside it, [`measured`]: shops of any size for `nightclerk bench scale`, as their daily sales ([`aggregates`]) or
//! their baskets ([`baskets`]) alone.
//!
//! # Demand
//! Expected lines of product `p` at location `l` on day `t`, before complements and campaigns:
//! `own = base_p * share_pl * weekday_c(t) * exp(waves_c(t)) * event_c(t) * exp(level_pl(week) + trend_p * years)
//!        * (price / list)^(-elasticity_p) * promotion(t)`, divided by the expected units of a line.
//! - `base_p`: log-normal, sigma 1.1; a fifth of the products are intermittent (a twelfth of that, and demand on 20 to
//!   50 % of the days only). `share_pl`: 50, 30, 20 % times a log-normal of sigma 0.25.
//! - `weekday_c`: Saturday about three times Sunday. `waves_c`: one and two waves a year, amplitude 0.08 to 0.7.
//!   `event_c`: Christmas season, three days before Easter, Black Friday up; Christmas Day and New Year nearly closed.
//! - `level`: weekly random walk drawn back to 0, with rare level shifts. `trend_p`: N(0.03, 0.12) a year.
//! - `promotion`: `(1 - rate)^(-1.5 elasticity)`, 1.25 times that with a display, then a dip of up to `rate` that heals
//!   within seven days. The price effect of the discount is part of it. Elasticity is uniform from 0.8 to 2.5.
//!
//! Lines are negative binomial around `own * weather_lt` (log-normal, sigma 0.08, common to a location's day), shape 2 to
//! 8; a line is 1 + Poisson units. Units are therefore a compound that no model of ours fits exactly. `truth_demand.mean`
//! adds what campaigns and planted pairs bring: a line of an antecedent adds one of its consequent with probability
//! `strength`. It is the mean were everything in stock: an antecedent that is sold out triggers nothing.
//!
//! # Troubles
//! None, but where they are asked for. Then of the lasting products 8 % have a stock of 0 in the books every evening though
//! they never run out, 10 % are sold before Christmas, before Easter or from May to August only, 15 % have a week of their
//! own (none at weekends; most at weekends), 7 % changed their level by half or double within the last 200 days, 7 % were
//! bought in bulk by somebody, 5 % run out on Saturdays. The third store is closed on Sundays and its counts of stock have
//! no rows of zero, the second was closed for 24 days to be rebuilt, all were for 17 days and are on 25 December and
//! 1 January. `launched_on` of new products lies up to 150 days before their first sale.
//!
//! # Orders
//! Sales are demand up to the stock of the day; the rest is lost. Sold lines are shuffled into baskets: cards appear as
//! a Poisson process, each customer at an own rate (log-normal, sigma 1.8) times the location's rhythm, and get one line;
//! all other lines go to baskets by log-normal weights, about 4 a basket, rarely more than 22. Products of a basket are
//! independent but for planted pairs (and what shares a season). Lines return by 0.4 to 6 %, 2 to 14 days later, never
//! those bought with a coupon; 1 % are recorded 1 to 3 days late; beside 0.05 % a dirty one is written.
//!
//! # Campaigns
//! A window has 14 days. A treated customer places one *extra* order in it with probability `u` (by segment: age and tier
//! together decide), on a uniform day, of 1 + geometric lines; a sleeping dog hides the card with probability `h` in each
//! order it places; who comes anyway redeems in half of the orders. A coupon holds for every order in the window.
//! **Conversion is at least one order with a positive line in the window, in any product; spend is the net amount of
//! the window.** Randomised campaigns go to a random part of the less active 70 % of the reachable customers,
//! so 1 to 3 % convert; the others go to the most active, so that a naive comparison flatters them.
//! `truth_campaigns` has expectations (the value of a basket enters by its mean), `truth_campaign_orders` what happened.
//!
//! # Supply
//! Deliveries arrive in the morning, orders go out in the evening; lead times are the quoted days, a day less or some
//! more, one draw per supplier, day and location; 3 % of deliveries bring a tenth less. Nothing perishes. Closing stock =
//! opening + received + returned - sold, never below 0.

pub mod aggregates;
pub mod baskets;
mod calendar;
mod campaigns;
mod catalogue;
mod chance;
mod customers;
mod day;
mod demand;
mod experiments;
mod frames;
mod live;
pub mod measured;
mod plan;
mod rows;
pub mod schemas;
mod state;
#[cfg(test)]
mod tests;
mod troubles;
pub mod truth;
mod world;
mod world_tables;

use chrono::NaiveDate;
use polars::prelude::{DataFrame, PolarsError, PolarsResult};

use crate::table::TableSchema;
pub use campaigns::OfferValue;
pub use experiments::{Experiment, Outcome, campaign_experiments};
pub use plan::{Advice, CouponContact, OrderUpTo, PlacedOrder, Planner};
pub use state::{Remembered, ShopState};
pub use world::{ExpectedEffect, World};

/// From which everything follows.
#[derive(Clone, Debug, PartialEq)]
pub struct ShopSettings {
    /// Seeds every draw.
    pub seed: u64,
    /// 1.0: 120 products, 6,000 customers, about 200,000 order lines in two years. Lines and customers grow with it,
    /// products with its square root.
    pub scale: f64,
    /// First day of the history.
    pub first_day: NaiveDate,
    /// Days of the history. Part of the identity of the shop: keep it when advancing beyond.
    pub days: u32,
    /// Whether the shop has the troubles of ordinary ones: see *Troubles* in the documentation of [`self`].
    pub troubled: bool,
}

impl ShopSettings {
    /// The last day of the history.
    pub fn last_day(&self) -> NaiveDate {
        calendar::date_of(calendar::day_number(self.first_day) + self.days.max(1) as i32 - 1)
    }
}

/// Rows of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct ShopTable {
    /// The table in the warehouse.
    pub schema: &'static TableSchema<'static>,
    /// Its rows, typed as the schema says.
    pub frame: DataFrame,
}

/// Why days cannot be lived.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// The days do not follow on the state.
    #[error("live from {from} to {to}: the shop stopped on {last_day}; start on the day after it, end no earlier")]
    NotNext {
        /// First day asked for.
        from: NaiveDate,
        /// Last day asked for.
        to: NaiveDate,
        /// The last day that was lived.
        last_day: NaiveDate,
    },
    /// Beyond the planned world.
    #[error("live up to {to}: this world is planned up to {horizon}; make a new one with a later history")]
    BeyondHorizon {
        /// Last day asked for.
        to: NaiveDate,
        /// The last planned day.
        horizon: NaiveDate,
    },
    /// Polars refused a frame.
    #[error(transparent)]
    Frame(#[from] PolarsError),
}

/// Every table, those of the truth last.
pub fn schemas() -> &'static [&'static TableSchema<'static>] {
    &[
        &schemas::PRODUCTS,
        &schemas::LOCATIONS,
        &schemas::SUPPLIERS,
        &schemas::PRICES,
        &schemas::PROMOTIONS,
        &schemas::CALENDAR,
        &schemas::CUSTOMERS,
        &schemas::SUPPRESSIONS,
        &schemas::ORDER_LINES,
        &schemas::STOCK_LEVELS,
        &schemas::PURCHASE_ORDERS,
        &schemas::DELIVERIES,
        &schemas::CAMPAIGNS,
        &schemas::OFFERS,
        &schemas::ASSIGNMENTS,
        &schemas::REDEMPTIONS,
        &truth::TRUTH_DEMAND,
        &truth::TRUTH_ASSOCIATIONS,
        &truth::TRUTH_CAMPAIGNS,
        &truth::TRUTH_CAMPAIGN_ORDERS,
        &truth::TRUTH_UPLIFT,
        &truth::TRUTH_DIRTY_LINES,
        &truth::TRUTH_RETURNS,
        &truth::TRUTH_TROUBLES,
    ]
}

impl World {
    /// The tables known when the shop opens: catalogue, customers, plans up to 60 days after the last day (calendar: 400
    /// days), the campaigns of the history, and the truth about all of these.
    ///
    /// # Errors
    /// When polars cannot build a frame.
    pub fn tables(&self) -> PolarsResult<Vec<ShopTable>> {
        world_tables::world_tables(self)
    }
}

/// Lives the days `from..=to` and returns the rows to append to the daily tables; beyond the history also the prices,
/// promotions (60 days ahead) and calendar days (400 ahead) that become known.
///
/// # Errors
/// When `from` is not the day after the last one lived, `to` lies before it or beyond what the world has planned (three
/// years after the history), or polars refuses a frame.
pub fn live(
    world: &World,
    state: &mut ShopState,
    from: NaiveDate,
    to: NaiveDate,
    planner: &Planner<'_>,
) -> Result<Vec<ShopTable>, ShopError> {
    let (first, last) = (calendar::day_number(from), calendar::day_number(to));
    if first != state.day + 1 || last < first {
        return Err(ShopError::NotNext { from, to, last_day: calendar::date_of(state.day) });
    }
    let horizon = world.span.horizon - catalogue::PLANNED_DAYS;
    if last > horizon {
        return Err(ShopError::BeyondHorizon { to, horizon: calendar::date_of(horizon) });
    }
    Ok(live::live(world, state, first, last, planner)?)
}
