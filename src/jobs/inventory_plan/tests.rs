//! Orders, exceptions and grades worked out by hand.

use polars::prelude::{Column, DataFrame, DataType, df};

use super::InventoryPlan;
use super::dataset::{InventoryFrames, shape};
use super::facts::InventoryFacts;
use crate::day::Day;
use crate::job::{Job, Progress, RunContext};
use crate::publication::Publication;
use crate::published::{INVENTORY_RECOMMENDATIONS, QUANTILES};
use crate::quantities::{Currency, Days, Quantity};
use crate::table::TableSchema;

/// A Monday.
pub(super) const AS_OF: &str = "2026-11-23";

pub(super) fn day(text: &str) -> Day {
    text.parse::<chrono::NaiveDate>().unwrap().into()
}

pub(super) fn number(text: &str) -> i32 {
    day(text).number()
}

pub(super) fn ctx() -> RunContext {
    RunContext {
        job: "inventory_plan".to_owned(),
        as_of: day(AS_OF).date(),
        seed: 1,
        currency: Currency::new("EUR").unwrap(),
        stand_in: false,
        mode: crate::job::Mode::Live,
        closed_on: std::collections::BTreeSet::default(),
    }
}

/// 10 units a day; the total of any number of days lies around its mean by the same offsets: 95 % is 5 above.
const OFFSETS: [f64; 8] = [-8.0, -6.0, -3.0, 0.0, 3.0, 4.0, 5.0, 8.0];

/// Columns of day numbers become dates.
pub(super) fn dated(mut frame: DataFrame, names: &[&str]) -> DataFrame {
    for name in names {
        let days = frame.column(name).unwrap().cast(&DataType::Date).unwrap();
        frame.with_column(days).unwrap();
    }
    frame
}

pub(super) fn texts(frame: &DataFrame, name: &str) -> Vec<Option<String>> {
    frame.column(name).unwrap().str().unwrap().iter().map(|text| text.map(ToOwned::to_owned)).collect()
}

pub(super) fn integers(frame: &DataFrame, name: &str) -> Vec<Option<i64>> {
    frame.column(name).unwrap().i64().unwrap().iter().collect()
}

pub(super) fn reals(frame: &DataFrame, name: &str) -> Vec<Option<f64>> {
    frame.column(name).unwrap().f64().unwrap().iter().collect()
}

fn dates(frame: &DataFrame, name: &str) -> Vec<Option<Day>> {
    frame.column(name).unwrap().date().unwrap().physical().iter().map(|day| day.map(Day::from_number)).collect()
}

pub(super) fn forecast(products: &[&str], days: i64) -> DataFrame {
    let rows: Vec<(&str, i64)> = products.iter().flat_map(|product| (1..=days).map(|step| (*product, step))).collect();
    let n = rows.len();
    let mut frame = df!(
        "level" => vec!["product_location"; n],
        "product_id" => rows.iter().map(|(product, _)| *product).collect::<Vec<_>>(),
        "location_id" => vec!["S1"; n],
        "step" => rows.iter().map(|(_, step)| *step).collect::<Vec<_>>(),
        "method" => vec!["smoothing"; n],
        "mean" => vec![10.0; n],
    )
    .unwrap();
    for ((_, suffix), offset) in QUANTILES.iter().zip(OFFSETS) {
        let totals: Vec<f64> = rows.iter().map(|(_, step)| 10.0 * *step as f64 + offset).collect();
        frame.with_column(Column::new(format!("total_{suffix}").into(), totals)).unwrap();
    }
    frame
}

pub(super) fn products(rows: &[(&str, Option<&str>, Option<i64>)]) -> DataFrame {
    df!(
        "product_id" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        "name" => rows.iter().map(|row| format!("Product {}", row.0)).collect::<Vec<_>>(),
        "unit_cost" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        "list_price" => vec![300_i64; rows.len()],
        "supplier_id" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        "pack_size" => vec![12_000_i64; rows.len()],
    )
    .unwrap()
}

pub(super) fn stock(rows: &[(&str, &str, i64)]) -> DataFrame {
    let frame = df!(
        "snapshot_on" => rows.iter().map(|row| number(row.0)).collect::<Vec<_>>(),
        "product_id" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        "location_id" => vec!["S1"; rows.len()],
        "on_hand" => rows.iter().map(|row| row.2 * 1000).collect::<Vec<_>>(),
    );
    dated(frame.unwrap(), &["snapshot_on"])
}

