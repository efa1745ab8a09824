//! Slots: each business date of a job is a row from the moment it is due, and only a publication, a rule or the end of its window ends
//! it. Time is simulated: the runner's clock is the test's.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use nightclerk::runner::events::Event;
use nightclerk::runner::ledger::slots::{SlotRow, SlotState, slot, slots};
use nightclerk::runner::night::run_night;
use nightclerk::runner::outcome::JobState;
use nightclerk::runner::{Runner, daemon};
use nightclerk::warehouse::Side;

use crate::beat::{Behaviour, Shop};
use crate::hosts::Host;
use crate::mariadb::temporary_server;
use crate::postgres::temporary_cluster;
use crate::support::wait;

const MINUTE: Duration = Duration::from_mins(1);

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

async fn found(runner: &Runner, job: &str, as_of: &str) -> SlotRow {
    slot(&runner.warehouse, job, date(as_of)).await.unwrap().unwrap_or_else(|| panic!("no slot of {job} for {as_of}"))
}

async fn states(runner: &Runner, job: &str) -> Vec<(String, SlotState)> {
    let rows = slots(&runner.warehouse, NaiveDate::default()).await.unwrap();
    rows.into_iter().filter(|row| row.job == job).map(|row| (row.as_of.to_string(), row.state)).collect()
}

async fn count(runner: &Runner, sql: &str) -> i64 {
    runner.warehouse.read_values(Side::Target, sql, &[]).await.unwrap()[0][0].as_integer().unwrap()
}

/// A runner that keeps what it says.
fn heard(runner: Runner) -> (Runner, Arc<Mutex<Vec<String>>>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let ears = said.clone();
    let events = Arc::new(move |event: &Event| {
        if let Event::Note { job, text } = event {
            ears.lock().unwrap().push(format!("{job}: {text}"));
        }
    });
    (Runner { events, ..runner }, said)
}

/// Starts a tick that hangs in a job, waits until it has claimed it, and ends it as the death of its process does.
async fn die_in(runner: Runner, job: &str) {
    let claimed = format!("SELECT COUNT(*) FROM nightclerk_runs WHERE job = '{job}' AND state = 'running'");
    let dying = runner.clone();
    let tick = tokio::spawn(async move { daemon::tick(&dying).await });
    let mut patience = 2000;
    while count(&runner, &claimed).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        patience -= 1;
        assert!(patience > 0, "{job} was not claimed");
    }
    tick.abort();
    assert!(tick.await.unwrap_err().is_cancelled());
}

const NIGHTLY: &str = "\n\n[schedule]\ncron = \"30 2 * * *\"";
const AFTER_FORECAST: &str = "after = [\"forecast\"]\n\n[schedule]\ncron = \"0 3 * * *\"";

