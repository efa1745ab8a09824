//! What one more pack of a line is worth.

use super::outlook::QuantileTable;
use super::{DemandOutlook, InventoryError, MILLI, check_amount, check_keys, refuse};

const DOING: &str = "weighing packs";

/// What goods of one line are worth until a horizon: demand, margin and the cost of what is left.
///
/// The value of the units from `x` to `y` is `margin * E[units of them that sell] - carry * E[units of them left over]`, with
/// `E[units that sell] = integral from x to y of P(D > u) du` for the total demand `D` until the horizon (the marginal rule of prioritised
/// ordering; for whole units the `k`-th is worth `margin * P(D >= k) - carry * P(D < k)`). As `P(D > u)` falls with `u`, each pack is worth
/// at most as much as the one before it.
#[derive(Debug, Clone)]
pub struct LineWorth<'a> {
    outlook: DemandOutlook<'a>,
    table: QuantileTable,
    margin_per_unit: f64,
    carry_per_unit: f64,
}

/// What a number of packs is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PackWorth {
    /// Expected units of them that sell within the horizon.
    pub sold: f64,
    /// Expected units of them left over at its end.
    pub left: f64,
    /// Margin of the one less the carrying cost of the other, in minor units of money.
    pub value_cents: f64,
    /// Carrying cost alone, in minor units of money.
    pub holding_cents: f64,
}

impl<'a> LineWorth<'a> {
    /// Worth of a line by its demand of the first `days` days of the outlook.
    ///
    /// `margin_per_unit` (what a sold unit earns) and `carry_per_unit` (what a unit left over at the end of the horizon has cost: capital,
    /// space, expected loss of value) are in minor units of money (cents) per unit. A line sold at a loss has no margin to weigh: give 0.
    ///
    /// # Errors
    /// [`InventoryError`] for an outlook that cannot be read, 0 days, or an amount that is negative or no number.
    pub fn new(
        outlook: DemandOutlook<'a>,
        days: usize,
        margin_per_unit: f64,
        carry_per_unit: f64,
    ) -> Result<Self, InventoryError> {
        outlook.check()?;
        if days == 0 {
            return refuse(DOING, "the horizon has 0 days; give at least 1".to_owned());
        }
        check_amount(DOING, "the margin per unit", margin_per_unit)?;
        check_amount(DOING, "the carrying cost per unit", carry_per_unit)?;
        Ok(Self { outlook, table: outlook.table(days), margin_per_unit, carry_per_unit })
    }

    /// Worth of `packs` packs on top of a stock position (on hand less reserved plus on order; below 0 are orders that wait, which sell
    /// for certain), both in thousandths of a unit. The caller checks that pack and number are not negative.
    pub(super) fn of(&self, position_milli: i64, pack_milli: i64, packs: i64) -> PackWorth {
        let from = position_milli as f64 / MILLI;
        let units = packs as f64 * pack_milli as f64 / MILLI;
        let sold = self.table.expected_between(from, from + units).clamp(0.0, units.max(0.0));
        let left = units - sold;
        let holding_cents = self.carry_per_unit * left;
        PackWorth { sold, left, value_cents: self.margin_per_unit * sold - holding_cents, holding_cents }
    }

    /// Worth of the next pack on top of a stock position, in thousandths of a unit.
    ///
    /// # Errors
    /// [`InventoryError::Input`] for a pack of 0 or less.
    ///
    /// ```
    /// use nightclerk_models::inventory::{DemandOutlook, LineWorth};
    /// // Nine times of ten demand of the day is 10: of the pack from 8 to 12 two units sell then.
    /// let outlook = DemandOutlook { levels: &[0.1, 0.9], total_quantiles: &[vec![10.0, 10.0]], mean: &[10.0] };
    /// let worth = LineWorth::new(outlook, 1, 300.0, 20.0)?.next_pack(8_000, 4_000)?;
    /// assert!((worth.sold - 1.8).abs() < 1e-9 && (worth.value_cents - (300.0 * 1.8 - 20.0 * 2.2)).abs() < 1e-6);
    /// # Ok::<(), nightclerk_models::inventory::InventoryError>(())
    /// ```
    pub fn next_pack(&self, position_milli: i64, pack_milli: i64) -> Result<PackWorth, InventoryError> {
        check_pack(None, pack_milli)?;
        Ok(self.of(position_milli, pack_milli, 1))
    }

