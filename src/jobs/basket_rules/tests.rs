use std::collections::BTreeSet;

use chrono::NaiveDate;
use polars::prelude::{Column, DataFrame, DataType};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::*;
use crate::quantities::Currency;
use crate::remembered::Remembered;

fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap() + chrono::TimeDelta::days(offset)
}

fn ctx() -> RunContext {
    RunContext {
        job: "rules".to_owned(),
        as_of: day(29),
        seed: 7,
        currency: Currency::new("EUR").unwrap(),
        stand_in: false,
        mode: crate::job::Mode::Live,
        closed_on: std::collections::BTreeSet::default(),
    }
}

fn date_column(name: &str, days: &[NaiveDate]) -> Column {
    let days: Vec<i32> = days.iter().map(NaiveDate::to_epoch_days).collect();
    Column::new(name.into(), days).cast(&DataType::Date).unwrap()
}

/// 300 baskets over 30 days: A and B together in every third, otherwise one of five others.
fn lines() -> DataFrame {
    let (mut orders, mut products, mut days) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..300_u32 {
        let other = format!("X{}", number % 7);
        let held: Vec<String> =
            if number % 3 == 0 { vec!["A".into(), "B".into()] } else { vec![other, format!("Y{}", number % 5)] };
        for product in held {
            orders.push(format!("O{number:03}"));
            products.push(product);
            days.push(day(i64::from(number % 30)));
        }
    }
    let n = orders.len();
    DataFrame::new(
        n,
        vec![
            Column::new("order_id".into(), orders),
            date_column("sold_on", &days),
            Column::new("product_id".into(), products),
            Column::new("quantity".into(), vec![2_000_i64; n]),
            Column::new("net_amount".into(), vec![500_i64; n]),
        ],
    )
    .unwrap()
}

fn products(costs: [Option<i64>; 2]) -> DataFrame {
    DataFrame::new(
        2,
        vec![
            Column::new("product_id".into(), ["A", "B"]),
            Column::new("name".into(), ["Milk", "Flakes"]),
            Column::new("category_path".into(), ["Grocery/Dairy", "Grocery/Cereal"]),
            Column::new("unit_cost".into(), costs.to_vec()),
        ],
    )
    .unwrap()
}

fn store(lines: &DataFrame, max_items: u32) -> BasketStore {
    BasketStore::read(lines, day(-150).into()..=day(29).into(), max_items).unwrap()
}

fn frames(products: Option<DataFrame>) -> BasketFrames {
    BasketFrames { baskets: store(&lines(), 100), products, ..BasketFrames::default() }
}

/// A night that begins from nothing.
fn read_whole(frames: &BasketFrames) -> BasketData {
    BasketData { frames: frames.clone(), carried_on: None }
}

/// A night that takes over from an earlier one, with the rows read tonight.
fn taken_over(params: &BasketRules, ctx: &RunContext, memory: &[u8], rows: &DataFrame) -> BasketData {
    let (baskets, carried_on) = memory::carried_on(Remembered::decode(memory).unwrap(), params, ctx, rows).unwrap();
    BasketData { frames: BasketFrames { baskets, ..BasketFrames::default() }, carried_on: Some(carried_on) }
}

fn run(params: &BasketRules, frames: &BasketFrames) -> Publication {
    let publication = params.recommend(&ctx(), &read_whole(frames), &Progress::silent()).unwrap();
    for table in &publication.tables {
        table.table.check(&table.frame).unwrap();
    }
    publication
}

fn codes(publication: &Publication) -> Vec<&str> {
    publication.caveats.iter().map(|caveat| caveat.code.as_str()).collect()
}

fn number(publication: &Publication, column: &str, row: usize) -> Option<f64> {
    publication.tables[0].frame.column(column).unwrap().f64().unwrap().get(row)
}

