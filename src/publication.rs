//! What a run produces before anything is written anywhere: tables, metrics, caveats, the page, the files, what the job
//! itself found wrong in its rows, and what its next night may begin with.
//!
//! Everything a person reads is built from the same frames that are published, so that page and table cannot disagree.

use chrono::NaiveDate;
use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use crate::published::Table;
use crate::quantities::{Currency, ExpectedMoney};

/// The outcome of a job's `recommend`.
#[derive(Debug, Default)]
pub struct Publication {
    /// The tables, each with its schema. A table without rows is published as such: emptiness is a statement too.
    pub tables: Vec<PublishedTable>,
    /// The numbers that the night's index shows.
    pub metrics: Vec<Metric>,
    /// What a reader must know before trusting the rest.
    pub caveats: Vec<Caveat>,
    /// The page.
    pub page: Page,
    /// Files for planners and for the CRM, beside the page.
    pub exports: Vec<Export>,
    /// What the job itself looked for in its rows.
    pub audits: Vec<OwnAudit>,
    /// What the job's next night may begin with, see [`crate::datasets::Source::remembered`]; kept once this is published.
    pub memory: Option<Vec<u8>>,
}

impl Publication {
    /// The metrics as the ledger and `--json` have them.
    pub fn published_metrics(&self, currency: Currency) -> Vec<PublishedMetric> {
        self.metrics.iter().map(|metric| PublishedMetric::of(metric, currency)).collect()
    }
}

/// What a job looked for in its own rows with what it has read: an audit in SQL sees the staged rows alone. Offending rows stop
/// the publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAudit {
    /// Snake case, stable: `forecasts_are_in_proportion`.
    pub name: &'static str,
    /// What must hold, why, and what to look at when it does not.
    pub meaning: String,
    /// The rows for which it does not, worst first, each with what was found.
    pub offending: Vec<String>,
}

/// Rows for one of our own tables.
#[derive(Debug)]
pub struct PublishedTable {
    /// The table; its first three columns in the warehouse (`job`, `as_of`, `run_id`) are added by the runner.
    pub table: &'static Table,
    /// The rows, in published order.
    pub frame: DataFrame,
}

/// A named number with a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Snake case, stable: `wape_product_location`.
    pub name: String,
    /// The value; `None` when it is not defined, with the reason in a caveat.
    pub value: Option<f64>,
    /// The unit.
    pub unit: Unit,
    /// What it means, one sentence for a person.
    pub meaning: String,
}

/// A [`Metric`] as the ledger and `--json` have it: money in the currency, which stands beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishedMetric {
    name: String,
    value: Option<f64>,
    unit: Unit,
    /// Of money. Where it is missing the value is in minor units: publications of version 0.1.0 left it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    meaning: String,
}

impl PublishedMetric {
    /// The metric of a project with this currency.
    pub fn of(metric: &Metric, currency: Currency) -> Self {
        let Metric { name, value, unit, meaning } = metric.clone();
        let currency = (unit == Unit::Money).then_some(currency);
        let shown = |value| currency.map_or(value, |currency| ExpectedMoney::from_minor(value).in_currency(currency));
        Self { name, value: value.map(shown), unit, currency, meaning }
    }
}

impl From<PublishedMetric> for Metric {
    fn from(published: PublishedMetric) -> Self {
        let PublishedMetric { name, value, unit, currency, meaning } = published;
        let minor = |value| currency.map_or(value, |currency| ExpectedMoney::from_currency(value, currency).minor());
        Self { name, value: value.map(minor), unit, meaning }
    }
}

/// What a number counts; decides how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A count of things, written with thousands separators.
    Count,
    /// A share between 0 and 1, written in per cent.
    Share,
    /// Money in minor units of the project's currency.
    Money,
    /// Units of goods.
    Units,
    /// Days.
    Days,
    /// A plain ratio such as MASE or lift.
    Ratio,
}

/// How much a caveat matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// The answer is narrower or weaker than it looks.
    Warning,
}

/// Something a reader must know: a fallback, a missing fact, a skipped series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Caveat {
    /// How much it matters.
    pub severity: Severity,
    /// Snake case, stable: `fallback_model`, `no_unit_cost`.
    pub code: String,
    /// How many series, customers or rows it concerns.
    pub count: u64,
    /// What happened, why, and what would mend it.
    pub text: String,
    /// A few of the things concerned, by their ids; never personal data.
    pub examples: Vec<String>,
}

/// The report page of a run, in reading order.
#[derive(Debug, Default, Serialize)]
pub struct Page {
    /// The title: `Inventory plan`.
    pub title: String,
    /// The verdict in one sentence a planner would repeat: `Order 214 lines worth 18,230 EUR today`.
    pub headline: String,
    /// How good the last advice was, in sentences; `None` when there was none to grade, and the reason is said.
    pub grade: Option<Section>,
    /// What to do, with money beside it.
    pub actions: Vec<Section>,
    /// What changed since the last publication.
    pub changes: Vec<Section>,
    /// Charts and further tables.
    pub details: Vec<Section>,
}

