//! Grades of earlier advice, worked out by hand.

use polars::prelude::{DataFrame, df};

use super::InventoryPlan;
use super::dataset::InventoryFrames;
use super::tests::{
    AS_OF, dated, deliveries, number, one_line, open_orders, products, reals, rows, run, sales, stock, texts,
};
use crate::published::RECOMMENDATION_OUTCOMES;

/// Advice of 9 November for 10 November: 24 (2 packs), arriving on the 12th, covering until the 15th; 50 expected, up to 60.
fn past_advice(rows: &[(&str, &str, &str)]) -> DataFrame {
    let n = rows.len();
    let frame = df!(
        "as_of" => rows.iter().map(|row| number(row.0)).collect::<Vec<_>>(),
        "recommendation_id" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        "product_id" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        "location_id" => vec!["S1"; n],
        "order_on" => vec![number("2026-11-10"); n],
        "arrives_on" => vec![number("2026-11-12"); n],
        "covers_until" => vec![number("2026-11-15"); n],
        "order_quantity" => vec![24.0; n],
        "pack_size" => vec![12.0; n],
        "unit_cost" => vec![1.5; n],
        "order_value" => vec![36.0; n],
        "expected_demand" => vec![50.0; n],
        "order_up_to" => vec![60.0; n],
        "service_level" => vec![0.95; n],
        "urgency" => vec!["amber"; n],
    );
    dated(frame.unwrap(), &["as_of", "order_on", "arrives_on", "covers_until"])
}

#[test]
fn earlier_advice_is_graded_once_by_its_last_word() {
    let mut stocks = vec![(AS_OF, "A", 27)];
    for (product, levels) in
        [("A", [30, 20, 15, 12]), ("B", [20, 0, 5, 3]), ("C", [100, 100, 100, 100]), ("D", [9, 8, 7, 6])]
    {
        for (date, on_hand) in ["2026-11-12", "2026-11-13", "2026-11-14", "2026-11-15"].into_iter().zip(levels) {
            stocks.push((date, product, on_hand));
        }
    }
    let last = "2026-11-09";
    let frames = InventoryFrames {
        products: products(&[("A", Some("V1"), Some(150)), ("B", Some("V1"), Some(150))]),
        stock_levels: stock(&stocks),
        daily_sales: sales(&[("2026-11-10", "A", 30), ("2026-11-15", "A", 18), ("2026-11-16", "A", 1)]),
        deliveries: Some(deliveries(&[
            ("A", "2026-11-10", "2026-11-12", 24),
            ("B", "2026-11-10", "2026-11-12", 24),
            ("C", "2026-11-10", "2026-11-12", 24),
            ("E", "2026-11-10", "2026-11-12", 24),
        ])),
        open_orders: Some(open_orders(&[])),
        past_advice: Some(past_advice(&[
            ("2026-11-08", "provisional", "A"),
            (last, "a", "A"),
            (last, "b", "B"),
            (last, "c", "C"),
            (last, "d", "D"),
            (last, "e", "E"),
            (last, "graded", "F"),
        ])),
        ..one_line()
    };
    let publication = run(&InventoryPlan::default(), &frames);
    let outcomes = rows(&publication, &RECOMMENDATION_OUTCOMES);
    let ids: Vec<String> = texts(outcomes, "recommendation_id").into_iter().flatten().collect();
    let verdicts: Vec<String> = texts(outcomes, "verdict").into_iter().flatten().collect();
    assert_eq!(ids, ["a", "b", "c", "d", "e", "graded"]);
    assert_eq!(verdicts, ["good", "too_little", "too_much", "not_followed", "unknown", "not_followed"]);
    assert_eq!(reals(outcomes, "ordered")[3], Some(0.0));
    assert_eq!(reals(outcomes, "demand_actual")[0], Some(48.0));
    let grade = publication.page.grade.as_ref().unwrap();
    assert_eq!(
        grade.text[0],
        "Of 6 recommendations made on 2026-11-09, 1 was good, 1 was too little, 1 was too much, 2 were not followed, 1 was not gradable."
    );
    // 24 too many cost 36.00; one of six days without stock loses 50 / 6 units, 25.00.
    let money: Vec<_> = grade.tables[0].rows.iter().map(|row| row[5].clone()).collect();
    assert!(
        grade.tables[0].total_rows == 2
            && matches!(money[..], [crate::publication::Cell::Number(3_600.0), crate::publication::Cell::Number(lost)] if (lost - 2_500.0).abs() < 1e-6),
        "{money:?}"
    );

    let graded_before = outcomes.tail(Some(1));
    let again = run(&InventoryPlan::default(), &InventoryFrames { past_outcomes: Some(graded_before), ..frames });
    assert_eq!(rows(&again, &RECOMMENDATION_OUTCOMES).height(), 5);
}

