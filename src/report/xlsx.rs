//! Excel exports: one sheet with the rows, one called `About` that says what they are and where they come from.

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::ReportError;
use super::csv::{check_widths, heading};
use super::facts::RunFacts;
use super::format;
use crate::publication::{Cell, Export, Unit, ViewColumn};
use crate::quantities::{Currency, Money};

/// Rows of a worksheet below its header.
const ROW_LIMIT: usize = 1_048_575;
/// Characters of a cell; Excel refuses longer ones.
const CELL_LIMIT: usize = 32_767;
/// How many rows decide about a column's width.
const ROWS_MEASURED: usize = 500;

/// An export as an Excel workbook.
///
/// The header is frozen and has filters; numbers are numbers, formatted by unit; money is in major units; text is
/// always text, never a formula. The creation time is the as-of date, so that the same rows give the same bytes.
///
/// # Errors
/// [`ReportError::RowWidth`], [`ReportError::TooManyRows`], or [`ReportError::Xlsx`] when the writer refuses.
pub fn export_xlsx(export: &Export, facts: &RunFacts) -> Result<Vec<u8>, ReportError> {
    check_widths(export)?;
    if export.rows.len() > ROW_LIMIT {
        return Err(ReportError::TooManyRows { stem: export.stem.clone(), rows: export.rows.len(), limit: ROW_LIMIT });
    }
    workbook_bytes(export, facts)
        .map_err(|error| ReportError::Xlsx { stem: export.stem.clone(), message: error.to_string() })
}

fn workbook_bytes(export: &Export, facts: &RunFacts) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let properties = DocProperties::new()
        .set_title(&export.stem)
        .set_subject(&export.about)
        .set_author(format!("nightclerk {}", facts.code_version))
        .set_creation_datetime(&excel_date(facts.as_of)?);
    workbook.set_properties(&properties);
    write_rows(workbook.add_worksheet(), export, facts.currency)?;
    write_about(workbook.add_worksheet(), export, facts)?;
    workbook.save_to_buffer()
}

