//! A kind that is registered here, beside those of the program, and nowhere else: it is given a table, a dataset, a job file, a
//! page and an audit, and everything that serves the others serves it.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate};
use nightclerk::datasets::{Dataset, PublishedAt, Source};
use nightclerk::explain::{CurrentRows, ExplainError, Explanation, Key, outline};
use nightclerk::job::{Job, Progress, RunContext};
use nightclerk::kind::Kind;
use nightclerk::migrations::generator;
use nightclerk::migrations::relations::Relations;
use nightclerk::migrations::schemas::published;
use nightclerk::project::Project;
use nightclerk::project::embedded::{self, NewProject};
use nightclerk::publication::{Page, Publication, PublishedTable};
use nightclerk::published::{Kept, Seen, Table};
use nightclerk::registry::{KINDS, Registry};
use nightclerk::runner::night::run_night;
use nightclerk::runner::outcome::{JobOutcome, JobState};
use nightclerk::runner::{Runner, ledger, status};
use nightclerk::table::{Column, ColumnType, TableSchema};
use nightclerk::warehouse::{Create, Side, Warehouse, WarehouseConfig};
use polars::prelude::{DataFrame, df};
use serde::{Deserialize, Serialize};

use crate::support::wait;

const NAME: &str = "busy_stores";

/// Which stores were busy on the as-of date.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct BusyStores {
    min_visitors: i64,
}

impl Default for BusyStores {
    fn default() -> Self {
        Self { min_visitors: 100 }
    }
}

static FOOTFALL: Dataset = Dataset {
    schema: TableSchema {
        name: "footfall",
        doc: "visitors per day and store",
        grain: &["day", "location_id"],
        columns: &[
            Column::new("day", ColumnType::Date, "the day"),
            Column::new("location_id", ColumnType::Text, "the store"),
            Column::new("visitors", ColumnType::Integer, "how many came"),
        ],
    },
    day_column: Some("day"),
    keeps_attributes: false,
    grows_daily: true,
    keeps_its_rows: false,
    measures: &[],
    names_days: None,
    level: None,
};

static STORES: Table = Table {
    schema: TableSchema {
        name: "busy_stores",
        doc: "stores with many visitors on the as-of date",
        grain: &["location_id"],
        columns: &[
            Column::new("location_id", ColumnType::Text, "the store"),
            Column::new("visitors", ColumnType::Integer, "how many came"),
            Column::new("nights_before", ColumnType::Integer, "earlier publications that were seen"),
        ],
    },
    created_in: i64::MAX,
    seen: Seen::OnePerDate,
    kept: Kept::Newest,
    may_shrink: false,
    reaches_people: false,
};

static STORE: Explanation = Explanation {
    word: "store",
    about: "Why a store counts as busy",
    keys: &[Key { name: "location", about: "The store", optional: false }],
    chain: |current, keys| Box::pin(store(current, keys)),
    told: Some(|row| vec![format!("{} came to {}", row["visitors"], row["location_id"].as_str().unwrap_or_default())]),
};

async fn store(current: &CurrentRows<'_>, keys: &[Option<String>]) -> Result<Vec<serde_json::Value>, ExplainError> {
    let location = keys.first().and_then(Option::as_deref).unwrap_or_default();
    let rows = current.read(&STORES, &[("location_id", location)], "location_id").await?;
    if rows.is_empty() {
        return Err(ExplainError::NotFound(format!("`{location}` is not busy")));
    }
    Ok(rows.into_iter().map(serde_json::Value::Object).collect())
}

impl Job for BusyStores {
    const KIND: &'static str = NAME;
    const DECIDES: &'static str = "which stores were busy";
    const NEEDS: &'static [&'static Dataset] = &[&FOOTFALL];
    const USES: &'static [&'static Dataset] = &[];
    const PUBLISHES: &'static [&'static Table] = &[&STORES];
    const EXPLAINS: Option<&'static Explanation> = Some(&STORE);
    type Dataset = (DataFrame, Option<DataFrame>);

    async fn load(&self, ctx: &RunContext, source: &Source<'_>) -> anyhow::Result<Self::Dataset> {
        let before = source.read_published(&STORES, PublishedAt::Before(ctx.as_of)).await?;
        Ok((source.read(&FOOTFALL).await?, before.map(|published| published.frame)))
    }

    fn recommend(&self, ctx: &RunContext, data: &Self::Dataset, _: &Progress) -> anyhow::Result<Publication> {
        let (footfall, before) = data;
        let nights_before = match before {
            Some(frame) => frame.column("as_of")?.n_unique()? as i64,
            None => 0,
        };
        let (days, stores) = (footfall.column("day")?.date()?, footfall.column("location_id")?.str()?);
        let visitors = footfall.column("visitors")?.i64()?;
        let today = ctx.as_of.to_epoch_days();
        let (mut busy, mut counts) = (Vec::new(), Vec::new());
        for row in 0..footfall.height() {
            let (day, store, visitors) = (days.physical().get(row), stores.get(row), visitors.get(row));
            if let (Some(store), Some(visitors)) = (store, visitors)
                && day == Some(today)
                && visitors >= self.min_visitors
            {
                busy.push(store.to_owned());
                counts.push(visitors);
            }
        }
        let headline = format!("{} stores were busy", busy.len());
        let nights_before = vec![nights_before; busy.len()];
        let frame = df!("location_id" => busy, "visitors" => counts, "nights_before" => nights_before)?;
        Ok(Publication {
            tables: vec![PublishedTable { table: &STORES, frame }],
            page: Page { title: "Busy stores".to_owned(), headline, ..Page::default() },
            ..Publication::default()
        })
    }
}

