//! `nightclerk init DIR`.

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use crate::project::embedded::{self, NewProject};

/// Write a commented project folder for your own warehouse. Files that are there already are left alone.
#[derive(Debug, Args)]
pub struct Init {
    /// The folder.
    dir: PathBuf,
    /// The retailer's name; default: the folder's.
    #[arg(long)]
    name: Option<String>,
    /// The warehouse; write passwords as ${VARIABLE}.
    #[arg(long, default_value = "sqlite:warehouse.db", value_name = "URL")]
    url: String,
}

pub(super) fn run(context: &Context, command: &Init) -> Result<u8, Failure> {
    let folder_name = command.dir.file_name().map_or("My shop".into(), |name| name.to_string_lossy().into_owned());
    let project =
        NewProject { name: command.name.as_deref().unwrap_or(&folder_name), as_of: None, seed: 1, url: &command.url };
    let written = embedded::write(&command.dir, &project, &context.registry.files()).map_err(|error| {
        Failure::usage(format!("cannot write the project into `{}`: {error}", command.dir.display()))
    })?;
    let dir = command.dir.display();
    context.terminal.object(&serde_json::json!({ "folder": command.dir, "written": written }));
    context.terminal.line(format!("{} files written to {dir}", written.len()));
    context.terminal.line(format!(
        "next: set `url` in {dir}/nightclerk.toml, adapt {dir}/sql/datasets/*.sql to your tables (delete those you cannot \
         feed),\nthen `nightclerk check --project {dir}` and `nightclerk run --project {dir}`"
    ));
    Ok(0)
}
