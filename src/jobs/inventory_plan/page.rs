//! The page: verdict, grade of earlier advice, what to do with money beside it, and how the orders came about.

use std::collections::BTreeMap;

use super::exceptions::{Exception, SupplierOrder};
use super::exports::{amount, columns, optional, supplier_stem, text, units};
use super::grading::{GradedLine, verdict_name};
use super::plan_line::Line;
use super::recommend::{Decision, total_value};
use super::tables::step_code;
use super::words::{count, money, number, percent};
use crate::models::inventory::{MILLI, Verdict, days_of_cover};
use crate::publication::{BarChart, Cell, Chart, Figure, Page, Section, TableView, Unit};

/// Rows of a table on the page; the files hold the rest.
pub(super) const ROWS_SHOWN: usize = 25;

pub(super) fn page(decision: &Decision<'_>, changes: Vec<Section>) -> Page {
    let mut actions = vec![orders(decision), supplier_totals(decision)];
    actions.extend(exception_sections(decision));
    Page {
        title: "Inventory plan".to_owned(),
        headline: headline(decision),
        grade: Some(grade(decision)),
        actions,
        changes,
        details: details(decision),
    }
}

fn headline(decision: &Decision<'_>) -> String {
    let currency = decision.ctx.currency;
    let today: Vec<&Line> = decision.lines.iter().filter(|line| line.is_ordered() && decision.is_today(line)).collect();
    let later: Vec<&Line> =
        decision.lines.iter().filter(|line| line.is_ordered() && !decision.is_today(line)).collect();
    let worth = |lines: &[&Line]| {
        total_value(lines.iter().copied())
            .map_or_else(|| "of unknown value".to_owned(), |value| format!("worth {}", money(value, currency)))
    };
    let suppliers = |lines: &[&Line]| {
        lines.iter().map(|line| &line.product.supplier_id).collect::<std::collections::BTreeSet<_>>().len()
    };
    let mut sentence = if today.is_empty() {
        "Nothing to order today".to_owned()
    } else {
        let suppliers = count(suppliers(&today), "supplier", "suppliers");
        format!("Order {} {} from {suppliers}", count(today.len(), "line", "lines"), worth(&today))
    };
    if !later.is_empty() {
        sentence.push_str(&format!(" ({} {} on later order days)", count(later.len(), "line", "lines"), worth(&later)));
    }
    let at_risk: Vec<&Exception> = decision.with_code(&["stock_out_now", "stock_out_risk"]).collect();
    if at_risk.is_empty() {
        return format!("{sentence}; no line is expected to run out before an order can arrive");
    }
    let lost: Vec<f64> = at_risk.iter().filter_map(|row| row.value).collect();
    let money_lost = if lost.is_empty() {
        String::new()
    } else {
        format!(", {} of sales at risk", money(lost.iter().sum(), currency))
    };
    format!("{sentence}; {} will run out before an order can arrive{money_lost}", count(at_risk.len(), "line", "lines"))
}

/// How earlier advice turned out, counted.
#[derive(Debug, Default)]
pub(super) struct Grade {
    counts: BTreeMap<Verdict, usize>,
    days_known: u64,
    days_out: u64,
    judged: usize,
    without_stock_out: usize,
}

impl Grade {
    pub(super) fn of(graded: &[GradedLine]) -> Self {
        let mut grade = Self::default();
        for line in graded {
            *grade.counts.entry(line.outcome.verdict).or_default() += 1;
            if line.outcome.verdict == Verdict::NotFollowed {
                continue;
            }
            grade.days_known += u64::from(line.days_known);
            grade.days_out += u64::from(line.stock_out_days);
            if let Some(days) = line.outcome.stock_out_days {
                grade.judged += 1;
                grade.without_stock_out += usize::from(days == 0);
            }
        }
        grade
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.counts.get(&verdict).copied().unwrap_or(0)
    }

    /// Good over good, too little and too much.
    pub(super) fn good_share(&self) -> Option<f64> {
        let good = self.count(Verdict::Good);
        let all = good + self.count(Verdict::TooLittle) + self.count(Verdict::TooMuch);
        (all > 0).then(|| good as f64 / all as f64)
    }

    pub(super) fn in_stock_share(&self) -> Option<f64> {
        (self.days_known > 0).then(|| 1.0 - self.days_out as f64 / self.days_known as f64)
    }
}