#[test]
fn an_outage_of_five_hours_costs_nobody_a_slot_and_is_tried_again_with_growing_waits() {
    let shop = Shop::sqlite("outage", "UTC", &[("forecast", NIGHTLY), ("plan", AFTER_FORECAST), ("rules", NIGHTLY)]);
    wait(async {
        let (runner, said) = heard(shop.host(0).await);
        shop.at_time("2026-06-10T02:29:00Z");
        shop.set("forecast", Behaviour::Away);
        let began = shop.now.load(SeqCst);
        // Of the first start only the newest date is due.
        daemon::tick(&runner).await.unwrap();
        assert_eq!(states(&runner, "forecast").await, [("2026-06-08".to_owned(), SlotState::Waiting)]);
        while shop.now.load(SeqCst) < began + 5 * 3_600_000_000 {
            shop.pass(Duration::from_secs(20));
            daemon::tick(&runner).await.unwrap();
        }
        let waits = found(&runner, "forecast", "2026-06-09").await;
        assert_eq!(waits.state, SlotState::Waiting);
        assert!(waits.reason.contains("it is away"), "{}", waits.reason);
        // Ten minutes at most between two tries, five on average.
        assert!((30..=110).contains(&waits.attempts), "{} attempts in five hours", waits.attempts);
        let plan = found(&runner, "plan", "2026-06-09").await;
        assert_eq!((plan.state, plan.attempts), (SlotState::Waiting, 0));
        assert!(plan.reason.starts_with("it runs after `forecast`, which is waiting:"), "{}", plan.reason);
        assert_eq!(
            found(&runner, "rules", "2026-06-09").await.state,
            SlotState::Published,
            "what does not wait for it"
        );
        // The older date was given up by the rule, when the newer fell due.
        assert_eq!(found(&runner, "forecast", "2026-06-08").await.state, SlotState::PassedOver);
        shop.set("forecast", Behaviour::Publish);
        for _ in 0..40 {
            shop.pass(Duration::from_secs(20));
            daemon::tick(&runner).await.unwrap();
        }
        assert_eq!(found(&runner, "forecast", "2026-06-09").await.state, SlotState::Published);
        assert_eq!(found(&runner, "plan", "2026-06-09").await.state, SlotState::Published);
        let told = said.lock().unwrap().join("\n");
        assert!(told.contains("plan: 2026-06-09 waits: it runs after `forecast`"), "{told}");
        assert!(told.contains("forecast: 2026-06-08 is given up: 2026-06-09 has fallen due"), "{told}");
    });
}

#[test]
fn what_fails_for_good_is_tried_once_and_what_waits_for_it_runs_when_somebody_has_mended_it() {
    let shop = Shop::sqlite("mended", "UTC", &[("forecast", NIGHTLY), ("plan", AFTER_FORECAST)]);
    wait(async {
        let runner = shop.host(0).await;
        shop.at_time("2026-06-10T03:01:00Z");
        shop.set("forecast", Behaviour::Broken);
        for _ in 0..60 {
            daemon::tick(&runner).await.unwrap();
            shop.pass(MINUTE);
        }
        let failed = found(&runner, "forecast", "2026-06-09").await;
        assert_eq!(
            (failed.state, failed.attempts, failed.reason.as_str()),
            (SlotState::Failed, 1, "the source is broken")
        );
        let plan = found(&runner, "plan", "2026-06-09").await;
        assert_eq!(plan.reason, "it runs after `forecast`, which is failed: the source is broken");
        shop.set("forecast", Behaviour::Publish);
        let by_hand = run_night(&shop.host(1).await, date("2026-06-09"), &["forecast".to_owned()]).await;
        assert_eq!(by_hand.jobs[0].state, JobState::Published);
        daemon::tick(&runner).await.unwrap();
        assert_eq!(found(&runner, "plan", "2026-06-09").await.state, SlotState::Published);
        // Nothing is run again.
        shop.pass(60 * MINUTE);
        daemon::tick(&runner).await.unwrap();
        assert_eq!(count(&runner, "SELECT COUNT(*) FROM nightclerk_runs").await, 3);
    });
}

#[test]
fn a_window_ends_and_says_what_it_waited_for() {
    let nightly = "\n\n[schedule]\ncron = \"0 3 * * MON\"\ncatchup_days = 2";
    let shop = Shop::sqlite("window", "UTC", &[("forecast", nightly)]);
    wait(async {
        let (runner, said) = heard(shop.host(0).await);
        shop.set("forecast", Behaviour::Away);
        shop.at_time("2026-06-08T03:00:00Z");
        for _ in 0..50 * 12 {
            daemon::tick(&runner).await.unwrap();
            shop.pass(5 * MINUTE);
        }
        let ended = found(&runner, "forecast", "2026-06-07").await;
        assert_eq!(ended.state, SlotState::Expired);
        assert!(
            ended.reason.starts_with("not published by 2026-06-10T03:00:00Z, when its window ended:"),
            "{}",
            ended.reason
        );
        assert!(ended.reason.contains("it is away"), "{}", ended.reason);
        let told = said.lock().unwrap().join("\n");
        assert_eq!(told.matches("when its window ended").count(), 1, "{told}");
    });
}

