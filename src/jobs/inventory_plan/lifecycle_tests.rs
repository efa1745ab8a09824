//! What begins, ends, never comes and cannot be planned, worked out by hand. It is Monday, 23 November 2026.

use polars::prelude::{Column, DataFrame, DataType, NamedFrom, Series};

use super::InventoryPlan;
use super::dataset::{InventoryFrames, shape};
use super::tests::{
    AS_OF, dated, day, deliveries, exception_codes, forecast, number, one_line, open_orders, products, publish, reals,
    rows, run, sales, stock, texts,
};
use crate::publication::Publication;
use crate::published::{INVENTORY_EXCEPTIONS, INVENTORY_RECOMMENDATIONS, INVENTORY_TRANSFERS};
use crate::quantities::{Days, Share};

fn with_days(mut products: DataFrame, name: &str, days: &[Option<&str>]) -> DataFrame {
    let days: Vec<Option<i32>> = days.iter().map(|day| day.map(number)).collect();
    let column: Column = Series::new(name.into(), days).cast(&DataType::Date).unwrap().into();
    products.with_column(column).unwrap();
    products
}

/// Code, value and sentence of the exceptions of a product.
fn exceptions_of(publication: &Publication, product: &str) -> Vec<(String, Option<f64>, String)> {
    let frame = rows(publication, &INVENTORY_EXCEPTIONS);
    let (codes, values, sentences) = (texts(frame, "code"), reals(frame, "value"), texts(frame, "text"));
    let of = texts(frame, "product_id");
    (0..of.len())
        .filter(|row| of[*row].as_deref() == Some(product))
        .map(|row| (codes[row].clone().unwrap(), values[row], sentences[row].clone().unwrap()))
        .collect()
}

#[test]
fn an_order_that_never_came_is_given_up_named_and_not_counted() {
    // Lead times of 2 days, quoted: patience is 16 days, 14 more than expected.
    let with = |due_on: &str| {
        let frames =
            InventoryFrames { open_orders: Some(open_orders(&[("A", 500, due_on, "2025-10-01")])), ..one_line() };
        run(&InventoryPlan::default(), &frames)
    };
    let late = with("2026-11-09");
    assert_eq!(reals(rows(&late, &INVENTORY_RECOMMENDATIONS), "on_order"), [Some(500.0)]);
    assert!(exception_codes(&late).contains(&"late_order".to_owned()));
    let given_up = with("2026-11-08");
    let advice = rows(&given_up, &INVENTORY_RECOMMENDATIONS);
    // 85 at 95 %, 27 on hand, packs of 12.
    assert_eq!((reals(advice, "on_order"), reals(advice, "order_quantity")), (vec![Some(0.0)], vec![Some(60.0)]));
    let found = exceptions_of(&given_up, "A");
    let (code, value, text) = &found[0];
    assert_eq!((code.as_str(), *value), ("order_given_up", Some(750.0)));
    assert!(text.starts_with("500 on order were due on 2026-11-08, 15 days ago"), "{text}");
    assert!(texts(advice, "explanation")[0].as_ref().unwrap().contains("given up and not counted"));
    assert!(!exception_codes(&given_up).contains(&"late_order".to_owned()));
}

