//! Which customers of which past campaigns are learnt from.

use std::collections::BTreeMap;

use super::CouponTargets;
use super::facts::{Campaign, Facts};
use crate::job::RunContext;
use crate::models::uplift::unit_interval;

/// History that must lie before a campaign whose outcomes come from orders.
const DAYS_BEFORE: i32 = 28;

/// A customer in a past randomised campaign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TrainingRow {
    pub campaign: usize,
    pub customer: usize,
    pub treated: bool,
    pub converted: bool,
    /// Minor currency units; `None` when the campaign gives conversions only.
    pub spend: Option<f64>,
}

/// What is learnt from, and what was left aside.
#[derive(Debug, Default)]
pub(super) struct TrainingRows {
    pub rows: Vec<TrainingRow>,
    /// Indices of the campaigns in them.
    pub campaigns: Vec<usize>,
    /// Whether there was no campaign of the wanted kinds, so that all kinds are used.
    pub all_kinds: bool,
    /// Customers set aside because they were in another campaign at the same time.
    pub overlapping: u64,
    /// Customers set aside so that every campaign has the same share of treated.
    pub thinned: u64,
    /// Customers set aside because there are more than may be used.
    pub sampled_out: u64,
}

/// Gathers the rows.
pub(super) fn training_rows(params: &CouponTargets, ctx: &RunContext, facts: &Facts) -> TrainingRows {
    let complete: Vec<usize> = (0..facts.campaigns.len()).filter(|&at| usable(ctx, facts, at)).collect();
    let wanted =
        |campaign: &Campaign| campaign.own || params.train_on.is_empty() || params.train_on.contains(&campaign.kind);
    let of_kind: Vec<usize> = complete.iter().copied().filter(|&at| wanted(&facts.campaigns[at])).collect();
    let members: usize = of_kind.iter().map(|&at| facts.campaigns[at].members.len()).sum();
    let all_kinds = members < params.min_training_customers.get() as usize && of_kind.len() < complete.len();
    let campaigns = if all_kinds { complete } else { of_kind };
    let mut result = TrainingRows { all_kinds, ..TrainingRows::default() };
    let mut rows = without_overlap(ctx, facts, &campaigns);
    result.overlapping =
        campaigns.iter().map(|&at| facts.campaigns[at].members.len()).sum::<usize>() as u64 - rows.len() as u64;
    let before = rows.len();
    rows = equal_shares(ctx, facts, rows);
    result.thinned = (before - rows.len()) as u64;
    let limit = params.max_training_customers.get() as usize;
    if rows.len() > limit {
        result.sampled_out = (rows.len() - limit) as u64;
        rows = first_by_chance(ctx, facts, rows, limit);
    }
    rows.sort_by_key(|row| (row.campaign, row.customer));
    result.campaigns = campaigns.into_iter().filter(|at| rows.iter().any(|row| row.campaign == *at)).collect();
    result.rows = rows;
    result
}

/// Randomised, over, with two arms and with outcomes.
fn usable(ctx: &RunContext, facts: &Facts, at: usize) -> bool {
    let campaign = &facts.campaigns[at];
    let n_treated = campaign.members.iter().filter(|member| member.treated).count();
    let from_orders =
        facts.purchases.as_ref().is_some_and(|purchases| purchases.first_day + DAYS_BEFORE <= campaign.starts);
    let given = campaign.given.contains_key("conversion") || campaign.given.contains_key("spend");
    campaign.randomised
        && campaign.ends <= ctx.as_of.into()
        && n_treated > 0
        && n_treated < campaign.members.len()
        && (from_orders || given)
}

