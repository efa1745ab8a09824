use std::collections::BTreeSet;

use super::*;

const ZONES: [Tz; 6] = [
    Tz::Europe__Berlin,
    Tz::Europe__London,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::Africa__Cairo,
    Tz::UTC,
];

fn at(zone: Tz, text: &str) -> DateTime<Tz> {
    zone.from_local_datetime(&NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()).earliest().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn nightly() -> Schedule {
    Schedule::parse("30 2 * * *", Tz::Europe__Berlin).unwrap()
}

#[test]
fn every_business_date_of_2026_has_exactly_one_slot_in_every_zone() {
    let year: Vec<NaiveDate> = day("2025-12-31").iter_days().take(365).collect();
    for zone in ZONES {
        for cron in
            ["30 2 * * *", "0 0 * * *", "30 0 * * *", "15 1 * * *", "*/30 2 * * *", "0 * * * *", "0 59 23 * * *"]
        {
            let schedule = Schedule::parse(cron, zone).unwrap();
            let slots =
                schedule.slots(at(zone, "2026-01-01 00:00") - TimeDelta::seconds(1), at(zone, "2026-12-31 23:59"));
            let dates: Vec<NaiveDate> = slots.iter().map(|slot| slot.as_of).collect();
            assert_eq!(dates, year, "{cron} {zone}");
            assert!(slots.windows(2).all(|pair| pair[0].at < pair[1].at), "{cron} {zone}");
        }
    }
}

#[test]
fn stepping_from_slot_to_slot_finds_the_same_slots_as_listing_them() {
    for zone in ZONES {
        let schedule = Schedule::parse("30 2 * * *", zone).unwrap();
        let (start, end) = (at(zone, "2026-01-01 00:00"), at(zone, "2027-01-01 00:00"));
        let mut stepped = Vec::new();
        let mut after = start;
        while let Some(slot) = schedule.next(after).filter(|slot| slot.at <= end) {
            after = slot.at;
            stepped.push(slot);
        }
        assert_eq!(stepped, schedule.slots(start, end), "{zone}");
    }
}

#[test]
fn the_project_zone_decides_the_business_date() {
    let schedule = Schedule::parse("0 22 * * *", Tz::America__New_York).unwrap();
    let after = at(Tz::America__New_York, "2026-06-10 12:00");
    assert_eq!(schedule.next(after).unwrap().as_of, day("2026-06-09"));
    let schedule = schedule.with_business_zone(Tz::Europe__Berlin);
    assert_eq!(schedule.next(after).unwrap().as_of, day("2026-06-10"));
    let year = schedule.slots(at(Tz::UTC, "2026-01-01 00:00"), at(Tz::UTC, "2027-01-01 00:00"));
    assert_eq!(year.iter().map(|slot| slot.as_of).collect::<BTreeSet<_>>().len(), 365);
    assert_eq!(year.len(), 365);
}

#[test]
fn several_slots_of_one_day_are_one() {
    let schedule = Schedule::parse("0 * * * *", Tz::UTC).unwrap();
    let next = schedule.next(at(Tz::UTC, "2026-06-10 10:30")).unwrap();
    assert_eq!((next.at, next.as_of), (at(Tz::UTC, "2026-06-11 00:00"), day("2026-06-10")));
}

#[test]
fn a_preview_marks_the_days_of_daylight_saving() {
    let schedule = nightly();
    let lines = |from: &str| {
        schedule
            .upcoming(at(Tz::Europe__Berlin, from))
            .take(3)
            .map(|slot| slot.to_string())
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(lines("2026-03-28 00:00"), @r"
    Sat 2026-03-28 02:30 CET  for 2026-03-27
    Sun 2026-03-29 03:00 CEST  for 2026-03-28  (moved: the clock skips its time)
    Mon 2026-03-30 02:30 CEST  for 2026-03-29
    ");
    insta::assert_snapshot!(lines("2026-10-24 00:00"), @r"
    Sat 2026-10-24 02:30 CEST  for 2026-10-23
    Sun 2026-10-25 02:30 CEST  for 2026-10-24  (the first of two: the clock repeats its time)
    Mon 2026-10-26 02:30 CET  for 2026-10-25
    ");
    insta::assert_snapshot!(schedule.describe(), @"At 02:30 (Europe/Berlin)");
}

#[test]
fn midnight_that_does_not_exist_moves_to_one_o_clock() {
    let schedule = Schedule::parse("30 0 * * *", Tz::Africa__Cairo).unwrap();
    let slot = schedule.next(at(Tz::Africa__Cairo, "2026-04-23 12:00")).unwrap();
    assert_eq!(slot.at, at(Tz::Africa__Cairo, "2026-04-24 01:00"));
    assert_eq!((slot.as_of, slot.shift), (day("2026-04-23"), Some(Shift::Skipped)));
}

#[test]
fn all_runs_each_missed_date_last_the_newest_and_none_only_what_is_on_time() {
    let (schedule, done) = (nightly(), Some(day("2026-06-05")));
    let noon = at(Tz::Europe__Berlin, "2026-06-10 12:00");
    let due = |misfire| schedule.due(done, noon, misfire, 7);
    assert_eq!(due(Misfire::All), ["2026-06-06", "2026-06-07", "2026-06-08", "2026-06-09"].map(day));
    assert_eq!(due(Misfire::Last), [day("2026-06-09")]);
    assert!(due(Misfire::None).is_empty());
    let night = at(Tz::Europe__Berlin, "2026-06-10 03:29");
    assert_eq!(schedule.due(done, night, Misfire::None, 7), [day("2026-06-09")]);
}

#[test]
fn nothing_is_due_before_its_time_or_twice() {
    let schedule = nightly();
    let early = at(Tz::Europe__Berlin, "2026-06-10 02:29");
    let on_time = at(Tz::Europe__Berlin, "2026-06-10 02:30");
    for misfire in [Misfire::All, Misfire::Last, Misfire::None] {
        assert!(schedule.due(Some(day("2026-06-08")), early, misfire, 7).is_empty());
        assert_eq!(schedule.due(Some(day("2026-06-08")), on_time, misfire, 7), [day("2026-06-09")]);
        assert!(schedule.due(Some(day("2026-06-09")), on_time, misfire, 7).is_empty());
    }
}

#[test]
fn catching_up_is_bounded_and_a_new_job_has_missed_nothing() {
    let schedule = nightly();
    let noon = at(Tz::Europe__Berlin, "2026-06-10 12:00");
    assert_eq!(schedule.due(Some(day("2026-01-01")), noon, Misfire::All, 2), ["2026-06-08", "2026-06-09"].map(day));
    assert_eq!(schedule.due(None, noon, Misfire::All, 7), [day("2026-06-09")]);
    let weekly = Schedule::parse("0 3 * * MON", Tz::Europe__Berlin).unwrap();
    assert_eq!(weekly.due(Some(day("2026-05-31")), noon, Misfire::Last, 7), [day("2026-06-07")]);
}

#[test]
fn a_clock_that_goes_back_makes_nothing_due() {
    let back = at(Tz::Europe__Berlin, "2026-06-01 12:00");
    assert!(nightly().due(Some(day("2026-06-09")), back, Misfire::All, 7).is_empty());
}

#[test]
fn expressions_that_never_happen_are_refused() {
    insta::assert_snapshot!(Schedule::parse("0 3 30 2 *", Tz::UTC).unwrap_err(), @r"
    `0 3 30 2 *` never happens
    write 5 fields (minute hour day-of-month month day-of-week) or 6 with seconds first, for example `30 2 * * *` for 02:30 every day
    ");
    insta::assert_snapshot!(Schedule::parse("61 2 * * *", Tz::UTC).unwrap_err(), @r"
    `61 2 * * *` is not a cron expression: Number out of bounds
    write 5 fields (minute hour day-of-month month day-of-week) or 6 with seconds first, for example `30 2 * * *` for 02:30 every day
    ");
    insta::assert_snapshot!(Schedule::parse("30 2 * *", Tz::UTC).unwrap_err(), @r"
    `30 2 * *` is not a cron expression: Pattern must have 5 or 6 fields when years are disallowed
    write 5 fields (minute hour day-of-month month day-of-week) or 6 with seconds first, for example `30 2 * * *` for 02:30 every day
    ");
    insta::assert_snapshot!(Schedule::parse("0 30 2 * * * 2026", Tz::UTC).unwrap_err(), @r"
    `0 30 2 * * * 2026` is not a cron expression: Pattern must have 5 or 6 fields when years are disallowed
    write 5 fields (minute hour day-of-month month day-of-week) or 6 with seconds first, for example `30 2 * * *` for 02:30 every day
    ");
}
