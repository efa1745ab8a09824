//! What earlier lists brought: spend of those written to against those held out.

use super::facts::{Campaign, Facts};
use crate::day::Day;
use crate::job::RunContext;
use crate::models::experiment::{Difference, Sample, normal_quantile, welch};
use crate::publication::{Chart, Interval, IntervalChart, Section, Unit};
use crate::words::{count, money};

/// Confidence of the intervals.
const LEVEL: f64 = 0.95;
/// Most lists in the chart.
const SHOWN: usize = 10;

/// One list, measured up to the as-of date.
#[derive(Clone, Debug)]
pub(super) struct GradedList {
    pub campaign_id: String,
    pub n_treated: u64,
    pub n_control: u64,
    pub complete: bool,
    /// Minor units per treated customer; `None` while there is nothing to compare.
    pub difference: Option<Difference>,
}

/// Our lists that have begun, newest first.
pub(super) fn graded_lists(ctx: &RunContext, facts: &Facts) -> Vec<GradedList> {
    let as_of = Day::from(ctx.as_of);
    let mut lists: Vec<GradedList> = facts
        .campaigns
        .iter()
        .filter(|campaign| campaign.own && campaign.starts <= as_of && !campaign.members.is_empty())
        .map(|campaign| graded(facts, campaign, as_of))
        .collect();
    lists.reverse();
    lists
}

fn graded(facts: &Facts, campaign: &Campaign, as_of: Day) -> GradedList {
    let spends = |wanted: bool| -> Vec<f64> {
        let Some(purchases) = &facts.purchases else { return Vec::new() };
        let members = campaign.members.iter().filter(|member| member.treated == wanted);
        members
            .map(|member| purchases.within(member.customer, campaign.starts, campaign.ends.min(as_of)).spend)
            .collect()
    };
    let of_arm = |wanted: bool| campaign.members.iter().filter(|member| member.treated == wanted).count() as u64;
    let (treated, control) = (Sample::from_values(&spends(true)), Sample::from_values(&spends(false)));
    GradedList {
        campaign_id: campaign.id.clone(),
        n_treated: of_arm(true),
        n_control: of_arm(false),
        complete: campaign.ends <= as_of,
        difference: welch(&treated, &control, LEVEL).ok(),
    }
}

/// The section of the page.
pub(super) fn section(ctx: &RunContext, facts: &Facts, lists: &[GradedList]) -> Section {
    let mut section = Section::headed("Did the last lists pay?");
    if lists.is_empty() {
        return section.saying(["No list of ours has begun yet, so there is none to grade."]);
    }
    if facts.purchases.is_none() {
        return section.saying([
            "Earlier lists cannot be graded: there is no dataset `customer_days` with what customers bought.",
        ]);
    }
    let money = |minor: f64| money(minor, ctx.currency);
    match pooled(lists) {
        Some(all) => section.text.push(format!(
            "Customers on our lists have so far spent {} more than those held out, with 95 % confidence between {} and {}: {} {}, {} customers written to, {} held out.",
            money(all.estimate), money(all.lower), money(all.upper),
            all.n_lists, if all.n_lists == 1 { "list" } else { "lists" }, count(all.n_treated), count(all.n_control),
        )),
        None => section.text.push("No earlier list can be compared yet: too few customers held out, or nobody has bought.".to_owned()),
    }
    if let Some(last) = lists.first() {
        let state = if last.complete { "is over" } else { "still runs" };
        let against = format!("{} written to, {} held out", count(last.n_treated), count(last.n_control));
        section.text.push(match &last.difference {
            Some(found) => format!(
                "The last one, {}, {state}: {} per customer written to (95 %: {} to {}; {against}).",
                last.campaign_id,
                money(found.estimate),
                money(found.lower),
                money(found.upper),
            ),
            None => format!("The last one, {}, {state} and cannot be compared yet ({against}).", last.campaign_id),
        });
    }
    let intervals = lists.iter().take(SHOWN).map(|list| Interval {
        label: format!("{}{}", list.campaign_id, if list.complete { "" } else { " (running)" }),
        estimate: list.difference.map(|found| found.estimate),
        lower: list.difference.map(|found| found.lower),
        upper: list.difference.map(|found| found.upper),
    });
    let title = "Extra spend per customer written to, with 95 % intervals".to_owned();
    section.charts.push(Chart::Intervals(IntervalChart {
        title,
        unit: Unit::Money,
        reference: 0.0,
        intervals: intervals.collect(),
    }));
    section
}

struct Pooled {
    estimate: f64,
    lower: f64,
    upper: f64,
    n_lists: usize,
    n_treated: u64,
    n_control: u64,
}

/// Total extra spend: the sum over lists of treated customers times difference, variances added.
fn pooled(lists: &[GradedList]) -> Option<Pooled> {
    let quantile = normal_quantile(f64::midpoint(1.0, LEVEL)).ok()?;
    let mut all = Pooled { estimate: 0.0, lower: 0.0, upper: 0.0, n_lists: 0, n_treated: 0, n_control: 0 };
    let mut variance = 0.0;
    for list in lists {
        let Some(found) = &list.difference else { continue };
        all.estimate += list.n_treated as f64 * found.estimate;
        variance += (list.n_treated as f64 * found.standard_error).powi(2);
        all.n_lists += 1;
        all.n_treated += list.n_treated;
        all.n_control += list.n_control;
    }
    all.lower = all.estimate - quantile * variance.sqrt();
    all.upper = all.estimate + quantile * variance.sqrt();
    (all.n_lists > 0).then_some(all)
}

/// The list before this one: its date and how many were written to.
pub(super) fn previous(facts: &Facts, campaign_id: &str) -> Option<(Day, u64)> {
    let last = facts.campaigns.iter().rfind(|campaign| campaign.own && campaign.id != campaign_id)?;
    Some((last.starts - 1, last.members.iter().filter(|member| member.treated).count() as u64))
}
