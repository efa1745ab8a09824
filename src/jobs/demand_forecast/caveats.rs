//! What a reader must know before trusting the forecast: one rule per caveat.

use super::DemandForecast;
use super::decision::Decision;
use super::facts::DemandData;
use super::history::SeriesHistory;
use super::node::SeriesOutcome;
use crate::day::Day;
use crate::page_kit::{Concern, Rule};
use crate::publication::Caveat;
use crate::words::percent;

/// Days below which a history says nothing about the year.
const SHORT_HISTORY: usize = 365;

/// What the rules look at.
struct Night<'a> {
    job: &'a DemandForecast,
    data: &'a DemandData,
    decision: &'a Decision,
    /// The day of the last night that read all sales.
    complete_on: Day,
}

/// Every caveat that applies. All sales were last read on `complete_on`.
pub(super) fn caveats(job: &DemandForecast, data: &DemandData, decision: &Decision, complete_on: Day) -> Vec<Caveat> {
    Rule::caveats(Night::RULES, &Night { job, data, decision, complete_on })
}

/// A caveat about these, where there are any.
fn about(concerned: impl IntoIterator<Item = String>, text: impl Into<String>) -> Option<Concern> {
    let concerned: Vec<String> = concerned.into_iter().collect();
    Concern::of_any(concerned.len() as u64, text).map(|concern| concern.naming(concerned))
}

