//! How many rows were read, and how many are to be published, against earlier nights and against the weeks before.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};

use super::{GateSettings, History, known_dataset, severity_of};
use crate::datasets::{Dataset, InputFact, InputOrigin};
use crate::gate::{GateResult, GateSeverity};
use crate::publication::{Publication, PublishedTable};

/// Holds the rows that were read against the newest earlier publication, and each dataset's last seven days against the
/// weeks before. Half a load is caught by the first where all of history was lost, by the second where last night was.
pub fn input_gates(
    inputs: &[InputFact],
    tolerated: &[&Dataset],
    history: &History,
    settings: &GateSettings,
) -> Vec<GateResult> {
    let mut results = Vec::new();
    for input in inputs.iter().filter(|input| input.origin == InputOrigin::Dataset) {
        // What grows every day and what a shop is made of cannot shrink by itself; open orders and promotions come and go.
        let keeps = known_dataset(input).is_some_and(|dataset| dataset.grows_daily || dataset.keeps_its_rows);
        let severity = if keeps { severity_of(input, tolerated) } else { GateSeverity::Warn };
        if let Some(&before) = history.inputs.get(&input.dataset) {
            // What a shop is made of does not come by chance: of ten products six are too few.
            let by_chance = known_dataset(input).is_some_and(|dataset| dataset.grows_daily);
            let share = (before as f64 * settings.row_count_ratio).ceil() as u64;
            let least = if by_chance { least_by_chance(before as f64, settings.row_count_ratio) } else { share };
            results.push(GateResult {
                name: format!("rows of {}", input.dataset),
                severity,
                passed: input.rows >= least,
                observed: input.rows.to_string(),
                expected: format!("at least {least}"),
                explanation: format!(
                    "the newest publication before read {before} rows; much fewer may mean that part of the load is missing"
                ),
            });
        }
        if let Some(weeks) = recent_weeks(input) {
            // A day on which nothing at all was written down is a closed shop; whether it is a missing load, other gates ask.
            let open = weeks.days(&inputs.iter().filter(|other| other.grows_daily).collect::<Vec<_>>());
            let severity = severity_of(input, tolerated);
            // What only warns bears with weeks as restless as those before: a few customers who buy much come and go.
            let share = match severity {
                GateSeverity::Warn => settings.row_count_ratio.min((-WARNS * weeks.usual).exp()).max(LEAST_SHARE),
                GateSeverity::Block => settings.row_count_ratio,
            };
            let least = least_by_chance(weeks.median * open, share);
            results.push(GateResult {
                name: format!("last week of {}", input.dataset),
                severity,
                passed: weeks.last >= least,
                observed: weeks.last.to_string(),
                expected: format!("at least {least}"),
                explanation: format!(
                    "rows of the last seven days{} against the median {} of the eight weeks before",
                    if open < 1.0 { ", of which some were closed," } else { "" },
                    weeks.median
                ),
            });
        }
    }
    results
}

/// Weeks over which the rows of a weekday are looked at.
const WEEKDAYS: i64 = 8;
/// Of these, the fewest that tell what is usual.
const LEAST_WEEKDAYS: usize = 4;
/// Below this share of what is usual it is no load that anything should be computed from.
const LEAST_SHARE: f64 = 0.25;
/// As in [`super::days`]: this many times the largest distance of the weekdays before is remarked on, and stops.
const WARNS: f64 = 2.0;
/// See [`WARNS`].
const BLOCKS: f64 = 4.0;

