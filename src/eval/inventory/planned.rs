//! The policy `plan`: what the nightly job does, from the whole distribution of demand and of the lead time.

use chrono::NaiveDate;
use rayon::prelude::*;

use super::leads::Leads;
use super::line_order::{LineOutlook, Planned};
use super::shop::Shop;
use crate::models::inventory::{
    BudgetLine, DemandOutlook, FillCurve, LeadTime, LineWorth, MILLI, OrderCalendar, OrderPlan, OrderRequest,
    OrderRules, ReplayRules, ReplayStock, ServiceTarget, SharingLine, StockPosition, UnmetDemand, fill_curve,
    plan_order, share_fill_rate, spend_budget,
};
use crate::published::QUANTILES;

/// Periods that are forecast, at most: beyond them demand goes on as it ends, as in the job.
const MOST_AHEAD: usize = 30;
/// Minor units of money per unit of it.
const MINOR: f64 = 100.0;
/// A service level is no nearer to 0 or 1.
const LEAST_SERVICE: f64 = 0.001;
/// What holding a unit costs where it costs nothing.
const LEAST_HOLDING: f64 = 1e-6;
/// Most packs of a line that the budget weighs one by one.
const MOST_PACKS: f64 = 100_000.0;

/// Levels of the forecasts: those of the published ones.
pub(super) fn levels() -> Vec<f64> {
    QUANTILES.iter().map(|(level, _)| *level).collect()
}

/// Periods to forecast.
pub(super) fn periods_ahead(leads: &Leads, review: usize) -> usize {
    (leads.longest() + review).min(MOST_AHEAD)
}

/// Orders of one round.
pub(super) struct Round<'a> {
    pub shop: &'a Shop,
    /// Per line.
    pub outlooks: &'a [LineOutlook],
    pub levels: &'a [f64],
    pub lead_time: &'a LeadTime,
    /// The share of demand to serve; `None`: the ratio of each line's costs as a service per cycle.
    pub target_fill: Option<f64>,
    /// Whether each line has to serve it, else all together.
    pub each_line: bool,
    /// Most money.
    pub budget: Option<f64>,
}

