//! Identities that hold for any inputs.

use proptest::prelude::*;
use serde_json::json;

use crate::inventory::formulas::{FormulaError, formula, lot_size, min_max, policy, reorder_point, service_time};

fn evaluated(name: &str, inputs: serde_json::Value) -> Result<serde_json::Value, FormulaError> {
    formula(name).unwrap_or_else(|| panic!("no formula `{name}`")).evaluate(inputs)
}

/// n(x) - n̄(x) = mean - x, and none is below 0.
fn check_losses(name: &str, inputs: serde_json::Value, mean: f64) -> Result<(), TestCaseError> {
    let x = inputs["x"].as_f64().unwrap();
    let found = evaluated(name, inputs).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let (n, n_bar) = (found["n"].as_f64().unwrap(), found["n_bar"].as_f64().unwrap());
    let off = (n - n_bar - (mean - x)).abs();
    prop_assert!(off <= 1e-9 * (1.0 + mean.abs() + x.abs()), "{}: {} {} of {}, off by {}", name, n, n_bar, mean, off);
    prop_assert!(n >= 0.0 && n_bar >= 0.0);
    Ok(())
}

/// Least cost of all plans that order in some periods.
fn brute_force(lots: &lot_size::Lots) -> f64 {
    let n = lots.demand.len();
    let cost_of = |orders: u32| {
        let (mut cost, mut last) = (0.0, None);
        for (t, demand) in lots.demand.iter().enumerate() {
            if orders >> t & 1 == 1 {
                cost += lots.fixed_cost;
                last = Some(t);
            }
            match last {
                Some(last) => cost += (t - last) as f64 * lots.holding_cost * demand,
                None if *demand > 0.0 => return f64::INFINITY,
                None => {}
            }
        }
        cost
    };
    (0..1_u32 << n).map(cost_of).fold(f64::INFINITY, f64::min)
}

/// A tree of stages: each after the first is linked to an earlier one, before or after it.
fn network(links: &[(usize, bool)], times: &[u32]) -> service_time::Network {
    let mut nodes: Vec<service_time::Node> = (0..=links.len())
        .map(|place| service_time::Node {
            id: 10 + place as u32,
            processing_time: times[place],
            external_inbound_cst: None,
            external_outbound_cst: None,
            holding_cost: 1.0 + f64::from(times[(place + 3) % times.len()]),
            demand_bound_constant: 1.5,
            demand_sd: None,
            preds: Vec::new(),
            succs: Vec::new(),
        })
        .collect();
    for (place, (other, is_before)) in links.iter().enumerate() {
        let (place, other) = (place + 1, other % (place + 1));
        let (from, to) = if *is_before { (place, other) } else { (other, place) };
        let (from_id, to_id) = (nodes[from].id, nodes[to].id);
        nodes[from].succs.push(to_id);
        nodes[to].preds.push(from_id);
    }
    for (node, time) in nodes.iter_mut().zip(times) {
        if node.succs.is_empty() {
            (node.external_outbound_cst, node.demand_sd) = (Some(time % 2), Some(1.0 + f64::from(*time)));
        }
        node.external_inbound_cst = (node.preds.is_empty() && *time == 2).then_some(1);
    }
    service_time::Network { nodes }
}

/// Cost of promises, with every stage waiting for its slowest input; infinite where they cannot be kept.
fn cost_of(network: &service_time::Network, promised: &[u32]) -> f64 {
    let place = |id: &u32| network.nodes.iter().position(|node| node.id == *id).unwrap();
    // Demand of all that follow, one way to each.
    let variance = |start: usize| {
        let (mut sum, mut open) = (0.0, vec![start]);
        while let Some(at) = open.pop() {
            sum += network.nodes[at].demand_sd.unwrap_or(0.0).powi(2);
            open.extend(network.nodes[at].succs.iter().map(place));
        }
        sum
    };
    let mut cost = 0.0;
    for (at, node) in network.nodes.iter().enumerate() {
        let waited = node.preds.iter().map(|id| promised[place(id)]).max().unwrap_or(0);
        let total = waited.max(node.external_inbound_cst.unwrap_or(0)) + node.processing_time;
        if promised[at] > total || node.external_outbound_cst.is_some_and(|most| promised[at] > most) {
            return f64::INFINITY;
        }
        let spread = node.demand_bound_constant * variance(at).sqrt();
        cost += node.holding_cost * spread * f64::from(total - promised[at]).sqrt();
    }
    cost
}

