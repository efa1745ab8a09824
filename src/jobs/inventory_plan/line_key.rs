//! What a plan has one row for.

/// A product at a location.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineKey {
    /// The product.
    pub product_id: String,
    /// The location.
    pub location_id: String,
}

impl LineKey {
    pub(super) fn new(product_id: &str, location_id: &str) -> Self {
        Self { product_id: product_id.to_owned(), location_id: location_id.to_owned() }
    }
}
