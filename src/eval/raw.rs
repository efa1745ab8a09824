//! The rows of a file, gathered by series: one pass, nothing interpreted but ids, times and training values.

use std::collections::HashMap;

use super::EvalError;
use super::input_options::InputOptions;
use super::roles::{Extra, Levels};
use super::rows::{Row, Table, number, shown};
use super::time::{TimeForm, moment, moment_text};
use crate::import::frame::Cell;

const SECONDS_PER_DAY: i64 = 86_400;

/// One row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// Its time, in the unit of the form.
    pub moment: i64,
    /// Its value; `NaN` where none stands, and in every test row until the forecasts are written.
    pub value: f64,
    /// Its line in a CSV file, its row in a Parquet file.
    pub line: u64,
    /// Its place among the data rows, from 0.
    pub row: u64,
    /// Its place among the rows of its series, as they stand in the file.
    pub place: u32,
    /// Whether it is a test row.
    pub test: bool,
    /// Whether a stock-out hides its demand.
    pub masked: bool,
}

/// The rows of one series.
#[derive(Debug)]
pub(super) struct RawSeries {
    /// The id columns joined by `-`.
    pub label: String,
    /// The id columns.
    pub keys: Vec<String>,
    /// The rows, by time once sorted.
    pub points: Vec<Point>,
    /// Known-ahead values of the file itself, `n_known` per row, in the order of [`Point::place`].
    pub known: Vec<f64>,
}

/// What a file holds.
#[derive(Debug)]
pub(super) struct RawFile {
    pub form: TimeForm,
    pub series: Vec<RawSeries>,
}

/// Where the wanted columns are in the file.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    ids: Vec<usize>,
    time: usize,
    value: usize,
    split: Option<usize>,
    stock: Option<usize>,
    known: Vec<Extra>,
}

impl Columns {
    /// Finds the columns; `known` are those of the known-ahead columns that this file has to give.
    pub(super) fn find(table: &Table, options: &InputOptions, known: Vec<Extra>) -> Result<Self, EvalError> {
        Ok(Self {
            ids: options.ids.iter().map(|id| table.column(id, "--id")).collect::<Result<_, _>>()?,
            time: table.column(&options.time, "--time")?,
            value: table.column(&options.value, "--value")?,
            split: options.split.as_ref().map(|column| table.column(column, "--split")).transpose()?,
            stock: options.stock.as_ref().map(|column| table.column(column, "--stock")).transpose()?,
            known,
        })
    }
}

/// Reads every row. Of test rows the value and the stock flag are not looked at.
pub(super) fn read_rows(table: &Table, columns: &Columns, levels: &mut Levels) -> Result<RawFile, EvalError> {
    let n_ids = columns.ids.len();
    let mut wanted = columns.ids.clone();
    wanted.extend([columns.time, columns.value, columns.split.unwrap_or(columns.time)]);
    wanted.push(columns.stock.unwrap_or(columns.time));
    wanted.extend(columns.known.iter().map(|extra| extra.column));
    let mut gathered = Gathered::default();
    let mut row_number = 0;
    table.visit(&wanted, &mut |row| {
        let cells = &row.cells[n_ids..];
        let moment = gathered.moment(table, columns.time, row, &cells[0])?;
        let test = match columns.split {
            Some(column) => is_test(table, column, row, &cells[2])?,
            None => false,
        };
        let (value, masked) =
            if test { (f64::NAN, false) } else { value_of(table, columns, row, &cells[1], &cells[3])? };
        let series = gathered.series(&row.cells[..n_ids]);
        let place = series.points.len() as u32;
        series.points.push(Point { moment, value, line: row.line, row: row_number, place, test, masked });
        for (column, cell) in columns.known.iter().zip(&cells[4..]) {
            series.known.push(levels.value(table, column, row, cell)?);
        }
        row_number += 1;
        Ok(())
    })?;
    gathered.finish(table)
}

/// Reads the values of the test rows, `rows` being their places in the file in ascending order; true where a stock-out
/// hides the demand.
pub(super) fn read_test_values(table: &Table, columns: &Columns, rows: &[u64]) -> Result<Vec<(f64, bool)>, EvalError> {
    let mut values = Vec::with_capacity(rows.len());
    let mut row_number = 0;
    table.visit(&[columns.value, columns.stock.unwrap_or(columns.value)], &mut |row| {
        if rows.get(values.len()) == Some(&row_number) {
            let (value, masked) = value_of(table, columns, row, &row.cells[0], &row.cells[1])?;
            values.push(if masked { (f64::NAN, true) } else { (value, false) });
        }
        row_number += 1;
        Ok(())
    })?;
    values.resize(rows.len(), (f64::NAN, true));
    Ok(values)
}