pub(super) fn sales(rows: &[(&str, &str, i64)]) -> DataFrame {
    let frame = df!(
        "sold_on" => rows.iter().map(|row| number(row.0)).collect::<Vec<_>>(),
        "product_id" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        "location_id" => vec!["S1"; rows.len()],
        "quantity" => rows.iter().map(|row| row.2 * 1000).collect::<Vec<_>>(),
        "returned_quantity" => vec![0_i64; rows.len()],
        "net_amount" => vec![0_i64; rows.len()],
    );
    dated(frame.unwrap(), &["sold_on"])
}

fn suppliers() -> DataFrame {
    df!(
        "supplier_id" => ["V1"],
        "name" => ["Dairy"],
        "lead_time_days" => [2_i64],
        "order_weekdays" => ["mon,thu"],
        "min_order_value" => [10_000_i64],
    )
    .unwrap()
}

pub(super) fn open_orders(rows: &[(&str, i64, &str, &str)]) -> DataFrame {
    let frame = df!(
        "product_id" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        "location_id" => vec!["S1"; rows.len()],
        "quantity" => rows.iter().map(|row| row.1 * 1000).collect::<Vec<_>>(),
        "due_on" => rows.iter().map(|row| number(row.2)).collect::<Vec<_>>(),
        "ordered_on" => rows.iter().map(|row| number(row.3)).collect::<Vec<_>>(),
    );
    dated(frame.unwrap(), &["due_on", "ordered_on"])
}

pub(super) fn deliveries(rows: &[(&str, &str, &str, i64)]) -> DataFrame {
    let frame = df!(
        "supplier_id" => vec!["V1"; rows.len()],
        "product_id" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        "location_id" => vec!["S1"; rows.len()],
        "ordered_on" => rows.iter().map(|row| number(row.1)).collect::<Vec<_>>(),
        "received_on" => rows.iter().map(|row| number(row.2)).collect::<Vec<_>>(),
        "quantity" => rows.iter().map(|row| row.3 * 1000).collect::<Vec<_>>(),
    );
    dated(frame.unwrap(), &["ordered_on", "received_on"])
}

/// Product A: 27 on hand, 12 on order for Friday, packs of 12, cost 1.50, price 3.00, supplier Dairy (Mondays and Thursdays, 2 days).
pub(super) fn one_line() -> InventoryFrames {
    let prices = df!("product_id" => ["A"], "valid_from" => [number("2026-01-01")], "price" => [300_i64]);
    InventoryFrames {
        forecast: Some((day(AS_OF), forecast(&["A"], 28))),
        products: products(&[("A", Some("V1"), Some(150))]),
        stock_levels: stock(&[(AS_OF, "A", 27)]),
        daily_sales: sales(&[(AS_OF, "A", 9)]),
        suppliers: Some(suppliers()),
        deliveries: Some(deliveries(&[])),
        open_orders: Some(open_orders(&[("A", 12, "2026-11-27", "2026-11-23")])),
        prices: Some(dated(prices.unwrap(), &["valid_from"])),
        ..InventoryFrames::default()
    }
}

pub(super) fn run(plan: &InventoryPlan, frames: &InventoryFrames) -> Publication {
    let facts = shape(day(AS_OF), frames).unwrap();
    publish(plan, &facts)
}

pub(super) fn publish(plan: &InventoryPlan, facts: &InventoryFacts) -> Publication {
    let publication = plan.recommend(&ctx(), facts, &Progress::silent()).unwrap();
    for table in &publication.tables {
        assert_eq!(table.table.check(&table.frame), Ok(()));
    }
    for export in &publication.exports {
        assert!(export.rows.iter().all(|row| row.len() == export.columns.len()), "{}", export.stem);
    }
    publication
}

pub(super) fn rows<'a>(publication: &'a Publication, schema: &TableSchema<'_>) -> &'a DataFrame {
    &publication.tables.iter().find(|table| table.table.name() == schema.name).unwrap().frame
}

pub(super) fn exception_codes(publication: &Publication) -> Vec<String> {
    texts(&publication.tables[2].frame, "code").into_iter().flatten().collect()
}

fn caveat_codes(publication: &Publication) -> Vec<&str> {
    publication.caveats.iter().map(|caveat| caveat.code.as_str()).collect()
}

