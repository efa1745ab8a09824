//! Levels for a system of the books that works its orders out itself.

use super::plan::days_between;
use super::{InventoryError, OrderRequest, add_days, milli_up, plan_order};

/// Minimum, maximum and multiple of a line, as reorder rules of merchandise systems take them. Quantities are thousandths of a unit.
///
/// The rule, applied on an order day to a stock position (on hand, not below 0, less reserved, plus on order and due in time, less expected
/// waste): when the position is below the reorder point, order up to the level, at least the minimum order, rounded up to the multiple.
/// A system that orders at or below the reorder point orders the same: at the level the need is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyLevels {
    /// Order when the position is below: with periodic review the order-up-to level itself, the quantile of demand over lead time and review.
    pub reorder_point_milli: i64,
    /// Order up to this position.
    pub order_up_to_milli: i64,
    /// Part of the level beyond the mean demand of the protection interval; below 0 when the level lies under the mean.
    pub safety_stock_milli: i64,
    /// Orders are multiples of this: the pack, or the smallest part of a unit that can be ordered; 1 is no limit.
    pub multiple_milli: i64,
    /// Fewest units per order; 0 is no limit.
    pub min_order_milli: i64,
    /// Most units per order; `None` is no limit.
    pub max_order_milli: Option<i64>,
    /// Highest position after the order from which all sells before it expires; `None` without a shelf life. Systems that have no such
    /// field order up to one multiple, or the minimum order, beyond it.
    pub position_cap_milli: Option<i64>,
    /// The most stock that is wanted; `None` is no limit.
    pub max_stock_milli: Option<i64>,
    /// Whether nothing is ordered.
    pub frozen: bool,
    /// Mean demand until the arrival: a position below it leaves no more room under the cap.
    pub until_arrival_milli: i64,
}

impl PolicyLevels {
    /// The order of the rule at a stock position: what [`plan_order`] orders there.
    pub fn order_at(&self, position_milli: i64) -> i64 {
        let need = self.order_up_to_milli.saturating_sub(position_milli);
        if position_milli >= self.reorder_point_milli || need <= 0 || self.frozen {
            return 0;
        }
        let multiple = self.multiple_milli.max(1);
        let down = |quantity: i64| quantity / multiple * multiple;
        let raised = need.max(self.min_order_milli);
        let mut quantity = down(raised.saturating_add(multiple - 1));
        let left_or_lost = position_milli.max(self.until_arrival_milli);
        let cap = self.position_cap_milli.map(|cap| cap.saturating_sub(left_or_lost).max(0));
        let room = self.max_stock_milli.map(|most| most.saturating_sub(position_milli).max(0));
        for most in [self.max_order_milli, room, cap].into_iter().flatten() {
            if most < quantity {
                quantity = down(most);
            }
        }
        if quantity < self.min_order_milli { 0 } else { quantity }
    }
}

/// The levels of a line from the same outlook, lead time, order days and rules as its order; its stock does not matter.
///
/// They hold for the order day after `as_of`: with the next forecast they change.
///
/// # Errors
/// As [`plan_order`].
pub fn policy_levels(request: &OrderRequest<'_>) -> Result<PolicyLevels, InventoryError> {
    let plan = plan_order(request)?;
    let rules = &request.rules;
    let positive = |limit: Option<i64>| limit.filter(|&limit| limit > 0);
    let first_day = add_days(request.as_of, 1)?;
    let days_to_arrival = days_between(first_day, plan.arrives_by);
    let position_cap_milli =
        rules.shelf_life_days.map(|days| milli_up(request.outlook.mean_total(days_to_arrival + days as usize).units));
    Ok(PolicyLevels {
        reorder_point_milli: plan.order_up_to_milli,
        order_up_to_milli: plan.order_up_to_milli,
        safety_stock_milli: plan.order_up_to_milli - plan.expected_demand_milli,
        multiple_milli: positive(rules.pack_size_milli).or(positive(rules.unit_milli)).unwrap_or(1),
        min_order_milli: positive(rules.min_order_milli).unwrap_or(0),
        max_order_milli: positive(rules.max_order_milli),
        position_cap_milli,
        max_stock_milli: rules.max_stock_milli,
        frozen: rules.frozen,
        until_arrival_milli: milli_up(request.outlook.mean_total(days_to_arrival).units),
    })
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};

    use super::*;
    use crate::inventory::{
        DemandOutlook, LeadTime, OrderCalendar, OrderRules, ServiceTarget, StockPosition, UnmetDemand,
    };

    /// On two thousand random lines a system of the books that knows minimum, maximum and multiple alone orders what was planned.
    #[test]
    fn minimum_maximum_and_multiple_give_the_planned_order() {
        let mut chance = rand_pcg::Pcg64::seed_from_u64(30);
        let mut orders = 0;
        for case in 0..2000 {
            let mut total = [0.0; 3];
            let totals: Vec<Vec<f64>> = (0..8)
                .map(|_| {
                    let mean = chance.random_range(0.0..9.0);
                    total = [total[0] + mean * 0.5, total[1] + mean, total[2] + mean * 2.0];
                    total.to_vec()
                })
                .collect();
            let days: Vec<u32> = (0..7).map(|_| chance.random_range(0..6)).collect();
            let lead_time = LeadTime::from_deliveries(&days, None).unwrap();
            let calendar = OrderCalendar::from_text([Some("mon,thu"), None][case % 2]).unwrap();
            let request = OrderRequest {
                as_of: "2024-05-05".parse().unwrap(),
                target: ServiceTarget::Cycle(chance.random_range(0.4..0.99)),
                unmet: UnmetDemand::Waits,
                outlook: DemandOutlook { levels: &[0.1, 0.5, 0.9], total_quantiles: &totals, mean: &[4.0; 8] },
                lead_time: &lead_time,
                calendar: &calendar,
                stock: StockPosition {
                    on_hand_milli: chance.random_range(-5_000..60_000),
                    reserved_milli: chance.random_range(0..9_000),
                    on_order_milli: chance.random_range(0..40_000),
                    expected_waste_milli: chance.random_range(0..5_000),
                },
                rules: OrderRules {
                    pack_size_milli: [None, Some(chance.random_range(1..15_000))][case / 2 % 2],
                    unit_milli: [None, Some(1000)][case / 4 % 2],
                    presentation_milli: [None, Some(chance.random_range(0..30_000))][case / 8 % 2],
                    ..OrderRules::default()
                },
            };
            let planned = plan_order(&request).unwrap().quantity_milli;
            let levels = policy_levels(&OrderRequest { stock: StockPosition::default(), ..request }).unwrap();
            let stock = request.stock;
            let position =
                stock.on_hand_milli.max(0) - stock.reserved_milli + stock.on_order_milli - stock.expected_waste_milli;
            let mut ordered = 0;
            if position < levels.reorder_point_milli {
                while position + ordered < levels.order_up_to_milli {
                    ordered += levels.multiple_milli.max(1);
                    if levels.multiple_milli == 1 {
                        ordered = levels.order_up_to_milli - position;
                    }
                }
            }
            assert_eq!((ordered, levels.order_at(position)), (planned, planned), "case {case}: {request:?}");
            orders += u32::from(planned > 0);
        }
        assert!((500..1900).contains(&orders), "{orders} of 2000 ordered");
    }
}
