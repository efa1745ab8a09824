//! `nightclerk token`: who may ask `nightclerk serve`.

use clap::{Args, Subcommand, ValueEnum};

use super::context::Context;
use super::failure::Failure;
use crate::runner::ledger::audit;
use crate::runner::ledger::tokens::{self, TokenRow};
use crate::serve::{drawn, fingerprint};
use crate::table::instant_text;
use crate::warehouse::Warehouse;

/// Make, list and revoke the tokens of `nightclerk serve`.
#[derive(Debug, Args)]
pub struct Token {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a token and print it, this once: a fingerprint of it alone is kept.
    Add {
        /// Whose it is; changes are written down under this name.
        name: String,
        /// What it allows: to look; also to run and cancel; also to see who did.
        #[arg(long, value_enum, default_value_t = Role::Read)]
        role: Role,
    },
    /// Every token, without its text.
    List,
    /// Make a token worth nothing, at once.
    Revoke {
        /// Whose it is.
        name: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Role {
    Read,
    Operate,
    Admin,
}

impl From<Role> for tokens::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Read => Self::Read,
            Role::Operate => Self::Operate,
            Role::Admin => Self::Admin,
        }
    }
}

/// Who changes tokens here.
const ACTOR: &str = "command line";

pub(super) async fn run(context: &Context, command: &Token) -> Result<u8, Failure> {
    let project = context.project()?;
    let warehouse = context.current_warehouse(&project).await?;
    match &command.action {
        Action::Add { name, role } => add(context, &warehouse, name, (*role).into()).await,
        Action::List => list(context, &warehouse).await,
        Action::Revoke { name } => revoke(context, &warehouse, name).await,
    }
}

async fn add(context: &Context, warehouse: &Warehouse, name: &str, role: tokens::Role) -> Result<u8, Failure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    if name.is_empty() || name.len() > 60 || !name.chars().all(is_plain) {
        return Err(Failure::usage(format!(
            "`{name}` cannot be the name of a token: at most 60 letters, digits, `-`, `_`, `.` and `@`"
        )));
    }
    let taken = || {
        Failure::usage(format!(
            "there is, or was, a token `{name}`, and who did what must stay known: choose another name"
        ))
    };
    if tokens::all(warehouse).await?.iter().any(|known| known.name == name) {
        return Err(taken());
    }
    let drawn = drawn().map_err(|error| Failure::new(1, format!("draw a token from /dev/urandom: {error}")))?;
    // After a word by which a token that lies about is known for one.
    let token = format!("nightclerk_{drawn}");
    let now = (context.now_micros)();
    // Written down first: a change that nobody knows of is worse than one that was not made.
    audit::write(warehouse, (ACTOR, "token add", name), &format!("it may {}", role.name()), now).await?;
    if !tokens::add(warehouse, (name, role), &fingerprint(&token), now).await? {
        return Err(taken());
    }
    context.terminal.object(&serde_json::json!({ "name": name, "role": role, "token": token }));
    context.terminal.line(token);
    context.terminal.note(format!("this is the token of `{name}`, which may {}; it is shown this once", role.name()));
    Ok(0)
}

async fn list(context: &Context, warehouse: &Warehouse) -> Result<u8, Failure> {
    let all = tokens::all(warehouse).await?;
    context.terminal.object(&serde_json::json!({ "tokens": all }));
    context.terminal.line(format!("{:<24} {:<8} {:<26} revoked", "name", "role", "made"));
    for TokenRow { name, role, created_us, revoked_us } in &all {
        let revoked = revoked_us.map_or_else(|| "-".to_owned(), instant_text);
        context.terminal.line(format!("{name:<24} {:<8} {:<26} {revoked}", role.name(), instant_text(*created_us)));
    }
    Ok(0)
}

async fn revoke(context: &Context, warehouse: &Warehouse, name: &str) -> Result<u8, Failure> {
    let now = (context.now_micros)();
    let is_worth_something = |known: &TokenRow| known.name == name && known.revoked_us.is_none();
    if tokens::all(warehouse).await?.iter().any(is_worth_something) {
        audit::write(warehouse, (ACTOR, "token revoke", name), "it is worth nothing from now on", now).await?;
    }
    if !tokens::revoke(warehouse, name, now).await? {
        return Err(Failure::usage(format!(
            "no token `{name}` is worth anything: `nightclerk token list` shows them all"
        )));
    }
    context.terminal.object(&serde_json::json!({ "revoked": name }));
    context.terminal.line(format!("`{name}` is worth nothing from now on"));
    Ok(0)
}
