use std::collections::BTreeSet;

use chrono::NaiveDate;
use polars::prelude::{Column, DataFrame, DataType, NamedFrom, Series};

use super::accuracy::{Accuracy, Basis};
use super::daily_sales::{DailySales, PackedSales};
use super::dataset::{Frames, shaped};
use super::earlier_forecast::{EarlierDay, EarlierForecast, EarlierNode};
use super::facts::DemandData;
use super::history::SeriesHistory;
use super::memory::{Memory, Recalled, sales_since};
use super::node_key::NodeKey;
use super::recommend::decide;
use super::regressors::{PromotionIndex, applies, known_columns};
use super::score::DaysAhead;
use super::{DemandForecast, Inputs, Job};
use crate::category_path::CategoryPath;
use crate::datasets::{Promotion, Sale};
use crate::day::Day;
use crate::job::{Progress, RunContext};
use crate::publication::Publication;
use crate::published::{DEMAND_FORECASTS, FORECAST_ACCURACY};
use crate::quantities::{Currency, Days};
use crate::remembered::Remembered;

const N_DAYS: i32 = 200;

fn ctx() -> RunContext {
    let as_of = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    RunContext {
        job: "demand_forecast".to_owned(),
        as_of,
        seed: 1,
        currency: Currency::new("EUR").unwrap(),
        stand_in: false,
        mode: crate::job::Mode::Live,
        closed_on: std::collections::BTreeSet::default(),
    }
}

fn job() -> DemandForecast {
    DemandForecast { horizon_days: Days::literal(7), step_days: Days::literal(7), ..DemandForecast::default() }
}

fn dates(name: &str, days: &[Option<i32>]) -> Column {
    Series::new(name.into(), days).cast(&DataType::Date).unwrap().into()
}

fn column<T, P: ?Sized>(name: &str, values: T) -> Column
where
    Series: NamedFrom<T, P>,
    T: AsRef<P>,
{
    Series::new(name.into(), values).into()
}

/// What is read, before it is shaped.
struct Shop {
    sales: DataFrame,
    stock_levels: Option<DataFrame>,
    products: Option<DataFrame>,
}

/// What the job makes of it.
fn data_of(shop: &Shop) -> DemandData {
    let as_of = Day::from(ctx().as_of);
    let first_day = job().first_day(as_of);
    let sales = DailySales::read(&shop.sales, shop.stock_levels.as_ref(), first_day, as_of).unwrap();
    let frames = Frames { products: shop.products.clone(), ..Frames::default() };
    shaped(&frames, &sales, shop.stock_levels.is_some(), &BTreeSet::new()).unwrap()
}

/// Two products in one branch of the tree, one without a category; steady weeks.
fn frames() -> Shop {
    let as_of = ctx().as_of.to_epoch_days();
    let mut rows: Vec<(i32, &str, &str, i64)> = Vec::new();
    for (index, (product, location)) in [("A", "L1"), ("A", "L2"), ("B", "L1"), ("C", "L1")].into_iter().enumerate() {
        for day in as_of - N_DAYS + 1..=as_of {
            let units =
                4 + index as i64 * 3 + i64::from(day.rem_euclid(7)) + i64::from((day * 31 + 7 * index as i32) % 5);
            rows.push((day, product, location, units * 1000));
        }
    }
    let sales = DataFrame::new(
        rows.len(),
        vec![
            dates("sold_on", &rows.iter().map(|row| Some(row.0)).collect::<Vec<_>>()),
            column("product_id", rows.iter().map(|row| row.1).collect::<Vec<_>>()),
            column("location_id", rows.iter().map(|row| row.2).collect::<Vec<_>>()),
            column("quantity", rows.iter().map(|row| row.3).collect::<Vec<_>>()),
            column("returned_quantity", vec![0_i64; rows.len()]),
            column("net_amount", rows.iter().map(|row| row.3 / 10).collect::<Vec<_>>()),
        ],
    );
    let products = DataFrame::new(
        3,
        vec![
            column("product_id", vec!["A", "B", "C"]),
            column("name", vec!["Milk", "Butter", "Hammer"]),
            column("category_path", vec![Some("Grocery/Dairy"), Some("Grocery/Fats"), None]),
            dates("launched_on", &[None, None, None]),
            dates("discontinued_on", &[None, None, None]),
        ],
    );
    Shop { sales: sales.unwrap(), stock_levels: None, products: Some(products.unwrap()) }
}

