//! Minimums of suppliers, the budget, what stands on the shelf and what expires, worked out by hand. It is Monday, 23 November 2026.

use polars::prelude::{Column, DataFrame};

use super::InventoryPlan;
use super::dataset::InventoryFrames;
use super::tests::{
    AS_OF, assert_steps_sum_to_orders, day, deliveries, exception_codes, forecast, one_line, open_orders, products,
    reals, rows, run, stock, texts,
};
use super::{Erp, FillRateOf, SupplierMinimums, UnmetDemands};
use crate::publication::{Publication, Unit};
use crate::published::{INVENTORY_EXCEPTIONS, INVENTORY_RECOMMENDATIONS};
use crate::quantities::{Amount, Days, Level};

#[test]
fn an_order_is_filled_up_to_the_minimum_of_its_supplier_where_that_is_asked_for() {
    // 85 wanted, 27 on hand and 12 on order: 48, worth 72.00, of a minimum of 100.00. Two packs more reach it.
    let reported = run(&InventoryPlan::default(), &one_line());
    assert!(exception_codes(&reported).contains(&"supplier_minimum_not_met".to_owned()));
    let settings = InventoryPlan { supplier_minimum: SupplierMinimums::FillUp, ..InventoryPlan::default() };
    let filled = run(&settings, &one_line());
    let advice = rows(&filled, &INVENTORY_RECOMMENDATIONS);
    assert_eq!((reals(advice, "order_quantity"), reals(advice, "order_value")), (vec![Some(72.0)], vec![Some(108.0)]));
    assert!(
        texts(advice, "explanation")[0].as_ref().unwrap().ends_with("24 more to reach the minimum of V1, 100.00 EUR")
    );
    assert_steps_sum_to_orders(&filled);
    let codes = exception_codes(&filled);
    assert!(codes.contains(&"supplier_minimum_filled".to_owned()), "{codes:?}");
    assert!(!codes.contains(&"supplier_minimum_not_met".to_owned()));
    // Where nothing may lie that long, nothing is added.
    let short = InventoryPlan { overstock_days: Days::literal(7), ..settings };
    let kept = run(&short, &one_line());
    assert_eq!(reals(rows(&kept, &INVENTORY_RECOMMENDATIONS), "order_quantity"), [Some(48.0)]);
    assert!(exception_codes(&kept).contains(&"supplier_minimum_not_filled".to_owned()));
}

#[test]
fn a_budget_goes_to_what_earns_most() {
    // Both want three packs of 12; A earns 1.50 a unit of 1.50, B .50 a unit of 2.50.
    let frames = InventoryFrames {
        forecast: Some((day(AS_OF), forecast(&["A", "B"], 28))),
        products: products(&[("A", None, Some(150)), ("B", None, Some(250))]),
        stock_levels: stock(&[(AS_OF, "A", 3), (AS_OF, "B", 3)]),
        open_orders: Some(open_orders(&[])),
        ..one_line()
    };
    let with = |budget: Option<f64>| {
        let budget = budget.map(Amount::literal);
        let settings =
            InventoryPlan { budget, default_lead_time_days: Some(Days::literal(2)), ..InventoryPlan::default() };
        run(&settings, &frames)
    };
    let free = with(None);
    let wanted = reals(rows(&free, &INVENTORY_RECOMMENDATIONS), "order_quantity");
    let (a, b) = (wanted[0].unwrap(), wanted[1].unwrap());
    assert!(a >= 12.0 && b >= 24.0, "{wanted:?}");
    let tight = with(Some(a * 1.5 + 31.0));
    let advice = rows(&tight, &INVENTORY_RECOMMENDATIONS);
    assert_eq!(reals(advice, "order_quantity"), [Some(a), Some(12.0)]);
    assert_steps_sum_to_orders(&tight);
    let cut = rows(&tight, &INVENTORY_EXCEPTIONS);
    let place = texts(cut, "code").iter().position(|code| code.as_deref() == Some("budget_cut")).unwrap();
    assert_eq!(reals(cut, "quantity")[place], Some(b - 12.0));
    assert!(tight.caveats.iter().any(|caveat| caveat.code == "budget_cut"));
    let nothing = with(Some(0.0));
    assert_eq!(reals(rows(&nothing, &INVENTORY_RECOMMENDATIONS), "order_quantity"), [Some(0.0), Some(0.0)]);
}

