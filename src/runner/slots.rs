//! Which slots a job has, decided from its timetable and from those that are written down. Nothing here reads or writes.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64;
use sha2::{Digest as _, Sha256};

use super::ledger::slots::{SlotRow, SlotState};
use crate::job_file::{DEFAULT_CATCHUP_DAYS, JobFile};
use crate::project::Project;
use crate::schedule::{Misfire, ON_TIME, Slot, Timetable};

/// The longest wait between two tries, in seconds.
const LONGEST_WAIT: u64 = 600;
/// The longest wait after the first try, in seconds; each further try may wait twice as long.
const FIRST_WAIT: u64 = 10;

/// How long to wait before a slot is tried again: exponential with full jitter, so that many who met the same outage don't come back
/// at once (Brooker, *Exponential backoff and jitter*, 2015), at least a second.
///
/// `attempt` is the one that failed, from 1; `salt` is what tells this try from all others.
pub fn backoff(attempt: i64, salt: &str) -> Duration {
    let doublings = u32::try_from(attempt.clamp(1, 20) - 1).unwrap_or_default();
    let longest = (FIRST_WAIT << doublings).min(LONGEST_WAIT);
    let digest = Sha256::digest(salt.as_bytes());
    let seed = digest.iter().take(8).fold(0_u64, |seed, byte| seed << 8 | u64::from(*byte));
    Duration::from_millis(Pcg64::seed_from_u64(seed).random_range(1_000..=longest * 1_000))
}

/// Until when the slot of a date is tried that no schedule made due: as many days after the date's end as are caught up.
pub fn asked_until(job: &JobFile, as_of: NaiveDate, zone: Tz) -> i64 {
    let days = job.schedule.as_ref().map_or(DEFAULT_CATCHUP_DAYS, |timetable| timetable.catchup_days);
    let over = as_of.succ_opt().unwrap_or(as_of).and_time(NaiveTime::MIN);
    let over = zone.from_local_datetime(&over).earliest().map_or_else(|| over.and_utc(), |over| over.to_utc());
    (over + TimeDelta::days(i64::from(days))).timestamp_micros()
}

/// The last complete business day of a zone.
pub fn yesterday(now: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let today = now.with_timezone(&zone).date_naive();
    today.pred_opt().unwrap_or(today)
}

/// The business date that is meant where nobody says which: the one that the project fixes, else the last complete one.
pub fn default_as_of(project: &Project, now: DateTime<Utc>) -> NaiveDate {
    project.config.as_of.unwrap_or_else(|| yesterday(now, project.config.zone()))
}

/// When what a job publishes for a date is out of date: when the next date should be there, of its own schedule or of the jobs that it
/// runs after. `None` without a schedule, and for a project whose date is fixed.
pub fn valid_until(project: &Project, job: &JobFile, as_of: NaiveDate) -> Option<DateTime<Tz>> {
    if project.config.as_of.is_some() {
        return None;
    }
    let Some(timetable) = &job.schedule else {
        let before = job.after.iter().filter_map(|name| project.job(name)).filter(|before| before.enabled);
        return before.filter_map(|before| valid_until(project, before, as_of)).max();
    };
    timetable.valid_until(as_of)
}

