//! From frames to the publication: learn, decide, tell.

use anyhow::Context;

use super::CouponTargets;
use super::caveats::caveats;
use super::dataset::CouponFrames;
use super::decision::{Decision, decide};
use super::eligibility::Fate;
use super::facts::Facts;
use super::page::page;
use super::tables::{export, tables};
use super::training::Training;
use crate::day::Day;
use crate::job::{Progress, RunContext};
use crate::page_kit::metric;
use crate::publication::{Metric, Publication, Unit};

/// Builds the publication.
pub(super) fn recommend(
    params: &CouponTargets,
    ctx: &RunContext,
    frames: &CouponFrames,
    progress: &Progress,
) -> anyhow::Result<Publication> {
    let facts = Facts::new(ctx, frames).context("shaping the datasets for a coupon list")?;
    progress.report("coupon list", 1, 4);
    let training = Training::new(params, ctx, &facts);
    progress.report("coupon list", 2, 4);
    let decision = decide(params, ctx, &facts, &training)?;
    progress.report("coupon list", 3, 4);
    let publication = Publication {
        tables: tables(&decision).context("building the coupon tables")?,
        metrics: metrics(&decision),
        caveats: caveats(&decision),
        page: page(&decision),
        exports: vec![export(&decision)],
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
    let uplift = Training::new(params, ctx, &facts).uplift(&facts, &everybody, Day::from(ctx.as_of));
    let ids = facts.customers.into_iter().map(|customer| customer.id);
    Ok(uplift.map(|uplift| ids.zip(uplift).collect()))
}

fn metrics(decision: &Decision<'_>) -> Vec<Metric> {
    let best = decision.training.learnt.as_ref().map(|learnt| &learnt.gate.best);
    let expected_value = (!decision.selection.experiment).then(|| decision.total(|row| row.value));
    let count = |fate: Fate| decision.count(fate) as f64;
    let n_learnt_from = decision.training.rows.rows.len() as f64;
    vec![
        metric("expected_value", expected_value, Unit::Money, "Expected margin after costs"),
        metric("targets", count(Fate::Targeted), Unit::Count, "Customers to be written to"),
        metric("held_out", count(Fate::HeldOut), Unit::Count, "Customers held out by chance"),
        metric("expected_cost", decision.total(|row| row.cost), Unit::Money, "Expected cost of contacts and discounts"),
        metric("training_customers", n_learnt_from, Unit::Count, "Customers learnt from"),
        metric("qini", best.map(|best| best.qini), Unit::Ratio, "Out-of-fold Qini: 0 is chance"),
        metric(
            "qini_lower",
            best.map(|best| best.lower),
            Unit::Ratio,
            "Lower bound of Qini; above 0 customers are ranked",
        ),
    ]
}
