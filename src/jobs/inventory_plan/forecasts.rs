//! The published demand distribution of each line, from the day after `as_of`.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use super::line_key::LineKey;
use crate::contract::ContractError;
use crate::day::Day;
use crate::frames::typed_rows;
use crate::models::inventory::DemandOutlook;
use crate::published::{DEMAND_FORECASTS, QUANTILES};

/// Demand of one line.
#[derive(Debug, Clone, Default)]
pub struct SeriesForecast {
    pub(super) method: String,
    /// Units per day; the first is the day after `as_of`.
    pub(super) mean: Vec<f64>,
    /// Per day: quantiles of the total since the first, one per published level.
    pub(super) totals: Vec<Vec<f64>>,
}

typed_rows! {
    /// The forecast of a node and day. A number that is missing makes the line unusable, with its reason, not the run.
    pub struct ForecastRow<'f> of DEMAND_FORECASTS.schema;
    {
        /// The level of the node.
        pub level: &'f str,
        /// At level `product_location`.
        pub product_id: Option<&'f str>,
        /// At level `product_location`.
        pub location_id: Option<&'f str>,
        /// 1 is the day after the forecast's as-of day.
        pub step: i64,
        /// The model.
        pub method: &'f str,
        /// Expected units.
        pub mean: Option<f64>,
        /// Units of days 1 to `step`, as the following.
        pub total_p05: Option<f64>,
        /// Of 10 %.
        pub total_p10: Option<f64>,
        /// Of 25 %.
        pub total_p25: Option<f64>,
        /// Of 50 %.
        pub total_p50: Option<f64>,
        /// Of 75 %.
        pub total_p75: Option<f64>,
        /// Of 90 %.
        pub total_p90: Option<f64>,
        /// Of 95 %.
        pub total_p95: Option<f64>,
        /// Of 99 %.
        pub total_p99: Option<f64>,
    }
}

impl ForecastRow<'_> {
    /// By level, as [`QUANTILES`] has them.
    fn totals(&self) -> [Option<f64>; QUANTILES.len()] {
        [
            self.total_p05,
            self.total_p10,
            self.total_p25,
            self.total_p50,
            self.total_p75,
            self.total_p90,
            self.total_p95,
            self.total_p99,
        ]
    }
}

/// The published levels.
pub(super) fn levels() -> Vec<f64> {
    QUANTILES.iter().map(|(level, _)| *level).collect()
}

impl SeriesForecast {
    pub(super) fn outlook<'a>(&'a self, levels: &'a [f64]) -> DemandOutlook<'a> {
        DemandOutlook { levels, total_quantiles: &self.totals, mean: &self.mean }
    }

    /// The same forecast, with another demand than it expects.
    pub(super) fn times(&self, factor: f64) -> Self {
        let mut scaled = self.clone();
        scaled.mean.iter_mut().chain(scaled.totals.iter_mut().flatten()).for_each(|units| *units *= factor);
        scaled
    }

    /// The same forecast for a product that is sold until `last_day` and not after it.
    pub(super) fn ending_on(&self, as_of: Day, last_day: Day) -> Self {
        let days = usize::try_from(last_day - as_of).unwrap_or(0);
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
    fn later(self, age: usize) -> Self {
        if age == 0 {
            return self;
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
        Self { method: self.method, mean, totals }
    }
}

/// A forecast as far as its steps have come, and rows that came before their turn.
#[derive(Default)]
struct Growing {
    forecast: SeriesForecast,
    early: BTreeMap<i64, (f64, [f64; QUANTILES.len()])>,
}

impl Growing {
    fn add(&mut self, row: &ForecastRow<'_>) {
        if self.forecast.mean.is_empty() {
            row.method.clone_into(&mut self.forecast.method);
        }
        // The plan refuses a line with NaN.
        let totals = row.totals().map(|total| total.unwrap_or(f64::NAN));
        self.early.insert(row.step, (row.mean.unwrap_or(f64::NAN), totals));
        while let Some((mean, totals)) = self.early.remove(&(self.forecast.mean.len() as i64 + 1)) {
            self.forecast.mean.push(mean);
            self.forecast.totals.push(totals.to_vec());
        }
    }
}

/// Reads the level `product_location`, shifted by the days since the forecast was made. Steps count up from 1; what follows a gap is left out.
pub(super) fn read(frame: &DataFrame, age: usize) -> Result<BTreeMap<LineKey, SeriesForecast>, ContractError> {
    let mut lines: BTreeMap<(&str, &str), Growing> = BTreeMap::new();
    // Rows of a line mostly stand together.
    let (mut current, mut growing) = (None, Growing::default());
    for row in ForecastRow::read(frame)?.filter(|row| row.level == "product_location") {
        let (Some(product_id), Some(location_id)) = (row.product_id, row.location_id) else { continue };
        let key = (product_id, location_id);
        if current != Some(key) {
            let next = lines.remove(&key).unwrap_or_default();
            let last = std::mem::replace(&mut growing, next);
            lines.extend(current.replace(key).map(|key| (key, last)));
        }
        growing.add(&row);
    }
    lines.extend(current.map(|key| (key, growing)));
    let shifted = lines
        .into_iter()
        .map(|((product_id, location_id), line)| (LineKey::new(product_id, location_id), line.forecast.later(age)));
    Ok(shifted.filter(|(_, forecast)| !forecast.mean.is_empty()).collect())
}
