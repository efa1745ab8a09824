//! Forecasts the demand of every product at every location, and of every category above it, day by day.
//!
//! # Decides
//! For each series (product x location) which model forecasts it, and from that the distribution of its demand on each
//! of the coming days and of the running totals. Nothing is ordered here.
//!
//! # From
//! `daily_sales` of the last `history_days`, one value a day from the launch or the first sale to as_of: zero where
//! nothing was sold, not observed where the location was closed (`openings.rs`), and where `stock_levels` shows an empty shelf at
//! the close and less was sold than on a usual day of that weekday; where at least as much was sold before the shelf was empty,
//! demand was more and is taken for more. `products` (category tree, launch and end), `promotions` (past
//! and planned), `prices`, `calendar` (past and known ahead).
//!
//! # Model
//! What a category shares (week, year, calendar events: their days and, for events of at most three days in a row, the two days
//! before) is estimated on its summed sales, see `group_shapes.rs`; each location and each series departs from it on weekdays
//! and on the days of events as far as its own sales say so, see `own_shapes.rs`; both are divided out. So is what promotions
//! and price changes multiply demand by, learnt for the category and drawn to each series' own response, see `effects.rs`. The
//! rest goes to [`crate::models::forecast::panel`]: small whole numbers to distributions of counts, other series to a mixture of
//! smoothing models and a boosted model over all of them. Backtests use what was known before the first rolling origin.
//! A series that sells in a season of the year alone is forecast from its seasons before, see `seasons.rs`.
//! A series with too few observed days is drawn from its own days to the level of its category at the location. Models learn from
//! a usual day where one stands out without a known cause, see `cleaned_demand.rs`; nothing is graded by it.
//! Categories, locations and the total are forecast from their own summed demand too; series and sums are then moved until they
//! add up, each as far as its errors allow (minimum trace, non-negative), see `coherence.rs`. Quantiles of sums come from
//! their own rolling-origin errors, so correlated errors widen them as they should: means add up, quantiles do not.
//!
//! # Publishes
//! `demand_forecasts` (level, node, day), `forecast_accuracy` (basis, forecast_as_of, level, node), `forecast_accuracy_by_horizon`
//! (basis, forecast_as_of, level, days ahead, model), with a challenger's errors beside the champion's on a sample of series.
//! Forecasts out of all proportion to what was ever sold stop the publication, see `proportion.rs`.
//!
//! # Remembers
//! From `remember_from_rows` rows on, the sales as they were read and what was fitted to them, see `memory.rs`: the
//! next nights read the last `reread_days` alone. Every `complete_read_days` everything is read, every `refit_days`
//! everything is fitted anew.
//!
//! # Degrades
//! Every fallback is a caveat: `fallback_model`, `cold_start`, `short_history`, `outliers`, `level_shifts`, `censored_days`, `stock_without_zeros`, `always_empty`, `season_goods`, `closed_days`, `closed_ahead`,
//! `not_reconciled`, `no_stock_levels`, `no_products`, `no_promotions`, `no_prices`, `no_calendar`, `no_category`, `ended_products`,
//! `wide_quantiles`, `updated_models`, `remembered_sales`, `nothing_to_grade`.
//!
//! # Files, from the bottom up
//! - What is known: `daily_sales`, `openings`, `history`, `seasons`, `earlier_forecast`, `facts`, `dataset` (reads them).
//! - What moves demand: `event_days`, `regressors`, `cleaned_demand`, `group_shapes`, `own_shapes`, `shapes`, `effects`, `factors`.
//! - Forecasts of series: `node_key`, `record`, `node`, `cold_starts`, `series_models`, `series_forecasts`.
//! - What they add up to: `sum_forecasts`, `coherence`, `hierarchy`.
//! - How good they are: `score`, `node_scores`, `accuracy`, `challenge`, `proportion`.
//! - What is decided, and what of it is kept: `fitted`, `decision`, `memory`.
//! - What people get: `tables`, `metrics`, `comparisons`, `caveats`, `page_accuracy`, `page`, `exports`.
//! - In which order all this happens: `recommend`.
//!
//! # References
//! Hyndman and Athanasopoulos, "Forecasting: Principles and Practice" (3rd ed.), chapters 5, 7, 10, 11; Kolassa, Rostami-Tabar and
//! Siemsen, "Demand Forecasting for Executives and Professionals" (2023), chapters on promotions and hierarchies.