/// Of a night without a memory.
fn inputs(data: DemandData) -> Inputs {
    let recalled = Recalled { complete_on: data.as_of, ..Recalled::default() };
    Inputs { data, recalled }
}

fn publish(frames: &Shop) -> Publication {
    job().recommend(&ctx(), &inputs(data_of(frames)), &Progress::silent()).unwrap()
}

fn series(product: &str, location: &str, first_day: Day, demand: &[f64]) -> SeriesHistory {
    SeriesHistory {
        product_id: product.to_owned(),
        location_id: location.to_owned(),
        first_day,
        demand: demand.to_vec(),
        sold: demand.iter().map(|units| if units.is_finite() { *units } else { 0.0 }).collect(),
        censored_days: 0,
        is_always_empty: false,
        season: None,
        unit_value: None,
    }
}

#[test]
fn both_tables_have_their_published_columns_and_every_level_in_order() {
    let publication = publish(&frames());
    DEMAND_FORECASTS.check(&publication.tables[0].frame).unwrap();
    FORECAST_ACCURACY.check(&publication.tables[1].frame).unwrap();
    let frame = &publication.tables[0].frame;
    // total, Grocery, Grocery/Dairy, Grocery/Fats, two locations, four series; seven days each
    assert_eq!(frame.height(), (1 + 1 + 2 + 2 + 4) * 7);
    let mut levels: Vec<&str> = frame.column("level").unwrap().str().unwrap().iter().flatten().collect();
    levels.dedup();
    assert_eq!(levels, ["total", "category_1", "category_2", "location", "product_location"]);
}

#[test]
fn categories_and_the_total_are_the_sums_of_their_series() {
    let data = data_of(&frames());
    let decision = decide(&job(), 1, &data, None, &Progress::silent());
    let mean = |name: &str| decision.nodes.iter().find(|node| node.name() == name).unwrap().mean.clone();
    for ahead in 0..7 {
        let series: Vec<f64> = ["A @ L1", "A @ L2", "B @ L1", "C @ L1"].iter().map(|node| mean(node)[ahead]).collect();
        assert!((mean("Grocery/Dairy")[ahead] - series[0] - series[1]).abs() < 1e-9);
        assert!((mean("Grocery")[ahead] - series[..3].iter().sum::<f64>()).abs() < 1e-9);
        assert!((mean("all")[ahead] - series.iter().sum::<f64>()).abs() < 1e-9);
    }
}

#[test]
fn pieces_and_kilograms_are_summed_apart_and_so_is_what_was_missed() {
    let mut data = data_of(&frames());
    data.units.insert("B".to_owned(), "kg".to_owned());
    let decision = decide(&job(), 1, &data, None, &Progress::silent());
    let mean = |name: &str| decision.nodes.iter().find(|node| node.name() == name).unwrap().expected();
    assert_eq!(mean("all in kg"), mean("B @ L1"));
    assert_eq!(mean("Grocery in kg"), mean("B @ L1"));
    assert!((mean("Grocery in pieces") - mean("Grocery/Dairy")).abs() < 1e-9);
    assert!((mean("L1 in pieces") - mean("A @ L1") - mean("C @ L1")).abs() < 1e-9);
    let whole: Vec<&str> = decision.graded_level("product_location").map(|row| row.key.name.as_str()).collect();
    assert_eq!(whole, ["all in pieces", "all in kg"]);
    assert_eq!(decision.graded_level("total").count(), 2);
    let headline = super::page::page(&data, &decision).headline;
    assert!(headline.contains(" pieces expected") && headline.contains(" kg expected"), "{headline}");
    assert!(!decision.nodes.iter().any(|node| node.name() == "all"));
}

