//! Files on which somebody may have acted and of which the ledger knows nothing: it was restored to an older state, or begun anew.
//!
//! Nothing is sent twice then: a list that stands in the output folder is neither replaced by another nor forgotten by the next.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use chrono::NaiveDate;

use super::Runner;
use super::delivery::Rendered;
use super::ledger::{self, files as rows};
use crate::job_file::JobFile;
use crate::warehouse::WarehouseError;

/// A list of an earlier date than `as_of` that may have reached people and that the ledger has never heard of, in a sentence; of jobs
/// whose rows reach people.
///
/// # Errors
/// When the ledger cannot be asked.
pub(super) async fn unknown_list(
    runner: &Runner,
    job: &JobFile,
    as_of: NaiveDate,
) -> Result<Option<String>, WarehouseError> {
    if !job.job.publishes().iter().any(|table| table.reaches_people) {
        return Ok(None);
    }
    let newest = ledger::publications(&runner.warehouse, Some(&job.name)).await?.iter().map(|row| row.as_of).max();
    let is_between = |date: &NaiveDate| *date < as_of && newest.is_none_or(|newest| *date > newest);
    let out = &runner.project.config.output.dir;
    let folders = fs::read_dir(out).into_iter().flatten().flatten();
    let dates: BTreeSet<NaiveDate> =
        folders.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_between).collect();
    if dates.is_empty() {
        return Ok(None);
    }
    let known = rows::paths(&runner.warehouse, &job.name).await?;
    for date in dates {
        let files = fs::read_dir(out.join(date.to_string()).join(&job.name)).into_iter().flatten().flatten();
        let mut names: Vec<String> = files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        let paths = names.iter().filter(|name| is_export(name)).map(|name| format!("{date}/{}/{name}", job.name));
        if let Some(path) = paths.into_iter().find(|path| !known.contains(path)) {
            return Ok(Some(format!(
                "`{path}` stands in the output folder, and the ledger knows nothing of it (was the warehouse restored to an older \
                 state?): whom it reached would be forgotten; `nightclerk run --job {} --as-of {date}` writes it down again; if nobody \
                 acted on it, move it away",
                job.name
            )));
        }
    }
    Ok(None)
}

/// A file that leaves the house and would take the place of another that the ledger does not know, in a sentence.
///
/// # Errors
/// When the ledger cannot be asked.
pub(super) async fn unknown_file(
    runner: &Runner,
    job: &str,
    files: &[Rendered],
) -> Result<Option<String>, WarehouseError> {
    let out = &runner.project.config.output.dir;
    // A workbook names its run; its CSV sibling tells whether the advice is the same.
    let is_other = |file: &&Rendered| {
        file.leaves
            && Path::new(&file.path).extension().is_some_and(|extension| extension == "csv")
            && fs::read(out.join(&file.path)).is_ok_and(|there| there != file.bytes)
    };
    let Some(file) = files.iter().find(is_other) else { return Ok(None) };
    if rows::paths(&runner.warehouse, job).await?.contains(&file.path) {
        return Ok(None);
    }
    Ok(Some(format!(
        "`{}` stands in the output folder with other content, and the ledger knows nothing of it (was the warehouse restored to an older \
         state?): whoever acted on it would get it a second time, changed; if nobody did, move it away and run the date again",
        file.path
    )))
}

fn is_export(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "csv" || extension == "xlsx")
}
