//! Sections, tables and charts as the templates see them: words already formatted, charts already drawn.

use minijinja::Value;
use serde::Serialize;

use super::facts::{FileLink, RunFacts, RunState};
use super::format::{self, ColumnFormat, DASH};
use super::svg;
use crate::publication::{Cell, Chart, Figure, Metric, Section, TableView, Unit, ViewColumn};
use crate::quantities::Currency;

/// How many rows of a chart's data are written into the page.
const CHART_ROWS_SHOWN: usize = 200;

/// A [`Section`] in words.
#[derive(Debug, Serialize)]
pub(super) struct SectionWords {
    heading: String,
    text: Vec<String>,
    figures: Vec<FigureWords>,
    charts: Vec<ChartWords>,
    tables: Vec<TableWords>,
}

/// A big number in words.
#[derive(Debug, Serialize)]
pub(super) struct FigureWords {
    label: String,
    number: String,
    unit: String,
    note: String,
}

/// A chart, drawn twice: for wide pages and for phones.
#[derive(Debug, Serialize)]
struct ChartWords {
    kind: &'static str,
    title: String,
    legend: Vec<svg::LegendEntry>,
    note: String,
    wide: Value,
    narrow: Value,
    table: TableWords,
}

/// A table in words.
#[derive(Debug, Serialize)]
pub(super) struct TableWords {
    caption: String,
    columns: Vec<ColumnWords>,
    rows: Vec<Vec<CellWords>>,
    cut: Option<CutWords>,
}

#[derive(Debug, Serialize)]
struct ColumnWords {
    label: String,
    unit: String,
    class: &'static str,
}

#[derive(Debug, Serialize)]
struct CellWords {
    text: String,
    class: &'static str,
}

/// The sentence under a table that is not shown whole: what is shown, where the rest is, and a link to it.
#[derive(Debug, Serialize)]
struct CutWords {
    shown: String,
    place: String,
    href: String,
}

/// A [`Metric`] in words.
#[derive(Debug, Serialize)]
pub(super) struct MetricWords {
    name: String,
    label: String,
    number: String,
    unit: String,
    meaning: String,
}

/// What the banner says.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    /// The CSS class: `ok`, `warn` or `stop`.
    pub(super) class: &'static str,
    /// Said beside the colour, for those who do not see it.
    pub(super) symbol: &'static str,
    /// `Published`, `NOT published` and so on.
    pub(super) word: String,
    /// What readers see now, when it is not this run.
    pub(super) stale: String,
}

impl Verdict {
    pub(super) fn of(facts: &RunFacts) -> Self {
        let (class, symbol, word) = match facts.state {
            RunState::Published => ("ok", "✓", "Published"),
            RunState::PublishedWithWarnings => ("warn", "!", "Published with warnings"),
            RunState::Blocked => ("stop", "✕", "NOT published"),
            RunState::Failed => ("stop", "✕", "NOT published: the run failed"),
            RunState::Skipped => ("stop", "–", "NOT published: the run was skipped"),
        };
        let stale = match facts.current_as_of {
            _ if facts.state.is_published() => String::new(),
            Some(date) if date == facts.as_of => {
                format!("What was published for {} before stands as it was.", format::long_date(date))
            }
            Some(date) => format!("Stale since {}: readers still see that day's publication.", format::long_date(date)),
            None => "There is no earlier publication: readers see nothing.".to_owned(),
        };
        Self { class, symbol, word: word.to_owned(), stale }
    }
}

/// Writes sections, numbering the charts so that every drawing has its own ids.
pub(super) struct SectionWriter<'a> {
    currency: Currency,
    files: &'a [FileLink],
    charts: usize,
}

impl<'a> SectionWriter<'a> {
    pub(super) fn new(currency: Currency, files: &'a [FileLink]) -> Self {
        Self { currency, files, charts: 0 }
    }

    pub(super) fn sections(&mut self, sections: &[Section]) -> Vec<SectionWords> {
        sections.iter().map(|section| self.section(section)).collect()
    }

    pub(super) fn section(&mut self, section: &Section) -> SectionWords {
        SectionWords {
            heading: section.heading.clone(),
            text: section.text.clone(),
            figures: section.figures.iter().map(|figure| figure_words(figure, self.currency)).collect(),
            charts: section.charts.iter().map(|chart| self.chart(chart)).collect(),
            tables: section.tables.iter().map(|table| self.table(table)).collect(),
        }
    }

    fn chart(&mut self, chart: &Chart) -> ChartWords {
        self.charts += 1;
        let drawing = svg::draw(chart, self.currency, &format!("chart-{}", self.charts));
        let data = chart_table(chart);
        ChartWords {
            kind: match chart {
                Chart::Fan(_) => "fan",
                Chart::Bars(_) => "bars",
                Chart::Intervals(_) => "intervals",
                Chart::Network(_) => "network",
            },
            title: data.caption.clone(),
            legend: drawing.legend,
            note: drawing.note,
            wide: Value::from_safe_string(drawing.wide),
            narrow: Value::from_safe_string(drawing.narrow),
            table: table_words(&data, self.currency, None),
        }
    }

    fn table(&self, table: &TableView) -> TableWords {
        table_words(table, self.currency, rest_of_the_rows(self.files))
    }
}

/// A figure in words.
pub(super) fn figure_words(figure: &Figure, currency: Currency) -> FigureWords {
    let (number, unit) = format::number_and_unit(figure.unit, figure.value, currency);
    FigureWords { label: figure.label.clone(), number, unit, note: figure.note.clone() }
}

/// A metric in words; its label is its name with spaces.
pub(super) fn metric_words(metric: &Metric, currency: Currency) -> MetricWords {
    let (number, unit) = format::number_and_unit(metric.unit, metric.value, currency);
    MetricWords {
        name: metric.name.clone(),
        label: metric.name.replace('_', " "),
        number,
        unit,
        meaning: metric.meaning.clone(),
    }
}

