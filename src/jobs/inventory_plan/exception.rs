//! What a planner must look at.

use super::line_key::LineKey;
use crate::day::Day;

/// One row of `inventory_exceptions`.
#[derive(Debug, Clone, Default)]
pub(super) struct Exception {
    pub(super) code: &'static str,
    pub(super) severity: &'static str,
    pub(super) product_id: Option<String>,
    pub(super) location_id: Option<String>,
    pub(super) supplier_id: Option<String>,
    pub(super) first_on: Option<Day>,
    pub(super) quantity: Option<f64>,
    pub(super) value: Option<f64>,
    pub(super) text: String,
}

impl Exception {
    /// An exception about one line.
    pub(super) fn of_line(
        code: &'static str,
        severity: &'static str,
        key: &LineKey,
        supplier_id: Option<&String>,
    ) -> Self {
        Self {
            code,
            severity,
            product_id: Some(key.product_id.clone()),
            location_id: Some(key.location_id.clone()),
            supplier_id: supplier_id.cloned(),
            ..Self::default()
        }
    }
}

/// Red first, then by money, kind and line.
pub(super) fn sort(exceptions: &mut [Exception]) {
    let rank = |severity: &str| match severity {
        "red" => 0,
        "amber" => 1,
        _ => 2,
    };
    exceptions.sort_by(|left, right| {
        rank(left.severity)
            .cmp(&rank(right.severity))
            .then_with(|| right.value.unwrap_or(f64::NEG_INFINITY).total_cmp(&left.value.unwrap_or(f64::NEG_INFINITY)))
            .then_with(|| left.code.cmp(right.code))
            .then_with(|| {
                (&left.product_id, &left.location_id, &left.supplier_id).cmp(&(
                    &right.product_id,
                    &right.location_id,
                    &right.supplier_id,
                ))
            })
    });
}
