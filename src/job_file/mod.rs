//! A file in `jobs/`: TOML text in, a checked job out, or every fault with its line.
//!
//! It is read twice: first for everything but its parameters, then, its kind known, for them. serde's other ways of
//! choosing a type lose the line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use crate::diagnostic::{Diagnostic, allowed_words};
use crate::job::{AnyJob, Mode};
use crate::kind::Kind;
use crate::project::toml_text::{date, read};
use crate::quantities::{Count, Days};
use crate::schedule::{CronExpression, LONGEST_DELAY, Misfire, Schedule, TimeOfDay, TimeZone, Timetable};

const DEFAULT_TIMEOUT: Duration = Duration::from_hours(2);
const DEFAULT_ATTEMPTS: u32 = 3;
/// How many business dates back a missed one is still run, where the job file does not say.
pub const DEFAULT_CATCHUP_DAYS: u32 = 7;

/// A checked job file.
#[derive(Clone)]
pub struct JobFile {
    /// The job's name: the stem of the file.
    pub name: String,
    /// The file, relative to the project's folder.
    pub path: PathBuf,
    /// The kind's name.
    pub kind: &'static str,
    /// The jobs that must have run for the same business date before, alphabetical.
    pub after: Vec<String>,
    /// Whether the schedule and a full night run it.
    pub enabled: bool,
    /// What it is for, in the user's words.
    pub description: Option<String>,
    /// Whether what it publishes is acted on; `None`: as the project says.
    pub mode: Option<Mode>,
    /// When it runs; `None` runs only when asked, or after the jobs it waits for.
    pub schedule: Option<Timetable>,
    /// How long and how often it is tried.
    pub limits: Limits,
    /// The gates that somebody answers for.
    pub accepted: Vec<Accepted>,
    /// The kind with its parameters.
    pub job: Arc<dyn AnyJob>,
    /// The parameters with every default filled in, as TOML.
    pub params_toml: String,
}

/// How long and how often a job is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How often it is tried, the first time included.
    pub attempts: u32,
}

/// A gate that warns instead of stopping, because somebody has looked at it and answers for that.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The gate's name, as the page and the ledger say it: `the typical value of products.pack_size`.
    pub gate: String,
    /// Who answers for it.
    pub by: String,
    /// Why it is right.
    pub why: String,
    /// The last business date for which it holds; none: until it is taken out.
    #[serde(default, deserialize_with = "date")]
    pub until: Option<NaiveDate>,
}

impl fmt::Debug for JobFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JobFile")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("after", &self.after)
            .field("enabled", &self.enabled)
            .field("schedule", &self.schedule)
            .field("limits", &self.limits)
            .field("params_toml", &self.params_toml)
            .finish_non_exhaustive()
    }
}

