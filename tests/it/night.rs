//! Bad nights: what must not be published is not, and what was published stays.

use std::time::Duration;

use crate::support::{NEXT_NIGHT, Project, Ran, SECOND_NIGHT, assert_same_rows, command};

/// An audit that every forecast violates.
const NO_ORDERS: &str = "-- table: demand_forecasts\n\
                         -- severity: block\n\
                         -- meaning: somebody doubts every forecast of this night\n\
                         SELECT * FROM {staged}\n";

/// The state and the reason of a job in the result of `run --json`.
fn outcome(ran: &Ran, job: &str) -> (String, String) {
    let night = ran.json();
    let jobs = night["jobs"].as_array().unwrap();
    let found = jobs.iter().find(|outcome| outcome["job"] == job).unwrap_or_else(|| panic!("{job}: {night}"));
    (found["state"].as_str().unwrap().to_owned(), found["reason"].as_str().unwrap().to_owned())
}

/// Runs one job that must be blocked; what consumers see must not change by a byte. Gives the reason.
fn blocked(project: &Project, job: &str, as_of: &str) -> String {
    let before = project.dump();
    let ran = project.run(&["run", "--job", job, "--as-of", as_of, "--json"]).exits(3);
    let (state, reason) = outcome(&ran, job);
    assert_eq!(state, "blocked");
    assert_same_rows(&project.dump(), &before);
    let page = project.read(&format!("out/{as_of}/{job}.html"));
    assert!(page.contains("NOT published"), "the page of {job} does not say that nothing was published");
    assert!(page.contains(&escaped(&reason)), "the page of {job} does not say why: {reason}");
    assert!(project.read("out/index.html").contains("NOT published"), "neither does the index");
    let status = project.run(&["status", "--json"]).exits(0).json();
    let row = status["jobs"].as_array().unwrap().iter().find(|row| row["job"] == job).unwrap();
    assert_eq!(
        (row["current"]["as_of"].as_str(), row["last_run"]["state"].as_str()),
        (Some(SECOND_NIGHT), Some("blocked"))
    );
    reason
}

/// Text as a page holds it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#x27;")
}

#[test]
fn half_of_the_last_week_lost_stops_the_publication() {
    let project = Project::demo();
    let lost = project.execute("DELETE FROM order_lines WHERE ordered_on > '2026-11-15' AND rowid % 2 = 0");
    assert!(lost > 50, "{lost}");
    let reason = blocked(&project, "demand_forecast", SECOND_NIGHT);
    assert!(reason.contains("last week of daily_sales"), "{reason}");
    let reason = blocked(&project, "basket_rules", NEXT_NIGHT);
    assert!(reason.contains("last week of basket_lines"), "{reason}");
}

#[test]
fn old_stock_narrows_the_rules_and_stops_the_orders() {
    let project = Project::demo();
    project.execute("DELETE FROM stock_levels WHERE snapshot_on > '2026-11-10'");
    project.run(&["run", "--job", "basket_rules"]).exits(0);
    let page = project.read(&format!("out/{SECOND_NIGHT}/basket_rules.html"));
    assert!(page.contains("Freshness of stock levels") && page.contains("newest day 2026-11-10"), "no warning");
    let stopped = project.run(&["run", "--job", "inventory_plan", "--as-of", NEXT_NIGHT]);
    assert!(stopped.stderr.contains("freshness of stock_levels"), "{}", stopped.stderr);
    stopped.exits(4);
}

#[test]
fn half_of_all_order_lines_lost_stops_the_publication() {
    let project = Project::demo();
    project.execute("DELETE FROM order_lines WHERE rowid % 2 = 0");
    let reason = blocked(&project, "demand_forecast", NEXT_NIGHT);
    assert!(reason.contains("rows of daily_sales"), "{reason}");
    let reason = blocked(&project, "basket_rules", NEXT_NIGHT);
    assert!(reason.contains("rows of basket_lines"), "{reason}");
}

#[test]
fn an_audit_with_offending_rows_stops_the_publication_and_nothing_stays_staged() {
    let project = Project::demo();
    project.write("sql/audits/no_orders_at_all.sql", NO_ORDERS);
    let reason = blocked(&project, "demand_forecast", SECOND_NIGHT);
    assert_eq!(reason, "audit no_orders_at_all: more than 5 offending rows, no offending rows expected");
    assert!(
        project.read(&format!("out/{SECOND_NIGHT}/demand_forecast.html")).contains("somebody doubts every forecast")
    );
    assert_eq!(project.count("SELECT COUNT(*) FROM staged_demand_forecasts"), 0);
    let recorded = "SELECT COUNT(*) FROM nightclerk_gates WHERE name = 'audit no_orders_at_all' AND passed = 0";
    assert_eq!(project.count(recorded), 1);
    std::fs::remove_file(project.path().join("sql/audits/no_orders_at_all.sql")).unwrap();
    project.run(&["run", "--job", "demand_forecast"]).exits(0);
}