mod accuracy;
mod beats_naive;
mod caveats;
mod challenge;
mod cleaned_demand;
mod coherence;
mod cold_starts;
mod comparisons;
mod daily_sales;
mod dataset;
mod decision;
mod earlier_forecast;
mod effects;
mod event_days;
mod exports;
mod factors;
mod facts;
mod fitted;
mod group_shapes;
mod hierarchy;
mod history;
mod memory;
mod metrics;
mod node;
mod node_key;
mod node_scores;
mod openings;
mod own_shapes;
mod page;
mod page_accuracy;
mod proportion;
mod recommend;
mod record;
mod regressors;
mod score;
mod seasons;
mod series_forecasts;
mod series_models;
mod shapes;
mod sum_forecasts;
mod tables;
#[cfg(test)]
mod tests;
mod units;

use serde::{Deserialize, Serialize};

use self::facts::DemandData;
use self::memory::Recalled;
use crate::datasets::{CALENDAR, DAILY_SALES, Dataset, PRICES, PRODUCTS, PROMOTIONS, STOCK_LEVELS, Source};
use crate::job::{Job, Progress, RunContext};
use crate::models::forecast::local::LocalMethod;
use crate::models::forecast::panel::{PanelMethod, PanelSettings, Windows};
use crate::publication::Publication;
use crate::published::{DEMAND_FORECASTS, FORECAST_ACCURACY, FORECAST_ACCURACY_BY_HORIZON, QUANTILES, Table};
use crate::quantities::{Count, Days};

/// Days of the season that every series has.
const WEEK: usize = 7;
/// Days of a year.
const YEAR: usize = 365;
/// The levels of the published quantiles.
const LEVELS: [f64; QUANTILES.len()] = {
    let mut levels = [0.0; QUANTILES.len()];
    let mut index = 0;
    while index < levels.len() {
        levels[index] = QUANTILES[index].0;
        index += 1;
    }
    levels
};

/// The parameters.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DemandForecast {
    /// Days to forecast.
    pub horizon_days: Days,
    /// Days of history to learn from. 728 = 104 weeks: two of every season.
    pub history_days: Days,
    /// Rolling origins per series; more are slower and judge better.
    pub n_windows: Count,
    /// Days between two origins. Equal to the horizon, no day is scored twice.
    pub step_days: Days,
    /// Days before the last night that are read again every night, for rows that came late.
    pub reread_days: Days,
    /// Days after which everything is read again, for corrections of older days.
    pub complete_read_days: Days,
    /// Days after which models are fitted anew; on the nights between, the fitted ones take in the new days. 1 = every night. Like
    /// what is remembered, for large shops alone.
    pub refit_days: Days,
    /// Rows of sales in the history from which they are remembered from night to night; below, reading them is no work.
    pub remember_from_rows: Count,
    /// Observed days since launch below which a series takes the mean of its own days.
    pub min_history_days: Days,
    /// What forecasts: `auto`, `mean`, `ets`, `theta`, `ces`, `arima`, `mstl`, `gbm`, `counts`.
    pub model: ModelName,
    /// What is tried beside it every night, on a sample of series; `none` = nothing.
    pub challenger: Challenger,
    /// How sums and series are made to add up: `min_trace`, `bottom_up`, `top_down`.
    pub reconciliation: Reconciled,
    /// Whether categories are published beside the total and the series.
    pub category_levels: bool,
    /// Whether calendar events shape the forecast.
    pub events: bool,
}

impl Default for DemandForecast {
    fn default() -> Self {
        Self {
            horizon_days: Days::literal(28),
            history_days: Days::literal(728),
            n_windows: Count::literal(6),
            step_days: Days::literal(28),
            reread_days: Days::literal(14),
            complete_read_days: Days::literal(7),
            refit_days: Days::literal(7),
            remember_from_rows: Count::literal(2_000_000),
            min_history_days: Days::literal(42),
            model: ModelName(PanelMethod::Auto),
            challenger: Challenger(Some(PanelMethod::Local(LocalMethod::Mean))),
            reconciliation: Reconciled::MinTrace,
            category_levels: true,
            events: true,
        }
    }
}