#[test]
fn the_planted_pair_is_found_with_the_figures_counted_by_hand() {
    let publication = run(&BasketRules::default(), &frames(Some(products([Some(100), Some(150)]))));
    let frame = &publication.tables[0].frame;
    // Of the products only A and B hold together beyond chance, in both directions; their categories are in no
    // other basket, so that there each basket holds both and nothing is beyond chance.
    assert_eq!(frame.height(), 2);
    assert_eq!(number(&publication, "lift", 0), Some(3.0));
    assert_eq!(number(&publication, "confidence", 0), Some(1.0));
    assert_eq!(number(&publication, "conviction", 0), None);
    // A -> B: (1 - 1/3) · 1000 · (5.00 - 1.50 · 2 units), to the cent.
    assert_eq!(number(&publication, "margin_per_1000", 0), Some(1_333.33));
    let sentence = frame.column("sentence").unwrap().str().unwrap().get(0).unwrap().to_owned();
    assert!(
        sentence.starts_with("Baskets with Milk contain Flakes 3.0 times as often as chance (in 100 of 100;"),
        "{sentence}"
    );
    assert_eq!(publication.page.headline, "2 product and 0 category rules hold beyond chance in 300 baskets");
    assert_eq!(publication.metrics[0].value, Some(2.0));
}

#[test]
fn without_products_rules_name_ids_and_carry_no_money() {
    let publication = run(&BasketRules::default(), &frames(None));
    assert_eq!(codes(&publication), ["no_customer_purchases", "short_history", "no_products"]);
    assert_eq!(number(&publication, "margin_per_1000", 0), None);
    let names = publication.tables[0].frame.column("antecedent_name").unwrap().str().unwrap().get(0).map(str::to_owned);
    assert_eq!(names.as_deref(), Some("A"));
}

#[test]
fn a_missing_cost_leaves_only_the_rules_that_lead_to_that_product_without_money() {
    let publication = run(&BasketRules::default(), &frames(Some(products([Some(100), None]))));
    assert!(codes(&publication).contains(&"no_unit_cost"));
    assert_eq!(number(&publication, "margin_per_1000", 0), None);
    assert!(number(&publication, "margin_per_1000", 1).is_some());
}

#[test]
fn baskets_above_the_cap_are_left_out_and_counted() {
    let params = BasketRules { max_basket_items: Count::new(1.0).unwrap(), ..BasketRules::default() };
    let none = BasketFrames { baskets: store(&lines(), 1), ..BasketFrames::default() };
    let error = params.recommend(&ctx(), &read_whole(&none), &Progress::silent()).unwrap_err();
    assert!(error.to_string().contains("no basket of at most 1 products"), "{error}");
    let mut big = lines();
    let extra = big.slice(0, 1);
    let extra = [("Z1", "O000"), ("Z2", "O000")].iter().fold(extra.clear(), |all, (product, order)| {
        let mut one = extra.clone();
        one.with_column(Column::new("product_id".into(), [*product])).unwrap();
        one.with_column(Column::new("order_id".into(), [*order])).unwrap();
        all.vstack(&one).unwrap()
    });
    big.vstack_mut(&extra).unwrap();
    let params = BasketRules { max_basket_items: Count::new(3.0).unwrap(), ..BasketRules::default() };
    let publication = run(&params, &BasketFrames { baskets: store(&big, 3), ..frames(None) });
    assert!(publication.caveats.iter().any(|caveat| caveat.code == "large_baskets" && caveat.count == 1));
    assert_eq!(publication.tables[0].frame.column("n_baskets").unwrap().i64().unwrap().get(0), Some(299));
}

#[test]
fn the_last_rules_are_graded_on_the_baskets_since_and_changes_are_told() {
    let first = run(&BasketRules::default(), &frames(None));
    let earlier = Some((day(9).into(), first.tables[0].frame.clone()));
    let again =
        run(&BasketRules::default(), &BasketFrames { earlier: earlier.clone(), graded: earlier, ..frames(None) });
    let grade = again.page.grade.unwrap().text;
    // 200 baskets since; A and B in a third of them each: 22 expected together, 67 found.
    assert!(
        grade[0].starts_with("2 of the 2 rules of 2026-03-10 that could be judged still hold (100 %), in the 200"),
        "{grade:?}"
    );
    assert_eq!(again.page.changes[0].text[0], "0 rules are new and 0 are gone since 2026-03-10.");
}

#[test]
fn a_single_basket_publishes_an_empty_table() {
    let publication =
        run(&BasketRules::default(), &BasketFrames { baskets: store(&lines().slice(0, 1), 100), ..frames(None) });
    assert_eq!(publication.tables[0].frame.height(), 0);
    assert!(publication.exports.is_empty());
}