/// 10 were there on the 12th, when 24 should have come that nobody ordered: 10 were sold, then nothing.
#[test]
fn what_was_advised_what_was_ordered_and_the_average_are_compared_in_money() {
    let mut advice = past_advice(&[("2026-11-09", "a", "A")]);
    for (name, value) in [("on_hand", 20.0), ("reserved", 0.0), ("on_order", 0.0), ("expected_fill_rate", 0.95)] {
        advice.with_column(polars::prelude::Column::new(name.into(), [value])).unwrap();
    }
    let dates = ["2026-11-11", "2026-11-12", "2026-11-13", "2026-11-14", "2026-11-15"];
    let levels = dates.into_iter().zip([10, 0, 0, 0, 0]);
    let stocks: Vec<_> = levels.map(|(date, on_hand)| (date, "A", on_hand)).collect();
    let frames = InventoryFrames {
        products: products(&[("A", Some("V1"), Some(150))]),
        stock_levels: stock(&stocks),
        daily_sales: sales(&[("2026-11-01", "A", 28), ("2026-11-12", "A", 10)]),
        deliveries: Some(deliveries(&[("B", "2026-11-10", "2026-11-12", 12)])),
        open_orders: Some(open_orders(&[])),
        past_advice: Some(advice),
        ..one_line()
    };
    let publication = run(&InventoryPlan::default(), &frames);
    let outcomes = rows(&publication, &RECOMMENDATION_OUTCOMES);
    // Of the 50 expected in six days, 8.333 were asked for on each day without stock, and on the 12th what was sold.
    let a_day = 50.0 / 6.0;
    let asked = 10.0 + 3.0 * a_day;
    assert!((reals(outcomes, "achieved_fill_rate")[0].unwrap() - 10.0 / asked).abs() < 1e-9);
    assert_eq!(reals(outcomes, "promised_fill_rate"), [Some(0.95)]);
    // One a day for six days, less 20 on hand: nothing.
    assert_eq!(reals(outcomes, "naive_quantity"), [Some(0.0)]);
    let holding = 1.5 * 0.25 / 365.0;
    let cost = |served: f64, stock_days: f64| 1.5 * (asked - served) + holding * stock_days;
    for (name, expected) in [
        ("cost_recommended", cost(34.0, 24.0 + (24.0 - a_day) + (24.0 - 2.0 * a_day))),
        ("cost_ordered", cost(10.0, 0.0)),
        ("cost_naive", cost(10.0, 0.0)),
    ] {
        let found = reals(outcomes, name)[0].unwrap();
        assert!((found - expected).abs() < 0.0051, "{name}: {found} for {expected}");
    }
    let told = publication.page.grade.unwrap().text.join(" ");
    assert!(told.contains("1 of them was ordered otherwise than advised; that cost 3"), "{told}");
    assert!(told.contains("was served, against 95 % promised"), "{told}");
}

#[test]
fn unknown_orders_are_graded_as_if_followed_and_said_so() {
    let stocks: Vec<(&str, &str, i64)> =
        ["2026-11-12", "2026-11-13", "2026-11-14", "2026-11-15"].map(|date| (date, "A", 9)).to_vec();
    let frames = InventoryFrames {
        stock_levels: stock(&stocks),
        deliveries: None,
        open_orders: None,
        past_advice: Some(past_advice(&[("2026-11-09", "a", "A")])),
        ..one_line()
    };
    let publication = run(&InventoryPlan::default(), &frames);
    let outcomes = rows(&publication, &RECOMMENDATION_OUTCOMES);
    assert_eq!(reals(outcomes, "ordered"), [None]);
    assert_eq!(texts(outcomes, "verdict"), [Some("good".to_owned())]);
    assert!(publication.page.grade.unwrap().text[2].contains("not known what was ordered"));
}
