//! From facts to publication.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::dataset::{InventoryFacts, LineKey};
use super::exceptions::{self, Exception, SupplierOrder};
use super::grading::{self, GradedLine};
use super::plan_line::{Line, LineInput, day_after, plan_line, supplier_terms};
use super::words::count;
use super::{InventoryPlan, OrderFiles, changes, exports, forecasts, page, tables};
use crate::job::{Progress, RunContext};
use crate::models::inventory::MILLI;
use crate::publication::{Caveat, Metric, Publication, PublishedTable, Severity, Unit};
use crate::published::{
    INVENTORY_EXCEPTIONS, INVENTORY_EXPLANATIONS, INVENTORY_RECOMMENDATIONS, RECOMMENDATION_OUTCOMES,
};

/// All that page and files are made from.
pub(super) struct Decision<'a> {
    pub(super) ctx: &'a RunContext,
    pub(super) settings: &'a InventoryPlan,
    pub(super) facts: &'a InventoryFacts,
    /// By product and location.
    pub(super) lines: Vec<Line>,
    /// Red first.
    pub(super) exceptions: Vec<Exception>,
    pub(super) suppliers: Vec<SupplierOrder>,
    pub(super) graded: Vec<GradedLine>,
}

impl Decision<'_> {
    /// The orders a buyer is handed: by urgency, then value, then line.
    pub(super) fn handed_out(&self) -> Vec<&Line> {
        let mut lines: Vec<&Line> = self.lines.iter().filter(|line| self.is_handed_out(line)).collect();
        lines.sort_by(|left, right| {
            let value = |line: &Line| line.order_value.unwrap_or(i64::MIN);
            left.urgency.cmp(&right.urgency).then(value(right).cmp(&value(left))).then_with(|| left.key.cmp(&right.key))
        });
        lines
    }

    pub(super) fn is_today(&self, line: &Line) -> bool {
        line.plan.order_on == day_after(self.ctx.as_of)
    }

    fn is_handed_out(&self, line: &Line) -> bool {
        line.is_ordered() && (self.settings.order_files == OrderFiles::NextOrderDay || self.is_today(line))
    }

    pub(super) fn with_code<'b>(&'b self, codes: &'b [&str]) -> impl Iterator<Item = &'b Exception> {
        self.exceptions.iter().filter(move |exception| codes.contains(&exception.code))
    }
}

/// Sum of the known values; `None` when there are lines and none has a value.
pub(super) fn total_value<'a>(lines: impl Iterator<Item = &'a Line> + Clone) -> Option<f64> {
    let known: Vec<i64> = lines.clone().filter_map(|line| line.order_value).collect();
    (!known.is_empty() || lines.count() == 0).then(|| known.iter().sum::<i64>() as f64)
}

pub(super) fn recommend(
    settings: &InventoryPlan,
    ctx: &RunContext,
    facts: &InventoryFacts,
    progress: &Progress,
) -> anyhow::Result<Publication> {
    let terms = supplier_terms(settings, facts);
    let levels = forecasts::levels();
    let (to_plan, mut exceptions) = planned_keys(ctx, facts);
    let done = AtomicU64::new(0);
    let results: Vec<Result<Line, Box<Exception>>> = to_plan
        .par_iter()
        .map(|key| {
            let result = plan_key(settings, ctx, facts, &terms, &levels, key);
            progress.report("plan lines", done.fetch_add(1, Ordering::Relaxed) + 1, to_plan.len() as u64);
            result
        })
        .collect();
    let mut lines = Vec::new();
    for result in results {
        match result {
            Ok(line) => lines.push(line),
            Err(exception) => exceptions.push(*exception),
        }
    }
    let suppliers = exceptions::supplier_orders(facts, &lines.iter().collect::<Vec<_>>());
    exceptions.extend(exceptions::find(ctx.as_of, facts, &lines, &suppliers, ctx.currency));
    exceptions::sort(&mut exceptions);
    let graded = grading::grade_all(facts);
    let decision = Decision { ctx, settings, facts, lines, exceptions, suppliers, graded };
    let mut caveats = caveats(&decision);
    for (supplier, terms) in &terms {
        if let Some(problem) = &terms.calendar_problem {
            let example = supplier.clone().unwrap_or_default();
            let text = format!("{problem}; planned as if the supplier took orders every day");
            caveats.push(caveat(Severity::Warning, "order_weekdays_unreadable", 1, text, vec![example]));
        }
    }
    Ok(Publication {
        tables: vec![
            PublishedTable {
                table: &INVENTORY_RECOMMENDATIONS,
                frame: tables::recommendations(&decision.lines, ctx.as_of, facts.forecast_as_of)?,
            },
            PublishedTable { table: &INVENTORY_EXPLANATIONS, frame: tables::explanations(&decision.lines)? },
            PublishedTable { table: &INVENTORY_EXCEPTIONS, frame: tables::exceptions(&decision.exceptions)? },
            PublishedTable { table: &RECOMMENDATION_OUTCOMES, frame: tables::outcomes(&decision.graded)? },
        ],
        metrics: metrics(&decision),
        page: page::page(&decision, changes::changes(&decision)),
        exports: exports::exports(&decision),
        audits: Vec::new(),
        memory: None,
        caveats,
    })
}

