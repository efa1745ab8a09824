use serde::Serialize;

use super::*;
use crate::datasets::{Dataset, Source};
use crate::diagnostic::Diagnostics;
use crate::job::{Job, Progress, RunContext};
use crate::publication::Publication;
use crate::quantities::Level;

/// A kind that only has parameters.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Plan {
    service_level: Level,
    horizon_days: Days,
    by_location: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self { service_level: Level::new(0.95).unwrap(), horizon_days: Days::new(28.0).unwrap(), by_location: true }
    }
}

impl Job for Plan {
    const KIND: &'static str = "inventory_plan";
    const DECIDES: &'static str = "what to order";
    const NEEDS: &'static [&'static Dataset] = &[];
    const USES: &'static [&'static Dataset] = &[];
    const PUBLISHES: &'static [&'static crate::published::Table] = &[];
    type Dataset = ();

    async fn load(&self, _: &RunContext, _: &Source<'_>) -> anyhow::Result<()> {
        Ok(())
    }
    fn recommend(&self, _: &RunContext, (): &(), _: &Progress) -> anyhow::Result<Publication> {
        Ok(Publication::default())
    }
}

const KINDS: &[Kind] = &[Kind::of::<Plan>(&[])];

fn parsed(text: &str) -> ParsedJobFile {
    parse("jobs/plan.toml", text, KINDS, Tz::Europe__Berlin)
}

fn faults(text: &str) -> String {
    Diagnostics::new(parsed(text).faults).to_string()
}

#[test]
fn a_full_file_is_read() {
    let text = r#"
kind = "inventory_plan"
after = ["b", "a", "b"]
enabled = false
description = "what to order"

[schedule]
cron = "30 2 * * *"
timezone = "UTC"
misfire = "all"
catchup_days = 3

[limits]
timeout = "1h30m"
attempts = 5

[params]
service_level = 0.9
"#;
    let file = parsed(text);
    assert_eq!(file.faults, []);
    let job = file.job.unwrap();
    assert_eq!((job.name.as_str(), job.kind, job.enabled), ("plan", "inventory_plan", false));
    assert_eq!(job.after, ["a", "b"]);
    assert_eq!(job.limits, Limits { timeout: Duration::from_mins(90), attempts: 5 });
    let timetable = job.schedule.unwrap();
    assert_eq!((timetable.misfire, timetable.catchup_days, timetable.schedule.zone()), (Misfire::All, 3, Tz::UTC));
    assert_eq!(job.params_toml, "service_level = 0.9\nhorizon_days = 28\nby_location = true\n");
}

#[test]
fn a_kind_alone_is_a_job_with_every_default() {
    let job = parsed("kind = \"inventory_plan\"").job.unwrap();
    assert!(job.enabled && job.after.is_empty() && job.schedule.is_none());
    assert_eq!(job.limits, Limits { timeout: Duration::from_hours(2), attempts: 3 });
    assert_eq!(job.params_toml, "service_level = 0.95\nhorizon_days = 28\nby_location = true\n");
}

#[test]
fn the_zone_of_the_project_is_the_default_zone() {
    let job = parsed("kind = \"inventory_plan\"\n[schedule]\ncron = \"30 2 * * *\"").job.unwrap();
    let timetable = job.schedule.unwrap();
    assert_eq!(
        (timetable.schedule.zone(), timetable.misfire, timetable.catchup_days),
        (Tz::Europe__Berlin, Misfire::Last, 7)
    );
}

