use rayon::prelude::*;

use super::itemsets::{CountedItemset, mine_counted};
use super::size_bands::{BandCounts, Surprise};
use super::tails::byar_lower_share;
use super::{
    Baskets, CrossCounts, Measures, Rule, RuleSettings, RulesError, RulesFound, SizeBands, ln_fisher_upper_tail,
};
use crate::experiment::benjamini_hochberg;

/// Longest rule that is held against all its sub-rules (2¹¹ of them).
const LONGEST: usize = 12;

/// One-sided 95 % point of the standard normal.
const Z_95: f64 = 1.644_853_626_951_472_7;

/// Rules `antecedent -> consequent` that chance, basket size and shorter rules do not explain.
///
/// `related(a, b)` says that two items may not stand in one rule (a category and its parent, a
/// product at two levels); it must be symmetric.
///
/// Tests: see [`Rule::p_value`]; Fisher's exact test within the baskets of the shorter rule, or
/// the size-stratified one when `stratify_by_size`. A rule of several antecedents must have higher
/// confidence than every sub-rule with the same consequent, and significantly so: Webb's
/// productive rules (Webb 2007, *Machine Learning* 68:1, section 3).
///
/// Correction: Benjamini-Hochberg per rule length `l` with `l·C(F, l)·(max_length - 1)` tests, all
/// that could have been asked of the `F` frequent items (fewer where a side is limited), each length given an equal share of
/// `alpha` (Webb 2008, *Machine Learning* 71:307, layered critical values), so that the many
/// possible long rules do not cost the pairs their power. Over the mined rules alone the promise
/// would break: they were selected for being frequent together.
///
/// Kept: `lift > 1` and `q_value <= alpha`. A NaN in the settings keeps nothing.
///
/// ```
/// use nightclerk_models::rules::{Baskets, RuleSettings, association_rules};
/// // 300 baskets: 0 and 1 together in 100, otherwise one item each.
/// let items = (0..300).flat_map(|b| if b % 3 == 0 { [0, 1] } else { [2 + b % 7, 9 + b % 5] });
/// let ends: Vec<u32> = (1..=300).map(|b| 2 * b).collect();
/// let baskets = Baskets::from_rows(items.collect(), &ends, 20)?;
/// let settings = RuleSettings { max_length: 2, ..RuleSettings::default() };
/// let found = association_rules(&baskets, &settings, &|_, _| false)?;
/// assert_eq!(found.rules.len(), 2); // 0 -> 1 and 1 -> 0
/// assert_eq!((found.rules[0].measures.confidence, found.rules[0].measures.lift), (1.0, 3.0));
/// # Ok::<(), nightclerk_models::rules::RulesError>(())
/// ```
///
/// # Errors
/// More entries than positions can be numbered.
pub fn association_rules(
    baskets: &Baskets,
    settings: &RuleSettings,
    related: &dyn Fn(u32, u32) -> bool,
) -> Result<RulesFound, RulesError> {
    let bands = settings.stratify_by_size.then(|| SizeBands::new(baskets));
    Ok(Counted::mine(baskets, settings, bands.as_ref())?.rules(settings, related))
}

/// A rule of sufficient count and confidence, before its measures are worth computing.
pub(super) struct Candidate<'a> {
    pub antecedent: Vec<u32>,
    pub consequent: u32,
    /// Baskets with the antecedent, the consequent, both.
    counts: [&'a CountedItemset; 3],
    n_expected: f64,
    best_shorter: f64,
    pub ln_p: f64,
    pub q_value: f64,
    /// A shorter rule says as much.
    pub redundant: bool,
}

/// All frequent itemsets, sorted by length then items, to look counts up in.
pub(super) struct Counted<'a> {
    pub(super) n_baskets: u32,
    pub(super) sets: Vec<CountedItemset>,
    /// `None`: sizes of baskets are not compared.
    pub(super) bands: Option<&'a SizeBands>,
}

impl<'b> Counted<'b> {
    /// Of all baskets.
    pub(super) fn mine(
        baskets: &Baskets,
        settings: &RuleSettings,
        bands: Option<&'b SizeBands>,
    ) -> Result<Self, RulesError> {
        let max_length = settings.max_length.min(LONGEST);
        let allowed = |item: u32| !settings.forbidden.contains(&item);
        let sets = mine_counted(baskets, settings.min_count, max_length, bands, allowed)?;
        Ok(Self { n_baskets: baskets.n_baskets() as u32, sets, bands })
    }

    /// Items, not sets of several.
    fn n_frequent(&self) -> usize {
        self.sets.partition_point(|set| set.set.items.len() < 2)
    }