/// What lies in `jobs/`, `reports/` and `sql/` for a kind of the program.
const FILES: &[(&str, &str)] = &[
    (
        "jobs/busy_stores.toml",
        "kind = \"busy_stores\"\n\n[schedule]\ncron = \"0 3 * * *\"\n\n[params]\nmin_visitors = 50\n",
    ),
    (
        "reports/busy_stores.html.j2",
        "{% extends \"layout.html.j2\" %}{% block guide %}Busy is who had fifty visitors.{% endblock %}",
    ),
    (
        "sql/audits/busy_stores_hold_their_visitors.sql",
        "-- table: busy_stores\n-- severity: block\n-- meaning: no store holds so many\n\
         SELECT * FROM {staged} WHERE visitors > 5000\n",
    ),
    ("sql/datasets/footfall.sql", "SELECT day, location_id, visitors FROM door_counts WHERE day <= :as_of"),
];

/// The date of a night, from 1.
fn night(number: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap() + Days::new(number - 1)
}

/// Visitors of five stores on the six days: on the fifth only one is busy, on the sixth a counter went mad.
fn visitors(day: u64, store: i64) -> i64 {
    match (day, store) {
        (5, 1..) => 7,
        (6, 4) => 77_000,
        _ => 100 * i64::try_from(day).unwrap() + store,
    }
}

/// A project with the made-up kind beside the others, and a runner for it.
async fn shop(folder: &Path) -> Runner {
    let registry = Registry::standard().with(Kind::of::<BusyStores>(FILES));
    let url = format!("sqlite:{}", folder.join("warehouse.db").display());
    let shop = NewProject { name: "Made Up", as_of: None, seed: 1, url: &url };
    embedded::write(folder, &shop, &registry.files()).unwrap();
    let config = std::fs::read_to_string(folder.join("nightclerk.toml")).unwrap();
    let config = config.replace("keep_publications = 400", "keep_publications = 2");
    std::fs::write(folder.join("nightclerk.toml"), config).unwrap();
    let project = Project::load(folder, &registry, &|_: &str| None).unwrap_or_else(|faults| panic!("{faults}"));

    let settings = WarehouseConfig { create: Create::Everything, ..WarehouseConfig::new(url.as_str()) };
    let warehouse = Warehouse::open(&settings).await.unwrap();
    let execute = async |sql: String| warehouse.execute(Side::Target, &sql, &[]).await.unwrap();
    execute("CREATE TABLE door_counts (day TEXT, location_id TEXT, visitors INTEGER)".to_owned()).await;
    for (day, store) in (1..=6).flat_map(|day| (0..5).map(move |store| (day, store))) {
        let (date, visitors) = (night(day), visitors(day, store));
        execute(format!("INSERT INTO door_counts VALUES ('{date}', 's{store}', {visitors})")).await;
    }
    let runner = Runner::of(project, warehouse, Arc::new(|| 1_800_000_000_000_000)).await.unwrap();
    migrate(&runner.warehouse).await;
    runner
}

/// Applies the step that the generator writes for the new table.
async fn migrate(warehouse: &Warehouse) {
    let step = generator::change(warehouse.dialect(Side::Target), &Relations::new(), &[published(&STORES)], &[]);
    for statement in step.unwrap() {
        warehouse.execute(Side::Target, &statement, &[]).await.unwrap();
    }
}

async fn run(runner: &Runner, number: u64) -> JobOutcome {
    let mut night = run_night(runner, night(number), &[NAME.to_owned()]).await;
    assert_eq!((night.jobs.len(), night.index_error.as_deref()), (1, None));
    night.jobs.remove(0)
}

