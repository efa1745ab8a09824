//! Deadlines: whether a date is late, and whether it will be.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::Runner;
use super::super::arrival::deadline;
use super::super::ledger;
use super::super::ledger::slots::{SlotRow, SlotState};
use crate::job_file::JobFile;
use crate::warehouse::WarehouseError;

/// Whether a date that is still open should be published by now.
pub(super) fn is_late(job: &JobFile, slot: &SlotRow, now_us: i64) -> bool {
    let is_open = matches!(slot.state, SlotState::Waiting | SlotState::Running);
    is_open && deadline(job, slot).is_some_and(|deadline| now_us >= deadline.timestamp_micros())
}

/// Why a date that is still open will probably not be published by its deadline, in a sentence: what it and the jobs that it waits for
/// usually take is more than the time that is left.
///
/// # Errors
/// When the ledger cannot be asked.
pub(super) async fn expected(runner: &Runner, job: &JobFile, slot: &SlotRow) -> Result<Option<String>, WarehouseError> {
    let Some(deadline) = deadline(job, slot).filter(|_| !is_late(job, slot, runner.now())) else { return Ok(None) };
    let takes = match (slot.state, slot.run_id) {
        (SlotState::Waiting, _) => usual_with_those_before(runner, job, slot).await?,
        (SlotState::Running, Some(run_id)) => {
            let since =
                ledger::begun(&runner.warehouse, run_id).await?.map_or_else(|| runner.now(), |(since, _)| since);
            let usual = ledger::usual_micros(&runner.warehouse, &job.name).await?.unwrap_or_default();
            (usual - (runner.now() - since)).max(0)
        }
        _ => return Ok(None),
    };
    if runner.now() + takes <= deadline.timestamp_micros() {
        return Ok(None);
    }
    let usually = Duration::from_secs(u64::try_from(takes / 1_000_000).unwrap_or_default());
    let still = if slot.reason.is_empty() { slot.state.to_string() } else { slot.reason.clone() };
    Ok(Some(format!(
        "{} will probably not be published for {} by {}: what is left of it usually takes {usually:?}, and it is still not done ({still})",
        job.name,
        slot.as_of,
        deadline.format("%H:%M"),
    )))
}

/// What a job usually takes with those before it that have not published the date yet, in microseconds; unknown times count as none.
async fn usual_with_those_before(runner: &Runner, job: &JobFile, slot: &SlotRow) -> Result<i64, WarehouseError> {
    let (mut takes, mut seen, mut open) = (0, BTreeSet::new(), vec![job.name.as_str()]);
    while let Some(name) = open.pop() {
        if !seen.insert(name) || ledger::is_published(&runner.warehouse, name, slot.as_of).await? {
            continue;
        }
        takes += ledger::usual_micros(&runner.warehouse, name).await?.unwrap_or_default();
        open.extend(runner.project.job(name).into_iter().flat_map(|job| &job.after).map(String::as_str));
    }
    Ok(takes)
}
