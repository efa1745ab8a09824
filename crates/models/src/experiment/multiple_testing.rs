/// Holm's adjusted p-values: controls the chance of any false claim, under any dependence.
///
/// Sorted ascending, `adjusted_(i) = max over j <= i of min(1, (m - j + 1) p_(j))`; returned in the
/// order given. A NaN counts as 1, the cautious reading. Source: Holm (1979), *Scand. J. Statist.*
/// 6:65.
///
/// ```
/// use nightclerk_models::experiment::holm;
/// assert_eq!(holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
/// ```
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let m = p_values.len();
    let mut adjusted = vec![1.0; m];
    let mut largest: f64 = 0.0;
    for (rank, index) in ascending(p_values).into_iter().enumerate() {
        largest = largest.max((cautious(p_values[index]) * (m - rank) as f64).min(1.0));
        adjusted[index] = largest;
    }
    adjusted
}

/// Benjamini-Hochberg adjusted p-values (q-values) when `n_searched` hypotheses were looked at.
///
/// Sorted ascending, `q_(i) = min over j >= i of min(1, n_searched · p_(j) / j)`; returned in the
/// order given. Rejecting where `q <= alpha` keeps the expected share of false claims at `alpha`,
/// for independent or positively dependent tests. `n_searched` may exceed the number of p-values:
/// hypotheses dropped before testing (infrequent item pairs, say) then count as p = 1, which is
/// what keeps the promise when the p-values at hand are the selected best. It is raised to the
/// number of p-values if smaller. A NaN counts as 1. Source: Benjamini & Hochberg (1995), *JRSS B*
/// 57:289.
///
/// ```
/// use nightclerk_models::experiment::benjamini_hochberg;
/// assert_eq!(benjamini_hochberg(&[0.01, 0.5], 10.0), [0.1, 1.0]);
/// ```
pub fn benjamini_hochberg(p_values: &[f64], n_searched: f64) -> Vec<f64> {
    let m = n_searched.max(p_values.len() as f64);
    let mut adjusted = vec![1.0; p_values.len()];
    let mut smallest: f64 = 1.0;
    for (rank, index) in ascending(p_values).into_iter().enumerate().rev() {
        smallest = smallest.min(cautious(p_values[index]) * m / (rank + 1) as f64);
        adjusted[index] = smallest;
    }
    adjusted
}

fn ascending(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| cautious(p_values[a]).total_cmp(&cautious(p_values[b])));
    order
}

fn cautious(p_value: f64) -> f64 {
    if p_value.is_nan() { 1.0 } else { p_value }
}