/// One row per customer among campaigns that overlap in time, drawn without looking at the arm. A control group that
/// several campaigns share is thereby divided among them.
fn without_overlap(ctx: &RunContext, facts: &Facts, campaigns: &[usize]) -> Vec<TrainingRow> {
    let mut by_customer: BTreeMap<usize, Vec<(usize, bool)>> = BTreeMap::new();
    for &at in campaigns {
        for member in &facts.campaigns[at].members {
            by_customer.entry(member.customer).or_default().push((at, member.treated));
        }
    }
    let salt = format!("coupon_targets/overlap/{}", ctx.seed);
    let mut rows = Vec::new();
    for (customer, entries) in by_customer {
        let id = &facts.customers[customer].id;
        let mut at = 0;
        while at < entries.len() {
            let mut end = at + 1;
            let mut last_day = facts.campaigns[entries[at].0].ends;
            while end < entries.len() && facts.campaigns[entries[end].0].starts <= last_day {
                last_day = last_day.max(facts.campaigns[entries[end].0].ends);
                end += 1;
            }
            let draw = unit_interval(&salt, &format!("{id}/{at}"));
            let (campaign, treated) = entries[at + ((draw * (end - at) as f64) as usize).min(end - at - 1)];
            rows.push(outcome(facts, campaign, customer, treated));
            at = end;
        }
    }
    rows
}

/// Outcome within the campaign: as given, else from orders.
fn outcome(facts: &Facts, at: usize, customer: usize, treated: bool) -> TrainingRow {
    let campaign = &facts.campaigns[at];
    let given = |metric: &str| campaign.given.get(metric).map(|values| values.get(&customer).copied().unwrap_or(0.0));
    let bought = facts.purchases.as_ref().map(|purchases| purchases.within(customer, campaign.starts, campaign.ends));
    let spend = given("spend").or(bought.map(|bought| bought.spend));
    let converted = given("conversion").map(|value| value > 0.0).or(bought.map(|bought| bought.orders > 0.0));
    let converted = converted.unwrap_or(spend.is_some_and(|spend| spend > 0.0));
    TrainingRow { campaign: at, customer, treated, converted, spend }
}

/// Thins the larger arm of each campaign to one share of treated, the one that keeps most precision
/// (`sum of n_treated n_control / (n_treated + n_control)`). Pooled arms of unequal shares would compare campaigns, not arms.
fn equal_shares(ctx: &RunContext, facts: &Facts, rows: Vec<TrainingRow>) -> Vec<TrainingRow> {
    let mut arms: BTreeMap<usize, [Vec<TrainingRow>; 2]> = BTreeMap::new();
    for row in rows {
        arms.entry(row.campaign).or_default()[usize::from(row.treated)].push(row);
    }
    arms.retain(|_, arms| arms.iter().all(|arm| !arm.is_empty()));
    let kept = |arms: &[Vec<TrainingRow>; 2], share: f64| {
        let (control, treated) = (arms[0].len() as f64, arms[1].len() as f64);
        let scale = (treated / share).min(control / (1.0 - share));
        [(scale * (1.0 - share)).round().min(control), (scale * share).round().min(treated)]
    };
    let precision = |share: f64| -> f64 {
        let of_campaign = |arms: &[Vec<TrainingRow>; 2]| {
            let [control, treated] = kept(arms, share);
            control * treated / (control + treated).max(1.0)
        };
        arms.values().map(of_campaign).sum()
    };
    let shares = arms.values().map(|arms| arms[1].len() as f64 / (arms[0].len() + arms[1].len()) as f64);
    let Some(best) = shares.max_by(|one, other| precision(*one).total_cmp(&precision(*other))) else {
        return Vec::new();
    };
    let mut result = Vec::new();
    for arms in arms.into_values() {
        for (arm, n) in kept(&arms, best).into_iter().zip(arms).map(|(n, arm)| (arm, n as usize)) {
            result.extend(first_by_chance(ctx, facts, arm, n));
        }
    }
    result
}

/// `n` of the rows, drawn at random.
fn first_by_chance(ctx: &RunContext, facts: &Facts, rows: Vec<TrainingRow>, n: usize) -> Vec<TrainingRow> {
    if rows.len() <= n {
        return rows;
    }
    let salt = format!("coupon_targets/sample/{}", ctx.seed);
    let name = |row: &TrainingRow| format!("{}/{}", facts.campaigns[row.campaign].id, facts.customers[row.customer].id);
    let mut drawn: Vec<(f64, TrainingRow)> =
        rows.into_iter().map(|row| (unit_interval(&salt, &name(&row)), row)).collect();
    drawn.sort_by(|one, other| {
        one.0.total_cmp(&other.0).then((one.1.campaign, one.1.customer).cmp(&(other.1.campaign, other.1.customer)))
    });
    drawn.truncate(n);
    drawn.into_iter().map(|(_, row)| row).collect()
}
