//! A supplier's minimum order value over all lines of one order day.

/// One line of a supplier's order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SupplierLine {
    /// Ordered quantity, in thousandths of a unit.
    pub quantity_milli: i64,
    /// Purchase price per unit; `None` when unknown.
    pub unit_cost: Option<f64>,
}

/// How a supplier's order stands against the minimum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SupplierMinimum {
    /// Value of the lines with a known cost.
    pub order_value: f64,
    /// Amount missing to the minimum; 0 when it is met or nothing is ordered.
    pub shortfall: f64,
    /// Ordered lines without a cost: the true value is higher.
    pub lines_without_cost: usize,
}

impl SupplierMinimum {
    /// Whether the order can be sent as it is.
    pub fn is_met(&self) -> bool {
        self.shortfall <= 0.0
    }
}

/// Compares the lines of one supplier and order day with the supplier's minimum order value.
///
/// It reports and changes nothing: pulling the orders of later days forward or postponing the whole order is left to the buyer, because
/// either breaks the plan of some line (more stock, or a lower service level) in a way only they can weigh.
pub fn check_supplier_minimum(lines: &[SupplierLine], minimum_value: f64) -> SupplierMinimum {
    let ordered: Vec<&SupplierLine> = lines.iter().filter(|line| line.quantity_milli > 0).collect();
    let order_value = ordered
        .iter()
        .filter_map(|line| line.unit_cost.map(|cost| cost * line.quantity_milli as f64 / super::MILLI))
        .sum::<f64>();
    // Adding 0.0 turns the -0.0 of an empty sum into 0.0.
    let order_value = order_value + 0.0;
    let shortfall = if ordered.is_empty() { 0.0 } else { (minimum_value - order_value).max(0.0) };
    SupplierMinimum {
        order_value,
        shortfall,
        lines_without_cost: ordered.iter().filter(|line| line.unit_cost.is_none()).count(),
    }
}
