//! The steps are frozen, give the schemas when they are replayed, and the next one is written from the difference.
//!
//! `NIGHTCLERK_UPDATE_MIGRATIONS=1` writes the next step, `NIGHTCLERK_UPDATE_MIGRATIONS=freeze` freezes it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::relations::Reader;
use super::schemas::{Schema, snapshot, today};
use super::steps::{checksum, in_currency, number_of, snapshot_path, statements};
use super::{differences, generator, relations, steps};
use crate::quantities::Currency;
use crate::registry::Registry;
use crate::warehouse::{Dialect, Warehouse, WarehouseConfig};

/// Of the step that is being written: how rows are carried over where a type changes. Empty once it is frozen.
const CONVERSIONS: &[generator::Conversion<'_>] = &[];

fn path(below: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sql/migrations").join(below)
}

fn read(below: &str) -> String {
    std::fs::read_to_string(path(below)).unwrap_or_else(|error| panic!("sql/migrations/{below}: {error}"))
}

fn mode() -> Option<String> {
    std::env::var("NIGHTCLERK_UPDATE_MIGRATIONS").ok().filter(|mode| !mode.is_empty())
}

/// `CHECKSUMS`, as `sha256sum --check` reads it: SHA-256 by path.
fn frozen() -> BTreeMap<String, String> {
    let entry = |line: &str| line.split_once("  ").map(|(sum, path)| (path.to_owned(), sum.to_owned()));
    read("CHECKSUMS").lines().map(|line| entry(line).unwrap_or_else(|| panic!("CHECKSUMS: {line}"))).collect()
}

/// The files of a step.
fn files_of(step: &str) -> Vec<String> {
    let has_it = |dialect: &&Dialect| steps(**dialect).first().is_some_and(|first| first.name <= step);
    let sql = Dialect::ALL.iter().filter(has_it).map(|dialect| format!("{}/{step}", dialect.name()));
    sql.chain([snapshot_path(step)]).collect()
}

fn step_names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(path("sqlite"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| number_of(name).is_some())
        .collect();
    names.sort_unstable();
    names
}

/// The names of the last frozen step and of the one that is being written.
fn last_and_next() -> (String, Option<String>) {
    let frozen = frozen();
    let is_frozen = |name: &&String| frozen.contains_key(&format!("sqlite/{name}"));
    let names = step_names();
    let last = names.iter().rev().find(is_frozen).expect("a frozen step").clone();
    let open: Vec<&String> = names.iter().filter(|name| !is_frozen(name)).collect();
    assert!(open.len() <= 1, "only one step is written at a time: {open:?}");
    (last, open.first().map(|name| (*name).clone()))
}

fn schemas_after(step: &str) -> Vec<Schema> {
    super::schemas::parse(&read(&snapshot_path(step))).unwrap_or_else(|fault| panic!("{step}: {fault}"))
}

#[test]
fn a_frozen_step_never_changes() {
    if mode().as_deref() == Some("freeze")
        && let (_, Some(next)) = last_and_next()
    {
        std::fs::write(path(&snapshot_path(&next)), snapshot(&today())).unwrap();
        let line = |file: String| format!("{}  {file}\n", checksum(&read(&file)));
        let lines: String = files_of(&next).into_iter().map(line).collect();
        std::fs::write(path("CHECKSUMS"), read("CHECKSUMS") + &lines).unwrap();
    }
    let frozen = frozen();
    for (file, sum) in &frozen {
        assert_eq!(
            &checksum(&read(file)),
            sum,
            "sql/migrations/{file} is frozen, warehouses have applied it as it was: change the schema and write a further \
             step instead"
        );
    }
    for file in step_names().iter().flat_map(|name| files_of(name)) {
        assert!(
            frozen.contains_key(&file),
            "sql/migrations/{file} is not frozen: complete the step by hand where needed, then \
             NIGHTCLERK_UPDATE_MIGRATIONS=freeze cargo test --lib migrations"
        );
    }
}

#[test]
fn the_next_step_is_the_difference_between_the_last_ones_schemas_and_todays() {
    let (last, next) = last_and_next();
    let before = schemas_after(&last);
    let changes = snapshot(&before) != snapshot(&today());
    if mode().as_deref() == Some("1") && changes {
        let number = number_of(&last).unwrap() + 1;
        let next = next.unwrap_or_else(|| format!("{number:04}_change.sql"));
        for dialect in Dialect::ALL {
            let sql = generator::step(dialect, &before, &today(), CONVERSIONS).unwrap_or_else(|f| panic!("{f:#?}"));
            std::fs::write(path(&format!("{}/{next}", dialect.name())), sql).unwrap();
        }
        panic!("sql/migrations/*/{next} is written; give it a name, complete it where needed, and freeze it");
    }
    assert!(
        !changes || next.is_some(),
        "the schemas are not those of {last} any more: NIGHTCLERK_UPDATE_MIGRATIONS=1 cargo test --lib migrations writes \
         the next step"
    );
}

#[tokio::test]
async fn replaying_the_steps_gives_the_schemas() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("replayed.db").display());
    let warehouse = Warehouse::open(&WarehouseConfig::new(url.as_str()).create_if_missing()).await.unwrap();
    let mut names: Vec<String> = Vec::new();
    let yen = Currency::new("JPY").unwrap();
    for step in steps(Dialect::Sqlite) {
        // In one transaction, as it is applied: another connection of the pool may still know the tables of before.
        let mut transaction = warehouse.begin().await.unwrap();
        for statement in statements(step.sql) {
            transaction.execute(&in_currency(statement, yen), &[]).await.unwrap();
        }
        transaction.commit().await.unwrap();
        let expected = step.schemas().unwrap().unwrap_or_else(today);
        names.extend(expected.iter().flat_map(relations::names));
        let found = relations::read(&mut Reader::Warehouse(&warehouse), &names, yen).await.unwrap();
        assert_eq!(differences::differences(Dialect::Sqlite, &found, &expected), [], "after {}", step.name);
        assert_eq!(found.len(), relations::of(Dialect::Sqlite, &expected).len(), "after {}", step.name);
    }
    let found = relations::read(&mut Reader::Warehouse(&warehouse), &names, yen).await.unwrap();
    assert_eq!(differences::differences(Dialect::Sqlite, &found, &today()), []);
    warehouse.close().await;
}

