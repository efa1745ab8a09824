//! What a reader must know beside the list.

use super::decision::Decision;
use super::eligibility::Fate;
use super::training::Learnt;
use crate::page_kit::{Concern, Rule};
use crate::publication::Caveat;
use crate::words::{count, money};

/// The caveats of a list.
pub(super) fn caveats(decision: &Decision<'_>) -> Vec<Caveat> {
    let mut caveats = Rule::caveats(&about_learning(), decision);
    caveats.extend(Rule::caveats(&about_the_list(), decision));
    caveats
}

/// What was learnt, and how many rows it was learnt from.
fn learnt<'d>(decision: &'d Decision<'_>) -> Option<(&'d Learnt, u64)> {
    Some((decision.training.learnt.as_ref()?, decision.training.rows.rows.len() as u64))
}

fn about_learning<'d>() -> [Rule<Decision<'d>>; 10] {
    [
        Rule::warning("nothing_to_learn_from", |decision| {
            let reason = decision.training.refusal.as_ref()?;
            Some(Concern::of(
                decision.training.rows.rows.len() as u64,
                format!(
                    "Nothing could be learnt: {reason}. Customers are drawn at random as an experiment; its result is what the next lists learn from."
                ),
            ))
        }),
        Rule::warning("no_usable_heterogeneity", |decision| {
            let (learnt, n) = learnt(decision).filter(|(learnt, _)| learnt.model.is_none())?;
            let (qini, lower) = (learnt.gate.best.qini, learnt.gate.best.lower);
            Some(Concern::of(
                n,
                format!(
                    "No usable heterogeneity: out of fold, ranking by predicted uplift is not reliably better than chance (Qini {qini:.3}, lower bound {lower:.3}). Everybody is expected to have the average effect and the order is random; more randomised campaigns would mend it."
                ),
            ))
        }),
        Rule::warning("effect_uncertain", |decision| {
            let (_, n) = learnt(decision).filter(|(learnt, _)| learnt.effect.lower <= 0.0)?;
            Some(Concern::of(
                n,
                "The average effect of past campaigns cannot be told from none; the expected value is a best guess. Larger holdouts would tell.",
            ))
        }),
        Rule::warnings("learner_failed", |decision| {
            let failed = learnt(decision).map(|(learnt, _)| learnt.gate.failed.iter()).into_iter().flatten();
            let text =
                |learner: &str, error: &dyn std::fmt::Display| format!("The {learner} learner was left out: {error}.");
            failed.map(|(learner, error)| Concern::of(1, text(learner.name(), error))).collect()
        }),
        Rule::warning("other_kinds", |decision| {
            learnt(decision).filter(|_| decision.training.rows.all_kinds)?;
            Some(Concern::of(
                decision.training.rows.campaigns.len() as u64,
                format!(
                    "Too few customers in past campaigns of the kinds {:?}, so all randomised campaigns were learnt from; name the right kinds in `train_on`.",
                    decision.params.train_on
                ),
            ))
        }),
        Rule::note("other_offers", |decision| {
            learnt(decision)?;
            let has_other = |at: &&usize| decision.facts.campaigns[**at].offer_id != decision.head.offer_id;
            let n = decision.training.rows.campaigns.iter().filter(has_other).count() as u64;
            Concern::of_any(n, "Past campaigns carried other offers than this one; the uplift is theirs.")
        }),
        Rule::note("rows_set_aside", |decision| {
            learnt(decision)?;
            let n = decision.training.rows.overlapping + decision.training.rows.thinned;
            Concern::of_any(
                n,
                "Customers were set aside by chance before learning, so that each counts once among overlapping campaigns and all campaigns have the same share of treated.",
            )
        }),
        Rule::note("training_sample", |decision| {
            let (_, n) = learnt(decision)?;
            Concern::of_any(
                decision.training.rows.sampled_out,
                format!(
                    "Learnt from a random sample of {} customers; raise `max_training_customers` for more.",
                    count(n)
                ),
            )
        }),
        Rule::note("attributes_of_today", |decision| {
            learnt(decision)?;
            let n = decision.facts.attributes.len() as u64;
            Concern::of_any(
                n,
                "Attributes are as they are today, not as they were when the campaign began; one that a campaign changes would mislead.",
            )
        }),
        Rule::note("attribute_left_out", |decision| {
            learnt(decision)?;
            let left_out = &decision.training.encoder.left_out;
            let text = "Text attributes with more than 12 different values are not used; group them in sql/datasets/customers.sql.";
            Some(Concern::of_any(left_out.len() as u64, text)?.naming(left_out))
        }),
    ]
}

fn about_the_list<'d>() -> [Rule<Decision<'d>>; 9] {
    [
        Rule::warning("no_customer_days", |decision| {
            let n = decision.facts.customers.len() as u64;
            let text = "Without `customer_days` neither a customer's rhythm nor the effect of earlier lists is known; attributes alone tell customers apart.";
            decision.facts.purchases.is_none().then(|| Concern::of(n, text))
        }),
        Rule::warning("no_suppressions", |decision| {
            let n = decision.facts.customers.len() as u64;
            let text = "There is no dataset `suppressions`: complaints and unsubscriptions are only known as far as `consent_marketing` carries them.";
            (!decision.facts.knows_suppressions).then(|| Concern::of(n, text))
        }),
        Rule::warning("no_offer_value", |decision| {
            let unknown = decision.facts.offers.as_ref().is_none_or(Vec::is_empty) && decision.offer.is_some();
            let text =
                "The offer's value is not known, so the discount counts as nothing; map sql/datasets/offers.sql.";
            unknown.then(|| Concern::of(1, text))
        }),
        Rule::warning("consent_not_required", |decision| {
            let n = decision.count(Fate::Targeted);
            let text = "`require_consent` is off: customers whose consent is not known may be on the list.";
            (!decision.params.require_consent).then(|| Concern::of(n, text))
        }),
        Rule::warning("no_holdout", |decision| {
            let n = decision.count(Fate::Targeted);
            let text = "Nobody is held out, so this list can never be measured nor learnt from; set the holdout share above 0.";
            (decision.head.holdout_share <= 0.0 && n > 0).then(|| Concern::of(n, text))
        }),
        Rule::warning("nobody_consents", |decision| {
            let n = decision.facts.customers.len() as u64;
            let text =
                "Nobody is known to have agreed to marketing: map `consent_marketing` in sql/datasets/customers.sql.";
            (decision.count(Fate::NoConsent) == n).then(|| Concern::of(n, text))
        }),
        Rule::note("unknown_members", |decision| {
            let text = "Assignments name customers who are not in `customers`; they are not learnt from.";
            Concern::of_any(decision.facts.unknown_members, text)
        }),
        Rule::note("not_the_best_list", |decision| {
            let selection = &decision.selection;
            let chosen = selection.selected.iter().filter(|row| !row.exploration);
            let gap = selection.value_bound - chosen.map(|row| row.value).sum::<f64>();
            let is_worth_a_word = gap > 0.01 * selection.value_bound && !selection.selected.is_empty();
            is_worth_a_word.then(|| Concern::of(1, format!(
                "A better choice within the budget might bring up to {} more: few customers fit a budget this small, or the offer's capacity ends it.",
                money(gap, decision.ctx.currency)
            )))
        }),
        Rule::warning("no_budget", |decision| {
            let text = "`budget` is 0, so nobody can be written to.";
            (decision.params.budget.minor(decision.ctx.currency) <= 0.0).then(|| Concern::of(1, text))
        }),
    ]
}
