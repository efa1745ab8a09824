//! The page of a run as its template sees it.

use serde::Serialize;

use super::facts::RunFacts;
use super::format;
use super::view::{self, MetricWords, SectionWords, SectionWriter, Verdict};
use crate::gate::GateResult;
use crate::publication::{Caveat, Metric, Page, Severity};

/// Everything a template can name.
#[derive(Debug, Serialize)]
pub(super) struct PageWords {
    title: String,
    headline: String,
    /// The headline of a run that was not published: what it came to, which nobody may act on.
    held_back: String,
    verdict: Verdict,
    facts: FactWords,
    grade: Option<SectionWords>,
    actions: Vec<SectionWords>,
    changes: Vec<SectionWords>,
    details: Vec<SectionWords>,
    caveats: Vec<CaveatWords>,
    n_warnings: usize,
    metrics: Vec<MetricWords>,
    inputs: Vec<InputWords>,
    gates: Vec<GateWords>,
    gates_passed: String,
    files: Vec<FileWords>,
}

/// The run in words.
#[derive(Debug, Serialize)]
struct FactWords {
    project: String,
    job: String,
    kind: String,
    kind_label: String,
    as_of: String,
    as_of_iso: String,
    run_id: String,
    timezone: String,
    currency: String,
    reason: String,
    window: String,
    /// Empty where no schedule says so, or nothing was published.
    valid_until: String,
    code_version: String,
    config_hash: String,
    config_hash_short: String,
    seed: String,
    started_at: String,
    duration: String,
    rows_in: String,
    rows_out: String,
    params_toml: String,
}

#[derive(Debug, Serialize)]
struct CaveatWords {
    severity: &'static str,
    code: String,
    label: String,
    count: String,
    text: String,
    examples: Vec<String>,
}

#[derive(Debug, Serialize)]
struct InputWords {
    dataset: String,
    rows: String,
    first_day: String,
    last_day: String,
    note: String,
}

#[derive(Debug, Serialize)]
struct GateWords {
    label: String,
    #[serde(flatten)]
    gate: GateResult,
}

#[derive(Debug, Serialize)]
struct FileWords {
    name: String,
    href: String,
    about: String,
    size: String,
}

/// Puts a run and its publication into words.
pub(super) fn view(facts: &RunFacts, page: &Page, metrics: &[Metric], caveats: &[Caveat]) -> PageWords {
    let mut writer = SectionWriter::new(facts.currency, &facts.files);
    let kind_label = capitalised(&facts.kind.replace('_', " "));
    let (headline, held_back) = headlines(facts, &page.headline);
    PageWords {
        title: if page.title.is_empty() { kind_label.clone() } else { page.title.clone() },
        headline,
        held_back,
        verdict: Verdict::of(facts),
        facts: fact_words(facts, kind_label),
        grade: page.grade.as_ref().map(|section| writer.section(section)),
        actions: writer.sections(&page.actions),
        changes: writer.sections(&page.changes),
        details: writer.sections(&page.details),
        caveats: caveat_words(caveats),
        n_warnings: caveats.iter().filter(|caveat| caveat.severity == Severity::Warning).count(),
        metrics: metrics.iter().map(|metric| view::metric_words(metric, facts.currency)).collect(),
        inputs: input_words(facts),
        gates: gate_words(facts),
        gates_passed: gates_passed(facts),
        files: facts
            .files
            .iter()
            .map(|file| FileWords {
                name: file.name.clone(),
                href: view::safe_href(&file.href),
                about: file.about.clone(),
                size: format::bytes(file.bytes),
            })
            .collect(),
    }
}

/// What is said in large letters, and what is said below because nobody may act on it: the first line of a run that was not
/// published is why.
pub(super) fn headlines(facts: &RunFacts, computed: &str) -> (String, String) {
    if facts.state.is_published() {
        (computed.to_owned(), String::new())
    } else {
        (facts.reason.clone(), computed.to_owned())
    }
}

/// `14 of 15 checks passed`.
pub(super) fn gates_passed(facts: &RunFacts) -> String {
    let passed = facts.gates.iter().filter(|gate| gate.passed).count();
    match facts.gates.len() {
        0 => "No checks ran".to_owned(),
        1 if passed == 1 => "The only check passed".to_owned(),
        all if passed == all => format!("All {all} checks passed"),
        all => format!("{passed} of {all} checks passed"),
    }
}

fn fact_words(facts: &RunFacts, kind_label: String) -> FactWords {
    let window = match (facts.data_from, facts.data_to) {
        (Some(from), Some(to)) => format!("{} to {}", format::long_date(from), format::long_date(to)),
        (None, Some(to)) => format!("up to {}", format::long_date(to)),
        (Some(from), None) => format!("from {}", format::long_date(from)),
        (None, None) => "no dated rows were read".to_owned(),
    };
    FactWords {
        project: facts.project.clone(),
        job: facts.job.clone(),
        kind: facts.kind.clone(),
        kind_label,
        as_of: format::long_date(facts.as_of),
        as_of_iso: facts.as_of.to_string(),
        run_id: facts.run_id.to_string(),
        timezone: facts.timezone.clone(),
        currency: facts.currency.code().to_owned(),
        reason: facts.reason.clone(),
        window,
        valid_until: facts.valid_until.clone().filter(|_| facts.state.is_published()).unwrap_or_default(),
        code_version: facts.code_version.clone(),
        config_hash: facts.config_hash.clone(),
        config_hash_short: facts.config_hash.chars().take(12).collect(),
        seed: facts.seed.to_string(),
        started_at: facts.started_at.clone(),
        duration: format::duration(facts.duration_ms),
        rows_in: format::count(facts.rows_in),
        rows_out: format::count(facts.rows_out),
        params_toml: facts.params_toml.trim_end().to_owned(),
    }
}

/// Warnings before notes, otherwise in the order given.
fn caveat_words(caveats: &[Caveat]) -> Vec<CaveatWords> {
    let mut sorted: Vec<&Caveat> = caveats.iter().collect();
    sorted.sort_by_key(|caveat| std::cmp::Reverse(caveat.severity));
    sorted
        .into_iter()
        .map(|caveat| CaveatWords {
            severity: match caveat.severity {
                Severity::Note => "note",
                Severity::Warning => "warning",
            },
            code: caveat.code.clone(),
            label: capitalised(&caveat.code.replace('_', " ")),
            count: format::count(caveat.count),
            text: caveat.text.clone(),
            examples: caveat.examples.clone(),
        })
        .collect()
}

fn input_words(facts: &RunFacts) -> Vec<InputWords> {
    let day = |date: Option<chrono::NaiveDate>| date.map_or_else(|| format::DASH.to_owned(), |date| date.to_string());
    facts
        .inputs
        .iter()
        .map(|input| InputWords {
            dataset: input.dataset.clone(),
            rows: format::count(input.rows),
            first_day: day(input.first_day),
            last_day: day(input.last_day),
            note: input.note.clone(),
        })
        .collect()
}

/// What failed comes first.
fn gate_words(facts: &RunFacts) -> Vec<GateWords> {
    let mut gates: Vec<_> = facts.gates.iter().collect();
    gates.sort_by_key(|gate| gate.passed);
    gates
        .into_iter()
        .map(|gate| GateWords { label: capitalised(&gate.name.replace('_', " ")), gate: gate.clone() })
        .collect()
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
