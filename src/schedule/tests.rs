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
fn what_has_fallen_due_is_bounded_by_the_days_that_are_caught_up() {
    let schedule = nightly();
    let due = |now: &str, days| -> Vec<NaiveDate> {
        schedule.fallen_due(at(Tz::Europe__Berlin, now), days).into_iter().map(|slot| slot.as_of).collect()
    };
    assert_eq!(due("2026-06-10 02:29", 2), [day("2026-06-08")]);
    assert_eq!(due("2026-06-10 02:30", 2), ["2026-06-08", "2026-06-09"].map(day));
    assert_eq!(due("2026-06-10 12:00", 7).len(), 7);
}

/// Every business date of a year once, in every pair of a zone of business dates and one of expressions.
#[test]
fn every_business_date_has_its_slot_once_in_every_pair_of_zones() {
    let zones = [
        Tz::Europe__Berlin,
        Tz::Europe__London,
        Tz::America__New_York,
        Tz::Australia__Lord_Howe,
        Tz::Africa__Cairo,
        Tz::UTC,
    ];
    let crons = ["30 2 * * *", "0 0 * * *", "30 1 * * *", "30 22 * * *", "59 23 * * *", "0 * * * *", "*/15 * * * *"];
    for business in zones {
        for of_cron in zones {
            for cron in crons {
                let schedule = Schedule::parse(cron, of_cron).unwrap().with_business_zone(business);
                let slots = schedule.slots(at(Tz::UTC, "2025-12-25 00:00"), at(Tz::UTC, "2027-02-10 00:00"));
                let dates: Vec<NaiveDate> = slots.iter().map(|slot| slot.as_of).collect();
                let first = dates[0];
                let expected: Vec<NaiveDate> = first.iter_days().take(dates.len()).collect();
                assert_eq!(dates, expected, "{cron} in {of_cron}, business dates of {business}");
                assert!(slots.is_sorted_by_key(|slot| slot.at));
                for slot in &slots {
                    let today = slot.at.with_timezone(&business).date_naive();
                    assert!(slot.as_of < today, "{cron} in {of_cron}: {} is not over in {business}", slot.as_of);
                }
            }
        }
    }
}