/// The lines to plan, and exceptions for those with stock or a forecast that cannot be.
fn planned_keys<'a>(ctx: &RunContext, facts: &'a InventoryFacts) -> (Vec<&'a LineKey>, Vec<Exception>) {
    let (mut keys, mut exceptions) = (Vec::new(), Vec::new());
    let all: BTreeSet<&LineKey> = facts.forecasts.keys().chain(facts.snapshots.keys()).collect();
    for key in all {
        let Some(product) = facts.products.get(&key.product_id) else {
            exceptions.push(Exception {
                text: "The line has a forecast or stock, but its product is not in `products`. Add it".to_owned(),
                ..Exception::of_line("unknown_product", "note", key, None)
            });
            continue;
        };
        let is_sold = product.discontinued_on.is_none_or(|last_day| last_day > ctx.as_of)
            && product.launched_on.is_none_or(|first_day| first_day <= ctx.as_of);
        let supplier = product.supplier_id.as_ref();
        match (facts.forecasts.contains_key(key), facts.current_stock(key, ctx.as_of)) {
            _ if !is_sold => {}
            (true, Some(_)) => keys.push(key),
            (true, None) => exceptions.push(Exception {
                text: "There is a forecast but no stock record, so no order is planned. Load its stock, 0 included"
                    .to_owned(),
                ..Exception::of_line("no_stock_level", "amber", key, supplier)
            }),
            (false, stock) => {
                let on_hand = stock.map_or(0, |stock| stock.on_hand.max(0));
                exceptions.push(Exception {
                    quantity: Some(on_hand as f64 / MILLI),
                    value: product.unit_cost.map(|cost| on_hand as f64 / MILLI * cost as f64),
                    text: "There is stock but no forecast, so no order is planned. Check whether it is still sold; if so, whether its sales are loaded".to_owned(),
                    ..Exception::of_line("no_forecast", "note", key, supplier)
                });
            }
        }
    }
    (keys, exceptions)
}

fn plan_key(
    settings: &InventoryPlan,
    ctx: &RunContext,
    facts: &InventoryFacts,
    terms: &std::collections::BTreeMap<Option<String>, super::plan_line::SupplierTerms>,
    levels: &[f64],
    key: &LineKey,
) -> Result<Line, Box<Exception>> {
    let missing = |code, severity, text: String| Exception { text, ..Exception::of_line(code, severity, key, None) };
    let (Some(product), Some(stock)) = (facts.products.get(&key.product_id), facts.current_stock(key, ctx.as_of))
    else {
        return Err(Box::new(missing("unknown_product", "note", "Product or stock is missing".to_owned())));
    };
    let supplier = product.supplier_id.as_ref();
    let Some((terms, (lead_time, lead_time_basis))) =
        terms.get(&product.supplier_id).and_then(|terms| Some((terms, terms.lead_time.as_ref()?)))
    else {
        return Err(Box::new(Exception {
            supplier_id: supplier.cloned(),
            ..missing(
                "missing_lead_time",
                "amber",
                "No delivery, no quoted lead time and no default, so no order is planned. Fill `lead_time_days` in `suppliers`, \
                 load `deliveries`, or set `default_lead_time_days`"
                    .to_owned(),
            )
        }));
    };
    let input = LineInput {
        settings,
        as_of: ctx.as_of,
        facts,
        levels,
        key,
        product,
        stock,
        lead_time,
        lead_time_basis,
        calendar: &terms.calendar,
    };
    plan_line(&input).map_err(|error| {
        Box::new(Exception {
            supplier_id: supplier.cloned(),
            ..missing("unusable_forecast", "amber", format!("No order is planned: {error}"))
        })
    })
}