#[test]
fn what_is_no_longer_sold_is_cancelled_and_marked_down_and_what_begins_is_ordered() {
    let all =
        products(&[("A", Some("V1"), Some(150)), ("GONE", Some("V1"), Some(200)), ("NEW", Some("V1"), Some(100))]);
    let all = with_days(all, "discontinued_on", &[None, Some("2026-11-23"), None]);
    let frames = |launch: &str| InventoryFrames {
        products: with_days(all.clone(), "launched_on", &[None, None, Some(launch)]),
        stock_levels: stock(&[(AS_OF, "A", 27), (AS_OF, "GONE", 90)]),
        open_orders: Some(open_orders(&[("GONE", 200, "2026-11-26", "2026-11-20")])),
        ..one_line()
    };
    // An order of Thursday 26 is there on Saturday 28, one of Monday 30 on Wednesday 2.
    let publication = run(&InventoryPlan::default(), &frames("2026-11-30"));
    let codes: Vec<_> = exceptions_of(&publication, "GONE").into_iter().map(|(code, value, _)| (code, value)).collect();
    assert_eq!(codes, [("cancel_order".to_owned(), Some(400.0)), ("phase_out_stock".to_owned(), Some(180.0))]);
    let launch = exceptions_of(&publication, "NEW");
    assert_eq!(launch[0].0, "launch_without_stock");
    assert!(launch[0].2.contains("Order the first stock on 2026-11-26: it arrives by 2026-11-28"), "{}", launch[0].2);
    let too_late = run(&InventoryPlan::default(), &frames("2026-11-25"));
    assert!(exceptions_of(&too_late, "NEW")[0].2.ends_with("too late for the first day"));
    let in_time = run(&InventoryPlan::default(), &frames("2026-12-02"));
    assert_eq!(exceptions_of(&in_time, "NEW"), []);
    // What ends within the days that count is sold off while it sells: 40 of 90 until Friday, and nothing after.
    let ends = InventoryFrames {
        forecast: Some((day(AS_OF), forecast(&["A", "GONE"], 28))),
        products: with_days(all.clone(), "discontinued_on", &[None, Some("2026-11-27"), None]),
        ..frames("2027-01-01")
    };
    let ending = exceptions_of(&run(&InventoryPlan::default(), &ends), "GONE");
    let codes: Vec<&str> = ending.iter().map(|(code, ..)| code.as_str()).collect();
    assert_eq!(codes, ["phase_out_stock"]);
    // 90 and the 200 that come on Thursday, less 45 at 95 %.
    assert_eq!(ending[0].1, Some(245.0 * 2.0));
}

#[test]
fn stock_that_does_not_move_for_a_year_is_dead_and_what_came_later_is_not() {
    let lines = |last_sale: &str, came: &str| {
        let counts = stock(&[("2025-01-01", "A", 30), (came, "D", 80), (AS_OF, "A", 27), (AS_OF, "D", 80)]);
        InventoryFrames {
            products: products(&[("A", Some("V1"), Some(150)), ("D", Some("V1"), Some(200))]),
            stock_levels: counts,
            daily_sales: sales(&[("2025-01-01", "A", 9), (last_sale, "D", 1)]),
            ..one_line()
        }
    };
    let dead = exceptions_of(&run(&InventoryPlan::default(), &lines("2025-11-23", "2025-01-01")), "D");
    assert_eq!(dead.len(), 1, "{dead:?}");
    assert_eq!((dead[0].0.as_str(), dead[0].1), ("dead_stock", Some(160.0)));
    assert!(dead[0].2.contains("80 on hand worth 160.00 EUR and not one sold for 365 days"), "{}", dead[0].2);
    for (last_sale, came) in [("2025-11-24", "2025-01-01"), ("2025-01-02", "2026-05-01")] {
        let found = exceptions_of(&run(&InventoryPlan::default(), &lines(last_sale, came)), "D");
        assert_eq!(found[0].0, "no_forecast", "{last_sale} {came}");
    }
}

#[test]
fn a_line_that_a_list_without_zeros_leaves_out_has_nothing() {
    let frames = |zero: i64| InventoryFrames {
        forecast: Some((day(AS_OF), forecast(&["A", "B"], 28))),
        products: products(&[("A", Some("V1"), Some(150)), ("B", Some("V1"), Some(150))]),
        stock_levels: stock(&[
            ("2026-11-02", "A", 40),
            ("2026-11-02", "B", 40),
            ("2026-11-03", "A", zero),
            (AS_OF, "A", 27),
        ]),
        ..one_line()
    };
    let on_hand = |publication: &Publication| reals(rows(publication, &INVENTORY_RECOMMENDATIONS), "on_hand");
    let publication = run(&InventoryPlan::default(), &frames(39));
    assert_eq!(on_hand(&publication), [Some(27.0), Some(0.0)]);
    assert!(publication.caveats.iter().any(|caveat| caveat.code == "taken_for_empty" && caveat.count == 1));
    // A list with zeros would have one for B.
    assert_eq!(on_hand(&run(&InventoryPlan::default(), &frames(0))), [Some(27.0), Some(40.0)]);
}

