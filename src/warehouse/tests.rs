//! The same questions to every engine; the answers have to be the same.

#![expect(clippy::disallowed_methods, reason = "what a test measures, it tells")]

#[path = "../../tests/it/postgres.rs"]
mod cluster;
#[path = "../../tests/it/mariadb.rs"]
mod mariadb_server;
#[path = "../../tests/it/server.rs"]
mod server;
#[path = "../../tests/it/skips.rs"]
#[expect(dead_code, reason = "the integration tests tell the summary")]
mod skips;

use std::time::Instant as Clock;

use chrono_tz::Tz;
use polars::prelude::{DataFrame, DataType, IntoColumn, NamedFrom as _, Series};

use super::*;
use crate::datasets::{DATASETS, Source, SqlFiles, dataset_sql};
use crate::table::{Column, ColumnType, TableSchema};

const THINGS: TableSchema<'static> = TableSchema {
    name: "things",
    doc: "one column of every type",
    grain: &["id"],
    columns: &[
        Column::new("id", ColumnType::Text, "the thing"),
        Column::nullable("number", ColumnType::Integer, "a number"),
        Column::nullable("share", ColumnType::Real, "a share"),
        Column::nullable("day", ColumnType::Date, "a day"),
        Column::nullable("at", ColumnType::Instant, "a moment"),
        Column::nullable("good", ColumnType::Flag, "a flag"),
    ],
};

fn things(rows: usize) -> DataFrame {
    let some = |row: usize| row % 7 != 3;
    let days: Vec<Option<i32>> = (0..rows).map(|row| some(row).then_some(20_000 - row as i32 % 1000)).collect();
    let columns = vec![
        Series::new("id".into(), (0..rows).map(|row| format!("thing ä {row:07}")).collect::<Vec<_>>()),
        Series::new("number".into(), (0..rows).map(|row| some(row).then_some(row as i64 - 5)).collect::<Vec<_>>()),
        Series::new("share".into(), (0..rows).map(|row| some(row).then_some(row as f64 / 3.0)).collect::<Vec<_>>()),
        Series::new("day".into(), days).cast(&DataType::Date).unwrap(),
        Series::new(
            "at".into(),
            (0..rows).map(|row| some(row).then_some(1_700_000_000_123_456 + row as i64)).collect::<Vec<_>>(),
        ),
        Series::new("good".into(), (0..rows).map(|row| some(row).then_some(row % 2 == 0)).collect::<Vec<_>>()),
    ];
    DataFrame::new(rows, columns.into_iter().map(IntoColumn::into_column).collect()).unwrap()
}

/// Every engine at hand, each with nothing in it. The folder keeps the SQLite file.
async fn engines(name: &str) -> (tempfile::TempDir, Vec<Warehouse>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("shop.sqlite").display());
    let mut all = vec![Warehouse::open(&WarehouseConfig::new(url).create_if_missing()).await.unwrap()];
    if let Some(cluster) = cluster::temporary_cluster() {
        let schema = format!("{name}_{}", std::process::id());
        let config = WarehouseConfig { schema, ..WarehouseConfig::new(cluster.url).create_if_missing() };
        all.push(Warehouse::open(&config).await.unwrap());
    }
    if let Some(server) = mariadb_server::temporary_server() {
        all.push(Warehouse::open(&WarehouseConfig::new(server.database(name))).await.unwrap());
    }
    (folder, all)
}

fn query<'a>(sql: &'a str, schema: &'a TableSchema<'a>) -> Query<'a> {
    let as_of = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    Query {
        origin: "sql/datasets/things.sql",
        sql,
        binds: vec![("as_of", Value::Date(as_of))],
        schema,
        keeps_attributes: false,
        timezone: Tz::Europe__Berlin,
        quarantine: None,
    }
}

