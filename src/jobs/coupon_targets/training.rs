//! What past campaigns say about who reacts.

use super::facts::Facts;
use super::features::Encoder;
use super::training_rows::{TrainingRow, TrainingRows, training_rows};
use super::{CouponTargets, UpliftMetric};
use crate::day::Day;
use crate::job::RunContext;
use crate::models::experiment::{Difference, Sample, welch};
use crate::models::uplift::{
    Calibration, Features, Gate, GateSettings, OutcomeKind, Qini, TrainingData, TwoModel, calibrate, fit_two_model,
    heterogeneity_gate, qini,
};

/// Past campaigns, understood as far as they allow.
pub(super) struct Training {
    pub rows: TrainingRows,
    pub encoder: Encoder,
    /// `None` when there is nothing to learn from, with the reason in `refusal`.
    pub learnt: Option<Learnt>,
    /// Why nothing was learnt.
    pub refusal: Option<String>,
}

/// What was learnt.
pub(super) struct Learnt {
    pub gate: Gate,
    /// Curve of the best learner's out-of-fold scores.
    pub curve: Qini,
    /// The model, when customers can be told apart.
    pub model: Option<Model>,
    /// Average effect of the pooled campaigns, in the metric's unit, with its 95 % interval.
    pub effect: Difference,
    /// Share of the treated who ordered.
    pub treated_conversion: f64,
    /// Mean spend of a customer who ordered, in minor units: of the controls, else of all; `None` when nobody's is known.
    pub buyer_spend: Option<f64>,
}

/// A fitted model and its correction.
pub(super) struct Model {
    body: TwoModel,
    pub calibration: Calibration,
}

impl Training {
    /// Learns.
    pub(super) fn new(params: &CouponTargets, ctx: &RunContext, facts: &Facts) -> Self {
        let rows = training_rows(params, ctx, facts);
        let encoder = Encoder::new(facts);
        let minimum = params.min_training_customers.get() as usize;
        let (learnt, refusal) = if rows.rows.len() < minimum {
            let found = rows.rows.len();
            (
                None,
                Some(format!(
                    "past randomised campaigns that are over hold {found} usable customers, `min_training_customers` is {minimum}"
                )),
            )
        } else {
            match learn(params, ctx, facts, &rows.rows, &encoder) {
                Ok(learnt) => (Some(learnt), None),
                Err(reason) => (None, Some(reason)),
            }
        };
        Self { rows, encoder, learnt, refusal }
    }

    /// Calibrated uplift of customers as of a day; `None` without a model that tells them apart.
    pub(super) fn uplift(&self, facts: &Facts, customers: &[usize], day: Day) -> Option<Vec<f64>> {
        let model = self.learnt.as_ref()?.model.as_ref()?;
        let features = encode(facts, &self.encoder, customers.iter().map(|&customer| (customer, day)));
        let scores = model.body.predict_all(&features).ok()?;
        Some(scores.into_iter().map(|score| model.calibration.apply(score)).collect())
    }
}

fn learn(
    params: &CouponTargets,
    ctx: &RunContext,
    facts: &Facts,
    rows: &[TrainingRow],
    encoder: &Encoder,
) -> Result<Learnt, String> {
    let days = rows.iter().map(|row| (row.customer, facts.campaigns[row.campaign].starts - 1));
    let features = encode(facts, encoder, days);
    let treated: Vec<bool> = rows.iter().map(|row| row.treated).collect();
    let converted: Vec<f64> = rows.iter().map(|row| f64::from(u8::from(row.converted))).collect();
    let (kind, outcome) = match params.metric {
        UpliftMetric::Conversion => (OutcomeKind::Binary, converted.clone()),
        UpliftMetric::Spend => {
            let spend: Option<Vec<f64>> = rows.iter().map(|row| row.spend).collect();
            (
                OutcomeKind::Amount,
                spend.ok_or("a past campaign gives conversions without spend; set `metric = \"conversion\"`")?,
            )
        }
    };
    let data = TrainingData { features: &features, treated: &treated, outcome: &outcome, kind };
    let settings = GateSettings { seed: ctx.seed, ..GateSettings::default() };
    let gate = heterogeneity_gate(&data, &settings).map_err(|error| error.to_string())?;
    let curve = qini(&gate.best.uplift, &treated, &outcome).map_err(|error| error.to_string())?;
    let arm = |wanted: bool, values: &[f64]| -> Vec<f64> {
        values.iter().zip(&treated).filter(|(_, flag)| **flag == wanted).map(|(value, _)| *value).collect()
    };
    let sample = |wanted: bool| Sample::from_values(&arm(wanted, &outcome));
    let effect = welch(&sample(true), &sample(false), 0.95).map_err(|error| error.to_string())?;
    let model = if gate.usable {
        let calibration = calibrate(&gate.best.uplift, &treated, &outcome).map_err(|error| error.to_string())?;
        let body = fit_two_model(&data, gate.best.learner, ctx.seed).map_err(|error| error.to_string())?;
        Some(Model { body, calibration })
    } else {
        None
    };
    let treated_conversion = Sample::from_values(&arm(true, &converted)).mean;
    let buyer_spend = mean_spend(rows.iter().filter(|row| !row.treated)).or_else(|| mean_spend(rows.iter()));
    Ok(Learnt { gate, curve, model, effect, treated_conversion, buyer_spend })
}

/// Mean spend of those who ordered and whose spend is known.
fn mean_spend<'r>(rows: impl Iterator<Item = &'r TrainingRow>) -> Option<f64> {
    let spends: Vec<f64> = rows.filter(|row| row.converted).filter_map(|row| row.spend).collect();
    (!spends.is_empty()).then(|| (spends.iter().sum::<f64>() / spends.len() as f64).max(0.0))
}

fn encode(facts: &Facts, encoder: &Encoder, rows: impl Iterator<Item = (usize, Day)>) -> Features {
    let mut features = Features { n_rows: 0, names: encoder.names.clone(), values: Vec::new() };
    for (customer, day) in rows {
        encoder.push_row(facts, customer, day, &mut features.values);
        features.n_rows += 1;
    }
    features
}
