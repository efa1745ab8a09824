//! Replays demand period by period against what a policy ordered: receive, serve, count the costs, and then order.

use statrs::distribution::{ContinuousCDF, Normal};

/// When things happen and what they cost. Costs are per unit and period, in one currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplayRules {
    /// Periods between two chances to order, at least 1.
    pub review: usize,
    /// What is ordered at the close of a period serves from the start of the period so many later, at least 1, which is the next one; where
    /// lead times vary, what a policy plans with.
    pub arrives_after: usize,
    /// Of a unit on the shelf at the close of a period.
    pub holding: f64,
    /// Of a unit that was wanted and not there.
    pub shortage: f64,
    /// Whether unmet demand waits; else it is lost.
    pub backorders: bool,
}

impl ReplayRules {
    /// Periods from the next one on whose demand an order placed now and the stock have to serve: until the order after it is there.
    ///
    /// With VN2's timing (an order at the end of week t - 1 serves from the start of week t + 2, every week): weeks t to t + 2, 3.
    pub fn protection(&self) -> usize {
        self.arrives_after + self.review - 1
    }

    /// The share of demand that is best covered: `shortage / (shortage + holding * review)`, the newsvendor's ratio with the cost of
    /// keeping a unit until the next order.
    pub fn critical_ratio(&self) -> f64 {
        let keeping = self.holding * self.review as f64;
        if self.shortage + keeping > 0.0 { self.shortage / (self.shortage + keeping) } else { 0.5 }
    }
}

/// The point that a standard normal variable does not exceed with this probability: 1.645 for 0.95.
pub fn normal_score(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability)
}

/// Stock of one line between two periods, units.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReplayStock {
    /// On the shelf; below 0 are backorders.
    pub on_hand: f64,
    coming: Vec<Coming>,
}

/// An order on its way. Periods are counted from the coming one, at whose start 0 arrives.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Coming {
    quantity: f64,
    /// When it arrives, which no policy knows.
    arrives_in: usize,
    /// When it is expected; what is overdue, in the coming period.
    expected_in: usize,
}

/// What a period brought to one line, units and money.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ReplayPeriod {
    /// Wanted.
    pub demand: f64,
    /// Served at once.
    pub served: f64,
    /// On the shelf at the close.
    pub closing: f64,
    /// Money for what was on the shelf.
    pub holding_cost: f64,
    /// Money for what was not there.
    pub shortage_cost: f64,
}

impl ReplayStock {
    /// On hand, and what is on its way by the period in which it arrives: the coming one first.
    pub fn new(on_hand: f64, in_transit: &[f64]) -> Self {
        let coming = in_transit.iter().enumerate().filter(|(_, quantity)| **quantity > 0.0);
        let coming = coming.map(|(at, quantity)| Coming { quantity: *quantity, arrives_in: at, expected_in: at });
        Self { on_hand, coming: coming.collect() }
    }

    /// On hand and on its way.
    pub fn position(&self) -> f64 {
        self.on_hand + self.on_order()
    }

    /// On its way.
    pub fn on_order(&self) -> f64 {
        self.coming.iter().map(|order| order.quantity).sum()
    }

    /// What will arrive at the start of the coming period.
    pub fn due(&self) -> f64 {
        self.coming.iter().filter(|order| order.arrives_in == 0).map(|order| order.quantity).sum()
    }

    /// Orders at the close of a period; it arrives when it is expected.
    pub fn order(&mut self, quantity: f64, rules: &ReplayRules) {
        self.order_late(quantity, rules, rules.arrives_after);
    }

    /// The same where lead times vary: it serves from the start of the period `arrives_after` later, at least 1.
    pub fn order_late(&mut self, quantity: f64, rules: &ReplayRules, arrives_after: usize) {
        if quantity > 0.0 {
            let (arrives_in, expected_in) = (arrives_after.saturating_sub(1), rules.arrives_after.saturating_sub(1));
            self.coming.push(Coming { quantity, arrives_in, expected_in });
        }
    }

    /// Lives one period: receives, serves, counts the costs.
    pub fn live(&mut self, demand: f64, rules: &ReplayRules) -> ReplayPeriod {
        self.on_hand += self.due();
        self.coming.retain(|order| order.arrives_in > 0);
        for order in &mut self.coming {
            (order.arrives_in, order.expected_in) = (order.arrives_in - 1, order.expected_in.saturating_sub(1));
        }
        let served = demand.min(self.on_hand.max(0.0));
        self.on_hand -= if rules.backorders { demand } else { served };
        let missing = if rules.backorders { (-self.on_hand).max(0.0) } else { demand - served };
        let closing = self.on_hand.max(0.0);
        ReplayPeriod {
            demand,
            served,
            closing,
            holding_cost: rules.holding * closing,
            shortage_cost: rules.shortage * missing,
        }
    }

