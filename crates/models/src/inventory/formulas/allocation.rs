//! What to spend a budget on: units in the order of what they earn per money.
//!
//! Silver, Pyke and Thomas, 4th ed., chapter 9 (several newsvendors under a budget). The value of the k-th unit falls with k, so taking
//! the dearest units first is best up to the last unit that fits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check::{FormulaError, entries, non_negative, positive, refused, too_large};
use super::demand::{Demand, Law};

/// Most items.
const MOST_ITEMS: usize = 1000;
/// Most units in all.
const MOST_UNITS: u64 = 100_000;

/// An item.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Name.
    pub id: String,
    /// Money earned by a unit that is wanted.
    pub margin: f64,
    /// Money lost by a unit that is not.
    pub carry: f64,
    /// Money a unit takes from the budget.
    pub unit_cost: f64,
    /// Demand, of whole units.
    pub demand: Demand,
}

/// Items and a budget.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Items.
    pub items: Vec<Item>,
    /// Money.
    pub budget: f64,
}

/// What is bought.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Allocation {
    /// Units of each item, by its name.
    pub units: BTreeMap<String, u64>,
    /// Money spent.
    pub spent: f64,
    /// Expected value of all units.
    pub expected_value: f64,
}

/// Buys unit by unit what earns most per money, margin · P(D >= k) - carry · P(D < k) for an item's k-th, as long as that is above 0
/// and fits into what is left of the budget; of equals the item that comes first by name. Whole units leave a rest, of which a search over all
/// combinations may make a little more.
///
/// # Errors
/// [`FormulaError`] for a number outside what is allowed, a demand that is no count, a name twice, and more than 100,000 units.
pub fn budget_greedy(inputs: &Budget) -> Result<Allocation, FormulaError> {
    let mut left = non_negative("budget", inputs.budget)?;
    entries("items", inputs.items.len(), MOST_ITEMS)?;
    let mut items: BTreeMap<&str, (&Item, Law)> = BTreeMap::new();
    for item in &inputs.items {
        let at = |field: &str| format!("{}.{field}", item.id);
        non_negative(&at("margin"), item.margin)?;
        non_negative(&at("carry"), item.carry)?;
        positive(&at("unit_cost"), item.unit_cost)?;
        let law = Law::of(&at("demand"), &item.demand)?;
        if !law.is_discrete() {
            return Err(refused(at("demand.family"), "one with a density", "poisson, negbin, geometric or custom"));
        }
        if items.insert(&item.id, (item, law)).is_some() {
            return Err(refused("items", &item.id, "each `id` once"));
        }
    }
    let value = |item: &Item, law: &Law, k: u64| {
        let wanted = law.above(k as f64 - 1.0);
        item.margin * wanted - item.carry * (1.0 - wanted)
    };
    let mut candidates: Vec<_> = items.values().map(|(item, law)| (*item, law, 0_u64, value(item, law, 1))).collect();
    let (mut spent, mut expected_value, mut bought) = (0.0, 0.0, 0);
    loop {
        let mut best: Option<usize> = None;
        for (place, (item, _, _, next)) in candidates.iter().enumerate() {
            // A millionth of a millionth of the budget is rounding.
            let fits = item.unit_cost <= left + 1e-12 * inputs.budget;
            let beats = best.is_none_or(|best| {
                let (other, _, _, value) = &candidates[best];
                next / item.unit_cost > value / other.unit_cost
            });
            if *next > 0.0 && fits && beats {
                best = Some(place);
            }
        }
        let Some(place) = best else { break };
        let (item, law, units, next) = &mut candidates[place];
        left -= item.unit_cost;
        spent += item.unit_cost;
        expected_value += *next;
        *units += 1;
        *next = value(item, law, *units + 1);
        bought += 1;
        if bought > MOST_UNITS {
            return Err(too_large("budget", "it buys more than 100,000 units; use larger ones"));
        }
    }
    let units = candidates.iter().map(|(item, _, units, _)| (item.id.clone(), *units)).collect();
    Ok(Allocation { units, spent, expected_value })
}
