//! `nightclerk formula`: the textbooks' formulas on inventory, to check a plan by hand.

use std::io::Read as _;

use clap::Args;
use serde_json::{Value as Json, json};

use super::context::Context;
use super::failure::Failure;
use crate::models::inventory::formulas::{FORMULAS, Formula, formula};

/// Largest inputs that are read, in bytes.
const LARGEST_INPUT: u64 = 16 << 20;

/// Evaluate a textbook formula on inventory: newsvendor, (r, Q), (s, S), lot sizes, service levels, networks.
///
/// Without a name: all of them. With a name alone: what it answers, its source and an example to begin with.
#[derive(Debug, Args)]
pub struct FormulaCommand {
    /// The formula.
    name: Option<String>,
    /// Its inputs, a JSON object; `-` reads it from standard input.
    #[arg(long, value_name = "JSON")]
    inputs: Option<String>,
}

pub(super) fn run(context: &Context, command: &FormulaCommand) -> Result<u8, Failure> {
    let Some(name) = &command.name else {
        list(context);
        return Ok(0);
    };
    let Some(known) = formula(name) else {
        return Err(Failure::usage(format!("there is no formula `{name}`; `nightclerk formula` lists what there is")));
    };
    let Some(text) = &command.inputs else {
        about(context, known);
        return Ok(0);
    };
    let inputs: Json = serde_json::from_str(&read(text)?)
        .map_err(|error| Failure::usage(format!("--inputs is no JSON: {error}; an example is `{}`", known.example)))?;
    let outputs = known
        .evaluate(inputs.clone())
        .map_err(|error| Failure::usage(format!("{name}: {error}; an example is `{}`", known.example)))?;
    context.terminal.object(&json!({
        "formula": name, "source": known.source, "inputs": inputs, "outputs": outputs,
    }));
    for (field, value) in outputs.as_object().into_iter().flatten() {
        context.terminal.line(format!("{field}: {value}"));
    }
    Ok(0)
}

fn read(text: &str) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut read = String::new();
    let input = std::io::stdin().lock().take(LARGEST_INPUT).read_to_string(&mut read);
    input.map_err(|error| Failure::usage(format!("read --inputs from standard input: {error}")))?;
    Ok(read)
}

fn list(context: &Context) {
    let row = |formula: &Formula| json!({ "name": formula.name, "about": formula.about, "source": formula.source, "example": formula.example });
    context.terminal.object(&json!({ "formulas": FORMULAS.iter().map(row).collect::<Vec<_>>() }));
    let longest = FORMULAS.iter().map(|formula| formula.name.len()).max().unwrap_or(0);
    for formula in FORMULAS {
        context.terminal.line(format!("{:<longest$}  {}", formula.name, formula.about));
    }
}

fn about(context: &Context, formula: &Formula) {
    context.terminal.object(&json!({
        "name": formula.name, "about": formula.about, "source": formula.source, "example": formula.example,
    }));
    context.terminal.line(format!("{}: {}", formula.name, formula.about));
    context.terminal.line(format!("source: {}", formula.source));
    context.terminal.line(format!("example: nightclerk formula {} --inputs '{}'", formula.name, formula.example));
}
