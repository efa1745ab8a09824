//! An order as one planner tells it to another.

use serde_json::Value as Json;

use crate::explain::{Row, text};

/// Earlier advice that is told.
const ADVICE_TOLD: usize = 3;

/// The record of `explain order`.
pub(super) fn told(record: &Json) -> Vec<String> {
    let empty = Row::new();
    let row = record["recommendation"].as_object().unwrap_or(&empty);
    let mut lines = vec![
        format!("{} at {}, plan of {}", text(row, "product_id"), text(row, "location_id"), text(row, "as_of")),
        String::new(),
        format!("{}.", text(row, "explanation")),
        when(row),
    ];
    lines.extend(sure(record, row));
    lines.extend(list(record, "decisions").map(decided));
    lines.push(String::new());
    lines.extend(list(record, "steps").map(step));
    let titled = [
        ("To look at", exceptions(record)),
        ("Earlier advice", advice(record)),
        ("Since the plan before", changes(record, row)),
    ];
    for (title, told) in titled.into_iter().filter(|(_, told)| !told.is_empty()) {
        lines.extend([String::new(), format!("{title}:")]);
        lines.extend(told.into_iter().map(|line| format!("  {line}")));
    }
    lines
}

fn list<'r>(record: &'r Json, name: &str) -> impl DoubleEndedIterator<Item = &'r Row> {
    record[name].as_array().into_iter().flatten().filter_map(Json::as_object)
}

fn number(row: &Row, column: &str) -> Option<f64> {
    row.get(column).and_then(Json::as_f64)
}

/// To a tenth, without a zero behind the point.
fn units(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").map(ToOwned::to_owned).unwrap_or(text);
    if text == "-0" { "0".to_owned() } else { text }
}

/// From whom, when, and what it is worth; or what happens without an order.
fn when(row: &Row) -> String {
    let runs_out = match text(row, "stock_out_on") {
        "" => "Without an order it lasts through the days that are looked at".to_owned(),
        day => format!("Without an order it is expected to run out on {day}"),
    };
    let (on, by) = (text(row, "arrives_on"), text(row, "arrives_by"));
    let arrives = match by {
        "" => format!("arrives on {on}"),
        by if by == on => format!("arrives by {on}"),
        by => format!("arrives on {on}, in nine of ten cases by {by}"),
    };
    let from = match text(row, "supplier_id") {
        "" => "no supplier".to_owned(),
        supplier => supplier.to_owned(),
    };
    let worth = match number(row, "order_value").filter(|value| *value > 0.0) {
        Some(value) => format!(", worth {value:.2}"),
        None => String::new(),
    };
    match number(row, "order_quantity") {
        Some(quantity) if quantity > 0.0 => {
            format!("From {from}, on {}: {arrives}{worth}. {runs_out}.", text(row, "order_on"))
        }
        _ => format!(
            "An order of {} would {}. {runs_out}.",
            text(row, "order_on"),
            arrives.replacen("arrives", "arrive", 1)
        ),
    }
}

/// How sure the demand is, and how good such forecasts were.
fn sure(record: &Json, row: &Row) -> Vec<String> {
    let mut said = Vec::new();
    // The totals of an older forecast begin earlier.
    let is_of_tonight = text(row, "forecast_as_of") == text(row, "as_of");
    if let Some(forecast) = list(record, "forecast_up_to_covers_until").next().filter(|_| is_of_tonight) {
        let of = |column: &str| number(forecast, column).map_or_else(|| "?".to_owned(), units);
        said.push(format!(
            "Until {} the forecast expects {} to sell: in nine of ten cases between {} and {} ({}).",
            text(row, "covers_until"),
            of("total_mean"),
            of("total_p05"),
            of("total_p95"),
            text(row, "forecast_method")
        ));
    }
    if let Some(share) = number(row, "expected_fill_rate") {
        let ordered = number(row, "order_quantity").is_some_and(|units| units > 0.0);
        let when = if ordered {
            "With this order, {} of what is asked for between its arrival and the next one's"
        } else {
            "Without an order, {} of what is asked for from the day on which one would arrive until the next one does"
        };
        let served = when.replacen("{}", &format!("{:.1} %", 100.0 * share), 1);
        said.push(format!("{served} is expected to be served from the shelf."));
    }
    let published = list(record, "forecast_accuracy").filter(|row| text(row, "basis") == "published");
    if let Some((scored, actual, forecast)) = published
        .filter_map(|row| Some((row, number(row, "actual")?, number(row, "forecast")?)))
        .max_by_key(|(row, ..)| text(row, "forecast_as_of").to_owned())
    {
        said.push(format!(
            "The forecast of {} said {} for the {} days after it; {} were sold.",
            text(scored, "forecast_as_of"),
            units(forecast),
            number(scored, "n_periods").map_or_else(|| "?".to_owned(), units),
            units(actual)
        ));
    }
    said
}

fn decided(decision: &Row) -> String {
    let mut said = format!("Decided: {}", text(decision, "action"));
    if let Some(quantity) = number(decision, "quantity") {
        said += &format!(" {}", units(quantity));
    }
    for (column, before) in [("until", " until "), ("reference", " as "), ("actor", " by "), ("reason", ": ")] {
        match text(decision, column) {
            "" => {}
            value => said += &format!("{before}{value}"),
        }
    }
    said
}

