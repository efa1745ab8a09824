//! From those who may be written to, to the list and its holdout.

use super::eligibility::Fate;
use super::facts::{Facts, Offer};
use super::training::Training;
use super::{CouponTargets, UpliftMetric};
use crate::day::Day;
use crate::job::RunContext;
use crate::models::uplift::{Candidate, allocate, unit_interval};

/// Days of orders from which a customer's own rhythm is read.
const RHYTHM_DAYS: i32 = 365;

/// What the numbers of a list rest on.
#[derive(Clone, Debug)]
pub(super) struct Terms<'a> {
    pub offer: &'a Offer,
    /// `None` only for an experiment.
    pub margin_share: Option<f64>,
    /// Mean spend of a customer who orders, minor units.
    pub buyer_spend: Option<f64>,
    /// The name of the list.
    pub campaign_id: &'a str,
}

/// Somebody who was selected.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Selected {
    pub customer: usize,
    /// Expected effect, in the metric's unit; 0 in an experiment, where nothing is known.
    pub uplift: f64,
    /// Expected margin minus cost, minor units.
    pub value: f64,
    /// Expected cost, minor units.
    pub cost: f64,
    /// Chosen at random rather than for value.
    pub exploration: bool,
    /// Whether chance put them into the treatment arm.
    pub treated: bool,
}

/// The list.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    /// In order of rank, held-out customers among them.
    pub selected: Vec<Selected>,
    /// Those who may be written to but were not selected.
    pub passed_over: Vec<(usize, Fate)>,
    /// Whether this is a random list to learn from.
    pub experiment: bool,
    /// Most that any list within the budget could be worth, minor units.
    pub value_bound: f64,
}

#[derive(Clone, Copy, Debug)]
struct Estimate {
    uplift: f64,
    gross: f64,
    cost: f64,
}

/// Selects among `eligible`.
pub(super) fn select(
    params: &CouponTargets,
    ctx: &RunContext,
    facts: &Facts,
    training: &Training,
    terms: &Terms<'_>,
    eligible: &[usize],
) -> Selection {
    // A random order in which ties are broken: customer numbers often follow age.
    let salt = salt(ctx, terms, "order");
    let mut order: Vec<(f64, usize)> =
        eligible.iter().map(|&customer| (unit_interval(&salt, &facts.customers[customer].id), customer)).collect();
    order.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let order: Vec<usize> = order.into_iter().map(|(_, customer)| customer).collect();
    let estimates = estimates(params, ctx, facts, training, terms, &order);
    if training.learnt.is_some() {
        by_value(params, ctx, facts, terms, &order, &estimates)
    } else {
        experiment(params, ctx, facts, terms, &order, &estimates)
    }
}

fn by_value(
    params: &CouponTargets,
    ctx: &RunContext,
    facts: &Facts,
    terms: &Terms<'_>,
    order: &[usize],
    estimates: &[Estimate],
) -> Selection {
    let budget = params.budget.minor(ctx.currency);
    let for_exploration = budget * params.exploration_share.get();
    let candidates: Vec<Candidate> = estimates
        .iter()
        .enumerate()
        .map(|(customer, estimate)| Candidate { customer, expected_value: estimate.gross, cost: estimate.cost })
        .collect();
    let plan = allocate(&candidates, budget - for_exploration);
    let capacity = terms.offer.capacity.map_or(usize::MAX, |capacity| capacity as usize);
    let mut is_chosen = vec![false; order.len()];
    let mut list: Vec<(usize, bool)> = plan.chosen.iter().take(capacity).map(|&at| (at, false)).collect();
    for &(at, _) in &list {
        is_chosen[at] = true;
    }
    // Nobody worth writing to means that nobody is written to, not even to explore.
    let mut spent = 0.0;
    for (at, estimate) in estimates.iter().enumerate().filter(|_| !plan.chosen.is_empty()) {
        if !is_chosen[at] && list.len() < capacity && spent + estimate.cost <= for_exploration {
            spent += estimate.cost;
            is_chosen[at] = true;
            list.push((at, true));
        }
    }
    let salt = salt(ctx, terms, "holdout");
    let selected = list.into_iter().map(|(at, exploration)| {
        let treated = unit_interval(&salt, &facts.customers[order[at]].id) >= params.holdout_share.get();
        chosen(order[at], estimates[at], exploration, treated)
    });
    let passed_over = (0..order.len()).filter(|&at| !is_chosen[at]).map(|at| {
        let fate = if estimates[at].gross > estimates[at].cost { Fate::OverBudget } else { Fate::NotWorthIt };
        (order[at], fate)
    });
    Selection {
        selected: selected.collect(),
        passed_over: passed_over.collect(),
        experiment: false,
        value_bound: plan.net_value_bound,
    }
}

