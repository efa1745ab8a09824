//! What is known of a line ahead, and what it is ordered.

/// The forecast of one line from the next period on.
#[derive(Debug, Clone, Default)]
pub(super) struct LineOutlook {
    /// Units per period.
    pub mean: Vec<f64>,
    /// Per period: quantiles at the published levels of the total since the first.
    pub totals: Vec<Vec<f64>>,
}

/// What a line is ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Planned {
    /// Units.
    pub quantity: f64,
    /// The share of demand between its arrival and the next that it serves, with what is there; `None` without demand.
    pub promised: Option<f64>,
    /// Mean demand between the two, units.
    pub weight: f64,
}
