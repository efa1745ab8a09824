//! Demand forecasts and how good they were.

use super::{Kept, Seen, Table};
use crate::table::ColumnType::{Date, Integer, Real, Text};
use crate::table::{Column, TableSchema};

/// The published quantiles: level and column suffix, ascending.
pub const QUANTILES: [(f64, &str); 8] = [
    (0.05, "p05"),
    (0.10, "p10"),
    (0.25, "p25"),
    (0.50, "p50"),
    (0.75, "p75"),
    (0.90, "p90"),
    (0.95, "p95"),
    (0.99, "p99"),
];

/// The demand distribution of every series and day.
pub const DEMAND_FORECASTS: Table = Table {
    schema: TableSchema {
        name: "demand_forecasts",
        doc: "demand distribution per node and day; `total_*` is the demand of all days from the first up to this one",
        grain: &["level", "node", "period_start"],
        columns: &[
            Column::new(
                "level",
                Text,
                "`total`, `category_1` (top) to `category_N` (leaf), `location`, `product_location`",
            ),
            Column::new(
                "node",
                Text,
                "`all`, a category path, a location, or `PRODUCT @ LOCATION`; a sum of what is counted in several units has a node for each: `all in kg`",
            ),
            Column::nullable("product_id", Text, "at level product_location"),
            Column::nullable("location_id", Text, "at level product_location"),
            Column::new("period_start", Date, "the day"),
            Column::new("step", Integer, "1 is the day after as_of"),
            Column::new(
                "method",
                Text,
                "the model; above the series how sums are reconciled: `min_trace`, `bottom_up`, `top_down`",
            ),
            Column::new("mean", Real, "expected units"),
            Column::new("p05", Real, "units"),
            Column::new("p10", Real, "units"),
            Column::new("p25", Real, "units"),
            Column::new("p50", Real, "units"),
            Column::new("p75", Real, "units"),
            Column::new("p90", Real, "units"),
            Column::new("p95", Real, "units"),
            Column::new("p99", Real, "units"),
            Column::new("total_mean", Real, "expected units of days 1 to step"),
            Column::new("total_p05", Real, "units of days 1 to step"),
            Column::new("total_p10", Real, "units of days 1 to step"),
            Column::new("total_p25", Real, "units of days 1 to step"),
            Column::new("total_p50", Real, "units of days 1 to step"),
            Column::new("total_p75", Real, "units of days 1 to step"),
            Column::new("total_p90", Real, "units of days 1 to step"),
            Column::new("total_p95", Real, "units of days 1 to step"),
            Column::new("total_p99", Real, "units of days 1 to step"),
            Column::nullable(
                "unit",
                Text,
                "what its quantities are counted in: `products.unit`, else `pieces` where it was only sold whole, or `measured units`",
            ),
        ],
    },
    created_in: 2,
    seen: Seen::Newest,
    kept: Kept::Newest,
    may_shrink: false,
    reaches_people: false,
};

/// Scores of forecasts: in backtest, and of earlier publications once the actuals are there.
pub const FORECAST_ACCURACY: Table = Table {
    schema: TableSchema {
        name: "forecast_accuracy",
        doc: "how good the forecasts are: `backtest` before publishing, `published` for an earlier publication against actuals",
        grain: &["basis", "forecast_as_of", "level", "node"],
        columns: &[
            Column::new("basis", Text, "`backtest` or `published`"),
            Column::new("forecast_as_of", Date, "the as-of date of the forecast that is scored"),
            Column::new(
                "level",
                Text,
                "as in demand_forecasts; node `all` of a level sums its nodes' absolute errors, in each unit of its own",
            ),
            Column::new("node", Text, "as in demand_forecasts"),
            Column::nullable("product_id", Text, "at level product_location"),
            Column::nullable("location_id", Text, "at level product_location"),
            Column::new("method", Text, "the model, `mixed` where several"),
            Column::new("n_periods", Integer, "days scored; days without stock are not"),
            Column::nullable("actual", Real, "units in those days"),
            Column::nullable("forecast", Real, "units forecast for those days"),
            Column::nullable("wape", Real, "sum of absolute errors over the sum of actuals"),
            Column::nullable("naive_wape", Real, "the same for the seasonal naive (same weekday of the last week)"),
            Column::nullable("mase", Real, "mean absolute error over that of the in-sample seasonal naive"),
            Column::nullable("rmsse", Real, "root mean squared error, scaled likewise"),
            Column::nullable("bias", Real, "sum of errors (forecast - actual) over the sum of actuals"),
            Column::nullable("coverage_80", Real, "share of days inside p10..p90"),
            Column::nullable("coverage_90", Real, "share of days inside p05..p95"),
            Column::nullable("pinball", Real, "mean pinball loss over the published quantiles, units"),
        ],
    },
    created_in: 2,
    seen: Seen::Newest,
    kept: Kept::Newest,
    may_shrink: true,
    reaches_people: false,
};

/// Scores by how far ahead a day lay and by model, with the challenger's beside them.
pub const FORECAST_ACCURACY_BY_HORIZON: Table = Table {
    schema: TableSchema {
        name: "forecast_accuracy_by_horizon",
        doc: "how good the forecasts are by days ahead and model; `champion` and `challenger` are scored on the same series and days",
        grain: &["basis", "forecast_as_of", "level", "first_step", "method"],
        columns: &[
            Column::new(
                "basis",
                Text,
                "`backtest`, `published`, or `champion` and `challenger` in backtest on a sample of series",
            ),
            Column::new("forecast_as_of", Date, "the as-of date of the forecast that is scored"),
            Column::new("level", Text, "as in demand_forecasts"),
            Column::new("first_step", Integer, "from so many days ahead ..."),
            Column::new("last_step", Integer, "... to so many"),
            Column::new(
                "method",
                Text,
                "the model; `all` over every model of the level; where there are several units, `all in kg`",
            ),
            Column::new("n_periods", Integer, "node-days scored; days without stock are not"),
            Column::nullable("wape", Real, "sum of absolute errors over the sum of actuals"),
            Column::nullable("naive_wape", Real, "the same for the seasonal naive (same weekday of the last week)"),
            Column::nullable(
                "mase",
                Real,
                "mean over nodes of the mean absolute error over that of the in-sample seasonal naive",
            ),
            Column::nullable("rmsse", Real, "root of the mean over nodes of the mean squared error, scaled likewise"),
            Column::nullable("bias", Real, "sum of errors (forecast - actual) over the sum of actuals"),
            Column::nullable("coverage_80", Real, "share of days inside p10..p90"),
            Column::nullable("coverage_90", Real, "share of days inside p05..p95"),
            Column::nullable("pinball", Real, "mean pinball loss over the published quantiles, units"),
        ],
    },
    created_in: 3,
    seen: Seen::Newest,
    kept: Kept::Newest,
    may_shrink: true,
    reaches_people: false,
};
