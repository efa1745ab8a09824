//! Published tables speak in units of goods and in the currency, also where an older program kept thousandths and minor units.

use nightclerk::migrations;
use nightclerk::quantities::Currency;
use nightclerk::registry::Registry;
use nightclerk::table::ColumnType;
use nightclerk::warehouse::{Side, Value};

use crate::support::{Project, wait};
use crate::warehouses::{COMMITS, empty, leave, rows};

#[test]
fn what_is_ordered_counted_and_paid_is_a_decimal() {
    let project = Project::demo();
    for table in Registry::standard().tables() {
        for column in table.columns {
            let small = ["thousandth", "minor"].iter().any(|word| column.doc.contains(word));
            assert!(!small, "{}.{}: {}", table.name(), column.name, column.doc);
            let expected = match column.kind {
                ColumnType::Quantity => "DECIMAL(18,3)",
                ColumnType::Money => "DECIMAL(18,2)",
                _ => continue,
            };
            let (table, column) = (table.name(), column.name);
            let declared = format!("SELECT type FROM pragma_table_info('{table}') WHERE name = '{column}'");
            assert_eq!(project.query(&declared), [[Value::from(expected)]], "{table}.{column}");
            let odd = format!("SELECT COUNT(*) FROM {table} WHERE typeof({column}) NOT IN ('integer', 'real', 'null')");
            assert_eq!(project.count(&odd), 0, "{table}.{column}");
            let decimals = if expected.ends_with("3)") { 3 } else { 2 };
            let long = format!("SELECT COUNT(*) FROM {table} WHERE {column} <> ROUND({column}, {decimals})");
            assert_eq!(project.count(&long), 0, "{table}.{column}");
        }
    }
}

#[test]
fn orders_agree_with_what_the_shop_keeps_in_cents_and_pieces() {
    let project = Project::demo();
    let ordered = "FROM inventory_recommendations_current r JOIN products p ON p.product_id = r.product_id \
                   WHERE r.order_quantity > 0";
    assert!(project.count(&format!("SELECT COUNT(*) {ordered}")) > 0);
    for (what, differs) in [
        ("cost", "ABS(r.unit_cost * 100 - p.unit_cost) > 0.001"),
        ("pack", "r.pack_size <> p.pack_size"),
        ("value", "ABS(r.order_value - r.order_quantity * r.unit_cost) > 0.0050001"),
    ] {
        assert_eq!(project.count(&format!("SELECT COUNT(*) {ordered} AND {differs}")), 0, "{what}");
    }
}

#[test]
fn json_says_the_same_as_the_table() {
    let project = Project::demo();
    let sql = "SELECT product_id, location_id, order_quantity, order_value FROM inventory_recommendations_current \
               WHERE order_quantity > 0 ORDER BY product_id, location_id LIMIT 1";
    let [product, location, quantity, value] = &project.query(sql)[0][..] else { panic!("four columns") };
    let (product, location) = (product.as_text().unwrap(), location.as_text().unwrap());
    let explained = project.run(&["explain", "order", product, location, "--json"]).json();
    let chain = &explained[0];
    assert_eq!(chain["recommendation"]["order_quantity"].as_f64(), quantity.as_real());
    assert_eq!(chain["recommendation"]["order_value"].as_f64(), value.as_real());
    let steps = chain["steps"].as_array().unwrap();
    let sum: f64 = steps.iter().map(|step| step["quantity"].as_f64().unwrap()).sum();
    assert!((sum - quantity.as_real().unwrap()).abs() < 0.0005, "{chain}");
    let shown = project.run(&["explain", "order", product, location]).stdout;
    let is_step = |line: &&str| line.trim_start().starts_with(['+', '-']);
    let last = shown.lines().skip_while(|line| !is_step(line)).take_while(is_step).last().unwrap();
    assert!(last.contains(&format!("{:>12.3}", quantity.as_real().unwrap())), "{last}");

    let sql =
        "SELECT metrics_json FROM nightclerk_publications WHERE kind = 'inventory_plan' ORDER BY run_id DESC LIMIT 1";
    let metrics: serde_json::Value = serde_json::from_str(project.query(sql)[0][0].as_text().unwrap()).unwrap();
    let today = metrics.as_array().unwrap().iter().find(|metric| metric["name"] == "order_value_today").unwrap();
    assert_eq!((today["unit"].as_str(), today["currency"].as_str()), (Some("money"), Some("EUR")));
    let sum = "SELECT COALESCE(SUM(order_value), 0) FROM inventory_recommendations_current \
               WHERE order_quantity > 0 AND order_on = date(as_of, '+1 day')";
    let expected = project.query(sum)[0][0].as_real().unwrap();
    assert!((today["value"].as_f64().unwrap() - expected).abs() < 0.005, "{today}, {expected}");
}

