use chrono::NaiveDate;
use polars::prelude::{Column, DataFrame, DataType};

use super::*;
use crate::quantities::Currency;

fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap() + chrono::TimeDelta::days(offset)
}

fn ctx() -> RunContext {
    RunContext {
        job: "lift".to_owned(),
        as_of: day(29),
        seed: 7,
        currency: Currency::new("EUR").unwrap(),
        stand_in: false,
        mode: crate::job::Mode::Live,
        closed_on: std::collections::BTreeSet::default(),
    }
}

fn dates(name: &str, days: &[NaiveDate]) -> Column {
    let days: Vec<i32> = days.iter().map(NaiveDate::to_epoch_days).collect();
    Column::new(name.into(), days).cast(&DataType::Date).unwrap()
}

/// One campaign `K` from day 10 to `ends`.
fn campaigns(randomised: Option<bool>, ends: i64, contact_cost: Option<i64>) -> DataFrame {
    DataFrame::new(
        1,
        vec![
            Column::new("campaign_id".into(), ["K"]),
            Column::new("name".into(), ["Spring"]),
            Column::new("kind".into(), ["email"]),
            dates("starts_on", &[day(10)]),
            dates("ends_on", &[day(ends)]),
            Column::new("randomised".into(), vec![randomised]),
            Column::new("contact_cost".into(), vec![contact_cost]),
            Column::new("offer_id".into(), vec![None::<String>]),
            Column::new("budget".into(), vec![None::<i64>]),
            Column::new("primary_metric".into(), vec![Some("spend")]),
        ],
    )
    .unwrap()
}

/// `(customer, variant, probability)`.
fn assignments(rows: &[(String, &str, Option<f64>)]) -> DataFrame {
    DataFrame::new(
        rows.len(),
        vec![
            Column::new("campaign_id".into(), vec!["K"; rows.len()]),
            Column::new("customer_id".into(), rows.iter().map(|row| row.0.clone()).collect::<Vec<_>>()),
            Column::new("variant".into(), rows.iter().map(|row| row.1).collect::<Vec<_>>()),
            Column::new("probability".into(), rows.iter().map(|row| row.2).collect::<Vec<_>>()),
        ],
    )
    .unwrap()
}

/// `(customer, day, cents)`, one order each.
fn customer_days(rows: &[(String, i64, i64)]) -> DataFrame {
    DataFrame::new(
        rows.len(),
        vec![
            Column::new("customer_id".into(), rows.iter().map(|row| row.0.clone()).collect::<Vec<_>>()),
            dates("sold_on", &rows.iter().map(|row| day(row.1)).collect::<Vec<_>>()),
            Column::new("orders".into(), vec![1_i64; rows.len()]),
            Column::new("net_amount".into(), rows.iter().map(|row| row.2).collect::<Vec<_>>()),
            Column::new("coupon_orders".into(), vec![0_i64; rows.len()]),
        ],
    )
    .unwrap()
}

/// Customers 0..100 treated, 100..200 held out; in the window every second treated spends 2000, every fourth held out
/// 1000, nobody else anything; one stranger buys on day 0.
fn frames(randomised: Option<bool>, ends: i64, contact_cost: Option<i64>) -> CampaignFrames {
    let name = |number: i32| format!("C{number:03}");
    let arms: Vec<_> = (0..200).map(|n| (name(n), if n < 100 { "treatment" } else { "control" }, Some(0.5))).collect();
    let mut bought = vec![("stranger".to_owned(), 0, 100)];
    bought.extend(
        (0..200)
            .filter(|n| if *n < 100 { n % 2 == 0 } else { n % 4 == 0 })
            .map(|n| (name(n), 12 + i64::from(n % 5), if n < 100 { 2000 } else { 1000 })),
    );
    CampaignFrames {
        campaigns: campaigns(randomised, ends, contact_cost),
        assignments: assignments(&arms),
        customer_days: Some(customer_days(&bought)),
        campaign_outcomes: None,
        redemptions: None,
        products: None,
        daily_sales: None,
        our_campaigns: None,
        our_assignments: None,
        our_targets: None,
        earlier: None,
    }
}

