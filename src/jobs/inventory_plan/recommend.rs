//! From facts to publication.

use super::coverage::Coverage;
use super::decision::Decision;
use super::exceptions::Planned;
use super::facts::InventoryFacts;
use super::joint::Joint;
use super::lifecycle::{Lives, dead_stock};
use super::planning::{plan_lines, stray_orders};
use super::supplier_orders::supplier_orders;
use super::supplier_terms::supplier_terms;
use super::transfers::transfers;
use super::{
    InventoryPlan, beside, caveats, exception, exceptions, exports, forecasts, grading, metrics, page, tables,
};
use crate::job::{Progress, RunContext};
use crate::publication::Publication;

pub(super) fn recommend(
    settings: &InventoryPlan,
    ctx: &RunContext,
    facts: &InventoryFacts,
    progress: &Progress,
) -> anyhow::Result<Publication> {
    let (as_of, currency) = (ctx.as_of.into(), ctx.currency);
    let terms = &supplier_terms(settings, as_of, facts);
    let dead = &dead_stock(settings, as_of, facts);
    let (mut lines, mut exceptions) = plan_lines(settings, ctx, facts, terms, dead, progress);
    let joint = Joint { settings, as_of, currency, facts, levels: &forecasts::levels() };
    exceptions.extend(joint.fill_up_minimums(&mut lines)?);
    exceptions.extend(joint.keep_to_budget(&mut lines)?);
    joint.expect_fill_rates(&mut lines);
    let coverage = Coverage::of(facts, &lines, &exceptions);
    let suppliers = supplier_orders(facts, &lines);
    let transfers = transfers(settings, as_of, facts, &lines, currency);
    let planned =
        Planned { as_of, currency, facts, lines: &lines, suppliers: &suppliers, terms, dead, transfers: &transfers };
    exceptions.extend(stray_orders(as_of, facts));
    exceptions.extend(exceptions::find(&planned));
    exceptions.extend(Lives { as_of, currency, facts, lines: &lines, dead, terms }.exceptions());
    exception::sort(&mut exceptions);
    let graded = grading::grade_all(facts, ctx.currency, settings.holding_rate.get());
    let beside = beside::compare(facts, as_of);
    let decision =
        Decision { ctx, settings, facts, terms, lines, exceptions, coverage, suppliers, transfers, graded, beside };
    Ok(Publication {
        tables: tables::tables(&decision)?,
        metrics: metrics::metrics(&decision),
        page: page::page(&decision),
        exports: exports::exports(&decision),
        caveats: caveats::caveats(&decision),
        audits: vec![decision.coverage.audit(settings.min_planned_share)],
        ..Publication::default()
    })
}
