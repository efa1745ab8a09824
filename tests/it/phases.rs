//! The ledger's server or the source's is away from a given step of a night on, by itself: whatever the step, nothing is lost.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use chrono::{NaiveDate, TimeDelta};
use nightclerk::runner::faults::POINTS;

use crate::alerts::{http, listener};
use crate::hosts::Host;
use crate::own_server::OwnServer;
use crate::skips::{Need, skip};
use crate::small_shop::{SmallShop, first_night};
use crate::support::command;

/// A night that waits at a point until it is let go.
struct Held {
    night: Child,
    file: std::path::PathBuf,
}

impl Held {
    fn at(shop: &SmallShop, as_of: NaiveDate, point: &str) -> Self {
        let file = shop.project.path().join("held");
        let arguments = ["run", "--as-of", &as_of.to_string()];
        let night = command(shop.project.path(), &arguments)
            .env("NIGHTCLERK_HOLD", format!("{point}:{}", file.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut held = Self { night, file };
        held.wait_for(&held.file.clone());
        held
    }

    fn wait_for(&mut self, file: &Path) {
        let started = Instant::now();
        while !file.exists() {
            assert!(started.elapsed() < Duration::from_mins(1), "the night does not come by");
            assert_eq!(self.night.try_wait().unwrap(), None, "the night has ended before it came by");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Lets it go on.
    fn goes_on(&self) {
        std::fs::remove_file(&self.file).unwrap();
    }
}

/// The shop with its ledger elsewhere.
fn apart(url: &str, shop: SmallShop) -> SmallShop {
    let source = &shop.url;
    let config = shop.project.read("nightclerk.toml");
    let line = config.lines().find(|line| line.starts_with("url = ")).unwrap().to_owned();
    shop.project
        .write("nightclerk.toml", &config.replace(&line, &format!("url = \"{url}\"\nsource_url = \"{source}\"")));
    SmallShop { url: url.to_owned(), ..shop }
}

/// The date after.
fn next(as_of: &mut NaiveDate) -> NaiveDate {
    *as_of += TimeDelta::days(1);
    *as_of
}

/// The points from which on a night needs its ledger, if only to tell somebody: what is kept on disk alone is left out.
fn steps() -> impl Iterator<Item = &'static str> {
    POINTS.into_iter().filter(|point| !["memory_kept", "index_written"].contains(point))
}

#[test]
fn a_ledger_that_is_away_from_any_step_on_costs_no_night() {
    let own = match OwnServer::new("ledger-postgres") {
        Ok(own) => own,
        Err(reason) => return skip(Need::Postgres, &format!("PostgreSQL cannot be started: {reason}")),
    };
    let (shop, control) = (apart(&own.url, SmallShop::new("")), SmallShop::new(""));
    let (port, _pinged) = listener(|stream| http(stream, "204 No Content"));
    shop.pings(port);
    let mut as_of = first_night();
    shop.run(as_of, "undisturbed");
    control.run(as_of, "undisturbed");
    let mut told = Vec::new();
    for point in steps() {
        let date = next(&mut as_of);
        let context = format!("the ledger is away from {point} on, night of {date}");
        let mut held = Held::at(&shop, date, point);
        own.control("stop -m immediate");
        held.goes_on();
        std::thread::sleep(Duration::from_secs(2));
        own.control("start");
        let back = Instant::now();
        let code = held.night.wait().unwrap().code();
        shop.is_whole(&context);
        if code != Some(0) {
            shop.run(date, &context);
        }
        shop.is_done(date, &context);
        told.push(format!("{point}: exit {code:?}, whole {:.1?} after it was back", back.elapsed()));
        assert!([Some(0), Some(1), Some(75)].contains(&code), "{context}: {code:?}");
        control.run(date, &context);
    }
    eprintln!("{}", told.join("\n"));
    assert_eq!(shop.published(), control.published());
}

#[test]
fn a_source_that_is_away_while_the_ledger_is_not_costs_no_night() {
    let own = match OwnServer::new("source-postgres") {
        Ok(own) => own,
        Err(reason) => return skip(Need::Postgres, &format!("PostgreSQL cannot be started: {reason}")),
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.db");
    std::fs::write(&file, "").unwrap();
    let ledger = format!("sqlite:{}", file.display());
    let (shop, control) = (apart(&ledger, SmallShop::new(&own.url)), SmallShop::new(""));
    let mut as_of = first_night();
    shop.run(as_of, "undisturbed");
    control.run(as_of, "undisturbed");
    for point in ["before_claim", "claimed", "loaded", "staging", "committed"] {
        let date = next(&mut as_of);
        let context = format!("the source is away from {point} on, night of {date}");
        let mut held = Held::at(&shop, date, point);
        own.control("stop -m immediate");
        held.goes_on();
        std::thread::sleep(Duration::from_secs(2));
        own.control("start");
        let code = held.night.wait().unwrap().code();
        assert!([Some(0), Some(75)].contains(&code), "{context}: {code:?}");
        shop.is_whole(&context);
        if code != Some(0) {
            shop.run(date, &context);
        }
        shop.is_done(date, &context);
        control.run(date, &context);
    }
    assert_eq!(shop.published(), control.published());
}

#[test]
#[ignore = "as long as NIGHTCLERK_OUTAGE_SECONDS says, 300 without it: a server for every step"]
fn an_outage_that_outlasts_the_process_costs_no_night_at_any_step() {
    let text = std::env::var("NIGHTCLERK_OUTAGE_SECONDS").unwrap_or_else(|_| "300".to_owned());
    let away = Duration::from_secs(text.parse().expect("seconds"));
    let outage = |point: &str, is_source: bool| {
        let side = if is_source { "source" } else { "ledger" };
        let own = OwnServer::new(&format!("long-{side}-{point}")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let shop = if is_source {
            let file = folder.path().join("ledger.db");
            std::fs::write(&file, "").unwrap();
            apart(&format!("sqlite:{}", file.display()), SmallShop::new(&own.url))
        } else {
            apart(&own.url, SmallShop::new(""))
        };
        let (port, _pinged) = listener(|stream| http(stream, "204 No Content"));
        shop.pings(port);
        let mut as_of = first_night();
        shop.run(as_of, "undisturbed");
        let date = next(&mut as_of);
        let mut held = Held::at(&shop, date, point);
        own.control("stop -m immediate");
        let began = Instant::now();
        held.goes_on();
        let mut gave_up = None;
        while began.elapsed() < away {
            if gave_up.is_none()
                && let Some(status) = held.night.try_wait().unwrap()
            {
                gave_up = Some((status.code(), began.elapsed()));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        own.control("start");
        let back = Instant::now();
        let code = gave_up.map_or_else(|| held.night.wait().unwrap().code(), |(code, _)| code);
        // Whoever looks after it, a person or cron, calls it until it is done.
        let mut calls = 0;
        while calls < 100 {
            let ran = shop.project.run(&["run", "--as-of", &date.to_string()]);
            calls += 1;
            if ran.code == 0 {
                break;
            }
            std::thread::sleep(Duration::from_secs(2));
        }
        let context = format!("the {side} is away from {point} on for {away:?}");
        shop.is_done(date, &context);
        let after =
            gave_up.map_or_else(|| "at work until it was back".to_owned(), |(_, after)| format!("after {after:.0?}"));
        eprintln!("{context}: exit {code:?} {after}; whole {:.1?} after it was back, {calls} calls", back.elapsed());
        assert!([Some(0), Some(1), Some(75)].contains(&code), "{context}: {code:?}");
    };
    std::thread::scope(|scope| {
        for point in steps() {
            scope.spawn(move || outage(point, false));
        }
        for point in ["before_claim", "claimed", "loaded"] {
            scope.spawn(move || outage(point, true));
        }
    });
}

/// Five hours by the clock of the daemon, which goes on ticking: the server is away from a step on, whichever it is.
#[test]
#[ignore = "some 20 minutes: a server and a daemon for every step, and what they wait for is real"]
fn five_hours_without_the_ledger_or_the_source_cost_a_daemon_no_slot_at_any_step() {
    std::thread::scope(|scope| {
        for point in steps() {
            scope.spawn(move || five_hours_without(point, false));
        }
        for point in ["before_claim", "claimed", "loaded"] {
            scope.spawn(move || five_hours_without(point, true));
        }
    });
}

fn five_hours_without(point: &str, is_source: bool) {
    const MINUTE: i64 = 60_000_000;
    let side = if is_source { "source" } else { "ledger" };
    let own = OwnServer::new(&format!("hours-{side}-{point}")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let shop = if is_source {
        let file = folder.path().join("ledger.db");
        std::fs::write(&file, "").unwrap();
        apart(&format!("sqlite:{}", file.display()), SmallShop::new(&own.url))
    } else {
        apart(&own.url, SmallShop::new(""))
    };
    let (port, _pinged) = listener(|stream| http(stream, "204 No Content"));
    shop.pings(port);
    let mut as_of = first_night();
    shop.run(as_of, "undisturbed");
    let date = next(&mut as_of);
    let context = format!("the {side} is away for five hours from {point} on");
    // The schedules of all jobs are over by then, in any zone that the project may have.
    let due = (date + TimeDelta::days(1)).and_hms_opt(8, 0, 0).unwrap().and_utc().timestamp_micros();
    let file = shop.project.path().join("held");
    let hold = format!("{point}:{}", file.display());
    let mut host = Host::new(shop.project.path(), &[("NIGHTCLERK_HOLD", &hold)]);
    host.begin(due);
    let started = Instant::now();
    while !file.exists() {
        assert!(started.elapsed() < Duration::from_mins(10), "{context}: the night does not come by");
        std::thread::sleep(Duration::from_millis(5));
    }
    own.control("stop -m immediate");
    std::fs::remove_file(&file).unwrap();
    let patience = Duration::from_mins(15);
    let (mut n_failed, began) = (0, Instant::now());
    let ticked = host.end(patience).expect("a tick ends");
    n_failed += usize::from(ticked.error.is_some());
    let first = (ticked, began.elapsed());
    let mut now = due;
    while now < due + 300 * MINUTE {
        now += 20 * MINUTE;
        host.begin(now);
        let ticked = host.end(patience).expect("a tick ends");
        n_failed += usize::from(ticked.error.is_some());
    }
    own.control("start");
    let is_done = || {
        let published = format!("SELECT COUNT(*) FROM nightclerk_slots WHERE as_of = '{date}' AND state = 'published'");
        let owed = "SELECT COUNT(*) FROM nightclerk_files WHERE state NOT IN ('written', 'gone')";
        shop.count(&published) == 3 && shop.count(owed) == 0
    };
    let mut minutes = 0;
    let mut last = None;
    while !is_done() {
        assert!(minutes < 60, "{context}: not done after an hour: {last:?}");
        host.begin(now + minutes * MINUTE);
        last = host.end(patience);
        minutes += 1;
    }
    shop.is_done(date, &context);
    eprintln!(
        "{context}: the first tick took {:.0?} ({}), {n_failed} of 16 failed; whole at most {minutes} simulated minutes after it was back",
        first.1,
        first.0.error.or_else(|| first.0.said.last().cloned()).unwrap_or_default()
    );
}

/// Ends the connection that copies rows in, at the moment at which it does; writes down that it did.
const END_A_COPY: &str = "DO $$ DECLARE n INTEGER; BEGIN \
    FOR i IN 1..400000 LOOP \
        PERFORM pg_stat_clear_snapshot(); \
        SELECT COUNT(pg_terminate_backend(pid)) INTO n FROM pg_stat_activity \
            WHERE query ILIKE 'COPY %' AND state = 'active' AND pid <> pg_backend_pid(); \
        IF n > 0 THEN INSERT INTO copies_ended VALUES (1); RETURN; END IF; \
    END LOOP; END $$";

#[test]
fn a_connection_that_is_lost_while_rows_are_copied_costs_no_night() {
    let own = match OwnServer::new("copy-postgres") {
        Ok(own) => own,
        Err(reason) => return skip(Need::Postgres, &format!("PostgreSQL cannot be started: {reason}")),
    };
    let (shop, control) = (SmallShop::new(&own.url), SmallShop::new(""));
    let mut as_of = first_night();
    for shop in [&shop, &control] {
        shop.run(as_of, "undisturbed");
    }
    own.query("CREATE TABLE copies_ended (n INTEGER)");
    for _ in 0..4 {
        let date = next(&mut as_of);
        let context = format!("a copy is cut, night of {date}");
        let mut held = Held::at(&shop, date, "loaded");
        std::thread::scope(|scope| {
            let cutting = scope.spawn(|| own.query(END_A_COPY));
            std::thread::sleep(Duration::from_millis(300));
            held.goes_on();
            cutting.join().unwrap();
        });
        let code = held.night.wait().unwrap().code();
        assert!([Some(0), Some(75)].contains(&code), "{context}: {code:?}");
        shop.is_whole(&context);
        if code != Some(0) {
            shop.run(date, &context);
        }
        shop.is_done(date, &context);
        control.run(date, &context);
    }
    assert!(shop.count("SELECT COUNT(*) FROM copies_ended") >= 3, "no copy was cut: nothing was shown");
    assert_eq!(shop.published(), control.published());
}
