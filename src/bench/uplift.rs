//! The uplift ranking against an oracle who knows every customer's true uplift.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::Serialize;

use super::{number, rows, text};
use crate::datasets::{Source, SqlFiles};
use crate::job::{Job, RunContext};
use crate::job_file::JobFile;
use crate::jobs::coupon_targets::CouponTargets;
use crate::project::Project;
use crate::warehouse::{Side, Warehouse, WarehouseError};

/// Bootstrap repetitions of the interval.
const REPETITIONS: usize = 400;

/// How much of the oracle's gain over a random order the ranking reaches.
#[derive(Clone, Debug, Serialize)]
pub struct UpliftRanking {
    /// Customers ranked.
    pub customers: usize,
    /// Area between the ranking's cumulative true uplift and that of a random order, over the oracle's area.
    pub share_of_oracle: f64,
    /// Lower end of its 95 % interval (bootstrap over customers, the model held fixed).
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// The project's job that chooses whom to send offers, the first of them.
pub fn listing_job(project: &Project) -> Option<&JobFile> {
    project.jobs.iter().find(|job| job.kind == CouponTargets::KIND)
}

/// The uplift that such a job expects of every customer; `None` where past campaigns do not tell customers apart.
///
/// # Errors
/// When its parameters or its data cannot be read.
pub async fn uplift_scores(
    project: &Project,
    job: &JobFile,
    warehouse: &Warehouse,
    as_of: NaiveDate,
) -> anyhow::Result<Option<Vec<(String, f64)>>> {
    let params: CouponTargets = toml::from_str(&job.params_toml)?;
    let config = &project.config;
    let ctx = RunContext {
        job: job.name.clone(),
        as_of,
        seed: config.seed,
        currency: config.currency,
        stand_in: false,
        mode: crate::job::Mode::Live,
        closed_on: config.closed_on.clone(),
    };
    let sql = SqlFiles::from_texts(project.sql.clone(), warehouse.dialect(Side::Source));
    let source = Source::new(warehouse, &sql, as_of, config.zone()).of_job(&job.name, &job.after);
    let frames = params.load(&ctx, &source).await?;
    params.expected_uplift(&ctx, &frames)
}

/// Compares scores with the true uplift in conversion of a standard coupon.
///
/// # Errors
/// When the warehouse refuses.
pub async fn uplift_ranking(
    warehouse: &Warehouse,
    scores: &[(String, f64)],
    seed: u64,
) -> Result<UpliftRanking, WarehouseError> {
    let truth: BTreeMap<String, f64> = rows(warehouse, "SELECT customer_id, uplift_conversion FROM truth_uplift")
        .await?
        .iter()
        .map(|row| (text(row, 0).to_owned(), number(row, 1)))
        .collect();
    let customers: Vec<(f64, f64)> = scores.iter().filter_map(|(id, score)| Some((*score, *truth.get(id)?))).collect();
    let mut generator = Pcg64Mcg::seed_from_u64(seed);
    let mut shares: Vec<f64> = (0..REPETITIONS)
        .map(|_| {
            let draw = |_| customers[generator.random_range(0..customers.len())];
            share(&(0..customers.len()).map(draw).collect::<Vec<_>>())
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    Ok(UpliftRanking {
        customers: customers.len(),
        share_of_oracle: share(&customers),
        lower: shares[REPETITIONS / 40],
        upper: shares[REPETITIONS - 1 - REPETITIONS / 40],
    })
}

/// The area of the scores' order over that of the truth's; pairs of score and true uplift.
fn share(customers: &[(f64, f64)]) -> f64 {
    area(customers, |customer| customer.0) / area(customers, |customer| customer.1)
}

/// The area between the cumulative true uplift, customers by descending `key`, and the straight line to its end.
/// Customers of one key count as one block, so that their order among themselves does not matter.
fn area(customers: &[(f64, f64)], key: impl Fn(&(f64, f64)) -> f64) -> f64 {
    let mut ordered: Vec<(f64, f64)> = customers.iter().map(|customer| (key(customer), customer.1)).collect();
    ordered.sort_by(|a, b| b.0.total_cmp(&a.0));
    let total: f64 = ordered.iter().map(|customer| customer.1).sum();
    let (mut sum, mut area) = (0.0, 0.0);
    for block in ordered.chunk_by(|a, b| a.0 == b.0) {
        let gain: f64 = block.iter().map(|customer| customer.1).sum();
        area += block.len() as f64 * (sum + gain / 2.0);
        sum += gain;
    }
    area - total * ordered.len() as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_reaches_all_a_constant_score_nothing_and_the_reverse_order_loses_as_much() {
        let truth = [0.03, 0.01, 0.0, -0.01];
        let scored = |scores: [f64; 4]| share(&scores.into_iter().zip(truth).collect::<Vec<_>>());
        assert!((scored([4.0, 3.0, 2.0, 1.0]) - 1.0).abs() < 1e-12);
        assert!(scored([1.0; 4]).abs() < 1e-12);
        assert!((scored([1.0, 2.0, 3.0, 4.0]) + 1.0).abs() < 1e-12);
    }
}
