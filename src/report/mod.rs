//! Turns what a run published into pages and files: one self-contained HTML page per run, an index for the night,
//! and CSV and Excel exports.
//!
//! Everything here returns text or bytes. Nothing is written, no clock is read, no warehouse is asked: the caller gives
//! the facts and decides where the bytes go, so that the same publication always renders to the same bytes.
//!
//! The way of a page: [`RunFacts`] and [`Page`] -> formatted words and drawn charts (`view`, `svg`, `format`) -> a
//! template ([`Templates`]); `index` is the night's page, `csv` and `xlsx` are the files, `rehearsal` tries templates before a night. All text comes from data and is escaped, in HTML, in SVG and in CSV.

use minijinja::value::Serde;

use crate::publication::{Caveat, Metric, Page};

mod csv;
mod facts;
mod format;
mod index;
mod page;
mod rehearsal;
mod svg;
mod templates;
mod view;
mod xlsx;

#[cfg(test)]
mod tests;

pub use csv::export_csv;
pub use facts::{FileLink, NightFacts, NightJob, RunFacts, RunState};
pub use rehearsal::{rehearse_index, rehearse_page};
pub use templates::Templates;
pub use xlsx::export_xlsx;

/// Why a page or a file could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A template does not parse, or names something that the page does not have.
    #[error(
        "cannot render the template `{file}`, line {line}: {message}; mend the file, or remove it to use the embedded one"
    )]
    Template {
        /// The file name inside the project's `reports/` folder.
        file: String,
        /// The line, from 1; 0 when the engine does not say.
        line: usize,
        /// What the template engine found.
        message: String,
    },
    /// A row of an export has more or fewer cells than the export has columns.
    #[error("cannot write the export `{stem}`: row {row} has {found} cells, expected {expected}, one per column")]
    RowWidth {
        /// The export.
        stem: String,
        /// The row, from 1.
        row: usize,
        /// Its cells.
        found: usize,
        /// The columns.
        expected: usize,
    },
    /// More rows than a worksheet holds.
    #[error("cannot write `{stem}.xlsx`: it has {rows} rows, a worksheet holds {limit}; use the CSV form instead")]
    TooManyRows {
        /// The export.
        stem: String,
        /// Its rows.
        rows: usize,
        /// What a worksheet holds below its header.
        limit: usize,
    },
    /// The CSV writer refused.
    #[error("cannot write `{stem}.csv`: {message}")]
    Csv {
        /// The export.
        stem: String,
        /// What the writer said.
        message: String,
    },
    /// The Excel writer refused.
    #[error("cannot write `{stem}.xlsx`: {message}")]
    Xlsx {
        /// The export.
        stem: String,
        /// What the writer said.
        message: String,
    },
}

/// The page of one run, as one HTML file without scripts and without links to other hosts.
///
/// The template is `KIND.html.j2`; a kind without one gets `layout.html.j2`.
///
/// # Errors
/// [`ReportError::Template`] with the file and the line.
pub fn page_html(
    templates: &Templates,
    facts: &RunFacts,
    page: &Page,
    metrics: &[Metric],
    caveats: &[Caveat],
) -> Result<String, ReportError> {
    let file = templates.for_kind(&facts.kind);
    templates.render(&file, Serde(page::view(facts, page, metrics, caveats)).into())
}

/// The index of one night: a verdict over all jobs and one entry per job, in the order given.
///
/// # Errors
/// [`ReportError::Template`] with the file and the line.
pub fn index_html(templates: &Templates, night: &NightFacts) -> Result<String, ReportError> {
    templates.render("index.html.j2", Serde(index::view(night)).into())
}
