//! What the same customers buy next: counted from their purchases, and told.

use std::collections::HashMap;

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use super::catalogue::Catalogue;
use super::frames::{BasketFrames, Window};
use super::levels::Named;
use super::{BasketRules, RuleLevel};
use crate::datasets::CustomerPurchase;
use crate::day::Day;
use crate::job::RunContext;
use crate::models::rules::{NextSettings, Purchases, RulesError, next_purchases};
use crate::words::count;

/// What was counted, and from which purchases. It moves slowly: nights that read the last days alone carry it on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NextCounts {
    /// The last day of the purchases.
    pub counted_on: Day,
    /// Days within which the next one counts.
    pub within_days: u32,
    /// Customers with a purchase.
    pub n_customers: u64,
    /// Ordered pairs that could have been found.
    pub n_searched: f64,
    /// Pairs that only echo a more certain one.
    pub n_echoes: u64,
    /// What was found, strongest first.
    pub(super) pairs: Vec<NextPair>,
}

/// A pair by product id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct NextPair {
    pub first: String,
    pub next: String,
    pub n_first: u32,
    pub n_followed: u32,
    pub n_expected: f64,
    pub lift_lower: f64,
    pub n_forward: u32,
    pub n_backward: u32,
    pub median_days: f64,
    pub p_value: f64,
    pub q_value: f64,
}

/// A pair as it is published.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NextRow<'c> {
    pub pair: &'c NextPair,
    pub rank: i64,
    pub within_days: u32,
    pub counted_on: Day,
    pub product_name: String,
    pub next_name: String,
    pub in_stock: Option<bool>,
    pub sentence: String,
}

impl NextPair {
    /// Share of the followed customers who bought the next.
    pub fn confidence(&self) -> f64 {
        f64::from(self.n_followed) / f64::from(self.n_first)
    }

    /// Times as many as by chance.
    pub fn lift(&self) -> f64 {
        f64::from(self.n_followed) / self.n_expected
    }
}

impl NextCounts {
    /// What is counted tonight, or is `known` from the last complete read; `None` without the dataset.
    ///
    /// # Errors
    /// As of [`NextCounts::count`].
    pub(super) fn of(
        params: &BasketRules,
        ctx: &RunContext,
        frames: &BasketFrames,
        known: Option<&Self>,
    ) -> anyhow::Result<Option<Self>> {
        match (known, &frames.purchases) {
            (Some(known), _) => Ok(Some(known.clone())),
            (None, Some(rows)) => Self::count(params, ctx, rows).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// From rows of `customer_purchases`.
    ///
    /// # Errors
    /// A column is missing, or more lines than can be numbered.
    fn count(params: &BasketRules, ctx: &RunContext, rows: &DataFrame) -> anyhow::Result<Self> {
        let window = Window::of(params, ctx).days();
        let mut customer_numbers: HashMap<&str, u32> = HashMap::new();
        let mut items = Vec::new();
        let mut item_numbers: HashMap<&str, u32> = HashMap::new();
        let mut lines = Vec::with_capacity(rows.height());
        for purchase in CustomerPurchase::read(rows)?.filter(|purchase| window.contains(&purchase.sold_on)) {
            let next = customer_numbers.len() as u32;
            let customer = *customer_numbers.entry(purchase.customer_id).or_insert(next);
            let item = *item_numbers.entry(purchase.product_id).or_insert_with(|| {
                items.push(purchase.product_id);
                items.len() as u32 - 1
            });
            lines.push((customer, purchase.sold_on.number(), item));
        }
        let settings = NextSettings {
            within_days: params.next_within_days.get(),
            min_customers: params.next_min_customers.get(),
            min_confidence: params.min_confidence.get(),
            alpha: params.significance.get(),
        };
        let purchases = Purchases::from_lines(lines, items.len() as u32)
            .map_err(|error: RulesError| anyhow::anyhow!("customer_purchases: {error}"))?;
        let found = next_purchases(&purchases, &settings);
        let mut pairs: Vec<NextPair> = (found.rules.into_iter())
            .map(|rule| NextPair {
                first: items[rule.first as usize].to_owned(),
                next: items[rule.next as usize].to_owned(),
                n_first: rule.n_first,
                n_followed: rule.n_followed,
                n_expected: rule.n_expected,
                lift_lower: rule.lift_lower,
                n_forward: rule.n_forward,
                n_backward: rule.n_backward,
                median_days: rule.median_days,
                p_value: rule.p_value,
                q_value: rule.q_value,
            })
            .collect();
        // Numbers of items follow the order of the rows, ids do not.
        pairs.sort_by(|a, b| {
            b.lift_lower.total_cmp(&a.lift_lower).then_with(|| (&a.first, &a.next).cmp(&(&b.first, &b.next)))
        });
        Ok(Self {
            counted_on: purchases.span().map_or(*window.end(), |(_, last)| Day::from_number(last)),
            within_days: settings.within_days,
            n_customers: customer_numbers.len() as u64,
            n_searched: found.n_searched,
            n_echoes: found.n_echoes as u64,
            pairs,
        })
    }

    /// With names and stock of today, without what may stand in no rule.
    pub(super) fn rows<'c>(&'c self, params: &BasketRules, catalogue: &Catalogue) -> Vec<NextRow<'c>> {
        let never = Named::new(&params.never);
        let allowed = |id: &String| !never.holds_product(id, catalogue);
        let pairs = self.pairs.iter().filter(|pair| allowed(&pair.first) && allowed(&pair.next));
        (1..)
            .zip(pairs)
            .map(|(rank, pair)| {
                let name = |id: &str| catalogue.name_of(RuleLevel::Product, id);
                let (product_name, next_name) = (name(&pair.first), name(&pair.next));
                let sentence = format!(
                    "Of {} customers who bought {product_name}, {} bought {next_name} within the next {} days, {:.1} times as many as \
                     by chance; {} bought them in this order only, {} the other way round",
                    count(pair.n_first.into()),
                    count(pair.n_followed.into()),
                    self.within_days,
                    pair.lift(),
                    count(pair.n_forward.into()),
                    count(pair.n_backward.into()),
                );
                NextRow {
                    pair,
                    rank,
                    within_days: self.within_days,
                    counted_on: self.counted_on,
                    in_stock: catalogue.product(&pair.next).and_then(|facts| facts.in_stock),
                    product_name,
                    next_name,
                    sentence,
                }
            })
            .collect()
    }
}