#[test]
fn an_empty_shelf_with_low_sales_is_not_zero_demand() {
    let mut frames = frames();
    let as_of = ctx().as_of.to_epoch_days();
    // A day on which A @ L1 sold as usual and one on which it sold nothing, both closed with an empty shelf.
    let quiet = as_of - 10;
    let keep: polars::prelude::BooleanChunked = (Sale::read(&frames.sales).unwrap())
        .map(|sale| Some(sale.sold_on.number() != quiet || sale.product_id != "A"))
        .collect();
    frames.sales = frames.sales.filter(&keep).unwrap();
    let stock = DataFrame::new(
        1,
        vec![
            dates("snapshot_on", &[Some(quiet)]),
            column("product_id", vec!["A"]),
            column("location_id", vec!["L1"]),
            column("on_hand", vec![0_i64]),
        ],
    );
    frames.stock_levels = Some(stock.unwrap());
    let data = data_of(&frames);
    assert!(data.series[0].demand_on(Day::from_number(quiet)).is_nan());
    assert_eq!(data.series[0].censored_days, 1);
    assert_eq!(data.series[1].demand_on(Day::from_number(quiet)), 0.0); // L2 had stock as far as we know
    assert_eq!(data.series[0].sold_in_last(11) - data.series[0].sold_in_last(10), 0.0);
}

#[test]
fn a_line_that_a_stock_without_zeros_leaves_out_is_an_empty_shelf() {
    let mut frames = frames();
    let as_of = ctx().as_of.to_epoch_days();
    let quiet = as_of - 10;
    let keep: polars::prelude::BooleanChunked = (Sale::read(&frames.sales).unwrap())
        .map(|sale| Some(sale.sold_on.number() != quiet || sale.product_id != "A"))
        .collect();
    frames.sales = frames.sales.filter(&keep).unwrap();
    // A and B are counted at L1 every day; on one of them A has no line. L2 is not counted on that day.
    let lines: Vec<(i32, &str, &str)> = (as_of - 20..=as_of)
        .flat_map(|day| [(day, "A", "L1"), (day, "B", "L1"), (day, "A", "L2")])
        .filter(|(day, product, location)| *day != quiet || (*product, *location) == ("B", "L1"))
        .collect();
    let stock = |on_hand: i64| {
        let frame = DataFrame::new(
            lines.len(),
            vec![
                dates("snapshot_on", &lines.iter().map(|line| Some(line.0)).collect::<Vec<_>>()),
                column("product_id", lines.iter().map(|line| line.1).collect::<Vec<_>>()),
                column("location_id", lines.iter().map(|line| line.2).collect::<Vec<_>>()),
                column("on_hand", (0..lines.len()).map(|n| if n == 0 { on_hand } else { 5 }).collect::<Vec<_>>()),
            ],
        );
        Some(frame.unwrap())
    };
    frames.stock_levels = stock(5);
    let data = data_of(&frames);
    assert_eq!(data.stock_without_zeros, ["L1", "L2"]);
    assert!(data.series[0].demand_on(Day::from_number(quiet)).is_nan());
    assert_eq!(data.series[1].demand_on(Day::from_number(quiet)), 0.0, "L2 was not counted");
    // One line of zero says that a location writes them: then a line that is missing says nothing there.
    frames.stock_levels = stock(0);
    let data = data_of(&frames);
    assert_eq!(data.stock_without_zeros, ["L2"]);
    assert_eq!(data.series[0].demand_on(Day::from_number(quiet)), 0.0);
}

