//! `nightclerk explain`: the chain behind one number, as its kind tells it.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Value as Json, json};

use super::context::Context;
use super::failure::Failure;
use crate::explain::{CurrentRows, ExplainError, Explanation, outline};
use crate::registry::KINDS;
use crate::runner::ledger::{self, PublicationRow};
use crate::warehouse::{Create, Warehouse};

/// What is to be explained: one subcommand per kind that explains a number.
#[derive(Debug)]
pub struct Explain {
    explanation: &'static Explanation,
    keys: Vec<Option<String>>,
}

impl Args for Explain {
    fn augment_args(command: Command) -> Command {
        let of = |explanation: &'static Explanation| {
            let keys = explanation.keys.iter().map(|key| Arg::new(key.name).help(key.about).required(!key.optional));
            Command::new(explanation.word).about(explanation.about).args(keys)
        };
        command.subcommand_required(true).arg_required_else_help(true).subcommands(explanations().map(of))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Explain {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let chosen = matches
            .subcommand()
            .and_then(|(word, matches)| Some((explanations().find(|explanation| explanation.word == word)?, matches)));
        let Some((explanation, matches)) = chosen else {
            return Err(clap::Error::new(clap::error::ErrorKind::MissingSubcommand));
        };
        let keys = explanation.keys.iter().map(|key| matches.get_one::<String>(key.name).cloned()).collect();
        Ok(Self { explanation, keys })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn explanations() -> impl Iterator<Item = &'static Explanation> {
    KINDS.iter().filter_map(|kind| kind.explains)
}

pub(super) async fn run(context: &Context, command: &Explain) -> Result<u8, Failure> {
    let project = context.project()?;
    let warehouse = context.warehouse(&project, Create::Nothing).await?;
    let mut records = (command.explanation.chain)(&CurrentRows::of(&warehouse), &command.keys).await?;
    let remembered = remembered(&warehouse).await?;
    if !remembered.is_empty() {
        for record in records.iter_mut().filter_map(Json::as_object_mut) {
            record.insert("remembered".to_owned(), json!(remembered));
        }
    }
    context.terminal.object(&records);
    for line in outline(command.explanation, &records) {
        context.terminal.line(line);
    }
    Ok(0)
}

/// What the current publications, each of which the chain may lead to, begin with that an earlier night left.
async fn remembered(warehouse: &Warehouse) -> Result<Vec<Json>, Failure> {
    let mut newest = BTreeMap::new();
    for publication in ledger::publications(warehouse, None).await? {
        if publication.state == "published" {
            newest.entry(publication.job.clone()).or_insert(publication);
        }
    }
    let said = |publication: &PublicationRow| -> Vec<Json> {
        let said = |note: &str| json!({ "job": publication.job, "as_of": publication.as_of, "memory": note });
        publication.remembered().map(|input| said(&input.note)).collect()
    };
    Ok(newest.values().flat_map(said).collect())
}

impl From<ExplainError> for Failure {
    fn from(error: ExplainError) -> Self {
        match error {
            ExplainError::NotFound(message) => Self::usage(message),
            ExplainError::Warehouse(error) => error.into(),
        }
    }
}
