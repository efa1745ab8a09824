//! From facts to publication.

use super::decision::Decision;
use super::exceptions::Planned;
use super::facts::InventoryFacts;
use super::planning::plan_lines;
use super::supplier_orders::supplier_orders;
use super::supplier_terms::supplier_terms;
use super::{InventoryPlan, beside, caveats, exception, exceptions, exports, grading, metrics, page, tables};
use crate::job::{Progress, RunContext};
use crate::publication::Publication;

pub(super) fn recommend(
    settings: &InventoryPlan,
    ctx: &RunContext,
    facts: &InventoryFacts,
    progress: &Progress,
) -> anyhow::Result<Publication> {
    let terms = &supplier_terms(settings, facts);
    let (lines, mut exceptions) = plan_lines(settings, ctx, facts, terms, progress);
    let suppliers = supplier_orders(facts, &lines);
    let planned =
        Planned { as_of: ctx.as_of.into(), currency: ctx.currency, facts, lines: &lines, suppliers: &suppliers };
    exceptions.extend(exceptions::find(&planned));
    exception::sort(&mut exceptions);
    let graded = grading::grade_all(facts, ctx.currency);
    let beside = beside::compare(facts, ctx.as_of.into());
    let decision = Decision { ctx, settings, facts, terms, lines, exceptions, suppliers, graded, beside };
    Ok(Publication {
        tables: tables::tables(&decision)?,
        metrics: metrics::metrics(&decision),
        page: page::page(&decision),
        exports: exports::exports(&decision),
        caveats: caveats::caveats(&decision),
        ..Publication::default()
    })
}
