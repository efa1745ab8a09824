use chrono::NaiveDate;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use statrs::distribution::{ContinuousCDF, DiscreteCDF, NegativeBinomial, Normal, Poisson};

use super::protection::Protection;
use super::rules::Waterfall;
use super::simulated::Shop;
use super::*;

const LEVELS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99];

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Totals of independent normal days.
fn normal_totals(mean: f64, sd: f64, days: usize) -> Vec<Vec<f64>> {
    (1..=days)
        .map(|h| {
            let total = Normal::new(mean * h as f64, sd * (h as f64).sqrt()).unwrap();
            LEVELS.iter().map(|&level| total.inverse_cdf(level)).collect()
        })
        .collect()
}

fn fixed_lead_time(days: u32) -> LeadTime {
    LeadTime::from_deliveries(&[days; 5], None).unwrap()
}

fn close(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs().max(1.0), "found {found}, expected {expected}");
}

/// stockpyl 1.0.2 `newsvendor_normal`; Snyder and Shen, 2nd ed., example 4.3, and its base-stock form with lead time 4.
#[test]
fn newsvendor_levels_for_normal_demand_match_stockpyl() {
    let totals = normal_totals(50.0, 8.0, 5);
    let outlook = DemandOutlook { levels: &LEVELS, total_quantiles: &totals, mean: &[50.0; 5] };
    // A missing unit costs 0.70, one left over 0.18.
    let level = 0.70 / (0.70 + 0.18);
    close(outlook.total_at(1, level).unwrap().units, 56.603_955_927_433_89, 1e-9);
    close(outlook.total_at(5, level).unwrap().units, 264.766_894_374_154_84, 1e-9);
}

/// Periodic review with normal demand, `S = mu (R + L) + z sigma sqrt(R + L)`: Silver, Pyke and Thomas, chapter 6, computed with scipy 1.13.1.
#[test]
fn order_up_to_level_covers_lead_time_plus_review_period() {
    let totals = normal_totals(20.0, 6.0, 14);
    let lead_time = fixed_lead_time(3);
    let calendar = OrderCalendar::from_text(Some("Mon")).unwrap();
    for (service_level, expected) in [(0.90, 224.315_731), (0.95, 231.208_903), (0.98, 238.967_146)] {
        let plan = plan_order(&OrderRequest {
            as_of: date("2024-05-05"), // a Sunday
            target: ServiceTarget::Cycle(service_level),
            unmet: UnmetDemand::Waits,
            outlook: DemandOutlook { levels: &LEVELS, total_quantiles: &totals, mean: &[20.0; 14] },
            lead_time: &lead_time,
            calendar: &calendar,
            stock: StockPosition::default(),
            rules: OrderRules::default(),
        })
        .unwrap();
        close(plan.order_up_to_milli as f64 / MILLI, expected, 5e-6);
        assert_eq!(plan.expected_demand_milli, 200_000);
        assert_eq!(
            (plan.order_on, plan.arrives_on, plan.covers_until),
            (date("2024-05-06"), date("2024-05-09"), date("2024-05-16"))
        );
        assert_eq!(plan.flags, vec![]);
    }
}

/// Exact convolution with scipy 1.13.1: daily NB(mean 2, variance 5), lead time 5 / 7 / 14 days with 60 / 30 / 10 %, review 7 days.
/// A normal approximation gives 49.8 at 99 %, the truth is 56. Interpolating a table of whole numbers costs at most a unit.
#[test]
fn random_lead_time_is_a_mixture_and_keeps_its_long_tail() {
    let levels: Vec<f64> = (1..200).map(|i| f64::from(i) / 200.0).chain([0.998, 0.999]).collect();
    let totals: Vec<Vec<f64>> = (1..=21)
        .map(|h| {
            let total = NegativeBinomial::new(4.0 / 3.0 * f64::from(h), 0.4).unwrap();
            levels.iter().map(|&level| total.inverse_cdf(level) as f64).collect()
        })
        .collect();
    let outlook = DemandOutlook { levels: &levels, total_quantiles: &totals, mean: &[2.0; 21] };
    let lead_time = LeadTime::from_deliveries(&[5, 5, 5, 5, 5, 5, 7, 7, 7, 14], None).unwrap();
    for (level, expected) in [(0.5, 26.0), (0.9, 40.0), (0.95, 45.0), (0.98, 52.0), (0.99, 56.0)] {
        let found = Protection::new(&outlook, &lead_time, (0, 7)).level(ServiceTarget::Cycle(level)).units;
        assert!((found - expected).abs() <= 1.0, "at {level}: {found} against {expected}");
    }
}

