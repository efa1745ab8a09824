use super::*;

/// Autocovariances by brute force: 4,000 ψ weights.
fn brute_force(arma: &Arma, n: usize) -> Vec<f64> {
    let mut psi = Vec::new();
    arma.fill_psi(&mut psi, 4_000);
    (0..n).map(|k| psi.iter().zip(&psi[k..]).map(|(a, b)| a * b).sum()).collect()
}

fn seasonal_model() -> Arma {
    let blocks = Blocks { ar: vec![0.5, -0.3], seasonal_ar: vec![0.6], ma: vec![0.4], seasonal_ma: vec![-0.7, 0.2] };
    Arma::from_blocks(&blocks, 4)
}

#[test]
fn the_stationary_gain_of_an_ar1_is_its_textbook_value() {
    let mut arma = Arma::from_blocks(&Blocks { ar: vec![0.8], ..Blocks::default() }, 1);
    let mut gain = Vec::new();
    let variance = arma.stationary_gain(&mut gain).unwrap();
    assert!((variance - 1.0 / 0.36).abs() < 1e-12);
    assert!((gain[0] - 0.8 / 0.36).abs() < 1e-12);
}

#[test]
fn the_stationary_covariance_solves_its_equation_and_matches_brute_force() {
    let mut arma = seasonal_model();
    let r = arma.state_size();
    let p = arma.stationary_covariance().unwrap();
    let gamma = brute_force(&arma, 3);
    assert!((p[0] - gamma[0]).abs() < 1e-9 * gamma[0]);
    let mut gain = Vec::new();
    arma.stationary_gain(&mut gain).unwrap();
    assert!((gain[0] - gamma[1]).abs() < 1e-9 * gamma[0]);
    // P = T P T' + R R' in every cell.
    let (phi, loading) = (arma.coefficient_at(r), arma.loading(r));
    let at = |i: usize, j: usize| if i < r && j < r { p[i * r + j] } else { 0.0 };
    for i in 0..r {
        for j in 0..r {
            let expected = phi[i] * phi[j] * at(0, 0)
                + phi[i] * at(0, j + 1)
                + phi[j] * at(i + 1, 0)
                + at(i + 1, j + 1)
                + loading[i] * loading[j];
            assert!((at(i, j) - expected).abs() < 1e-9, "{i} {j}");
        }
    }
}

#[test]
fn free_parameters_and_coefficients_are_inverse() {
    let order = ArimaOrder { p: 2, q: 1, seasonal_p: 1, seasonal_q: 2, season: 4, ..ArimaOrder::default() };
    let u = [0.3, -0.4, 0.8, 0.1, -1.2, 0.5];
    let blocks = Blocks::from_free(&u, &order);
    for (a, b) in blocks.to_free().iter().zip(&u) {
        assert!((a - b).abs() < 1e-9);
    }
    let mut arma = Arma::default();
    arma.set_free(&u, &order);
    let direct = Arma::from_blocks(&blocks, 4);
    for (a, b) in arma.ar.iter().zip(&direct.ar).chain(arma.ma.iter().zip(&direct.ma)) {
        assert!((a - b).abs() < 1e-12);
    }
}

#[test]
fn coefficients_outside_the_region_are_shrunk_into_it() {
    let blocks = Blocks { ar: vec![1.4], ma: vec![f64::NAN, 2.0], ..Blocks::default() };
    assert!(blocks.to_free().iter().all(|u| u.is_finite() && u.abs() < 1.6));
}
