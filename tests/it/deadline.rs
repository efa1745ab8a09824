//! A promise to the planner: a night waits for its data, says early that it will be late, and late what stands. Time is simulated.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use chrono::{DateTime, NaiveDate, Utc};
use nightclerk::project::Project;
use nightclerk::registry::Registry;
use nightclerk::runner::ledger::slots::{SlotState, slot};
use nightclerk::runner::night::run_night;
use nightclerk::runner::{Runner, daemon};
use nightclerk::warehouse::{Side, Warehouse, WarehouseConfig};

use crate::small_shop::{SmallShop, first_night};
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
        let waits = "its data are awaited until 06:30: `daily_sales` has no rows of 2026-09-02 yet";
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
        // Who asks for it meanwhile is refused; the promise goes on.
        promise.at("2026-09-04T05:00:00Z");
        let asked = run_night(&runner, "2026-09-03".parse().unwrap(), &[]).await;
        assert_eq!(asked.exit_code(), 4, "{asked:?}");
        let found = slots(&runner, "2026-09-03").await;
        assert!(found.iter().all(|(state, _)| *state == SlotState::Waiting), "{found:?}");
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
        assert!(found[1].1.starts_with("newest days of daily_sales: no row on 2026-09-03"), "{found:?}");
        assert!(found[..2].iter().all(|(state, _)| *state == SlotState::Waiting), "{found:?}");
        let late = ["basket_rules", "demand_forecast"].map(|job| format!("opened {job} late"));
        let in_time = "recovered inventory_plan published".to_owned();
        assert_eq!(promise.told(), [expected.to_vec(), late.to_vec(), vec![in_time]].concat());
        let front = promise.shop.project.read("out/index.html");
        assert!(front.contains("Published in part") && front.contains("no row on 2026-09-03"), "{front}");
        // The planner has orders at 06:30, from yesterday's forecast, and is told so in the first line.
        assert_eq!(found[2].0, SlotState::Published);
        let page = promise.shop.project.read("out/2026-09-03/inventory_plan.html");
        assert!(page.contains("STAND-IN from the forecast of 2026-09-02, newer data had not arrived."), "{page}");
        assert!(
            page.contains("The sales of 2026-09-03 had not arrived: they are taken as they were forecast."),
            "{page}"
        );
        assert!(page.contains("Published with warnings"), "{page}");
        // Until the data come nothing is computed again.
        let before = n_runs(&runner).await;
        promise.at("2026-09-04T08:00:00Z");
        daemon::tick(&runner).await.unwrap();
        let waits = "late, it was to be there by 06:30: `daily_sales` has no rows of 2026-09-03 yet";
        assert_eq!(slots(&runner, "2026-09-03").await[1].1, waits);
        assert_eq!(n_runs(&runner).await, before);
        bring_back(&runner).await;
        promise.at("2026-09-04T08:05:00Z");
        daemon::tick(&runner).await.unwrap();
        all_published(&slots(&runner, "2026-09-03").await);
        let recovered = JOBS.map(|job| format!("recovered {job} published"));
        let page = promise.shop.project.read("out/2026-09-03/inventory_plan.html");
        assert!(page.contains("STAND-IN"), "what was promised and acted on stands");
        assert_eq!(promise.told(), [expected.to_vec(), late.to_vec(), recovered.to_vec()].concat());
        let page = promise.shop.project.read("out/2026-09-03/demand_forecast.html");
        assert!(page.contains("Valid until</dt><dd>Sat 5 Sep 2026 06:30 UTC"), "{page}");
    });
}

#[test]
fn what_is_out_of_date_is_handed_out_only_when_that_is_said() {
    let shop = SmallShop::new("");
    let none = shop.project.run(&["export", "inventory_plan", "--to", "handed"]);
    assert_ne!(none.code, 0, "{}", none.stdout);
    shop.run(first_night(), "the first night");
    // Its night is long over by the clock of this machine.
    let refused = shop.project.run(&["export", "inventory_plan", "--to", "handed"]).exits(4);
    assert!(
        refused.stderr.contains("was valid until 2026-09-03T") && refused.stderr.contains("--allow-stale"),
        "{}",
        refused.stderr
    );
    assert!(!shop.project.path().join("handed").exists());
    let status = shop.project.run(&["status"]).exits(0);
    assert!(status.stdout.contains("STALE: what is current was valid until 2026-09-03T"), "{}", status.stdout);

    // A folder that cannot be written leaves everything as it was.
    shop.project.write("a_file", "");
    let nowhere = shop.project.run(&["export", "inventory_plan", "--to", "a_file", "--allow-stale"]).exits(2);
    assert!(nowhere.stderr.contains("nothing was handed out"), "{}", nowhere.stderr);
    assert_eq!(shop.count("SELECT COUNT(*) FROM nightclerk_audit"), 0);
    let handed =
        shop.project.run(&["export", "inventory_plan", "--to", "handed", "--allow-stale", "--json"]).exits(0).json();
    let files = handed["files"].as_array().unwrap();
    assert!(!files.is_empty() && handed["is_stale"] == true, "{handed:#}");
    for file in files {
        let name = file["file"].as_str().unwrap();
        assert!(name.starts_with("handed/inventory_plan-2026-09-01-"), "{name}");
        let bytes = std::fs::read(shop.project.path().join(name)).unwrap();
        assert_eq!(bytes.len() as u64, file["bytes"].as_u64().unwrap());
    }
    let counts = |sql: &str| shop.count(sql) as usize;
    assert_eq!(counts("SELECT COUNT(*) FROM nightclerk_audit WHERE action = 'export'"), files.len());
    assert_eq!(
        counts("SELECT COUNT(*) FROM nightclerk_files WHERE leaves = 1 AND job = 'inventory_plan'"),
        files.len()
    );
    // A file that was changed since is not handed out.
    let path = shop
        .rows("SELECT path FROM nightclerk_files WHERE leaves = 1 AND job = 'inventory_plan' ORDER BY path LIMIT 1");
    let path = shop.project.path().join("out").join(path[0][0].as_text().unwrap());
    std::fs::write(&path, "somebody's own").unwrap();
    let changed = shop.project.run(&["export", "inventory_plan", "--to", "handed", "--allow-stale"]).exits(1);
    assert!(changed.stderr.contains("is not what was published"), "{}", changed.stderr);
}
