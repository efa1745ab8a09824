//! What pages, metrics and caveats of every kind are put together from.
//!
//! A table is said once: heading, unit and cell of a column stand side by side ([`ViewRows`]), for the page and for the files beside it.
//! Caveats are rules in a list ([`Rule`], [`RowRule`]): when, how many, what it means and what would mend it.

use chrono::NaiveDate;

use crate::day::Day;
use crate::publication::{
    Caveat, Cell, Export, ExportFormat, Figure, Metric, Section, Severity, TableView, Unit, ViewColumn,
};

/// Most examples that a caveat names, unless a kind says otherwise.
pub(crate) const EXAMPLES: usize = 5;

/// A number for the night's index and for the gates.
pub(crate) fn metric(name: impl Into<String>, value: impl Into<Option<f64>>, unit: Unit, meaning: &str) -> Metric {
    Metric { name: name.into(), value: value.into(), unit, meaning: meaning.to_owned() }
}

/// A big number on the page.
pub(crate) fn figure(label: &str, value: impl Into<Option<f64>>, unit: Unit, note: impl Into<String>) -> Figure {
    Figure { label: label.to_owned(), value: value.into(), unit, note: note.into() }
}

impl Section {
    /// A section with its heading and nothing else.
    pub fn headed(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), ..Self::default() }
    }

    /// The same with these sentences.
    #[must_use]
    pub fn saying(mut self, text: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.text.extend(text.into_iter().map(Into::into));
        self
    }
}

impl Caveat {
    /// Good to know.
    pub fn note(code: impl Into<String>, count: u64, text: impl Into<String>) -> Self {
        Self { severity: Severity::Note, code: code.into(), count, text: text.into(), examples: Vec::new() }
    }

    /// The answer is narrower or weaker than it looks.
    pub fn warning(code: impl Into<String>, count: u64, text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::note(code, count, text) }
    }

    /// The same with the first of these as examples.
    #[must_use]
    pub fn naming(mut self, examples: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.examples = examples.into_iter().take(EXAMPLES).map(Into::into).collect();
        self
    }
}

/// When a caveat is due, as one line of a kind's list of them.
#[derive(Debug)]
pub(crate) struct Rule<F: ?Sized> {
    severity: Severity,
    code: &'static str,
    concerns: Concerns<F>,
}

#[derive(Debug)]
enum Concerns<F: ?Sized> {
    One(fn(&F) -> Option<Concern>),
    Several(fn(&F) -> Vec<Concern>),
}

/// What a rule has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Concern {
    count: u64,
    text: String,
    examples: Vec<String>,
}

impl Concern {
    /// So many are concerned; what happened, why, and what would mend it.
    pub fn of(count: u64, text: impl Into<String>) -> Self {
        Self { count, text: text.into(), examples: Vec::new() }
    }

    /// The same, but only where somebody is concerned.
    pub fn of_any(count: u64, text: impl Into<String>) -> Option<Self> {
        (count > 0).then(|| Self::of(count, text))
    }

    /// The same with the first of these as examples.
    pub fn naming(mut self, examples: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.examples = examples.into_iter().take(EXAMPLES).map(Into::into).collect();
        self
    }
}

impl<F: ?Sized> Rule<F> {
    /// Good to know.
    pub const fn note(code: &'static str, concern: fn(&F) -> Option<Concern>) -> Self {
        Self { severity: Severity::Note, code, concerns: Concerns::One(concern) }
    }

    /// The answer is narrower or weaker than it looks.
    pub const fn warning(code: &'static str, concern: fn(&F) -> Option<Concern>) -> Self {
        Self { severity: Severity::Warning, code, concerns: Concerns::One(concern) }
    }

    /// The same, each concern a caveat of its own.
    pub const fn warnings(code: &'static str, concerns: fn(&F) -> Vec<Concern>) -> Self {
        Self { severity: Severity::Warning, code, concerns: Concerns::Several(concerns) }
    }

