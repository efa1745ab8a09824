//! What a plan in the shadow asked for, beside what was ordered.

use polars::prelude::{Column, DataFrame, df};

use super::beside::{Ask, AskEnd, compare};
use super::dataset::{InventoryFrames, shape};
use super::tests::{AS_OF, ctx, dated, day, deliveries, number, one_line, open_orders, products, stock};
use super::{InventoryPlan, recommend};
use crate::job::{Mode, Progress, RunContext};

/// Advice for order days: product, order day, quantity. Made the day before; it arrives two days after and covers five, 10 units a day.
fn advice(rows: &[(&str, &str, f64)]) -> DataFrame {
    let n = rows.len();
    let on = |offset: i32| rows.iter().map(|row| number(row.1) + offset).collect::<Vec<_>>();
    let frame = df!(
        "as_of" => on(-1),
        "recommendation_id" => (0..n).map(|row| format!("r{row}")).collect::<Vec<_>>(),
        "product_id" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        "location_id" => vec!["S1"; n],
        "order_on" => on(0),
        "arrives_on" => on(2),
        "covers_until" => on(4),
        "order_quantity" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        "pack_size" => vec![12.0; n],
        "unit_cost" => vec![1.5; n],
        "order_value" => rows.iter().map(|row| row.2 * 1.5).collect::<Vec<_>>(),
        "expected_demand" => vec![50.0; n],
        "order_up_to" => vec![60.0; n],
        "service_level" => vec![0.95; n],
        "urgency" => vec!["amber"; n],
    );
    dated(frame.unwrap(), &["as_of", "order_on", "arrives_on", "covers_until"])
}

fn frames() -> InventoryFrames {
    let mut stocks = vec![(AS_OF, "A", 27)];
    // B stands empty from the 12th to the 14th, C from the 20th on.
    for (date, product, on_hand) in [
        ("2026-11-11", "B", 2),
        ("2026-11-12", "B", 0),
        ("2026-11-13", "B", 0),
        ("2026-11-14", "B", 0),
        ("2026-11-15", "B", 24),
        ("2026-11-20", "C", 0),
        ("2026-11-21", "C", 0),
        ("2026-11-22", "C", 0),
        (AS_OF, "C", 0),
    ] {
        stocks.push((date, product, on_hand));
    }
    InventoryFrames {
        products: products(&[
            ("A", Some("V1"), Some(150)),
            ("B", Some("V1"), Some(150)),
            ("C", Some("V1"), Some(150)),
            ("D", Some("V1"), Some(150)),
            ("E", Some("V1"), Some(150)),
        ]),
        stock_levels: stock(&stocks),
        deliveries: Some(deliveries(&[
            ("A", "2026-11-10", "2026-11-12", 24),
            ("B", "2026-11-12", "2026-11-15", 36),
            ("D", "2026-11-10", "2026-11-12", 48),
            ("D", "2026-01-10", "2026-01-12", 48),
        ])),
        open_orders: Some(open_orders(&[])),
        past_advice: Some(advice(&[
            ("A", "2026-11-10", 24.0),
            ("B", "2026-11-10", 12.0),
            ("B", "2026-11-11", 24.0),
            ("C", "2026-11-19", 12.0),
            ("C", "2026-11-20", 12.0),
            ("D", "2026-11-10", 0.0),
            ("E", "2026-11-10", 12.0),
            ("E", "2026-11-12", 0.0),
        ])),
        in_shadow: (7..=22).map(|date| day(&format!("2026-11-{date:02}"))).collect(),
        is_compared: true,
        ..one_line()
    }
}