#[test]
fn a_plan_says_first_what_it_could_not_plan_and_one_of_too_little_is_held_back() {
    let frames = InventoryFrames {
        forecast: Some((day(AS_OF), forecast(&["A", "B", "C"], 28))),
        products: products(&[("A", Some("V1"), Some(1)), ("B", Some("V1"), Some(1)), ("C", Some("V1"), Some(1))]),
        ..one_line()
    };
    let publication = run(&InventoryPlan::default(), &frames);
    let headline = &publication.page.headline;
    assert!(
        headline.starts_with("2 of 3 lines could not be planned (2 without a stock record). Of the others: "),
        "{headline}"
    );
    assert_eq!(publication.audits[0].offending.len(), 1);
    let content = InventoryPlan { min_planned_share: Share::literal(0.3), ..InventoryPlan::default() };
    assert_eq!(run(&content, &frames).audits[0].offending, Vec::<String>::new());
    let mut elsewhere = frames.stock_levels.clone();
    elsewhere.with_column(Column::new("location_id".into(), vec!["MAIN"; elsewhere.height()])).unwrap();
    let nothing = run(&InventoryPlan::default(), &InventoryFrames { stock_levels: elsewhere, ..frames });
    let expected = "Nothing could be planned: 3 of 3 lines could not be planned (3 without a stock record): sales are at `S1`, stock is \
                    at `MAIN`, and no location has both";
    assert_eq!(nothing.page.headline, expected);
}

#[test]
fn what_is_dated_backwards_or_unknown_is_counted_and_teaches_nothing() {
    let mut received = deliveries(&[("A", "2026-11-20", "2026-11-02", 12), ("A", "2026-11-02", "2026-11-04", 12)]);
    received.with_column(Column::new("supplier_id".into(), ["V1", "V9"])).unwrap();
    let frames = InventoryFrames {
        deliveries: Some(received),
        open_orders: Some(open_orders(&[("A", 12, "2026-11-19", "2026-11-20")])),
        ..one_line()
    };
    let facts = shape(day(AS_OF), &frames).unwrap();
    assert_eq!(facts.lead_times.keys().collect::<Vec<_>>(), ["V9"]);
    assert_eq!(facts.deliveries.values().map(Vec::len).sum::<usize>(), 2, "both arrived");
    let publication = publish(&InventoryPlan::default(), &facts);
    for code in ["deliveries_reversed", "orders_reversed", "unknown_suppliers"] {
        assert!(publication.caveats.iter().any(|caveat| caveat.code == code && caveat.count == 1), "{code}");
    }
}

#[test]
fn both_dates_of_arrival_are_published_and_weights_are_ordered_in_their_own_step() {
    // Five deliveries: half within 3 days, nine of ten within 9.
    let took = ["2026-11-04", "2026-11-05", "2026-11-05", "2026-11-06", "2026-11-11"];
    let took: Vec<(&str, &str, &str, i64)> = took.iter().map(|received| ("A", "2026-11-02", *received, 12)).collect();
    let mut received = deliveries(&took);
    received.with_column(Column::new("location_id".into(), ["S1", "S2", "S3", "S4", "S5"])).unwrap();
    let mut products = products(&[("A", Some("V1"), Some(150))]);
    products.with_column(Column::new("pack_size".into(), [None::<i64>])).unwrap();
    let mut sold = sales(&[("2026-11-22", "A", 9), (AS_OF, "A", 9)]);
    sold.with_column(Column::new("quantity".into(), [8_750_i64, 9_000])).unwrap();
    let frames = InventoryFrames {
        products,
        deliveries: Some(received),
        daily_sales: sold,
        open_orders: Some(open_orders(&[])),
        stock_levels: stock(&[(AS_OF, "A", 27)]),
        ..one_line()
    };
    let publication = run(&InventoryPlan::default(), &frames);
    let advice = rows(&publication, &INVENTORY_RECOMMENDATIONS);
    let dates = |name: &str| dated(advice.clone(), &[name]).column(name).unwrap().date().unwrap().physical().get(0);
    assert_eq!(dates("arrives_on"), Some(number("2026-11-29")));
    assert_eq!(dates("arrives_by"), Some(number("2026-12-05")));
    let ordered = reals(advice, "order_quantity")[0].unwrap();
    assert!(ordered > 50.0 && (ordered * 4.0).fract() == 0.0, "{ordered}");
}

