//! The shop keeps its promises.

#![expect(clippy::disallowed_methods, reason = "what a test measures, it tells")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use chrono::{Datelike, Days, NaiveDate};
use polars::prelude::{AnyValue, DataFrame, DataType};

use super::*;

const DAYS: u32 = 730;

struct Shop {
    world: World,
    tables: BTreeMap<&'static str, DataFrame>,
}

fn settings(seed: u64, scale: f64, days: u32) -> ShopSettings {
    ShopSettings { seed, scale, first_day: NaiveDate::from_ymd_opt(2024, 1, 1).unwrap(), days, troubled: false }
}

fn gather(tables: Vec<ShopTable>) -> BTreeMap<&'static str, DataFrame> {
    let mut gathered: BTreeMap<&'static str, DataFrame> = BTreeMap::new();
    for table in tables {
        table.schema.check(&table.frame).unwrap();
        match gathered.get_mut(table.schema.name) {
            Some(frame) => {
                frame.vstack_mut(&table.frame).unwrap();
            }
            None => {
                gathered.insert(table.schema.name, table.frame);
            }
        }
    }
    gathered
}

/// One history for all tests that only look at it.
fn shop() -> &'static Shop {
    static SHOP: OnceLock<Shop> = OnceLock::new();
    SHOP.get_or_init(|| {
        let settings = settings(7, 1.0, DAYS);
        let started = std::time::Instant::now();
        let world = World::new(&settings);
        let mut tables = world.tables().unwrap();
        let mut state = ShopState::opening(&world);
        tables.extend(live(&world, &mut state, settings.first_day, settings.last_day(), &Planner::Habit).unwrap());
        let seconds = started.elapsed().as_secs_f64();
        let tables = gather(tables);
        for (name, frame) in &tables {
            eprintln!("{name}: {} rows", frame.height());
        }
        eprintln!("{seconds:.2} s, {:.0} lines/s", tables["order_lines"].height() as f64 / seconds);
        Shop { world, tables }
    })
}

fn texts(frame: &DataFrame, name: &str) -> Vec<Option<String>> {
    frame.column(name).unwrap().str().unwrap().iter().map(|text| text.map(str::to_owned)).collect()
}

fn dates(frame: &DataFrame, name: &str) -> Vec<NaiveDate> {
    let days = frame.column(name).unwrap().date().unwrap().physical().clone();
    days.into_no_null_iter().map(|day| NaiveDate::from_epoch_days(day).unwrap()).collect()
}

fn named(frame: &DataFrame, name: &str) -> Vec<String> {
    texts(frame, name).into_iter().map(Option::unwrap).collect()
}

fn integers(frame: &DataFrame, name: &str) -> Vec<i64> {
    let column = frame.column(name).unwrap().cast(&DataType::Int64).unwrap();
    column.i64().unwrap().iter().map(Option::unwrap).collect()
}

fn reals(frame: &DataFrame, name: &str) -> Vec<f64> {
    frame.column(name).unwrap().f64().unwrap().iter().map(Option::unwrap).collect()
}

/// (order, line) of the dirty lines.
fn dirty() -> BTreeSet<(String, i64)> {
    let frame = &shop().tables["truth_dirty_lines"];
    named(frame, "order_id").into_iter().zip(integers(frame, "line_no")).collect()
}

/// Per customer and day: net amount, and whether anything was bought.
fn clean_lines() -> Vec<(String, i64, Option<String>, String, i64, i64)> {
    let (lines, dirty) = (&shop().tables["order_lines"], dirty());
    let (ids, numbers) = (named(lines, "order_id"), integers(lines, "line_no"));
    let (days, customers) = (integers(lines, "ordered_on"), texts(lines, "customer_id"));
    let (products, quantities) = (named(lines, "product_id"), integers(lines, "quantity"));
    let amounts = integers(lines, "net_amount");
    (0..ids.len())
        .filter(|&at| !dirty.contains(&(ids[at].clone(), numbers[at])))
        .map(|at| (ids[at].clone(), days[at], customers[at].clone(), products[at].clone(), quantities[at], amounts[at]))
        .collect()
}

#[test]
fn every_schema_is_filled_and_has_the_right_columns() {
    let made: BTreeSet<&str> = shop().tables.keys().copied().collect();
    let promised: BTreeSet<&str> = schemas().iter().map(|schema| schema.name).collect();
    assert_eq!(made, promised);
    for (name, frame) in &shop().tables {
        // Nothing was planted in a shop without troubles.
        assert_eq!(frame.height() > 0, *name != "truth_troubles", "{name}");
    }
}

