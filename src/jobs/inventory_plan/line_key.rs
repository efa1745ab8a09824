//! What a plan has one row for.

/// A product at a location.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineKey {
    /// The product.
    pub product_id: String,
    /// The location.
    pub location_id: String,
}