proptest! {
    #[test]
    fn shortage_less_leftover_is_the_mean_less_the_level(x in -20.0..80.0_f64, a in 0.5..30.0_f64, b in 0.05..0.95_f64) {
        check_losses("loss_normal", json!({"x": x, "mean": a, "sd": 10.0 * b}), a)?;
        check_losses("loss_lognormal", json!({"x": x, "mu": 3.0 * b, "sigma": b}), (3.0 * b + 0.5 * b * b).exp())?;
        check_losses("loss_gamma", json!({"x": x, "a": a, "b": b}), a * b)?;
        check_losses("loss_uniform", json!({"x": x, "a": a, "b": a + 10.0 * b}), a + 5.0 * b)?;
        check_losses("loss_exponential", json!({"x": x, "mu": b}), 1.0 / b)?;
        check_losses("loss_poisson", json!({"x": x, "mean": a}), a)?;
        check_losses("loss_negative_binomial", json!({"x": x, "r": a, "p": b}), a * (1.0 - b) / b)?;
        check_losses("loss_geometric", json!({"x": x, "p": b}), 1.0 / b)?;
    }

    #[test]
    fn batches_lift_the_position_above_the_reorder_point_and_not_by_more_than_needed(
        r in -50_i32..50, quantity in 1_i32..40, position in -500_i32..100,
    ) {
        let (r, quantity, position) = (f64::from(r), f64::from(quantity), f64::from(position));
        let batches = policy::Policy::Batches { reorder_point: r, order_quantity: quantity };
        let inputs = policy::Positions { policy: batches, inventory_positions: vec![position] };
        let order = policy::order_quantity(&inputs).unwrap().order_qty[0];
        let after = position + order;
        prop_assert!(order % quantity == 0.0 && after > r);
        prop_assert!(order == 0.0 || after <= r + quantity);
        prop_assert_eq!(order > 0.0, position <= r);
    }

    #[test]
    fn the_best_lots_are_those_of_brute_force(
        demand in prop::collection::vec(prop_oneof![Just(0_u32), 0..60_u32], 1..9), fixed in 0..300_u32, holding in 0..5_u32,
    ) {
        let demand: Vec<f64> = demand.into_iter().map(f64::from).collect();
        let lots = lot_size::Lots { num_periods: None, holding_cost: holding.into(), fixed_cost: fixed.into(), demand };
        let plan = lot_size::wagner_whitin(&lots).unwrap();
        prop_assert_eq!(plan.cost, brute_force(&lots));
        // Demand is met in time and exactly.
        let (mut stock, mut cost) = (0.0, 0.0);
        for (order, demand) in plan.order_quantities.iter().zip(&lots.demand) {
            cost += if *order > 0.0 { lots.fixed_cost } else { 0.0 };
            stock += order - demand;
            prop_assert!(stock >= 0.0);
            cost += stock * lots.holding_cost;
        }
        prop_assert!(stock == 0.0 && cost == plan.cost);
        let ordered_each = lots.demand.iter().filter(|demand| **demand > 0.0).count() as f64 * lots.fixed_cost;
        prop_assert!(plan.cost <= ordered_each);
        let at_once: f64 = lots.demand.iter().enumerate().map(|(t, demand)| t as f64 * demand).sum();
        prop_assert!(plan.cost <= lots.fixed_cost + at_once * lots.holding_cost);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_exact_min_max_policy_is_that_of_brute_force(
        weights in prop::collection::vec(1_u32..10, 2..6), stockout in 1_u32..12, fixed in 0_u32..25,
    ) {
        let all: u32 = weights.iter().sum();
        let mass: Vec<f64> = weights.iter().map(|weight| f64::from(*weight) / f64::from(all)).collect();
        let item = min_max::Item {
            holding_cost: 1.0, stockout_cost: stockout.into(), fixed_cost: fixed.into(), use_poisson: false,
            demand_mean: None, demand_hi: None, demand_pmf: Some(mass),
        };
        let found = min_max::exact(&item).unwrap();
        let mut best = f64::INFINITY;
        for s in -25..8 {
            for level in s + 1..20 {
                let cost = min_max::cost(&min_max::ItemWithPolicy {
                    reorder_point: s, order_up_to_level: level, holding_cost: 1.0, stockout_cost: stockout.into(),
                    fixed_cost: fixed.into(), use_poisson: false, demand_mean: None, demand_hi: None,
                    demand_pmf: item.demand_pmf.clone(),
                });
                best = best.min(cost.unwrap().cost);
            }
        }
        prop_assert!((found.cost - best).abs() < 1e-9, "{:?}, brute force {}", found, best);
    }

    #[test]
    fn the_best_reorder_point_is_no_dearer_than_its_neighbours(quantity in 1.0..500.0_f64, stockout in 0.5..20.0_f64, sd in 1.0..80.0_f64) {
        let inputs = json!({"order_quantity": quantity, "holding_cost": 1, "stockout_cost": stockout, "demand_mean": 100, "demand_sd": sd,
            "lead_time": 2});
        let r = evaluated("r_q_optimal_r", inputs.clone()).unwrap()["reorder_point"].as_f64().unwrap();
        let cost = |r: f64| {
            let mut inputs = inputs.clone();
            inputs["reorder_point"] = json!(r);
            inputs["fixed_cost"] = json!(50);
            evaluated("r_q_cost", inputs).unwrap()["cost"].as_f64().unwrap()
        };
        for step in [0.01 * sd, 0.5 * sd] {
            prop_assert!(cost(r) <= cost(r - step) * (1.0 + 1e-12) && cost(r) <= cost(r + step) * (1.0 + 1e-12));
        }
    }

    #[test]
    fn the_cheapest_promises_are_those_of_brute_force(
        links in prop::collection::vec((0..4_usize, any::<bool>()), 0..4), times in prop::collection::vec(0..3_u32, 4),
    ) {
        let network = network(&links, &times);
        let n = network.nodes.len();
        let longest = 1 + network.nodes.iter().map(|node| node.processing_time).sum::<u32>();
        let mut best = f64::INFINITY;
        for all in 0..(longest + 1).pow(n as u32) {
            let promised: Vec<u32> = (0..n as u32).map(|i| all / (longest + 1).pow(i) % (longest + 1)).collect();
            best = best.min(cost_of(&network, &promised));
        }
        let found = service_time::guaranteed_service(&network).unwrap();
        prop_assert!((found.cost - best).abs() < 1e-9, "{:?}, brute force {}", found, best);
        let promised: Vec<u32> = network.nodes.iter().map(|node| found.committed_service_times[&node.id]).collect();
        prop_assert!((cost_of(&network, &promised) - best).abs() < 1e-9, "{:?}, brute force {}", found, best);
    }

    #[test]
    fn the_best_poisson_reorder_point_is_that_of_brute_force(mean in 0.2..4.0_f64, stockout in 1.0..30.0_f64, fixed in 0.0..40.0_f64) {
        let item = reorder_point::PoissonItem {
            holding_cost: 2.0, stockout_cost: stockout, fixed_cost: fixed, demand_mean: mean, lead_time: 1.5,
        };
        let found = reorder_point::poisson_exact(&item).unwrap();
        let at = |y: i32| {
            let found = evaluated("loss_poisson", json!({"x": y, "mean": 1.5 * mean})).unwrap();
            2.0 * found["n_bar"].as_f64().unwrap() + stockout * found["n"].as_f64().unwrap()
        };
        let costs: Vec<f64> = (-30..60).map(at).collect();
        let mut best = f64::INFINITY;
        for first in 0..costs.len() {
            let mut sum = fixed * mean;
            for (count, cost) in costs[first..].iter().enumerate() {
                sum += cost;
                best = best.min(sum / (count + 1) as f64);
            }
        }
        prop_assert!((found.cost - best).abs() < 1e-9 * best, "{:?}, brute force {}", found, best);
    }

    #[test]
    fn the_first_of_several_periods_keeps_its_bounds(fixed in 0.0..200.0_f64, stockout in 3.0..30.0_f64, later in 0.8..1.0_f64) {
        let inputs = json!({"num_periods": 6, "holding_cost": 1, "stockout_cost": stockout, "terminal_holding_cost": 1,
            "terminal_stockout_cost": stockout, "purchase_cost": 2, "fixed_cost": fixed, "demand_mean": 40, "demand_sd": 9,
            "discount_factor": later});
        let bounds = evaluated("myopic_bounds", inputs.clone()).unwrap();
        let found = evaluated("finite_horizon", inputs).unwrap();
        let (s, level) = (found["reorder_points"][0].as_f64().unwrap(), found["order_up_to_levels"][0].as_f64().unwrap());
        let bound = |name: &str| bounds[name].as_f64().unwrap();
        prop_assert!(bound("s_lower") - 1.0 <= s && s <= bound("s_upper") + 1.0, "{} {}", found, bounds);
        prop_assert!(bound("S_lower") - 1.0 <= level && level <= bound("S_upper") + 1.0, "{} {}", found, bounds);
    }
}
