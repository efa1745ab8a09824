//! `nightclerk cancel`: a job is stopped wherever it runs, and a date that waits is given up.

use std::process::Stdio;
use std::time::{Duration, Instant};

use chrono::Days;

use crate::small_shop::{SmallShop, first_night};
use crate::support::command;

/// Waits until a query counts something.
fn wait_for(shop: &SmallShop, sql: &str) {
    for _ in 0..600 {
        if shop.count(sql) > 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("never: {sql}");
}

#[test]
fn a_job_that_runs_is_stopped_by_another_process_and_its_date_is_left_alone() {
    let shop = SmallShop::new("");
    shop.run(first_night(), "undisturbed");
    let date = first_night() + Days::new(1);
    let night = date.to_string();
    let sound = shop.project.read("sql/datasets/daily_sales.sql");
    // Minutes of work for the engine.
    let slow =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000000000) SELECT COUNT(*) FROM n";
    shop.project.write("sql/datasets/daily_sales.sql", &format!("SELECT * FROM (\n{sound}\n) r WHERE ({slow}) > 0"));
    let mut child = command(shop.project.path(), &["run", "--as-of", &night])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&shop, "SELECT COUNT(*) FROM nightclerk_runs WHERE job = 'demand_forecast' AND state = 'running'");
    let refused = shop.project.run(&["cancel", "demand_forecast", "--as-of", "2026-08-01"]).exits(2);
    assert!(refused.stderr.contains("neither runs nor waits for 2026-08-01"), "{}", refused.stderr);

    let began = Instant::now();
    let cancelled = shop.project.run(&["cancel", "demand_forecast", "--why", "the till is being mended"]).exits(0);
    let said = format!("demand_forecast for {night} is cancelled: process {} of ", child.id());
    assert!(cancelled.stdout.contains(&said), "{}", cancelled.stdout);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "it computes on");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(status.code(), Some(130));
    eprintln!("the process ended {:.1} s after it was cancelled", began.elapsed().as_secs_f64());

    let slots = "SELECT COUNT(*) FROM nightclerk_slots WHERE state = 'cancelled' AND reason = 'cancelled by hand: the till is being mended'";
    assert_eq!(shop.count(slots), 1);
    assert_eq!(
        shop.count("SELECT COUNT(*) FROM nightclerk_runs WHERE state = 'cancelled' AND finished_us IS NOT NULL"),
        1
    );
    assert_eq!(shop.count("SELECT COUNT(*) FROM nightclerk_publications WHERE job = 'demand_forecast'"), 1);

    // The plan waits for it, until somebody gives that up too.
    let cancelled = shop.project.run(&["cancel", "inventory_plan", "--as-of", &night]).exits(0);
    assert!(cancelled.stdout.contains("it waited, and is not tried again"), "{}", cancelled.stdout);
    let refused = shop.project.run(&["cancel", "inventory_plan", "--as-of", &night]).exits(2);
    assert!(refused.stderr.contains("neither runs nor waits"), "{}", refused.stderr);
    let refused = shop.project.run(&["cancel", "demand_forecast"]).exits(2);
    assert!(refused.stderr.contains("`demand_forecast` does not run now"), "{}", refused.stderr);
    shop.project.run(&["cancel", "no_such_job"]).exits(2);

    // Whoever wants the night gets it.
    shop.project.write("sql/datasets/daily_sales.sql", &sound);
    shop.run(date, "after it was cancelled");
    shop.is_done(date, "after it was cancelled");
}