#[test]
fn what_must_stand_on_the_shelf_comes_on_top_and_what_expires_does_not_count() {
    let quantity = |column: Option<(&str, i64)>, received: &[(&str, &str, &str, i64)]| {
        let mut all = products(&[("A", Some("V1"), Some(150))]);
        if let Some((name, value)) = column {
            all.with_column(Column::new(name.into(), [value])).unwrap();
        }
        let frames = InventoryFrames { products: all, deliveries: Some(deliveries(received)), ..one_line() };
        let publication = run(&InventoryPlan::default(), &frames);
        assert_steps_sum_to_orders(&publication);
        let steps = texts(&publication.tables[1].frame, "code").into_iter().flatten().collect::<Vec<_>>();
        (reals(rows(&publication, &INVENTORY_RECOMMENDATIONS), "order_quantity")[0].unwrap(), steps)
    };
    let (plain, _) = quantity(None, &[]);
    assert_eq!(plain, 48.0);
    let (shown, steps) = quantity(Some(("presentation_quantity", 40_000)), &[]);
    assert!(shown > plain && steps.contains(&"presentation".to_owned()), "{shown} {steps:?}");
    // All 27 came nineteen days ago and keep for 21: two more days, on which 20 sell. 7 expire.
    let (fresh, steps) = quantity(Some(("shelf_life_days", 21)), &[("A", "2026-11-02", "2026-11-04", 60)]);
    assert!(fresh > plain && steps.contains(&"expected_waste".to_owned()), "{fresh} {steps:?}");
}

#[test]
fn a_fill_rate_and_lost_sales_are_asked_for_by_name_and_told_as_steps() {
    let frames =
        InventoryFrames { stock_levels: stock(&[(AS_OF, "A", 0)]), open_orders: Some(open_orders(&[])), ..one_line() };
    let plan = |settings: &InventoryPlan| {
        let publication = run(settings, &frames);
        assert_steps_sum_to_orders(&publication);
        let advice = rows(&publication, &INVENTORY_RECOMMENDATIONS).clone();
        let codes = texts(&publication.tables[1].frame, "code").into_iter().flatten().collect::<Vec<_>>();
        (reals(&advice, "order_quantity")[0].unwrap(), reals(&advice, "expected_fill_rate")[0].unwrap(), codes, advice)
    };
    let usual = InventoryPlan::default();
    let (waits, served, codes, _) = plan(&usual);
    assert!(served > 0.95 && !codes.contains(&"lost_sales".to_owned()), "{served} {codes:?}");
    let fill_rate = Some(Level::literal(0.9));
    for (fill_rate_of, expected) in [
        (FillRateOf::EachLine, "to serve 90 % from the shelf"),
        (FillRateOf::Assortment, " service, its part in 90 % served of all lines"),
    ] {
        let (filled, at_least, _, advice) = plan(&InventoryPlan { fill_rate, fill_rate_of, ..usual.clone() });
        assert!(filled < waits && (0.9..served).contains(&at_least), "{filled} of {waits}: {at_least}");
        let told = texts(&advice, "explanation")[0].clone().unwrap();
        assert!(told.contains(expected), "{told}");
    }
    // With nothing on hand, what is asked for before the order arrives is not ordered for where it goes elsewhere.
    let (lost, _, codes, _) = plan(&InventoryPlan { unmet_demand: UnmetDemands::IsLost, ..usual });
    assert!(lost < waits && codes.contains(&"lost_sales".to_owned()), "{lost} of {waits}: {codes:?}");
}

