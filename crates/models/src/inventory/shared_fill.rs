//! One fill rate for many lines: who gets how much of it.
//!
//! The cheapest stock that serves a wanted share of all demand does not serve the same share of every line: what is wild, dear to keep and
//! earns little gets less. With the worth `w` of a unit that is served, the cost `c` of a unit that stands on the shelf until the next order
//! arrives, and one multiplier `m` for all lines, each line's stock minimises `c E(S - D)+ + m w E(D - S)+`, whose solution is the critical ratio
//! `P(D <= S) = m w / (m w + c)` of the newsvendor (Silver, Pyke and Thomas, 4th ed., section 6.11.2 on the Lagrangian of a shared target;
//! Thonemann, Brown and Hausman, "Easy quantification of improved spare parts inventory policies", Management Science 48 (2002), 1213-1225, on what it saves). `m` is
//! found by bisection: served demand grows with it.

use statrs::distribution::{ContinuousCDF, Normal};

use super::plan::OrderDays;
use super::protection::{self, Protection};
use super::{InventoryError, MILLI, OrderRequest, ServiceTarget, UnmetDemand};

/// What a line serves, by how safe it is.
#[derive(Debug, Clone, PartialEq)]
pub struct FillCurve {
    /// Fill rate at each of the [`SCORES`], not falling.
    fills: Vec<f64>,
    /// Mean demand between the arrivals of this order and the next, units.
    demand: f64,
}

/// A line of an assortment with a common fill rate.
#[derive(Debug, Clone, Copy)]
pub struct SharingLine<'a> {
    /// What it serves.
    pub curve: &'a FillCurve,
    /// Worth of a unit that is served; above 0.
    pub worth: f64,
    /// Cost of holding a unit, in money, per the same time for all lines; above 0.
    pub holding: f64,
}

/// Normal scores of the services per cycle that are tried; beyond them a line is not planned.
const SCORES: usize = 23;
const LEAST_SCORE: f64 = -2.5;
const SCORE_STEP: f64 = 0.25;

/// Halvings of the logarithm of the multiplier, between these ends: worth and holding of a unit may be in any money.
const HALVINGS: usize = 80;
const MOST_LOG: f64 = 40.0;

/// What a line would serve between the arrivals of this order and the next, at each of several services per cycle, from what is there and
/// what would be ordered. Neither stock beyond what a service asks for is counted nor the rest of a pack: leaning on what lies too full
/// orders too little one month and too much the next, which costs more than it saves where lead times are long. So the lines serve more
/// than is asked for while some lie too full. The request's own target is not read, nor what else limits an order.
///
/// `None` without demand.
///
/// # Errors
/// As [`plan_order`](super::plan_order).
pub fn fill_curve(request: &OrderRequest<'_>) -> Result<Option<FillCurve>, InventoryError> {
    request.outlook.check()?;
    let gaps = OrderDays::of(request.as_of, request.lead_time, request.calendar)?.gaps();
    let protection = Protection::new(&request.outlook, request.lead_time, gaps);
    let stock = request.stock;
    let milli = stock.on_hand_milli.max(0) - stock.reserved_milli.max(0) + stock.on_order_milli.max(0)
        - stock.expected_waste_milli.max(0);
    let position = milli as f64 / MILLI;
    let pairs = (request.unmet == UnmetDemand::IsLost).then(|| protection.pairs());
    let (mut fills, mut most) = (Vec::with_capacity(SCORES), 0.0_f64);
    for at in 0..SCORES {
        let target = ServiceTarget::Cycle(service(score(at)));
        let level = protection.level(target).units;
        let fill = match &pairs {
            None => protection.fill_rate(level),
            Some(pairs) => {
                let position = position.min(level);
                pairs.fill_rate(position, protection::order_where_lost(pairs, target, position, level))
            }
        };
        let Some(fill) = fill else { return Ok(None) };
        most = most.max(fill);
        fills.push(most);
    }
    Ok(Some(FillCurve { fills, demand: protection.between() }))
}