#[test]
fn missed_dates_are_rows_with_the_rule_that_passes_them_over() {
    for (misfire, expected) in
        [("all", [SlotState::Published; 3]), ("last", [SlotState::PassedOver; 3]), ("none", [SlotState::PassedOver; 3])]
    {
        let nightly = format!("\n\n[schedule]\ncron = \"30 2 * * *\"\nmisfire = \"{misfire}\"");
        let shop = Shop::sqlite(&format!("missed_{misfire}"), "UTC", &[("forecast", &nightly)]);
        wait(async {
            let (runner, said) = heard(shop.host(0).await);
            shop.at_time("2026-06-06T02:31:00Z");
            daemon::tick(&runner).await.unwrap();
            shop.at_time("2026-06-10T12:00:00Z");
            daemon::tick(&runner).await.unwrap();
            let newest = if misfire == "none" { SlotState::PassedOver } else { SlotState::Published };
            let dates = ["2026-06-05", "2026-06-06", "2026-06-07", "2026-06-08", "2026-06-09"];
            let all = [&[SlotState::Published][..], &expected, &[newest]].concat();
            let expected: Vec<(String, SlotState)> = dates.iter().map(|date| (*date).to_owned()).zip(all).collect();
            assert_eq!(states(&runner, "forecast").await, expected, "{misfire}");
            let n_passed = expected.iter().filter(|slot| slot.1 == SlotState::PassedOver).count();
            assert_eq!(said.lock().unwrap().iter().filter(|text| text.contains("is passed over")).count(), n_passed);
        });
    }
}

#[test]
fn a_job_that_kills_its_process_is_tried_as_often_as_it_may_and_those_behind_it_run() {
    let shop = Shop::sqlite("deadly", "UTC", &[("deadly", NIGHTLY), ("rules", NIGHTLY)]);
    wait(async {
        shop.at_time("2026-06-10T02:31:00Z");
        shop.set("deadly", Behaviour::Hang);
        die_in(shop.host(0).await, "deadly").await;
        assert_eq!(found(&shop.host(0).await, "deadly", "2026-06-09").await.state, SlotState::Running);
        // The process is started again at once: what comes behind has its turn, also on another host, which knows it by its lease.
        let runner = shop.host(1).await;
        shop.pass(Duration::from_secs(61));
        let told = {
            let (runner, said) = heard(runner.clone());
            daemon::tick(&runner).await.unwrap();
            said.lock().unwrap().join("\n")
        };
        assert!(
            told.contains("deadly: the process that ran 2026-06-09 ended without a word (time 1 of at most 3)"),
            "{told}"
        );
        assert_eq!(found(&runner, "rules", "2026-06-09").await.state, SlotState::Published);
        for _ in 0..2 {
            shop.pass(Duration::from_secs(601));
            die_in(shop.host(0).await, "deadly").await;
            shop.pass(Duration::from_secs(61));
            daemon::tick(&runner).await.unwrap();
        }
        let ended = found(&runner, "deadly", "2026-06-09").await;
        assert_eq!((ended.state, ended.attempts, ended.crashes), (SlotState::Failed, 3, 3), "{}", ended.reason);
        assert_eq!(
            count(&runner, "SELECT COUNT(*) FROM nightclerk_runs WHERE job = 'deadly' AND state = 'crashed'").await,
            3
        );
    });
}

