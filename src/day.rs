//! Business dates and instants as numbers: cheap to copy, to compare and to count with.

use std::fmt;
use std::ops::{Add, Sub};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::table::{date_text, instant_text};

/// A calendar day, counted from 1970-01-01 (day 0): what a date column of a frame holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(i32);

impl Day {
    /// Earlier than every other day.
    pub const MIN: Self = Self(i32::MIN);
    /// Later than every other day.
    pub const MAX: Self = Self(i32::MAX);

    /// The day that lies `number` days after 1970-01-01.
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// Days since 1970-01-01.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The calendar date; days beyond the calendar of `chrono`, 262,000 years away, are its first or last date.
    pub fn date(self) -> NaiveDate {
        let end = if self.0 < 0 { NaiveDate::MIN } else { NaiveDate::MAX };
        NaiveDate::from_epoch_days(self.0).unwrap_or(end)
    }

    /// The same date so many years before; `None` for the 29th of February in most years.
    pub fn years_before(self, years: i32) -> Option<Self> {
        let date = self.date();
        date.with_year(date.year() - years).map(Self::from)
    }

    /// This day and those after it up to `last`, both included; none where `last` is earlier.
    pub fn through(self, last: Self) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator + use<> {
        let n_days = u32::try_from(i64::from(last.0) - i64::from(self.0) + 1).unwrap_or(0);
        (0..n_days).map(move |ahead| self + ahead.cast_signed())
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Self(date.to_epoch_days())
    }
}

impl From<Day> for NaiveDate {
    fn from(day: Day) -> Self {
        day.date()
    }
}

/// The day so many days later.
impl Add<i32> for Day {
    type Output = Self;
    fn add(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

/// The day so many days earlier.
impl Sub<i32> for Day {
    type Output = Self;
    fn sub(self, days: i32) -> Self {
        Self(self.0.saturating_sub(days))
    }
}

/// How many days lie between the two; negative where the first is earlier.
impl Sub for Day {
    type Output = i32;
    fn sub(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }
}

/// `2026-11-22`.
impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&date_text(self.0))
    }
}

/// A point in time, in microseconds since 1970-01-01T00:00:00Z: what an instant column of a frame holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(i64);

impl Instant {
    const MICROS_PER_DAY: i64 = 86_400_000_000;

    /// From microseconds since 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The day it falls on in UTC.
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(Self::MICROS_PER_DAY) as i32)
    }
}

/// `2026-11-22T01:30:00Z`.
impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&instant_text(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates_that_can_be_counted() {
        let day = Day::from(NaiveDate::from_ymd_opt(2026, 2, 27).unwrap());
        assert_eq!((day + 2).to_string(), "2026-03-01");
        assert_eq!((day + 2) - day, 2);
        assert_eq!(day - (day + 2), -2);
        assert_eq!(NaiveDate::from(day - 58), NaiveDate::from_ymd_opt(2025, 12, 31).unwrap());
        assert_eq!(Day::from_number(0).to_string(), "1970-01-01");
    }

    #[test]
    fn a_span_holds_both_its_ends_and_is_empty_backwards() {
        let day = Day::from_number(10);
        assert_eq!(day.through(day + 2).map(Day::number).collect::<Vec<_>>(), [10, 11, 12]);
        assert_eq!(day.through(day).len(), 1);
        assert_eq!(day.through(day - 1).len(), 0);
        assert_eq!(Day::MAX.through(Day::MIN).len(), 0);
    }

    #[test]
    fn days_beyond_the_calendar_do_not_overflow() {
        assert_eq!(Day::MAX + 1, Day::MAX);
        assert_eq!(Day::MIN - 1, Day::MIN);
        assert_eq!((Day::MAX.date(), Day::MIN.date()), (NaiveDate::MAX, NaiveDate::MIN));
    }

    #[test]
    fn an_instant_before_1970_falls_on_the_day_it_is_in() {
        assert_eq!(Instant::from_micros(-1).day(), Day::from_number(-1));
        assert_eq!(Instant::from_micros(86_400_000_000).day(), Day::from_number(1));
        assert_eq!(Instant::from_micros(-1).to_string(), "1969-12-31T23:59:59.999999Z");
    }
}