impl DemandForecast {
    fn horizon(&self) -> usize {
        self.horizon_days.get() as usize
    }

    /// What is asked of every panel of this job, so that series, sums and challenger share their rolling origins.
    fn panel_settings(&self, seed: u64) -> PanelSettings<'static> {
        PanelSettings {
            season_lengths: &[WEEK],
            horizon: self.horizon(),
            levels: &LEVELS,
            windows: Some(Windows { count: self.n_windows.get() as usize, step: self.step_days.get() as usize }),
            seed,
        }
    }

    /// Days before as_of at which the first rolling origin lies.
    fn backtest_days(&self) -> usize {
        self.horizon() + (self.n_windows.get() as usize).saturating_sub(1) * self.step_days.get() as usize
    }
}

/// How forecasts of series and of sums are made to add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reconciled {
    /// Both are moved, each as far as its errors allow.
    MinTrace,
    /// Sums are those of their series.
    BottomUp,
    /// The total is shared out by the forecasts below it.
    TopDown,
}

impl Reconciled {
    /// The name in the table: the method of a sum.
    fn name(self) -> &'static str {
        match self {
            Self::MinTrace => "min_trace",
            Self::BottomUp => node::BOTTOM_UP,
            Self::TopDown => "top_down",
        }
    }
}

/// A model, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelName(pub PanelMethod);

impl TryFrom<String> for ModelName {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        PanelMethod::ALL.iter().find(|method| method.name() == name).map(|method| Self(*method)).ok_or_else(|| {
            let names: Vec<&str> = PanelMethod::ALL.iter().map(|method| method.name()).collect();
            format!("unknown model `{name}`, the models are `{}`", names.join("`, `"))
        })
    }
}

impl From<ModelName> for String {
    fn from(model: ModelName) -> Self {
        model.0.name().to_owned()
    }
}

/// The challenger, by its name; `none` = no challenger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Challenger(pub Option<PanelMethod>);

impl TryFrom<String> for Challenger {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        if name == NO_CHALLENGER {
            return Ok(Self(None));
        }
        match ModelName::try_from(name) {
            Ok(model) => Ok(Self(Some(model.0))),
            Err(error) => Err(format!("{error}, and `{NO_CHALLENGER}`")),
        }
    }
}

impl From<Challenger> for String {
    fn from(challenger: Challenger) -> Self {
        challenger.0.map_or(NO_CHALLENGER, PanelMethod::name).to_owned()
    }
}

const NO_CHALLENGER: &str = "none";

/// What a night decides from.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The shop.
    data: DemandData,
    /// What an earlier night left.
    recalled: Recalled,
}

impl Job for DemandForecast {
    const KIND: &'static str = "demand_forecast";
    const DECIDES: &'static str = "the demand distribution of every product and location, every location and every level of the \
        category tree, per day and as running totals; means add up";
    const NEEDS: &'static [&'static Dataset] = &[&DAILY_SALES];
    const USES: &'static [&'static Dataset] = &[&PRODUCTS, &STOCK_LEVELS, &PROMOTIONS, &PRICES, &CALENDAR];
    const PUBLISHES: &'static [&'static Table] =
        &[&DEMAND_FORECASTS, &FORECAST_ACCURACY, &FORECAST_ACCURACY_BY_HORIZON];
    type Dataset = Inputs;

    async fn load(&self, ctx: &RunContext, source: &Source<'_>) -> anyhow::Result<Inputs> {
        let (sales, recalled) = memory::read_sales(self, ctx.as_of.into(), source).await?;
        Ok(Inputs { data: dataset::load(ctx, source, sales).await?, recalled })
    }

    fn recommend(&self, ctx: &RunContext, inputs: &Inputs, progress: &Progress) -> anyhow::Result<Publication> {
        recommend::recommend(self, ctx, &inputs.data, &inputs.recalled, progress)
    }
}