#[test]
fn what_waits_for_a_job_that_another_process_runs_is_not_lost() {
    let shop = Shop::sqlite("awaited", "UTC", &[("forecast", NIGHTLY), ("plan", AFTER_FORECAST)]);
    wait(async {
        let (first, second) = (shop.host(0).await, shop.host(1).await);
        shop.at_time("2026-06-10T02:00:00Z");
        shop.set("forecast", Behaviour::Hang);
        // A person runs the forecast by hand, and it takes its time.
        let by_hand = first.clone();
        let running =
            tokio::spawn(async move { run_night(&by_hand, date("2026-06-09"), &["forecast".to_owned()]).await });
        while count(&second, "SELECT COUNT(*) FROM nightclerk_runs WHERE state = 'running'").await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        shop.at_time("2026-06-10T02:00:50Z");
        daemon::tick(&second).await.unwrap();
        shop.at_time("2026-06-10T02:00:55Z");
        // Both fall due while it runs; the lease is renewed by hand here, as simulated time passes faster than a heartbeat.
        shop.at_time("2026-06-10T03:00:30Z");
        second
            .warehouse
            .execute(Side::Target, "UPDATE nightclerk_leases SET lease_until_us = lease_until_us + 7200000000", &[])
            .await
            .unwrap();
        daemon::tick(&second).await.unwrap();
        let plan = found(&second, "plan", "2026-06-09").await;
        assert_eq!(
            (plan.state, plan.reason.as_str()),
            (SlotState::Waiting, "it runs after `forecast`, which is running")
        );
        running.abort();
        let _ = running.await;
        // The person's process dies: its lease runs out, and the schedule, which knows the date as its own by now, runs it.
        shop.set("forecast", Behaviour::Publish);
        shop.at_time("2026-06-10T05:30:00Z");
        for _ in 0..3 {
            daemon::tick(&second).await.unwrap();
            shop.pass(Duration::from_secs(601));
        }
        assert_eq!(found(&second, "forecast", "2026-06-09").await.state, SlotState::Published);
        assert_eq!(found(&second, "plan", "2026-06-09").await.state, SlotState::Published);
    });
}

/// Eight hosts, each a process, on one warehouse for the days of a year around both changes of the clocks, or for all of it: every
/// slot is one success.
fn race(shop: &Shop, days: &[(&str, u64)], hosts: usize) {
    wait(async {
        // It makes the tables of the beat; after that it only looks.
        let runner = shop.host(hosts).await;
        let mut hosts: Vec<Host> = (0..hosts).map(|number| Host::new(&shop.made_folder_of(number), &[])).collect();
        let jobs = shop.jobs.len();
        let mut published_by = vec![0; hosts.len()];
        for (from, n_days) in days {
            let from: DateTime<Utc> = from.parse().unwrap();
            for quarter in 0..n_days * 4 {
                let now = from + Duration::from_hours(6 * quarter);
                shop.now.store(now.timestamp_micros(), SeqCst);
                for host in &mut hosts {
                    host.begin(now.timestamp_micros());
                }
                for (host, published) in hosts.iter().zip(&mut published_by) {
                    let ticked = host.end(Duration::from_mins(5)).expect("a tick ends");
                    assert_eq!(ticked.error, None, "process {}: {:?}", host.id(), ticked.said);
                    *published += ticked.said.iter().filter(|text| text.contains(": Published: ")).count();
                }
            }
        }
        let at_work = published_by.iter().filter(|published| **published > 0).count();
        assert!(at_work > 1, "it was no race: {published_by:?}");
        let runner = &runner;
        // One more, for what waited for a neighbour in the last.
        shop.pass(MINUTE);
        daemon::tick(runner).await.unwrap();
        let rows = slots(&runner.warehouse, NaiveDate::default()).await.unwrap();
        let unpublished: Vec<&SlotRow> = rows.iter().filter(|row| row.state != SlotState::Published).collect();
        assert!(unpublished.is_empty(), "{unpublished:#?}");
        for (job, _) in &shop.jobs {
            let dates: Vec<NaiveDate> = rows.iter().filter(|row| row.job == *job).map(|row| row.as_of).collect();
            let n_dates: usize = days.iter().map(|(_, n)| usize::try_from(*n).unwrap()).sum();
            assert!(
                dates.len() + 2 * days.len() >= n_dates && dates.len() <= n_dates + 7 * days.len(),
                "{job}: {} of {n_dates}",
                dates.len()
            );
            let mut expected = dates.clone();
            expected.dedup();
            assert_eq!(dates, expected);
            let gaps = dates.windows(2).filter(|pair| pair[1] - pair[0] != chrono::TimeDelta::days(1)).count();
            assert!(gaps < days.len(), "{job}: {dates:?}");
        }
        let runs = count(runner, "SELECT COUNT(*) FROM nightclerk_runs").await;
        let published = count(runner, "SELECT COUNT(*) FROM nightclerk_runs WHERE state = 'published'").await;
        let beats = count(runner, "SELECT COUNT(*) FROM nightclerk_publications WHERE state = 'published'").await;
        assert_eq!((runs, published, beats), (rows.len() as i64, rows.len() as i64, rows.len() as i64), "{jobs} jobs");
        // The last tick was the observer's.
        assert!(rows.len() - published_by.iter().sum::<usize>() <= jobs, "{published_by:?} of {}", rows.len());
    });
}