fn metrics(decision: &Decision<'_>) -> Vec<Metric> {
    let ordered = || decision.lines.iter().filter(|line| line.is_ordered());
    let today = || ordered().filter(|line| decision.is_today(line));
    let metric = |name: &str, value: Option<f64>, unit: Unit, meaning: &str| Metric {
        name: name.to_owned(),
        value,
        unit,
        meaning: meaning.to_owned(),
    };
    let at_risk = || decision.with_code(&["stock_out_now", "stock_out_risk"]);
    let sum = |values: Vec<Option<f64>>| {
        let known: Vec<f64> = values.iter().copied().flatten().collect();
        (!known.is_empty() || values.is_empty()).then(|| known.iter().sum::<f64>() + 0.0)
    };
    let grade = page::Grade::of(&decision.graded);
    vec![
        metric("order_value_today", total_value(today()), Unit::Money, "To order today"),
        metric("order_lines_today", Some(today().count() as f64), Unit::Count, "Lines to order today"),
        metric("order_value", total_value(ordered()), Unit::Money, "Orders of every supplier's next order day"),
        metric("planned_lines", Some(decision.lines.len() as f64), Unit::Count, "Lines planned"),
        metric(
            "stock_out_lines",
            Some(at_risk().count() as f64),
            Unit::Count,
            "Lines that run out before an order can arrive",
        ),
        metric(
            "sales_at_risk",
            sum(at_risk().map(|row| row.value).collect()),
            Unit::Money,
            "Sales expected to be lost before an order can arrive",
        ),
        metric(
            "overstock_value",
            sum(decision.with_code(&["overstock"]).map(|row| row.value).collect()),
            Unit::Money,
            "Cost of stock beyond what should be held",
        ),
        metric(
            "graded_recommendations",
            Some(decision.graded.len() as f64),
            Unit::Count,
            "Earlier recommendations graded",
        ),
        metric("good_share", grade.good_share(), Unit::Share, "Share of followed, gradable advice that was good"),
        metric(
            "in_stock_share",
            grade.in_stock_share(),
            Unit::Share,
            "Line-days in stock after the advised order arrived",
        ),
    ]
}

fn caveat(severity: Severity, code: &str, count: u64, text: String, examples: Vec<String>) -> Caveat {
    Caveat { severity, code: code.to_owned(), count, text, examples }
}

/// Severity, code, whether a line is concerned, and what follows `12 lines`.
type Rule = (Severity, &'static str, fn(&Line) -> bool, &'static str);

