//! Orders between two extracts of the books, worked out by hand. It is Monday, 23 November 2026.

use polars::prelude::{Column, DataFrame};

use super::InventoryPlan;
use super::dataset::{InventoryFrames, shape};
use super::decisions::Decisions;
use super::stand_in_tests::yesterdays_plan;
use super::tests::{
    AS_OF, dated, day, deliveries, exception_codes, number, one_line, open_orders, products, publish, reals, rows,
    texts,
};
use crate::decided::{Action, Decision};
use crate::publication::Publication;
use crate::published::INVENTORY_RECOMMENDATIONS;

/// The plan of so many days ago: 48 to be ordered the day after it, expected two days later.
fn handed_out(days_ago: i32) -> DataFrame {
    let mut plan = yesterdays_plan(48.0);
    let made = number(AS_OF) - days_ago;
    for (name, after) in [("as_of", 0), ("order_on", 1), ("arrives_on", 3), ("covers_until", 5)] {
        plan.with_column(Column::new(name.into(), [made + after])).unwrap();
    }
    dated(plan, &["as_of", "order_on", "arrives_on", "covers_until"])
}

/// 27 on hand, 85 wanted at 95 %, packs of 12, and open orders as they are given.
fn plan(days_ago: i32, books: Option<DataFrame>, decisions: Vec<Decision>) -> Publication {
    let frames = InventoryFrames {
        open_orders: books,
        past_advice: Some(handed_out(days_ago)),
        decisions: Decisions::of(decisions, 0),
        ..one_line()
    };
    publish(&InventoryPlan::default(), &shape(day(AS_OF), &frames).unwrap())
}

fn on_order(publication: &Publication) -> f64 {
    reals(rows(publication, &INVENTORY_RECOMMENDATIONS), "on_order")[0].unwrap()
}

fn decided(action: Action, quantity: Option<f64>, until: Option<&str>) -> Vec<Decision> {
    let until = until.map(|day| day.parse().unwrap());
    let decision = |action, quantity, decided_us| Decision {
        recommendation_id: "y".to_owned(),
        action,
        quantity,
        until,
        reason: None,
        reference: None,
        actor: "ann".to_owned(),
        decided_us,
    };
    vec![decision(Action::Reject, None, 1), decision(action, quantity, 2)]
}

#[test]
fn what_was_handed_out_is_on_its_way_until_the_books_have_caught_up() {
    let books = |dated: &str| Some(open_orders(&[("A", 12, "2026-11-27", dated)]));
    // The books know of nothing after Friday: Monday's order may be placed.
    assert_eq!(on_order(&plan(1, books("2026-11-20"), vec![])), 60.0);
    // They hold Monday's order itself, of 12.
    assert_eq!(on_order(&plan(1, books("2026-11-23"), vec![])), 12.0);
    // Another product of the supplier was ordered on Monday, A was not: nobody followed, and it is said.
    let other = |supplier: &str| {
        let frames = InventoryFrames {
            open_orders: Some(open_orders(&[
                ("A", 12, "2026-11-27", "2026-11-20"),
                ("B", 5, "2026-11-27", "2026-11-23"),
            ])),
            past_advice: Some(handed_out(1)),
            products: products(&[("A", Some("V1"), Some(150)), ("B", Some(supplier), Some(150))]),
            ..one_line()
        };
        publish(&InventoryPlan::default(), &shape(day(AS_OF), &frames).unwrap())
    };
    let not_placed = other("V1");
    assert_eq!(on_order(&not_placed), 12.0);
    assert!(exception_codes(&not_placed).contains(&"order_not_placed".to_owned()));
    // An order to somebody else says nothing of this one.
    let elsewhere = other("V2");
    assert_eq!(on_order(&elsewhere), 60.0);
    assert!(!exception_codes(&elsewhere).contains(&"order_not_placed".to_owned()));
}

#[test]
fn what_the_books_never_show_is_believed_until_it_should_have_come() {
    let books = || Some(open_orders(&[("A", 12, "2026-11-27", "2026-11-12")]));
    // Expected tomorrow.
    let believed = plan(2, books(), vec![]);
    assert_eq!(on_order(&believed), 60.0);
    assert!(!exception_codes(&believed).contains(&"order_not_in_books".to_owned()), "the books may be a day behind");
    for days_ago in [3, 9] {
        let missed = plan(days_ago, books(), vec![]);
        assert_eq!(on_order(&missed), 12.0);
        assert!(exception_codes(&missed).contains(&"order_never_came".to_owned()), "{days_ago}");
    }
}

#[test]
fn what_was_placed_before_its_day_is_on_its_way() {
    let mut later = handed_out(1);
    later.with_column(Column::new("order_on".into(), [number(AS_OF) + 2])).unwrap();
    let later = dated(later, &["order_on"]);
    let with = |decisions: Vec<Decision>| {
        let frames = InventoryFrames {
            open_orders: Some(open_orders(&[("A", 12, "2026-11-27", "2026-11-20")])),
            past_advice: Some(later.clone()),
            decisions: Decisions::of(decisions, 0),
            ..one_line()
        };
        on_order(&publish(&InventoryPlan::default(), &shape(day(AS_OF), &frames).unwrap()))
    };
    assert_eq!(with(vec![]), 12.0, "its day has not come");
    assert_eq!(with(decided(Action::Ordered, None, None)), 60.0);
    assert_eq!(with(decided(Action::Exported, Some(24.0), None)), 36.0);
    assert_eq!(with(decided(Action::Approve, None, None)), 12.0);
}

