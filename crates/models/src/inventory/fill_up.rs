//! Filling a supplier's order up to its minimum with what is worth most.

use super::marginal::check_lines;
use super::{InventoryError, PackLine, refuse};

const DOING: &str = "filling an order up";

/// A line that may be raised.
#[derive(Debug, Clone, Copy)]
pub struct FillLine<'a> {
    /// The line, with what is ordered of it so far (0 for one that could be added).
    pub line: PackLine<'a>,
    /// What a pack counts towards the minimum, in the minimum's own unit: its cost in cents, its thousandths of a unit. `None` is unknown
    /// (a line without a cost): it counts nothing and is never raised.
    pub counts_per_pack: Option<i64>,
}

/// What a supplier asks for at least, and how long goods may lie for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillRules {
    /// Minimum of the whole order, in the unit of [`FillLine::counts_per_pack`].
    pub minimum: i64,
    /// No line is raised above its mean demand of so many days (stock position with the order).
    pub longest_days: u32,
}

/// Packs added to a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AddedPacks {
    /// Which line.
    pub key: u64,
    /// How many packs more; above 0.
    pub packs: i64,
    /// The same in thousandths of a unit.
    pub added_milli: i64,
    /// What they are worth: margin less carrying cost, in cents; may be below 0.
    pub value_cents: f64,
    /// Their expected carrying cost, in cents.
    pub holding_cents: f64,
}

/// Why an order cannot be filled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNotFilled {
    /// Every line that could be raised would lie longer than [`FillRules::longest_days`].
    LiesTooLong,
    /// The maxima of the lines leave too little room, or what their packs count is unknown.
    NoRoom,
}

/// What became of an order that has a minimum.
#[derive(Debug, Clone, PartialEq)]
pub enum FillUp {
    /// Nothing is ordered, so there is nothing to fill up.
    NothingOrdered,
    /// The order reaches the minimum as it is.
    MetAlready {
        /// What it counts.
        total: i64,
    },
    /// Raised to the minimum.
    FilledUp {
        /// What it counts now; above the minimum by less than one step of any raised line.
        total: i64,
        /// How much of it was added.
        added_total: i64,
        /// The raised lines, by key.
        added: Vec<AddedPacks>,
        /// What the added packs are worth together, in cents; below 0 they cost more than they earn.
        value_cents: f64,
        /// Their expected carrying cost, in cents.
        holding_cents: f64,
    },
    /// The minimum cannot be reached with goods that sell in time: nothing is changed.
    NotWorthIt {
        /// What the order counts.
        total: i64,
        /// What it lacks.
        lacking: i64,
        /// The most that it could count within all limits.
        reachable: i64,
        /// Which limit stands in the way.
        reason: WhyNotFilled,
    },
}

