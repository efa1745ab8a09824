//! CSV exports: RFC 4180 (CRLF, quotes doubled), UTF-8 without a byte order mark, plain numbers.

use super::ReportError;
use crate::publication::{Cell, Export, Unit, ViewColumn};
use crate::quantities::{Currency, Money};

/// Characters that make a spreadsheet read a text as a formula when they come first (OWASP, "CSV Injection"); the last
/// four are the full-width forms, which some spreadsheets fold to the plain ones.
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// An export as CSV.
///
/// Numbers have a decimal point and no thousands separators; money is in major units to the smallest coin (`18230.45`), its currency stands
/// in the heading; shares are fractions (`0.125`); dates are ISO; a missing, NaN or infinite value is an empty field.
/// A text that a spreadsheet would run as a formula gets a leading `'`.
///
/// # Errors
/// [`ReportError::RowWidth`] when a row does not fit the columns, [`ReportError::Csv`] when the writer refuses.
pub fn export_csv(export: &Export, currency: Currency) -> Result<Vec<u8>, ReportError> {
    check_widths(export)?;
    let refused = |message: String| ReportError::Csv { stem: export.stem.clone(), message };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let headings = export.columns.iter().map(|column| guarded(&heading(column, currency)));
    writer.write_record(headings).map_err(|error| refused(error.to_string()))?;
    for row in &export.rows {
        let fields = row.iter().zip(&export.columns).map(|(cell, column)| field(cell, column, currency));
        writer.write_record(fields).map_err(|error| refused(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| refused(error.to_string()))
}

/// Every row has one cell per column.
pub(super) fn check_widths(export: &Export) -> Result<(), ReportError> {
    let expected = export.columns.len();
    match export.rows.iter().position(|row| row.len() != expected) {
        None => Ok(()),
        Some(at) => Err(ReportError::RowWidth {
            stem: export.stem.clone(),
            row: at + 1,
            found: export.rows[at].len(),
            expected,
        }),
    }
}

/// The column's label, with the currency behind money.
pub(super) fn heading(column: &ViewColumn, currency: Currency) -> String {
    match column.unit {
        Some(Unit::Money) if !column.label.contains(currency.code()) => {
            format!("{} ({})", column.label, currency.code())
        }
        _ => column.label.clone(),
    }
}

fn field(cell: &Cell, column: &ViewColumn, currency: Currency) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Number(number) if !number.is_finite() => String::new(),
        Cell::Number(number) => number_text(*number, column.unit, currency),
        Cell::Date(date) => date.to_string(),
        Cell::Text(text) => guarded(text),
    }
}

fn number_text(number: f64, unit: Option<Unit>, currency: Currency) -> String {
    // `+ 0.0` turns a negative zero into a zero.
    let number = number + 0.0;
    if unit != Some(Unit::Money) {
        return number.to_string();
    }
    let major = Money::from_minor(number.round() as i64).in_currency(currency);
    format!("{major:.*}", currency.minor_digits() as usize)
}

fn guarded(text: &str) -> String {
    if text.starts_with(FORMULA_STARTS) { format!("'{text}") } else { text.to_owned() }
}
