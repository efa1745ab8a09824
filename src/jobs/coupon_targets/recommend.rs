//! Decides: filters, learns, selects, holds out, and says what the list rests on.

use anyhow::Context;

use super::dataset::CouponFrames;
use super::eligibility::{Fate, filter};
use super::facts::{Facts, Offer};
use super::grade::{GradedList, graded_lists};
use super::page::page;
use super::selection::{Selection, Terms, minor, select};
use super::tables::{ListHead, campaign_id, export, tables};
use super::training::Training;
use super::words::{caveat, count, money};
use super::{CouponTargets, UpliftMetric};
use crate::job::{Progress, RunContext};
use crate::publication::Severity::{Note, Warning};
use crate::publication::{Caveat, Metric, Publication, Unit};
use crate::quantities::Share;

/// Everything the page is written from.
pub(super) struct Decision<'a> {
    pub params: &'a CouponTargets,
    pub facts: &'a Facts,
    pub training: &'a Training,
    pub head: &'a ListHead,
    pub offer: Option<&'a Offer>,
    pub margin_share: Option<f64>,
    pub selection: &'a Selection,
    /// What happened to each customer.
    pub fates: &'a [Fate],
    pub lists: &'a [GradedList],
}

impl Decision<'_> {
    /// How many customers met this fate.
    pub(super) fn count(&self, fate: Fate) -> u64 {
        self.fates.iter().filter(|found| **found == fate).count() as u64
    }

    /// Sum over the treated.
    pub(super) fn total(&self, of: impl Fn(&super::selection::Selected) -> f64) -> f64 {
        self.selection.selected.iter().filter(|selected| selected.treated).map(of).sum()
    }
}

/// Builds the publication.
pub(super) fn recommend(
    params: &CouponTargets,
    ctx: &RunContext,
    frames: &CouponFrames,
    progress: &Progress,
) -> anyhow::Result<Publication> {
    let facts = Facts::new(ctx, frames).context("shaping the datasets for a coupon list")?;
    progress.report("coupon list", 1, 4);
    let caught = filter(params, ctx, &facts);
    let eligible: Vec<usize> = (0..caught.len()).filter(|&at| caught[at].is_none()).collect();
    let training = Training::new(params, ctx, &facts);
    progress.report("coupon list", 2, 4);
    let offer = choose_offer(params, &facts, &training)?;
    let margin_share = params.margin_share.map(Share::get).or(facts.margin_share);
    let id = campaign_id(ctx);
    let selection = match &offer {
        _ if eligible.is_empty() => Selection { experiment: training.learnt.is_none(), ..Selection::default() },
        None => anyhow::bail!(
            "making a coupon list: no offer to send, `offers` has no rows; name one with `offer_id` in [params], or map your offers in sql/datasets/offers.sql"
        ),
        Some(offer) => {
            let buyer_spend =
                training.learnt.as_ref().and_then(|learnt| learnt.buyer_spend).or_else(|| mean_order(ctx, &facts));
            if training.learnt.is_some() {
                require(params, margin_share, buyer_spend)?;
            }
            let terms = Terms { offer, margin_share, buyer_spend, campaign_id: &id };
            select(params, ctx, &facts, &training, &terms, &eligible)
        }
    };
    progress.report("coupon list", 3, 4);
    let holdout = if selection.experiment { params.experiment_holdout_share } else { params.holdout_share };
    let head = ListHead::new(params, ctx, offer.as_ref().map(|offer| offer.id.clone()), holdout.get());
    let fates = fates(&caught, &selection);
    let lists = graded_lists(ctx, &facts);
    let decision = Decision {
        params,
        facts: &facts,
        training: &training,
        head: &head,
        offer: offer.as_ref(),
        margin_share,
        selection: &selection,
        fates: &fates,
        lists: &lists,
    };
    let publication = Publication {
        tables: tables(params, ctx, &facts, &head, &selection, &fates).context("building the coupon tables")?,
        metrics: metrics(&decision),
        caveats: caveats(ctx, &decision),
        page: page(ctx, &decision),
        exports: vec![export(&facts, &head, &selection)],
        audits: Vec::new(),
        memory: None,
    };
    progress.report("coupon list", 4, 4);
    Ok(publication)
}

