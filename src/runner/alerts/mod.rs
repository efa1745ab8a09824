//! Who is told: one message when a job stops publishing, one when it publishes again, through the outbox of the ledger.
//!
//! An incident is a job's. It begins with the newest business date that ended without a publication, that has been tried
//! [`LASTING`] times and still waits, or whose deadline is over; it ends when the job has published that date or a later one. Before a
//! deadline one message says that it will probably not be met. What merely waits for another job
//! is no incident of its own: that one is told of.

mod late;
mod ways;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use self::ways::Telling;
use super::Runner;
use super::events::Event;
use super::faults::point;
use super::ledger::alerts::{self, AlertRow, Sent};
use super::ledger::slots::{self as rows, SlotRow, SlotState};
use super::ledger::{self, PublicationRow};
use super::slots::backoff;
use crate::project::{AlertChannel, Way};
use crate::warehouse::WarehouseError;

/// Tries after which a date that still waits is told of.
const LASTING: i64 = 3;
/// How often a message is tried.
const MOST_TRIES: i64 = 8;
/// The kind of a row that says that all is well.
const PING: &str = "ping";
/// A message that has been on its way for so long was lost with its process.
const LOST_AFTER_MICROS: i64 = 5 * 60 * 1_000_000;

/// What is sent. It carries no personal data: reasons are those of the ledger.
#[derive(Serialize)]
struct Message<'a> {
    /// `opened`, `recovered` or `expected_late`.
    alert: &'a str,
    /// The same where the message is meant to be the same.
    dedupe_key: &'a str,
    /// The retailer.
    project: &'a str,
    job: &'a str,
    /// The business date that began the incident.
    as_of: NaiveDate,
    /// Where its slot stands, `late`, or `published`.
    state: &'a str,
    /// Why.
    reason: &'a str,
    /// The business date that consumers see; none where nothing was ever published.
    current_as_of: Option<NaiveDate>,
    /// When that is out of date, ISO; none where no schedule says so.
    valid_until: Option<String>,
    /// In a sentence, for a person.
    text: String,
}

/// Writes down what is to be told of the project's jobs, and tells it. What cannot be told now is told by the next call.
///
/// # Errors
/// When the ledger cannot be asked or written.
pub async fn tell(runner: &Runner) -> Result<(), WarehouseError> {
    if runner.project.config.alerts.is_empty() || runner.backfilling {
        return Ok(());
    }
    let publications = ledger::publications(&runner.warehouse, None).await?;
    let current: BTreeMap<&str, &PublicationRow> =
        publications.iter().filter(|row| row.state == "published").rev().map(|row| (row.job.as_str(), row)).collect();
    write_down(runner, &current).await?;
    write_pings(runner, &current).await?;
    send(runner).await
}