/// For normal demand the textbook's equation for a fill rate (`formulas`, held against the oracles) gives the same level; what is on its
/// way counts like stock, and ordering what is advised serves what was promised.
#[test]
fn a_fill_rate_gives_the_level_of_the_textbook() {
    let totals = normal_totals(20.0, 6.0, 14);
    let lead_time = fixed_lead_time(3);
    let calendar = OrderCalendar::from_text(Some("Mon")).unwrap();
    for share in [0.9, 0.95, 0.99, 0.999] {
        let book = formulas::service_level::review_fill_rate(&formulas::service_level::ReviewFillRate {
            mean_per_day: 20.0,
            sd_per_day: 6.0,
            review_days: 7.0,
            lead_time_days: 3.0,
            fill_rate: share,
        });
        let stock = StockPosition { on_hand_milli: 30_000, on_order_milli: 50_000, ..StockPosition::default() };
        let plan = plan_order(&OrderRequest {
            as_of: date("2024-05-05"), // a Sunday
            target: ServiceTarget::FillRate(share),
            unmet: UnmetDemand::Waits,
            outlook: DemandOutlook { levels: &LEVELS, total_quantiles: &totals, mean: &[20.0; 14] },
            lead_time: &lead_time,
            calendar: &calendar,
            stock,
            rules: OrderRules::default(),
        })
        .unwrap();
        close(plan.order_up_to_milli as f64 / MILLI, book.unwrap().order_up_to, 1e-5);
        close(plan.fill_rate.unwrap(), share, 1e-4);
        assert!(plan.cycle_service < share, "runs out at the end of a cycle, for few units: {}", plan.cycle_service);
        assert_eq!(plan.quantity_milli, plan.order_up_to_milli - 80_000);
    }
}

/// The ten cases of `order_rounding`: minimum, then pack up, then cap down, then nothing if below the minimum.
#[test]
fn order_rules_turn_need_into_an_orderable_quantity() {
    let cases = [
        (0.0, 10, 6, None, 0),
        (-5.0, 10, 6, None, 0),
        (1.0, 10, 6, None, 12),
        (13.0, 10, 6, None, 18),
        (12.0, 10, 6, None, 12),
        (100.0, 0, 1, None, 100),
        (100.0, 0, 24, Some(90), 72),
        (5.0, 50, 24, Some(40), 0),
        (2.4, 0, 1, None, 3),
        (0.0001, 0, 12, None, 12),
    ];
    for (need, minimum, pack, maximum, expected) in cases {
        let mut waterfall = Waterfall::default();
        waterfall.add(StepCode::ExpectedDemand, milli_up(need), String::new());
        let rules = OrderRules {
            pack_size_milli: Some(pack * 1000),
            min_order_milli: Some(minimum * 1000),
            max_order_milli: maximum.map(|units: i64| units * 1000),
            ..OrderRules::default()
        };
        let (capped, dropped) = waterfall.apply(&rules, None, None);
        assert_eq!(waterfall.quantity_milli, expected * 1000, "need {need}");
        assert_eq!(capped, maximum.is_some(), "need {need}");
        assert_eq!(dropped, need > 0.0 && expected == 0, "need {need}");
    }
}

