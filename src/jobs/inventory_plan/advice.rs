//! Earlier recommendations, as published.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;

use super::line_key::LineKey;
use crate::contract::ContractError;
use crate::day::Day;
use crate::frames::typed_rows;
use crate::published::{INVENTORY_RECOMMENDATIONS, RECOMMENDATION_OUTCOMES};
use crate::quantities::{PublishedMoney, Quantity};

typed_rows! {
    /// A recommendation as it was published.
    pub struct PublishedAdvice of INVENTORY_RECOMMENDATIONS.schema;
    {
        /// The as-of day of the plan.
        pub as_of: Day,
        /// Stable across reruns of a date.
        pub recommendation_id: String,
        /// The product.
        pub product_id: String,
        /// Where the order was to arrive.
        pub location_id: String,
        /// The day to order on.
        pub order_on: Day,
        /// Expected arrival.
        pub arrives_on: Day,
        /// Nine of ten orders have arrived by then.
        pub arrives_by: Option<Day>,
        /// Last day before the next order could arrive.
        pub covers_until: Day,
        /// What was to be ordered.
        pub order_quantity: Quantity,
        /// An order is a multiple of it.
        pub pack_size: Option<Quantity>,
        /// Of one unit.
        pub unit_cost: Option<PublishedMoney>,
        /// Quantity times unit cost.
        pub order_value: Option<PublishedMoney>,
        /// Over the days to be covered.
        pub expected_demand: Quantity,
        /// The demand quantile at the service level.
        pub order_up_to: Quantity,
        /// Probability of no stock-out in the days to be covered.
        pub service_level: f64,
        /// `red`, `amber` or `green`.
        pub urgency: String,
        /// On hand, promised and coming when the advice was given.
        pub on_hand: Option<Quantity>,
        /// See `on_hand`.
        pub reserved: Option<Quantity>,
        /// See `on_hand`.
        pub on_order: Option<Quantity>,
        /// The share of demand that was to be served.
        pub expected_fill_rate: Option<f64>,
    }
}

typed_rows! {
    /// A recommendation that has been graded.
    pub struct GradedBefore of RECOMMENDATION_OUTCOMES.schema;
    {
        /// Which.
        pub recommendation_id: String,
    }
}

/// One earlier recommendation.
#[derive(Debug, Clone)]
pub struct PastLine {
    pub(super) key: LineKey,
    pub(super) published: PublishedAdvice,
}

/// Earlier advice, as far as tonight's run needs it.
#[derive(Debug, Default)]
pub(super) struct EarlierAdvice {
    /// What is to be graded, by as-of day and line.
    pub(super) to_grade: Vec<PastLine>,
    /// The newest publication.
    pub(super) newest: Option<(Day, Vec<PastLine>)>,
    /// All that is known.
    pub(super) all: Vec<PastLine>,
}

/// What is to be graded on `as_of`, and the newest publication before it.
///
/// Advice for a later order day is repeated every night until that day; the last one before it is what a buyer acted on, so of all
/// recommendations for one line and order day only that one is graded, once, when its last covered day is over.
pub(super) fn read(
    as_of: Day,
    advice: Option<&DataFrame>,
    outcomes: Option<&DataFrame>,
) -> Result<EarlierAdvice, ContractError> {
    let Some(advice) = advice.filter(|frame| frame.height() > 0) else { return Ok(EarlierAdvice::default()) };
    let lines: Vec<PastLine> = PublishedAdvice::read(advice)?.map(PastLine::from).collect();
    let graded: BTreeSet<String> = match outcomes {
        Some(frame) => GradedBefore::read(frame)?.map(|outcome| outcome.recommendation_id).collect(),
        None => BTreeSet::new(),
    };
    let mut last_word: BTreeMap<(&LineKey, Day), &PastLine> = BTreeMap::new();
    for line in &lines {
        let known = last_word.entry((&line.key, line.published.order_on)).or_insert(line);
        if line.published.as_of > known.published.as_of {
            *known = line;
        }
    }
    let is_due =
        |line: &&PastLine| line.published.covers_until <= as_of && !graded.contains(&line.published.recommendation_id);
    let mut to_grade: Vec<PastLine> = last_word.into_values().filter(is_due).cloned().collect();
    to_grade.sort_by(|left, right| (left.published.as_of, &left.key).cmp(&(right.published.as_of, &right.key)));
    let newest = lines.iter().map(|line| line.published.as_of).max();
    let newest = newest.map(|day| (day, lines.iter().filter(|line| line.published.as_of == day).cloned().collect()));
    Ok(EarlierAdvice { to_grade, newest, all: lines })
}

impl From<PublishedAdvice> for PastLine {
    fn from(published: PublishedAdvice) -> Self {
        Self { key: LineKey::new(&published.product_id, &published.location_id), published }
    }
}
