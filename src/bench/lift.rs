//! Whether the 95 % interval of a campaign's lift holds the truth in 95 % of campaigns.

use serde::Serialize;

use crate::models::experiment::{Sample, welch};
use crate::shop::{Experiment, campaign_experiments};

/// How many campaigns are generated.
const EXPERIMENTS: usize = 200;

/// Coverage of one metric's interval. With a true coverage of 95 %, 181 to 197 of 200 hold the truth in 99.7 % of such
/// studies.
#[derive(Clone, Debug, Serialize)]
pub struct Coverage {
    /// The metric.
    pub metric: String,
    /// Campaigns.
    pub campaigns: usize,
    /// Campaigns whose interval held the true effect.
    pub covered: usize,
}

/// Generates randomised campaigns with known effects and counts.
pub fn lift_coverage(seed: u64) -> Vec<Coverage> {
    let experiments = campaign_experiments(seed, EXPERIMENTS);
    let spend = |experiment: &Experiment| covers(experiment, |outcome| outcome.spend, experiment.true_effect_spend);
    let conversion = |experiment: &Experiment| {
        covers(experiment, |outcome| f64::from(u8::from(outcome.converted)), experiment.true_effect_conversion)
    };
    let count = |metric: &str, covered: &dyn Fn(&Experiment) -> bool| Coverage {
        metric: metric.to_owned(),
        campaigns: experiments.len(),
        covered: experiments.iter().filter(|experiment| covered(experiment)).count(),
    };
    vec![count("spend", &spend), count("conversion", &conversion)]
}

fn covers(experiment: &Experiment, value: impl Fn(&crate::shop::Outcome) -> f64, truth: f64) -> bool {
    let sample = |treated: bool| {
        let arm = experiment.outcomes.iter().filter(|outcome| outcome.treated == treated);
        Sample::from_values(&arm.map(&value).collect::<Vec<f64>>())
    };
    welch(&sample(true), &sample(false), 0.95)
        .is_ok_and(|difference| difference.lower <= truth && truth <= difference.upper)
}