    /// Rules of sufficient count and confidence whose items may stand together, not yet corrected.
    pub(super) fn candidates(&self, settings: &RuleSettings, related: &dyn Fn(u32, u32) -> bool) -> Vec<Candidate<'_>> {
        let together: Vec<&CountedItemset> =
            self.sets[self.n_frequent()..].iter().filter(|set| !any_related(&set.set.items, related)).collect();
        together
            .par_iter()
            .flat_map_iter(|set| (0..set.set.items.len()).map(move |head| (*set, head)))
            .filter_map(|(set, head)| self.candidate(set, head, settings))
            .collect()
    }

    /// A rule that was thought of elsewhere; `None` where too few baskets hold it.
    pub(super) fn candidate_of(
        &self,
        antecedent: &[u32],
        consequent: u32,
        settings: &RuleSettings,
    ) -> Option<Candidate<'_>> {
        let items = with(antecedent, consequent);
        let head = items.iter().position(|item| *item == consequent)?;
        self.candidate(self.find(&items)?, head, settings)
    }

    /// Whether more baskets hold both sides than chance makes.
    pub(super) fn lifts(&self, candidate: &Candidate<'_>) -> bool {
        let [body, head, both] = candidate.counts.map(|set| u64::from(set.set.count));
        both * u64::from(self.n_baskets) > body * head
    }

    /// Rules in full, the most certain first.
    pub(super) fn told(&self, mut candidates: Vec<Candidate<'_>>) -> Vec<Rule> {
        candidates.sort_by(|a, b| {
            a.ln_p
                .total_cmp(&b.ln_p)
                .then_with(|| a.antecedent.cmp(&b.antecedent))
                .then_with(|| a.consequent.cmp(&b.consequent))
        });
        candidates.into_par_iter().map(|candidate| self.measured(candidate)).collect()
    }

    /// See [`association_rules`].
    pub(super) fn rules(&self, settings: &RuleSettings, related: &dyn Fn(u32, u32) -> bool) -> RulesFound {
        let max_length = settings.max_length.min(LONGEST);
        let n_frequent = self.n_frequent();
        let mut candidates = self.candidates(settings, related);
        let sides = Sides::of(self.sets[..n_frequent].iter().map(|set| set.set.items[0]), settings);
        let sizes: Vec<f64> = (0..=max_length).map(|length| sides.searched_rules(length)).collect();
        correct(&mut candidates, &sizes);
        let n_candidates = candidates.len();
        candidates.retain(|candidate| !candidate.redundant);
        let n_redundant = n_candidates - candidates.len();
        candidates.retain(|candidate| self.lifts(candidate) && candidate.q_value <= settings.alpha);
        let rules = self.told(candidates);
        RulesFound {
            n_itemsets: self.sets.len(),
            n_searched: sizes.iter().sum(),
            n_candidates,
            n_insignificant: n_candidates - n_redundant - rules.len(),
            n_redundant,
            rules,
        }
    }

    /// Every subset of a frequent set is frequent, so `None` means a set that was never mined.
    fn find(&self, items: &[u32]) -> Option<&CountedItemset> {
        let key = (items.len(), items);
        self.sets
            .binary_search_by(|set| (set.set.items.len(), set.set.items.as_slice()).cmp(&key))
            .ok()
            .map(|index| &self.sets[index])
    }

    fn candidate<'a>(
        &'a self,
        both: &'a CountedItemset,
        head: usize,
        settings: &RuleSettings,
    ) -> Option<Candidate<'a>> {
        let consequent = both.set.items[head];
        let antecedent = without(&both.set.items, consequent);
        if !stands_right(consequent, settings) || !antecedent.iter().all(|item| stands_left(*item, settings)) {
            return None;
        }
        let body = self.find(&antecedent)?;
        let head = self.find(&[consequent])?;
        let confidence = f64::from(both.set.count) / f64::from(body.set.count);
        if confidence < settings.min_confidence {
            return None;
        }
        let chance = self.surprise(None, body, head, both);
        let (mut ln_p, mut redundant, mut best_shorter) = (chance.ln_p, false, 0.0_f64);
        for shorter in proper_subsets(&antecedent) {
            let group = self.find(&shorter)?;
            let with_head = self.find(&with(&shorter, consequent))?;
            let of_shorter = f64::from(with_head.set.count) / f64::from(group.set.count);
            redundant |= confidence <= of_shorter;
            best_shorter = best_shorter.max(of_shorter);
            if shorter.len() + 1 == antecedent.len() {
                let gain = self.surprise(Some(group), body, with_head, both);
                redundant |= gain.ln_p > settings.alpha.ln();
                ln_p = ln_p.max(gain.ln_p);
            }
        }
        Some(Candidate {
            antecedent,
            consequent,
            counts: [body, head, both],
            n_expected: chance.expected,
            best_shorter,
            ln_p,
            q_value: 1.0,
            redundant,
        })
    }

    /// Do baskets of `group` (`None`: all) with `a` hold `b` more often than chance? `both` counts
    /// those with all of it.
    fn surprise(
        &self,
        group: Option<&CountedItemset>,
        a: &CountedItemset,
        b: &CountedItemset,
        both: &CountedItemset,
    ) -> Surprise {
        if let Some(bands) = self.bands {
            return bands.surprise(&BandCounts {
                group: group.map(|set| &*set.by_band),
                n_held: group.map_or(0, |set| set.set.items.len() as u32),
                a: &a.by_band,
                b: &b.by_band,
                n_both: both.set.count,
            });
        }
        let counts = CrossCounts {
            n_baskets: group.map_or(self.n_baskets, |set| set.set.count),
            n_antecedent: a.set.count,
            n_consequent: b.set.count,
            n_both: both.set.count,
        };
        Surprise {
            expected: f64::from(a.set.count) * f64::from(b.set.count) / f64::from(counts.n_baskets),
            ln_p: ln_fisher_upper_tail(&counts),
        }
    }

    fn measured(&self, candidate: Candidate<'_>) -> Rule {
        let [n_antecedent, n_consequent, n_both] = candidate.counts.map(|set| set.set.count);
        let counts = CrossCounts { n_baskets: self.n_baskets, n_antecedent, n_consequent, n_both };
        let measures = Measures::of(&counts);
        let k = f64::from(n_both);
        Rule {
            antecedent: candidate.antecedent,
            consequent: candidate.consequent,
            n_antecedent,
            n_consequent,
            n_both,
            n_baskets: self.n_baskets,
            n_expected: candidate.n_expected,
            lift_lower: measures.lift * byar_lower_share(k, Z_95),
            improvement: measures.confidence - candidate.best_shorter,
            measures,
            p_value: candidate.ln_p.exp(),
            ln_p: candidate.ln_p,
            q_value: candidate.q_value,
        }
    }
}

