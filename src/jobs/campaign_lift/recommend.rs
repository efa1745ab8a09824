//! From frames to the publication.

use super::CampaignLift;
use super::caveats::caveats;
use super::dataset::CampaignFrames;
use super::decision::{Decision, decide};
use super::facts::CampaignBook;
use super::page::page;
use super::page_details::export;
use super::tables::table;
use crate::job::{Progress, RunContext};
use crate::page_kit::metric;
use crate::publication::{Metric, Publication, Unit};

/// Builds the publication.
pub(super) fn recommend(
    params: &CampaignLift,
    ctx: &RunContext,
    frames: &CampaignFrames,
    progress: &Progress,
) -> anyhow::Result<Publication> {
    let book = CampaignBook::read(ctx, frames)?;
    let decision = decide(params, ctx, &book, progress);
    Ok(Publication {
        tables: vec![table(&decision.rows, ctx.currency)?],
        metrics: metrics(&decision),
        caveats: caveats(&decision),
        page: page(&decision),
        exports: if decision.rows.is_empty() { Vec::new() } else { vec![export(&decision.rows, ctx.currency)] },
        audits: Vec::new(),
        memory: None,
    })
}

fn metrics(decision: &Decision<'_>) -> Vec<Metric> {
    let net_value = decision.total.map(|net| net.estimate);
    let count = |verdict: &str| decision.with_verdict(verdict).count() as f64;
    vec![
        metric("net_value", net_value, Unit::Money, "Net value of scored campaigns"),
        metric("arms_paid", count("paid"), Unit::Count, "Campaigns that paid"),
        metric("arms_lost", count("lost"), Unit::Count, "Campaigns that lost money"),
        metric("arms_unclear", count("unclear"), Unit::Count, "Campaigns that are unclear"),
        metric("arms_not_randomised", count("not_randomised"), Unit::Count, "Campaigns without a random holdout"),
        metric("margin_share", decision.margin_share, Unit::Share, "Margin per unit of revenue"),
    ]
}