/// The slots of a job that have fallen due and are not written down yet, oldest first, as they are to be written: waiting, or passed
/// over by the job's misfire policy.
///
/// `known` are the job's slots of the dates that are caught up; `was_here` says whether it had older ones. A job that never had a slot
/// has missed nothing: its newest date alone is due.
pub fn newly_due(
    job: &str,
    timetable: &Timetable,
    known: &[&SlotRow],
    was_here: bool,
    now: DateTime<Utc>,
) -> Vec<SlotRow> {
    let fallen_due = timetable.fallen_due(now.with_timezone(&timetable.schedule.zone()));
    let Some(newest) = fallen_due.last().map(|slot| slot.at) else { return Vec::new() };
    let is_known = |slot: &&Slot| known.iter().any(|row| row.as_of == slot.as_of && is_scheduled(row));
    let first_known = known.iter().map(|row| row.as_of).min();
    // Dates before the first that this job ever had were not missed.
    let was_missed = |slot: &&Slot| was_here || first_known.is_some_and(|first| first < slot.as_of);
    let unknown: Vec<&Slot> =
        fallen_due.iter().filter(|slot| !is_known(slot) && (slot.at == newest || was_missed(slot))).collect();
    let n_unknown = unknown.len();
    unknown
        .into_iter()
        .enumerate()
        .map(|(position, slot)| {
            let too_many = timetable.catchup_max.is_some_and(|most| n_unknown - position > most as usize);
            let late = now.signed_duration_since(slot.at) > ON_TIME;
            let passed = match timetable.misfire {
                Misfire::Last if slot.at != newest => Some("misfire = \"last\" runs the newest date only".to_owned()),
                Misfire::None if late => Some("misfire = \"none\" runs a date within an hour or not at all".to_owned()),
                Misfire::All if too_many => {
                    let most = timetable.catchup_max.unwrap_or_default();
                    Some(format!("catchup_max = {most} runs the newest {most} of the dates that were missed"))
                }
                _ => None,
            };
            let reason = passed
                .as_ref()
                .map(|rule| format!("nothing ran when it was due, {}, and {rule}", slot.at.to_rfc3339()));
            SlotRow {
                job: job.to_owned(),
                as_of: slot.as_of,
                state: if passed.is_some() { SlotState::PassedOver } else { SlotState::Waiting },
                reason: reason.unwrap_or_default(),
                schedule: timetable.schedule.describe(),
                due_us: slot.at.timestamp_micros(),
                until_us: timetable.window_end(slot).timestamp_micros(),
                next_try_us: slot.at.timestamp_micros(),
                attempts: 0,
                crashes: 0,
                run_id: None,
            }
        })
        .collect()
}

/// Whether the schedule has nothing more to say about a slot that is written down: it made it due, or what a person asked for before
/// that has been published.
fn is_scheduled(row: &SlotRow) -> bool {
    !row.schedule.is_empty() || row.state == SlotState::Published
}

/// The waiting slots of a job that its misfire policy gives up because a newer one has fallen due, with the reason.
pub fn overtaken<'a>(timetable: &Timetable, known: &[&'a SlotRow], newest: &SlotRow) -> Vec<(&'a SlotRow, String)> {
    if timetable.misfire != Misfire::Last || newest.state != SlotState::Waiting {
        return Vec::new();
    }
    let waits = |row: &&&SlotRow| {
        row.state == SlotState::Waiting
            && !row.schedule.is_empty()
            && row.as_of < newest.as_of
            && row.due_us < newest.due_us
    };
    known
        .iter()
        .filter(waits)
        .map(|row| {
            let last = if row.reason.is_empty() { String::new() } else { format!("; until then: {}", row.reason) };
            let rule = "misfire = \"last\" runs the newest date only";
            (*row, format!("{} has fallen due, and {rule}{last}", newest.as_of))
        })
        .collect()
}

