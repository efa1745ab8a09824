//! Safety stock in a network where each stage promises a time: the guaranteed-service model.
//!
//! A stage that waits SI for its inputs, takes T and promises S holds k σ √(SI + T - S). Graves and Willems, Manufacturing & Service
//! Operations Management 2 (2000), 68-83; Snyder and Shen, 2nd ed., chapter 6. A serial line is a tree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check::{FormulaError, entries, non_negative, refused, too_large};

/// Most stages.
const MOST_NODES: usize = 10_000;
/// Most pairs of times over all stages.
const MOST_PAIRS: usize = 300_000_000;

/// A stage. Times are whole periods.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its number.
    pub id: u32,
    /// Periods its own work takes.
    pub processing_time: u32,
    /// Periods it waits for inputs from outside the network; none without them.
    pub external_inbound_cst: Option<u32>,
    /// Longest time it may promise to those outside the network; needed where nobody inside follows.
    pub external_outbound_cst: Option<u32>,
    /// Cost of a unit on its shelf for a period.
    pub holding_cost: f64,
    /// k: standard deviations of demand that safety stock covers.
    pub demand_bound_constant: f64,
    /// Standard deviation of the demand of a period from outside the network, units; none without such demand.
    pub demand_sd: Option<f64>,
    /// Numbers of the stages it takes from.
    pub preds: Vec<u32>,
    /// Numbers of the stages that take from it.
    pub succs: Vec<u32>,
}

/// Stages that form a tree: between any two there is one way.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Stages, in any order.
    pub nodes: Vec<Node>,
}

/// The cheapest promises.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Promises {
    /// Periods each stage promises, by its number.
    pub committed_service_times: BTreeMap<u32, u32>,
    /// Safety stock of each stage, units, by its number.
    pub safety_stocks: BTreeMap<u32, f64>,
    /// Cost of all safety stock for a period.
    pub cost: f64,
}

/// The network with places for numbers, and each stage's way to the root, which is the first stage.
struct Tree<'a> {
    nodes: &'a [Node],
    preds: Vec<Vec<usize>>,
    succs: Vec<Vec<usize>>,
    /// k σ of each stage, σ of all demand that passes through it.
    bounds: Vec<f64>,
    /// Stages from the root outwards.
    order: Vec<usize>,
    parents: Vec<Option<usize>>,
    /// Longest time that is looked at.
    longest: usize,
}

impl<'a> Tree<'a> {
    fn of(network: &'a Network) -> Result<Self, FormulaError> {
        let nodes = &network.nodes[..];
        entries("nodes", nodes.len(), MOST_NODES)?;
        let places: BTreeMap<u32, usize> = nodes.iter().enumerate().map(|(place, node)| (node.id, place)).collect();
        if places.len() < nodes.len() {
            return Err(refused("nodes", "a list with a number twice", "each `id` once"));
        }
        let find = |field: &str, ids: &[u32]| -> Result<Vec<usize>, FormulaError> {
            ids.iter()
                .map(|id| places.get(id).copied().ok_or_else(|| refused(field, id, "the `id` of a node")))
                .collect()
        };
        let mut preds = Vec::with_capacity(nodes.len());
        let mut succs = Vec::with_capacity(nodes.len());
        for node in nodes {
            preds.push(find("preds", &node.preds)?);
            succs.push(find("succs", &node.succs)?);
            non_negative("holding_cost", node.holding_cost)?;
            non_negative("demand_bound_constant", node.demand_bound_constant)?;
            non_negative("demand_sd", node.demand_sd.unwrap_or(0.0))?;
            if node.succs.is_empty() && node.external_outbound_cst.is_none() {
                let allowed = format!("a time for node {}, which nobody in the network follows", node.id);
                return Err(refused("external_outbound_cst", "missing", allowed));
            }
        }
        let edges = |lists: &[Vec<usize>], turned: bool| -> Vec<(usize, usize)> {
            let pairs = lists.iter().enumerate().flat_map(|(a, list)| list.iter().map(move |b| (a, *b)));
            let mut pairs: Vec<_> = pairs.map(|(a, b)| if turned { (b, a) } else { (a, b) }).collect();
            pairs.sort_unstable();
            pairs
        };
        let forwards = edges(&succs, false);
        if forwards != edges(&preds, true) {
            return Err(refused("preds", "not the reverse of `succs`", "each link in both lists, once"));
        }
        let (order, parents) = outwards(&preds, &succs);
        if order.len() < nodes.len() || forwards.len() + 1 != nodes.len() {
            let found =
                format!("{} nodes with {} links, {} of them connected", nodes.len(), forwards.len(), order.len());
            return Err(refused("nodes", found, "a tree: all connected, one link fewer than nodes"));
        }
        let times: u64 = nodes.iter().map(|node| u64::from(node.processing_time)).sum();
        let waits = nodes.iter().filter_map(|node| node.external_inbound_cst).max().unwrap_or(0);
        let longest = usize::try_from(times + u64::from(waits)).unwrap_or(usize::MAX);
        let pairs = longest.saturating_add(1).saturating_mul(longest.saturating_add(1)).saturating_mul(nodes.len());
        if pairs > MOST_PAIRS {
            return Err(too_large("processing_time", "too many times for so many nodes; use longer periods"));
        }
        let bounds = bounds(nodes, &preds, &succs);
        Ok(Self { nodes, preds, succs, bounds, order, parents, longest })
    }

