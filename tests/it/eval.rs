//! `nightclerk eval`, as somebody tries it on a file of their own.

use std::fmt::Write as _;

use crate::support::Project;

/// Three shops, 60 months: a season, growth, and a little noise.
fn shops() -> String {
    let mut text = "shop,month,units\n".to_owned();
    for shop in 1..=3 {
        for t in 0..60 {
            let season = 1.0 + 0.3 * (f64::from(t % 12) * std::f64::consts::FRAC_PI_6).sin();
            let noise = f64::from((t * 7919 + shop * 31) % 13) / 13.0;
            let units = 100.0 * f64::from(shop) * season + f64::from(t) + 5.0 * noise;
            let _ = writeln!(text, "S{shop},{}-{:02},{units:.2}", 2020 + t / 12, t % 12 + 1);
        }
    }
    text
}

const ASK: [&str; 11] =
    ["eval", "forecast", "shops.csv", "--id", "shop", "--time", "month", "--value", "units", "--season", "12"];

#[test]
fn a_file_is_forecast_scored_and_written() {
    let project = Project::empty();
    project.write("shops.csv", &shops());
    for model in ["auto", "mean", "ets", "theta", "ces", "arima", "mstl", "gbm", "seasonal_naive"] {
        let arguments = [&ASK[..], &["--horizon", "6", "--model", model, "--output", "out.csv", "--json"]].concat();
        let scores = project.run(&arguments).exits(0).json();
        let number = |key: &str| scores[key].as_f64().unwrap_or_else(|| panic!("{model}: no {key} in {scores}"));
        assert_eq!((number("n_series"), number("horizon"), number("failed")), (3.0, 6.0, 0.0), "{model}: {scores}");
        let worst = if model == "seasonal_naive" { 1.3 } else { 0.9 };
        assert!(number("mase") < worst, "{model}: {scores}");
        for key in ["smape", "rmsse", "wape", "owa", "coverage_80", "coverage_95"] {
            assert!(number(key) >= 0.0, "{model}");
        }
        assert!(scores["pinball"]["0.9"].as_f64().unwrap() > 0.0, "{model}: {scores}");
        assert_eq!(project.read("out.csv").lines().count(), 1 + 3 * 6, "{model}");
    }
}

#[test]
fn what_is_forecast_does_not_depend_on_the_test_or_on_the_threads() {
    let project = Project::empty();
    let text = shops();
    project.write("shops.csv", &text);
    let forecast = |threads: &str| {
        let arguments = [&ASK[..], &["--horizon", "6", "--threads", threads, "--output", "out.csv"]].concat();
        project.run(&arguments).exits(0);
        project.read("out.csv")
    };
    let plain = forecast("1");
    assert_eq!(forecast("2"), plain);
    // The last six months of every shop are the test.
    let altered: String = text
        .lines()
        .map(
            |line| {
                if line.contains(",2024-1") || line.contains(",2024-0") { test_month(line) } else { line.to_owned() }
            },
        )
        .fold(String::new(), |all, line| all + &line + "\n");
    project.write("shops.csv", &altered);
    assert_eq!(forecast("2"), plain);
}

/// A month of the second half of the year gets another value.
fn test_month(line: &str) -> String {
    let (head, _) = line.rsplit_once(',').unwrap();
    let month: u32 = head.rsplit_once('-').unwrap().1.parse().unwrap();
    if month > 6 { format!("{head},999.0") } else { line.to_owned() }
}

