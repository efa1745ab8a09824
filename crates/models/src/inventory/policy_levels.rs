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
}

impl PolicyLevels {
    /// The order of the rule at a stock position: what [`plan_order`] orders there.
    pub fn order_at(&self, position_milli: i64) -> i64 {
        let need = self.order_up_to_milli.saturating_sub(position_milli);
        if position_milli >= self.reorder_point_milli || need <= 0 {
            return 0;
        }
        let multiple = self.multiple_milli.max(1);
        let down = |quantity: i64| quantity / multiple * multiple;
        let raised = need.max(self.min_order_milli);
        let mut quantity = down(raised.saturating_add(multiple - 1));
        let cap = self.position_cap_milli.map(|cap| cap.saturating_sub(position_milli).max(0));
        for most in [self.max_order_milli, cap].into_iter().flatten() {
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
    let position_cap_milli = rules.shelf_life_days.map(|days| {
        let sellable_days = days_between(first_day, plan.arrives_by) + days as usize;
        milli_up(request.outlook.mean_total(sellable_days).units)
    });
    Ok(PolicyLevels {
        reorder_point_milli: plan.order_up_to_milli,
        order_up_to_milli: plan.order_up_to_milli,
        safety_stock_milli: plan.order_up_to_milli - plan.expected_demand_milli,
        multiple_milli: positive(rules.pack_size_milli).or(positive(rules.unit_milli)).unwrap_or(1),
        min_order_milli: positive(rules.min_order_milli).unwrap_or(0),
        max_order_milli: positive(rules.max_order_milli),
        position_cap_milli,
    })
}