impl<'a> Night<'a> {
    /// In the order of the page.
    const RULES: &'a [Rule<Self>] = &[
        Rule::warning("fallback_model", |night| {
            let fallbacks = night.series_where(|_, outcome| {
                outcome.fallback.as_ref().map(|reason| format!("{} ({reason})", outcome.method))
            });
            about(
                fallbacks,
                "The usual model was not possible for these series; the one named stands in. A longer history, or an end date for \
                 products that are no longer sold, mends it.",
            )
        }),
        Rule::warning("cold_start", |night| {
            let new = night.series_where(|_, outcome| {
                outcome.cold_start.map(|own| format!("{} from its own days", percent(own, 0)))
            });
            let text = format!(
                "Fewer than {} observed days: the forecast is drawn from the series' own days to the level of its category at the \
                 location, with quantiles as wide as that. Time mends it.",
                night.job.min_history_days.get()
            );
            about(new, text)
        }),
        Rule::note("short_history", |night| {
            let pairs = night.data.series.iter().zip(&night.decision.outcomes);
            let short =
                pairs.filter(|(series, outcome)| outcome.cold_start.is_none() && series.demand.len() < SHORT_HISTORY);
            about(
                short.map(|(series, _)| series.node()),
                "Less than a year of history: the yearly season of these series is their category's.",
            )
        }),
        Rule::note("outliers", |night| {
            let found = night.series_where(|series, outcome| {
                let outlier = outcome.outliers.last()?;
                let day = series.first_day + outlier.index as i32;
                Some(format!("{} on {day}, taken for {}", outlier.found, outlier.used))
            });
            about(
                found,
                "A day sold far more than its season, its level and its own chance let expect, without a promotion or an event: \
                 models learn from a usual day instead. A row in `promotions` or `calendar` says that it had a reason.",
            )
        }),
        Rule::note("level_shifts", |night| {
            let found = night.series_where(|series, outcome| {
                let shift = outcome.shift?;
                let day = series.first_day + shift.index as i32;
                Some(format!("{:.1} a day since {day}, {:.1} before", shift.after, shift.before))
            });
            about(
                found,
                "Demand moved to another level and stayed there: forecasts follow it, comparisons with a year ago do not.",
            )
        }),
        Rule::warning("not_reconciled", |night| {
            about(
                night.decision.not_coherent.clone(),
                "Sums and series could not be reconciled: sums are those of their series.",
            )
        }),
        Rule::note("censored_days", |night| {
            let censored = night
                .series_where(|series, _| (series.censored_days > 0).then(|| format!("{} days", series.censored_days)));
            about(
                censored,
                "On some days the shelf was empty at the close. Where less than usual was sold, the day is taken as not observed, \
                 neither as zero demand nor for scores; where at least as much was sold, demand was more and is taken for more.",
            )
        }),
        Rule::note("stock_without_zeros", |night| {
            about(
                night.data.stock_without_zeros.iter().cloned(),
                "`stock_levels` has no line of zero of these locations at all: where a product has no line on a day on which its \
                 location was counted, its shelf is taken for empty, for four weeks after its last line.",
            )
        }),
        Rule::warning("always_empty", |night| {
            let empty = night.data.series.iter().filter(|series| series.is_always_empty);
            about(
                empty.map(SeriesHistory::node),
                "These close without stock nearly whenever they sell: fresh goods that are sold out every evening, or goods without \
                 stock-keeping. Their sales are taken for their demand; where they do sell out, more could have been sold.",
            )
        }),
        Rule::note("season_goods", |night| {
            let seasonal = night.data.series.iter().filter_map(|series| {
                let season = series.season.as_ref()?;
                Some(format!("{}: by {}, {} before", series.node(), season.anchor, season.n_past()))
            });
            about(
                seasonal,
                "These sell in a season of the year alone: the forecast is what the seasons before sold at the same place, times how \
                 strong the season in progress is. One that was seen once counts where most of its category comes again every year.",
            )
        }),
        Rule::note("closed_days", |night| {
            let closed = night.data.openings.each().filter_map(|(location, opening)| {
                let last = opening.closed.last()?;
                Some(format!("{location}: {} days, the last on {last}", opening.closed.len()))
            });
            about(
                closed,
                "Nothing at all was sold there on these days, which is no chance: the location was closed, or its sales are not \
                 loaded. They are taken as not observed, not as days without demand.",
            )
        }),
        Rule::note("closed_ahead", |night| {
            let horizon_ends = night.data.as_of + night.job.horizon() as i32;
            let closed = night.data.openings.each().filter_map(|(location, opening)| {
                let days = opening.closed_ahead.iter().filter(|day| **day <= horizon_ends);
                let days: Vec<String> = days.map(ToString::to_string).collect();
                (!days.is_empty()).then(|| format!("{location}: {}", days.join(", ")))
            });
            about(
                closed,
                "No demand is expected there on these days: `closed_on` in nightclerk.toml or the calendar says that it is closed, or the \
                 location was on the same days before, of an event in `calendar`, or on the date in every year.",
            )
        }),
        Rule::note("wide_quantiles", |night| {
            let wide = night.decision.nodes.iter().filter(|node| node.is_series() && node.is_wide());
            about(
                wide.map(|node| node.name().to_owned()),
                "Too few rolling-origin errors: quantiles rest on the widened spread of the history.",
            )
        }),
        Rule::warning("no_category", |night| {
            about(
                night.products_without_category(),
                "These products have no category path: they are part of the total, not of any category. A `category_path` in \
                 `products` mends it.",
            )
        }),
        Rule::note("ended_products", |night| {
            about(
                night.data.ended_products.clone(),
                "These products are past their `discontinued_on` and not forecast; comparisons with earlier days leave them out \
                 too.",
            )
        }),
        Rule::warning("no_stock_levels", |night| {
            about(
                night.missing("stock_levels"),
                "Without `stock_levels` a stock-out cannot be told from a day without demand: forecasts of products that were often \
                 sold out are too low.",
            )
        }),
        Rule::warning("no_products", |night| {
            about(
                night.missing("products"),
                "Without `products` there is no category tree, and launches and ends are not known: only the total and the series \
                 are forecast.",
            )
        }),
        Rule::note("no_promotions", |night| {
            about(
                night.missing("promotions"),
                "Without `promotions` planned promotions do not raise the forecast and past ones look like noise.",
            )
        }),
        Rule::note("no_prices", |night| {
            about(night.missing("prices"), "Without `prices` price changes are not part of the forecast.")
        }),
        Rule::note("no_calendar", |night| {
            about(night.missing("calendar"), "Without `calendar` holidays and events are not part of the forecast.")
        }),
        Rule::note("remembered_sales", |night| {
            let earlier = Some(night.complete_on).filter(|day| *day < night.data.as_of);
            let text = format!(
                "Everything was last read on that day; since then only the last {} days were. A correction of older sales is taken \
                 in with the next complete read, every {} days.",
                night.job.reread_days.get(),
                night.job.complete_read_days.get()
            );
            about(earlier.map(|day| day.to_string()), text)
        }),
        Rule::note("updated_models", |night| {
            let text = format!(
                "Models were last fitted on that day: tonight they took in the new days. Accuracy over rolling origins is that of \
                 the fit. {} series whose past was corrected, or whose errors since add up to more than chance, were fitted again.",
                night.decision.refitted.len()
            );
            about(night.decision.fitted_before_on.map(|day| day.to_string()), text)
        }),
        Rule::note("nothing_to_grade", |night| {
            let is_graded = night.decision.graded().published_on.is_some();
            about(
                (!is_graded).then(|| "demand_forecasts".to_owned()),
                "There is no earlier publication whose days have passed: accuracy is that of the rolling origins only.",
            )
        }),
    ];

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
