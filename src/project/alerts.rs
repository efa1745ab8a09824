//! `[[alerts]]` of `nightclerk.toml`: who is told when a job has not published, and when it has again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;

/// Somebody who is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertChannel {
    /// What it is called in the ledger and in `status`.
    pub name: String,
    /// The program and its arguments: the alert is written to its standard input as one line of JSON, and an exit status of 0 says that
    /// it has arrived. It runs in the project's folder.
    pub command: Vec<String>,
    /// The jobs of which it is told; all of them where none is named.
    #[serde(default)]
    pub jobs: Vec<String>,
}

impl AlertChannel {
    /// Whether it is told of a job.
    pub fn wants(&self, job: &str) -> bool {
        self.jobs.is_empty() || self.jobs.iter().any(|name| name == job)
    }
}

/// What is wrong with the channels beyond their types.
pub(super) fn faults(file: &str, channels: &[AlertChannel]) -> Vec<Diagnostic> {
    let mut names = BTreeSet::new();
    let mut faults = Vec::new();
    for channel in channels {
        let name = &channel.name;
        if name.is_empty() || name.len() > 100 {
            let message = "`name` of an alert must have 1 to 100 characters".to_owned();
            faults.push(Diagnostic::in_file(file, message));
        }
        if !names.insert(name) {
            let message = format!("two of the alerts are called `{name}`");
            faults.push(Diagnostic::in_file(file, message).with_help("the ledger knows them by their names"));
        }
        if channel.command.first().is_none_or(String::is_empty) {
            let message = format!("`command` of the alert `{name}` names no program");
            let help = "for example `command = [\"/usr/local/bin/tell\", \"--to\", \"on-call\"]`";
            faults.push(Diagnostic::in_file(file, message).with_help(help));
        }
    }
    faults
}
