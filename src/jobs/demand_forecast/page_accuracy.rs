//! The part of the page that says how good forecasts are.

use super::accuracy::{AccuracyRow, Basis, HorizonRow};
use super::comparisons::more_or_less;
use super::decision::Decision;
use super::facts::DemandData;
use super::node_key::{ALL, PRODUCT_LOCATION, TOTAL};
use super::units::in_unit;
use crate::page_kit::{ViewRows, figure};
use crate::publication::{Section, TableView, Unit};
use crate::words::percent;

/// Rows of a table that are shown.
pub(super) const SHOWN_ROWS: usize = 15;

/// Days before a forecast that its misses are compared with.
const DAYS_BEFORE: i32 = 28;

/// How good the last forecast was.
pub(super) fn grade(data: &DemandData, decision: &Decision) -> Section {
    let section = Section::headed("How good the last forecast was");
    let units: Vec<&AccuracyRow> = decision.graded_level(PRODUCT_LOCATION).collect();
    let Some(series) = units.first().map(|row| row.score) else {
        return section.saying(["No forecast can be graded yet: there are too few days of history for a backtest."]);
    };
    let Some((wape, naive)) = series.wape().zip(series.naive_wape()) else {
        return section.saying(["The last forecast cannot be graded: no demand was observed on its days."]);
    };
    let what = match decision.graded().published_on {
        Some(day) => format!("The forecast of {day} was"),
        None => "No publication is old enough to grade; in backtest the forecast was".to_owned(),
    };
    let verdict = |row: &AccuracyRow| {
        let (wape, naive) = row.score.wape().zip(row.score.naive_wape())?;
        let covered = row.score.coverage_80();
        let covered = covered
            .map_or_else(String::new, |share| format!("; {} of the days were inside the 80 % band", percent(share, 0)));
        let counted = if units.len() > 1 { format!(" in {}", row.unit) } else { String::new() };
        Some(format!(
            "off by {} of demand{counted} per product, location and day, repeating last week by {} ({}){covered}",
            percent(wape, 0),
            percent(naive, 0),
            more_or_less(wape / naive - 1.0).replace("more", "worse").replace("less", "better"),
        ))
    };
    let verdicts: Vec<String> = units.iter().filter_map(|row| verdict(row)).collect();
    let verdict = format!("{what} {}.", verdicts.join("; "));
    let chance = "Daily demand of one product at one location is mostly chance: the error of the perfect forecast is not zero. \
                  Errors of sums are smaller.";
    let mut section = section.saying([verdict, chance.to_owned()]).saying(challenge_text(decision));
    let per_day = match &units[..] {
        [_] | [] => "WAPE per day".to_owned(),
        [most, ..] => in_unit("WAPE per day", &most.unit),
    };
    if let Some(total) = decision.graded_level(TOTAL).next().and_then(|row| row.score.wape()) {
        section.figures.push(figure("Error of the total", total, Unit::Share, per_day.as_str()));
    }
    section.figures.push(figure("Error per product and location", wape, Unit::Share, per_day.as_str()));
    section.figures.push(figure("The same for last week repeated", naive, Unit::Share, "seasonal naive"));
    section.figures.push(figure("Bias", series.bias(), Unit::Share, "above 0: forecast too high"));
    section.tables.push(accuracy_table(decision));
    section.tables.extend(horizon_table(decision));
    section.tables.push(worst_table(data, decision));
    section
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

/// `total`, `category_1 in kg`.
fn level(row: &AccuracyRow) -> String {
    if row.key.name == ALL { row.key.level.clone() } else { in_unit(&row.key.level, &row.unit) }
}

/// Every level, on every basis.
fn accuracy_table(decision: &Decision) -> TableView {
    let rows: Vec<&AccuracyRow> = decision.accuracy.nodes.iter().filter(|row| row.is_whole).collect();
    ViewRows::of(rows.iter().copied().take(SHOWN_ROWS))
        .text("Basis", |row| row.basis.name())
        .text("Forecast as of", |row| row.forecast_as_of)
        .text("Level", level)
        .number("Node-days", Unit::Count, |row| row.score.n_periods)
        .number("WAPE", Unit::Share, |row| row.score.wape())
        .number("WAPE naive", Unit::Share, |row| row.score.naive_wape())
        .number("Bias", Unit::Share, |row| row.score.bias())
        .number("Inside 80 %", Unit::Share, |row| row.score.coverage_80())
        .number("Inside 90 %", Unit::Share, |row| row.score.coverage_90())
        .view_of("Accuracy per level, with the seasonal naive on the same days", rows.len())
}

/// The graded forecast of single series by days ahead, and by model where there are several.
fn horizon_table(decision: &Decision) -> Option<TableView> {
    let rows = decision.graded_horizons(PRODUCT_LOCATION);
    let view = ViewRows::of(rows.iter().copied())
        .text("Model", |row| if row.is_all { row.method.replacen(ALL, "all models", 1) } else { row.method.clone() })
        .text("Days ahead", |row| format!("{} to {}", row.ahead.first, row.ahead.last))
        .number("Node-days", Unit::Count, |row| row.score.n_periods)
        .number("WAPE", Unit::Share, |row| row.score.wape())
        .number("WAPE naive", Unit::Share, |row| row.score.naive_wape())
        .number("MASE", Unit::Ratio, |row| row.score.mase())
        .number("Bias", Unit::Share, |row| row.score.bias())
        .number("Inside 80 %", Unit::Share, |row| row.score.coverage_80())
        .number("Pinball loss", Unit::Units, |row| row.score.mean_pinball());
    (!rows.is_empty()).then(|| view.view("Single products at locations, by days ahead and model"))
}

/// Single series that the graded forecast missed by most, worst first: by the units that the sum over its days was off.
fn worst_table(data: &DemandData, decision: &Decision) -> TableView {
    let mut rows: Vec<&AccuracyRow> = decision.graded_nodes(PRODUCT_LOCATION).collect();
    let missed = |row: &AccuracyRow| (row.score.forecast - row.score.actual).abs();
    rows.sort_by(|left, right| missed(right).total_cmp(&missed(left)).then(left.key.name.cmp(&right.key.name)));
    let a_day = |row: &AccuracyRow, units: f64| Some(units / row.score.n_periods as f64);
    ViewRows::of(rows.iter().copied().take(SHOWN_ROWS))
        .text("Series", |row| data.shown_name(&row.key.name))
        .text("Model", |row| row.method.as_str())
        .number("Days", Unit::Count, |row| row.score.n_periods)
        .number("A day, forecast", Unit::Units, |row| a_day(row, row.score.forecast))
        .number("A day, demanded", Unit::Units, |row| a_day(row, row.score.actual))
        .number("A day, the 28 days before", Unit::Units, |row| before(data, row))
        .number("WAPE", Unit::Share, |row| row.score.wape())
        .number("WAPE naive", Unit::Share, |row| row.score.naive_wape())
        .view_of("Where it missed by most, the worst first", rows.len())
}

/// Units a day that were observed before the forecast of a publication was made; nothing of rolling origins, which are several.
fn before(data: &DemandData, row: &AccuracyRow) -> Option<f64> {
    let series = row.series.filter(|_| row.basis == Basis::Published).map(|index| &data.series[index])?;
    let days = (row.forecast_as_of + 1 - DAYS_BEFORE).through(row.forecast_as_of);
    let observed: Vec<f64> = days.map(|day| series.demand_on(day)).filter(|units| units.is_finite()).collect();
    (!observed.is_empty()).then(|| observed.iter().sum::<f64>() / observed.len() as f64)
}
