//! `nightclerk decide`: what people do with what was recommended.

use chrono::NaiveDate;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, builder::PossibleValue, value_parser};
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use crate::decidable::Decidable;
use crate::decided::{Action, Decision};
use crate::explain::{CurrentRows, text};
use crate::registry::KINDS;
use crate::runner::files::by_chance;
use crate::runner::ledger::decisions;
use crate::table::instant_text;
use crate::warehouse::Warehouse;

/// Decisions that `list` shows.
const LISTED: usize = 200;

/// Units that one decision can name.
const LARGEST_QUANTITY: f64 = 1e9;

/// What is decided: one subcommand per kind whose recommendations can be, and `list`.
#[derive(Debug)]
pub struct Decide {
    what: Option<(&'static Decidable, Vec<String>)>,
    action: Action,
    quantity: Option<f64>,
    until: Option<NaiveDate>,
    reason: Option<String>,
    reference: Option<String>,
    by: Option<String>,
    key: Option<String>,
    plan: Option<NaiveDate>,
}

impl Args for Decide {
    fn augment_args(command: Command) -> Command {
        let actions = Action::ALL.map(|action| PossibleValue::new(action.name()).help(action.about()));
        let of = move |decidable: &'static Decidable| {
            let keys = decidable.keys.iter().map(|(key, _)| Arg::new(key.name).help(key.about).required(true));
            let option = |name: &'static str, value: &'static str, help: &'static str| {
                Arg::new(name).long(name).value_name(value).help(help)
            };
            Command::new(decidable.word).about(decidable.about).args(keys).args([
                Arg::new("action").help("What is decided").required(true).value_parser(actions.clone().to_vec()),
                option("quantity", "UNITS", "How much, where it is not what was recommended")
                    .value_parser(value_parser!(f64)),
                option("until", "DATE", "Of a snooze: the first day on which the line is ordered for again")
                    .value_parser(value_parser!(NaiveDate)),
                option("plan", "DATE", "The as-of date of the plan that recommended it [default: the newest]")
                    .value_parser(value_parser!(NaiveDate)),
                option("reason", "TEXT", "Why"),
                option("reference", "NUMBER", "The order number of the books"),
                option("by", "NAME", "Who decides [default: the user of this machine]"),
                option("key", "KEY", "A key of the caller's: a decision of a key is written down once"),
            ])
        };
        command
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands(decidables().map(of))
            .subcommand(Command::new("list").about("The newest decisions"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Decide {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let Some((word, matches)) = matches.subcommand() else {
            return Err(clap::Error::new(clap::error::ErrorKind::MissingSubcommand));
        };
        let Some(decidable) = decidables().find(|decidable| decidable.word == word) else {
            let nothing = || None;
            return Ok(Self {
                what: None,
                action: Action::Approve,
                quantity: None,
                until: None,
                reason: nothing(),
                reference: nothing(),
                by: nothing(),
                key: nothing(),
                plan: None,
            });
        };
        let given = |name: &str| matches.get_one::<String>(name).cloned();
        let keys = decidable.keys.iter().filter_map(|(key, _)| given(key.name)).collect();
        Ok(Self {
            what: Some((decidable, keys)),
            action: given("action").and_then(|word| Action::parse(&word)).unwrap_or(Action::Approve),
            quantity: matches.get_one("quantity").copied(),
            until: matches.get_one("until").copied(),
            reason: given("reason"),
            reference: given("reference"),
            by: given("by"),
            key: given("key"),
            plan: matches.get_one("plan").copied(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn decidables() -> impl Iterator<Item = &'static Decidable> {
    KINDS.iter().filter_map(|kind| kind.decides_on)
}

pub(super) async fn run(context: &Context, command: &Decide) -> Result<u8, Failure> {
    let project = context.project()?;
    let warehouse = context.current_warehouse(&project).await?;
    match &command.what {
        Some((decidable, keys)) => decide(context, &warehouse, command, decidable, keys).await,
        None => list(context, &warehouse).await,
    }
}

async fn decide(
    context: &Context,
    warehouse: &Warehouse,
    command: &Decide,
    decidable: &'static Decidable,
    keys: &[String],
) -> Result<u8, Failure> {
    check(command)?;
    let subject = keys.join(" at ");
    let named: Vec<(&str, &str)> =
        decidable.keys.iter().zip(keys).map(|((_, column), key)| (*column, key.as_str())).collect();
    let rows = CurrentRows::of(warehouse).read_of(decidable.table, &named, decidable.id, command.plan).await?;
    let [row] = &rows[..] else {
        let (word, table) = (decidable.word, decidable.table.name());
        if rows.len() > 1 {
            return Err(Failure::usage(format!(
                "several jobs recommend a {word} of {subject} for that date; see {table}, and write the decision under the id that is meant"
            )));
        }
        return Err(Failure::usage(match command.plan {
            Some(date) => format!(
                "there is no {word} of {subject} in a plan of {date}: it was withdrawn, or never made; see {table}"
            ),
            None => format!(
                "there is no current {word} of {subject} to decide about: it was withdrawn, replaced by a newer plan without it, or never made; \
                 see {table}_current. --plan names an earlier plan"
            ),
        }));
    };
    let morning = text(row, "as_of").parse::<NaiveDate>().ok().and_then(|day| day.succ_opt());
    if let Some(until) = command.until.filter(|until| morning.is_some_and(|morning| *until <= morning)) {
        return Err(Failure::usage(format!(
            "a snooze until {until} holds on no day: the plan is of {}; --until is the first day on which the line is ordered for again",
            text(row, "as_of")
        )));
    }
    let id = text(row, decidable.id);
    let (before, _) = decisions::newest(warehouse, Some(id), 1).await?;
    let recommended = row.get(decidable.quantity).and_then(serde_json::Value::as_f64);
    let decision = Decision {
        recommendation_id: id.to_owned(),
        action: command.action,
        quantity: command.quantity,
        until: command.until,
        reason: command.reason.clone(),
        reference: command.reference.clone(),
        actor: command.by.clone().unwrap_or_else(user),
        decided_us: (context.now_micros)(),
    };
    let key = command.key.clone().unwrap_or_else(by_chance);
    let is_new = decisions::add(warehouse, &key, &decision).await?;
    let before = before.first().filter(|_| is_new);
    context.terminal.object(&json!({
        "decision": decision, "recommended": recommended, "as_of": row.get("as_of"), "is_new": is_new, "before": before,
    }));
    let recommended = recommended.map_or_else(String::new, |units| format!(", recommended were {units}"));
    let what = told(&decision);
    if is_new {
        context.terminal.line(format!("{subject}, plan of {}: {what}{recommended}", text(row, "as_of")));
    } else {
        context.terminal.line(format!("there is a decision of the key `{key}`: nothing was written"));
    }
    let step = row.get(decidable.step).and_then(serde_json::Value::as_f64).filter(|step| *step > 0.0);
    if let Some((units, step)) = command.quantity.zip(step).filter(|(units, step)| !is_multiple(*units, *step)) {
        context.terminal.note(format!("{units} is no multiple of {step}, in which it is ordered"));
    }
    let is_other = matches!(command.action, Action::Change | Action::Reject | Action::Snooze);
    if is_new && is_other && command.plan.is_none() {
        context.terminal.note(format!(
            "files of {} that were made before hold it as recommended: tell whoever has them; where nobody acted on them, \
             `nightclerk rollback JOB --not-sent` and another run of the date make them as decided",
            text(row, "as_of")
        ));
    }
    if let Some(before) = before {
        context.terminal.note(format!(
            "this takes the place of: {}, {}",
            told(before),
            instant_text(before.decided_us)
        ));
    }
    Ok(0)
}

/// Whether a quantity is whole steps, but for the noise of decimals.
fn is_multiple(quantity: f64, step: f64) -> bool {
    (quantity / step - (quantity / step).round()).abs() < 1e-6
}

/// Options that do not go together.
fn check(command: &Decide) -> Result<(), Failure> {
    let fail = |text: &str| Err(Failure::usage(text.to_owned()));
    match (command.action, command.quantity, command.until) {
        (Action::Change, None, _) => fail("a change needs --quantity; to order nothing, `reject`"),
        (_, Some(quantity), _) if !(0.0..=LARGEST_QUANTITY).contains(&quantity) => {
            fail("--quantity is a number of units from 0 to a billion")
        }
        (Action::Approve | Action::Reject | Action::Snooze, Some(_), _) => {
            fail("--quantity goes with `change`, `exported` and `ordered`")
        }
        (Action::Snooze, _, None) => {
            fail("a snooze needs --until, the first day on which the line is ordered for again")
        }
        (action, _, Some(_)) if action != Action::Snooze => fail("--until goes with `snooze`"),
        _ => Ok(()),
    }
}

fn told(decision: &Decision) -> String {
    let mut text = decision.action.name().to_owned();
    if let Some(quantity) = decision.quantity {
        text += &format!(" {quantity}");
    }
    if let Some(until) = decision.until {
        text += &format!(" until {until}");
    }
    if let Some(reference) = &decision.reference {
        text += &format!(" as {reference}");
    }
    text += &format!(" by {}", decision.actor);
    if let Some(reason) = &decision.reason {
        text += &format!(" ({reason})");
    }
    text
}

/// Who is logged in, as the environment says.
fn user() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok())
        .unwrap_or_else(|| "unknown".to_owned())
}

async fn list(context: &Context, warehouse: &Warehouse) -> Result<u8, Failure> {
    let (found, unknown) = decisions::newest(warehouse, None, LISTED).await?;
    context.terminal.object(&json!({ "decisions": found, "unreadable": unknown }));
    if found.is_empty() {
        context.terminal.line("nothing was decided yet");
    }
    for decision in &found {
        let at = instant_text(decision.decided_us);
        context.terminal.line(format!("{at}  {}  {}", decision.recommendation_id, told(decision)));
    }
    if unknown > 0 {
        context.terminal.note(format!("{unknown} rows of recommendation_decisions have an action that there is not"));
    }
    Ok(0)
}