async fn write_down(runner: &Runner, current: &BTreeMap<&str, &PublicationRow>) -> Result<(), WarehouseError> {
    let unpublished = rows::unpublished(&runner.warehouse).await?;
    for job in runner.project.enabled_in_order() {
        let slots: Vec<&SlotRow> = unpublished.iter().filter(|slot| slot.job == job.name).collect();
        let current = current.get(job.name.as_str());
        let current_as_of = current.map(|row| row.as_of);
        let newest = alerts::newest(&runner.warehouse, &job.name).await?;
        let is_late = |slot: &SlotRow| late::is_late(job, slot, runner.now());
        let nothing = String::new();
        let (kind, as_of, state, reason, run_id) = match incident(&slots, newest.as_ref(), current_as_of, &is_late) {
            Some(Change::Opened(slot)) => {
                let state = if is_late(slot) { "late" } else { slot.state.name() };
                ("opened", slot.as_of, state, slot.reason.clone(), slot.run_id)
            }
            Some(Change::Recovered(since)) => ("recovered", since, "published", nothing, current.map(|row| row.run_id)),
            None => {
                let is_newer = |slot: &SlotRow| current_as_of.is_none_or(|current| slot.as_of > current);
                let is_told = |slot: &SlotRow| {
                    let told = newest.as_ref().filter(|alert| alert.kind != "recovered");
                    told.is_some_and(|alert| alert.kind == "opened" || alert.as_of == slot.as_of)
                };
                let Some(slot) = slots.first().filter(|slot| is_newer(slot) && !is_told(slot)) else { continue };
                match late::expected(runner, job, slot).await? {
                    Some(reason) => ("expected_late", slot.as_of, slot.state.name(), reason, None),
                    None => continue,
                }
            }
        };
        // The run is in the key: the same date may fail, be mended and withdrawn, and fail again.
        let dedupe_key = format!("{}/{as_of}/{kind}/{}", job.name, run_id.unwrap_or_default());
        let text = match (kind, current_as_of) {
            ("expected_late", Some(current)) => format!("{reason}. {current} is still current"),
            ("expected_late", None) => format!("{reason}. It has never published"),
            ("recovered", Some(current)) => format!("{} has published again: {current} is current", job.name),
            (_, Some(current)) => {
                format!("{} has not published {as_of} ({state}): {reason}. {current} is still current", job.name)
            }
            (_, None) => format!("{} has not published {as_of} ({state}): {reason}. It has never published", job.name),
        };
        let message = Message {
            alert: kind,
            dedupe_key: &dedupe_key,
            project: &runner.project.config.name,
            job: &job.name,
            as_of,
            state,
            reason: &reason,
            current_as_of,
            valid_until: current.and_then(|row| row.valid_until.clone()),
            text,
        };
        let body_json = serde_json::to_string(&message).unwrap_or_default();
        let wants = |channel: &&AlertChannel| channel.wants(&job.name) && !matches!(channel.by, Way::Ping(_));
        for channel in runner.project.config.alerts.iter().filter(wants) {
            let alert = alert_row(runner, channel, (dedupe_key.clone(), &job.name), (as_of, kind), body_json.clone());
            alerts::write(&runner.warehouse, &alert).await?;
        }
    }
    Ok(())
}

/// One ping for each business date that all of a channel's jobs have published.
async fn write_pings(runner: &Runner, current: &BTreeMap<&str, &PublicationRow>) -> Result<(), WarehouseError> {
    for channel in runner.project.config.alerts.iter().filter(|channel| matches!(channel.by, Way::Ping(_))) {
        let jobs = runner.project.enabled_in_order().into_iter().filter(|job| channel.wants(&job.name));
        let dates: Option<Vec<NaiveDate>> =
            jobs.map(|job| current.get(job.name.as_str()).map(|row| row.as_of)).collect();
        let Some(as_of) = dates.and_then(|dates| dates.into_iter().min()) else { continue };
        let alert = alert_row(runner, channel, (format!("{PING}/{as_of}"), ""), (as_of, PING), "{}".to_owned());
        alerts::write(&runner.warehouse, &alert).await?;
    }
    Ok(())
}

fn alert_row(
    runner: &Runner,
    channel: &AlertChannel,
    (dedupe_key, job): (String, &str),
    (as_of, kind): (NaiveDate, &str),
    body_json: String,
) -> AlertRow {
    let now = runner.now();
    AlertRow {
        dedupe_key,
        channel: channel.name.clone(),
        job: job.to_owned(),
        as_of,
        kind: kind.to_owned(),
        body_json,
        state: "due".to_owned(),
        attempts: 0,
        next_try_us: now,
        created_us: now,
        error: String::new(),
    }
}

/// What is news of a job.
#[derive(Debug, PartialEq)]
enum Change<'a> {
    /// An incident has begun, with this slot.
    Opened(&'a SlotRow),
    /// The one that began with this date is over.
    Recovered(NaiveDate),
}

