//! Counts of pairs over a window of baskets that moves on by a day.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::{Deserialize, Serialize};

use super::associations::Counted;
use super::itemsets::CountedItemset;
use super::itemsets::Itemset;
use super::miner::{Collect, Found, Ranked, Search};
use super::{Baskets, RuleSettings, RulesError, RulesFound, SizeBands, SizeTally};

/// Everything that rules of two items are made from, kept so that a day's baskets are added and those that leave the window are taken
/// out, with the counts that mining the whole window would give.
///
/// Counts are additive over baskets; what a night cannot afford is a count for each of the many millions of pairs that meet once. Kept
/// are those that met at least `kept_from` times (half of the minimum asked for) when the window was last mined. Of every other pair it is
/// known that it met fewer times then; how often it met in baskets added since is counted, and a pair that may have become frequent
/// by that is counted anew over the whole window. So no frequent pair is missed, and none is guessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairBook {
    tally: SizeTally,
    /// Pairs that met at least so often at the last mine.
    kept_from: u32,
    /// Their counts now; the key is the smaller item and the larger.
    kept: HashMap<(u32, u32), u32>,
    /// Of other pairs, how often they met in baskets added since.
    since: HashMap<(u32, u32), u32>,
}

impl PairBook {
    /// Mines the whole window, in preparation for minimum counts of `min_count` and, later, more or somewhat less.
    ///
    /// # Errors
    /// More entries than positions can be numbered.
    pub fn mine(window: &Baskets, min_count: u32) -> Result<Self, RulesError> {
        let kept_from = (min_count / 2).max(1);
        let ranked = Ranked::new(window, kept_from, |_| true)?;
        let search = Search { min_count: kept_from, max_length: 2, max_bytes: u64::MAX };
        let found = ranked.mine(&search, Pairs::default)?;
        let mut kept = HashMap::with_capacity(found.iter().map(|part| part.0.len()).sum());
        kept.extend(found.into_iter().flat_map(|part| part.0));
        Ok(Self { tally: SizeTally::of(window), kept_from, kept, since: HashMap::new() })
    }

    /// Whether it can still tell every pair that meets `min_count` times without mining the window again.
    pub fn serves(&self, min_count: u32) -> bool {
        // Below that, half of the catalogue would have to be counted anew.
        u64::from(min_count) * 4 >= u64::from(self.kept_from) * 5 || self.kept_from == 1
    }

    /// Counts baskets that enter the window.
    pub fn add(&mut self, baskets: &Baskets) {
        self.tally.add(baskets);
        for pair in baskets.iter().flat_map(pairs_of) {
            match self.kept.entry(pair) {
                Entry::Occupied(mut count) => *count.get_mut() += 1,
                Entry::Vacant(_) => *self.since.entry(pair).or_default() += 1,
            }
        }
    }

    /// Takes baskets out that leave the window.
    pub fn remove(&mut self, baskets: &Baskets) {
        self.tally.remove(baskets);
        for pair in baskets.iter().flat_map(pairs_of) {
            if let Some(count) = self.kept.get_mut(&pair) {
                *count -= 1;
            }
        }
    }

    /// How often baskets of each size, and with each item, were counted.
    pub fn tally(&self) -> &SizeTally {
        &self.tally
    }

    /// Rules of two items, as [`super::association_rules`] finds them in the baskets counted. `window` gives these baskets; it is
    /// asked for them where pairs may have become frequent only.
    ///
    /// # Errors
    /// Those of `window`.
    pub fn rules(
        &mut self,
        window: impl FnOnce() -> Result<Baskets, RulesError>,
        settings: &RuleSettings,
        related: &dyn Fn(u32, u32) -> bool,
    ) -> Result<RulesFound, RulesError> {
        let min_count = settings.min_count.max(1);
        self.count_anew(window, min_count)?;
        let bands = SizeBands::from_tally(&self.tally);
        let allowed = |item: &u32| !settings.forbidden.contains(item);
        let counts = self.tally.item_counts();
        let singles =
            (0..counts.len() as u32).filter(|item| counts[*item as usize] >= min_count && allowed(item)).map(|item| {
                CountedItemset {
                    set: Itemset { items: vec![item], count: counts[item as usize] },
                    by_band: self.tally.by_band(item, &bands),
                }
            });
        let mut pairs: Vec<((u32, u32), u32)> = (self.kept.iter())
            .filter(|((a, b), count)| **count >= min_count && allowed(a) && allowed(b))
            .map(|(pair, count)| (*pair, *count))
            .collect();
        pairs.sort_unstable();
        let pairs = pairs.into_iter().map(|((a, b), count)| CountedItemset {
            set: Itemset { items: vec![a, b], count },
            by_band: Box::default(),
        });
        let counted = Counted {
            n_baskets: self.tally.n_baskets(),
            sets: singles.chain(pairs).collect(),
            bands: settings.stratify_by_size.then_some(&bands),
        };
        Ok(counted.rules(&RuleSettings { max_length: 2, ..settings.clone() }, related))
    }

    /// Moves pairs that may meet `min_count` times among those that are kept.
    fn count_anew(
        &mut self,
        window: impl FnOnce() -> Result<Baskets, RulesError>,
        min_count: u32,
    ) -> Result<(), RulesError> {
        let known_below = self.kept_from - 1;
        let mut open: HashMap<(u32, u32), u32> = self
            .since
            .iter()
            .filter(|(_, since)| known_below + **since >= min_count)
            .map(|(pair, _)| (*pair, 0))
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        let window = window()?;
        let mut concerned = vec![false; window.n_items() as usize];
        for (a, b) in open.keys() {
            concerned[*a as usize] = true;
            concerned[*b as usize] = true;
        }
        let mut here = Vec::new();
        for items in window.iter() {
            here.clear();
            here.extend(items.iter().copied().filter(|item| concerned[*item as usize]));
            for pair in pairs_of(&here) {
                if let Some(count) = open.get_mut(&pair) {
                    *count += 1;
                }
            }
        }
        for (pair, count) in open {
            self.since.remove(&pair);
            self.kept.insert(pair, count);
        }
        Ok(())
    }
}

/// The pairs of ascending items.
fn pairs_of(items: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    items.iter().enumerate().flat_map(|(index, &a)| items[index + 1..].iter().map(move |&b| (a, b)))
}

#[derive(Default)]
struct Pairs(Vec<((u32, u32), u32)>);

impl Collect for Pairs {
    const WANTS_BASKETS: bool = false;

    fn take(&mut self, found: &Found<'_>) {
        if let [a, b] = *found.items {
            self.0.push(((a.min(b), a.max(b)), found.count));
        }
    }

    fn bytes(&self) -> u64 {
        (self.0.capacity() * size_of::<((u32, u32), u32)>()) as u64
    }
}