fn grade(decision: &Decision<'_>) -> Section {
    let heading = "How good was earlier advice".to_owned();
    let graded = &decision.graded;
    if graded.is_empty() {
        let why = match &decision.facts.previous {
            None => "There is no earlier plan to grade yet.".to_owned(),
            Some((day, _)) => format!(
                "No recommendation fell due for grading: since the plan of {day}, no order's covered days have ended that were not graded before."
            ),
        };
        return Section { heading, text: vec![why], ..Section::default() };
    }
    let tally = Grade::of(graded);
    let days: std::collections::BTreeSet<_> = graded.iter().map(|line| line.advice.recommended_as_of).collect();
    let made = match (days.first(), days.last()) {
        (Some(first), Some(last)) if first != last => format!("made between {first} and {last}"),
        (Some(only), _) => format!("made on {only}"),
        _ => String::new(),
    };
    let mut parts = Vec::new();
    for (verdict, word) in [
        (Verdict::Good, "good"),
        (Verdict::TooLittle, "too little"),
        (Verdict::TooMuch, "too much"),
        (Verdict::NotFollowed, "not followed"),
        (Verdict::Unknown, "not gradable"),
    ] {
        let n = tally.count(verdict);
        if n > 0 || verdict == Verdict::Good {
            parts.push(format!("{} {word}", count_only(n)));
        }
    }
    let promised: f64 = graded.iter().map(|line| line.advice.service_level).sum::<f64>() / graded.len() as f64;
    let mut sentences =
        vec![format!("Of {} {made}, {}.", count(graded.len(), "recommendation", "recommendations"), parts.join(", "))];
    if tally.judged > 0 {
        sentences.push(format!(
            "{} of them had no stock-out until the next order could arrive, against {} promised{}.",
            percent(tally.without_stock_out as f64 / tally.judged as f64),
            percent(promised),
            tally
                .in_stock_share()
                .map_or_else(String::new, |share| format!("; {} of line-days were in stock", percent(share)))
        ));
    }
    let unknown_orders = graded.iter().filter(|line| line.outcome.followed.is_none()).count();
    if unknown_orders > 0 {
        sentences.push(format!(
            "For {} it is not known what was ordered; they are graded as if followed. Load `open_orders` with `ordered_on` and `deliveries` with product and location.",
            count(unknown_orders, "recommendation", "recommendations")
        ));
    }
    let figures = vec![
        Figure {
            label: "Good advice".to_owned(),
            value: tally.good_share(),
            unit: Unit::Share,
            note: "of what was followed and could be graded".to_owned(),
        },
        Figure {
            label: "In stock".to_owned(),
            value: tally.in_stock_share(),
            unit: Unit::Share,
            note: "of line-days after the order arrived".to_owned(),
        },
    ];
    let mut worst: Vec<&GradedLine> =
        graded.iter().filter(|line| matches!(line.outcome.verdict, Verdict::TooLittle | Verdict::TooMuch)).collect();
    worst.sort_by(|left, right| {
        right
            .money
            .unwrap_or(-1.0)
            .total_cmp(&left.money.unwrap_or(-1.0))
            .then_with(|| left.advice.key.cmp(&right.advice.key))
    });
    let row = |line: &&GradedLine| {
        vec![
            text(&decision.name_of(&line.advice.key.product_id)),
            text(&line.advice.key.location_id),
            Cell::Date(line.advice.recommended_as_of),
            units(line.advice.order_quantity),
            text(&verdict_name(line.outcome.verdict).replace('_', " ")),
            line.money.map_or(Cell::Empty, Cell::Number),
            text(&line.explanation),
        ]
    };
    let tables = if worst.is_empty() {
        Vec::new()
    } else {
        vec![TableView {
            caption: "The most expensive misses: sales lost (estimated from expected demand) or cost of the excess"
                .to_owned(),
            columns: columns(&[
                ("Product", None),
                ("Location", None),
                ("Advised on", None),
                ("Advised", Some(Unit::Units)),
                ("Grade", None),
                ("Money", Some(Unit::Money)),
                ("Why", None),
            ]),
            rows: worst.iter().take(ROWS_SHOWN).map(row).collect(),
            total_rows: worst.len(),
        }]
    };
    Section { heading, text: sentences, figures, tables, ..Section::default() }
}

fn count_only(n: usize) -> String {
    if n == 1 { "1 was".to_owned() } else { format!("{} were", super::words::grouped(n as f64, 0)) }
}

impl Decision<'_> {
    pub(super) fn name_of(&self, product_id: &str) -> String {
        self.facts.products.get(product_id).map_or_else(|| product_id.to_owned(), |product| product.name.clone())
    }
}

