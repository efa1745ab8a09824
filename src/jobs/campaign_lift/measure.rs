//! From the customers of a campaign to its rows.

use std::collections::BTreeMap;

use super::arms::{CONTROL, Outcomes, Window, arms, planned_shares};
use super::facts::{Campaign, CampaignBook, Member};
use super::lift_row::{Grade, LiftRow};
use super::{CampaignLift, OutcomeSpend};
use crate::models::experiment::{
    CampaignCosts, Difference, Estimate, PowerDesign, Sample, Verdict, campaign_money, difference_in_differences,
    fieller, minimum_detectable_effect, sample_ratio, standardized_mean_difference, welch,
};

/// The level of every interval.
const LEVEL: f64 = 0.95;
/// Chance of seeing an effect of the size called detectable.
const POWER: f64 = 0.8;

/// What becomes a caveat, with the campaigns concerned.
#[derive(Debug, Default)]
pub(super) struct Gaps(pub BTreeMap<&'static str, Vec<String>>);

impl Gaps {
    pub fn note(&mut self, code: &'static str, campaign: &Campaign) {
        let known = self.0.entry(code).or_default();
        if known.last() != Some(&campaign.id) {
            known.push(campaign.id.clone());
        }
    }
}

/// What scoring needs besides the campaign.
pub(super) struct Terms<'a> {
    pub params: &'a CampaignLift,
    pub margin_share: Option<f64>,
}

/// The rows of a campaign: arms in order of name, metrics in order of name within an arm.
pub(super) fn rows_of(
    campaign: &Campaign,
    window: Window,
    book: &CampaignBook,
    terms: &Terms<'_>,
    gaps: &mut Gaps,
) -> Vec<LiftRow> {
    let Some(outcomes) = Outcomes::of(book, campaign, window) else {
        gaps.note("no_outcomes", campaign);
        return Vec::new();
    };
    let metrics = outcomes.metrics();
    let fallback = if metrics.iter().any(|metric| metric == "spend") { "spend" } else { metrics[0].as_str() };
    let primary = match &campaign.primary_metric {
        Some(named) if metrics.contains(named) => named.as_str(),
        Some(_) => {
            gaps.note("unknown_primary_metric", campaign);
            fallback
        }
        None => fallback,
    };
    let arms = arms(campaign);
    let control: Vec<&Member> = arms.get(CONTROL).cloned().unwrap_or_default();
    let randomised = campaign.randomised && control.len() > 1;
    let ratio = planned_shares(&arms, terms.params.control_share.map(crate::quantities::Share::get))
        .filter(|_| randomised)
        .and_then(|shares| {
            let counts: Vec<u64> = arms.values().map(|members| members.len() as u64).collect();
            sample_ratio(&counts, &shares).ok()
        });
    if randomised && ratio.is_none() {
        gaps.note("no_probability", campaign);
    }
    let others = if control.len() > 1 {
        control.iter().map(|member| member.customer).collect()
    } else {
        outcomes.not_listed(campaign)
    };
    let mut rows = Vec::new();
    for (&arm, members) in arms.iter().filter(|(name, _)| **name != CONTROL) {
        let first = rows.len();
        for metric in &metrics {
            let mut row = LiftRow {
                campaign_id: campaign.id.clone(),
                campaign_name: campaign.name.clone(),
                arm: arm.to_owned(),
                metric: metric.clone(),
                primary: metric == primary,
                grade: Grade::Descriptive,
                from: window.from,
                to: window.to,
                complete: window.complete,
                n_treated: members.len() as u64,
                n_control: others.len() as u64,
                mean_treated: None,
                mean_control: None,
                difference: None,
                p_value: None,
                p_adjusted: None,
                relative: [None; 3],
                sample_ratio_p: ratio.map(|ratio| ratio.p_value),
                incremental_margin: None,
                cost: None,
                net: None,
                arm_money: None,
                verdict: "unclear",
                explanation: String::new(),
                detectable: None,
                imbalance: None,
                ours: campaign.ours,
            };
            if randomised {
                row.grade = Grade::Randomised;
                if arms.len() == 2 && varies(&control) {
                    gaps.note("stratified", campaign);
                } else if varies(members) || varies(&control) {
                    gaps.note("varying_probability", campaign);
                }
                randomised_row(&mut row, &outcomes, (members, &control), arms.len() == 2);
            } else {
                let treated: Vec<u32> = members.iter().map(|member| member.customer).collect();
                observed_row(&mut row, &outcomes, &treated, &others);
            }
            rows.push(row);
        }
        let verdict = if !randomised {
            "not_randomised"
        } else if ratio.is_some_and(|ratio| ratio.mismatch) {
            "broken_split"
        } else {
            let spend = rows[first..].iter_mut().find(|row| row.metric == "spend");
            let by_money = spend.and_then(|row| money(row, campaign, members, (&outcomes, book), terms, gaps));
            if window.complete { by_money.map_or("unclear", verdict_name) } else { "running" }
        };
        for row in &mut rows[first..] {
            row.verdict = verdict;
        }
    }
    rows
}

