//! Warehouses of other days: upgraded with their rows, or refused with the mend; never found out at night.

use std::collections::BTreeMap;
use std::sync::Arc;

use nightclerk::migrations::generator::{self, Conversion};
use nightclerk::migrations::schemas::{self, Schema, SchemaColumn};
use nightclerk::migrations::{self, MigrationError, relations};
use nightclerk::quantities::Currency;
use nightclerk::registry::Registry;
use nightclerk::runner::Runner;
use nightclerk::runner::night::run_night;
use nightclerk::runner::outcome::JobState;
use nightclerk::table::ColumnType;
use nightclerk::warehouse::{Create, Dialect, Side, Value, Warehouse, WarehouseConfig};

use crate::database::Database;
use crate::postgres::temporary_cluster;
use crate::support::{Project, wait};
use crate::warehouses::{COMMITS, Empty, count, empty, leave, rows};

/// Everything that the engine knows about our tables, their columns, indexes and views, without names of schemas.
async fn structure(empty: &Empty) -> Vec<String> {
    let sql: &[&str] = match empty.warehouse.dialect(Side::Target) {
        Dialect::Sqlite => &[
            // The record of steps is altered where it is old, and made whole where it is new.
            "SELECT type, name, sql FROM sqlite_master WHERE tbl_name <> 'nightclerk_migrations'",
            "SELECT name, type, \"notnull\", pk FROM pragma_table_info('nightclerk_migrations')",
        ],
        Dialect::Postgres => &[
            "SELECT table_name::text, column_name::text, ordinal_position::bigint, data_type::text, is_nullable::text, \
             column_default::text FROM information_schema.columns WHERE table_schema = current_schema()",
            "SELECT tablename::text, indexdef::text FROM pg_indexes WHERE schemaname = current_schema()",
            "SELECT viewname::text, definition::text FROM pg_views WHERE schemaname = current_schema()",
        ],
        Dialect::Mariadb => unreachable!("no older program knew it"),
    };
    let mut lines = Vec::new();
    for sql in sql {
        lines.extend(rows(&empty.warehouse, sql).await.iter().map(|row| format!("{row:?}").replace(&empty.schema, "")));
    }
    lines.sort_unstable();
    lines
}

/// Our tables but the record of steps.
async fn tables(warehouse: &Warehouse) -> Vec<String> {
    let sql = match warehouse.dialect(Side::Target) {
        Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
        Dialect::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()",
        Dialect::Mariadb => unreachable!("no older program knew it"),
    };
    let names = rows(warehouse, sql).await;
    let names = names.iter().map(|row| row[0].as_text().unwrap().to_owned());
    names.filter(|name| name != "nightclerk_migrations").collect()
}

/// Every row of every table of ours but the record of steps.
async fn contents(warehouse: &Warehouse) -> BTreeMap<String, Vec<String>> {
    let mut contents = BTreeMap::new();
    for table in tables(warehouse).await {
        let sql = format!("SELECT * FROM {table}");
        let mut lines: Vec<String> = rows(warehouse, &sql).await.iter().map(|row| format!("{row:?}")).collect();
        lines.sort_unstable();
        contents.insert(table, lines);
    }
    contents
}

/// What the dumps' projects reckon in.
fn euro() -> Currency {
    Currency::new("EUR").unwrap()
}

/// What an old warehouse has to become: our tables as today's steps make them, and the rows of the dumps in them.
struct Upgraded {
    fresh: Empty,
    rows: BTreeMap<String, Vec<String>>,
}

/// One on every engine at hand. The rows are those of the newest dump, brought up to date: every dump has the same.
async fn upgraded(name: &str) -> Vec<Upgraded> {
    let mut all = Vec::new();
    let fresh = empty(&format!("fresh_{name}")).await;
    for (newest, fresh) in empty(&format!("newest_{name}")).await.into_iter().zip(fresh) {
        migrations::apply(&fresh.warehouse, euro(), 1).await.unwrap();
        let (commit, steps) = COMMITS[6];
        leave(&newest.warehouse, commit, steps).await;
        migrations::apply(&newest.warehouse, euro(), 1).await.unwrap();
        all.push(Upgraded { fresh, rows: contents(&newest.warehouse).await });
    }
    all
}