#[test]
fn a_troubled_shop_has_every_trouble_and_its_truth_says_where() {
    let settings = ShopSettings { troubled: true, ..settings(3, 1.0, 760) };
    let world = World::new(&settings);
    let mut tables = world.tables().unwrap();
    let mut state = ShopState::opening(&world);
    tables.extend(live(&world, &mut state, settings.first_day, settings.last_day(), &Planner::Habit).unwrap());
    let tables = gather(tables);
    let planted = &tables["truth_troubles"];
    let trouble: BTreeMap<String, String> =
        named(planted, "product_id").into_iter().zip(named(planted, "trouble")).collect();
    let kinds: BTreeSet<&str> = trouble.values().map(String::as_str).collect();
    let every = ["always_empty", "bulk", "christmas", "easter", "jump", "own_week", "short_saturdays", "summer"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), every);

    let stock = &tables["stock_levels"];
    let counted =
        named(stock, "product_id").into_iter().zip(named(stock, "location_id")).zip(integers(stock, "on_hand"));
    for ((product, location), on_hand) in counted {
        assert!(on_hand > 0 || location != "L03", "a row of zero where none is counted");
        assert!(on_hand == 0 || trouble.get(&product).is_none_or(|trouble| trouble != "always_empty"), "{product}");
    }
    let demand = &tables["truth_demand"];
    let days = dates(demand, "day");
    let rows =
        (days.iter().zip(named(demand, "product_id")).zip(named(demand, "location_id"))).zip(integers(demand, "sold"));
    let mut in_season = 0;
    for (((day, product), location), sold) in rows {
        let is_feast = matches!((day.month(), day.day()), (12, 25) | (1, 1));
        let is_sunday_off = location == "L03" && day.weekday() == chrono::Weekday::Sun;
        assert!(sold == 0 || !is_feast && !is_sunday_off, "{day} {location}: open");
        if trouble.get(&product).is_some_and(|trouble| trouble == "christmas") {
            assert!(sold == 0 || matches!(day.month(), 11 | 12), "{day} {product}: sold out of season");
            in_season += sold;
        }
    }
    assert!(in_season > 100, "{in_season}");
}

#[test]
fn the_grain_of_order_lines_is_unique() {
    let lines = &shop().tables["order_lines"];
    let keys: BTreeSet<(String, i64)> = named(lines, "order_id").into_iter().zip(integers(lines, "line_no")).collect();
    assert_eq!(keys.len(), lines.height());
}

#[test]
fn the_same_settings_give_the_same_rows_and_another_seed_gives_others() {
    let make = |seed: u64| {
        let settings = settings(seed, 0.1, 120);
        let world = World::new(&settings);
        let mut state = ShopState::opening(&world);
        let mut tables = world.tables().unwrap();
        tables.extend(live(&world, &mut state, settings.first_day, settings.last_day(), &Planner::Habit).unwrap());
        gather(tables)
    };
    let (one, again, other) = (make(1), make(1), make(2));
    for (name, frame) in &one {
        assert!(frame.equals_missing(&again[name]), "{name} differs");
    }
    assert!(!one["order_lines"].equals_missing(&other["order_lines"]));
}