    /// Values of the next `packs` packs, one by one, in minor units of money: a sequence that never rises.
    ///
    /// # Errors
    /// [`InventoryError::Input`] for a pack of 0 or less.
    pub fn pack_values(&self, position_milli: i64, pack_milli: i64, packs: usize) -> Result<Vec<f64>, InventoryError> {
        check_pack(None, pack_milli)?;
        let at = |pack: usize| position_milli.saturating_add(pack_milli.saturating_mul(pack as i64));
        let mut lowest = f64::INFINITY;
        Ok((0..packs)
            .map(|pack| {
                // Binary noise must not let a pack be worth more than the one before.
                lowest = lowest.min(self.of(at(pack), pack_milli, 1).value_cents);
                lowest
            })
            .collect())
    }

    /// Expected demand beyond a stock position, `E[(D - x)+]`, in units: what is lost without more.
    pub fn expected_shortage(&self, position_milli: i64) -> f64 {
        self.table.expected_between(position_milli as f64 / MILLI, f64::INFINITY)
    }

    /// Mean demand of the first days, in thousandths of a unit, rounded down.
    pub(super) fn mean_demand_milli(&self, days: usize) -> i64 {
        (self.outlook.mean_total(days).units * MILLI + 1e-6).floor() as i64
    }
}

/// One line of an order that is weighed pack by pack. Quantities are thousandths of a unit.
#[derive(Debug, Clone, Copy)]
pub struct PackLine<'a> {
    /// Breaks ties, lowest first, and names the line in results; unique. Its rank in the published order serves well.
    pub key: u64,
    /// Stock position without this order: on hand less reserved plus on order.
    pub position_milli: i64,
    /// Ordered so far: whole packs.
    pub quantity_milli: i64,
    /// Units per pack, or the smallest part of a unit that can be ordered; above 0.
    pub pack_milli: i64,
    /// Fewest units of the line if any are ordered; 0 or less is no limit.
    pub min_milli: i64,
    /// Most units of the line: the lower of its maximum order and what sells before it expires; `None` is no limit, 0 or less allows none.
    pub max_milli: Option<i64>,
    /// What its packs are worth.
    pub worth: &'a LineWorth<'a>,
}

impl PackLine<'_> {
    /// Packs of the next step up from a number of packs: one, or from nothing as many as the line's minimum asks for.
    pub(super) fn step_up(&self, packs: i64) -> i64 {
        if packs > 0 { 1 } else { (self.min_milli.max(1) - 1) / self.pack_milli + 1 }
    }

    /// Packs of the step down from a number of packs: one, or all where the rest would fall below the line's minimum.
    pub(super) fn step_down(&self, packs: i64) -> i64 {
        if (packs - 1) * self.pack_milli < self.min_milli { packs } else { 1 }
    }

    pub(super) fn packs(&self) -> i64 {
        self.quantity_milli / self.pack_milli
    }

    /// Most packs that the line's maximum allows.
    pub(super) fn most_packs(&self) -> i64 {
        self.max_milli.map_or(i64::MAX / self.pack_milli, |most| most.max(0) / self.pack_milli)
    }

    /// Worth of `more` packs on top of `packs`.
    pub(super) fn worth_of(&self, packs: i64, more: i64) -> PackWorth {
        let position = self.position_milli.saturating_add(packs.saturating_mul(self.pack_milli));
        self.worth.of(position, self.pack_milli, more)
    }
}

fn check_pack(key: Option<u64>, pack_milli: i64) -> Result<(), InventoryError> {
    if pack_milli > 0 {
        return Ok(());
    }
    let place = key.map(|key| format!("line {key}: ")).unwrap_or_default();
    refuse(DOING, format!("{place}the pack holds {pack_milli} thousandths of a unit; give more than 0"))
}

