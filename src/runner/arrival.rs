//! Whether the data of a business date have arrived: a job with a deadline waits for them until then.

use chrono::{DateTime, NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::Runner;
use super::gates::least_by_chance;
use super::ledger::profiles;
use super::ledger::slots::SlotRow;
use super::ledger::{self};
use crate::datasets::{Dataset, LoadError, Source, SqlFiles};
use crate::job_file::JobFile;
use crate::profile::Days;
use crate::warehouse::{Side, WarehouseError};

/// How often the data are looked for, in microseconds.
pub(super) const LOOK_AGAIN_MICROS: i64 = 5 * 60 * 1_000_000;
/// Weeks whose same weekday tells what is usual.
const WEEKS: i64 = 8;
/// Of these, the fewest that tell how many rows are usual.
const LEAST_WEEKS: usize = 4;

/// By when the slot has to be published, where its job has a deadline; nothing is promised of a date that a person asked for.
pub(super) fn deadline(job: &JobFile, slot: &SlotRow) -> Option<DateTime<Tz>> {
    job.schedule.as_ref()?.deadline(DateTime::from_timestamp_micros(slot.due_us)?).filter(|_| !slot.schedule.is_empty())
}

/// What is to be done with a slot whose time has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ready {
    /// It is run; `stand_in` says that its newest data are missing and its deadline is over.
    Run { stand_in: bool },
    /// It waits, for a reason; `look_us` is when its data are looked for again, none where it waits for another job.
    Wait { reason: String, look_us: Option<i64> },
}

/// Why a slot has to wait for a job before it.
#[derive(Debug)]
pub(super) struct Unmet {
    /// In a sentence.
    pub reason: String,
    /// Whether that job is at work: it will not be long.
    pub is_running: bool,
}

/// Decides whether a slot that may run does: it waits for the jobs before it, and with a deadline for its data. At the deadline it is run
/// once with what is there.
///
/// # Errors
/// When the ledger cannot be asked. A source that is away is a reason to wait; one that refuses lets the run say why.
pub(super) async fn ready(
    runner: &Runner,
    job: &JobFile,
    slot: &SlotRow,
    unmet: Option<Unmet>,
) -> Result<Ready, WarehouseError> {
    let deadline = deadline(job, slot);
    let deadline_us = deadline.map_or(i64::MAX, |deadline| deadline.timestamp_micros());
    let is_late = runner.now() >= deadline_us;
    let is_last_call = is_late && !tried_since(runner, slot, deadline_us).await?;
    let stands_in = is_last_call && !job.job.stands_in().is_empty();
    if let Some(unmet) = unmet {
        return Ok(if stands_in && !unmet.is_running {
            Ready::Run { stand_in: true }
        } else {
            Ready::Wait { reason: unmet.reason, look_us: None }
        });
    }
    let Some(deadline) = deadline.filter(|_| stands_in || !is_last_call) else {
        return Ok(Ready::Run { stand_in: false });
    };
    let missing = match missing(runner, job, slot.as_of).await {
        Ok(Some(missing)) => missing,
        Err(LoadError::Warehouse(error)) if error.is_transient() => error.to_string(),
        Ok(None) | Err(_) => return Ok(Ready::Run { stand_in: false }),
    };
    if stands_in {
        return Ok(Ready::Run { stand_in: true });
    }
    let by = deadline.format("%H:%M");
    let again = runner.now() + LOOK_AGAIN_MICROS;
    Ok(if is_late {
        Ready::Wait { reason: format!("late, it was to be there by {by}: {missing}"), look_us: Some(again) }
    } else {
        let reason = format!("its data are awaited until {by}: {missing}");
        Ready::Wait { reason, look_us: Some(again.min(deadline_us)) }
    })
}

/// Whether a run of the slot that began at that time or later has seen its data, and not published.
async fn tried_since(runner: &Runner, slot: &SlotRow, since_us: i64) -> Result<bool, WarehouseError> {
    let Some(run_id) = slot.run_id else { return Ok(false) };
    let begun = ledger::begun(&runner.warehouse, run_id).await?;
    Ok(begun
        .is_some_and(|(started_us, state)| started_us >= since_us && matches!(state.as_str(), "refused" | "blocked")))
}

