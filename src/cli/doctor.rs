//! `nightclerk doctor`.

use std::path::Path;

use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use crate::migrations;
use crate::project::Project;
use crate::runner::files::{self, JobLock};
use crate::runner::ledger::slots::{SlotRow, SlotState, unpublished};
use crate::runner::ledger::{FileLock, alerts};
use crate::runner::{self, status};
use crate::table::instant_text;
use crate::warehouse::{Create, Side, Warehouse};
use crate::words::counted;

/// Clocks that are further apart than this confuse people who read the ledger, in microseconds.
const CLOCKS_APART: i64 = 5_000_000;

/// One thing that a night needs.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was looked at.
    what: String,
    /// What was found.
    found: String,
    /// Whether a night can do with it.
    state: Health,
    /// What mends it; empty where nothing is to be mended.
    mend: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Health {
    Well,
    Remark,
    Ill,
}

/// What `doctor` has found so far.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, state: Health, what: &str, found: impl Into<String>, mend: &str) {
        self.0.push(Finding { what: what.to_owned(), found: found.into(), state, mend: mend.to_owned() });
    }

    /// What is well where it is `Ok`, and ill otherwise.
    fn judge<T, E: std::fmt::Display>(
        &mut self,
        what: &str,
        found: Result<T, E>,
        well: impl Fn(&T) -> String,
        mend: &str,
    ) -> Option<T> {
        match found {
            Ok(value) => {
                self.add(Health::Well, what, well(&value), "");
                Some(value)
            }
            Err(error) => {
                self.add(Health::Ill, what, error.to_string(), mend);
                None
            }
        }
    }
}

pub(super) async fn run(context: &Context) -> Result<u8, Failure> {
    let mut findings = Findings::default();
    // Faults of the project's files are told as `check` tells them.
    let project = context.project()?;
    findings.add(Health::Well, "project", format!("{}, {} jobs", project.config.name, project.jobs.len()), "");
    findings.judge(
        "templates",
        runner::templates(&project),
        |_| "read".to_owned(),
        "`nightclerk check` names the line",
    );
    findings.judge(
        "audits",
        runner::audits(&project),
        |audits| format!("{} read", audits.len()),
        "`nightclerk check` names the line",
    );
    let dir = &project.config.output.dir;
    let mend = "let the user that runs nightclerk write there, or name another folder as `[output] dir`";
    findings.judge("output folder", files::probe(dir), |()| format!("{} can be written", dir.display()), mend);
    locks(&mut findings, &project.root);
    let opened = context.warehouse(&project, Create::Nothing).await;
    let mend = "see that the server runs, that this host may reach it, and that `[warehouse] url` is right";
    let engine = |warehouse: &Warehouse| format!("reached, {:?}", warehouse.dialect(Side::Target));
    if let Some(warehouse) = findings.judge(
        "warehouse",
        opened.map_err(|failure| failure.message.trim_start_matches("error: ").to_owned()),
        engine,
        mend,
    ) {
        of_warehouse(context, &project, &warehouse, &mut findings).await?;
    }
    Ok(tell(context, &findings.0))
}

/// A dead process is noticed at once where its file lock can be asked.
fn locks(findings: &mut Findings, root: &Path) {
    let name = "doctor";
    match JobLock::try_take(root, name).state() {
        FileLock::Held => findings.add(Health::Well, "file locks", "work in the project's folder", ""),
        FileLock::NotHeld => findings.add(
            Health::Remark,
            "file locks",
            "cannot be had in the project's folder: a process that died is noticed after a minute, and nothing is remembered for the next night",
            "let the user that runs nightclerk write to `.nightclerk/` there",
        ),
    }
    let _ = std::fs::remove_file(root.join(".nightclerk").join(format!("{name}.lock")));
}

