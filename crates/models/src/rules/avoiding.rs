use std::collections::{BTreeMap, HashMap};

use super::size_bands::BandCounts;
use super::{SizeBands, SizeTally};
use crate::experiment::benjamini_hochberg;

/// Two items of one group that meet less often than chance: who takes one seldom takes the other as well.
#[derive(Debug, Clone, PartialEq)]
pub struct AvoidingPair {
    /// The smaller item and the larger.
    pub items: [u32; 2],
    /// Baskets with each.
    pub n_each: [u32; 2],
    /// Baskets with both.
    pub n_both: u32,
    /// Baskets with both that chance gives at the same basket sizes.
    pub n_expected: f64,
    /// One-sided p-value of "no less often than the tolerated share of chance". Below 1e-308 it is 0.
    pub p_value: f64,
    /// Benjamini-Hochberg q-value over all pairs that were asked about.
    pub q_value: f64,
}

/// Which pairs are asked about, and what is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AvoidingSettings {
    /// Fewest baskets with both that independence gives: below, even none would be no news.
    pub min_expected: f64,
    /// A pair that meets this share of what chance gives still counts as meeting by chance: where the few items of a group fill
    /// whole baskets, chance itself is known no better.
    pub tolerated: f64,
    /// Expected share of false pairs among those kept.
    pub alpha: f64,
}

/// The pairs within a group (`group_of` each item; `None`: in none) that avoid each other, the most certain first. `tally` must
/// count the `baskets`.
///
/// A pair is asked about when its two counts alone would let it meet `min_expected` times; the tests compare baskets of like
/// size only, with the bound of [`SizeBands`].
pub fn avoiding_pairs<'b>(
    baskets: impl Iterator<Item = &'b [u32]>,
    tally: &SizeTally,
    group_of: &[Option<u32>],
    settings: AvoidingSettings,
) -> Vec<AvoidingPair> {
    let counts = tally.item_counts();
    let n_baskets = f64::from(tally.n_baskets());
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for item in 0..counts.len() as u32 {
        if let Some(group) = group_of.get(item as usize).copied().flatten() {
            groups.entry(group).or_default().push(item);
        }
    }
    let mut met: HashMap<(u32, u32), u32> = HashMap::new();
    for items in groups.values_mut() {
        items.sort_by_key(|item| (std::cmp::Reverse(counts[*item as usize]), *item));
        for (place, &a) in items.iter().enumerate() {
            let enough = |b: &&u32| {
                f64::from(counts[a as usize]) * f64::from(counts[**b as usize]) >= settings.min_expected * n_baskets
            };
            met.extend(items[place + 1..].iter().take_while(enough).map(|&b| ((a.min(b), a.max(b)), 0)));
        }
    }
    if met.is_empty() {
        return Vec::new();
    }
    let mut asked = vec![false; counts.len()];
    for (a, b) in met.keys() {
        asked[*a as usize] = true;
        asked[*b as usize] = true;
    }
    let mut here = Vec::new();
    for basket in baskets {
        here.clear();
        here.extend(basket.iter().copied().filter(|item| asked[*item as usize]));
        for (place, &a) in here.iter().enumerate() {
            for &b in &here[place + 1..] {
                if let Some(count) = met.get_mut(&(a.min(b), a.max(b))) {
                    *count += 1;
                }
            }
        }
    }
    let bands = SizeBands::from_tally(tally);
    let mut found: Vec<AvoidingPair> = met
        .into_iter()
        .map(|((a, b), n_both)| {
            let lack = bands.lack(
                &BandCounts {
                    group: None,
                    n_held: 0,
                    a: &tally.by_band(a, &bands),
                    b: &tally.by_band(b, &bands),
                    n_both,
                },
                settings.tolerated,
            );
            let n_each = [a, b].map(|item| counts[item as usize]);
            AvoidingPair {
                items: [a, b],
                n_each,
                n_both,
                n_expected: lack.expected,
                p_value: lack.ln_p.exp(),
                q_value: 1.0,
            }
        })
        .collect();
    found.sort_by(|one, other| one.p_value.total_cmp(&other.p_value).then_with(|| one.items.cmp(&other.items)));
    let p_values: Vec<f64> = found.iter().map(|pair| pair.p_value).collect();
    let q_values = benjamini_hochberg(&p_values, p_values.len() as f64);
    for (pair, q_value) in found.iter_mut().zip(q_values) {
        pair.q_value = q_value;
    }
    found.retain(|pair| pair.q_value <= settings.alpha && f64::from(pair.n_both) < pair.n_expected);
    found
}