fn orders(decision: &Decision<'_>) -> Section {
    let lines = decision.handed_out();
    let row = |line: &&Line| {
        vec![
            // What a planner orders from comes first: a phone shows three columns.
            text(&line.product.name),
            text(&line.key.location_id),
            units(line.plan.quantity_milli),
            text(line.urgency.name()),
            optional(line.product.supplier_id.as_deref()),
            Cell::Date(line.plan.order_on),
            Cell::Date(line.plan.arrives_on),
            amount(line.order_value),
            text(&line.explanation),
        ]
    };
    let table = TableView {
        caption: "Orders, most urgent first".to_owned(),
        columns: columns(&[
            ("Product", None),
            ("Location", None),
            ("Quantity", Some(Unit::Units)),
            ("Urgency", None),
            ("Supplier", None),
            ("Order on", None),
            ("Arrives on", None),
            ("Value", Some(Unit::Money)),
            ("Why", None),
        ]),
        rows: lines.iter().take(ROWS_SHOWN).map(row).collect(),
        total_rows: lines.len(),
    };
    let (sentence, tables) = if lines.is_empty() {
        ("Stock suffices everywhere: no line needs an order.".to_owned(), Vec::new())
    } else {
        ("Every supplier has a file of its own, ready to send; orders for later days are planned again each night until then.".to_owned(), vec![table])
    };
    Section { heading: "What to order".to_owned(), text: vec![sentence], tables, ..Section::default() }
}

fn supplier_totals(decision: &Decision<'_>) -> Section {
    let row = |order: &SupplierOrder| {
        let verdict = match (order.minimum, order.check.is_met()) {
            (None, _) => "no minimum known".to_owned(),
            (Some(_), true) => "meets the minimum".to_owned(),
            (Some(_), false) => format!("{} short", money(order.check.shortfall, decision.ctx.currency)),
        };
        let is_known = order.lines > order.check.lines_without_cost;
        vec![
            text(&order.name),
            Cell::Date(order.order_on),
            Cell::Number(order.lines as f64),
            if is_known { Cell::Number(order.check.order_value) } else { Cell::Empty },
            amount(order.minimum),
            text(&verdict),
            text(&supplier_stem(order.supplier_id.as_deref(), order.order_on)),
        ]
    };
    let short = decision.suppliers.iter().filter(|order| !order.check.is_met()).count();
    let sentence = match (decision.suppliers.len(), short) {
        (0, _) => "No supplier gets an order.".to_owned(),
        (n, 0) => format!("{}; none falls short of a known minimum.", count(n, "order", "orders")),
        (n, short) => format!(
            "{}; {} short of the supplier's minimum.",
            count(n, "order", "orders"),
            count(short, "falls", "fall")
        ),
    };
    let mut orders: Vec<&SupplierOrder> = decision.suppliers.iter().collect();
    orders.sort_by(|left, right| {
        right
            .check
            .order_value
            .total_cmp(&left.check.order_value)
            .then_with(|| left.supplier_id.cmp(&right.supplier_id))
    });
    let table = TableView {
        caption: "Order value per supplier and order day".to_owned(),
        columns: columns(&[
            ("Supplier", None),
            ("Order on", None),
            ("Lines", Some(Unit::Count)),
            ("Value", Some(Unit::Money)),
            ("Minimum", Some(Unit::Money)),
            ("Verdict", None),
            ("File", None),
        ]),
        rows: orders.iter().take(ROWS_SHOWN).map(|order| row(order)).collect(),
        total_rows: orders.len(),
    };
    let tables = if orders.is_empty() { Vec::new() } else { vec![table] };
    Section { heading: "Suppliers".to_owned(), text: vec![sentence], tables, ..Section::default() }
}

fn exception_sections(decision: &Decision<'_>) -> Vec<Section> {
    let groups: [(&str, &[&str]); 4] = [
        ("Running out before an order can arrive", &["stock_out_now", "stock_out_risk"]),
        ("Too much stock", &["overstock"]),
        ("Late orders and supplier minimums", &["late_order", "supplier_minimum_not_met"]),
        (
            "Facts to mend",
            &[
                "negative_stock",
                "stale_stock",
                "missing_lead_time",
                "no_stock_level",
                "no_forecast",
                "unusable_forecast",
                "missing_cost",
                "unknown_product",
            ],
        ),
    ];
    let mut sections = Vec::new();
    for (heading, codes) in groups {
        let rows: Vec<&Exception> = decision.with_code(codes).collect();
        if rows.is_empty() {
            continue;
        }
        let known: Vec<f64> =
            rows.iter().filter(|row| row.code != "negative_stock").filter_map(|row| row.value).collect();
        let worth = if known.is_empty() {
            String::new()
        } else {
            format!(", {} at stake", money(known.iter().sum(), decision.ctx.currency))
        };
        let row = |exception: &&Exception| {
            vec![
                text(&exception.code.replace('_', " ")),
                exception.product_id.as_ref().map_or(Cell::Empty, |id| text(&decision.name_of(id))),
                optional(exception.location_id.as_deref()),
                optional(exception.supplier_id.as_deref()),
                exception.first_on.map_or(Cell::Empty, Cell::Date),
                exception.quantity.map_or(Cell::Empty, Cell::Number),
                exception.value.map_or(Cell::Empty, Cell::Number),
                text(&exception.text),
            ]
        };
        let table = TableView {
            caption: heading.to_owned(),
            columns: columns(&[
                ("What", None),
                ("Product", None),
                ("Location", None),
                ("Supplier", None),
                ("From", None),
                ("Quantity", Some(Unit::Units)),
                ("Value", Some(Unit::Money)),
                ("What to do", None),
            ]),
            rows: rows.iter().take(ROWS_SHOWN).map(row).collect(),
            total_rows: rows.len(),
        };
        let sentence = format!("{}{worth}.", count(rows.len(), "exception", "exceptions"));
        sections.push(Section {
            heading: heading.to_owned(),
            text: vec![sentence],
            tables: vec![table],
            ..Section::default()
        });
    }
    sections
}

