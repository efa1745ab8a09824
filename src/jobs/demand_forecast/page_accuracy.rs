//! The part of the page that says how good forecasts are.

use super::accuracy::{AccuracyRow, Basis, HorizonRow};
use super::dataset::DemandData;
use super::decision::Decision;
use super::facts::date_of;
use super::node_key::{ALL, PRODUCT_LOCATION, TOTAL};
use super::page_parts::{SHOWN_ROWS, column, figure, more_or_less, optional, percent, shown_name};
use crate::publication::{Cell, Section, TableView, Unit};

/// How good the last forecast was.
pub(super) fn grade(decision: &Decision) -> Section {
    let mut section = Section { heading: "How good the last forecast was".to_owned(), ..Section::default() };
    let Some(series) = decision.graded_level(PRODUCT_LOCATION).map(|row| row.score) else {
        section
            .text
            .push("No forecast can be graded yet: there are too few days of history for a backtest.".to_owned());
        return section;
    };
    let Some((wape, naive)) = series.wape().zip(series.naive_wape()) else {
        section.text.push("The last forecast cannot be graded: no demand was observed on its days.".to_owned());
        return section;
    };
    let what = match decision.graded().published_on {
        Some(day) => format!("The forecast of {} was", date_of(day)),
        None => "No publication is old enough to grade; in backtest the forecast was".to_owned(),
    };
    let covered = series
        .coverage_80()
        .map_or_else(String::new, |share| format!("; {} of the days were inside the 80 % band", percent(share)));
    section.text.push(format!(
        "{what} off by {} of demand per product, location and day, repeating last week by {} ({}){covered}.",
        percent(wape),
        percent(naive),
        more_or_less(wape / naive - 1.0).replace("more", "worse").replace("less", "better"),
    ));
    section.text.push(
        "Daily demand of one product at one location is mostly chance: the error of the perfect forecast is not zero. \
         Errors of sums are smaller."
            .to_owned(),
    );
    if let Some(total) = decision.graded_level(TOTAL).and_then(|row| row.score.wape()) {
        section.figures.push(figure("Error of the total", Some(total), Unit::Share, "WAPE per day"));
    }
    section.figures.push(figure("Error per product and location", Some(wape), Unit::Share, "WAPE per day"));
    section.figures.push(figure("The same for last week repeated", Some(naive), Unit::Share, "seasonal naive"));
    section.figures.push(figure("Bias", series.bias(), Unit::Share, "above 0: forecast too high"));
    section.tables.push(accuracy_table(decision));
    section.tables.extend(horizon_table(decision));
    section.text.extend(challenge_text(decision));
    section
}

/// The graded forecast of single series by days ahead, and by model where there are several.
fn horizon_table(decision: &Decision) -> Option<TableView> {
    let rows = decision.graded_horizons(PRODUCT_LOCATION);
    let cells = rows.iter().map(|row| {
        vec![
            Cell::Text(if row.method == ALL { "all models".to_owned() } else { row.method.clone() }),
            Cell::Text(format!("{} to {}", row.ahead.first, row.ahead.last)),
            Cell::Number(row.score.n_periods as f64),
            optional(row.score.wape()),
            optional(row.score.naive_wape()),
            optional(row.score.mase()),
            optional(row.score.bias()),
            optional(row.score.coverage_80()),
            optional(row.score.mean_pinball()),
        ]
    });
    (!rows.is_empty()).then(|| TableView {
        caption: "Single products at locations, by days ahead and model".to_owned(),
        columns: vec![
            column("Model", None),
            column("Days ahead", None),
            column("Node-days", Some(Unit::Count)),
            column("WAPE", Some(Unit::Share)),
            column("WAPE naive", Some(Unit::Share)),
            column("MASE", Some(Unit::Ratio)),
            column("Bias", Some(Unit::Share)),
            column("Inside 80 %", Some(Unit::Share)),
            column("Pinball loss", Some(Unit::Units)),
        ],
        rows: cells.collect(),
        total_rows: rows.len(),
    })
}

