//! What an order brought, and what another one would have, in the days that it was for.
//!
//! Stock is lived again from the morning on which the order arrived, day by day: receive, serve, count. All orders that are compared arrive on
//! that morning and meet the same demand, so that they differ by their quantity alone. What demand finds no stock is lost.

/// A day after the order's arrival.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CycleDay {
    /// Units asked for.
    pub demand: f64,
    /// Units that came otherwise than by this order, less what went otherwise than by sales.
    pub received: f64,
}

/// The days from an order's arrival until the next order could have arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Cycle {
    /// Units on hand before the order arrived; below 0 is taken as 0.
    pub opening: f64,
    /// From the day of the arrival.
    pub days: Vec<CycleDay>,
    /// Units up to which the next order fills, and the least that can be ordered: what is left beyond them is no order's saving.
    pub order_up_to: f64,
    /// Units a day that were expected to be asked for.
    pub expected_a_day: f64,
}

/// What an order brought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CycleResult {
    /// Units asked for, and served from the shelf.
    pub asked: f64,
    /// See `asked`.
    pub served: f64,
    /// Units times days that they stood on the shelf at its close, and will stand there beyond the level that the next order fills to.
    pub stock_days: f64,
}

/// What is left beyond all need is held for no longer, in days.
const LONGEST_HELD: f64 = 365.0;

impl Cycle {
    /// What an order of so many units would have brought.
    ///
    /// What is left at the end above [`order_up_to`](Self::order_up_to) is held until it is sold, a year at most, half by what was asked for a
    /// day and half by what was expected: a slow seller that nobody asked for in a week is not dead. The rest of what is left makes the next
    /// order smaller and is its business.
    pub fn with(&self, order: f64) -> CycleResult {
        let mut stock = self.opening.max(0.0) + order;
        let mut result = CycleResult { asked: 0.0, served: 0.0, stock_days: 0.0 };
        for day in &self.days {
            stock = (stock + day.received).max(0.0);
            let sold = day.demand.min(stock);
            stock -= sold;
            result.asked += day.demand;
            result.served += sold;
            result.stock_days += stock;
        }
        let beyond = (stock - self.order_up_to).max(0.0);
        let a_day = f64::midpoint(result.asked / self.days.len().max(1) as f64, self.expected_a_day);
        // It goes down evenly.
        let until_sold = if a_day > 0.0 { (beyond / a_day / 2.0).min(LONGEST_HELD) } else { LONGEST_HELD };
        result.stock_days += beyond * until_sold;
        result
    }
}

impl CycleResult {
    /// The share of what was asked for that was served; `None` without demand.
    pub fn fill_rate(&self) -> Option<f64> {
        (self.asked > 0.0).then(|| self.served / self.asked)
    }

    /// `lost`: of a unit that was asked for and not there. `holding`: of a unit on the shelf for a day.
    pub fn cost(&self, lost: f64, holding: f64) -> f64 {
        lost * (self.asked - self.served) + holding * self.stock_days
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_lived_day_by_day() {
        let day = |demand| CycleDay { demand, received: 0.0 };
        let mut cycle =
            Cycle { opening: 5.0, days: vec![day(4.0), day(4.0), day(4.0)], order_up_to: 20.0, expected_a_day: 4.0 };
        // 5 and 4: 5, 1 and 0 left; 3 of 12 missing.
        let found = cycle.with(4.0);
        assert_eq!((found.asked, found.served, found.stock_days), (12.0, 9.0, 6.0));
        assert_eq!(found.fill_rate(), Some(0.75));
        assert!((found.cost(2.0, 0.1) - 6.6).abs() < 1e-12);
        // What another order brings serves too.
        cycle.days[2].received = 2.0;
        assert_eq!(cycle.with(4.0).served, 11.0);
    }

    #[test]
    fn what_is_left_beyond_all_need_costs_until_it_is_sold() {
        let days = vec![CycleDay { demand: 10.0, received: 0.0 }];
        let cycle = Cycle { opening: 0.0, days, order_up_to: 20.0, expected_a_day: 10.0 };
        assert_eq!(cycle.with(30.0).stock_days, 20.0);
        // 40 beyond 20, at 10 a day: two days on average.
        assert_eq!(cycle.with(70.0).stock_days, 60.0 + 40.0 * 2.0);
        // Nobody asked for it on that day: five a day.
        let slow = Cycle { days: vec![CycleDay::default()], ..cycle.clone() };
        assert_eq!(slow.with(30.0).stock_days, 30.0 + 10.0 * 1.0);
        let dead = Cycle { days: vec![CycleDay::default()], expected_a_day: 0.0, ..cycle };
        assert_eq!(dead.with(30.0).stock_days, 30.0 + 10.0 * 365.0);
        assert_eq!(dead.with(30.0).fill_rate(), None);
    }

    #[test]
    fn more_never_serves_less() {
        let days = [3.0, 0.0, 9.0, 2.0].map(|demand| CycleDay { demand, received: 1.0 }).to_vec();
        let cycle = Cycle { opening: -2.0, days, order_up_to: 8.0, expected_a_day: 3.0 };
        let found: Vec<CycleResult> = (0..30).map(|order| cycle.with(f64::from(order))).collect();
        assert!(
            found.windows(2).all(|pair| pair[0].served <= pair[1].served && pair[0].stock_days <= pair[1].stock_days)
        );
    }
}
