//! A night whose process is killed at any instant leaves every publication whole, and running it again mends all.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use nightclerk::registry::Registry;
use nightclerk::warehouse::Value;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use crate::support::{JOBS, NEXT_NIGHT, Project, assert_same_rows, command};

/// The phases in which rows are written, and how often each is aimed at.
const AIMED_AT: [&str; 5] = ["staging", "publishing", "staging", "publishing", "gates"];

/// When the process is killed.
#[derive(Debug)]
enum KillAt {
    /// So long after a job entered a phase.
    AfterPhase { job: &'static str, phase: &'static str, delay: Duration },
    /// So long after the start.
    AfterStart(Duration),
}

#[test]
fn a_night_killed_at_any_instant_leaves_no_half_publication_and_a_rerun_mends_it() {
    let rounds: usize = std::env::var("NIGHTCLERK_CRASH_ROUNDS").map_or(6, |text| text.parse().expect("a number"));
    let control = Project::demo();
    let started = Instant::now();
    control.run(&["run", "--as-of", NEXT_NIGHT]).exits(0);
    let undisturbed = started.elapsed();
    let expected = control.dump();

    let project = Project::demo();
    let mut chance = Pcg64::seed_from_u64(20_261_123);
    let mut killed = std::collections::BTreeMap::<String, usize>::new();
    for round in 0..rounds {
        // A date that was published before is replaced in every second pair of rounds, and new in the others.
        if round % 4 == 2 {
            for job in JOBS {
                forget(&project, job);
            }
        }
        let before = current_runs(&project);
        let instant = if round % 3 == 1 {
            KillAt::AfterStart(undisturbed.mul_f64(chance.random_range(0.0..0.9)))
        } else {
            let phase = AIMED_AT[round % AIMED_AT.len()];
            let job = JOBS[chance.random_range(0..JOBS.len())];
            // The transaction of a small table is over in a millisecond, that of a large one is not.
            let longest = if matches!(job, "demand_forecast" | "inventory_plan") { 20_000 } else { 1_500 };
            let delay = Duration::from_micros(chance.random_range(0..=longest));
            KillAt::AfterPhase { job, phase, delay }
        };
        let killed_in = run_and_kill(&project, &instant);
        let phase = killed_in.split(' ').next().unwrap_or_default().to_owned();
        *killed.entry(phase).or_default() += 1;
        eprintln!("round {}: {instant:?}: killed in {killed_in}", round + 1);
        let context = format!("round {}, {instant:?}, killed in {killed_in}", round + 1);
        assert_publications_are_whole(&project, &context);
        let after = current_runs(&project);
        eprintln!(
            "  {} of {} jobs had published",
            after.iter().filter(|run| !before.contains(run)).count(),
            JOBS.len()
        );
        let again = project.run(&["run", "--as-of", NEXT_NIGHT]);
        assert_eq!(again.code, 0, "{context}: {}{}", again.stdout, again.stderr);
        assert_publications_are_whole(&project, &context);
        assert_nothing_is_staged(&project, &context);
    }
    eprintln!("killed in: {killed:?}");
    assert_same_rows(&project.dump(), &expected);
}

#[test]
fn a_run_that_was_killed_is_in_the_ledger_as_crashed_once_the_job_runs_again() {
    let project = Project::demo();
    let instant = KillAt::AfterPhase { job: "basket_rules", phase: "compute", delay: Duration::ZERO };
    run_and_kill(&project, &instant);
    assert_eq!(project.count("SELECT COUNT(*) FROM nightclerk_runs WHERE state = 'running'"), 1);
    let ran = project.run(&["run", "--job", "basket_rules", "--as-of", NEXT_NIGHT]).exits(0);
    assert!(ran.stderr.contains("1 earlier run ended without a word; it published nothing"), "{}", ran.stderr);
    assert_eq!(project.count("SELECT COUNT(*) FROM nightclerk_runs WHERE state = 'running'"), 0);
    assert_eq!(project.count("SELECT COUNT(*) FROM nightclerk_runs WHERE state = 'crashed'"), 1);
}

