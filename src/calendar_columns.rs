//! What a date says of the demand of its day or week: position in the month, nearness of Easter and of Christmas.
//!
//! People are paid and bills are due on days of the month; Easter moves from year to year; the last weeks of December are like no
//! others. Whether it matters to a panel, and how much, is learnt from it: nothing here says which way demand goes.

use chrono::{Datelike, NaiveDate};

use crate::day::Day;
use crate::models::forecast::Calendar;

/// Days before and after Easter Sunday that are told apart.
const EASTER_DAYS: (i32, i32) = (21, 14);
/// The same of Christmas Day.
const CHRISTMAS_DAYS: (i32, i32) = (35, 14);
/// Days of a week.
const WEEK: i32 = 7;

/// The calendar of `periods` days, or of as many weeks named by one of their days, from `first` on; period 0 has the number
/// `first_index`. Steps of other lengths say nothing.
pub(crate) fn calendar(first: Day, step_days: i32, periods: usize, first_index: i64) -> Calendar {
    if step_days != 1 && step_days != WEEK {
        return Calendar::default();
    }
    let days: Vec<NaiveDate> = (0..periods).map(|at| (first + at as i32 * step_days).date()).collect();
    let of = |value: &dyn Fn(NaiveDate) -> f64| -> Vec<f64> { days.iter().map(|day| value(*day)).collect() };
    let feature = |value: &dyn Fn(NaiveDate) -> f64| -> Vec<f32> { of(value).into_iter().map(|x| x as f32).collect() };
    let easter = |day: NaiveDate| -> i32 {
        easter_sunday(day.year()).map_or(i32::MAX, |easter| (easter - day).num_days() as i32)
    };
    let christmas = |day: NaiveDate| -> i32 {
        let next =
            |year| NaiveDate::from_ymd_opt(year, 12, 25).map_or(i32::MAX, |feast| (feast - day).num_days() as i32);
        let last = next(day.year() - 1);
        if last >= -CHRISTMAS_DAYS.1 { last } else { next(day.year()) }
    };
    let clipped = |until: i32, (before, after): (i32, i32)| f64::from(until.clamp(-after - 1, before + 1));
    let features = vec![
        feature(&|day| f64::from(day.day())),
        feature(&|day| clipped(easter(day), EASTER_DAYS)),
        feature(&|day| clipped(christmas(day), CHRISTMAS_DAYS)),
    ];
    let within = |until: i32, from: i32, to: i32| f64::from(u8::from((from..=to).contains(&until)));
    let month = |harmonic: f64| {
        let angle = move |day: NaiveDate| {
            std::f64::consts::TAU * harmonic * (f64::from(day.day()) - 0.5) / f64::from(day.num_days_in_month())
        };
        [of(&|day| angle(day).sin()), of(&|day| angle(day).cos())]
    };
    let effects = if step_days == 1 {
        let near = |from, to| of(&|day| within(easter(day), from, to));
        let feast = |from, to| of(&|day| within(christmas(day), from, to));
        let ramp = of(&|day| f64::from((15 - christmas(day)).clamp(0, 15)) * within(christmas(day), 1, 14) / 14.0);
        vec![
            [month(1.0), month(2.0)].concat(),
            vec![near(4, 9), near(3, 3), near(2, 2), near(1, 1), near(0, 0), near(-1, -1)],
            vec![ramp, feast(1, 1), feast(0, 0), feast(-1, -1), feast(-6, -6), feast(-7, -7), feast(-12, -8)],
        ]
    } else {
        // A year of weeks is looked back at as a whole: what effects say beside it made four panels of weeks worse.
        Vec::new()
    };
    let (mut features, mut effects): (Vec<Vec<f32>>, Vec<Vec<Vec<f64>>>) = (features, effects);
    let has = |name: &str| std::env::var("CAL").map_or(true, |text| text.contains(name));
    let keep = ["fd", "fe", "fx"].map(has);
    let mut at = 0;
    features.retain(|_| {
        at += 1;
        keep[at - 1]
    });
    let keep = ["ed", "ee", "ex"].map(has);
    let mut at = 0;
    effects.retain(|_| {
        at += 1;
        keep[at - 1]
    });
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