/// Both weekends on which Berlin changes its clocks in 2026.
const CHANGES: [(&str, u64); 2] = [("2026-03-26T00:00:00Z", 6), ("2026-10-22T00:00:00Z", 6)];
const YEAR: [(&str, u64); 1] = [("2026-01-01T00:00:00Z", 365)];
const ALL: &str = "misfire = \"all\"";

fn race_jobs() -> [(&'static str, String); 2] {
    [
        ("forecast", format!("\n\n[schedule]\ncron = \"30 22 * * *\"\ntimezone = \"UTC\"\n{ALL}")),
        ("plan", format!("after = [\"forecast\"]\n\n[schedule]\ncron = \"45 22 * * *\"\ntimezone = \"UTC\"\n{ALL}")),
    ]
}

#[test]
fn eight_hosts_on_one_file_run_every_slot_once_over_both_changes_of_the_clocks() {
    let jobs = race_jobs();
    let jobs: Vec<(&'static str, &str)> = jobs.iter().map(|(job, text)| (*job, text.as_str())).collect();
    race(&Shop::sqlite("race_file", "Europe/Berlin", &jobs), &CHANGES, 8);
}

#[test]
fn eight_hosts_on_one_server_run_every_slot_once_over_both_changes_of_the_clocks() {
    let Some(cluster) = temporary_cluster() else { return };
    let jobs = race_jobs();
    let jobs: Vec<(&'static str, &str)> = jobs.iter().map(|(job, text)| (*job, text.as_str())).collect();
    let folder = tempfile::tempdir().unwrap();
    race(&Shop::at("race_server", "Europe/Berlin", &jobs, folder, cluster.url), &CHANGES, 8);
}

#[test]
fn eight_hosts_on_one_mariadb_run_every_slot_once_over_both_changes_of_the_clocks() {
    let Some(server) = temporary_server() else { return };
    let jobs = race_jobs();
    let jobs: Vec<(&'static str, &str)> = jobs.iter().map(|(job, text)| (*job, text.as_str())).collect();
    let folder = tempfile::tempdir().unwrap();
    race(&Shop::at("race_mariadb", "Europe/Berlin", &jobs, folder, server.database("race")), &CHANGES, 8);
}

/// A year of eight hosts for every zone of the project with every zone of the job.
fn years(engine: &str, shop: impl Fn(&str, &'static str, &[(&'static str, &str)]) -> Shop) {
    const ZONES: [&str; 6] =
        ["Europe/Berlin", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "UTC"];
    for (of_project, business) in ZONES.into_iter().enumerate() {
        for (of_job, zone) in ZONES.into_iter().enumerate() {
            let cron = format!("\n\n[schedule]\ncron = \"30 2 * * *\"\ntimezone = \"{zone}\"\n{ALL}");
            let name = format!("year_{of_project}_{of_job}");
            race(&shop(&name, business, &[("forecast", &cron)]), &YEAR, 8);
            eprintln!("{engine}, {business} x {zone}: every slot once");
        }
    }
}

#[test]
#[ignore = "36 pairs of zones, a simulated year each: by hand"]
fn eight_hosts_on_one_file_run_every_slot_of_a_year_once_in_every_pair_of_zones() {
    years("SQLite", Shop::sqlite);
}

#[test]
#[ignore = "36 pairs of zones, a simulated year each: by hand"]
fn eight_hosts_on_one_server_run_every_slot_of_a_year_once_in_every_pair_of_zones() {
    let Some(cluster) = temporary_cluster() else { return };
    years("PostgreSQL", |name, zone, jobs| {
        Shop::at(name, zone, jobs, tempfile::tempdir().unwrap(), cluster.url.clone())
    });
}

/// A host whose clock is wrong by so many minutes; the server's is right.
async fn wrong_by(shop: &Shop, number: usize, minutes: i64) -> Runner {
    let clock = Arc::new(move || Utc::now().timestamp_micros() + minutes * 60_000_000);
    Runner { clock, by_server_clock: true, ..shop.host(number).await }
}

#[test]
fn hosts_whose_clocks_are_minutes_and_an_hour_apart_agree_on_who_runs_what() {
    let Some(cluster) = temporary_cluster() else { return };
    let jobs = [("forecast", NIGHTLY), ("plan", AFTER_FORECAST)];
    let shop = Shop::at("clocks", "UTC", &jobs, tempfile::tempdir().unwrap(), cluster.url);
    wait(async {
        let mut hosts = Vec::new();
        for (number, minutes) in [0, 3, -3, 60, -60, 60].into_iter().enumerate() {
            hosts.push(wrong_by(&shop, number, minutes).await);
        }
        for _ in 0..2 {
            let ticks = hosts.iter().cloned().map(|host| tokio::spawn(async move { daemon::tick(&host).await }));
            for tick in ticks.collect::<Vec<_>>() {
                tick.await.unwrap().unwrap();
            }
        }
        let slots = slots(&hosts[0].warehouse, NaiveDate::default()).await.unwrap();
        let dates: Vec<(&str, NaiveDate, SlotState)> =
            slots.iter().map(|slot| (slot.job.as_str(), slot.as_of, slot.state)).collect();
        let day = slots[0].as_of;
        assert_eq!(dates, [("forecast", day, SlotState::Published), ("plan", day, SlotState::Published)]);
        assert_eq!(count(&hosts[0], "SELECT COUNT(*) FROM nightclerk_runs").await, 2, "each once");

        // A host an hour ahead works at another date; to nobody is its lease over, and to nobody does it last for an hour.
        shop.set("forecast", Behaviour::Hang);
        let (ahead, older) = (hosts[3].clone(), day - chrono::TimeDelta::days(3));
        let at_work = tokio::spawn(async move { run_night(&ahead, older, &["forecast".to_owned()]).await });
        while count(&hosts[0], "SELECT COUNT(*) FROM nightclerk_runs WHERE state = 'running'").await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let left = "SELECT lease_until_us - CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) \
            FROM nightclerk_leases WHERE job = 'forecast'";
        let left = count(&hosts[0], left).await;
        assert!((10_000_000..=120_000_000).contains(&left), "the lease lasts for {} s", left / 1_000_000);
        for number in [0, 1, 2, 4, 5] {
            let night = run_night(&hosts[number], older, &["forecast".to_owned()]).await;
            assert_eq!(night.jobs[0].state, JobState::Locked, "host {number}: {}", night.jobs[0].reason);
        }
        // It dies; when the lease is over, whoever comes takes it over, and the dead one's row is closed.
        at_work.abort();
        let _ = at_work.await;
        shop.set("forecast", Behaviour::Publish);
        let over = "UPDATE nightclerk_leases SET lease_until_us = lease_until_us - 121000000 WHERE job = 'forecast'";
        hosts[0].warehouse.execute(Side::Target, over, &[]).await.unwrap();
        let night = run_night(&hosts[4], older, &["forecast".to_owned()]).await;
        assert_eq!(night.jobs[0].state, JobState::Published, "{}", night.jobs[0].reason);
        assert_eq!(count(&hosts[0], "SELECT COUNT(*) FROM nightclerk_runs WHERE state = 'running'").await, 0);
    });
}