#[test]
fn systems_of_the_books_get_files_in_their_own_words() {
    let settings = InventoryPlan {
        erp_files: vec![Erp::Odoo, Erp::Erpnext, Erp::Frepple],
        default_lead_time_days: Some(Days::literal(2)),
        ..InventoryPlan::default()
    };
    // Ordered every day.
    let daily = InventoryFrames {
        products: products(&[("A", None, Some(150))]),
        stock_levels: stock(&[(AS_OF, "A", 3)]),
        ..one_line()
    };
    let publication = run(&settings, &daily);
    let labels = |stem: &str| -> Vec<String> {
        let file = publication.exports.iter().find(|export| export.stem == stem).unwrap();
        assert_eq!(file.rows.len(), 1, "{stem}");
        file.columns.iter().map(|column| column.label.clone()).collect()
    };
    let levels = ["product_id", "location_id", "product_min_qty", "product_max_qty", "qty_multiple", "trigger"];
    assert_eq!(labels("odoo-orderpoints"), levels);
    assert!(labels("odoo-purchase-lines").contains(&"order_line/product_qty".to_owned()));
    // No name carries a currency: they are matched letter by letter.
    for file in publication.exports.iter().filter(|file| file.stem.starts_with(['o', 'e', 'f'])) {
        let is_for_a_system = ["odoo", "erpnext", "frepple"].iter().any(|erp| file.stem.starts_with(erp));
        assert!(
            !is_for_a_system || file.columns.iter().all(|column| column.unit != Some(Unit::Money)),
            "{}",
            file.stem
        );
    }
    assert!(labels("erpnext-material-requests").contains(&"items.warehouse".to_owned()));
    assert!(labels("frepple-purchase-orders").contains(&"ordering date".to_owned()));
    assert!(labels("inventory-policies").contains(&"Reorder point".to_owned()));
    let plain = run(&InventoryPlan::default(), &one_line());
    assert!(!plain.exports.iter().any(|export| export.stem.starts_with("odoo")));
}

/// A row of `order_rules`: product, category, service level, demand factor, least stock, most stock, frozen.
type Row<'r> = (Option<&'r str>, Option<&'r str>, Option<f64>, Option<f64>, Option<i64>, Option<i64>, Option<bool>);

