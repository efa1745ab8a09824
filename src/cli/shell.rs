//! `nightclerk completions SHELL` and `nightclerk man`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Arguments;
use super::context::Context;
use super::failure::Failure;

/// Print a script that completes commands and options in a shell.
///
/// For bash: `nightclerk completions bash > ~/.local/share/bash-completion/completions/nightclerk`; for zsh a file `_nightclerk` in a
/// folder of `$fpath`; for fish `~/.config/fish/completions/nightclerk.fish`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

pub(super) fn completions(context: &Context, command: &Completions) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut Arguments::command(), "nightclerk", &mut script);
    tell(context, &script)
}

/// All commands as one manual page: the program's, then one of each command.
pub(super) fn manual(context: &Context) -> Result<u8, Failure> {
    let mut command = Arguments::command();
    command.build();
    let mut pages = Vec::new();
    let failed = |error: std::io::Error| Failure::new(1, error.to_string());
    clap_mangen::Man::new(command.clone()).render(&mut pages).map_err(failed)?;
    for of_command in command.get_subcommands().filter(|of_command| of_command.get_name() != "help") {
        let name = format!("nightclerk {}", of_command.get_name());
        clap_mangen::Man::new(of_command.clone()).title(name).render(&mut pages).map_err(failed)?;
    }
    Ok(tell(context, &pages))
}

fn tell(context: &Context, text: &[u8]) -> u8 {
    let text = String::from_utf8_lossy(text);
    context.terminal.object(&serde_json::json!({ "text": text }));
    context.terminal.line(text.trim_end());
    0
}
