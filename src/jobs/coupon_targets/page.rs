//! The page: the verdict, what to upload, what it is expected to bring.

use super::eligibility::Fate;
use super::grade;
use super::page_details::{drop_section, evidence_section};
use super::recommend::Decision;
use super::selection::Selected;
use super::words::{column, count, money, percent};
use crate::job::RunContext;
use crate::publication::{Cell, Figure, Page, Section, TableView, Unit};

/// Parts into which the list is cut by value.
const PARTS: usize = 10;

/// Writes the page. No customer is named on it.
pub(super) fn page(ctx: &RunContext, decision: &Decision<'_>) -> Page {
    Page {
        title: "Coupon targets".to_owned(),
        headline: headline(ctx, decision),
        grade: Some(grade::section(ctx, decision.facts, decision.lists)),
        actions: vec![action(ctx, decision)],
        changes: changes(decision),
        details: [Some(drop_section(decision)), evidence_section(ctx, decision)].into_iter().flatten().collect(),
    }
}

fn headline(ctx: &RunContext, decision: &Decision<'_>) -> String {
    let (n, held_out) = (decision.count(Fate::Targeted), decision.count(Fate::HeldOut));
    let cost = money(ctx, decision.total(|row| row.cost));
    let reachable = decision.selection.passed_over.len() + decision.selection.selected.len();
    if reachable == 0 {
        return format!(
            "Send no coupons: none of {} customers may be written to today",
            count(decision.fates.len() as u64)
        );
    }
    if decision.selection.experiment {
        return if n == 0 {
            "Send no coupons: there is nothing to learn from yet, and the budget for an experiment does not buy one"
                .to_owned()
        } else {
            format!(
                "Send {} coupons as an experiment for about {cost}: there is nothing to learn from yet, so customers were drawn at random; {} held out by chance",
                count(n),
                count(held_out)
            )
        };
    }
    if n == 0 {
        return if decision.count(Fate::OverBudget) > 0 {
            "Send no coupons: the budget does not cover one".to_owned()
        } else {
            "Send no coupons: past campaigns do not promise more than a coupon costs".to_owned()
        };
    }
    format!(
        "Send {} coupons for an expected {cost} of at most {}: {} of margin expected after costs; {} held out by chance",
        count(n),
        money(ctx, super::selection::minor(ctx, decision.params.budget.get())),
        money(ctx, decision.total(|row| row.value)),
        count(held_out),
    )
}

fn action(ctx: &RunContext, decision: &Decision<'_>) -> Section {
    let head = decision.head;
    let n = decision.count(Fate::Targeted);
    let mut section = Section { heading: "Upload the list".to_owned(), ..Section::default() };
    if n == 0 {
        section.text.push("There is nothing to upload today: the file holds no rows.".to_owned());
        return section;
    }
    section.text = vec![
        format!(
            "Upload coupon-list-{}.csv to the CRM and send offer {} between {} and {}. `external_id` is the customer.",
            head.campaign_id, head.offer_id.as_deref().unwrap_or("-"), head.send_after, head.send_before
        ),
        "Give each message its `idempotency_key`: a CRM that refuses a key twice cannot send a coupon twice.".to_owned(),
        "Do not add the customers who are held out: the difference between them and the list is what shows next time whether it paid.".to_owned(),
        format!("The effect is counted from {} to {}.", head.starts_on, head.ends_on),
    ];
    let figure = |label: &str, value: f64, unit: Unit, note: String| Figure {
        label: label.to_owned(),
        value: Some(value),
        unit,
        note,
    };
    let explorers = decision.selection.selected.iter().filter(|row| row.treated && row.exploration).count();
    section.figures = vec![
        figure("Coupons", n as f64, Unit::Count, format!("{} of them drawn at random", count(explorers as u64))),
        figure(
            "Expected cost",
            decision.total(|row| row.cost),
            Unit::Money,
            "contacts, and discounts if whoever orders redeems".to_owned(),
        ),
    ];
    if !decision.selection.experiment {
        let note = decision.margin_share.map_or_else(String::new, |share| format!("at a margin of {}", percent(share)));
        section.figures.push(figure("Expected margin after costs", decision.total(|row| row.value), Unit::Money, note));
    }
    let chance = format!("probability {}", percent(head.holdout_share));
    section.figures.push(figure("Held out", decision.count(Fate::HeldOut) as f64, Unit::Count, chance));
    if !decision.selection.experiment {
        section.tables.push(parts(ctx, decision));
    }
    section
}

/// The list in ten parts by rank.
fn parts(ctx: &RunContext, decision: &Decision<'_>) -> TableView {
    let ranked: Vec<&Selected> =
        decision.selection.selected.iter().filter(|row| row.treated && !row.exploration).collect();
    let explorers: Vec<&Selected> =
        decision.selection.selected.iter().filter(|row| row.treated && row.exploration).collect();
    let uplift_unit = match decision.params.metric {
        super::UpliftMetric::Conversion => Unit::Share,
        super::UpliftMetric::Spend => Unit::Money,
    };
    let row = |label: String, part: &[&Selected]| {
        let n = part.len().max(1) as f64;
        let sum = |of: fn(&Selected) -> f64| part.iter().map(|row| of(row)).sum::<f64>();
        vec![
            Cell::Text(label),
            Cell::Number(part.len() as f64),
            Cell::Number(sum(|row| row.uplift) / n),
            Cell::Number(sum(|row| row.cost)),
            Cell::Number(sum(|row| row.value)),
        ]
    };
    let cut = |part: usize| part * ranked.len() / PARTS;
    let mut rows: Vec<Vec<Cell>> = (0..PARTS)
        .filter(|&part| cut(part) < cut(part + 1))
        .map(|part| {
            row(
                format!("ranks {} to {}", count(cut(part) as u64 + 1), count(cut(part + 1) as u64)),
                &ranked[cut(part)..cut(part + 1)],
            )
        })
        .collect();
    if !explorers.is_empty() {
        rows.push(row("drawn at random".to_owned(), &explorers));
    }
    TableView {
        caption: format!("The list in tenths, best value per {} of cost first", ctx.currency.code()),
        columns: vec![
            column("Part of the list", None),
            column("Customers", Some(Unit::Count)),
            column("Expected uplift each", Some(uplift_unit)),
            column("Expected cost", Some(Unit::Money)),
            column("Expected margin after costs", Some(Unit::Money)),
        ],
        total_rows: rows.len(),
        rows,
    }
}

fn changes(decision: &Decision<'_>) -> Vec<Section> {
    let Some((day, n_before)) = grade::previous(decision.facts, &decision.head.campaign_id) else { return Vec::new() };
    let text = format!(
        "{} coupons after {} on the list of {day}. {} customers rest because a list of ours reached them in the last {} days.",
        count(decision.count(Fate::Targeted)),
        count(n_before),
        count(decision.count(Fate::ContactedRecently)),
        decision.params.contact_window_days.get(),
    );
    vec![Section { heading: "Since the last list".to_owned(), text: vec![text], ..Section::default() }]
}
