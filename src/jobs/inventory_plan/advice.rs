//! Earlier recommendations, as published.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use chrono::NaiveDate;
use polars::prelude::DataFrame;

use super::frame_columns::{dates, integers, reals, texts};
use super::line_key::LineKey;

/// One earlier recommendation.
#[derive(Debug, Clone)]
pub struct PastLine {
    pub(super) recommended_as_of: NaiveDate,
    pub(super) recommendation_id: String,
    pub(super) key: LineKey,
    pub(super) order_on: NaiveDate,
    pub(super) arrives_on: NaiveDate,
    pub(super) covers_until: NaiveDate,
    pub(super) order_quantity: i64,
    pub(super) pack_size: Option<i64>,
    pub(super) unit_cost: Option<i64>,
    pub(super) order_value: Option<i64>,
    pub(super) expected_demand: f64,
    pub(super) order_up_to: f64,
    pub(super) service_level: f64,
    pub(super) urgency: String,
}

type Earlier = (Vec<PastLine>, Option<(NaiveDate, Vec<PastLine>)>);

/// What is to be graded on `as_of`, and the newest publication before it.
///
/// Advice for a later order day is repeated every night until that day; the last one before it is what a buyer acted on, so of all
/// recommendations for one line and order day only that one is graded, once, when its last covered day is over.
pub(super) fn read(
    as_of: NaiveDate,
    advice: Option<&DataFrame>,
    outcomes: Option<&DataFrame>,
) -> anyhow::Result<Earlier> {
    let Some(advice) = advice.filter(|frame| frame.height() > 0) else { return Ok((Vec::new(), None)) };
    let lines = past_lines(advice).context("reading `inventory_recommendations`")?;
    let graded: BTreeSet<String> = match outcomes {
        Some(frame) => texts(frame, "recommendation_id")
            .context("reading `recommendation_outcomes`")?
            .into_iter()
            .flatten()
            .collect(),
        None => BTreeSet::new(),
    };
    let mut last_word: BTreeMap<(&LineKey, NaiveDate), &PastLine> = BTreeMap::new();
    for line in &lines {
        let known = last_word.entry((&line.key, line.order_on)).or_insert(line);
        if line.recommended_as_of > known.recommended_as_of {
            *known = line;
        }
    }
    let is_due = |line: &&PastLine| line.covers_until <= as_of && !graded.contains(&line.recommendation_id);
    let mut to_grade: Vec<PastLine> = last_word.into_values().filter(is_due).cloned().collect();
    to_grade.sort_by(|left, right| (left.recommended_as_of, &left.key).cmp(&(right.recommended_as_of, &right.key)));
    let newest = lines.iter().map(|line| line.recommended_as_of).max();
    let previous =
        newest.map(|day| (day, lines.iter().filter(|line| line.recommended_as_of == day).cloned().collect()));
    Ok((to_grade, previous))
}

fn past_lines(frame: &DataFrame) -> anyhow::Result<Vec<PastLine>> {
    let (ids, products, locations) =
        (texts(frame, "recommendation_id")?, texts(frame, "product_id")?, texts(frame, "location_id")?);
    let (made, order, arrives, covers) =
        (dates(frame, "as_of")?, dates(frame, "order_on")?, dates(frame, "arrives_on")?, dates(frame, "covers_until")?);
    let (quantities, packs) = (integers(frame, "order_quantity")?, integers(frame, "pack_size")?);
    let (costs, values) = (integers(frame, "unit_cost")?, integers(frame, "order_value")?);
    let (expected, up_to, level) =
        (reals(frame, "expected_demand")?, reals(frame, "order_up_to")?, reals(frame, "service_level")?);
    let urgencies = texts(frame, "urgency")?;
    let line = |row: usize| {
        Some(PastLine {
            recommended_as_of: made[row]?,
            recommendation_id: ids[row].clone()?,
            key: LineKey { product_id: products[row].clone()?, location_id: locations[row].clone()? },
            order_on: order[row]?,
            arrives_on: arrives[row]?,
            covers_until: covers[row]?,
            order_quantity: quantities[row]?,
            pack_size: packs[row],
            unit_cost: costs[row],
            order_value: values[row],
            expected_demand: expected[row]?,
            order_up_to: up_to[row]?,
            service_level: level[row]?,
            urgency: urgencies[row].clone()?,
        })
    };
    Ok((0..frame.height()).filter_map(line).collect())
}
