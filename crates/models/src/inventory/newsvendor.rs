//! One-period stock: how much to hold when too much and too little have a price.

/// The newsvendor's critical ratio `underage / (underage + overage)`: the service level that costs imply.
///
/// `underage` is what one missing unit costs (margin, goodwill), `overage` what one left-over unit costs (holding, loss on
/// clearance), both in money per unit. Snyder and Shen, "Fundamentals of Supply Chain Theory", 2nd ed., section 4.3.
/// `None` unless both are finite, not negative, and not both zero.
///
/// ```
/// use nightclerk_models::inventory::critical_ratio;
/// assert_eq!(critical_ratio(0.70, 0.18).map(|ratio| (ratio * 1e4).round() / 1e4), Some(0.7955));
/// ```
pub fn critical_ratio(underage: f64, overage: f64) -> Option<f64> {
    let valid =
        underage.is_finite() && overage.is_finite() && underage >= 0.0 && overage >= 0.0 && underage + overage > 0.0;
    valid.then(|| underage / (underage + overage))
}

/// Smallest whole number of units whose distribution function reaches `level`.
///
/// `cdf` must be non-decreasing; the search stops at `limit` and then returns it. The tolerance of 1e-12 keeps a level that falls
/// exactly on a jump from being missed by rounding.
pub fn smallest_covering(cdf: impl Fn(u64) -> f64, level: f64, limit: u64) -> u64 {
    let (mut low, mut high) = (0, limit);
    while low < high {
        let middle = low + (high - low) / 2;
        if cdf(middle) >= level - 1e-12 { high = middle } else { low = middle + 1 }
    }
    low
}