impl Upgraded {
    /// Whether `old`, which had these tables with rows in them, has become it.
    async fn assert_is(&self, old: &Empty, tables: &[String], what: &str) {
        assert!(migrations::inspect(&old.warehouse, euro()).await.unwrap().is_current(), "{what}");
        assert_eq!(structure(old).await, structure(&self.fresh).await, "{what}");
        let after = contents(&old.warehouse).await;
        for (table, rows) in &self.rows {
            // The step that made it filled it from the runs.
            let of_runs = table == "nightclerk_slots" && tables.iter().any(|table| table == "nightclerk_runs");
            let expected = if of_runs || tables.contains(table) { rows } else { &Vec::new() };
            assert_eq!(&after[table], expected, "rows of {table}, {what}");
        }
        let record = "SELECT version, name, checksum FROM nightclerk_migrations ORDER BY version";
        assert_eq!(rows(&old.warehouse, record).await, rows(&self.fresh.warehouse, record).await, "{what}");
    }
}

/// The tables with rows in them.
async fn filled(warehouse: &Warehouse) -> Vec<String> {
    let mut filled = Vec::new();
    for table in tables(warehouse).await {
        if count(warehouse, &format!("SELECT COUNT(*) FROM {table}")).await > 0 {
            filled.push(table);
        }
    }
    assert!(filled.len() > 10, "{filled:?}");
    filled
}

#[test]
fn a_warehouse_that_any_commit_left_is_upgraded_and_keeps_its_rows() {
    wait(async {
        let upgraded = upgraded("left").await;
        for (commit, steps) in COMMITS {
            for (old, upgraded) in empty(commit).await.iter().zip(&upgraded) {
                let what = format!("{commit} on {:?}", old.warehouse.dialect(Side::Target));
                leave(&old.warehouse, commit, steps).await;
                let filled = filled(&old.warehouse).await;
                let state = migrations::inspect(&old.warehouse, euro()).await.unwrap();
                assert_eq!((state.problems.as_slice(), state.applied), (&[][..], steps.len() as i64), "{what}");
                assert!(!state.is_current(), "{what}");

                let applied = migrations::apply(&old.warehouse, euro(), 1).await.unwrap();
                assert_eq!(applied.len(), migrations::steps(Dialect::Sqlite).len() - steps.len(), "{what}");
                upgraded.assert_is(old, &filled, &what).await;
                assert!(migrations::apply(&old.warehouse, euro(), 1).await.unwrap().is_empty(), "{what}");
            }
        }
    });
}

#[test]
fn a_step_that_lacked_a_table_is_mended_also_below_later_steps() {
    wait(async {
        for (old, upgraded) in empty("later").await.iter().zip(&upgraded("later").await) {
            let dialect = old.warehouse.dialect(Side::Target);
            leave(&old.warehouse, "2a57b3f", COMMITS[4].1).await;
            // What a program without checksums did next: number 4 was there, so it went on with 5.
            let next = migrations::steps(dialect)[4];
            old.warehouse.execute(Side::Target, next.sql, &[]).await.unwrap();
            let record = "INSERT INTO nightclerk_migrations (version, name, applied_us) VALUES (5, $1, 1)";
            old.warehouse.execute(Side::Target, record, &[next.name.into()]).await.unwrap();

            let filled = filled(&old.warehouse).await;
            migrations::apply(&old.warehouse, euro(), 1).await.unwrap();
            upgraded.assert_is(old, &filled, &format!("{dialect:?}")).await;
        }
    });
}

#[test]
fn the_printed_sql_gives_what_a_run_gives() {
    wait(async {
        let upgraded = upgraded("by_hand").await;
        for (by_hand, upgraded) in empty("by_hand").await.iter().zip(&upgraded) {
            let state = migrations::inspect(&by_hand.warehouse, euro()).await.unwrap();
            assert!(state.is_fresh());
            let script = migrations::script(&state, &by_hand.schema);
            by_hand.warehouse.execute(Side::Target, &script, &[]).await.unwrap();
            assert!(migrations::inspect(&by_hand.warehouse, euro()).await.unwrap().is_current());
            assert_eq!(structure(by_hand).await, structure(&upgraded.fresh).await);
        }
        for (commit, steps) in COMMITS {
            for (old, upgraded) in empty(&format!("by_hand_{commit}")).await.iter().zip(&upgraded) {
                leave(&old.warehouse, commit, steps).await;
                let filled = filled(&old.warehouse).await;
                let script =
                    migrations::script(&migrations::inspect(&old.warehouse, euro()).await.unwrap(), &old.schema);
                old.warehouse.execute(Side::Target, &script, &[]).await.unwrap();
                upgraded.assert_is(old, &filled, commit).await;
            }
        }
    });
}

