//! What the rules are mined from, as it was read, and the days that are looked at.

use std::ops::RangeInclusive;

use polars::prelude::DataFrame;

use super::BasketRules;
use super::basket_store::BasketStore;
use crate::day::Day;
use crate::frames::typed_rows;
use crate::job::RunContext;
use crate::published::ASSOCIATION_RULES;

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
    pub earlier: Option<(Day, DataFrame)>,
    /// Rules of the publication that is graded, with its as-of date.
    pub graded: Option<(Day, DataFrame)>,
}

typed_rows! {
    /// A rule of an earlier publication.
    pub struct EarlierRule<'f> of ASSOCIATION_RULES.schema;
    {
        /// The level's name.
        pub level: &'f str,
        /// The left side by id; two items are joined by ` + `.
        pub antecedent: &'f str,
        /// The right side by id.
        pub consequent: &'f str,
    }
}

/// The days whose baskets are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub first: Day,
    /// The as-of date.
    pub last: Day,
}

impl Window {
    pub fn of(params: &BasketRules, ctx: &RunContext) -> Self {
        let last = Day::from(ctx.as_of);
        Self { first: last + 1 - params.window_days.get().cast_signed(), last }
    }

    pub fn days(self) -> RangeInclusive<Day> {
        self.first..=self.last
    }
}
