//! A process that dies at any point of a night leaves no half publication, and the next one completes the night: on every engine.

use std::collections::BTreeSet;
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use nightclerk::runner::faults::POINTS;
use nightclerk::warehouse::Value;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use crate::alerts::{http, listener};
use crate::database::Database;
use crate::mariadb::temporary_server;
use crate::postgres::temporary_cluster;
use crate::small_shop::{SmallShop, first_night};
use crate::support::{command, ran};

/// Kills a night at every point, each on a date of its own, and lets the next process complete it. Of each date that is published a
/// server is told once; not again where the process died on the way there, since nobody knows whether it arrived.
fn dies_everywhere(shop: &SmallShop, control: &SmallShop) {
    let (port, pinged) = listener(|stream| http(stream, "204 No Content"));
    shop.pings(port);
    let mut as_of = first_night();
    for (number, point) in POINTS.into_iter().enumerate() {
        // Some points are passed once a night, some once a job, a table or a file: not always the first time.
        let is_passed_once = point == "index_written" || point.starts_with("alert_");
        let times = if is_passed_once { 1 } else { number % 3 + 1 };
        let context = format!("{point}, time {times}, night of {as_of}");
        let arguments = ["run", "--as-of", &as_of.to_string()];
        let killed = ran(command(shop.project.path(), &arguments).env("NIGHTCLERK_FAULT", format!("{point}:{times}")));
        assert_eq!(killed.code, -1, "{context}: it was to die: {}{}", killed.stdout, killed.stderr);
        shop.is_whole(&context);
        shop.run(as_of, &context);
        shop.is_done(as_of, &context);
        control.run(as_of, &context);
        let (arrived, stands) = match point {
            "alert_claimed" => (0, "sending"),
            "alert_told" => (1, "sending"),
            _ => (1, "sent"),
        };
        for _ in 0..arrived {
            pinged.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|error| panic!("{context}: {error}"));
        }
        assert!(pinged.try_recv().is_err(), "{context}: told too often");
        let state = format!("SELECT state FROM nightclerk_alerts WHERE as_of = '{as_of}'");
        assert_eq!(shop.rows(&state), [[Value::Text(stands.into())]], "{context}");
        if stands == "sending" {
            shop.execute("UPDATE nightclerk_alerts SET changed_us = 0 WHERE state = 'sending'");
            shop.run(as_of, &context);
            assert_eq!(shop.rows(&state), [[Value::Text("unknown".into())]], "{context}");
            assert!(pinged.try_recv().is_err(), "{context}: told again");
        }
        as_of += TimeDelta::days(1);
    }
    assert_eq!(shop.published(), control.published());
}

/// Kills nights at random instants; gives how many ended before they were killed.
/// The twin of the shop runs the same dates undisturbed: in the end both have published the same.
fn dies_by_chance(shop: &SmallShop, control: &SmallShop, rounds: usize, seed: u64) -> usize {
    let mut chance = Pcg64::seed_from_u64(seed);
    let (port, pinged) = listener(|stream| http(stream, "204 No Content"));
    shop.pings(port);
    // A process may also die while it tells: those after it are still heard.
    drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
    let first = first_night();
    shop.run(first, "undisturbed");
    let started = Instant::now();
    shop.run(first + TimeDelta::days(1), "undisturbed");
    let mut undisturbed = started.elapsed();
    let mut dates = BTreeSet::from([first, first + TimeDelta::days(1)]);
    let mut survived = 0;
    for round in 0..rounds {
        // Every third date is one that was published before.
        let as_of = first + TimeDelta::days(2 + (round as i64 - i64::from(round % 3 == 2)).rem_euclid(DATES));
        dates.insert(as_of);
        let delay = undisturbed.mul_f64(chance.random_range(0.0..1.1));
        let context = format!("round {round}, {delay:?}, night of {as_of}");
        let mut child = command(shop.project.path(), &["run", "--as-of", &as_of.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(delay);
        survived += usize::from(child.try_wait().unwrap().is_some());
        // On Unix this is SIGKILL: no handler, no destructor, no flush.
        child.kill().unwrap();
        child.wait().unwrap();
        shop.is_whole(&context);
        // A machine is not always as busy as it was at the start: kills after the end of a night show nothing.
        let started = Instant::now();
        shop.run(as_of, &context);
        undisturbed = undisturbed.mul_f64(0.9) + started.elapsed().mul_f64(0.1);
        shop.is_done(as_of, &context);
        if round % 50 == 49 {
            eprintln!("{} rounds, {survived} were over before", round + 1);
        }
    }
    for as_of in dates {
        control.run(as_of, "undisturbed twin");
    }
    // The last of them was sent before its process ended.
    std::thread::sleep(Duration::from_millis(200));
    let told = pinged.try_iter().count() as i64;
    let in_state =
        |states: &str| shop.count(&format!("SELECT COUNT(*) FROM nightclerk_alerts WHERE state IN ({states})"));
    let (sent, not_known) = (in_state("'sent'"), in_state("'sending', 'unknown'"));
    assert_eq!(sent + not_known, in_state("'due', 'failed', 'sent', 'sending', 'unknown'"), "somebody is not told");
    assert!(sent <= told && told <= sent + not_known, "told {told} times: {sent} sent, {not_known} not known");
    assert_eq!(shop.published(), control.published());
    survived
}

/// Over how many dates kills by chance are spread.
const DATES: i64 = 30;

/// By chance: 20 times in a test, more by hand.
fn rounds() -> usize {
    std::env::var("NIGHTCLERK_KILLS").map_or(20, |text| text.parse().expect("a number"))
}

fn dies_and_recovers(engine: &str, url: impl Fn(&str) -> String) {
    // A release build has no points to die at.
    if cfg!(debug_assertions) {
        dies_everywhere(&SmallShop::new(&url("killed")), &SmallShop::new(&url("control")));
    }
    let (shop, twin) = (SmallShop::new(&url("by_chance")), SmallShop::new(&url("twin")));
    let started = Instant::now();
    let survived = dies_by_chance(&shop, &twin, rounds(), 20_261_129);
    let took: Duration = started.elapsed();
    eprintln!("{engine}: {} kills by chance in {took:.0?}, {survived} after the end", rounds());
}

#[test]
fn a_process_that_dies_at_any_point_leaves_the_night_to_the_next_on_sqlite() {
    dies_and_recovers("SQLite", |_| String::new());
}

#[test]
fn a_process_that_dies_at_any_point_leaves_the_night_to_the_next_on_postgres() {
    let Some(cluster) = temporary_cluster() else { return };
    let databases = ["killed", "control", "by_chance", "twin"]
        .map(|name| (name, Database::new(&cluster, &format!("kills_{name}"))));
    let url = |wanted: &str| databases.iter().find(|(name, _)| *name == wanted).unwrap().1.url.clone();
    dies_and_recovers("PostgreSQL", url);
}

#[test]
fn a_process_that_dies_at_any_point_leaves_the_night_to_the_next_on_mariadb() {
    let Some(server) = temporary_server() else { return };
    dies_and_recovers("MariaDB", |name| server.database(name));
}