/// Fills one supplier's order up to its minimum: the packs with the highest value per unit of what is still lacking first.
///
/// A pack is worth what [`LineWorth`](super::LineWorth) says on top of the position and what is ordered; it counts at most what is lacking,
/// so that at the end a small pack is preferred to a large one of the same value. A line that is not ordered yet enters with its own
/// minimum at once. Packs that later ones have made needless are taken back, the least valuable first: without any one of the added steps
/// the order would be below the minimum. Quantities ordered already are never lowered. Ties go to the lowest key; the order of the lines
/// does not matter. Work: lines times added packs.
///
/// # Errors
/// [`InventoryError::Input`] for a pack of 0 or less, a quantity that is no whole packs, a key given twice, a count of 0 or less, or sums
/// beyond 64 bits.
pub fn fill_up(lines: &[FillLine<'_>], rules: &FillRules) -> Result<FillUp, InventoryError> {
    check_lines(lines.iter().map(|line| line.line))?;
    let mut states = Vec::with_capacity(lines.len());
    let mut total = 0_i64;
    for line in lines {
        let counts = match line.counts_per_pack {
            None => continue,
            Some(counts) if counts > 0 => counts,
            Some(counts) => {
                return refuse(DOING, format!("line {}: a pack counts {counts}; give more than 0", line.line.key));
            }
        };
        let packs = line.line.packs();
        total = match counts.checked_mul(packs).and_then(|sum| total.checked_add(sum)) {
            Some(sum) => sum,
            None => return refuse(DOING, format!("line {}: the order's total is too large", line.line.key)),
        };
        states.push(State::new(line.line, counts, rules.longest_days));
    }
    if lines.iter().all(|line| line.line.quantity_milli == 0) {
        return Ok(FillUp::NothingOrdered);
    }
    if total >= rules.minimum {
        return Ok(FillUp::MetAlready { total });
    }
    states.sort_by_key(|state| state.line.key);
    let (before, minimum) = (total, rules.minimum);
    let reach = |most: fn(&State<'_>) -> i64| {
        states.iter().fold(total, |sum, state| {
            let more = (most(state) - state.packs).max(0);
            let more = if more < state.line.step_up(state.packs) { 0 } else { more };
            sum.saturating_add(more.saturating_mul(state.counts))
        })
    };
    let reachable = reach(|state| state.most);
    if reachable < minimum {
        let by_maxima = reach(|state| state.line.most_packs());
        let reason = if by_maxima >= minimum { WhyNotFilled::LiesTooLong } else { WhyNotFilled::NoRoom };
        return Ok(FillUp::NotWorthIt { total, lacking: minimum - total, reachable, reason });
    }
    while total < minimum {
        let lacking = minimum - total;
        // The first of the best: states are in the order of their keys.
        let mut best: Option<(f64, usize)> = None;
        for (index, state) in states.iter().enumerate() {
            let step = state.line.step_up(state.packs);
            if state.packs.saturating_add(step) > state.most {
                continue;
            }
            let useful = state.counts.saturating_mul(step).min(lacking) as f64;
            let score = state.next_value / useful;
            if best.is_none_or(|(leader, _)| score > leader) {
                best = Some((score, index));
            }
        }
        let Some((_, index)) = best else { break };
        let state = &mut states[index];
        let step = state.line.step_up(state.packs);
        total = total.saturating_add(state.counts.saturating_mul(step));
        state.set(state.packs + step);
    }
    while let Some(index) = needless(&states, total - minimum) {
        let state = &mut states[index];
        let step = state.step_back();
        total -= state.counts * step;
        state.set(state.packs - step);
    }
    let added: Vec<AddedPacks> = states.iter().filter_map(State::added).collect();
    Ok(FillUp::FilledUp {
        total,
        added_total: total - before,
        value_cents: added.iter().map(|packs| packs.value_cents).sum(),
        holding_cents: added.iter().map(|packs| packs.holding_cents).sum(),
        added,
    })
}

/// The added step of least value without which the order would still count enough.
fn needless(states: &[State<'_>], spare: i64) -> Option<usize> {
    let mut worst: Option<(f64, usize)> = None;
    for (index, state) in states.iter().enumerate() {
        let step = state.step_back();
        if state.packs - step < state.ordered || state.packs == 0 || state.counts.saturating_mul(step) > spare {
            continue;
        }
        let value = state.line.worth_of(state.packs - step, step).value_cents;
        if worst.is_none_or(|(lowest, _)| value < lowest) {
            worst = Some((value, index));
        }
    }
    worst.map(|(_, index)| index)
}

/// A line while it is raised.
struct State<'a> {
    line: PackLine<'a>,
    counts: i64,
    ordered: i64,
    packs: i64,
    /// Most packs by the line's maximum and by how long they may lie.
    most: i64,
    /// Value of the next step.
    next_value: f64,
}

impl<'a> State<'a> {
    fn new(line: PackLine<'a>, counts: i64, longest_days: u32) -> Self {
        let sold = line.worth.mean_demand_milli(longest_days as usize);
        let most = (sold.saturating_sub(line.position_milli).max(0) / line.pack_milli).min(line.most_packs());
        let packs = line.packs();
        let mut state = Self { line, counts, ordered: packs, packs, most, next_value: 0.0 };
        state.set(packs);
        state
    }

    fn set(&mut self, packs: i64) {
        self.packs = packs;
        self.next_value = self.line.worth_of(packs, self.line.step_up(packs)).value_cents;
    }

    /// Packs of the added step that could be taken back.
    fn step_back(&self) -> i64 {
        if self.ordered > 0 { 1 } else { self.line.step_down(self.packs) }
    }

    fn added(&self) -> Option<AddedPacks> {
        let packs = self.packs - self.ordered;
        let worth = self.line.worth_of(self.ordered, packs);
        (packs > 0).then_some(AddedPacks {
            key: self.line.key,
            packs,
            added_milli: packs * self.line.pack_milli,
            value_cents: worth.value_cents,
            holding_cents: worth.holding_cents,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inventory::{DemandOutlook, LineWorth};

    /// Demand of 10 a day in nine of ten cases, none otherwise, over a horizon of so many days.
    fn steady(days: usize) -> Vec<Vec<f64>> {
        (1..=days).map(|day| vec![10.0 * day as f64; 2]).collect()
    }

    fn outlook(rows: &[Vec<f64>]) -> DemandOutlook<'_> {
        DemandOutlook { levels: &[0.1, 0.9], total_quantiles: rows, mean: &[10.0; 10] }
    }

    fn line<'a>(key: u64, packs: i64, worth: &'a LineWorth<'a>) -> PackLine<'a> {
        let (pack_milli, quantity_milli) = (5_000, packs * 5_000);
        PackLine { key, position_milli: 0, quantity_milli, pack_milli, min_milli: 0, max_milli: None, worth }
    }

    /// Two lines sell 100 units in ten days; a pack of 5 is worth `4.5 x 100 - 0.5 x 5 = 447.5` or 177.5 cents until then.
    #[test]
    fn the_best_value_for_what_is_lacking_comes_first() {
        let rows = steady(10);
        let dear = LineWorth::new(outlook(&rows), 10, 100.0, 5.0).unwrap();
        let cheap = LineWorth::new(outlook(&rows), 10, 40.0, 5.0).unwrap();
        // A pack of the dear one counts 1,000, of the cheap one 250: 0.45 against 0.71 cents a unit.
        let lines = [
            FillLine { line: line(1, 2, &dear), counts_per_pack: Some(1_000) },
            FillLine { line: line(2, 0, &cheap), counts_per_pack: Some(250) },
            FillLine { line: line(3, 4, &cheap), counts_per_pack: None },
        ];
        let found = fill_up(&lines, &FillRules { minimum: 2_600, longest_days: 10 }).unwrap();
        let FillUp::FilledUp { total, added_total, added, value_cents, holding_cents } = found else {
            panic!("{found:?}")
        };
        // 250, 250; then 100 are lacking, for which the dear pack is worth 447.5 / 100 and makes both others needless.
        assert_eq!((total, added_total), (3_000, 1_000));
        assert_eq!(
            added.iter().map(|packs| (packs.key, packs.packs, packs.added_milli)).collect::<Vec<_>>(),
            [(1, 1, 5_000)]
        );
        assert!((value_cents - 447.5).abs() < 1e-6 && (holding_cents - 2.5).abs() < 1e-6);
        let met = fill_up(&lines, &FillRules { minimum: 2_000, longest_days: 10 }).unwrap();
        assert_eq!(met, FillUp::MetAlready { total: 2_000 });
        assert_eq!(fill_up(&lines[1..2], &FillRules { minimum: 9, longest_days: 10 }).unwrap(), FillUp::NothingOrdered);
    }

    #[test]
    fn what_would_lie_too_long_is_not_added_and_the_reason_is_given() {
        let rows = steady(10);
        let worth = LineWorth::new(outlook(&rows), 10, 100.0, 5.0).unwrap();
        let mut lines = [FillLine { line: line(1, 2, &worth), counts_per_pack: Some(100) }];
        // Three days sell 30: six packs, 600 in all.
        let rules = FillRules { minimum: 601, longest_days: 3 };
        let reason = WhyNotFilled::LiesTooLong;
        let short = FillUp::NotWorthIt { total: 200, lacking: 401, reachable: 600, reason };
        assert_eq!(fill_up(&lines, &rules).unwrap(), short);
        lines[0].line.max_milli = Some(29_000);
        let short = FillUp::NotWorthIt { total: 200, lacking: 401, reachable: 500, reason: WhyNotFilled::NoRoom };
        assert_eq!(fill_up(&lines, &rules).unwrap(), short);
        // The horizon sells 100: the 21st pack is left over, for 25 cents.
        lines[0].line = line(1, 20, &worth);
        let found = fill_up(&lines, &FillRules { minimum: 2_100, longest_days: 11 }).unwrap();
        let FillUp::FilledUp { value_cents, holding_cents, .. } = found else { panic!("{found:?}") };
        assert_eq!((value_cents, holding_cents), (-25.0, 25.0));
    }

    #[test]
    fn nonsense_is_refused() {
        let rows = steady(10);
        let worth = LineWorth::new(outlook(&rows), 10, 100.0, 5.0).unwrap();
        let good = FillLine { line: line(1, 2, &worth), counts_per_pack: Some(100) };
        let rules = FillRules { minimum: 1_000, longest_days: 3 };
        let bad = [
            FillLine { counts_per_pack: Some(0), ..good },
            FillLine { counts_per_pack: Some(i64::MAX), ..good },
            FillLine { line: PackLine { pack_milli: 0, ..good.line }, ..good },
            FillLine { line: PackLine { quantity_milli: -5_000, ..good.line }, ..good },
            FillLine { line: PackLine { quantity_milli: 5_001, ..good.line }, ..good },
        ];
        for line in bad {
            assert!(fill_up(&[line], &rules).is_err(), "{line:?}");
        }
        assert!(fill_up(&[good, good], &rules).is_err());
        assert_eq!(fill_up(&[], &rules).unwrap(), FillUp::NothingOrdered);
    }

    prop_compose! {
        /// Packs ordered, pack, count, fewest, most, position, margin.
        fn any_line()(ordered in 0_i64..6, pack in 1_i64..9_000, counts in prop::option::weighted(0.9, 1_i64..3_000), fewest in 0_i64..20_000, most in prop::option::of(0_i64..90_000), position in -5_000_i64..90_000, margin in 0.0_f64..90.0) -> (i64, i64, Option<i64>, i64, Option<i64>, i64, f64) {
            (ordered, pack, counts, fewest, most, position, margin)
        }
    }

    proptest! {
        #[test]
        fn the_minimum_is_reached_without_a_needless_pack_or_the_reason_given(
            given in prop::collection::vec(any_line(), 1..7), minimum in 1_i64..60_000, longest_days in 1_u32..14,
        ) {
            let rows: Vec<Vec<f64>> = (1..=10).map(|day| vec![6.0 * f64::from(day), 14.0 * f64::from(day)]).collect();
            let worths: Vec<LineWorth<'_>> =
                given.iter().map(|line| LineWorth::new(outlook(&rows), 10, line.6, 7.0).unwrap()).collect();
            let mut lines: Vec<FillLine<'_>> = given.iter().zip(&worths).enumerate().map(|(index, (given, worth))| {
                let &(ordered, pack_milli, counts_per_pack, min_milli, max_milli, position_milli, _) = given;
                let quantity_milli = ordered * pack_milli;
                let line = PackLine { key: index as u64, position_milli, quantity_milli, pack_milli, min_milli, max_milli, worth };
                FillLine { line, counts_per_pack }
            }).collect();
            let rules = FillRules { minimum, longest_days };
            let found = fill_up(&lines, &rules).unwrap();
            let before: i64 = lines.iter().filter_map(|line| line.counts_per_pack.map(|counts| counts * line.line.packs())).sum();
            match &found {
                FillUp::NothingOrdered => prop_assert!(lines.iter().all(|line| line.line.quantity_milli == 0)),
                FillUp::MetAlready { total } => prop_assert!(*total == before && before >= minimum),
                FillUp::NotWorthIt { total, lacking, reachable, .. } => {
                    prop_assert!(*total == before && *lacking == minimum - before && *reachable < minimum);
                }
                FillUp::FilledUp { total, added_total, added, .. } => {
                    prop_assert!(before < minimum && *total >= minimum && *total == before + added_total);
                    let mut sum = 0;
                    for packs in added {
                        let given = &lines[packs.key as usize];
                        prop_assert!(packs.packs > 0);
                        let line = given.line;
                        let after = line.quantity_milli + packs.added_milli;
                        prop_assert!(line.max_milli.is_none_or(|most| after <= most));
                        prop_assert!(after >= line.min_milli || line.quantity_milli > 0);
                        prop_assert!(line.position_milli + after <= 10_000 * i64::from(longest_days));
                        let counts = given.counts_per_pack.unwrap();
                        sum += counts * packs.packs;
                        let step = if line.packs() > 0 { 1 } else { line.step_down(packs.packs) };
                        prop_assert!(total - counts * step < minimum);
                    }
                    prop_assert_eq!(sum, *added_total);
                }
            }
            lines.reverse();
            prop_assert_eq!(fill_up(&lines, &rules).unwrap(), found);
        }
    }
}
