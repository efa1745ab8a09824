//! `nightclerk status`.

use super::context::Context;
use super::failure::Failure;
use crate::job::Mode;
use crate::migrations;
use crate::runner::ledger::slots::{SlotRow, SlotState};
use crate::runner::ledger::{self, PublicationRow};
use crate::runner::status;
use crate::table::instant_text;
use crate::warehouse::Create;

pub(super) async fn run(context: &Context) -> Result<u8, Failure> {
    let project = context.project()?;
    let warehouse = context.warehouse(&project, Create::Nothing).await?;
    let state = migrations::inspect(&warehouse, project.config.currency).await?;
    if let Some(problem) = state.problems.first() {
        return Err(Failure::usage(format!("our tables are not what they should be: {problem}")));
    }
    if state.is_fresh() {
        context.terminal.object(&serde_json::json!({ "jobs": [], "note": "nothing has run yet" }));
        context.terminal.line("nothing has run yet: `nightclerk run` runs the first night");
        return Ok(0);
    }
    if !state.is_current() {
        let steps: Vec<&str> = state.pending.iter().map(|step| step.name).collect();
        return Err(Failure::usage(format!(
            "this warehouse was left by an older nightclerk: {} is pending; the next `nightclerk run` applies it, `nightclerk plan` \
             prints it for those who do so by hand",
            steps.join(", ")
        )));
    }
    let now = chrono::DateTime::from_timestamp_micros((context.now_micros)()).unwrap_or_default();
    let statuses = status::of_jobs(&project, &warehouse, now).await?;
    let undelivered = ledger::alerts::undelivered(&warehouse).await?;
    context.terminal.object(&serde_json::json!({ "jobs": statuses, "alerts": undelivered }));
    context.terminal.line(format!("{:<20} {:<12} {:<24} {:<26} next run", "job", "current", "last run", "published"));
    for status in &statuses {
        let current = status.current.as_ref().map_or("never".to_owned(), |row| row.as_of.to_string());
        let published = status.current.as_ref().map_or("-".to_owned(), |row| row.published_at.clone());
        let last = status.last_run.as_ref().map_or("-".to_owned(), |run| format!("{} for {}", run.state, run.as_of));
        let next = status.next_run.clone().unwrap_or_else(|| "by hand".to_owned());
        context.terminal.line(format!("{:<20} {current:<12} {last:<24} {published:<26} {next}", status.job));
        if let Some(until) =
            status.current.as_ref().filter(|_| status.is_stale).and_then(|row| row.valid_until.as_ref())
        {
            let line = format!("{:<20} STALE: what is current was valid until {until}, the next should be there", "");
            context.terminal.line(line);
        }
        let told = match (status.mode, status.current.as_ref().is_some_and(|row| row.shadow)) {
            (Mode::Shadow, _) => Some("SHADOW: nobody acts on what it publishes, and consumers do not see it"),
            (Mode::Live, true) => Some("what is current was made in the shadow; the next night is live"),
            (Mode::Live, false) => None,
        };
        if let Some(told) = told {
            context.terminal.line(format!("{:<20} {told}", ""));
        }
        for gate in &status.warnings {
            context.terminal.line(format!("{:<20} warning: {}", "", gate.in_words()));
        }
        for slot in status.unpublished.iter().take(MOST_SLOTS) {
            context.terminal.line(format!("{:<20} {}", "", in_words(slot)));
        }
        if let Some(more) = status.unpublished.len().checked_sub(MOST_SLOTS).filter(|more| *more > 0) {
            context.terminal.line(format!("{:<20} and {more} older", ""));
        }
        for missing in &status.missing_files {
            context.terminal.line(format!("{:<20} {missing}", ""));
        }
        for input in status.current.iter().flat_map(PublicationRow::remembered) {
            context.terminal.line(format!("{:<20} {}: {}", "", input.dataset, input.note));
        }
    }
    for alert in &undelivered {
        let why = if alert.error.is_empty() { String::new() } else { format!(": {}", alert.error) };
        let (channel, job, as_of, kind, state) = (&alert.channel, &alert.job, alert.as_of, &alert.kind, &alert.state);
        let what = if job.is_empty() { format!("all is well on {as_of}") } else { format!("{job} {as_of} {kind}") };
        context.terminal.line(format!("alert to `{channel}` that {what} is {state}{why}"));
    }
    Ok(0)
}

/// How many slots without a publication are told of each job.
const MOST_SLOTS: usize = 5;

fn in_words(slot: &SlotRow) -> String {
    let reason = if slot.reason.is_empty() { String::new() } else { format!(": {}", slot.reason) };
    let next = match slot.state {
        SlotState::Waiting => format!(
            "; not tried before {}, given up at {}",
            instant_text(slot.next_try_us),
            instant_text(slot.until_us)
        ),
        _ => String::new(),
    };
    format!("{} {}{reason}{next}", slot.as_of, slot.state)
}