#[test]
fn the_order_of_lines_does_not_matter() {
    let reversed = BasketFrames { baskets: store(&lines().reverse(), 100), ..frames(None) };
    let (one, other) = (run(&BasketRules::default(), &frames(None)), run(&BasketRules::default(), &reversed));
    assert!(one.tables[0].frame.equals_missing(&other.tables[0].frame));
}

#[test]
fn categories_are_cut_at_the_depth_and_parents_stay_apart() {
    let params: BasketRules = toml::from_str("category_depth = 1\nmax_length = 3").unwrap();
    let publication = run(&params, &frames(Some(products([Some(1), Some(1)]))));
    assert!(
        publication.tables[0]
            .frame
            .column("level")
            .unwrap()
            .str()
            .unwrap()
            .iter()
            .all(|level| level == Some("product"))
    );
    assert!(toml::from_str::<BasketRules>("max_length = 4").is_err());
    assert!(toml::from_str::<BasketRules>("min_suport = 0.1").is_err());
}

#[test]
fn blanks_around_the_levels_of_a_path_make_no_other_category() {
    let teas =
        ["Drinks/Tea", " Drinks / Tea", "Drinks //Tea", "Drinks/Tea ", "Drinks/Tea", "Drinks/ Tea", "/Drinks/Tea"];
    let known = |planted: [&str; 2]| {
        let teas = (0..).zip(teas).map(|(number, path)| (format!("X{number}"), path));
        let juices = (0..5).map(|number| (format!("Y{number}"), "Drinks/Juice"));
        let rows: Vec<(String, &str)> =
            ["A".to_owned(), "B".to_owned()].into_iter().zip(planted).chain(teas).chain(juices).collect();
        let columns = vec![
            Column::new("product_id".into(), rows.iter().map(|row| row.0.as_str()).collect::<Vec<_>>()),
            Column::new("name".into(), rows.iter().map(|row| row.0.as_str()).collect::<Vec<_>>()),
            Column::new("category_path".into(), rows.iter().map(|row| row.1).collect::<Vec<_>>()),
        ];
        frames(Some(DataFrame::new(rows.len(), columns).unwrap()))
    };
    let rules = |params: &BasketRules, planted: [&str; 2]| run(params, &known(planted)).tables[0].frame.clone();
    let all = BasketRules::default();
    let clean = rules(&all, ["Grocery/Dairy", "Grocery/Cereal"]);
    let levels = clean.column("level").unwrap().str().unwrap().iter();
    let sides = levels.zip(clean.column("antecedent").unwrap().str().unwrap().iter());
    let categories: BTreeSet<&str> =
        sides.filter(|side| side.0 == Some("category")).filter_map(|side| side.1).collect();
    assert_eq!(
        categories.into_iter().collect::<Vec<_>>(),
        ["Drinks/Juice", "Drinks/Tea", "Grocery/Cereal", "Grocery/Dairy"]
    );
    assert!(rules(&all, [" Grocery / Dairy", "Grocery/ Cereal/"]).equals_missing(&clean));
    // Whoever names a category may write it either way.
    let without = |category: &str| {
        let params = BasketRules { never: vec![category.to_owned()], ..BasketRules::default() };
        rules(&params, ["Grocery/Dairy", "Grocery/Cereal"])
    };
    assert!(without("Grocery / Dairy").equals_missing(&without("Grocery/Dairy")));
    assert!(without("Grocery / Dairy").height() < clean.height());
}

