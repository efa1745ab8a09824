//! What a night that fits leaves for the nights that only take in a new day.
//!
//! Fitting looks through two years of every series, chooses models, and forecasts from every rolling origin; one more day changes
//! little of that. Between two fits the outliers and shifts found, the responses to promotions, the models and their errors
//! are therefore those of the last fit, while sales, seasons, levels and everything that is summed are as new as the day.
//! Accuracy over rolling origins is that of the fit, and dated so.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::accuracy::{Accuracy, AccuracyRow};
use super::node::{Node, NodeErrors};
use super::node_key::NodeKey;
use super::series_models::SeriesModels;
use super::sum_forecasts::SumModels;

/// The state of a night.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Fitted {
    /// Models of the series.
    pub models: SeriesModels,
    /// Models of the sums, and how far each errs.
    pub sums: SumModels,
    /// Errors of the sums as they are published.
    pub sum_errors: NodeErrors,
    /// Accuracy over the rolling origins, and the challenger's.
    pub accuracy: Accuracy,
}

impl Fitted {
    /// Accuracy over the rolling origins of nodes that are still there.
    pub fn accuracy_of(&self, nodes: &[Node]) -> Accuracy {
        let by_key: HashMap<&NodeKey, &Node> = nodes.iter().map(|node| (&node.key, node)).collect();
        let rows = (self.accuracy.nodes.iter())
            .filter_map(|row| {
                let node = by_key.get(&row.key);
                if node.is_none() && !row.is_whole {
                    return None;
                }
                let series = node.filter(|node| node.is_series()).map(|node| node.children[0]);
                Some(AccuracyRow { series, ..row.clone() })
            })
            .collect();
        Accuracy { nodes: rows, by_horizon: self.accuracy.by_horizon.clone() }
    }
}