async fn of_warehouse(
    context: &Context,
    project: &Project,
    warehouse: &Warehouse,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let now = (context.now_micros)();
    let one = warehouse.read_values(Side::Source, "SELECT 1", &[]).await;
    let mend = "the retailer's tables are read through `[warehouse] source_url`, or `url` where that is not set";
    findings.judge("retailer's tables", one, |_| "can be asked".to_owned(), mend);
    if let Some(server) = warehouse.server_micros().await? {
        let apart = server - (context.now_micros)();
        let found = format!("the server's is {:.1} s ahead of this machine's", apart as f64 / 1e6);
        let state = if apart.abs() > CLOCKS_APART { Health::Remark } else { Health::Well };
        let mend = if state == Health::Well {
            ""
        } else {
            "leases go by the server's; set this machine's by NTP, so that logs and ledger agree"
        };
        findings.add(state, "clocks", found, mend);
    }
    let state = migrations::inspect(warehouse, project.config.currency).await?;
    for problem in &state.problems {
        findings.add(Health::Ill, "our tables", problem.to_string(), "`nightclerk plan` prints the SQL");
    }
    if !state.is_current() {
        if state.problems.is_empty() {
            let found = format!("at step {} of {}", state.applied, state.applied + state.pending.len() as i64);
            findings.add(
                Health::Remark,
                "our tables",
                found,
                "the next run brings them up to date; it may create tables then",
            );
        }
        return Ok(());
    }
    // Changes nothing, and asks for the same privilege as a night.
    let sql = "UPDATE nightclerk_counters SET value = value WHERE name = ''";
    let write = warehouse.execute(Side::Target, sql, &[]);
    let mend = "grant SELECT, INSERT, UPDATE and DELETE on them to the user of `[warehouse] url`";
    findings.judge("our tables", write.await, |_| format!("at step {}, can be written", state.applied), mend);
    let slots = unpublished(warehouse).await?;
    for slot in slots.iter().filter(|slot| slot.state == SlotState::Running) {
        let found = format!("{} for {} runs, try {}", slot.job, slot.as_of, slot.attempts);
        findings.add(Health::Well, "running", found, "");
    }
    for slot in slots.iter().filter(|slot| slot.state == SlotState::Waiting && slot.attempts >= 3) {
        let found = format!("{} for {} has been tried {} times: {}", slot.job, slot.as_of, slot.attempts, slot.reason);
        let mend = format!(
            "it is tried until {}; `nightclerk cancel {} --as-of {}` gives it up",
            instant_text(slot.until_us),
            slot.job,
            slot.as_of
        );
        findings.add(Health::Remark, "waiting", found, &mend);
    }
    let moment = chrono::DateTime::from_timestamp_micros(now).unwrap_or_default();
    for status in status::of_jobs(project, warehouse, moment).await? {
        let current = status.current.as_ref().map(|row| row.as_of);
        let is_newer = |slot: &&SlotRow| current.is_none_or(|current| slot.as_of > current);
        let ended =
            |slot: &&SlotRow| !matches!(slot.state, SlotState::Running | SlotState::Waiting | SlotState::PassedOver);
        if let Some(slot) = status.unpublished.iter().filter(is_newer).find(ended) {
            let found = format!("{} has not published {}: {}: {}", slot.job, slot.as_of, slot.state, slot.reason);
            let mend = format!("once it is mended, `nightclerk run --job {}`", slot.job);
            findings.add(Health::Remark, "publications", found, &mend);
        }
        for missing in &status.missing_files {
            findings.add(
                Health::Remark,
                "files",
                format!("{}: {missing}", status.job),
                "the next run or tick of the daemon puts them there",
            );
        }
    }
    for alert in alerts::undelivered(warehouse).await? {
        let found = format!("`{}` has not been told ({}): {}", alert.channel, alert.state, alert.error);
        findings.add(Health::Remark, "alerts", found, "see that its program or server answers");
    }
    Ok(())
}

fn tell(context: &Context, findings: &[Finding]) -> u8 {
    let count = |state: Health| findings.iter().filter(|finding| finding.state == state).count();
    let (ill, remarks) = (count(Health::Ill), count(Health::Remark));
    context.terminal.object(&serde_json::json!({ "findings": findings, "ill": ill, "remarks": remarks }));
    context.terminal.line(match (ill, remarks) {
        (0, 0) => "a night can run".to_owned(),
        (0, n) => format!("a night can run; {}", counted(n, "remark", "remarks")),
        (n, _) => format!("a night cannot run as it should: {} to be mended", counted(n, "thing is", "things are")),
    });
    for finding in findings {
        let mark = match finding.state {
            Health::Well => "ok    ",
            Health::Remark => "remark",
            Health::Ill => "BAD   ",
        };
        context.terminal.line(format!("{mark} {:<18} {}", finding.what, finding.found.replace('\n', " ")));
        if !finding.mend.is_empty() {
            context.terminal.line(format!("{:26}{}", "", finding.mend));
        }
    }
    u8::from(ill > 0)
}
