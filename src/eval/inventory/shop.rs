//! The lines of a file, and what became of their stock under a policy.

use super::super::EvalError;
use super::super::forecaster::{Forecaster, OriginData, OriginSeries};
use super::super::input::Dataset;
use super::super::time::Step;
use super::leads::Leads;
use super::line_order::{LineOutlook, Planned};
use super::{InventoryRun, Policy, state_file};
use crate::models::inventory::{ReplayRules, ReplayStock, ReplayTally};

/// The share of demand that the lines of class A have, the largest first.
const SHARE_OF_A: f64 = 0.8;

/// The lines of a file on common periods that end with its last.
#[derive(Debug)]
pub(super) struct Shop {
    /// Demand per line and period of the file, `NaN` where it was not observed.
    pub demand: Vec<Vec<f64>>,
    /// Periods of the file.
    pub length: usize,
    /// The place of its first period on the grid.
    start: i64,
    /// The stock of each line before the first round.
    pub stocks: Vec<ReplayStock>,
    /// Of each line: when things happen, and what they cost.
    pub rules: Vec<ReplayRules>,
    /// Of each line: units of which an order is a multiple; 0 is one.
    pub packs: Vec<f64>,
    /// Of each line: what a unit costs.
    pub costs: Vec<f64>,
    /// The largest lines before the first round.
    pub is_a: Vec<bool>,
    /// Lines of the state file that the sales do not know, and the other way round.
    pub unknown: usize,
    pub without_state: usize,
}

impl Shop {
    pub(super) fn new(
        dataset: &Dataset,
        ids: &[String],
        columns: &[String],
        run: &InventoryRun,
        leads: &Leads,
    ) -> Result<Self, EvalError> {
        let fail = |problem: String, mend: &str| EvalError::Options { problem, mend: mend.to_owned() };
        if run.rounds == 0 {
            return Err(fail("--rounds 0 leaves nothing to count".to_owned(), "give the number of periods to count"));
        }
        let rules = rules(dataset, columns, run, leads)?;
        let protection = rules.first().map_or(1, ReplayRules::protection);
        let tails = dataset.open_actuals()?;
        let whole: Vec<Vec<f64>> =
            dataset.series.iter().zip(tails).map(|(series, tail)| [series.values.clone(), tail].concat()).collect();
        let ends = || dataset.series.iter().zip(&whole).map(|(series, values)| series.start + values.len() as i64);
        let start = dataset.series.iter().map(|series| series.start).min().unwrap_or(0);
        let length = (ends().max().unwrap_or(start) - start) as usize;
        if length < run.warm_up + run.rounds + protection {
            return Err(fail(
                format!(
                    "`{}` has {length} periods, too few for {} of warm-up, {} that are counted and some history",
                    dataset.file, run.warm_up, run.rounds
                ),
                "give fewer --rounds or a shorter --warm-up",
            ));
        }
        let on_grid = |(series, values): (&super::super::series_data::SeriesData, Vec<f64>)| {
            let mut line = vec![f64::NAN; (series.start - start) as usize];
            line.extend(values);
            line.resize(length, f64::NAN);
            line
        };
        let demand: Vec<Vec<f64>> = dataset.series.iter().zip(whole).map(on_grid).collect();
        let mut state = match &run.initial_state {
            Some(path) => state_file::read(path, ids)?,
            None => std::collections::BTreeMap::new(),
        };
        let mut without_state = 0;
        let stocks = (dataset.series.iter())
            .map(|series| {
                state.remove(&series.keys).unwrap_or_else(|| {
                    without_state += 1;
                    ReplayStock::default()
                })
            })
            .collect();
        let without_state = if run.initial_state.is_some() { without_state } else { 0 };
        let is_a = largest(&demand, length - run.warm_up - run.rounds);
        Ok(Self {
            packs: run.pack.values(dataset, columns, "--pack")?,
            costs: run.unit_cost.values(dataset, columns, "--unit-cost")?,
            demand,
            length,
            start,
            stocks,
            rules,
            is_a,
            unknown: state.len(),
            without_state,
        })
    }

    /// What is known before a round.
    pub(super) fn known(&self, round: usize) -> Vec<&[f64]> {
        self.demand.iter().map(|line| &line[..round]).collect()
    }

    /// The season's position of every period, and of some after the last.
    pub(super) fn positions(&self, dataset: &Dataset, season: usize, more: usize) -> Vec<u32> {
        let phase = dataset.series.first().map_or(0, |series| series.phase);
        let position = |period: usize| {
            let index = self.start + period as i64;
            let date = dataset.axis.date(index, phase);
            match (dataset.axis.step(), date) {
                (Step::Days(7), Some(date)) if season == 52 => chrono::Datelike::iso_week(&date).week(),
                _ => index.rem_euclid(season.max(1) as i64) as u32,
            }
        };
        (0..self.length + more).map(position).collect()
    }