#[test]
fn without_a_pack_what_is_counted_is_ordered_whole_and_what_is_measured_in_its_step() {
    let order = |unit_milli: Option<i64>| {
        let mut waterfall = Waterfall::default();
        waterfall.add(StepCode::ExpectedDemand, 1_050_612, String::new());
        waterfall.apply(&OrderRules { unit_milli, ..OrderRules::default() }, None, None);
        (waterfall.quantity_milli, waterfall.steps.last().map(|step| step.text.clone()).unwrap())
    };
    assert_eq!(order(Some(1000)), (1_051_000, "rounded up to whole units".to_owned()));
    assert_eq!(order(Some(250)), (1_050_750, "rounded up to steps of 0.25".to_owned()));
    assert_eq!(order(None).0, 1_050_612);
}

#[test]
fn shelf_life_caps_the_order_at_what_sells_in_time() {
    let totals = vec![vec![200.0; 9]; 4];
    let lead_time = fixed_lead_time(1);
    let plan = plan_order(&OrderRequest {
        as_of: date("2024-05-05"),
        target: ServiceTarget::Cycle(0.9),
        unmet: UnmetDemand::Waits,
        outlook: DemandOutlook { levels: &LEVELS, total_quantiles: &totals, mean: &[10.0; 4] },
        lead_time: &lead_time,
        calendar: &OrderCalendar::every_day(),
        stock: StockPosition { on_hand_milli: 3_000, ..StockPosition::default() },
        rules: OrderRules { pack_size_milli: Some(5_000), shelf_life_days: Some(3), ..OrderRules::default() },
    })
    .unwrap();
    // The 3 on hand sell before it arrives; then three days to sell: 30, in packs of 5.
    assert_eq!(plan.quantity_milli, 30_000);
    assert_eq!(plan.steps.last().map(|step| step.code), Some(StepCode::ShelfLifeCap));
    assert_eq!(plan.flags, vec![Flag::Capped]);
}

#[test]
fn negative_stock_is_planned_as_none_and_flagged() {
    let totals = vec![vec![60.0; 9]; 2];
    let lead_time = LeadTime::from_deliveries(&[], Some(1)).unwrap();
    let plan = |on_hand_milli: i64| {
        plan_order(&OrderRequest {
            as_of: date("2024-05-05"),
            target: ServiceTarget::Cycle(0.9),
            unmet: UnmetDemand::Waits,
            outlook: DemandOutlook { levels: &LEVELS, total_quantiles: &totals, mean: &[20.0; 2] },
            lead_time: &lead_time,
            calendar: &OrderCalendar::every_day(),
            stock: StockPosition { on_hand_milli, ..StockPosition::default() },
            rules: OrderRules::default(),
        })
        .unwrap()
    };
    assert_eq!(plan(-4_000).quantity_milli, 60_000);
    assert_eq!(plan(-4_000).flags, vec![Flag::NegativeStock, Flag::QuotedLeadTime]);
    // `policy_base_stock` of the reference file: S = 60.
    assert_eq!([52_500, 60_000, 75_000].map(|on_hand| plan(on_hand).quantity_milli), [7_500, 0, 0]);
}