async fn write(warehouse: &Warehouse, frame: &DataFrame) {
    let sql = create_table_sql(warehouse.dialect(Side::Target), &THINGS, false);
    warehouse.execute(Side::Target, &sql, &[]).await.unwrap();
    let mut transaction = warehouse.begin().await.unwrap();
    let rows = transaction.insert("things", THINGS.columns, frame).await.unwrap();
    assert_eq!(rows, frame.height() as u64);
    transaction.commit().await.unwrap();
}

/// The message of the error that reading gives.
async fn complaint(warehouse: &Warehouse, sql: &str) -> String {
    warehouse.read(Side::Source, &query(sql, &THINGS)).await.unwrap_err().to_string()
}

#[tokio::test]
async fn every_type_comes_back_as_it_was_written() {
    let (_folder, engines) = engines("round_trip").await;
    for warehouse in &engines {
        let frame = things(1000);
        write(warehouse, &frame).await;
        let back = warehouse.read(Side::Source, &query("SELECT * FROM things ORDER BY number DESC;\n", &THINGS)).await;
        assert!(back.unwrap().equals_missing(&frame), "{:?}", warehouse.dialect(Side::Target));
        assert!(warehouse.table_exists(Side::Target, "things").await.unwrap());
        assert!(!warehouse.table_exists(Side::Target, "nothings").await.unwrap());
        let columns = warehouse.describe(Side::Source, "f", "SELECT id, number FROM things WHERE day <= :as_of").await;
        assert_eq!(columns.unwrap().iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["id", "number"]);
    }
}

#[tokio::test]
async fn every_value_can_be_bound() {
    let (_folder, engines) = engines("binds").await;
    for warehouse in &engines {
        write(warehouse, &things(10)).await;
        let day = chrono::NaiveDate::from_epoch_days(20_000).unwrap();
        for (sql, value) in [
            ("SELECT COUNT(*) FROM things WHERE id = $1", Value::from("thing ä 0000000")),
            ("SELECT COUNT(*) FROM things WHERE number = $1", Value::Integer(-5)),
            ("SELECT COUNT(*) FROM things WHERE share = $1", Value::Real(1.0 / 3.0)),
            ("SELECT COUNT(*) FROM things WHERE day = $1", Value::Date(day)),
            ("SELECT COUNT(*) FROM things WHERE at = $1", Value::Instant(1_700_000_000_123_456)),
            ("SELECT COUNT(*) FROM things WHERE COALESCE(number, $1) = -5", Value::Null),
            ("SELECT COUNT(*) FROM things WHERE good = $1 AND number = -5", Value::Flag(true)),
        ] {
            let rows = warehouse.read_values(Side::Target, sql, &[value]).await.unwrap();
            assert_eq!(rows, [[Value::Integer(1)]], "{sql}");
        }
        let sql = "SELECT id FROM things WHERE day = :day AND number < 0";
        let named = warehouse.read_named(Side::Target, "f", sql, &[("day", day.into())]).await.unwrap();
        assert_eq!(named, [[Value::from("thing ä 0000000")]]);
    }
}

#[tokio::test]
async fn a_transaction_that_is_not_committed_leaves_nothing() {
    let (_folder, engines) = engines("rollback").await;
    for warehouse in &engines {
        write(warehouse, &things(3)).await;
        let mut transaction = warehouse.begin().await.unwrap();
        transaction.execute("DELETE FROM things", &[]).await.unwrap();
        // What creates a table commits on MariaDB.
        if warehouse.dialect(Side::Target) != Dialect::Mariadb {
            transaction.create_table("others", &THINGS.columns[..2], &["id"]).await.unwrap();
        }
        transaction.rollback().await.unwrap();
        let mut dropped = warehouse.begin().await.unwrap();
        dropped.execute("DELETE FROM things", &[]).await.unwrap();
        drop(dropped);
        let rows = warehouse.read_values(Side::Target, "SELECT COUNT(*) FROM things", &[]).await.unwrap();
        assert_eq!(rows, [[Value::Integer(3)]]);
        assert!(!warehouse.table_exists(Side::Target, "others").await.unwrap());
    }
}

