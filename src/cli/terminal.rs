//! Output: bars on a terminal, plain lines elsewhere, JSON where asked for.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::failure::Failure;
use crate::gate::GateResult;
use crate::runner::events::{Event, Events};
use crate::runner::outcome::{JobOutcome, JobState};

/// Where output goes and in which form.
#[derive(Clone, Debug)]
pub struct Terminal {
    json: bool,
    quiet: bool,
    form: Form,
}

/// How work that goes on is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// By a bar.
    Bar,
    /// By plain lines.
    Lines,
    /// By plain lines that name their date: several are at work at once.
    DatedLines,
}

impl Terminal {
    /// Bars only where standard error is a terminal.
    pub fn new(json: bool, quiet: bool, no_progress: bool) -> Self {
        let has_bar = !json && !quiet && !no_progress && std::io::stderr().is_terminal();
        Self { json, quiet, form: if has_bar { Form::Bar } else { Form::Lines } }
    }

    /// The same where `several` dates may be at work at once.
    pub fn of_several_dates(&self, several: bool) -> Self {
        if several { Self { form: Form::DatedLines, ..*self } } else { self.clone() }
    }

    /// A line of result on standard output.
    pub fn line(&self, text: impl AsRef<str>) {
        if !self.json && !self.quiet {
            // A closed pipe is the reader's decision, not our failure.
            let _ = writeln!(std::io::stdout().lock(), "{}", text.as_ref());
        }
    }

    /// A JSON object on standard output, where JSON was asked for.
    pub fn object(&self, value: &impl Serialize) {
        if self.json {
            let text = serde_json::to_string(value).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
            let _ = writeln!(std::io::stdout().lock(), "{text}");
        }
    }

    /// A remark on standard error.
    pub fn note(&self, text: impl AsRef<str>) {
        if !self.json && !self.quiet {
            let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
        }
    }

    /// What a person who is not looking has to find later: on standard error also when quiet, as an object where JSON was asked for.
    pub fn trouble(&self, text: impl AsRef<str>) {
        tracing::warn!(text = text.as_ref(), "trouble");
        if self.json {
            self.object(&serde_json::json!({ "event": "trouble", "text": text.as_ref() }));
        } else {
            let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
        }
    }

    /// A sink for the runner's events.
    pub fn events(&self) -> Events {
        let terminal = self.clone();
        let shown = Mutex::new(Shown::default());
        Arc::new(move |event| {
            log(event);
            terminal.show(event, &mut shown.lock().unwrap_or_else(PoisonError::into_inner));
        })
    }

    fn show(&self, event: &Event, shown: &mut Shown) {
        if self.json {
            if !matches!(event, Event::Progress { .. }) {
                self.object(event);
            }
            return;
        }
        match event {
            Event::NightStarted { as_of, jobs } => self.note(format!("night of {as_of}: {}", jobs.join(", "))),
            Event::Phase { job, phase, .. } => {
                if self.form == Form::Bar {
                    shown.bar(job).set_message(format!("{job}: {}", phase.name()));
                }
            }
            Event::Progress { job, what, done, total } => {
                if self.form == Form::Bar {
                    let bar = shown.bar(job);
                    bar.set_length(*total);
                    bar.set_position(*done);
                    bar.set_message(format!("{job}: {what}"));
                } else {
                    self.plain_progress(job, what, *done, *total, shown);
                }
            }
            Event::Note { job, text } => self.note(format!("{job}: {text}")),
            Event::JobFinished(outcome) => {
                shown.finish();
                self.outcome(outcome);
            }
        }
    }

    /// A line per quarter of the work, not per step.
    fn plain_progress(&self, job: &str, what: &str, done: u64, total: u64, shown: &mut Shown) {
        let quarter = (done * 4).checked_div(total).unwrap_or(4);
        let before = shown.quarters.insert(format!("{job} {what}"), quarter);
        if quarter > 0 && before.is_none_or(|before| quarter > before) && total >= 200 {
            self.note(format!("{job}: {what} {done} of {total}"));
        }
    }

    fn outcome(&self, outcome: &JobOutcome) {
        let seconds = outcome.duration_ms as f64 / 1000.0;
        let (job, width) = match self.form {
            Form::DatedLines => (format!("{} {}", outcome.as_of, outcome.job), 29),
            Form::Bar | Form::Lines => (outcome.job.clone(), 18),
        };
        let rows: u64 = outcome.tables.iter().map(|table| table.rows).sum();
        match outcome.state {
            JobState::Published => {
                let warnings: Vec<&GateResult> = outcome.warnings().collect();
                let with = match warnings.len() {
                    0 => String::new(),
                    1 => ", with a warning".to_owned(),
                    n => format!(", with {n} warnings"),
                };
                self.line(format!(
                    "  {:<width$} published {rows} rows in {seconds:.1} s{with}\n  {:<width$} {}",
                    job, "", outcome.headline
                ));
                // What may be wrong is said even when quiet.
                for gate in warnings {
                    let who = if self.quiet { job.as_str() } else { "" };
                    let _ = writeln!(std::io::stderr().lock(), "  {who:<width$} warning: {}", gate.in_words());
                }
            }
            state => {
                // What went wrong is said even when quiet.
                let _ = writeln!(std::io::stderr().lock(), "  {:<width$} {}: {}", job, word(state), outcome.reason);
            }
        }
    }
}

/// How a job ended, in a word.
pub(super) fn word(state: JobState) -> String {
    let state = serde_json::to_value(state).ok();
    state.as_ref().and_then(|value| value.as_str()).unwrap_or("failed").replace('_', " ")
}

#[derive(Default)]
struct Shown {
    bar: Option<(String, ProgressBar)>,
    quarters: BTreeMap<String, u64>,
}

impl Shown {
    fn bar(&mut self, job: &str) -> &ProgressBar {
        if self.bar.as_ref().is_none_or(|(name, _)| name != job) {
            self.finish();
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len} {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            self.bar = Some((job.to_owned(), bar));
        }
        let bar = self.bar.get_or_insert_with(|| (job.to_owned(), ProgressBar::hidden()));
        &bar.1
    }

    fn finish(&mut self) {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// The structured log: phases and outcomes with their fields; no data of customers is in any event.
fn log(event: &Event) {
    match event {
        Event::NightStarted { as_of, jobs } => tracing::info!(%as_of, n_jobs = jobs.len(), "night started"),
        Event::Phase { job, as_of, phase } => tracing::info!(job, %as_of, phase = phase.name(), "phase"),
        Event::Progress { .. } => {}
        Event::Note { job, text } => tracing::warn!(job, text, "note"),
        Event::JobFinished(outcome) => tracing::info!(
            job = outcome.job,
            as_of = %outcome.as_of,
            state = ?outcome.state,
            duration_ms = outcome.duration_ms,
            reason = outcome.reason,
            "job finished"
        ),
    }
}

/// Prints what ended the command.
pub(super) fn failure(failure: &Failure, json: bool) {
    if json {
        let _ = writeln!(std::io::stdout().lock(), "{}", failure.json);
    } else {
        let _ = writeln!(std::io::stderr().lock(), "{}", failure.message.trim_end());
    }
}