/// Steps of each recommendation sum to its order, and the last running total is it.
pub(super) fn assert_steps_sum_to_orders(publication: &Publication) {
    let advice = rows(publication, &INVENTORY_RECOMMENDATIONS);
    let steps = &publication.tables[1].frame;
    let (ids, orders) = (texts(advice, "recommendation_id"), reals(advice, "order_quantity"));
    let (of, deltas, running) = (texts(steps, "recommendation_id"), reals(steps, "quantity"), reals(steps, "running"));
    for (id, order) in ids.iter().zip(orders) {
        let own: Vec<usize> = (0..of.len()).filter(|&row| of[row] == *id).collect();
        let thousandths = |units: Option<f64>| Quantity::from_units(units.unwrap()).thousandths();
        assert_eq!(own.iter().map(|&row| thousandths(deltas[row])).sum::<i64>(), thousandths(order));
        assert_eq!(running[*own.last().unwrap()], order);
    }
}

#[test]
fn the_order_is_the_one_worked_out_by_hand() {
    // Order Thursday 26, arriving Saturday 28; the order of Monday 30 arrives on Wednesday 2 December. Demand of the 8 days
    // from Tuesday 24 to Tuesday 1: 80 expected, 85 at 95 %. 85 - 27 - 12 = 46, up to 4 packs of 12 = 48, worth 48 * 1.50.
    let publication = run(&InventoryPlan::default(), &one_line());
    let advice = rows(&publication, &INVENTORY_RECOMMENDATIONS);
    assert_eq!(reals(advice, "order_quantity"), [Some(48.0)]);
    assert_eq!(reals(advice, "order_value"), [Some(72.0)]);
    assert_eq!(integers(advice, "protection_days"), [Some(8)]);
    assert_eq!(dates(advice, "order_on"), [Some(day("2026-11-26"))]);
    assert_eq!(dates(advice, "arrives_on"), [Some(day("2026-11-28"))]);
    assert_eq!(dates(advice, "covers_until"), [Some(day("2026-12-01"))]);
    let sentence = "Order 48 (4 packs of 12): 80 expected until 2026-12-01 plus 5 safety for 95 % service, 27 on hand, 12 on order";
    assert_eq!(texts(advice, "explanation"), [Some(sentence.to_owned())]);
    assert_eq!(texts(advice, "lead_time_basis"), [Some("quoted".to_owned())]);
    let steps = &publication.tables[1].frame;
    let deltas: Vec<f64> = reals(steps, "quantity").into_iter().flatten().collect();
    assert_eq!(deltas, [80.0, 5.0, -27.0, -12.0, 2.0]);
    assert_steps_sum_to_orders(&publication);
    assert_eq!(publication.exports[0].stem, "orders-2026-11-26-V1");
    assert_eq!(publication.metrics[0].name, "order_value_today");
    assert_eq!(publication.metrics[0].value, Some(0.0));
}

#[test]
fn a_stock_out_before_the_order_can_arrive_is_red_with_its_money() {
    // 27 on hand: 17, 7, then 3 of 10 missing on Thursday; Friday's 12 serve Friday. 3 units at 3.00.
    let publication = run(&InventoryPlan::default(), &one_line());
    let exceptions = &publication.tables[2].frame;
    assert_eq!(exception_codes(&publication), ["stock_out_risk", "supplier_minimum_not_met"]);
    assert_eq!(dates(exceptions, "first_on")[0], Some(day("2026-11-26")));
    // The order of 72.00 is 28.00 below the minimum of 100.00.
    assert_eq!(reals(exceptions, "value"), [Some(9.0), Some(28.0)]);
    let headline = "Nothing to order today (1 line worth 72.00 EUR on later order days); 1 line will run out before an order can arrive, 9.00 EUR of sales at risk";
    assert_eq!(publication.page.headline, headline);
}

#[test]
fn missing_facts_become_exceptions_and_caveats_never_orders() {
    let frames = InventoryFrames {
        forecast: Some((day(AS_OF), forecast(&["A", "B", "C", "Z"], 28))),
        products: products(&[
            ("A", None, None),
            ("B", Some("V1"), None),
            ("C", Some("V1"), Some(1)),
            ("D", Some("V1"), Some(1)),
        ]),
        stock_levels: stock(&[(AS_OF, "A", 0), (AS_OF, "B", -3), ("2026-11-10", "D", 4)]),
        ..one_line()
    };
    let publication = run(&InventoryPlan::default(), &frames);
    let advice = rows(&publication, &INVENTORY_RECOMMENDATIONS);
    assert_eq!(texts(advice, "product_id"), [Some("B".to_owned())]);
    assert_eq!(reals(advice, "order_value"), [None]);
    assert_eq!(reals(advice, "on_hand"), [Some(0.0)]);
    let codes = exception_codes(&publication);
    for code in [
        "missing_lead_time",
        "missing_cost",
        "negative_stock",
        "no_forecast",
        "no_stock_level",
        "stock_out_now",
        "unknown_product",
    ] {
        assert_eq!(codes.iter().filter(|found| *found == code).count(), 1, "{code} in {codes:?}");
    }
    assert!(caveat_codes(&publication).contains(&"no_unit_cost"));
    assert_eq!(publication.metrics[2].value, None);

    let with_default =
        InventoryPlan { default_lead_time_days: Some(Days::new(5.0).unwrap()), ..InventoryPlan::default() };
    let publication = run(&with_default, &frames);
    let advice = rows(&publication, &INVENTORY_RECOMMENDATIONS);
    assert_eq!(texts(advice, "lead_time_basis"), [Some("default".to_owned()), Some("quoted".to_owned())]);
    assert!(caveat_codes(&publication).contains(&"default_lead_time"));
}