#[tokio::test]
async fn faults_are_told_with_file_row_and_column() {
    let (_folder, engines) = engines("faults").await;
    for warehouse in &engines {
        write(warehouse, &things(3)).await;
        for (sql, parts) in [
            ("SELECT 'a' AS id, 1 AS number UNION ALL SELECT 'b', NULL", &[][..]),
            (
                "SELECT id, '-5' AS number FROM things",
                &["things.sql: row 1, column `number`: expected an integer, found text `-5`"],
            ),
            ("SELECT 'a' AS id, 0.5 AS number", &["row 1, column `number`", "found a number with a fraction `0.5`"]),
            (
                "SELECT 'a' AS id, '2026-02-30' AS day",
                &["row 1, column `day`: expected a date", "found text `2026-02-30`"],
            ),
            ("SELECT 'a' AS id UNION ALL SELECT NULL", &["column `id`: NULL is not allowed"]),
            (
                "SELECT 'a' AS id UNION ALL SELECT 'b' UNION ALL SELECT 'a'",
                &["rows 1 and 3 have the same key (id = a)"],
            ),
            (
                "SELECT 1 AS idd, 2 AS number",
                &["column `id` (the thing) is missing, found `idd`, `number`", "is it `idd`?"],
            ),
            ("SELECT 1 AS id, 2 AS numbr", &["unknown column `numbr`; did you mean `number`?"]),
            ("SELECT id,\n  quantty FROM things", &["things.sql line 2, column 3, `quantty FROM things`: ", "quantty"]),
            ("SELECT :as_off AS id", &["unknown bind `:as_off`, known here: `:as_of`"]),
        ] {
            if parts.is_empty() {
                assert_eq!(warehouse.read(Side::Source, &query(sql, &THINGS)).await.unwrap().height(), 2);
                continue;
            }
            let message = complaint(warehouse, sql).await;
            for part in parts {
                assert!(message.contains(part), "{:?}: {sql}\n  {message}\n  {part}", warehouse.dialect(Side::Source));
            }
        }
    }
}

#[tokio::test]
async fn other_representations_mean_the_same() {
    let (_folder, engines) = engines("tolerance").await;
    for warehouse in &engines {
        let sql = match warehouse.dialect(Side::Source) {
            Dialect::Sqlite => {
                "SELECT 7 AS id, 12.0 AS number, 3 AS share, '2026-07-01 00:00:00' AS day, \
                 '2026-07-01 02:00:00' AS at, 'TRUE' AS good"
            }
            Dialect::Postgres => {
                "SELECT 7::int2 AS id, 12.00::numeric AS number, 3::numeric AS share, TIMESTAMP '2026-07-01' AS day, \
                 TIMESTAMP '2026-07-01 02:00:00' AS at, 1 AS good"
            }
            Dialect::Mariadb => {
                "SELECT CAST(7 AS UNSIGNED) AS id, CAST(12 AS DECIMAL(9, 2)) AS number, 3.0 AS share, \
                 TIMESTAMP('2026-07-01') AS day, TIMESTAMP('2026-07-01 02:00:00') AS at, TRUE AS good"
            }
        };
        let frame = warehouse.read(Side::Source, &query(sql, &THINGS)).await.unwrap();
        let values = first_row(&frame);
        let midnight = chrono::DateTime::parse_from_rfc3339("2026-07-01T00:00:00Z").unwrap().timestamp_micros();
        assert_eq!(values, ["\"7\"", "12", "3.0", "2026-07-01", &midnight.to_string(), "true"]);
    }
}

#[tokio::test]
async fn absent_columns_are_null_and_attributes_are_kept() {
    let (_folder, engines) = engines("attributes").await;
    for warehouse in &engines {
        let sql = "SELECT 'gold' AS tier, 'a' AS id, 2 AS visits UNION ALL SELECT 'none', 'b', NULL";
        let query = Query { keeps_attributes: true, ..query(sql, &THINGS) };
        let frame = warehouse.read(Side::Source, &query).await.unwrap();
        let names: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["id", "number", "share", "day", "at", "good", "tier", "visits"]);
        assert_eq!(frame.column("day").unwrap().null_count(), 2);
        assert_eq!(*frame.column("visits").unwrap().dtype(), DataType::Int64);
    }
}

