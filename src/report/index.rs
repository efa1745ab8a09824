//! The index of a night as its template sees it.

use serde::Serialize;

use super::facts::{NightFacts, NightJob, RunState};
use super::format;
use super::page::{gates_passed, headlines};
use super::view::{self, FigureWords, MetricWords, Verdict};
use crate::gate::GateResult;

/// How many metrics stand beside a job.
const METRICS_SHOWN: usize = 4;

/// Everything the index template can name.
#[derive(Debug, Serialize)]
pub(super) struct NightWords {
    project: String,
    as_of: String,
    as_of_iso: String,
    timezone: String,
    verdict: Verdict,
    headline: String,
    totals: Vec<FigureWords>,
    jobs: Vec<JobWords>,
    failed_gates: Vec<FailedGate>,
    duration: String,
    rows_in: String,
    rows_out: String,
}

#[derive(Debug, Serialize)]
struct JobWords {
    job: String,
    kind_label: String,
    as_of: String,
    late: bool,
    href: String,
    verdict: Verdict,
    headline: String,
    held_back: String,
    reason: String,
    grade: String,
    metrics: Vec<MetricWords>,
    caveats: String,
    gates: String,
    duration: String,
    rows_in: String,
    rows_out: String,
    run_id: String,
}

#[derive(Debug, Serialize)]
struct FailedGate {
    job: String,
    href: String,
    #[serde(flatten)]
    gate: GateResult,
}

/// Puts a night into words.
pub(super) fn view(night: &NightFacts) -> NightWords {
    let sum = |of: fn(&NightJob) -> u64| night.jobs.iter().map(of).fold(0_u64, u64::saturating_add);
    let (verdict, headline) = night_verdict(night);
    NightWords {
        project: night.project.clone(),
        as_of: format::long_date(night.as_of),
        as_of_iso: night.as_of.to_string(),
        timezone: night.timezone.clone(),
        verdict,
        headline,
        totals: night.totals.iter().map(|figure| view::figure_words(figure, night.currency)).collect(),
        jobs: night.jobs.iter().map(|job| job_words(job, night)).collect(),
        failed_gates: failed_gates(night),
        duration: format::duration(sum(|job| job.facts.duration_ms)),
        rows_in: format::count(sum(|job| job.facts.rows_in)),
        rows_out: format::count(sum(|job| job.facts.rows_out)),
    }
}

/// The worst state of the night, and how many jobs are in which.
fn night_verdict(night: &NightFacts) -> (Verdict, String) {
    let in_state = |state: RunState| night.jobs.iter().filter(|job| job.facts.state == state).count();
    let published = night.jobs.iter().filter(|job| job.facts.state.is_published()).count();
    let warned = in_state(RunState::PublishedWithWarnings);
    let all = night.jobs.len();
    let (class, symbol, word) = match (all, published, warned) {
        (0, ..) => ("stop", "–", "No job ran"),
        (_, 0, _) => ("stop", "✕", "Nothing was published"),
        (all, published, _) if published < all => ("stop", "✕", "Published in part"),
        (_, _, 0) => ("ok", "✓", "Published"),
        _ => ("warn", "!", "Published with warnings"),
    };
    let mut parts = vec![format!("{published} of {} published", format::plural(all, "job", "jobs"))];
    let others = [
        (warned, "with warnings"),
        (in_state(RunState::Blocked), "blocked"),
        (in_state(RunState::Failed), "failed"),
        (in_state(RunState::Skipped), "skipped"),
    ];
    parts.extend(others.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    let stale: Vec<&str> =
        night.jobs.iter().filter(|job| !job.facts.state.is_published()).map(|job| job.facts.job.as_str()).collect();
    let stale = if stale.is_empty() { String::new() } else { format!("Not current: {}.", stale.join(", ")) };
    (Verdict { class, symbol, word: word.to_owned(), stale }, parts.join(", "))
}

fn job_words(job: &NightJob, night: &NightFacts) -> JobWords {
    let facts = &job.facts;
    let (headline, held_back) = headlines(facts, &job.headline);
    JobWords {
        job: facts.job.clone(),
        kind_label: facts.kind.replace('_', " "),
        as_of: format::long_date(facts.as_of),
        late: facts.as_of != night.as_of,
        href: view::safe_href(&job.href),
        verdict: Verdict::of(facts),
        headline,
        held_back,
        reason: facts.reason.clone(),
        grade: job.grade_headline.clone().unwrap_or_default(),
        metrics: job
            .metrics
            .iter()
            .take(METRICS_SHOWN)
            .map(|metric| view::metric_words(metric, facts.currency))
            .collect(),
        caveats: match job.n_caveats {
            0 => "No caveats".to_owned(),
            n => format::plural(n, "caveat", "caveats"),
        },
        gates: gates_passed(facts),
        duration: format::duration(facts.duration_ms),
        rows_in: format::count(facts.rows_in),
        rows_out: format::count(facts.rows_out),
        run_id: facts.run_id.to_string(),
    }
}

fn failed_gates(night: &NightFacts) -> Vec<FailedGate> {
    night
        .jobs
        .iter()
        .flat_map(|job| job.facts.gates.iter().filter(|gate| !gate.passed).map(move |gate| (job, gate)))
        .map(|(job, gate)| FailedGate {
            job: job.facts.job.clone(),
            href: view::safe_href(&job.href),
            gate: GateResult { name: gate.name.replace('_', " "), ..gate.clone() },
        })
        .collect()
}
