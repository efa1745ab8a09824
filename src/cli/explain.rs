//! `nightclerk explain`: the chain behind one order or one coupon, read from the published tables.

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use super::context::{Context, Failure};
use crate::published::{
    COUPON_ASSIGNMENTS, COUPON_DROPS, COUPON_TARGETS, DEMAND_FORECASTS, FORECAST_ACCURACY, INVENTORY_EXCEPTIONS,
    INVENTORY_EXPLANATIONS, INVENTORY_RECOMMENDATIONS, RECOMMENDATION_OUTCOMES,
};
use crate::table::TableSchema;
use crate::warehouse::{Create, Side, Value, Warehouse};

/// Why this order quantity, why this coupon.
#[derive(Debug, Args)]
pub struct Explain {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The order of a product at a location: every step, the forecast behind it, how good that forecast was, and what
    /// became of earlier advice.
    Order {
        /// The product.
        product: String,
        /// The location; all of them when left out.
        location: Option<String>,
    },
    /// Whether a customer gets an offer, and why or why not.
    Coupon {
        /// The customer.
        customer: String,
    },
}

pub(super) async fn run(context: &Context, command: &Explain) -> Result<u8, Failure> {
    let project = context.project()?;
    let warehouse = context.warehouse(&project, Create::Nothing).await?;
    let found = match &command.what {
        What::Order { product, location } => order(&warehouse, product, location.as_deref()).await?,
        What::Coupon { customer } => coupon(&warehouse, customer).await?,
    };
    context.terminal.object(&found);
    if let Json::Array(records) = &found {
        for record in records {
            for line in lines(record, 0) {
                context.terminal.line(line);
            }
            context.terminal.line("");
        }
    }
    Ok(0)
}

async fn order(warehouse: &Warehouse, product: &str, location: Option<&str>) -> Result<Json, Failure> {
    let mut keys = vec![("product_id", product)];
    keys.extend(location.map(|location| ("location_id", location)));
    let recommendations = current(warehouse, &INVENTORY_RECOMMENDATIONS, &keys, "location_id").await?;
    if recommendations.is_empty() {
        return Err(Failure::usage(format!(
            "no current recommendation for product `{product}`{}; the planned ones are in inventory_recommendations_current",
            location.map(|location| format!(" at `{location}`")).unwrap_or_default()
        )));
    }
    let mut chains = Vec::new();
    for recommendation in recommendations {
        let text = |key: &str| recommendation.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let (id, location, arrives) = (text("recommendation_id"), text("location_id"), text("covers_until"));
        let series = [("product_id", product), ("location_id", location.as_str())];
        let steps = current(warehouse, &INVENTORY_EXPLANATIONS, &[("recommendation_id", &id)], "step_no").await?;
        let forecast: Vec<_> = current(warehouse, &DEMAND_FORECASTS, &series, "step").await?;
        let forecast = forecast
            .into_iter()
            .filter(|row| row.get("period_start").and_then(Json::as_str).is_some_and(|day| day == arrives));
        let accuracy = current(warehouse, &FORECAST_ACCURACY, &series, "forecast_as_of").await?;
        let exceptions = current(warehouse, &INVENTORY_EXCEPTIONS, &series, "code").await?;
        let outcomes = current(warehouse, &RECOMMENDATION_OUTCOMES, &series, "recommended_as_of").await?;
        chains.push(json!({
            "recommendation": recommendation,
            "steps": steps,
            "forecast_up_to_covers_until": forecast.collect::<Vec<_>>(),
            "forecast_accuracy": accuracy,
            "exceptions": exceptions,
            "earlier_advice": outcomes,
        }));
    }
    Ok(Json::Array(chains))
}

async fn coupon(warehouse: &Warehouse, customer: &str) -> Result<Json, Failure> {
    let key = [("customer_id", customer)];
    let targets = current(warehouse, &COUPON_TARGETS, &key, "campaign_id").await?;
    let assignments = current(warehouse, &COUPON_ASSIGNMENTS, &key, "campaign_id").await?;
    let drops = current(warehouse, &COUPON_DROPS, &[], "position").await?;
    let verdict = match (targets.is_empty(), assignments.is_empty()) {
        (false, _) => "on the list",
        (true, false) => "selected, and held out by chance so that the campaign can be scored",
        (true, true) => "not selected; the reasons and their counts are below",
    };
    let chain = json!({ "customer_id": customer, "verdict": verdict, "target": targets, "assignment": assignments, "list": drops });
    Ok(Json::Array(vec![chain]))
}

/// Rows of a table's current publication with these texts in these columns.
async fn current(
    warehouse: &Warehouse,
    table: &TableSchema<'_>,
    keys: &[(&str, &str)],
    order: &str,
) -> Result<Vec<Map<String, Json>>, Failure> {
    let names: Vec<&str> = std::iter::once("as_of").chain(table.columns.iter().map(|column| column.name)).collect();
    let conditions: Vec<String> =
        keys.iter().enumerate().map(|(index, (column, _))| format!("{column} = ${}", index + 1)).collect();
    let filter = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
    let sql = format!("SELECT {} FROM {}_current {filter} ORDER BY {order}", names.join(", "), table.name);
    let binds: Vec<Value> = keys.iter().map(|(_, value)| Value::Text((*value).to_owned())).collect();
    let rows = warehouse.read_values(Side::Target, &sql, &binds).await?;
    Ok(rows
        .into_iter()
        .map(|row| names.iter().map(|name| (*name).to_owned()).zip(row.into_iter().map(to_json)).collect())
        .collect())
}

fn to_json(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Integer(number) => json!(number),
        Value::Real(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Date(date) => json!(date),
        Value::Instant(micros) => json!(crate::table::instant_text(micros)),
        Value::Flag(flag) => json!(flag),
    }
}

/// An indented outline; steps of an explanation on one line each.
fn lines(value: &Json, depth: usize) -> Vec<String> {
    let indent = "  ".repeat(depth);
    match value {
        Json::Object(map) if map.contains_key("step_no") => {
            let units = |key: &str| map.get(key).and_then(Json::as_i64).unwrap_or_default() as f64 / 1000.0;
            let text = map.get("text").and_then(Json::as_str).unwrap_or_default();
            vec![format!("{indent}{:>+12.3} {:>12.3}  {text}", units("quantity"), units("running"))]
        }
        Json::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .flat_map(|(key, value)| match value {
                Json::Array(_) | Json::Object(_) => {
                    let mut block = vec![format!("{indent}{key}:")];
                    block.extend(lines(value, depth + 1));
                    block
                }
                Json::String(text) => vec![format!("{indent}{key}: {text}")],
                other => vec![format!("{indent}{key}: {other}")],
            })
            .collect(),
        Json::Array(values) if values.is_empty() => vec![format!("{indent}none")],
        Json::Array(values) => values.iter().flat_map(|value| lines(value, depth)).collect(),
        other => vec![format!("{indent}{other}")],
    }
}
