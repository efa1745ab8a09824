//! Itemsets without an allocation each, and what follows from having all frequent ones: closed, maximal, generators, rules.

use super::miner::{Collect, Found, Ranked, Search};
use super::{Baskets, RulesError};

/// Itemsets with the number of baskets that hold them: items ascending within a set, sets in an order of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemsetTable {
    items: Vec<u32>,
    /// Where in `items` each set ends.
    ends: Vec<u32>,
    counts: Vec<u32>,
}

/// Which of the frequent itemsets are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// All.
    Frequent,
    /// Those that no larger set equals in count (Pasquier, Bastide, Taouil and Lakhal, "Discovering frequent closed itemsets for
    /// association rules", ICDT 1999).
    Closed,
    /// Those without a larger frequent set.
    Maximal,
    /// Those that no smaller set equals in count (minimal generators, free sets: Boulicaut, Bykowski and Rigotti, Data Mining and
    /// Knowledge Discovery 7 (2003), 5-22). The empty set counts as held by every basket.
    Generators,
}

/// What itemsets are mined, and within which memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MiningSettings {
    /// Fewest baskets that hold a set; 0 is read as 1.
    pub min_count: u32,
    /// Most items of a set. Closed, maximal and generators are so among sets of at most this length.
    pub max_length: usize,
    /// Most bytes that the sets found may take.
    pub max_bytes: u64,
}

/// Which of the sets are wanted when not all are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopSettings {
    /// So many: the most frequent, and those as frequent as the last of them.
    pub n: usize,
    /// Of which sets. Maximal ones depend on the least count, which is not known beforehand: they are maximal among the sets of
    /// the last search.
    pub target: Target,
    /// Of at least so many items.
    pub min_length: usize,
}

/// A rule with one item on its right, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedRule<'a> {
    /// The items on both sides, ascending.
    pub items: &'a [u32],
    /// Which of them stands on the right.
    pub head: usize,
    /// Baskets that hold all of them.
    pub n_both: u32,
    /// Baskets that hold those on the left.
    pub n_body: u32,
    /// Baskets that hold that on the right.
    pub n_head: u32,
}

impl ItemsetTable {
    /// Every frequent itemset, the same for any number of threads. The baskets are used up: their memory serves the search.
    ///
    /// ```
    /// use nightclerk_models::rules::{Baskets, ItemsetTable, MiningSettings};
    /// let baskets = Baskets::from_rows(vec![0, 1, 0, 1, 1, 2], &[2, 4, 6], 3)?;
    /// let settings = MiningSettings { min_count: 2, max_length: 9, max_bytes: 1 << 20 };
    /// let found = ItemsetTable::mine(baskets, &settings)?;
    /// let mut shown: Vec<_> = found.iter().collect();
    /// shown.sort();
    /// assert_eq!(shown, [(&[0][..], 2), (&[0, 1], 2), (&[1], 3)]);
    /// # Ok::<(), nightclerk_models::rules::RulesError>(())
    /// ```
    ///
    /// # Errors
    /// Too many entries to number, or more sets than the memory allows.
    pub fn mine(baskets: Baskets, settings: &MiningSettings) -> Result<Self, RulesError> {
        let ranked = Ranked::new(&baskets, settings.min_count, |_| true)?;
        drop(baskets);
        Self::mine_ranked(ranked, settings)
    }

    /// The most frequent of the wanted sets, the same for any number of threads; `min_count` is the least they may have.
    ///
    /// The minimum count is halved until there are enough, so that the last search, the dearest, finds few too many.
    ///
    /// # Errors
    /// Too many entries to number, or more sets than the memory allows.
    pub fn mine_top(baskets: &Baskets, settings: &MiningSettings, wanted: &TopSettings) -> Result<Self, RulesError> {
        let least = settings.min_count.max(1);
        let mut min_count = baskets.item_counts().into_iter().max().unwrap_or(0);
        loop {
            min_count = (min_count / 2).max(least);
            let ranked = Ranked::new(baskets, min_count, |_| true)?;
            let all = Self::mine_ranked(ranked, &MiningSettings { min_count, ..*settings })?;
            let found = all.only(wanted.target, baskets.n_baskets() as u32).of_length(wanted.min_length);
            if found.len() >= wanted.n || min_count == least {
                return Ok(found.most_frequent(wanted.n));
            }
        }
    }

    fn mine_ranked(ranked: Ranked, settings: &MiningSettings) -> Result<Self, RulesError> {
        let &MiningSettings { min_count, max_length, max_bytes } = settings;
        let own = ranked.bytes();
        let beyond = |more: u64| RulesError::Memory { needed: own + more, limit: max_bytes, min_count };
        let left = max_bytes.checked_sub(own).ok_or_else(|| beyond(0))?;
        let parts = ranked.mine(&Search { min_count, max_length, max_bytes: left }, Self::default);
        let parts = parts.map_err(|error| match error {
            RulesError::Memory { needed, .. } => beyond(needed),
            error => error,
        })?;
        drop(ranked);
        let mut parts = parts.into_iter();
        let mut all = parts.next().unwrap_or_default();
        for part in parts {
            let offset = all.items.len() as u32;
            all.items.extend_from_slice(&part.items);
            all.ends.extend(part.ends.iter().map(|end| offset + end));
            all.counts.extend_from_slice(&part.counts);
        }
        Ok(all)
    }

