use rand::SeedableRng;
use rand_distr::{Distribution, Poisson};
use rand_pcg::Pcg64;

use super::*;

/// A promotion of a week in every eighth one; depth as ln.
fn depth(n: usize, phase: usize) -> Vec<f64> {
    (0..n).map(|t| if (t / 7 + phase).is_multiple_of(8) { 0.25 } else { 0.0 }).collect()
}

/// Poisson demand of the given mean, moved by exp(slope x).
fn demand(mean: f64, slope: f64, column: &[f64], n: usize, seed: u64) -> Vec<f64> {
    let mut rng = Pcg64::seed_from_u64(seed);
    column[..n].iter().map(|x| Poisson::new(mean * (slope * x).exp()).unwrap().sample(&mut rng)).collect()
}

const HISTORY: usize = 400;

struct Shop {
    demands: Vec<Vec<f64>>,
    columns: Vec<[Vec<f64>; 1]>,
}

impl Shop {
    fn new(means_and_slopes: &[(f64, f64)]) -> Shop {
        let columns: Vec<[Vec<f64>; 1]> =
            (0..means_and_slopes.len()).map(|index| [depth(HISTORY + 28, index)]).collect();
        let demands = (means_and_slopes.iter().zip(&columns).zip(1..))
            .map(|(((mean, slope), columns), seed)| demand(*mean, *slope, &columns[0], HISTORY, seed))
            .collect();
        Shop { demands, columns }
    }

    fn moved(&self) -> Vec<MovedPeriods> {
        self.demands.iter().zip(&self.columns).map(|(demand, columns)| MovedPeriods::of(demand, columns)).collect()
    }
}

fn fit(moved: &[MovedPeriods]) -> Option<GroupResponse> {
    GroupResponse::fit(&moved.iter().collect::<Vec<_>>())
}

#[test]
fn slow_products_show_their_response_together() {
    let effects = fit(&Shop::new(&[(0.4, 3.0); 60]).moved()).unwrap();
    assert!((effects.slopes[0] - 3.0).abs() < 0.4, "{effects:?}");
    assert!(effects.n_periods > 2_000);
}

#[test]
fn a_fast_product_keeps_its_own_response() {
    let mut members = vec![(1.0, 2.0); 30];
    members.extend([(40.0, 4.0), (40.0, 0.0)]);
    let shop = Shop::new(&members);
    let moved = shop.moved();
    let effects = fit(&moved).unwrap();
    let promoted = |index: usize| {
        let at = shop.columns[index][0].iter().position(|x| *x > 0.0).unwrap();
        factors_of(&effects.member_slopes(&moved[index]), &shop.columns[index])[at].ln() / 0.25
    };
    assert!(effects.member_deviation > 0.0, "{effects:?}");
    assert!((promoted(30) - 4.0).abs() < 0.6 && promoted(31).abs() < 0.6, "{} {}", promoted(30), promoted(31));
}

#[test]
fn nothing_out_of_the_ordinary_moves_nothing() {
    let (demand, columns) = ([3.0; 50], [vec![0.0; 60]]);
    let unmoved = MovedPeriods::of(&demand, &columns);
    assert_eq!(GroupResponse::fit(&[&unmoved]), None);
    let effects = fit(&Shop::new(&[(5.0, 2.0); 5]).moved()).unwrap();
    assert_eq!(factors_of(&effects.member_slopes(&unmoved), &columns), vec![1.0; 60]);
    // A newcomer without a past takes the response of the group.
    let newcomer = factors_of(&effects.member_slopes(&MovedPeriods::default()), &[vec![0.25; 3]]);
    assert_eq!(newcomer, vec![(effects.slopes[0] * 0.25).exp(); 3]);
}

#[test]
fn effects_are_finite_whatever_the_demand() {
    for demand in [vec![f64::NAN; 60], vec![0.0; 60], vec![1e12; 60], vec![-5.0; 60]] {
        let columns = [depth(70, 0), vec![1.0; 70]];
        let moved = MovedPeriods::of(&demand, &columns);
        if let Some(effects) = GroupResponse::fit(&[&moved]) {
            let factors = factors_of(&effects.member_slopes(&moved), &columns);
            assert!(factors.iter().all(|factor| (0.124..=8.01).contains(factor)), "{demand:?}");
        }
    }
}
