//! The published demand distribution of each line, from the day after `as_of`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::DataFrame;

use super::frame_columns::{integers, reals, texts};
use super::line_key::LineKey;
use crate::models::inventory::DemandOutlook;
use crate::published::QUANTILES;

/// Demand of one line.
#[derive(Debug, Clone, Default)]
pub struct SeriesForecast {
    pub(super) method: String,
    /// Units per day; the first is the day after `as_of`.
    pub(super) mean: Vec<f64>,
    /// Per day: quantiles of the total since the first, one per published level.
    pub(super) totals: Vec<Vec<f64>>,
}

/// The published levels.
pub(super) fn levels() -> Vec<f64> {
    QUANTILES.iter().map(|(level, _)| *level).collect()
}

impl SeriesForecast {
    pub(super) fn outlook<'a>(&'a self, levels: &'a [f64]) -> DemandOutlook<'a> {
        DemandOutlook { levels, total_quantiles: &self.totals, mean: &self.mean }
    }

    /// The same forecast for a product that is sold until `last_day` and not after it.
    pub(super) fn ending_on(&self, as_of: NaiveDate, last_day: NaiveDate) -> Self {
        let days = usize::try_from((last_day - as_of).num_days()).unwrap_or(0);
        let mut ending = self.clone();
        for day in days..ending.mean.len() {
            ending.mean[day] = 0.0;
            ending.totals[day] = match days {
                0 => vec![0.0; QUANTILES.len()],
                _ => self.totals[days - 1].clone(),
            };
        }
        ending
    }

    /// The forecast seen `age` days later.
    ///
    /// Totals from a later first day are not published. They are taken as their own mean plus the deviation from the mean that the
    /// total of equally many days had: as uncertain as that total was, which leaves out that an older forecast knows less.
    fn later(&self, age: usize) -> Self {
        if age == 0 {
            return self.clone();
        }
        let mean: Vec<f64> = self.mean.iter().skip(age).copied().collect();
        let (mut now, mut then) = (0.0, 0.0);
        let totals = mean
            .iter()
            .enumerate()
            .map(|(day, today)| {
                now += today;
                then += self.mean[day];
                self.totals[day].iter().map(|value| (now + value - then).max(0.0)).collect()
            })
            .collect();
        Self { method: self.method.clone(), mean, totals }
    }
}

/// Reads the level `product_location`, shifted by the days since the forecast was made. Steps count up from 1; what follows a gap is left out.
pub(super) fn read(frame: &DataFrame, age: usize) -> anyhow::Result<BTreeMap<LineKey, SeriesForecast>> {
    let level = texts(frame, "level")?;
    let (products, locations, methods) =
        (texts(frame, "product_id")?, texts(frame, "location_id")?, texts(frame, "method")?);
    let (steps, means) = (integers(frame, "step")?, reals(frame, "mean")?);
    let columns = QUANTILES.iter().map(|(_, suffix)| reals(frame, &format!("total_{suffix}")));
    let quantiles: Vec<Vec<Option<f64>>> = columns.collect::<Result<_, _>>()?;

    let mut rows: BTreeMap<LineKey, BTreeMap<i64, usize>> = BTreeMap::new();
    for row in 0..frame.height() {
        if level[row].as_deref() != Some("product_location") {
            continue;
        }
        if let (Some(product_id), Some(location_id), Some(step)) =
            (products[row].clone(), locations[row].clone(), steps[row])
        {
            rows.entry(LineKey { product_id, location_id }).or_default().insert(step, row);
        }
    }
    let mut forecasts = BTreeMap::new();
    for (key, steps) in rows {
        let mut forecast = SeriesForecast::default();
        for (position, (&step, &row)) in (1..).zip(&steps) {
            if step != position {
                break;
            }
            forecast.method = methods[row].clone().unwrap_or_default();
            // A missing number becomes NaN, which the plan refuses for this line with its reason.
            forecast.mean.push(means[row].unwrap_or(f64::NAN));
            forecast.totals.push(quantiles.iter().map(|column| column[row].unwrap_or(f64::NAN)).collect());
        }
        let shifted = forecast.later(age);
        if !shifted.mean.is_empty() {
            forecasts.insert(key, shifted);
        }
    }
    Ok(forecasts)
}
