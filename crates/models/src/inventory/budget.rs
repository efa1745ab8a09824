//! What to buy with the money there is, over all lines.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::knapsack::{Choice, best_choices};
use super::{InventoryError, check_keys, refuse};

const DOING: &str = "spending a budget";

/// A line that wants money.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BudgetLine<'a> {
    /// Breaks ties, lowest first, and names the line in results; unique.
    pub key: u64,
    /// Price of a pack, in minor units of money; above 0. A line of unknown price cannot be weighed and has no place here.
    pub cost_per_pack_cents: i64,
    /// Fewest packs of the line if any are bought (its minimum order); 0 is no limit.
    pub min_packs: usize,
    /// What each wanted pack is worth, first to last, in minor units of money ([`LineWorth::pack_values`](super::LineWorth::pack_values)).
    pub pack_values_cents: &'a [f64],
}

/// What a line gets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BudgetShare {
    /// Which line.
    pub key: u64,
    /// Packs bought.
    pub packs: usize,
    /// Packs wanted and not bought.
    pub cut_packs: usize,
    /// Price of what is bought, in minor units of money.
    pub cost_cents: i64,
    /// Worth of what is bought.
    pub value_cents: f64,
    /// Worth of what is cut.
    pub cut_value_cents: f64,
    /// Place of the line by the value per cent of its first packs: 1 is served first.
    pub rank: usize,
}

/// How a budget is spent.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetPlan {
    /// What each line gets, by key.
    pub lines: Vec<BudgetShare>,
    /// Price of all, never above the budget.
    pub spent_cents: i64,
    /// Worth of all.
    pub value_cents: f64,
    /// Worth that buying by value per cent alone would reach.
    pub greedy_value_cents: f64,
    /// All that is wanted is bought, or nothing affordable is worth more (to a billionth of it); otherwise this is the best that was found
    /// within the work allowed.
    pub is_optimal: bool,
    /// Value of the next cent (the dual price of the budget when packs could be split); 0 when all is bought or all that is of value.
    pub shadow_price: f64,
}