/// Checks packs, quantities and keys of lines.
pub(super) fn check_lines<'a>(lines: impl Iterator<Item = PackLine<'a>> + Clone) -> Result<(), InventoryError> {
    check_keys(DOING, lines.clone().map(|line| line.key))?;
    for line in lines {
        check_pack(Some(line.key), line.pack_milli)?;
        if line.quantity_milli < 0 || line.quantity_milli % line.pack_milli != 0 {
            let (key, quantity, pack) = (line.key, line.quantity_milli, line.pack_milli);
            return refuse(DOING, format!("line {key}: {quantity} thousandths are no whole packs of {pack}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use statrs::distribution::{ContinuousCDF, Normal};

    use super::*;

    const LEVELS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99];

    /// Normal demand: `E[min(D, x)] = mu - sigma G((x - mu) / sigma)`, in a table that is exact for it.
    #[test]
    fn a_normal_total_has_the_shortage_of_the_loss_function() {
        let demand = Normal::new(50.0, 8.0).unwrap();
        let rows = vec![LEVELS.iter().map(|&level| demand.inverse_cdf(level)).collect::<Vec<f64>>()];
        let outlook = DemandOutlook { levels: &LEVELS, total_quantiles: &rows, mean: &[50.0] };
        let worth = LineWorth::new(outlook, 1, 70.0, 18.0).unwrap();
        // Newsvendor oracle: at S = 56.604 the cost is 0.18 E[left] + 0.70 E[short] = 1.997605.
        let level = 56_603.955_927_433_89;
        let short = worth.table.expected_between(level / MILLI, f64::INFINITY);
        let left = level / MILLI - 50.0 + short;
        assert!((0.18 * left + 0.70 * short - 1.997_605_193_176_332_3).abs() < 1e-8, "{short} {left}");
        // At the optimum one more thousandth is worth about nothing.
        assert!(worth.next_pack(56_604, 1).unwrap().value_cents.abs() < 1e-4);
        assert!((worth.expected_shortage(50_000) - 8.0 * 0.398_942_280_401_432_7).abs() < 1e-9);
    }

    /// Two levels a score of one apart on either side: worked out by the trapezoid rule with ten thousand parts.
    #[test]
    fn the_integral_is_that_of_the_table() {
        let rows = vec![vec![2.0, 2.0, 5.0, 9.0, 9.0]];
        let outlook = DemandOutlook { levels: &[0.1, 0.3, 0.5, 0.8, 0.9], total_quantiles: &rows, mean: &[5.0] };
        let table = outlook.table(1);
        for (from, to) in [(0.0, 2.0), (0.0, 12.0), (1.5, 2.5), (2.0, 9.0), (8.9, 9.1), (5.0, 5.000_000_1), (-3.0, 1.0)]
        {
            let parts = 100_000;
            let width = (to - from) / f64::from(parts);
            let sum: f64 = (0..parts)
                .map(|part| 1.0 - table.probability_within(from + (f64::from(part) + 0.5) * width))
                .sum::<f64>()
                * width;
            let found = table.expected_between(from, to);
            assert!((found - sum).abs() < 1e-4 * (to - from), "{from} to {to}: {found} against {sum}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_its_reason() {
        let rows = vec![vec![1.0, 2.0]];
        let outlook = DemandOutlook { levels: &[0.1, 0.9], total_quantiles: &rows, mean: &[1.5] };
        let text = |found: Result<LineWorth<'_>, InventoryError>| found.unwrap_err().to_string();
        assert!(text(LineWorth::new(outlook, 1, f64::NAN, 1.0)).contains("the margin per unit is NaN"));
        assert!(text(LineWorth::new(outlook, 1, 1.0, -1.0)).contains("the carrying cost per unit is -1"));
        assert!(text(LineWorth::new(outlook, 0, 1.0, 1.0)).contains("0 days"));
        assert!(text(LineWorth::new(DemandOutlook { mean: &[], ..outlook }, 1, 1.0, 1.0)).contains("0 daily means"));
        let worth = LineWorth::new(outlook, 1, 1.0, 1.0).unwrap();
        assert!(worth.next_pack(0, 0).is_err() && worth.pack_values(0, -5, 3).is_err());
    }

    proptest! {
        #[test]
        fn each_pack_is_worth_no_more_than_the_one_before_and_all_together_their_sum(
            mut row in prop::collection::vec(0.0_f64..60.0, 9), position in -9_000_i64..60_000, pack in 1_i64..12_000,
            margin in 0.0_f64..500.0, carry in 0.0_f64..80.0,
        ) {
            row.sort_by(f64::total_cmp);
            let rows = vec![row];
            let outlook = DemandOutlook { levels: &LEVELS, total_quantiles: &rows, mean: &[20.0] };
            let worth = LineWorth::new(outlook, 1, margin, carry).unwrap();
            let values = worth.pack_values(position, pack, 8).unwrap();
            prop_assert!(values.windows(2).all(|pair| pair[1] <= pair[0]));
            let one_by_one: Vec<f64> = (0..8).map(|k| worth.next_pack(position + k * pack, pack).unwrap().value_cents).collect();
            let together = worth.of(position, pack, 8).value_cents;
            for (value, single) in values.iter().zip(&one_by_one) {
                prop_assert!((value - single).abs() < 1e-6 * (margin + carry + 1.0), "{value} {single}");
            }
            prop_assert!((values.iter().sum::<f64>() - together).abs() < 1e-5 * (margin + carry + 1.0));
        }
    }
}
