//! What customers bought on which day, from a file with a row per customer, day and item.

use std::collections::HashMap;
use std::path::PathBuf;

use super::item_labels::{Words, numbered};
use super::table_rows::{each_row, nameless, too_large};
use super::time::{SECONDS_PER_DAY, TimeForm, moment_in, moment_text};
use super::{CellFault, EvalError};
use crate::models::rules::Purchases;

/// Where purchases come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseSource {
    /// The file: .csv or .csv.gz.
    pub file: PathBuf,
    /// Columns that together name a customer. A row without any of them is left out and counted.
    pub customer: Vec<String>,
    /// The column of the item.
    pub item: String,
    /// The column of the day: dates, date-times or whole numbers of days.
    pub time: String,
}

/// What was read.
#[derive(Debug)]
pub struct PurchaseFile {
    /// The purchases; items are numbered in the order of their labels.
    pub purchases: Purchases,
    /// How items are written: ascending as numbers where all of them are, else as text.
    pub labels: Vec<String>,
    /// Rows without a customer.
    pub n_anonymous: usize,
}

impl PurchaseSource {
    /// Reads everything.
    ///
    /// # Errors
    /// The file cannot be read, lacks a column, has a cell that names nothing or no day, or no purchase at all.
    pub fn read(&self) -> Result<PurchaseFile, EvalError> {
        let n_ids = self.customer.len();
        let mut columns: Vec<(&str, &'static str)> =
            self.customer.iter().map(|id| (id.as_str(), "--customer")).collect();
        columns.extend([(self.item.as_str(), "--item"), (self.time.as_str(), "--time")]);
        let (mut customers, mut key) = (HashMap::<Vec<u8>, u32>::new(), Vec::new());
        let (mut words, mut entries, mut bought) = (Words::default(), Vec::new(), Vec::new());
        let (mut days, mut n_anonymous) = (Days::default(), 0);
        each_row(&self.file, &columns, |row| {
            if (0..n_ids).all(|id| row.cell(id).trim_ascii().is_empty()) {
                n_anonymous += 1;
                return Ok(());
            }
            let item = row.cell(n_ids).trim_ascii();
            if item.is_empty() {
                return Err(nameless(&self.file, row.line(), &self.item));
            }
            let day = days.day(row.cell(n_ids + 1)).map_err(|(problem, mend)| {
                EvalError::Cell(Box::new(CellFault {
                    file: self.file.display().to_string(),
                    line: row.line(),
                    column: self.time.clone(),
                    found: String::from_utf8_lossy(row.cell(n_ids + 1)).into_owned(),
                    problem,
                    mend,
                }))
            })?;
            row.key(n_ids, &mut key);
            let next = customers.len() as u32;
            let customer = match customers.get(&key) {
                Some(customer) => *customer,
                None => *customers.entry(key.clone()).or_insert(next),
            };
            bought.push((customer, day));
            entries.push(words.code(item));
            Ok(())
        })?;
        if entries.is_empty() {
            return Err(EvalError::Nothing {
                file: self.file.display().to_string(),
                problem: "it has no purchase of a known customer".to_owned(),
                mend: "give a file with one row per customer, day and item".to_owned(),
            });
        }
        if entries.len() > u32::MAX as usize {
            return Err(too_large(&self.file));
        }
        let labels = numbered(words, &mut entries, &self.file)?;
        let lines = bought.into_iter().zip(entries).map(|((customer, day), item)| (customer, day, item)).collect();
        let purchases = Purchases::from_lines(lines, labels.len() as u32).map_err(EvalError::Rules)?;
        Ok(PurchaseFile { purchases, labels, n_anonymous })
    }
}

/// Reads days, all written in one form; the text before is often the same again.
#[derive(Default)]
struct Days {
    form: Option<TimeForm>,
    last: Option<(Vec<u8>, i32)>,
}

impl Days {
    /// The day of a cell; else what is wrong with it, and how to mend it.
    fn day(&mut self, cell: &[u8]) -> Result<i32, (String, String)> {
        if let Some((text, day)) = &self.last
            && text == cell
        {
            return Ok(*day);
        }
        let moment = std::str::from_utf8(cell).ok().and_then(|text| moment_in(text.trim()));
        let usable = |form| matches!(form, TimeForm::Integer | TimeForm::Date | TimeForm::Seconds);
        let Some((form, number)) = moment.filter(|(form, _)| usable(*form)) else {
            let problem = "which is no day".to_owned();
            return Err((problem, "write 2026-11-22, 2026-11-22 14:00 or a whole number of days".to_owned()));
        };
        let first = *self.form.get_or_insert(form);
        if first != form {
            let problem = format!("which is {}, but rows before it have {}", form.name(), first.name());
            return Err((problem, "write all of them in one form".to_owned()));
        }
        let day = if form == TimeForm::Seconds { number.div_euclid(SECONDS_PER_DAY) } else { number };
        let day = i32::try_from(day).map_err(|_| {
            let problem = format!("`{}` lies out of reach", moment_text(form, number));
            (problem, format!("give days between {} and {}", i32::MIN, i32::MAX))
        })?;
        self.last = Some((cell.to_vec(), day));
        Ok(day)
    }
}

#[cfg(test)]
#[path = "purchase_file_tests.rs"]
mod tests;