#[test]
fn the_rest_of_a_supplier_that_ships_short_for_good_does_not_count() {
    // Orders of 12 of A, of which 8 came; the last is due on Friday. Of the earlier ones the rest never came, or came a week later.
    let orders = |n_old: usize| {
        let days: Vec<(String, String)> =
            (0..n_old).map(|n| (format!("2026-09-{:02}", n + 10), format!("2026-09-{:02}", n + 5))).collect();
        let mut rows: Vec<(&str, i64, &str, &str)> =
            days.iter().map(|(due, ordered)| ("A", 4, due.as_str(), ordered.as_str())).collect();
        rows.push(("A", 4, "2026-11-27", "2026-11-23"));
        let mut frame = open_orders(&rows);
        frame.with_column(Column::new("received".into(), vec![8_000_i64; rows.len()])).unwrap();
        let numbers: Vec<String> = (0..rows.len()).map(|n| format!("N{n}")).collect();
        frame.with_column(Column::new("order_number".into(), numbers)).unwrap();
        frame
    };
    let on_order = |n_old: usize, received: DataFrame| {
        let frames = InventoryFrames { open_orders: Some(orders(n_old)), deliveries: Some(received), ..one_line() };
        let publication = run(&InventoryPlan::default(), &frames);
        let told = exception_codes(&publication).contains(&"short_deliveries".to_owned());
        (reals(rows(&publication, &INVENTORY_RECOMMENDATIONS), "on_order")[0].unwrap(), told)
    };
    assert_eq!(on_order(6, deliveries(&[])), (0.0, true));
    assert_eq!(on_order(4, deliveries(&[])), (4.0, false), "four say too little");
    let mut twice = deliveries(&[
        ("A", "2026-06-01", "2026-06-03", 8),
        ("A", "2026-06-01", "2026-06-10", 4),
        ("A", "2026-07-01", "2026-07-03", 8),
        ("A", "2026-07-01", "2026-07-10", 4),
    ]);
    twice.with_column(Column::new("order_number".into(), ["O1", "O1", "O2", "O2"])).unwrap();
    assert_eq!(on_order(6, twice), (4.0, false), "two of eight came");
}

#[test]
fn what_one_location_can_spare_is_moved_to_where_sales_would_be_lost() {
    // S1: 27 on hand, 10 a day, an order of Thursday is there on Saturday: 17, 7, then 3 and 10 are lost, of Thursday and Friday. A move
    // is there on Wednesday. S2 has 400 and needs 85; S3, where A is not sold any more, has 5.
    let two = |frame: DataFrame, column: &str, places: &[&str]| {
        let mut all = frame.clone();
        for place in &places[1..] {
            let mut more = frame.clone();
            more.with_column(Column::new(column.into(), vec![*place; more.height()])).unwrap();
            all = all.vstack(&more).unwrap();
        }
        all
    };
    let mut levels = stock(&[(AS_OF, "A", 27), (AS_OF, "A", 400), (AS_OF, "A", 5)]);
    levels.with_column(Column::new("location_id".into(), ["S1", "S2", "S3"])).unwrap();
    let frames = InventoryFrames {
        forecast: Some((day(AS_OF), two(forecast(&["A"], 28), "location_id", &["S1", "S2"]))),
        stock_levels: levels,
        daily_sales: two(sales(&[(AS_OF, "A", 9)]), "location_id", &["S1", "S2"]),
        open_orders: Some(open_orders(&[])),
        ..one_line()
    };
    let publication = run(&InventoryPlan::default(), &frames);
    let moves = rows(&publication, &INVENTORY_TRANSFERS);
    assert_eq!(texts(moves, "from_location_id"), [Some("S2".to_owned())]);
    assert_eq!((reals(moves, "quantity"), reals(moves, "value")), (vec![Some(13.0)], vec![Some(39.0)]));
    let red = exceptions_of(&publication, "A").into_iter().find(|(code, ..)| code == "stock_out_risk").unwrap();
    assert!(red.2.ends_with("Move 13 from S2"), "{}", red.2);
    assert!(publication.exports.iter().any(|export| export.stem == "inventory-transfers"));
    // Moves that take four days come on Saturday, as the order does.
    let slow = InventoryPlan { transfer_days: Days::literal(4), ..InventoryPlan::default() };
    assert_eq!(rows(&run(&slow, &frames), &INVENTORY_TRANSFERS).height(), 0);
}