fn params(margin: Option<f64>) -> CampaignLift {
    CampaignLift { margin_share: margin.map(|share| Share::new(share).unwrap()), ..CampaignLift::default() }
}

fn run(params: &CampaignLift, frames: &CampaignFrames) -> Publication {
    let publication = params.recommend(&ctx(), frames, &Progress::silent()).unwrap();
    CAMPAIGN_LIFT.check(&publication.tables[0].frame).unwrap();
    publication
}

fn row_of(publication: &Publication, metric: &str) -> usize {
    let metrics = publication.tables[0].frame.column("metric").unwrap().str().unwrap().clone();
    metrics.iter().position(|found| found == Some(metric)).unwrap()
}

fn number(publication: &Publication, metric: &str, column: &str) -> Option<f64> {
    publication.tables[0].frame.column(column).unwrap().f64().unwrap().get(row_of(publication, metric))
}

fn text(publication: &Publication, column: &str) -> String {
    let row = row_of(publication, "spend");
    publication.tables[0].frame.column(column).unwrap().str().unwrap().get(row).unwrap().to_owned()
}

fn codes(publication: &Publication) -> Vec<&str> {
    publication.caveats.iter().map(|caveat| caveat.code.as_str()).collect()
}

#[test]
fn everyone_assigned_counts_and_money_follows_from_the_difference() {
    let publication = run(&params(Some(0.4)), &frames(Some(true), 23, Some(50)));
    assert_eq!(number(&publication, "spend", "mean_treated"), Some(10.0));
    assert_eq!(number(&publication, "spend", "mean_control"), Some(2.5));
    assert_eq!(number(&publication, "spend", "difference"), Some(7.5));
    assert_eq!(number(&publication, "conversion", "difference"), Some(0.25));
    // 750 · 100 customers · 0.4 = 30000, contacts 5000.
    assert_eq!(number(&publication, "spend", "incremental_margin"), Some(300.0));
    assert_eq!(number(&publication, "spend", "net_value"), Some(250.0));
    assert_eq!(number(&publication, "spend", "return_on_spend"), Some(5.0));
    assert_eq!(number(&publication, "spend", "sample_ratio_p"), Some(1.0));
    assert_eq!(number(&publication, "spend", "p_adjusted"), number(&publication, "spend", "p_value"));
    assert_eq!(number(&publication, "conversion", "p_adjusted"), None);
    assert_eq!(text(&publication, "verdict"), "paid");
    assert!(
        publication.page.headline.starts_with("1 campaign paid, 0 lost, 0 unclear: +250 EUR net (+"),
        "{}",
        publication.page.headline
    );
    assert_eq!(publication.metrics[0].value, Some(25_000.0));
}

#[test]
fn redeemed_amounts_cost_what_the_margin_share_does_not_already_count() {
    let mut frames = frames(Some(true), 23, Some(50));
    frames.redemptions = Some(
        DataFrame::new(
            2,
            vec![
                Column::new("campaign_id".into(), ["K", "K"]),
                Column::new("customer_id".into(), ["C000", "C002"]),
                Column::new("amount".into(), vec![Some(500_i64), Some(500)]),
            ],
        )
        .unwrap(),
    );
    let publication = run(&params(Some(0.4)), &frames);
    assert_eq!(number(&publication, "spend", "cost"), Some(50.0 + 0.6 * 10.0));
}

#[test]
fn a_campaign_that_chance_did_not_decide_claims_no_money() {
    for randomised in [Some(false), None] {
        let publication = run(&params(Some(0.4)), &frames(randomised, 19, Some(50)));
        assert_eq!(
            (text(&publication, "verdict"), text(&publication, "grade")),
            ("not_randomised".into(), "quasi".into())
        );
        // Nobody bought before: change against change is the plain difference.
        assert_eq!(number(&publication, "spend", "difference"), Some(7.5));
        assert_eq!(number(&publication, "spend", "net_value"), None);
        assert_eq!(number(&publication, "spend", "return_on_spend"), None);
        assert!(codes(&publication).contains(&"not_randomised"));
    }
    // The ten days before a window of fourteen are not enough.
    let publication = run(&params(Some(0.4)), &frames(Some(false), 23, Some(50)));
    assert_eq!(text(&publication, "grade"), "descriptive");
    assert_eq!(number(&publication, "spend", "difference"), None);
    assert_eq!(number(&publication, "spend", "mean_treated"), Some(10.0));
}