#[test]
fn a_promotion_reaches_the_products_below_its_category_only() {
    let mut data = data_of(&frames());
    let promotion = Promotion {
        product_id: None,
        category_path: CategoryPath::parse("Grocery/Dairy"),
        location_id: Some("L2".to_owned()),
        starts_on: data.as_of + 2,
        ends_on: data.as_of + 3,
        kind: "display".to_owned(),
        discount_rate: Some(0.2),
    };
    let reached: Vec<bool> =
        data.series.iter().map(|series| applies(&promotion, series, data.category_path(&series.product_id))).collect();
    assert_eq!(reached, [false, true, false, false]);
    data.promotions.push(promotion);
    let promotions = PromotionIndex::new(&data.promotions);
    assert_eq!(known_columns(&data, &promotions, &data.series[0], 7), None);
    let columns = known_columns(&data, &promotions, &data.series[1], 7).unwrap();
    let ahead = &columns[0][N_DAYS as usize..];
    assert!((ahead[1] - 0.223_143_551).abs() < 1e-6 && ahead[0] == 0.0 && ahead[3] == 0.0, "{ahead:?}");
    // the day after the end dips by the whole depth, the last of seven by a seventh
    assert!((columns[2][N_DAYS as usize + 3] - 0.223_143_551).abs() < 1e-6);
}

#[test]
fn an_earlier_publication_is_scored_on_the_days_since_it() {
    // A has 12 and 8 where 10 was forecast; B was out of stock on the second day, 5 where 7 was forecast on the first.
    let history = [1.0; 20];
    let mut data = DemandData { as_of: Day::from_number(21), ..DemandData::default() };
    data.series.push(series("A", "L", Day::from_number(0), &[&history[..], &[12.0, 8.0]].concat()));
    data.series.push(series("B", "L", Day::from_number(0), &[&history[..], &[5.0, f64::NAN]].concat()));
    let mut earlier = EarlierForecast { as_of: Day::from_number(19), ..EarlierForecast::default() };
    for (level, name, mean) in
        [("total", "all", 17.0), ("product_location", "A @ L", 10.0), ("product_location", "B @ L", 7.0)]
    {
        let quantiles = [0.5, 0.7, 0.8, 1.0, 1.1, 1.3, 1.5, 2.0].map(|share| share * mean);
        let days = (20..=22).map(|day| (Day::from_number(day), EarlierDay { mean, quantiles })).collect();
        let node = EarlierNode { method: "ets".to_owned(), days };
        earlier.nodes.insert(NodeKey::new(level, name), node);
    }
    data.earlier.push(earlier);
    let job = DemandForecast { min_history_days: Days::literal(100), ..job() };
    let decision = decide(&job, 1, &data, None, &Progress::silent());
    let Accuracy { nodes: rows, by_horizon } = Accuracy::of_published(&data, &decision.nodes);
    let level = by_horizon.iter().find(|row| row.basis == Basis::Published && row.level == "product_location").unwrap();
    assert_eq!(
        (level.ahead, level.method.as_str(), level.score.wape()),
        (DaysAhead { first: 1, last: 7 }, "all", Some(0.24))
    );
    let score = |level: &str, node: &str| {
        let key = NodeKey::new(level, node);
        rows.iter().find(|row| row.basis == Basis::Published && row.key == key).unwrap().score
    };
    // A: errors 2 + 2 of 20; naive 1 a day: 11 + 7 of 20; both days inside 7..13
    let a = score("product_location", "A @ L");
    assert_eq!((a.n_periods, a.wape(), a.naive_wape()), (2, Some(0.2), Some(0.9)));
    assert_eq!((a.coverage_80(), a.bias()), (Some(1.0), Some(0.0)));
    // B: 2 of 5 on its only day
    assert_eq!(
        (score("product_location", "B @ L").n_periods, score("product_location", "B @ L").wape()),
        (1, Some(0.4))
    );
    // level: 6 of 25
    assert_eq!(score("product_location", "all").wape(), Some(0.24));
    // total: day one 17 forecast and sold, day two A only: 8 sold of 10 forecast
    let total = score("total", "all");
    assert_eq!((total.n_periods, total.actual, total.forecast, total.absolute_error), (2, 25.0, 27.0, 2.0));
}

#[test]
fn the_answer_does_not_depend_on_the_number_of_threads() {
    let frames = frames();
    let with_threads = |n: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        pool.install(|| publish(&frames))
    };
    let (one, two) = (with_threads(1), with_threads(2));
    for (left, right) in one.tables.iter().zip(&two.tables) {
        assert!(left.frame.equals_missing(&right.frame));
    }
    assert_eq!(one.page.headline, two.page.headline);
}

