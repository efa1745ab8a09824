//! Pages and exports: made and laid aside before their rows are published, put into their places afterwards, by whoever comes by.
//!
//! A publication says in its own transaction which files it owes. A process that dies, or a disk that is full, after that leaves rows
//! whose files wait in `.staged/RUN`: the next process of the same place puts them where they belong. What cannot be made, because a
//! template is wrong or there is no room, is known before anything is published.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::Runner;
use super::events::Event;
use super::faults::point;
use super::files::{self, WriteError};
use super::index::write_index;
use super::ledger;
use super::ledger::files::{self as rows, FileRow, INDEX, NewFile};

use crate::project::Project;
use crate::warehouse::WarehouseError;
use crate::words::hex;

/// A page or an export, ready to be written.
#[derive(Debug)]
pub(super) struct Rendered {
    /// Its place, from the output folder on.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether somebody outside acts on it.
    pub leaves: bool,
}

/// The folder, below the output folder, of what is laid aside.
const STAGED: &str = ".staged";

fn staged_folder(runner: &Runner, run_id: i64) -> PathBuf {
    runner.project.config.output.dir.join(STAGED).join(run_id.to_string())
}

/// Lays files aside, on disk for good.
///
/// # Errors
/// When one cannot be written; nothing is left then.
pub(super) fn lay_aside(runner: &Runner, run_id: i64, files: &[Rendered]) -> Result<Vec<NewFile>, WriteError> {
    let folder = staged_folder(runner, run_id);
    let lay = |file: &Rendered| {
        files::write_for_good(&folder.join(&file.path), &file.bytes)?;
        Ok(NewFile {
            path: file.path.clone(),
            sha256: sha256(&file.bytes),
            bytes: i64::try_from(file.bytes.len()).unwrap_or(i64::MAX),
            leaves: file.leaves,
        })
    };
    let laid = files.iter().map(lay).collect::<Result<Vec<NewFile>, WriteError>>();
    if laid.is_err() {
        drop_staged(runner, run_id);
    }
    laid
}

/// Removes what a run that was not published has laid aside.
pub(super) fn drop_staged(runner: &Runner, run_id: i64) {
    let _ = fs::remove_dir_all(staged_folder(runner, run_id));
}

/// Does what an earlier process of this place left undone: files, and the front page if that is owed; tells what cannot be done.
///
/// # Errors
/// When the ledger cannot be asked.
pub async fn catch_up(runner: &Runner) -> Result<(), WarehouseError> {
    let place = Some(runner.owner.place.as_str());
    let mut undone = deliver(runner).await?;
    let owed = rows::in_state(&runner.warehouse, "pending", place).await?;
    if let Some(as_of) = owed.iter().filter(|file| file.path == INDEX).map(|file| file.as_of).max() {
        undone.extend(write_index(runner, as_of, &[]).await.err());
    }
    for text in undone {
        (runner.events)(&Event::Note { job: "files".to_owned(), text });
    }
    Ok(())
}

/// Puts every file that this place owes into its place and removes what is obsolete. Gives what could not be done, a sentence each; it is
/// tried again by the next call.
///
/// # Errors
/// When the ledger cannot be asked.
pub(super) async fn deliver(runner: &Runner) -> Result<Vec<String>, WarehouseError> {
    let place = Some(runner.owner.place.as_str());
    let mut undone = Vec::new();
    for file in rows::in_state(&runner.warehouse, "pending", place).await?.iter().filter(|file| file.path != INDEX) {
        match put(runner, file) {
            Ok(()) => {
                point("file_in_place");
                rows::written(&runner.warehouse, file, runner.now()).await?;
                point("file_recorded");
            }
            Err(reason) => undone.push(reason),
        }
    }
    for file in rows::in_state(&runner.warehouse, "obsolete", place).await? {
        let path = runner.project.config.output.dir.join(&file.path);
        if !rows::is_replaced(&runner.warehouse, &file.path, &file.place).await? {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    undone.push(format!("`{}` is obsolete and cannot be removed: {error}", path.display()));
                    continue;
                }
                _ => {}
            }
        }
        rows::gone(&runner.warehouse, &file).await?;
    }
    sweep(runner).await?;
    Ok(undone)
}

