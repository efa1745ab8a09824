//! Decides: filters, chooses the offer, selects, holds out.

use super::eligibility::{Fate, filter};
use super::facts::{Facts, Offer};
use super::grade::{GradedList, graded_lists};
use super::list_head::{ListHead, campaign_id};
use super::selection::{Selected, Selection, Terms, select};
use super::training::Training;
use super::{CouponTargets, UpliftMetric};
use crate::day::Day;
use crate::job::RunContext;
use crate::quantities::Share;

/// Everything that is published and told.
pub(super) struct Decision<'a> {
    pub params: &'a CouponTargets,
    pub ctx: &'a RunContext,
    pub facts: &'a Facts,
    pub training: &'a Training,
    pub head: ListHead,
    pub offer: Option<Offer>,
    pub margin_share: Option<f64>,
    pub selection: Selection,
    /// What happened to each customer.
    pub fates: Vec<Fate>,
    /// Earlier lists, newest first.
    pub lists: Vec<GradedList>,
}

impl Decision<'_> {
    /// How many customers met this fate.
    pub(super) fn count(&self, fate: Fate) -> u64 {
        self.fates.iter().filter(|found| **found == fate).count() as u64
    }

    /// Those who are written to, by rank.
    pub(super) fn treated(&self) -> impl Iterator<Item = &Selected> {
        self.selection.selected.iter().filter(|selected| selected.treated)
    }

    /// Sum over the treated.
    pub(super) fn total(&self, of: impl Fn(&Selected) -> f64) -> f64 {
        self.treated().map(of).sum()
    }

    /// The id of a selected customer.
    pub(super) fn id(&self, selected: &Selected) -> &str {
        &self.facts.customers[selected.customer].id
    }
}

/// Decides on the list.
pub(super) fn decide<'a>(
    params: &'a CouponTargets,
    ctx: &'a RunContext,
    facts: &'a Facts,
    training: &'a Training,
) -> anyhow::Result<Decision<'a>> {
    let caught = filter(params, ctx, facts);
    let eligible: Vec<usize> = (0..caught.len()).filter(|&at| caught[at].is_none()).collect();
    let offer = choose_offer(params, facts, training)?;
    let margin_share = params.margin_share.map(Share::get).or(facts.margin_share);
    let id = campaign_id(ctx);
    let selection = match &offer {
        _ if eligible.is_empty() => Selection { experiment: training.learnt.is_none(), ..Selection::default() },
        None => anyhow::bail!(
            "making a coupon list: no offer to send, `offers` has no rows; name one with `offer_id` in [params], or map your offers in sql/datasets/offers.sql"
        ),
        Some(offer) => {
            let learnt = training.learnt.as_ref();
            let buyer_spend = learnt.and_then(|learnt| learnt.buyer_spend).or_else(|| mean_order(ctx, facts));
            if learnt.is_some() {
                require(params, margin_share, buyer_spend)?;
            }
            let terms = Terms { offer, margin_share, buyer_spend, campaign_id: &id };
            select(params, ctx, facts, training, &terms, &eligible)
        }
    };
    let holdout = if selection.experiment { params.experiment_holdout_share } else { params.holdout_share };
    Ok(Decision {
        params,
        ctx,
        facts,
        training,
        head: ListHead::new(params, ctx, offer.as_ref().map(|offer| offer.id.clone()), holdout.get()),
        offer,
        margin_share,
        fates: fates(&caught, &selection),
        selection,
        lists: graded_lists(ctx, facts),
    })
}

/// The named offer, else the one the newest training campaign carried, else the first that is worth something.
fn choose_offer(params: &CouponTargets, facts: &Facts, training: &Training) -> anyhow::Result<Option<Offer>> {
    let offers = facts.offers.as_deref().unwrap_or_default();
    let find = |id: &str| offers.iter().find(|offer| offer.id == id).cloned();
    if let Some(id) = &params.offer_id {
        if let Some(offer) = find(id) {
            return Ok(Some(offer));
        }
        if offers.is_empty() {
            return Ok(Some(Offer { id: id.clone(), is_rate: false, value: 0.0, capacity: None }));
        }
        let known: Vec<String> = offers.iter().take(10).map(|offer| format!("`{}`", offer.id)).collect();
        anyhow::bail!(
            "making a coupon list: `offer_id` is `{id}`, `offers` has {}; name one of them",
            known.join(", ")
        );
    }
    let carried = training.rows.campaigns.iter().rev().filter_map(|&at| find(facts.campaigns[at].offer_id.as_deref()?));
    let chosen = carried
        .clone()
        .find(|offer| offer.value > 0.0)
        .or_else(|| offers.iter().find(|offer| offer.value > 0.0).cloned());
    Ok(chosen.or_else(|| carried.clone().next()).or_else(|| offers.first().cloned()))
}

fn require(params: &CouponTargets, margin_share: Option<f64>, buyer_spend: Option<f64>) -> anyhow::Result<()> {
    if margin_share.is_none() {
        anyhow::bail!(
            "making a coupon list: the margin is not known, `products` has no `unit_cost` that `daily_sales` could be compared with; set `margin_share` in [params]"
        );
    }
    if params.metric == UpliftMetric::Conversion && buyer_spend.is_none() {
        anyhow::bail!(
            "making a coupon list: what a customer who orders spends is not known; map `customer_days`, or give the metric `spend` in `campaign_outcomes`"
        );
    }
    Ok(())
}

/// Mean spend of an order over the last year, where no campaign tells it.
fn mean_order(ctx: &RunContext, facts: &Facts) -> Option<f64> {
    let purchases = facts.purchases.as_ref()?;
    let as_of = Day::from(ctx.as_of);
    let (mut spend, mut orders) = (0.0, 0.0);
    for customer in 0..facts.customers.len() {
        let bought = purchases.within(customer, as_of - 364, as_of);
        spend += bought.spend;
        orders += bought.orders;
    }
    (orders > 0.0).then(|| (spend / orders).max(0.0))
}

fn fates(caught: &[Option<Fate>], selection: &Selection) -> Vec<Fate> {
    let mut fates: Vec<Fate> = caught.iter().map(|fate| fate.unwrap_or(Fate::NotWorthIt)).collect();
    for (customer, fate) in &selection.passed_over {
        fates[*customer] = *fate;
    }
    for selected in &selection.selected {
        fates[selected.customer] = if selected.treated { Fate::Targeted } else { Fate::HeldOut };
    }
    fates
}
