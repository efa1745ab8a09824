//! Forecasts against demand as it was.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use serde::Serialize;

use super::{number, rows, text};
use crate::warehouse::{Value, Warehouse, WarehouseError};

/// Days since it was first on sale from which on a series counts.
const GROWN_UP: i64 = 56;

/// Errors at one level of the tree, over every node and day of every publication whose days have been lived. Series of products and
/// locations that had been on sale for less than 56 days are counted beside it.
/// WAPE is the sum of absolute errors over the sum of demand.
#[derive(Clone, Debug, Serialize)]
pub struct LevelAccuracy {
    /// The level.
    pub level: String,
    /// Nodes times days.
    pub n: usize,
    /// Nodes times days of series too young to count.
    pub n_young: usize,
    /// Units demanded.
    pub demand: f64,
    /// Of the published mean.
    pub wape: f64,
    /// Of the sales of the same weekday in the last week before the forecast.
    pub naive_wape: f64,
    /// Of the true mean: no forecast can be expected to do better.
    pub floor_wape: f64,
}

/// How often a model was chosen.
#[derive(Clone, Debug, Serialize)]
pub struct MethodShare {
    /// The model.
    pub method: String,
    /// How many series of the current publication.
    pub series: usize,
}

#[derive(Clone, Copy, Default)]
struct Truth {
    demanded: f64,
    sold: f64,
    mean: f64,
}

/// Errors per level.
///
/// # Errors
/// When the warehouse refuses.
pub async fn forecast_accuracy(warehouse: &Warehouse) -> Result<Vec<LevelAccuracy>, WarehouseError> {
    let categories: BTreeMap<String, String> = rows(warehouse, "SELECT product_id, category_path FROM products")
        .await?
        .iter()
        .map(|row| (text(row, 0).to_owned(), text(row, 1).to_owned()))
        .collect();
    let truth = "SELECT day, product_id, location_id, demanded, sold, mean FROM truth_demand WHERE day >= \
                 (SELECT MIN(as_of) FROM demand_forecasts) ORDER BY day";
    // The week before the first forecast serves the naive; it is read with the rest.
    let truth = truth.replace("(SELECT MIN(as_of) FROM demand_forecasts)", &first_day(warehouse).await?);
    let mut by_node: BTreeMap<(String, String), BTreeMap<NaiveDate, Truth>> = BTreeMap::new();
    for row in rows(warehouse, &truth).await? {
        let Some(day) = row[0].as_date() else { continue };
        let (product, location) = (text(&row, 1), text(&row, 2));
        let value = Truth { demanded: number(&row, 3), sold: number(&row, 4), mean: number(&row, 5) };
        for key in nodes(product, location, categories.get(product).map(String::as_str)) {
            let sum = by_node.entry(key).or_default().entry(day).or_default();
            sum.demanded += value.demanded;
            sum.sold += value.sold;
            sum.mean += value.mean;
        }
    }
    let published = "SELECT t.as_of, t.level, t.node, t.period_start, t.mean FROM demand_forecasts t \
                     JOIN nightclerk_publications p ON p.run_id = t.run_id WHERE p.state = 'published'";
    let first_days = first_days(warehouse).await?;
    let mut levels: BTreeMap<String, ([f64; 5], usize)> = BTreeMap::new();
    for row in rows(warehouse, published).await? {
        let (Some(as_of), Some(day)) = (row[0].as_date(), row[3].as_date()) else { continue };
        let (level, node) = (text(&row, 1).to_owned(), text(&row, 2).to_owned());
        let born = first_days.get(&node).filter(|_| level == "product_location");
        let is_young = born.is_some_and(|born| (as_of - *born).num_days() < GROWN_UP);
        let Some(days) = by_node.get(&(level.clone(), node)) else { continue };
        let Some(actual) = days.get(&day) else { continue };
        let back = (day - as_of).num_days().rem_euclid(7);
        let naive_day = as_of - TimeDelta::days((7 - back) % 7);
        let naive = days.get(&naive_day).map_or(0.0, |truth| truth.sold);
        let (sums, n_young) = levels.entry(level).or_default();
        if is_young {
            *n_young += 1;
            continue;
        }
        sums[0] += 1.0;
        sums[1] += actual.demanded;
        sums[2] += (number(&row, 4) - actual.demanded).abs();
        sums[3] += (naive - actual.demanded).abs();
        sums[4] += (actual.mean - actual.demanded).abs();
    }
    Ok(levels
        .into_iter()
        .map(|(level, ([n, demand, ours, naive, floor], n_young))| LevelAccuracy {
            level,
            n: n as usize,
            n_young,
            demand,
            wape: ours / demand,
            naive_wape: naive / demand,
            floor_wape: floor / demand,
        })
        .collect())
}

/// The nodes that a product at a location belongs to, as `demand_forecasts` names them.
fn nodes(product: &str, location: &str, category: Option<&str>) -> Vec<(String, String)> {
    let mut nodes = vec![
        ("total".to_owned(), "all".to_owned()),
        ("product_location".to_owned(), format!("{product} @ {location}")),
    ];
    if let Some(path) = category {
        let parts: Vec<&str> = path.split('/').collect();
        nodes.extend((1..=parts.len()).map(|depth| (format!("category_{depth}"), parts[..depth].join("/"))));
    }
    nodes
}

/// The first day on sale of every product at a location.
async fn first_days(warehouse: &Warehouse) -> Result<BTreeMap<String, NaiveDate>, WarehouseError> {
    let sql = "SELECT product_id, location_id, MIN(day) FROM truth_demand GROUP BY product_id, location_id";
    let rows = rows(warehouse, sql).await?;
    let first = |row: &Vec<Value>| {
        // SQLite gives the smallest date as a text.
        let day = row[2].as_date().or_else(|| text(row, 2).parse().ok())?;
        Some((format!("{} @ {}", text(row, 0), text(row, 1)), day))
    };
    Ok(rows.iter().filter_map(first).collect())
}

/// A week before the first published forecast, as an SQL literal.
async fn first_day(warehouse: &Warehouse) -> Result<String, WarehouseError> {
    let first = rows(warehouse, "SELECT MIN(as_of) FROM demand_forecasts").await?;
    let first = first.first().and_then(|row| row[0].as_date()).unwrap_or_default();
    Ok(format!("'{}'", first - TimeDelta::days(7)))
}

/// How often each model was chosen in the current publication.
///
/// # Errors
/// When the warehouse refuses.
pub async fn methods_chosen(warehouse: &Warehouse) -> Result<Vec<MethodShare>, WarehouseError> {
    let sql = "SELECT method, COUNT(*) FROM demand_forecasts_current \
               WHERE level = 'product_location' AND step = 1 GROUP BY method ORDER BY COUNT(*) DESC, method";
    Ok(rows(warehouse, sql)
        .await?
        .iter()
        .map(|row| MethodShare { method: text(row, 0).to_owned(), series: number(row, 1) as usize })
        .collect())
}