#[test]
fn advancing_in_one_go_equals_advancing_in_two_processes() {
    let settings = settings(3, 0.1, 120);
    let world = World::new(&settings);
    let mut state = ShopState::opening(&world);
    let history = live(&world, &mut state, settings.first_day, settings.last_day(), &Planner::Habit).unwrap();
    let day = |n: u64| settings.last_day().checked_add_days(Days::new(n)).unwrap();
    let coupons: Vec<CouponContact> = (1..=300)
        .map(|number| CouponContact {
            campaign_id: "clerk".into(),
            offer_id: "five".into(),
            customer_id: format!("C{number:06}"),
            variant: if number % 10 == 0 { "holdout" } else { "coupon" }.into(),
            assigned_on: day(3),
            value: OfferValue::Amount(500),
        })
        .collect();
    let orders: Vec<PlacedOrder> = (1..=28)
        .map(|n| PlacedOrder {
            product_id: format!("P{n:04}"),
            location_id: "L01".into(),
            quantity: 5,
            order_on: day(n),
        })
        .collect();
    let planner = Planner::Follows(Advice { orders: &orders, levels: &[], coupons: &coupons });

    let mut once = state.clone();
    let at_once = gather(live(&world, &mut once, day(1), day(28), &planner).unwrap());

    let first = live(&world, &mut state, day(1), day(11), &planner).unwrap();
    let mut warehouse = gather(history.into_iter().chain(first.clone()).collect());
    let again = World::new(&settings);
    let remembered = Remembered {
        last_day: day(11),
        stock_levels: &warehouse["stock_levels"],
        purchase_orders: &warehouse["purchase_orders"],
        truth_demand: &warehouse["truth_demand"],
        truth_returns: &warehouse["truth_returns"],
    };
    let mut resumed = ShopState::resume(&again, &remembered).unwrap();
    let second = live(&again, &mut resumed, day(12), day(28), &planner).unwrap();
    let in_two = gather(first.into_iter().chain(second).collect());
    for (name, frame) in &at_once {
        assert!(frame.equals_missing(&in_two[name]), "{name} differs");
    }
    assert!(warehouse.remove("order_lines").is_some_and(|lines| lines.height() > 0));
    assert!(at_once["truth_campaign_orders"].height() > 0);
    assert!(live(&again, &mut resumed, day(28), day(29), &planner).is_err());
}

#[test]
fn stock_is_conserved_and_never_negative_and_no_more_is_sold_than_asked_for() {
    let tables = &shop().tables;
    let mut flow: BTreeMap<(String, String, i64), i64> = BTreeMap::new();
    let mut add = |frame: &DataFrame, day: &str, units: &str, sign: i64| {
        let (products, places) = (named(frame, "product_id"), named(frame, "location_id"));
        let keys = products.into_iter().zip(places).zip(integers(frame, day)).zip(integers(frame, units));
        for (((product, place), day), units) in keys {
            *flow.entry((product, place, day)).or_default() += sign * units;
        }
    };
    add(&tables["deliveries"], "received_on", "quantity", 1);
    add(&tables["truth_demand"], "day", "sold", -1);
    let last = integers(&tables["stock_levels"], "snapshot_on").into_iter().max().unwrap();
    add(&tables["truth_returns"], "due_on", "quantity", 1);
    let stock = &tables["stock_levels"];
    let mut previous: BTreeMap<(String, String), i64> = BTreeMap::new();
    let rows = named(stock, "product_id").into_iter().zip(named(stock, "location_id"));
    for ((key, day), on_hand) in rows.zip(integers(stock, "snapshot_on")).zip(integers(stock, "on_hand")) {
        assert!(on_hand >= 0 && day <= last);
        let moved = flow.get(&(key.0.clone(), key.1.clone(), day)).copied().unwrap_or(0);
        if let Some(before) = previous.insert(key, on_hand) {
            assert_eq!(on_hand, before + moved);
        }
    }
    let demand = &tables["truth_demand"];
    let (asked, sold, lost) = (integers(demand, "demanded"), integers(demand, "sold"), integers(demand, "lost"));
    assert!(asked.iter().zip(&sold).zip(&lost).all(|((asked, sold), lost)| sold <= asked && asked - sold == *lost));
    let share = lost.iter().sum::<i64>() as f64 / asked.iter().sum::<i64>() as f64;
    eprintln!("lost share {share:.3}");
    assert!((0.01..0.25).contains(&share), "{share}");
}

#[test]
fn order_lines_sum_to_what_was_sold() {
    let sold: i64 = clean_lines().iter().filter(|line| line.4 > 0).map(|line| line.4).sum();
    assert_eq!(sold, integers(&shop().tables["truth_demand"], "sold").into_iter().sum::<i64>());
}

#[test]
fn the_true_mean_is_the_mean_of_demand() {
    let demand = &shop().tables["truth_demand"];
    let (mean, asked) =
        (reals(demand, "mean").iter().sum::<f64>(), integers(demand, "demanded").iter().sum::<i64>() as f64);
    eprintln!("demanded / mean {:.4}", asked / mean);
    assert!((0.96..1.02).contains(&(asked / mean)), "{}", asked / mean);
}