/// Runs the night and kills it at the instant; says in which phase of which job that was.
fn run_and_kill(project: &Project, instant: &KillAt) -> String {
    let mut child = command(project.path(), &["run", "--as-of", NEXT_NIGHT, "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary can be started");
    let started = Instant::now();
    let events = events(&mut child);
    let mut last = "the start".to_owned();
    let mut deadline = match instant {
        KillAt::AfterStart(time) => started + *time,
        KillAt::AfterPhase { .. } => started + Duration::from_mins(5),
    };
    loop {
        match events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok((job, phase)) => {
                if let KillAt::AfterPhase { job: wanted, phase: in_phase, delay } = instant
                    && job == *wanted
                    && phase == *in_phase
                {
                    deadline = Instant::now() + *delay;
                }
                last = format!("{phase} of {job}");
            }
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => {
                last = format!("the end, after {last}");
                break;
            }
        }
    }
    // On Unix this is SIGKILL: no handler, no destructor, no flush.
    child.kill().expect("the process can be killed");
    child.wait().expect("the process has ended");
    format!("{last}, {} ms after the start", started.elapsed().as_millis())
}

/// Job and phase of every phase event, as they come.
fn events(child: &mut Child) -> Receiver<(String, String)> {
    let output = child.stdout.take().expect("standard output is piped");
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let Ok(event) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
            if let (Some(job), Some(phase)) = (event["job"].as_str(), event["phase"].as_str())
                && sender.send((job.to_owned(), phase.to_owned())).is_err()
            {
                return;
            }
        }
    });
    receiver
}

/// Takes the next night's publication of a job back, as if it had never run.
fn forget(project: &Project, job: &str) {
    let of_the_night =
        format!("SELECT run_id FROM nightclerk_publications WHERE job = '{job}' AND as_of = '{NEXT_NIGHT}'");
    for table in Registry::standard().tables() {
        project.execute(&format!("DELETE FROM {} WHERE run_id IN ({of_the_night})", table.name));
    }
    project.execute(&format!("DELETE FROM nightclerk_publications WHERE job = '{job}' AND as_of = '{NEXT_NIGHT}'"));
}

fn current_runs(project: &Project) -> Vec<i64> {
    let rows = project.query("SELECT run_id FROM nightclerk_current ORDER BY job");
    rows.iter().filter_map(|row| row[0].as_integer()).collect()
}

/// Every publication has exactly the rows that its ledger row says, no row belongs to none, every job has one current
/// publication, and the views show that one.
fn assert_publications_are_whole(project: &Project, context: &str) {
    assert_eq!(project.query("PRAGMA integrity_check")[0][0].as_text(), Some("ok"), "{context}");
    assert_eq!(current_runs(project).len(), JOBS.len(), "{context}: every job has one current publication");
    let publications = project.query("SELECT run_id, tables_json FROM nightclerk_publications ORDER BY run_id");
    for row in &publications {
        let (run_id, tables) = (row[0].as_integer().unwrap(), row[1].as_text().unwrap());
        let tables: std::collections::BTreeMap<String, i64> = serde_json::from_str(tables).unwrap();
        for (table, rows) in tables {
            let found = project.count(&format!("SELECT COUNT(*) FROM {table} WHERE run_id = {run_id}"));
            assert_eq!(found, rows, "{context}: rows of {table} of run {run_id}");
        }
    }
    for table in Registry::standard().tables() {
        let name = table.name;
        let orphans =
            format!("SELECT COUNT(*) FROM {name} WHERE run_id NOT IN (SELECT run_id FROM nightclerk_publications)");
        assert_eq!(project.count(&orphans), 0, "{context}: rows of {name} without a publication");
        let seen = project.query(&format!("SELECT DISTINCT job, run_id FROM {name}_current"));
        for row in &seen {
            let current = project
                .query(&format!("SELECT run_id FROM nightclerk_current WHERE job = '{}'", row[0].as_text().unwrap()));
            assert_eq!(current, [[Value::Integer(row[1].as_integer().unwrap())]], "{context}: {name}_current");
        }
    }
}

fn assert_nothing_is_staged(project: &Project, context: &str) {
    for table in Registry::standard().tables() {
        let staged = project.count(&format!("SELECT COUNT(*) FROM staged_{}", table.name));
        assert_eq!(staged, 0, "{context}: staged_{}", table.name);
    }
}