#[test]
fn the_files_of_a_date_hold_what_was_decided_about_it() {
    let frames = |decisions: Vec<Decision>| InventoryFrames { decisions: Decisions::of(decisions, 0), ..one_line() };
    let run = |decisions| publish(&InventoryPlan::default(), &shape(day(AS_OF), &frames(decisions)).unwrap());
    let plain = run(vec![]);
    let id = texts(rows(&plain, &INVENTORY_RECOMMENDATIONS), "recommendation_id")[0].clone().unwrap();
    let about = |action, quantity| {
        let decisions = decided(action, quantity, None);
        run(decisions.into_iter().map(|one| Decision { recommendation_id: id.clone(), ..one }).collect())
    };
    let has_file = |publication: &Publication| publication.exports.iter().any(|file| file.stem.starts_with("orders-"));
    assert!(has_file(&plain) && !has_file(&about(Action::Reject, None)));
    let changed = about(Action::Change, Some(24.0));
    assert!(has_file(&changed));
    assert!(changed.page.headline.contains("worth 36.00 EUR"), "{}", changed.page.headline);
    let recommended = |publication: &Publication| rows(publication, &INVENTORY_RECOMMENDATIONS).clone();
    assert!(recommended(&changed).equals_missing(&recommended(&plain)), "what was recommended stands");
}

#[test]
fn without_books_of_orders_it_is_on_its_way_until_it_should_have_come() {
    assert_eq!(on_order(&plan(1, None, vec![])), 48.0);
    assert_eq!(on_order(&plan(3, None, vec![])), 0.0, "expected today, and not delivered: {AS_OF}");
    let frames = InventoryFrames {
        open_orders: None,
        deliveries: Some(deliveries(&[("A", "2026-11-23", "2026-11-23", 48)])),
        past_advice: Some(handed_out(1)),
        ..one_line()
    };
    let arrived = publish(&InventoryPlan::default(), &shape(day(AS_OF), &frames).unwrap());
    assert_eq!(on_order(&arrived), 0.0);
}

#[test]
fn what_was_decided_last_counts_before_what_was_recommended() {
    let books = || Some(open_orders(&[("A", 12, "2026-11-27", "2026-11-20")]));
    let with = |action, quantity| on_order(&plan(1, books(), decided(action, quantity, None)));
    assert_eq!(with(Action::Reject, None), 12.0);
    assert_eq!(with(Action::Approve, None), 60.0);
    assert_eq!(with(Action::Change, Some(24.0)), 36.0);
    assert_eq!(with(Action::Ordered, Some(30.5)), 42.5);
    // Somebody says that it was placed: it is believed also where the books have gone on.
    let later = Some(open_orders(&[("B", 5, "2026-11-27", "2026-11-23")]));
    assert_eq!(on_order(&plan(1, later, decided(Action::Ordered, None, None))), 48.0);
    // A line that is left alone stands in no file, and its need is published.
    let snoozed = plan(1, books(), decided(Action::Snooze, None, Some("2026-12-01")));
    assert_eq!(reals(rows(&snoozed, &INVENTORY_RECOMMENDATIONS), "order_quantity"), [Some(48.0)]);
    assert!(!snoozed.exports.iter().any(|export| export.stem.starts_with("orders-")));
    let over = plan(1, books(), decided(Action::Snooze, None, Some("2026-11-24")));
    assert!(over.exports.iter().any(|export| export.stem.starts_with("orders-")));
}

#[test]
fn a_plan_that_left_no_file_was_not_handed_out() {
    let with = |decisions: Vec<Decision>| {
        let frames = InventoryFrames {
            open_orders: Some(open_orders(&[("A", 12, "2026-11-27", "2026-11-20")])),
            past_advice: Some(handed_out(1)),
            without_files: [day("2026-11-22")].into(),
            decisions: Decisions::of(decisions, 0),
            ..one_line()
        };
        on_order(&publish(&InventoryPlan::default(), &shape(day(AS_OF), &frames).unwrap()))
    };
    assert_eq!(with(vec![]), 12.0, "a backfill");
    assert_eq!(with(decided(Action::Ordered, None, None)), 60.0, "somebody placed it all the same");
}

#[test]
fn a_line_that_was_left_alone_stood_in_no_file_of_the_nights_after() {
    // Snoozed in the plan of two days ago until December; yesterday's plan needed 48 all the same.
    let mut snoozed = handed_out(2);
    snoozed.with_column(Column::new("recommendation_id".into(), ["x"])).unwrap();
    let both = snoozed.vstack(&handed_out(1)).unwrap();
    let snooze = Decision {
        recommendation_id: "x".to_owned(),
        until: Some("2026-12-01".parse().unwrap()),
        ..decided(Action::Snooze, None, None)[1].clone()
    };
    let frames = InventoryFrames {
        open_orders: Some(open_orders(&[("A", 12, "2026-11-27", "2026-11-18")])),
        past_advice: Some(both),
        decisions: Decisions::of(vec![snooze], 0),
        ..one_line()
    };
    assert_eq!(on_order(&publish(&InventoryPlan::default(), &shape(day(AS_OF), &frames).unwrap())), 12.0);
}
