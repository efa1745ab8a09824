//! The total, shared out in proportion to the forecasts below it.

use super::{Hierarchy, ReconcileError};

/// The total, shared out.
pub(super) struct TopDown<'a> {
    hierarchy: &'a Hierarchy,
    rule: Rule,
}

enum Rule {
    /// Shares of the node `total` in proportion to the bottom forecasts.
    BottomForecasts { total: usize },
    /// Shares of every node in proportion to its children's forecasts.
    ChildForecasts,
}

impl<'a> TopDown<'a> {
    pub fn new(hierarchy: &'a Hierarchy) -> Result<TopDown<'a>, ReconcileError> {
        let rule = if hierarchy.is_tree() {
            Rule::ChildForecasts
        } else {
            Rule::BottomForecasts { total: hierarchy.total().ok_or(ReconcileError::NoTotal)? }
        };
        Ok(TopDown { hierarchy, rule })
    }

    /// Marks the nodes whose base forecasts are read.
    pub fn mark_read(&self, read: &mut [bool]) {
        match &self.rule {
            Rule::BottomForecasts { total } => {
                self.hierarchy.bottom_nodes().for_each(|node| read[node] = true);
                read[*total] = true;
            }
            Rule::ChildForecasts => read.fill(true),
        }
    }

    /// Coherent bottom forecasts from the base forecasts of every node.
    pub fn bottom(&self, base: &[f64]) -> Vec<f64> {
        let bottom: Vec<f64> = self.hierarchy.bottom_nodes().map(|node| base[node]).collect();
        match &self.rule {
            Rule::BottomForecasts { total } => {
                let mut siblings = Siblings::default();
                for forecast in &bottom {
                    siblings.add(*forecast);
                }
                bottom.iter().map(|forecast| base[*total] * siblings.share(*forecast)).collect()
            }
            Rule::ChildForecasts => self.level_by_level(base, bottom),
        }
    }

    fn level_by_level(&self, base: &[f64], mut bottom: Vec<f64>) -> Vec<f64> {
        let mut forecasts: Vec<f64> = self.hierarchy.aggregate_nodes().map(|node| base[node]).collect();
        let mut children = vec![Siblings::default(); forecasts.len()];
        for forest in &self.hierarchy.forests {
            for (series, above) in forest.leaves() {
                children[above].add(bottom[series]);
            }
            for (node, parent) in forest.upward() {
                if let Some(parent) = parent {
                    children[parent].add(forecasts[node]);
                }
            }
            for (node, parent) in forest.downward() {
                if let Some(parent) = parent {
                    forecasts[node] = forecasts[parent] * children[parent].share(forecasts[node]);
                }
            }
            for (series, above) in forest.leaves() {
                bottom[series] = forecasts[above] * children[above].share(bottom[series]);
            }
        }
        bottom
    }
}

/// Forecasts that share one parent.
#[derive(Clone, Copy, Default)]
struct Siblings {
    sum: f64,
    count: f64,
}

impl Siblings {
    fn add(&mut self, forecast: f64) {
        self.sum += forecast.max(0.0);
        self.count += 1.0;
    }

    fn share(self, forecast: f64) -> f64 {
        if self.sum > 0.0 { forecast.max(0.0) / self.sum } else { 1.0 / self.count }
    }
}