impl FillCurve {
    /// Mean demand between the arrivals of this order and the next, units.
    pub fn demand(&self) -> f64 {
        self.demand
    }
    /// Fill rate at the score of a service per cycle, linear between those tried.
    fn fill(&self, score: f64) -> f64 {
        let place = ((score - LEAST_SCORE) / SCORE_STEP).clamp(0.0, (SCORES - 1) as f64);
        let below = (place as usize).min(SCORES - 2);
        let share = place - below as f64;
        (1.0 - share) * self.fills[below] + share * self.fills[below + 1]
    }
}

/// The service per cycle of each line with which the lines together serve the wanted share of the worth of demand at the least cost of holding
/// stock. Where no service reaches it, all are as safe as can be.
///
/// # Errors
/// [`InventoryError`] for a share that is not strictly between 0 and 1, a worth or a cost that is not above 0.
pub fn share_fill_rate(lines: &[SharingLine<'_>], wanted: f64) -> Result<Vec<f64>, InventoryError> {
    ServiceTarget::FillRate(wanted).check()?;
    let is_amount = |amount: f64| amount.is_finite() && amount > 0.0;
    if let Some(at) = lines.iter().position(|line| !is_amount(line.worth) || !is_amount(line.holding)) {
        let SharingLine { worth, holding, .. } = lines[at];
        return super::refuse(
            "sharing a fill rate",
            format!("line {} is worth {worth} and costs {holding} to hold; give amounts above 0", at + 1),
        );
    }
    let normal = Normal::standard();
    let ratios: Vec<f64> = lines.iter().map(|line| (line.worth / line.holding).ln()).collect();
    // The logit of the critical ratio is the logarithm of `m w / c`.
    let score_at = |log: f64, ratio: f64| {
        let probability = 1.0 / (1.0 + (-(log + ratio)).exp());
        normal.inverse_cdf(probability.clamp(service(LEAST_SCORE), service(score(SCORES - 1))))
    };
    let all: f64 = lines.iter().map(|line| line.worth * line.curve.demand).sum();
    let served = |log: f64| -> f64 {
        let of = |(line, ratio): (&SharingLine<'_>, &f64)| {
            line.worth * line.curve.demand * line.curve.fill(score_at(log, *ratio))
        };
        lines.iter().zip(&ratios).map(of).sum()
    };
    let (mut low, mut high) = (-MOST_LOG, MOST_LOG);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if served(middle) >= wanted * all { high = middle } else { low = middle }
    }
    Ok(ratios.iter().map(|ratio| service(score_at(high, *ratio))).collect())
}

fn score(at: usize) -> f64 {
    LEAST_SCORE + SCORE_STEP * at as f64
}

