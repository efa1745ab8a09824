//! Grades of earlier advice, worked out by hand.

use polars::prelude::DataFrame;

use super::InventoryPlan;
use super::dataset::InventoryFrames;
use super::frame_columns::{columns, frame, integers, texts};
use super::tests::{AS_OF, deliveries, number, one_line, open_orders, products, rows, run, sales, stock};
use crate::published::{INVENTORY_RECOMMENDATIONS, RECOMMENDATION_OUTCOMES};

/// Advice of 9 November for 10 November: 24 (2 packs), arriving on the 12th, covering until the 15th; 50 expected, up to 60.
fn past_advice(rows: &[(&str, &str, &str)]) -> DataFrame {
    let n = rows.len();
    let series = columns![
        rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        vec!["S1"; n],
        vec![Some("V1"); n],
        vec![number("2026-11-10"); n],
        vec![number("2026-11-12"); n],
        vec![number("2026-11-15"); n],
        vec![24_000_i64; n],
        vec![Some(12_000_i64); n],
        vec![Some(150_i64); n],
        vec![Some(3_600_i64); n],
        vec![36_000_i64; n],
        vec![0_i64; n],
        vec![0_i64; n],
        vec![50.0; n],
        vec![10.0; n],
        vec![60.0; n],
        vec![0.95; n],
        vec![2.0; n],
        vec!["quoted"; n],
        vec![6_i64; n],
        vec![number("2026-11-09"); n],
        vec!["smoothing"; n],
        vec![None::<i32>; n],
        vec!["amber"; n],
        vec![""; n],
        vec![""; n],
    ];
    let mut advice = frame(&INVENTORY_RECOMMENDATIONS, series).unwrap();
    let made = columns![rows.iter().map(|row| number(row.0)).collect::<Vec<_>>()]
        .remove(0)
        .cast(&polars::prelude::DataType::Date)
        .unwrap();
    advice.insert_column(0, made.with_name("as_of".into()).into()).unwrap();
    advice
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
    let ids: Vec<String> = texts(outcomes, "recommendation_id").unwrap().into_iter().flatten().collect();
    let verdicts: Vec<String> = texts(outcomes, "verdict").unwrap().into_iter().flatten().collect();
    assert_eq!(ids, ["a", "b", "c", "d", "e", "graded"]);
    assert_eq!(verdicts, ["good", "too_little", "too_much", "not_followed", "unknown", "not_followed"]);
    assert_eq!(integers(outcomes, "ordered").unwrap()[3], Some(0));
    assert_eq!(super::frame_columns::reals(outcomes, "demand_actual").unwrap()[0], Some(48.0));
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
    assert_eq!(integers(outcomes, "ordered").unwrap(), [None]);
    assert_eq!(texts(outcomes, "verdict").unwrap(), [Some("good".to_owned())]);
    assert!(publication.page.grade.unwrap().text[2].contains("not known what was ordered"));
}