/// `as_of location visitors nights_before` of every row of a relation.
async fn rows(runner: &Runner, relation: &str) -> Vec<String> {
    let sql = format!("SELECT as_of, location_id, visitors, nights_before FROM {relation} ORDER BY as_of, location_id");
    let rows = runner.warehouse.read_values(Side::Target, &sql, &[]).await.unwrap();
    let text = |row: &Vec<nightclerk::warehouse::Value>| {
        let (as_of, store) = (row[0].as_text().unwrap(), row[1].as_text().unwrap());
        format!("{as_of} {store} {} {}", row[2].as_integer().unwrap(), row[3].as_integer().unwrap())
    };
    rows.iter().map(text).collect()
}

fn dates(rows: &[String]) -> Vec<&str> {
    let mut dates: Vec<&str> = rows.iter().map(|row| &row[..10]).collect();
    dates.dedup();
    dates
}

#[test]
fn a_made_up_kind_is_served_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    wait(async {
        let runner = shop(folder.path()).await;
        let registry = &runner.project.registry;
        assert_eq!(registry.kinds().len(), KINDS.len() + 1);
        assert!(registry.tables().iter().any(|table| table.name() == NAME));
        assert!(registry.datasets().iter().any(|dataset| dataset.name() == "footfall"));
        assert!(runner.project.warnings.is_empty(), "{}", runner.project.warnings);

        // It publishes, reads what it published before, and forgets what the project does not keep.
        for number in 1..=4 {
            let outcome = run(&runner, number).await;
            assert_eq!((outcome.state, outcome.reason.as_str()), (JobState::Published, ""), "night {number}");
            assert_eq!(outcome.tables[0].rows, 5);
        }
        let published = rows(&runner, NAME).await;
        assert_eq!(dates(&published), ["2026-03-03", "2026-03-04"]);
        assert_eq!(published[5], "2026-03-04 s0 400 2");
        assert_eq!(dates(&rows(&runner, "busy_stores_current").await), ["2026-03-04"]);
        let page = std::fs::read_to_string(folder.path().join("out/2026-03-04/busy_stores.html")).unwrap();
        assert!(page.contains("Busy is who had fifty visitors.") && page.contains("5 stores were busy"));

        // A list that may not shrink is blocked when it does, and its audit stops what cannot be.
        let shrunk = run(&runner, 5).await;
        assert_eq!(shrunk.state, JobState::Blocked);
        assert!(shrunk.reason.starts_with("rows for busy_stores: 1, at least 3 expected"), "{}", shrunk.reason);
        let impossible = run(&runner, 6).await;
        assert_eq!(impossible.state, JobState::Blocked);
        assert!(impossible.reason.contains("audit busy_stores_hold_their_visitors"), "{}", impossible.reason);
        assert_eq!(rows(&runner, NAME).await, published);
        assert!(rows(&runner, "staged_busy_stores").await.is_empty());

        let now = DateTime::from_timestamp_micros((runner.clock)()).unwrap();
        let all = status::of_jobs(&runner.project, &runner.warehouse, now).await.unwrap();
        let ours = all.iter().find(|status| status.job == NAME).unwrap();
        assert_eq!(ours.current.as_ref().map(|row| row.as_of), Some(night(4)));
        assert_eq!(ours.last_run.as_ref().map(|run| run.state.as_str()), Some("blocked"));
        assert!(ours.next_run.is_some() && all.len() == KINDS.len() + 1);

        let explained = async |location: &str| {
            let explanation = registry.kinds().iter().find_map(|kind| kind.explains.filter(|one| one.word == "store"));
            let keys = [Some(location.to_owned())];
            let current = CurrentRows::of(&runner.warehouse);
            let records = (explanation.unwrap().chain)(&current, &keys).await;
            records.map(|records| outline(explanation.unwrap(), &records)).map_err(|error| error.to_string())
        };
        assert_eq!(explained("s3").await.unwrap(), ["403 came to s3", ""]);
        assert_eq!(explained("s9").await.unwrap_err(), "`s9` is not busy");

        let (withdrawn, current) = ledger::rollback(&runner.warehouse, NAME, false).await.unwrap().unwrap();
        assert_eq!((withdrawn.as_of, current.map(|row| row.as_of)), (night(4), Some(night(3))));
        assert_eq!(explained("s3").await.unwrap(), ["303 came to s3", ""]);
    });
}

#[test]
fn a_kind_that_is_not_registered_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let shop = NewProject { name: "Made Up", as_of: None, seed: 1, url: "sqlite:warehouse.db" };
    embedded::write(folder.path(), &shop, &FILES.iter().copied().collect()).unwrap();
    let faults = Project::load(folder.path(), &Registry::standard(), &|_: &str| None).unwrap_err().to_string();
    assert!(faults.contains("unknown kind `busy_stores`"), "{faults}");
    assert!(faults.contains("no dataset is called `footfall`"), "{faults}");
}
