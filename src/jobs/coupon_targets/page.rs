//! The page: the verdict, what to upload, what it is expected to bring.

use super::decision::Decision;
use super::eligibility::Fate;
use super::grade;
use super::list_head::ListHead;
use super::page_details::{drop_section, evidence_section};
use super::selection::Selected;
use super::{UpliftMetric, beside};
use crate::job::Mode;
use crate::page_kit::{ViewRows, figure};
use crate::publication::{Page, Section, TableView, Unit};
use crate::words::{count, money, percent};

/// Parts into which the list is cut by value.
const PARTS: usize = 10;

/// Writes the page. No customer is named on it.
pub(super) fn page(decision: &Decision<'_>) -> Page {
    Page {
        title: "Coupon targets".to_owned(),
        headline: headline(decision),
        grade: Some(grade::section(decision.ctx, decision.facts, &decision.lists)),
        actions: [Some(action(decision)), beside::section(decision)].into_iter().flatten().collect(),
        changes: changes(decision),
        details: [Some(drop_section(decision)), evidence_section(decision)].into_iter().flatten().collect(),
    }
}

fn headline(decision: &Decision<'_>) -> String {
    let (n, held_out) = (decision.count(Fate::Targeted), decision.count(Fate::HeldOut));
    let money = |minor: f64| money(minor, decision.ctx.currency);
    let cost = money(decision.total(|row| row.cost));
    let reachable = decision.selection.passed_over.len() + decision.selection.selected.len();
    if reachable == 0 {
        let n = count(decision.fates.len() as u64);
        return format!("Send no coupons: none of {n} customers may be written to today");
    }
    if decision.selection.experiment && n == 0 {
        return "Send no coupons: there is nothing to learn from yet, and the budget for an experiment does not buy one"
            .to_owned();
    }
    if decision.selection.experiment {
        return format!(
            "Send {} coupons as an experiment for about {cost}: there is nothing to learn from yet, so customers were drawn at random; {} held out by chance",
            count(n),
            count(held_out)
        );
    }
    if n == 0 && decision.count(Fate::OverBudget) > 0 {
        return "Send no coupons: the budget does not cover one".to_owned();
    }
    if n == 0 {
        return "Send no coupons: past campaigns do not promise more than a coupon costs".to_owned();
    }
    format!(
        "Send {} coupons for an expected {cost} of at most {}: {} of margin expected after costs; {} held out by chance",
        count(n),
        money(decision.params.budget.minor(decision.ctx.currency)),
        money(decision.total(|row| row.value)),
        count(held_out),
    )
}

fn instructions(head: &ListHead) -> [String; 4] {
    [
        format!(
            "Upload coupon-list-{}.csv to the CRM and send offer {} between {} and {}. `external_id` is the customer.",
            head.campaign_id,
            head.offer_id.as_deref().unwrap_or("-"),
            head.send_after,
            head.send_before
        ),
        "Give each message its `idempotency_key`: a CRM that refuses a key twice cannot send a coupon twice.".to_owned(),
        "Do not add the customers who are held out: the difference between them and the list is what shows next time whether it paid.".to_owned(),
        format!("The effect is counted from {} to {}.", head.starts_on, head.ends_on),
    ]
}

fn action(decision: &Decision<'_>) -> Section {
    let head = &decision.head;
    let n = decision.count(Fate::Targeted);
    let section = Section::headed("Upload the list");
    if n == 0 {
        return section.saying(["There is nothing to upload today: the file holds no rows."]);
    }
    let mut section = match decision.ctx.mode {
        Mode::Live => section.saying(instructions(head)),
        Mode::Shadow => section.saying([
            "In the shadow there is no file to upload: what stands below is whom the list would have written to.",
        ]),
    };
    let explorers = count(decision.treated().filter(|row| row.exploration).count() as u64);
    let cost = decision.total(|row| row.cost);
    section.figures = vec![
        figure("Coupons", n as f64, Unit::Count, format!("{explorers} of them drawn at random")),
        figure("Expected cost", cost, Unit::Money, "contacts, and discounts if whoever orders redeems"),
    ];
    if !decision.selection.experiment {
        let note =
            decision.margin_share.map_or_else(String::new, |share| format!("at a margin of {}", percent(share, 1)));
        let value = decision.total(|row| row.value);
        section.figures.push(figure("Expected margin after costs", value, Unit::Money, note));
    }
    let chance = format!("probability {}", percent(head.holdout_share, 1));
    section.figures.push(figure("Held out", decision.count(Fate::HeldOut) as f64, Unit::Count, chance));
    if !decision.selection.experiment {
        section.tables.push(parts(decision));
    }
    section
}

/// A part of the list.
struct Part<'a> {
    label: String,
    members: &'a [&'a Selected],
}

impl Part<'_> {
    fn total(&self, of: fn(&Selected) -> f64) -> f64 {
        self.members.iter().map(|row| of(row)).sum()
    }
}

/// The list in ten parts by rank.
fn parts(decision: &Decision<'_>) -> TableView {
    let ranked: Vec<&Selected> = decision.treated().filter(|row| !row.exploration).collect();
    let explorers: Vec<&Selected> = decision.treated().filter(|row| row.exploration).collect();
    let cut = |part: usize| part * ranked.len() / PARTS;
    let mut parts: Vec<Part<'_>> = (0..PARTS)
        .map(|part| (cut(part), cut(part + 1)))
        .filter(|(from, to)| from < to)
        .map(|(from, to)| Part {
            label: format!("ranks {} to {}", count(from as u64 + 1), count(to as u64)),
            members: &ranked[from..to],
        })
        .collect();
    if !explorers.is_empty() {
        parts.push(Part { label: "drawn at random".to_owned(), members: &explorers });
    }
    let uplift_unit = match decision.params.metric {
        UpliftMetric::Conversion => Unit::Share,
        UpliftMetric::Spend => Unit::Money,
    };
    ViewRows::of(&parts)
        .text("Part of the list", |part| part.label.as_str())
        .number("Customers", Unit::Count, |part| part.members.len())
        .number("Expected uplift each", uplift_unit, |part| {
            part.total(|row| row.uplift) / part.members.len().max(1) as f64
        })
        .number("Expected cost", Unit::Money, |part| part.total(|row| row.cost))
        .number("Expected margin after costs", Unit::Money, |part| part.total(|row| row.value))
        .view(format!("The list in tenths, best value per {} of cost first", decision.ctx.currency.code()))
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
    vec![Section::headed("Since the last list").saying([text])]
}
