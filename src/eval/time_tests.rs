use super::*;

fn read(text: &str) -> Option<(TimeForm, i64)> {
    moment(&Cell::Text(text))
}

#[test]
fn every_form_is_read_and_written_back() {
    let cases = [
        ("17", TimeForm::Integer, Step::Integer(1)),
        ("-3", TimeForm::Integer, Step::Integer(1)),
        ("2026-11-22", TimeForm::Date, Step::Days(7)),
        ("2026-11-22 14:00:00", TimeForm::Seconds, Step::Seconds(3600)),
        ("2026-W47", TimeForm::Week, Step::Days(7)),
        ("2020-W53", TimeForm::Week, Step::Days(7)),
        ("1998-01", TimeForm::Month, Step::Months(1)),
        ("2026-Q4", TimeForm::Quarter, Step::Quarters(1)),
    ];
    for (text, form, step) in cases {
        let (found, value) = read(text).unwrap();
        assert_eq!(found, form, "{text}");
        let axis = TimeAxis::new(form, step, [value].into_iter()).unwrap();
        let (index, phase) = axis.index(axis.ordinal(value));
        assert_eq!(axis.label(index, phase), text);
        assert_eq!(moment_text(form, value), text);
    }
    assert_eq!(read("3.0"), Some((TimeForm::Integer, 3)));
    assert_eq!(read("2026Q4"), read("2026-Q4"));
    assert_eq!(read(" 2026w47 "), read("2026-W47"));
}

#[test]
fn what_is_no_time_is_refused() {
    for text in ["", "soon", "2026-13", "2026-Q5", "2026-W54", "2026-02-30", "3.5", "NaN", "22.11.2026", "é026-1"] {
        assert_eq!(read(text), None, "{text}");
    }
    assert_eq!(moment(&Cell::Null), None);
    assert_eq!(moment(&Cell::Date(20_000)), Some((TimeForm::Date, 20_000)));
}

#[test]
fn months_follow_the_calendar_whatever_day_they_are_written_by() {
    let days = |texts: &[&str]| -> Vec<i64> { texts.iter().map(|text| read(text).unwrap().1).collect() };
    let last = days(&["2026-01-31", "2026-02-28", "2026-03-31"]);
    let axis = TimeAxis::new(TimeForm::Date, Step::Months(1), last.iter().copied()).unwrap();
    let (index, phase) = axis.index(axis.ordinal(last[2]));
    assert_eq!(axis.label(index + 1, phase), "2026-04-30");
    let fifteenth = days(&["2026-01-15", "2026-02-15"]);
    let axis = TimeAxis::new(TimeForm::Date, Step::Months(1), fifteenth.iter().copied()).unwrap();
    let (index, phase) = axis.index(axis.ordinal(fifteenth[1]));
    assert_eq!(axis.label(index + 1, phase), "2026-03-15");
    let uneven = days(&["2026-01-15", "2026-02-16"]);
    assert_eq!(TimeAxis::new(TimeForm::Date, Step::Months(1), uneven.into_iter()), None);
}

#[test]
fn weeks_of_two_series_keep_their_own_weekday() {
    let axis = TimeAxis::new(TimeForm::Date, Step::Days(7), [].into_iter()).unwrap();
    let friday = read("2010-02-05").unwrap().1;
    let (index, phase) = axis.index(friday);
    assert_eq!(axis.label(index + 1, phase), "2010-02-12");
    assert_eq!(axis.date(index, phase).unwrap().to_string(), "2010-02-05");
}

#[test]
fn times_beyond_the_calendar_have_no_date_and_do_not_panic() {
    let axis = TimeAxis::new(TimeForm::Date, Step::Days(1), [].into_iter()).unwrap();
    assert_eq!(axis.date(i64::MAX, 0), None);
    assert_eq!(axis.label(i64::MAX, 0), i64::MAX.to_string());
    let axis = TimeAxis::new(TimeForm::Quarter, Step::Quarters(1), [].into_iter()).unwrap();
    assert_eq!(axis.date(i64::MAX, 0), None);
}
