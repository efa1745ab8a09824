//! How good earlier advice was.

use std::collections::BTreeSet;

use super::cells::{table, text, units};
use super::decision::Decision;
use super::grade_tally::GradeTally;
use super::grading::{GradedLine, verdict_name};
use super::words::{count, grouped, percent};
use crate::models::inventory::Verdict;
use crate::publication::{Cell, Figure, Section, TableView, Unit};

/// The verdicts as they are told, in this order.
const TOLD: [(Verdict, &str); 5] = [
    (Verdict::Good, "good"),
    (Verdict::TooLittle, "too little"),
    (Verdict::TooMuch, "too much"),
    (Verdict::NotFollowed, "not followed"),
    (Verdict::Unknown, "not gradable"),
];

pub(super) fn section(decision: &Decision<'_>) -> Section {
    let heading = "How good was earlier advice".to_owned();
    let graded = &decision.graded;
    if graded.is_empty() {
        return Section { heading, text: vec![nothing_due(decision)], ..Section::default() };
    }
    let tally = GradeTally::of(graded);
    let mut text = vec![verdicts(graded, &tally)];
    text.extend(service(graded, &tally));
    text.extend(unknown_orders(graded));
    let figure = |label: &str, value: Option<f64>, note: &str| Figure {
        label: label.to_owned(),
        value,
        unit: Unit::Share,
        note: note.to_owned(),
    };
    let figures = vec![
        figure("Good advice", tally.good_share(), "of what was followed and could be graded"),
        figure("In stock", tally.in_stock_share(), "of line-days after the order arrived"),
    ];
    Section { heading, text, figures, tables: misses(decision).into_iter().collect(), ..Section::default() }
}

fn nothing_due(decision: &Decision<'_>) -> String {
    match &decision.facts.previous {
        None => "There is no earlier plan to grade yet.".to_owned(),
        Some((day, _)) => format!(
            "No recommendation fell due for grading: since the plan of {day}, no order's covered days have ended that were not graded before."
        ),
    }
}

/// `Of 6 recommendations made on 2026-11-09, 5 were good, 1 was too little.`
fn verdicts(graded: &[GradedLine], tally: &GradeTally) -> String {
    let days: BTreeSet<_> = graded.iter().map(|line| line.advice.recommended_as_of).collect();
    let made = match (days.first(), days.last()) {
        (Some(first), Some(last)) if first != last => format!("made between {first} and {last}"),
        (Some(only), _) => format!("made on {only}"),
        _ => String::new(),
    };
    let told = TOLD.iter().filter_map(|(verdict, word)| {
        let n = tally.count(*verdict);
        let were = if n == 1 { "was" } else { "were" };
        (n > 0 || *verdict == Verdict::Good).then(|| format!("{} {were} {word}", grouped(n as f64, 0)))
    });
    let told: Vec<String> = told.collect();
    format!("Of {} {made}, {}.", count(graded.len(), "recommendation", "recommendations"), told.join(", "))
}

/// What was promised against what was kept, where anything could be judged.
fn service(graded: &[GradedLine], tally: &GradeTally) -> Option<String> {
    let promised: f64 = graded.iter().map(|line| line.advice.service_level).sum::<f64>() / graded.len() as f64;
    let in_stock = |share: f64| format!("; {} of line-days were in stock", percent(share));
    Some(format!(
        "{} of them had no stock-out until the next order could arrive, against {} promised{}.",
        percent(tally.share_without_stock_out()?),
        percent(promised),
        tally.in_stock_share().map_or_else(String::new, in_stock)
    ))
}

fn unknown_orders(graded: &[GradedLine]) -> Option<String> {
    let n = graded.iter().filter(|line| line.outcome.followed.is_none()).count();
    (n > 0).then(|| format!(
        "For {} it is not known what was ordered; they are graded as if followed. Load `open_orders` with `ordered_on` and `deliveries` with product and location.",
        count(n, "recommendation", "recommendations")
    ))
}

/// The most expensive ones first.
fn misses(decision: &Decision<'_>) -> Option<TableView> {
    let is_miss = |line: &&GradedLine| matches!(line.outcome.verdict, Verdict::TooLittle | Verdict::TooMuch);
    let mut misses: Vec<&GradedLine> = decision.graded.iter().filter(is_miss).collect();
    let money = |line: &GradedLine| line.money.unwrap_or(-1.0);
    misses.sort_by(|left, right| {
        money(right).total_cmp(&money(left)).then_with(|| left.advice.key.cmp(&right.advice.key))
    });
    let cells = |line: &&GradedLine| {
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
    let labels = [
        ("Product", None),
        ("Location", None),
        ("Advised on", None),
        ("Advised", Some(Unit::Units)),
        ("Grade", None),
        ("Money", Some(Unit::Money)),
        ("Why", None),
    ];
    let caption = "The most expensive misses: sales lost (estimated from expected demand) or cost of the excess";
    (!misses.is_empty()).then(|| table(caption, &labels, &misses, cells))
}
