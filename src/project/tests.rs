use super::*;
use crate::kind::Kind;
use crate::registry::{KINDS, Registry};

const SHOP: &str = "name = \"Corner Shop\"\ntimezone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n[warehouse]\nurl = \"sqlite:warehouse.db\"\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Three of the kinds, so that no message here lists those to come.
fn registry() -> Registry {
    let names = ["basket_rules", "demand_forecast", "inventory_plan"];
    let kinds: Vec<Kind> = KINDS.iter().filter(|kind| names.contains(&kind.name)).copied().collect();
    Registry::of(&kinds)
}

fn load(files: &[(&str, &str)]) -> Result<Project, Diagnostics> {
    Project::load(folder(files).path(), &registry(), &|_: &str| None)
}

#[test]
fn a_whole_project_is_read() {
    let project = load(&[
        ("nightclerk.toml", SHOP),
        ("jobs/basket_rules.toml", "kind = \"basket_rules\"\nafter = [\"inventory_plan\"]\n"),
        ("jobs/demand_forecast.toml", "kind = \"demand_forecast\"\n"),
        ("jobs/inventory_plan.toml", "kind = \"inventory_plan\"\nafter = [\"demand_forecast\"]\n"),
        ("jobs/README.md", "not a job"),
        ("sql/datasets/daily_sales.sql", "SELECT 1"),
        ("sql/datasets/daily_sales.postgres.sql", "SELECT 2"),
        ("sql/audits/no_negative_stock.sql", "SELECT 3"),
        ("reports/page.html", "<p>"),
    ])
    .unwrap();
    assert_eq!(
        project.jobs.iter().map(|job| job.name.as_str()).collect::<Vec<_>>(),
        ["basket_rules", "demand_forecast", "inventory_plan"]
    );
    let ordered: Vec<_> = project.jobs_in_order().into_iter().map(|job| job.name.as_str()).collect();
    assert_eq!(ordered, ["demand_forecast", "inventory_plan", "basket_rules"]);
    assert_eq!(project.sql.keys().collect::<Vec<_>>(), ["daily_sales.postgres.sql", "daily_sales.sql"]);
    assert_eq!(project.audits["no_negative_stock.sql"], "SELECT 3");
    assert_eq!(project.templates["page.html"], "<p>");
    assert!(project.warnings.is_empty());
    assert!(project.job("inventory_plan").is_some() && project.job("weather").is_none());
}

#[test]
fn the_hash_changes_with_every_text_and_with_nothing_else() {
    let hash = |sql: &str| load(&[("nightclerk.toml", SHOP), ("sql/audits/a.sql", sql)]).unwrap().config_hash;
    assert_eq!(hash("SELECT 1"), hash("SELECT 1"));
    assert_ne!(hash("SELECT 1"), hash("SELECT 2"));
    assert_eq!(hash("").len(), 12);
}

#[test]
fn faults_of_all_files_come_at_once() {
    let faults = load(&[
        ("nightclerk.toml", "name = \"Corner Shop\"\ntimezone = \"Europe/Berln\"\ncurency = \"EUR\"\n[warehouse]\nurl = \"postgres://clerk:${PG_PASSWORD}@db/retail\"\n"),
        ("jobs/demand_forecast.toml", "kind = \"demand_forecst\"\nafter = [\"inventory_plan\"]\n"),
        ("jobs/inventory_plan.toml", "kind = \"inventory_plan\"\nafter = [\"demand_forecast\", \"rules\"]\n[schedule]\ncron = \"never\"\n"),
        ("jobs/broken.toml", "kind = \n[params\n"),
    ])
    .unwrap_err();
    insta::assert_snapshot!(faults, @r#"
    error: not valid TOML: string values must be quoted, expected literal string
      --> jobs/broken.toml:1:8
      |
    1 | kind = 
      |        ^

    error: not valid TOML: unclosed table, expected `]`
      --> jobs/broken.toml:2:8
      |
    2 | [params
      |        ^

    error: unknown kind `demand_forecst`
      --> jobs/demand_forecast.toml:1:8
      |
    1 | kind = "demand_forecst"
      |        ^^^^^^^^^^^^^^^^
      = help: did you mean `demand_forecast`? allowed here: basket_rules, demand_forecast, inventory_plan

    error: jobs wait for each other: demand_forecast -> inventory_plan -> demand_forecast
      --> jobs/inventory_plan.toml:2:10
      |
    2 | after = ["demand_forecast", "rules"]
      |          ^^^^^^^^^^^^^^^^^
      = help: take one of these `after` entries out

    error: `after` names an unknown job `rules`
      --> jobs/inventory_plan.toml:2:29
      |
    2 | after = ["demand_forecast", "rules"]
      |                             ^^^^^^^
      = help: allowed here: broken, demand_forecast, inventory_plan

    error: `cron`: `never` is not a cron expression: Pattern must have 5 or 6 fields when years are disallowed
      --> jobs/inventory_plan.toml:4:8
      |
    4 | cron = "never"
      |        ^^^^^^^
      = help: write 5 fields (minute hour day-of-month month day-of-week) or 6 with seconds first, for example `30 2 * * *` for 02:30 every day

    error: missing key `currency`
      --> nightclerk.toml
       = help: for example `currency = "EUR"`

    error: `timezone`: `Europe/Berln` is not an IANA time zone
      --> nightclerk.toml:2:12
      |
    2 | timezone = "Europe/Berln"
      |            ^^^^^^^^^^^^^^
      = help: did you mean `Europe/Berlin`? a zone is written like `Europe/Berlin` or `UTC`

    error: unknown key `curency`
      --> nightclerk.toml:3:1
      |
    3 | curency = "EUR"
      | ^^^^^^^
      = help: did you mean `currency`? allowed here: name, timezone, currency, seed, as_of, closed_on, mode, warehouse, output, gates, alerts

    error: environment variable `PG_PASSWORD` is not set or empty
      --> nightclerk.toml:5:25
      |
    5 | url = "postgres://clerk:${PG_PASSWORD}@db/retail"
      |                         ^^^^^^^^^^^^^^
      = help: set it where nightclerk runs: `export PG_PASSWORD=...`
    "#);
}

#[test]
fn a_folder_without_settings() {
    let empty = folder(&[]);
    let faults = Project::load(empty.path(), &registry(), &|_: &str| None).unwrap_err();
    insta::assert_snapshot!(faults.to_string().replace(&empty.path().display().to_string(), "DIR"), @r"
    error: no nightclerk.toml in DIR: `nightclerk init DIR` writes one
      --> DIR/nightclerk.toml
    ");
}

#[test]
fn a_misspelt_dataset_is_a_warning() {
    let project = load(&[
        ("nightclerk.toml", SHOP),
        ("sql/datasets/daily_sale.sql", "SELECT 1"),
        ("sql/datasets/products.excluded.sql", "SELECT 1"),
        ("sql/datasets/products.excluded.mariadb.sql", "SELECT 1"),
        ("sql/datasets/products.oracle.sql", "SELECT 1"),
    ])
    .unwrap();
    let messages: Vec<_> = project.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "no dataset is called `daily_sale`, so nothing reads this file",
            "no dialect is called `oracle`, so nothing reads this file"
        ]
    );
    let help = project.warnings.iter().next().and_then(|warning| warning.help.as_deref()).unwrap();
    assert!(help.starts_with("did you mean `daily_sales`? the datasets are: assignments, "), "{help}");
}
