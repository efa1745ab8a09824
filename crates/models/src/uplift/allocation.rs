//! Spending a budget on the customers that return most per unit of cost.

/// One customer who may be contacted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The caller's index of the customer.
    pub customer: usize,
    /// Expected gain from contacting, before its cost: uplift times margin, in money.
    pub expected_value: f64,
    /// Expected cost of contacting, in money (mail, discount times redemption rate); not below 0.
    pub cost: f64,
}

/// Who is contacted, and how far from the best possible list this can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Allocation {
    /// Customers in the order they were chosen (best value per cost first).
    pub chosen: Vec<usize>,
    /// Sum of their costs; never above the budget.
    pub spent: f64,
    /// Sum of `expected_value - cost` over the chosen.
    pub net_value: f64,
    /// No list within the budget can have a net value above this (the linear relaxation, Dantzig 1957).
    pub net_value_bound: f64,
}

/// Fills a budget greedily by value per cost.
///
/// Only candidates whose expected value exceeds their cost are considered. They are taken by `expected_value / cost`
/// from high to low (free ones first), then by higher value, then by lower customer index; one that does not fit is
/// skipped and smaller ones behind it are still tried. The loss against the best list is less than the net value of
/// the first candidate that does not fit, and [`Allocation::net_value_bound`] reports the bound itself: with thousands of coupons
/// of similar cost the gap is far below a thousandth. Candidates with NaN, infinite or negative-cost entries are never chosen.
///
/// ```
/// use nightclerk_models::uplift::{Candidate, allocate};
/// let candidates = [
///     Candidate { customer: 0, expected_value: 3.0, cost: 1.0 },
///     Candidate { customer: 1, expected_value: 9.0, cost: 2.0 },
///     Candidate { customer: 2, expected_value: 0.5, cost: 1.0 },
/// ];
/// assert_eq!(allocate(&candidates, 10.0).chosen, vec![1, 0]); // customer 2 costs more than they bring
/// ```
pub fn allocate(candidates: &[Candidate], budget: f64) -> Allocation {
    let mut worthwhile: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| candidate.expected_value.is_finite() && candidate.cost.is_finite() && candidate.cost >= 0.0)
        .filter(|candidate| candidate.expected_value > candidate.cost)
        .collect();
    worthwhile.sort_by(|a, b| {
        ratio(b)
            .total_cmp(&ratio(a))
            .then(b.expected_value.total_cmp(&a.expected_value))
            .then(a.customer.cmp(&b.customer))
    });
    let mut plan = Allocation { chosen: Vec::new(), spent: 0.0, net_value: 0.0, net_value_bound: 0.0 };
    let mut relaxed_spent = Some(0.0);
    for candidate in worthwhile {
        let net = candidate.expected_value - candidate.cost;
        if let Some(spent) = relaxed_spent {
            let left = (budget - spent).max(0.0);
            if candidate.cost <= left {
                plan.net_value_bound += net;
                relaxed_spent = Some(spent + candidate.cost);
            } else {
                plan.net_value_bound += net * left / candidate.cost;
                relaxed_spent = None;
            }
        }
        if plan.spent + candidate.cost <= budget {
            plan.chosen.push(candidate.customer);
            plan.spent += candidate.cost;
            plan.net_value += net;
        }
    }
    plan
}

fn ratio(candidate: &Candidate) -> f64 {
    if candidate.cost > 0.0 { candidate.expected_value / candidate.cost } else { f64::INFINITY }
}
