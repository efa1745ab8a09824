//! What users see when something is wrong: the message in full, and the exit code.

use std::net::TcpListener;
use std::path::Path;

use insta::assert_snapshot;
use nightclerk::warehouse::{Side, WarehouseConfig};
use regex::Regex;

use crate::postgres::temporary_cluster;
use crate::skips::{Need, skip};
use crate::support::{Project, SECOND_NIGHT, assert_same_rows, command, ran, with_warehouse};

/// What `check` says about a fresh project with `from` replaced by `to` in one of its files.
fn check_with(file: &str, from: &str, to: &str) -> String {
    let project = Project::fresh();
    project.replace(file, from, to);
    project.run(&["check"]).shown(project.path())
}

/// What a run of one job says on a copy of the demo after `harm`.
fn run_after(job: &str, harm: impl FnOnce(&Project)) -> String {
    let project = Project::demo();
    harm(&project);
    let before = project.dump();
    let shown = project.run(&["run", "--job", job]).shown(project.path());
    assert_same_rows(&project.dump(), &before);
    shown
}

#[test]
fn a_folder_without_a_project() {
    let project = Project::empty();
    assert_snapshot!(project.run(&["run"]).shown(project.path()), @r"
    exit code 2
    --- stderr
    error: no nightclerk.toml in .: `nightclerk init .` writes one
      --> ./nightclerk.toml
    ");
}

#[test]
fn an_unknown_key_in_the_settings() {
    assert_snapshot!(check_with("nightclerk.toml", "currency =", "curency ="), @r#"
    exit code 2
    --- stderr
    error: missing key `currency`
      --> nightclerk.toml
       = help: for example `currency = "EUR"`

    error: unknown key `curency`
      --> nightclerk.toml:4:1
      |
    4 | curency = "EUR"
      | ^^^^^^^
      = help: did you mean `currency`? allowed here: name, timezone, currency, seed, as_of, closed_on, mode, warehouse, output, gates, alerts
    "#);
}

#[test]
fn a_wrong_type_in_the_settings() {
    assert_snapshot!(check_with("nightclerk.toml", "max_age_days = 2 ", "max_age_days = \"two\" "), @r#"
    exit code 2
    --- stderr
    error: `max_age_days` must be a whole number from 0 on, found the text "two"
       --> nightclerk.toml:20:16
       |
    20 | max_age_days = "two"         # an input whose newest day is older stops the job
       |                ^^^^^
    "#);
}

#[test]
fn a_settings_file_that_is_not_toml() {
    assert_snapshot!(check_with("nightclerk.toml", "currency = \"EUR\"", "currency = \"EUR"), @r#"
    exit code 2
    --- stderr
    error: not valid TOML: invalid basic string, expected `"`
      --> nightclerk.toml:4:16
      |
    4 | currency = "EUR
      |                ^
    "#);
}

#[test]
fn an_inline_password() {
    let shown = check_with("nightclerk.toml", "sqlite:warehouse.db", "postgres://clerk:s3cret@db.example.org/retail");
    assert!(!shown.contains("s3cret"), "{shown}");
    assert_snapshot!(shown, @r#"
    exit code 2
    --- stderr
    error: `url` holds a password
       --> nightclerk.toml:11:7
       |
    11 | url = "postgres://clerk:******@db.example.org/retail"
       |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       = help: put it into an environment variable and write `${NIGHTCLERK_PG_PASSWORD}` in its place, or set `allow_inline_secrets = true` below `[warehouse]`
    "#);
}

#[test]
fn a_variable_that_is_not_set() {
    let to = "postgres://clerk:${NIGHTCLERK_NOT_SET}@db.example.org/retail";
    assert_snapshot!(check_with("nightclerk.toml", "sqlite:warehouse.db", to), @r#"
    exit code 2
    --- stderr
    error: environment variable `NIGHTCLERK_NOT_SET` is not set or empty
       --> nightclerk.toml:11:25
       |
    11 | url = "postgres://clerk:${NIGHTCLERK_NOT_SET}@db.example.org/retail"
       |                         ^^^^^^^^^^^^^^^^^^^^^
       = help: set it where nightclerk runs: `export NIGHTCLERK_NOT_SET=...`
    "#);
}

#[test]
fn an_unknown_parameter_of_a_job() {
    assert_snapshot!(check_with("jobs/inventory_plan.toml", "service_level =", "servicelevel ="), @r"
    exit code 2
    --- stderr
    error: unknown key `servicelevel`
      --> jobs/inventory_plan.toml:9:1
      |
    9 | servicelevel = 0.95
      | ^^^^^^^^^^^^
      = help: did you mean `service_level`? allowed here: service_level, fill_rate, fill_rate_of, unmet_demand, overstock_days, default_lead_time_days, dead_stock_days, min_planned_share, transfer_days, stock_out_horizon_days, max_stock_age_days, supplier_minimum, budget, holding_rate, erp_files, order_files
    ");
}

#[test]
fn a_level_out_of_range() {
    assert_snapshot!(check_with("jobs/inventory_plan.toml", "service_level = 0.95", "service_level = 95"), @r"
    exit code 2
    --- stderr
    error: `service_level`: a level must be between 0 and 1, both excluded (0.95 means 95 %), got 95
      --> jobs/inventory_plan.toml:9:17
      |
    9 | service_level = 95
      |                 ^^
    ");
}

#[test]
fn a_wrong_type_of_a_parameter() {
    assert_snapshot!(check_with("jobs/demand_forecast.toml", "horizon_days = 28", "horizon_days = \"four weeks\""), @r#"
    exit code 2
    --- stderr
    error: `horizon_days` must be a number, found the text "four weeks"
      --> jobs/demand_forecast.toml:9:16
      |
    9 | horizon_days = "four weeks"
      |                ^^^^^^^^^^^^
    "#);
}

#[test]
fn a_bad_cron_expression() {
    assert_snapshot!(check_with("jobs/basket_rules.toml", "15 2 * * *", "15 25 * * *"), @r#"
    exit code 2
    --- stderr
    error: `cron`: `15 25 * * *` is not a cron expression: Number out of bounds
      --> jobs/basket_rules.toml:5:8
      |
    5 | cron = "15 25 * * *"
      |        ^^^^^^^^^^^^^
      = help: write 5 fields (minute hour day-of-month month day-of-week) or 6 with seconds first, for example `30 2 * * *` for 02:30 every day
    "#);
}

#[test]
fn an_unknown_kind() {
    assert_snapshot!(check_with("jobs/basket_rules.toml", "kind = \"basket_rules\"", "kind = \"basket_rule\""), @r#"
    exit code 2
    --- stderr
    error: unknown kind `basket_rule`
      --> jobs/basket_rules.toml:2:8
      |
    2 | kind = "basket_rule"
      |        ^^^^^^^^^^^^^
      = help: did you mean `basket_rules`? allowed here: [every kind]
    "#);
}

#[test]
fn a_dependency_that_is_no_job() {
    assert_snapshot!(check_with("jobs/inventory_plan.toml", "after = [\"demand_forecast\"]", "after = [\"forecast\"]"), @r#"
    exit code 2
    --- stderr
    error: `after` names an unknown job `forecast`
      --> jobs/inventory_plan.toml:3:10
      |
    3 | after = ["forecast"]
      |          ^^^^^^^^^^
      = help: allowed here: [every kind]
    "#);
}

#[test]
fn jobs_that_wait_for_each_other() {
    let from = "kind = \"demand_forecast\"";
    assert_snapshot!(check_with("jobs/demand_forecast.toml", from, &format!("{from}\nafter = [\"inventory_plan\"]")), @r#"
    exit code 2
    --- stderr
    error: jobs wait for each other: demand_forecast -> inventory_plan -> demand_forecast
      --> jobs/inventory_plan.toml:3:10
      |
    3 | after = ["demand_forecast"]
      |          ^^^^^^^^^^^^^^^^^
      = help: take one of these `after` entries out
    "#);
}

#[test]
fn every_fault_of_every_file_is_told_at_once() {
    let project = Project::fresh();
    project.replace("nightclerk.toml", "max_age_days =", "max_age =");
    project.replace("jobs/inventory_plan.toml", "service_level = 0.95", "service_level = 95");
    project.replace("jobs/basket_rules.toml", "15 2 * * *", "15 25 * * *");
    let checked = project.run(&["check", "--json"]).exits(2).json();
    assert_eq!(checked["diagnostics"].as_array().map(Vec::len), Some(3), "{checked}");
}

#[test]
fn an_audit_without_a_head() {
    let project = Project::demo();
    project.write("sql/audits/mine.sql", "SELECT * FROM {staged} WHERE 1 = 0\n");
    assert_snapshot!(project.run(&["run", "--job", "basket_rules"]).shown(project.path()), @r"
    exit code 2
    --- stderr
    error: sql/audits/mine.sql: header lines are missing: `-- table: ...`, `-- severity: ...`, `-- meaning: ...`
    ");
}

#[test]
fn an_audit_that_is_not_sql() {
    let head = "-- table: association_rules\n-- severity: block\n-- meaning: nothing\n";
    let shown = run_after("basket_rules", |project| {
        project.write("sql/audits/mine.sql", &format!("{head}SELECT nothing FORM {{staged}}\n"));
    });
    assert!(shown.starts_with("exit code 1\n"), "{shown}");
    assert!(shown.contains("sql/audits/mine.sql") && shown.contains("syntax error"), "the file is not named: {shown}");
}

#[test]
fn a_bad_template() {
    let project = Project::demo();
    project.write("reports/basket_rules.html.j2", "{% extends \"layout.html.j2\" %}\n{% if %}\n");
    assert_snapshot!(project.run(&["run", "--job", "basket_rules"]).shown(project.path()), @r"
    exit code 2
    --- stderr
    error: cannot render the template `basket_rules.html.j2`, line 2: unexpected end of block; mend the file, or remove it to use the embedded one
    ");
}

#[test]
fn an_unknown_job() {
    let project = Project::demo();
    assert_snapshot!(project.run(&["run", "--job", "forecast"]).shown(project.path()), @r"
    exit code 2
    --- stderr
    error: there is no job `forecast` in jobs/; there are: [every kind]
    ");
}

#[test]
fn a_date_that_is_none() {
    let project = Project::demo();
    let ran = project.run(&["run", "--as-of", "22.11.2026"]);
    assert_snapshot!(ran.shown(project.path()), @r"
    exit code 2
    --- stderr
    error: invalid value '22.11.2026' for '--as-of <DATE>': `22.11.2026` is not a date; write it as 2026-11-22

    For more information, try '--help'.
    ");
}

#[test]
fn a_missing_warehouse() {
    let project = Project::fresh();
    std::fs::remove_file(project.path().join("warehouse.db")).unwrap();
    assert_snapshot!(project.run(&["run"]).shown(project.path()), @r"
    exit code 1
    --- stderr
    error: cannot open the warehouse sqlite:./warehouse.db: unable to open database file; the file does not exist or its folder cannot be written to; a new ledger begins with an empty file
    ");
}

#[test]
fn a_dataset_without_a_column() {
    let shown = run_after("demand_forecast", |project| {
        project.write("sql/datasets/products.sql", "SELECT product_id, category_path FROM products\n");
    });
    assert_snapshot!(shown, @r"
    exit code 1
    --- stdout
    report: ./out/index.html
    --- stderr
    night of 2026-11-22: demand_forecast
      demand_forecast    failed: sql/datasets/products.sql: column `name` (what people call it) is missing, found `product_id`, `category_path`
    ");
}

#[test]
fn check_finds_a_dataset_without_a_column() {
    let project = Project::demo();
    project.write("sql/datasets/products.sql", "SELECT product_id, category_path FROM products\n");
    let checked = project.run(&["check"]).exits(2);
    let told: Vec<&str> = checked.stdout.lines().skip_while(|line| !line.starts_with("BAD")).take(2).collect();
    assert_snapshot!(told.join("\n"), @r"
    BAD  sql/datasets/products.sql
           sql/datasets/products.sql: column `name` (what people call it) is missing, found `product_id`, `category_path`
    ");
}

#[test]
fn a_dataset_file_that_is_not_sql() {
    let shown = run_after("demand_forecast", |project| {
        project.replace("sql/datasets/daily_sales.sql", "GROUP BY", "GROUPED BY");
    });
    assert_snapshot!(shown, @r#"
    exit code 1
    --- stdout
    report: ./out/index.html
    --- stderr
    night of 2026-11-22: demand_forecast
      demand_forecast    failed: sql/datasets/daily_sales.sql line 13, column 1, `GROUPED BY ordered_on, product_id, COALESCE(location_id, 'all')`: near "GROUPED": syntax error
    "#);
}

#[test]
fn a_dataset_file_that_is_not_there() {
    let shown = run_after("inventory_plan", |project| {
        std::fs::remove_file(project.path().join("sql/datasets/stock_levels.sql")).unwrap();
    });
    assert_snapshot!(shown, @r"
    exit code 4
    --- stdout
    report: ./out/index.html
    --- stderr
    night of 2026-11-22: inventory_plan
      inventory_plan     refused: `inventory_plan` needs the dataset `stock_levels`; write `sql/datasets/stock_levels.sql` returning snapshot_on, product_id, location_id, on_hand
    ");
}

#[test]
fn a_text_where_a_number_belongs_names_file_column_and_row() {
    let shown = run_after("demand_forecast", |project| {
        // The demo's own tables refuse a text in a number's place; a query over somebody's tables may well return one.
        let text = "CASE WHEN product_id >= 'P0017' THEN 'two' ELSE unit_cost END AS unit_cost,";
        project.replace("sql/datasets/products.sql", "unit_cost,", text);
    });
    let shown = Regex::new(r"in \d+ of \d+ rows").unwrap().replace(&shown, "in [n] of [all] rows");
    assert_snapshot!(shown, @r"
    exit code 1
    --- stdout
    report: ./out/index.html
    --- stderr
    night of 2026-11-22: demand_forecast
      demand_forecast    failed: sql/datasets/products.sql: row 17, column `unit_cost`: expected an integer, found text `two` (and so in [n] of [all] rows)
    ");
}

#[test]
fn a_single_value_that_breaks_its_contract_costs_no_night_and_is_counted() {
    let project = Project::demo();
    let text = "CASE WHEN product_id = 'P0017' THEN 'two' ELSE unit_cost END AS unit_cost,";
    project.replace("sql/datasets/products.sql", "unit_cost,", text);
    let ran = project.run(&["run", "--job", "demand_forecast", "--json"]).exits(0);
    let expected =
        "1 value taken for unknown, the first: row 17, column `unit_cost`: expected an integer, found text `two`";
    let job = ran.json()["jobs"][0].clone();
    let products = job["inputs"].as_array().unwrap().iter().find(|input| input["dataset"] == "products").unwrap();
    assert_eq!((products["left_out_values"].as_i64(), products["note"].as_str()), (Some(1), Some(expected)));
    let found = project.query("SELECT dataset, row_number, column_name, reason, left_out FROM nightclerk_quarantine");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0][1].as_integer(), found[0][4].as_text()), (Some(17), Some("value")));
    assert!(
        project.read("out/2026-11-22/demand_forecast.html").contains("1 value taken for unknown, the first: row 17")
    );
}

#[test]
fn a_text_as_the_quantity_of_an_order_line_cannot_get_into_the_demos_tables() {
    let project = Project::demo();
    let sql = "UPDATE order_lines SET quantity = 'two' WHERE rowid = (SELECT MIN(rowid) + 16 FROM order_lines)";
    let refused = project.try_execute(sql).unwrap_err();
    assert!(refused.contains("cannot store TEXT value in INTEGER column"), "{refused}");
}

#[test]
fn an_empty_table() {
    let shown = run_after("demand_forecast", |project| {
        project.execute("DELETE FROM order_lines");
    });
    assert_snapshot!(shown, @r"
    exit code 4
    --- stdout
    report: ./out/index.html
    --- stderr
    night of 2026-11-22: demand_forecast
      demand_forecast    refused: sql/datasets/daily_sales.sql: no rows up to 2026-11-22; check the dates of the tables it reads, or choose another as-of date
    ");
}

#[test]
fn a_table_whose_newest_day_is_long_ago() {
    let project = Project::demo();
    let before = project.dump();
    let ran = project.run(&["run", "--job", "basket_rules", "--as-of", "2026-11-27"]);
    assert_snapshot!(ran.shown(project.path()), @r"
    exit code 4
    --- stdout
    report: ./out/index.html
    --- stderr
    night of 2026-11-27: basket_rules
      basket_rules       refused: freshness of basket_lines: newest day 2026-11-22, 2026-11-25 or later expected; newest days of basket_lines: no row on 4 days from 2026-11-23 on, the newest is of 2026-11-22, a row on every day whose weekday had some in each of the eight weeks before expected
    ");
    assert_same_rows(&project.dump(), &before);
    assert!(project.read("out/2026-11-27/basket_rules.html").contains("NOT published"));
    let current = project.count(&format!("SELECT COUNT(*) FROM nightclerk_current WHERE as_of = '{SECOND_NIGHT}'"));
    assert_eq!(current, 5);
}

#[test]
fn an_output_folder_that_cannot_be_written() {
    // Below a file: root may write everywhere else.
    let shown = run_after("basket_rules", |project| {
        project.replace("nightclerk.toml", "dir = \"out\"", "dir = \"nightclerk.toml/out\"");
    });
    assert_snapshot!(shown, @r"
    exit code 2
    --- stderr
    error: cannot write `./nightclerk.toml/out`: Not a directory (os error 20); set `dir` in [output] of nightclerk.toml to a folder this user may write
    ");
}

#[test]
fn a_database_that_does_not_answer() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let project = Project::fresh();
    project.replace("nightclerk.toml", "sqlite:warehouse.db", &format!("postgres://clerk@127.0.0.1:{port}/retail"));
    assert_snapshot!(project.run(&["run"]).shown(project.path()), @r"
    exit code 75
    --- stderr
    error: cannot open the warehouse postgres://clerk@127.0.0.1:[port]/retail: error communicating with database: Connection refused (os error 111); check the host and the port, and that the server is running
    ");
}

#[test]
fn a_wrong_password() {
    let Some(url) = locked_url() else { return };
    let project = Project::fresh();
    project.replace("nightclerk.toml", "sqlite:warehouse.db", &url);
    let mut command = command(project.path(), &["run"]);
    let ran = ran(command.env("NIGHTCLERK_TEST_PASSWORD", "wr0ng-guess"));
    assert!(!ran.stdout.contains("wr0ng-guess") && !ran.stderr.contains("wr0ng-guess"), "{}", ran.stderr);
    assert_snapshot!(ran.shown(project.path()), @r#"
    exit code 1
    --- stderr
    error: cannot open the warehouse postgres://locked:***@127.0.0.1:[port]/postgres: password authentication failed for user "locked"; check the user and the password
    "#);
    let ran = crate::support::ran(
        crate::support::command(project.path(), &["status"]).env("NIGHTCLERK_TEST_PASSWORD", "right"),
    );
    assert_eq!(ran.code, 0, "the right password is taken: {}", ran.stderr);
}

/// The URL of a role that the temporary server lets in with its password alone.
fn locked_url() -> Option<String> {
    let cluster = temporary_cluster()?;
    with_warehouse(&WarehouseConfig::new(cluster.url.as_str()), async |server| {
        let rows = server.read_values(Side::Target, "SHOW hba_file", &[]).await.unwrap();
        let file = rows[0][0].as_text().unwrap_or_default().to_owned();
        let Ok(rules) = std::fs::read_to_string(Path::new(&file)) else {
            skip(Need::Postgres, "the rules of this server cannot be changed from here");
            return None;
        };
        let sql = "DROP ROLE IF EXISTS locked; CREATE ROLE locked LOGIN PASSWORD 'right'";
        server.execute(Side::Target, sql, &[]).await.unwrap();
        std::fs::write(&file, format!("host all locked 127.0.0.1/32 scram-sha-256\n{rules}")).unwrap();
        server.read_values(Side::Target, "SELECT pg_reload_conf()", &[]).await.unwrap();
        // The server reads its rules again when its main process gets round to it.
        std::thread::sleep(std::time::Duration::from_millis(500));
        Some(cluster.url.replacen("tester@", "locked:${NIGHTCLERK_TEST_PASSWORD}@", 1))
    })
}