fn randomised_row(
    row: &mut LiftRow,
    outcomes: &Outcomes<'_>,
    (treated, control): (&[&Member], &[&Member]),
    two_arms: bool,
) {
    let value = |member: &&Member| outcomes.of_customer(member.customer, &row.metric).value;
    let plain = [treated, control].map(|members| Sample::from_values(&members.iter().map(value).collect::<Vec<_>>()));
    let stratified = (two_arms && varies(control)).then(|| within_groups(treated, control, &value)).flatten();
    let [treatment, held_out] = stratified.unwrap_or(plain);
    row.mean_treated = (treatment.n > 0).then_some(treatment.mean);
    row.mean_control = (held_out.n > 0).then_some(held_out.mean);
    let (Ok(difference), Ok(relative)) = (welch(&treatment, &held_out, LEVEL), fieller(&treatment, &held_out, LEVEL))
    else {
        return;
    };
    row.difference = Some(estimate_of(&difference));
    row.p_value = Some(difference.p_value);
    row.relative = [relative.estimate, relative.lower, relative.upper];
    let design = PowerDesign { treatment, control: held_out, level: LEVEL, power: POWER };
    row.detectable = minimum_detectable_effect(&design).ok();
}

/// Not decided by chance: change against change where there is a before, means alone otherwise.
fn observed_row(row: &mut LiftRow, outcomes: &Outcomes<'_>, treated: &[u32], others: &[u32]) {
    let values =
        |people: &[u32]| -> Vec<_> { people.iter().map(|one| outcomes.of_customer(*one, &row.metric)).collect() };
    let (treated, others) = (values(treated), values(others));
    let sample = |of: &dyn Fn(&super::arms::Outcome) -> Option<f64>, group: &[super::arms::Outcome]| {
        group.iter().map(of).collect::<Option<Vec<f64>>>().map(|values| Sample::from_values(&values))
    };
    let after = |outcome: &super::arms::Outcome| Some(outcome.value);
    let before = |outcome: &super::arms::Outcome| outcome.before;
    let change = |outcome: &super::arms::Outcome| outcome.before.map(|before| outcome.value - before);
    let mean = |found: Option<Sample>| found.filter(|sample| sample.n > 0).map(|sample| sample.mean);
    row.mean_treated = mean(sample(&after, &treated));
    row.mean_control = mean(sample(&after, &others));
    row.imbalance = sample(&before, &treated)
        .zip(sample(&before, &others))
        .filter(|(a, b)| a.n > 1 && b.n > 1)
        .map(|(a, b)| standardized_mean_difference(&a, &b))
        .filter(|apart| apart.is_finite());
    if !outcomes.has_before(&row.metric) {
        return;
    }
    let changes = sample(&change, &treated).zip(sample(&change, &others));
    if let Some(difference) = changes.and_then(|(a, b)| difference_in_differences(&a, &b, LEVEL).ok()) {
        row.grade = Grade::Quasi;
        row.difference = Some(estimate_of(&difference));
        row.p_value = Some(difference.p_value);
    }
}

