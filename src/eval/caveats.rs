//! What a reader of the scores must be told: what was left out, filled, constant, or made by a fallback.

use super::chosen::{Chosen, Forecasts, Usage};
use super::input::Dataset;
use super::input_options::{InputOptions, Missing};
use super::score::Score;

/// Notes of forecasts that are shown.
const NOTES: usize = 3;
/// Share of periods without a row above which the grid itself is doubtful.
const MANY_GAPS: f64 = 0.5;

/// The caveats, in the order of the run.
pub(super) fn caveats(
    dataset: &Dataset,
    input: &InputOptions,
    chosen: &Chosen,
    forecasts: &Forecasts,
    scores: &[Score],
    usage: Usage,
) -> Vec<String> {
    let mut said = Vec::new();
    let facts = &dataset.facts;
    let treated = match input.missing {
        Missing::Skip => "left unobserved",
        Missing::Zero => "taken as zero",
        Missing::Seasonal => "filled with the median of their season position before the origin",
    };
    if facts.gaps > 0 {
        said.push(format!(
            "{} between the first and last row of a series have no row; {treated}",
            many(facts.gaps, "period", "periods")
        ));
    }
    let periods = facts.gaps + facts.rows;
    if facts.gaps as f64 > MANY_GAPS * periods as f64 {
        said.push(format!(
            "more than half of all periods have no row: check that the file is {} (--frequency), and whether no row \
             means no sale (--missing zero)",
            dataset.axis.step().name()
        ));
    }
    if facts.empty > 0 {
        said.push(format!("{} without a value; {treated}", many(facts.empty, "row", "rows")));
    }
    if facts.masked > 0 {
        let masked = many(facts.masked, "period", "periods");
        said.push(format!("{masked} out of stock: not observed, and not scored"));
    }
    if facts.negative > 0 {
        said.push(format!("{} below zero kept as they are", many(facts.negative, "value", "values")));
    }
    if facts.unknown > 0 {
        let cells = many(facts.unknown, "value", "values");
        said.push(format!("{cells} of the known-ahead columns missing, up to the end of the test"));
    }
    said.extend(dataset.doubts.iter().cloned());
    if facts.ended > 0 && !dataset.is_split() {
        let ended = many(facts.ended, "series", "series");
        said.push(format!("{ended} of the file end before its last period; their origins lie before their own end"));
    }
    if chosen.left_out > 0 {
        said.push(format!(
            "{} left out for having fewer than {} rows or none before the test: {}{}",
            many(chosen.left_out, "series", "series"),
            chosen.min_length,
            chosen.short.join(", "),
            if chosen.left_out > chosen.short.len() { ", ..." } else { "" }
        ));
    }
    about_training(dataset, chosen, &mut said);
    about_forecasts(dataset, chosen, forecasts, scores, &mut said);
    if usage.cpu_seconds.is_none() || usage.peak_rss_mb.is_none() {
        said.push("CPU time or memory is not measured: this system has no /proc/self".to_owned());
    }
    said
}

/// Histories that give no scale, counted at the last origin.
fn about_training(dataset: &Dataset, chosen: &Chosen, said: &mut Vec<String>) {
    let (mut nothing, mut zero, mut constant, mut single) = (0, 0, 0, 0);
    for place in &chosen.series {
        let mut observed = dataset.series[*place].values.iter().copied().filter(|value| value.is_finite());
        let Some(first) = observed.next() else {
            nothing += 1;
            continue;
        };
        let more = observed.clone().next().is_some();
        if observed.any(|value| value != first) {
            continue;
        }
        match (first == 0.0, more) {
            (true, _) => zero += 1,
            (false, true) => constant += 1,
            (false, false) => single += 1,
        }
    }
    let mut say = |count: usize, what: &str| {
        if count > 0 {
            said.push(format!("{} {what}", many(count, "series", "series")));
        }
    };
    say(nothing, "without any observed value before the test: the forecast is a guess, and no scaled score exists");
    say(zero, "all zero before the test: no scaled score exists");
    say(single, "with a single observed value before the test: no scaled score exists");
    say(constant, "constant before the test: no scaled score exists");
}

fn about_forecasts(
    dataset: &Dataset,
    chosen: &Chosen,
    forecasts: &Forecasts,
    scores: &[Score],
    said: &mut Vec<String>,
) {
    let made = forecasts.results.len();
    let possible = chosen.series.len() * chosen.origins;
    if made < possible {
        let why = if chosen.by_date {
            "have not both a past and a horizon there"
        } else {
            "reach not back to the earlier origins"
        };
        said.push(format!("{} {why}", many(possible - made, "forecast", "forecasts")));
    }
    if scores.len() < made {
        said.push(format!(
            "{} without any observed actual, not scored",
            many(made - scores.len(), "forecast", "forecasts")
        ));
    }
    if forecasts.crossing > 0 {
        said.push(format!("{} with quantiles that cross", many(forecasts.crossing, "forecast", "forecasts")));
    }
    if !forecasts.unusable.is_empty() {
        said.push(format!("forecasts replaced by the seasonal naive: {}", forecasts.unusable.join("; ")));
    }
    let noted = || forecasts.results.iter().filter_map(|one| Some((one.series, one.result.note.as_ref()?)));
    let shown: Vec<String> =
        noted().take(NOTES).map(|(series, note)| format!("{}: {note}", dataset.series[series].label)).collect();
    if !shown.is_empty() {
        said.push(format!(
            "{} with a note, such as {}",
            many(noted().count(), "forecast", "forecasts"),
            shown.join("; ")
        ));
    }
}

fn many(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}