#[test]
fn a_broken_split_claims_nothing() {
    let mut frames = frames(Some(true), 23, Some(50));
    let arms: Vec<_> =
        (0..200).map(|n| (format!("C{n:03}"), if n < 140 { "treatment" } else { "control" }, Some(0.5))).collect();
    frames.assignments = assignments(&arms);
    let publication = run(&params(Some(0.4)), &frames);
    assert_eq!(text(&publication, "verdict"), "broken_split");
    assert_eq!(number(&publication, "spend", "net_value"), None);
    assert_eq!(number(&publication, "spend", "p_adjusted"), None);
}

#[test]
fn an_open_window_is_running_and_a_future_or_old_campaign_is_not_scored() {
    let publication = run(&params(Some(0.4)), &frames(Some(true), 40, Some(50)));
    assert_eq!(text(&publication, "verdict"), "running");
    let short = CampaignLift { history_days: Days::new(5.0).unwrap(), ..params(Some(0.4)) };
    let publication = run(&short, &frames(Some(true), 23, Some(50)));
    assert_eq!((publication.tables[0].frame.height(), codes(&publication)), (0, vec!["too_old", "no_net_value"]));
    assert_eq!(publication.page.headline, "No campaign to score");
}

#[test]
fn missing_facts_about_money_are_named_and_leave_the_verdict_open() {
    let publication = run(&params(None), &frames(Some(true), 23, Some(50)));
    assert_eq!((text(&publication, "verdict"), codes(&publication)[0]), ("unclear".into(), "no_margin_share"));
    let publication = run(&params(Some(0.4)), &frames(Some(true), 23, None));
    assert_eq!((text(&publication, "verdict"), codes(&publication)[0]), ("unclear".into(), "no_contact_cost"));
    assert_eq!(number(&publication, "spend", "incremental_margin"), Some(300.0));
}

/// Hillstrom's men's e-mail against none, visits: 3,894 of 21,307 and 2,262 of 21,306 (MineThatData 2008); reference
/// figures by scipy 1.17.1.
#[test]
fn given_outcomes_reproduce_the_hillstrom_visit_rates() {
    let arms: Vec<_> =
        (0..42_613).map(|n| (format!("H{n}"), if n < 21_307 { "mens" } else { "control" }, Some(1.0 / 3.0))).collect();
    let visitors: Vec<String> = (0..3_894).chain(21_307..21_307 + 2_262).map(|n| format!("H{n}")).collect();
    let n = visitors.len();
    let outcomes = DataFrame::new(
        n,
        vec![
            Column::new("campaign_id".into(), vec!["K"; n]),
            Column::new("customer_id".into(), visitors),
            Column::new("metric".into(), vec!["conversion"; n]),
            Column::new("value".into(), vec![1.0; n]),
            Column::new("before".into(), vec![None::<f64>; n]),
        ],
    )
    .unwrap();
    let frames = CampaignFrames {
        assignments: assignments(&arms),
        customer_days: None,
        campaign_outcomes: Some(outcomes),
        ..frames(Some(true), 23, Some(50))
    };
    let publication = run(&params(Some(0.4)), &frames);
    let value = |column: &str| publication.tables[0].frame.column(column).unwrap().f64().unwrap().get(0).unwrap();
    for (column, expected) in [
        ("lower", 0.069_953_147_609_761_48),
        ("upper", 0.083_225_979_693_301),
        ("relative_lift", 0.721_404_616_781_399),
    ] {
        assert!((value(column) / expected - 1.0).abs() < 1e-9, "{column}: {}", value(column));
    }
    assert!((value("p_value") / 1.364_451_196_274_290_5e-112 - 1.0).abs() < 1e-6);
    assert!(codes(&publication).contains(&"unknown_primary_metric"));
}