/// Quantity, running total, sentence.
fn step(row: &Row) -> String {
    let of = |column: &str| number(row, column).unwrap_or_default();
    format!("{:>+12.3} {:>12.3}  {}", of("quantity"), of("running"), text(row, "text"))
}

fn exceptions(record: &Json) -> Vec<String> {
    list(record, "exceptions").map(|row| format!("{}: {}", text(row, "severity"), text(row, "text"))).collect()
}

/// The newest first.
fn advice(record: &Json) -> Vec<String> {
    let told = |row: &Row| {
        let recommended = number(row, "recommended").map_or_else(|| "?".to_owned(), units);
        let ordered = match number(row, "ordered").map(units) {
            Some(ordered) if ordered != recommended => format!(", ordered {ordered}"),
            _ => String::new(),
        };
        let verdict = text(row, "verdict").replace('_', " ");
        format!(
            "{}: advised {recommended}{ordered}: {verdict}; {}",
            text(row, "recommended_as_of"),
            text(row, "explanation")
        )
    };
    list(record, "earlier_advice").rev().take(ADVICE_TOLD).map(told).collect()
}

/// What the order is made of in the plan before and now, where it moved the order by a tenth of a unit or more.
fn changes(record: &Json, row: &Row) -> Vec<String> {
    let Some(before) = record["recommendation_before"].as_object() else { return Vec::new() };
    let of = |row: &Row, column: &str| number(row, column).unwrap_or_default();
    let (was, is) = (of(before, "order_quantity"), of(row, "order_quantity"));
    let mut told = vec![format!("the plan of {} said {}, this one {}", text(before, "as_of"), units(was), units(is))];
    let moved = [
        ("expected_demand", "demand that it has to cover", 1.0),
        ("safety_stock", "safety stock", 1.0),
        ("on_hand", "on hand", -1.0),
        ("reserved", "reserved", 1.0),
        ("on_order", "on order", -1.0),
    ];
    for (column, name, sign) in moved {
        let (then, now) = (of(before, column), of(row, column));
        if (now - then).abs() >= 0.1 {
            let change = sign * (now - then);
            told.push(format!(
                "{:>+9.1}  {name}: {} then, {} now{}",
                change,
                units(then),
                units(now),
                covers(before, row, column)
            ));
        }
    }
    told
}

/// Over how many days, where that changed.
fn covers(before: &Row, row: &Row, column: &str) -> String {
    let days = |row: &Row| number(row, "protection_days").unwrap_or_default();
    if column == "expected_demand" && days(before) != days(row) {
        return format!(" (over {} days then, {} now)", units(days(before)), units(days(row)));
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::told;

    #[test]
    fn an_order_is_told_from_the_whole_to_the_parts() {
        let record = json!({
            "recommendation": {
                "product_id": "P1", "location_id": "L1", "as_of": "2026-11-22", "explanation": "Order 24 (2 packs of 12)",
                "supplier_id": "S1", "order_on": "2026-11-23", "arrives_on": "2026-11-25", "arrives_by": "2026-11-26",
                "forecast_as_of": "2026-11-22", "order_quantity": 24.0, "order_value": 12.5, "stock_out_on": "2026-11-27", "covers_until": "2026-11-30",
                "expected_demand": 40.0, "on_hand": 20.0, "forecast_method": "counts", "protection_days": 8,
                "expected_fill_rate": 0.9932,
            },
            "steps": [{ "step_no": 1, "quantity": 40.0, "running": 40.0, "text": "expected demand" }],
            "forecast_up_to_covers_until": [{ "total_mean": 40.04, "total_p05": 31.0, "total_p95": 55.0 }],
            "forecast_accuracy": [{
                "basis": "published", "forecast_as_of": "2026-10-25", "actual": 39.0, "forecast": 34.8, "n_periods": 28
            }],
            "earlier_advice": [{
                "recommended_as_of": "2026-11-01", "recommended": 12.0, "ordered": 6.0, "verdict": "too_little", "explanation": "why",
            }],
            "decisions": [{ "action": "change", "quantity": 36.0, "actor": "ann", "reason": "fair" }],
            "exceptions": [],
            "recommendation_before": {
                "as_of": "2026-11-21", "order_quantity": 12.0, "expected_demand": 35.0, "on_hand": 30.0, "protection_days": 7
            },
        });
        assert_eq!(
            told(&record),
            [
                "P1 at L1, plan of 2026-11-22",
                "",
                "Order 24 (2 packs of 12).",
                "From S1, on 2026-11-23: arrives on 2026-11-25, in nine of ten cases by 2026-11-26, worth 12.50. Without an order it is expected to run out on 2026-11-27.",
                "Until 2026-11-30 the forecast expects 40 to sell: in nine of ten cases between 31 and 55 (counts).",
                "With this order, 99.3 % of what is asked for between its arrival and the next one's is expected to be served from the shelf.",
                "The forecast of 2026-10-25 said 34.8 for the 28 days after it; 39 were sold.",
                "Decided: change 36 by ann: fair",
                "",
                "     +40.000       40.000  expected demand",
                "",
                "Earlier advice:",
                "  2026-11-01: advised 12, ordered 6: too little; why",
                "",
                "Since the plan before:",
                "  the plan of 2026-11-21 said 12, this one 24",
                "       +5.0  demand that it has to cover: 35 then, 40 now (over 7 days then, 8 now)",
                "      +10.0  on hand: 30 then, 20 now",
            ]
        );
    }
}