    /// The time of a round, as the file writes it.
    pub(super) fn time(&self, dataset: &Dataset, round: usize) -> String {
        let phase = dataset.series.first().map_or(0, |series| series.phase);
        dataset.axis.label(self.start + round as i64, phase)
    }

    /// The engine's forecast of the next periods, from what is known before a round: means, and quantiles of totals where there are
    /// levels. A line without one expects nothing.
    pub(super) fn forecast(
        &self,
        forecaster: &dyn Forecaster,
        dataset: &Dataset,
        round: usize,
        (season, horizon): (usize, usize),
        levels: Option<&[f64]>,
    ) -> Vec<LineOutlook> {
        /// Levels that a forecaster is asked for where only means are used.
        const ANY: [f64; 3] = [0.1, 0.5, 0.9];
        // A line that has not begun is forecast as nothing.
        let began = |line: &[f64]| line[..round].iter().position(|value| value.is_finite());
        let members: Vec<(usize, usize)> =
            self.demand.iter().enumerate().filter_map(|(place, line)| Some((place, began(line)?))).collect();
        let series = members.iter().map(|(place, first)| OriginSeries {
            label: &dataset.series[*place].label,
            keys: &dataset.series[*place].keys,
            start: self.start + *first as i64,
            demand: std::borrow::Cow::Borrowed(&self.demand[*place][*first..round]),
            known: Vec::new(),
            past: Vec::new(),
            statics: &[],
        });
        let sums: Vec<usize> = if levels.is_some() { (1..=horizon).collect() } else { Vec::new() };
        let data = OriginData {
            series: series.collect(),
            season_lengths: &[season],
            horizon,
            sum_periods: &sums,
            known_names: &[],
            past_names: &[],
            calendar: &dataset.calendar,
        };
        let nothing = LineOutlook {
            mean: vec![0.0; horizon],
            totals: vec![vec![0.0; levels.map_or(0, <[f64]>::len)]; sums.len()],
        };
        let mut outlooks = vec![nothing; self.demand.len()];
        for ((place, _), result) in members.iter().zip(forecaster.forecast(&data, levels.unwrap_or(&ANY))) {
            let is_whole = result.mean.len() == horizon && result.mean.iter().all(|mean| mean.is_finite());
            if is_whole && (levels.is_none() || result.sum_quantiles.len() == horizon) {
                let mean = result.mean.into_iter().map(|mean| if levels.is_some() { mean.max(0.0) } else { mean });
                let totals = if levels.is_some() { result.sum_quantiles } else { Vec::new() };
                let totals = totals.into_iter().map(|row| row.into_iter().map(|value| value.max(0.0)).collect());
                outlooks[*place] = LineOutlook { mean: mean.collect(), totals: totals.collect() };
            }
        }
        outlooks
    }

    /// Whole packs, or units where there are none; none below 0. Quantities of packs are rounded up, as every supplier's are.
    pub(super) fn orderable(&self, line: usize, quantity: f64) -> f64 {
        let pack = self.packs[line];
        let whole = if pack > 0.0 { (quantity / pack - 1e-9).ceil() * pack } else { quantity.round() };
        whole.max(0.0)
    }

    /// Cuts orders to a budget, all in the same proportion, in whole packs.
    pub(super) fn within(&self, budget: Option<f64>, orders: &mut [f64]) {
        let spent: f64 = orders.iter().zip(&self.costs).map(|(order, cost)| order * cost).sum();
        let Some(budget) = budget.filter(|budget| spent > *budget) else { return };
        for (order, pack) in orders.iter_mut().zip(&self.packs) {
            let pack = if *pack > 0.0 { *pack } else { 1.0 };
            *order = (*order * budget / spent / pack + 1e-9).floor() * pack;
        }
    }
}

#[cfg(test)]
impl Shop {
    /// Lines without a past, to be ordered for by such rules.
    pub(super) fn of_rules(rules: Vec<ReplayRules>) -> Self {
        let n = rules.len();
        Self {
            demand: vec![Vec::new(); n],
            length: 0,
            start: 0,
            stocks: vec![ReplayStock::default(); n],
            packs: vec![0.0; n],
            costs: vec![0.0; n],
            is_a: vec![true; n],
            unknown: 0,
            without_state: 0,
            rules,
        }
    }
}

