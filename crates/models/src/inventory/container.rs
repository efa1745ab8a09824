//! Filling a container, pallet or lorry, or cutting an order down to it.

use super::marginal::check_lines;
use super::{InventoryError, PackLine, check_amount, refuse};

const DOING: &str = "filling a container";

/// A line that travels in the container.
#[derive(Debug, Clone, Copy)]
pub struct ContainerLine<'a> {
    /// The line, with what is ordered of it so far.
    pub line: PackLine<'a>,
    /// What one pack takes of each capacity, in the capacities' own units (grams, cubic centimetres, thousandths of a unit): none below 0,
    /// one at least above. `None` is unknown: such a line takes nothing, and is neither raised nor cut.
    pub load_per_pack: Option<&'a [i64]>,
}

/// How the order stands against the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerOutcome {
    /// It fits, and nothing more is worth adding.
    Fits,
    /// It fitted and was filled up.
    Filled,
    /// It did not fit and was cut.
    Cut,
}

/// A line whose quantity changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PackChange {
    /// Which line.
    pub key: u64,
    /// Packs added (above 0) or cut (below 0).
    pub packs: i64,
    /// The same in thousandths of a unit.
    pub delta_milli: i64,
    /// Change of the order's worth by it, in cents.
    pub value_cents: f64,
}

/// The order that fits.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerPlan {
    /// What happened.
    pub outcome: ContainerOutcome,
    /// What was changed, by key.
    pub changes: Vec<PackChange>,
    /// What the order takes of each capacity now.
    pub load: Vec<i64>,
    /// Ordered lines of unknown load: the true load is higher.
    pub lines_without_load: usize,
}

/// Fits one order into the capacities of a container.
///
/// Above a capacity, the steps (packs, or all of a line that would fall below its own minimum) of least value for the largest share of the
/// exceeded capacities go first; what then still fits is put back, up to what was ordered. Below all of them, the packs of most value for
/// their largest share of a capacity are added while their value is above `least_value_cents` per pack (0: as long as they earn anything), within
/// the lines' maxima. Ties go to the lowest key; the order of the lines does not matter. Work: lines times changed packs.
///
/// # Errors
/// [`InventoryError::Input`] for lines as in [`fill_up`](super::fill_up), no capacity or one of 0 or less, loads that do not match the
/// capacities, are below 0 or all 0, and a bound below 0.
pub fn fill_container(
    lines: &[ContainerLine<'_>],
    capacities: &[i64],
    least_value_cents: f64,
) -> Result<ContainerPlan, InventoryError> {
    check_lines(lines.iter().map(|line| line.line))?;
    check_amount(DOING, "the least value of a pack", least_value_cents)?;
    if capacities.is_empty() || capacities.iter().any(|&capacity| capacity <= 0) {
        return refuse(DOING, format!("the capacities are {capacities:?}; give one or more above 0"));
    }
    let mut freight = Freight { states: Vec::new(), capacities, load: vec![0; capacities.len()] };
    for line in lines {
        if let Some(load) = line.load_per_pack {
            freight.take(line.line, load)?;
        }
    }
    freight.states.sort_by_key(|state| state.line.key);
    let fitted = freight.fits(&freight.load);
    if fitted {
        freight.fill(|state| state.line.most_packs(), Some(least_value_cents));
    } else {
        freight.cut();
        freight.fill(|state| state.ordered, None);
    }
    let changes: Vec<PackChange> = freight.states.iter().filter_map(State::change).collect();
    let outcome = match (fitted, changes.is_empty()) {
        (true, true) => ContainerOutcome::Fits,
        (true, false) => ContainerOutcome::Filled,
        (false, _) => ContainerOutcome::Cut,
    };
    let unknown = lines.iter().filter(|line| line.load_per_pack.is_none() && line.line.quantity_milli > 0);
    Ok(ContainerPlan { outcome, changes, load: freight.load, lines_without_load: unknown.count() })
}

struct State<'a> {
    line: PackLine<'a>,
    load: &'a [i64],
    ordered: i64,
    packs: i64,
}

impl State<'_> {
    fn change(&self) -> Option<PackChange> {
        let packs = self.packs - self.ordered;
        let value = self.line.worth_of(self.packs.min(self.ordered), packs.abs()).value_cents;
        (packs != 0).then_some(PackChange {
            key: self.line.key,
            packs,
            delta_milli: packs * self.line.pack_milli,
            value_cents: if packs > 0 { value } else { -value },
        })
    }
}

struct Freight<'a> {
    states: Vec<State<'a>>,
    capacities: &'a [i64],
    load: Vec<i64>,
}