/// A link that cannot run anything: relative, or http(s); everything else becomes `#`.
pub(super) fn safe_href(href: &str) -> String {
    let before_path = href.split(['/', '?', '#']).next().unwrap_or_default();
    let scheme = before_path.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        None | Some("http" | "https") => href.to_owned(),
        Some(_) => "#".to_owned(),
    }
}

/// Where the rows are that a cut table does not show: the one file there is, or the list of files.
fn rest_of_the_rows(files: &[FileLink]) -> Option<(String, String)> {
    let stem = |file: &FileLink| file.name.rsplit_once('.').map_or(file.name.clone(), |(stem, _)| stem.to_owned());
    let first = files.first()?;
    if files.iter().all(|file| stem(file) == stem(first)) {
        Some((first.name.clone(), safe_href(&first.href)))
    } else {
        Some(("the files of this run".to_owned(), "#files".to_owned()))
    }
}

fn table_words(table: &TableView, currency: Currency, rest: Option<(String, String)>) -> TableWords {
    let formats: Vec<Option<ColumnFormat>> = table
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let numbers = table.rows.iter().filter_map(move |row| match row.get(at) {
                Some(Cell::Number(number)) => Some(*number),
                _ => None,
            });
            column.unit.map(|unit| ColumnFormat::new(unit, numbers, currency))
        })
        .collect();
    let columns = table
        .columns
        .iter()
        .map(|column| ColumnWords {
            label: column.label.clone(),
            unit: format::heading_unit(&column.label, column.unit, currency),
            class: if column.unit.is_some() { "number" } else { "text" },
        })
        .collect();
    let rows = table
        .rows
        .iter()
        .map(|row| row.iter().zip(&formats).map(|(cell, format)| cell_words(cell, *format)).collect())
        .collect();
    TableWords { caption: table.caption.clone(), columns, rows, cut: cut_words(table, rest) }
}

fn cell_words(cell: &Cell, format: Option<ColumnFormat>) -> CellWords {
    let numeric = if format.is_some() { "number" } else { "text" };
    match cell {
        Cell::Empty => CellWords { text: DASH.to_owned(), class: numeric },
        Cell::Number(number) => CellWords {
            text: format.map_or_else(|| format::plain(*number), |format| format.cell(*number)),
            class: "number",
        },
        Cell::Date(date) => CellWords { text: date.to_string(), class: "date" },
        Cell::Text(text) if text.is_empty() => CellWords { text: DASH.to_owned(), class: numeric },
        // Long texts may wrap; ids and names stay on one line.
        Cell::Text(text) if text.chars().count() > 36 => CellWords { text: text.clone(), class: "long" },
        Cell::Text(text) => CellWords { text: text.clone(), class: "text" },
    }
}

fn cut_words(table: &TableView, rest: Option<(String, String)>) -> Option<CutWords> {
    if table.rows.len() >= table.total_rows {
        return None;
    }
    let shown =
        format!("{} of {} rows", format::count(table.rows.len() as u64), format::count(table.total_rows as u64));
    let (place, href) = rest.unwrap_or_default();
    Some(CutWords { shown, place, href })
}

/// The numbers behind a chart, newest first where they have dates.
fn chart_table(chart: &Chart) -> TableView {
    let number = |value: f64| if value.is_finite() { Cell::Number(value) } else { Cell::Empty };
    let maybe = |value: Option<f64>| value.map_or(Cell::Empty, number);
    let (caption, columns, mut rows) = match chart {
        Chart::Fan(fan) => {
            let history = fan
                .history
                .iter()
                .map(|&(date, value)| vec![Cell::Date(date), number(value), Cell::Empty, Cell::Empty, Cell::Empty]);
            let forecast = fan.forecast.iter().map(|point| {
                let band = [number(point.mean), number(point.lower), number(point.upper)];
                [Cell::Date(point.date), Cell::Empty].into_iter().chain(band).collect()
            });
            let mut rows: Vec<Vec<Cell>> = history.chain(forecast).collect();
            rows.reverse();
            let unit = Some(fan.unit);
            let columns = vec![
                column("Date", None),
                column("Observed", unit),
                column("Forecast", unit),
                column("Lower", unit),
                column("Upper", unit),
            ];
            (&fan.title, columns, rows)
        }
        Chart::Bars(bars) => {
            let rows = bars.bars.iter().map(|(label, value)| vec![Cell::Text(label.clone()), number(*value)]).collect();
            (&bars.title, vec![column("What", None), column("Value", Some(bars.unit))], rows)
        }
        Chart::Network(chart) => {
            let text = |label: &String| Cell::Text(label.clone());
            let rows =
                chart.links.iter().map(|(one, other, value)| vec![text(one), text(other), number(*value)]).collect();
            (
                &chart.title,
                vec![column("One", None), column("The other", None), column("Strength", Some(chart.unit))],
                rows,
            )
        }
        Chart::Intervals(chart) => {
            let rows = chart
                .intervals
                .iter()
                .map(|row| vec![Cell::Text(row.label.clone()), maybe(row.estimate), maybe(row.lower), maybe(row.upper)])
                .collect();
            let unit = Some(chart.unit);
            let columns =
                vec![column("What", None), column("Estimate", unit), column("Lower", unit), column("Upper", unit)];
            (&chart.title, columns, rows)
        }
    };
    let total_rows = rows.len();
    rows.truncate(CHART_ROWS_SHOWN);
    TableView { caption: caption.clone(), columns, rows, total_rows }
}

fn column(label: &str, unit: Option<Unit>) -> ViewColumn {
    ViewColumn { label: label.to_owned(), unit }
}