/// See [`CouponTargets::expected_uplift`].
pub(super) fn expected_uplift(
    params: &CouponTargets,
    ctx: &RunContext,
    frames: &CouponFrames,
) -> anyhow::Result<Option<Vec<(String, f64)>>> {
    let facts = Facts::new(ctx, frames).context("shaping the datasets for a coupon list")?;
    let everybody: Vec<usize> = (0..facts.customers.len()).collect();
    let uplift = Training::new(params, ctx, &facts).uplift(&facts, &everybody, ctx.as_of.to_epoch_days());
    let ids = facts.customers.into_iter().map(|customer| customer.id);
    Ok(uplift.map(|uplift| ids.zip(uplift).collect()))
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
    let as_of = ctx.as_of.to_epoch_days();
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

fn metrics(decision: &Decision<'_>) -> Vec<Metric> {
    let metric = |name: &str, value: Option<f64>, unit: Unit, meaning: &str| Metric {
        name: name.to_owned(),
        value,
        unit,
        meaning: meaning.to_owned(),
    };
    let learnt = decision.training.learnt.as_ref();
    let known = !decision.selection.experiment;
    vec![
        metric(
            "expected_value",
            known.then(|| decision.total(|row| row.value)),
            Unit::Money,
            "Expected margin after costs",
        ),
        metric("targets", Some(decision.count(Fate::Targeted) as f64), Unit::Count, "Customers to be written to"),
        metric("held_out", Some(decision.count(Fate::HeldOut) as f64), Unit::Count, "Customers held out by chance"),
        metric(
            "expected_cost",
            Some(decision.total(|row| row.cost)),
            Unit::Money,
            "Expected cost of contacts and discounts",
        ),
        metric(
            "training_customers",
            Some(decision.training.rows.rows.len() as f64),
            Unit::Count,
            "Customers learnt from",
        ),
        metric("qini", learnt.map(|learnt| learnt.gate.best.qini), Unit::Ratio, "Out-of-fold Qini: 0 is chance"),
        metric(
            "qini_lower",
            learnt.map(|learnt| learnt.gate.best.lower),
            Unit::Ratio,
            "Lower bound of Qini; above 0 customers are ranked",
        ),
    ]
}

fn caveats(ctx: &RunContext, decision: &Decision<'_>) -> Vec<Caveat> {
    let Decision { params, facts, training, head, .. } = *decision;
    let rows = &training.rows;
    let mut list = Vec::new();
    if let Some(reason) = &training.refusal {
        let text = format!(
            "Nothing could be learnt: {reason}. Customers are drawn at random as an experiment; its result is what the next lists learn from."
        );
        list.push(caveat(Warning, "nothing_to_learn_from", rows.rows.len() as u64, text));
    }
    if let Some(learnt) = &training.learnt {
        if learnt.model.is_none() {
            let text = format!(
                "No usable heterogeneity: out of fold, ranking by predicted uplift is not reliably better than chance (Qini {:.3}, lower bound {:.3}). Everybody is expected to have the average effect and the order is random; more randomised campaigns would mend it.",
                learnt.gate.best.qini, learnt.gate.best.lower
            );
            list.push(caveat(Warning, "no_usable_heterogeneity", rows.rows.len() as u64, text));
        }
        if learnt.effect.lower <= 0.0 {
            let text = "The average effect of past campaigns cannot be told from none; the expected value is a best guess. Larger holdouts would tell.".to_owned();
            list.push(caveat(Warning, "effect_uncertain", rows.rows.len() as u64, text));
        }
        for (learner, error) in &learnt.gate.failed {
            list.push(caveat(
                Warning,
                "learner_failed",
                1,
                format!("The {} learner was left out: {error}.", learner.name()),
            ));
        }
        if rows.all_kinds {
            let text = format!(
                "Too few customers in past campaigns of the kinds {:?}, so all randomised campaigns were learnt from; name the right kinds in `train_on`.",
                params.train_on
            );
            list.push(caveat(Warning, "other_kinds", rows.campaigns.len() as u64, text));
        }
        let other_offers =
            rows.campaigns.iter().filter(|&&at| facts.campaigns[at].offer_id != head.offer_id).count() as u64;
        if other_offers > 0 {
            let text = "Past campaigns carried other offers than this one; the uplift is theirs.".to_owned();
            list.push(caveat(Note, "other_offers", other_offers, text));
        }
        if rows.overlapping + rows.thinned > 0 {
            let text = "Customers were set aside by chance before learning, so that each counts once among overlapping campaigns and all campaigns have the same share of treated.".to_owned();
            list.push(caveat(Note, "rows_set_aside", rows.overlapping + rows.thinned, text));
        }
        if rows.sampled_out > 0 {
            let text = format!(
                "Learnt from a random sample of {} customers; raise `max_training_customers` for more.",
                count(rows.rows.len() as u64)
            );
            list.push(caveat(Note, "training_sample", rows.sampled_out, text));
        }
        if !facts.attributes.is_empty() {
            let text = "Attributes are as they are today, not as they were when the campaign began; one that a campaign changes would mislead.".to_owned();
            list.push(caveat(Note, "attributes_of_today", facts.attributes.len() as u64, text));
        }
        if !training.encoder.left_out.is_empty() {
            let mut left_out = caveat(Note, "attribute_left_out", training.encoder.left_out.len() as u64, "Text attributes with more than 12 different values are not used; group them in sql/datasets/customers.sql.".to_owned());
            left_out.examples = training.encoder.left_out.iter().take(5).cloned().collect();
            list.push(left_out);
        }
    }
    if facts.purchases.is_none() {
        let text = "Without `customer_days` neither a customer's rhythm nor the effect of earlier lists is known; attributes alone tell customers apart.".to_owned();
        list.push(caveat(Warning, "no_customer_days", facts.customers.len() as u64, text));
    }
    if !facts.knows_suppressions {
        let text = "There is no dataset `suppressions`: complaints and unsubscriptions are only known as far as `consent_marketing` carries them.".to_owned();
        list.push(caveat(Warning, "no_suppressions", facts.customers.len() as u64, text));
    }
    if facts.offers.as_ref().is_none_or(Vec::is_empty) && decision.offer.is_some() {
        let text = "The offer's value is not known, so the discount counts as nothing; map sql/datasets/offers.sql."
            .to_owned();
        list.push(caveat(Warning, "no_offer_value", 1, text));
    }
    if !params.require_consent {
        let text = "`require_consent` is off: customers whose consent is not known may be on the list.".to_owned();
        list.push(caveat(Warning, "consent_not_required", decision.count(Fate::Targeted), text));
    }
    if head.holdout_share <= 0.0 && decision.count(Fate::Targeted) > 0 {
        let text =
            "Nobody is held out, so this list can never be measured nor learnt from; set the holdout share above 0."
                .to_owned();
        list.push(caveat(Warning, "no_holdout", decision.count(Fate::Targeted), text));
    }
    if decision.count(Fate::NoConsent) == facts.customers.len() as u64 {
        let text =
            "Nobody is known to have agreed to marketing: map `consent_marketing` in sql/datasets/customers.sql."
                .to_owned();
        list.push(caveat(Warning, "nobody_consents", facts.customers.len() as u64, text));
    }
    if facts.unknown_members > 0 {
        let text = "Assignments name customers who are not in `customers`; they are not learnt from.".to_owned();
        list.push(caveat(Note, "unknown_members", facts.unknown_members, text));
    }
    let gap = decision.selection.value_bound
        - decision.selection.selected.iter().filter(|row| !row.exploration).map(|row| row.value).sum::<f64>();
    if gap > 0.01 * decision.selection.value_bound && !decision.selection.selected.is_empty() {
        let text = format!(
            "A better choice within the budget might bring up to {} more: few customers fit a budget this small, or the offer's capacity ends it.",
            money(ctx, gap)
        );
        list.push(caveat(Note, "not_the_best_list", 1, text));
    }
    if minor(ctx, params.budget.get()) <= 0.0 {
        list.push(caveat(Warning, "no_budget", 1, "`budget` is 0, so nobody can be written to.".to_owned()));
    }
    list
}
