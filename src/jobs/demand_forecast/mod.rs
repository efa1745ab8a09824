//! Forecasts the demand of every product at every location, and of every category above it, day by day.
//!
//! # Decides
//! For each series (product x location) which model forecasts it, and from that the distribution of its demand on each
//! of the coming days and of the running totals. Nothing is ordered here.
//!
//! # From
//! `daily_sales` of the last `history_days`, one value a day from the launch or the first sale to as_of: zero where
//! nothing was sold, not observed where `stock_levels` shows an empty shelf at the close and less was sold than on a usual
//! day of that weekday (sales then are no demand). `products` (category tree, launch and end), `promotions` (past
//! and planned), `prices`, `calendar` (past and known ahead).
//!
//! # Model
//! [`crate::models::forecast`]: seasonal naive, smoothing after decomposition, smoothing, regression, TSB and SBA compete
//! over rolling origins; the best is refitted. Regression columns, only those that vary (few, so that they stay
//! estimable): `discount_depth` = -ln(1 - rate), `display` (promotions of another kind than `price`),
//! `after_promotion` (the dip of the week after: depth, fading), `promotion_without_rate`, `log_price`.
//! What a category shares (week, year, calendar events: their days and, for events of at most three days in a row, the two days
//! before) is estimated on its summed sales before the first origin and divided out first, see `pooled.rs`.
//! A series without enough days for a backtest takes the mean of its own days.
//! Categories and the total are sums: their mean is the sum of the series' means, their quantiles come from the summed
//! rolling-origin errors, so correlated errors widen them as they should.
//!
//! # Publishes
//! `demand_forecasts` (level, node, day), `forecast_accuracy` (basis, forecast_as_of, level, node).
//!
//! # Degrades
//! Every fallback is a caveat: `fallback_model`, `model_failures`, `cold_start`, `short_history`, `censored_days`,
//! `no_stock_levels`, `no_products`, `no_promotions`, `no_prices`, `no_calendar`, `no_category`, `ended_products`,
//! `wide_quantiles`, `nothing_to_grade`.
//!
//! # References
//! Hyndman and Athanasopoulos, "Forecasting: Principles and Practice" (3rd ed.), chapters 5, 7, 10, 11; Kolassa, Rostami-Tabar and
//! Siemsen, "Demand Forecasting for Executives and Professionals" (2023), chapters on promotions and hierarchies.

mod accuracy;
mod caveats;
mod changes;
mod dataset;
mod hierarchy;
mod history;
mod page;
mod pooled;
mod published_rows;
mod recommend;
mod regressors;
mod score;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use dataset::{DemandData, EarlierForecast, EarlierNode, Frames, Price, Product, Promotion};
pub use history::SeriesHistory;

use crate::datasets::{CALENDAR, DAILY_SALES, Dataset, PRICES, PRODUCTS, PROMOTIONS, STOCK_LEVELS, Source};
use crate::job::{Job, Progress, RunContext};
use crate::models::forecast::Method;
use crate::publication::Publication;
use crate::published::{DEMAND_FORECASTS, FORECAST_ACCURACY};
use crate::quantities::{Count, Days};
use crate::table::TableSchema;

/// The parameters.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DemandForecast {
    /// Days to forecast.
    pub horizon_days: Days,
    /// Days of history to learn from. 728 = 104 weeks: with a complete second year regression also fits a trend, which
    /// the rolling origins, having less history, could not vouch for.
    pub history_days: Days,
    /// Rolling origins per series; more are slower and judge better.
    pub n_windows: Count,
    /// Days between two origins. Equal to the horizon, no day is scored twice.
    pub step_days: Days,
    /// Observed days since launch below which a series takes the mean of its own days.
    pub min_history_days: Days,
    /// Models that may be chosen: `seasonal_naive`, `mstl_ets`, `ets`, `regression`, `tsb`, `sba`.
    pub methods: Vec<MethodName>,
    /// Whether categories are published beside the total and the series.
    pub category_levels: bool,
    /// Whether calendar events shape the forecast.
    pub events: bool,
}

impl Default for DemandForecast {
    fn default() -> Self {
        Self {
            horizon_days: days(28),
            history_days: days(728),
            n_windows: Count::try_from(3.0).unwrap_or_else(|_| unreachable!("3 is a count")),
            step_days: days(28),
            min_history_days: days(42),
            methods: Method::ALL.iter().filter(|method| **method != Method::Zero).map(|m| MethodName(*m)).collect(),
            category_levels: true,
            events: true,
        }
    }
}

/// A model, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MethodName(pub Method);

impl TryFrom<String> for MethodName {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        Method::from_name(&name).filter(|method| *method != Method::Zero).map(Self).ok_or_else(|| {
            let names: Vec<&str> = Method::ALL.iter().filter(|m| **m != Method::Zero).map(|m| m.name()).collect();
            format!("unknown model `{name}`, the models are `{}`", names.join("`, `"))
        })
    }
}

impl From<MethodName> for String {
    fn from(method: MethodName) -> Self {
        method.0.name().to_owned()
    }
}

impl Job for DemandForecast {
    const KIND: &'static str = "demand_forecast";
    const NEEDS: &'static [&'static Dataset] = &[&DAILY_SALES];
    const USES: &'static [&'static Dataset] = &[&PRODUCTS, &STOCK_LEVELS, &PROMOTIONS, &PRICES, &CALENDAR];
    const PUBLISHES: &'static [&'static TableSchema<'static>] = &[&DEMAND_FORECASTS, &FORECAST_ACCURACY];
    type Dataset = DemandData;

    async fn load(&self, ctx: &RunContext, source: &Source<'_>) -> anyhow::Result<DemandData> {
        dataset::load(self, ctx, source).await
    }

    fn recommend(&self, ctx: &RunContext, data: &DemandData, progress: &Progress) -> anyhow::Result<Publication> {
        recommend::recommend(self, ctx, data, progress)
    }
}

fn days(count: u32) -> Days {
    Days::try_from(f64::from(count)).unwrap_or_else(|_| unreachable!("{count} is a number of days"))
}