/// Spends at most a budget on the packs that are worth most.
///
/// When everything wanted is affordable, everything is bought. When money is short, packs are bought by value per cent until it is gone
/// (the marginal rule of prioritised ordering), then the choice is improved to the optimum of the knapsack problem: dynamic programming over
/// the undominated pairs of cost and value, pruned by the Lagrangian bound at the shadow price; lines whose share that bound already
/// settles take no part. Where the states exceed the work allowed, as with some thousand lines, the most promising are
/// kept, and the result, never below the first, is marked as not proven. Packs of a line are bought in their order; when money is short
/// no pack is bought that lowers the worth. A supplier's minimum is not looked at here. Ties go to the lowest key; the order of the lines
/// does not matter.
///
/// # Errors
/// [`InventoryError::Input`] for a budget below 0, a price of 0 or less, a value that is no number, a minimum above what is wanted, a
/// key given twice, or sums beyond 64 bits.
///
/// ```
/// use nightclerk_models::inventory::{BudgetLine, spend_budget};
/// let line = |key, cost_per_pack_cents, pack_values_cents| BudgetLine { key, cost_per_pack_cents, min_packs: 0, pack_values_cents };
/// // By value per cent the 60 come first, and leave 40 idle; the two of 50 are worth more.
/// let plan = spend_budget(&[line(1, 60, &[90.0]), line(2, 50, &[70.0, 65.0])], 100)?;
/// assert_eq!((plan.spent_cents, plan.value_cents, plan.greedy_value_cents), (100, 135.0, 90.0));
/// # Ok::<(), nightclerk_models::inventory::InventoryError>(())
/// ```
pub fn spend_budget(lines: &[BudgetLine<'_>], budget_cents: i64) -> Result<BudgetPlan, InventoryError> {
    if budget_cents < 0 {
        return refuse(DOING, format!("the budget is {budget_cents} cents; give at least 0"));
    }
    let wanted_cents = check(lines)?;
    let mut lines: Vec<BudgetLine<'_>> = lines.to_vec();
    lines.sort_by_key(|line| line.key);
    if wanted_cents <= budget_cents {
        let packs: Vec<usize> = lines.iter().map(|line| line.pack_values_cents.len()).collect();
        let mut plan = plan_of(&lines, &packs);
        plan.is_optimal = true;
        return Ok(plan);
    }
    let greedy = by_value_per_cent(&lines, budget_cents);
    let greedy_value_cents = plan_of(&lines, &greedy).value_cents;
    let choices: Vec<Vec<Choice>> = lines.iter().map(choices_of).collect();
    let start = |line: usize| choices[line].iter().position(|choice| choice.packs == greedy[line]).unwrap_or(0);
    let found = best_choices(&choices, budget_cents, (0..lines.len()).map(start).collect());
    let packs: Vec<usize> = found.picks.iter().zip(&choices).map(|(&pick, line)| line[pick].packs).collect();
    let mut plan = plan_of(&lines, &packs);
    plan.greedy_value_cents = greedy_value_cents;
    plan.is_optimal = found.is_optimal;
    plan.shadow_price = found.shadow_price;
    Ok(plan)
}

/// Checks lines; the price of all that is wanted.
fn check(lines: &[BudgetLine<'_>]) -> Result<i64, InventoryError> {
    check_keys(DOING, lines.iter().map(|line| line.key))?;
    let mut wanted_cents = 0_i64;
    for line in lines {
        let key = line.key;
        if line.cost_per_pack_cents <= 0 {
            return refuse(DOING, format!("line {key}: a pack costs {}; give more than 0", line.cost_per_pack_cents));
        }
        if let Some(value) = line.pack_values_cents.iter().find(|value| !value.is_finite()) {
            return refuse(DOING, format!("line {key}: a pack is worth {value}; give numbers"));
        }
        if line.min_packs > line.pack_values_cents.len() {
            let (fewest, wanted) = (line.min_packs, line.pack_values_cents.len());
            return refuse(
                DOING,
                format!("line {key}: at least {fewest} packs and {wanted} wanted; give their values"),
            );
        }
        let cost = i64::try_from(line.pack_values_cents.len()).ok();
        let cost = cost.and_then(|packs| packs.checked_mul(line.cost_per_pack_cents));
        wanted_cents = match cost.and_then(|cost| wanted_cents.checked_add(cost)) {
            Some(sum) => sum,
            None => return refuse(DOING, format!("line {key}: the price of all lines is too large")),
        };
    }
    Ok(wanted_cents)
}

/// Packs of the next step: one, or from nothing as many as the line's minimum asks for; `None` when no more are wanted.
fn step(line: &BudgetLine<'_>, packs: usize) -> Option<usize> {
    let step = if packs == 0 { line.min_packs.max(1) } else { 1 };
    (packs + step <= line.pack_values_cents.len()).then_some(step)
}

fn value(line: &BudgetLine<'_>, from: usize, packs: usize) -> f64 {
    line.pack_values_cents[from..from + packs].iter().sum::<f64>() + 0.0
}

/// A line's next step in the queue for money.
struct Waiting {
    per_cent: f64,
    line: usize,
    packs: usize,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.per_cent.total_cmp(&other.per_cent).then(other.line.cmp(&self.line))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Waiting {}

/// Packs by value per cent until the money is gone. A step that is too dear, or worth nothing, ends its line.
fn by_value_per_cent(lines: &[BudgetLine<'_>], budget_cents: i64) -> Vec<usize> {
    let waiting = |index: usize, packs: usize| {
        let line = &lines[index];
        let step = step(line, packs)?;
        let worth = value(line, packs, step);
        let per_cent = worth / (step as f64 * line.cost_per_pack_cents as f64);
        (worth > 0.0).then_some(Waiting { per_cent, line: index, packs: step })
    };
    let mut packs = vec![0; lines.len()];
    let mut left = budget_cents;
    let mut queue: BinaryHeap<Waiting> = (0..lines.len()).filter_map(|index| waiting(index, 0)).collect();
    while let Some(next) = queue.pop() {
        let cost = next.packs as i64 * lines[next.line].cost_per_pack_cents;
        if cost <= left {
            left -= cost;
            packs[next.line] += next.packs;
            queue.extend(waiting(next.line, packs[next.line]));
        }
    }
    packs
}

/// What can be bought of a line: nothing, or its minimum, or any number more.
fn choices_of(line: &BudgetLine<'_>) -> Vec<Choice> {
    let mut choices = vec![Choice { packs: 0, cost: 0, value: 0.0 }];
    let mut packs = 0;
    let mut worth = 0.0;
    while let Some(more) = step(line, packs) {
        worth += value(line, packs, more);
        packs += more;
        choices.push(Choice { packs, cost: packs as i64 * line.cost_per_pack_cents, value: worth });
    }
    choices
}

fn plan_of(lines: &[BudgetLine<'_>], packs: &[usize]) -> BudgetPlan {
    let first = |line: &BudgetLine<'_>| {
        step(line, 0)
            .map_or(f64::NEG_INFINITY, |step| value(line, 0, step) / (step as f64 * line.cost_per_pack_cents as f64))
    };
    let mut order: Vec<(f64, usize)> = lines.iter().map(first).zip(0..).collect();
    order.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    let mut ranks = vec![0; lines.len()];
    for (place, (_, line)) in order.into_iter().enumerate() {
        ranks[line] = place + 1;
    }
    let shares: Vec<BudgetShare> = (lines.iter().zip(packs).zip(ranks))
        .map(|((line, &packs), rank)| {
            let cut_packs = line.pack_values_cents.len() - packs;
            BudgetShare {
                key: line.key,
                packs,
                cut_packs,
                cost_cents: packs as i64 * line.cost_per_pack_cents,
                value_cents: value(line, 0, packs),
                cut_value_cents: value(line, packs, cut_packs),
                rank,
            }
        })
        .collect();
    let value_cents = shares.iter().map(|share| share.value_cents).sum::<f64>() + 0.0;
    BudgetPlan {
        spent_cents: shares.iter().map(|share| share.cost_cents).sum(),
        value_cents,
        greedy_value_cents: value_cents,
        is_optimal: false,
        shadow_price: 0.0,
        lines: shares,
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
