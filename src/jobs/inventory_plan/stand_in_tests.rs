//! A plan that stands in for one whose newest data are missing, worked out by hand.

use polars::prelude::{DataFrame, df};

use super::InventoryPlan;
use super::dataset::{InventoryFrames, shape, stand_in};
use super::tests::{
    AS_OF, ctx, dated, day, deliveries, forecast, number, one_line, open_orders, publish, reals, rows, sales, stock,
    texts,
};
use crate::published::INVENTORY_RECOMMENDATIONS;

/// The plan of Sunday 22 November: order `quantity` on Monday 23, arriving on Wednesday 25.
pub(super) fn yesterdays_plan(quantity: f64) -> DataFrame {
    let frame = df!(
        "as_of" => [number("2026-11-22")],
        "recommendation_id" => ["y"],
        "product_id" => ["A"],
        "location_id" => ["S1"],
        "order_on" => [number("2026-11-23")],
        "arrives_on" => [number("2026-11-25")],
        "covers_until" => [number("2026-11-27")],
        "order_quantity" => [quantity],
        "pack_size" => [12.0],
        "unit_cost" => [1.5],
        "order_value" => [quantity * 1.5],
        "expected_demand" => [50.0],
        "order_up_to" => [60.0],
        "service_level" => [0.95],
        "urgency" => ["amber"],
    );
    dated(frame.unwrap(), &["as_of", "order_on", "arrives_on", "covers_until"])
}

/// Monday's sales and stock have not arrived; Sunday closed with 37. The forecast is Sunday's. What is on order is known up to Thursday.
fn without_monday() -> InventoryFrames {
    InventoryFrames {
        forecast: Some((day("2026-11-22"), forecast(&["A"], 29))),
        stock_levels: stock(&[("2026-11-22", "A", 37)]),
        daily_sales: sales(&[("2026-11-22", "A", 9)]),
        open_orders: Some(open_orders(&[("A", 12, "2026-11-27", "2026-11-19")])),
        past_advice: Some(yesterdays_plan(48.0)),
        ..one_line()
    }
}

#[test]
fn what_was_recommended_yesterday_counts_as_ordered_and_what_was_forecast_as_sold() {
    // As if nothing had been sold on Monday, and without yesterday's plan: 85 - 37 - 12 = 36, 3 packs of 12.
    let frames = InventoryFrames { past_advice: None, ..without_monday() };
    let naive = publish(&InventoryPlan::default(), &shape(day(AS_OF), &frames).unwrap());
    assert_eq!(reals(rows(&naive, &INVENTORY_RECOMMENDATIONS), "order_quantity"), [Some(36.0)]);
    let frames = without_monday();
    let mut facts = shape(day(AS_OF), &frames).unwrap();
    // 10 were forecast for Monday, so 27 are left; Monday's 48 are on their way beside the 12: 85 - 27 - 60 is less than nothing.
    stand_in(&ctx(), &mut facts, &frames).unwrap();
    let publication = publish(&InventoryPlan::default(), &facts);
    let advice = rows(&publication, &INVENTORY_RECOMMENDATIONS);
    assert_eq!(reals(advice, "order_quantity"), [Some(0.0)]);
    let sentence = "Order nothing: 80 expected until 2026-12-01 plus 5 safety for 95 % service, 27 on hand, 60 on order (48 of it handed out and not \
         in the books yet)";
    assert_eq!(texts(advice, "explanation"), [Some(sentence.to_owned())]);
    assert!(
        publication.page.headline.starts_with("STAND-IN from the forecast of 2026-11-22, newer data had not arrived. ")
    );
    let caveat = publication.caveats.iter().find(|caveat| caveat.code == "stand_in").unwrap();
    assert_eq!(
        caveat.text,
        "The sales of 2026-11-23 had not arrived: they are taken as they were forecast. 1 order of the last plan counts as placed as \
         recommended. Look at what was really ordered before you release more"
    );
}

#[test]
fn an_order_that_is_known_is_not_counted_twice() {
    // The file of open orders has Monday's: 40 were ordered, not 48. 85 - 27 - 12 - 40 = 6, a pack.
    let known = open_orders(&[("A", 12, "2026-11-27", "2026-11-19"), ("A", 40, "2026-11-25", "2026-11-23")]);
    let frames = InventoryFrames { open_orders: Some(known), ..without_monday() };
    let mut facts = shape(day(AS_OF), &frames).unwrap();
    stand_in(&ctx(), &mut facts, &frames).unwrap();
    let publication = publish(&InventoryPlan::default(), &facts);
    assert_eq!(reals(rows(&publication, &INVENTORY_RECOMMENDATIONS), "order_quantity"), [Some(12.0)]);
    // Nor is one that has been delivered.
    let delivered = deliveries(&[("A", "2026-11-23", "2026-11-23", 48)]);
    let frames = InventoryFrames { deliveries: Some(delivered), ..without_monday() };
    let mut facts = shape(day(AS_OF), &frames).unwrap();
    stand_in(&ctx(), &mut facts, &frames).unwrap();
    assert_eq!(facts.stand_in.unwrap().assumed_orders, 0);
}

#[test]
fn what_did_arrive_is_taken_as_it_is() {
    // Only the forecast is late: Monday's stock and sales are there.
    let frames = InventoryFrames {
        stock_levels: stock(&[("2026-11-22", "A", 37), (AS_OF, "A", 31)]),
        daily_sales: sales(&[("2026-11-22", "A", 9), (AS_OF, "A", 6)]),
        past_advice: Some(yesterdays_plan(0.0)),
        ..without_monday()
    };
    let mut facts = shape(day(AS_OF), &frames).unwrap();
    stand_in(&ctx(), &mut facts, &frames).unwrap();
    let publication = publish(&InventoryPlan::default(), &facts);
    let sentence = "Order 48 (4 packs of 12): 80 expected until 2026-12-01 plus 5 safety for 95 % service, 31 on hand, 12 on order";
    assert_eq!(texts(rows(&publication, &INVENTORY_RECOMMENDATIONS), "explanation"), [Some(sentence.to_owned())]);
}
