//! What one night leaves for the next: work is saved, answers stay the same.

use nightclerk::warehouse::Value;

use crate::support::Project;

/// The job whose sales are remembered.
const JOB: &str = "demand_forecast";
/// Where they are.
const MEMORY: &str = ".nightclerk/demand_forecast.memory";

/// Every forecast and every score of a date, without run ids.
fn published(project: &Project, as_of: &str) -> Vec<String> {
    let tables = [
        format!(
            "SELECT level, node, step, method, mean, p10, p90, total_p95 FROM demand_forecasts WHERE as_of = '{as_of}'"
        ),
        format!("SELECT basis, level, node, n_periods, wape, pinball FROM forecast_accuracy WHERE as_of = '{as_of}'"),
    ];
    let mut rows: Vec<String> =
        tables.iter().flat_map(|sql| project.query(sql)).map(|row| format!("{row:?}")).collect();
    rows.sort_unstable();
    rows
}

#[test]
fn the_next_night_reads_the_last_days_alone_and_says_the_same() {
    let project = Project::demo();
    let job = "jobs/demand_forecast.toml";
    let text = project.read(job);
    let params = "[params]\nremember_from_rows = 1\nrefit_days = 1\nchallenger = \"none\"";
    project.write(job, &text.replace("[params]", params));
    let run = |as_of: &str| project.run(&["run", "--job", JOB, "--as-of", as_of, "-q"]).exits(0);
    let page = |as_of: &str| project.read(&format!("out/{as_of}/{JOB}.html"));
    let said = "Everything was last read on that day";

    run("2026-11-20");
    assert!(project.path().join(MEMORY).exists() && !page("2026-11-20").contains(said));
    let kept = std::fs::read(project.path().join(MEMORY)).unwrap();
    run("2026-11-21");
    assert!(page("2026-11-21").contains(said), "the page says what was not read again");
    let sql = format!("SELECT inputs_json FROM nightclerk_publications WHERE job = '{JOB}' AND as_of = '2026-11-21'");
    let inputs = project.query(&sql)[0][0].as_text().unwrap().to_owned();
    let recorded =
        [r#""origin":"remembered""#, "left by the night of 2026-11-20; everything was last read on 2026-11-20"];
    assert!(recorded.iter().all(|part| inputs.contains(part)), "the ledger says which memory it was: {inputs}");
    let remembered = published(&project, "2026-11-21");

    // The same date again is read completely: the memory is that of the date itself.
    run("2026-11-21");
    assert!(!page("2026-11-21").contains(said));
    assert_eq!(published(&project, "2026-11-21"), remembered);

    // A damaged memory is none.
    std::fs::write(project.path().join(MEMORY), &kept[..kept.len() / 2]).unwrap();
    run("2026-11-21");
    assert_eq!(published(&project, "2026-11-21"), remembered);

    // Rows that come late are taken in; a lost week is noticed although most rows are remembered.
    std::fs::write(project.path().join(MEMORY), &kept).unwrap();
    let lost = project.execute("DELETE FROM order_lines WHERE ordered_on > '2026-11-14' AND rowid % 3 > 0");
    assert!(lost > 50, "{lost}");
    let ran = project.run(&["run", "--job", JOB, "--as-of", "2026-11-21"]).exits(3);
    assert!(format!("{}{}", ran.stdout, ran.stderr).contains("last week of daily_sales"), "{}", ran.stdout);
}

#[test]
fn between_two_fits_models_take_in_the_new_day() {
    let project = Project::demo();
    let job = "jobs/demand_forecast.toml";
    let text = project.read(job);
    project.write(job, &text.replace("[params]", "[params]\nremember_from_rows = 1"));
    let run = |as_of: &str| project.run(&["run", "--job", JOB, "--as-of", as_of, "-q"]).exits(0);
    let expected = |as_of: &str| {
        let sql = format!("SELECT sum(mean) FROM demand_forecasts WHERE as_of = '{as_of}' AND level = 'total'");
        match project.query(&sql)[0][0] {
            Value::Real(sum) => sum,
            ref other => panic!("{other:?}"),
        }
    };
    run("2026-11-20");
    run("2026-11-21");
    let said = "Models were last fitted on that day";
    assert!(project.read(&format!("out/2026-11-21/{JOB}.html")).contains(said));
    let updated = expected("2026-11-21");
    let backtests = project.query(
        "SELECT DISTINCT forecast_as_of FROM forecast_accuracy WHERE as_of = '2026-11-21' AND basis = 'backtest'",
    );
    assert_eq!(backtests, [[Value::Text("2026-11-20".to_owned())]], "scores of rolling origins are dated with the fit");

    std::fs::remove_file(project.path().join(MEMORY)).unwrap();
    run("2026-11-21");
    assert!(!project.read(&format!("out/2026-11-21/{JOB}.html")).contains(said));
    let anew = expected("2026-11-21");
    assert!((updated / anew - 1.0).abs() < 0.03 && updated != anew, "{updated}, fitted anew {anew}");
}