    /// What will be on hand when an order placed now arrives, if every period takes what is expected of it and the unmet is lost.
    pub fn projected(&self, expected: &[f64], rules: &ReplayRules) -> f64 {
        let mut on_hand = self.on_hand;
        let before = rules.arrives_after.saturating_sub(1).min(expected.len());
        for (period, demand) in expected[..before].iter().enumerate() {
            let due = self.coming.iter().filter(|order| order.expected_in == period);
            on_hand += due.map(|order| order.quantity).sum::<f64>();
            on_hand -= if rules.backorders { *demand } else { demand.min(on_hand.max(0.0)) };
        }
        let later = self.coming.iter().filter(|order| order.expected_in >= before);
        on_hand + later.map(|order| order.quantity).sum::<f64>()
    }
}

/// Sums over lines and periods.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ReplayTally {
    /// Line-periods counted.
    pub n: usize,
    /// Units wanted.
    pub demand: f64,
    /// Units served at once.
    pub served: f64,
    /// Sum of closing stocks.
    pub closing: f64,
    /// Money.
    pub holding_cost: f64,
    /// Money.
    pub shortage_cost: f64,
    /// Line-periods with demand that was not met in full.
    pub short: usize,
}

impl ReplayTally {
    /// Adds a period of a line.
    pub fn add(&mut self, period: &ReplayPeriod) {
        self.n += 1;
        self.demand += period.demand;
        self.served += period.served;
        self.closing += period.closing;
        self.holding_cost += period.holding_cost;
        self.shortage_cost += period.shortage_cost;
        self.short += usize::from(period.served < period.demand);
    }

    /// Holding and shortage.
    pub fn cost(&self) -> f64 {
        self.holding_cost + self.shortage_cost
    }

    /// The share of demand served at once; `None` without demand.
    pub fn fill_rate(&self) -> Option<f64> {
        (self.demand > 0.0).then(|| self.served / self.demand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: ReplayRules =
        ReplayRules { review: 1, arrives_after: 3, holding: 0.2, shortage: 1.0, backorders: false };

    #[test]
    fn a_line_lives_as_worked_out_by_hand() {
        // VN2's timing: 3 on hand, 2 arrive in the coming week, 4 in the one after; ordered now, 5 serve from the third on.
        let mut stock = ReplayStock::new(3.0, &[2.0, 4.0]);
        stock.order(5.0, &RULES);
        assert_eq!(stock.position(), 14.0);
        assert_eq!(stock.projected(&[6.0, 1.0, 9.0], &RULES), 8.0);
        let first = stock.live(6.0, &RULES);
        assert_eq!((first.served, first.closing, first.shortage_cost, first.holding_cost), (5.0, 0.0, 1.0, 0.0));
        let second = stock.live(1.0, &RULES);
        assert_eq!((second.served, second.closing), (1.0, 3.0));
        assert!((second.holding_cost - 0.6).abs() < 1e-12);
        assert_eq!(stock.live(9.0, &RULES).served, 8.0);
        let mut tally = ReplayTally::default();
        tally.add(&first);
        tally.add(&second);
        assert_eq!((tally.fill_rate(), tally.short), (Some(6.0 / 7.0), 1));
        assert_eq!((RULES.protection(), RULES.critical_ratio()), (3, 1.0 / 1.2));
    }

    #[test]
    fn what_is_late_is_expected_every_day_until_it_comes() {
        let mut stock = ReplayStock::new(1.0, &[]);
        stock.order_late(5.0, &RULES, 5);
        for _ in 0..4 {
            assert_eq!((stock.live(0.0, &RULES).closing, stock.on_order()), (1.0, 5.0));
        }
        // Two periods overdue: it counts for the coming one, and does come then.
        assert_eq!(stock.projected(&[4.0, 1.0], &RULES), 1.0);
        assert_eq!(stock.live(4.0, &RULES).served, 4.0);
        assert_eq!((stock.on_hand, stock.on_order()), (2.0, 0.0));
    }

    #[test]
    fn what_waits_is_served_first_and_costs_until_then() {
        let rules = ReplayRules { backorders: true, arrives_after: 1, ..RULES };
        let mut stock = ReplayStock::new(1.0, &[]);
        assert_eq!(stock.live(4.0, &rules).shortage_cost, 3.0);
        stock.order(5.0, &rules);
        let next = stock.live(1.0, &rules);
        assert_eq!((next.served, next.closing, stock.on_hand), (1.0, 1.0, 1.0));
    }
}