    /// The caveats that are due, in the order of the rules.
    pub fn caveats(rules: &[Self], facts: &F) -> Vec<Caveat> {
        let due = |rule: &Self| -> Vec<Caveat> {
            let concerns = match rule.concerns {
                Concerns::One(concern) => concern(facts).into_iter().collect(),
                Concerns::Several(concerns) => concerns(facts),
            };
            let caveat = |Concern { count, text, examples }| Caveat {
                severity: rule.severity,
                code: rule.code.to_owned(),
                count,
                text,
                examples,
            };
            concerns.into_iter().map(caveat).collect()
        };
        rules.iter().flat_map(due).collect()
    }
}

/// When a row is worth a caveat, as one line of a kind's list of them.
#[derive(Debug)]
pub(crate) struct RowRule<R> {
    severity: Severity,
    code: &'static str,
    concerns: fn(&R) -> bool,
    text: &'static str,
}

impl<R> RowRule<R> {
    /// Good to know.
    pub const fn note(code: &'static str, concerns: fn(&R) -> bool, text: &'static str) -> Self {
        Self { severity: Severity::Note, code, concerns, text }
    }

    /// The answer is narrower or weaker than it looks.
    pub const fn warning(code: &'static str, concerns: fn(&R) -> bool, text: &'static str) -> Self {
        Self { severity: Severity::Warning, code, concerns, text }
    }

    /// The caveats of the rules that concern a row, in the order of the rules. `sentence` makes one of how many rows there are and of
    /// the rule's text; of the first `examples` rows the names are given.
    pub fn caveats<'r>(
        rules: &[Self],
        rows: &(impl Iterator<Item = &'r R> + Clone),
        sentence: impl Fn(usize, &str) -> String,
        (examples, name): (usize, impl Fn(&R) -> String),
    ) -> Vec<Caveat>
    where
        R: 'r,
    {
        let due = |rule: &Self| {
            let concerned: Vec<&R> = rows.clone().filter(|row| (rule.concerns)(row)).collect();
            (!concerned.is_empty()).then(|| Caveat {
                severity: rule.severity,
                code: rule.code.to_owned(),
                count: concerned.len() as u64,
                text: sentence(concerned.len(), rule.text),
                examples: concerned.iter().take(examples).map(|row| name(row)).collect(),
            })
        };
        rules.iter().filter_map(due).collect()
    }
}

/// A table for readers, column by column: its heading, its unit, and how a row's cell is made.
#[derive(Debug)]
pub(crate) struct ViewRows<'r, R> {
    rows: Vec<&'r R>,
    columns: Vec<ViewColumn>,
    cells: Vec<Vec<Cell>>,
}

impl<'r, R> ViewRows<'r, R> {
    /// Begins with the rows to be shown.
    pub fn of(rows: impl IntoIterator<Item = &'r R>) -> Self {
        let rows: Vec<&R> = rows.into_iter().collect();
        Self { cells: vec![Vec::new(); rows.len()], rows, columns: Vec::new() }
    }

