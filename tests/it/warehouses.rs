//! Warehouses as commits of other days left them, on every engine at hand.

use std::path::PathBuf;

use nightclerk::migrations;
use nightclerk::warehouse::{Create, Dialect, Side, Value, Warehouse, WarehouseConfig};
use tempfile::TempDir;

use crate::postgres::temporary_cluster;

/// Every commit that touched a migration, with the steps its warehouses had.
pub const COMMITS: [(&str, &[&str]); 7] = [
    ("c797114", &["0001_ledger.sql", "0002_publications.sql"]),
    ("1c9a091", &["0001_ledger.sql", "0002_publications.sql"]),
    ("78fe8f8", &["0001_ledger.sql", "0002_publications.sql", "0003_accuracy_by_horizon.sql"]),
    ("87970ec", &["0001_ledger.sql", "0002_publications.sql", "0003_accuracy_by_horizon.sql"]),
    (
        "2a57b3f",
        &[
            "0001_ledger.sql",
            "0002_publications.sql",
            "0003_accuracy_by_horizon.sql",
            "0004_rule_measures_and_cross_sell.sql",
        ],
    ),
    (
        "31339ee",
        &[
            "0001_ledger.sql",
            "0002_publications.sql",
            "0003_accuracy_by_horizon.sql",
            "0004_what_rules_are_used_for.sql",
        ],
    ),
    (
        "80071f8",
        &[
            "0001_ledger.sql",
            "0002_publications.sql",
            "0003_accuracy_by_horizon.sql",
            "0004_what_rules_are_used_for.sql",
            "0005_next_purchases.sql",
        ],
    ),
];

/// A warehouse with nothing in it; the folder keeps the file of a SQLite one.
#[derive(Debug)]
pub struct Empty {
    /// The warehouse.
    pub warehouse: Warehouse,
    /// The PostgreSQL schema of our tables.
    pub schema: String,
    _folder: TempDir,
}

/// An empty warehouse on every engine at hand. `name` keeps tests apart that run at the same time.
pub async fn empty(name: &str) -> Vec<Empty> {
    let mut all = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("warehouse.db").display());
    let warehouse = Warehouse::open(&WarehouseConfig::new(url.as_str()).create_if_missing()).await.unwrap();
    all.push(Empty { warehouse, schema: "nightclerk".to_owned(), _folder: folder });
    if let Some(cluster) = temporary_cluster() {
        let schema = format!("migrations_{name}_{}", std::process::id());
        let config = WarehouseConfig {
            schema: schema.clone(),
            create: Create::Schema,
            ..WarehouseConfig::new(cluster.url.as_str())
        };
        let warehouse = Warehouse::open(&config).await.unwrap();
        all.push(Empty { warehouse, schema, _folder: tempfile::tempdir().unwrap() });
    }
    all
}

fn fixture(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/warehouses").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Makes the warehouse that a commit left: on SQLite its dump, on PostgreSQL its steps and the rows of that dump.
pub async fn leave(warehouse: &Warehouse, commit: &str, steps: &[&str]) {
    let dump = fixture(&format!("{commit}.sql"));
    let execute = async |sql: &str| {
        for statement in sql.split(";\n").filter(|statement| !statement.trim().is_empty()) {
            warehouse.execute(Side::Target, statement, &[]).await.unwrap_or_else(|error| panic!("{commit}: {error}"));
        }
    };
    if warehouse.dialect(Side::Target) == Dialect::Sqlite {
        return execute(&dump).await;
    }
    execute(dump.lines().find(|line| line.starts_with("CREATE TABLE IF NOT EXISTS nightclerk_migrations")).unwrap())
        .await;
    let ours = migrations::steps(Dialect::Postgres);
    for step in steps {
        // Texts that were written anew later are kept as they were; the others are frozen.
        let of_then = match (commit, *step) {
            ("78fe8f8", "0003_accuracy_by_horizon.sql") => Some("postgres/78fe8f8_0003_accuracy_by_horizon.sql"),
            (_, "0004_rule_measures_and_cross_sell.sql") => {
                Some("postgres/2a57b3f_0004_rule_measures_and_cross_sell.sql")
            }
            _ => None,
        };
        let frozen = || ours.iter().find(|ours| ours.name == *step).unwrap().sql.to_owned();
        execute(&of_then.map_or_else(frozen, fixture)).await;
    }
    execute(dump.split_once("-- Rows, which PostgreSQL takes too.\n").unwrap().1).await;
}

/// The rows of a query.
pub async fn rows(warehouse: &Warehouse, sql: &str) -> Vec<Vec<Value>> {
    warehouse.read_values(Side::Target, sql, &[]).await.unwrap_or_else(|error| panic!("{error}: {sql}"))
}

/// The number in the first cell of a query's answer.
pub async fn count(warehouse: &Warehouse, sql: &str) -> i64 {
    rows(warehouse, sql).await[0][0].as_integer().unwrap()
}