/// Removes what runs have laid aside that have ended and owe nothing: those that died before they published, whose files may name
/// customers, and empty folders.
async fn sweep(runner: &Runner) -> Result<(), WarehouseError> {
    let folder = runner.project.config.output.dir.join(STAGED);
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let left: Vec<i64> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    if left.is_empty() {
        return Ok(());
    }
    let ended = ledger::ended(&runner.warehouse, &left).await?;
    // Asked after that: a run that has ended by publishing owes its files from that moment on.
    let owed = rows::in_state(&runner.warehouse, "pending", Some(&runner.owner.place)).await?;
    for run_id in ended.into_iter().filter(|run_id| owed.iter().all(|file| file.run_id != *run_id)) {
        drop_staged(runner, run_id);
    }
    let _ = fs::remove_dir(folder);
    Ok(())
}

/// Puts one file into its place. Done already counts as done: a process may have died between the two.
fn put(runner: &Runner, file: &FileRow) -> Result<(), String> {
    let staged = staged_folder(runner, file.run_id).join(&file.path);
    let target = runner.project.config.output.dir.join(&file.path);
    match fs::read(&staged) {
        Ok(bytes) if sha256(&bytes) == file.sha256 => {
            let attempt = || {
                if let Some(folder) = target.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::rename(&staged, &target)
            };
            attempt().map_err(|source| WriteError { path: target.display().to_string(), source }.to_string())?;
            tidy_up(&staged_folder(runner, file.run_id), staged.parent());
            Ok(())
        }
        _ if has_bytes(&target, &file.sha256) => Ok(()),
        Ok(_) => Err(lost(file, "what was laid aside for it is damaged")),
        Err(error) => Err(lost(file, &format!("what was laid aside for it cannot be read: {error}"))),
    }
}

fn lost(file: &FileRow, why: &str) -> String {
    let (path, job, as_of) = (&file.path, &file.job, file.as_of);
    let again = if file.leaves {
        format!(
            "`nightclerk rollback {job} --not-sent`, then `nightclerk run --job {job} --as-of {as_of}` makes it again"
        )
    } else {
        format!("`nightclerk run --job {job} --as-of {as_of}` makes it again")
    };
    format!("`{path}` is missing, and {why}; {again}")
}

/// Removes folders that have become empty, from the innermost up to the run's.
fn tidy_up(run_folder: &Path, innermost: Option<&Path>) {
    let mut folder = innermost;
    while let Some(inner) = folder.filter(|inner| inner.starts_with(run_folder)) {
        if fs::remove_dir(inner).is_err() {
            return;
        }
        folder = inner.parent();
    }
    if let Some(all) = run_folder.parent() {
        let _ = fs::remove_dir(all);
    }
}

/// Which of a publication's files do not stand in their places, a sentence each. What another place writes cannot be looked at from here.
pub(super) fn missing(project: &Project, rows: &[FileRow]) -> Vec<String> {
    let here = super::place(&project.root);
    let fault = |file: &FileRow| {
        let path = project.config.output.dir.join(&file.path);
        if file.state == "pending" {
            return Some(format!("`{}` is not written yet; {} does so with its next command", file.path, file.place));
        }
        if file.state != "written" || file.place != here {
            return None;
        }
        // A page is written anew by a later run that does not publish; an export is not.
        let is_page = path.extension().is_some_and(|extension| extension == "html");
        match (path.exists(), is_page || has_bytes(&path, &file.sha256)) {
            (false, _) => Some(format!("`{}` was written and is gone", file.path)),
            (true, false) => Some(format!("`{}` was changed after it was written", file.path)),
            (true, true) => None,
        }
    };
    rows.iter().filter_map(fault).collect()
}

fn has_bytes(path: &Path, expected: &str) -> bool {
    fs::read(path).is_ok_and(|bytes| sha256(&bytes) == expected)
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
