//! Values that a test run without data checks too.

use super::{evaluated, number};

fn close(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "found {found}, expected {expected}");
}

#[test]
fn newsvendor_levels_are_those_of_the_books() {
    // Snyder and Shen, examples 4.3 and 4.4, computed with stockpyl 1.0.2.
    let normal = r#"{"holding_cost": 0.18, "stockout_cost": 0.7, "demand_mean": 50, "demand_sd": 8}"#;
    close(number("newsvendor_normal", normal, "base_stock_level"), 56.603_955_927_433_89, 1e-9);
    close(number("newsvendor_normal", normal, "cost"), 1.997_605_193_176_644_5, 1e-9);
    let poisson = r#"{"holding_cost": 0.18, "stockout_cost": 0.7, "demand_mean": 50}"#;
    assert_eq!(number("newsvendor_poisson", poisson, "base_stock_level"), 56.0);
    close(number("newsvendor_poisson", poisson, "cost"), 1.797_235_211_809_212, 1e-9);
}

#[test]
fn reorder_points_are_those_of_the_books() {
    // Snyder and Shen, examples 5.2 and 5.7.
    let item = r#"{"holding_cost": 0.225, "stockout_cost": 7.5, "fixed_cost": 8, "demand_mean": 1300, "demand_sd": 150,
        "lead_time": 0.08333333333333333}"#;
    close(number("r_q_eil", item, "reorder_point"), 213.970_442_1, 1e-7);
    close(number("r_q_eil", item, "order_quantity"), 318.590_181_1, 1e-7);
    let poisson = evaluated(
        "r_q_poisson_exact",
        r#"{"holding_cost": 20, "stockout_cost": 150, "fixed_cost": 100, "demand_mean": 1.5, "lead_time": 2}"#,
    )
    .unwrap();
    assert_eq!((poisson["reorder_point"].as_f64(), poisson["order_quantity"].as_f64()), (Some(3.0), Some(5.0)));
    close(poisson["cost"].as_f64().unwrap(), 107.923_580_633_149_78, 1e-12);
}

#[test]
fn the_exact_min_max_policy_is_that_of_the_book() {
    // Zheng and Federgruen's conditions h = 1, p = 9, K = 64; brute force over renewals agrees.
    let item = r#"{"holding_cost": 1, "stockout_cost": 9, "fixed_cost": 64, "use_poisson": true, "demand_mean": 20}"#;
    let found = evaluated("s_s_exact", item).unwrap();
    assert_eq!((found["reorder_point"].as_i64(), found["order_up_to_level"].as_i64()), (Some(14), Some(62)));
    close(found["cost"].as_f64().unwrap(), 49.173_035_744_939_35, 1e-12);
}

#[test]
fn lots_and_networks_are_those_of_the_books() {
    // Snyder and Shen, examples 3.9, 6.1 and 6.5.
    let lots =
        evaluated("wagner_whitin", r#"{"holding_cost": 2, "fixed_cost": 500, "demand": [90, 120, 80, 70]}"#).unwrap();
    assert_eq!(lots.to_string(), r#"{"cost":1380.0,"order_quantities":[210.0,0.0,150.0,0.0]}"#);
    let line = r#"{"echelon_holding_cost": [2, 2, 3], "lead_time": [2, 1, 1], "stockout_cost": 37.12, "demand_mean": 5,
        "demand_standard_deviation": 1}"#;
    // Nested Simpson integration gives 47.660 150; the book rounds to 47.65.
    close(number("stochastic_service", line, "cost"), 47.660_150, 1e-6);
    let node = |id: u32, time: u32, waits: &str, promises: &str, holding: u32, sd: &str, links: &str| {
        format!(
            r#"{{"id": {id}, "processing_time": {time}, "external_inbound_cst": {waits}, "external_outbound_cst": {promises},
                "holding_cost": {holding}, "demand_bound_constant": 1, "demand_sd": {sd}, {links}}}"#
        )
    };
    let tree = [
        node(1, 2, "1", "null", 1, "null", r#""preds": [], "succs": [3]"#),
        node(3, 1, "null", "null", 2, "null", r#""preds": [1], "succs": [2, 4]"#),
        node(2, 1, "null", "0", 3, "1", r#""preds": [3], "succs": []"#),
        node(4, 1, "null", "1", 3, "1", r#""preds": [3], "succs": []"#),
    ];
    let cost = number("guaranteed_service", &format!(r#"{{"nodes": [{}]}}"#, tree.join(",")), "cost");
    close(cost, 6.0_f64.sqrt() + 8.0_f64.sqrt() + 3.0, 1e-12);
}

#[test]
fn lots_need_no_order_for_a_period_without_demand() {
    let lots = r#"{"holding_cost": 1, "fixed_cost": 10, "demand": [0, 0, 5, 0, 0, 5]}"#;
    assert_eq!(number("wagner_whitin", lots, "cost"), 20.0);
    assert_eq!(number("wagner_whitin", r#"{"holding_cost": 1, "fixed_cost": 10, "demand": [0, 0]}"#, "cost"), 0.0);
}

#[test]
fn a_lead_time_with_two_values_keeps_its_long_tail() {
    let found = evaluated(
        "lead_time_demand_mixture",
        r#"{"daily": {"family": "negbin", "r": 1.3333333333333333, "p": 0.4}, "lead_time_pmf": {"5": 0.6, "7": 0.3, "14": 0.1},
            "review_days": 7, "levels": [0.5, 0.99]}"#,
    )
    .unwrap();
    assert_eq!(found["quantiles"].to_string(), "[26.0,56.0]");
}

#[test]
fn the_capped_power_approximation_is_the_newsvendor_where_orders_are_frequent() {
    let item = r#"{"holding_cost": 0.18, "stockout_cost": 0.7, "fixed_cost": 2.5, "demand_mean": 50, "demand_sd": 8}"#;
    close(number("s_s_power", item, "order_up_to_level"), 74.290_170_109_805_79, 1e-9);
    close(number("s_s_power", item, "capped_order_up_to_level"), 56.603_955_927_433_89, 1e-9);
}

#[test]
fn stock_that_never_sells_has_no_weeks_of_supply() {
    let found = evaluated("weeks_of_supply", r#"{"on_hand": 5, "weekly_forecast": [0, 0]}"#).unwrap();
    assert_eq!(found.to_string(), "{}");
}
