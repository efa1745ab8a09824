use super::super::likelihood::Start;
use super::*;

/// ARMA(1,1) with φ = 0.7, θ = 0.4 from a fixed congruential sequence.
fn arma_series(n: usize) -> Vec<f64> {
    let mut seed = 12_345_u64;
    let mut noise = || {
        let sum: f64 = (0..12)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 11) as f64 / (1_u64 << 53) as f64
            })
            .sum();
        sum - 6.0
    };
    let (mut w, mut last) = (0.0, 0.0);
    (0..n)
        .map(|_| {
            let e = noise();
            w = 0.7 * w + e + 0.4 * last;
            last = e;
            w
        })
        .collect()
}

fn order() -> ArimaOrder {
    ArimaOrder { p: 1, q: 1, ..ArimaOrder::default() }
}

#[test]
fn both_the_regressions_and_the_minimum_find_the_true_model() {
    let w = arma_series(2_000);
    let start = hannan_rissanen(&w, &order()).unwrap();
    let blocks = Blocks::from_free(&start, &order());
    assert!((blocks.ar[0] - 0.7).abs() < 0.1 && (blocks.ma[0] - 0.4).abs() < 0.1, "{blocks:?}");
    let mut objective = Objective::new(&w, &[], order(), Start::Exact).unwrap();
    let minimum = minimise(&mut objective, &mut Workspace::default(), vec![0.0, 0.1], 1e-11, None);
    let blocks = Blocks::from_free(&minimum.u, &order());
    assert!((blocks.ar[0] - 0.7).abs() < 0.05 && (blocks.ma[0] - 0.4).abs() < 0.06, "{blocks:?}");
    assert!((minimum.s / 2_000.0 - 1.0).abs() < 0.1);
}

#[test]
fn the_minimum_has_no_slope() {
    let w = arma_series(300);
    let mut objective = Objective::new(&w, &[], order(), Start::Exact).unwrap();
    let minimum = minimise(&mut objective, &mut Workspace::default(), vec![0.3, 0.3], 1e-12, None);
    let mut buffer = Vec::new();
    for j in 0..2 {
        for step in [-1e-3, 1e-3] {
            let mut u = minimum.u.clone();
            u[j] += step;
            assert!(objective.evaluate(&u, &mut buffer) > minimum.s);
        }
    }
}

#[test]
fn a_hopeless_candidate_is_given_up() {
    let w = arma_series(300);
    let mut objective = Objective::new(&w, &[], order(), Start::Exact).unwrap();
    let minimum = minimise(&mut objective, &mut Workspace::default(), vec![0.6, 0.3], 1e-12, Some(1.0));
    assert!(minimum.abandoned);
}

#[test]
fn starts_of_neighbours_describe_the_same_process() {
    let from = ArimaOrder { p: 1, q: 1, ..ArimaOrder::default() };
    let wider = ArimaOrder { p: 2, q: 2, ..ArimaOrder::default() };
    let w = arma_series(200);
    let u = vec![0.5, -0.2];
    let mut buffer = Vec::new();
    let mut s =
        |order: ArimaOrder, u: &[f64]| Objective::new(&w, &[], order, Start::Exact).unwrap().evaluate(u, &mut buffer);
    let expected = s(from, &u);
    let warm = s(wider, &warm_start(&from, &u, &wider));
    let common = s(wider, &common_factor_start(&from, &u, &wider).unwrap());
    assert!((warm / expected - 1.0).abs() < 1e-9);
    assert!((common / expected - 1.0).abs() < 1e-4, "{common} {expected}");
    assert_eq!(common_factor_start(&from, &u, &ArimaOrder { p: 2, ..from }), None);
}