#[test]
fn without_optional_datasets_the_plan_is_narrower_and_says_so() {
    let frames = InventoryFrames { suppliers: None, deliveries: None, open_orders: None, prices: None, ..one_line() };
    let publication = run(
        &InventoryPlan { default_lead_time_days: Some(Days::new(2.0).unwrap()), ..InventoryPlan::default() },
        &frames,
    );
    // Every day is an order day: 24 + 2, next 25 + 2: 3 days, 35 at 95 %, 27 on hand: 8 needed, one pack, to be ordered today.
    let advice = rows(&publication, &INVENTORY_RECOMMENDATIONS);
    assert_eq!(reals(advice, "order_quantity"), [Some(12.0)]);
    assert_eq!(publication.metrics[0].value, Some(1_800.0));
    for code in ["no_suppliers", "no_deliveries", "no_open_orders", "no_prices"] {
        assert!(caveat_codes(&publication).contains(&code), "{code}");
    }
}

#[test]
fn without_a_forecast_the_run_names_the_job_to_run_first() {
    let none = InventoryFrames { forecast: None, ..one_line() };
    assert!(shape(day(AS_OF), &none).unwrap_err().to_string().contains("`demand_forecast`"));
    let past = InventoryFrames { forecast: Some((day("2026-10-01"), forecast(&["A"], 28))), ..one_line() };
    assert!(shape(day(AS_OF), &past).unwrap_err().to_string().contains("2026-10-01"));
}

#[test]
fn an_older_forecast_is_shifted_and_extended_and_both_are_flagged() {
    let frames = InventoryFrames { forecast: Some((day("2026-11-21"), forecast(&["A"], 8))), ..one_line() };
    let publication = run(&InventoryPlan::default(), &frames);
    let advice = rows(&publication, &INVENTORY_RECOMMENDATIONS);
    // Six of the eight days are left, so the total of 8 days is extended.
    let flags = texts(advice, "flags")[0].clone().unwrap();
    assert!(flags.contains("older_forecast") && flags.contains("beyond_horizon"), "{flags}");
    assert_eq!(reals(advice, "expected_demand"), [Some(80.0)]);
    assert_eq!(dates(advice, "forecast_as_of"), [Some(day("2026-11-21"))]);
    assert!(caveat_codes(&publication).contains(&"older_forecast"));
}

#[test]
fn old_stock_is_rolled_forward_by_sales_and_deliveries() {
    let frames = InventoryFrames {
        stock_levels: stock(&[("2026-11-18", "A", 30), ("2026-11-17", "A", 99)]),
        daily_sales: sales(&[("2026-11-18", "A", 50), ("2026-11-19", "A", 20), ("2026-11-23", "A", 5)]),
        deliveries: Some(deliveries(&[("A", "2026-11-18", "2026-11-20", 24)])),
        ..one_line()
    };
    let publication = run(&InventoryPlan::default(), &frames);
    // 30 - 25 + 24; five days old is stale by default.
    assert_eq!(reals(rows(&publication, &INVENTORY_RECOMMENDATIONS), "on_hand"), [Some(29.0)]);
    assert!(exception_codes(&publication).contains(&"stale_stock".to_owned()));
}