fn write_rows(sheet: &mut Worksheet, export: &Export, currency: Currency) -> Result<(), XlsxError> {
    sheet.set_name(sheet_name(&export.stem))?;
    let header = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
    let header_of_numbers = header.clone().set_align(FormatAlign::Right);
    let formats: Vec<Format> =
        (0..export.columns.len()).map(|at| Format::new().set_num_format(number_format(export, at, currency))).collect();
    let date_format = Format::new().set_num_format("yyyy-mm-dd");

    for (at, column) in export.columns.iter().enumerate() {
        let format = if column.unit.is_some() { &header_of_numbers } else { &header };
        sheet.write_string_with_format(0, index(at), within_limit(&heading(column, currency)), format)?;
        sheet.set_column_width(index(at), column_width(export, at, currency))?;
    }
    for (row_at, row) in export.rows.iter().enumerate() {
        let row_number = row_at as u32 + 1;
        for (at, cell) in row.iter().enumerate() {
            match cell {
                Cell::Number(number) if number.is_finite() => {
                    let unit = export.columns[at].unit;
                    let shown = if unit == Some(Unit::Money) {
                        Money::from_minor(number.round() as i64).in_currency(currency)
                    } else {
                        *number
                    };
                    sheet.write_number_with_format(row_number, index(at), shown, &formats[at])?;
                }
                Cell::Date(date) => {
                    if let Ok(day) = excel_date(*date) {
                        sheet.write_datetime_with_format(row_number, index(at), &day, &date_format)?;
                    } else {
                        // Excel has no days before 1900 and after 9999.
                        sheet.write_string(row_number, index(at), date.to_string())?;
                    }
                }
                Cell::Text(text) => {
                    sheet.write_string(row_number, index(at), within_limit(text))?;
                }
                Cell::Empty | Cell::Number(_) => {}
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    if let Some(last) = export.columns.len().checked_sub(1) {
        sheet.autofilter(0, 0, export.rows.len() as u32, index(last))?;
    }
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

fn write_about(sheet: &mut Worksheet, export: &Export, facts: &RunFacts) -> Result<(), XlsxError> {
    sheet.set_name("About")?;
    sheet.set_column_width(0, 22)?;
    sheet.set_column_width(1, 90)?;
    let bold = Format::new().set_bold().set_align(FormatAlign::Top);
    let wrap = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (row, (label, text)) in about_lines(export, facts).into_iter().enumerate() {
        sheet.write_string_with_format(row as u32, 0, within_limit(&label), &bold)?;
        sheet.write_string_with_format(row as u32, 1, within_limit(&text), &wrap)?;
    }
    Ok(())
}

/// What a person who finds the file on a share a year later wants to know.
fn about_lines(export: &Export, facts: &RunFacts) -> Vec<(String, String)> {
    let day = |date: Option<NaiveDate>| date.map_or_else(|| "unknown".to_owned(), |date| date.to_string());
    let state = if facts.state.is_published() { "published" } else { "NOT published" };
    let mut lines: Vec<(String, String)> = [
        ("What this is", export.about.clone()),
        ("State", state.to_owned()),
        ("Project", facts.project.clone()),
        ("Job", format!("{} ({})", facts.job, facts.kind)),
        ("As of", facts.as_of.to_string()),
        ("Data", format!("{} to {}, {}", day(facts.data_from), day(facts.data_to), facts.timezone)),
        ("Currency", facts.currency.code().to_owned()),
        ("Rows", export.rows.len().to_string()),
        ("Run", facts.run_id.to_string()),
        ("Seed", facts.seed.to_string()),
        ("Configuration", facts.config_hash.clone()),
        ("Written by", format!("nightclerk {}", facts.code_version)),
    ]
    .into_iter()
    .map(|(label, text)| (label.to_owned(), text))
    .collect();
    lines.push((String::new(), String::new()));
    lines.push(("Column".to_owned(), "Unit".to_owned()));
    lines.extend(export.columns.iter().map(|column| (column.label.clone(), unit_words(column, facts.currency))));
    lines
}

fn unit_words(column: &ViewColumn, currency: Currency) -> String {
    match column.unit {
        None => "text or date".to_owned(),
        Some(Unit::Count) => "count".to_owned(),
        Some(Unit::Share) => "share, shown in per cent".to_owned(),
        Some(Unit::Money) => format!("{}, major units", currency.code()),
        Some(Unit::Units) => "units of goods".to_owned(),
        Some(Unit::Days) => "days".to_owned(),
        Some(Unit::Ratio) => "ratio".to_owned(),
    }
}

fn number_format(export: &Export, at: usize, currency: Currency) -> String {
    let whole = export.rows.iter().all(|row| !matches!(row[at], Cell::Number(number) if number.fract() != 0.0));
    match export.columns[at].unit {
        None => "General".to_owned(),
        Some(Unit::Share) => "0.0%".to_owned(),
        Some(Unit::Money) if currency.minor_digits() == 0 => "#,##0".to_owned(),
        Some(Unit::Money) => format!("#,##0.{}", "0".repeat(currency.minor_digits() as usize)),
        Some(Unit::Ratio) => "#,##0.00".to_owned(),
        Some(Unit::Count | Unit::Units | Unit::Days) if whole => "#,##0".to_owned(),
        Some(Unit::Count | Unit::Units | Unit::Days) => "#,##0.0".to_owned(),
    }
}

/// Wide enough for the longest of the first rows, within reason; the heading may wrap.
fn column_width(export: &Export, at: usize, currency: Currency) -> f64 {
    let unit = export.columns[at].unit;
    let length = |cell: &Cell| match cell {
        Cell::Empty => 0,
        Cell::Date(_) => 10,
        Cell::Text(text) => text.chars().count(),
        Cell::Number(number) => {
            let shown = unit.map_or(*number, |unit| format::display_value(unit, *number, currency));
            format::fixed(shown, 2).chars().count()
        }
    };
    let longest = export.rows.iter().take(ROWS_MEASURED).map(|row| length(&row[at])).max().unwrap_or(0);
    let longest_word =
        heading(&export.columns[at], currency).split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
    // Two characters for padding, two more for the filter's button in the heading.
    ((longest + 2).max(longest_word + 4) as f64).clamp(8.0, 60.0)
}

/// A worksheet's name: at most 31 characters, none of `[]:*?/\`, not `About`.
fn sheet_name(stem: &str) -> String {
    let name: String = stem
        .chars()
        .map(|c| if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'') { '-' } else { c })
        .take(31)
        .collect();
    let taken = name.trim().is_empty() || name.eq_ignore_ascii_case("about") || name.eq_ignore_ascii_case("history");
    if taken { "Rows".to_owned() } else { name }
}

fn within_limit(text: &str) -> String {
    if text.chars().count() <= CELL_LIMIT {
        return text.to_owned();
    }
    text.chars().take(CELL_LIMIT - 1).chain(['…']).collect()
}

fn excel_date(date: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_ymd(u16::try_from(date.year()).unwrap_or(0), date.month() as u8, date.day() as u8)
}

fn index(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}
