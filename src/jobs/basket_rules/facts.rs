//! What is known of a product.

/// What is known of a product.
#[derive(Clone, Debug, Default)]
pub(super) struct ProductFacts {
    pub name: Option<String>,
    /// A clean path, cut where the job says so.
    pub category: Option<String>,
    pub brand: Option<String>,
    /// Minor currency units per unit.
    pub unit_cost: Option<i64>,
    /// Whether any location had some at the newest count; `None` where nothing was counted.
    pub in_stock: Option<bool>,
}