/// The slot of a job without a schedule of its own: the newest date for which every job before it has one, if it has none yet.
///
/// `before` are the slots of each job that it waits for.
pub fn following(job: &str, before: &[Vec<&SlotRow>], known: &[&SlotRow]) -> Option<SlotRow> {
    let runs =
        |row: &&&SlotRow| !matches!(row.state, SlotState::PassedOver | SlotState::Expired | SlotState::Cancelled);
    let of_date =
        |rows: &[&'_ SlotRow], date: NaiveDate| rows.iter().find(|row| row.as_of == date).map(|row| (*row).clone());
    let (first, others) = before.split_first()?;
    let newest_first = first.iter().rev().filter(runs).map(|row| row.as_of);
    let as_of = newest_first
        .into_iter()
        .find(|date| others.iter().all(|rows| rows.iter().filter(runs).any(|row| row.as_of == *date)))?;
    if known.iter().any(|row| row.as_of >= as_of) {
        return None;
    }
    let rows: Vec<SlotRow> = before.iter().filter_map(|rows| of_date(rows, as_of)).collect();
    let due_us = rows.iter().map(|row| row.due_us).max()?;
    Some(SlotRow {
        job: job.to_owned(),
        as_of,
        state: SlotState::Waiting,
        reason: String::new(),
        schedule: "after the jobs before it".to_owned(),
        due_us,
        until_us: rows.iter().map(|row| row.until_us).max()?,
        next_try_us: due_us,
        attempts: 0,
        crashes: 0,
        run_id: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Schedule;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn timetable(cron: &str, misfire: Misfire) -> Timetable {
        let schedule = Schedule::parse(cron, Tz::UTC).unwrap();
        Timetable {
            schedule,
            misfire,
            catchup_days: 7,
            catchup_max: None,
            jitter: std::time::Duration::ZERO,
            deliver_by: None,
        }
    }

    fn row(as_of: &str, state: SlotState) -> SlotRow {
        let due_us = at(&format!("{as_of}T02:30:00Z")).timestamp_micros() + 86_400_000_000;
        SlotRow {
            job: "plan".to_owned(),
            as_of: day(as_of),
            state,
            reason: String::new(),
            schedule: "At 02:30 (UTC)".to_owned(),
            due_us,
            until_us: due_us,
            next_try_us: due_us,
            attempts: 0,
            crashes: 0,
            run_id: None,
        }
    }

    fn due(table: &Timetable, known: &[SlotRow], was_here: bool, now: &str) -> Vec<(String, SlotState)> {
        let known: Vec<&SlotRow> = known.iter().collect();
        let rows = newly_due("plan", table, &known, was_here, at(now));
        rows.into_iter().map(|row| (row.as_of.to_string(), row.state)).collect()
    }

    fn waiting(dates: &[&str]) -> Vec<(String, SlotState)> {
        dates.iter().map(|date| ((*date).to_owned(), SlotState::Waiting)).collect()
    }

    fn passed(dates: &[&str]) -> Vec<(String, SlotState)> {
        dates.iter().map(|date| ((*date).to_owned(), SlotState::PassedOver)).collect()
    }

    #[test]
    fn every_missed_date_becomes_a_row_and_the_policy_says_which_are_run() {
        let done = [row("2026-06-05", SlotState::Published)];
        let noon = "2026-06-10T12:00:00Z";
        let of = |misfire| due(&timetable("30 2 * * *", misfire), &done, false, noon);
        let dates = ["2026-06-06", "2026-06-07", "2026-06-08", "2026-06-09"];
        assert_eq!(of(Misfire::All), waiting(&dates));
        assert_eq!(of(Misfire::Last), [passed(&dates[..3]), waiting(&dates[3..])].concat());
        assert_eq!(of(Misfire::None), passed(&dates));
        let on_time = due(&timetable("30 2 * * *", Misfire::None), &done, false, "2026-06-10T03:29:00Z");
        assert_eq!(on_time, [passed(&dates[..3]), waiting(&dates[3..])].concat());
        let table = Timetable { catchup_max: Some(2), ..timetable("30 2 * * *", Misfire::All) };
        assert_eq!(due(&table, &done, false, noon), [passed(&dates[..2]), waiting(&dates[2..])].concat());
    }

    #[test]
    fn nothing_is_due_before_its_time_or_twice() {
        for misfire in [Misfire::All, Misfire::Last, Misfire::None] {
            let table = timetable("30 2 * * *", misfire);
            let before = [row("2026-06-03", SlotState::Published), row("2026-06-08", SlotState::Published)];
            let known = [
                before.to_vec(),
                ["04", "05", "06", "07"].map(|d| row(&format!("2026-06-{d}"), SlotState::Failed)).to_vec(),
            ]
            .concat();
            assert_eq!(due(&table, &known, true, "2026-06-10T02:29:59Z"), []);
            assert_eq!(due(&table, &known, true, "2026-06-10T02:30:00Z"), waiting(&["2026-06-09"]));
            let known = [known, vec![row("2026-06-09", SlotState::Failed)]].concat();
            assert_eq!(due(&table, &known, true, "2026-06-10T23:00:00Z"), [], "{misfire:?}: a slot that has ended");
        }
    }

    #[test]
    fn a_new_job_has_missed_nothing_and_catching_up_is_bounded() {
        let table = timetable("30 2 * * *", Misfire::All);
        assert_eq!(due(&table, &[], false, "2026-06-10T12:00:00Z"), waiting(&["2026-06-09"]));
        let caught = due(&table, &[], true, "2026-06-10T12:00:00Z");
        assert_eq!(caught.len(), 7, "{caught:?}");
        let since = [row("2026-06-07", SlotState::Published)];
        assert_eq!(due(&table, &since, false, "2026-06-10T12:00:00Z"), waiting(&["2026-06-08", "2026-06-09"]));
        let weekly = timetable("0 3 * * MON", Misfire::Last);
        assert_eq!(due(&weekly, &[], true, "2026-06-10T12:00:00Z"), waiting(&["2026-06-07"]));
    }

    #[test]
    fn what_a_person_asked_for_before_it_was_due_is_due_unless_it_was_published() {
        let table = timetable("30 2 * * *", Misfire::Last);
        for (state, expected) in [
            (SlotState::Refused, waiting(&["2026-06-09"])),
            (SlotState::Failed, waiting(&["2026-06-09"])),
            (SlotState::Published, Vec::new()),
        ] {
            let asked = SlotRow { schedule: String::new(), ..row("2026-06-09", state) };
            let known = [row("2026-06-08", SlotState::Published), asked];
            let mut all =
                ["03", "04", "05", "06", "07"].map(|d| row(&format!("2026-06-{d}"), SlotState::Published)).to_vec();
            all.extend(known);
            assert_eq!(due(&table, &all, true, "2026-06-10T12:00:00Z"), expected, "{state}");
        }
    }

    #[test]
    fn a_clock_that_goes_back_makes_nothing_due() {
        let known = [row("2026-06-09", SlotState::Published)];
        let before: Vec<SlotRow> =
            (24..=31).map(|d| row(&format!("2026-05-{d}"), SlotState::Published)).chain(known).collect();
        assert_eq!(due(&timetable("30 2 * * *", Misfire::All), &before, true, "2026-06-01T12:00:00Z"), []);
    }

    #[test]
    fn the_newest_date_overtakes_what_still_waits_where_the_policy_is_last() {
        let rows = [
            row("2026-06-06", SlotState::Running),
            SlotRow { reason: "the source is away".to_owned(), ..row("2026-06-07", SlotState::Waiting) },
            row("2026-06-08", SlotState::Failed),
        ];
        let known: Vec<&SlotRow> = rows.iter().collect();
        let newest = row("2026-06-09", SlotState::Waiting);
        let given_up = overtaken(&timetable("30 2 * * *", Misfire::Last), &known, &newest);
        assert_eq!(given_up.len(), 1);
        assert_eq!(given_up[0].0.as_of, day("2026-06-07"));
        assert!(given_up[0].1.ends_with("; until then: the source is away"), "{}", given_up[0].1);
        assert_eq!(overtaken(&timetable("30 2 * * *", Misfire::All), &known, &newest), []);
    }

    #[test]
    fn a_job_without_a_schedule_follows_those_before_it() {
        let forecast = [row("2026-06-08", SlotState::Published), row("2026-06-09", SlotState::Waiting)];
        let rules = [row("2026-06-08", SlotState::Published)];
        let of = |rows: &[SlotRow]| -> Vec<SlotRow> { rows.to_vec() };
        let (forecast, rules) = (of(&forecast), of(&rules));
        let before = [forecast.iter().collect::<Vec<_>>(), rules.iter().collect()];
        assert_eq!(
            following("plan", &before, &[]).map(|slot| slot.as_of),
            Some(day("2026-06-08")),
            "the newest that both have"
        );
        assert_eq!(following("plan", &before[..1], &[]).map(|slot| slot.as_of), Some(day("2026-06-09")));
        let known = row("2026-06-09", SlotState::Published);
        assert_eq!(following("plan", &before[..1], &[&known]), None);
        assert_eq!(following("plan", &[], &[]), None);
    }

    #[test]
    fn the_wait_grows_and_is_never_the_same_for_everybody() {
        for attempt in 1..30 {
            let waits: Vec<Duration> = (0..200).map(|try_| backoff(attempt, &format!("{try_} of {attempt}"))).collect();
            let longest = Duration::from_secs((10 << (attempt - 1).min(10)).min(600));
            assert!(waits.iter().all(|wait| *wait >= Duration::from_secs(1) && *wait <= longest));
            let mean = waits.iter().sum::<Duration>().as_secs_f64() / 200.0;
            assert!((mean / longest.as_secs_f64() - 0.5).abs() < 0.12, "attempt {attempt}: {mean} of {longest:?}");
        }
    }
}