#[tokio::test]
async fn bulk_writing_and_reading_speed() {
    let (_folder, engines) = engines("speed").await;
    for warehouse in &engines {
        let frame = things(200_000);
        let (wall, cpu) = (Clock::now(), cpu_seconds());
        write(warehouse, &frame).await;
        let (wrote, wrote_cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        let (wall, cpu) = (Clock::now(), cpu_seconds());
        let back = warehouse.read(Side::Source, &query("SELECT * FROM things", &THINGS)).await.unwrap();
        let (read, read_cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        assert!(back.equals_missing(&frame));
        eprintln!(
            "{:?}: 200,000 rows x 6 columns: write {wrote:.2} s wall {wrote_cpu:.2} s CPU, read and sort {read:.2} s wall {read_cpu:.2} s CPU",
            warehouse.dialect(Side::Target)
        );
    }
}

fn first_row(frame: &DataFrame) -> Vec<String> {
    frame.columns().iter().map(|column| column.get(0).unwrap().to_string()).collect()
}

/// CPU seconds of this process (fields 14 and 15 of /proc/self/stat, in ticks of 10 ms); other tests count too.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or("").split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

#[tokio::test]
async fn the_default_datasets_run_on_every_engine() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/datasets");
    let texts = |folder: &std::path::Path| {
        let files = std::fs::read_dir(folder).unwrap().flatten();
        files
            .map(|file| (file.file_name().into_string().unwrap(), std::fs::read_to_string(file.path()).unwrap()))
            .collect()
    };
    let (_folder, engines) = engines("datasets").await;
    for warehouse in &engines {
        let dialect = warehouse.dialect(Side::Target);
        for table in crate::shop::schemas() {
            warehouse.execute(Side::Target, &create_table_sql(dialect, table, false), &[]).await.unwrap();
        }
        for sql in [
            "INSERT INTO products VALUES ('p', 'Milk', 'G/D/M', 'b', 50, 99, 's', 6, 12, NULL, NULL, NULL)",
            "INSERT INTO order_lines VALUES \
             ('o', 1, '2026-11-20T10:00:00Z', '2026-11-20', 'c', 'p', 'l', 2, 198, 0, NULL, '2026-11-20T10:00:00Z'), \
             ('o', 2, '2026-11-20T10:00:00Z', '2026-11-20', 'c', 'p', 'l', -1, -99, 0, 'x', '2026-11-20T10:00:00Z'), \
             ('o', 3, '2026-11-20T10:00:00Z', '2026-11-20', 'c', 'p', 'l', 0, 0, 0, NULL, '2026-11-20T10:00:00Z'), \
             ('z', 1, '2026-11-23T10:00:00Z', '2026-11-23', 'c', 'p', 'l', 9, 999, 0, NULL, '2026-11-23T10:00:00Z')",
            "INSERT INTO redemptions VALUES ('k', 'c', '2026-11-22T22:59:59Z', 5), ('k', 'd', '2026-11-22T23:00:00Z', 5)",
        ] {
            // MariaDB reads instants without their zone, in that of the session, which is UTC.
            let sql = if dialect == Dialect::Mariadb {
                sql.replace("Z'", "'").replace("T1", " 1").replace("T2", " 2")
            } else {
                sql.to_owned()
            };
            warehouse.execute(Side::Target, &sql, &[]).await.unwrap();
        }
        let files = SqlFiles::from_texts(texts(&folder), dialect);
        for dataset in DATASETS {
            if let Ok(sql) = dataset_sql(&files, dataset.name()) {
                warehouse.describe(Side::Source, &sql.label, &sql.text).await.unwrap();
            }
        }
        let as_of = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let source = Source::new(warehouse, &files, as_of, Tz::Europe__Berlin);
        let have_rows = |name: &str| files.has(name) && !["redemptions", "products"].contains(&name);
        for dataset in DATASETS.iter().filter(|dataset| have_rows(dataset.name())) {
            source.read_if_present(dataset).await.unwrap().unwrap();
        }
        let sales = source.read(&crate::datasets::DAILY_SALES).await.unwrap();
        let row = first_row(&sales);
        assert_eq!(row, ["2026-11-20", "\"p\"", "\"l\"", "2000", "1000", "198", "1"]);
        // 23:00 UTC is the next business day in Berlin, in winter.
        assert_eq!(source.read(&crate::datasets::REDEMPTIONS).await.unwrap().height(), 1);
        assert!(source.inputs().last().unwrap().note.starts_with("1 rows after 2026-11-22 left out"));
        assert!(source.read_if_present(&crate::datasets::CAMPAIGN_OUTCOMES).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn the_source_is_read_at_one_moment_and_never_written_to() {
    let (_folder, engines) = engines("read_only").await;
    for warehouse in &engines {
        write(warehouse, &things(3)).await;
        let writes = "DELETE FROM things RETURNING id";
        let refused = warehouse.read(Side::Source, &query(writes, &THINGS)).await.unwrap_err();
        assert!(matches!(refused, WarehouseError::Unwritable { .. }), "{refused}");
        let refused = warehouse.describe(Side::Source, "f.sql", &format!("-- a list\n  {writes}")).await.unwrap_err();
        assert!(refused.to_string().starts_with("f.sql line 2, column 3: `DELETE` has no place"), "{refused}");
        let mut snapshot = warehouse.snapshot().await.unwrap();
        let first = snapshot.read_sound(&query("SELECT * FROM things", &THINGS)).await.unwrap().0;
        warehouse.execute(Side::Target, "DELETE FROM things WHERE number = -5", &[]).await.unwrap();
        let second = snapshot.read_sound(&query("SELECT * FROM things", &THINGS)).await.unwrap().0;
        assert!(first.equals_missing(&second) && first.height() == 3, "{:?}", warehouse.dialect(Side::Source));
        snapshot.rollback().await.unwrap();
        assert_eq!(warehouse.read(Side::Source, &query("SELECT * FROM things", &THINGS)).await.unwrap().height(), 2);
    }
}

#[tokio::test]
async fn what_a_bad_cell_holds_is_not_in_the_message() {
    let (_folder, engines) = engines("bad_cell").await;
    for warehouse in &engines {
        let dialect = warehouse.dialect(Side::Target);
        let schema = TableSchema { grain: &["id"], ..THINGS };
        warehouse.execute(Side::Target, &create_table_sql(dialect, &schema, false), &[]).await.unwrap();
        let mut messages = Vec::new();
        for sql in
            ["INSERT INTO things (id, day) VALUES ('a', CAST($1 AS DATE))", "INSERT INTO things (id) VALUES ($1), ($1)"]
        {
            // SQLite takes any text for a date, which our reading refuses.
            if let Err(error) = warehouse.execute(Side::Target, sql, &["anna@example.org".into()]).await {
                messages.push(error.to_string());
            }
        }
        assert!(!messages.is_empty());
        assert!(messages.iter().all(|message| !message.contains("anna")), "{messages:?}");
    }
}

#[tokio::test]
async fn a_warehouse_that_is_not_there_is_told_without_its_password() {
    for url in ["postgres://anna:s3cret@127.0.0.1:1/shop", "sqlite:/nowhere/at/all/shop.sqlite"] {
        let message = Warehouse::open(&WarehouseConfig::new(url)).await.unwrap_err().to_string();
        assert!(message.starts_with("cannot open the warehouse") && !message.contains("s3cret"), "{message}");
        assert!(message.contains("check the host") || message.contains("folder"), "{message}");
    }
}
