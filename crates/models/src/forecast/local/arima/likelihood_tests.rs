use super::super::arma::Blocks;
use super::*;

/// ln L with σ² = 1 of standardised innovations.
fn density(filtered: &[f64], log_variances: f64) -> f64 {
    let n = filtered.len() as f64;
    -0.5 * (n * std::f64::consts::TAU.ln() + log_variances + filtered.iter().map(|v| v * v).sum::<f64>())
}

fn wave(n: usize) -> Vec<f64> {
    (0..n).map(|t| (t as f64 * 0.7).sin() + 0.3 * (t as f64 * 2.1).cos() + 0.1 * ((t * t) % 7) as f64).collect()
}

fn models() -> Vec<Arma> {
    let blocks = [
        (Blocks::default(), 1),
        (Blocks { ar: vec![0.7], ..Blocks::default() }, 1),
        (Blocks { ma: vec![0.9, 0.3], ..Blocks::default() }, 1),
        (Blocks { ar: vec![1.2, -0.5], ma: vec![-0.8], ..Blocks::default() }, 1),
        (Blocks { ar: vec![0.3], seasonal_ar: vec![0.5], ma: vec![0.4], seasonal_ma: vec![-0.6] }, 4),
        (Blocks { seasonal_ma: vec![-0.99], ma: vec![-0.95], ..Blocks::default() }, 4),
        (Blocks { ar: vec![0.999], ..Blocks::default() }, 1),
    ];
    blocks.into_iter().map(|(blocks, season)| Arma::from_blocks(&blocks, season)).collect()
}

/// Multivariate normal log-density by Cholesky of the autocovariance matrix.
fn brute_force(arma: &Arma, w: &[f64]) -> f64 {
    let mut psi = Vec::new();
    arma.fill_psi(&mut psi, 40_000);
    let n = w.len();
    let gamma: Vec<f64> = (0..n).map(|k| psi.iter().zip(&psi[k..]).map(|(a, b)| a * b).sum()).collect();
    let mut l = vec![0.0; n * n];
    let mut z = vec![0.0; n];
    let mut log_determinant = 0.0;
    for i in 0..n {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| l[i * n + k] * l[j * n + k]).sum();
            let value = gamma[i - j] - dot;
            l[i * n + j] = if i == j { value.sqrt() } else { value / l[j * n + j] };
        }
        let dot: f64 = (0..i).map(|k| l[i * n + k] * z[k]).sum();
        z[i] = (w[i] - dot) / l[i * n + i];
        log_determinant += 2.0 * l[i * n + i].ln();
    }
    density(&z, log_determinant)
}

#[test]
fn the_likelihood_is_the_multivariate_normal_density() {
    for mut arma in models() {
        let w = wave(25);
        let mut filtered = vec![vec![0.0; 25]];
        let log_variances =
            Filter::default().run(&mut arma, std::slice::from_ref(&w), &mut filtered, Start::Exact, false).unwrap();
        let (ours, expected) = (density(&filtered[0], log_variances), brute_force(&arma, &w));
        assert!((ours - expected).abs() < 1e-6 * expected.abs(), "{:?} {:?}: {ours} {expected}", arma.ar, arma.ma);
    }
}

#[test]
fn the_sparse_recursion_continues_the_full_filter() {
    for mut arma in models() {
        let columns = [wave(400), vec![1.0; 400]];
        let mut fast = vec![vec![0.0; 400]; 2];
        let mut slow = fast.clone();
        let a = Filter::default().run(&mut arma, &columns, &mut fast, Start::Exact, false).unwrap();
        let b = Filter::default().run(&mut arma, &columns, &mut slow, Start::Exact, true).unwrap();
        assert!((a - b).abs() < 1e-9);
        for (a, b) in fast.iter().flatten().zip(slow.iter().flatten()) {
            assert!((a - b).abs() < 1e-5, "{:?} {:?}", arma.ar, arma.ma);
        }
    }
}

#[test]
fn the_conditional_recursion_inverts_the_process() {
    let arma = Arma::from_blocks(
        &Blocks { ar: vec![0.5], seasonal_ar: vec![0.2], ma: vec![0.4, 0.1], seasonal_ma: vec![-0.6, 0.2] },
        6,
    );
    let noise = wave(80);
    let mut w: Vec<f64> = Vec::new();
    for t in 0..80 {
        let back = |terms: &[(usize, f64)], from: &[f64]| -> f64 {
            terms.iter().filter(|(lag, _)| *lag <= t).map(|(lag, c)| c * from[t - lag]).sum()
        };
        let value = noise[t] + back(&arma.ar_terms, &w) + back(&arma.ma_terms, &noise);
        w.push(value);
    }
    let mut filtered = vec![vec![0.0; 80]];
    let mut owned = arma.clone();
    Filter::default().run(&mut owned, &[w], &mut filtered, Start::Conditional, false).unwrap();
    for (a, b) in filtered[0].iter().zip(&noise) {
        assert!((a - b).abs() < 1e-10);
    }
}