/// Champion against challenger, in one sentence, judged by the pinball loss: orders are made from quantiles.
fn challenge_text(decision: &Decision) -> Option<String> {
    let side = |basis: Basis| {
        let rows: Vec<&HorizonRow> = decision.accuracy.by_horizon.iter().filter(|row| row.basis == basis).collect();
        let (mut pinball, mut days) = (0.0, 0.0);
        for row in &rows {
            pinball += row.score.pinball;
            days += row.score.with_quantiles as f64;
        }
        Some((rows.first()?.method.clone(), (days > 0.0).then(|| pinball / days)?))
    };
    let (champion, own) = side(Basis::Champion)?;
    let (challenger, other) = side(Basis::Challenger)?;
    let verdict =
        if other < 0.98 * own { format!("consider `model = \"{challenger}\"`") } else { "it stays".to_owned() };
    Some(format!(
        "Tried beside it on a sample of series over the same rolling origins, the challenger `{challenger}` has a pinball loss of \
         {other:.4} units a day against {own:.4} of `{champion}`: {verdict}."
    ))
}

fn accuracy_table(decision: &Decision) -> TableView {
    let rows: Vec<&AccuracyRow> = decision.accuracy.nodes.iter().filter(|row| row.key.name == ALL).collect();
    let cells = rows.iter().map(|row| {
        vec![
            Cell::Text(if row.basis == Basis::Published { "published" } else { "backtest" }.to_owned()),
            Cell::Date(date_of(row.forecast_as_of)),
            Cell::Text(row.key.level.clone()),
            Cell::Number(row.score.n_periods as f64),
            optional(row.score.wape()),
            optional(row.score.naive_wape()),
            optional(row.score.bias()),
            optional(row.score.coverage_80()),
            optional(row.score.coverage_90()),
        ]
    });
    TableView {
        caption: "Accuracy per level, with the seasonal naive on the same days".to_owned(),
        columns: vec![
            column("Basis", None),
            column("Forecast as of", None),
            column("Level", None),
            column("Node-days", Some(Unit::Count)),
            column("WAPE", Some(Unit::Share)),
            column("WAPE naive", Some(Unit::Share)),
            column("Bias", Some(Unit::Share)),
            column("Inside 80 %", Some(Unit::Share)),
            column("Inside 90 %", Some(Unit::Share)),
        ],
        rows: cells.take(SHOWN_ROWS).collect(),
        total_rows: rows.len(),
    }
}

/// The series with the largest error beyond that of the seasonal naive, in units.
pub(super) fn worst_table(data: &DemandData, decision: &Decision) -> TableView {
    let mut rows: Vec<&AccuracyRow> = (decision.accuracy.nodes.iter())
        .filter(|row| row.basis == Basis::Backtest && row.series.is_some())
        .filter(|row| row.score.n_periods > 0)
        .collect();
    rows.sort_by(|left, right| {
        right.score.absolute_error.total_cmp(&left.score.absolute_error).then(left.key.name.cmp(&right.key.name))
    });
    let cells = rows.iter().take(SHOWN_ROWS).map(|row| {
        vec![
            Cell::Text(shown_name(data, &row.key.name)),
            Cell::Text(row.method.clone()),
            Cell::Number(row.score.absolute_error),
            optional(row.score.wape()),
            optional(row.score.naive_wape()),
            optional(row.score.mase()),
            optional(row.score.bias()),
        ]
    });
    TableView {
        caption: "Series with the largest errors in backtest".to_owned(),
        columns: vec![
            column("Series", None),
            column("Model", None),
            column("Units off", Some(Unit::Units)),
            column("WAPE", Some(Unit::Share)),
            column("WAPE naive", Some(Unit::Share)),
            column("MASE", Some(Unit::Ratio)),
            column("Bias", Some(Unit::Share)),
        ],
        rows: cells.collect(),
        total_rows: rows.len(),
    }
}
