//! `nightclerk eval inventory`: orders over the history of a file.

use std::fmt::Write as _;

use crate::support::{Project, data_folder};

/// Two lines, 40 weeks: about 10 and about 2 a week; the last cell is `last`.
fn sales(last: &str) -> String {
    let mut text = "store_id,product_id,week,units,there\n".to_owned();
    for (product, level) in [("a", 10), ("b", 2)] {
        for week in 0..40 {
            let units = level + (week * 7 + level) % 4;
            let units = if week == 39 { last.to_owned() } else { units.to_string() };
            let day = chrono::NaiveDate::from_ymd_opt(2025, 1, 6).unwrap() + chrono::TimeDelta::weeks(week.into());
            let _ = writeln!(text, "1,{product},{day},{units},{}", u8::from(week != 35));
        }
    }
    text
}

const ASK: [&str; 23] = [
    "eval",
    "inventory",
    "sales.csv",
    "--id",
    "store_id,product_id",
    "--time",
    "week",
    "--value",
    "units",
    "--in-stock",
    "there",
    "--lead-time",
    "2",
    "--timing",
    "vn2",
    "--holding",
    "0.2",
    "--shortage",
    "1",
    "--warm-up",
    "4",
    "--rounds",
    "8",
];

#[test]
fn the_benchmark_of_a_public_challenge_costs_what_its_organisers_say() {
    // The organisers' policy over 52 weeks: 864.6 euro a week at a fill rate of .874, by an independent simulation.
    let Some(data) = data_folder() else { return };
    let file = data.join("vn2_weekly_sales.csv.gz");
    let project = Project::empty();
    let arguments = [
        "eval",
        "inventory",
        file.to_str().unwrap(),
        "--id",
        "store_id,product_id",
        "--time",
        "week_start",
        "--value",
        "units_sold",
        "--in-stock",
        "in_stock",
        "--lead-time",
        "2",
        "--timing",
        "vn2",
        "--holding",
        "0.2",
        "--shortage",
        "1",
        "--warm-up",
        "13",
        "--rounds",
        "52",
        "--policy",
        "vn2_organisers",
        "--json",
    ];
    let found = project.run(&arguments).exits(0).json();
    assert!((found["cost_per_round"].as_f64().unwrap() - 864.646).abs() < 0.001, "{found}");
    assert!((found["fill_rate"].as_f64().unwrap() - 0.87365).abs() < 0.00001, "{found}");
    let projection = found["others"].as_array().unwrap().iter().find(|one| one["policy"] == "projection").unwrap();
    assert!((projection["cost_per_round"].as_f64().unwrap() - 748.2).abs() < 1.0, "{projection}");
}

#[test]
fn an_order_knows_nothing_of_what_comes_after_it() {
    let project = Project::empty();
    let orders = |last: &str| {
        project.write("sales.csv", &sales(last));
        let more = ["--model", "mean", "--orders-out", "orders.csv", "--json"];
        let found = project.run(&[&ASK[..], &more].concat()).exits(0).json();
        (project.read("orders.csv"), found)
    };
    let (calm, found) = orders("10");
    let (wild, other) = orders("1000");
    assert_eq!(calm, wild, "the last week is over when the last order has been made");
    assert_eq!(calm.lines().count(), 1 + 12 * 2);
    assert!(calm.starts_with("store_id,product_id,before,order\n1,a,"), "{calm}");
    assert!(found["cost"].as_f64().unwrap() < other["cost"].as_f64().unwrap());
    assert_eq!(
        (found["rounds"].as_u64(), found["warm_up"].as_u64(), found["protection"].as_u64()),
        (Some(8), Some(4), Some(3))
    );
    // Both lines were out of stock in one of the rounds that count.
    assert!(found["caveats"].to_string().contains("2 counted line-rounds without observed demand"), "{found}");
    assert!(found["fill_rate"].as_f64().unwrap() > 0.8, "{found}");
    let shares: f64 = found["shares"].as_array().unwrap().iter().map(|share| share[1].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-9);
}

#[test]
fn a_stock_to_begin_with_is_read_by_line_and_period() {
    let project = Project::empty();
    project.write("sales.csv", &sales("10"));
    // 30 of `a` on the shelf, and the columns in no order; of `b` nothing is said.
    project.write(
        "state.csv",
        "product,in_transit_w2,store,end_inventory,in_transit_w1,sales\na,5,1,30,7,0\nz,0,1,0,0,0\n",
    );
    let more = ["--initial-state", "state.csv", "--policy", "last_month", "--orders-out", "orders.csv", "--json"];
    let found = project.run(&[&ASK[..], &more].concat()).exits(0).json();
    let caveats = found["caveats"].to_string();
    for said in ["1 lines of the initial state are not in the sales", "1 lines have no initial state"] {
        assert!(caveats.contains(said), "{caveats}");
    }
    // Position 42; the last four weeks' mean of `a` is 11.5, three weeks are protected: nothing; `b` has none.
    let orders = project.read("orders.csv");
    let first: Vec<&str> = orders.lines().skip(1).take(2).map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(first[0], "0", "{orders}");
    assert!(first[1].parse::<f64>().unwrap() >= 6.0, "{orders}");
    project.write("state.csv", "store,product,end_inventory\n1,a,-3\n");
    let wrong = project.run(&[&ASK[..], &more[..6]].concat()).exits(2);
    assert!(wrong.stderr.contains("line 2, column `end_inventory`: found `-3`"), "{}", wrong.stderr);
    let short = project.run(&[&ASK[..21], &["--rounds", "60"]].concat()).exits(2);
    assert!(short.stderr.contains("too few"), "{}", short.stderr);
}