impl Round<'_> {
    /// One order per line. A line whose forecast cannot be used is ordered nothing, and counted.
    pub(super) fn orders(&self, stocks: &[ReplayStock]) -> (Vec<Planned>, usize) {
        let targets = self.targets(stocks);
        let plan =
            |line: usize| self.with_request(line, &stocks[line], targets[line], |request| plan_order(request).ok());
        let plans: Vec<Option<OrderPlan>> = (0..stocks.len()).into_par_iter().map(plan).collect();
        let mut orders: Vec<Planned> = (plans.iter().zip(self.outlooks).zip(&self.shop.rules))
            .map(|((plan, outlook), rules)| {
                plan.as_ref().map_or_else(Planned::default, |plan| Planned {
                    quantity: plan.quantity_milli as f64 / MILLI,
                    promised: plan.fill_rate,
                    weight: outlook.mean.iter().take(rules.review).sum(),
                })
            })
            .collect();
        if let Some(budget) = self.budget {
            self.keep_to(budget, stocks, &mut orders);
        }
        (orders, plans.iter().filter(|plan| plan.is_none()).count())
    }

    /// What each line is held for.
    fn targets(&self, stocks: &[ReplayStock]) -> Vec<ServiceTarget> {
        let by_cost = |rules: &ReplayRules| {
            ServiceTarget::Cycle(rules.critical_ratio().clamp(LEAST_SERVICE, 1.0 - LEAST_SERVICE))
        };
        let costs = || self.shop.rules.iter().map(by_cost).collect();
        let Some(wanted) = self.target_fill else { return costs() };
        if self.each_line {
            return vec![ServiceTarget::FillRate(wanted); stocks.len()];
        }
        let curve = |line: usize| {
            let any = ServiceTarget::FillRate(wanted);
            self.with_request(line, &stocks[line], any, |request| fill_curve(request).ok().flatten())
        };
        let curves: Vec<Option<FillCurve>> = (0..stocks.len()).into_par_iter().map(curve).collect();
        // Units are counted, as the fill rate of the report does.
        let sharing: Vec<SharingLine<'_>> = (curves.iter().zip(&self.shop.rules))
            .filter_map(|(curve, rules)| {
                Some(SharingLine { curve: curve.as_ref()?, worth: 1.0, holding: rules.holding.max(LEAST_HOLDING) })
            })
            .collect();
        let Ok(services) = share_fill_rate(&sharing, wanted) else { return costs() };
        let mut services = services.into_iter();
        let of = |curve: &Option<FillCurve>| match curve.as_ref().and_then(|_| services.next()) {
            Some(service) => ServiceTarget::SharedFill { of_all: wanted, service },
            // Nothing is asked for.
            None => ServiceTarget::FillRate(wanted),
        };
        curves.iter().map(of).collect()
    }

    fn with_request<T>(
        &self,
        line: usize,
        stock: &ReplayStock,
        target: ServiceTarget,
        then: impl Fn(&OrderRequest<'_>) -> Option<T>,
    ) -> Option<T> {
        let rules = &self.shop.rules[line];
        // Periods stand for days: only their distances count.
        let as_of = NaiveDate::default();
        let calendar = OrderCalendar::every_days(as_of.succ_opt()?, u32::try_from(rules.review).ok()?);
        let milli = |units: f64| (units * MILLI).round() as i64;
        let pack = self.shop.packs[line];
        let request = OrderRequest {
            as_of,
            target,
            unmet: if rules.backorders { UnmetDemand::Waits } else { UnmetDemand::IsLost },
            outlook: self.outlook(line),
            lead_time: self.lead_time,
            calendar: &calendar,
            stock: StockPosition {
                on_hand_milli: milli(stock.on_hand.max(0.0)),
                reserved_milli: milli((-stock.on_hand).max(0.0)),
                on_order_milli: milli(stock.on_order()),
                expected_waste_milli: 0,
            },
            rules: OrderRules {
                pack_size_milli: (pack > 0.0).then(|| milli(pack)),
                unit_milli: Some(MILLI as i64),
                ..OrderRules::default()
            },
        };
        then(&request)
    }

    fn outlook(&self, line: usize) -> DemandOutlook<'_> {
        let LineOutlook { mean, totals } = &self.outlooks[line];
        DemandOutlook { levels: self.levels, total_quantiles: totals, mean }
    }

    /// Cuts the orders to a budget, as the job does: what is worth most per money is kept. What cannot be weighed is spent first.
    fn keep_to(&self, budget: f64, stocks: &[ReplayStock], orders: &mut [Planned]) {
        let mut spent = 0.0;
        let mut weighed: Vec<(usize, f64, i64, Vec<f64>)> = Vec::new();
        for (line, order) in orders.iter().enumerate().filter(|(_, order)| order.quantity > 0.0) {
            let (rules, cost) = (&self.shop.rules[line], self.shop.costs[line]);
            let pack = if self.shop.packs[line] > 0.0 { self.shop.packs[line] } else { 1.0 };
            let (packs, price) = ((order.quantity / pack).round(), (cost * pack * MINOR).round() as i64);
            match self
                .pack_values(line, &stocks[line], rules, (pack, packs))
                .filter(|_| price > 0 && packs <= MOST_PACKS)
            {
                Some(values) => weighed.push((line, pack, price, values)),
                None => spent += cost * order.quantity,
            }
        }
        let lines: Vec<BudgetLine<'_>> = (weighed.iter())
            .map(|(line, _, price, values)| BudgetLine {
                key: *line as u64,
                cost_per_pack_cents: *price,
                min_packs: 0,
                pack_values_cents: values,
            })
            .collect();
        let Ok(plan) = spend_budget(&lines, ((budget - spent).max(0.0) * MINOR) as i64) else { return };
        for (share, (line, pack, ..)) in plan.lines.iter().zip(&weighed) {
            let order = &mut orders[*line];
            order.quantity -= share.cut_packs as f64 * pack;
            // What was cut is promised no more, and how much is left is not worked out here.
            if share.cut_packs > 0 {
                order.promised = None;
            }
        }
    }

    fn pack_values(
        &self,
        line: usize,
        stock: &ReplayStock,
        rules: &ReplayRules,
        (pack, packs): (f64, f64),
    ) -> Option<Vec<f64>> {
        let days = rules.protection();
        let carry = rules.holding * days as f64 * MINOR;
        let worth = LineWorth::new(self.outlook(line), days, rules.shortage * MINOR, carry).ok()?;
        let milli = |units: f64| (units * MILLI).round() as i64;
        let values = worth.pack_values(milli(stock.position()), milli(pack), packs as usize).ok()?;
        Some(values.into_iter().map(|value| value.max(0.01)).collect())
    }
}