fn with_rules(table: &[Row<'_>]) -> InventoryFrames {
    let of = |name: &str, frame: &mut DataFrame, column: Column| {
        frame.with_column(column.with_name(name.into())).unwrap();
    };
    let mut frame = DataFrame::new(
        table.len(),
        vec![Column::new("product_id".into(), table.iter().map(|row| row.0).collect::<Vec<_>>())],
    )
    .unwrap();
    of("category_path", &mut frame, Column::new("".into(), table.iter().map(|row| row.1).collect::<Vec<_>>()));
    of("service_level", &mut frame, Column::new("".into(), table.iter().map(|row| row.2).collect::<Vec<_>>()));
    of("demand_factor", &mut frame, Column::new("".into(), table.iter().map(|row| row.3).collect::<Vec<_>>()));
    of("min_stock", &mut frame, Column::new("".into(), table.iter().map(|row| row.4).collect::<Vec<_>>()));
    of("max_stock", &mut frame, Column::new("".into(), table.iter().map(|row| row.5).collect::<Vec<_>>()));
    of("frozen", &mut frame, Column::new("".into(), table.iter().map(|row| row.6).collect::<Vec<_>>()));
    of("reason", &mut frame, Column::new("".into(), vec!["a fair"; table.len()]));
    let mut all = products(&[("A", Some("V1"), Some(150))]);
    all.with_column(Column::new("category_path".into(), ["Food/Tea"])).unwrap();
    InventoryFrames { order_rules: Some(frame), products: all, ..one_line() }
}

#[test]
fn what_a_planner_wants_stands_in_the_steps_and_the_closest_rule_holds() {
    let plan = |table: &[Row<'_>]| {
        let publication = run(&InventoryPlan::default(), &with_rules(table));
        assert_steps_sum_to_orders(&publication);
        publication
    };
    let advice = |publication: &Publication| {
        let advice = rows(publication, &INVENTORY_RECOMMENDATIONS);
        let steps = texts(&publication.tables[1].frame, "code").into_iter().flatten().collect::<Vec<_>>();
        (reals(advice, "order_quantity")[0].unwrap(), reals(advice, "service_level")[0].unwrap(), steps)
    };
    let plain = plan(&[]);
    assert_eq!(advice(&plain).0, 48.0);
    // The product's rule before its category's, each for what it says.
    let a = Some("A");
    let closest = plan(&[
        (None, Some("Food"), Some(0.5), None, None, Some(60_000), None),
        (a, None, Some(0.99), None, None, None, None),
    ]);
    let (quantity, level, steps) = advice(&closest);
    assert_eq!((quantity, level), (12.0, 0.99), "no more than 60 with the 39 that are there");
    assert!(steps.contains(&"maximum_stock".to_owned()), "{steps:?}");
    let doubled = plan(&[(a, None, None, Some(2.0), None, None, None)]);
    let (quantity, _, steps) = advice(&doubled);
    assert!(quantity >= 120.0 && steps[1] == "planner_demand", "{quantity} {steps:?}");
    let told = texts(rows(&doubled, &INVENTORY_RECOMMENDATIONS), "explanation")[0].clone().unwrap();
    assert!(told.contains("a planner expects 2 times the forecast") && told.ends_with("planner: a fair"), "{told}");
    let least = plan(&[(None, None, None, None, Some(200_000), None, None)]);
    let (quantity, _, steps) = advice(&least);
    assert_eq!(quantity, 168.0, "200 less 27 and 12, in packs of 12");
    assert!(steps.contains(&"minimum_stock".to_owned()));
    let frozen = plan(&[(a, None, None, None, None, None, Some(true))]);
    assert_eq!(advice(&frozen).0, 0.0);
    assert!(frozen.caveats.iter().any(|caveat| caveat.code == "frozen"));
    let idle =
        plan(&[(Some("B"), None, Some(0.9), None, None, None, None), (a, None, Some(1.0), None, None, None, None)]);
    let count = |code: &str| idle.caveats.iter().find(|caveat| caveat.code == code).map(|caveat| caveat.count);
    assert_eq!((count("idle_order_rules"), count("impossible_service_level")), (Some(2), Some(1)));
}

#[test]
fn what_cannot_be_weighed_is_paid_for_first_and_said() {
    let mut all = products(&[("A", None, Some(150)), ("B", None, Some(250))]);
    all.with_column(Column::new("list_price".into(), [Some(300_i64), None])).unwrap();
    let frames = InventoryFrames {
        forecast: Some((day(AS_OF), forecast(&["A", "B"], 28))),
        products: all,
        stock_levels: stock(&[(AS_OF, "A", 3), (AS_OF, "B", 3)]),
        open_orders: Some(open_orders(&[])),
        prices: None,
        ..one_line()
    };
    let settings = InventoryPlan {
        budget: Some(Amount::literal(100.0)),
        default_lead_time_days: Some(Days::literal(2)),
        ..InventoryPlan::default()
    };
    let publication = run(&settings, &frames);
    let advice = rows(&publication, &INVENTORY_RECOMMENDATIONS);
    let values: Vec<f64> = reals(advice, "order_value").into_iter().flatten().collect();
    assert!(values[1] > 80.0 && values.iter().sum::<f64>() <= 100.0, "B has no price: {values:?}");
    assert!(exception_codes(&publication).contains(&"budget_unweighed".to_owned()));
}