/// Timing and costs of each line.
fn rules(
    dataset: &Dataset,
    columns: &[String],
    run: &InventoryRun,
    leads: &Leads,
) -> Result<Vec<ReplayRules>, EvalError> {
    let holding = run.holding.values(dataset, columns, "--holding")?;
    let shortage = run.shortage.values(dataset, columns, "--shortage")?;
    let rules = holding.into_iter().zip(shortage).map(|(holding, shortage)| ReplayRules {
        review: run.review,
        arrives_after: leads.mean(),
        holding,
        shortage,
        backorders: run.backorders,
    });
    Ok(rules.collect())
}

/// The largest lines, that together have most of what was sold in the first periods.
fn largest(demand: &[Vec<f64>], periods: usize) -> Vec<bool> {
    let total = |line: &Vec<f64>| line[..periods].iter().filter(|value| value.is_finite()).sum::<f64>();
    let totals: Vec<f64> = demand.iter().map(total).collect();
    let mut order: Vec<usize> = (0..totals.len()).collect();
    order.sort_by(|left, right| totals[*right].total_cmp(&totals[*left]).then(left.cmp(right)));
    let (all, mut before) = (totals.iter().sum::<f64>(), 0.0);
    let mut is_a = vec![false; totals.len()];
    for line in order {
        is_a[line] = before < SHARE_OF_A * all;
        before += totals[line];
    }
    is_a
}

/// A policy with the stock that it brought about.
#[derive(Debug)]
pub(super) struct Life {
    pub policy: Policy,
    pub stocks: Vec<ReplayStock>,
    pub tally: ReplayTally,
    /// Of the lines of class A.
    pub of_a: ReplayTally,
    /// Of the warm-up.
    pub before: ReplayTally,
    /// By round that counts.
    pub by_round: Vec<ReplayTally>,
    /// What was ordered last.
    pub ordered: Vec<f64>,
    /// Line-orders that were not 0, in rounds that count or not.
    pub n_orders: usize,
    /// Line-rounds that could not be planned.
    pub n_unplanned: usize,
    /// Demand of the periods that orders of counted rounds are for, and the part that was to be served, of all lines and of class A.
    pub promised: [(f64, f64); 2],
}

impl Life {
    pub(super) fn new(policy: Policy, shop: &Shop) -> Self {
        Self {
            policy,
            stocks: shop.stocks.clone(),
            tally: ReplayTally::default(),
            of_a: ReplayTally::default(),
            before: ReplayTally::default(),
            by_round: Vec::new(),
            ordered: vec![0.0; shop.stocks.len()],
            n_orders: 0,
            n_unplanned: 0,
            promised: [(0.0, 0.0); 2],
        }
    }

    /// Orders; what was promised counts in rounds that do.
    pub(super) fn promise(&mut self, shop: &Shop, planned: &[Planned], counts: bool) {
        for (order, is_a) in planned.iter().zip(&shop.is_a).filter(|_| counts) {
            let Some(share) = order.promised else { continue };
            for (demand, served) in self.promised.iter_mut().take(if *is_a { 2 } else { 1 }) {
                *demand += order.weight;
                *served += order.weight * share;
            }
        }
    }

    /// Orders what can be ordered, as far as the budget reaches. `arrivals`: of each line, when it will serve.
    pub(super) fn order(&mut self, orders: Vec<f64>, shop: &Shop, budget: Option<f64>, arrivals: &[usize]) {
        self.ordered = orders.into_iter().enumerate().map(|(line, order)| shop.orderable(line, order)).collect();
        shop.within(budget, &mut self.ordered);
        for (line, stock) in self.stocks.iter_mut().enumerate() {
            stock.order_late(self.ordered[line], &shop.rules[line], arrivals[line]);
            self.n_orders += usize::from(self.ordered[line] > 0.0);
        }
    }

    /// Demand that was not observed is none, and counts neither way.
    pub(super) fn live(&mut self, demand: &[f64], shop: &Shop, counts: bool) {
        let mut round = ReplayTally::default();
        for (line, (stock, demand)) in self.stocks.iter_mut().zip(demand).enumerate() {
            let period = stock.live(if demand.is_finite() { *demand } else { 0.0 }, &shop.rules[line]);
            if !demand.is_finite() {
                continue;
            }
            round.add(&period);
            (if counts { &mut self.tally } else { &mut self.before }).add(&period);
            if counts && shop.is_a[line] {
                self.of_a.add(&period);
            }
        }
        if counts {
            self.by_round.push(round);
        }
        self.ordered.fill(0.0);
    }
}
