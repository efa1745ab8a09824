//! Rules that are searched for in one part of the baskets and tested on the other.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::associations::Counted;
use super::{Baskets, RuleSettings, RulesError, RulesFound, SizeBands};
use crate::experiment::benjamini_hochberg;

/// Which baskets a search does not see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HoldOut {
    /// Share of the baskets, drawn at random.
    pub share: f64,
    /// Of the draw.
    pub seed: u64,
}

/// Rules that pass in baskets that the search for them did not see.
///
/// Holdout evaluation (Webb 2007, *Machine Learning* 68:1, section 5.2): the tests of [`super::association_rules`], uncorrected, choose
/// in the baskets that are not held out, of which a set must be in proportionally as many; the same tests on those held out
/// decide, corrected by Benjamini-Hochberg for the rules that were chosen and nothing else. **Counts and measures are those of the
/// held-out baskets**: no rule looks stronger than it is for having been chosen.
///
/// The correction is for fewer rules, so more are found than by one for the whole search, and as many false ones as are allowed: of a
/// million baskets with 420 planted pairs, at a minimum of 20, all of them either way, with 4.5 % false here and none there. Another seed
/// draws other baskets and gives another list, which is why the nightly job does not do it.
///
/// `n_searched` is the number of rules that were chosen.
///
/// # Errors
/// More entries than positions can be numbered.
pub fn held_out_rules(
    baskets: &Baskets,
    settings: &RuleSettings,
    related: &dyn Fn(u32, u32) -> bool,
    hold_out: &HoldOut,
) -> Result<RulesFound, RulesError> {
    let [searched, held_out] = split(baskets, hold_out)?;
    let of = |share: f64| RuleSettings {
        min_count: ((f64::from(settings.min_count) * share).ceil() as u32).max(1),
        ..settings.clone()
    };
    let search = of(1.0 - hold_out.share);
    let bands = settings.stratify_by_size.then(|| SizeBands::new(&searched));
    let counted = Counted::mine(&searched, &search, bands.as_ref())?;
    let candidates = counted.candidates(&search, related);
    let (n_candidates, n_redundant) =
        (candidates.len(), candidates.iter().filter(|candidate| candidate.redundant).count());
    let chosen: Vec<(Vec<u32>, u32)> = (candidates.into_iter())
        .filter(|rule| !rule.redundant && rule.ln_p <= settings.alpha.ln() && counted.lifts(rule))
        .map(|rule| (rule.antecedent, rule.consequent))
        .collect();
    drop(counted);

    // A rule that is half as frequent here as where it was chosen is still looked at.
    let test = of(hold_out.share / 2.0);
    let bands = settings.stratify_by_size.then(|| SizeBands::new(&held_out));
    let counted = Counted::mine(&held_out, &test, bands.as_ref())?;
    let mut candidates: Vec<_> = chosen
        .iter()
        .filter_map(|(antecedent, consequent)| counted.candidate_of(antecedent, *consequent, &test))
        .collect();
    let p_values: Vec<f64> = candidates.iter().map(|candidate| candidate.ln_p.exp()).collect();
    for (candidate, q_value) in candidates.iter_mut().zip(benjamini_hochberg(&p_values, chosen.len() as f64)) {
        candidate.q_value = q_value;
    }
    candidates.retain(|rule| !rule.redundant && rule.q_value <= settings.alpha && counted.lifts(rule));
    let rules = counted.told(candidates);
    Ok(RulesFound {
        n_itemsets: counted.sets.len(),
        n_searched: chosen.len() as f64,
        n_candidates,
        n_insignificant: n_candidates - n_redundant - rules.len(),
        n_redundant,
        rules,
    })
}

/// The baskets that are searched, and those held out.
fn split(baskets: &Baskets, hold_out: &HoldOut) -> Result<[Baskets; 2], RulesError> {
    let mut chance = Pcg64Mcg::seed_from_u64(hold_out.seed);
    let mut parts: [(Vec<u32>, Vec<u32>); 2] = Default::default();
    for items in baskets.iter() {
        let (all, ends) = &mut parts[usize::from(chance.random::<f64>() < hold_out.share)];
        all.extend_from_slice(items);
        ends.push(all.len() as u32);
    }
    let [searched, held_out] = parts.map(|(items, ends)| Baskets::from_rows(items, &ends, baskets.n_items()));
    Ok([searched?, held_out?])
}