#[test]
fn missing_datasets_and_new_products_become_caveats() {
    let mut frames = frames();
    frames.products = None;
    frames.sales = frames.sales.tail(Some(20)); // the last days of C
    let publication = publish(&frames);
    let codes: Vec<&str> = publication.caveats.iter().map(|caveat| caveat.code.as_str()).collect();
    for code in
        ["cold_start", "no_stock_levels", "no_products", "no_promotions", "no_prices", "no_calendar", "no_category"]
    {
        assert!(codes.contains(&code), "{code} {codes:?}");
    }
    DEMAND_FORECASTS.check(&publication.tables[0].frame).unwrap();
    FORECAST_ACCURACY.check(&publication.tables[1].frame).unwrap();
}

#[test]
fn nothing_sold_is_nothing_to_publish() {
    let frames = Shop { sales: frames().sales.head(Some(0)), stock_levels: None, products: None };
    let inputs = inputs(data_of(&frames));
    assert!(job().recommend(&ctx(), &inputs, &Progress::silent()).is_err());
}

#[test]
fn a_product_that_ends_within_the_horizon_has_no_demand_after() {
    let mut data = data_of(&frames());
    data.products.get_mut("C").unwrap().discontinued_on = Some(data.as_of + 3);
    let decision = decide(&job(), 1, &data, None, &Progress::silent());
    let node = decision.nodes.last().unwrap();
    assert!(node.mean[2] > 0.0 && node.mean[3] == 0.0);
    assert!(node.quantiles.per_period[3].iter().all(|quantile| *quantile == 0.0));
    assert_eq!(node.quantiles.total[6], node.quantiles.total[2]);
}

#[test]
fn a_night_that_remembers_knows_what_a_complete_read_knows() {
    let shop = frames();
    let as_of = Day::from(ctx().as_of);
    let first_day = |as_of: Day| as_of - 150;
    let upto = |last: Day, from: Day| {
        let keep: polars::prelude::BooleanChunked =
            Sale::read(&shop.sales).unwrap().map(|sale| Some((from..=last).contains(&sale.sold_on))).collect();
        shop.sales.filter(&keep).unwrap()
    };
    let stock = |last: Day| {
        let days: Vec<Option<i32>> = (last - 40).through(last).step_by(3).map(|day| Some(day.number())).collect();
        let n = days.len();
        let columns = vec![
            dates("snapshot_on", &days),
            column("product_id", vec!["A"; n]),
            column("location_id", vec!["L1"; n]),
            column("on_hand", vec![0_i64; n]),
        ];
        DataFrame::new(n, columns).unwrap()
    };
    for (nights, reread) in [(1, 14), (3, 14), (14, 14), (1, 1)] {
        let before = as_of - nights;
        let known = DailySales::read(&upto(before, Day::MIN), Some(&stock(before)), first_day(before), before).unwrap();
        let remembered = PackedSales::pack(&known).unwrap().unpack().unwrap();
        assert_eq!(remembered, known);
        let from = before + 1 - reread;
        let recent = upto(as_of, from);
        // Snapshots of the known days are the same ones, those since then are new.
        let all_stock = stock(before).vstack(&stock(as_of).tail(Some(1))).unwrap();
        let advanced = remembered.advanced(&recent, Some(&all_stock), from, first_day(as_of), as_of).unwrap();
        let complete = DailySales::read(&upto(as_of, Day::MIN), Some(&all_stock), first_day(as_of), as_of).unwrap();
        assert_eq!(advanced, complete, "{nights} nights later, {reread} days read again");
    }
}

