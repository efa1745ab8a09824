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
