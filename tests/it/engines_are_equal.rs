//! The same shop gives the same publications on every engine.

use nightclerk::published::KEY_COLUMNS;
use nightclerk::registry::Registry;
use nightclerk::table::{Column, ColumnType, TableSchema};
use nightclerk::warehouse::{Side, Value, Warehouse, WarehouseConfig};

use crate::database::Database;
use crate::mariadb::temporary_server;
use crate::postgres::temporary_cluster;
use crate::support::{Project, nightclerk, with_warehouse};

/// How far two floats may lie apart, relative to the larger.
const TOLERANCE: f64 = 1e-9;

#[test]
fn the_demo_publishes_the_same_rows_on_postgres_and_on_sqlite() {
    let Some(cluster) = temporary_cluster() else { return };
    let database = Database::new(&cluster, "equals_sqlite");
    publishes_what_sqlite_does("PostgreSQL", &database.url);
}

#[test]
fn the_demo_publishes_the_same_rows_on_mariadb_and_on_sqlite() {
    let Some(server) = temporary_server() else { return };
    publishes_what_sqlite_does("MariaDB", &server.database("equals_sqlite"));
}

fn publishes_what_sqlite_does(engine: &str, url: &str) {
    let folder = Project::empty();
    nightclerk(folder.path(), &["demo", "shop", "--scale", "0.1", "--seed", "3", "--url", url]).exits(0);
    nightclerk(&folder.path().join("shop"), &["check"]).exits(0);
    let sqlite = Project::demo();
    let sqlite_url = format!("sqlite:{}", sqlite.path().join("warehouse.db").display());
    let rows = |url: &str, table: &'static TableSchema<'static>| {
        with_warehouse(&WarehouseConfig::new(url), async |warehouse| published_rows(warehouse, table).await)
    };
    let mut n_rows = 0;
    for table in Registry::standard().tables() {
        let (on_engine, on_sqlite) = (rows(url, table), rows(&sqlite_url, table));
        assert_eq!(on_engine.len(), on_sqlite.len(), "rows of {}", table.name);
        for (left, right) in on_engine.iter().zip(&on_sqlite) {
            for (at, column) in columns(table).iter().enumerate() {
                assert!(
                    same(column, &left[at], &right[at]),
                    "{}.{}: {:?} on {engine}, {:?} on SQLite, in {right:?}",
                    table.name,
                    column.name,
                    left[at],
                    right[at]
                );
            }
        }
        n_rows += on_sqlite.len();
    }
    eprintln!("{n_rows} published rows are the same on {engine} and on SQLite");
    assert!(n_rows > 1000, "{n_rows}");
}

/// `job`, `as_of` and the table's own columns: all but the run.
fn columns(table: &TableSchema<'static>) -> Vec<Column<'static>> {
    KEY_COLUMNS.iter().chain(table.columns).filter(|column| column.name != "run_id").copied().collect()
}

/// Every row, in the order of job, date and grain.
async fn published_rows(warehouse: &Warehouse, table: &TableSchema<'static>) -> Vec<Vec<Value>> {
    let columns = columns(table);
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let sql = format!("SELECT {} FROM {}", names.join(", "), table.name);
    let mut rows = warehouse.read_values(Side::Target, &sql, &[]).await.expect(&sql);
    let grain: Vec<usize> =
        (0..columns.len()).filter(|&at| at < 2 || table.grain.contains(&columns[at].name)).collect();
    // Here rather than in SQL: engines sort texts and NULLs in their own ways.
    rows.sort_by_cached_key(|row| grain.iter().map(|&at| key(&columns[at], &row[at])).collect::<Vec<_>>());
    rows
}

fn key(column: &Column<'_>, value: &Value) -> String {
    match (column.kind, value) {
        (_, Value::Null) => String::new(),
        (ColumnType::Integer | ColumnType::Flag, value) => format!("{:+021}", value.as_integer().unwrap_or_default()),
        (ColumnType::Date, value) => value.as_date().map(|date| date.to_string()).unwrap_or_default(),
        (ColumnType::Instant, value) => format!("{:+021}", value.as_instant().unwrap_or_default()),
        (ColumnType::Real | ColumnType::Quantity | ColumnType::Money, value) => {
            format!("{:+.6e}", value.as_real().unwrap_or_default())
        }
        (ColumnType::Text, value) => value.as_text().unwrap_or_default().to_owned(),
    }
}

fn same(column: &Column<'_>, left: &Value, right: &Value) -> bool {
    if (left == &Value::Null) != (right == &Value::Null) {
        return false;
    }
    match column.kind {
        ColumnType::Text => left.as_text() == right.as_text(),
        ColumnType::Integer | ColumnType::Flag => left.as_integer() == right.as_integer(),
        // Decimals are exact.
        ColumnType::Quantity | ColumnType::Money => left.as_real() == right.as_real(),
        ColumnType::Date => left.as_date() == right.as_date(),
        ColumnType::Instant => left.as_instant() == right.as_instant(),
        ColumnType::Real => match (left.as_real(), right.as_real()) {
            (Some(left), Some(right)) => (left - right).abs() <= TOLERANCE * left.abs().max(right.abs()),
            (left, right) => left == right,
        },
    }
}
