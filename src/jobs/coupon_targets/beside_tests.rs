//! Lists in the shadow, beside who was written to.

use polars::prelude::Column;

use super::beside::{Group, compare};
use super::facts::Facts;
use super::tests::{as_of, campaigns, ctx, dates, day, frame, name, params, text_column, world};
use super::*;
use crate::job::{Mode, Progress};

/// Lists of 20 and 10 days ago held customers 0 to 3; today's process wrote to 3 and 4, 18 days ago, and held 5 out.
fn frames() -> CouponFrames {
    let micros = |offset: i32| i64::from(day(offset)) * 86_400_000_000;
    let listed = [
        (0, -20, "treatment"),
        (1, -20, "treatment"),
        (9, -20, "control"),
        (3, -20, "treatment"),
        (2, -10, "treatment"),
    ];
    let bought = [(0, -15, 3_000_i64), (0, -2, 9_000), (3, -19, 1_000), (4, -18, 5_000), (4, -17, 700), (2, -9, 400)];
    CouponFrames {
        campaigns: Some(campaigns(&[("K2", -18, -5, true)])),
        assignments: Some(frame(vec![
            text_column("campaign_id", &vec!["K2".to_owned(); 3]),
            text_column("customer_id", &[name(3), name(4), name(5)]),
            text_column("variant", &["mail".to_owned(), "mail".to_owned(), "control".to_owned()]),
            Column::new("assigned_at".into(), vec![micros(-18); 3]),
        ])),
        campaign_outcomes: None,
        customer_days: Some(frame(vec![
            text_column("customer_id", &bought.map(|row| name(row.0))),
            dates("sold_on", bought.map(|row| Some(day(row.1))).to_vec()),
            Column::new("orders".into(), vec![1_i64; bought.len()]),
            Column::new("net_amount".into(), bought.map(|row| row.2).to_vec()),
            Column::new("coupon_orders".into(), vec![0_i64; bought.len()]),
        ])),
        shadow_assignments: Some(frame(vec![
            text_column("campaign_id", &listed.map(|row| format!("coupons{}", row.1))),
            text_column("customer_id", &listed.map(|row| name(row.0))),
            text_column("variant", &listed.map(|row| row.2.to_owned())),
            Column::new("probability".into(), vec![0.9; listed.len()]),
            dates("assigned_on", listed.map(|row| Some(day(row.1))).to_vec()),
        ])),
        ..world(200, 0.1, 0.3, 0.0)
    }
}

#[test]
fn customers_are_counted_once_and_by_what_they_bought_in_the_fortnight_after() {
    let ctx = RunContext { mode: Mode::Shadow, ..ctx() };
    let beside = compare(&Facts::new(&ctx, &frames()).unwrap(), as_of().into()).unwrap();
    assert_eq!(beside.from.number(), day(-20));
    assert_eq!(beside.both, Group { customers: 1, known: 1, buyers: 1, spend: 1_000.0 });
    // The fortnight of customer 2 is not over; what customer 0 bought on the 18th day after does not count.
    assert_eq!(beside.listed, Group { customers: 3, known: 2, buyers: 1, spend: 3_000.0 });
    // Bought on the day of the mail: before it, for all that is known.
    assert_eq!(beside.written_to, Group { customers: 1, known: 1, buyers: 1, spend: 700.0 });
}

#[test]
fn a_list_in_the_shadow_is_told_beside_todays_and_a_live_one_is_not() {
    let section = |mode: Mode, frames: &CouponFrames| {
        let ctx = RunContext { mode, ..ctx() };
        let page = params().recommend(&ctx, frames, &Progress::silent()).unwrap().page;
        page.actions
            .into_iter()
            .find(|section| section.heading == "Beside who was written to")
            .map(|section| section.text)
    };
    let told = section(Mode::Shadow, &frames()).unwrap();
    assert_eq!(
        told[0],
        "From 2026-11-02 to 2026-11-22 our lists held 4 customers, today's process wrote to 2; 1 are on both."
    );
    let first = section(Mode::Shadow, &CouponFrames { shadow_assignments: None, ..frames() }).unwrap();
    assert!(first[0].starts_with("There is no earlier list in the shadow"), "{first:?}");
    assert_eq!(section(Mode::Live, &CouponFrames { shadow_assignments: None, ..frames() }), None);
}