#[test]
fn what_is_left_serves_the_next_nights_and_damaged_bytes_serve_none() {
    let shop = frames();
    let as_of = Day::from(ctx().as_of);
    let data = data_of(&shop);
    let sales = DailySales::read(&shop.sales, None, as_of - 50, as_of).unwrap();
    let fitted = decide(&job(), 1, &data, None, &Progress::silent()).fitted;
    let recalled =
        Recalled { complete_on: as_of, sales: Some(PackedSales::pack(&sales).unwrap()), ..Recalled::default() };
    let bytes = recalled.left_for_the_next(as_of, fitted).unwrap().unwrap();
    let whole = Remembered::<Memory>::decode(&bytes).unwrap();
    let again = recalled.left_for_the_next(as_of, whole.content.fitted.clone()).unwrap().unwrap();
    assert!(again == bytes, "what was kept is what was fitted");
    for cut in [0, 1, 7, bytes.len() / 2, bytes.len() - 1] {
        assert!(Remembered::<Memory>::decode(&bytes[..cut]).is_none(), "cut at {cut}");
    }
    let job = DemandForecast { history_days: Days::literal(40), ..job() };
    let serves = |as_of: Day| whole.serves(as_of, job.memory_terms());
    assert!(serves(as_of + 1) && !serves(as_of) && !serves(as_of + 7));
    assert_eq!(sales_since(&whole.content, job.first_day(as_of + 1)), Some(sales));
    let longer = DemandForecast { history_days: Days::literal(60), ..job };
    assert_eq!(sales_since(&whole.content, longer.first_day(as_of + 1)), None, "it does not reach far enough back");
}

/// The same shop as it was some days ago.
fn data_of_days_ago(shop: &Shop, ago: i32) -> (RunContext, DemandData) {
    let ctx = RunContext { as_of: ctx().as_of - chrono::TimeDelta::days(i64::from(ago)), ..ctx() };
    let as_of = Day::from(ctx.as_of);
    let sales = DailySales::read(&shop.sales, None, job().first_day(as_of), as_of).unwrap();
    let frames = Frames { products: shop.products.clone(), ..Frames::default() };
    let data = shaped(&frames, &sales, false, &BTreeSet::new()).unwrap();
    (ctx, data)
}

#[test]
fn a_night_between_two_fits_takes_in_the_new_days() {
    let (job, shop) = (job(), frames());
    let (before, data) = data_of_days_ago(&shop, 3);
    let fitted = decide(&job, 1, &data, None, &Progress::silent()).fitted;
    let data = data_of(&shop);
    let anew = decide(&job, 1, &data, None, &Progress::silent());
    let updated = decide(&job, 1, &data, Some(&fitted), &Progress::silent());
    assert_eq!(updated.nodes.len(), anew.nodes.len());
    for (updated, anew) in updated.nodes.iter().zip(&anew.nodes) {
        let [updated_sum, anew_sum] = [updated, anew].map(|node| node.mean.iter().sum::<f64>());
        assert!(
            (updated_sum / anew_sum - 1.0).abs() < 0.1,
            "{}: {updated_sum}, fitted anew {anew_sum}",
            updated.name()
        );
        assert!(updated.mean != anew.mean || updated.name() == "all", "{}: it was not fitted anew", updated.name());
    }
    // Sums add up, and scores of rolling origins are those of the fit.
    let (total, series) = updated.nodes.split_first().unwrap();
    let below: f64 = series.iter().filter(|node| node.is_series()).map(|node| node.mean[3]).sum();
    assert!((total.mean[3] - below).abs() < 1e-9);
    let rows = |basis: Basis| updated.accuracy.nodes.iter().filter(move |row| row.basis == basis);
    assert!(rows(Basis::Backtest).count() > 5);
    assert!(rows(Basis::Backtest).all(|row| row.forecast_as_of == Day::from(before.as_of)));
    assert!(rows(Basis::Backtest).filter(|row| row.series.is_some()).count() == data.series.len());
    assert_eq!(updated.fitted.models.fitted_on, Day::from(before.as_of));
    // Without a new day nothing is new.
    let (_, data) = data_of_days_ago(&shop, 3);
    let first = decide(&job, 1, &data, None, &Progress::silent());
    let again = decide(&job, 1, &data, Some(&fitted), &Progress::silent());
    for (first, again) in first.nodes.iter().zip(&again.nodes) {
        assert_eq!((&first.mean, &first.quantiles), (&again.mean, &again.quantiles), "{}", first.name());
    }
}