#[test]
fn asks_are_followed_until_somebody_orders_or_the_need_passes() {
    let beside = compare(&shape(day(AS_OF), &frames()).unwrap(), day(AS_OF)).unwrap();
    assert_eq!(beside.from, day("2026-11-10"));
    let told = |ask: &Ask| (ask.key.product_id.clone(), ask.asked, ask.end, ask.empty_days, ask.lost);
    let asks: Vec<_> = beside.asks.iter().map(told).collect();
    let ordered = |on: &str, quantity| AskEnd::Ordered(day(on), quantity);
    assert_eq!(
        asks,
        [
            ("A".to_owned(), 24_000, ordered("2026-11-10", 24_000), 0, None),
            // Would have arrived on the 12th, came on the 15th: 3 days of 10 units at 3.00.
            ("B".to_owned(), 24_000, ordered("2026-11-12", 36_000), 3, Some(9_000.0)),
            // Would have arrived on the 21st.
            ("C".to_owned(), 12_000, AskEnd::Open, 3, Some(9_000.0)),
            ("E".to_owned(), 12_000, AskEnd::Passed, 0, None),
        ]
    );
    let unasked: Vec<_> = beside.unasked.iter().map(|order| (order.key.product_id.as_str(), order.value)).collect();
    assert_eq!(unasked, [("D", Some(7_200.0))], "what was ordered before the first plan could not be asked for");
}

#[test]
fn without_both_datasets_nothing_is_compared_and_a_live_plan_says_nothing_of_it() {
    let facts = shape(day(AS_OF), &InventoryFrames { open_orders: None, ..frames() }).unwrap();
    assert_eq!(compare(&facts, day(AS_OF)), None);
    let headings = |mode: Mode, frames: &InventoryFrames| {
        let facts = shape(day(AS_OF), frames).unwrap();
        let ctx = RunContext { mode, ..ctx() };
        let plan = recommend::recommend(&InventoryPlan::default(), &ctx, &facts, &Progress::silent()).unwrap();
        let sections = plan.page.actions.iter();
        sections.map(|section| (section.heading.clone(), section.text.join(" "))).collect::<Vec<_>>()
    };
    let is_ours = |(heading, _): &&(String, String)| heading == "Beside what was ordered";
    let shadow = headings(Mode::Shadow, &frames());
    let (_, text) = shadow.iter().find(is_ours).unwrap();
    assert!(
        text.contains("of 4 orders that the plan asked for, 2 were ordered, 1 of these no later than a day after; 1 is still not ordered, and for 1 the need"),
        "{text}"
    );
    assert!(text.contains("1 order worth 72.00 EUR was placed that no plan had asked for."), "{text}");
    assert!(text.contains("without stock on 6 days that it would have met: about 180.00 EUR of sales."), "{text}");
    assert!(text.contains("In the middle of these orders, 1.5 times the quantity"), "{text}");
    let unknown = headings(Mode::Shadow, &InventoryFrames { open_orders: None, ..frames() });
    assert!(unknown.iter().find(is_ours).unwrap().1.starts_with("What was ordered is not known"), "{unknown:?}");
    let live = InventoryFrames { is_compared: false, ..frames() };
    assert!(headings(Mode::Live, &live).iter().find(is_ours).is_none());
}

#[test]
fn who_orders_a_few_days_early_orders_what_was_asked_for_and_live_plans_are_not_compared() {
    // On the 9th the plan wants 24 of D on the 11th; they are ordered on the 10th, so that on the 10th it wants none.
    let mut early = advice(&[("D", "2026-11-11", 24.0), ("D", "2026-11-12", 0.0)]);
    early.with_column(Column::new("as_of".into(), vec![number("2026-11-09"), number("2026-11-10")])).unwrap();
    let frames = InventoryFrames { past_advice: Some(dated(early, &["as_of"])), ..frames() };
    let frames = InventoryFrames {
        deliveries: Some(deliveries(&[("D", "2026-11-10", "2026-11-12", 48), ("D", "2026-11-11", "2026-11-13", 12)])),
        ..frames
    };
    let beside = compare(&shape(day(AS_OF), &frames).unwrap(), day(AS_OF)).unwrap();
    let live = InventoryFrames { in_shadow: std::collections::BTreeSet::new(), ..frames };
    assert_eq!(compare(&shape(day(AS_OF), &live).unwrap(), day(AS_OF)), None);
    assert_eq!(beside.from, day("2026-11-11"));
}