    /// A column of words or dates.
    pub fn text<C: Into<Cell>>(self, label: &str, cell: impl Fn(&'r R) -> C) -> Self {
        self.with(label, None, cell)
    }

    /// A column of numbers.
    pub fn number<C: Into<Cell>>(self, label: &str, unit: Unit, cell: impl Fn(&'r R) -> C) -> Self {
        self.with(label, Some(unit), cell)
    }

    fn with<C: Into<Cell>>(mut self, label: &str, unit: Option<Unit>, cell: impl Fn(&'r R) -> C) -> Self {
        self.columns.push(ViewColumn { label: label.to_owned(), unit });
        add(&mut self.cells, &mut self.rows.iter().map(|row| cell(row).into()));
        self
    }

    /// A table on the page that shows all there is.
    pub fn view(self, caption: impl Into<String>) -> TableView {
        let total_rows = self.rows.len();
        self.view_of(caption, total_rows)
    }

    /// A table on the page that shows the first of `total_rows`.
    pub fn view_of(self, caption: impl Into<String>, total_rows: usize) -> TableView {
        TableView { caption: caption.into(), columns: self.columns, rows: self.cells, total_rows }
    }

    /// A file beside the page.
    pub fn export(self, stem: impl Into<String>, formats: &'static [ExportFormat], about: &str) -> Export {
        Export {
            stem: stem.into(),
            formats,
            about: about.to_owned(),
            columns: self.columns,
            rows: self.cells,
            leaves: false,
        }
    }
}

/// A column more; compiled once and not for each.
fn add(rows: &mut [Vec<Cell>], column: &mut dyn Iterator<Item = Cell>) {
    for (cells, cell) in rows.iter_mut().zip(column) {
        cells.push(cell);
    }
}

macro_rules! cells {
    ($($value:ty: $raw:ident => $cell:expr;)*) => {$(
        impl From<$value> for Cell {
            fn from($raw: $value) -> Self {
                $cell
            }
        }
    )*};
}

cells! {
    f64: number => Self::Number(number);
    u32: number => Self::Number(f64::from(number));
    u64: number => Self::Number(number as f64);
    i64: number => Self::Number(number as f64);
    usize: number => Self::Number(number as f64);
    NaiveDate: date => Self::Date(date);
    Day: day => Self::Date(day.date());
    &str: text => Self::Text(text.to_owned());
    String: text => Self::Text(text);
}

impl<C: Into<Self>> From<Option<C>> for Cell {
    fn from(value: Option<C>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_said_once_for_page_and_file() {
        let rows = [("tea", Some(2.5), 3_u64), ("milk", None, 4)];
        let table = || {
            ViewRows::of(&rows).text("Product", |row| row.0).number("Each", Unit::Money, |row| row.1).number(
                "Sold",
                Unit::Units,
                |row| row.2,
            )
        };
        let view = table().view("Sales");
        assert_eq!(view.rows[1], [Cell::Text("milk".to_owned()), Cell::Empty, Cell::Number(4.0)]);
        assert_eq!(
            view.columns.iter().map(|column| column.unit).collect::<Vec<_>>(),
            [None, Some(Unit::Money), Some(Unit::Units)]
        );
        assert_eq!((view.total_rows, table().view_of("Sales", 90).total_rows), (2, 90));
        let export = table().export("sales", &[ExportFormat::Csv], "What was sold.");
        assert_eq!((export.rows, export.columns[0].label.as_str()), (view.rows, "Product"));
    }

    #[test]
    fn rules_that_have_nothing_to_say_are_silent() {
        let rules: [Rule<u64>; 3] = [
            Rule::note("some", |facts| Concern::of_any(*facts, "some")),
            Rule::warning("large", |facts| (*facts > 10).then(|| Concern::of(1, format!("{facts} is large")))),
            Rule::note("always", |_| Some(Concern::of(0, "said anyway").naming(["a"; 9]))),
        ];
        let codes = |facts: u64| Rule::caveats(&rules, &facts).into_iter().map(|one| one.code).collect::<Vec<_>>();
        assert_eq!(codes(0), ["always"]);
        assert_eq!(codes(11), ["some", "large", "always"]);
        let caveats = Rule::caveats(&rules, &11);
        assert_eq!(caveats[1], Caveat::warning("large", 1, "11 is large"));
        assert_eq!(caveats[2].examples.len(), EXAMPLES);
    }

    #[test]
    fn rules_about_rows_count_and_name_them() {
        let rules = [
            RowRule::warning("negative", |row: &i32| *row < 0, "below 0. Mend them"),
            RowRule::note("huge", |row: &i32| *row > 1_000, "huge"),
        ];
        let rows = [-1, 5, -2, -3];
        let sentence = |n: usize, text: &str| format!("{n} rows {text}");
        let caveats = RowRule::caveats(&rules, &rows.iter(), sentence, (2, |row: &i32| row.to_string()));
        assert_eq!(caveats, [Caveat::warning("negative", 3, "3 rows below 0. Mend them").naming(["-1", "-2"])]);
    }
}