fn value_of(
    table: &Table,
    columns: &Columns,
    row: &Row<'_>,
    value: &Cell<'_>,
    stock: &Cell<'_>,
) -> Result<(f64, bool), EvalError> {
    let found = number(value).map_err(|()| {
        let mend = "write a plain number with a decimal point, or leave the field empty where nothing was observed";
        table.cell(columns.value, row, value, "not a number", mend)
    })?;
    let masked = match columns.stock {
        None => false,
        Some(column) => {
            let in_stock = number(stock).map_err(|()| {
                let mend = "write 1 or true for in stock, 0 or false for out of stock";
                table.cell(column, row, stock, "not a stock flag", mend)
            })?;
            in_stock == Some(0.0)
        }
    };
    Ok((found.unwrap_or(f64::NAN), masked))
}

fn is_test(table: &Table, column: usize, row: &Row<'_>, cell: &Cell<'_>) -> Result<bool, EvalError> {
    let word = shown(cell);
    match word.trim() {
        word if word.eq_ignore_ascii_case("train") => Ok(false),
        word if word.eq_ignore_ascii_case("test") => Ok(true),
        _ => Err(table.cell(column, row, cell, "neither `train` nor `test`", "write one of them in every row")),
    }
}

/// Series in the order in which they first appear.
#[derive(Default)]
struct Gathered {
    series: Vec<RawSeries>,
    places: HashMap<String, usize>,
    key: String,
    last: String,
    current: usize,
    form: Option<(TimeForm, u64, String)>,
}

impl Gathered {
    fn series(&mut self, ids: &[Cell<'_>]) -> &mut RawSeries {
        self.key.clear();
        for cell in ids {
            match cell {
                Cell::Text(text) => self.key.push_str(text),
                other => self.key.push_str(&shown(other)),
            }
            self.key.push('\u{1f}');
        }
        // Files are mostly sorted by series: the row before usually belongs to the same one.
        if self.key != self.last || self.series.is_empty() {
            self.current = if let Some(place) = self.places.get(&self.key) {
                *place
            } else {
                let keys: Vec<String> = ids.iter().map(shown).collect();
                let label = keys.join("-");
                self.series.push(RawSeries { label, keys, points: Vec::new(), known: Vec::new() });
                self.places.insert(self.key.clone(), self.series.len() - 1);
                self.series.len() - 1
            };
            std::mem::swap(&mut self.last, &mut self.key);
        }
        &mut self.series[self.current]
    }

    fn moment(&mut self, table: &Table, column: usize, row: &Row<'_>, cell: &Cell<'_>) -> Result<i64, EvalError> {
        let mend = "write whole numbers, dates (2026-11-22), date-times, months (2026-11), weeks (2026-W47) or \
                    quarters (2026-Q4)";
        let Some((form, value)) = moment(cell) else {
            let problem = if shown(cell).trim().is_empty() { "no time" } else { "not a time" };
            return Err(table.cell(column, row, cell, problem, mend));
        };
        match &self.form {
            None => self.form = Some((form, row.line, shown(cell))),
            Some((first, _, _)) if *first == form => {}
            Some((first, line, text)) => {
                let problem = format!("{} where line {line} has `{text}`, {}", form.name(), first.name());
                return Err(table.cell(column, row, cell, &problem, "write every time in the same form"));
            }
        }
        Ok(value)
    }

    fn finish(mut self, table: &Table) -> Result<RawFile, EvalError> {
        let Some((mut form, _, _)) = self.form else {
            return Err(EvalError::Nothing {
                file: table.file.clone(),
                problem: "the file has a heading but no rows".to_owned(),
                mend: "give a file with one row per series and period".to_owned(),
            });
        };
        let mut points = self.series.iter().flat_map(|one| &one.points);
        if form == TimeForm::Seconds && points.all(|point| point.moment % SECONDS_PER_DAY == 0) {
            form = TimeForm::Date;
            for point in self.series.iter_mut().flat_map(|one| one.points.iter_mut()) {
                point.moment /= SECONDS_PER_DAY;
            }
        }
        for one in &mut self.series {
            one.points.shrink_to_fit();
            if !one.points.is_sorted_by_key(|point| point.moment) {
                one.points.sort_by_key(|point| (point.moment, point.row));
            }
        }
        refuse_duplicates(table, form, &self.series)?;
        Ok(RawFile { form, series: self.series })
    }
}

/// How many duplicates an error names.
const EXAMPLES: usize = 5;

fn refuse_duplicates(table: &Table, form: TimeForm, series: &[RawSeries]) -> Result<(), EvalError> {
    let mut count = 0;
    let mut examples = Vec::new();
    for one in series {
        for pair in one.points.windows(2).filter(|pair| pair[0].moment == pair[1].moment) {
            count += 1;
            if examples.len() < EXAMPLES {
                let time = moment_text(form, pair[0].moment);
                let (first, second) = (pair[0].line, pair[1].line);
                examples.push(format!("series `{}` has `{time}` in lines {first} and {second}", one.label));
            }
        }
    }
    if count == 0 {
        return Ok(());
    }
    let more = if count > examples.len() { format!(" and {} more", count - examples.len()) } else { String::new() };
    Err(EvalError::Duplicates { file: table.file.clone(), count, examples: examples.join("; ") + &more })
}
