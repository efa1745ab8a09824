//! What a supplier accepts and a product endures: from need to orderable quantity, one explained step at a time.

use super::units_text;

/// Limits on one order line. `None` or 0 means no limit; but of the most stock, 0 means none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OrderRules {
    /// Units per pack; orders are whole packs.
    pub pack_size_milli: Option<i64>,
    /// The smallest part of a unit that can be ordered where there is no pack: 1000 of what is counted in pieces.
    pub unit_milli: Option<i64>,
    /// Fewest units per order.
    pub min_order_milli: Option<i64>,
    /// Most units per order.
    pub max_order_milli: Option<i64>,
    /// Days after receipt during which the product can be sold.
    pub shelf_life_days: Option<u32>,
    /// The least stock position after an order, whatever the demand.
    pub min_stock_milli: Option<i64>,
    /// The most stock position after an order, whatever the demand.
    pub max_stock_milli: Option<i64>,
    /// Whether nothing is ordered.
    pub frozen: bool,
    /// Units that must stand on the shelf (presentation minimum): the safety stock is no less.
    pub presentation_milli: Option<i64>,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepCode {
    /// Mean demand until the next order could have arrived.
    ExpectedDemand,
    /// Added for the service level (below 0 when the level lies under the mean).
    SafetyStock,
    /// Added to the safety stock up to the presentation minimum.
    Presentation,
    /// Already on the shelf.
    OnHand,
    /// Promised to somebody.
    Reserved,
    /// On its way, due within the protection interval.
    OnOrder,
    /// Of stock and orders, what is expected to expire before this order arrives.
    ExpectedWaste,
    /// Demand before the arrival that finds no stock, where it is lost and not waited for.
    LostSales,
    /// Stock suffices: a negative need becomes no order.
    NothingNeeded,
    /// Raised to the minimum order quantity.
    MinimumQuantity,
    /// Rounded up to whole packs.
    PackRounding,
    /// Rounded up to what can be counted, where there are no packs.
    UnitRounding,
    /// Cut to the maximum order quantity, in whole packs.
    MaximumQuantity,
    /// Cut to what can be sold before it expires, in whole packs.
    ShelfLifeCap,
    /// The cuts fell below the minimum order quantity or one pack: no order.
    ConstraintConflict,
    /// What a planner expects beyond the forecast, or below it.
    PlannerDemand,
    /// Added up to the least stock that a planner wants.
    MinimumStock,
    /// Cut to the most stock that a planner wants.
    MaximumStock,
    /// Nothing is ordered: a planner says so.
    Frozen,
    /// Raised so that the supplier's order reaches its minimum.
    SupplierMinimum,
    /// Cut to the money there is.
    Budget,
}

impl StepCode {
    /// The code as stored in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExpectedDemand => "EXPECTED_DEMAND",
            Self::SafetyStock => "SAFETY_STOCK",
            Self::Presentation => "PRESENTATION",
            Self::OnHand => "MINUS_ON_HAND",
            Self::Reserved => "RESERVED",
            Self::OnOrder => "MINUS_ON_ORDER",
            Self::ExpectedWaste => "EXPECTED_WASTE",
            Self::LostSales => "LOST_SALES",
            Self::NothingNeeded => "NOTHING_NEEDED",
            Self::MinimumQuantity => "MINIMUM_QUANTITY",
            Self::PackRounding => "PACK_ROUNDING",
            Self::UnitRounding => "UNIT_ROUNDING",
            Self::MaximumQuantity => "MAXIMUM_QUANTITY",
            Self::ShelfLifeCap => "SHELF_LIFE_CAP",
            Self::ConstraintConflict => "CONSTRAINT_CONFLICT",
            Self::PlannerDemand => "PLANNER_DEMAND",
            Self::MinimumStock => "MINIMUM_STOCK",
            Self::MaximumStock => "MAXIMUM_STOCK",
            Self::Frozen => "FROZEN",
            Self::SupplierMinimum => "SUPPLIER_MINIMUM_FILL_UP",
            Self::Budget => "BUDGET",
        }
    }
}