/// What of the data of a business date is not there yet, in a sentence.
async fn missing(runner: &Runner, job: &JobFile, as_of: NaiveDate) -> Result<Option<String>, LoadError> {
    let project = &runner.project;
    let sql = SqlFiles::from_texts(project.sql.clone(), runner.warehouse.dialect(Side::Source));
    let source = Source::new(&runner.warehouse, &sql, as_of, project.config.zone()).of_job(&job.name, &job.after);
    let source = source.with_quarantine(project.config.gates.quarantine_share);
    let is_tolerated = |dataset: &Dataset| job.job.tolerates().iter().any(|other| other.name() == dataset.name());
    let awaited = job.job.needs().iter().chain(job.job.uses()).copied();
    let awaited = awaited.filter(|dataset| dataset.grows_daily && !is_tolerated(dataset) && sql.has(dataset.name()));
    let mut found = Vec::new();
    for dataset in awaited {
        let rows = source.rows_of_the_day(dataset).await?;
        let known = profiles::days(&runner.warehouse, &job.name, dataset.name()).await?;
        found.extend(still_missing(dataset.name(), as_of, rows, &known, project.config.gates.row_count_ratio));
    }
    source.release().await;
    Ok((!found.is_empty()).then(|| found.join("; ")))
}

/// Whether a day of a dataset is there, judged by the same weekday of the weeks before: a day of the week on which the shop is usually
/// closed has no rows, and half of the usual rows are a load that is still running.
fn still_missing(dataset: &str, day: NaiveDate, rows: u64, known: &Days, row_count_ratio: f64) -> Option<String> {
    let first = known.keys().next().copied().unwrap_or(day);
    let same_weekday = (1..=WEEKS).map(|week| day - TimeDelta::days(7 * week)).filter(|day| *day >= first);
    let mut usual: Vec<u64> = same_weekday.map(|day| known.get(&day).map_or(0, |profile| profile.rows)).collect();
    usual.sort_unstable();
    let median = usual.get(usual.len() / 2).copied();
    match (rows, median) {
        (0, Some(0)) => None,
        (0, _) => Some(format!("`{dataset}` has no rows of {day} yet")),
        (rows, Some(median)) if usual.len() >= LEAST_WEEKS => {
            let is_partial = rows < least_by_chance(median as f64, row_count_ratio);
            let weekday = day.format("%A");
            is_partial
                .then(|| format!("`{dataset}` has {rows} rows of {day} so far, and a {weekday} usually has {median}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::DayProfile;

    /// Ten weeks up to and without 2026-11-25, a Wednesday; Sundays are closed.
    fn ten_weeks(rows: u64) -> Days {
        let day = |back| NaiveDate::from_ymd_opt(2026, 11, 25).unwrap() - TimeDelta::days(back);
        let is_open = |day: &NaiveDate| chrono::Datelike::weekday(day) != chrono::Weekday::Sun;
        (1..=70).map(day).filter(is_open).map(|day| (day, DayProfile { rows, sums: Vec::new() })).collect()
    }

    fn said(day: &str, rows: u64, known: &Days) -> String {
        still_missing("daily_sales", day.parse().unwrap(), rows, known, 0.5).unwrap_or_default()
    }

    #[test]
    fn a_day_has_arrived_with_the_rows_that_its_weekday_usually_has() {
        let known = ten_weeks(400);
        assert_eq!(said("2026-11-25", 0, &known), "`daily_sales` has no rows of 2026-11-25 yet");
        assert_eq!(
            said("2026-11-25", 150, &known),
            "`daily_sales` has 150 rows of 2026-11-25 so far, and a Wednesday usually has 400"
        );
        assert_eq!(said("2026-11-25", 260, &known), "", "a poor day is a day");
        assert_eq!(said("2026-11-29", 0, &known), "", "Sundays are closed");
        assert_eq!(said("2026-11-29", 30, &known), "", "unless they are open");
        assert_eq!(said("2026-11-25", 1, &ten_weeks(3)), "", "of few rows chance leaves some");
    }

    #[test]
    fn of_a_shop_that_nobody_knows_yet_any_row_will_do() {
        assert_eq!(said("2026-11-25", 0, &Days::new()), "`daily_sales` has no rows of 2026-11-25 yet");
        assert_eq!(said("2026-11-25", 1, &Days::new()), "");
    }
}