/// Holds the rows of the newest day against those of the same weekday before: half a load of last night is lost in the sum of a week.
/// Says nothing of a day that is known to be special, and without enough weekdays to compare with.
pub(super) fn newest_day(
    input: &InputFact,
    special: &BTreeSet<NaiveDate>,
    settings: &GateSettings,
    tolerated: bool,
) -> Option<GateResult> {
    let day = input.last_day.filter(|day| !special.contains(day))?;
    let rows = *input.rows_by_day.get(&day)?;
    let same_weekday = (1..=WEEKDAYS).map(|week| day - TimeDelta::days(7 * week)).filter(|day| !special.contains(day));
    let mut before: Vec<f64> = same_weekday
        .filter_map(|day| input.rows_by_day.get(&day))
        .map(|rows| *rows as f64)
        .filter(|rows| *rows > 0.0)
        .collect();
    if before.len() < LEAST_WEEKDAYS {
        return None;
    }
    before.sort_by(f64::total_cmp);
    let median = before[before.len() / 2];
    let usual = before.iter().map(|rows| (rows / median).ln().abs()).fold(0.0, f64::max);
    let least = |share: f64, times: f64| least_by_chance(median, share.min((-times * usual).exp()));
    let (warns, blocks) = (least(settings.row_count_ratio, WARNS), least(LEAST_SHARE, BLOCKS));
    let stops = rows < blocks;
    Some(GateResult {
        name: format!("rows of the newest day of {}", input.dataset),
        severity: if stops && !tolerated { GateSeverity::Block } else { GateSeverity::Warn },
        passed: rows >= warns,
        observed: format!("{rows} rows on {day}"),
        expected: format!("at least {}", if stops { blocks } else { warns }),
        explanation: format!(
            "a {} usually has {median} (median of the {} before): fewer may be half a load",
            day.format("%A"),
            before.len()
        ),
    })
}

/// The least count that is no fault where so many are usual: the share that the project sets, and of few rows what chance may leave of
/// them, four standard deviations of a Poisson count.
pub(in crate::runner) fn least_by_chance(usual: f64, ratio: f64) -> u64 {
    (usual * ratio).min(usual - 4.0 * usual.sqrt()).max(0.0).ceil() as u64
}

struct Weeks {
    newest: NaiveDate,
    last: u64,
    median: f64,
    /// The second largest distance of the weeks before from their median, `|ln(rows / median)|`: one odd week is no habit.
    usual: f64,
}

impl Weeks {
    /// The share of its usual days on which the shop was open in the last seven: on which any dataset has rows.
    fn days(&self, daily: &[&InputFact]) -> f64 {
        let open = |week: i64| {
            let last = self.newest - TimeDelta::days(7 * week);
            let has_rows =
                |day: &NaiveDate| daily.iter().any(|input| input.rows_by_day.get(day).is_some_and(|rows| *rows > 0));
            (0..7).map(|back| last - TimeDelta::days(back)).filter(has_rows).count()
        };
        let mut usual: Vec<usize> = (1..=8).map(open).collect();
        usual.sort_unstable();
        (open(0) as f64 / usual[4].max(1) as f64).min(1.0)
    }
}

/// Sums of seven days, counted back from the newest day; `None` without nine full weeks of daily rows.
fn recent_weeks(input: &InputFact) -> Option<Weeks> {
    let newest = input.as_of;
    let week = |index: i64| -> u64 {
        let last = newest - TimeDelta::days(7 * index);
        let first = last - TimeDelta::days(6);
        input.rows_by_day.range(first..=last).map(|(_, rows)| rows).sum()
    };
    let mut before: Vec<u64> = (1..=8).map(week).collect();
    if before.contains(&0) {
        return None;
    }
    before.sort_unstable();
    let median = (before[3] + before[4]) as f64 / 2.0;
    let mut distances: Vec<f64> = before.iter().map(|rows| (*rows as f64 / median).ln().abs()).collect();
    distances.sort_by(f64::total_cmp);
    let usual = distances[distances.len() - 2];
    Some(Weeks { newest, last: week(0), median, usual })
}