/// One step of the explanation. The deltas of all steps of a plan sum exactly to the ordered quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What the step does.
    pub code: StepCode,
    /// A sentence for people.
    pub text: String,
    /// Change, in thousandths of a unit.
    pub delta_milli: i64,
}

/// Collects steps and keeps the running quantity equal to their sum.
#[derive(Default)]
pub(super) struct Waterfall {
    pub(super) steps: Vec<Step>,
    pub(super) quantity_milli: i64,
}

impl Waterfall {
    pub(super) fn add(&mut self, code: StepCode, delta_milli: i64, text: String) {
        self.quantity_milli += delta_milli;
        self.steps.push(Step { code, text, delta_milli });
    }

    pub(super) fn set(&mut self, code: StepCode, quantity_milli: i64, text: String) {
        self.add(code, quantity_milli - self.quantity_milli, text);
    }

    /// Turns the need collected so far into an orderable quantity.
    ///
    /// `max(need, minimum)`, up to whole packs or units, down to the caps in whole packs; below the minimum after that: nothing.
    /// `shelf_life_cap_milli` is the most that can be sold in time, `stock_cap_milli` the room below the most stock that is wanted. Returns whether a cap cut the order and whether it was dropped.
    pub(super) fn apply(
        &mut self,
        rules: &OrderRules,
        shelf_life_cap_milli: Option<i64>,
        stock_cap_milli: Option<i64>,
    ) -> (bool, bool) {
        if self.quantity_milli < 0 {
            let text = format!("stock exceeds the target by {}, nothing to order", units_text(-self.quantity_milli));
            self.set(StepCode::NothingNeeded, 0, text);
        }
        if self.quantity_milli == 0 {
            return (false, false);
        }
        let minimum = positive(rules.min_order_milli).unwrap_or(0);
        let packs_of = positive(rules.pack_size_milli);
        let pack = packs_of.or(positive(rules.unit_milli)).unwrap_or(1);
        if self.quantity_milli < minimum {
            self.set(
                StepCode::MinimumQuantity,
                minimum,
                format!("raised to the minimum order of {}", units_text(minimum)),
            );
        }
        let packed = (self.quantity_milli + pack - 1) / pack * pack;
        if packed != self.quantity_milli {
            let (code, text) = match packs_of {
                Some(1000) => (StepCode::PackRounding, "whole units".to_owned()),
                Some(_) => (StepCode::PackRounding, format!("{} packs of {}", packed / pack, units_text(pack))),
                None if pack == 1000 => (StepCode::UnitRounding, "whole units".to_owned()),
                None => (StepCode::UnitRounding, format!("steps of {}", units_text(pack))),
            };
            self.set(code, packed, format!("rounded up to {text}"));
        }
        let before_caps = self.quantity_milli;
        if let Some(cap) = positive(rules.max_order_milli).filter(|&cap| cap < self.quantity_milli) {
            self.set(
                StepCode::MaximumQuantity,
                cap / pack * pack,
                format!("cut to the maximum order of {}", units_text(cap)),
            );
        }
        if let Some(cap) = stock_cap_milli.map(|cap| cap.max(0)).filter(|&cap| cap < self.quantity_milli) {
            self.set(
                StepCode::MaximumStock,
                cap / pack * pack,
                format!("no more than {} fit below the most stock that is wanted", units_text(cap)),
            );
        }
        if let Some(cap) = shelf_life_cap_milli.map(|cap| cap.max(0)).filter(|&cap| cap < self.quantity_milli) {
            self.set(
                StepCode::ShelfLifeCap,
                cap / pack * pack,
                format!("no more than {} can be sold before it expires", units_text(cap)),
            );
        }
        let capped = self.quantity_milli < before_caps;
        let dropped = capped && self.quantity_milli < minimum.max(1);
        if dropped && self.quantity_milli != 0 {
            let text =
                format!("what is left is below the minimum order of {}, so nothing is ordered", units_text(minimum));
            self.set(StepCode::ConstraintConflict, 0, text);
        }
        (capped, dropped)
    }
}

fn positive(limit: Option<i64>) -> Option<i64> {
    limit.filter(|&limit| limit > 0)
}
