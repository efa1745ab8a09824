//! What a reader must know beside the plan.

use super::decision::Decision;
use super::exception::Exception;
use super::facts::StandIn;
use super::line::Line;
use crate::page_kit::RowRule;
use crate::publication::Caveat;
use crate::words::counted;

/// Lines named with a caveat.
const EXAMPLES: usize = 3;

/// Of planned lines; what follows `12 lines`.
const OF_LINES: [RowRule<Line>; 22] = [
    RowRule::warning(
        "no_unit_cost",
        |line| line.is_ordered() && line.product.unit_cost.is_none(),
        "ordered without a unit cost: order values leave them out. Fill `unit_cost` in `products`",
    ),
    RowRule::note(
        "no_price",
        |line| line.price.is_none(),
        "without a price: lost sales are not valued. Load `prices`, or fill `list_price` in `products`",
    ),
    RowRule::note(
        "no_supplier",
        |line| line.product.supplier_id.is_none(),
        "without a supplier: planned with the default lead time and daily orders. Fill `supplier_id` in `products`",
    ),
    RowRule::warning(
        "stale_stock",
        |line| line.flags.contains(&"stale_stock"),
        "with an old stock snapshot, rolled forward by sales and deliveries. Load newer `stock_levels`",
    ),
    RowRule::warning(
        "negative_stock",
        |line| line.stock.on_hand < 0,
        "with negative stock in the books, planned as 0. Count and correct them",
    ),
    RowRule::warning(
        "default_lead_time",
        |line| line.lead_time_basis == "default",
        "planned with `default_lead_time_days`, as if always kept. Fill `lead_time_days` in `suppliers`",
    ),
    RowRule::note(
        "quoted_lead_time",
        |line| line.flags.contains(&"quoted_lead_time"),
        "planned with the quoted lead time, as if always kept: fewer than five deliveries were seen",
    ),
    RowRule::note(
        "few_deliveries",
        |line| line.flags.contains(&"few_deliveries"),
        "planned with the lead times of fewer than five deliveries. Fill `lead_time_days` in `suppliers`",
    ),
    RowRule::warning(
        "beyond_horizon",
        |line| line.flags.contains(&"beyond_horizon"),
        "whose order has to cover more days than the forecast: it was extended. Raise the horizon of `demand_forecast`",
    ),
    RowRule::warning(
        "beyond_levels",
        |line| line.flags.contains(&"beyond_levels"),
        "planned for a service level outside the published quantiles (5 % to 99 %): these were extended. Choose a level inside",
    ),
    RowRule::warning(
        "capped",
        |line| line.flags.contains(&"capped"),
        "ordered less than the service level asks for, because of shelf life or a maximum",
    ),
    RowRule::warning(
        "constraint_conflict",
        |line| line.flags.contains(&"constraint_conflict"),
        "needed but not ordered: pack or minimum order exceed what sells before expiry or what a planner allows. Agree on smaller packs",
    ),
    RowRule::warning(
        "order_given_up",
        |line| line.flags.contains(&"order_given_up"),
        "with orders so late that they no longer count as on their way. Close them in the books, or ask the suppliers",
    ),
    RowRule::warning(
        "taken_for_empty",
        |line| line.flags.contains(&"taken_for_empty"),
        "that the newest stock list of their location leaves out, which holds no line of zero: nothing is taken to be there. Export the \
         lines of zero too",
    ),
    RowRule::note(
        "handed_out",
        |line| line.flags.contains(&"handed_out"),
        "with orders that were handed out and that the books do not show yet: they count as on their way, so that nothing is ordered twice. \
         `decide` says what became of them",
    ),
    RowRule::note(
        "snoozed",
        |line| line.flags.contains(&"snoozed"),
        "that somebody wants left alone for now: what they need is published, and stands in no order",
    ),
    RowRule::note(
        "planner_rule",
        |line| line.flags.contains(&"planner_rule"),
        "planned as `order_rules` asks: the steps of their orders say what that changed",
    ),
    RowRule::warning(
        "frozen",
        |line| line.flags.contains(&"frozen"),
        "frozen by `order_rules`: nothing is ordered for them, whatever runs out",
    ),
    RowRule::note(
        "filled_up",
        |line| line.flags.contains(&"filled_up"),
        "ordered above their need, so that a supplier's minimum is reached",
    ),
    RowRule::warning(
        "budget_cut",
        |line| line.flags.contains(&"budget_cut"),
        "ordered below their need, to keep to `budget`. The exceptions say what that puts at stake",
    ),
    RowRule::note(
        "decided",
        |line| line.decided_milli.is_some() && !line.flags.contains(&"snoozed"),
        "whose order somebody decided about since: the files and the lists hold what was decided",
    ),
    RowRule::note(
        "overdue_order",
        |line| line.flags.contains(&"overdue_order"),
        "with overdue orders, taken to arrive after the usual further wait. See the late orders below",
    ),
];