#[test]
fn a_published_table_names_the_step_that_creates_it() {
    let (_, next) = last_and_next();
    for table in Registry::standard().tables() {
        let creates = |name: &&String| schemas_after(name).iter().any(|schema| schema.name == table.name());
        let names = step_names();
        let step = names.iter().filter(|name| next.as_ref() != Some(*name)).find(creates).or(next.as_ref());
        let number = step.and_then(|name| number_of(name));
        assert_eq!(Some(table.created_in), number, "`created_in` of {}", table.name());
    }
}

#[test]
fn a_new_column_is_added_where_its_table_stands() {
    let before = parsed("published t\n    run_id integer\n    a text\n");
    let mut after = parsed("published t\n    run_id integer\n    a text\n    b real null\n    c flag\n");
    let fault = generator::step(Dialect::Sqlite, &before, &after, &[]).unwrap_err();
    assert_eq!(fault.len(), 1, "{fault:?}");
    assert!(fault[0].starts_with("`t.c` may not be NULL and has no default"), "{fault:?}");
    after[0].columns[3].default = Some("FALSE".to_owned());
    insta::assert_snapshot!(on_each(&before, &after, &[]), @r"
    == sqlite
    -- t
    ALTER TABLE t ADD COLUMN b REAL;
    ALTER TABLE t ADD COLUMN c INTEGER NOT NULL DEFAULT FALSE;
    ALTER TABLE staged_t ADD COLUMN b REAL;
    ALTER TABLE staged_t ADD COLUMN c INTEGER NOT NULL DEFAULT FALSE;
    == postgres
    -- t
    ALTER TABLE t ADD COLUMN b DOUBLE PRECISION;
    ALTER TABLE t ADD COLUMN c BOOLEAN NOT NULL DEFAULT FALSE;
    ALTER TABLE staged_t ADD COLUMN b DOUBLE PRECISION;
    ALTER TABLE staged_t ADD COLUMN c BOOLEAN NOT NULL DEFAULT FALSE;
    CREATE OR REPLACE VIEW t_current AS
    SELECT t.* FROM t t JOIN nightclerk_current c ON c.run_id = t.run_id;
    == mariadb
    -- t
    ALTER TABLE t ADD COLUMN IF NOT EXISTS b DOUBLE;
    ALTER TABLE t ADD COLUMN IF NOT EXISTS c BOOLEAN NOT NULL DEFAULT FALSE;
    ALTER TABLE staged_t ADD COLUMN IF NOT EXISTS b DOUBLE;
    ALTER TABLE staged_t ADD COLUMN IF NOT EXISTS c BOOLEAN NOT NULL DEFAULT FALSE;
    CREATE OR REPLACE VIEW t_current AS
    SELECT t.* FROM t t JOIN nightclerk_current c ON c.run_id = t.run_id;
    ");
}

#[test]
fn a_table_is_rebuilt_where_a_type_changes_or_a_column_goes() {
    let before = parsed("published t\n    run_id integer\n    cents integer\n    gone text\n");
    let after = parsed("published t\n    run_id integer\n    cents real null\n");
    let conversion = generator::Conversion { table: "t", column: "cents", expression: "cents / 100.0" };
    insta::assert_snapshot!(on_each(&before, &after, &[conversion]), @r"
    == sqlite
    -- t
    CREATE TABLE before_t AS SELECT * FROM t;
    DROP TABLE t;
    CREATE TABLE t (
        run_id INTEGER NOT NULL,
        cents REAL
    );
    INSERT INTO t (
        run_id,
        cents
    )
    SELECT
        run_id,
        cents / 100.0
    FROM before_t;
    DROP TABLE before_t;
    CREATE INDEX t_by_run ON t (run_id);
    DROP TABLE staged_t;
    CREATE TABLE staged_t (
        run_id INTEGER NOT NULL,
        cents REAL
    );
    == postgres
    -- t
    -- What was granted on the view goes with it: grant it again.
    DROP VIEW t_current;
    ALTER TABLE t
        ALTER COLUMN cents DROP NOT NULL,
        ALTER COLUMN cents TYPE DOUBLE PRECISION USING cents / 100.0;
    ALTER TABLE t
        DROP COLUMN gone;
    DROP TABLE staged_t;
    CREATE TABLE staged_t (
        run_id BIGINT NOT NULL,
        cents DOUBLE PRECISION
    );
    CREATE VIEW t_current AS
    SELECT t.* FROM t t JOIN nightclerk_current c ON c.run_id = t.run_id;
    == mariadb
    `t.cents` is converted, which may not happen twice: write that part by hand
    ");
}

#[test]
fn what_loses_rows_is_written_by_hand() {
    let before = parsed("published t\n    a text\nledger l\n    a text\n");
    let after = parsed("ledger l\n    a integer\nledger new\n    a text\n");
    let faults = generator::step(Dialect::Sqlite, &before, &after, &[]).unwrap_err();
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults[0].starts_with("`t` goes, and its rows with it"), "{faults:?}");
    assert!(faults[1].starts_with("`l` has keys"), "{faults:?}");
    assert!(faults[2].starts_with("`new` has keys"), "{faults:?}");
}

fn parsed(text: &str) -> Vec<Schema> {
    super::schemas::parse(text).unwrap()
}

/// The step on every engine, without its head; what has to be written by hand.
fn on_each(before: &[Schema], after: &[Schema], conversions: &[generator::Conversion<'_>]) -> String {
    let step = |dialect: Dialect| {
        let sql = generator::step(dialect, before, after, conversions);
        let sql = sql.map_or_else(
            |faults| format!("{}\n", faults.join("\n")),
            |sql| sql.splitn(4, '\n').last().unwrap_or_default().to_owned(),
        );
        format!("== {}\n{sql}", dialect.name())
    };
    Dialect::ALL.map(step).concat()
}