/// stockpyl 1.0.2 `projection`, `weeks_of_supply` and `excess` records.
#[test]
fn projection_tells_empty_from_short() {
    let totals: Vec<Vec<f64>> = (1..=14).map(|h| vec![5.0 * f64::from(h); 9]).collect();
    let mut request = ProjectionRequest {
        as_of: date("2024-05-05"),
        available_milli: 30_000,
        receipts: &[Receipt { day: 7, quantity_milli: 20_000 }],
        outlook: DemandOutlook { levels: &LEVELS, total_quantiles: &totals, mean: &[5.0; 14] },
        service_level: 0.9,
        days: 14,
        unit_value: Some(2.0),
    };
    let projection = project_stock(&request).unwrap();
    assert_eq!(projection.closing, [25., 20., 15., 10., 5., 0., 15., 10., 5., 0., 0., 0., 0., 0.]);
    assert_eq!(projection.first_empty_on, Some(date("2024-05-11")));
    assert_eq!(projection.first_short_on, Some(date("2024-05-16")));
    assert_eq!(projection.at_risk_on, Some(date("2024-05-16")));
    assert_eq!(projection.lost_value, Some(40.0));

    let flat = vec![vec![180.0; 9]; 14];
    request.outlook.total_quantiles = &flat;
    request.receipts = &[];
    request.available_milli = 500_000;
    let overstock = find_overstock(&request, 24_000).unwrap().unwrap();
    assert_eq!(overstock.excess_milli, 320_000);
    assert_eq!((overstock.days_of_cover, overstock.sold_through_on), (Some(100.0), Some(date("2024-08-13"))));
}

#[test]
fn stock_without_forecast_demand_has_no_cover_instead_of_an_invented_one() {
    let outlook = DemandOutlook { levels: &LEVELS, total_quantiles: &[vec![0.0; 9]], mean: &[0.0] };
    assert_eq!(days_of_cover(5_000, &outlook), None);
    assert_eq!(days_of_cover(0, &outlook), Some(0.0));
}

/// With true quantiles the planned policy keeps the promised cycle service; planned one day short (the classic mistake) it does not.
#[test]
fn planned_orders_keep_the_promised_service_in_simulation() {
    let daily = Poisson::new(4.0).unwrap();
    let mut chance = rand_pcg::Pcg64::seed_from_u64(11);
    let demand: Vec<f64> = (0..21_000).map(|_| daily.inverse_cdf(chance.random::<f64>()) as f64).collect();
    let levels: Vec<f64> = (1..100).map(|i| f64::from(i) / 100.0).collect();
    let totals: Vec<Vec<f64>> = (1..=14)
        .map(|h| {
            let total = Poisson::new(4.0 * f64::from(h)).unwrap();
            levels.iter().map(|&level| total.inverse_cdf(level) as f64).collect()
        })
        .collect();
    let outlook = DemandOutlook { levels: &levels, total_quantiles: &totals, mean: &[4.0; 14] };
    let calendar = OrderCalendar::from_text(Some("mon")).unwrap();
    let shop = Shop { opening_stock: 60.0, lead_time: 3, review_days: 7, warm_up_days: 70 };
    let run = |planned_days: u32| {
        let lead_time = fixed_lead_time(planned_days);
        shop.cycle_service(&demand, |night| {
            let backorders = (-night.on_hand).max(0.0);
            let plan = plan_order(&OrderRequest {
                as_of: date("2024-05-05"),
                target: ServiceTarget::Cycle(0.95),
                unmet: UnmetDemand::Waits,
                outlook,
                lead_time: &lead_time,
                calendar: &calendar,
                stock: StockPosition {
                    on_hand_milli: (night.on_hand.max(0.0) * MILLI) as i64,
                    reserved_milli: (backorders * MILLI) as i64,
                    on_order_milli: (night.on_order * MILLI) as i64,
                    ..StockPosition::default()
                },
                rules: OrderRules { pack_size_milli: Some(1000), ..OrderRules::default() },
            });
            plan.unwrap().quantity_milli as f64 / MILLI
        })
    };
    // 2,990 cycles: standard error 0.004.
    let (right, short) = (run(3), run(2));
    assert!((0.94..0.975).contains(&right), "{right}");
    assert!(short < 0.90, "{short}");
}

