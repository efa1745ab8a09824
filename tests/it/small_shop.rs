//! A shop whose night takes a second, on any engine.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{NaiveDate, TimeDelta};
use nightclerk::published::Table;
use nightclerk::registry::Registry;
use nightclerk::shop::schemas;
use nightclerk::warehouse::{Dialect, Side, Value, Warehouse, WarehouseConfig, create_table_sql};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use crate::dump::Dump;
use crate::support::{Project, wait};

const PRODUCTS: usize = 8;
const DAYS: i64 = 200;

/// The first business date that it is run for.
pub fn first_night() -> NaiveDate {
    "2026-09-01".parse().unwrap()
}

/// A shop whose night takes a second: eight products, 200 days, and three kinds, one of which makes order files.
pub struct SmallShop {
    /// Its project.
    pub project: Project,
    /// Its warehouse.
    pub url: String,
}

impl SmallShop {
    /// On an empty database; on SQLite without one.
    pub fn new(url: &str) -> Self {
        let project = Project::empty();
        let url = if url.is_empty() {
            format!("sqlite:{}", project.path().join("warehouse.db").display())
        } else {
            url.to_owned()
        };
        project.run(&["init", ".", "--name", "Small Shop", "--url", &url]).exits(0);
        for job in ["campaign_lift", "coupon_targets"] {
            std::fs::remove_file(project.path().join(format!("jobs/{job}.toml"))).unwrap();
        }
        for dataset in [
            "assignments",
            "campaigns",
            "customer_days",
            "customer_purchases",
            "customers",
            "offers",
            "redemptions",
            "suppressions",
        ] {
            std::fs::remove_file(project.path().join(format!("sql/datasets/{dataset}.sql"))).unwrap();
        }
        wait(fill(&url));
        Self { project, url }
    }

    /// Has a server on this machine pinged for every date that it has published.
    pub fn pings(&self, port: u16) {
        let config = self.project.read("nightclerk.toml");
        let watch = format!("\n[[alerts]]\nname = \"watch\"\nping = \"http://127.0.0.1:{port}/night\"\n");
        self.project.write("nightclerk.toml", &(config + &watch));
    }

    /// The rows of a query.
    pub fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        wait(async {
            let warehouse = Warehouse::open(&WarehouseConfig::new(self.url.as_str())).await.unwrap();
            let rows =
                warehouse.read_values(Side::Target, sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
            warehouse.close().await;
            rows
        })
    }

    /// Changes what the ledger says.
    pub fn execute(&self, sql: &str) {
        wait(async {
            let warehouse = Warehouse::open(&WarehouseConfig::new(self.url.as_str())).await.unwrap();
            warehouse.execute(Side::Target, sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
            warehouse.close().await;
        });
    }

    /// The number in the first cell of an answer.
    pub fn count(&self, sql: &str) -> i64 {
        self.rows(sql)[0][0].as_integer().unwrap()
    }

    /// Runs the night of a date to its end, as a person or cron does.
    pub fn run(&self, as_of: NaiveDate, context: &str) {
        let ran = self.project.run(&["run", "--as-of", &as_of.to_string()]);
        assert_eq!(ran.code, 0, "{context}: {}{}", ran.stdout, ran.stderr);
    }

    /// No publication has fewer or more rows than its ledger says, and none is there twice.
    pub fn is_whole(&self, context: &str) {
        let publications = self.rows("SELECT run_id, tables_json FROM nightclerk_publications");
        let mut expected: BTreeMap<String, BTreeMap<i64, i64>> = BTreeMap::new();
        for row in &publications {
            let tables: BTreeMap<String, i64> = serde_json::from_str(row[1].as_text().unwrap()).unwrap();
            for (table, rows) in tables {
                expected.entry(table).or_default().insert(row[0].as_integer().unwrap(), rows);
            }
        }
        for (table, runs) in expected {
            let found = self.rows(&format!("SELECT run_id, COUNT(*) FROM {table} GROUP BY run_id"));
            let found: BTreeMap<i64, i64> =
                found.iter().map(|row| (row[0].as_integer().unwrap(), row[1].as_integer().unwrap())).collect();
            let expected: BTreeMap<i64, i64> = runs.into_iter().filter(|(_, rows)| *rows > 0).collect();
            assert_eq!(found, expected, "{context}: rows of {table} by run");
        }
        let twice = "SELECT COUNT(*) FROM (SELECT job, as_of FROM nightclerk_publications GROUP BY job, as_of HAVING COUNT(*) > 1) t";
        assert_eq!(self.count(twice), 0, "{context}");
    }

    /// The night is done: published once per job, every file in its place, nothing held, staged or running.
    pub fn is_done(&self, as_of: NaiveDate, context: &str) {
        self.is_whole(context);
        let published =
            format!("SELECT COUNT(*) FROM nightclerk_publications WHERE as_of = '{as_of}' AND state = 'published'");
        assert_eq!(self.count(&published), 3, "{context}");
        let slots = format!("SELECT COUNT(*) FROM nightclerk_slots WHERE as_of = '{as_of}' AND state = 'published'");
        assert_eq!(self.count(&slots), 3, "{context}");
        assert_eq!(self.count("SELECT COUNT(*) FROM nightclerk_runs WHERE state = 'running'"), 0, "{context}");
        assert_eq!(self.count("SELECT COUNT(*) FROM nightclerk_leases WHERE lease_until_us > 0"), 0, "{context}");
        for table in small_tables() {
            assert_eq!(
                self.count(&format!("SELECT COUNT(*) FROM staged_{}", table.name())),
                0,
                "{context}: {}",
                table.name()
            );
        }
        let files = self.rows("SELECT path, state FROM nightclerk_files WHERE state <> 'gone'");
        assert!(!files.is_empty());
        for file in &files {
            let (path, state) = (file[0].as_text().unwrap(), file[1].as_text().unwrap());
            assert_eq!(state, "written", "{context}: {path}");
            assert!(self.project.path().join("out").join(path).is_file(), "{context}: {path} is missing");
        }
        assert!(!self.project.path().join("out/.staged").exists(), "{context}: something is still laid aside");
    }

    /// The rows of a published table, without the numbers of the runs.
    pub fn table(&self, name: &str) -> Option<String> {
        self.published().remove(&format!("table {name}"))
    }

    /// The published rows and the order files, without the numbers of the runs.
    pub fn published(&self) -> BTreeMap<String, String> {
        let Dump(all) = Dump::of(&self.url, &self.project.path().join("out"));
        let tables: Vec<String> = small_tables().map(|table| format!("table {}", table.name())).collect();
        all.into_iter().filter(|(name, _)| tables.contains(name) || name.contains(".csv")).collect()
    }
}

/// The tables that its three kinds publish.
fn small_tables() -> impl Iterator<Item = &'static Table> {
    let kinds = ["basket_rules", "demand_forecast", "inventory_plan"];
    let registry = Registry::standard();
    let ours = registry.kinds().iter().filter(|kind| kinds.contains(&kind.name));
    ours.flat_map(|kind| kind.publishes.to_vec()).collect::<Vec<_>>().into_iter()
}

