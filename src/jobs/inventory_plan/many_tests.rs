//! A plan of very many lines, by hand: `NIGHTCLERK_LINES=1000000 cargo test --release --lib a_plan_of_many_lines -- --ignored`, beside a
//! clock and a look at the memory (the number is read when it is compiled). It checks that every line is planned and adds up.

use super::InventoryPlan;
use super::dataset::InventoryFrames;
use super::tests::{AS_OF, day, forecast, one_line, open_orders, products, reals, rows, run, sales, stock};
use crate::published::INVENTORY_RECOMMENDATIONS;

/// Days of forecast.
const DAYS: i64 = 35;

#[test]
#[ignore = "minutes and gigabytes; see above"]
fn a_plan_of_many_lines() {
    let n: usize = option_env!("NIGHTCLERK_LINES").and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let ids: Vec<String> = (0..n).map(|line| format!("P{line:07}")).collect();
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    let of = |units: i64| names.iter().map(|name| (AS_OF, *name, units)).collect::<Vec<_>>();
    let frames = InventoryFrames {
        forecast: Some((day(AS_OF), forecast(&names, DAYS))),
        products: products(&names.iter().map(|name| (*name, Some("V1"), Some(150))).collect::<Vec<_>>()),
        stock_levels: stock(&of(27)),
        daily_sales: sales(&of(9)),
        open_orders: Some(open_orders(&[])),
        ..one_line()
    };
    let publication = run(&InventoryPlan::default(), &frames);
    let quantities = reals(rows(&publication, &INVENTORY_RECOMMENDATIONS), "order_quantity");
    assert_eq!(quantities.len(), n);
    assert!(quantities.iter().all(|quantity| *quantity == Some(60.0)));
}