#[test]
fn an_audit_that_only_warns_does_not_stop_the_publication_and_is_on_the_page() {
    let project = Project::demo();
    let audit = NO_ORDERS.replace("severity: block", "severity: warn").replace("demand_forecasts", "association_rules");
    project.write("sql/audits/doubt.sql", &audit);
    let ran = project.run(&["run", "--job", "basket_rules"]).exits(0);
    assert!(ran.stdout.contains(", with a warning\n"), "{}", ran.stdout);
    let warning = "warning: audit doubt: more than 5 offending rows, no offending rows expected";
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    let quiet = project.run(&["--quiet", "run", "--job", "basket_rules"]).exits(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.matches(warning).count()), ("", 1), "{}", quiet.stderr);
    let status = project.run(&["status"]).exits(0);
    assert!(status.stdout.contains(warning), "{}", status.stdout);
    let page = project.read(&format!("out/{SECOND_NIGHT}/basket_rules.html"));
    assert!(page.contains("somebody doubts every forecast") && !page.contains("NOT published"));
}

#[test]
fn exports_of_a_blocked_run_are_not_written() {
    let project = Project::demo();
    let audit = NO_ORDERS.replace("demand_forecasts", "inventory_recommendations");
    project.write("sql/audits/doubt.sql", &audit);
    blocked(&project, "inventory_plan", NEXT_NIGHT);
    let folder = project.path().join(format!("out/{NEXT_NIGHT}/inventory_plan"));
    assert!(!folder.exists(), "order files of a refused plan could be sent by mistake");
}

#[test]
fn what_runs_after_a_blocked_job_is_skipped_and_the_others_publish() {
    let project = Project::demo();
    project.write("sql/audits/no_orders_at_all.sql", NO_ORDERS);
    let ran = project.run(&["run", "--as-of", NEXT_NIGHT, "--json"]);
    assert_eq!(outcome(&ran, "demand_forecast").0, "blocked");
    let (state, reason) = outcome(&ran, "inventory_plan");
    assert_eq!(state, "skipped");
    assert!(
        reason.starts_with("it runs after `demand_forecast`, which did not publish: audit no_orders_at_all"),
        "{reason}"
    );
    for job in ["basket_rules", "campaign_lift", "coupon_targets"] {
        assert_eq!(outcome(&ran, job).0, "published", "{job}");
    }
    // The skip is a consequence: the exit code names its cause.
    assert_eq!(ran.code, 3, "{}", ran.stderr);
}

#[test]
fn two_processes_on_one_job_leave_one_publication() {
    let project = Project::demo();
    let before = project.dump();
    let arguments = ["run", "--job", "demand_forecast", "--json"];
    let start = || command(project.path(), &arguments).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let first = start();
    std::thread::sleep(Duration::from_millis(150));
    let second = start();
    let ends = [first, second].map(|child| child.wait_with_output().unwrap());
    let codes = ends.each_ref().map(|output| output.status.code().unwrap());
    assert!(codes.contains(&0), "{codes:?}");
    assert!(codes.iter().all(|code| [0, 5].contains(code)), "{codes:?}");
    for output in ends.iter().filter(|output| output.status.code() == Some(5)) {
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("is being run by process") || text.contains("the lease was lost"), "{text}");
    }
    assert_same_rows(&project.dump(), &before);
    project.run(&["run", "--job", "demand_forecast"]).exits(0);
}

#[test]
fn a_job_that_another_process_holds_exits_with_5_and_says_who() {
    let project = Project::demo();
    let soon = "CAST(unixepoch('now') + 50 AS INTEGER) * 1000000";
    project.execute(&format!(
        "UPDATE nightclerk_leases SET place = 'elsewhere:/shop', process = 42, lease_until_us = {soon} \
         WHERE job = 'basket_rules'"
    ));
    let ran = project.run(&["run", "--job", "basket_rules"]).exits(5);
    assert!(
        ran.stderr.contains("`basket_rules` is being run by process 42 of elsewhere:/shop; its lease lasts"),
        "{}",
        ran.stderr
    );
    project.execute("UPDATE nightclerk_leases SET lease_until_us = 1 WHERE job = 'basket_rules'");
    project.run(&["run", "--job", "basket_rules"]).exits(0);
}

#[test]
fn data_after_the_business_date_change_nothing() {
    let project = Project::demo();
    project.run(&["run", "--job", "basket_rules", "--as-of", "2026-11-01"]).exits(0);
    let with_later_data = project.dump();
    project.execute("DELETE FROM order_lines WHERE ordered_on > '2026-11-01'");
    project.run(&["run", "--job", "basket_rules", "--as-of", "2026-11-01"]).exits(0);
    assert_same_rows(&project.dump(), &with_later_data);
}
