//! The stepwise search for an order.
//!
//! Source: Hyndman and Khandakar, "Automatic time series forecasting: the forecast package for R", Journal of Statistical
//! Software 27(3) (2008), section 3. Start from four models, move to the best neighbour as soon as one is better, stop
//! when none is. What is new here is cost: every candidate starts from its neighbour's optimum, and is given up as soon
//! as the linear model of its first steps says that it cannot win.

use std::collections::BTreeSet;

use super::arma::Blocks;
use super::estimation::{Minimum, Workspace, common_factor_start, hannan_rissanen, minimise, warm_start};
use super::objective::Objective;
use super::order::ArimaOrder;
use super::polynomial::roots_outside;

/// Models tried at most.
const MAX_MODELS: usize = 94;
/// Roots with a modulus below this are refused, factor by factor. It keeps autoregressive roots that nearly are differences
/// (1.01 is usual elsewhere): refusing them costs accuracy on weekly and daily series.
const MIN_ROOT: f64 = 1.0001;
/// Relative gain per step below which the search stops refining a candidate.
const SEARCH_TOLERANCE: f64 = 1e-5;
/// The same while several starts compete ...
const ROUGH_TOLERANCE: f64 = 1e-4;
/// ... and for the model that is kept.
const FINAL_TOLERANCE: f64 = 1e-11;
/// Candidates refined at the end: those within this AICc of the best ...
const REFINE_WITHIN: f64 = 2.0;
/// ... and at most this many.
const REFINE_AT_MOST: usize = 3;

/// An estimated candidate.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) order: ArimaOrder,
    pub(super) u: Vec<f64>,
    pub(super) aicc: f64,
}

/// Largest orders that the search may try.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Of p and q.
    pub(super) terms: usize,
    /// Of P and Q.
    pub(super) seasonal_terms: usize,
    /// Whether a constant may be estimated.
    pub(super) constant: bool,
}

impl Bounds {
    fn allow(&self, order: &ArimaOrder) -> bool {
        order.p.max(order.q) <= self.terms
            && order.seasonal_p.max(order.seasonal_q) <= self.seasonal_terms
            && (self.constant || !order.constant)
    }
}

pub(super) struct Search<'a> {
    objective: &'a mut Objective,
    work: Workspace,
    bounds: Bounds,
    tried: BTreeSet<ArimaOrder>,
    pub(super) found: Vec<Candidate>,
}