/// Demand of 10 a day for certain, an order each day that arrives the day after: 20 expected and no safety stock, so that a
/// presentation minimum of 6 asks for 26; 8 are on hand, of which 3 expire.
#[test]
fn presentation_and_waste_are_steps_of_their_own() {
    let totals: Vec<Vec<f64>> = (1..=5).map(|day| vec![10.0 * f64::from(day); 9]).collect();
    let (lead_time, calendar) = (fixed_lead_time(1), OrderCalendar::every_day());
    let plan = |presentation_milli: Option<i64>, expected_waste_milli: i64| {
        let plan = plan_order(&OrderRequest {
            as_of: date("2024-05-05"),
            target: ServiceTarget::Cycle(0.95),
            unmet: UnmetDemand::Waits,
            outlook: DemandOutlook { levels: &LEVELS, total_quantiles: &totals, mean: &[10.0; 5] },
            lead_time: &lead_time,
            calendar: &calendar,
            stock: StockPosition { on_hand_milli: 8_000, expected_waste_milli, ..StockPosition::default() },
            rules: OrderRules { presentation_milli, ..OrderRules::default() },
        });
        let plan = plan.unwrap();
        let steps: Vec<(&str, i64)> = plan.steps.iter().map(|step| (step.code.name(), step.delta_milli)).collect();
        (plan.order_up_to_milli, plan.quantity_milli, steps)
    };
    let (expected, safety, on_hand) = (("EXPECTED_DEMAND", 20_000), ("SAFETY_STOCK", 0), ("MINUS_ON_HAND", -8_000));
    assert_eq!(plan(None, 0), (20_000, 12_000, vec![expected, safety, on_hand]));
    assert_eq!(plan(Some(0), -1), plan(None, 0));
    let (presentation, waste) = (("PRESENTATION", 6_000), ("EXPECTED_WASTE", 3_000));
    assert_eq!(plan(Some(6_000), 3_000), (26_000, 21_000, vec![expected, safety, presentation, on_hand, waste]));
}

#[test]
fn advice_is_graded_by_the_documented_rules() {
    let advice = PastAdvice {
        quantity_milli: 40_000,
        order_up_to_milli: 60_000,
        expected_demand_milli: 50_000,
        order_step_milli: 5_000,
    };
    let happened = WhatHappened {
        ordered_milli: Some(40_000),
        sold_milli: Some(52_000),
        stock_out_days: Some(0),
        closing_stock_milli: Some(8_000),
    };
    let verdict = |happened: WhatHappened| grade_advice(&advice, &happened, &GradeRules::default()).verdict;
    assert_eq!(verdict(happened), Verdict::Good);
    assert_eq!(verdict(WhatHappened { stock_out_days: Some(2), ..happened }), Verdict::TooLittle);
    assert_eq!(verdict(WhatHappened { closing_stock_milli: Some(25_000), ..happened }), Verdict::Good);
    assert_eq!(verdict(WhatHappened { closing_stock_milli: Some(25_001), ..happened }), Verdict::TooMuch);
    assert_eq!(
        verdict(WhatHappened { ordered_milli: Some(0), stock_out_days: Some(3), ..happened }),
        Verdict::NotFollowed
    );
    assert_eq!(verdict(WhatHappened { ordered_milli: Some(45_000), ..happened }), Verdict::Good);
    assert_eq!(verdict(WhatHappened { closing_stock_milli: None, ..happened }), Verdict::Unknown);
    let outcome = grade_advice(&advice, &WhatHappened { sold_milli: Some(61_000), ..happened }, &GradeRules::default());
    assert_eq!((outcome.covered, outcome.followed, outcome.excess_milli), (Some(false), Some(true), Some(0)));
}

#[test]
fn calendar_knows_weekdays_and_names_what_it_cannot_read() {
    let calendar = OrderCalendar::from_text(Some("mon, Thursday")).unwrap();
    assert_eq!(calendar.next_order_day(date("2024-05-06")).unwrap(), date("2024-05-06"));
    assert_eq!(calendar.following_order_day(date("2024-05-06")).unwrap(), date("2024-05-09"));
    assert_eq!(OrderCalendar::from_text(Some(" ")).unwrap(), OrderCalendar::every_day());
    let error = OrderCalendar::from_text(Some("mon,xyz")).unwrap_err().to_string();
    assert!(error.contains("`xyz` is no weekday"), "{error}");
}

