//! The page, from the same numbers that are published.

use super::comparisons::{Comparison, more_or_less, with_last_forecast, with_recent_sales};
use super::decision::Decision;
use super::facts::DemandData;
use super::node::{Node, P10, P90};
use super::node_key::{ALL, PRODUCT_LOCATION, TOP_CATEGORY, TOTAL};
use super::page_accuracy::{SHOWN_ROWS, grade};
use super::units::in_unit;
use crate::page_kit::ViewRows;
use crate::publication::{BarChart, Chart, FanChart, FanPoint, Page, Section, TableView, Unit};
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
        grade: Some(grade(data, decision)),
        actions: actions(data, decision),
        changes: changes(data, decision),
        details: details(data, decision),
    }
}

fn headline(data: &DemandData, decision: &Decision) -> String {
    let Some(horizon) = decision.nodes.first().map(|total| total.mean.len()) else {
        return "Nothing to forecast".to_owned();
    };
    let recent = with_recent_sales(data, decision, TOTAL);
    let totals: Vec<&Node> = decision.nodes_of(TOTAL).collect();
    let is_mixed = totals.len() > 1;
    let total = |total: &Node| {
        let (low, high) = total.quantiles.total.last().map_or((0.0, 0.0), |levels| (levels[P10], levels[P90]));
        let [expected, low, high] = [total.expected(), low, high].map(|units| grouped(units.max(0.0), 0));
        let unit = if is_mixed { total.unit.as_str() } else { "units" };
        let mut text = format!("{expected} {unit} expected ({low} to {high} with 80 %)");
        let recent = recent.iter().find(|recent| recent.node == total.name());
        if let Some(relative) = recent.and_then(Comparison::relative) {
            text += &format!(", {} than the {horizon} days before", more_or_less(relative));
        }
        text
    };
    let totals: Vec<String> = totals.into_iter().map(total).collect();
    let mut text = format!("Next {horizon} days: {}", totals.join("; "));
    let categories = with_recent_sales(data, decision, TOP_CATEGORY);
    if let Some(most) = categories.first()
        && let Some(relative) = most.relative()
    {
        text += &format!("; {} changes most, {}", most.node, more_or_less(relative));
    }
    text
}

fn actions(data: &DemandData, decision: &Decision) -> Vec<Section> {
    let text = "Against the days before, as many as are forecast. Prepare shelves and staff where it rises; the inventory plan \
                orders from the same numbers.";
    let mut section = Section::headed("Where demand moves").saying([text]);
    for (level, caption) in COMPARED_LEVELS {
        let compared = with_recent_sales(data, decision, level);
        if !compared.is_empty() {
            section.tables.push(comparison_table(data, caption, &compared, "Units before"));
        }
    }
    vec![section]
}

fn changes(data: &DemandData, decision: &Decision) -> Vec<Section> {
    let mut section = Section::headed("Since the last forecast");
    let Some(total) = with_last_forecast(data, decision, TOTAL) else {
        return vec![section.saying(["There is no earlier forecast of these days."])];
    };
    for node in &total.nodes {
        let Some(relative) = node.relative() else { continue };
        let whole = if node.node == ALL { "in total".to_owned() } else { format!("of {}", node.node) };
        section.text.push(format!(
            "On the {} days that the forecast of {} also covers, {} is expected {whole}.",
            total.common_days,
            total.as_of,
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
    let mut table = ViewRows::of(compared.iter().take(SHOWN_ROWS))
        .text("What", |node| data.shown_name(&node.node))
        .number("Units expected", Unit::Units, |node| node.expected)
        .number(before, Unit::Units, |node| node.before)
        .number("Change", Unit::Share, Comparison::relative)
        .number("Worth", Unit::Money, |node| node.money);
    if compared.iter().any(|node| !node.why.is_empty()) {
        table = table.text("What we know of it", |node| node.why.as_str());
    }
    table.view_of(format!("{caption} by the money that the difference is worth"), compared.len())
}

fn details(data: &DemandData, decision: &Decision) -> Vec<Section> {
    let mut fans = Section::headed("Forecast");
    let mut categories: Vec<&Node> = decision.nodes_of(TOP_CATEGORY).collect();
    categories.sort_by(|left, right| right.expected().total_cmp(&left.expected()).then(left.name().cmp(right.name())));
    for node in decision.nodes_of(TOTAL).chain(categories.into_iter().take(SHOWN_CATEGORIES)) {
        fans.charts.push(Chart::Fan(fan(data, node)));
    }

    let chosen = decision.chosen();
    let text = "Few whole units a day are forecast as counts, each series' own level drawn to its neighbours'. Others take a \
                mixture of smoothing models and one boosted model over all series, in the shares that did best over rolling \
                origins. Week, year, events, promotions and price changes are learnt for the category first.";
    let mut models = Section::headed("Models").saying([text]);
    models.charts.push(Chart::Bars(BarChart {
        title: "Series per model".to_owned(),
        unit: Unit::Count,
        bars: chosen.into_iter().map(|(name, count)| (name, count as f64)).collect(),
    }));
    vec![fans, models]
}

fn fan(data: &DemandData, node: &Node) -> FanChart {
    let shown = node.history.len().min(HISTORY_ON_CHART);
    let history = (data.as_of + 1 - shown as i32).through(data.as_of).zip(&node.history[node.history.len() - shown..]);
    let point = |(ahead, mean): (usize, &f64)| FanPoint {
        date: (data.as_of + 1 + ahead as i32).date(),
        mean: *mean,
        lower: node.quantiles.per_period[ahead][P10],
        upper: node.quantiles.per_period[ahead][P90],
    };
    FanChart {
        title: match node.name() {
            ALL => "All products".to_owned(),
            _ if node.level() == TOTAL => in_unit("All products", &node.unit),
            name => name.to_owned(),
        },
        unit: Unit::Units,
        history: history.filter(|(_, units)| units.is_finite()).map(|(day, units)| (day.date(), *units)).collect(),
        forecast: node.mean.iter().enumerate().map(point).collect(),
        band: "80 % of days are expected inside".to_owned(),
    }
}