    /// Safety stock of a stage; `None` for a pair of times it cannot have.
    fn stock(&self, place: usize, promised: usize, waited: usize) -> Option<f64> {
        let node = &self.nodes[place];
        let fits = waited >= node.external_inbound_cst.unwrap_or(0) as usize
            && node.external_outbound_cst.is_none_or(|most| promised <= most as usize);
        let total = waited + node.processing_time as usize;
        (fits && promised <= total).then(|| self.bounds[place] * ((total - promised) as f64).sqrt())
    }
}

/// Standard deviations times the constant: a stage sees the demand of all that follow it.
fn bounds(nodes: &[Node], preds: &[Vec<usize>], succs: &[Vec<usize>]) -> Vec<f64> {
    let mut variances: Vec<f64> = nodes.iter().map(|node| node.demand_sd.unwrap_or(0.0).powi(2)).collect();
    let mut open: Vec<usize> = succs.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> = (0..nodes.len()).filter(|place| open[*place] == 0).collect();
    while let Some(place) = ready.pop() {
        for before in &preds[place] {
            variances[*before] += variances[place];
            open[*before] -= 1;
            if open[*before] == 0 {
                ready.push(*before);
            }
        }
    }
    nodes.iter().zip(&variances).map(|(node, variance)| node.demand_bound_constant * variance.sqrt()).collect()
}

/// Stages from the first outwards, as far as they are connected, with the one each was reached from.
fn outwards(preds: &[Vec<usize>], succs: &[Vec<usize>]) -> (Vec<usize>, Vec<Option<usize>>) {
    let mut parents = vec![None; preds.len()];
    let mut seen = vec![false; preds.len()];
    let mut order = vec![0];
    seen[0] = true;
    let mut next = 0;
    while next < order.len() {
        let place = order[next];
        next += 1;
        for neighbour in preds[place].iter().chain(&succs[place]) {
            if !seen[*neighbour] {
                seen[*neighbour] = true;
                parents[*neighbour] = Some(place);
                order.push(*neighbour);
            }
        }
    }
    (order, parents)
}

/// The cheapest branch behind a link, by the time at the near end: its cost, and the times (promised, waited) of the stage behind.
type Branch = Vec<(f64, usize, usize)>;

/// The cheapest promises of a tree: each branch's cost by the time at its link, from the ends to the root, and the choices back out.
///
/// # Errors
/// [`FormulaError`] where the stages form no tree, a number is outside what is allowed, or there are too many times.
pub fn guaranteed_service(network: &Network) -> Result<Promises, FormulaError> {
    let tree = Tree::of(network)?;
    let size = tree.longest + 1;
    let mut branches: Vec<Branch> = vec![Vec::new(); tree.nodes.len()];
    let mut cheapest = (f64::INFINITY, 0, 0);
    for place in tree.order.iter().rev().copied() {
        let children = |list: &[usize]| -> Vec<usize> {
            list.iter().copied().filter(|other| tree.parents[*other] == Some(place)).collect()
        };
        let sums = |list: &[usize]| -> Vec<f64> {
            let children = children(list);
            (0..size).map(|time| children.iter().map(|child| branches[*child][time].0).sum()).collect()
        };
        let (before, after) = (sums(&tree.preds[place]), sums(&tree.succs[place]));
        let is_before_parent = tree.parents[place].is_some_and(|parent| tree.succs[place].contains(&parent));
        // The best pair for each time on the side of the parent.
        let mut best: Branch = vec![(f64::INFINITY, 0, 0); size];
        for (promised, behind) in after.iter().enumerate() {
            for (waited, ahead) in before.iter().enumerate() {
                let Some(stock) = tree.stock(place, promised, waited) else { continue };
                let cost = tree.nodes[place].holding_cost * stock + behind + ahead;
                let near = if is_before_parent { promised } else { waited };
                if cost < best[near].0 {
                    best[near] = (cost, promised, waited);
                }
            }
        }
        // A stage may wait longer than it is promised to, and be promised less than it would wait.
        if is_before_parent {
            (1..size).for_each(|time| best[time] = cheaper(best[time - 1], best[time]));
        } else {
            (1..size).rev().for_each(|time| best[time - 1] = cheaper(best[time - 1], best[time]));
        }
        if tree.parents[place].is_none() {
            cheapest = best.iter().copied().fold(cheapest, cheaper);
        }
        branches[place] = best;
    }
    if !cheapest.0.is_finite() {
        return Err(refused("nodes", "a network without possible times", "external times that can be kept"));
    }
    let mut chosen = vec![(0, 0); tree.nodes.len()];
    for place in &tree.order {
        chosen[*place] = match tree.parents[*place] {
            None => (cheapest.1, cheapest.2),
            Some(parent) => {
                let near = if tree.succs[*place].contains(&parent) { chosen[parent].1 } else { chosen[parent].0 };
                let (_, promised, waited) = branches[*place][near];
                (promised, waited)
            }
        };
    }
    let ids = || tree.nodes.iter().map(|node| node.id);
    let stocks = (0..chosen.len()).map(|i| tree.stock(i, chosen[i].0, chosen[i].1).unwrap_or(0.0));
    Ok(Promises {
        committed_service_times: ids().zip(chosen.iter().map(|(promised, _)| *promised as u32)).collect(),
        safety_stocks: ids().zip(stocks).collect(),
        cost: cheapest.0,
    })
}

fn cheaper(a: (f64, usize, usize), b: (f64, usize, usize)) -> (f64, usize, usize) {
    if b.0 < a.0 { b } else { a }
}