/// What is news, given a job's slots without a publication (newest first), the newest message about it, what is current, and which open
/// slots are late.
fn incident<'a>(
    slots: &[&'a SlotRow],
    newest: Option<&AlertRow>,
    current_as_of: Option<NaiveDate>,
    is_late: &dyn Fn(&SlotRow) -> bool,
) -> Option<Change<'a>> {
    let is_trouble = |slot: &SlotRow| match slot.state {
        SlotState::Blocked | SlotState::Refused | SlotState::Failed | SlotState::Expired => true,
        SlotState::Waiting => slot.attempts >= LASTING || is_late(slot),
        SlotState::Running => is_late(slot),
        SlotState::Published | SlotState::Cancelled | SlotState::PassedOver => false,
    };
    // Older dates that wait beside a newer publication are caught up; they are no incident.
    let is_newer = |slot: &SlotRow| current_as_of.is_none_or(|current| slot.as_of > current);
    let trouble = slots.iter().find(|slot| is_newer(slot) && is_trouble(slot));
    let told = newest.filter(|alert| alert.kind != "recovered");
    let is_over = |alert: &&AlertRow| current_as_of.is_some_and(|current| current >= alert.as_of);
    match (trouble, told) {
        (_, Some(alert)) if is_over(&alert) => Some(Change::Recovered(alert.as_of)),
        (Some(slot), None) => Some(Change::Opened(slot)),
        (Some(slot), Some(alert)) if alert.kind == "expected_late" => Some(Change::Opened(slot)),
        _ => None,
    }
}

async fn send(runner: &Runner) -> Result<(), WarehouseError> {
    let now = runner.now();
    let lost = alerts::lose(&runner.warehouse, now - LOST_AFTER_MICROS, now).await?;
    if lost > 0 {
        note(
            runner,
            "alerts",
            format!("{lost} alerts were being sent when their process ended: whether they arrived is unknown"),
        );
    }
    for alert in alerts::due(&runner.warehouse, now).await? {
        point("alert_written");
        let channel = runner.project.config.alerts.iter().find(|channel| channel.name == alert.channel);
        if !alerts::claim(&runner.warehouse, &alert, runner.now()).await? {
            continue;
        }
        point("alert_claimed");
        let sent = match channel {
            None => Sent::Never { error: "no alert of this name is in nightclerk.toml any more".to_owned() },
            Some(channel) => match call(runner, channel, &alert).await {
                Ok(()) => Sent::Yes,
                Err(error) if alert.attempts + 1 >= MOST_TRIES => Sent::Never { error },
                Err(error) => {
                    let wait = backoff(alert.attempts + 1, &format!("{} {}", alert.dedupe_key, alert.channel));
                    let wait = i64::try_from(wait.as_micros()).unwrap_or_default();
                    Sent::Again { error, next_try_us: runner.now() + wait }
                }
            },
        };
        point("alert_told");
        let told = match &sent {
            Sent::Yes if alert.kind == PING => format!("`{}` is told that {} is published", alert.channel, alert.as_of),
            Sent::Yes => format!("`{}` is told: {}", alert.channel, alert.kind),
            Sent::Again { error, .. } => format!("`{}` could not be told and will be: {error}", alert.channel),
            Sent::Never { error } => format!("`{}` could not be told: {error}", alert.channel),
        };
        note(runner, &alert.job, told);
        alerts::settle(&runner.warehouse, &alert, &sent, runner.now()).await?;
        point("alert_settled");
    }
    Ok(())
}

fn note(runner: &Runner, job: &str, text: String) {
    (runner.events)(&Event::Note { job: job.to_owned(), text });
}