/// One file in `jobs/` as far as it can be read on its own.
#[derive(Debug)]
pub struct ParsedJobFile {
    /// The stem of the file.
    pub name: String,
    /// The job, if the file has no fault.
    pub job: Option<JobFile>,
    /// The faults.
    pub faults: Vec<Diagnostic>,
    file: String,
    text: String,
    after: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    kind: Option<Spanned<String>>,
    #[serde(default)]
    after: Vec<Spanned<String>>,
    enabled: Option<bool>,
    description: Option<String>,
    mode: Option<Mode>,
    schedule: Option<ScheduleTable>,
    #[serde(default)]
    limits: LimitsTable,
    #[serde(default)]
    accept: Vec<Accepted>,
    #[serde(rename = "params")]
    _params: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleTable {
    cron: Option<CronExpression>,
    timezone: Option<TimeZone>,
    misfire: Option<Misfire>,
    catchup_days: Option<Days>,
    catchup_max: Option<Count>,
    jitter: Option<Jitter>,
    deliver_by: Option<TimeOfDay>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsTable {
    timeout: Option<Timeout>,
    attempts: Option<Count>,
}

/// Reads one job file. `file` is its path in the project (`jobs/nightly_orders.toml`); `zone` is the project's.
/// Whether the jobs in `after` exist is checked by [`check_dependencies`].
pub fn parse(file: &str, text: &str, kinds: &[Kind], zone: Tz) -> ParsedJobFile {
    let name = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".toml").to_owned();
    let mut faults = Vec::new();
    faults.extend(name_fault(file, &name));

    let header = read(file, text, |text| toml::from_str::<Header>(text));
    faults.extend(header.faults);
    let Some(head) = header.value else {
        return ParsedJobFile {
            name,
            job: None,
            faults,
            file: file.to_owned(),
            text: text.to_owned(),
            after: Vec::new(),
        };
    };

    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    let kind = head.kind.as_ref().and_then(|wanted| kinds.iter().find(|kind| kind.name == wanted.get_ref()));
    match (&head.kind, kind) {
        (Some(wanted), None) => faults.push(
            Diagnostic::at(file, text, wanted.span(), format!("unknown kind `{}`", wanted.get_ref()))
                .with_help(allowed_words(wanted.get_ref(), &names)),
        ),
        (None, _) if !header.left_out.contains("kind") => {
            faults.push(Diagnostic::in_file(file, "missing key `kind`").with_help(allowed_words("", &names)));
        }
        _ => {}
    }

    let params = kind.map(|kind| read(file, text, |text| kind.parse(text)));
    let job = params.and_then(|params| {
        faults.extend(params.faults);
        params.value
    });

    let cron_left_out = header.left_out.contains("schedule.cron") || header.left_out.contains("schedule");
    if head.schedule.as_ref().is_some_and(|table| table.cron.is_none()) && !cron_left_out {
        let at = text.find("[schedule]").map_or(0..0, |at| at..at + "[schedule]".len());
        faults.push(
            Diagnostic::at(file, text, at, "missing key `cron`")
                .with_help("for example `cron = \"30 2 * * *\"` for 02:30 every day"),
        );
    }

    let job = job.filter(|_| faults.is_empty()).map(|job| JobFile {
        name: name.clone(),
        path: PathBuf::from(file),
        kind: job.kind(),
        after: head.after.iter().map(|name| name.get_ref().clone()).collect::<BTreeSet<_>>().into_iter().collect(),
        enabled: head.enabled.unwrap_or(true),
        description: head.description,
        mode: head.mode,
        schedule: head.schedule.and_then(|table| timetable(table, zone)),
        limits: Limits {
            timeout: head.limits.timeout.map_or(DEFAULT_TIMEOUT, |timeout| timeout.0),
            attempts: head.limits.attempts.map_or(DEFAULT_ATTEMPTS, Count::get),
        },
        accepted: head.accept,
        params_toml: job.params_toml(),
        job,
    });
    ParsedJobFile { name, job, faults, file: file.to_owned(), text: text.to_owned(), after: head.after }
}

/// Faults between the files: an `after` that names no job, or jobs that wait for each other. Each cycle is reported
/// once, on the `after` entry that closes it.
pub fn check_dependencies(files: &[ParsedJobFile]) -> Vec<Diagnostic> {
    let by_name: BTreeMap<&str, &ParsedJobFile> = files.iter().map(|file| (file.name.as_str(), file)).collect();
    let names: Vec<&str> = by_name.keys().copied().collect();
    let mut faults = Vec::new();
    for file in by_name.values() {
        for wanted in file.after.iter().filter(|wanted| !by_name.contains_key(wanted.get_ref().as_str())) {
            faults.push(
                Diagnostic::at(
                    &file.file,
                    &file.text,
                    wanted.span(),
                    format!("`after` names an unknown job `{}`", wanted.get_ref()),
                )
                .with_help(allowed_words(wanted.get_ref(), &names)),
            );
        }
    }
    let mut settled = BTreeSet::new();
    for file in by_name.values() {
        visit(file, &by_name, &mut Vec::new(), &mut settled, &mut faults);
    }
    faults
}

fn visit<'a>(
    file: &'a ParsedJobFile,
    by_name: &BTreeMap<&str, &'a ParsedJobFile>,
    path: &mut Vec<&'a str>,
    settled: &mut BTreeSet<&'a str>,
    faults: &mut Vec<Diagnostic>,
) {
    if settled.contains(file.name.as_str()) {
        return;
    }
    path.push(&file.name);
    for wanted in &file.after {
        let Some(next) = by_name.get(wanted.get_ref().as_str()) else { continue };
        if let Some(start) = path.iter().position(|name| *name == next.name) {
            let circle = path[start..].iter().chain([&next.name.as_str()]).copied().collect::<Vec<_>>().join(" -> ");
            faults.push(
                Diagnostic::at(&file.file, &file.text, wanted.span(), format!("jobs wait for each other: {circle}"))
                    .with_help("take one of these `after` entries out"),
            );
        } else {
            visit(next, by_name, path, settled, faults);
        }
    }
    path.pop();
    settled.insert(&file.name);
}

fn name_fault(file: &str, name: &str) -> Option<Diagnostic> {
    let valid = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    (!valid).then(|| {
        Diagnostic::in_file(file, format!("`{name}` cannot be the name of a job")).with_help(
            "a job file is named in small letters, digits and `_`, a letter first, for example `nightly_orders.toml`",
        )
    })
}

fn timetable(table: ScheduleTable, project_zone: Tz) -> Option<Timetable> {
    let zone = table.timezone.map_or(project_zone, TimeZone::get);
    Some(Timetable {
        schedule: Schedule::new(table.cron?, zone).with_business_zone(project_zone),
        misfire: table.misfire.unwrap_or_default(),
        catchup_days: table.catchup_days.map_or(DEFAULT_CATCHUP_DAYS, Days::get),
        catchup_max: table.catchup_max.map(Count::get),
        jitter: table.jitter.map_or(Duration::ZERO, |jitter| jitter.0),
        deliver_by: table.deliver_by.map(TimeOfDay::get),
    })
}

/// A duration such as `90s`, `30m`, `2h` or `1h30m`.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Timeout(Duration);

impl TryFrom<String> for Timeout {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let (mut seconds, mut digits) = (Some(0_u64), String::new());
        for letter in text.chars() {
            let unit = match letter {
                '0'..='9' => {
                    digits.push(letter);
                    continue;
                }
                's' => Some(1),
                'm' => Some(60),
                'h' => Some(60 * 60),
                _ => None,
            };
            let part = unit.and_then(|unit| digits.parse::<u64>().ok()?.checked_mul(unit));
            seconds = seconds.zip(part).and_then(|(seconds, part)| seconds.checked_add(part));
            digits.clear();
        }
        match seconds {
            Some(seconds) if seconds > 0 && digits.is_empty() => Ok(Self(Duration::from_secs(seconds))),
            _ => Err(format!("`{text}` is not a duration above 0\nwrite it like `90s`, `30m`, `2h` or `1h30m`")),
        }
    }
}

/// By how much slots may be moved, at most an hour.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Jitter(Duration);

impl TryFrom<String> for Jitter {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match Timeout::try_from(text.clone())?.0 {
            jitter if jitter <= LONGEST_DELAY => Ok(Self(jitter)),
            _ => Err(format!("`{text}` is longer than an hour\nwrite it like `10m`")),
        }
    }
}

#[cfg(test)]
mod tests;