#[test]
fn planted_pairs_are_found_above_independence() {
    let mut baskets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in clean_lines().into_iter().filter(|line| line.4 > 0) {
        baskets.entry(line.0).or_default().insert(line.3);
    }
    let with = |products: &[&str]| {
        baskets.values().filter(|basket| products.iter().all(|&product| basket.contains(product))).count() as f64
    };
    let truth = &shop().tables["truth_associations"];
    let rows = named(truth, "antecedent").into_iter().zip(named(truth, "consequent")).zip(named(truth, "kind"));
    let mut found = 0;
    let mut pairs = 0;
    for ((antecedent, consequent), _) in rows.filter(|row| row.1 == "product") {
        let expected = with(&[&antecedent]) * with(&[&consequent]) / baskets.len() as f64;
        pairs += 1;
        found += usize::from(with(&[&antecedent, &consequent]) > 1.3 * expected);
    }
    eprintln!("{found} of {pairs} pairs");
    assert!(pairs == 15 && found >= 12, "{found} of {pairs}");
}

#[test]
fn demand_has_a_week_and_a_year() {
    let demand = &shop().tables["truth_demand"];
    let (mut week, mut december, mut rest) = ([0.0; 7], (0.0, 0), (0.0, 0));
    let mut by_day: BTreeMap<i64, f64> = BTreeMap::new();
    for (day, asked) in integers(demand, "day").into_iter().zip(integers(demand, "demanded")) {
        *by_day.entry(day).or_default() += asked as f64;
    }
    for (day, units) in by_day {
        week[calendar::weekday(day as i32)] += units;
        let part = if World::event_name(day as i32) == Some("christmas_season") { &mut december } else { &mut rest };
        *part = (part.0 + units, part.1 + 1);
    }
    assert!(week[5] > 2.0 * week[6] && week[5] > 1.4 * week[0]);
    assert!(december.0 / f64::from(december.1) > 1.15 * rest.0 / f64::from(rest.1));
}

struct Scored {
    randomised: bool,
    n: usize,
    conversion: [f64; 2],
    spend: [f64; 2],
    variance: f64,
    truth: f64,
    caused: f64,
}

fn scored() -> Vec<Scored> {
    let tables = &shop().tables;
    let mut bought: BTreeMap<String, Vec<(i64, i64, i64)>> = BTreeMap::new();
    for line in clean_lines() {
        if let Some(customer) = line.2 {
            bought.entry(customer).or_default().push((line.1, line.4, line.5));
        }
    }
    let campaigns = &tables["campaigns"];
    let assignments = &tables["assignments"];
    let effects = reals(&tables["truth_campaigns"], "effect_spend");
    let changed = &tables["truth_campaign_orders"];
    let starts = integers(campaigns, "starts_on");
    named(campaigns, "campaign_id")
        .iter()
        .enumerate()
        .map(|(at, id)| {
            let window = starts[at]..starts[at] + 14;
            let mut arms = [(0.0, 0.0, 0.0, 0.0); 2];
            let rows = named(assignments, "campaign_id").into_iter().zip(named(assignments, "customer_id"));
            for ((campaign, customer), variant) in rows.zip(named(assignments, "variant")) {
                if campaign != *id {
                    continue;
                }
                let lines = bought.get(&customer).map_or(&[][..], Vec::as_slice);
                let lines: Vec<_> = lines.iter().filter(|line| window.contains(&line.0)).collect();
                let spend = lines.iter().map(|line| line.2).sum::<i64>() as f64;
                let arm = &mut arms[usize::from(variant == "treatment")];
                arm.0 += 1.0;
                arm.1 += f64::from(u8::from(lines.iter().any(|line| line.1 > 0)));
                arm.2 += spend;
                arm.3 += spend * spend;
            }
            let caused: i64 = named(changed, "campaign_id")
                .into_iter()
                .zip(integers(changed, "spend_effect"))
                .filter(|row| row.0 == *id)
                .map(|row| row.1)
                .sum();
            let variance = arms.iter().map(|arm| (arm.3 / arm.0 - (arm.2 / arm.0).powi(2)) / arm.0).sum();
            let randomised = campaigns.column("randomised").unwrap().get(at).unwrap() == AnyValue::Boolean(true);
            let scored = Scored {
                randomised,
                n: (arms[0].0 + arms[1].0) as usize,
                conversion: arms.map(|arm| arm.1 / arm.0),
                spend: arms.map(|arm| arm.2 / arm.0),
                variance,
                truth: effects[at],
                caused: caused as f64 / arms[1].0,
            };
            eprintln!(
                "{id} randomised {randomised} n {} conversion {:.4} {:.4} lift {:.1} se {:.1} truth {:.1} caused {:.1}",
                scored.n,
                scored.conversion[0],
                scored.conversion[1],
                scored.spend[1] - scored.spend[0],
                variance.sqrt(),
                scored.truth,
                scored.caused
            );
            scored
        })
        .collect()
}