/// Holds the rows to be published against the median of the last publications; of a table that may shrink also against that of a week
/// ago, for what is decided once a week has a number of its own on each day of it.
pub fn output_gates(publication: &Publication, history: &History, settings: &GateSettings) -> Vec<GateResult> {
    let mut results = Vec::new();
    for PublishedTable { table, frame } in &publication.tables {
        let Some(earlier) = history.tables.get(table.name()) else { continue };
        let mut earlier = earlier.clone();
        earlier.sort_unstable();
        let median = earlier.get(earlier.len() / 2).copied().unwrap_or_default();
        let week_ago = history.week_ago.get(table.name()).copied().filter(|_| table.may_shrink);
        let least = |rows: u64| (rows as f64 * settings.row_count_ratio).floor() as u64;
        let least = week_ago.map_or(least(median), |rows| least(median).min(least(rows)));
        let found = frame.height() as u64;
        let severity = if table.may_shrink { GateSeverity::Warn } else { GateSeverity::Block };
        let last = match earlier.len() {
            1 => format!("the last publication had {median} rows"),
            n => format!("the last {n} publications had a median of {median} rows"),
        };
        results.push(GateResult {
            name: format!("rows for {}", table.name()),
            severity,
            passed: found >= least,
            observed: found.to_string(),
            expected: format!("at least {least}"),
            explanation: match week_ago {
                Some(rows) => format!("{last}, that of a week ago {rows}"),
                None => last,
            },
        });
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: GateSettings = GateSettings { max_age_days: 2, row_count_ratio: 0.6 };

    /// Nine weeks of `rows` rows a week, of which the newest has `last`; `total` rows in all.
    fn input(dataset: &str, total: u64, rows: u64, last: u64) -> InputFact {
        let as_of: NaiveDate = "2026-11-22".parse().unwrap();
        let week = |index: u64| (as_of - chrono::Days::new(7 * index), if index == 0 { last } else { rows });
        InputFact {
            grows_daily: true,
            rows: total,
            last_day: Some(as_of),
            rows_by_day: (0..9).map(week).collect(),
            ..InputFact::of(dataset, InputOrigin::Dataset, as_of)
        }
    }

    fn stopped_by(input: InputFact, before: u64) -> Vec<String> {
        let inputs = [(input.dataset.clone(), before)].into();
        let gates = input_gates(&[input], &[], &History { inputs, ..History::default() }, &SETTINGS);
        gates.into_iter().filter(|gate| !gate.passed).map(|gate| gate.name).collect()
    }

    #[test]
    fn few_rows_may_be_fewer_by_chance_and_many_may_not() {
        let cases = [
            // rows a week, the last week, whether that is a fault
            (29, 17, false),
            (29, 6, true),
            (100, 60, false),
            (100, 59, true),
            (10_000, 6_000, false),
            (10_000, 5_999, true),
            (9, 0, false),
        ];
        for (usual, last, fault) in cases {
            let found = stopped_by(input("daily_sales", 5_000, usual, last), 5_000);
            assert_eq!(!found.is_empty(), fault, "{last} of {usual}: {found:?}");
        }
    }

    #[test]
    fn weeks_that_are_restless_may_be_where_the_gate_only_warns() {
        let as_of: NaiveDate = "2026-11-22".parse().unwrap();
        let passes = |weeks: [u64; 8], last: u64, tolerated: &[&Dataset]| {
            let mut fact = input("daily_sales", 5_000, 0, last);
            let before = weeks.iter().zip(1..).map(|(rows, week)| (as_of - chrono::Days::new(7 * week), *rows));
            fact.rows_by_day = before.chain([(as_of, last)]).collect();
            input_gates(&[fact], tolerated, &History::default(), &SETTINGS)[0].passed
        };
        let (restless, steady) = ([150, 230, 110, 240, 170, 150, 140, 160], [150, 155, 152, 149, 150, 151, 148, 150]);
        let tolerated: &[&Dataset] = &[&crate::datasets::DAILY_SALES];
        assert!(passes(restless, 85, tolerated) && !passes(restless, 50, tolerated));
        assert!(!passes(restless, 85, &[]), "what stops the night bears with less");
        assert!(!passes(steady, 85, tolerated));
        let odd = [150, 155, 15, 149, 150, 151, 148, 150];
        assert!(!passes(odd, 85, tolerated), "one odd week is no habit");
    }

    /// Eight weekdays of these rows, the newest last, and the day that is looked at.
    fn fate_of_the_newest(before: &[u64], rows: u64, special: &[u64]) -> &'static str {
        let as_of: NaiveDate = "2026-11-22".parse().unwrap();
        let back = |weeks: u64| as_of - chrono::Days::new(7 * weeks);
        let mut fact = input("order_lines", 5_000, 0, 0);
        fact.rows_by_day = before.iter().rev().zip(1..).map(|(rows, week)| (back(week), *rows)).collect();
        fact.rows_by_day.insert(as_of, rows);
        let special = special.iter().map(|weeks| back(*weeks)).collect();
        match newest_day(&fact, &special, &SETTINGS, false) {
            None => "unknown",
            Some(gate) if gate.passed => "passed",
            Some(gate) if gate.severity == GateSeverity::Warn => "warned",
            Some(_) => "stopped",
        }
    }

    #[test]
    fn half_a_load_of_last_night_is_remarked_on_and_a_tenth_stops() {
        let steady = [1_000, 990, 1_010, 1_005, 995, 1_000, 1_002, 998];
        let cases =
            [(1_000, "passed"), (620, "passed"), (500, "warned"), (260, "warned"), (240, "stopped"), (10, "stopped")];
        for (rows, fate) in cases {
            assert_eq!(fate_of_the_newest(&steady, rows, &[]), fate, "{rows} of a usual 1,000");
        }
        assert_eq!(fate_of_the_newest(&[4, 6, 5, 3, 7, 5, 4, 6], 1, &[]), "passed", "few rows come by chance");
        let restless = [1_000, 300, 2_000, 700, 1_500, 900, 400, 1_200];
        assert_eq!(fate_of_the_newest(&restless, 300, &[]), "passed", "its usual spread");
        assert_eq!(fate_of_the_newest(&steady, 10, &[0]), "unknown", "a day that is known to be special");
        assert_eq!(fate_of_the_newest(&[1_000, 1_000, 1_000, 10, 1_000], 1_000, &[2]), "passed");
        assert_eq!(fate_of_the_newest(&steady[..3], 10, &[]), "unknown", "too short a history");
    }

    #[test]
    fn what_is_decided_once_a_week_has_a_number_of_its_own_on_each_day() {
        use crate::published::RECOMMENDATION_OUTCOMES;
        let rows = |rows: i64| {
            let frame = polars::df!("row" => (0..rows).collect::<Vec<_>>()).unwrap();
            Publication {
                tables: vec![PublishedTable { table: &RECOMMENDATION_OUTCOMES, frame }],
                ..Publication::default()
            }
        };
        let passes = |found: i64, week_ago: Option<u64>| {
            let name = || "recommendation_outcomes".to_owned();
            let history = History {
                tables: [(name(), vec![27, 28, 12, 27, 26, 28, 27])].into(),
                week_ago: week_ago.map(|rows| (name(), rows)).into_iter().collect(),
                ..History::default()
            };
            output_gates(&rows(found), &history, &SETTINGS)[0].passed
        };
        assert!(passes(6, Some(6)) && passes(4, Some(6)), "as a week ago, or nearly");
        assert!(!passes(2, Some(6)));
        assert!(!passes(6, None) && !passes(6, Some(27)), "the first time it is remarked on");
    }

    #[test]
    fn what_a_shop_is_made_of_does_not_come_by_chance() {
        let of = |dataset, now| stopped_by(InputFact { rows_by_day: [].into(), ..input(dataset, now, 0, 0) }, 10);
        assert_eq!(of("products", 5), ["rows of products"]);
        assert_eq!(of("products", 6), [""; 0]);
        assert_eq!(of("daily_sales", 5), [""; 0]);
    }
}