/// A heading with text, numbers, charts and tables below it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// Plain sentences; no markup.
    pub text: Vec<String>,
    /// Big numbers.
    pub figures: Vec<Figure>,
    /// Charts, each rendered with its data table.
    pub charts: Vec<Chart>,
    /// Tables.
    pub tables: Vec<TableView>,
}

/// A big number with a label.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What it is.
    pub label: String,
    /// The value; `None` is shown as a dash.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: Unit,
    /// A comparison or an explanation, small below the number.
    pub note: String,
}

/// A table on a page. Long tables are cut at `shown` rows, with a sentence that says so and where the rest is.
#[derive(Clone, Debug, Serialize)]
pub struct TableView {
    /// The caption.
    pub caption: String,
    /// The columns.
    pub columns: Vec<ViewColumn>,
    /// The rows, cell by cell.
    pub rows: Vec<Vec<Cell>>,
    /// How many rows the whole table has.
    pub total_rows: usize,
}

/// A column of a [`TableView`].
#[derive(Clone, Debug, Serialize)]
pub struct ViewColumn {
    /// The heading, in words.
    pub label: String,
    /// How the numbers in it are written; `None` for text.
    pub unit: Option<Unit>,
}

/// A cell of a [`TableView`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// Nothing known: shown as a dash.
    Empty,
    /// A number, written by its column's unit.
    Number(f64),
    /// A date.
    Date(NaiveDate),
    /// Text.
    Text(String),
}

/// A chart, drawn as SVG by the report.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "chart", rename_all = "snake_case")]
pub enum Chart {
    /// History, forecast and bands over dates.
    Fan(FanChart),
    /// Horizontal bars, longest first as given.
    Bars(BarChart),
    /// Estimates with intervals around a reference line.
    Intervals(IntervalChart),
    /// What is linked with what.
    Network(NetworkChart),
}

/// History followed by a forecast with a band.
#[derive(Clone, Debug, Serialize)]
pub struct FanChart {
    /// The caption.
    pub title: String,
    /// What the vertical axis counts.
    pub unit: Unit,
    /// Observed values by date.
    pub history: Vec<(NaiveDate, f64)>,
    /// Forecast points with the lower and the upper end of the band.
    pub forecast: Vec<FanPoint>,
    /// What the band is: `80 % of days are expected inside`.
    pub band: String,
}

/// One forecast point.
#[derive(Clone, Debug, Serialize)]
pub struct FanPoint {
    /// The date.
    pub date: NaiveDate,
    /// The mean forecast.
    pub mean: f64,
    /// The lower end of the band.
    pub lower: f64,
    /// The upper end of the band.
    pub upper: f64,
}

/// Labelled bars.
#[derive(Clone, Debug, Serialize)]
pub struct BarChart {
    /// The caption.
    pub title: String,
    /// What the bars count.
    pub unit: Unit,
    /// Labels and values.
    pub bars: Vec<(String, f64)>,
}

/// Things and the links between them.
#[derive(Clone, Debug, Serialize)]
pub struct NetworkChart {
    /// The caption.
    pub title: String,
    /// What the strength of a link counts.
    pub unit: Unit,
    /// Both ends of each link and its strength, strongest first as given.
    pub links: Vec<(String, String, f64)>,
}

/// Estimates with intervals; a missing end is unbounded.
#[derive(Clone, Debug, Serialize)]
pub struct IntervalChart {
    /// The caption.
    pub title: String,
    /// What the axis counts.
    pub unit: Unit,
    /// Where the reference line stands, usually 0.
    pub reference: f64,
    /// The rows.
    pub intervals: Vec<Interval>,
}

/// One row of an [`IntervalChart`].
#[derive(Clone, Debug, Serialize)]
pub struct Interval {
    /// The label.
    pub label: String,
    /// The estimate; `None` when none may be given.
    pub estimate: Option<f64>,
    /// The lower end.
    pub lower: Option<f64>,
    /// The upper end.
    pub upper: Option<f64>,
}

/// A file beside the page.
#[derive(Debug)]
pub struct Export {
    /// The file name without its extension: `orders-SUP-004`.
    pub stem: String,
    /// The forms it is written in.
    pub formats: &'static [ExportFormat],
    /// What it is for, one sentence; stands on the `About` sheet and on the page.
    pub about: String,
    /// The columns.
    pub columns: Vec<ViewColumn>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// Whether somebody outside acts on it: an order, a list of customers. Once it is written it has left the house: its business date
    /// is not run again unless somebody says that it was not sent.
    pub leaves: bool,
}

impl Export {
    /// The same file, on which somebody outside acts.
    #[must_use]
    pub fn leaving(self) -> Self {
        Self { leaves: true, ..self }
    }
}

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// RFC 4180, UTF-8, formula injection guarded.
    Csv,
    /// Excel, with frozen header, filters and an `About` sheet.
    Xlsx,
}
