//! What each supplier is asked for on a day.

use std::collections::BTreeMap;

use super::facts::InventoryFacts;
use super::line::Line;
use crate::day::Day;
use crate::models::inventory::{SupplierLine, SupplierMinimum, check_supplier_minimum};

/// The order of one supplier on one day against its minimum.
#[derive(Debug, Clone)]
pub(super) struct SupplierOrder {
    pub(super) supplier_id: Option<String>,
    pub(super) name: String,
    pub(super) order_on: Day,
    pub(super) lines: usize,
    pub(super) minimum: Option<i64>,
    pub(super) check: SupplierMinimum,
}

/// Orders by supplier and order day.
pub(super) fn supplier_orders(facts: &InventoryFacts, lines: &[Line]) -> Vec<SupplierOrder> {
    let mut groups: BTreeMap<(Option<String>, Day), Vec<SupplierLine>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.is_ordered()) {
        let part = SupplierLine {
            quantity_milli: line.to_order_milli(),
            unit_cost: line.product.unit_cost.map(|cost| cost as f64),
        };
        groups.entry((line.product.supplier_id.clone(), line.order_on())).or_default().push(part);
    }
    let order = |((supplier_id, order_on), parts): ((Option<String>, Day), Vec<SupplierLine>)| {
        let supplier = supplier_id.as_ref().and_then(|id| facts.suppliers.get(id));
        let minimum = supplier.and_then(|supplier| supplier.min_order_value);
        let name = supplier.and_then(|supplier| supplier.name.clone()).or_else(|| supplier_id.clone());
        SupplierOrder {
            name: name.unwrap_or_else(|| "no supplier".to_owned()),
            supplier_id,
            order_on,
            lines: parts.len(),
            minimum,
            check: check_supplier_minimum(&parts, minimum.unwrap_or(0) as f64),
        }
    };
    groups.into_iter().map(order).collect()
}
