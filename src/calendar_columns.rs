//! What a date says of the demand of its day or week: position in the month, nearness of Easter.
//!
//! People are paid and bills are due on days of the month; Easter moves from year to year, and no season of fixed length follows
//! it. Whether it matters to a panel, and how much, is learnt from it: nothing here says which way demand goes. Christmas is left
//! to last year's same days: a column of its own made half of the panels that were tried better and half worse.

use chrono::{Datelike, NaiveDate};

use crate::day::Day;
use crate::models::forecast::Calendar;

/// Days before and after Easter Sunday that are told apart.
const EASTER_DAYS: (i32, i32) = (21, 14);
/// Days of a week.
const WEEK: i32 = 7;
/// Days before Easter Sunday that have an effect of their own, first and last; the last is Easter Monday.
const EASTER_EFFECTS: [(i32, i32); 6] = [(4, 9), (3, 3), (2, 2), (1, 1), (0, 0), (-1, -1)];

/// The calendar of `periods` days, or of as many weeks named by one of their days, from `first` on; period 0 has the number
/// `first_index`. Steps of other lengths say nothing. Weeks have no effects beside their features: a year of them is looked back at
/// as a whole.
pub(crate) fn calendar(first: Day, step_days: i32, periods: usize, first_index: i64) -> Calendar {
    if step_days != 1 && step_days != WEEK {
        return Calendar::default();
    }
    let days: Vec<NaiveDate> = (0..periods).map(|at| (first + at as i32 * step_days).date()).collect();
    let until_easter = |day: NaiveDate| -> i32 {
        easter_sunday(day.year()).map_or(i32::MAX, |easter| (easter - day).num_days() as i32)
    };
    let near = |day: NaiveDate| until_easter(day).clamp(-EASTER_DAYS.1 - 1, EASTER_DAYS.0 + 1);
    let features =
        vec![days.iter().map(|day| day.day() as f32).collect(), days.iter().map(|day| near(*day) as f32).collect()];
    let of = |value: &dyn Fn(NaiveDate) -> f64| -> Vec<f64> { days.iter().map(|day| value(*day)).collect() };
    let angle =
        |day: NaiveDate| std::f64::consts::TAU * (f64::from(day.day()) - 0.5) / f64::from(day.num_days_in_month());
    let month = [1.0, 2.0]
        .into_iter()
        .flat_map(|harmonic: f64| [of(&|day| (harmonic * angle(day)).sin()), of(&|day| (harmonic * angle(day)).cos())]);
    let easter =
        EASTER_EFFECTS.map(|(first, last)| of(&|day| f64::from(u8::from((first..=last).contains(&until_easter(day))))));
    let effects = if step_days == 1 { vec![month.collect(), easter.to_vec()] } else { Vec::new() };
    Calendar { first_index, features, effects }
}

/// Easter Sunday (anonymous Gregorian computus; Meeus, Astronomical Algorithms, chapter 8).
pub(crate) fn easter_sunday(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::from(text.parse::<NaiveDate>().unwrap())
    }

    #[test]
    fn days_know_their_place_in_the_month_and_before_easter() {
        // Easter Sunday of 2026 is 5 April.
        let calendar = calendar(day("2026-04-01"), 1, 30, 100);
        assert_eq!((calendar.first_index, calendar.features[0][0], calendar.features[0][29]), (100, 1.0, 30.0));
        assert_eq!((calendar.features[1][0], calendar.features[1][4], calendar.features[1][29]), (4.0, 0.0, -15.0));
        let easter = &calendar.effects[1];
        assert_eq!(easter.iter().map(|column| column[2]).collect::<Vec<_>>(), [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        assert!(easter.iter().all(|column| column[10] == 0.0));
        // Half of thirty days is half of the circle.
        assert!((calendar.effects[0][0][0] + calendar.effects[0][0][15]).abs() < 1e-9);
    }

    #[test]
    fn weeks_have_features_alone_and_other_steps_nothing() {
        let weeks = calendar(day("2026-03-27"), 7, 3, 0);
        assert_eq!(
            (weeks.features[0].as_slice(), weeks.features[1].as_slice()),
            (&[27.0, 3.0, 10.0][..], &[9.0, 2.0, -5.0][..])
        );
        assert!(weeks.effects.is_empty());
        assert_eq!(calendar(day("2026-03-27"), 30, 3, 0), Calendar::default());
    }
}