fn caveats(decision: &Decision<'_>) -> Vec<Caveat> {
    let (facts, lines) = (decision.facts, &decision.lines);
    let mut caveats = Vec::new();
    let age = (decision.ctx.as_of - facts.forecast_as_of).num_days();
    if age > 0 {
        let text = format!(
            "The forecast is of {}, {} before the run: it does not know the sales since and its totals are shifted. Run `demand_forecast` first",
            facts.forecast_as_of,
            count(age as usize, "day", "days")
        );
        caveats.push(caveat(Severity::Warning, "older_forecast", lines.len() as u64, text, Vec::new()));
    }
    for dataset in &facts.missing {
        let effect = match *dataset {
            "suppliers" => "every supplier is taken to accept orders every day, without a minimum",
            "deliveries" => {
                "lead times are the quoted ones, as if always kept, and it is not known which advice was followed"
            }
            "open_orders" => "nothing is taken to be on order, and it is not known which advice was followed",
            _ => "lost sales are valued at list prices",
        };
        let text = format!("The project has no `{dataset}`: {effect}. Write sql/datasets/{dataset}.sql");
        caveats.push(caveat(Severity::Warning, &format!("no_{dataset}"), 1, text, Vec::new()));
    }
    let rules: [Rule; 13] = [
        (
            Severity::Warning,
            "no_unit_cost",
            |line| line.is_ordered() && line.product.unit_cost.is_none(),
            "ordered without a unit cost: order values leave them out. Fill `unit_cost` in `products`",
        ),
        (
            Severity::Note,
            "no_price",
            |line| line.price.is_none(),
            "without a price: lost sales are not valued. Load `prices`, or fill `list_price` in `products`",
        ),
        (
            Severity::Note,
            "no_supplier",
            |line| line.product.supplier_id.is_none(),
            "without a supplier: planned with the default lead time and daily orders. Fill `supplier_id` in `products`",
        ),
        (
            Severity::Warning,
            "stale_stock",
            |line| line.flags.contains(&"stale_stock"),
            "with an old stock snapshot, rolled forward by sales and deliveries. Load newer `stock_levels`",
        ),
        (
            Severity::Warning,
            "negative_stock",
            |line| line.stock.on_hand < 0,
            "with negative stock in the books, planned as 0. Count and correct them",
        ),
        (
            Severity::Warning,
            "default_lead_time",
            |line| line.lead_time_basis == "default",
            "planned with `default_lead_time_days`, as if always kept. Fill `lead_time_days` in `suppliers`",
        ),
        (
            Severity::Note,
            "quoted_lead_time",
            |line| line.flags.contains(&"quoted_lead_time"),
            "planned with the quoted lead time, as if always kept: fewer than five deliveries were seen",
        ),
        (
            Severity::Note,
            "few_deliveries",
            |line| line.flags.contains(&"few_deliveries"),
            "planned with the lead times of fewer than five deliveries. Fill `lead_time_days` in `suppliers`",
        ),
        (
            Severity::Warning,
            "beyond_horizon",
            |line| line.flags.contains(&"beyond_horizon"),
            "whose order has to cover more days than the forecast: it was extended. Raise the horizon of `demand_forecast`",
        ),
        (
            Severity::Warning,
            "beyond_levels",
            |line| line.flags.contains(&"beyond_levels"),
            "planned for a service level outside the published quantiles (5 % to 99 %): these were extended. Choose a level inside",
        ),
        (
            Severity::Warning,
            "capped",
            |line| line.flags.contains(&"capped"),
            "ordered less than the service level asks for, because of shelf life or a maximum",
        ),
        (
            Severity::Warning,
            "constraint_conflict",
            |line| line.flags.contains(&"constraint_conflict"),
            "needed but not ordered: pack or minimum order exceed what sells before expiry. Agree on smaller packs",
        ),
        (
            Severity::Note,
            "overdue_order",
            |line| line.flags.contains(&"overdue_order"),
            "with overdue orders, taken to arrive after the usual further wait. See the late orders below",
        ),
    ];
    for (severity, code, holds, text) in rules {
        let concerned: Vec<&Line> = lines.iter().filter(|line| holds(line)).collect();
        if !concerned.is_empty() {
            let n = concerned.len();
            let examples = concerned
                .iter()
                .take(3)
                .map(|line| format!("{} @ {}", line.key.product_id, line.key.location_id))
                .collect();
            let text = format!("{} {text}", count(n, "line", "lines"));
            caveats.push(caveat(severity, code, n as u64, text, examples));
        }
    }
    for (code, text) in [
        ("no_forecast", "with stock but without a forecast were not planned"),
        ("no_stock_level", "with a forecast but without a stock record were not planned. Load their stock, 0 included"),
        (
            "missing_lead_time",
            "without any lead time were not planned. Fill `lead_time_days` in `suppliers`, or set `default_lead_time_days`",
        ),
        ("unknown_product", "of products that are not in `products` were not planned"),
        ("unusable_forecast", "with an unusable forecast were not planned; the exceptions say why"),
    ] {
        let codes = [code];
        let rows: Vec<&Exception> = decision.with_code(&codes).collect();
        if !rows.is_empty() {
            let name = |row: &&Exception| {
                format!("{} @ {}", row.product_id.as_deref().unwrap_or("?"), row.location_id.as_deref().unwrap_or("?"))
            };
            let text = format!("{} {text}", count(rows.len(), "line", "lines"));
            caveats.push(caveat(
                Severity::Warning,
                code,
                rows.len() as u64,
                text,
                rows.iter().take(3).map(name).collect(),
            ));
        }
    }
    caveats
}
