//! Pages of a run that never was, with one of everything: a template that cannot be rendered is found before the night.

use chrono::NaiveDate;

use super::facts::{FileLink, NightFacts, NightJob, RunFacts, RunState};
use super::{ReportError, Templates, index_html, page_html};
use crate::datasets::{InputFact, InputOrigin};
use crate::gate::{GateResult, GateSeverity};
use crate::publication::{
    BarChart, Caveat, Cell, Chart, Figure, Metric, Page, Section, Severity, TableView, Unit, ViewColumn,
};
use crate::quantities::Currency;

/// Renders the page of a kind, published and held back, full and empty; what is wrong with its template otherwise.
///
/// # Errors
/// [`ReportError::Template`] for the first page that cannot be rendered.
pub fn rehearse_page(templates: &Templates, kind: &str, currency: Currency) -> Result<(), ReportError> {
    for state in [RunState::Published, RunState::Blocked] {
        page_html(templates, &run(kind, currency, state), &page(), &[metric()], &[caveat()])?;
        let bare = RunFacts { gates: vec![], inputs: vec![], files: vec![], ..run(kind, currency, state) };
        page_html(templates, &bare, &Page::default(), &[], &[])?;
    }
    Ok(())
}

/// The same for the front page.
///
/// # Errors
/// [`ReportError::Template`] for the first page that cannot be rendered.
pub fn rehearse_index(templates: &Templates, currency: Currency) -> Result<(), ReportError> {
    let job = |state| NightJob {
        facts: run("a_kind", currency, state),
        headline: "a headline".to_owned(),
        grade_headline: Some("a grade".to_owned()),
        metrics: vec![metric()],
        n_caveats: 1,
        href: "page.html".to_owned(),
    };
    for jobs in [vec![job(RunState::PublishedWithWarnings), job(RunState::Failed)], vec![]] {
        let facts = run("", currency, RunState::Published);
        let night = NightFacts {
            project: facts.project,
            as_of: facts.as_of,
            timezone: facts.timezone,
            currency,
            totals: vec![figure()],
            jobs,
        };
        index_html(templates, &night)?;
    }
    Ok(())
}

fn run(kind: &str, currency: Currency, state: RunState) -> RunFacts {
    let as_of = NaiveDate::default();
    RunFacts {
        project: "rehearsal".to_owned(),
        job: kind.to_owned(),
        kind: kind.to_owned(),
        as_of,
        run_id: 1,
        timezone: "UTC".to_owned(),
        currency,
        state,
        reason: "a reason".to_owned(),
        current_as_of: Some(as_of),
        valid_until: Some("Fri 2 Jan 1970 03:00 UTC".to_owned()),
        data_from: Some(as_of),
        data_to: Some(as_of),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        config_hash: "0".repeat(12),
        seed: 1,
        started_at: String::new(),
        duration_ms: 1,
        rows_in: 1,
        rows_out: 1,
        params_toml: "a = 1\n".to_owned(),
        gates: vec![GateResult {
            name: "a gate".to_owned(),
            severity: GateSeverity::Warn,
            passed: false,
            observed: "1".to_owned(),
            expected: "2".to_owned(),
            explanation: "what it guards against".to_owned(),
        }],
        inputs: vec![InputFact::of("a dataset", InputOrigin::Dataset, as_of)],
        files: vec![FileLink {
            name: "a.csv".to_owned(),
            href: "a.csv".to_owned(),
            about: "what it is for".to_owned(),
            bytes: 1,
        }],
    }
}

fn page() -> Page {
    let bars = BarChart {
        title: "bars".to_owned(),
        unit: Unit::Units,
        bars: vec![("a".to_owned(), 1.0), ("b".to_owned(), 2.0)],
    };
    let table = TableView {
        caption: "a table".to_owned(),
        columns: vec![ViewColumn { label: "value".to_owned(), unit: Some(Unit::Money) }],
        rows: vec![vec![Cell::Number(1.0)], vec![Cell::Empty]],
        total_rows: 3,
    };
    let section = Section {
        heading: "a heading".to_owned(),
        text: vec!["a sentence".to_owned()],
        figures: vec![figure()],
        charts: vec![Chart::Bars(bars)],
        tables: vec![table],
    };
    Page {
        title: "a title".to_owned(),
        headline: "a headline".to_owned(),
        grade: Some(section.clone()),
        actions: vec![section.clone()],
        changes: vec![section.clone()],
        details: vec![section],
    }
}

fn figure() -> Figure {
    Figure { label: "a figure".to_owned(), value: Some(1.0), unit: Unit::Count, note: "a note".to_owned() }
}

fn metric() -> Metric {
    Metric { name: "a_metric".to_owned(), value: None, unit: Unit::Share, meaning: "what it means".to_owned() }
}

fn caveat() -> Caveat {
    Caveat {
        severity: Severity::Warning,
        code: "a_caveat".to_owned(),
        count: 1,
        text: "what happened".to_owned(),
        examples: vec!["an id".to_owned()],
    }
}
