//! What is known ahead about a series' days: promotions and prices.

use std::collections::BTreeMap;

use super::facts::DemandData;
use super::history::SeriesHistory;
use crate::category_path::CategoryPath;
use crate::datasets::Promotion;
use crate::day::Day;

/// Days after a promotion in which demand is lower, because customers have stocked up.
const DIP_DAYS: i32 = 7;

/// Days before, whose mean price a price is compared with: a level that has lasted is in the usual demand already.
const PRICE_MEMORY: usize = 56;

/// Promotions by what they are of, so that a series need not look at all of them.
#[derive(Debug, Default)]
pub(super) struct PromotionIndex<'a> {
    of_products: BTreeMap<&'a str, Vec<&'a Promotion>>,
    of_categories: Vec<&'a Promotion>,
}

impl<'a> PromotionIndex<'a> {
    pub fn new(promotions: &'a [Promotion]) -> Self {
        let mut index = Self::default();
        for promotion in promotions {
            match &promotion.product_id {
                Some(product) => index.of_products.entry(product).or_default().push(promotion),
                None => index.of_categories.push(promotion),
            }
        }
        index
    }

    /// Those of one series.
    pub fn of(&self, series: &SeriesHistory, category_path: Option<&CategoryPath>) -> Vec<&'a Promotion> {
        let own = self.of_products.get(series.product_id.as_str()).into_iter().flatten();
        let all = own.chain(&self.of_categories).copied();
        all.filter(|promotion| applies(promotion, series, category_path)).collect()
    }
}

/// The columns of one series over its history and the horizon, zero = nothing out of the ordinary; `None` where all are zero
/// throughout.
///
/// In order: -ln(1 - rate) of the deepest discount; 1 under a promotion of another kind than `price`; the dip of the week after;
/// 1 under a promotion whose rate is not known; ln(price / mean price of the 56 days before).
pub(super) fn known_columns(
    data: &DemandData,
    promotions: &PromotionIndex,
    series: &SeriesHistory,
    horizon: usize,
) -> Option<Vec<Vec<f64>>> {
    let last_day = series.first_day + (series.demand.len() + horizon) as i32 - 1;
    let days: Vec<Day> = series.first_day.through(last_day).collect();
    let own = promotions.of(series, data.category_path(&series.product_id));
    let prices = price_changes(data, series, &days);
    if own.is_empty() && prices.is_none() {
        return None;
    }
    let active = |day: Day| own.iter().filter(move |promotion| runs_on(promotion, day));
    let flag = |on: bool| f64::from(u8::from(on));
    let column = |value: &dyn Fn(Day) -> f64| -> Vec<f64> { days.iter().map(|day| value(*day)).collect() };
    let columns = vec![
        column(&|day| active(day).map(|promotion| depth(promotion)).fold(0.0, f64::max)),
        column(&|day| flag(active(day).any(|p| p.kind != "price"))),
        column(&|day| dip(&own, day)),
        column(&|day| flag(active(day).any(|p| p.discount_rate.is_none()))),
        prices.unwrap_or_else(|| vec![0.0; days.len()]),
    ];
    columns.iter().flatten().any(|value| *value != 0.0).then_some(columns)
}

/// Whether a promotion is one of this series: of its product or of a category above it, here or everywhere.
pub(super) fn applies(promotion: &Promotion, series: &SeriesHistory, category_path: Option<&CategoryPath>) -> bool {
    let here = promotion.location_id.as_ref().is_none_or(|location| *location == series.location_id);
    let this = match (&promotion.product_id, &promotion.category_path) {
        (Some(product), _) => *product == series.product_id,
        (None, Some(category)) => category_path.is_some_and(|path| path.is_within(category)),
        (None, None) => false,
    };
    here && this
}

/// Whether a promotion runs on a day.
fn runs_on(promotion: &Promotion, day: Day) -> bool {
    (promotion.starts_on..=promotion.ends_on).contains(&day)
}

/// -ln(1 - rate), so that a constant elasticity is a constant coefficient; 0 where the rate is not known.
fn depth(promotion: &Promotion) -> f64 {
    -(1.0 - promotion.discount_rate.unwrap_or(0.0)).ln()
}

/// The depth of a promotion that has ended less than a week ago, fading from day to day; 0 during one.
fn dip(promotions: &[&Promotion], day: Day) -> f64 {
    if promotions.iter().any(|promotion| runs_on(promotion, day)) {
        return 0.0;
    }
    promotions
        .iter()
        .filter(|p| (1..=DIP_DAYS).contains(&(day - p.ends_on)))
        .map(|p| depth(p) * f64::from(DIP_DAYS + 1 - (day - p.ends_on)) / f64::from(DIP_DAYS))
        .fold(0.0, f64::max)
}

/// ln(price / mean price of the days before) per day: the price here, else the one everywhere; `None` where it never changes.
fn price_changes(data: &DemandData, series: &SeriesHistory, days: &[Day]) -> Option<Vec<f64>> {
    let prices = data.prices.get(&series.product_id)?;
    let here = prices.iter().any(|price| price.location_id.as_ref() == Some(&series.location_id));
    let own: Vec<(Day, f64)> = prices
        .iter()
        .filter(|price| match &price.location_id {
            Some(location) => *location == series.location_id,
            None => !here,
        })
        .map(|price| (price.valid_from, price.price as f64))
        .collect();
    let first = own.first()?.1;
    if own.iter().all(|(_, price)| *price == first) {
        return None;
    }
    let mut next = 0;
    let mut current = first;
    let logs: Vec<f64> = (days.iter())
        .map(|day| {
            while let Some((_, price)) = own.get(next).filter(|(from, _)| from <= day) {
                current = *price;
                next += 1;
            }
            (current / first).ln()
        })
        .collect();
    let mut sum = 0.0;
    Some(
        (0..logs.len())
            .map(|t| {
                let before = t.min(PRICE_MEMORY);
                let usual = if before > 0 { sum / before as f64 } else { logs[t] };
                sum += logs[t] - if t >= PRICE_MEMORY { logs[t - PRICE_MEMORY] } else { 0.0 };
                // What is left of a running sum of equal logs is rounding, no change.
                let change = logs[t] - usual;
                if change.abs() < 1e-9 { 0.0 } else { change }
            })
            .collect(),
    )
}