impl<'a> Freight<'a> {
    fn take(&mut self, line: PackLine<'a>, load: &'a [i64]) -> Result<(), InventoryError> {
        let shaped = load.len() == self.capacities.len() && load.iter().all(|&load| load >= 0);
        if !shaped || load.iter().all(|&load| load == 0) {
            let (key, capacities) = (line.key, self.capacities.len());
            return refuse(DOING, format!("line {key}: a pack loads {load:?}; give {capacities} numbers, one above 0"));
        }
        let packs = line.packs();
        for (sum, load) in self.load.iter_mut().zip(load) {
            *sum = match load.checked_mul(packs).and_then(|more| sum.checked_add(more)) {
                Some(sum) => sum,
                None => return refuse(DOING, format!("line {}: the order's load is too large", line.key)),
            };
        }
        self.states.push(State { line, load, ordered: packs, packs });
        Ok(())
    }

    fn fits(&self, load: &[i64]) -> bool {
        load.iter().zip(self.capacities).all(|(load, capacity)| load <= capacity)
    }

    /// Largest share of a capacity that so many packs take, of those capacities that are asked for.
    fn share(&self, state: &State<'_>, packs: i64, counts: impl Fn(usize) -> bool) -> f64 {
        (0..self.capacities.len())
            .filter(|&index| counts(index))
            .map(|index| packs as f64 * state.load[index] as f64 / self.capacities[index] as f64)
            .fold(0.0, f64::max)
    }

    fn shift(&mut self, index: usize, packs: i64) {
        let state = &mut self.states[index];
        state.packs += packs;
        for (sum, load) in self.load.iter_mut().zip(state.load) {
            *sum += load * packs;
        }
    }

    fn cut(&mut self) {
        while !self.fits(&self.load) {
            let exceeded = |index: usize| self.load[index] > self.capacities[index];
            let mut worst: Option<(f64, usize, i64)> = None;
            for (index, state) in self.states.iter().enumerate().filter(|(_, state)| state.packs > 0) {
                let step = state.line.step_down(state.packs);
                let share = self.share(state, step, exceeded);
                if share <= 0.0 {
                    continue;
                }
                let score = state.line.worth_of(state.packs - step, step).value_cents / share;
                if worst.is_none_or(|(lowest, _, _)| score < lowest) {
                    worst = Some((score, index, step));
                }
            }
            let Some((_, index, step)) = worst else { break };
            self.shift(index, -step);
        }
    }