#[test]
fn nobody_gives_what_runs_out_before_the_own_order_comes_nor_what_was_just_put_there() {
    let at = |places: &[&str], mut frame: DataFrame| {
        frame.with_column(Column::new("location_id".into(), places)).unwrap();
        frame
    };
    let both = at(&["S2"; 28], forecast(&["A"], 28));
    // S2 holds 110 of 10 a day, and 100 come on the thirteenth day: by then it has none to give.
    let frames = |levels: DataFrame, orders: DataFrame, both: Option<&DataFrame>| InventoryFrames {
        forecast: Some((
            day(AS_OF),
            both.map_or(forecast(&["A"], 28), |more| forecast(&["A"], 28).vstack(more).unwrap()),
        )),
        stock_levels: levels,
        open_orders: Some(orders),
        ..one_line()
    };
    let moves = |frames: &InventoryFrames| {
        let settings = InventoryPlan { default_lead_time_days: Some(Days::literal(14)), ..InventoryPlan::default() };
        let unsupplied = InventoryFrames {
            products: products(&[("A", None, Some(150))]),
            forecast: frames.forecast.clone(),
            stock_levels: frames.stock_levels.clone(),
            open_orders: frames.open_orders.clone(),
            ..one_line()
        };
        rows(&run(&settings, &unsupplied), &INVENTORY_TRANSFERS).height()
    };
    let late = at(&["S2"], open_orders(&[("A", 100, "2026-12-06", "2026-11-22")]));
    let levels = |days: [&str; 2], there: i64| at(&["S1", "S2"], stock(&[(days[0], "A", 0), (days[1], "A", there)]));
    assert_eq!(moves(&frames(levels([AS_OF, AS_OF], 110), late.clone(), Some(&both))), 0);
    assert_eq!(moves(&frames(levels([AS_OF, AS_OF], 330), late, Some(&both))), 1, "with 220 more it has");
    // A store room gives what it has; a shop that opens keeps it.
    let none = || open_orders(&[]);
    assert_eq!(moves(&frames(levels([AS_OF, AS_OF], 60), none(), None)), 1);
    let long = at(&["S1", "S1", "S2"], stock(&[("2026-01-02", "A", 9), (AS_OF, "A", 0), (AS_OF, "A", 60)]));
    assert_eq!(moves(&frames(long, none(), None)), 0);
}