#[test]
fn tables_that_differ_are_named_with_their_types_and_mended_by_the_printed_sql() {
    wait(async {
        for broken in empty("broken").await {
            let warehouse = &broken.warehouse;
            let dialect = warehouse.dialect(Side::Target);
            migrations::apply(warehouse, euro(), 1).await.unwrap();
            let cascade = if dialect == Dialect::Postgres { " CASCADE" } else { "" };
            for sql in [
                format!("ALTER TABLE demand_forecasts DROP COLUMN product_id{cascade}"),
                format!("DROP TABLE substitutes{cascade}"),
                "DROP VIEW next_purchases_current".to_owned(),
                "ALTER TABLE staged_cross_sell ADD COLUMN note TEXT".to_owned(),
                format!("DROP TABLE staged_campaign_lift{cascade}"),
                "CREATE TABLE staged_campaign_lift AS SELECT * FROM campaign_lift WHERE 1 = 0".to_owned(),
                "DROP TABLE staged_coupon_drops".to_owned(),
                "CREATE TABLE staged_coupon_drops AS SELECT * FROM coupon_drops WHERE 1 = 0".to_owned(),
            ] {
                warehouse.execute(Side::Target, &sql, &[]).await.unwrap();
            }
            let state = migrations::inspect(warehouse, euro()).await.unwrap();
            let [problem] = &state.problems[..] else { panic!("{:?}", state.problems) };
            for expected in [
                "`substitutes` is missing",
                "`next_purchases_current` is missing",
                "`demand_forecasts.product_id` is missing, expected TEXT",
                "`staged_cross_sell.note`, TEXT, is not a column of ours",
                "`staged_coupon_drops.text` is TEXT, expected TEXT NOT NULL",
            ] {
                assert!(problem.what.contains(expected), "{expected} is not in {problem}");
            }
            assert!(problem.mend.contains("nightclerk plan"), "{problem}");
            let refused = migrations::apply(warehouse, euro(), 1).await.unwrap_err();
            assert!(matches!(refused, MigrationError::Refused(_)), "{refused}");
            warehouse.execute(Side::Target, &migrations::script(&state, &broken.schema), &[]).await.unwrap();
            assert_eq!(migrations::inspect(warehouse, euro()).await.unwrap().problems, []);
        }
    });
}

#[test]
fn a_column_is_added_to_a_table_with_rows_in_it() {
    wait(async {
        for one in empty("added").await {
            let warehouse = &one.warehouse;
            let dialect = warehouse.dialect(Side::Target);
            leave(warehouse, "80071f8", COMMITS[6].1).await;
            migrations::apply(warehouse, euro(), 1).await.unwrap();
            // Somebody's own view stands on ours.
            let theirs = "CREATE VIEW theirs AS SELECT level FROM demand_forecasts_current";
            warehouse.execute(Side::Target, theirs, &[]).await.unwrap();
            // By name: sqlx keeps the columns that a prepared `SELECT *` had at first.
            let columns = names(find(&mut schemas::today(), "demand_forecasts"));
            let select = format!("SELECT {columns} FROM demand_forecasts");
            let before = rows(warehouse, &select).await;

            let mut after = schemas::today();
            let table = find(&mut after, "demand_forecasts");
            let column = |name: &str, kind, nullable, default: Option<&str>| SchemaColumn {
                name: name.to_owned(),
                kind,
                nullable,
                default: default.map(str::to_owned),
            };
            table.columns.insert(3, column("spread", ColumnType::Real, true, None));
            table.columns.push(column("drawn", ColumnType::Integer, false, Some("7")));
            let sql = generator::step(dialect, &schemas::today(), &after, &[]).unwrap();
            warehouse.execute(Side::Target, &sql, &[]).await.unwrap();

            let old: Vec<Vec<Value>> = before
                .into_iter()
                .map(|row| row.into_iter().chain([Value::Null, Value::Integer(7)]).collect())
                .collect();
            assert_eq!(rows(warehouse, &select.replace(" FROM", ", spread, drawn FROM")).await, old);
            assert_eq!(rows(warehouse, "SELECT spread, drawn FROM demand_forecasts_current").await.len(), 2);
            assert_eq!(rows(warehouse, "SELECT * FROM theirs").await.len(), 2);
            stage_and_publish(warehouse, find(&mut after, "demand_forecasts")).await;
            assert_eq!(count(warehouse, "SELECT COUNT(*) FROM demand_forecasts").await, 4);
            assert_is(warehouse, &after).await;
        }
    });
}