#[test]
fn supplier_minimum_is_reported_and_unknown_costs_are_counted() {
    let lines = [
        SupplierLine { quantity_milli: 10_000, unit_cost: Some(2.5) },
        SupplierLine { quantity_milli: 0, unit_cost: Some(99.0) },
        SupplierLine { quantity_milli: 1_000, unit_cost: None },
    ];
    let report = check_supplier_minimum(&lines, 100.0);
    assert_eq!(report, SupplierMinimum { order_value: 25.0, shortfall: 75.0, lines_without_cost: 1 });
    assert!(check_supplier_minimum(&lines[1..2], 100.0).is_met());
}

#[test]
fn outlook_is_extended_past_its_horizon_with_a_flag_and_refuses_nonsense() {
    let totals = normal_totals(10.0, 3.0, 8);
    let outlook = DemandOutlook { levels: &LEVELS, total_quantiles: &totals, mean: &[10.0; 8] };
    let extended = outlook.total_at(16, 0.95).unwrap();
    assert!(extended.beyond_horizon);
    // Independent normal days: the table's own growth is a square root, so the extension is exact.
    close(extended.units, Normal::new(160.0, 12.0).unwrap().inverse_cdf(0.95), 1e-9);
    assert!(outlook.total_at(3, 0.999).unwrap().beyond_levels);
    assert_eq!(outlook.total_at(0, 0.95).unwrap().units, 0.0);
    assert_eq!(outlook.total_at(3, 1.0), Err(InventoryError::ServiceLevel { found: 1.0 }));
    let ragged = DemandOutlook { mean: &[10.0; 7], ..outlook };
    assert!(ragged.total_at(1, 0.5).is_err());
}

prop_compose! {
    fn any_limits()(pack in 0_i64..30_000, unit in prop::option::of(prop::sample::select(vec![1_i64, 250, 1000])), minimum in prop_oneof![Just(0_i64), 0_i64..60_000], maximum in prop::option::of(1_i64..90_000), shelf_life in prop::option::of(0_u32..20), presentation in prop::option::of(-5_000_i64..60_000), least in prop::option::of(0_i64..150_000), most in prop::option::of(0_i64..150_000), frozen in prop::bool::weighted(0.1)) -> OrderRules {
        OrderRules { pack_size_milli: Some(pack), unit_milli: unit, min_order_milli: Some(minimum), max_order_milli: maximum, shelf_life_days: shelf_life, presentation_milli: presentation, min_stock_milli: least, max_stock_milli: most, frozen }
    }
}

prop_compose! {
    fn any_totals()(steps in prop::collection::vec(prop::collection::vec(0.0_f64..20.0, 9), 6)) -> Vec<Vec<f64>> {
        steps.into_iter().scan(vec![0.0; 9], |total, mut step| {
            step.sort_by(f64::total_cmp);
            for (sum, value) in total.iter_mut().zip(step) { *sum += value; }
            Some(total.clone())
        }).collect()
    }
}