#[test]
fn a_supplier_that_has_become_slower_is_planned_as_it_is_now() {
    // Forty orders that took two days, then six that took nine.
    let first = number("2026-08-01");
    let days: Vec<(String, String)> = (0..46)
        .map(|n| {
            let took = if n < 40 { 2 } else { 9 };
            (day_text(first + n), day_text(first + n + took))
        })
        .collect();
    let came: Vec<(&str, &str, &str, i64)> =
        days.iter().map(|(ordered, received)| ("A", ordered.as_str(), received.as_str(), 10)).collect();
    let told = |n: usize| {
        let frames = InventoryFrames { deliveries: Some(deliveries(&came[..n])), ..one_line() };
        let publication = run(&InventoryPlan::default(), &frames);
        let lead_time = reals(rows(&publication, &INVENTORY_RECOMMENDATIONS), "lead_time_days")[0].unwrap();
        (lead_time, exception_codes(&publication).contains(&"lead_time_changed".to_owned()))
    };
    assert_eq!(told(40), (2.0, false));
    // Of the newest orders only the fast ones are there yet: that is no change.
    let first = number(AS_OF) - 80;
    let spread: Vec<(String, String)> = (0..80)
        .map(|n| (day_text(first + n), day_text(first + n + 2 + (n * 7) % 11)))
        .filter(|(_, received)| received.as_str() <= AS_OF)
        .collect();
    let came_of_spread: Vec<(&str, &str, &str, i64)> =
        spread.iter().map(|(ordered, received)| ("A", ordered.as_str(), received.as_str(), 10)).collect();
    let frames = InventoryFrames { deliveries: Some(deliveries(&came_of_spread)), ..one_line() };
    let publication = run(&InventoryPlan::default(), &frames);
    assert!(!exception_codes(&publication).contains(&"lead_time_changed".to_owned()));
    assert_eq!(told(46), (9.0, true));
}

fn day_text(number: i32) -> String {
    crate::day::Day::from_number(number).to_string()
}

#[test]
fn an_order_for_a_line_that_nobody_knows_is_named() {
    let mut orders = open_orders(&[("A", 60, "2026-11-27", "2026-11-20"), ("A", 12, "2026-11-27", "2026-11-20")]);
    orders.with_column(Column::new("location_id".into(), ["L1", "S1"])).unwrap();
    let frames = InventoryFrames { open_orders: Some(orders), ..one_line() };
    let publication = run(&InventoryPlan::default(), &frames);
    let found = exceptions_of(&publication, "A").into_iter().find(|(code, ..)| code == "stray_order").unwrap();
    assert_eq!(found.1, Some(90.0));
    assert!(publication.caveats.iter().any(|caveat| caveat.code == "stray_order"));
}

#[test]
fn a_launch_without_stock_is_told_of_until_something_is_sold() {
    let told = |launch: &str, due: Option<&str>| {
        let all = products(&[("A", Some("V1"), Some(150)), ("NEW", Some("V1"), Some(100))]);
        let mut orders = vec![("A", 12, "2026-11-27", "2026-11-23")];
        orders.extend(due.map(|due| ("NEW", 50, due, "2025-10-20")));
        let frames = InventoryFrames {
            products: with_days(all, "launched_on", &[None, Some(launch)]),
            open_orders: Some(open_orders(&orders)),
            ..one_line()
        };
        let found = exceptions_of(&run(&InventoryPlan::default(), &frames), "NEW");
        found.into_iter().find(|(code, ..)| code == "launch_without_stock").map(|(.., text)| text)
    };
    assert!(told("2026-11-25", None).unwrap().contains("nothing is on hand or on order anywhere"));
    let all = with_days(
        products(&[("A", Some("V1"), Some(150)), ("NEW", Some("V1"), Some(100))]),
        "launched_on",
        &[None, Some("2026-11-25")],
    );
    let headline = run(&InventoryPlan::default(), &InventoryFrames { products: all, ..one_line() }).page.headline;
    assert!(headline.ends_with("; 1 other red exception"), "{headline}");
    assert!(told("2026-11-20", None).unwrap().starts_with("First day on sale was 2026-11-20"));
    assert!(told("2026-11-25", Some("2026-12-11")).unwrap().contains("16 days later"));
    assert_eq!(told("2026-11-27", Some("2026-11-26")), None);
    assert_eq!(told("2026-09-01", None), None, "twelve weeks ago: it is another matter");
    // An order that was due a year ago brings nothing.
    assert!(told("2026-11-25", Some("2025-11-01")).is_some());
}
