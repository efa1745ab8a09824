//! Days: events that move demand, and the clock on the wall in Berlin.

use chrono::{Datelike, NaiveDate, Offset, TimeZone};
use chrono_tz::Europe::Berlin;

/// An event in the calendar table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    BlackFriday,
    ChristmasSeason,
    ChristmasDay,
    EasterWeek,
    NewYear,
}

impl Event {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::BlackFriday => "black_friday",
            Self::ChristmasSeason => "christmas_season",
            Self::ChristmasDay => "christmas_day",
            Self::EasterWeek => "easter_week",
            Self::NewYear => "new_year",
        }
    }
}

/// Days since 1970-01-01.
pub(super) fn day_number(date: NaiveDate) -> i32 {
    date.to_epoch_days()
}

/// The date of a day number; the first representable date for one out of range.
pub(super) fn date_of(day: i32) -> NaiveDate {
    NaiveDate::from_epoch_days(day).unwrap_or_default()
}

/// Monday is 0.
pub(super) const fn weekday(day: i32) -> usize {
    (day + 3).rem_euclid(7) as usize
}

/// The event of a day, if any.
pub(super) fn event(day: i32) -> Option<Event> {
    let date = date_of(day);
    match (date.month(), date.day()) {
        (1, 1) => Some(Event::NewYear),
        (12, 10..=24) => Some(Event::ChristmasSeason),
        (12, 25) => Some(Event::ChristmasDay),
        (11, 23..=29) if weekday(day) == 4 => Some(Event::BlackFriday),
        (3 | 4, _) => {
            let days_before_easter = easter_sunday(date.year()).map_or(0, |sunday| sunday - day);
            (1..=3).contains(&days_before_easter).then_some(Event::EasterWeek)
        }
        _ => None,
    }
}

/// Microseconds since 1970-01-01T00:00:00Z at which day `day` in Berlin is `second` seconds old, for seconds in opening
/// hours (never near a change of the clocks).
pub(super) fn berlin_day_start(day: i32) -> i64 {
    let noon = date_of(day).and_hms_opt(12, 0, 0).unwrap_or_default();
    let offset = Berlin.offset_from_utc_datetime(&noon).fix().local_minus_utc();
    (i64::from(day) * 86_400 - i64::from(offset)) * 1_000_000
}

/// The day of Easter Sunday.
pub(super) fn easter_sunday(year: i32) -> Option<i32> {
    crate::calendar_columns::easter_sunday(year).map(day_number)
}