fn details(decision: &Decision<'_>) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut by_supplier: BTreeMap<&str, f64> = BTreeMap::new();
    for order in &decision.suppliers {
        *by_supplier.entry(&order.name).or_default() += order.check.order_value;
    }
    let mut bars: Vec<(String, f64)> = by_supplier
        .into_iter()
        .filter(|(_, value)| *value > 0.0)
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    bars.sort_by(|left, right| right.1.total_cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    bars.truncate(ROWS_SHOWN);
    let mut charts = Vec::new();
    if !bars.is_empty() {
        charts.push(Chart::Bars(BarChart { title: "Order value per supplier".to_owned(), unit: Unit::Money, bars }));
    }
    if !decision.lines.is_empty() {
        charts.push(Chart::Bars(BarChart {
            title: "Lines by days of cover, before tonight's orders".to_owned(),
            unit: Unit::Count,
            bars: cover(decision),
        }));
        sections.push(Section { heading: "Orders and cover".to_owned(), charts, ..Section::default() });
    }
    let example = decision.handed_out().into_iter().max_by_key(|line| (line.plan.steps.len(), line.order_value));
    sections.extend(example.map(|line| worked_example(decision, line)));
    sections
}

/// Lines by how long stock on hand lasts at mean demand.
fn cover(decision: &Decision<'_>) -> Vec<(String, f64)> {
    let levels = super::forecasts::levels();
    let edges: [(f64, &str); 6] = [
        (0.0, "none"),
        (7.0, "up to 1 week"),
        (14.0, "up to 2 weeks"),
        (28.0, "up to 4 weeks"),
        (60.0, "up to 60 days"),
        (f64::INFINITY, "longer"),
    ];
    let mut counts = [0.0; 6];
    for line in &decision.lines {
        let available = line.stock.on_hand.max(0) - line.stock.reserved;
        let forecast = decision.facts.forecasts.get(&line.key);
        let days =
            forecast.and_then(|forecast| days_of_cover(available, &forecast.outlook(&levels))).unwrap_or(f64::INFINITY);
        let place = edges.iter().position(|(edge, _)| days <= *edge).unwrap_or(edges.len() - 1);
        counts[place] += 1.0;
    }
    edges.iter().zip(counts).map(|((_, label), n)| ((*label).to_owned(), n)).collect()
}

fn worked_example(decision: &Decision<'_>, line: &Line) -> Section {
    let mut running = 0;
    let row = |step: &crate::models::inventory::Step| {
        running += step.delta_milli;
        vec![text(&step_code(step.code).replace('_', " ")), units(step.delta_milli), units(running), text(&step.text)]
    };
    let rows: Vec<Vec<Cell>> = line.plan.steps.iter().map(row).collect();
    let sentences = vec![
        format!("{} at {}. {}.", line.product.name, line.key.location_id, line.explanation),
        format!(
            "Lead time: {} days on average, 90 % within {}, from {}; forecast: {} of {}.",
            number((line.lead_time.mean_days * 10.0).round() / 10.0),
            line.lead_time.planning_days,
            match line.lead_time_basis {
                "deliveries" => count(line.lead_time.n_observed, "delivery", "deliveries"),
                "quoted" => "the supplier's quote".to_owned(),
                _ => "the default of this job".to_owned(),
            },
            line.forecast_method,
            decision.facts.forecast_as_of
        ),
        format!("Order-up-to level: {} units.", number(line.plan.order_up_to_milli as f64 / MILLI)),
    ];
    let table = TableView {
        caption: "How one order came about; the steps sum to the order".to_owned(),
        columns: columns(&[
            ("Step", None),
            ("Quantity", Some(Unit::Units)),
            ("Running", Some(Unit::Units)),
            ("Meaning", None),
        ]),
        total_rows: rows.len(),
        rows,
    };
    Section { heading: "One order, worked".to_owned(), text: sentences, tables: vec![table], ..Section::default() }
}
