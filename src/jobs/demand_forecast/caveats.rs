//! What a reader must know before trusting the forecast: one rule per caveat.

use std::borrow::Cow;

use super::DemandForecast;
use super::dataset::DemandData;
use super::decision::Decision;
use super::facts::date_of;
use super::history::SeriesHistory;
use super::node::SeriesOutcome;
use crate::publication::Severity::{Note, Warning};
use crate::publication::{Caveat, Severity};

/// Examples named per caveat.
const EXAMPLES: usize = 5;
/// Days below which a history says nothing about the year.
const SHORT_HISTORY: usize = 365;

/// When something must be said, and what.
struct Rule {
    severity: Severity,
    code: &'static str,
    /// What is concerned; nothing = the caveat does not apply.
    concerned: fn(&Night) -> Vec<String>,
    /// What happened, why, and what would mend it.
    text: fn(&Night) -> Cow<'static, str>,
}

/// What the rules look at.
struct Night<'a> {
    job: &'a DemandForecast,
    data: &'a DemandData,
    decision: &'a Decision,
    /// The day of the last complete read of the sales, where that is not tonight.
    read_completely_on: Option<i32>,
}

/// Every caveat that applies.
pub(super) fn caveats(
    job: &DemandForecast,
    data: &DemandData,
    decision: &Decision,
    read_completely_on: Option<i32>,
) -> Vec<Caveat> {
    let night = Night { job, data, decision, read_completely_on };
    let applied = |rule: &Rule| {
        let concerned = (rule.concerned)(&night);
        (!concerned.is_empty()).then(|| Caveat {
            severity: rule.severity,
            code: rule.code.to_owned(),
            count: concerned.len() as u64,
            text: (rule.text)(&night).into_owned(),
            examples: concerned.into_iter().take(EXAMPLES).collect(),
        })
    };
    RULES.iter().filter_map(applied).collect()
}

