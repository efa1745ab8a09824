//! What the rules are mined from, as it was read, and the days that are looked at.

use std::ops::RangeInclusive;

use chrono::{Days, NaiveDate};
use polars::prelude::DataFrame;

use super::BasketRules;
use super::basket_store::BasketStore;
use crate::job::RunContext;

/// What the rules are mined from.
#[derive(Clone, Debug, Default)]
pub struct BasketFrames {
    /// The baskets of the window.
    pub baskets: BasketStore,
    /// The dataset `products`.
    pub products: Option<DataFrame>,
    /// The dataset `stock_levels`.
    pub stock: Option<DataFrame>,
    /// The dataset `customer_purchases`, on nights that read everything.
    pub purchases: Option<DataFrame>,
    /// Rules of the newest earlier publication with its as-of date: what changed is told against them.
    pub earlier: Option<(NaiveDate, DataFrame)>,
    /// Rules of the publication that is graded, with its as-of date.
    pub graded: Option<(NaiveDate, DataFrame)>,
}

/// The days whose baskets are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub first: NaiveDate,
    /// The as-of date.
    pub last: NaiveDate,
}

impl Window {
    pub fn of(params: &BasketRules, ctx: &RunContext) -> Self {
        let days_before = Days::new(u64::from(params.window_days.get()) - 1);
        Self { first: ctx.as_of.checked_sub_days(days_before).unwrap_or(ctx.as_of), last: ctx.as_of }
    }

    /// As days since 1970-01-01.
    pub fn days(self) -> RangeInclusive<i32> {
        self.first.to_epoch_days()..=self.last.to_epoch_days()
    }
}
