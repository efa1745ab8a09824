//! The policy `auto`: what is expected from two forecasts, and a buffer that would have served best so far.
//!
//! Expected demand is a mixture of the means of forecasting models and a seasonal moving average: they err in different ways. Stock is
//! projected to the arrival of the order with lost sales lost. On top comes `k` standard deviations of the line's own demand. Mixture
//! and `k` are those that did best when the periods before were replayed with the forecasts that were made then: at least cost, or at
//! least cost among those that reach a wanted fill rate. Nothing of the period to come is known to any of it.

use super::policies::moments;
use super::seasonal::SeasonalMean;
use super::shop::Shop;
use crate::models::inventory::{ReplayRules, ReplayStock, ReplayTally, normal_score};

/// Shares of one model's forecast, the rest being the moving average's.
const SHARES: [f64; 3] = [0.5, 0.75, 1.0];
/// Standard deviations of one period on top, where an order has to serve up to [`USUAL_PERIODS`]; they grow with the root of more.
const BUFFERS: [f64; 23] = [
    -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 2.0, 2.25, 2.5,
    3.0,
];
const USUAL_PERIODS: f64 = 3.0;
/// Periods of the moving average.
const MEAN_OF: usize = 13;
/// What a period counts a period later: seasons pass, and what did best a year ago says less.
const FADES: f64 = 0.97;
/// Replayed periods from which on they decide.
const ENOUGH: usize = 6;
/// What holds before: all in equal parts, and so many deviations per normal score of the critical ratio.
const FIRST_BUFFER_PER_SCORE: f64 = 0.3;

/// What is wanted of the buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Aim {
    /// The least holding and shortage costs.
    Cost,
    /// This share of demand served at once, at the least stock.
    Fill(f64),
}

/// One way to order, and how it has done.
#[derive(Debug)]
struct Candidate {
    /// Of the moving average first, then of the models.
    shares: Vec<f64>,
    buffer: f64,
    stocks: Vec<ReplayStock>,
    record: Record,
    /// Periods it has lived.
    lived: usize,
}

/// How a candidate has done, the recent past for more.
#[derive(Debug, Clone, Copy, Default)]
struct Record {
    cost: f64,
    demand: f64,
    served: f64,
    closing: f64,
}

impl Record {
    fn add(&mut self, period: &ReplayTally) {
        self.cost = FADES * self.cost + period.cost();
        self.demand = FADES * self.demand + period.demand;
        self.served = FADES * self.served + period.served;
        self.closing = FADES * self.closing + period.closing;
    }
}

/// Chooses between them as time goes.
#[derive(Debug)]
pub(super) struct Ours {
    candidates: Vec<Candidate>,
    aim: Aim,
    first_buffer: f64,
    /// Periods over which a line's deviation is taken.
    deviation_of: usize,
}

impl Ours {
    /// All candidates begin with the same stocks.
    pub(super) fn new(
        stocks: &[ReplayStock],
        models: usize,
        aim: Aim,
        (level, protection): (f64, usize),
        season: usize,
    ) -> Self {
        let growth = (protection as f64 / USUAL_PERIODS).sqrt().max(1.0);
        let candidates = mixtures(models).into_iter().flat_map(|shares| {
            BUFFERS.iter().map(move |buffer| Candidate {
                shares: shares.clone(),
                buffer: *buffer * growth,
                stocks: stocks.to_vec(),
                record: Record::default(),
                lived: 0,
            })
        });
        let first_buffer = FIRST_BUFFER_PER_SCORE * normal_score(level) * growth;
        Self { candidates: candidates.collect(), aim, first_buffer, deviation_of: season.clamp(MEAN_OF, 52) }
    }

    /// Orders at the close of a period, of the real stocks and of every candidate's. `models`: of each model and line the means of the
    /// periods to come; `arrivals`: of each line, when the candidates' orders serve.
    pub(super) fn orders(
        &mut self,
        known: &[&[f64]],
        stocks: &[ReplayStock],
        shop: &Shop,
        seasonal: &SeasonalMean<'_>,
        models: &[Vec<Vec<f64>>],
        arrivals: &[usize],
    ) -> Vec<f64> {
        let Some(rules) = shop.rules.first() else { return Vec::new() };
        let averages = seasonal.forecast(known, MEAN_OF, rules.protection());
        let deviations: Vec<f64> = known.iter().map(|demand| moments(demand, self.deviation_of).1).collect();
        let order = |shares: &[f64], buffer: f64, line: usize, stock: &ReplayStock| {
            let mut expected: Vec<f64> = averages[line].iter().map(|average| shares[0] * average).collect();
            for (share, model) in shares[1..].iter().zip(models) {
                for (sum, mean) in expected.iter_mut().zip(&model[line]) {
                    *sum += share * mean.max(0.0);
                }
            }
            let last: f64 = expected[rules.arrives_after - 1..].iter().sum();
            last + buffer * deviations[line] - stock.projected(&expected, rules)
        };
        let (shares, buffer) = self.choice(models.len(), rules);
        let orders = stocks.iter().enumerate().map(|(line, stock)| order(&shares, buffer, line, stock)).collect();
        for candidate in &mut self.candidates {
            for (line, stock) in candidate.stocks.iter_mut().enumerate() {
                let quantity = shop.orderable(line, order(&candidate.shares, candidate.buffer, line, stock));
                stock.order_late(quantity, rules, arrivals[line]);
            }
        }
        orders
    }