#[test]
fn a_formula_is_listed_shown_evaluated_and_refuses_by_name() {
    let project = Project::empty();
    let listed = project.run(&["formula", "--json"]).exits(0).json();
    let formulas = listed["formulas"].as_array().unwrap();
    assert!(formulas.len() > 50, "{listed}");
    for formula in formulas {
        let (name, example) = (formula["name"].as_str().unwrap(), formula["example"].as_str().unwrap());
        if ["eoq", "newsvendor_normal"].contains(&name) {
            let shown = project.run(&["formula", name]).exits(0).stdout;
            assert!(shown.contains(example), "{shown}");
        }
    }
    let inputs = r#"{"fixed_cost": 8, "holding_cost": 0.225, "demand_rate": 1300}"#;
    // Silver, Pyke and Thomas: the square root of 2 x 8 x 1300 / 0.225.
    let found = project.run(&["formula", "eoq", "--inputs", inputs, "--json"]).exits(0).json();
    assert!((found["outputs"]["order_quantity"].as_f64().unwrap() - 304.046_78).abs() < 1e-5, "{found}");
    let refused =
        project.run(&["formula", "eoq", "--inputs", r#"{"fixed_cost": 8, "holding_cost": 0, "demand_rate": 1}"#]);
    assert!(refused.exits(2).stderr.contains("holding_cost"));
    assert!(project.run(&["formula", "nothing"]).exits(2).stderr.contains("nothing"));
}

#[test]
fn the_nightly_plan_keeps_what_it_promises_where_lead_times_vary() {
    // 40 weeks of about 10 and about 2; deliveries take 4 days, or 25 one time in four. The file's others are drawn from.
    let project = Project::empty();
    project.write("sales.csv", &sales("10"));
    let days: String = (0..40).map(|at| if at % 8 < 6 { "4\n" } else { "25\n" }).collect();
    project.write("deliveries.csv", &format!("lead_time_days\n{days}"));
    // Twelve rounds of warm-up: the shop begins empty.
    let own = ["--lead-time", "2", "--timing", "vn2", "--warm-up", "4"];
    let ask: Vec<&str> = ASK.iter().copied().filter(|word| !own.contains(word)).chain(["--warm-up", "12"]).collect();
    let more = [
        "--lead-times",
        "deliveries.csv",
        "--policy",
        "plan",
        "--model",
        "mean",
        "--pack",
        "6",
        "--target-fill",
        "0.9",
        "--json",
    ];
    let found = project.run(&[&ask[..], &more, &["--orders-out", "orders.csv"]].concat()).exits(0).json();
    let (promised, served) = (found["promised_fill_rate"].as_f64().unwrap(), found["fill_rate"].as_f64().unwrap());
    assert!(promised >= 0.9 && served >= 0.85, "{found}");
    let certain = found["others"].as_array().unwrap().iter().find(|one| one["policy"] == "plan_mean_lead").unwrap();
    assert!(certain["fill_rate"].as_f64().unwrap() < served, "a lead time that varies wants more stock: {found}");
    assert!(found["caveats"].to_string().contains("lead times vary"), "{found}");
    let orders = project.read("orders.csv");
    assert!(orders.starts_with("store_id,product_id,before,order,arrives_after\n1,a,"), "{orders}");
    let quantity = |line: &str| line.split(',').nth(3).unwrap().parse::<f64>().unwrap();
    assert!(orders.lines().skip(1).all(|line| quantity(line) % 6.0 == 0.0), "{orders}");
    // A budget holds in every round, whoever orders.
    let tight = [
        "--budget",
        "30",
        "--unit-cost",
        "2",
        "--lead-time",
        "1",
        "--pack",
        "6",
        "--model",
        "mean",
        "--orders-out",
        "orders.csv",
    ];
    for policy in ["plan", "excel"] {
        project.run(&[&ask[..], &tight, &["--policy", policy]].concat()).exits(0);
        let orders = project.read("orders.csv");
        let mut spent = std::collections::BTreeMap::new();
        for line in orders.lines().skip(1) {
            *spent.entry(line.split(',').nth(2).unwrap().to_owned()).or_insert(0.0) += 2.0 * quantity(line);
        }
        assert!(
            spent.values().all(|money| *money <= 30.0) && spent.values().any(|money| *money > 0.0),
            "{policy}: {spent:?}"
        );
    }
    // A cost that a line lacks is named with its line.
    let wrong = project.run(&[&ask[..], &["--lead-time", "1", "--pack", "units_a_box"]].concat()).exits(2);
    assert!(wrong.stderr.contains("units_a_box"), "{}", wrong.stderr);
}
