//! Known-ahead columns from a file beside the sales, joined by the id and time columns that both have.

use std::collections::HashMap;
use std::path::Path;

use super::EvalError;
use super::input_options::InputOptions;
use super::roles::{Extra, Levels};
use super::rows::{Table, shown};
use super::time::{self, TimeAxis, TimeForm, moment_text};

const SECONDS_PER_DAY: i64 = 86_400;

/// A file of known-ahead values, its heading read.
#[derive(Debug)]
pub(super) struct KnownFile {
    table: Table,
    /// Which of the id columns the file has: place among the ids, column in the file.
    keys: Vec<(usize, usize)>,
    time: Option<usize>,
    columns: Vec<Extra>,
}

/// Its values.
#[derive(Debug)]
pub(super) struct KnownValues {
    keys: Vec<usize>,
    dated: bool,
    n_columns: usize,
    groups: HashMap<String, u32>,
    rows: HashMap<(u32, i64), u32>,
    values: Vec<f64>,
}

impl KnownFile {
    /// Opens the file; gives it with the names that it does not have.
    pub(super) fn open(path: &Path, options: &InputOptions) -> Result<(Self, Vec<String>), EvalError> {
        let table = Table::open(path)?;
        let keys: Vec<(usize, usize)> =
            options.ids.iter().enumerate().filter_map(|(place, id)| Some((place, table.find(id)?))).collect();
        let time = table.find(&options.time);
        if keys.is_empty() && time.is_none() {
            return Err(EvalError::Nothing {
                file: table.file.clone(),
                problem: "it has neither an id column nor the time column, so its rows belong to nothing".to_owned(),
                mend: format!("name its columns as in the sales: {}, {}", options.ids.join(", "), options.time),
            });
        }
        let (mut columns, mut absent) = (Vec::new(), Vec::new());
        for name in options.columns() {
            match table.find(&name) {
                Some(column) => columns.push(Extra::new(column, &name, options)),
                None => absent.push(name),
            }
        }
        Ok((Self { table, keys, time, columns }, absent))
    }

    /// Reads the values; times must be of the form of the sales.
    pub(super) fn read(&self, form: TimeForm, axis: &TimeAxis, levels: &mut Levels) -> Result<KnownValues, EvalError> {
        let n_keys = self.keys.len();
        let mut wanted: Vec<usize> = self.keys.iter().map(|(_, column)| *column).collect();
        wanted.push(self.time.or_else(|| self.keys.first().map(|(_, column)| *column)).unwrap_or(0));
        wanted.extend(self.columns.iter().map(|extra| extra.column));
        let mut known = KnownValues {
            keys: self.keys.iter().map(|(place, _)| *place).collect(),
            dated: self.time.is_some(),
            n_columns: self.columns.len(),
            groups: HashMap::new(),
            rows: HashMap::new(),
            values: Vec::new(),
        };
        let mut lines: Vec<u64> = Vec::new();
        self.table.visit(&wanted, &mut |row| {
            let key = row.cells[..n_keys].iter().map(shown).collect::<Vec<_>>().join("\u{1f}");
            let moment = match self.time {
                None => 0,
                Some(column) => {
                    let cell = &row.cells[n_keys];
                    let found = match time::moment(cell) {
                        Some((TimeForm::Seconds, seconds))
                            if form == TimeForm::Date && seconds % SECONDS_PER_DAY == 0 =>
                        {
                            Some(seconds / SECONDS_PER_DAY)
                        }
                        Some((found, value)) if found == form => Some(value),
                        _ => None,
                    };
                    found.ok_or_else(|| {
                        let problem = format!("expected {}, as in the sales", form.name());
                        self.table.cell(column, row, cell, &problem, "write every time in the same form")
                    })?
                }
            };
            let ordinal = if self.time.is_some() { axis.ordinal(moment) } else { 0 };
            let next = known.groups.len() as u32;
            let group = *known.groups.entry(key).or_insert(next);
            let place = lines.len() as u32;
            if let Some(first) = known.rows.insert((group, ordinal), place) {
                let time = if self.time.is_some() { moment_text(form, moment) } else { String::new() };
                let keys = row.cells[..n_keys].iter().map(shown).collect::<Vec<_>>().join("-");
                return Err(EvalError::Duplicates {
                    file: self.table.file.clone(),
                    count: 1,
                    examples: format!("`{keys}` `{time}` in lines {} and {}", lines[first as usize], row.line),
                });
            }
            lines.push(row.line);
            for (column, cell) in self.columns.iter().zip(&row.cells[n_keys + 1..]) {
                known.values.push(levels.value(&self.table, column, row, cell)?);
            }
            Ok(())
        })?;
        Ok(known)
    }
}

impl KnownValues {
    /// The values of one series in one period, in the order of the columns; `None` when the file has no row for it.
    pub(super) fn at(&self, ids: &[String], ordinal: i64) -> Option<&[f64]> {
        let key: Vec<&str> = self.keys.iter().filter_map(|place| ids.get(*place)).map(String::as_str).collect();
        let group = *self.groups.get(&key.join("\u{1f}"))?;
        let place = *self.rows.get(&(group, if self.dated { ordinal } else { 0 }))? as usize;
        self.values.get(place * self.n_columns..(place + 1) * self.n_columns)
    }
}
