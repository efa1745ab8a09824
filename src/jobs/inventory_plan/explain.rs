//! Why an order has the quantity it has: its steps, the forecast behind it, how good that forecast was, and what became of
//! earlier advice.

use serde_json::{Value as Json, json};

use super::explain_told;
use crate::explain::{CurrentRows, ExplainError, Explanation, Key, Row, text};
use crate::published::{
    DEMAND_FORECASTS, FORECAST_ACCURACY, INVENTORY_EXCEPTIONS, INVENTORY_EXPLANATIONS, INVENTORY_RECOMMENDATIONS,
    RECOMMENDATION_OUTCOMES,
};

/// `explain order PRODUCT [LOCATION]`.
pub(super) const ORDER: Explanation = Explanation {
    word: "order",
    about: "The order of a product at a location: what to order and why, how sure that is, what became of earlier advice, and \
            why it changed since the plan before; `--json` holds every row",
    keys: &[
        Key { name: "product", about: "The product", optional: false },
        Key { name: "location", about: "The location; all of them when left out", optional: true },
    ],
    chain: |current, keys| Box::pin(order(current, keys)),
    told: Some(explain_told::told),
};

async fn order(current: &CurrentRows<'_>, keys: &[Option<String>]) -> Result<Vec<Json>, ExplainError> {
    let product = keys.first().and_then(Option::as_deref).unwrap_or_default();
    let location = keys.get(1).and_then(Option::as_deref);
    let mut named = vec![("product_id", product)];
    named.extend(location.map(|location| ("location_id", location)));
    let recommendations = current.read(&INVENTORY_RECOMMENDATIONS, &named, "location_id").await?;
    if recommendations.is_empty() {
        return Err(ExplainError::NotFound(format!(
            "no current recommendation for product `{product}`{}; the planned ones are in {}",
            location.map(|location| format!(" at `{location}`")).unwrap_or_default(),
            INVENTORY_RECOMMENDATIONS.name()
        )));
    }
    let mut chains = Vec::new();
    for recommendation in recommendations {
        let covers_until = text(&recommendation, "covers_until");
        let series = [("product_id", product), ("location_id", text(&recommendation, "location_id"))];
        let of_recommendation = [("recommendation_id", text(&recommendation, "recommendation_id"))];
        let steps = current.read(&INVENTORY_EXPLANATIONS, &of_recommendation, "step_no").await?;
        let mut forecast = current.read(&DEMAND_FORECASTS, &series, "step").await?;
        forecast.retain(|row| text(row, "period_start") == covers_until);
        let accuracy = current.read(&FORECAST_ACCURACY, &series, "forecast_as_of").await?;
        let exceptions = current.read(&INVENTORY_EXCEPTIONS, &series, "code").await?;
        let outcomes = current.read(&RECOMMENDATION_OUTCOMES, &series, "recommended_as_of").await?;
        let decisions = current.decisions(text(&recommendation, "recommendation_id")).await?;
        let (before, before_steps) = before(current, &series, text(&recommendation, "as_of")).await?;
        chains.push(json!({
            "recommendation": recommendation,
            "steps": steps,
            "forecast_up_to_covers_until": forecast,
            "forecast_accuracy": accuracy,
            "exceptions": exceptions,
            "earlier_advice": outcomes,
            "decisions": decisions,
            "recommendation_before": before,
            "steps_before": before_steps,
        }));
    }
    Ok(chains)
}

/// The same line in the plan before, with its steps.
async fn before(
    current: &CurrentRows<'_>,
    series: &[(&str, &str)],
    as_of: &str,
) -> Result<(Option<Row>, Vec<Row>), ExplainError> {
    let Ok(as_of) = as_of.parse() else { return Ok((None, Vec::new())) };
    let Some(date) = current.date_before(&INVENTORY_RECOMMENDATIONS, series, as_of).await? else {
        return Ok((None, Vec::new()));
    };
    let mut rows = current.read_of(&INVENTORY_RECOMMENDATIONS, series, "recommendation_id", Some(date)).await?;
    let Some(row) = rows.pop() else { return Ok((None, Vec::new())) };
    let of_recommendation = [("recommendation_id", text(&row, "recommendation_id"))];
    let steps = current.read_of(&INVENTORY_EXPLANATIONS, &of_recommendation, "step_no", Some(date)).await?;
    Ok((Some(row), steps))
}
