//! Forecasts out of all proportion to what was ever sold: they must not reach an order.

use rayon::prelude::*;

use super::node::Node;
use crate::models::forecast::calibration::largest_sum;
use crate::publication::OwnAudit;

/// Times the largest demand that any product, or this sum, ever had over as many days.
const LARGEST_GROWTH: f64 = 10.0;
/// Times the largest of its own, where that is less: what has sold once may sell a hundred times that, as its neighbours do.
const LARGEST_OWN_GROWTH: f64 = 1_000.0;
/// Units that are in proportion to any history.
const SMALL: f64 = 10.0;
/// Days of history that say what is in proportion; a younger product is held against the largest of its neighbours.
const MIN_HISTORY_DAYS: usize = 28;

/// Looks at the highest quantile of a day and of all days of every node.
pub(super) fn audit(nodes: &[Node]) -> OwnAudit {
    let horizon = nodes.first().map_or(0, |node| node.mean.len());
    let largest_series = |length: usize| {
        let series = nodes.par_iter().filter(|node| node.is_series());
        series.map(|node| largest_sum(&node.history, length)).reduce(|| 0.0, f64::max)
    };
    let of_any = [1, horizon].map(largest_series);
    let mut offending: Vec<(f64, String)> =
        nodes.par_iter().filter_map(|node| offence(node, horizon, of_any)).collect();
    offending.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| left.1.cmp(&right.1)));
    OwnAudit {
        name: "forecasts_are_in_proportion",
        meaning: format!(
            "no quantile of demand lies beyond {LARGEST_GROWTH} times the largest sum that any product ever sold in as many days, or \
             {LARGEST_OWN_GROWTH} times its own; look at the sales of what is named"
        ),
        offending: offending.into_iter().map(|(_, text)| text).collect(),
    }
}

/// How many times too large, and in words.
fn offence(node: &Node, horizon: usize, of_any: [f64; 2]) -> Option<(f64, String)> {
    let highest = |rows: &[Vec<f64>]| rows.iter().filter_map(|row| row.last()).fold(0.0, |most, q| f64::max(most, *q));
    let found = [highest(&node.quantiles.per_period), highest(&node.quantiles.total)];
    let of_days = [1, horizon].into_iter().zip(found).zip(of_any).map(|((days, found), of_any)| {
        let known = node.history.iter().filter(|units| units.is_finite()).count() >= MIN_HISTORY_DAYS;
        let own = largest_sum(&node.history, days);
        let as_neighbours = LARGEST_GROWTH * of_any;
        let most = match (node.is_series(), known) {
            (true, true) => (LARGEST_OWN_GROWTH * own.max(1.0)).min(as_neighbours),
            (true, false) => as_neighbours,
            // A sum may be larger than any product; one of a few sales is as uncertain as they are.
            (false, _) => (LARGEST_OWN_GROWTH * own.max(1.0)).min(as_neighbours).max(LARGEST_GROWTH * own),
        };
        (found / most.max(SMALL), days, found, own)
    });
    let (times, days, found, sold) = of_days.max_by(|left, right| left.0.total_cmp(&right.0))?;
    let span = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
    (times > 1.0).then(|| {
        (
            times,
            format!(
                "{} {}: up to {found:.0} units in {span}, at most {sold:.0} were ever sold",
                node.level(),
                node.name()
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::node_key::{NodeKey, PRODUCT_LOCATION};
    use super::*;
    use crate::models::forecast::origins::Backtest;
    use crate::models::forecast::{DemandQuantiles, QuantileBasis};

    fn node(name: &str, history: Vec<f64>, highest: f64) -> Node {
        let rows = vec![vec![1.0, highest]; 4];
        Node {
            key: NodeKey::new(PRODUCT_LOCATION, name),
            unit: String::new(),
            children: vec![0],
            method: "blend".to_owned(),
            mean: vec![1.0; 4],
            backtest: Backtest::default(),
            quantiles: DemandQuantiles {
                levels: vec![0.5, 0.99],
                per_period: rows.clone(),
                total: rows,
                basis: QuantileBasis::WideDefault,
            },
            window_quantiles: Vec::new(),
            history,
        }
    }

    #[test]
    fn a_quantile_beyond_ten_times_the_largest_sale_is_named_with_both() {
        let nodes = [
            node("sound", vec![20.0; 60], 199.0),
            node("astray", vec![20.0; 60], 4_000_000.0),
            node("slow", [vec![0.0; 59], vec![1.0]].concat(), 10.0),
            // Three days say nothing: its neighbours do.
            node("new", vec![1.0; 3], 150.0),
        ];
        assert_eq!(
            audit(&nodes).offending,
            ["product_location astray: up to 4000000 units in a day, at most 20 were ever sold",]
        );
    }
}