#[test]
fn an_overdue_order_arrives_after_the_usual_further_wait_and_is_reported() {
    let seen: Vec<(&str, &str, &str, i64)> = vec![
        ("A", "2026-10-01", "2026-10-03", 1),
        ("A", "2026-10-05", "2026-10-07", 1),
        ("A", "2026-10-08", "2026-10-10", 1),
        ("A", "2026-10-12", "2026-10-14", 1),
        ("A", "2026-10-15", "2026-10-25", 1),
    ];
    // Ordered 7 days ago: the only longer lead time is 10 days, so it arrives in 3 and counts as on order.
    let frames = InventoryFrames {
        deliveries: Some(deliveries(&seen)),
        open_orders: Some(open_orders(&[("A", 24, "2026-11-20", "2026-11-16")])),
        ..one_line()
    };
    let publication = run(&InventoryPlan::default(), &frames);
    let advice = rows(&publication, &INVENTORY_RECOMMENDATIONS);
    assert_eq!(reals(advice, "on_order"), [Some(24.0)]);
    assert_eq!(texts(advice, "lead_time_basis"), [Some("deliveries".to_owned())]);
    assert!(exception_codes(&publication).contains(&"late_order".to_owned()));
    // 27 + 24 (day 3) against 10 a day: short on day 6 only, before the order (planned at 10 days) arrives.
    assert_eq!(dates(&publication.tables[2].frame, "first_on")[0], Some(day("2026-11-29")));
}

#[test]
fn stock_for_longer_than_the_threshold_is_overstock_with_its_cost() {
    let frames = InventoryFrames {
        stock_levels: stock(&[(AS_OF, "A", 1000)]),
        open_orders: Some(open_orders(&[])),
        ..one_line()
    };
    let publication = run(&InventoryPlan::default(), &frames);
    let advice = rows(&publication, &INVENTORY_RECOMMENDATIONS);
    assert_eq!(reals(advice, "order_quantity"), [Some(0.0)]);
    assert_eq!(texts(advice, "urgency"), [Some("green".to_owned())]);
    assert_eq!(exception_codes(&publication), ["overstock"]);
    assert_steps_sum_to_orders(&publication);
    // 60 days sell 600 on average; 95 % lies above, so fewer than 400 are too many. The last unit sells after 100 days.
    let quantity = reals(&publication.tables[2].frame, "quantity")[0].unwrap();
    assert!((300.0..400.0).contains(&quantity), "{quantity}");
    assert!(texts(&publication.tables[2].frame, "text")[0].as_ref().unwrap().contains("2027-03-03"));
}

#[test]
fn steps_sum_to_orders_whatever_the_stock() {
    for on_hand in [-7, 0, 1, 13, 46, 72, 73, 84, 85, 86, 400] {
        let frames = InventoryFrames { stock_levels: stock(&[(AS_OF, "A", on_hand)]), ..one_line() };
        assert_steps_sum_to_orders(&run(&InventoryPlan::default(), &frames));
    }
}

#[test]
fn a_product_in_its_last_days_is_ordered_for_those_days_only() {
    let mut products = products(&[("A", Some("V1"), Some(150))]);
    products.with_column(Column::new("discontinued_on".into(), [number("2026-11-29")])).unwrap();
    let products = dated(products, &["discontinued_on"]);
    let publication = run(&InventoryPlan::default(), &InventoryFrames { products, ..one_line() });
    let advice = rows(&publication, &INVENTORY_RECOMMENDATIONS);
    // Six days: 65 - 39 = 26, three packs.
    assert_eq!(reals(advice, "order_quantity"), [Some(36.0)]);
    assert!(texts(advice, "flags")[0].as_ref().unwrap().contains("phase_out"));
}

#[test]
fn the_thread_count_changes_nothing() {
    let names: Vec<String> = (0..40).map(|n| format!("P{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rows: Vec<_> = names.iter().map(|name| (*name, Some("V1"), Some(99))).collect();
    let stocks: Vec<_> = names.iter().enumerate().map(|(n, name)| (AS_OF, *name, n as i64 * 9)).collect();
    let frames = InventoryFrames {
        forecast: Some((day(AS_OF), forecast(&names, 28))),
        products: products(&rows),
        stock_levels: stock(&stocks),
        ..one_line()
    };
    let facts = shape(day(AS_OF), &frames).unwrap();
    let with_threads = |n: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        pool.install(|| publish(&InventoryPlan::default(), &facts))
    };
    let (one, four) = (with_threads(1), with_threads(4));
    assert!(one.tables.iter().zip(&four.tables).all(|(left, right)| left.frame.equals_missing(&right.frame)));
    assert_eq!(serde_json::to_string(&one.page).unwrap(), serde_json::to_string(&four.page).unwrap());
    assert_eq!(one.caveats, four.caveats);
}

#[test]
fn an_empty_params_table_is_the_default_and_unknown_keys_are_refused() {
    let plan: InventoryPlan = toml::from_str("").unwrap();
    assert_eq!(toml::to_string(&plan).unwrap(), toml::to_string(&InventoryPlan::default()).unwrap());
    assert!(toml::from_str::<InventoryPlan>("servicelevel = 0.9").is_err());
    assert_eq!(OFFSETS.len(), QUANTILES.len());
}
