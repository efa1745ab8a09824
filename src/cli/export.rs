//! `nightclerk export JOB`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::context::Context;
use super::failure::Failure;
use super::run::known_jobs;
use crate::registry::KINDS;
use crate::runner::files;
use crate::runner::ledger::{self, audit, decisions};
use crate::words::{counted, hex};

/// Hand out the files of a job's current publication: lists, orders, tables for the shop.
///
/// Each is compared with what was published, copied, and written down as having left the house: its date is kept from then on. What is out
/// of date is not handed out unless you say so.
#[derive(Debug, Args)]
pub struct Export {
    /// The job.
    job: String,
    /// The folder that gets the files, as `JOB-DATE-NAME`.
    #[arg(long, default_value = ".", value_name = "DIR")]
    to: PathBuf,
    /// Hand out what is out of date too.
    #[arg(long)]
    allow_stale: bool,
}

/// A file that was handed out.
#[derive(Serialize)]
struct Handed {
    file: String,
    bytes: i64,
    sha256: String,
}

pub(super) async fn run(context: &Context, command: &Export) -> Result<u8, Failure> {
    let project = context.project()?;
    known_jobs(&project, std::slice::from_ref(&command.job))?;
    let warehouse = context.current_warehouse(&project).await?;
    let (job, now) = (&command.job, (context.now_micros)());
    let published = ledger::publications(&warehouse, Some(job)).await?;
    let Some(current) = published.iter().find(|row| row.state == "published") else {
        return Err(Failure::new(4, format!("`{job}` has published nothing that could be handed out")));
    };
    if current.shadow {
        return Err(Failure::usage(format!(
            "what `{job}` published for {} is of a shadow night: nobody is to act on it, so nothing is handed out; `mode = \"live\"` in its file, \
             or in nightclerk.toml, changes that from the next night on",
            current.as_of
        )));
    }
    if let Some(until) = current.valid_until.as_ref().filter(|_| current.is_stale(now) && !command.allow_stale) {
        return Err(Failure::new(
            4,
            format!(
                "what `{job}` published for {} was valid until {until}, and the next should be there: `nightclerk status` says why it is \
                 not; `--allow-stale` hands it out all the same",
                current.as_of
            ),
        ));
    }
    let owed = ledger::files::of_run(&warehouse, current.run_id).await?;
    let (mut ready, mut handed) = (Vec::new(), Vec::new());
    let is_page = |path: &str| Path::new(path).extension().is_some_and(|extension| extension == "html");
    for file in owed.iter().filter(|file| !is_page(&file.path)) {
        let path = project.config.output.dir.join(&file.path);
        let bytes = std::fs::read(&path).unwrap_or_default();
        if file.state != "written" || hex(&Sha256::digest(&bytes)) != file.sha256 {
            return Err(Failure::new(
                1,
                format!(
                    "`{}` is not what was published: {} wrote it; `nightclerk status` says what is missing there",
                    path.display(),
                    file.place
                ),
            ));
        }
        ready.push((file, bytes));
    }
    if ready.is_empty() {
        return Err(Failure::usage(format!(
            "`{job}` published no files for {}: its rows are in {}",
            current.as_of,
            tables(&project, job)
        )));
    }
    // What can be known to go wrong goes wrong before anything is written down.
    files::probe(&command.to).map_err(|error| {
        Failure::usage(format!(
            "`{}` cannot be written: {}; nothing was handed out",
            command.to.display(),
            error.source
        ))
    })?;
    let target = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        command.to.join(format!("{job}-{}-{name}", current.as_of))
    };
    for (file, bytes) in &ready {
        let to = target(&file.path);
        if std::fs::read(&to).is_ok_and(|known| known != *bytes) {
            return Err(Failure::usage(format!(
                "`{}` is there with other content: move it away; nothing was handed out",
                to.display()
            )));
        }
    }
    for (file, bytes) in ready {
        let to = target(&file.path);
        // Written down first: a copy that nobody knows of is worse than one that is missing.
        ledger::files::leaves(&warehouse, file).await?;
        let outcome = format!("{} bytes, sha256 {}, to {}", file.bytes, file.sha256, to.display());
        audit::write(&warehouse, ("command line", "export", &file.path), &outcome, now).await?;
        files::write(&to, &bytes)
            .map_err(|error| Failure::new(1, format!("write `{}`: {}", to.display(), error.source)))?;
        context.terminal.line(format!("{}  {}", file.sha256, to.display()));
        handed.push(Handed { file: to.display().to_string(), bytes: file.bytes, sha256: file.sha256.clone() });
    }
    let decidable = KINDS.iter().find(|kind| kind.name == current.kind).and_then(|kind| kind.decides_on);
    let decided_since = match decidable {
        Some(decidable) => {
            decisions::otherwise_since(&warehouse, decidable, current.run_id, current.published_us).await?
        }
        None => 0,
    };
    if decided_since > 0 {
        context.terminal.note(format!(
            "{} about what these files hold, and the files do not know of it: see `nightclerk decide list`",
            counted(
                usize::try_from(decided_since).unwrap_or(0),
                "decision was made since",
                "decisions were made since"
            )
        ));
    }
    context.terminal.object(&serde_json::json!({
        "decided_since": decided_since, "job": job, "as_of": current.as_of, "valid_until": current.valid_until, "is_stale": current.is_stale(now), "files": handed,
    }));
    Ok(0)
}

/// The tables that a job publishes, as consumers read them.
fn tables(project: &crate::project::Project, job: &str) -> String {
    let tables = project.job(job).map(|job| job.job.publishes()).unwrap_or_default();
    let names: Vec<String> = tables.iter().map(|table| format!("`{}_current`", table.name())).collect();
    names.join(", ")
}
