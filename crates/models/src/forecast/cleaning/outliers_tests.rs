use super::*;
use crate::forecast::simulated::{PLAIN, Recipe, WEEK};
use proptest::prelude::*;

const NAN: f64 = f64::NAN;
const SEASONS: [usize; 2] = [7, 365];

fn found(demand: &[f64], season_lengths: &[usize]) -> Vec<usize> {
    clean_outliers(demand, season_lengths, &[]).replaced.iter().map(|outlier| outlier.index).collect()
}

#[test]
fn fewer_than_one_in_a_hundred_honest_series_loses_a_day() {
    let recipes = [
        Recipe { mean: 0.05, ..PLAIN },
        Recipe { mean: 0.3, ..PLAIN },
        Recipe { mean: 1.0, dispersion: 2.0, ..PLAIN },
        Recipe { mean: 3.0, weekly: true, ..PLAIN },
        Recipe { mean: 5.0, dispersion: 5.0, weekly: true, ..PLAIN },
        Recipe { weekly: true, yearly: 0.5, ..PLAIN },
        Recipe { weekly: true, trend: 0.7, ..PLAIN },
        Recipe { mean: 40.0, weekly: true, trend: -0.7, ..PLAIN },
        Recipe { mean: 60.0, dispersion: 3.0, weekly: true, noise: (0.9, 0.2), ..PLAIN },
        Recipe { mean: 400.0, noise: (0.5, 0.3), trend: 0.3, ..PLAIN },
    ];
    let alarms = recipes
        .iter()
        .flat_map(|recipe| (0..40).map(|seed| recipe.draw(728, seed)))
        .filter(|demand| !found(demand, &SEASONS).is_empty())
        .count();
    assert!(alarms <= 4, "{alarms} of 400");
}

#[test]
fn bulk_orders_are_found_and_replaced_by_a_usual_day() {
    let recipe = Recipe { mean: 20.0, dispersion: 2.0, weekly: true, ..PLAIN };
    let (mut hits, mut error) = (0, 0.0);
    for seed in 0..40_u64 {
        let mut demand = recipe.draw(728, seed);
        let spots = [90 + seed as usize, 310 + 2 * seed as usize, 600 + 3 * seed as usize];
        for t in spots {
            demand[t] += 240.0;
        }
        for outlier in clean_outliers(&demand, &SEASONS, &[]).replaced {
            assert!(spots.contains(&outlier.index));
            hits += 1;
            error += outlier.used / (20.0 * WEEK[outlier.index % 7]) - 1.0;
        }
    }

    assert!(hits >= 114, "{hits} of 120");
    assert!((error / f64::from(hits)).abs() < 0.05, "{error} {hits}");
}

#[test]
fn what_comes_back_is_not_an_outlier() {
    let mut demand = Recipe { weekly: true, ..PLAIN }.draw(800, 1);
    (demand[100], demand[467]) = (300.0, 250.0); // 367 days later: the same feast
    (demand[600], demand[607]) = (300.0, 280.0); // two Saturdays
    demand[700] = 300.0;
    assert_eq!(found(&demand, &SEASONS), [700]);
    assert_eq!(found(&demand, &[7]), [100, 467, 700], "without the year, nothing is known of feasts");
}

#[test]
fn a_promotion_said_to_be_one_is_not_judged() {
    let mut demand = Recipe { weekly: true, ..PLAIN }.draw(200, 2);
    (demand[50], demand[120]) = (300.0, 300.0);
    let mut protected = vec![false; 100];
    protected[50] = true;
    let cleaned = clean_outliers(&demand, &[7], &protected);
    assert_eq!(cleaned.replaced.iter().map(|outlier| outlier.index).collect::<Vec<_>>(), [120]);
    assert_eq!(cleaned.demand[50], 300.0);
}

#[test]
fn a_new_level_is_news_from_its_fourth_day_on() {
    let mut demand = Recipe { weekly: true, ..PLAIN }.draw(300, 3);
    for y in &mut demand[290..] {
        *y = *y * 20.0 + 60.0;
    }
    assert!(found(&demand, &[7]).is_empty());
    assert_eq!(found(&demand[..292], &[7]), [290, 291]);
}

#[test]
fn sundays_once_open_are_no_outliers_in_a_shop_that_closes_on_them() {
    let mut demand: Vec<f64> = Recipe { mean: 30.0, ..PLAIN }.draw(364, 4);
    for y in demand.iter_mut().skip(6).step_by(7) {
        *y = 0.0;
    }
    demand[6 + 7 * 30] = 45.0;
    assert!(found(&demand, &[7]).is_empty());
}

#[test]
fn unobserved_days_stay_unobserved() {
    let mut demand = Recipe { weekly: true, ..PLAIN }.draw(200, 5);
    for t in (0..200).filter(|t| t % 5 == 0) {
        demand[t] = NAN;
    }
    demand[123] = 500.0;
    let cleaned = clean_outliers(&demand, &[7], &[]);
    assert_eq!(cleaned.replaced.len(), 1);
    assert!((0..200).all(|t| cleaned.demand[t].is_nan() == demand[t].is_nan()));
}

#[test]
fn little_is_left_alone() {
    for demand in [vec![], vec![NAN; 60], vec![0.0; 60], vec![1.0, 500.0, 1.0], vec![7.0; 100]] {
        let cleaned = clean_outliers(&demand, &[7], &[]);
        assert!(cleaned.replaced.is_empty());
        assert_eq!(cleaned.demand.len(), demand.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn only_what_is_reported_changes_and_only_downwards(
        values in prop::collection::vec(
            prop_oneof![3 => 0.0..20.0_f64, 1 => Just(NAN), 1 => Just(0.0), 1 => -5.0..1e6_f64, 1 => Just(f64::INFINITY)],
            0..150,
        ),
        season in 0_usize..15,
    ) {
        let cleaned = clean_outliers(&values, &[season, 365], &[]);
        let mut restored = cleaned.demand.clone();
        for outlier in &cleaned.replaced {
            prop_assert!(outlier.used < outlier.found && outlier.used >= 0.0);
            restored[outlier.index] = outlier.found;
        }
        prop_assert!(restored.iter().zip(&values).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn no_count_below_six_spreads_is_touched(seed in 0_u64..1000, mean in 0.05..50.0_f64, extra in 0.0..6.0_f64) {
        let mut demand = Recipe { mean, ..PLAIN }.draw(400, seed);
        let others = (demand.iter().sum::<f64>() - demand[200]) / 399.0;
        demand[200] = (others + extra * others.sqrt()).floor();
        // Beside the mean of all, that of the neighbours counts: a local low can still make a day stand out.
        let local = (demand[186..215].iter().sum::<f64>() - demand[200]) / 28.0;
        prop_assume!(demand[200] <= local + 6.0 * local.sqrt());
        prop_assert!(!found(&demand, &SEASONS).contains(&200));
    }

    #[test]
    fn counts_in_smaller_units_lose_the_same_days(seed in 0_u64..1000, scale in 1.0..1e4_f64) {
        let mut demand = Recipe { mean: 30.0, weekly: true, ..PLAIN }.draw(200, seed);
        demand[77] = 900.0;
        let scaled: Vec<f64> = demand.iter().map(|y| y * scale).collect();
        prop_assert_eq!(found(&demand, &[7]), found(&scaled, &[7]));
    }
}