#[test]
fn randomised_campaigns_measure_the_truth_and_the_others_flatter_themselves() {
    let scored = scored();
    assert_eq!(scored.len(), 12);
    for campaign in scored.iter().filter(|campaign| campaign.randomised) {
        let error = campaign.spend[1] - campaign.spend[0] - campaign.caused;
        assert!(error.abs() < 3.5 * campaign.variance.sqrt(), "{error}");
        assert!((campaign.truth - campaign.caused).abs() < 2.0 * campaign.variance.sqrt() + 5.0);
        let mean = f64::midpoint(campaign.conversion[0], campaign.conversion[1]);
        assert!((0.005..0.04).contains(&mean), "{mean}");
    }
    let mean: f64 =
        scored.iter().filter(|campaign| campaign.randomised).map(|campaign| campaign.conversion[1]).sum::<f64>() / 8.0;
    assert!((0.01..0.03).contains(&mean), "{mean}");
    for campaign in scored.iter().filter(|campaign| !campaign.randomised) {
        assert!(
            campaign.spend[1] - campaign.spend[0]
                > campaign.truth.max(campaign.caused) + 3.0 * campaign.variance.sqrt()
        );
    }
}

#[test]
fn spend_is_heavy_tailed() {
    let mut spend: BTreeMap<String, i64> = BTreeMap::new();
    for line in clean_lines() {
        if let Some(customer) = line.2 {
            *spend.entry(customer).or_default() += line.5;
        }
    }
    let mut amounts: Vec<i64> = spend.into_values().collect();
    amounts.sort_unstable_by(|one, other| other.cmp(one));
    let top = shop().world.customers.len() / 100;
    let share = amounts[..top].iter().sum::<i64>() as f64 / amounts.iter().sum::<i64>() as f64;
    eprintln!("top 1 % share {share:.3}");
    assert!((0.15..0.6).contains(&share), "{share}");
}

#[test]
fn the_oracle_ranks_persuadables_first() {
    let truth = shop().world.uplift_truth();
    let segments = named(&shop().tables["truth_uplift"], "segment");
    let mut order: Vec<usize> = (0..truth.len()).collect();
    order.sort_by(|&one, &other| truth[other].conversion.total_cmp(&truth[one].conversion));
    let best = order[..truth.len() / 10].iter().filter(|&&at| segments[at] == "persuadable").count();
    assert!(best as f64 > 0.9 * (truth.len() / 10) as f64, "{best}");
    assert!(truth.iter().any(|effect| effect.conversion < -0.001));
}

#[test]
fn intervals_cover_the_effect_of_experiments_as_often_as_they_say() {
    let covered = |seen: fn(&Outcome) -> f64, truth: fn(&Experiment) -> f64| {
        let covers = |experiment: &&Experiment| {
            let arm = |treated: bool| {
                let values: Vec<f64> =
                    experiment.outcomes.iter().filter(|one| one.treated == treated).map(seen).collect();
                let n = values.len() as f64;
                let mean = values.iter().sum::<f64>() / n;
                (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0) / n)
            };
            let (treated, control) = (arm(true), arm(false));
            (treated.0 - control.0 - truth(experiment)).abs() <= 1.96 * (treated.1 + control.1).sqrt()
        };
        campaign_experiments(11, 200).iter().filter(covers).count()
    };
    let spend = covered(|one| one.spend, |experiment| experiment.true_effect_spend);
    let conversion = covered(|one| f64::from(u8::from(one.converted)), |experiment| experiment.true_effect_conversion);
    eprintln!("covered: spend {spend}, conversion {conversion} of 200");
    assert!((181..=197).contains(&spend), "{spend}");
    assert!((181..=197).contains(&conversion), "{conversion}");
}

#[test]
fn easter_sunday_is_where_the_almanac_says() {
    for (year, month, day) in [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5)] {
        let sunday = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let events: Vec<_> = (0..4).map(|before| World::event_name(calendar::day_number(sunday) - before)).collect();
        assert_eq!(events, [None, Some("easter_week"), Some("easter_week"), Some("easter_week")]);
    }
}