#[test]
fn what_was_kept_in_small_units_is_carried_over() {
    wait(async {
        for (code, per_coin) in [("EUR", 100.0), ("JPY", 1.0)] {
            for one in empty(&format!("units_{}", code.to_lowercase())).await {
                let warehouse = &one.warehouse;
                leave(warehouse, "80071f8", COMMITS[6].1).await;
                for sql in [
                    "UPDATE inventory_recommendations SET order_quantity = 2000, order_value = 1999, order_up_to = 2.12849",
                    "UPDATE campaign_lift SET metric = 'spend', difference = 1250.0, net_value = 98765.4 WHERE complete",
                    "UPDATE campaign_lift SET metric = 'orders', difference = 0.5 WHERE NOT complete",
                    "UPDATE coupon_campaigns SET primary_metric = 'conversion', budget = 100001",
                    "UPDATE coupon_campaigns SET campaign_id = 'S', primary_metric = 'spend' WHERE randomised",
                    "UPDATE coupon_targets SET campaign_id = 'S', expected_uplift = 321.0, expected_cost = 50.5 WHERE rank = 1",
                    "UPDATE coupon_targets SET expected_uplift = 0.25 WHERE rank = 2",
                ] {
                    warehouse.execute(Side::Target, sql, &[]).await.unwrap();
                }
                migrations::apply(warehouse, Currency::new(code).unwrap(), 1).await.unwrap();

                let numbers = async |sql: &str| -> Vec<f64> {
                    rows(warehouse, sql).await.iter().flatten().map(|value| value.as_real().unwrap()).collect()
                };
                let plan = "SELECT order_quantity, order_value, order_up_to FROM inventory_recommendations LIMIT 1";
                assert_eq!(numbers(plan).await, [2.0, 1999.0 / per_coin, 2.128], "{code}");
                let lift = "SELECT difference FROM campaign_lift ORDER BY metric DESC";
                assert_eq!(numbers(lift).await, [1250.0 / per_coin, 0.5], "{code}");
                let net = "SELECT net_value FROM campaign_lift WHERE metric = 'spend'";
                assert_eq!(numbers(net).await, [if code == "EUR" { 987.65 } else { 98_765.0 }], "{code}");
                let budget = "SELECT budget FROM coupon_campaigns WHERE campaign_id = 'S'";
                assert_eq!(numbers(budget).await, [100_001.0 / per_coin], "{code}");
                let list = "SELECT expected_uplift, expected_cost FROM coupon_targets WHERE rank = 1";
                assert_eq!(numbers(list).await, [321.0 / per_coin, 50.5 / per_coin], "{code}");
                let other = "SELECT expected_uplift FROM coupon_targets WHERE rank = 2";
                assert_eq!(numbers(other).await, [0.25], "{code}");

                // Another currency has other decimals: that is told before anything is written into them.
                let other = Currency::new("KWD").unwrap();
                let problems = migrations::inspect(warehouse, other).await.unwrap().problems;
                assert_eq!(problems.len(), 1, "{problems:?}");
                assert!(problems[0].to_string().contains("(18,3)"), "{}", problems[0]);
            }
        }
    });
}