/// Sets `q_value` within each rule length; `sizes[l]` is the searched space of length `l`.
fn correct(candidates: &mut [Candidate<'_>], sizes: &[f64]) {
    let layers = sizes.len().saturating_sub(2) as f64;
    for (length, &searched) in sizes.iter().enumerate().skip(2) {
        let members: Vec<usize> =
            (0..candidates.len()).filter(|&index| candidates[index].antecedent.len() + 1 == length).collect();
        let p_values: Vec<f64> = members.iter().map(|&index| candidates[index].ln_p.exp()).collect();
        let q_values = benjamini_hochberg(&p_values, searched * layers);
        for (&index, q_value) in members.iter().zip(q_values) {
            candidates[index].q_value = q_value;
        }
    }
}

fn stands_left(item: u32, settings: &RuleSettings) -> bool {
    settings.antecedents.as_ref().is_none_or(|allowed| allowed.contains(&item))
}

fn stands_right(item: u32, settings: &RuleSettings) -> bool {
    settings.consequents.as_ref().is_none_or(|allowed| allowed.contains(&item))
}

/// How many frequent items may stand where.
struct Sides {
    left: usize,
    /// On the right, and on the left as well or not.
    both: usize,
    right_only: usize,
}

impl Sides {
    fn of(frequent: impl Iterator<Item = u32>, settings: &RuleSettings) -> Self {
        let mut sides = Self { left: 0, both: 0, right_only: 0 };
        for item in frequent {
            let (left, right) = (stands_left(item, settings), stands_right(item, settings));
            sides.left += usize::from(left);
            sides.both += usize::from(left && right);
            sides.right_only += usize::from(right && !left);
        }
        sides
    }

    /// Choices of the consequent and of `length - 1` others; `l·C(F, l)` where both sides are open to all `F` items.
    fn searched_rules(&self, length: usize) -> f64 {
        if length < 2 {
            return 0.0;
        }
        let others = |of: usize| choices(of, length - 1);
        self.both as f64 * others(self.left.saturating_sub(1)) + self.right_only as f64 * others(self.left)
    }
}

/// `C(n, k)`.
fn choices(n: usize, k: usize) -> f64 {
    if k > n { 0.0 } else { (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product() }
}

fn any_related(items: &[u32], related: &dyn Fn(u32, u32) -> bool) -> bool {
    items.iter().enumerate().any(|(index, &a)| items[index + 1..].iter().any(|&b| related(a, b)))
}

fn without(items: &[u32], item: u32) -> Vec<u32> {
    items.iter().copied().filter(|&other| other != item).collect()
}

fn with(items: &[u32], item: u32) -> Vec<u32> {
    let mut all = items.to_vec();
    all.insert(all.partition_point(|&other| other < item), item);
    all
}

/// Subsets of one item or more, without `items` itself.
fn proper_subsets(items: &[u32]) -> impl Iterator<Item = Vec<u32>> {
    (1..(1_u32 << items.len()) - 1).map(move |mask| {
        items.iter().enumerate().filter(|(index, _)| mask >> index & 1 == 1).map(|(_, &item)| item).collect()
    })
}
