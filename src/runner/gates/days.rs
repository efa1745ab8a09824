//! What the days of a dataset say: ratios that jumped, days that are missing (one night is enough to know, because the days before are in
//! the same data), days that earlier nights read otherwise.

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
/// A ratio this many usual distances away, and further than twice before, is remarked on.
const WARNS: f64 = 2.0;
/// A ratio this many usual distances away stops the publication.
const BLOCKS: f64 = 4.0;
/// Rows in a window without which a ratio is chance.
const LEAST_ROWS: u64 = 20;

/// A ratio over the newest days beside what it was.
struct Shift {
    /// Times what it was.
    factor: f64,
    /// Times what it was a week before, of four weeks two: what stays where it is gone to is told for a week, not for half a year.
    lately: Option<f64>,
    /// Factors beyond which it is remarked on, and stops the publication.
    warns_at: f64,
    blocks_at: f64,
}

impl Shift {
    fn blocks(&self) -> bool {
        distance(self.factor) > self.blocks_at.ln()
    }

    /// Whether it is remarked on; what stops the night is.
    fn warns(&self) -> bool {
        let is_far = |factor: f64| distance(factor) > self.warns_at.ln();
        self.blocks() || is_far(self.factor) && self.lately.is_none_or(is_far)
    }
}

/// Holds each measure of a dataset over the newest day, three days, week and four weeks against the same spans before. One result a
/// measure: its worst span.
pub(super) fn measures(dataset: &Dataset, days: &Days, as_of: NaiveDate, tolerated: bool) -> Vec<GateResult> {
    let columns = summed(dataset.measures);
    let result = |measure: &Measure| {
        let shifts =
            WINDOWS.iter().filter_map(|&window| Some((window, shift(measure, &columns, days, as_of, window)?)));
        // By what it does, then by how far it is from stopping the night.
        let rank = |shift: &Shift| {
            let does = u8::from(shift.warns()) + u8::from(shift.blocks());
            (does, distance(shift.factor) / shift.blocks_at.ln())
        };
        let worst = shifts.max_by(|left, right| {
            let (left, right) = (rank(&left.1), rank(&right.1));
            left.0.cmp(&right.0).then(left.1.total_cmp(&right.1))
        });
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
        let (blocks, warns) = (shift.blocks(), shift.warns());
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
    let blocks_at = measure.blocks_at.max((BLOCKS * usual).exp());
    // What was seen twice is no news: of ratios with long tails twice the usual distance comes every few weeks. Once may have been a fault.
    let seen = distances.iter().rev().nth(1).copied().unwrap_or_default();
    let warns_at = measure.warns_at.max((WARNS * usual).exp()).max(seen.exp()).min(blocks_at);
    let lately = ratio(measure, columns, days, as_of - TimeDelta::days(step.min(14)), window);
    let lately = lately.filter(|ratio| *ratio > 0.0).map(|ratio| newest / ratio);
    Some(Shift { factor: newest / median, lately, warns_at, blocks_at })
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

/// Days that may still change because data come late.
const SETTLED_AFTER: i64 = 7;
/// Settled days without which a change of them says nothing.
const LEAST_SETTLED: usize = 28;
/// Times what settled days were, or its inverse.
const RESTATED_WARNS: f64 = 1.02;
/// See [`RESTATED_WARNS`].
const RESTATED_BLOCKS: f64 = 1.2;

/// Holds days that were read before, and that are over for more than a week, against what they are now: history does not change by
/// itself. `None` without enough of them.
pub(super) fn restated(
    dataset: &Dataset,
    known: &Days,
    found: &Days,
    as_of: NaiveDate,
    tolerated: bool,
) -> Option<GateResult> {
    let first = *found.keys().next()?;
    let last = known.keys().next_back().copied()?.min(as_of);
    let settled = last - TimeDelta::days(SETTLED_AFTER);
    let before: Vec<_> = known.range(first.min(settled)..settled).collect();
    if before.len() < LEAST_SETTLED {
        return None;
    }
    let n_changed = before.iter().filter(|(day, profile)| found.get(day) != Some(*profile)).count();
    let columns = summed(dataset.measures);
    // Only days that were read before: the others are new.
    let of = |days: &Days, place: usize| -> f64 {
        let sums = before.iter().filter_map(|(day, _)| days.get(day)).map(|profile| match place.checked_sub(1) {
            None => profile.rows as f64,
            Some(place) => profile.sums.get(place).copied().unwrap_or_default(),
        });
        sums.sum()
    };
    let names = std::iter::once("rows").chain(columns.iter().copied());
    let factors = names.enumerate().filter_map(|(place, name)| {
        let was = of(known, place);
        (was > 0.0).then(|| (name, of(found, place) / was))
    });
    let (name, factor) = factors.max_by(|left, right| distance(left.1).total_cmp(&distance(right.1)))?;
    let beyond = |limit: f64| distance(factor) > limit.ln();
    // Somebody corrects some days; all of them change where a column is read otherwise.
    let is_most = n_changed * 2 > before.len();
    let blocks = beyond(RESTATED_BLOCKS) || is_most && beyond(RESTATED_WARNS);
    Some(GateResult {
        name: format!("history of {}", dataset.name()),
        severity: if blocks && !tolerated { GateSeverity::Block } else { GateSeverity::Warn },
        passed: !beyond(RESTATED_WARNS),
        observed: match n_changed {
            0 => "no day changed".to_owned(),
            _ => format!("{n_changed} of {} days changed; {name}: {factor:.3} times what they were", before.len()),
        },
        expected: format!("days that are over for more than {SETTLED_AFTER} days as earlier nights read them"),
        explanation: "history was loaded twice, in another unit or in part; or its SQL was changed, then accept it once in the job's file"
            .to_owned(),
    })
}

/// Days that are named.
const NAMED: usize = 3;

/// What came late: days of the last week that earlier nights read otherwise. It is told and stops nothing, for late rows are no fault.
/// `None` where none was.
pub(super) fn late(dataset: &Dataset, known: &Days, found: &Days, as_of: NaiveDate) -> Option<GateResult> {
    // A night that carries on from what it remembers reads the newest days alone.
    let first = (as_of - TimeDelta::days(SETTLED_AFTER)).max(*found.keys().next()?);
    let week: Vec<_> = known.range(first.min(as_of)..as_of).collect();
    let none = crate::profile::DayProfile::default();
    let changed: Vec<String> = (week.iter())
        .filter(|(day, profile)| found.get(day).unwrap_or(&none) != *profile)
        .map(|(day, profile)| {
            let now = found.get(day).map_or(0, |profile| profile.rows);
            match (profile.rows, now) {
                (before, now) if before == now => format!("{day} other sums of its {now} rows"),
                (before, now) => format!("{day} {now} rows instead of {before}"),
            }
        })
        .collect();
    if changed.is_empty() {
        return None;
    }
    let more = changed.len().saturating_sub(NAMED);
    let told = changed.iter().rev().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    Some(GateResult {
        name: format!("late rows of {}", dataset.name()),
        severity: GateSeverity::Warn,
        passed: true,
        observed: match more {
            0 => format!("earlier nights read otherwise: {told}"),
            more => format!("earlier nights read otherwise: {told}, and {more} more days"),
        },
        expected: "rows may come within a week; tonight reads them as they are now".to_owned(),
        explanation:
            "what was published for those days was made from the rows of then; `nightclerk run --as-of` makes it anew"
                .to_owned(),
    })
}

/// How far a factor is from 1, either way.
fn distance(factor: f64) -> f64 {
    factor.max(1e-9).ln().abs()
}

/// Weeks in which a weekday had rows every time, without which its absence says nothing.
const WEEKS_WITH_ROWS: i64 = 8;

/// Rows that the days without one would usually have, together, below which none may be chance: of a Poisson count of 8, one in 3,000.
const LEAST_MISSED: f64 = 8.0;
/// The share of a Poisson count's variance that rows have which come by chance; those of a list that is written down every day have none.
const SCATTER: f64 = 0.5;

/// Days up to the as-of date without a row, although the same weekday had some in each of the eight weeks before: a load that is late,
/// a closed shop, or of few rows that come by chance none. Another dataset that has the day, or two such days, say that it is the load; a
/// day of the calendar says that it is not. `special` are the days that the calendar names.
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
    // The rows of the same weekdays before, and how far they scatter.
    let rows = |day: NaiveDate| input.rows_by_day.get(&day).copied().unwrap_or_default() as f64;
    let usual = |day: &NaiveDate| -> (f64, f64) {
        let before = (1..=WEEKS_WITH_ROWS).map(|week| rows(*day - TimeDelta::days(7 * week)));
        let mean = before.clone().sum::<f64>() / WEEKS_WITH_ROWS as f64;
        (mean, before.map(|rows| (rows - mean).powi(2)).sum::<f64>() / (WEEKS_WITH_ROWS - 1) as f64)
    };
    let usual: Vec<(f64, f64)> = expected.iter().map(usual).collect();
    let (missed, variance) = usual.iter().fold((0.0, 0.0), |sum, day| (sum.0 + day.0, sum.1 + day.1));
    let by_chance = !expected.is_empty() && missed < LEAST_MISSED && variance >= SCATTER * missed;
    let blocks = !tolerated && !by_chance && (expected.len() >= 2 || seen_elsewhere.is_some());
    let name = &input.dataset;
    Some(GateResult {
        name: format!("newest days of {name}"),
        severity: if blocks { GateSeverity::Block } else { GateSeverity::Warn },
        passed: expected.is_empty() || by_chance,
        observed: match (expected.first(), expected.len()) {
            (None, _) => format!("rows to {last}"),
            (Some(day), 1) => format!("no row on {day}, the newest is of {last}"),
            (Some(day), n) => format!("no row on {n} days from {day} on, the newest is of {last}"),
        },
        expected: "a row on every day whose weekday had some in each of the eight weeks before".to_owned(),
        explanation: match seen_elsewhere {
            _ if by_chance => format!("{missed:.1} rows are usual for that, so few that none may be chance"),
            Some(other) => format!(
                "{other} is there for that day, so {name} is late or missing: load it and run again; days without a sale are no \
                 days without demand"
            ),
            None => format!(
                "either {name} is late (load it and run again), or the shop was closed: then name the day in the dataset \
                 `calendar`, or in `closed_on` of nightclerk.toml; days without a sale are no days without demand"
            ),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::{DAILY_SALES, STOCK_LEVELS};
    use crate::profile::DayProfile;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    const AS_OF: &str = "2026-11-22";

    /// 400 days of about a hundred orders of two units at 5 euros; `change` gets each day's age and its sums: net amount, quantity, orders.
    fn sales(change: impl Fn(i64, &mut [f64; 3])) -> Days {
        let profile = |age: i64| {
            let day = day(AS_OF) - TimeDelta::days(age);
            let orders = 100.0 + (age * 37 % 23) as f64;
            let mut sums = [orders * 1_000.0, orders * 2_000.0, orders];
            change(age, &mut sums);
            (day, DayProfile { rows: 60, sums: sums.to_vec() })
        };
        (0..400).map(profile).collect()
    }

    fn failed(days: &Days) -> Vec<(String, GateSeverity, String)> {
        let gates = measures(&DAILY_SALES, days, day(AS_OF), false);
        gates.into_iter().filter(|gate| !gate.passed).map(|gate| (gate.name, gate.severity, gate.observed)).collect()
    }

    #[test]
    fn busy_days_pass_and_another_unit_of_a_few_days_does_not() {
        assert_eq!(failed(&sales(|_, _| {})), []);
        // Black Friday: eight times the orders, a third off.
        let busy = sales(|age, sums| {
            if age == 0 {
                *sums = [sums[0] * 8.0 * 0.67, sums[1] * 8.0, sums[2] * 8.0];
            }
        });
        assert!(failed(&busy).iter().all(|(_, severity, _)| *severity == GateSeverity::Warn), "{:?}", failed(&busy));
        let hundredfold = sales(|age, sums| sums[1] *= if age < 3 { 100.0 } else { 1.0 });
        let found = failed(&hundredfold);
        assert_eq!(found.len(), 2, "the price falls, the size of an order rises: {found:?}");
        assert!(found.iter().all(|(_, severity, _)| *severity == GateSeverity::Block));
        let twice = sales(|age, sums| {
            if age < 30 {
                (sums[0], sums[1]) = (sums[0] * 2.0, sums[1] * 2.0);
            }
        });
        let found = failed(&twice);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].0.as_str(), found[0].1), ("units per order of daily_sales", GateSeverity::Block));
        assert_eq!(found[0].2, "2.0 times what it was, over the newest 28 days");
    }

    #[test]
    fn what_stays_where_it_is_gone_to_is_told_for_a_week() {
        // The goods cost half as much again from some day on; 1.5 to 1.8 times is remarked on and stops nothing.
        let nights = |n: i64| {
            let days = sales(|age, sums| sums[0] *= if age < n { 1.6 } else { 1.0 });
            failed(&days).iter().any(|(name, ..)| name == "net amount per unit of daily_sales")
        };
        let told: Vec<i64> = (0..200).filter(|n| nights(*n)).collect();
        assert_eq!(told, (1..=7).collect::<Vec<_>>());
    }

    #[test]
    fn what_has_always_jumped_may_jump_and_a_short_history_says_nothing() {
        let wild = sales(|age, sums| sums[1] *= [1.0, 3.0, 1.0, 1.0, 2.5, 1.0, 3.0][(age / 7 % 7) as usize]);
        assert!(failed(&wild).iter().all(|(_, severity, _)| *severity == GateSeverity::Warn), "{:?}", failed(&wild));
        let short: Days = sales(|_, _| {}).into_iter().rev().take(10).collect();
        let gates = measures(&DAILY_SALES, &short, day(AS_OF), false);
        assert!(gates.iter().all(|gate| gate.passed && gate.observed == "too short a history to say"), "{gates:?}");
    }

    #[test]
    fn stock_that_was_not_counted_stops_the_night() {
        let stock = |newest: f64| -> Days {
            let profile =
                |age: i64| DayProfile { rows: 50, sums: vec![if age == 0 { newest } else { 500_000.0 + age as f64 }] };
            (0..200).map(|age| (day(AS_OF) - TimeDelta::days(age), profile(age))).collect()
        };
        for (newest, blocks) in [(480_000.0, false), (0.0, true), (-500_000.0, true), (50_000_000.0, true)] {
            let gates = measures(&STOCK_LEVELS, &stock(newest), day(AS_OF), false);
            assert_eq!(gates[0].severity == GateSeverity::Block && !gates[0].passed, blocks, "{newest}: {gates:?}");
        }
    }

    fn input(dataset: &str, absent: &[&str], closed_on_sundays: bool) -> InputFact {
        let absent: Vec<NaiveDate> = absent.iter().map(|text| day(text)).collect();
        let is_open = |day: &NaiveDate| {
            let sunday = chrono::Datelike::weekday(day) == chrono::Weekday::Sun;
            !(absent.contains(day) || closed_on_sundays && sunday)
        };
        let days: Vec<NaiveDate> = (0..100).map(|age| day(AS_OF) - TimeDelta::days(age)).filter(is_open).collect();
        InputFact {
            grows_daily: true,
            last_day: days.first().copied(),
            rows_by_day: days.iter().map(|day| (*day, 50)).collect(),
            ..InputFact::of(dataset, crate::datasets::InputOrigin::Dataset, day(AS_OF))
        }
    }

    #[test]
    fn a_day_that_should_be_there_is_missed_and_a_closed_one_is_not() {
        // 2026-11-22 is a Sunday.
        let stock = input("stock_levels", &[], false);
        let none = BTreeSet::new();
        let verdict = |sales: &InputFact, others: &[&InputFact], special: &BTreeSet<NaiveDate>| {
            let gate = missing(sales, others, special, false).unwrap();
            (gate.passed, gate.severity == GateSeverity::Block)
        };
        assert_eq!(verdict(&input("daily_sales", &[], false), &[&stock], &none), (true, false));
        assert_eq!(verdict(&input("daily_sales", &[], true), &[&stock], &none), (true, false), "never open on Sundays");
        let late = input("daily_sales", &[AS_OF], false);
        assert_eq!(verdict(&late, &[&stock], &none), (false, true), "stock was counted: the tills are late");
        assert_eq!(verdict(&late, &[], &none), (false, false), "one day alone may be a closed shop");
        assert_eq!(verdict(&late, &[], &[day(AS_OF)].into()), (true, false), "the calendar says so");
        let later = input("daily_sales", &["2026-11-21", AS_OF], false);
        assert_eq!(verdict(&later, &[], &none), (false, true));
        let few = |of: &InputFact, rows: [u64; 4]| {
            let week = |day: &NaiveDate| rows[(day.to_epoch_days() / 7 % 4) as usize];
            InputFact { rows_by_day: of.rows_by_day.keys().map(|day| (*day, week(day))).collect(), ..of.clone() }
        };
        assert_eq!(verdict(&few(&late, [3, 1, 5, 2]), &[&stock], &none), (true, false), "none of three may be chance");
        assert_eq!(
            verdict(&few(&late, [3, 3, 3, 3]), &[&stock], &none),
            (false, true),
            "what is there every day is missed"
        );
        assert_eq!(
            verdict(&few(&later, [4, 2, 8, 4]), &[&stock], &none),
            (false, true),
            "nine rows in two days are missed"
        );
        let reopened =
            input("daily_sales", &["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"], false);
        assert_eq!(verdict(&reopened, &[], &none), (true, false));
    }

    #[test]
    fn rows_that_come_late_are_named_by_their_day() {
        let known: Days = sales(|_, _| {}).into_iter().filter(|(date, _)| *date < day(AS_OF)).collect();
        let told =
            |found: &Days| late(&DAILY_SALES, &known, found, day(AS_OF)).map(|gate| (gate.passed, gate.observed));
        assert_eq!(told(&sales(|_, _| {})), None, "so that a date that is run again says the same");
        let mut found = sales(|age, sums| sums[0] *= if age == 3 { 1.1 } else { 1.0 });
        found.get_mut(&day("2026-11-21")).unwrap().rows = 66;
        let changed =
            "earlier nights read otherwise: 2026-11-21 66 rows instead of 60, 2026-11-19 other sums of its 60 rows";
        assert_eq!(told(&found), Some((true, changed.to_owned())));
        assert_eq!(late(&DAILY_SALES, &Days::new(), &found, day(AS_OF)), None);
    }

    #[test]
    fn history_that_changes_is_told_and_stops_the_night_where_it_grows_by_a_fifth() {
        let known = sales(|_, _| {});
        let verdict = |found: &Days| {
            let gate = restated(&DAILY_SALES, &known, found, day(AS_OF), false).unwrap();
            (gate.passed, gate.severity == GateSeverity::Block, gate.observed)
        };
        assert_eq!(verdict(&known), (true, false, "no day changed".to_owned()));
        let late = sales(|age, sums| sums[1] *= if age < 6 { 2.0 } else { 1.0 });
        assert_eq!(verdict(&late), (true, false, "no day changed".to_owned()), "late data come within days");
        let twice = sales(|_, sums| (sums[0], sums[1]) = (sums[0] * 2.0, sums[1] * 2.0));
        let (passed, blocks, observed) = verdict(&twice);
        assert_eq!((passed, blocks), (false, true));
        assert_eq!(observed, "392 of 392 days changed; quantity: 2.000 times what they were");
        let all_a_little = sales(|_, sums| sums[0] *= 1.05);
        assert_eq!((verdict(&all_a_little).0, verdict(&all_a_little).1), (false, true), "every day is read otherwise");
        let some_a_little = sales(|age, sums| sums[0] *= if age < 100 { 1.15 } else { 1.0 });
        assert_eq!((verdict(&some_a_little).0, verdict(&some_a_little).1), (false, false));
        let four_weeks_ago: Days =
            known.range(..day(AS_OF) - TimeDelta::days(28)).map(|(day, of)| (*day, of.clone())).collect();
        let apart = restated(&DAILY_SALES, &four_weeks_ago, &known, day(AS_OF), false).unwrap();
        assert!(apart.passed, "days that are new are no change: {}", apart.observed);
        assert!(restated(&DAILY_SALES, &Days::new(), &known, day(AS_OF), false).is_none());
        let newest: Days = known.range(day(AS_OF)..).map(|(day, of)| (*day, of.clone())).collect();
        assert!(restated(&DAILY_SALES, &known, &newest, day(AS_OF), false).is_none(), "only the newest day is there");
    }
}