/// Money of the row of the metric spend; `None` where a fact is missing.
fn money(
    row: &mut LiftRow,
    campaign: &Campaign,
    members: &[&Member],
    (outcomes, book): (&Outcomes<'_>, &CampaignBook),
    terms: &Terms<'_>,
    gaps: &mut Gaps,
) -> Option<Verdict> {
    let lift = row.difference?;
    let Some(margin_share) = terms.margin_share else {
        gaps.note("no_margin_share", campaign);
        return None;
    };
    row.incremental_margin = Some(lift.estimate * row.n_treated as f64 * margin_share);
    let Some(contact_cost) = campaign.contact_cost else {
        gaps.note("no_contact_cost", campaign);
        return None;
    };
    let redeemed = book.redeemed.get(&campaign.id);
    let amounts: Option<f64> = members
        .iter()
        .map(|member| redeemed.and_then(|redeemed| redeemed.get(&member.customer)).copied().unwrap_or(Some(0.0)))
        .sum();
    if amounts.is_none() || (campaign.has_offer && !book.has_redemptions) {
        gaps.note("no_redemptions", campaign);
        return None;
    }
    let is_gross = outcomes.is_given() && terms.params.outcome_spend == OutcomeSpend::BeforeDiscount;
    let discount = amounts.unwrap_or(0.0) * if is_gross { 1.0 } else { 1.0 - margin_share };
    let costs = CampaignCosts {
        n_treated: row.n_treated,
        margin_share,
        contact_cost: contact_cost as f64,
        redemption_cost: discount,
    };
    let difference = Difference {
        estimate: lift.estimate,
        standard_error: 0.0,
        degrees_of_freedom: 0.0,
        lower: lift.lower,
        upper: lift.upper,
        p_value: 1.0,
    };
    let found = campaign_money(&difference, &costs).ok()?;
    row.cost = Some(found.spend);
    row.net = Some(found.net);
    Some(found.verdict)
}

/// Arms of two compared within equal probability of being held out, as samples of the same mean and standard error:
/// `mean = Σ w_g mean_g`, `variance / n = Σ w_g² variance_g / n_g`, `w_g` the group's share of all customers. `None`
/// where a probability is missing or a group lacks two customers of an arm.
fn within_groups(treated: &[&Member], control: &[&Member], value: &dyn Fn(&&Member) -> f64) -> Option<[Sample; 2]> {
    let mut groups: BTreeMap<u64, [Vec<f64>; 2]> = BTreeMap::new();
    for (arm, members) in [treated, control].into_iter().enumerate() {
        for member in members {
            let probability = member.probability?;
            let held_out = if arm == 0 { 1.0 - probability } else { probability };
            groups.entry((held_out * 1e6).round() as u64).or_default()[arm].push(value(member));
        }
    }
    let total = (treated.len() + control.len()) as f64;
    let mut arms = [(0.0, 0.0), (0.0, 0.0)];
    for group in groups.values() {
        let weight = (group[0].len() + group[1].len()) as f64 / total;
        for (sum, values) in arms.iter_mut().zip(group) {
            let sample = Sample::from_values(values);
            if sample.n < 2 {
                return None;
            }
            sum.0 += weight * sample.mean;
            sum.1 += weight * weight * sample.variance / sample.n as f64;
        }
    }
    let sample = |n: usize, (mean, variance): (f64, f64)| Sample { n: n as u64, mean, variance: variance * n as f64 };
    Some([sample(treated.len(), arms[0]), sample(control.len(), arms[1])])
}

fn varies(members: &[&Member]) -> bool {
    let known = members.iter().filter_map(|member| member.probability);
    let (least, most) = known.fold((f64::MAX, f64::MIN), |(least, most), share| (share.min(least), share.max(most)));
    most - least > 1e-6
}

fn estimate_of(difference: &Difference) -> Estimate {
    Estimate { estimate: difference.estimate, lower: difference.lower, upper: difference.upper }
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Paid => "paid",
        Verdict::Lost => "lost",
        Verdict::Unclear => "unclear",
    }
}