#[test]
fn an_expression_that_matches_often_says_that_the_first_of_a_day_counts() {
    let often = Schedule::parse("*/15 * * * *", Tz::UTC).unwrap();
    assert!(
        often.is_often() && often.describe().contains("of which the first of a day counts"),
        "{}",
        often.describe()
    );
    assert!(!nightly().is_often());
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

fn promised(cron: &str, deliver_by: &str) -> Timetable {
    let schedule = Schedule::parse(cron, Tz::Europe__Berlin).unwrap();
    let deliver_by = Some(TimeOfDay::try_from(deliver_by.to_owned()).unwrap().get());
    Timetable {
        schedule,
        misfire: Misfire::Last,
        catchup_days: 7,
        catchup_max: None,
        jitter: Duration::ZERO,
        deliver_by,
    }
}

#[test]
fn the_deadline_is_the_first_of_its_time_after_a_slot_also_when_the_clocks_change() {
    let deadline = |cron: &str, by: &str, due: &str| {
        promised(cron, by).deadline(at(Tz::Europe__Berlin, due).to_utc()).unwrap().to_rfc3339()
    };
    assert_eq!(deadline("30 2 * * *", "06:30", "2026-06-10 02:30"), "2026-06-10T06:30:00+02:00");
    assert_eq!(deadline("0 22 * * *", "06:30", "2026-06-10 22:00"), "2026-06-11T06:30:00+02:00", "the next morning");
    assert_eq!(deadline("30 6 * * *", "06:30", "2026-06-10 06:30"), "2026-06-10T06:30:00+02:00", "at once");
    let at_the_end_of_the_gap = deadline("30 2 * * *", "03:00", "2026-03-29 03:00");
    assert_eq!(at_the_end_of_the_gap, "2026-03-29T03:00:00+02:00", "not a day later");
    assert_eq!(deadline("0 1 * * *", "02:30", "2026-03-29 01:00"), "2026-03-29T03:00:00+02:00", "02:30 is skipped");
    assert_eq!(deadline("0 1 * * *", "02:30", "2026-10-25 01:00"), "2026-10-25T02:30:00+02:00", "the first of two");
    assert!(Timetable { deliver_by: None, ..promised("30 2 * * *", "06:30") }.deadline(DateTime::UNIX_EPOCH).is_none());
}

#[test]
fn a_publication_is_valid_until_the_next_should_be_there() {
    let until = |timetable: &Timetable, as_of: &str| timetable.valid_until(day(as_of)).unwrap().to_rfc3339();
    assert_eq!(until(&promised("30 2 * * *", "06:30"), "2026-06-09"), "2026-06-11T06:30:00+02:00");
    let unpromised = Timetable { deliver_by: None, ..promised("30 2 * * *", "06:30") };
    assert_eq!(until(&unpromised, "2026-06-09"), "2026-06-11T03:30:00+02:00", "an hour after it falls due");
    let weekly = Timetable { deliver_by: None, ..promised("0 3 * * MON", "06:30") };
    assert_eq!(until(&weekly, "2026-06-07"), "2026-06-15T04:00:00+02:00");
    assert_eq!(until(&weekly, "2026-06-10"), "2026-06-15T04:00:00+02:00", "one that was run by hand in between");
}

#[test]
fn a_time_of_day_has_hours_and_minutes() {
    insta::assert_snapshot!(TimeOfDay::try_from("6.30 am".to_owned()).unwrap_err(), @r"
    `6.30 am` is not a time of day
    write hours and minutes, for example `06:30`
    ");
    assert!(
        ["24:00", "06:60", "", "06:30:00"].map(|text| TimeOfDay::try_from(text.to_owned()).is_err()).iter().all(|e| *e)
    );
    assert_eq!(TimeOfDay::try_from("6:05".to_owned()).unwrap().get(), NaiveTime::from_hms_opt(6, 5, 0).unwrap());
}

#[test]
fn a_slot_that_waits_for_its_data_is_not_given_up_before_its_deadline() {
    let timetable = Timetable { misfire: Misfire::None, ..promised("30 2 * * *", "06:30") };
    let slot = timetable.schedule.next(at(Tz::Europe__Berlin, "2026-06-10 00:00")).unwrap();
    assert_eq!(timetable.window_end(&slot).to_rfc3339(), "2026-06-10T07:30:00+02:00");
    let unpromised = Timetable { deliver_by: None, ..timetable };
    assert_eq!(unpromised.window_end(&slot).to_rfc3339(), "2026-06-10T03:30:00+02:00");
}

#[test]
fn closed_days_have_no_slot_and_what_was_published_before_them_is_valid_until_after() {
    let closed = Arc::new([day("2026-12-25"), day("2026-12-26")].into());
    let timetable = Timetable {
        schedule: nightly(),
        misfire: Misfire::All,
        catchup_days: 7,
        catchup_max: None,
        jitter: Duration::ZERO,
        deliver_by: None,
    };
    let timetable = timetable.of_project(&closed, "shop/plan");
    let after = at(Tz::Europe__Berlin, "2026-12-24 12:00");
    let dates: Vec<NaiveDate> = timetable.schedule.upcoming(after).take(3).map(|slot| slot.as_of).collect();
    assert_eq!(dates, [day("2026-12-24"), day("2026-12-27"), day("2026-12-28")]);
    let until = timetable.valid_until(day("2026-12-24")).unwrap();
    assert_eq!(until, at(Tz::Europe__Berlin, "2026-12-28 03:30"));
    let due = timetable.fallen_due(at(Tz::Europe__Berlin, "2026-12-28 12:00"));
    assert!(due.iter().all(|slot| !closed.contains(&slot.as_of)), "{due:?}");
}

#[test]
fn jitter_moves_all_slots_of_a_job_alike_and_loses_none() {
    let of_job = |salt: &str| {
        let schedule = Schedule::parse("50 23 * * *", Tz::Europe__Berlin).unwrap();
        let jitter = Duration::from_mins(30);
        let timetable =
            Timetable { schedule, misfire: Misfire::All, catchup_days: 7, catchup_max: None, jitter, deliver_by: None };
        timetable.of_project(&Arc::default(), salt)
    };
    let mut minutes = BTreeSet::new();
    for job in 0..40 {
        let timetable = of_job(&format!("shop/{job}"));
        let schedule = &timetable.schedule;
        // Also where a slot slips past midnight, and just before it is due.
        let mut after = at(Tz::Europe__Berlin, "2026-03-20 00:00");
        let mut dates = Vec::new();
        for _ in 0..20 {
            let slot = schedule.next(after).unwrap();
            let moved = slot.at - at(Tz::Europe__Berlin, &format!("{} 23:50", slot.as_of.succ_opt().unwrap()));
            assert!((TimeDelta::zero()..TimeDelta::minutes(30)).contains(&moved), "{moved}");
            minutes.insert(moved.num_minutes());
            assert_eq!(schedule.next(slot.at - TimeDelta::seconds(1)).unwrap(), slot);
            dates.push(slot.as_of);
            after = slot.at;
        }
        assert!(dates.windows(2).all(|pair| pair[0].succ_opt() == Some(pair[1])), "{dates:?}");
        assert_eq!(
            schedule.next(at(Tz::Europe__Berlin, "2026-03-20 00:00")),
            of_job(&format!("shop/{job}")).schedule.next(at(Tz::Europe__Berlin, "2026-03-20 00:00"))
        );
    }
    assert!(minutes.len() > 15, "{minutes:?}");
}
