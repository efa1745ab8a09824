//! Files: published rows never stand without the files they owe for longer than until the next process, and what has left the house is
//! kept.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::NaiveDate;
use nightclerk::runner::events::Event;
use nightclerk::runner::ledger::files::{in_state, of_run};
use nightclerk::runner::ledger::slots::{SlotState, slot};
use nightclerk::runner::ledger::{publications, rollback};
use nightclerk::runner::night::run_night;
use nightclerk::runner::outcome::JobState;
use nightclerk::runner::{Runner, daemon, status};
use nightclerk::warehouse::Side;

use crate::beat::Shop;
use crate::support::{NEXT_NIGHT, Project, wait};

const NIGHTLY: &str = "\n\n[schedule]\ncron = \"30 2 * * *\"";
const FILE: &str = "2026-06-09/list/list.csv";

fn night() -> NaiveDate {
    "2026-06-09".parse().unwrap()
}

/// A shop with a list, at the time when its night is due.
async fn shop(name: &str) -> (Shop, Runner, Arc<Mutex<Vec<String>>>) {
    let shop = Shop::sqlite(name, "UTC", &[("list", NIGHTLY)]);
    shop.at_time("2026-06-10T02:31:00Z");
    let runner = shop.host(0).await;
    let said = Arc::new(Mutex::new(Vec::new()));
    let ears = said.clone();
    let events = Arc::new(move |event: &Event| match event {
        Event::Note { text, .. } => ears.lock().unwrap().push(text.clone()),
        Event::JobFinished(outcome) => ears.lock().unwrap().push(format!("{:?}: {}", outcome.state, outcome.reason)),
        _ => {}
    });
    (shop, Runner { events, ..runner }, said)
}

async fn missing(runner: &Runner) -> Vec<String> {
    let now = chrono::DateTime::from_timestamp_micros(runner.now()).unwrap();
    let statuses = status::of_jobs(&runner.project, &runner.warehouse, now).await.unwrap();
    statuses[0].missing_files.clone()
}

#[test]
fn a_file_that_cannot_be_put_into_its_place_is_owed_until_it_can() {
    wait(async {
        let (shop, runner, said) = shop("blocked_file").await;
        let out = shop.folder_of(0).join("out");
        fs::create_dir_all(out.join("2026-06-09")).unwrap();
        // Where the folder of the list belongs lies a file.
        fs::write(out.join("2026-06-09/list"), "in the way").unwrap();
        daemon::tick(&runner).await.unwrap();
        let told = said.lock().unwrap().join("\n");
        assert!(told.contains("Undelivered: its rows are published, its files not all: cannot write"), "{told}");
        let current = publications(&runner.warehouse, Some("list")).await.unwrap();
        assert_eq!((current.len(), current[0].state.as_str()), (1, "published"));
        assert_eq!(missing(&runner).await.len(), 1, "{:?}", missing(&runner).await);
        assert!(out.join("2026-06-09/list.html").exists() && out.join("index.html").exists());
        // It stays owed, is told again, and is written by whoever comes by once it can be.
        daemon::tick(&runner).await.unwrap();
        assert!(said.lock().unwrap().last().unwrap().starts_with("cannot write"));
        fs::remove_file(out.join("2026-06-09/list")).unwrap();
        run_night(&shop.host(0).await, night().pred_opt().unwrap(), &["list".to_owned()]).await;
        assert_eq!(missing(&runner).await, Vec::<String>::new());
        assert_eq!(fs::read_to_string(out.join(FILE)).unwrap().lines().nth(1), Some("2026-06-09 1"));
        assert!(!out.join(".staged").exists(), "nothing stays laid aside");
        assert_eq!(publications(&runner.warehouse, Some("list")).await.unwrap()[0].run_id, current[0].run_id);
        // What is changed or taken away afterwards is seen.
        fs::write(out.join(FILE), "something else").unwrap();
        assert!(missing(&runner).await[0].ends_with("was changed after it was written"));
        fs::remove_file(out.join(FILE)).unwrap();
        assert!(missing(&runner).await[0].ends_with("was written and is gone"));
    });
}

#[test]
fn where_nothing_can_be_laid_aside_nothing_is_published_and_the_date_is_tried_again() {
    wait(async {
        let (shop, runner, _) = shop("full_disk").await;
        let out = shop.folder_of(0).join("out");
        fs::create_dir_all(&out).unwrap();
        fs::write(out.join(".staged"), "in the way").unwrap();
        daemon::tick(&runner).await.unwrap();
        let waits = slot(&runner.warehouse, "list", night()).await.unwrap().unwrap();
        assert_eq!(waits.state, SlotState::Waiting, "{}", waits.reason);
        assert!(waits.reason.starts_with("cannot write"), "{}", waits.reason);
        assert!(publications(&runner.warehouse, Some("list")).await.unwrap().is_empty());
        fs::remove_file(out.join(".staged")).unwrap();
        shop.pass(Duration::from_secs(601));
        daemon::tick(&runner).await.unwrap();
        assert_eq!(slot(&runner.warehouse, "list", night()).await.unwrap().unwrap().state, SlotState::Published);
        assert!(out.join(FILE).exists());
    });
}