/// Random customers until the experiment's part of the budget is used up.
fn experiment(
    params: &CouponTargets,
    ctx: &RunContext,
    facts: &Facts,
    terms: &Terms<'_>,
    order: &[usize],
    estimates: &[Estimate],
) -> Selection {
    let limit = params.budget.minor(ctx.currency) * params.exploration_budget_share.get();
    let capacity = terms.offer.capacity.map_or(usize::MAX, |capacity| capacity as usize);
    let salt = salt(ctx, terms, "holdout");
    let mut selection = Selection { experiment: true, ..Selection::default() };
    let (mut spent, mut n_treated, mut full) = (0.0, 0, limit <= 0.0);
    for (&customer, &estimate) in order.iter().zip(estimates) {
        let treated = unit_interval(&salt, &facts.customers[customer].id) >= params.experiment_holdout_share.get();
        full |= treated && (spent + estimate.cost > limit || n_treated >= capacity);
        if full {
            selection.passed_over.push((customer, Fate::OverBudget));
            continue;
        }
        if treated {
            spent += estimate.cost;
            n_treated += 1;
        }
        selection.selected.push(chosen(customer, estimate, true, treated));
    }
    selection
}

fn chosen(customer: usize, estimate: Estimate, exploration: bool, treated: bool) -> Selected {
    let Estimate { uplift, gross, cost } = estimate;
    Selected { customer, uplift, value: gross - cost, cost, exploration, treated }
}

fn estimates(
    params: &CouponTargets,
    ctx: &RunContext,
    facts: &Facts,
    training: &Training,
    terms: &Terms<'_>,
    order: &[usize],
) -> Vec<Estimate> {
    let as_of = Day::from(ctx.as_of);
    let fallback = training.learnt.as_ref().map_or(1.0, |learnt| learnt.treated_conversion);
    let mut habits: Vec<f64> =
        order.iter().map(|&customer| habit(params, facts, customer, as_of).unwrap_or(fallback)).collect();
    let individual = training.uplift(facts, order, as_of);
    let average = training.learnt.as_ref().map_or(0.0, |learnt| learnt.effect.estimate);
    if individual.is_none() && training.learnt.is_some() {
        // Where customers cannot be told apart, their costs must not rank them either.
        let mean = habits.iter().sum::<f64>() / habits.len().max(1) as f64;
        habits.fill(mean);
    }
    habits
        .iter()
        .enumerate()
        .map(|(at, &habit)| {
            let uplift = individual.as_ref().map_or(average, |uplift| uplift[at]);
            estimate(params, ctx, terms, uplift, habit)
        })
        .collect()
}

/// Value and cost of one contact; the formulas stand in the documentation of the kind.
fn estimate(params: &CouponTargets, ctx: &RunContext, terms: &Terms<'_>, uplift: f64, habit: f64) -> Estimate {
    let margin = terms.margin_share.unwrap_or(0.0);
    let buyer_spend = terms.buyer_spend.unwrap_or(0.0);
    let extra = if params.metric == UpliftMetric::Conversion { uplift.max(0.0) } else { 0.0 };
    let purchase = (habit + extra).clamp(0.0, 1.0);
    let discount =
        purchase * if terms.offer.is_rate { terms.offer.value.min(1.0) * buyer_spend } else { terms.offer.value };
    let gross = match params.metric {
        UpliftMetric::Conversion => uplift * buyer_spend * margin,
        // `cost` takes the whole discount, which measured spend carries already: the margin's part of it is given back.
        UpliftMetric::Spend => (uplift + discount) * margin,
    };
    Estimate { uplift, gross, cost: params.contact_cost.minor(ctx.currency) + discount }
}

/// Chance of an order within the campaign's days without any offer, from the orders of the last year.
fn habit(params: &CouponTargets, facts: &Facts, customer: usize, as_of: Day) -> Option<f64> {
    let purchases = facts.purchases.as_ref()?;
    let since_joined = facts.customers[customer].joined.map_or(RHYTHM_DAYS, |joined| as_of - joined + 1);
    let observed = RHYTHM_DAYS.min(as_of - purchases.first_day + 1).min(since_joined).max(28);
    let orders = purchases.within(customer, as_of - observed + 1, as_of).orders.max(0.0);
    Some(1.0 - (-orders / f64::from(observed) * f64::from(params.campaign_days.get())).exp())
}

fn salt(ctx: &RunContext, terms: &Terms<'_>, purpose: &str) -> String {
    format!("{}/{}/{purpose}", terms.campaign_id, ctx.seed)
}