    /// Number of sets.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Every set with its count.
    pub fn iter(&self) -> impl Iterator<Item = (&[u32], u32)> {
        (0..self.len()).map(|index| (self.set(index), self.counts[index]))
    }

    fn set(&self, index: usize) -> &[u32] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start as usize..self.ends[index] as usize]
    }

    fn push(&mut self, items: &[u32], count: u32) {
        self.items.extend_from_slice(items);
        self.ends.push(self.items.len() as u32);
        self.counts.push(count);
    }

    /// Of all frequent itemsets of `n_baskets` baskets, those that are wanted.
    #[must_use]
    pub fn only(self, target: Target, n_baskets: u32) -> Self {
        if target == Target::Frequent {
            return self;
        }
        let index = Index::new(&self);
        let mut keep = vec![true; self.len()];
        let mut shorter = Vec::new();
        for set in 0..self.len() {
            let (items, count) = (self.set(set), self.counts[set]);
            if items.len() == 1 && target == Target::Generators && count == n_baskets {
                keep[set] = false;
            }
            for left_out in 0..if items.len() > 1 { items.len() } else { 0 } {
                without(items, left_out, &mut shorter);
                let Some(other) = index.find(&self, &shorter) else { continue };
                let equal = self.counts[other] == count;
                match target {
                    Target::Closed => keep[other] &= !equal,
                    Target::Maximal => keep[other] = false,
                    Target::Generators => keep[set] &= !equal,
                    Target::Frequent => {}
                }
            }
        }
        let mut kept = Self::default();
        for ((items, count), _) in self.iter().zip(&keep).filter(|(_, keep)| **keep) {
            kept.push(items, count);
        }
        kept
    }

    /// Those of at least so many items.
    #[must_use]
    pub fn of_length(&self, min_length: usize) -> Self {
        self.filtered(|items, _| items.len() >= min_length)
    }

    /// The `n` most frequent, and those as frequent as the last of them.
    fn most_frequent(self, n: usize) -> Self {
        let mut counts = self.counts.clone();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        match n.checked_sub(1).map(|last| counts.get(last)) {
            None => Self::default(),
            Some(None) => self,
            Some(Some(least)) => self.filtered(|_, count| count >= *least),
        }
    }

    fn filtered(&self, keep: impl Fn(&[u32], u32) -> bool) -> Self {
        let mut kept = Self::default();
        for (items, count) in self.iter().filter(|(items, count)| keep(items, *count)) {
            kept.push(items, count);
        }
        kept
    }

    /// Every rule of at least `min_confidence` with one item on the right, from **all** frequent itemsets.
    pub fn for_each_rule(&self, min_confidence: f64, mut take: impl FnMut(&CountedRule<'_>)) {
        let index = Index::new(self);
        let mut body = Vec::new();
        for (items, n_both) in self.iter().filter(|(items, _)| items.len() > 1) {
            for head in 0..items.len() {
                without(items, head, &mut body);
                let (Some(of_body), Some(of_head)) = (index.find(self, &body), index.find(self, &items[head..=head]))
                else {
                    continue;
                };
                let (n_body, n_head) = (self.counts[of_body], self.counts[of_head]);
                // A share that is exactly the limit must not be lost to rounding.
                if f64::from(n_both) >= min_confidence * f64::from(n_body) * (1.0 - 1e-12) {
                    take(&CountedRule { items, head, n_both, n_body, n_head });
                }
            }
        }
    }
}

impl Collect for ItemsetTable {
    const WANTS_BASKETS: bool = false;

    fn take(&mut self, found: &Found<'_>) {
        let start = self.items.len();
        self.push(found.items, found.count);
        self.items[start..].sort_unstable();
    }

    fn bytes(&self) -> u64 {
        4 * (self.items.capacity() + self.ends.capacity() + self.counts.capacity()) as u64
    }
}

fn without(items: &[u32], left_out: usize, rest: &mut Vec<u32>) {
    rest.clear();
    rest.extend_from_slice(&items[..left_out]);
    rest.extend_from_slice(&items[left_out + 1..]);
}

/// Finds a set in a table: open addressing, half full at most.
struct Index {
    /// Place in the table, plus 1; 0 = free.
    slots: Vec<u32>,
}

impl Index {
    fn new(table: &ItemsetTable) -> Self {
        let size = (2 * table.len()).next_power_of_two().max(2);
        let mut slots = vec![0; size];
        for set in 0..table.len() {
            let mut slot = hash(table.set(set)) as usize & (size - 1);
            while slots[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            slots[slot] = set as u32 + 1;
        }
        Self { slots }
    }

    fn find(&self, table: &ItemsetTable, items: &[u32]) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut slot = hash(items) as usize & mask;
        loop {
            let set = (self.slots[slot] as usize).checked_sub(1)?;
            if table.set(set) == items {
                return Some(set);
            }
            slot = (slot + 1) & mask;
        }
    }
}

/// Multiply and rotate (Fowler, Noll and Vo's idea with 64-bit words); the high bits are the good ones.
fn hash(items: &[u32]) -> u64 {
    let mixed = items.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, item| {
        (hash.rotate_left(5) ^ u64::from(*item)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    mixed ^ (mixed >> 32)
}