/// Tells a channel the message; why it did not arrive otherwise.
async fn call(runner: &Runner, channel: &AlertChannel, alert: &AlertRow) -> Result<(), String> {
    let telling = Telling { root: runner.project.root.clone(), now_us: runner.now(), alert: alert.clone() };
    let way = channel.by.clone();
    let told = tokio::task::spawn_blocking(move || telling.tell(&way)).await;
    told.unwrap_or_else(|_| Err("it could not be told".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 9, day).unwrap()
    }

    fn slot(day: u32, state: SlotState, attempts: i64) -> SlotRow {
        SlotRow {
            job: "plan".to_owned(),
            as_of: date(day),
            state,
            reason: String::new(),
            schedule: String::new(),
            due_us: 0,
            until_us: 0,
            next_try_us: 0,
            attempts,
            crashes: 0,
            run_id: None,
        }
    }

    fn alert(day: u32, kind: &str) -> AlertRow {
        AlertRow {
            dedupe_key: String::new(),
            channel: "on-call".to_owned(),
            job: "plan".to_owned(),
            as_of: date(day),
            kind: kind.to_owned(),
            body_json: String::new(),
            state: "sent".to_owned(),
            attempts: 1,
            next_try_us: 0,
            created_us: 0,
            error: String::new(),
        }
    }

    fn incident_at<'a>(
        slots: &[&'a SlotRow],
        newest: Option<&AlertRow>,
        current: Option<NaiveDate>,
    ) -> Option<Change<'a>> {
        incident(slots, newest, current, &|_| false)
    }

    #[test]
    fn an_incident_is_told_of_once_and_its_end_once() {
        let failed = slot(5, SlotState::Failed, 1);
        assert_eq!(incident_at(&[&failed], None, Some(date(4))), Some(Change::Opened(&failed)));
        let open = alert(5, "opened");
        let later = slot(6, SlotState::Blocked, 1);
        assert_eq!(incident_at(&[&later, &failed], Some(&open), Some(date(4))), None, "it goes on");
        assert_eq!(incident_at(&[], Some(&open), Some(date(5))), Some(Change::Recovered(date(5))));
        assert_eq!(
            incident_at(&[], Some(&open), Some(date(6))),
            Some(Change::Recovered(date(5))),
            "a later date will do"
        );
        assert_eq!(incident_at(&[], Some(&alert(5, "recovered")), Some(date(6))), None);
        assert_eq!(incident_at(&[&later], Some(&alert(5, "recovered")), Some(date(5))), Some(Change::Opened(&later)));
    }

    #[test]
    fn what_waits_is_told_of_only_where_it_lasts() {
        let waits = |attempts| slot(5, SlotState::Waiting, attempts);
        assert_eq!(incident_at(&[&waits(0)], None, None), None, "for another job, or for its turn");
        assert_eq!(incident_at(&[&waits(2)], None, None), None);
        let lasting = waits(3);
        assert_eq!(incident_at(&[&lasting], None, None), Some(Change::Opened(&lasting)));
        assert_eq!(
            incident_at(&[&slot(3, SlotState::Failed, 1)], None, Some(date(4))),
            None,
            "it is not what people see"
        );
        assert_eq!(incident_at(&[&slot(5, SlotState::Cancelled, 1)], None, None), None, "somebody wanted that");
    }

    #[test]
    fn a_date_past_its_deadline_is_an_incident_and_what_was_only_expected_ends_too() {
        let (waits, runs) = (slot(5, SlotState::Waiting, 0), slot(5, SlotState::Running, 1));
        for late in [&waits, &runs] {
            assert_eq!(incident(&[late], None, Some(date(4)), &|_| true), Some(Change::Opened(late)));
            assert_eq!(incident(&[late], None, Some(date(4)), &|_| false), None);
            let expected = alert(5, "expected_late");
            assert_eq!(incident(&[late], Some(&expected), Some(date(4)), &|_| true), Some(Change::Opened(late)));
        }
        let expected = alert(5, "expected_late");
        assert_eq!(
            incident_at(&[], Some(&expected), Some(date(5))),
            Some(Change::Recovered(date(5))),
            "it came in time"
        );
        assert_eq!(incident_at(&[&waits], Some(&expected), Some(date(4))), None, "nothing new");
    }
}