#[test]
fn a_process_that_dies_after_its_rows_are_published_leaves_its_files_to_the_next() {
    wait(async {
        let (shop, runner, _) = shop("died_late").await;
        let out = shop.folder_of(0).join("out");
        daemon::tick(&runner).await.unwrap();
        let run_id = publications(&runner.warehouse, Some("list")).await.unwrap()[0].run_id;
        let files = of_run(&runner.warehouse, run_id).await.unwrap();
        assert_eq!(files.len(), 2);
        let whole: Vec<Vec<u8>> = files.iter().map(|file| fs::read(out.join(&file.path)).unwrap()).collect();
        // As a process leaves it that dies at each instant after its commit: nothing put into its place, one file, all but the ledger.
        for n_put in 0..=files.len() {
            let sql = "UPDATE nightclerk_files SET state = 'pending', written_us = NULL";
            runner.warehouse.execute(Side::Target, sql, &[]).await.unwrap();
            for file in &files[n_put..] {
                let staged = out.join(".staged").join(run_id.to_string()).join(&file.path);
                fs::create_dir_all(staged.parent().unwrap()).unwrap();
                fs::rename(out.join(&file.path), staged).unwrap();
            }
            assert_eq!(missing(&runner).await.len(), 2);
            daemon::tick(&shop.host(0).await).await.unwrap();
            assert_eq!(missing(&runner).await, Vec::<String>::new(), "{n_put} files were in their places");
            assert!(in_state(&runner.warehouse, "pending", None).await.unwrap().is_empty());
            for (file, bytes) in files.iter().zip(&whole) {
                assert_eq!(&fs::read(out.join(&file.path)).unwrap(), bytes);
            }
        }
    });
}

#[test]
fn a_list_that_has_left_the_house_is_kept_until_somebody_says_that_it_was_not_sent() {
    wait(async {
        let (shop, runner, _) = shop("left").await;
        let out = shop.folder_of(0).join("out");
        daemon::tick(&runner).await.unwrap();
        let list = fs::read_to_string(out.join(FILE)).unwrap();
        let first = publications(&runner.warehouse, Some("list")).await.unwrap();
        // Run again with another seed, which would draw others.
        let config = shop.folder_of(0).join("nightclerk.toml");
        let text = fs::read_to_string(&config).unwrap().replace("seed = 1 ", "seed = 2 ");
        fs::write(&config, text).unwrap();
        let again = run_night(&shop.host(0).await, night(), &[]).await;
        assert_eq!((again.jobs[0].state, again.exit_code()), (JobState::Kept, 0), "{}", again.jobs[0].reason);
        assert!(again.jobs[0].reason.contains("rollback list --not-sent"), "{}", again.jobs[0].reason);
        assert_eq!(fs::read_to_string(out.join(FILE)).unwrap(), list);
        let kept = publications(&runner.warehouse, Some("list")).await.unwrap();
        assert_eq!((kept.len(), kept[0].run_id), (1, first[0].run_id));
        assert_eq!(slot(&runner.warehouse, "list", night()).await.unwrap().unwrap().state, SlotState::Published);
        // Withdrawn as not sent, the date is run anew.
        rollback(&runner.warehouse, "list", false).await.unwrap().unwrap();
        let anew = run_night(&shop.host(0).await, night(), &[]).await;
        assert_eq!(anew.jobs[0].state, JobState::Published, "{}", anew.jobs[0].reason);
        assert_eq!(fs::read_to_string(out.join(FILE)).unwrap().lines().nth(1), Some("2026-06-09 2"));
    });
}

#[test]
fn what_a_date_owes_no_more_is_removed_when_it_is_run_again() {
    wait(async {
        let (shop, runner, _) = shop("obsolete").await;
        let out = shop.folder_of(0).join("out");
        daemon::tick(&runner).await.unwrap();
        // Nobody acts on it, and the next time it is not made.
        runner.warehouse.execute(Side::Target, "UPDATE nightclerk_files SET leaves = FALSE", &[]).await.unwrap();
        fs::write(out.join("2026-06-09/list/old.csv"), "of the first run").unwrap();
        let sql =
            "UPDATE nightclerk_files SET path = '2026-06-09/list/old.csv' WHERE path = '2026-06-09/list/list.csv'";
        runner.warehouse.execute(Side::Target, sql, &[]).await.unwrap();
        let again = run_night(&shop.host(0).await, night(), &[]).await;
        assert_eq!(again.jobs[0].state, JobState::Published);
        assert!(out.join(FILE).exists() && !out.join("2026-06-09/list/old.csv").exists());
    });
}

#[test]
fn a_coupon_list_and_an_order_file_of_the_demo_are_kept_when_their_date_is_run_again() {
    let project = Project::demo();
    project.run(&["run", "--as-of", NEXT_NIGHT]).exits(0);
    let before = project.dump();
    project.replace("nightclerk.toml", "seed = 3 ", "seed = 7 ");
    // The first night of the demo wrote to customers, the next ones are within its contact window.
    for (job, as_of) in [("coupon_targets", "2026-10-25"), ("inventory_plan", NEXT_NIGHT)] {
        let again = project.run(&["run", "--as-of", as_of, "--job", job]).exits(0);
        let told = format!("what `{job}` published for {as_of} has left the house");
        assert!(again.stderr.contains(&told), "{}", again.stderr);
    }
    crate::support::assert_same_rows(&project.dump(), &before);
    let refused = project.run(&["rollback", "inventory_plan"]).exits(2);
    assert!(refused.stderr.contains("somebody may have acted on"), "{}", refused.stderr);
    project.run(&["rollback", "inventory_plan", "--not-sent"]).exits(0);
    project.run(&["run", "--as-of", NEXT_NIGHT, "--job", "inventory_plan"]).exits(0);
}