fn service(score: f64) -> f64 {
    Normal::standard().cdf(score)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::super::{DemandOutlook, LeadTime, OrderCalendar, OrderRules, StockPosition, plan_order};
    use super::*;

    const LEVELS: [f64; 8] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

    /// Totals of independent normal days.
    fn totals(mean: f64, deviation: f64) -> Vec<Vec<f64>> {
        let normal = Normal::standard();
        let total =
            |days: f64, level: f64| (days * mean + deviation * days.sqrt() * normal.inverse_cdf(level)).max(0.0);
        (1..=10).map(|days| LEVELS.iter().map(|level| total(f64::from(days), *level)).collect()).collect()
    }

    /// Runs `f` with the request of a line: ordered daily, there after five days.
    fn with_request<T>((mean, deviation): (f64, f64), unmet: UnmetDemand, f: impl Fn(&OrderRequest<'_>) -> T) -> T {
        let (means, totals) = (vec![mean; 10], totals(mean, deviation));
        let lead_time = LeadTime::from_deliveries(&[], Some(5)).unwrap();
        f(&OrderRequest {
            as_of: NaiveDate::default(),
            target: ServiceTarget::Cycle(0.5),
            unmet,
            outlook: DemandOutlook { levels: &LEVELS, total_quantiles: &totals, mean: &means },
            lead_time: &lead_time,
            calendar: &OrderCalendar::every_day(),
            stock: StockPosition::default(),
            rules: OrderRules::default(),
        })
    }

    /// Fill rate and level.
    fn planned(line: (f64, f64), unmet: UnmetDemand, target: ServiceTarget) -> (f64, f64) {
        with_request(line, unmet, |request| {
            let plan = plan_order(&OrderRequest { target, ..*request }).unwrap();
            (plan.fill_rate.unwrap(), plan.order_up_to_milli as f64 / 1000.0)
        })
    }

    #[test]
    fn the_lines_together_serve_what_is_wanted_with_less_stock_than_if_each_did() {
        let shop = [(20.0, 4.0), (5.0, 15.0), (8.0, 8.0)];
        for unmet in [UnmetDemand::Waits, UnmetDemand::IsLost] {
            let curves: Vec<FillCurve> =
                shop.iter().map(|line| with_request(*line, unmet, fill_curve).unwrap().unwrap()).collect();
            let lines: Vec<SharingLine<'_>> =
                curves.iter().map(|curve| SharingLine { curve, worth: 3.0, holding: 0.1 }).collect();
            for wanted in [0.9, 0.95, 0.98] {
                let services = share_fill_rate(&lines, wanted).unwrap();
                let with = |line: &(f64, f64), service: &f64| {
                    planned(*line, unmet, ServiceTarget::SharedFill { of_all: wanted, service: *service })
                };
                let plans: Vec<_> = shop.iter().zip(&services).map(|(line, service)| with(line, service)).collect();
                let served: f64 = plans.iter().zip(&curves).map(|((fill, _), curve)| fill * curve.demand).sum();
                let all: f64 = curves.iter().map(FillCurve::demand).sum();
                // The demands before and after an arrival are on a grid where demand is lost.
                let near = if unmet == UnmetDemand::IsLost { 0.01 } else { 0.004 };
                assert!((served / all - wanted).abs() < near, "{unmet:?} {wanted}: {}", served / all);
                let stock: f64 = plans.iter().map(|(_, level)| level).sum();
                let alone: f64 = shop.iter().map(|line| planned(*line, unmet, ServiceTarget::FillRate(wanted)).1).sum();
                assert!(stock < 0.995 * alone, "{unmet:?} {wanted}: {stock} against {alone}");
                assert!(services.iter().all(|service| (service - services[0]).abs() < 1e-9), "{services:?}");
            }
        }
    }

    #[test]
    fn what_earns_less_or_costs_more_to_keep_gets_less_and_the_unit_of_money_does_not_matter() {
        let curve = with_request((10.0, 6.0), UnmetDemand::Waits, fill_curve).unwrap().unwrap();
        let services = |worth: [f64; 3], holding: [f64; 3]| {
            let lines: Vec<_> =
                (0..3).map(|at| SharingLine { curve: &curve, worth: worth[at], holding: holding[at] }).collect();
            share_fill_rate(&lines, 0.95).unwrap()
        };
        let found = services([1.0, 2.0, 1.0], [0.1, 0.1, 0.2]);
        assert!(found[1] > found[0] && found[0] > found[2], "{found:?}");
        let in_cents = services([100.0, 200.0, 100.0], [10.0, 10.0, 20.0]);
        assert!(found.iter().zip(&in_cents).all(|(left, right)| (left - right).abs() < 1e-9));
        let bad = share_fill_rate(&[SharingLine { curve: &curve, worth: 0.0, holding: 1.0 }], 0.9).unwrap_err();
        assert!(bad.to_string().contains("line 1 is worth 0"), "{bad}");
    }

    #[test]
    fn without_demand_there_is_no_curve() {
        assert_eq!(with_request((0.0, 0.0), UnmetDemand::Waits, fill_curve).unwrap(), None);
    }
}