/// Of lines that were not planned: the code of their exception, and what follows `12 lines`.
const OF_EXCEPTIONS: [(&str, &str); 6] = [
    ("no_forecast", "with stock but without a forecast were not planned"),
    ("no_stock_level", "with a forecast but without a stock record were not planned. Load their stock, 0 included"),
    (
        "missing_lead_time",
        "without any lead time were not planned. Fill `lead_time_days` in `suppliers`, or set `default_lead_time_days`",
    ),
    ("unknown_product", "of products that are not in `products` were not planned"),
    ("unusable_forecast", "with an unusable forecast were not planned; the exceptions say why"),
    (
        "stray_order",
        "with orders on their way but without stock or a forecast: nothing is planned with these. Compare their ids",
    ),
];

/// What holds instead of a dataset that the project does not have.
const WITHOUT: [(&str, &str); 4] = [
    ("suppliers", "every supplier is taken to accept orders every day, without a minimum"),
    ("deliveries", "lead times are the quoted ones, as if always kept, and it is not known which advice was followed"),
    ("open_orders", "nothing is taken to be on order, and it is not known which advice was followed"),
    ("prices", "lost sales are valued at list prices"),
];

pub(super) fn caveats(decision: &Decision<'_>) -> Vec<Caveat> {
    let name = |line: &Line| format!("{} @ {}", line.key.product_id, line.key.location_id);
    let mut caveats = Vec::new();
    caveats.extend(stand_in(decision));
    caveats.extend(older_forecast(decision));
    caveats.extend(missing_datasets(decision));
    caveats.extend(RowRule::caveats(&OF_LINES, &decision.lines.iter(), sentence, (EXAMPLES, name)));
    caveats.extend(OF_EXCEPTIONS.iter().filter_map(|(code, text)| of_exceptions(decision, code, text)));
    caveats.extend(unreadable_weekdays(decision));
    caveats.extend(skipped(decision));
    caveats
}

/// `12 lines` and the text.
fn sentence(n: usize, text: &str) -> String {
    format!("{} {text}", counted(n, "line", "lines"))
}

/// What was taken for known, because the data had not arrived when the plan was promised.
fn stand_in(decision: &Decision<'_>) -> Option<Caveat> {
    let StandIn { missing, assumed_orders } = decision.facts.stand_in.as_ref()?;
    let sales = match (missing.first(), missing.last()) {
        (Some(first), Some(last)) if first == last => {
            format!("The sales of {first} had not arrived: they are taken as they were forecast. ")
        }
        (Some(first), Some(last)) => {
            format!("The sales of {first} to {last} had not arrived: they are taken as they were forecast. ")
        }
        _ => String::new(),
    };
    let orders = match assumed_orders {
        0 => String::new(),
        1 => "1 order of the last plan counts as placed as recommended. ".to_owned(),
        n => format!("{n} orders of the last plan count as placed as recommended. "),
    };
    let text = format!("{sales}{orders}Look at what was really ordered before you release more");
    Some(Caveat::warning("stand_in", decision.lines.len() as u64, text))
}

fn older_forecast(decision: &Decision<'_>) -> Option<Caveat> {
    let forecast_as_of = decision.facts.forecast_as_of;
    let age = usize::try_from(decision.as_of() - forecast_as_of).ok().filter(|age| *age > 0)?;
    let text = format!(
        "The forecast is of {forecast_as_of}, {} before the run: it does not know the sales since and its totals are shifted. Run `demand_forecast` first",
        counted(age, "day", "days")
    );
    Some(Caveat::warning("older_forecast", decision.lines.len() as u64, text))
}

