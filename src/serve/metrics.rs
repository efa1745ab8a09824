//! Figures for Prometheus, in its text format 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use chrono::TimeDelta;

use super::Site;
use super::facts::DAYS;
use super::problem::Problem;
use crate::runner::ledger;
use crate::runner::ledger::slots::{self, SlotState};
use crate::runner::status::{self, JobStatus};

/// A family of figures with the same name.
struct Family {
    name: &'static str,
    help: &'static str,
    lines: Vec<(Vec<(&'static str, String)>, f64)>,
}

impl Family {
    fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, lines: Vec::new() }
    }

    /// One figure of each job that has it.
    fn of_jobs(mut self, jobs: &[JobStatus], value: impl Fn(&JobStatus) -> Option<f64>) -> Self {
        let lines = jobs.iter().filter_map(|job| Some((vec![("job", job.job.clone())], value(job)?)));
        self.lines.extend(lines);
        self
    }
}

/// The families as text; those without a figure are left out.
fn text(families: &[Family]) -> String {
    let mut text = String::new();
    for Family { name, help, lines } in families.iter().filter(|family| !family.lines.is_empty()) {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in lines {
            let labels: Vec<String> =
                labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    }
    text
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Days of slots that are counted.
const COUNTED: u32 = DAYS;

pub(super) async fn metrics(State(site): State<Arc<Site>>) -> Result<impl IntoResponse, Problem> {
    let jobs = status::of_jobs(&site.project, &site.warehouse, site.now()).await?;
    let since = site.now().date_naive() - TimeDelta::days(i64::from(COUNTED));
    let mut counted: BTreeMap<(String, SlotState), u64> = BTreeMap::new();
    for slot in slots::slots(&site.warehouse, since).await? {
        *counted.entry((slot.job, slot.state)).or_default() += 1;
    }
    let seconds = |micros: i64| micros as f64 / 1e6;
    let now = seconds(site.now_us());
    let mut slots = Family::new("nightclerk_slots", "Business dates of the last 30 days by state.");
    for ((job, state), n) in counted {
        slots.lines.push((vec![("job", job), ("state", state.name().to_owned())], n as f64));
    }
    let mut alerts = Family::new("nightclerk_alerts_undelivered", "Messages that have not arrived.");
    alerts.lines.push((Vec::new(), ledger::alerts::undelivered(&site.warehouse).await?.len() as f64));
    let mut build = Family::new("nightclerk_build_info", "The version of the program.");
    build.lines.push((vec![("version", env!("CARGO_PKG_VERSION").to_owned())], 1.0));
    let current =
        |job: &JobStatus, of: &dyn Fn(&ledger::PublicationRow) -> Option<f64>| job.current.as_ref().and_then(of);
    let families = [
        build,
        Family::new("nightclerk_job_published_timestamp_seconds", "When the current publication was made.")
            .of_jobs(&jobs, |job| current(job, &|row| Some(seconds(row.published_us)))),
        Family::new("nightclerk_job_publication_age_seconds", "How old the current publication is.")
            .of_jobs(&jobs, |job| current(job, &|row| Some((now - seconds(row.published_us)).max(0.0)))),
        Family::new("nightclerk_job_valid_until_timestamp_seconds", "When the next publication should be there.")
            .of_jobs(&jobs, |job| current(job, &|row| row.valid_until_us.map(seconds))),
        Family::new("nightclerk_job_stale", "1 when the next publication should be there by now, or there is none.")
            .of_jobs(&jobs, |job| Some(if job.is_stale || job.current.is_none() { 1.0 } else { 0.0 })),
        Family::new("nightclerk_job_rows", "Rows of the current publication.")
            .of_jobs(&jobs, |job| current(job, &|row| Some(row.rows as f64))),
        Family::new("nightclerk_job_caveats", "Caveats of the current publication.")
            .of_jobs(&jobs, |job| current(job, &|row| Some(row.n_caveats as f64))),
        Family::new(
            "nightclerk_job_dates_unpublished",
            "Dates that are open, or that ended since without a publication.",
        )
        .of_jobs(&jobs, |job| Some(job.unpublished.len() as f64)),
        Family::new(
            "nightclerk_job_missing_files",
            "Files of the current publication that do not stand in their places.",
        )
        .of_jobs(&jobs, |job| Some(job.missing_files.len() as f64)),
        slots,
        alerts,
    ];
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text(&families)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_prometheus_reads_them() {
        let mut family = Family::new("clerk_rows", "Rows.");
        family.lines.push((vec![("job", "a \"b\" \\ c".to_owned()), ("state", "x".to_owned())], 3.0));
        family.lines.push((Vec::new(), 0.5));
        let nothing = Family::new("clerk_nothing", "Never seen.");
        insta::assert_snapshot!(text(&[family, nothing]), @r#"
        # HELP clerk_rows Rows.
        # TYPE clerk_rows gauge
        clerk_rows{job="a \"b\" \\ c",state="x"} 3
        clerk_rows 0.5
        "#);
    }
}
