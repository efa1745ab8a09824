//! The page and the files, from the same numbers that are published.

use super::accuracy::{AccuracyRow, Basis, HorizonRow};
use super::changes::{Change, against_last, against_recent, node_value};
use super::dataset::DemandData;
use super::hierarchy::{ALL, Node, PRODUCT_LOCATION, TOTAL};
use super::published_rows::date_of;
use super::recommend::Decision;
use crate::job::RunContext;
use crate::publication::{
    BarChart, Cell, Chart, Export, ExportFormat, FanChart, FanPoint, Figure, Page, Section, TableView, Unit, ViewColumn,
};

const SHOWN_ROWS: usize = 15;
const SHOWN_CATEGORIES: usize = 4;
const HISTORY_ON_CHART: usize = 90;
const LARGEST_EXPORT: usize = 200_000;
/// Positions of p10 and p90 among the published quantiles.
const P10: usize = 1;
const P90: usize = 5;

/// The page.
pub(super) fn page(data: &DemandData, decision: &Decision) -> Page {
    Page {
        title: "Demand forecast".to_owned(),
        headline: headline(data, decision),
        grade: Some(grade(decision)),
        actions: actions(data, decision),
        changes: changes(data, decision),
        details: details(data, decision),
    }
}

fn headline(data: &DemandData, decision: &Decision) -> String {
    let Some(total) = decision.nodes.first() else { return "Nothing to forecast".to_owned() };
    let horizon = total.mean.len();
    let (low, high) = total.quantiles.total.last().map_or((0.0, 0.0), |levels| (levels[P10], levels[P90]));
    let expected: f64 = total.mean.iter().sum();
    let mut text = format!(
        "Next {horizon} days: {} units expected ({} to {} with 80 %)",
        count(expected),
        count(low),
        count(high)
    );
    let recent = against_recent(data, decision, TOTAL);
    if let Some(relative) = recent.first().and_then(Change::relative) {
        text += &format!(", {} than the {horizon} days before", more_or_less(relative));
    }
    let categories = against_recent(data, decision, "category_1");
    if let Some((change, relative)) = categories.first().and_then(|change| Some((change, change.relative()?))) {
        text += &format!("; {} changes most, {}", change.node, more_or_less(relative));
    }
    text
}

