//! What the days of a dataset say about themselves: ratios that jumped, days that are missing. One night is enough to know, because the
//! days before are in the same data.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};

use crate::datasets::{Dataset, InputFact};
use crate::gate::{GateResult, GateSeverity};
use crate::profile::{Days, Measure, summed};

/// Days over which ratios are looked at, counted back from the as-of date: what went wrong last night, this week, this month.
const WINDOWS: [i64; 4] = [1, 3, 7, 28];
/// Windows before that are looked at, at most.
const MOST_BEFORE: i64 = 52;
/// Windows before without which nothing is said: too few tell no usual spread.
const LEAST_BEFORE: usize = 3;
/// Of the ratios before, as distances from their median, the share that is taken for usual.
const USUAL_SHARE: f64 = 0.9;
/// A ratio this many usual distances away is remarked on, and stops the publication.
const WARNS: f64 = 2.0;
/// See [`WARNS`].
const BLOCKS: f64 = 4.0;
/// Rows in a window without which a ratio is chance.
const LEAST_ROWS: u64 = 20;

/// A ratio over the newest days beside what it was.
struct Shift {
    /// Times what it was.
    factor: f64,
    /// Factors beyond which it is remarked on, and stops the publication.
    warns_at: f64,
    blocks_at: f64,
}

/// Holds each measure of a dataset over the newest day, three days, week and four weeks against the same spans before. One result a
/// measure: its worst span.
pub(super) fn measures(dataset: &Dataset, days: &Days, as_of: NaiveDate, tolerated: bool) -> Vec<GateResult> {
    let columns = summed(dataset.measures);
    let result = |measure: &Measure| {
        let shifts =
            WINDOWS.iter().filter_map(|&window| Some((window, shift(measure, &columns, days, as_of, window)?)));
        let excess = |shift: &Shift| shift.factor.max(1e-9).ln().abs() / shift.blocks_at.ln();
        let worst = shifts.max_by(|left, right| excess(&left.1).total_cmp(&excess(&right.1)));
        let name = format!("{} of {}", measure.name, dataset.name());
        let Some((window, shift)) = worst else {
            return GateResult {
                name,
                severity: GateSeverity::Warn,
                passed: true,
                observed: "too short a history to say".to_owned(),
                expected: format!("{LEAST_BEFORE} spans before to compare with"),
                explanation: "nothing is known yet that this could be held against".to_owned(),
            };
        };
        let beyond = |limit: f64| shift.factor > limit || shift.factor < 1.0 / limit;
        let (blocks, warns) = (beyond(shift.blocks_at), beyond(shift.warns_at));
        let limit = if blocks || !warns { shift.blocks_at } else { shift.warns_at };
        let span = if window == 1 { "the newest day".to_owned() } else { format!("the newest {window} days") };
        GateResult {
            name,
            severity: if blocks && !tolerated { GateSeverity::Block } else { GateSeverity::Warn },
            passed: !warns,
            observed: format!("{} times what it was, over {span}", rounded(shift.factor)),
            expected: format!("{} to {} times", rounded(1.0 / limit), rounded(limit)),
            explanation: format!("an unusual jump: {}", measure.hint),
        }
    };
    dataset.measures.iter().map(result).collect()
}

/// Two figures that count.
pub(super) fn rounded(factor: f64) -> String {
    if factor == 0.0 {
        return "0".to_owned();
    }
    let digits = (1 - factor.abs().log10().floor() as i32).clamp(0, 9);
    format!("{factor:.*}", digits as usize)
}

