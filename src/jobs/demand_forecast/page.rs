//! The page, from the same numbers that are published.

use super::comparisons::{Comparison, with_last_forecast, with_recent_sales};
use super::dataset::DemandData;
use super::decision::Decision;
use super::facts::date_of;
use super::node::Node;
use super::node_key::{PRODUCT_LOCATION, TOP_CATEGORY, TOTAL};
use super::page_accuracy::{grade, worst_table};
use super::page_parts::{P10, P90, SHOWN_ROWS, column, more_or_less, optional, shown_name};
use crate::publication::{BarChart, Cell, Chart, FanChart, FanPoint, Page, Section, TableView, Unit};
use crate::words::grouped;

const SHOWN_CATEGORIES: usize = 4;
const HISTORY_ON_CHART: usize = 90;
/// The levels whose nodes are compared, with the captions of their tables.
const COMPARED_LEVELS: [(&str, &str); 2] = [(TOP_CATEGORY, "Categories"), (PRODUCT_LOCATION, "Products at locations")];

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
    let [expected, low, high] = [total.expected(), low, high].map(|units| grouped(units.max(0.0), 0));
    let mut text = format!("Next {horizon} days: {expected} units expected ({low} to {high} with 80 %)");
    let recent = with_recent_sales(data, decision, TOTAL);
    if let Some(relative) = recent.first().and_then(Comparison::relative) {
        text += &format!(", {} than the {horizon} days before", more_or_less(relative));
    }
    let categories = with_recent_sales(data, decision, TOP_CATEGORY);
    if let Some(most) = categories.first()
        && let Some(relative) = most.relative()
    {
        text += &format!("; {} changes most, {}", most.node, more_or_less(relative));
    }
    text
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
    for (level, caption) in COMPARED_LEVELS {
        let compared = with_recent_sales(data, decision, level);
        if !compared.is_empty() {
            section.tables.push(comparison_table(data, caption, &compared, "Units before"));
        }
    }
    vec![section]
}

fn changes(data: &DemandData, decision: &Decision) -> Vec<Section> {
    let mut section = Section { heading: "Since the last forecast".to_owned(), ..Section::default() };
    let Some(total) = with_last_forecast(data, decision, TOTAL) else {
        section.text.push("There is no earlier forecast of these days.".to_owned());
        return vec![section];
    };
    if let Some(relative) = total.nodes.first().and_then(Comparison::relative) {
        section.text.push(format!(
            "On the {} days that the forecast of {} also covers, {} is expected in total.",
            total.common_days,
            date_of(total.as_of),
            more_or_less(relative)
        ));
    }
    for (level, caption) in COMPARED_LEVELS {
        if let Some(last) = with_last_forecast(data, decision, level).filter(|last| !last.nodes.is_empty()) {
            section.tables.push(comparison_table(data, caption, &last.nodes, "Units in the last forecast"));
        }
    }
    vec![section]
}

fn comparison_table(data: &DemandData, caption: &str, compared: &[Comparison], before: &str) -> TableView {
    let explained = compared.iter().any(|node| !node.why.is_empty());
    let rows = compared.iter().take(SHOWN_ROWS).map(|node| {
        let mut row = vec![
            Cell::Text(shown_name(data, &node.node)),
            Cell::Number(node.expected),
            Cell::Number(node.before),
            optional(node.relative()),
            optional(node.money),
        ];
        row.extend(explained.then(|| Cell::Text(node.why.clone())));
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
        total_rows: compared.len(),
    }
}

fn details(data: &DemandData, decision: &Decision) -> Vec<Section> {
    let mut fans = Section { heading: "Forecast".to_owned(), ..Section::default() };
    let mut categories: Vec<&Node> = decision.nodes_of(TOP_CATEGORY).collect();
    categories.sort_by(|left, right| right.expected().total_cmp(&left.expected()).then(left.name().cmp(right.name())));
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
        title: if node.level() == TOTAL { "All products" } else { node.name() }.to_owned(),
        unit: Unit::Units,
        history: history.filter(|(_, units)| units.is_finite()).map(|(index, units)| (day(index), *units)).collect(),
        forecast: node.mean.iter().enumerate().map(point).collect(),
        band: "80 % of days are expected inside".to_owned(),
    }
}
