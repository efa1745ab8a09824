//! `nightclerk eval forecast FILE`, `eval rules FILE` and `eval sequences FILE`: an engine on a file, without a warehouse.

mod forecast;
mod inventory;
mod rules;
mod sequences;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::context::Context;
use super::failure::Failure;
use crate::eval::{EvalError, MinSupport};

/// Judge an engine on a file of your own, without a warehouse.
#[derive(Debug, Args)]
pub struct Eval {
    #[command(subcommand)]
    engine: Engine,
}

#[derive(Debug, Subcommand)]
enum Engine {
    /// Forecast the series of a file and score the forecasts.
    Forecast(Box<forecast::EvalForecast>),
    /// Replay the history of a file under a way of ordering, and say what it cost.
    Inventory(Box<inventory::EvalInventory>),
    /// Mine the baskets of a file and count what is found.
    Rules(Box<rules::EvalRules>),
    /// Find what the customers of a file buy one after the other.
    Sequences(Box<sequences::EvalSequences>),
}

/// What mining a file may take, and where it writes.
#[derive(Debug, Args)]
struct MiningArgs {
    /// Threads [default: all].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    threads: Option<usize>,
    /// Stop when what is found takes more memory than this.
    #[arg(long, value_name = "MB", default_value_t = 4096)]
    max_memory: u64,
    /// Write everything that is found here, one a line, sorted.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(context: &Context, command: &Eval) -> Result<u8, Failure> {
    match &command.engine {
        Engine::Forecast(command) => command.run(context),
        Engine::Inventory(command) => command.run(context),
        Engine::Rules(command) => command.run(context),
        Engine::Sequences(command) => command.run(context),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("`{text}` is not a whole number above 0")),
        Ok(number) => Ok(number),
    }
}

fn min_support(text: &str) -> Result<MinSupport, String> {
    let wrong = || format!("`{text}` is neither a whole number above 0 nor a share such as 0.001");
    if text.contains('.') {
        return text
            .parse()
            .ok()
            .filter(|share| *share > 0.0 && *share <= 1.0)
            .map(MinSupport::Share)
            .ok_or_else(wrong);
    }
    text.parse().ok().filter(|count| *count > 0).map(MinSupport::Count).ok_or_else(wrong)
}

fn share(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    value.ok_or_else(|| format!("`{text}` is no share between 0 and 1"))
}

fn failure(error: &EvalError) -> Failure {
    if error.is_usage() { Failure::usage(error.to_string()) } else { Failure::new(1, error.to_string()) }
}
