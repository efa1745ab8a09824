//! The daemon and signals, on the real binary: due jobs run in order, a stop ends cleanly, a cancelled run frees its job.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{JOBS, NEXT_NIGHT, Project, command};

const LONGEST: Duration = Duration::from_mins(5);

/// A demo that a daemon can work on at any later time: old data are not refused, and every slot of today lies about half a
/// day away, so that none begins while the test runs.
fn timeless_demo() -> Project {
    let project = Project::demo();
    let hour = (chrono::Timelike::hour(&chrono::Utc::now()) + 12) % 24;
    for (job, cron) in [("basket_rules", "15 2"), ("demand_forecast", "0 2"), ("inventory_plan", "30 2")] {
        let minute = cron.split(' ').next().unwrap();
        project.replace(
            &format!("jobs/{job}.toml"),
            &format!("\"{cron} * * *\""),
            &format!("\"{minute} {hour} * * *\""),
        );
    }
    project.replace("nightclerk.toml", "max_age_days = 2 ", "max_age_days = 100000 ");
    project.replace("nightclerk.toml", "row_count_ratio = 0.6", "row_count_ratio = 0.0");
    for job in ["basket_rules", "demand_forecast", "inventory_plan"] {
        let file = format!("jobs/{job}.toml");
        let accepted = ["basket_lines", "customer_purchases", "daily_sales", "stock_levels"].map(|dataset| {
            format!("[[accept]]\ngate = \"newest days of {dataset}\"\nby = \"the test\"\nwhy = \"its data are of a fixed day\"\n")
        });
        // Stock of a week ago is an exception a line.
        let exceptions = match job {
            "inventory_plan" => {
                "[[accept]]\ngate = \"the total of inventory_exceptions.quantity\"\nby = \"the test\"\nwhy = \"its stock is old\"\n"
            }
            _ => "",
        };
        let text = project.read(&file);
        project.write(&file, &format!("{text}\n{}\n{exceptions}", accepted.join("\n")));
    }
    project
}

/// Takes every other job out of a project.
fn keep_only(project: &Project, jobs: &[&str]) {
    for job in JOBS.iter().filter(|job| !jobs.contains(job)) {
        std::fs::remove_file(project.path().join(format!("jobs/{job}.toml"))).unwrap();
    }
}

fn send(signal: &str, process: &Child) {
    let sent = Command::new("kill").args([signal, &process.id().to_string()]).status().expect("kill is on the path");
    assert!(sent.success());
}

fn exit_code(process: &mut Child) -> Option<i32> {
    process.wait().expect("the process ends").code()
}

