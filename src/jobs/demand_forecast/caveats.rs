//! What a reader must know before trusting the forecast.

use super::DemandForecast;
use super::dataset::DemandData;
use super::published_rows::date_of;
use super::recommend::Decision;
use crate::publication::{Caveat, Severity};

/// Examples named per caveat.
const EXAMPLES: usize = 5;

/// Every caveat that applies.
pub(super) fn caveats(job: &DemandForecast, data: &DemandData, decision: &Decision) -> Vec<Caveat> {
    let mut all = Vec::new();
    let mut add = |severity, code: &str, examples: Vec<String>, text: &str| {
        if !examples.is_empty() {
            all.push(Caveat {
                severity,
                code: code.to_owned(),
                count: examples.len() as u64,
                text: text.to_owned(),
                examples: examples.into_iter().take(EXAMPLES).collect(),
            });
        }
    };
    let which = |chosen: &dyn Fn(usize) -> bool| -> Vec<String> {
        (0..data.series.len()).filter(|index| chosen(*index)).map(|index| data.series[index].node()).collect()
    };
    let described = |describe: &dyn Fn(usize) -> Option<String>| -> Vec<String> {
        (0..data.series.len())
            .filter_map(|index| describe(index).map(|reason| format!("{}: {reason}", data.series[index].node())))
            .collect()
    };
    add(
        Severity::Warning,
        "fallback_model",
        described(&|index| {
            let outcome = &decision.outcomes[index];
            outcome.fallback.as_ref().map(|reason| format!("{} ({reason})", outcome.method))
        }),
        "The usual model was not possible for these series; the one named stands in. A longer history, or an end date for \
         products that are no longer sold, mends it.",
    );
    add(
        Severity::Warning,
        "cold_start",
        described(&|index| {
            let own = decision.outcomes[index].cold_start?;
            Some(format!("{:.0} % from its own days", 100.0 * own))
        }),
        &format!(
            "Fewer than {} observed days: the forecast is drawn from the series' own days to the level of its category at the \
             location, with quantiles as wide as that. Time mends it.",
            job.min_history_days.get()
        ),
    );
    add(
        Severity::Note,
        "short_history",
        which(&|index| decision.outcomes[index].cold_start.is_none() && data.series[index].demand.len() < 365),
        "Less than a year of history: the yearly season of these series is their category's.",
    );
    let day = |index: usize, at: usize| date_of(data.series[index].first_day + at as i32);
    add(
        Severity::Note,
        "outliers",
        described(&|index| {
            let outlier = decision.outcomes[index].outliers.last()?;
            Some(format!("{} on {}, taken for {}", outlier.found, day(index, outlier.index), outlier.used))
        }),
        "A day sold far more than its season, its level and its own chance let expect, without a promotion or an event: models \
         learn from a usual day instead. A row in `promotions` or `calendar` says that it had a reason.",
    );
    add(
        Severity::Note,
        "level_shifts",
        described(&|index| {
            let shift = decision.outcomes[index].shift?;
            Some(format!("{:.1} a day since {}, {:.1} before", shift.after, day(index, shift.index), shift.before))
        }),
        "Demand moved to another level and stayed there: forecasts follow it, comparisons with a year ago do not.",
    );
    add(
        Severity::Warning,
        "not_reconciled",
        decision.not_coherent.iter().cloned().collect(),
        "Sums and series could not be reconciled: sums are those of their series.",
    );
    add(
        Severity::Note,
        "censored_days",
        described(&|index| {
            let days = data.series[index].censored_days;
            (days > 0).then(|| format!("{days} days"))
        }),
        "On some days the shelf was empty at the close and less than usual was sold: those days are taken as not observed, \
         neither as zero demand nor for scores.",
    );
    add(
        Severity::Note,
        "wide_quantiles",
        decision.nodes.iter().filter(|node| node.is_series() && node.is_wide()).map(|node| node.name.clone()).collect(),
        "Too few rolling-origin errors: quantiles rest on the widened spread of the history.",
    );
    add(
        Severity::Warning,
        "no_category",
        data.products
            .iter()
            .filter(|(id, product)| {
                product.category_path.is_none() && data.series.iter().any(|series| series.product_id == **id)
            })
            .map(|(id, _)| id.clone())
            .chain(
                data.series.iter().filter(|s| !data.products.contains_key(&s.product_id)).map(|s| s.product_id.clone()),
            )
            .collect(),
        "These products have no category path: they are part of the total, not of any category. A `category_path` in \
         `products` mends it.",
    );
    add(
        Severity::Note,
        "ended_products",
        data.ended_products.clone(),
        "These products are past their `discontinued_on` and not forecast; comparisons with earlier days leave them out too.",
    );
    let missing = |name: &str| -> Vec<String> {
        data.missing.iter().filter(|missing| **missing == name).map(|name| (*name).to_owned()).collect()
    };
    add(
        Severity::Warning,
        "no_stock_levels",
        missing("stock_levels"),
        "Without `stock_levels` a stock-out cannot be told from a day without demand: forecasts of products that were often \
         sold out are too low.",
    );
    add(
        Severity::Warning,
        "no_products",
        missing("products"),
        "Without `products` there is no category tree, and launches and ends are not known: only the total and the series are \
         forecast.",
    );
    add(
        Severity::Note,
        "no_promotions",
        missing("promotions"),
        "Without `promotions` planned promotions do not raise the forecast and past ones look like noise.",
    );
    add(Severity::Note, "no_prices", missing("prices"), "Without `prices` price changes are not part of the forecast.");
    add(
        Severity::Note,
        "no_calendar",
        missing("calendar"),
        "Without `calendar` holidays and events are not part of the forecast.",
    );
    add(
        Severity::Note,
        "remembered_sales",
        data.remembered_since.map(|day| date_of(day).to_string()).into_iter().collect(),
        &format!(
            "Everything was last read on that day; since then only the last {} days were. A correction of older sales is taken in \
             with the next complete read, every {} days.",
            job.reread_days.get(),
            job.complete_read_days.get()
        ),
    );
    add(
        Severity::Note,
        "updated_models",
        data.fitted.as_ref().map(|fitted| date_of(fitted.as_of).to_string()).into_iter().collect(),
        &format!(
            "Models were last fitted on that day: tonight they took in the new days. Accuracy over rolling origins is that of the \
             fit. {} series whose past was corrected, or whose errors since add up to more than chance, were fitted again.",
            decision.refitted.len()
        ),
    );
    if decision.graded().is_none() {
        add(
            Severity::Note,
            "nothing_to_grade",
            vec!["demand_forecasts".to_owned()],
            "There is no earlier publication whose days have passed: accuracy is that of the rolling origins only.",
        );
    }
    all
}