    /// Adds what fits up to so many packs of a line, and of more than a value per pack if there is a bound.
    fn fill(&mut self, most: impl Fn(&State<'_>) -> i64, bound: Option<f64>) {
        loop {
            let mut best: Option<(f64, usize, i64)> = None;
            for (index, state) in self.states.iter().enumerate() {
                let step = state.line.step_up(state.packs);
                if state.packs.saturating_add(step) > most(state) {
                    continue;
                }
                let fits = (self.load.iter().zip(state.load).zip(self.capacities)).all(|((sum, load), capacity)| {
                    load.checked_mul(step).and_then(|more| sum.checked_add(more)).is_some_and(|sum| sum <= *capacity)
                });
                if !fits {
                    continue;
                }
                let value = state.line.worth_of(state.packs, step).value_cents;
                if bound.is_some_and(|bound| value <= bound * step as f64) {
                    continue;
                }
                let score = value / self.share(state, step, |_| true);
                if best.is_none_or(|(leader, _, _)| score > leader) {
                    best = Some((score, index, step));
                }
            }
            let Some((_, index, step)) = best else { break };
            self.shift(index, step);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inventory::{DemandOutlook, LineWorth};

    fn outlook(rows: &[Vec<f64>]) -> DemandOutlook<'_> {
        DemandOutlook { levels: &[0.1, 0.9], total_quantiles: rows, mean: &[10.0] }
    }

    fn line<'a>(key: u64, packs: i64, worth: &'a LineWorth<'a>) -> PackLine<'a> {
        let (pack_milli, quantity_milli) = (5_000, packs * 5_000);
        PackLine { key, position_milli: 0, quantity_milli, pack_milli, min_milli: 0, max_milli: None, worth }
    }

    /// Demand of 10 in nine of ten cases: the first two packs of 5 sell then, the others are left over for 5 cents a unit.
    #[test]
    fn a_container_is_filled_with_what_earns_and_cut_by_what_earns_least() {
        let rows = vec![vec![10.0, 10.0]];
        let dear = LineWorth::new(outlook(&rows), 1, 100.0, 5.0).unwrap();
        let cheap = LineWorth::new(outlook(&rows), 1, 40.0, 5.0).unwrap();
        let load = |line, load_per_pack| ContainerLine { line, load_per_pack: Some(load_per_pack) };
        let lines = [load(line(1, 1, &cheap), &[10, 1]), load(line(2, 0, &dear), &[20, 1])];
        let plan = fill_container(&lines, &[1_000, 1_000], 0.0).unwrap();
        assert_eq!((plan.outcome, plan.load.as_slice()), (ContainerOutcome::Filled, [60, 4].as_slice()));
        let packs: Vec<(u64, i64)> = plan.changes.iter().map(|change| (change.key, change.packs)).collect();
        assert_eq!(packs, [(1, 1), (2, 2)]);
        // With 250 cents a pack for bound only the dear one is added; with room for 25 not even one more of it.
        assert_eq!(fill_container(&lines, &[1_000, 1_000], 250.0).unwrap().changes.len(), 1);
        assert_eq!(fill_container(&lines, &[25, 9], 250.0).unwrap().outcome, ContainerOutcome::Fits);
        // 3 x 10 + 2 x 20 into 45: the third cheap pack costs money, then 177.5 / 10 go before 447.5 / 20.
        let lines = [load(line(1, 3, &cheap), &[10, 0]), load(line(2, 2, &dear), &[20, 0])];
        let plan = fill_container(&lines, &[45, 9], 0.0).unwrap();
        assert_eq!((plan.outcome, plan.load.as_slice()), (ContainerOutcome::Cut, [40, 0].as_slice()));
        let [change] = plan.changes[..] else { panic!("{plan:?}") };
        assert_eq!((change.key, change.packs, change.delta_milli), (1, -3, -15_000));
        assert!((change.value_cents - (25.0 - 2.0 * 177.5)).abs() < 1e-6, "{change:?}");
    }

    #[test]
    fn nonsense_is_refused_and_what_is_unknown_is_left_alone() {
        let rows = vec![vec![10.0, 10.0]];
        let worth = LineWorth::new(outlook(&rows), 1, 100.0, 5.0).unwrap();
        let good = ContainerLine { line: line(1, 2, &worth), load_per_pack: Some(&[3]) };
        assert!(fill_container(&[good], &[], 0.0).is_err());
        assert!(fill_container(&[good], &[0], 0.0).is_err());
        assert!(fill_container(&[good], &[5, 5], 0.0).is_err());
        assert!(fill_container(&[good], &[5], f64::NAN).is_err());
        assert!(fill_container(&[ContainerLine { load_per_pack: Some(&[0]), ..good }], &[5], 0.0).is_err());
        assert!(fill_container(&[ContainerLine { load_per_pack: Some(&[i64::MAX]), ..good }], &[5], 0.0).is_err());
        let unknown = ContainerLine { load_per_pack: None, ..good };
        let plan = fill_container(&[unknown], &[5], 0.0).unwrap();
        assert_eq!((plan.outcome, plan.lines_without_load, plan.load), (ContainerOutcome::Fits, 1, vec![0]));
    }

    proptest! {
        #[test]
        fn what_is_planned_always_fits(
            given in prop::collection::vec((0_i64..8, 1_i64..6_000, 1_i64..90, 0_i64..40, 0_i64..12_000, 0.0_f64..90.0), 1..7),
            capacities in (1_i64..900, 1_i64..300), bound in 0.0_f64..100.0,
        ) {
            let rows = vec![vec![4.0, 16.0]];
            let worths: Vec<LineWorth<'_>> =
                given.iter().map(|line| LineWorth::new(outlook(&rows), 1, line.5, 7.0).unwrap()).collect();
            let loads: Vec<[i64; 2]> = given.iter().map(|line| [line.2, line.3]).collect();
            let mut lines: Vec<ContainerLine<'_>> = given.iter().zip(&worths).zip(&loads).enumerate().map(|(index, ((given, worth), load))| {
                let &(ordered, pack_milli, _, _, min_milli, _) = given;
                // A plan's own quantities obey the line's minimum.
                let ordered = if ordered * pack_milli < min_milli { 0 } else { ordered };
                let quantity_milli = ordered * pack_milli;
                let line = PackLine { key: index as u64, position_milli: 0, quantity_milli, pack_milli, min_milli, max_milli: Some(40_000), worth };
                ContainerLine { line, load_per_pack: Some(load) }
            }).collect();
            let capacities = [capacities.0, capacities.1];
            let plan = fill_container(&lines, &capacities, bound).unwrap();
            prop_assert!(plan.load[0] <= capacities[0] && plan.load[1] <= capacities[1]);
            let mut load = [0, 0];
            for (line, one) in lines.iter().zip(&loads) {
                let change = plan.changes.iter().find(|change| change.key == line.line.key).map_or(0, |change| change.packs);
                let packs = line.line.packs() + change;
                prop_assert!(packs == 0 || packs * line.line.pack_milli >= line.line.min_milli);
                let allowed = match plan.outcome {
                    ContainerOutcome::Fits => change == 0,
                    ContainerOutcome::Filled => change >= 0,
                    ContainerOutcome::Cut => change <= 0,
                };
                prop_assert!(allowed, "{:?}", plan);
                load = [load[0] + packs * one[0], load[1] + packs * one[1]];
            }
            prop_assert_eq!(plan.load.clone(), load.to_vec());
            lines.reverse();
            prop_assert_eq!(fill_container(&lines, &capacities, bound).unwrap(), plan);
        }
    }
}