/// Waits until a query on the project's warehouse finds as many rows, or fails.
fn wait_for(project: &Project, sql: &str, at_least: i64) {
    let started = Instant::now();
    while project.count(sql) < at_least {
        assert!(started.elapsed() < LONGEST, "{sql}: {} after {LONGEST:?}", project.count(sql));
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn daemon(folder: &Path) -> Child {
    command(folder, &["schedule"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts")
}

#[test]
fn the_daemon_runs_what_is_due_after_what_it_waits_for_and_stops_on_a_signal() {
    let project = timeless_demo();
    // Without a schedule of its own a job is due as soon as the jobs before it have ended.
    let plan = project.read("jobs/inventory_plan.toml");
    let (head, tail) = plan.split_once("[schedule]").unwrap();
    project.write("jobs/inventory_plan.toml", &format!("{head}{}", &tail[tail.find("[params]").unwrap()..]));
    keep_only(&project, &["basket_rules", "demand_forecast", "inventory_plan"]);
    let newest = project.count("SELECT MAX(run_id) FROM nightclerk_runs");
    let mut process = daemon(project.path());
    let ended = format!("SELECT COUNT(*) FROM nightclerk_runs WHERE run_id > {newest} AND state <> 'running'");
    wait_for(&project, &ended, 3);
    send("-TERM", &process);
    assert_eq!(exit_code(&mut process), Some(0));
    let runs = project.query(&format!(
        "SELECT job, state, as_of, started_us, finished_us FROM nightclerk_runs WHERE run_id > {newest} ORDER BY run_id"
    ));
    let found: Vec<(&str, &str)> =
        runs.iter().map(|run| (run[0].as_text().unwrap(), run[1].as_text().unwrap())).collect();
    let expected = ["basket_rules", "demand_forecast", "inventory_plan"].map(|job| (job, "published"));
    assert_eq!(found, expected, "once each, in order");
    assert!(runs.iter().all(|run| run[2] == runs[0][2]), "all for one business date: {runs:?}");
    assert!(runs[2][3].as_integer() >= runs[1][4].as_integer(), "the plan began before the forecast had ended");
    // Started again, it finds nothing due.
    let mut process = daemon(project.path());
    std::thread::sleep(Duration::from_secs(3));
    send("-TERM", &process);
    assert_eq!(exit_code(&mut process), Some(0));
    assert_eq!(project.count(&ended), 3);
}

#[cfg(target_os = "linux")]
#[test]
fn the_service_manager_is_told_that_it_waits_that_it_lives_and_that_it_stops() {
    use std::os::unix::net::UnixDatagram;

    let shop = crate::small_shop::SmallShop::new("");
    let folder = shop.project.path();
    let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let heard = || {
        let mut bytes = [0; 64];
        let length = socket.recv(&mut bytes).expect("a word within a minute");
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    };
    let mut process = command(folder, &["schedule"])
        .env("NOTIFY_SOCKET", folder.join("notify"))
        .env("WATCHDOG_USEC", "400000")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    assert_eq!(heard(), "READY=1");
    assert_eq!([heard(), heard(), heard()], ["WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
    send("-TERM", &process);
    while heard() != "STOPPING=1" {}
    assert_eq!(exit_code(&mut process), Some(0));
}

#[test]
fn what_waits_for_a_job_that_did_not_publish_waits_on_and_says_why() {
    let project = timeless_demo();
    project.replace("nightclerk.toml", "row_count_ratio = 0.0", "row_count_ratio = 1.0");
    project.execute("DELETE FROM order_lines WHERE rowid % 2 = 0");
    keep_only(&project, &["demand_forecast", "inventory_plan"]);
    let mut process = daemon(project.path());
    let waits =
        "SELECT COUNT(*) FROM nightclerk_slots WHERE job = 'inventory_plan' AND state = 'waiting' AND reason <> ''";
    wait_for(&project, waits, 1);
    send("-TERM", &process);
    assert_eq!(exit_code(&mut process), Some(0));
    let slots = project.query(
        "SELECT job, state, reason, attempts FROM nightclerk_slots s \
         WHERE as_of = (SELECT MAX(as_of) FROM nightclerk_slots q WHERE q.job = s.job) ORDER BY job",
    );
    let slots: Vec<(&str, &str)> =
        slots.iter().map(|slot| (slot[0].as_text().unwrap(), slot[1].as_text().unwrap())).collect();
    assert_eq!(slots[slots.len() - 2..], [("demand_forecast", "blocked"), ("inventory_plan", "waiting")], "{slots:?}");
    let status = project.run(&["status"]).exits(0);
    assert!(
        status.stdout.contains(" waiting: it runs after `demand_forecast`, which is blocked: "),
        "{}",
        status.stdout
    );
    assert!(status.stdout.contains("; not tried before "), "{}", status.stdout);
}

#[test]
fn a_backfill_of_a_day_that_is_not_over_is_refused_and_an_old_one_leaves_the_front_page() {
    let project = Project::demo();
    let index = project.read("out/index.html");
    let refused = project.run(&["backfill", "--from", NEXT_NIGHT, "--to", "2199-01-01"]).exits(2);
    assert!(refused.stderr.contains("2199-01-01 is not over yet"), "{}", refused.stderr);
    let old =
        project.run(&["backfill", "--from", "2026-09-01", "--to", "2026-09-01", "--job", "basket_rules"]).exits(0);
    assert!(old.stdout.contains("index.html stays with the newest night"), "{}", old.stdout);
    assert_eq!(project.read("out/index.html"), index);
}

#[test]
fn control_c_ends_a_night_with_130_and_frees_its_job() {
    let project = Project::demo();
    let mut process = command(project.path(), &["run", "--as-of", NEXT_NIGHT])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    wait_for(&project, "SELECT COUNT(*) FROM nightclerk_runs WHERE state = 'running'", 1);
    send("-INT", &process);
    assert_eq!(exit_code(&mut process), Some(130));
    assert_eq!(project.count("SELECT COUNT(*) FROM nightclerk_runs WHERE state = 'running'"), 0);
    assert_eq!(project.count("SELECT COUNT(*) FROM nightclerk_runs WHERE state = 'cancelled'"), 1);
    assert_eq!(project.count("SELECT COUNT(*) FROM nightclerk_leases WHERE lease_until_us > 0"), 0);
    project.run(&["run", "--as-of", NEXT_NIGHT]).exits(0);
}

#[test]
fn a_source_of_its_own_is_read_and_never_written() {
    let project = Project::demo();
    let source = project.path().join("shop.db");
    std::fs::rename(project.path().join("warehouse.db"), &source).unwrap();
    std::fs::write(project.path().join("warehouse.db"), b"").unwrap();
    let config = project.read("nightclerk.toml");
    let url = config.lines().find(|line| line.starts_with("url = ")).unwrap();
    project.replace("nightclerk.toml", url, &format!("{url}\nsource_url = \"sqlite:shop.db\""));
    let before = std::fs::read(&source).unwrap();
    project.run(&["run", "--job", "basket_rules", "--job", "demand_forecast"]).exits(0);
    assert!(before == std::fs::read(&source).unwrap(), "the retailer's file has changed");
    assert!(project.count("SELECT COUNT(*) FROM demand_forecasts_current") > 0);
    assert_eq!(project.count("SELECT COUNT(*) FROM sqlite_master WHERE name = 'order_lines'"), 0);
}