    /// Every candidate lives the period that has passed; `NaN` demand counts as none and is not judged.
    pub(super) fn live(&mut self, demand: &[f64], shop: &Shop) {
        let Some(timing) = shop.rules.first() else { return };
        for candidate in &mut self.candidates {
            candidate.lived += 1;
            // What was there at the start is nobody's doing.
            let counts = candidate.lived > 2 * timing.protection();
            let mut judged = ReplayTally::default();
            for ((stock, demand), rules) in candidate.stocks.iter_mut().zip(demand).zip(&shop.rules) {
                let period = stock.live(if demand.is_finite() { *demand } else { 0.0 }, rules);
                if demand.is_finite() {
                    judged.add(&period);
                }
            }
            if counts {
                candidate.record.add(&judged);
            }
        }
    }

    /// Shares of the moving average and of each model, and deviations on top.
    pub(super) fn choice(&self, models: usize, rules: &ReplayRules) -> (Vec<f64>, f64) {
        let first = || (vec![1.0 / (models + 1) as f64; models + 1], self.first_buffer);
        let judged = self.candidates.first().map_or(0, |one| one.lived.saturating_sub(2 * rules.protection()));
        if judged < ENOUGH {
            return first();
        }
        let cost = |one: &Candidate| match self.aim {
            Aim::Cost => one.record.cost,
            // Far from the wanted rate no stock is small enough.
            Aim::Fill(wanted) => {
                let fill = if one.record.demand > 0.0 { one.record.served / one.record.demand } else { 1.0 };
                one.record.closing + 1e6 * (wanted - fill).max(0.0) * one.record.demand.max(1.0)
            }
        };
        let best = self.candidates.iter().min_by(|left, right| cost(left).total_cmp(&cost(right)));
        best.map_or_else(first, |best| (best.shares.clone(), best.buffer))
    }
}

/// Shares of the moving average and of so many models: the average alone, each model with it and alone, and all of them.
fn mixtures(models: usize) -> Vec<Vec<f64>> {
    let mut average = vec![0.0; models + 1];
    average[0] = 1.0;
    let with = |model: usize, share: f64| {
        let mut shares = vec![0.0; models + 1];
        (shares[0], shares[model + 1]) = (1.0 - share, share);
        shares
    };
    let mut all = vec![average];
    all.extend((0..models).flat_map(|model| SHARES.map(|share| with(model, share))));
    if models > 1 {
        all.push(vec![1.0 / (models + 1) as f64; models + 1]);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: ReplayRules =
        ReplayRules { review: 1, arrives_after: 1, holding: 0.01, shortage: 1.0, backorders: false };

    #[test]
    fn shares_sum_to_one_and_every_model_stands_alone_too() {
        for models in 0..4 {
            let all = mixtures(models);
            assert!(all.iter().all(|shares| (shares.iter().sum::<f64>() - 1.0).abs() < 1e-12), "{all:?}");
            assert!((0..=models).all(|one| all.iter().any(|shares| shares[one] == 1.0)), "{all:?}");
        }
    }

    #[test]
    fn the_buffer_is_the_one_that_did_best_and_the_better_model_is_followed() {
        // Demand of 4 or 16 in turn by a rule that one model knows; stock is cheap and missing it is dear.
        let demand: Vec<f64> = (0..60).map(|period| if (period * 7) % 10 < 5 { 4.0 } else { 16.0 }).collect();
        let positions = vec![0; 70];
        let seasonal = SeasonalMean { positions: &positions };
        let shop = Shop::of_rules(vec![RULES]);
        let chosen = |aim: Aim, knows: bool| {
            let mut ours = Ours::new(&[ReplayStock::default()], 1, aim, (RULES.critical_ratio(), 1), 52);
            let mut stock = vec![ReplayStock::default()];
            for period in 20..60 {
                let mean = if knows { demand[period] } else { 10.0 };
                let orders = ours.orders(&[&demand[..period]], &stock, &shop, &seasonal, &[vec![vec![mean]]], &[1]);
                stock[0].order(orders[0].round().max(0.0), &RULES);
                stock[0].live(demand[period], &RULES);
                ours.live(&[demand[period]], &shop);
            }
            ours.choice(1, &RULES)
        };
        let (shares, buffer) = chosen(Aim::Cost, true);
        assert_eq!((shares[1], buffer), (1.0, 0.0), "what is known needs no buffer");
        let (_, unknown) = chosen(Aim::Cost, false);
        assert!((0.8..=1.25).contains(&unknown), "6 on top of 10, of a deviation of 6: {unknown}");
        let (_, half) = chosen(Aim::Fill(0.75), false);
        assert!(half < unknown, "{half}");
    }
}