#[test]
fn unknown_keys_in_header_and_parameters() {
    insta::assert_snapshot!(faults("kind = \"inventory_plan\"\nenable = true\n\n[params]\nservce_level = 0.95\ncolour = 1\n"), @r"
    error: unknown key `enable`
      --> jobs/plan.toml:2:1
      |
    2 | enable = true
      | ^^^^^^
      = help: did you mean `enabled`? allowed here: kind, after, enabled, description, mode, schedule, limits, accept, params

    error: unknown key `servce_level`
      --> jobs/plan.toml:5:1
      |
    5 | servce_level = 0.95
      | ^^^^^^^^^^^^
      = help: did you mean `service_level`? allowed here: service_level, horizon_days, by_location

    error: unknown key `colour`
      --> jobs/plan.toml:6:1
      |
    6 | colour = 1
      | ^^^^^^
      = help: allowed here: service_level, horizon_days, by_location
    ");
}

#[test]
fn wrong_types_in_header_and_parameters() {
    insta::assert_snapshot!(faults("kind = \"inventory_plan\"\nenabled = \"yes\"\nafter = [1]\n[params]\nservice_level = \"0.95\"\nby_location = 1\n"), @r#"
    error: `enabled` must be true or false, found the text "yes"
      --> jobs/plan.toml:2:11
      |
    2 | enabled = "yes"
      |           ^^^^^

    error: an item of `after` must be a text in quotes, found `1`
      --> jobs/plan.toml:3:10
      |
    3 | after = [1]
      |          ^

    error: `service_level` must be a number, found the text "0.95"
      --> jobs/plan.toml:5:17
      |
    5 | service_level = "0.95"
      |                 ^^^^^^
      = help: write it without quotes: `0.95`

    error: `by_location` must be true or false, found `1`
      --> jobs/plan.toml:6:15
      |
    6 | by_location = 1
      |               ^
    "#);
}

#[test]
fn a_level_out_of_range() {
    insta::assert_snapshot!(faults("kind = \"inventory_plan\"\n[params]\nservice_level = 95\nhorizon_days = 0\n"), @r"
    error: `service_level`: a level must be between 0 and 1, both excluded (0.95 means 95 %), got 95
      --> jobs/plan.toml:3:17
      |
    3 | service_level = 95
      |                 ^^

    error: `horizon_days`: a number of days must be a whole number from 1 to 3660, got 0
      --> jobs/plan.toml:4:16
      |
    4 | horizon_days = 0
      |                ^
    ");
}

#[test]
fn a_bad_schedule() {
    insta::assert_snapshot!(
        faults("kind = \"inventory_plan\"\n[schedule]\ncron = \"30 25 * * *\"\ntimezone = \"Europe/Berln\"\nmisfire = \"lst\"\n[limits]\ntimeout = \"2 hours\"\nattempts = 0\n"),
        @r#"
        error: `cron`: `30 25 * * *` is not a cron expression: Number out of bounds
          --> jobs/plan.toml:3:8
          |
        3 | cron = "30 25 * * *"
          |        ^^^^^^^^^^^^^
          = help: write 5 fields (minute hour day-of-month month day-of-week) or 6 with seconds first, for example `30 2 * * *` for 02:30 every day

        error: `timezone`: `Europe/Berln` is not an IANA time zone
          --> jobs/plan.toml:4:12
          |
        4 | timezone = "Europe/Berln"
          |            ^^^^^^^^^^^^^^
          = help: did you mean `Europe/Berlin`? a zone is written like `Europe/Berlin` or `UTC`

        error: `misfire` cannot be `lst`
          --> jobs/plan.toml:5:11
          |
        5 | misfire = "lst"
          |           ^^^^^
          = help: did you mean `last`? allowed here: all, last, none

        error: `timeout`: `2 hours` is not a duration above 0
          --> jobs/plan.toml:7:11
          |
        7 | timeout = "2 hours"
          |           ^^^^^^^^^
          = help: write it like `90s`, `30m`, `2h` or `1h30m`

        error: `attempts`: a count must be a whole number from 1 to 4294967295, got 0
          --> jobs/plan.toml:8:12
          |
        8 | attempts = 0
          |            ^
        "#
    );
    insta::assert_snapshot!(faults("kind = \"inventory_plan\"\n[schedule]\nmisfire = \"all\"\n"), @r#"
    error: missing key `cron`
      --> jobs/plan.toml:2:1
      |
    2 | [schedule]
      | ^^^^^^^^^^
      = help: for example `cron = "30 2 * * *"` for 02:30 every day
    "#);
}

#[test]
fn an_unknown_or_missing_kind() {
    insta::assert_snapshot!(faults("kind = \"inventry_plan\"\n"), @r#"
    error: unknown kind `inventry_plan`
      --> jobs/plan.toml:1:8
      |
    1 | kind = "inventry_plan"
      |        ^^^^^^^^^^^^^^^
      = help: did you mean `inventory_plan`? allowed here: inventory_plan
    "#);
    insta::assert_snapshot!(faults("enabled = true\n"), @r"
    error: missing key `kind`
      --> jobs/plan.toml
       = help: allowed here: inventory_plan
    ");
    insta::assert_snapshot!(faults("kind = 3\n"), @r"
    error: `kind` must be a text in quotes, found `3`
      --> jobs/plan.toml:1:8
      |
    1 | kind = 3
      |        ^
    ");
}

#[test]
fn a_file_name_that_is_no_job_name() {
    let file = parse("jobs/Weekly-Plan.toml", "kind = \"inventory_plan\"\n", KINDS, Tz::UTC);
    insta::assert_snapshot!(Diagnostics::new(file.faults), @r"
    error: `Weekly-Plan` cannot be the name of a job
      --> jobs/Weekly-Plan.toml
       = help: a job file is named in small letters, digits and `_`, a letter first, for example `nightly_orders.toml`
    ");
}

#[test]
fn dependencies_that_are_unknown_or_circular() {
    let file = |name: &str, after: &str| {
        parse(&format!("jobs/{name}.toml"), &format!("kind = \"inventory_plan\"\nafter = [{after}]\n"), KINDS, Tz::UTC)
    };
    let files = [
        file("forecast", "\"orders\""),
        file("orders", "\"rules\", \"forcast\""),
        file("rules", "\"forecast\""),
        file("selfish", "\"selfish\""),
        file("fine", "\"rules\""),
    ];
    insta::assert_snapshot!(Diagnostics::new(check_dependencies(&files)), @r#"
    error: jobs wait for each other: rules -> forecast -> orders -> rules
      --> jobs/orders.toml:2:10
      |
    2 | after = ["rules", "forcast"]
      |          ^^^^^^^
      = help: take one of these `after` entries out

    error: `after` names an unknown job `forcast`
      --> jobs/orders.toml:2:19
      |
    2 | after = ["rules", "forcast"]
      |                   ^^^^^^^^^
      = help: did you mean `forecast`? allowed here: fine, forecast, orders, rules, selfish

    error: jobs wait for each other: selfish -> selfish
      --> jobs/selfish.toml:2:10
      |
    2 | after = ["selfish"]
      |          ^^^^^^^^^
      = help: take one of these `after` entries out
    "#);
}

#[test]
fn a_gate_is_accepted_until_a_date_with_or_without_quotes() {
    for written in ["2026-12-24", "\"2026-12-24\""] {
        let text = format!(
            "kind = \"inventory_plan\"\n[[accept]]\ngate = \"g\"\nby = \"b\"\nwhy = \"w\"\nuntil = {written}\n"
        );
        let job = parse("jobs/a.toml", &text, KINDS, Tz::UTC).job.unwrap();
        assert_eq!(job.accepted[0].until, NaiveDate::from_ymd_opt(2026, 12, 24), "{written}");
    }
    let faults = parse(
        "jobs/a.toml",
        "kind = \"inventory_plan\"\n[[accept]]\ngate = \"g\"\nby = \"b\"\nwhy = \"w\"\nuntil = 24\n",
        KINDS,
        Tz::UTC,
    )
    .faults;
    assert_eq!(faults[0].message, "`until`: `24` is not a date");
}