#[test]
fn a_duplicate_is_refused_with_its_rows() {
    let project = Project::empty();
    project.write("shops.csv", &(shops() + "S2,2021-03,7\n"));
    let ran = project.run(&[&ASK[..], &["--horizon", "6"]].concat());
    insta::assert_snapshot!(ran.shown(project.path()), @r"
    exit code 2
    --- stderr
    error: `shops.csv`: more than one row for the same series and period (1 such); it cannot be forecast: series `S2` has `2021-03` in lines 76 and 182; sum or drop the rows, or name the column that tells them apart in --id
    ");
}

/// Twenty shops, 400 days: a leaflet every second Tuesday to Thursday sells half as much again, nothing is sold on Sundays.
fn leaflets() -> String {
    let mut text = "shop,day,units,open,leaflet,visitors,size\n".to_owned();
    let first = chrono::NaiveDate::from_ymd_opt(2025, 1, 6).unwrap();
    for shop in 1..=20 {
        for t in 0..400_u32 {
            let (day, weekday) = (first + chrono::TimeDelta::days(i64::from(t)), t % 7);
            let leaflet = (1..=3).contains(&weekday) && (t / 7 + shop % 2).is_multiple_of(2);
            let open = u32::from(weekday != 6);
            let noise = f64::from((t * 7919 + shop * 31) % 101) / 101.0 - 0.5;
            let units = f64::from(open * 100 * shop) * if leaflet { 1.5 } else { 1.0 } * (1.0 + 0.1 * noise);
            let visitors = if t < 386 { format!("{:.0}", units / 3.0) } else { String::new() };
            let kind = if leaflet { "leaflet" } else { "none" };
            let size = if shop < 8 { "small" } else { "large" };
            let _ = writeln!(text, "S{shop},{day},{units:.1},{open},{kind},{visitors},{size}");
        }
    }
    text
}

const LEAFLETS: [&str; 13] = [
    "eval",
    "forecast",
    "shops.csv",
    "--id",
    "shop",
    "--time",
    "day",
    "--value",
    "units",
    "--season",
    "7",
    "--horizon",
    "14",
];

#[test]
fn what_is_known_ahead_moves_every_model_and_is_refused_in_the_wrong_role() {
    let project = Project::empty();
    project.write("shops.csv", &leaflets());
    let mase = |more: &[&str]| {
        let scores = project.run(&[&LEAFLETS[..], &["--json"], more].concat()).exits(0).json();
        scores["mase"].as_f64().unwrap()
    };
    let known = ["--known", "open,leaflet", "--categorical", "leaflet"];
    for model in ["auto", "mean", "gbm"] {
        let (with, without) = (mase(&[&known[..], &["--model", model]].concat()), mase(&["--model", model]));
        assert!(with < 0.6 * without, "{model}: {with} with, {without} without");
    }
    // Every role at once, from two origins by date, with levels of the reader's own.
    let roles = ["--past", "visitors", "--static", "size", "--categorical", "size"];
    let asked =
        ["--cutoffs", "2026-01-11,2026-01-26", "--quantiles", "0.2,0.8", "--point", "median", "--output", "out.csv"];
    let scores = project.run(&[&LEAFLETS[..], &["--json"], &known, &roles, &asked].concat()).exits(0).json();
    assert_eq!((&scores["n_forecasts"], &scores["point"]), (&40.into(), &"median".into()), "{scores}");
    assert!(!scores["intervals"].as_object().unwrap().is_empty(), "{scores}");
    assert!(project.read("out.csv").starts_with("shop,origin,step,time,model,mean,q0.2,q0.8,note\n"));

    let refused = |more: &[&str]| project.run(&[&LEAFLETS[..], more].concat()).shown(project.path());
    insta::assert_snapshot!(refused(&["--known", "leaflet"]), @r"
    exit code 2
    --- stderr
    error: `shops.csv`, line 2, column `leaflet`: found `none`, not a number; a column of --known holds numbers or true and false; name it in --categorical too if it holds names
    ");
    insta::assert_snapshot!(refused(&["--static", "open"]), @r"
    exit code 2
    --- stderr
    error: `shops.csv`: the static column `open` of series `S1` holds `1` and `0`; a column of --static has one value per series; name it in --known if it changes
    ");
    insta::assert_snapshot!(refused(&["--past", "leaflet"]), @r"
    exit code 2
    --- stderr
    error: `shops.csv`, line 2, column `leaflet`: found `none`, not a number; a column of --past holds numbers or true and false; leave it out or code it in numbers
    ");
    insta::assert_snapshot!(refused(&["--quantiles", "0.5,1.2"]), @r"
    exit code 2
    --- stderr
    error: invalid value '1.2' for '--quantiles <LEVELS>': a level lies between 0 and 1, such as 0.9

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused(&["--cutoffs", "2026-02-30"]), @r"
    exit code 2
    --- stderr
    error: --cutoffs: found `2026-02-30`, expected a date such as `2026-11-22`, as in `shops.csv`; give the last period that is known at each origin, with commas between
    ");
    insta::assert_snapshot!(refused(&["--cutoffs", "2026-02-08"]), @r"
    exit code 2
    --- stderr
    error: `shops.csv`: none of its 20 series has 28 rows and periods before a cutoff, and after it 14; give other --cutoffs, or a smaller --horizon or --min-length
    ");
    let doubted = project.run(&[&LEAFLETS[..], &["--known", "visitors"]].concat()).exits(0);
    assert!(
        doubted.stdout.contains("`visitors` holds nothing in the last 14 periods of any series: if it is known until")
    );
}
