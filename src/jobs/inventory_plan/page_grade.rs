//! How good earlier advice was.

use std::collections::BTreeSet;

use super::balance::{self, Balance};
use super::decision::{Decision, ROWS_SHOWN};
use super::grade_tally::GradeTally;
use super::grading::{GradedLine, verdict_name};
use crate::models::inventory::Verdict;
use crate::page_kit::{ViewRows, figure};
use crate::publication::{Section, TableView, Unit};
use crate::words::{count, counted, short_percent};

/// The verdicts as they are told, in this order.
const TOLD: [(Verdict, &str); 5] = [
    (Verdict::Good, "good"),
    (Verdict::TooLittle, "too little"),
    (Verdict::TooMuch, "too much"),
    (Verdict::NotFollowed, "not followed"),
    (Verdict::Unknown, "not gradable"),
];

pub(super) fn section(decision: &Decision<'_>) -> Section {
    let section = Section::headed("How good was earlier advice");
    let graded = &decision.graded;
    if graded.is_empty() {
        return section.saying([nothing_due(decision)]);
    }
    let tally = GradeTally::of(graded);
    let good = "of what was followed and could be graded";
    let figures = vec![
        figure("Good advice", tally.good_share(), Unit::Share, good),
        figure("In stock", tally.in_stock_share(), Unit::Share, "of line-days after the order arrived"),
    ];
    let section = section
        .saying([verdicts(graded, &tally)])
        .saying(service(graded, &tally))
        .saying(unknown_orders(graded))
        .saying(balance::served(graded))
        .saying(Balance::of(graded).told(decision.ctx.currency));
    Section { figures, tables: misses(decision).into_iter().collect(), ..section }
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
    let days: BTreeSet<_> = graded.iter().map(|line| line.advice.published.as_of).collect();
    let made = match (days.first(), days.last()) {
        (Some(first), Some(last)) if first != last => format!("made between {first} and {last}"),
        (Some(only), _) => format!("made on {only}"),
        _ => String::new(),
    };
    let told = TOLD.iter().filter_map(|(verdict, word)| {
        let n = tally.count(*verdict);
        let were = if n == 1 { "was" } else { "were" };
        (n > 0 || *verdict == Verdict::Good).then(|| format!("{} {were} {word}", count(n as u64)))
    });
    let told: Vec<String> = told.collect();
    format!("Of {} {made}, {}.", counted(graded.len(), "recommendation", "recommendations"), told.join(", "))
}

/// What was promised against what was kept, where anything could be judged.
fn service(graded: &[GradedLine], tally: &GradeTally) -> Option<String> {
    let promised: f64 =
        graded.iter().map(|line| line.advice.published.service_level).sum::<f64>() / graded.len() as f64;
    let in_stock = |share: f64| format!("; {} of line-days were in stock", short_percent(share));
    Some(format!(
        "{} of them had no stock-out until the next order could arrive, against {} promised{}.",
        short_percent(tally.share_without_stock_out()?),
        short_percent(promised),
        tally.in_stock_share().map_or_else(String::new, in_stock)
    ))
}

fn unknown_orders(graded: &[GradedLine]) -> Option<String> {
    let n = graded.iter().filter(|line| line.outcome.followed.is_none()).count();
    (n > 0).then(|| format!(
        "For {} it is not known what was ordered; they are graded as if followed. Load `open_orders` with `ordered_on` and `deliveries` with product and location.",
        counted(n, "recommendation", "recommendations")
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
    let caption = "The most expensive misses: sales lost (estimated from expected demand) or cost of the excess";
    let view = ViewRows::of(misses.iter().take(ROWS_SHOWN).copied())
        .text("Product", |line| decision.name_of(&line.advice.key.product_id))
        .text("Location", |line| line.advice.key.location_id.as_str())
        .text("Advised on", |line| line.advice.published.as_of)
        .number("Advised", Unit::Units, |line| line.advice.published.order_quantity.units())
        .text("Grade", |line| verdict_name(line.outcome.verdict).replace('_', " "))
        .number("Money", Unit::Money, |line| line.money)
        .text("Why", |line| line.explanation.as_str());
    (!misses.is_empty()).then(|| view.view_of(caption, misses.len()))
}
