//! The time column: how it is written, and which grid its values lie on.

use chrono::{Datelike, NaiveDate};

use crate::import::frame::Cell;
use crate::import::infer::{date, date_time};

/// Seconds of a day.
pub(super) const SECONDS_PER_DAY: i64 = 86_400;

/// How a time is written. A column has one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeForm {
    /// A whole number: a position, or a week number that counts on over the years.
    Integer,
    /// `2026-11-22`; also a date-time column whose times are all midnight.
    Date,
    /// `2026-11-22 14:00`.
    Seconds,
    /// `2026-W47`, the ISO week.
    Week,
    /// `2026-11`.
    Month,
    /// `2026-Q4`.
    Quarter,
}

impl TimeForm {
    /// The words used in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Integer => "a whole number",
            Self::Date => "a date such as `2026-11-22`",
            Self::Seconds => "a date-time such as `2026-11-22 14:00`",
            Self::Week => "a week such as `2026-W47`",
            Self::Month => "a month such as `2026-11`",
            Self::Quarter => "a quarter such as `2026-Q4`",
        }
    }
}

/// A time as a form and a number: the integer itself, days since 1970 (date; Monday of a week), seconds since 1970,
/// months or quarters since year 0.
pub(super) fn moment(cell: &Cell<'_>) -> Option<(TimeForm, i64)> {
    match cell {
        Cell::Integer(number) => Some((TimeForm::Integer, *number)),
        Cell::Real(number) => whole(*number),
        Cell::Date(days) => Some((TimeForm::Date, i64::from(*days))),
        Cell::Text(text) => moment_in(text.trim()),
        Cell::OwnedText(text) => moment_in(text.trim()),
        Cell::Null | Cell::Flag(_) => None,
    }
}

fn whole(number: f64) -> Option<(TimeForm, i64)> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some((TimeForm::Integer, number as i64))
}

/// The same of a text without blanks around it.
pub(super) fn moment_in(text: &str) -> Option<(TimeForm, i64)> {
    if let Ok(number) = text.parse::<i64>() {
        return Some((TimeForm::Integer, number));
    }
    if let Some(day) = date(text) {
        return Some((TimeForm::Date, i64::from(day.to_epoch_days())));
    }
    if let Some((local, offset)) = date_time(text) {
        return Some((TimeForm::Seconds, local.and_utc().timestamp() - offset.unwrap_or(0)));
    }
    if let Some((year, rest)) = text.get(..4).and_then(|year| Some((year.parse::<i64>().ok()?, text.get(4..)?))) {
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        if let Some(number) = rest.strip_prefix(['W', 'w']).and_then(|week| week.parse::<u32>().ok()) {
            let monday = NaiveDate::from_isoywd_opt(year as i32, number, chrono::Weekday::Mon)?;
            return Some((TimeForm::Week, i64::from(monday.to_epoch_days())));
        }
        if let Some(number) = rest.strip_prefix(['Q', 'q']).and_then(|quarter| quarter.parse::<i64>().ok()) {
            return (1..=4).contains(&number).then_some((TimeForm::Quarter, year * 4 + number - 1));
        }
        // `202611` was taken for a number above: only the form with a hyphen is a month.
        if let Ok(number) = rest.parse::<i64>()
            && rest.len() == 2
        {
            return (1..=12).contains(&number).then_some((TimeForm::Month, year * 12 + number - 1));
        }
    }
    text.parse::<f64>().ok().and_then(whole)
}

/// What one step of the grid is, in the unit of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many of a number that only counts.
    Integer(i64),
    /// So many days.
    Days(i64),
    /// So many calendar months.
    Months(i64),
    /// So many calendar quarters, of a column written in quarters.
    Quarters(i64),
    /// So many seconds.
    Seconds(i64),
}

impl Step {
    /// The length of a step in its unit, at least 1.
    pub fn size(self) -> i64 {
        match self {
            Self::Integer(n) | Self::Days(n) | Self::Months(n) | Self::Quarters(n) | Self::Seconds(n) => n.max(1),
        }
    }

    /// `daily`, `weekly`, `monthly` ...
    pub fn name(self) -> String {
        match self {
            Self::Integer(1) => "one step apart".to_owned(),
            Self::Integer(n) => format!("{n} apart"),
            Self::Days(1) => "daily".to_owned(),
            Self::Days(7) => "weekly".to_owned(),
            Self::Days(n) => format!("every {n} days"),
            Self::Months(1) => "monthly".to_owned(),
            Self::Months(3) | Self::Quarters(1) => "quarterly".to_owned(),
            Self::Months(12) | Self::Quarters(4) => "yearly".to_owned(),
            Self::Months(n) => format!("every {n} months"),
            Self::Quarters(n) => format!("every {n} quarters"),
            Self::Seconds(3600) => "hourly".to_owned(),
            Self::Seconds(n) => format!("every {n} seconds"),
        }
    }
}