fn missing_datasets(decision: &Decision<'_>) -> impl Iterator<Item = Caveat> {
    let missing = WITHOUT.iter().filter(move |(dataset, _)| decision.facts.missing.contains(dataset));
    missing.map(|(dataset, effect)| {
        let text = format!("The project has no `{dataset}`: {effect}. Write sql/datasets/{dataset}.sql");
        Caveat::warning(format!("no_{dataset}"), 1, text)
    })
}

fn of_exceptions(decision: &Decision<'_>, code: &str, text: &str) -> Option<Caveat> {
    let codes = [code];
    let found: Vec<&Exception> = decision.with_code(&codes).collect();
    let name = |exception: &&Exception| {
        let or_unknown = |id: &Option<String>| id.clone().unwrap_or_else(|| "?".to_owned());
        format!("{} @ {}", or_unknown(&exception.product_id), or_unknown(&exception.location_id))
    };
    let examples = found.iter().take(EXAMPLES).map(name);
    (!found.is_empty()).then(|| Caveat::warning(code, found.len() as u64, sentence(found.len(), text)).naming(examples))
}

/// Rows that could not be used as they are.
fn skipped(decision: &Decision<'_>) -> Vec<Caveat> {
    let skipped = &decision.facts.skipped;
    let mut caveats = Vec::new();
    let deliveries = skipped.reversed_deliveries;
    if deliveries > 0 {
        let were = counted(deliveries, "delivery was", "deliveries were");
        let text = format!(
            "{were} received before the day of the order: no lead time is learnt from that. Correct `ordered_on` or `received_on`"
        );
        caveats.push(Caveat::warning("deliveries_reversed", deliveries as u64, text));
    }
    let orders = skipped.reversed_orders;
    if orders > 0 {
        let are = counted(orders, "open order is", "open orders are");
        let text =
            format!("{are} due before the day of the order: taken to arrive as an overdue one. Correct `due_on`");
        caveats.push(Caveat::warning("orders_reversed", orders as u64, text));
    }
    let rules = &decision.facts.rules;
    if rules.n_idle > 0 {
        let hold = counted(rules.n_idle, "row", "rows");
        let text = format!(
            "{hold} of `order_rules` change nothing: they say nothing, or name a product, category or location that no planned line has. \
             Compare their ids"
        );
        caveats.push(Caveat::warning("idle_order_rules", rules.n_idle as u64, text));
    }
    if rules.n_impossible > 0 {
        let ask = counted(rules.n_impossible, "row", "rows");
        let text = format!(
            "{ask} of `order_rules` ask for a service level of 0 or 1, which no stock can keep: the job's holds"
        );
        caveats.push(Caveat::warning("impossible_service_level", rules.n_impossible as u64, text));
    }
    let unknown = decision.facts.decisions.unknown;
    if unknown > 0 {
        let have = counted(unknown, "decision has", "decisions have");
        let text = format!(
            "{have} an action that there is not and counts for nothing; `nightclerk decide list` shows what there is"
        );
        caveats.push(Caveat::warning("unknown_decisions", unknown as u64, text));
    }
    if !skipped.unknown_suppliers.is_empty() {
        let n = skipped.unknown_suppliers.len();
        let text = format!(
            "{} of products or deliveries not in `suppliers`: no order days, no minimum and no quoted lead time are known of them",
            counted(n, "supplier is", "suppliers are")
        );
        let named = skipped.unknown_suppliers.iter().take(EXAMPLES).cloned();
        caveats.push(Caveat::warning("unknown_suppliers", n as u64, text).naming(named));
    }
    caveats
}

fn unreadable_weekdays(decision: &Decision<'_>) -> impl Iterator<Item = Caveat> {
    decision.terms.iter().filter_map(|(supplier, terms)| {
        let problem = terms.calendar_problem.as_ref()?;
        let text = format!("{problem}; planned as if the supplier took orders every day");
        Some(Caveat::warning("order_weekdays_unreadable", 1, text).naming([supplier.clone().unwrap_or_default()]))
    })
}