/// In the order of the page.
const RULES: &[Rule] = &[
    Rule {
        severity: Warning,
        code: "fallback_model",
        concerned: |night| {
            night.series_where(|_, outcome| {
                outcome.fallback.as_ref().map(|reason| format!("{} ({reason})", outcome.method))
            })
        },
        text: |_| {
            "The usual model was not possible for these series; the one named stands in. A longer history, or an end date for \
             products that are no longer sold, mends it."
                .into()
        },
    },
    Rule {
        severity: Warning,
        code: "cold_start",
        concerned: |night| {
            night.series_where(|_, outcome| {
                outcome.cold_start.map(|own| format!("{:.0} % from its own days", 100.0 * own))
            })
        },
        text: |night| {
            format!(
                "Fewer than {} observed days: the forecast is drawn from the series' own days to the level of its category at the \
                 location, with quantiles as wide as that. Time mends it.",
                night.job.min_history_days.get()
            )
            .into()
        },
    },
    Rule {
        severity: Note,
        code: "short_history",
        concerned: |night| {
            let is_short = |series: &SeriesHistory, outcome: &SeriesOutcome| {
                outcome.cold_start.is_none() && series.demand.len() < SHORT_HISTORY
            };
            let pairs = night.data.series.iter().zip(&night.decision.outcomes);
            pairs.filter(|(series, outcome)| is_short(series, outcome)).map(|(series, _)| series.node()).collect()
        },
        text: |_| "Less than a year of history: the yearly season of these series is their category's.".into(),
    },
    Rule {
        severity: Note,
        code: "outliers",
        concerned: |night| {
            night.series_where(|series, outcome| {
                let outlier = outcome.outliers.last()?;
                let day = date_of(series.first_day + outlier.index as i32);
                Some(format!("{} on {day}, taken for {}", outlier.found, outlier.used))
            })
        },
        text: |_| {
            "A day sold far more than its season, its level and its own chance let expect, without a promotion or an event: models \
             learn from a usual day instead. A row in `promotions` or `calendar` says that it had a reason."
                .into()
        },
    },
    Rule {
        severity: Note,
        code: "level_shifts",
        concerned: |night| {
            night.series_where(|series, outcome| {
                let shift = outcome.shift?;
                let day = date_of(series.first_day + shift.index as i32);
                Some(format!("{:.1} a day since {day}, {:.1} before", shift.after, shift.before))
            })
        },
        text: |_| {
            "Demand moved to another level and stayed there: forecasts follow it, comparisons with a year ago do not."
                .into()
        },
    },
    Rule {
        severity: Warning,
        code: "not_reconciled",
        concerned: |night| night.decision.not_coherent.iter().cloned().collect(),
        text: |_| "Sums and series could not be reconciled: sums are those of their series.".into(),
    },
    Rule {
        severity: Note,
        code: "censored_days",
        concerned: |night| {
            night.series_where(|series, _| (series.censored_days > 0).then(|| format!("{} days", series.censored_days)))
        },
        text: |_| {
            "On some days the shelf was empty at the close and less than usual was sold: those days are taken as not observed, \
             neither as zero demand nor for scores."
                .into()
        },
    },
    Rule {
        severity: Note,
        code: "wide_quantiles",
        concerned: |night| {
            let nodes = night.decision.nodes.iter().filter(|node| node.is_series() && node.is_wide());
            nodes.map(|node| node.name().to_owned()).collect()
        },
        text: |_| "Too few rolling-origin errors: quantiles rest on the widened spread of the history.".into(),
    },
    Rule {
        severity: Warning,
        code: "no_category",
        concerned: |night| night.products_without_category(),
        text: |_| {
            "These products have no category path: they are part of the total, not of any category. A `category_path` in \
             `products` mends it."
                .into()
        },
    },
    Rule {
        severity: Note,
        code: "ended_products",
        concerned: |night| night.data.ended_products.clone(),
        text: |_| {
            "These products are past their `discontinued_on` and not forecast; comparisons with earlier days leave them out too."
                .into()
        },
    },
    Rule {
        severity: Warning,
        code: "no_stock_levels",
        concerned: |night| night.missing("stock_levels"),
        text: |_| {
            "Without `stock_levels` a stock-out cannot be told from a day without demand: forecasts of products that were often \
             sold out are too low."
                .into()
        },
    },
    Rule {
        severity: Warning,
        code: "no_products",
        concerned: |night| night.missing("products"),
        text: |_| {
            "Without `products` there is no category tree, and launches and ends are not known: only the total and the series are \
             forecast."
                .into()
        },
    },
    Rule {
        severity: Note,
        code: "no_promotions",
        concerned: |night| night.missing("promotions"),
        text: |_| {
            "Without `promotions` planned promotions do not raise the forecast and past ones look like noise.".into()
        },
    },
    Rule {
        severity: Note,
        code: "no_prices",
        concerned: |night| night.missing("prices"),
        text: |_| "Without `prices` price changes are not part of the forecast.".into(),
    },
    Rule {
        severity: Note,
        code: "no_calendar",
        concerned: |night| night.missing("calendar"),
        text: |_| "Without `calendar` holidays and events are not part of the forecast.".into(),
    },
    Rule {
        severity: Note,
        code: "remembered_sales",
        concerned: |night| night.read_completely_on.map(|day| date_of(day).to_string()).into_iter().collect(),
        text: |night| {
            format!(
                "Everything was last read on that day; since then only the last {} days were. A correction of older sales is taken \
                 in with the next complete read, every {} days.",
                night.job.reread_days.get(),
                night.job.complete_read_days.get()
            )
            .into()
        },
    },
    Rule {
        severity: Note,
        code: "updated_models",
        concerned: |night| night.decision.fitted_before_on.map(|day| date_of(day).to_string()).into_iter().collect(),
        text: |night| {
            format!(
                "Models were last fitted on that day: tonight they took in the new days. Accuracy over rolling origins is that of \
                 the fit. {} series whose past was corrected, or whose errors since add up to more than chance, were fitted again.",
                night.decision.refitted.len()
            )
            .into()
        },
    },
    Rule {
        severity: Note,
        code: "nothing_to_grade",
        concerned: |night| {
            let is_graded = night.decision.graded().published_on.is_some();
            (!is_graded).then(|| "demand_forecasts".to_owned()).into_iter().collect()
        },
        text: |_| {
            "There is no earlier publication whose days have passed: accuracy is that of the rolling origins only."
                .into()
        },
    },
];

impl Night<'_> {
    /// The series about which there is something to say, with it.
    fn series_where(&self, said: impl Fn(&SeriesHistory, &SeriesOutcome) -> Option<String>) -> Vec<String> {
        let pairs = self.data.series.iter().zip(&self.decision.outcomes);
        pairs.filter_map(|(series, outcome)| Some(format!("{}: {}", series.node(), said(series, outcome)?))).collect()
    }

    /// The products without a category path, and then those that are not in `products` at all, once per location.
    fn products_without_category(&self) -> Vec<String> {
        let (products, series) = (&self.data.products, &self.data.series);
        let is_forecast = |id: &str| series.iter().any(|series| series.product_id == id);
        let pathless = products.iter().filter(|(id, product)| product.category_path.is_none() && is_forecast(id));
        let unknown = series.iter().map(|series| &series.product_id).filter(|id| !products.contains_key(*id));
        pathless.map(|(id, _)| id).chain(unknown).cloned().collect()
    }

    fn missing(&self, dataset: &str) -> Vec<String> {
        self.data.missing.iter().filter(|missing| **missing == dataset).map(|name| (*name).to_owned()).collect()
    }
}
