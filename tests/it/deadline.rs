//! A promise to the planner: a night waits for its data, says early that it will be late, and late what stands. Time is simulated.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use chrono::{DateTime, NaiveDate, Utc};
use nightclerk::project::Project;
use nightclerk::registry::Registry;
use nightclerk::runner::ledger::slots::{SlotState, slot};
use nightclerk::runner::{Runner, daemon};
use nightclerk::warehouse::{Side, Warehouse, WarehouseConfig};

use crate::small_shop::SmallShop;
use crate::support::wait;

const JOBS: [&str; 3] = ["basket_rules", "demand_forecast", "inventory_plan"];

/// A shop whose jobs promise to be done by 06:30, in UTC, with a clock that the test moves and alerts that are written to a file.
struct Promise {
    shop: SmallShop,
    now: Arc<AtomicI64>,
}

impl Promise {
    fn new() -> Self {
        let shop = SmallShop::new("");
        for job in JOBS {
            let text = shop.project.read(&format!("jobs/{job}.toml"));
            let promised = text.replace("[schedule]\n", "[schedule]\ntimezone = \"UTC\"\ndeliver_by = \"06:30\"\n");
            assert_ne!(text, promised);
            shop.project.write(&format!("jobs/{job}.toml"), &promised);
        }
        let config = shop.project.read("nightclerk.toml");
        let zone = config.lines().find(|line| line.trim_start_matches("# ").starts_with("timezone = ")).unwrap();
        let config = config.replace(zone, "timezone = \"UTC\"");
        let alerts = "\n[[alerts]]\nname = \"on-call\"\ncommand = [\"sh\", \"-c\", \"cat >> told.jsonl\"]\n";
        shop.project.write("nightclerk.toml", &format!("{config}{alerts}"));
        Self { shop, now: Arc::default() }
    }

    async fn runner(&self) -> Runner {
        let folder = self.shop.project.path();
        let project =
            Project::load(folder, &Registry::standard(), &|_: &str| None).unwrap_or_else(|faults| panic!("{faults}"));
        let warehouse = Warehouse::open(&WarehouseConfig::new(self.shop.url.as_str())).await.unwrap();
        let now = self.now.clone();
        Runner::of(project, warehouse, Arc::new(move || now.load(SeqCst))).await.unwrap()
    }

    fn at(&self, time: &str) {
        let time: DateTime<Utc> = time.parse().unwrap();
        self.now.store(time.timestamp_micros(), SeqCst);
    }

    /// `kind job state` of every message so far.
    fn told(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.shop.project.path().join("told.jsonl")).unwrap_or_default();
        let of_line = |line: &str| {
            let alert: serde_json::Value = serde_json::from_str(line).unwrap();
            let word = |key: &str| alert[key].as_str().unwrap().to_owned();
            format!("{} {} {}", word("alert"), word("job"), word("state"))
        };
        let mut told: Vec<String> = text.lines().map(of_line).collect();
        told.sort_unstable();
        told
    }
}

async fn execute(runner: &Runner, sql: &str) {
    runner.warehouse.execute(Side::Target, sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// State and reason of every job's slot.
async fn slots(runner: &Runner, as_of: &str) -> Vec<(SlotState, String)> {
    let date: NaiveDate = as_of.parse().unwrap();
    let mut found = Vec::new();
    for job in JOBS {
        let slot = slot(&runner.warehouse, job, date).await.unwrap().unwrap_or_else(|| panic!("no slot of {job}"));
        found.push((slot.state, slot.reason));
    }
    found
}

fn all_published(slots: &[(SlotState, String)]) {
    assert!(slots.iter().all(|(state, _)| *state == SlotState::Published), "{slots:?}");
}

/// Takes the orders of a day away, as if its load had not run yet.
async fn take_away(runner: &Runner, day: &str) {
    execute(runner, &format!("CREATE TABLE late_lines AS SELECT * FROM order_lines WHERE ordered_on = '{day}'")).await;
    execute(runner, &format!("DELETE FROM order_lines WHERE ordered_on = '{day}'")).await;
}

async fn bring_back(runner: &Runner) {
    execute(runner, "INSERT INTO order_lines SELECT * FROM late_lines").await;
    execute(runner, "DROP TABLE late_lines").await;
}

async fn n_runs(runner: &Runner) -> i64 {
    let rows = runner.warehouse.read_values(Side::Target, "SELECT COUNT(*) FROM nightclerk_runs", &[]).await.unwrap();
    rows[0][0].as_integer().unwrap()
}

#[test]
fn a_night_with_a_deadline_waits_for_its_data_and_says_when_it_will_be_late() {
    let promise = Promise::new();
    wait(async {
        let runner = promise.runner().await;
        promise.at("2026-09-02T02:45:00Z");
        daemon::tick(&runner).await.unwrap();
        all_published(&slots(&runner, "2026-09-01").await);

        // The tills are an hour late: nothing is run for nothing, and nobody is woken.
        take_away(&runner, "2026-09-02").await;
        promise.at("2026-09-03T02:45:00Z");
        let before = n_runs(&runner).await;
        daemon::tick(&runner).await.unwrap();
        let found = slots(&runner, "2026-09-02").await;
        let waits = "it waits for its data until 06:30: `daily_sales` has no rows of 2026-09-02 yet";
        assert_eq!(found[1], (SlotState::Waiting, waits.to_owned()));
        assert!(found.iter().all(|(state, _)| *state == SlotState::Waiting), "{found:?}");
        assert_eq!(n_runs(&runner).await, before);
        promise.at("2026-09-03T03:45:00Z");
        bring_back(&runner).await;
        daemon::tick(&runner).await.unwrap();
        all_published(&slots(&runner, "2026-09-02").await);
        assert_eq!(promise.told(), [""; 0]);

        // They do not come at all. What usually takes twenty minutes will not be done in ten.
        take_away(&runner, "2026-09-03").await;
        execute(&runner, "UPDATE nightclerk_runs SET finished_us = started_us + 1200000000").await;
        promise.at("2026-09-04T02:45:00Z");
        daemon::tick(&runner).await.unwrap();
        assert_eq!(promise.told(), [""; 0]);
        promise.at("2026-09-04T06:20:00Z");
        daemon::tick(&runner).await.unwrap();
        daemon::tick(&runner).await.unwrap();
        let expected = JOBS.map(|job| format!("expected_late {job} waiting"));
        assert_eq!(promise.told(), expected, "{:?}", slots(&runner, "2026-09-03").await);

        // At the deadline it is tried with what is there; what cannot be said is not said.
        promise.at("2026-09-04T06:30:00Z");
        daemon::tick(&runner).await.unwrap();
        let found = slots(&runner, "2026-09-03").await;
        println!("{found:#?} {:?}", promise.told());
        println!("{}", promise.shop.project.read("out/index.html"));
    });
}
