use proptest::prelude::*;
use rand::SeedableRng;
use rand_pcg::Pcg64;

use super::uncensored;
use crate::forecast::series::observed_mean;
use crate::forecast::simulated::count;

/// Poisson demand over so many days, and what of it a stock of so many units a day let be sold.
fn shop(mean: f64, stock: impl Fn(usize) -> f64, days: usize, seed: u64) -> (Vec<f64>, Vec<bool>) {
    let mut random = Pcg64::seed_from_u64(seed);
    (0..days)
        .map(|t| {
            let demand = count(&mut random, mean, 1.0);
            (demand.min(stock(t)), demand >= stock(t))
        })
        .unzip()
}

#[test]
fn the_mean_of_what_sells_out_is_found_where_shelves_are_sometimes_full() {
    for (mean, stock) in [(10.0, 12.0), (10.0, 10.0), (3.0, 4.0), (60.0, 64.0), (1.0, 1.0), (0.4, 1.0)] {
        let (sold, empty) = shop(mean, |_| stock, 2_000, 3);
        let share = empty.iter().filter(|empty| **empty).count() as f64 / 2_000.0;
        let uncensored = uncensored(&sold, &empty);
        let (found, naive) = (observed_mean(&uncensored.demand), observed_mean(&sold));
        assert!((found / mean - 1.0).abs() < 0.08, "{mean} with {stock}: {found}, sales alone {naive}, {share} empty");
        assert!((found - mean).abs() < (naive - mean).abs(), "{mean} with {stock}: {found}, sales alone {naive}");
    }
}

/// Of a slow product of which little is there, only days on which nobody came would remain.
#[test]
fn slow_goods_that_are_sold_out_when_somebody_comes_keep_their_demand_through_changes_of_level() {
    for mean in [0.3, 1.0, 3.0] {
        let mut random = Pcg64::seed_from_u64(7);
        let (mut stock, mut days) = (0.0_f64, Vec::new());
        for t in 0..1_400 {
            let level = if t < 700 { mean } else { 3.0 * mean };
            if t % 7 == 0 {
                stock = f64::round(4.0 * level).max(1.0);
            }
            let demand = count(&mut random, level, 1.0);
            let sold = demand.min(stock);
            stock -= sold;
            days.push((sold, stock <= 0.0, demand));
        }
        let sold: Vec<f64> = days.iter().map(|day| day.0).collect();
        let empty: Vec<bool> = days.iter().map(|day| day.1).collect();
        let found = uncensored(&sold, &empty);
        for (half, level) in [(0..700, mean), (700..1_400, 3.0 * mean)] {
            let (found, naive) = (observed_mean(&found.demand[half.clone()]), observed_mean(&sold[half]));
            assert!((found / level - 1.0).abs() < 0.2, "{level}: {found}, sales alone {naive}");
            assert!(naive < 0.7 * level, "{level}: sales alone {naive}");
        }
    }
}

#[test]
fn a_weekday_that_is_always_sold_out_keeps_what_it_sold() {
    // 60 every seventh day, all of it sold; 25 with stock on the others.
    let sold: Vec<f64> = (0..210).map(|t| if t % 7 == 5 { 60.0 } else { 24.0 + f64::from(t % 3) }).collect();
    let empty: Vec<bool> = (0..210).map(|t| t % 7 == 5).collect();
    let found = uncensored(&sold, &empty);
    assert!(!found.is_always_empty);
    assert_eq!((found.n_unknown, found.n_raised), (0, 30));
    assert_eq!(found.demand, sold);
}

#[test]
fn an_empty_shelf_that_sold_little_says_nothing_and_books_that_are_always_empty_say_nothing_either() {
    let mut sold = vec![10.0; 70];
    let mut empty = vec![false; 70];
    for t in [20, 41, 42] {
        (sold[t], empty[t]) = (0.0, true);
    }
    let found = uncensored(&sold, &empty);
    assert_eq!(found.demand.iter().filter(|units| units.is_nan()).count(), 3);
    assert_eq!((found.n_unknown, found.n_raised), (3, 0));
    // A service: one in three days, and the books say 0 every day.
    let sold: Vec<f64> = (0..90).map(|t| f64::from(u8::from(t % 3 == 0))).collect();
    let found = uncensored(&sold, &[true; 90]);
    assert!(found.is_always_empty && found.demand == sold);
}

proptest! {
    #[test]
    fn demand_is_never_below_sales_and_periods_with_stock_stay(
        days in prop::collection::vec((0_u32..40, any::<bool>()), 0..200)
    ) {
        let sold: Vec<f64> = days.iter().map(|(units, _)| f64::from(*units)).collect();
        let empty: Vec<bool> = days.iter().map(|(_, empty)| *empty).collect();
        let found = uncensored(&sold, &empty);
        for ((demand, sold), empty) in found.demand.iter().zip(&sold).zip(&empty) {
            prop_assert!(demand.is_nan() || *demand >= *sold && demand.fract() == 0.0);
            prop_assert!(*empty || demand == sold);
        }
        let n_unknown = found.demand.iter().filter(|demand| demand.is_nan()).count();
        prop_assert_eq!(n_unknown, found.n_unknown);
    }
}