impl<'a> Search<'a> {
    pub(super) fn new(objective: &'a mut Objective, bounds: Bounds) -> Search<'a> {
        Search { objective, work: Workspace::default(), bounds, tried: BTreeSet::new(), found: Vec::new() }
    }

    /// Runs the search; candidates by AICc in `found`, best first.
    pub(super) fn run(&mut self) {
        let base = self.objective.order;
        let with =
            |p, q, seasonal_p, seasonal_q, constant| ArimaOrder { p, q, seasonal_p, seasonal_q, constant, ..base };
        let bounds = self.bounds;
        let (c, seasonal, plain) = (bounds.constant, bounds.seasonal_terms.min(1), bounds.terms.min(1));
        let mut best: Option<Candidate> = None;
        let mut starts = vec![
            with(0, 0, 0, 0, c),
            with(plain, 0, seasonal, 0, c),
            with(0, plain, 0, seasonal, c),
            with(bounds.terms.min(2), bounds.terms.min(2), seasonal, seasonal, c),
        ];
        if c {
            starts.push(with(0, 0, 0, 0, false));
        }
        for order in starts {
            self.consider(order, &mut best);
        }
        while let Some(current) = best.clone() {
            let improved = neighbours(&current.order).into_iter().any(|order| self.consider(order, &mut best));
            if !improved || self.tried.len() >= MAX_MODELS {
                break;
            }
        }
        self.found.sort_by(|a, b| a.aicc.total_cmp(&b.aicc));
    }

    /// Estimates one order unless tried; true when it beats `best`, which it then replaces.
    fn consider(&mut self, order: ArimaOrder, best: &mut Option<Candidate>) -> bool {
        if self.tried.len() >= MAX_MODELS || !self.bounds.allow(&order) || !self.tried.insert(order) {
            return false;
        }
        self.objective.order = order;
        let bar = best.as_ref().map(|best| sum_of_squares_at(self.objective, best.aicc));
        let mut minimum: Option<Minimum> = None;
        for start in self.starts_of(&order, best.as_ref()) {
            let next = minimise(self.objective, &mut self.work, start, SEARCH_TOLERANCE, bar);
            if minimum.as_ref().is_none_or(|minimum| next.s < minimum.s) {
                minimum = Some(next);
            }
        }
        let Some(Minimum { u, s, abandoned }) = minimum else {
            return false;
        };
        let aicc = self.objective.aicc(s);
        if abandoned || !aicc.is_finite() || !is_acceptable(&u, &order) {
            return false;
        }
        let candidate = Candidate { order, u, aicc };
        self.found.push(candidate.clone());
        if best.as_ref().is_none_or(|best| aicc < best.aicc) {
            *best = Some(candidate);
            return true;
        }
        false
    }

    /// The better of the neighbour's optimum and Hannan and Rissanen's regressions; and for a model with one more term on
    /// both sides, the neighbour once more with a common factor.
    fn starts_of(&mut self, order: &ArimaOrder, best: Option<&Candidate>) -> Vec<Vec<f64>> {
        let mut starts = Vec::new();
        if let Some(best) = best {
            starts.push(warm_start(&best.order, &best.u, order));
        }
        starts.extend(hannan_rissanen(self.objective.differenced(), order));
        let mut buffer = Vec::new();
        let first = starts
            .into_iter()
            .map(|u| (self.objective.evaluate(&u, &mut buffer), u))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map_or_else(|| vec![0.0; order.n_arma()], |(_, u)| u);
        let second = best.and_then(|best| common_factor_start(&best.order, &best.u, order));
        std::iter::once(first).chain(second).collect()
    }
}

/// The best of the leading candidates after full estimation from several starts with the exact likelihood.
pub(super) fn refine(objective: &mut Objective, found: &[Candidate]) -> Option<Candidate> {
    let mut work = Workspace::default();
    let mut best: Option<Candidate> = None;
    let lowest = found.first()?.aicc;
    for (rank, candidate) in found.iter().enumerate() {
        let close = candidate.aicc <= lowest + REFINE_WITHIN && rank < REFINE_AT_MOST;
        if best.is_some() && !close {
            break;
        }
        objective.order = candidate.order;
        let minimum = estimate(objective, &mut work, vec![candidate.u.clone()]);
        let aicc = objective.aicc(minimum.s);
        let acceptable = aicc.is_finite() && is_acceptable(&minimum.u, &candidate.order);
        if acceptable && best.as_ref().is_none_or(|best| aicc < best.aicc) {
            best = Some(Candidate { order: candidate.order, u: minimum.u, aicc });
        }
    }
    best
}

/// Full estimation of the order of `objective`: the lowest of the minima reached from `starts` and from fixed ones.
pub(super) fn estimate(objective: &mut Objective, work: &mut Workspace, mut starts: Vec<Vec<f64>>) -> Minimum {
    let order = objective.order;
    let k = order.n_arma();
    starts.extend(hannan_rissanen(objective.differenced(), &order));
    // Signs that local optima tend to differ by: the moving average against the autoregression.
    let [p, seasonal_p, q, _] = order.blocks();
    for (ar, ma) in [(0.1, -0.1), (0.6, -0.6), (-0.4, 0.4)] {
        starts.push((0..k).map(|i| if i < p + seasonal_p { ar } else { ma } / (1.0 + i as f64 * 0.1)).collect());
    }
    if q > 0 {
        starts.push((0..k).map(|i| if i == p + seasonal_p { -1.2 } else { 0.1 }).collect());
    }
    let mut best: Option<Minimum> = None;
    for start in starts {
        // A second start must promise to beat the first.
        let bar = best.as_ref().map(|best| best.s * (1.0 - ROUGH_TOLERANCE));
        let minimum = minimise(objective, work, start, ROUGH_TOLERANCE, bar);
        if best.as_ref().is_none_or(|best| minimum.s < best.s) {
            best = Some(minimum);
        }
        if k == 0 {
            break;
        }
    }
    let best = best.map_or_else(|| vec![0.0; k], |best| best.u);
    minimise(objective, work, best, FINAL_TOLERANCE, None)
}

/// Whether all roots are far enough from the unit circle.
fn is_acceptable(u: &[f64], order: &ArimaOrder) -> bool {
    let blocks = Blocks::from_free(u, order);
    let negated = |block: &[f64]| block.iter().map(|c| -c).collect::<Vec<f64>>();
    roots_outside(&blocks.ar, MIN_ROOT)
        && roots_outside(&blocks.seasonal_ar, MIN_ROOT)
        && roots_outside(&negated(&blocks.ma), MIN_ROOT)
        && roots_outside(&negated(&blocks.seasonal_ma), MIN_ROOT)
}

/// The sum of squares at which the AICc of the objective's order equals `aicc`.
fn sum_of_squares_at(objective: &Objective, aicc: f64) -> f64 {
    let n = objective.n_effective as f64;
    let penalty = objective.aicc(1.0) + 2.0 * objective.log_likelihood(1.0);
    n / std::f64::consts::TAU * ((aicc - penalty) / n - 1.0).exp()
}

/// Neighbours of an order: one seasonal or ordinary order more or less, both of a pair, the constant.
fn neighbours(order: &ArimaOrder) -> Vec<ArimaOrder> {
    let mut list = Vec::new();
    let mut push = |seasonal: bool, ar: i32, ma: i32| {
        let shift = |value: usize, by: i32| value.checked_add_signed(by as isize);
        let mut next = *order;
        let (first, second) = if seasonal { (order.seasonal_p, order.seasonal_q) } else { (order.p, order.q) };
        let (Some(first), Some(second)) = (shift(first, ar), shift(second, ma)) else {
            return;
        };
        if seasonal {
            (next.seasonal_p, next.seasonal_q) = (first, second);
        } else {
            (next.p, next.q) = (first, second);
        }
        list.push(next);
    };
    for seasonal in [true, false] {
        if seasonal && order.season < 2 {
            continue;
        }
        for (ar, ma) in [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)] {
            push(seasonal, ar, ma);
        }
    }
    list.push(ArimaOrder { constant: !order.constant, ..*order });
    list
}
