use std::collections::HashSet;

use rand::Rng;

use super::Baskets;

/// Swaps tried per entry: enough for the number of entries moved to settle (the paper's figure 3).
const SWAPS_PER_ENTRY: usize = 5;

impl Baskets {
    /// The same baskets with every association destroyed: each keeps its size, each item its number of baskets, and beyond that any
    /// arrangement is as likely as another.
    ///
    /// Swap randomisation (Gionis, Mannila, Mielikäinen and Tsaparas, "Assessing data mining results via swap randomization", ACM
    /// Transactions on Knowledge Discovery from Data 1 (2007), article 14): two entries drawn at random exchange their items
    /// wherever neither basket holds the other's item already.
    #[must_use]
    pub fn shuffled(&self, random: &mut impl Rng) -> Self {
        let mut rows: Vec<(u32, u32)> = self
            .iter()
            .enumerate()
            .flat_map(|(basket, items)| items.iter().map(move |item| (basket as u32, *item)))
            .collect();
        let mut held: HashSet<(u32, u32)> = rows.iter().copied().collect();
        for _ in 0..SWAPS_PER_ENTRY * rows.len() {
            let (one, two) = (random.random_range(0..rows.len()), random.random_range(0..rows.len()));
            let ((first, a), (second, b)) = (rows[one], rows[two]);
            if a == b || first == second || held.contains(&(first, b)) || held.contains(&(second, a)) {
                continue;
            }
            held.remove(&(first, a));
            held.remove(&(second, b));
            held.insert((first, b));
            held.insert((second, a));
            (rows[one].1, rows[two].1) = (b, a);
        }
        let ends: Vec<u32> = self
            .iter()
            .scan(0, |end, items| {
                *end += items.len() as u32;
                Some(*end)
            })
            .collect();
        // Every item was below `n_items` before.
        Self::from_rows(rows.into_iter().map(|(_, item)| item).collect(), &ends, self.n_items())
            .unwrap_or_else(|_| self.clone())
    }
}
