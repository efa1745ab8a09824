//! All that tables, page and files are made from.

use std::collections::BTreeMap;

use super::beside::Beside;
use super::coverage::Coverage;
use super::exception::Exception;
use super::facts::InventoryFacts;
use super::grading::GradedLine;
use super::line::Line;
use super::supplier_orders::SupplierOrder;
use super::supplier_terms::SupplierTerms;
use super::transfers::LineTransfer;
use super::{InventoryPlan, OrderFiles};
use crate::day::Day;
use crate::job::RunContext;

/// Rows of a table on the page; the files hold the rest.
pub(super) const ROWS_SHOWN: usize = 25;

/// All that tables, page and files are made from.
pub(super) struct Decision<'a> {
    pub(super) ctx: &'a RunContext,
    pub(super) settings: &'a InventoryPlan,
    pub(super) facts: &'a InventoryFacts,
    /// By supplier; `None` is the supplier of products that name none.
    pub(super) terms: &'a BTreeMap<Option<String>, SupplierTerms>,
    /// By product and location.
    pub(super) lines: Vec<Line>,
    /// Red first.
    pub(super) exceptions: Vec<Exception>,
    /// How much of what is sold could be planned.
    pub(super) coverage: Coverage,
    pub(super) suppliers: Vec<SupplierOrder>,
    /// The most valuable first.
    pub(super) transfers: Vec<LineTransfer>,
    pub(super) graded: Vec<GradedLine>,
    /// What earlier plans asked for beside what was ordered; of a plan in the shadow, where that is known.
    pub(super) beside: Option<Beside>,
}

impl Decision<'_> {
    /// The orders a buyer is handed: by urgency, then value, then line.
    pub(super) fn handed_out(&self) -> Vec<&Line> {
        let mut lines: Vec<&Line> = self.lines.iter().filter(|line| self.is_handed_out(line)).collect();
        lines.sort_by(|left, right| {
            let value = |line: &Line| line.to_order_value().unwrap_or(i64::MIN);
            left.urgency.cmp(&right.urgency).then(value(right).cmp(&value(left))).then_with(|| left.key.cmp(&right.key))
        });
        lines
    }

    pub(super) fn as_of(&self) -> Day {
        self.ctx.as_of.into()
    }

    /// Whether the order is to be placed on the day after the as-of day.
    pub(super) fn is_today(&self, line: &Line) -> bool {
        line.order_on() == self.as_of() + 1
    }

    fn is_handed_out(&self, line: &Line) -> bool {
        line.is_ordered() && (self.settings.order_files == OrderFiles::NextOrderDay || self.is_today(line))
    }

    pub(super) fn with_code<'b>(&'b self, codes: &'b [&str]) -> impl Iterator<Item = &'b Exception> {
        self.exceptions.iter().filter(move |exception| codes.contains(&exception.code))
    }

    /// The product's name, or else its id.
    pub(super) fn name_of(&self, product_id: &str) -> String {
        self.facts.products.get(product_id).map_or_else(|| product_id.to_owned(), |product| product.name.clone())
    }
}

/// Sum of the known values; `None` when there are lines and none has a value.
pub(super) fn total_value<'a>(lines: impl Iterator<Item = &'a Line> + Clone) -> Option<f64> {
    let known: Vec<i64> = lines.clone().filter_map(Line::to_order_value).collect();
    (!known.is_empty() || lines.count() == 0).then(|| known.iter().sum::<i64>() as f64)
}