/// `per_day` baskets a day for days `from..to`: planted pairs, chance, a product that appears on day 25, and every seventh
/// day another mix.
fn shop(from: i64, to: i64, per_day: u32) -> DataFrame {
    let (mut orders, mut products, mut days, mut amounts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for offset in from..to {
        let mut chance = Pcg64Mcg::seed_from_u64(offset as u64);
        for number in 0..per_day {
            let size = 1 + chance.random_range(0..if offset % 7 == 0 { 7 } else { 4 });
            let mut held: BTreeSet<String> = (0..size).map(|_| format!("X{}", chance.random_range(0..40))).collect();
            if chance.random::<f64>() < 0.15 {
                held.extend(["A".to_owned(), "B".to_owned()]);
            }
            if offset >= 25 && chance.random::<f64>() < 0.2 {
                held.extend(["NEW".to_owned(), "X1".to_owned()]);
            }
            for product in held {
                orders.push(format!("{offset}-{number}"));
                products.push(product);
                days.push(day(offset));
                amounts.push(100 + (offset + i64::from(number)) % 7);
            }
        }
    }
    let n = orders.len();
    let columns = vec![
        Column::new("order_id".into(), orders),
        date_column("sold_on", &days),
        Column::new("product_id".into(), products),
        Column::new("quantity".into(), vec![1_000_i64; n]),
        Column::new("net_amount".into(), amounts),
    ];
    DataFrame::new(n, columns).unwrap()
}

#[test]
fn thirty_nights_that_carry_on_say_what_thirty_full_mines_say() {
    let params: BasketRules = toml::from_str(
        "window_days = 15\nmin_support_count = 6\nremember_from_rows = 1\nreread_days = 3\nmax_basket_items = 6",
    )
    .unwrap();
    let ids = (0..40).map(|number| format!("X{number}")).chain(["A".to_owned(), "B".to_owned()]);
    let ids: Vec<String> = ids.collect();
    let names: Vec<String> = ids.iter().map(|id| format!("Product {id}")).collect();
    let products = DataFrame::new(
        42,
        vec![
            Column::new("product_id".into(), ids),
            Column::new("name".into(), names),
            Column::new(
                "category_path".into(),
                (0..42).map(|number| format!("G{}/C{}", number % 2, number % 6)).collect::<Vec<_>>(),
            ),
            Column::new("brand".into(), (0..42).map(|number| format!("brand {}", number % 9)).collect::<Vec<_>>()),
            Column::new("unit_cost".into(), (0..42).map(|number| Some(50 + number)).collect::<Vec<Option<i64>>>()),
        ],
    )
    .unwrap();
    let mut memory: Option<Vec<u8>> = None;
    let mut carried_on = 0;
    for night in 15..45_i64 {
        let ctx = RunContext { as_of: day(night), ..ctx() };
        let window = day(night - 14).into()..=day(night).into();
        let full = BasketFrames {
            baskets: BasketStore::read(&shop(night - 14, night + 1, 60), window, 6).unwrap(),
            products: Some(products.clone()),
            ..BasketFrames::default()
        };
        let expected = params.recommend(&ctx, &read_whole(&full), &Progress::silent()).unwrap();
        let mut next = None;
        if let Some(bytes) = memory.take() {
            let mut data = taken_over(&params, &ctx, &bytes, &shop(night - 3, night + 1, 60).reverse());
            data.frames.products = Some(products.clone());
            // The day that entered and the day that left; what was read again was the same.
            assert_eq!(data.carried_on.as_ref().unwrap().changes.len(), 2);
            let found = params.recommend(&ctx, &data, &Progress::silent()).unwrap();
            for (found, expected) in found.tables.iter().zip(&expected.tables) {
                assert!(found.frame.equals_missing(&expected.frame), "night {night}: {}", found.table.name());
            }
            assert!(codes(&found).contains(&"remembered_baskets"));
            carried_on +=
                u32::from(found.page.details[0].figures.iter().any(|figure| figure.note.contains("carried on")));
            next = found.memory;
        }
        memory = next.or(expected.memory);
    }
    assert!(carried_on >= 25, "{carried_on}");
}

/// Eighty customers who buy A, most of them B some days later, and other things on other days.
fn purchases() -> DataFrame {
    let mut chance = Pcg64Mcg::seed_from_u64(5);
    let mut rows: Vec<(String, NaiveDate, String)> = Vec::new();
    for number in 0..80 {
        let mut buy = |offset: i64, product: &str| rows.push((format!("C{number}"), day(offset), product.to_owned()));
        let first = chance.random_range(-60..-20);
        buy(first, "A");
        if number % 4 != 0 {
            buy(first + chance.random_range(4..9), "B");
        }
        for _ in 0..6 {
            buy(chance.random_range(-60..29), &format!("X{}", chance.random_range(0..7)));
        }
    }
    rows.sort();
    rows.dedup();
    let columns = vec![
        Column::new("customer_id".into(), rows.iter().map(|row| row.0.clone()).collect::<Vec<_>>()),
        date_column("sold_on", &rows.iter().map(|row| row.1).collect::<Vec<_>>()),
        Column::new("product_id".into(), rows.iter().map(|row| row.2.clone()).collect::<Vec<_>>()),
    ];
    DataFrame::new(rows.len(), columns).unwrap()
}

#[test]
fn what_is_bought_next_is_told_and_carried_on_with_the_day_of_its_count() {
    let params = BasketRules { remember_from_rows: Count::literal(1), ..BasketRules::default() };
    let known = BasketFrames { purchases: Some(purchases()), ..frames(Some(products([Some(100), Some(150)]))) };
    let publication = run(&params, &known);
    let table = |publication: &Publication| publication.tables[4].frame.clone();
    let found = table(&publication);
    assert_eq!((publication.tables[4].table.name(), found.height()), ("next_purchases", 1));
    let text = |column: &str| found.column(column).unwrap().str().unwrap().get(0).unwrap().to_owned();
    assert_eq!([text("product_id"), text("next_id"), text("next_name")], ["A", "B", "Flakes"]);
    let whole = |column: &str| found.column(column).unwrap().i64().unwrap().get(0).unwrap();
    assert_eq!((whole("n_customers"), whole("n_followed"), whole("n_backward")), (80, 60, 0));
    assert!(
        text("sentence").starts_with("Of 80 customers who bought Milk, 60 bought Flakes within the next 28 days, ")
    );
    assert!(publication.page.actions.iter().any(|section| section.heading == "What customers buy next"));
    assert!(publication.exports.iter().any(|export| export.stem == "next-purchases"));
    let measures = publication.exports.iter().find(|export| export.stem == "rule-measures").unwrap();
    let height = publication.tables[1].frame.height();
    assert_eq!((measures.rows.len(), measures.columns[3].label.as_str()), (height, "n_expected"));
    assert!(height > 0 && measures.rows.iter().all(|row| row.len() == measures.columns.len()));
    assert!(!codes(&publication).contains(&"no_customer_purchases"));

    // The night after does not read the purchases: it tells what was counted, and when.
    let tomorrow = RunContext { as_of: day(30), ..ctx() };
    let mut later = taken_over(&params, &tomorrow, publication.memory.as_ref().unwrap(), &lines());
    later.frames.products = known.products.clone();
    let again = params.recommend(&tomorrow, &later, &Progress::silent()).unwrap();
    assert!(table(&again).equals_missing(&found));
    let counted = table(&again).column("counted_on").unwrap().date().unwrap().physical().get(0);
    assert_eq!(counted, Some(day(28).to_epoch_days()));

    // What may stand in no rule is not told either.
    let never = BasketRules { never: vec!["Grocery/Cereal".to_owned()], ..params };
    assert_eq!(table(&run(&never, &known)).height(), 0);
}

#[test]
fn the_sides_of_a_rule_may_be_limited_to_products_and_categories() {
    let known = frames(Some(products([Some(100), Some(150)])));
    let sides = |params: &BasketRules| -> Vec<[String; 3]> {
        let table = run(params, &known).tables[0].frame.clone();
        let text = |column: &str, row: usize| table.column(column).unwrap().str().unwrap().get(row).unwrap().to_owned();
        let rows =
            (0..table.height()).map(|row| [text("level", row), text("antecedent", row), text("consequent", row)]);
        rows.collect()
    };
    let has = |rows: &[[String; 3]], level: &str, left: &str, right: &str| {
        rows.contains(&[level, left, right].map(str::to_owned))
    };
    let params = BasketRules { levels: vec![RuleLevel::Product], ..BasketRules::default() };
    let all = sides(&params);
    assert!(has(&all, "product", "A", "B") && has(&all, "product", "B", "A"), "{all:?}");
    // By category on the right, by id on the left.
    for limited in [
        BasketRules { consequents: vec!["Grocery/Cereal".to_owned()], ..params.clone() },
        BasketRules { antecedents: vec!["A".to_owned()], ..params.clone() },
    ] {
        assert_eq!(sides(&limited), [["product", "A", "B"].map(str::to_owned)]);
    }
    // Rules between categories still tell which rules between products only echo them.
    let both = BasketRules { levels: vec![RuleLevel::Product, RuleLevel::Category], ..BasketRules::default() };
    let limited = BasketRules { consequents: vec!["B".to_owned()], ..both.clone() };
    let expected: Vec<_> =
        sides(&both).into_iter().filter(|[level, _, right]| level == "product" && right == "B").collect();
    assert_eq!(sides(&limited), expected);
}