#[test]
fn unequal_probabilities_are_compared_within_equal_ones() {
    // Heavy buyers (spend 1000 ± 100 whatever the arm) are held out with probability 0.2, light ones (0 to 200) with 0.8.
    let (mut arms, mut bought) = (Vec::new(), vec![("stranger".to_owned(), 0, 1)]);
    for n in 0..200_i64 {
        let (heavy, held_out) = (n < 100, if n < 100 { n % 5 == 0 } else { n % 5 != 0 });
        let p = if heavy == held_out { 0.2 } else { 0.8 };
        arms.push((format!("C{n:03}"), if held_out { "control" } else { "treatment" }, Some(p)));
        bought.push((format!("C{n:03}"), 12, if heavy { 1000 } else { 100 } + if n / 5 % 2 == 0 { 100 } else { -100 }));
    }
    let frames = CampaignFrames {
        assignments: assignments(&arms),
        customer_days: Some(customer_days(&bought)),
        ..frames(Some(true), 23, Some(0))
    };
    let publication = run(&params(Some(0.4)), &frames);
    assert!(number(&publication, "spend", "difference").unwrap().abs() < 1e-9);
    assert!(codes(&publication).contains(&"stratified"));
}

#[test]
fn our_own_lists_are_added_and_graded_against_their_promise() {
    let mut all = frames(Some(true), 23, Some(50));
    let none = |frame: &DataFrame| frame.clear();
    let mut campaign = all.campaigns.clone();
    campaign.with_column(Column::new("contact_cost".into(), [Some(0.5)])).unwrap();
    all.our_campaigns = Some(campaign);
    let mut ours = all.assignments.clone();
    ours.with_column(dates("assigned_on", &[day(9); 200])).unwrap();
    all.our_assignments = Some(ours);
    (all.campaigns, all.assignments) = (none(&all.campaigns), none(&all.assignments));
    all.our_targets = Some(
        DataFrame::new(
            2,
            vec![Column::new("campaign_id".into(), ["K", "K"]), Column::new("expected_value".into(), [100.0, 120.0])],
        )
        .unwrap(),
    );
    let publication = run(&params(Some(0.4)), &all);
    assert_eq!(
        publication.page.grade.unwrap().text[0],
        "Our 1 finished coupon list promised +220 EUR and brought +250 EUR; 1 of 1 promises lie within the measured interval."
    );
}

#[test]
fn the_margin_share_is_that_of_the_year_and_says_what_it_rests_on() {
    let mut all = frames(Some(true), 23, Some(50));
    all.products = Some(
        DataFrame::new(
            2,
            vec![
                Column::new("product_id".into(), ["A", "B"]),
                Column::new("name".into(), ["A", "B"]),
                Column::new("unit_cost".into(), vec![Some(60_i64), None]),
            ],
        )
        .unwrap(),
    );
    all.daily_sales = Some(
        DataFrame::new(
            3,
            vec![
                dates("sold_on", &[day(1), day(2), day(-400)]),
                Column::new("product_id".into(), ["A", "B", "A"]),
                Column::new("location_id".into(), ["L", "L", "L"]),
                Column::new("returned_quantity".into(), [0_i64, 0, 0]),
                Column::new("quantity".into(), [10_000_i64, 1_000, 1_000_000]),
                Column::new("net_amount".into(), [1_000_i64, 1_000, 1]),
            ],
        )
        .unwrap(),
    );
    let publication = run(&params(None), &all);
    assert_eq!(number(&publication, "spend", "incremental_margin"), Some(300.0));
    assert!(codes(&publication).contains(&"margin_share_partial"));
}

#[test]
fn the_same_rows_in_another_order_give_the_same_table() {
    let one = frames(Some(true), 23, Some(50));
    let other = CampaignFrames {
        assignments: one.assignments.reverse(),
        customer_days: one.customer_days.as_ref().map(DataFrame::reverse),
        ..one.clone()
    };
    let [one, other] = [one, other].map(|frames| run(&params(Some(0.4)), &frames).tables.remove(0).frame);
    assert!(one.equals_missing(&other));
}
