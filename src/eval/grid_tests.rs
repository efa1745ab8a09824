use chrono::NaiveDate;

use super::*;

fn day(text: &str) -> i64 {
    i64::from(text.parse::<NaiveDate>().unwrap().to_epoch_days())
}

fn series(label: &str, moments: &[i64]) -> RawSeries {
    let point = |(at, moment): (usize, &i64)| Point {
        moment: *moment,
        value: 1.0,
        line: at as u64 + 2,
        row: at as u64,
        place: at as u32,
        test: false,
        masked: false,
    };
    let points = moments.iter().enumerate().map(point).collect();
    RawSeries { label: label.to_owned(), keys: vec![label.to_owned()], points, known: Vec::new() }
}

fn step(form: TimeForm, all: &[RawSeries]) -> Step {
    find_axis("sales.csv", form, all, None).unwrap().step()
}

fn refused(form: TimeForm, all: &[RawSeries]) -> String {
    find_axis("sales.csv", form, all, None).unwrap_err().to_string()
}

fn every(first: &str, days: i64, count: i64) -> Vec<i64> {
    (0..count).map(|at| day(first) + at * days).collect()
}

fn month_starts(count: u32) -> Vec<i64> {
    (0..count).map(|at| day(&format!("{}-{:02}-01", 2020 + at / 12, at % 12 + 1))).collect()
}

#[test]
fn the_common_steps_are_found() {
    assert_eq!(step(TimeForm::Date, &[series("a", &every("2026-01-01", 1, 30))]), Step::Days(1));
    assert_eq!(step(TimeForm::Date, &[series("a", &every("2026-01-02", 7, 30))]), Step::Days(7));
    assert_eq!(step(TimeForm::Date, &[series("a", &every("2026-01-02", 28, 9))]), Step::Days(28));
    assert_eq!(step(TimeForm::Date, &[series("a", &month_starts(24))]), Step::Months(1));
    let quarters: Vec<i64> = month_starts(24).into_iter().step_by(3).collect();
    assert_eq!(step(TimeForm::Date, &[series("a", &quarters)]), Step::Months(3));
    let years: Vec<i64> = month_starts(60).into_iter().step_by(12).collect();
    assert_eq!(step(TimeForm::Date, &[series("a", &years)]), Step::Months(12));
    assert_eq!(step(TimeForm::Integer, &[series("a", &[5, 10, 15, 25])]), Step::Integer(5));
    assert_eq!(step(TimeForm::Month, &[series("a", &[24_000, 24_001, 24_005])]), Step::Months(1));
}

#[test]
fn gaps_do_not_hide_the_step() {
    assert_eq!(step(TimeForm::Integer, &[series("a", &[40, 46, 47, 48, 50, 51, 52, 53, 54, 57])]), Step::Integer(1));
    // Shops that close at the weekend are daily with gaps.
    let workdays: Vec<i64> = every("2026-01-05", 1, 70).into_iter().filter(|day| (day + 3) % 7 < 5).collect();
    assert_eq!(step(TimeForm::Date, &[series("a", &workdays)]), Step::Days(1));
}

#[test]
fn a_file_of_single_points_has_steps_of_one() {
    assert_eq!(step(TimeForm::Date, &[series("a", &[day("2026-01-01")]), series("b", &[])]), Step::Days(1));
}

#[test]
fn two_frequencies_in_one_file_are_refused_by_name() {
    let daily = series("D", &every("2026-01-01", 1, 60));
    let weekly = series("W", &every("2026-01-02", 7, 20));
    let monthly = series("M", &month_starts(24));
    let quarterly = series("Q", &month_starts(24).into_iter().step_by(3).collect::<Vec<_>>());
    let error = refused(TimeForm::Date, &[daily, weekly]);
    assert!(error.contains("mixed frequencies: series `D` is daily, series `W` (from line 2) is weekly"), "{error}");
    assert!(error.contains("--frequency"), "{error}");
    let weekly = series("W", &every("2026-01-02", 7, 60));
    let error = refused(TimeForm::Date, &[weekly, monthly]);
    assert!(error.contains("`W` is weekly, series `M` (from line 2) is monthly"), "{error}");
    let error = refused(TimeForm::Date, &[series("M", &month_starts(24)), quarterly]);
    assert!(error.contains("`M` is monthly, series `Q` (from line 2) is quarterly"), "{error}");
}

#[test]
fn a_series_that_changes_its_frequency_is_refused() {
    let mut moments = every("2024-01-05", 7, 30);
    moments.extend(every("2024-08-03", 1, 60));
    let error = refused(TimeForm::Date, &[series("S", &moments)]);
    assert!(error.contains("mixed frequencies: series `S` is daily here and weekly from line 2"), "{error}");
}

#[test]
fn a_row_off_the_grid_is_refused_with_both_lines() {
    let mut moments = every("2024-01-05", 7, 30);
    moments[12] += 2;
    let error = refused(TimeForm::Date, &[series("S", &moments)]);
    assert!(error.contains("series `S` is not weekly throughout"), "{error}");
    assert!(error.contains("`2024-03-31` in line 14 comes after `2024-03-22` in line 13"), "{error}");
}

#[test]
fn months_written_by_different_days_are_refused() {
    let mut moments = month_starts(24);
    moments[5] += 3;
    let error = refused(TimeForm::Date, &[series("S", &moments)]);
    assert!(error.contains("`2020-01-01` in line 2, `2020-06-04` in line 7"), "{error}");
}

#[test]
fn a_frequency_that_was_asked_for_settles_it() {
    let daily = series("D", &every("2026-01-01", 1, 60));
    let weekly = series("W", &every("2026-01-02", 7, 20));
    let axis = find_axis("sales.csv", TimeForm::Date, &[daily, weekly], Some(Frequency::Day)).unwrap();
    assert_eq!(axis.step(), Step::Days(1));
    let error = find_axis("sales.csv", TimeForm::Integer, &[series("a", &[1, 2])], Some(Frequency::Week)).unwrap_err();
    assert!(error.to_string().contains("does not fit a time column of a whole number"), "{error}");
    assert_eq!("week".parse(), Ok(Frequency::Week));
    assert_eq!("4".parse(), Ok(Frequency::Every(4)));
    assert!("0".parse::<Frequency>().is_err());
}
