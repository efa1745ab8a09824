//! `nightclerk import DIR`.

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use crate::import::{ImportSettings, import_folder};
use crate::job::Progress;
use crate::quantities::Share;
use crate::warehouse::Create;

/// Load CSV, CSV.gz and Parquet files into warehouse tables, one table per file.
///
/// Types are inferred from whole files. Rows that do not fit are written to a rejects file with their line numbers;
/// a file with too many of them is not loaded at all.
#[derive(Debug, Args)]
pub struct Import {
    /// The folder with the files.
    dir: PathBuf,
    /// Only this file; may be given several times.
    #[arg(long, value_name = "FILE")]
    only: Vec<String>,
    /// A file with a larger share of bad rows is refused.
    #[arg(long, default_value = "0.1", value_parser = share)]
    max_reject_share: Share,
    /// Keep this column as text whatever it holds; may be given several times.
    #[arg(long, value_name = "COLUMN")]
    text: Vec<String>,
}

fn share(text: &str) -> Result<Share, String> {
    text.parse::<f64>().map_err(|_| format!("`{text}` is not a number"))?.try_into()
}

pub(super) async fn run(context: &Context, command: &Import) -> Result<u8, Failure> {
    let project = context.project()?;
    let warehouse = context.warehouse(&project, Create::Everything).await?;
    let only = (!command.only.is_empty()).then_some(command.only.as_slice());
    let settings = ImportSettings {
        text_columns: command.text.iter().cloned().collect(),
        ..ImportSettings::new(command.max_reject_share)
    };
    let terminal = context.terminal.clone();
    let progress = Progress::new(move |what, done, total| {
        if done == total {
            terminal.note(format!("{what} {done}"));
        }
    });
    let report = import_folder(&command.dir, only, &warehouse, &settings, &progress)
        .await
        .map_err(|error| Failure::new(1, error.to_string()))?;
    context.terminal.object(&report);
    context.terminal.line(report.to_string().trim_end());
    Ok(0)
}
