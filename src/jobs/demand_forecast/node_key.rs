//! What a node of the tree is called.

use serde::{Deserialize, Serialize};

/// The level of the single node above everything.
pub(super) const TOTAL: &str = "total";
/// The level of the categories at the top of the tree.
pub(super) const TOP_CATEGORY: &str = "category_1";
/// The level of everything at one location.
pub(super) const LOCATION: &str = "location";
/// The level of the series.
pub(super) const PRODUCT_LOCATION: &str = "product_location";
/// The node of the total, and of a level as a whole.
pub(super) const ALL: &str = "all";

/// Level and name, unique within a publication.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct NodeKey {
    /// `total`, `category_1` ..., `location`, `product_location`.
    pub level: String,
    /// `all`, a category path, a location, `PRODUCT @ LOCATION`.
    pub name: String,
}

impl NodeKey {
    pub fn new(level: impl Into<String>, name: impl Into<String>) -> Self {
        Self { level: level.into(), name: name.into() }
    }

    /// Whether it names a product at a location.
    pub fn is_series(&self) -> bool {
        self.level == PRODUCT_LOCATION
    }
}