/// Fills the tables: demand by weekday and chance, a stock that is filled up every week.
async fn fill(url: &str) {
    let warehouse = Warehouse::open(&WarehouseConfig::new(url).create_if_missing()).await.unwrap();
    let dialect = warehouse.dialect(Side::Target);
    for schema in schemas() {
        warehouse.execute(Side::Target, &create_table_sql(dialect, schema, false), &[]).await.unwrap();
    }
    let mut chance = Pcg64::seed_from_u64(7);
    let insert = async |table: &str, values: &[String]| {
        for values in values.chunks(300) {
            let sql = format!("INSERT INTO {table} VALUES {}", values.join(", "));
            warehouse.execute(Side::Target, &sql, &[]).await.unwrap_or_else(|error| panic!("{table}: {error}"));
        }
    };
    let products: Vec<String> = (0..PRODUCTS)
        .map(|n| {
            format!("('p{n}', 'Product {n}', 'Shop/Food/Group {}', 'b', 250, 499, 's', 6, 6, NULL, NULL, NULL)", n % 3)
        })
        .collect();
    insert("products", &products).await;
    insert("locations", &["('l', 'The shop')".to_owned()]).await;
    insert("suppliers", &["('s', 'Supplier', 3, 'mon,tue,wed,thu,fri', NULL)".to_owned()]).await;
    let (mut lines, mut levels, mut stock) = (Vec::new(), Vec::new(), [40_i64; PRODUCTS]);
    for back in (0..DAYS).rev() {
        let day = first_night() + TimeDelta::days(40) - TimeDelta::days(back);
        // MariaDB takes an instant without its zone, in that of the session, which is UTC.
        let at = if dialect == Dialect::Mariadb { format!("{day} 10:00:00") } else { format!("{day}T10:00:00Z") };
        for order in 0..9 {
            for line in 0..chance.random_range(1..4_usize) {
                let product = (chance.random_range(0..PRODUCTS) + line) % PRODUCTS;
                let quantity = chance.random_range(1..4_i64);
                let mut row = String::new();
                write!(
                    row,
                    "('{day}-{order}', {line}, '{at}', '{day}', NULL, 'p{product}', 'l', {quantity}, {}, 0, NULL, '{at}')",
                    quantity * 499
                )
                .unwrap();
                lines.push(row);
                stock[product] = (stock[product] - quantity).max(0);
            }
        }
        for (product, stock) in stock.iter_mut().enumerate() {
            if back % 7 == 0 {
                *stock = 40;
            }
            levels.push(format!("('{day}', 'p{product}', 'l', {stock}, 0)"));
        }
    }
    insert("order_lines", &lines).await;
    insert("stock_levels", &levels).await;
    warehouse.close().await;
}
