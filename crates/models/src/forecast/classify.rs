//! The four demand patterns of Syntetos, Boylan and Croston, "On the categorization of demand patterns", Journal of the
//! Operational Research Society 56 (2005), 495-503.

/// Average inter-demand interval above which demand is intermittent.
pub const INTERMITTENT_INTERVAL: f64 = 1.32;
/// Squared coefficient of variation of demand sizes above which demand is erratic or lumpy.
pub const ERRATIC_VARIATION: f64 = 0.49;

/// Demand pattern of a series.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DemandClass {
    /// Demand in nearly every period, sizes alike.
    Smooth,
    /// Demand in nearly every period, sizes very different.
    Erratic,
    /// Demand in few periods, sizes alike.
    Intermittent,
    /// Demand in few periods, sizes very different.
    Lumpy,
    /// No positive demand was observed.
    NoDemand,
}

impl DemandClass {
    /// True for [`DemandClass::Intermittent`] and [`DemandClass::Lumpy`].
    pub fn has_gaps(self) -> bool {
        matches!(self, DemandClass::Intermittent | DemandClass::Lumpy)
    }

    /// The name used in tables and reports.
    pub fn name(self) -> &'static str {
        match self {
            DemandClass::Smooth => "smooth",
            DemandClass::Erratic => "erratic",
            DemandClass::Intermittent => "intermittent",
            DemandClass::Lumpy => "lumpy",
            DemandClass::NoDemand => "no_demand",
        }
    }
}

/// Classifies demand by its average inter-demand interval and the squared coefficient of variation of its sizes.
///
/// ADI = observed periods / periods with demand, CV² = variance / mean² of the positive demands (population
/// variance). Intermittent from ADI > 1.32, erratic from CV² > 0.49. Periods not observed (`NaN`) count in neither;
/// zero and negative demand are both "no demand".
///
/// ```
/// use nightclerk_models::forecast::{DemandClass, classify};
/// assert_eq!(classify(&[4.0, 5.0, f64::NAN, 6.0]), DemandClass::Smooth);
/// assert_eq!(classify(&[0.0, 0.0, 3.0, 0.0, 0.0, 3.0]), DemandClass::Intermittent);
/// ```
pub fn classify(demand: &[f64]) -> DemandClass {
    let observed = super::observed_count(demand) as f64;
    let sizes: Vec<f64> = demand.iter().copied().filter(|value| value.is_finite() && *value > 0.0).collect();
    if sizes.is_empty() {
        return DemandClass::NoDemand;
    }
    let count = sizes.len() as f64;
    let mean = sizes.iter().sum::<f64>() / count;
    let variation = sizes.iter().map(|size| (size / mean - 1.0).powi(2)).sum::<f64>() / count;
    match (observed / count > INTERMITTENT_INTERVAL, variation > ERRATIC_VARIATION) {
        (false, false) => DemandClass::Smooth,
        (false, true) => DemandClass::Erratic,
        (true, false) => DemandClass::Intermittent,
        (true, true) => DemandClass::Lumpy,
    }
}

/// Whether the periods before the first demand passed without one by chance, so that they belong to the series.
///
/// The first sale of a slow seller is not its launch, and to begin the series there overstates demand: we look because of it.
/// Over many slow sellers that adds up. So the rate is taken from what came after the first demand; the silence before it
/// is chance when fewer than 3 demands were to be expected in it (p > 0.05 for a Poisson process). Otherwise the product
/// is new.
///
/// ```
/// use nightclerk_models::forecast::silence_is_chance;
/// assert!(silence_is_chance(200, 0, 164)); // one sale a year, 200 days in
/// assert!(!silence_is_chance(200, 90, 100)); // sells nearly every day, and nothing for 200 days
/// ```
pub fn silence_is_chance(periods_before: usize, demands_after_first: usize, periods_after_first: usize) -> bool {
    let rate = demands_after_first as f64 / periods_after_first.max(1) as f64;
    rate * (periods_before as f64) < 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pattern_has_its_class() {
        assert_eq!(classify(&[10.0, 11.0, 9.0, 10.0]), DemandClass::Smooth);
        assert_eq!(classify(&[1.0, 1.0, 1.0, 30.0]), DemandClass::Erratic);
        assert_eq!(classify(&[0.0, 2.0, 0.0, 2.0]), DemandClass::Intermittent);
        assert_eq!(classify(&[0.0, 1.0, 0.0, 1.0, 0.0, 30.0, 0.0, 1.0]), DemandClass::Lumpy);
        assert_eq!(classify(&[0.0, f64::NAN]), DemandClass::NoDemand);
        assert_eq!(classify(&[]), DemandClass::NoDemand);
    }

    #[test]
    fn a_stock_out_does_not_make_demand_intermittent() {
        assert_eq!(classify(&[5.0, f64::NAN, f64::NAN, f64::NAN, 5.0]), DemandClass::Smooth);
    }
}