/// A ratio over the `window` newest days against the spans of the same length before, a week apart or their own length.
fn shift(measure: &Measure, columns: &[&str], days: &Days, as_of: NaiveDate, window: i64) -> Option<Shift> {
    let newest = ratio(measure, columns, days, as_of, window)?;
    let step = (window + 6) / 7 * 7;
    let mut before: Vec<f64> = (1..=MOST_BEFORE)
        .filter_map(|index| ratio(measure, columns, days, as_of - TimeDelta::days(step * index), window))
        .filter(|ratio| *ratio > 0.0)
        .collect();
    if before.len() < LEAST_BEFORE {
        return None;
    }
    before.sort_by(f64::total_cmp);
    let median = before[before.len() / 2];
    let mut distances: Vec<f64> = before.iter().map(|ratio| (ratio / median).ln().abs()).collect();
    distances.sort_by(f64::total_cmp);
    let usual = distances[((distances.len() as f64 - 1.0) * USUAL_SHARE).round() as usize];
    Some(Shift {
        factor: newest / median,
        warns_at: measure.warns_at.max((WARNS * usual).exp()),
        blocks_at: measure.blocks_at.max((BLOCKS * usual).exp()),
    })
}

fn ratio(measure: &Measure, columns: &[&str], days: &Days, last: NaiveDate, window: i64) -> Option<f64> {
    let first = last - TimeDelta::days(window - 1);
    let place = |name: &str| columns.iter().position(|column| *column == name);
    let (of, per) = (place(measure.of)?, measure.per.map(place));
    let (mut rows, mut sum, mut by) = (0, 0.0, 0.0);
    for profile in days.range(first..=last).map(|(_, profile)| profile) {
        rows += profile.rows;
        sum += profile.sums.get(of).copied().unwrap_or_default();
        by += match per {
            Some(place) => profile.sums.get(place?).copied().unwrap_or_default(),
            None => profile.rows as f64,
        };
    }
    (rows >= LEAST_ROWS && by > 0.0).then(|| sum / by)
}

/// Weeks in which a weekday had rows every time, without which its absence says nothing.
const WEEKS_WITH_ROWS: i64 = 8;

/// Days up to the as-of date without a row, although the same weekday had some in each of the eight weeks before: a load that is late,
/// or a closed shop. Another dataset that has the day, or two such days, say that it is the load; a day of the calendar says that it is
/// not. `special` are the days that the calendar names.
pub(super) fn missing(
    input: &InputFact,
    others: &[&InputFact],
    special: &BTreeSet<NaiveDate>,
    tolerated: bool,
) -> Option<GateResult> {
    let last = input.last_day?;
    let has_rows = |day: NaiveDate| input.rows_by_day.get(&day).is_some_and(|rows| *rows > 0);
    let was_there_every_week =
        |day: NaiveDate| (1..=WEEKS_WITH_ROWS).all(|week| has_rows(day - TimeDelta::days(7 * week)));
    let expected: Vec<NaiveDate> = last
        .succ_opt()?
        .iter_days()
        .take_while(|day| *day <= input.as_of)
        .filter(|day| was_there_every_week(*day) && !special.contains(day))
        .collect();
    let seen_elsewhere = expected.iter().find_map(|day| {
        others.iter().find(|other| other.rows_by_day.contains_key(day)).map(|other| other.dataset.as_str())
    });
    let blocks = !tolerated && (expected.len() >= 2 || seen_elsewhere.is_some());
    let name = &input.dataset;
    Some(GateResult {
        name: format!("newest days of {name}"),
        severity: if blocks { GateSeverity::Block } else { GateSeverity::Warn },
        passed: expected.is_empty(),
        observed: match (expected.first(), expected.len()) {
            (None, _) => format!("rows to {last}"),
            (Some(day), 1) => format!("no row on {day}, the newest is of {last}"),
            (Some(day), n) => format!("no row on {n} days from {day} on, the newest is of {last}"),
        },
        expected: "a row on every day whose weekday had some in each of the eight weeks before".to_owned(),
        explanation: match seen_elsewhere {
            Some(other) => format!(
                "{other} is there for that day, so {name} is late or missing: load it and run again; days without a sale are no \
                 days without demand"
            ),
            None => format!(
                "either {name} is late (load it and run again), or the shop was closed: then name the day in the dataset \
                 `calendar`; days without a sale are no days without demand"
            ),
        },
    })
}
