use super::error::checked;
use super::{ExperimentError, chi_squared_survival};

/// Below this p-value the split counts as broken (Fabijan et al. 2019, KDD, section 4: a strict
/// threshold, because the check runs for every campaign every night).
const SAMPLE_RATIO_ALPHA: f64 = 0.001;

/// Whether customers arrived in the arms in the designed shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleRatio {
    /// Pearson's statistic, infinite if a customer sits in an arm of share 0.
    pub chi_squared: f64,
    /// Arms with a share above 0, minus 1.
    pub degrees_of_freedom: u32,
    /// Chance of a split at least this uneven if the assignment is sound.
    pub p_value: f64,
    /// `p_value < 0.001`: do not trust any lift of this campaign.
    pub mismatch: bool,
}

/// Sample-ratio mismatch check: Pearson's chi-squared of counts against shares.
///
/// `χ² = Σ (O - E)² / E` with `E = N · share / Σ shares` over arms with a share above 0. Customers
/// in an arm of share 0 are a mismatch outright. Source: Fabijan et al. (2019), KDD.
///
/// # Errors
/// Lengths that differ, a negative or non-finite share, fewer than two arms with a share, nobody.
///
/// ```
/// use nightclerk_models::experiment::sample_ratio;
/// let check = sample_ratio(&[21_307, 21_387, 21_306], &[1.0, 1.0, 1.0])?; // Hillstrom
/// assert!((check.p_value - 0.9036929575604196).abs() < 1e-12 && !check.mismatch);
/// # Ok::<(), nightclerk_models::experiment::ExperimentError>(())
/// ```
pub fn sample_ratio(observed: &[u64], expected_share: &[f64]) -> Result<SampleRatio, ExperimentError> {
    if observed.len() != expected_share.len() {
        return Err(ExperimentError::ArmsDiffer { observed: observed.len(), expected: expected_share.len() });
    }
    for &share in expected_share {
        checked("expected_share", share, "a number of 0 or more", |share| share >= 0.0)?;
    }
    let arms = expected_share.iter().filter(|share| **share > 0.0).count();
    let customers: u64 = observed.iter().sum();
    if arms < 2 || customers == 0 {
        return Err(ExperimentError::NothingToSplit { arms, customers });
    }
    let total_share: f64 = expected_share.iter().sum();
    let mut chi_squared = 0.0;
    for (&count, &share) in observed.iter().zip(expected_share) {
        if share > 0.0 {
            let expected = customers as f64 * share / total_share;
            chi_squared += (count as f64 - expected).powi(2) / expected;
        } else if count > 0 {
            chi_squared = f64::INFINITY;
        }
    }
    let degrees_of_freedom = (arms - 1) as u32;
    let p_value =
        if chi_squared.is_finite() { chi_squared_survival(chi_squared, f64::from(degrees_of_freedom))? } else { 0.0 };
    Ok(SampleRatio { chi_squared, degrees_of_freedom, p_value, mismatch: p_value < SAMPLE_RATIO_ALPHA })
}