#[test]
fn a_type_changes_with_the_values_converted() {
    wait(async {
        for one in empty("converted").await {
            let warehouse = &one.warehouse;
            let dialect = warehouse.dialect(Side::Target);
            leave(warehouse, "80071f8", COMMITS[6].1).await;
            migrations::apply(warehouse, euro(), 1).await.unwrap();
            let select = "SELECT step FROM demand_forecasts ORDER BY step";
            let before = rows(warehouse, select).await;

            let mut after = schemas::today();
            let table = find(&mut after, "demand_forecasts");
            table.columns.iter_mut().find(|column| column.name == "step").unwrap().kind = ColumnType::Real;
            table.columns.retain(|column| column.name != "method");
            let conversion = Conversion { table: "demand_forecasts", column: "step", expression: "step / 1000.0" };
            let sql = generator::step(dialect, &schemas::today(), &after, &[conversion]).unwrap();
            warehouse.execute(Side::Target, &sql, &[]).await.unwrap();

            let expected: Vec<Vec<Value>> =
                before.iter().map(|row| vec![Value::Real(row[0].as_integer().unwrap() as f64 / 1000.0)]).collect();
            assert_eq!(rows(warehouse, select).await, expected);
            let current = "SELECT COUNT(*) FROM demand_forecasts_current";
            assert_eq!(count(warehouse, current).await, 2);
            stage_and_publish(warehouse, find(&mut after, "demand_forecasts")).await;
            assert_eq!(count(warehouse, current).await, 4);
            assert_is(warehouse, &after).await;
        }
    });
}

/// Whether the warehouse's tables are exactly what the schemas say.
async fn assert_is(warehouse: &Warehouse, schemas: &[Schema]) {
    let found = relations::of_warehouse(warehouse, schemas, euro()).await.unwrap();
    let rest = generator::change(warehouse.dialect(Side::Target), &found, schemas, &[]);
    assert_eq!(rest, Ok(Vec::new()));
}

fn find<'a>(schemas: &'a mut [Schema], name: &str) -> &'a mut Schema {
    schemas.iter_mut().find(|schema| schema.name == name).unwrap()
}

