//! MariaDB commits what changes a table at once: a step that was cut short is taken up again, and processes wait for each other.

use nightclerk::migrations;
use nightclerk::quantities::Currency;
use nightclerk::warehouse::{Dialect, Side, Warehouse, WarehouseConfig};

use crate::mariadb::{Server, temporary_server};
use crate::support::wait;

fn yen() -> Currency {
    Currency::new("JPY").unwrap()
}

async fn empty(server: &Server) -> Warehouse {
    Warehouse::open(&WarehouseConfig::new(server.database("steps"))).await.unwrap()
}

/// The statements that make our tables, as `plan` prints them.
async fn statements(warehouse: &Warehouse) -> Vec<String> {
    let state = migrations::inspect(warehouse, yen()).await.unwrap();
    let script = migrations::script(&state, "");
    let statements = script.split(";\n").map(str::trim).filter(|statement| !statement.is_empty());
    statements.filter(|statement| !["BEGIN", "COMMIT"].contains(statement)).map(str::to_owned).collect()
}

async fn is_current(warehouse: &Warehouse) -> bool {
    let state = migrations::inspect(warehouse, yen()).await.unwrap();
    assert!(state.problems.is_empty(), "{:#?}", state.problems);
    state.is_current()
}

#[test]
fn a_step_that_was_cut_short_anywhere_is_taken_up_again() {
    let Some(server) = temporary_server() else { return };
    wait(async {
        let first = empty(&server).await;
        let all = statements(&first).await;
        let of_all: Vec<&str> = migrations::steps(Dialect::Mariadb).iter().map(|step| step.name).collect();
        assert_eq!(migrations::apply(&first, yen(), 1).await.unwrap(), of_all);
        assert!(is_current(&first).await);
        assert_eq!(migrations::apply(&first, yen(), 2).await.unwrap(), [""; 0]);
        // Every seventh statement, and those at both ends.
        for cut in (1..all.len()).filter(|cut| cut % 7 == 1 || *cut < 4 || *cut + 3 > all.len()) {
            let warehouse = empty(&server).await;
            for statement in &all[..cut] {
                warehouse
                    .execute(Side::Target, statement, &[])
                    .await
                    .unwrap_or_else(|error| panic!("{statement}: {error}"));
            }
            assert!(!is_current(&warehouse).await || cut + 1 == all.len(), "after {cut}");
            migrations::apply(&warehouse, yen(), 3).await.unwrap_or_else(|error| panic!("after {cut}: {error}"));
            assert!(is_current(&warehouse).await, "after {cut}");
            warehouse.close().await;
        }
        first.close().await;
    });
}

#[test]
fn processes_that_find_the_steps_pending_apply_them_once() {
    let Some(server) = temporary_server() else { return };
    let url = server.database("race_of_steps");
    let applied: Vec<usize> = std::thread::scope(|scope| {
        let one = || {
            scope.spawn(|| {
                wait(async {
                    let warehouse = Warehouse::open(&WarehouseConfig::new(url.as_str())).await.unwrap();
                    let applied = migrations::apply(&warehouse, yen(), 1).await.unwrap();
                    assert!(is_current(&warehouse).await);
                    warehouse.close().await;
                    applied.len()
                })
            })
        };
        let threads: Vec<_> = (0..6).map(|_| one()).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(applied.iter().sum::<usize>(), migrations::steps(Dialect::Mariadb).len(), "{applied:?}");
}

#[test]
fn a_column_that_somebody_changed_is_named_with_the_mend() {
    let Some(server) = temporary_server() else { return };
    wait(async {
        let warehouse = empty(&server).await;
        migrations::apply(&warehouse, yen(), 1).await.unwrap();
        let change = "ALTER TABLE inventory_recommendations MODIFY COLUMN order_value BIGINT, DROP COLUMN urgency";
        warehouse.execute(Side::Target, change, &[]).await.unwrap();
        let state = migrations::inspect(&warehouse, yen()).await.unwrap();
        let [problem] = &state.problems[..] else { panic!("{:?}", state.problems) };
        for part in [
            "`inventory_recommendations.order_value` is BIGINT, expected DECIMAL(18,0)",
            "`inventory_recommendations.urgency` is missing, expected MEDIUMTEXT NOT NULL",
        ] {
            assert!(problem.what.contains(part), "{problem}");
        }
        warehouse.close().await;
    });
}

#[test]
fn a_table_of_the_retailers_with_a_name_of_ours_is_recognised() {
    let Some(server) = temporary_server() else { return };
    wait(async {
        let warehouse = empty(&server).await;
        warehouse.execute(Side::Target, "CREATE TABLE coupon_targets (id INT)", &[]).await.unwrap();
        let state = migrations::inspect(&warehouse, yen()).await.unwrap();
        let [problem] = &state.problems[..] else { panic!("{:?}", state.problems) };
        assert!(problem.what.starts_with("`coupon_targets` and 0 other tables"), "{problem}");
        assert!(migrations::apply(&warehouse, yen(), 1).await.is_err());
        assert!(!warehouse.table_exists(Side::Target, "nightclerk_runs").await.unwrap());
        warehouse.close().await;
    });
}