fn grade(decision: &Decision) -> Section {
    let mut section = Section { heading: "How good the last forecast was".to_owned(), ..Section::default() };
    let graded = decision.graded();
    let (basis, as_of) = graded.map_or((Basis::Backtest, None), |(basis, day)| (basis, Some(day)));
    let Some(series) = decision.level_row(basis, as_of, PRODUCT_LOCATION).map(|row| row.score) else {
        section
            .text
            .push("No forecast can be graded yet: there are too few days of history for a backtest.".to_owned());
        return section;
    };
    let Some((wape, naive)) = series.wape().zip(series.naive_wape()) else {
        section.text.push("The last forecast cannot be graded: no demand was observed on its days.".to_owned());
        return section;
    };
    let what = match as_of {
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
    if let Some(total) = decision.level_row(basis, as_of, TOTAL).and_then(|row| row.score.wape()) {
        section.figures.push(figure("Error of the total", Some(total), Unit::Share, "WAPE per day"));
    }
    section.figures.push(figure("Error per product and location", Some(wape), Unit::Share, "WAPE per day"));
    section.figures.push(figure("The same for last week repeated", Some(naive), Unit::Share, "seasonal naive"));
    section.figures.push(figure("Bias", series.bias(), Unit::Share, "above 0: forecast too high"));
    section.tables.push(accuracy_table(decision));
    section.tables.extend(horizon_table(decision, basis, as_of));
    section.text.extend(challenge_text(decision));
    section
}

/// The graded forecast of single series by days ahead, and by model where there are several.
fn horizon_table(decision: &Decision, basis: Basis, as_of: Option<i32>) -> Option<TableView> {
    let rows: Vec<&HorizonRow> = (decision.by_horizon.iter())
        .filter(|row| row.basis == basis && as_of.is_none_or(|day| row.forecast_as_of == day))
        .filter(|row| row.level == PRODUCT_LOCATION)
        .collect();
    let optional = |value: Option<f64>| value.map_or(Cell::Empty, Cell::Number);
    let cells = rows.iter().map(|row| {
        vec![
            Cell::Text(if row.method == ALL { "all models".to_owned() } else { row.method.clone() }),
            Cell::Text(format!("{} to {}", row.steps.0, row.steps.1)),
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
        let rows: Vec<&HorizonRow> = decision.by_horizon.iter().filter(|row| row.basis == basis).collect();
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
    let rows: Vec<&AccuracyRow> = decision.accuracy.iter().filter(|row| row.node == ALL).collect();
    let optional = |value: Option<f64>| value.map_or(Cell::Empty, Cell::Number);
    let cells = rows.iter().map(|row| {
        vec![
            Cell::Text(if row.basis == Basis::Published { "published" } else { "backtest" }.to_owned()),
            Cell::Date(date_of(row.forecast_as_of)),
            Cell::Text(row.level.clone()),
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

fn actions(data: &DemandData, decision: &Decision) -> Vec<Section> {
    let mut section = Section {
        heading: "Where demand moves".to_owned(),
        text: vec![
            "Against the days before, as many as are forecast. Prepare shelves and staff where it rises; the inventory plan \
             orders from the same numbers."
                .to_owned(),
        ],
        ..Section::default()
    };
    for (level, caption) in [("category_1", "Categories"), (PRODUCT_LOCATION, "Products at locations")] {
        let changes = against_recent(data, decision, level);
        if !changes.is_empty() {
            section.tables.push(change_table(data, caption, &changes, "Units before"));
        }
    }
    vec![section]
}

fn changes(data: &DemandData, decision: &Decision) -> Vec<Section> {
    let mut section = Section { heading: "Since the last forecast".to_owned(), ..Section::default() };
    let Some((total, days)) = against_last(data, decision, TOTAL) else {
        section.text.push("There is no earlier forecast of these days.".to_owned());
        return vec![section];
    };
    let as_of = data.earlier.first().map_or(data.as_of, |earlier| earlier.as_of);
    if let Some(relative) = total.first().and_then(Change::relative) {
        section.text.push(format!(
            "On the {days} days that the forecast of {} also covers, {} is expected in total.",
            date_of(as_of),
            more_or_less(relative)
        ));
    }
    for (level, caption) in [("category_1", "Categories"), (PRODUCT_LOCATION, "Products at locations")] {
        if let Some((changes, _)) = against_last(data, decision, level).filter(|(rows, _)| !rows.is_empty()) {
            section.tables.push(change_table(data, caption, &changes, "Units in the last forecast"));
        }
    }
    vec![section]
}

fn change_table(data: &DemandData, caption: &str, changes: &[Change], before: &str) -> TableView {
    let optional = |value: Option<f64>| value.map_or(Cell::Empty, Cell::Number);
    let explained = changes.iter().any(|change| !change.why.is_empty());
    let rows = changes.iter().take(SHOWN_ROWS).map(|change| {
        let mut row = vec![
            Cell::Text(shown_name(data, &change.node)),
            Cell::Number(change.expected),
            Cell::Number(change.before),
            optional(change.relative()),
            optional(change.money),
        ];
        row.extend(explained.then(|| Cell::Text(change.why.clone())));
        row
    });
    let mut columns = vec![
        column("What", None),
        column("Units expected", Some(Unit::Units)),
        column(before, Some(Unit::Units)),
        column("Change", Some(Unit::Share)),
        column("Worth", Some(Unit::Money)),
    ];
    columns.extend(explained.then(|| column("What we know of it", None)));
    TableView {
        caption: format!("{caption} by the money that the difference is worth"),
        columns,
        rows: rows.collect(),
        total_rows: changes.len(),
    }
}

fn details(data: &DemandData, decision: &Decision) -> Vec<Section> {
    let mut fans = Section { heading: "Forecast".to_owned(), ..Section::default() };
    let mut categories: Vec<&Node> = decision.nodes.iter().filter(|node| node.level == "category_1").collect();
    let size = |node: &Node| node.mean.iter().sum::<f64>();
    categories.sort_by(|left, right| size(right).total_cmp(&size(left)).then(left.name.cmp(&right.name)));
    for node in decision.nodes.iter().take(1).chain(categories.into_iter().take(SHOWN_CATEGORIES)) {
        fans.charts.push(Chart::Fan(fan(data, node)));
    }

    let chosen = decision.chosen();
    let mut models = Section {
        heading: "Models".to_owned(),
        text: vec![
            "Few whole units a day are forecast as counts, each series' own level drawn to its neighbours'. Others take a mixture of \
             smoothing models and one boosted model over all series, in the shares that did best over rolling origins. Week, \
             year, events, promotions and price changes are learnt for the category first."
                .to_owned(),
        ],
        ..Section::default()
    };
    models.charts.push(Chart::Bars(BarChart {
        title: "Series per model".to_owned(),
        unit: Unit::Count,
        bars: chosen.into_iter().map(|(name, count)| (name, count as f64)).collect(),
    }));
    models.tables.push(worst_table(data, decision));
    vec![fans, models]
}

/// The series with the largest error beyond that of the seasonal naive, in units.
fn worst_table(data: &DemandData, decision: &Decision) -> TableView {
    let mut rows: Vec<&AccuracyRow> = (decision.accuracy.iter())
        .filter(|row| row.basis == Basis::Backtest && row.series.is_some())
        .filter(|row| row.score.n_periods > 0)
        .collect();
    rows.sort_by(|left, right| {
        right.score.absolute_error.total_cmp(&left.score.absolute_error).then(left.node.cmp(&right.node))
    });
    let optional = |value: Option<f64>| value.map_or(Cell::Empty, Cell::Number);
    let cells = rows.iter().take(SHOWN_ROWS).map(|row| {
        vec![
            Cell::Text(shown_name(data, &row.node)),
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

/// `Corvo Shampoo 3 (P0047) @ L01` for a series whose product has a name, else the node as it is.
fn shown_name(data: &DemandData, node: &str) -> String {
    let Some((id, location)) = node.split_once(" @ ") else { return node.to_owned() };
    match data.products.get(id).map(|product| product.name.as_str()).filter(|name| *name != id) {
        Some(name) => format!("{name} ({id}) @ {location}"),
        None => node.to_owned(),
    }
}

fn fan(data: &DemandData, node: &Node) -> FanChart {
    let shown = node.history.len().min(HISTORY_ON_CHART);
    let history = node.history[node.history.len() - shown..].iter().enumerate();
    let day = |index: usize| date_of(data.as_of + 1 - shown as i32 + index as i32);
    let point = |(ahead, mean): (usize, &f64)| FanPoint {
        date: date_of(data.as_of + 1 + ahead as i32),
        mean: *mean,
        lower: node.quantiles.per_period[ahead][P10],
        upper: node.quantiles.per_period[ahead][P90],
    };
    FanChart {
        title: if node.level == TOTAL { "All products".to_owned() } else { node.name.clone() },
        unit: Unit::Units,
        history: history.filter(|(_, units)| units.is_finite()).map(|(index, units)| (day(index), *units)).collect(),
        forecast: node.mean.iter().enumerate().map(point).collect(),
        band: "80 % of days are expected inside".to_owned(),
    }
}

/// Every day of every series as a file.
pub(super) fn exports(ctx: &RunContext, data: &DemandData, decision: &Decision) -> Vec<Export> {
    let series: Vec<&Node> = decision.nodes.iter().filter(|node| node.is_series()).collect();
    if series.iter().map(|node| node.mean.len()).sum::<usize>() > LARGEST_EXPORT {
        return Vec::new();
    }
    let rows = series.iter().flat_map(|node| {
        let own = &data.series[node.children[0]];
        let name = data.products.get(&own.product_id).map_or(own.product_id.as_str(), |product| &product.name);
        let value = node_value(data, decision, node);
        (0..node.mean.len()).map(move |ahead| {
            vec![
                Cell::Text(own.product_id.clone()),
                Cell::Text(name.to_owned()),
                Cell::Text(own.location_id.clone()),
                Cell::Date(date_of(data.as_of + 1 + ahead as i32)),
                Cell::Number(node.mean[ahead]),
                Cell::Number(node.quantiles.per_period[ahead][P10]),
                Cell::Number(node.quantiles.per_period[ahead][P90]),
                value.map_or(Cell::Empty, |value| Cell::Number(value * node.mean[ahead])),
                Cell::Text(node.method.clone()),
            ]
        })
    });
    vec![Export {
        stem: "demand-forecast".to_owned(),
        formats: &[ExportFormat::Csv, ExportFormat::Xlsx],
        about: format!("Expected units of every product at every location on the days after {}", ctx.as_of),
        columns: vec![
            column("Product", None),
            column("Name", None),
            column("Location", None),
            column("Day", None),
            column("Units expected", Some(Unit::Units)),
            column("10 % are below", Some(Unit::Units)),
            column("90 % are below", Some(Unit::Units)),
            column("Revenue at recent prices", Some(Unit::Money)),
            column("Model", None),
        ],
        rows: rows.collect(),
    }]
}

fn column(label: &str, unit: Option<Unit>) -> ViewColumn {
    ViewColumn { label: label.to_owned(), unit }
}

fn figure(label: &str, value: Option<f64>, unit: Unit, note: &str) -> Figure {
    Figure { label: label.to_owned(), value, unit, note: note.to_owned() }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// `3 % more`, `12 % less`.
fn more_or_less(relative: f64) -> String {
    let word = if relative < 0.0 { "less" } else { "more" };
    format!("{} {word}", percent(relative.abs()))
}

/// `41,230`.
fn count(value: f64) -> String {
    let digits = format!("{:.0}", value.max(0.0));
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