/// Which day of the month a monthly date column writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MonthDay {
    Day(u32),
    Last,
}

/// The grid of a file: every time is `index * step + phase`, where each series has a phase of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeAxis {
    form: TimeForm,
    step: Step,
    month_day: MonthDay,
}

impl TimeAxis {
    /// The grid of a form with a step; for monthly steps of dates, `days` are the dates of the file, which must all be
    /// the same day of the month or all its last. `None` when they are not.
    pub(super) fn new(form: TimeForm, step: Step, days: impl Iterator<Item = i64>) -> Option<Self> {
        let mut month_day = MonthDay::Day(1);
        if form == TimeForm::Date && matches!(step, Step::Months(_)) {
            let (mut first, mut same, mut last) = (None, true, true);
            for day in days {
                let date = epoch_date(day)?;
                let number = date.day();
                same &= *first.get_or_insert(number) == number;
                last &= date.succ_opt().is_none_or(|next| next.day() == 1);
            }
            month_day = match (last, same, first) {
                (true, _, _) => MonthDay::Last,
                (false, true, Some(number)) => MonthDay::Day(number),
                _ => return None,
            };
        }
        Some(Self { form, step, month_day })
    }

    /// The step.
    pub fn step(&self) -> Step {
        self.step
    }

    /// The number of a moment in the unit of the step.
    pub(super) fn ordinal(&self, moment: i64) -> i64 {
        match (self.form, self.step) {
            (TimeForm::Date, Step::Months(_)) => {
                epoch_date(moment).map_or(0, |date| i64::from(date.year()) * 12 + i64::from(date.month0()))
            }
            _ => moment,
        }
    }

    /// Index on the grid and phase of an ordinal.
    pub(super) fn index(&self, ordinal: i64) -> (i64, i64) {
        (ordinal.div_euclid(self.step.size()), ordinal.rem_euclid(self.step.size()))
    }

    fn ordinal_at(&self, index: i64, phase: i64) -> i64 {
        index.saturating_mul(self.step.size()).saturating_add(phase)
    }

    /// The date on which the period begins (for months given by their last day: that day), where the form has one.
    pub fn date(&self, index: i64, phase: i64) -> Option<NaiveDate> {
        let ordinal = self.ordinal_at(index, phase);
        match (self.form, self.step) {
            (TimeForm::Integer, _) => None,
            (TimeForm::Seconds, _) => epoch_date(ordinal.div_euclid(SECONDS_PER_DAY)),
            (TimeForm::Quarter, _) => month_date(ordinal.checked_mul(3)?, MonthDay::Day(1)),
            (_, Step::Months(_)) => month_date(ordinal, self.month_day),
            _ => epoch_date(ordinal),
        }
    }

    /// The time as the file would write it.
    pub fn label(&self, index: i64, phase: i64) -> String {
        let ordinal = self.ordinal_at(index, phase);
        let date = self.date(index, phase);
        match (self.form, date) {
            (TimeForm::Date, Some(date)) => date.to_string(),
            (TimeForm::Week, Some(date)) => date.format("%G-W%V").to_string(),
            (TimeForm::Month, Some(date)) => date.format("%Y-%m").to_string(),
            (TimeForm::Quarter, _) => format!("{:04}-Q{}", ordinal.div_euclid(4), ordinal.rem_euclid(4) + 1),
            (TimeForm::Seconds, _) => chrono::DateTime::from_timestamp(ordinal, 0)
                .map_or_else(|| ordinal.to_string(), |moment| moment.format("%Y-%m-%d %H:%M:%S").to_string()),
            _ => ordinal.to_string(),
        }
    }
}

/// The time as the file would write it, before its grid is known.
pub(super) fn moment_text(form: TimeForm, moment: i64) -> String {
    let step = match form {
        TimeForm::Integer => Step::Integer(1),
        TimeForm::Date | TimeForm::Week => Step::Days(1),
        TimeForm::Seconds => Step::Seconds(1),
        TimeForm::Month => Step::Months(1),
        TimeForm::Quarter => Step::Quarters(1),
    };
    TimeAxis { form, step, month_day: MonthDay::Day(1) }.label(moment, 0)
}

/// Days since 1970 as a date.
pub(super) fn epoch_date(days: i64) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(i32::try_from(days).ok()?)
}

fn month_date(month: i64, day: MonthDay) -> Option<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(i32::try_from(month.div_euclid(12)).ok()?, month.rem_euclid(12) as u32 + 1, 1)?;
    let last = first.checked_add_months(chrono::Months::new(1))?.pred_opt()?;
    match day {
        MonthDay::Day(number) => first.with_day(number).or(Some(last)),
        MonthDay::Last => Some(last),
    }
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod tests;
