//! The commands, as a user types them.

use chrono::NaiveDate;
use clap::CommandFactory;
use nightclerk::cli::Arguments;
use nightclerk::warehouse::Value;

use crate::database::Database;
use crate::postgres::temporary_cluster;
use crate::small_shop::SmallShop;
use crate::support::{
    FIRST_NIGHT, JOBS, Project, SECOND_NIGHT, assert_same_rows, made_demo, nightclerk, normalised, row_counts,
};

/// Every command there is.
pub fn commands() -> Vec<String> {
    Arguments::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

#[test]
fn help_names_every_command_and_every_exit_code() {
    let project = Project::empty();
    let help = project.run(&["--help"]).exits(0).stdout;
    let unwrapped = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for command in commands() {
        assert!(help.contains(&format!("\n  {command} ")), "`{command}` is not in the help:\n{help}");
        let own = project.run(&[&command, "--help"]).exits(0).stdout;
        assert!(own.contains("--json") && own.contains("--project"), "{own}");
    }
    for code in ["0 done", "1 a job failed", "2 bad", "3 a gate", "4 input", "5 another", "75 try", "130 cancelled"] {
        assert!(unwrapped.contains(code), "exit code `{code}` is not in the help:\n{help}");
    }
}

#[test]
fn init_writes_a_project_and_leaves_files_alone_that_are_there() {
    let project = Project::empty();
    let first = project.run(&["init", "shop", "--name", "Corner Shop", "--json"]).exits(0).json();
    let written = first["written"].as_array().unwrap().len();
    assert!(written > 30, "{first}");
    assert!(project.read("shop/nightclerk.toml").contains("name = \"Corner Shop\""));
    project.write("shop/jobs/basket_rules.toml", "kind = \"basket_rules\"\n");
    let second = project.run(&["init", "shop", "--json"]).exits(0).json();
    assert_eq!(second["written"].as_array().unwrap().len(), 0);
    assert_eq!(project.read("shop/jobs/basket_rules.toml"), "kind = \"basket_rules\"\n");
}

#[test]
fn check_of_a_fresh_project_names_every_query_that_an_empty_warehouse_cannot_answer() {
    let project = Project::fresh();
    let checked = project.run(&["check"]).exits(2);
    for dataset in std::fs::read_dir(project.path().join("sql/datasets")).unwrap().flatten() {
        let file = dataset.file_name().into_string().unwrap();
        assert!(checked.stdout.contains(&format!("sql/datasets/{file}")), "{file}:\n{}", checked.stdout);
    }
    assert!(checked.stdout.contains("no such table: order_lines"), "{}", checked.stdout);
    let json = project.run(&["check", "--json"]).exits(2).json();
    assert!(json["problems"].as_u64().unwrap() > 0);
}

#[test]
fn plan_of_a_fresh_project_prints_the_sql_that_makes_our_tables_and_changes_nothing() {
    let project = Project::fresh();
    let plan = project.run(&["plan", "--as-of", SECOND_NIGHT]).exits(0).stdout;
    for table in ["nightclerk_runs", "nightclerk_publications", "demand_forecasts", "coupon_assignments"] {
        assert!(plan.contains(&format!("CREATE TABLE {table} (")), "{table}:\n{plan}");
    }
    assert!(plan.contains("CREATE VIEW demand_forecasts_current"));
    for job in JOBS {
        assert!(plan.contains(&format!("\n{job} ({job})")), "{job}:\n{plan}");
    }
    assert_eq!(project.count("SELECT COUNT(*) FROM sqlite_master"), 0);
    let json = project.run(&["plan", "--json"]).exits(0).json();
    assert_eq!(json["jobs"].as_array().unwrap().len(), JOBS.len());
}

#[test]
fn plan_says_what_a_job_is_for_where_its_file_does() {
    let project = Project::fresh();
    let kind = "kind = \"inventory_plan\"\n";
    project.replace("jobs/inventory_plan.toml", kind, &format!("{kind}description = \"orders of the north\"\n"));
    let plan = project.run(&["plan", "--as-of", SECOND_NIGHT]).exits(0).stdout;
    assert_eq!(plan.matches("\n  is for     ").count(), 1, "{plan}");
    assert!(plan.contains("\n  is for     orders of the north\n"), "{plan}");
    let json = project.run(&["plan", "--json"]).exits(0).json();
    let jobs = json["jobs"].as_array().unwrap();
    let described: Vec<_> = jobs.iter().filter(|job| job.get("description").is_some()).collect();
    assert_eq!(described.len(), 1, "{json}");
    assert_eq!(described[0]["job"], "inventory_plan");
    assert_eq!(described[0]["description"], "orders of the north");
}

#[test]
fn status_of_a_project_that_never_ran_says_so() {
    let project = Project::fresh();
    let status = project.run(&["status"]).exits(0);
    assert_eq!(status.stdout, "nothing has run yet: `nightclerk run` runs the first night\n");
}

#[test]
fn demo_runs_two_nights_and_every_job_publishes_in_both() {
    let (folder, ran) = made_demo();
    assert!(folder.join("out/index.html").is_file());
    assert!(ran.stdout.contains("report: "), "{}", ran.stdout);
    let project = Project::demo();
    for job in JOBS {
        for night in [FIRST_NIGHT, SECOND_NIGHT] {
            let sql = format!("SELECT COUNT(*) FROM nightclerk_publications WHERE job = '{job}' AND as_of = '{night}'");
            assert_eq!(project.count(&sql), 1, "{job} {night}");
            let page = project.read(&format!("out/{night}/{job}.html"));
            assert!(!page.contains("NOT published"), "{job} {night}");
        }
    }
}

#[test]
fn check_of_the_demo_finds_no_problem() {
    let project = Project::demo();
    let checked = project.run(&["check"]).exits(0);
    assert!(checked.stdout.ends_with("checked, no problem\n"), "{}", checked.stdout);
    assert_eq!(checked.stderr, "");
}

#[test]
fn status_of_the_demo_names_what_is_current() {
    let project = Project::demo();
    let json = project.run(&["status", "--json"]).exits(0).json();
    let jobs = json["jobs"].as_array().unwrap();
    assert_eq!(jobs.len(), JOBS.len());
    for job in jobs {
        assert_eq!(job["current"]["as_of"], SECOND_NIGHT, "{job}");
        assert_eq!(job["last_run"]["state"], "published", "{job}");
        assert!(job["next_run"].is_string(), "{job}");
    }
    let plain = project.run(&["status"]).exits(0).stdout;
    let is_warning = |line: &&str| line.trim_start().starts_with("warning: ");
    assert_eq!(plain.lines().filter(|line| !is_warning(line)).count(), 1 + JOBS.len(), "{plain}");
    let told = |job: &serde_json::Value| job["warnings"].as_array().unwrap().len();
    assert_eq!(plain.lines().filter(is_warning).count(), jobs.iter().map(told).sum::<usize>(), "{plain}");
    assert!(plain.contains(&format!("published for {SECOND_NIGHT}")), "{plain}");
}

#[test]
fn quiet_says_nothing_when_nothing_went_wrong() {
    let project = Project::demo();
    let ran = project.run(&["run", "--job", "basket_rules", "--quiet"]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
}

#[test]
fn schedule_next_previews_the_slots_of_every_job() {
    let project = Project::fresh();
    let slots = project.run(&["schedule", "next", "-n", "3"]).exits(0).stdout;
    assert_eq!(slots.lines().count(), JOBS.len() * 4, "{slots}");
    for value in project.run(&["schedule", "next", "-n", "3", "--json"]).exits(0).json_lines() {
        assert_eq!(value["slots"].as_array().unwrap().len(), 3, "{value}");
    }
    project.replace("jobs/basket_rules.toml", "[schedule]\ncron = \"15 2 * * *\"\n", "");
    let slots = project.run(&["schedule", "next"]).exits(0).stdout;
    assert!(slots.contains("basket_rules: no schedule; it runs when asked"), "{slots}");
}

#[test]
fn rollback_makes_the_publication_before_current_again() {
    let project = Project::demo();
    let as_of = |table: &str| project.query(&format!("SELECT DISTINCT as_of FROM {table}_current"));
    assert_eq!(as_of("demand_forecasts"), [[Value::Text(SECOND_NIGHT.to_owned())]]);
    let ran = project.run(&["rollback", "demand_forecast"]).exits(0);
    insta::assert_snapshot!(normalised(&ran.stdout, project.path()), @r"
    withdrawn: demand_forecast for 2026-11-22 (run [id])
    current:   demand_forecast for 2026-10-25 (run [id])
    ");
    assert_eq!(as_of("demand_forecasts"), [[Value::Text(FIRST_NIGHT.to_owned())]]);
    assert_eq!(as_of("inventory_recommendations"), [[Value::Text(SECOND_NIGHT.to_owned())]]);
    project.run(&["rollback", "demand_forecast"]).exits(0);
    assert_eq!(project.count("SELECT COUNT(*) FROM demand_forecasts_current"), 0);
    let ran = project.run(&["rollback", "demand_forecast"]);
    insta::assert_snapshot!(ran.shown(project.path()), @r"
    exit code 2
    --- stderr
    error: `demand_forecast` has no publication to withdraw
    ");
}

#[test]
fn a_coupon_list_that_was_sent_still_counts_as_contact_after_its_rollback() {
    let project = Project::demo();
    let ran = project.run(&["rollback", "coupon_targets"]);
    insta::assert_snapshot!(ran.shown(project.path()), @r"
    exit code 2
    --- stderr
    error: `coupon_targets` publishes `coupon_targets`, which is sent to people: say `--sent` or `--not-sent`
    ");
    // The list of the first night is the longer one: nothing was known yet and customers were drawn by chance.
    let next = "2026-10-26";
    let withdraw = |project: &Project, how: &str| {
        project.run(&["rollback", "coupon_targets", "--not-sent"]).exits(0);
        project.run(&["rollback", "coupon_targets", how]).exits(0);
        project.run(&["run", "--job", "coupon_targets", "--as-of", next]).exits(0);
        project.count(&format!(
            "SELECT COUNT(*) FROM coupon_targets t JOIN coupon_targets n ON n.customer_id = t.customer_id \
             WHERE t.as_of = '{FIRST_NIGHT}' AND n.as_of = '{next}'"
        ))
    };
    assert_eq!(withdraw(&project, "--sent"), 0, "nobody is written to twice within the window");
    let again = project.run(&["run", "--job", "coupon_targets", "--as-of", FIRST_NIGHT]).exits(4);
    assert!(again.stderr.contains("was sent before it was withdrawn"), "{}", again.stderr);
    // A list that nobody got leaves its customers free.
    assert!(withdraw(&Project::demo(), "--not-sent") > 0);
}

#[test]
fn a_night_that_was_rolled_back_can_be_run_again() {
    let project = Project::demo();
    let before = project.dump();
    project.run(&["rollback", "basket_rules"]).exits(0);
    project.run(&["run", "--job", "basket_rules"]).exits(0);
    assert_same_rows(&project.dump(), &before);
}

#[test]
fn the_same_night_again_replaces_its_rows_and_doubles_none() {
    let project = Project::demo();
    let (rows, counts) = (project.dump(), row_counts(&project));
    project.run(&["run"]).exits(0);
    assert_eq!(row_counts(&project), counts);
    assert_same_rows(&project.dump(), &rows);
    let plan = project.run(&["plan", "--json"]).exits(0).json();
    for job in plan["jobs"].as_array().unwrap() {
        assert!(job["replaces_rows"].as_i64().unwrap() > 0, "{job}");
    }
}

#[test]
fn the_same_night_again_reads_the_same_rows() {
    let project = Project::demo();
    let inputs = || {
        let rows = project.query("SELECT job, as_of, inputs_json FROM nightclerk_publications ORDER BY job, as_of");
        rows.iter().map(|row| format!("{row:?}")).collect::<Vec<_>>()
    };
    let before = inputs();
    for job in ["basket_rules", "campaign_lift", "coupon_targets", "inventory_plan"] {
        project.run(&["run", "--job", job]).exits(0);
    }
    for (found, expected) in inputs().iter().zip(&before) {
        assert_eq!(found, expected, "what a night publishes must not be what the same night reads");
    }
}

#[test]
fn an_earlier_night_run_again_does_not_become_current() {
    let project = Project::demo();
    let current = project.dump_current();
    project.run(&["run", "--job", "demand_forecast", "--as-of", FIRST_NIGHT]).exits(0);
    assert_same_rows(&project.dump_current(), &current);
}

#[test]
fn explain_order_adds_up_to_the_recommended_quantity() {
    let project = Project::demo();
    let rows = project.query(
        "SELECT product_id, location_id, order_quantity FROM inventory_recommendations_current \
         WHERE order_quantity > 0 ORDER BY product_id, location_id LIMIT 1",
    );
    let (product, location) = (rows[0][0].as_text().unwrap(), rows[0][1].as_text().unwrap());
    let chains = project.run(&["explain", "order", product, location, "--json"]).exits(0).json();
    let [chain] = chains.as_array().unwrap().as_slice() else { panic!("{chains}") };
    let steps = chain["steps"].as_array().unwrap();
    let thousandths = |units: f64| (units * 1000.0).round() as i64;
    let sum: i64 = steps.iter().map(|step| thousandths(step["quantity"].as_f64().unwrap())).sum();
    assert_eq!(Some(sum), rows[0][2].as_real().map(thousandths), "{chain}");
    assert_eq!(steps.last().unwrap()["running"], chain["recommendation"]["order_quantity"]);
    assert!(!chain["forecast_up_to_covers_until"].as_array().unwrap().is_empty(), "{chain}");
    assert!(!chain["earlier_advice"].as_array().unwrap().is_empty(), "{chain}");
    let plain = project.run(&["explain", "order", product]).exits(0).stdout;
    assert!(plain.contains(&format!("{product} at {location}, plan of ")), "{plain}");
}

#[test]
fn explain_order_of_an_unknown_product_says_where_the_known_ones_are() {
    let project = Project::demo();
    let ran = project.run(&["explain", "order", "no-such-product", "s1"]);
    insta::assert_snapshot!(ran.shown(project.path()), @r"
    exit code 2
    --- stderr
    error: no current recommendation for product `no-such-product` at `s1`; the planned ones are in inventory_recommendations
    ");
}

#[test]
fn explain_coupon_tells_the_listed_the_held_out_and_the_others_apart() {
    let project = Project::demo();
    // The list of the first night is the longer one: nothing was known yet and customers were drawn by chance.
    project.run(&["rollback", "coupon_targets", "--not-sent"]).exits(0);
    let customer = |sql: &str| {
        let rows = project.query(sql);
        rows.first().and_then(|row| row[0].as_text()).unwrap_or_else(|| panic!("nobody: {sql}")).to_owned()
    };
    let verdict = |customer: &str| {
        let chain = project.run(&["explain", "coupon", customer, "--json"]).exits(0).json();
        chain[0]["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(verdict(&customer("SELECT MIN(customer_id) FROM coupon_targets_current")), "on the list");
    let held_out = "SELECT MIN(customer_id) FROM coupon_assignments_current \
                    WHERE customer_id NOT IN (SELECT customer_id FROM coupon_targets_current)";
    assert!(verdict(&customer(held_out)).starts_with("selected, and held out by chance"));
    let neither = "SELECT MIN(customer_id) FROM customers \
                   WHERE customer_id NOT IN (SELECT customer_id FROM coupon_assignments_current)";
    assert!(verdict(&customer(neither)).starts_with("not selected"));
}

#[test]
fn demo_advance_lets_the_shop_live_on_and_grades_the_advice() {
    let project = Project::demo();
    let parent = project.path().parent().unwrap();
    let folder = project.path().display().to_string();
    nightclerk(parent, &["demo", &folder, "--advance", "7"]).exits(0);
    assert!(project.read("nightclerk.toml").contains("as_of = \"2026-11-29\""));
    assert_eq!(project.count("SELECT COUNT(*) FROM nightclerk_current WHERE as_of = '2026-11-29'"), JOBS.len() as i64);
    assert_eq!(project.query("SELECT MAX(snapshot_on) FROM stock_levels")[0][0].as_text(), Some("2026-11-29"));
    assert!(project.count("SELECT COUNT(*) FROM recommendation_outcomes_current") > 0);
}

#[test]
fn a_second_demo_in_the_same_folder_is_refused() {
    let project = Project::demo();
    let folder = project.path().display().to_string();
    let before = project.dump();
    let ran = nightclerk(project.path(), &["demo", &folder, "--scale", "0.1"]);
    insta::assert_snapshot!(ran.shown(project.path()), @r"
    exit code 2
    --- stderr
    error: [project] holds a project already: `nightclerk demo [project] --advance 28` lets its shop live on; or name another folder, or remove this one
    ");
    assert_same_rows(&project.dump(), &before);
}

#[test]
fn advance_of_a_project_that_is_no_demo_is_refused() {
    let project = Project::fresh();
    let ran = project.run(&["demo", ".", "--advance", "7"]);
    insta::assert_snapshot!(ran.shown(project.path()), @r"
    exit code 2
    --- stderr
    error: . is not a demo: its warehouse has no table `truth_settings`
    ");
}

#[test]
fn backfill_runs_the_dates_of_its_range_that_are_not_published_oldest_first() {
    let project = Project::demo();
    let range = ["backfill", "--from", "2026-11-20", "--to", "2026-11-22", "--job", "basket_rules", "--json"];
    let nights = |more: &[&str]| -> Vec<String> {
        let lines = project.run(&[&range, more].concat()).exits(0).json_lines();
        let started = lines.iter().filter(|line| line["event"] == "night_started");
        started.map(|line| line["as_of"].as_str().unwrap().to_owned()).collect()
    };
    let planned = project.run(&[&range[..], &["--dry-run"]].concat()).exits(0).json_lines();
    let planned: Vec<_> = planned.iter().map(|line| (line["state"].as_str(), line["runs"].as_bool())).collect();
    assert_eq!(planned, [(None, Some(true)), (None, Some(true)), (Some("published"), Some(false))]);
    assert_eq!(nights(&[]), ["2026-11-20", "2026-11-21"]);
    assert_eq!(nights(&[]), [""; 0]);
    let sql = "SELECT COUNT(*) FROM nightclerk_publications WHERE job = 'basket_rules'";
    assert_eq!(project.count(sql), 4);

    let rules = "SELECT COUNT(*), SUM(n_both), SUM(q_value) FROM association_rules WHERE as_of = '2026-11-21'";
    let before = project.query(rules);
    assert_eq!(nights(&["--reprocess", "completed", "--reverse"]), ["2026-11-22", "2026-11-21", "2026-11-20"]);
    assert_eq!(project.query(rules), before);
    assert_eq!(project.count(sql), 4);
}

/// The rows that do not depend on which run made them.
fn backfilled(url: &str, max_active: &str) -> (SmallShop, String) {
    let shop = SmallShop::new(url);
    let range = ["backfill", "--from", "2026-09-01", "--to", "2026-09-06", "--max-active", max_active];
    let said = shop.project.run(&range).exits(0).stdout;
    for day in 1..=6 {
        shop.is_done(NaiveDate::from_ymd_opt(2026, 9, day).unwrap(), max_active);
    }
    (shop, said)
}

fn several_dates_at_work_at_once_publish_what_one_after_the_other_does(url: impl Fn(&str) -> String) {
    let (one, _) = backfilled(&url("one"), "1");
    let (three, said) = backfilled(&url("three"), "3");
    assert_eq!(three.published(), one.published());
    assert!(said.contains("2026-09-06 inventory_plan "), "every line says which date: {said}");
    assert!(three.project.read("out/index.html").contains("2026-09-06"), "the newest has the front page");
    // Every job went through its dates in order, and dates overlapped.
    let runs = "SELECT job, as_of FROM nightclerk_runs ORDER BY run_id";
    let began = three.rows(runs);
    let began: Vec<(&str, NaiveDate)> =
        began.iter().map(|row| (row[0].as_text().unwrap(), row[1].as_date().unwrap())).collect();
    for job in ["basket_rules", "demand_forecast", "inventory_plan"] {
        let dates: Vec<NaiveDate> = began.iter().filter(|(of, _)| *of == job).map(|(_, date)| *date).collect();
        assert!(dates.is_sorted() && dates.len() == 6, "{job}: {dates:?}");
    }
    assert!(!began.iter().map(|(_, date)| date).is_sorted(), "one date after the other: {began:?}");
}

#[test]
fn a_job_keeps_the_order_of_its_dates_also_where_some_were_run_before() {
    let shop = SmallShop::new("");
    let first = ["backfill", "--from", "2026-09-02", "--to", "2026-09-03"];
    shop.project.run(&[&first[..], &["--job", "basket_rules", "--job", "demand_forecast"]].concat()).exits(0);
    // Of the 2nd and the 3rd the plan alone is left: it could overtake that of the 1st, which waits for its forecast.
    let all = ["backfill", "--from", "2026-09-01", "--to", "2026-09-03", "--max-active", "3"];
    shop.project.run(&all).exits(0);
    let plans = shop.rows("SELECT as_of FROM nightclerk_runs WHERE job = 'inventory_plan' ORDER BY run_id");
    let plans: Vec<String> = plans.iter().map(|row| row[0].as_date().unwrap().to_string()).collect();
    assert_eq!(plans, ["2026-09-01", "2026-09-02", "2026-09-03"]);
    let again = [&all[..], &["--reprocess", "completed", "--reverse"]].concat();
    shop.project.run(&again).exits(0);
    let plans = shop.rows("SELECT as_of FROM nightclerk_runs WHERE job = 'inventory_plan' ORDER BY run_id");
    let plans: Vec<String> = plans[3..].iter().map(|row| row[0].as_date().unwrap().to_string()).collect();
    assert_eq!(plans, ["2026-09-03", "2026-09-02", "2026-09-01"]);
}

#[test]
fn several_dates_at_work_at_once_on_sqlite() {
    several_dates_at_work_at_once_publish_what_one_after_the_other_does(|_| String::new());
}

#[test]
fn several_dates_at_work_at_once_on_postgres() {
    let Some(cluster) = temporary_cluster() else { return };
    let databases = ["one", "three"].map(|name| (name, Database::new(&cluster, &format!("backfill_{name}"))));
    several_dates_at_work_at_once_publish_what_one_after_the_other_does(|wanted| {
        databases.iter().find(|(name, _)| *name == wanted).unwrap().1.url.clone()
    });
}

#[test]
fn a_backfill_makes_no_file_that_somebody_acts_on() {
    let project = Project::demo();
    let date = ["backfill", "--from", "2026-11-21", "--to", "2026-11-21"];
    project.run(&[&date[..], &["--job", "demand_forecast", "--job", "inventory_plan"]].concat()).exits(0);
    let leaving = "SELECT COUNT(*) FROM nightclerk_files WHERE leaves AND as_of = '2026-11-21'";
    assert_eq!(project.count(leaving), 0);
    let orders = "SELECT COUNT(*) FROM inventory_recommendations WHERE as_of = '2026-11-21' AND order_quantity > 0";
    assert!(project.count(orders) > 0);
    let page = std::fs::read_to_string(project.path().join("out/2026-11-21/inventory_plan.html")).unwrap();
    assert!(page.contains("This date was backfilled"), "the page says why there is no order file");
}

#[test]
fn the_events_of_a_run_follow_its_phases() {
    let project = Project::demo();
    let lines = project.run(&["run", "--job", "basket_rules", "--json"]).exits(0).json_lines();
    let phases: Vec<&str> = lines.iter().filter_map(|line| line["phase"].as_str()).collect();
    assert_eq!(phases, ["claim", "compute", "staging", "gates", "report", "publishing", "files"]);
    assert_eq!(lines.last().unwrap()["jobs"][0]["state"], "published");
}

#[test]
fn check_tries_the_rows_of_each_dataset() {
    let project = Project::demo();
    project.run(&["check"]).exits(0);
    project.execute("UPDATE products SET pack_size = 0 WHERE product_id = 'P0007'");
    let refused = project.run(&["check"]).exits(2).stdout;
    assert!(refused.contains("sql/datasets/products.sql") && refused.contains("pack_size"), "{refused}");
    project.run(&["check", "--rows", "0"]).exits(0);
}