fn names(schema: &Schema) -> String {
    schema.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// As a night does it: rows wait in the staged table and are moved by name.
async fn stage_and_publish(warehouse: &Warehouse, schema: &Schema) {
    let (table, columns) = (&schema.name, names(schema));
    for (to, from) in [(format!("staged_{table}"), table.clone()), (table.clone(), format!("staged_{table}"))] {
        let sql = format!("INSERT INTO {to} ({columns}) SELECT {columns} FROM {from}");
        assert_eq!(warehouse.execute(Side::Target, &sql, &[]).await.unwrap(), 2, "{sql}");
    }
}

#[test]
fn a_column_that_cannot_be_filled_is_restored_from_a_backup() {
    wait(async {
        for one in empty("unfilled").await {
            let warehouse = &one.warehouse;
            leave(warehouse, "80071f8", COMMITS[6].1).await;
            migrations::apply(warehouse, euro(), 1).await.unwrap();
            let cascade = if warehouse.dialect(Side::Target) == Dialect::Postgres { " CASCADE" } else { "" };
            let drop = format!("ALTER TABLE demand_forecasts DROP COLUMN p90{cascade}");
            warehouse.execute(Side::Target, &drop, &[]).await.unwrap();
            let state = migrations::inspect(warehouse, euro()).await.unwrap();
            let [problem] = &state.problems[..] else { panic!("{:?}", state.problems) };
            assert!(problem.what.contains("`demand_forecasts.p90` is missing"), "{problem}");
            assert!(problem.mend.starts_with("restore them from a backup: `demand_forecasts.p90`"), "{problem}");
            assert_eq!(migrations::script(&state, &one.schema), "");
        }
    });
}

#[test]
fn a_step_of_another_text_a_newer_one_and_a_gap_are_refused_with_the_mend() {
    wait(async {
        for one in empty("record").await {
            let warehouse = &one.warehouse;
            migrations::apply(warehouse, euro(), 1).await.unwrap();
            let change = async |sql: &str| assert_eq!(warehouse.execute(Side::Target, sql, &[]).await.unwrap(), 1);
            let problem = async || migrations::inspect(warehouse, euro()).await.unwrap().problems[0].clone();

            change("UPDATE nightclerk_migrations SET checksum = 'abc' WHERE version = 3").await;
            let found = problem().await;
            assert!(found.what.contains("`0003_accuracy_by_horizon.sql` (SHA-256 abc), with another text"), "{found}");
            let (_, mend) = found.mend.split_once('`').unwrap();
            change(mend.split_once("` accepts it").unwrap().0).await;
            assert!(migrations::inspect(warehouse, euro()).await.unwrap().is_current());

            change("UPDATE nightclerk_migrations SET name = '0004_other.sql', checksum = NULL WHERE version = 4").await;
            assert!(problem().await.what.starts_with("step 4 was applied as `0004_other.sql`, with another text"));
            change("DELETE FROM nightclerk_migrations WHERE version = 4").await;
            let found = problem().await;
            let lacks = "step 4 `0004_what_rules_are_used_for.sql` was never applied, though step ";
            assert!(found.what.starts_with(lacks), "{found}");
            let four = migrations::steps(warehouse.dialect(Side::Target))[3];
            change(&format!("INSERT INTO nightclerk_migrations VALUES (4, '{}', 1, '{}')", four.name, four.checksum()))
                .await;

            change("INSERT INTO nightclerk_migrations VALUES (99, '0099_far.sql', 1, 'abc')").await;
            let found = problem().await;
            assert!(found.what.starts_with("step 99 `0099_far.sql` was applied by a newer nightclerk"), "{found}");
            assert!(matches!(migrations::apply(warehouse, euro(), 1).await, Err(MigrationError::Refused(_))));
        }
    });
}

#[test]
fn tables_do_not_change_under_a_job_that_runs() {
    wait(async {
        for one in empty("running").await {
            let warehouse = &one.warehouse;
            leave(warehouse, "87970ec", COMMITS[3].1).await;
            let lease = "UPDATE nightclerk_leases SET lease_until_us = 1000 WHERE job = 'basket_rules'";
            warehouse.execute(Side::Target, lease, &[]).await.unwrap();
            let refused = migrations::apply(warehouse, euro(), 999).await.unwrap_err();
            assert!(matches!(&refused, MigrationError::Running { job, .. } if job == "basket_rules"), "{refused}");
            assert_eq!(migrations::inspect(warehouse, euro()).await.unwrap().applied, 3);
            assert!(!migrations::apply(warehouse, euro(), 1000).await.unwrap().is_empty());
        }
    });
}

#[test]
fn a_program_that_was_started_before_a_newer_step_runs_nothing() {
    let folder = Project::fresh();
    let project = nightclerk::project::Project::load(folder.path(), &Registry::standard(), &|_: &str| None);
    let project = project.unwrap_or_else(|faults| panic!("{faults}"));
    let url = format!("sqlite:{}", folder.path().join("warehouse.db").display());
    let night = wait(async {
        let warehouse = Warehouse::open(&WarehouseConfig::new(url.as_str())).await.unwrap();
        let runner = Runner::of(project, warehouse, Arc::new(|| 1_800_000_000_000_000)).await.unwrap();
        let newer = "INSERT INTO nightclerk_migrations VALUES (99, '0099_far.sql', 1, 'abc')";
        runner.warehouse.execute(Side::Target, newer, &[]).await.unwrap();
        let as_of = "2026-11-22".parse().unwrap();
        run_night(&runner, as_of, &["basket_rules".to_owned()]).await
    });
    assert_eq!(night.jobs[0].state, JobState::Failed);
    let reason = &night.jobs[0].reason;
    assert!(reason.starts_with("step 99 `0099_far.sql` was applied by a newer nightclerk"), "{reason}");
    assert_eq!(folder.count("SELECT COUNT(*) FROM nightclerk_runs"), 0);
}

#[test]
fn tables_that_an_early_build_put_into_public_are_named() {
    let Some(cluster) = temporary_cluster() else { return };
    let database = Database::new(&cluster, "public");
    let url = database.url.as_str();
    wait(async {
        let early = WarehouseConfig { schema: "public".to_owned(), ..WarehouseConfig::new(url) };
        let early = Warehouse::open(&early).await.unwrap();
        leave(&early, "c797114", COMMITS[0].1).await;

        for create in [Create::Nothing, Create::Schema] {
            let ours = WarehouseConfig { create, ..WarehouseConfig::new(url) };
            let ours = Warehouse::open(&ours).await.unwrap();
            let state = migrations::inspect(&ours, euro()).await.unwrap();
            let [problem] = &state.problems[..] else { panic!("{:?}", state.problems) };
            assert_eq!(
                problem.what,
                "our tables are in the schema `public`, and the project keeps them in `nightclerk`"
            );
            assert!(problem.mend.starts_with("write `schema = \"public\"` under [warehouse]"), "{problem}");
            assert!(migrations::apply(&ours, euro(), 1).await.is_err());
            ours.close().await;
        }
        assert!(!migrations::apply(&early, euro(), 1).await.unwrap().is_empty());
        let ours = Warehouse::open(&WarehouseConfig::new(url)).await.unwrap();
        let script = migrations::script(&migrations::inspect(&ours, euro()).await.unwrap(), "nightclerk");
        ours.execute(Side::Target, &script, &[]).await.unwrap();
        assert!(migrations::inspect(&ours, euro()).await.unwrap().is_current());
        early.close().await;
        ours.close().await;
    });
}

#[test]
fn a_shop_that_lacks_a_table_is_told_so_before_the_night_and_runs_in_it() {
    let project = Project::demo();
    for name in ["substitutes", "staged_substitutes"] {
        project.execute(&format!("DROP TABLE {name}"));
    }
    project.execute("DROP VIEW substitutes_current");
    // With the checksums of today the loss is somebody's doing: nothing runs.
    let checked = project.run(&["check"]).exits(2);
    assert!(checked.stdout.contains("BAD  our tables, at step"), "{}", checked.stdout);
    assert!(checked.stdout.contains("`staged_substitutes` is missing"), "{}", checked.stdout);
    let planned = project.run(&["plan"]).exits(2);
    assert!(planned.stdout.contains("CREATE TABLE staged_substitutes ("), "{}", planned.stdout);
    let refused = project.run(&["run", "--job", "basket_rules"]).exits(2);
    assert!(refused.stderr.contains("`substitutes` is missing"), "{}", refused.stderr);

    // As commit 2a57b3f left it.
    project.execute("ALTER TABLE nightclerk_migrations DROP COLUMN checksum");
    let renamed = "UPDATE nightclerk_migrations SET name = '0004_rule_measures_and_cross_sell.sql' WHERE version = 4";
    assert_eq!(project.execute(renamed), 1);
    let checked = project.run(&["check"]).exits(0);
    assert!(checked.stdout.contains("the next run brings them up to date"), "{}", checked.stdout);
    let planned = project.run(&["plan"]).exits(0);
    assert!(planned.stdout.contains("CREATE TABLE IF NOT EXISTS staged_substitutes ("), "{}", planned.stdout);
    project.run(&["run", "--job", "basket_rules"]).exits(0);
    assert!(project.run(&["check"]).exits(0).stdout.ends_with("checked, no problem\n"));
    // This small shop has none to publish, but the view is there to say so.
    assert_eq!(project.count("SELECT COUNT(*) FROM substitutes_current"), 0);
    assert!(project.count("SELECT COUNT(*) FROM association_rules_current") > 0);
}