proptest! {
    #[test]
    fn every_plan_adds_up_and_obeys_its_rules(
        totals in any_totals(), rules in any_limits(), on_hand in -50_000_i64..200_000, more in 0_i64..50_000,
        reserved in 0_i64..20_000, on_order in 0_i64..80_000, waste in 0_i64..30_000, service_level in 0.5_f64..0.99,
        deliveries in prop::collection::vec(0_u32..9, 5..12),
    ) {
        let mean: Vec<f64> = (0..6).map(|day| totals[day][4] - if day > 0 { totals[day - 1][4] } else { 0.0 }).collect();
        let lead_time = LeadTime::from_deliveries(&deliveries, None).unwrap();
        let calendar = OrderCalendar::from_text(Some("tue,fri")).unwrap();
        let request = |on_hand_milli: i64| OrderRequest {
            as_of: date("2024-05-05"),
            target: ServiceTarget::Cycle(service_level),
            unmet: UnmetDemand::Waits,
            outlook: DemandOutlook { levels: &LEVELS, total_quantiles: &totals, mean: &mean },
            lead_time: &lead_time,
            calendar: &calendar,
            stock: StockPosition { on_hand_milli, reserved_milli: reserved, on_order_milli: on_order, expected_waste_milli: waste },
            rules,
        };
        let plan = plan_order(&request(on_hand)).unwrap();
        prop_assert_eq!(plan.steps.iter().map(|step| step.delta_milli).sum::<i64>(), plan.quantity_milli);
        prop_assert!(plan.quantity_milli >= 0);
        let presentation = rules.presentation_milli.unwrap_or(0);
        prop_assert!(presentation <= 0 || plan.order_up_to_milli - plan.expected_demand_milli >= presentation);
        let without = plan_order(&OrderRequest { rules: OrderRules { presentation_milli: None, ..rules }, ..request(on_hand) }).unwrap();
        prop_assert!(plan.order_up_to_milli >= without.order_up_to_milli);
        let step = |plan: &OrderPlan, code: StepCode| plan.steps.iter().filter(|step| step.code == code).map(|step| step.delta_milli).sum::<i64>();
        let (least, least_without) = (step(&plan, StepCode::MinimumStock), step(&without, StepCode::MinimumStock));
        prop_assert_eq!(step(&plan, StepCode::Presentation) + least - least_without, plan.order_up_to_milli - without.order_up_to_milli);
        prop_assert!(plan.order_up_to_milli >= rules.min_stock_milli.unwrap_or(0));
        prop_assert!(!rules.frozen || plan.quantity_milli == 0);
        let stands = on_hand.max(0) - reserved + on_order - waste;
        prop_assert!(plan.quantity_milli == 0 || rules.max_stock_milli.is_none_or(|most| stands + plan.quantity_milli <= most));
        let pack = rules.pack_size_milli.unwrap_or(0);
        prop_assert!(pack == 0 || plan.quantity_milli % pack == 0);
        prop_assert!(pack > 0 || plan.quantity_milli % rules.unit_milli.unwrap_or(1) == 0);
        prop_assert!(plan.quantity_milli == 0 || plan.quantity_milli >= rules.min_order_milli.unwrap_or(0));
        prop_assert!(rules.max_order_milli.is_none_or(|cap| plan.quantity_milli <= cap));
        prop_assert!(plan_order(&request(on_hand + more)).unwrap().quantity_milli <= plan.quantity_milli);
        prop_assert_eq!(&plan_order(&request(on_hand)).unwrap(), &plan);
        // A system of the books that applies the published levels orders the same, wherever its stock stands.
        let levels = policy_levels(&request(more)).unwrap();
        let position = on_hand.max(0) - reserved + on_order - waste;
        prop_assert_eq!(levels.order_at(position), plan.quantity_milli);
    }

    #[test]
    fn a_higher_service_level_never_lowers_the_target(totals in any_totals(), low in 0.5_f64..0.98, rise in 0.0_f64..0.01, deliveries in prop::collection::vec(0_u32..9, 5..9)) {
        let outlook = DemandOutlook { levels: &LEVELS, total_quantiles: &totals, mean: &[5.0; 6] };
        let lead_time = LeadTime::from_deliveries(&deliveries, None).unwrap();
        let at = |level: f64| Protection::new(&outlook, &lead_time, (0, 1)).level(ServiceTarget::Cycle(level)).units;
        prop_assert!(at(low) <= at(low + rise) + 1e-9);
        let protection = Protection::new(&outlook, &lead_time, (0, 1));
        let filled = |share: f64| protection.level(ServiceTarget::FillRate(share)).units;
        prop_assert!(filled(low) <= filled(low + rise) + 1e-9);
        prop_assert!(protection.fill_rate(filled(low)).is_none_or(|share| share >= low - 1e-9));
    }
}
