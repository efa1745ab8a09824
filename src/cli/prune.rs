//! `nightclerk prune`.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, TimeDelta};
use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use crate::runner::ledger::files;
use crate::runner::ledger::prune::{self, Forgotten};

/// Forget old runs, gates and ended slots, and remove old pages and exports.
///
/// Kept whatever their age: publications (`keep_publications` has its own say), lists that reached people, and files that left the
/// house: coupon lists and orders to suppliers.
#[derive(Debug, Args)]
pub struct Prune {
    /// How many days before the newest business date are kept.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(30..), value_name = "DAYS")]
    keep_days: u32,
    /// Says what would go, and removes nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What went, or would go.
#[derive(Debug, Serialize)]
struct Pruned {
    before: NaiveDate,
    dry_run: bool,
    #[serde(flatten)]
    forgotten: Forgotten,
    files: u64,
    bytes: u64,
}

pub(super) async fn run(context: &Context, command: &Prune) -> Result<u8, Failure> {
    let project = context.project()?;
    let warehouse = context.current_warehouse(&project).await?;
    let before = context.as_of(&project, None)? - TimeDelta::days(i64::from(command.keep_days));
    let kept = files::kept(&warehouse).await?;
    let forgotten = prune::forget(&warehouse, before, command.dry_run).await?;
    let (mut files, mut bytes) = (0, 0);
    for folder in old_folders(&project.config.output.dir, before) {
        for path in files_below(&folder) {
            let name = path.strip_prefix(&project.config.output.dir).unwrap_or(&path).display().to_string();
            // What is no page or export is not ours.
            let is_ours =
                path.extension().is_some_and(|extension| ["html", "csv", "xlsx"].iter().any(|ours| extension == *ours));
            if !is_ours || kept.contains(&name) {
                continue;
            }
            let size = fs::metadata(&path).map_or(0, |data| data.len());
            if !command.dry_run {
                fs::remove_file(&path)
                    .map_err(|error| Failure::new(1, format!("cannot remove `{}`: {error}", path.display())))?;
            }
            (files, bytes) = (files + 1, bytes + size);
        }
        if !command.dry_run {
            remove_empty(&folder);
        }
    }
    let pruned = Pruned { before, dry_run: command.dry_run, forgotten, files, bytes };
    context.terminal.object(&pruned);
    let Forgotten { runs, gates, quarantined, slots, alerts } = forgotten;
    let would = if command.dry_run { "would go" } else { "went" };
    context.terminal.line(format!(
        "before {before} {would}: {runs} runs without a publication, {gates} outcomes of gates, {quarantined} quarantined values, \
         {slots} slots, {alerts} alerts, {files} files of {} kB; what reached people and what left the house stays",
        bytes.div_ceil(1000)
    ));
    Ok(0)
}

/// The folders of business dates before that one.
fn old_folders(output: &Path, before: NaiveDate) -> Vec<PathBuf> {
    let entries = fs::read_dir(output).into_iter().flatten().flatten();
    let is_old = |path: &PathBuf| {
        let date = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<NaiveDate>().ok());
        path.is_dir() && date.is_some_and(|date| date < before)
    };
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_old).collect();
    folders.sort();
    folders
}

/// Every file below a folder; links are not followed.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files_below(&entry.path())),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found.sort();
    found
}

/// Removes folders that have become empty, the innermost first.
fn remove_empty(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_empty(&entry.path());
        }
    }
    let _ = fs::remove_dir(folder);
}
